import type { Day } from '../../domain/days.js';
import type { Visibility } from '../../domain/policy.js';
import { MOST_TOLD, type Told } from '../../domain/twins.js';
import { Prisma, type Tx } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';

const { sql } = Prisma;

/** Sources whose import leaves aside what was settled as the twin of a record entered here. */
export const settledSources = ['fts'] as const;

/** A payment as one side tells it. */
export interface TwinSide extends Told {
  /** "statement", "state", or the source that published it. */
  readonly source: string;
  /** What it is among all that its source tells, however often a flow is imported anew: the statement's id, or source and external id. */
  readonly key: string;
  readonly reference: string;
  readonly tellerId: string;
  readonly recipientId: string | null;
  readonly description: string;
  readonly restricted: boolean;
  readonly status: string;
  readonly receivedOn: Day | null;
}

/** Which payments are looked at; days are both included. */
export interface TwinFilter {
  readonly visibility: Visibility;
  readonly from: Day;
  readonly to: Day;
  /** With merged duplicates; null for all. */
  readonly donorIds: readonly string[] | null;
  readonly country: string | null;
}

interface SideRow extends Omit<TwinSide, 'references'> {
  readonly references: readonly (string | null)[];
}

/** What donors state and sources publish, at most one more than {@link MOST_TOLD}. */
export async function findDonorSide(tx: Tx, filter: TwinFilter): Promise<readonly TwinSide[]> {
  const imported = await findPayments(tx, sql`d.source_system = ANY(${[...settledSources]}) AND ${standing} AND ${within(filter, sql`d.value_date`, sql`c`)}`);
  const stated = await findStatements(tx, sql`t.withdrawn_at IS NULL AND ${within(filter, sql`t.value_date`, sql`t`)}`);
  return [...stated, ...imported];
}

/** What was entered here as paid. */
export function findStateSide(tx: Tx, filter: TwinFilter): Promise<readonly TwinSide[]> {
  return findPayments(tx, sql`d.source_system IS NULL AND ${standing} AND ${within(filter, sql`d.value_date`, sql`c`)}`);
}

/** These, whatever became of them, among those the transaction sees. */
export async function findSides(tx: Tx, { disbursementIds = [], statementIds = [] }: { readonly disbursementIds?: readonly string[]; readonly statementIds?: readonly string[] }): Promise<readonly TwinSide[]> {
  const payments = disbursementIds.length === 0 ? [] : await findPayments(tx, sql`d.id = ANY(${[...disbursementIds]}::uuid[])`);
  const statements = statementIds.length === 0 ? [] : await findStatements(tx, sql`t.id = ANY(${[...statementIds]}::uuid[])`);
  return [...statements, ...payments];
}

const standing = sql`d.status IN ('approved', 'received')`;

/** The reader's own flows are named beside row-level security, so that the indexes on states and donors serve. */
function within({ visibility, from, to, donorIds, country }: TwinFilter, valueDate: Prisma.Sql, flow: Prisma.Sql): Prisma.Sql {
  const conditions = [
    sql`${valueDate} BETWEEN ${from}::date AND ${to}::date`,
    ...(visibility.all ? [] : [sql`(${flow}.countries && ${[...visibility.states]}::text[] OR ${flow}.donor_id = ANY(${[...visibility.donorIds]}::uuid[]))`]),
    ...(donorIds === null ? [] : [sql`${flow}.donor_id = ANY(${[...donorIds]}::uuid[])`]),
    ...(country === null ? [] : [sql`${flow}.countries && ARRAY[${country}]::text[]`]),
  ];
  return Prisma.join(conditions, ' AND ');
}

const merged = sql`merged (id, kept_id) AS (
  SELECT id, id FROM organisation WHERE merged_into_id IS NULL
  UNION ALL SELECT o.id, m.kept_id FROM organisation o JOIN merged m ON o.merged_into_id = m.id)`;

async function findPayments(tx: Tx, where: Prisma.Sql): Promise<readonly TwinSide[]> {
  const rows = await tx.$queryRaw<SideRow[]>`
    WITH RECURSIVE ${merged}
    SELECT d.id::text, coalesce(d.source_system, 'state') AS source, coalesce(d.source_system || ':' || d.external_id, d.id::text) AS key, d.reference,
      m.kept_id::text AS "donorId", d.prepared_by::text AS "tellerId", c.countries, c.recipient_id::text AS "recipientId", d.amount_minor AS "amountMinor",
      d.currency::text, (SELECT e.usd_minor FROM journal_entry e WHERE e.disbursement_id = d.id AND e.kind = 'disbursement') AS "usdMinor",
      to_char(d.value_date, 'YYYY-MM-DD') AS "valueDate", to_char(d.received_on, 'YYYY-MM-DD') AS "receivedOn", d.description, c.restricted,
      d.status::text, ARRAY[d.evidence_reference, CASE WHEN d.source_system IS NULL THEN c.evidence_reference END,
        CASE WHEN d.source_system IS NULL THEN d.reference ELSE d.external_id END] AS "references"
    FROM disbursement d JOIN commitment c ON c.id = d.commitment_id JOIN merged m ON m.id = c.donor_id
    WHERE ${where} LIMIT ${MOST_TOLD + 1}`;
  return rows.map(toSide);
}

