import type { Visibility } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { Commitment, Pledge, Tx } from '../../platform/db.js';

/** The letters before the number of a record that people quote. */
export type ReferencePrefix = 'ANN' | 'ENG' | 'DEC';

/** A new reference, such as ENG-2026-000042 (annonce, engagement, décaissement). */
export async function nextReference(db: Tx, prefix: ReferencePrefix, valueDate: string): Promise<string> {
  const [row] = await db.$queryRaw<{ n: bigint }[]>`SELECT nextval('flow_reference') AS n`;
  return formatReference(prefix, valueDate, row?.n ?? 0n);
}

/** As many references as asked, in one round trip. */
export async function nextReferences(db: Tx, prefix: ReferencePrefix, valueDates: readonly string[]): Promise<readonly string[]> {
  const rows = await db.$queryRaw<{ n: bigint }[]>`SELECT nextval('flow_reference') AS n FROM generate_series(1, ${valueDates.length}::int)`;
  return rows.map((row, index) => formatReference(prefix, valueDates[index] ?? '', row.n));
}

function formatReference(prefix: ReferencePrefix, valueDate: string, n: bigint): string {
  return `${prefix}-${valueDate.slice(0, 4)}-${String(n).padStart(6, '0')}`;
}

/** The condition that leaves the flows an actor may see. */
export function visibleFlows(visibility: Visibility) {
  if (visibility.all) return {};
  return { OR: [{ countries: { hasSome: [...visibility.states] } }, { donorId: { in: [...visibility.donorIds] } }] };
}

/** Locks a pledge until the transaction ends, so that concurrent commitments wait for each other; always before a commitment. */
export async function lockPledge(db: Tx, id: string): Promise<Pledge | null> {
  await db.$queryRaw`SELECT FROM pledge WHERE id = ${id}::uuid FOR UPDATE`;
  return db.pledge.findUnique({ where: { id } });
}

/** Locks a commitment until the transaction ends, so that concurrent payments and amendments wait for each other. */
export async function lockCommitment(db: Tx, id: string): Promise<Commitment | null> {
  await db.$queryRaw`SELECT FROM commitment WHERE id = ${id}::uuid FOR UPDATE`;
  return db.commitment.findUnique({ where: { id } });
}

/**
 * A record that mirrors an external source is corrected there, not here.
 * @throws IMPORTED_RECORD
 */
export function refuseImported(row: { readonly sourceSystem: string | null }): void {
  if (row.sourceSystem !== null) throw new DomainError('IMPORTED_RECORD', { source: row.sourceSystem.toUpperCase() });
}
