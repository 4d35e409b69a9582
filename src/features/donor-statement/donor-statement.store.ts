import { Prisma, type Tx } from '../../platform/db.js';
import { converted, type FlowFilter, type FlowSight, inScope, matching } from '../mechanism-figures/promises.store.js';

const { sql } = Prisma;

/** On `l`: the lines of a statement, whenever they were recorded. */
export function statementLines({ scope, currency }: Omit<FlowSight, 'asOf'>, filter: FlowFilter): Prisma.Sql {
  return sql`l.boundary = 'crossing' AND ${converted('l', currency)} IS NOT NULL AND ${inScope('l', scope)} AND ${matching('l', filter)}`;
}

/** Σ of the lines of a promise, in minor units of the reporting currency. */
export interface PromiseSums {
  readonly id: string;
  readonly pledged: bigint;
  readonly committed: bigint;
  readonly paid: bigint;
}

/** The lines of a statement by promise: one of the pledges given, otherwise the commitment. */
export function sumsByPromise(tx: Tx, sight: FlowSight, filter: FlowFilter, pledgeIds: readonly string[]): Promise<PromiseSums[]> {
  const amount = converted('l', sight.currency);
  const sum = (stage: string) => sql`coalesce(sum(${amount}) FILTER (WHERE l.stage = ${stage}::stage), 0)::bigint`;
  return tx.$queryRaw<PromiseSums[]>`
    SELECT (CASE WHEN l.stage = 'pledge' OR c.pledge_id = ANY(${[...pledgeIds]}::uuid[]) THEN coalesce(c.pledge_id, e.pledge_id) ELSE c.id END)::text AS id,
      ${sum('pledge')} AS pledged, ${sum('commitment')} AS committed, ${sum('disbursement')} AS paid
    FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id LEFT JOIN commitment c ON c.id = e.commitment_id
    WHERE l.recorded_at <= ${sight.asOf}::timestamptz AND ${statementLines(sight, filter)}
    GROUP BY 1 ORDER BY 1`;
}
