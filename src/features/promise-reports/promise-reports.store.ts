import type { Named } from '../../domain/reference.js';
import { Prisma, type Tx } from '../../platform/db.js';
import { converted, type FlowFilter, type FlowSight, inScope, linesOfPledges, matching } from '../mechanism-figures/promises.store.js';

const { sql } = Prisma;

/** The names of events as they were at a moment. */
export async function eventNames(tx: Tx, ids: readonly string[], asOf: string): Promise<ReadonlyMap<string, Named>> {
  const rows = await tx.$queryRaw<(Named & { readonly id: string })[]>`
    SELECT e.id::text, coalesce(r.data ->> 'nameFr', e.name_fr) AS "nameFr", coalesce(r.data ->> 'nameEn', e.name_en) AS "nameEn"
    FROM event e LEFT JOIN LATERAL (
      SELECT data FROM record_revision WHERE kind = 'event' AND record_id = e.id AND recorded_at <= ${asOf}::timestamptz ORDER BY revision DESC LIMIT 1
    ) r ON true
    WHERE e.id = ANY(${[...ids]}::uuid[])`;
  return new Map(rows.map((row) => [row.id, row]));
}

/** The promises that are asked for, on `f`: a pledge or a commitment. What a source corrects by a negative flow is none. */
export function asked(filter: FlowFilter): Prisma.Sql {
  return sql`f.amount_minor > 0 AND ${matching('f', filter)}`;
}

/** On `l` and `e`: the lines of the pledges asked for and of all that became of them, and those of the commitments asked for themselves. */
export function promiseLines(sight: Omit<FlowSight, 'asOf'>, filter: FlowFilter): Prisma.Sql {
  const commitments = sql`SELECT f.id FROM commitment f WHERE f.boundary = 'crossing' AND ${inScope('f', sight.scope)} AND ${asked(filter)}`;
  return sql`(${linesOfPledges(sight, asked(filter))} OR e.stage <> 'pledge' AND e.commitment_id IN (${commitments}) AND ${converted('l', sight.currency)} IS NOT NULL)`;
}
