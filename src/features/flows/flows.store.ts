import { type Day, fromDay } from '../../domain/days.js';
import type { Visibility } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import { type Commitment, type Pledge, sqlOf, type Tx } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';

/** The letters before the number of a record that people quote. */
export type ReferencePrefix = 'ANN' | 'ENG' | 'DEC' | 'FON' | 'PRO' | 'AVI';

/** A new reference, such as ENG-2026-000042 (annonce, engagement, décaissement). */
export async function nextReference(db: Tx, prefix: ReferencePrefix, valueDate: Day): Promise<string> {
  const [reference = ''] = await nextReferences(db, prefix, [valueDate]);
  return reference;
}

/** As many references as value dates, in one round trip. */
export async function nextReferences(db: Tx, prefix: ReferencePrefix, valueDates: readonly Day[]): Promise<readonly string[]> {
  const { rows } = await sqlOf(db).query<{ reference: string }>({
    name: 'next_references',
    text: 'SELECT next_flow_reference($1, day) AS reference FROM unnest($2::date[]) WITH ORDINALITY AS d(day, n) ORDER BY n',
    values: [prefix, valueDates],
  });
  return rows.map((row) => row.reference);
}

/** The condition that leaves the flows an actor may see. */
export function visibleFlows(visibility: Visibility) {
  const open = visibility.restricted ? {} : { restricted: false };
  if (visibility.all) return open;
  return { OR: [{ countries: { hasSome: [...visibility.states] }, ...open }, { donorId: { in: [...visibility.donorIds] } }] };
}

/** What decides whether a commitment can be paid. */
export type Payable = Pick<Commitment, 'id' | 'countries' | 'restricted' | 'currency' | 'currentMinor' | 'disbursedMinor' | 'valueDate' | 'status' | 'sourceSystem' | 'destinationKind' | 'fundId'>;

interface PayableRow {
  readonly id: string;
  readonly countries: string[];
  readonly restricted: boolean;
  readonly currency: string;
  readonly current_minor: string;
  readonly disbursed_minor: string;
  readonly value_date: Day;
  readonly status: Payable['status'];
  readonly source_system: string | null;
  readonly destination_kind: Payable['destinationKind'];
  readonly fund_id: string | null;
}

/** A commitment among those an actor may see; it cannot be reversed before the transaction ends. */
export async function findPayable(db: Tx, visibility: Visibility, id: string): Promise<Payable | null> {
  const { rows } = await sqlOf(db).query<PayableRow>({
    name: 'payable',
    text: `SELECT id, countries, restricted, currency, current_minor, disbursed_minor, to_char(value_date, 'YYYY-MM-DD') AS value_date, status, source_system, destination_kind, fund_id
      FROM commitment WHERE id = $1 AND (($2 OR countries && $3) AND ($5 OR NOT restricted) OR donor_id = ANY($4::uuid[])) FOR KEY SHARE`,
    values: [id, visibility.all, visibility.all ? [] : visibility.states, visibility.all ? [] : visibility.donorIds, visibility.restricted],
  });
  const [row] = rows;
  if (!row) return null;
  return {
    id: row.id,
    countries: row.countries,
    restricted: row.restricted,
    currency: row.currency,
    currentMinor: BigInt(row.current_minor),
    disbursedMinor: BigInt(row.disbursed_minor),
    valueDate: fromDay(row.value_date),
    status: row.status,
    sourceSystem: row.source_system,
    destinationKind: row.destination_kind,
    fundId: row.fund_id,
  };
}

/**
 * Locks a pledge until the transaction ends, so that concurrent commitments wait for each other; always before a commitment. Whoever
 * sees a commitment need not see its pledge, and the sums must hold all the same: so in the system's scope, as all that follows here.
 */
export function lockPledge(db: Tx, id: string): Promise<Pledge | null> {
  return asSystem(db, async () => {
    await db.$queryRaw`SELECT FROM pledge WHERE id = ${id}::uuid FOR UPDATE`;
    return db.pledge.findUnique({ where: { id } });
  });
}

/** Adds to what a pledge has been committed, or takes away; the pledge is locked. */
export function addCommitted(db: Tx, pledgeId: string, deltaMinor: bigint): Promise<Pledge> {
  return asSystem(db, () => db.pledge.update({ where: { id: pledgeId }, data: { committedMinor: { increment: deltaMinor } } }));
}

/** The event at which a commitment's pledge was made. */
export async function eventOfPledge(db: Tx, pledgeId: string | null): Promise<string | null> {
  if (pledgeId === null) return null;
  const pledge = await asSystem(db, () => db.pledge.findUnique({ where: { id: pledgeId }, select: { eventId: true } }));
  return pledge?.eventId ?? null;
}

/** Locks a commitment until the transaction ends, so that concurrent payments and amendments wait for each other. */
export async function lockCommitment(db: Tx, id: string): Promise<Commitment | null> {
  await db.$queryRaw`SELECT FROM commitment WHERE id = ${id}::uuid FOR UPDATE`;
  return db.commitment.findUnique({ where: { id } });
}

/** Keeps a commitment from being reversed until the transaction ends, as the new row that refers to it would. */
export async function holdCommitment(db: Tx, id: string): Promise<void> {
  await db.$queryRaw`SELECT FROM commitment WHERE id = ${id}::uuid FOR KEY SHARE`;
}

/**
 * A record that mirrors an external source is corrected there, not here.
 * @throws IMPORTED_RECORD
 */
export function refuseImported(row: { readonly sourceSystem: string | null }): void {
  if (row.sourceSystem !== null) throw new DomainError('IMPORTED_RECORD', { source: row.sourceSystem.toUpperCase() });
}
