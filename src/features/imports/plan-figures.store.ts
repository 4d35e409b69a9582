import { type Day, toDay } from '../../domain/days.js';
import type { Tx } from '../../platform/db.js';

/** A figure of a plan's requirements, in minor units. */
export interface Figure {
  readonly source: string;
  readonly kind: string;
  readonly amountMinor: bigint;
  readonly asOf: Day;
  readonly parts: readonly { readonly country: string | null; readonly sector: string | null; readonly beneficiaryGroup: string | null; readonly amountMinor: bigint }[];
}

/** The figures of a plan, the latest recorded first. */
export interface Figures {
  readonly all: readonly Figure[];
  readonly current: Figure | null;
  /** The latest of the source asked for. */
  readonly ofSource: Figure | null;
  /** The amounts said to be original, as decimal digits. */
  readonly originals: readonly string[];
}

/** The requirements known of some plans, by the plan's id. */
export async function findFigures(tx: Tx, planIds: readonly string[], source: string): Promise<ReadonlyMap<string, Figures>> {
  const plans = await tx.responsePlan.findMany({
    where: { id: { in: [...planIds] }, requirements: { some: {} } },
    select: { id: true, requirements: { orderBy: [{ recordedAt: 'desc' }, { id: 'desc' }], include: { parts: { orderBy: { number: 'asc' } } } } },
  });
  return new Map(
    plans.map(({ id, requirements }) => {
      const all = requirements.map(({ asOf, ...rest }) => ({ ...rest, asOf: toDay(asOf) }));
      const revised = all.filter(({ kind }) => kind === 'revised');
      const originals = all.filter(({ kind }) => kind === 'original').map(({ amountMinor }) => String(amountMinor));
      return [id, { all, current: all[0] ?? null, ofSource: revised.find((one) => one.source === source) ?? null, originals }];
    }),
  );
}

interface Published {
  readonly requirementsMinor: bigint | null;
  readonly fundingMinor: bigint | null;
  readonly percent: number | null;
  readonly asOf: Day;
}

/** What a source published last, by plan (empty outside all plans), country and year. */
export async function findPublished(tx: Tx, sourceSystem: string): Promise<ReadonlyMap<string, Published>> {
  const rows = await tx.$queryRaw<(Published & { readonly key: string })[]>`
    SELECT DISTINCT ON (plan_id, country, year) concat_ws(' ', coalesce(plan_id::text, ''), country, year) AS key, requirements_minor AS "requirementsMinor",
      funding_minor AS "fundingMinor", percent, to_char(as_of, 'YYYY-MM-DD') AS "asOf"
    FROM published_funding WHERE source_system = ${sourceSystem} ORDER BY plan_id, country, year, recorded_at DESC, id DESC`;
  return new Map(rows.map(({ key, ...row }) => [key, row]));
}
