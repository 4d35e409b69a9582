import type { Day } from '../../domain/days.js';
import type { ReportingCurrency } from '../../domain/fx.js';
import type { Visibility } from '../../domain/policy.js';
import type { Sums } from '../../domain/report.js';
import { Prisma, type Tx } from '../../platform/db.js';
import { converted, inScope, matching } from '../mechanism-figures/promises.store.js';

const { sql } = Prisma;

/** Lines of the journal that count in a brief: a condition on `journal_line l` joined to `journal_entry e`. */
export interface BriefLines {
  readonly condition: Prisma.Sql;
  readonly currency: ReportingCurrency;
  /** ISO 8601 with microseconds. */
  readonly asOf: string;
}

/** What is for a state alone, within sight; what it shares with others without a split is not among it. */
export function stateLines(scope: Visibility, { state, currency, from }: { readonly state: string; readonly currency: ReportingCurrency; readonly from?: Day | undefined }): Prisma.Sql {
  return sql`l.boundary = 'crossing' AND ${converted('l', currency)} IS NOT NULL AND cardinality(l.countries) = 1 AND ${matching('l', { countries: [state], from })} AND ${inScope('l', scope)}`;
}

/** Sums of lines by mechanism. */
export async function sumsByMechanism(tx: Tx, { condition, currency, asOf }: BriefLines): Promise<readonly (Sums & { readonly mechanism: string })[]> {
  const sum = (stage: string) => sql`coalesce(sum(${converted('l', currency)}) FILTER (WHERE l.stage = ${stage}::stage), 0)::bigint`;
  return tx.$queryRaw`
    SELECT l.mechanism, ${sum('pledge')} AS pledged, ${sum('commitment')} AS committed, ${sum('disbursement')} AS disbursed, count(*)::int AS lines
    FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id WHERE l.recorded_at <= ${asOf}::timestamptz AND ${condition} GROUP BY 1`;
}

/** What of each pledge and commitment is among the lines, by its id; the rest of it is for others. */
export async function promisedAmong(tx: Tx, { condition, currency, asOf }: BriefLines): Promise<ReadonlyMap<string, bigint>> {
  const rows = await tx.$queryRaw<{ id: string; minor: bigint }[]>`
    SELECT CASE l.stage WHEN 'pledge' THEN e.pledge_id ELSE e.commitment_id END::text AS id, sum(${converted('l', currency)})::bigint AS minor
    FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id
    WHERE l.stage <> 'disbursement' AND l.recorded_at <= ${asOf}::timestamptz AND ${condition} GROUP BY 1`;
  return new Map(rows.map(({ id, minor }) => [id, minor]));
}

/** A commitment of which nothing is paid. */
export interface SilentRow {
  readonly reference: string;
  readonly donorId: string;
  readonly signedOn: Day;
  /** What of it is among the lines, in the currency asked. */
  readonly minor: bigint;
}

/** The commitments among the lines, signed before a day, of which nothing is paid; the largest first. */
export function silentCommitments(tx: Tx, { condition, currency, asOf }: BriefLines, signedBefore: Day): Promise<readonly SilentRow[]> {
  return tx.$queryRaw`
    SELECT c.reference, c.donor_id::text AS "donorId", to_char(c.value_date, 'YYYY-MM-DD') AS "signedOn", own.minor
    FROM (
      SELECT e.commitment_id AS id, sum(${converted('l', currency)})::bigint AS minor FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id
      WHERE l.stage = 'commitment' AND l.recorded_at <= ${asOf}::timestamptz AND ${condition} GROUP BY 1
    ) own JOIN commitment c ON c.id = own.id
    WHERE own.minor > 0 AND c.value_date < ${signedBefore}::date AND coalesce((
      SELECT sum(p.amount_minor) FROM journal_entry p WHERE p.commitment_id = c.id AND p.stage = 'disbursement' AND p.recorded_at <= ${asOf}::timestamptz), 0) = 0
    ORDER BY own.minor DESC, c.reference`;
}
