import type { Prisma, Tx } from '../../platform/db.js';

/** A row that breaks an invariant; an amount in `found` and `expected` is minor units before its currency. */
export interface LedgerBreak {
  /** The table. */
  readonly record: string;
  readonly id: string;
  readonly found: string;
  readonly expected: string;
}

/** How many rows were looked at, and those that break the invariant. */
export interface CheckOutcome {
  readonly checked: number;
  readonly rows: readonly LedgerBreak[];
  /** Could not be made, for want of DATA_KEY. */
  readonly skipped?: true;
}

/** Makes a check by a query that gives (record, id, found, expected) of every row it looks at: what is found is what is expected. */
export async function checkByQuery(tx: Tx, query: Prisma.Sql): Promise<CheckOutcome> {
  const [outcome] = await tx.$queryRaw<[CheckOutcome]>`
    SELECT count(*)::int AS checked,
      coalesce(jsonb_agg(to_jsonb(c)) FILTER (WHERE c.found IS DISTINCT FROM c.expected), '[]') AS rows
    FROM (${query}) AS c (record, id, found, expected)`;
  return outcome;
}