async function findStatements(tx: Tx, where: Prisma.Sql): Promise<readonly TwinSide[]> {
  const rows = await tx.$queryRaw<SideRow[]>`
    WITH RECURSIVE ${merged}
    SELECT t.id::text, 'statement' AS source, t.id::text AS key, t.reference, m.kept_id::text AS "donorId", t.recorded_by::text AS "tellerId", t.countries,
      t.recipient_id::text AS "recipientId", t.amount_minor AS "amountMinor", t.currency::text, NULL::bigint AS "usdMinor",
      to_char(t.value_date, 'YYYY-MM-DD') AS "valueDate", NULL::text AS "receivedOn", t.description, t.restricted,
      CASE WHEN t.withdrawn_at IS NULL THEN 'stated' ELSE 'withdrawn' END AS status, ARRAY[t.donor_reference] AS "references"
    FROM payment_statement t JOIN merged m ON m.id = t.donor_id
    WHERE ${where} LIMIT ${MOST_TOLD + 1}`;
  return rows.map(toSide);
}

function toSide(row: SideRow): TwinSide {
  return { ...row, references: row.references.filter((reference) => reference !== null) };
}

/** The last word on a pair. */
export interface LastSettlement {
  readonly id: string;
  readonly disbursementId: string;
  readonly statementId: string | null;
  readonly importedId: string | null;
  /** As of {@link TwinSide}. */
  readonly source: string;
  readonly key: string;
  readonly same: boolean;
  /** Settled as the same, and both still stand: a statement not withdrawn, a state's payment not reversed, a flow not imported anew since. */
  readonly inForce: boolean;
  readonly reason: string;
  /** As answered when it was settled. */
  readonly differences: unknown;
  readonly settledBy: string;
  readonly settledAt: Date;
}

/** The last settlement of each pair in which one of these takes part, whoever may see the other. */
export function lastSettlements(tx: Tx, disbursementIds: readonly string[], donorKeys: readonly string[]): Promise<readonly LastSettlement[]> {
  const statements = donorKeys.filter((key) => !key.includes(':'));
  const flows = donorKeys.filter((key) => key.includes(':'));
  const systems = flows.map((key) => key.slice(0, key.indexOf(':')));
  const externalIds = flows.map((key) => key.slice(key.indexOf(':') + 1));
  return asSystem(tx, () => tx.$queryRaw<LastSettlement[]>`
    WITH named AS (
      SELECT id FROM twin_settlement WHERE disbursement_id = ANY(${[...disbursementIds]}::uuid[])
      UNION SELECT id FROM twin_settlement WHERE statement_id = ANY(${statements}::uuid[])
      UNION SELECT t.id FROM unnest(${systems}::text[], ${externalIds}::text[]) f (system, external_id)
        JOIN disbursement i ON (i.source_system, i.external_id) = (f.system, f.external_id) JOIN twin_settlement t ON t.imported_id = i.id
    ), last AS (
      SELECT DISTINCT ON (t.disbursement_id, coalesce(t.statement_id::text, i.source_system || ':' || i.external_id))
        t.*, i.source_system, i.external_id, coalesce(t.statement_id::text, i.source_system || ':' || i.external_id) AS key
      FROM named n JOIN twin_settlement t ON t.id = n.id LEFT JOIN disbursement i ON i.id = t.imported_id
      ORDER BY t.disbursement_id, coalesce(t.statement_id::text, i.source_system || ':' || i.external_id), t.seq DESC
    )
    SELECT l.id::text, l.disbursement_id::text AS "disbursementId", l.statement_id::text AS "statementId", l.imported_id::text AS "importedId",
      coalesce(l.source_system, 'statement') AS source, l.key, l.same, l.reason, l.differences, l.settled_by::text AS "settledBy", l.settled_at AS "settledAt",
      l.same AND ${standing} AND CASE
        WHEN l.statement_id IS NOT NULL THEN (SELECT s.withdrawn_at IS NULL FROM payment_statement s WHERE s.id = l.statement_id)
        ELSE NOT EXISTS (SELECT FROM disbursement x WHERE (x.source_system, x.external_id) = (l.source_system, l.external_id) AND x.status IN ('approved', 'received'))
      END AS "inForce"
    FROM last l JOIN disbursement d ON d.id = l.disbursement_id`);
}

/** Locks what a settlement is about: commitments before payments, each in the order of their ids, so that nobody waits in a circle. */
export async function lockSides(tx: Tx, disbursementIds: readonly string[], statementId: string | null): Promise<void> {
  await asSystem(tx, async () => {
    const ids = [...disbursementIds];
    await tx.$queryRaw`SELECT FROM commitment c WHERE c.id IN (SELECT commitment_id FROM disbursement WHERE id = ANY(${ids}::uuid[])) ORDER BY c.id FOR UPDATE`;
    await tx.$queryRaw`SELECT FROM disbursement d WHERE d.id = ANY(${ids}::uuid[]) ORDER BY d.id FOR UPDATE`;
    if (statementId !== null) await tx.$queryRaw`SELECT FROM payment_statement WHERE id = ${statementId}::uuid FOR UPDATE`;
  });
}

/** The organisation at the end of its merges, with all the duplicates merged into it. */
export async function donorFamily(tx: Tx, donorId: string): Promise<readonly string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE ${merged}
    SELECT id::text FROM merged WHERE kept_id = (SELECT kept_id FROM merged WHERE id = ${donorId}::uuid)`;
  return rows.map(({ id }) => id);
}
