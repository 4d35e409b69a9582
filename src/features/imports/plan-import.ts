import { type Day, fromDayOrNull } from '../../domain/days.js';
import type { ResponsePlan, Tx } from '../../platform/db.js';
import { recordRevision } from '../journal/revision.store.js';
import { addRequirementVersion, insertPublished, type NewPublished } from '../plans/plans.store.js';
import { findOrCreatePlan, type KnownPlan, loadPlans } from './fts-plans.js';
import type { FtsPlan } from './fts-flow.js';
import { type ImportRowDraft, problemRow } from './import-rows.js';
import { findFigures, findPublished, type Figures } from './plan-figures.store.js';
import type { PreparedImport, Recorder } from './prepared-import.js';
import type { RowProblem } from './source-text.js';

/** What a source publishes of a plan in a country, or of a country outside all plans, in US cents; null where it says nothing. */
export interface PublishedFigures {
  readonly country: string;
  readonly year: number;
  readonly requirementsMinor: bigint | null;
  readonly fundingMinor: bigint | null;
  /** Whole per cent. */
  readonly percent: number | null;
}

/** A plan as a file gives it; amounts in US cents, null where the file knows none. */
export interface PublishedPlan {
  readonly plan: FtsPlan;
  readonly year: number | null;
  readonly startsOn: Day | null;
  readonly endsOn: Day | null;
  readonly category: string | null;
  readonly countries: readonly string[];
  readonly original: bigint | null;
  readonly revised: { readonly amountMinor: bigint; readonly parts: readonly { readonly country: string; readonly amountMinor: bigint }[] } | null;
  readonly published: readonly PublishedFigures[];
  readonly places: readonly { readonly file: string; readonly row: number }[];
}

/** What the files hold. */
export interface PlanReading {
  readonly plans: readonly PublishedPlan[];
  /** What goes to a country outside all plans. */
  readonly outside: readonly (PublishedFigures & { readonly file: string; readonly row: number })[];
  readonly problems: readonly RowProblem[];
  readonly rowsRead: number;
}

interface PlanOptions {
  readonly countries: readonly string[] | 'all';
  /** The day on which the source published the figures. */
  readonly asOf: Day;
  /** Who says so, as it stands beside a requirement. */
  readonly source: string;
  readonly sourceSystem: string;
}

const CURRENCY = 'USD';

/**
 * Takes in plans with their requirements and what is published of their funding. Of a plan that is known, only what is empty is filled
 * in; a figure that changed is a new version, one that did not stays, and an older file than the one known changes nothing.
 */
export function preparePlans(reading: PlanReading, options: PlanOptions): PreparedImport {
  const { countries } = options;
  const wanted = (codes: readonly string[]) => countries === 'all' || codes.some((code) => countries.includes(code));
  const plans = reading.plans.filter((plan) => wanted(plan.countries));
  const outside = reading.outside.filter(({ country }) => wanted([country]));
  const problems = reading.problems.map(problemRow);
  return {
    problems,
    refusal: null,
    apply: async (tx, recorder, progress) => {
      const known = [...(await loadPlans(tx))];
      const before = new Set(known.map(({ id }) => id));
      const resolved: (PublishedPlan & { readonly known: KnownPlan })[] = [];
      for (const plan of plans) resolved.push({ ...plan, known: await resolve(tx, plan, known, recorder) });
      await progress(40);
      const published = await keepPublished(tx, resolved, outside, options, recorder);
      const figures = await findFigures(tx, resolved.map((plan) => plan.known.id), options.source);
      const stored = new Map((await tx.responsePlan.findMany()).map((row) => [row.id, row]));
      const outcomes: ImportRowDraft[] = [];
      for (const plan of resolved) {
        const { id, code } = plan.known;
        const filled = await fillIn(tx, plan, stored.get(id) ?? null, recorder);
        const required = await keepRequirements(tx, plan, figures.get(id), options);
        const changed = [...filled, ...required, ...(published.has(id) ? ['published'] : [])];
        const [place] = plan.places;
        const row = { file: place?.file ?? null, row: place?.row ?? null, externalId: plan.plan.ftsId ?? code, code: null };
        if (!before.has(id)) outcomes.push({ ...row, action: 'created', detail: {} });
        else if (changed.length > 0) outcomes.push({ ...row, action: 'updated', detail: { changed } });
        before.add(id);
      }
      for (const { file, row, country, year } of outside.filter((one) => published.has(outsideKey(one)))) {
        outcomes.push({ action: 'updated', file, row, externalId: null, code: 'OUTSIDE_PLANS', detail: { field: country, found: String(year) } });
      }
      const count = (action: ImportRowDraft['action']) => outcomes.filter((one) => one.action === action).length;
      const counts = {
        read: reading.rowsRead,
        created: count('created'),
        updated: count('updated'),
        unchanged: plans.length + outside.length - outcomes.length,
        older: 0,
        closed: 0,
        leftOut: reading.plans.length - plans.length + reading.outside.length - outside.length,
        problems: problems.length,
        duplicates: 0,
        warnings: {},
      };
      return { rows: [...problems, ...outcomes], summary: { counts, totals: null } };
    },
  };
}

/** By number, code or former code; where the source gives no number, by name too, whatever number is known. */
async function resolve(tx: Tx, { plan, countries }: PublishedPlan, known: KnownPlan[], { recordedBy }: Recorder): Promise<KnownPlan> {
  const named = plan.ftsId === null && !known.some(({ code }) => code === plan.code) ? known.filter((one) => hasName(one, plan.name)) : [];
  const [only, ...others] = named;
  if (only && others.length === 0) return only;
  return findOrCreatePlan(tx, plan, countries, known, recordedBy);
}

function hasName({ nameFr, nameEn }: KnownPlan, name: string): boolean {
  return name !== '' && [nameFr, nameEn].some((one) => one.toLowerCase() === name.toLowerCase());
}

/** Fills in what of a plan is empty and adds its countries; says which. */
async function fillIn(tx: Tx, { known, ...plan }: PublishedPlan & { readonly known: KnownPlan }, row: ResponsePlan | null, { recordedBy }: Recorder): Promise<readonly string[]> {
  if (!row) return [];
  const countries = [...new Set([...row.countries, ...plan.countries])].sort();
  const data = {
    ...(row.year === null && plan.year !== null && { year: plan.year }),
    ...(row.startsOn === null && plan.startsOn !== null && { startsOn: fromDayOrNull(plan.startsOn) }),
    ...(row.endsOn === null && plan.endsOn !== null && { endsOn: fromDayOrNull(plan.endsOn) }),
    ...(row.category === null && plan.category !== null && { category: plan.category }),
    ...(countries.length > row.countries.length && { countries }),
  };
  const filled = Object.keys(data);
  if (filled.length === 0) return [];
  const { code, nameFr, nameEn, year, countries: all } = await tx.responsePlan.update({ where: { id: known.id }, data });
  await recordRevision(tx, 'response_plan', known.id, { code, nameFr, nameEn, countries: all, year }, recordedBy);
  return filled;
}

/**
 * Adds the original requirement and the current one, where they are new. The latest recorded figure is the current one, so an original
 * that comes late is followed by the current figure once more; where that cannot be, as of the same day, the original waits.
 */
async function keepRequirements(tx: Tx, { known, original, revised, startsOn }: PublishedPlan & { readonly known: KnownPlan }, figures: Figures | undefined, { asOf, source }: PlanOptions): Promise<readonly string[]> {
  const common = { planId: known.id, currency: CURRENCY, source };
  const current = figures?.current ?? null;
  const asOfOriginal = startsOn !== null && startsOn < asOf ? startsOn : asOf;
  const given = figures?.originals.includes(String(original)) ?? false;
  const follows = current === null || (revised !== null && !(current.asOf === asOf && current.amountMinor === revised.amountMinor) && current.asOf <= asOf);
  const addsOriginal = original !== null && !given && follows;
  const first = addsOriginal ? await addRequirementVersion(tx, { ...common, kind: 'original', amountMinor: original, asOf: asOfOriginal, parts: [] }) : null;
  if (revised === null) return first ? ['original'] : [];
  const last = figures?.ofSource ?? null;
  const same = [last, current].some((one) => one !== null && one.amountMinor === revised.amountMinor && (revised.parts.length === 0 || sameParts(one.parts, revised.parts)));
  const older = last !== null && last.asOf > asOf;
  if ((same || older) && !first) return [];
  const parts = revised.parts.length === 0 && current?.amountMinor === revised.amountMinor ? current.parts : revised.parts;
  const added = await addRequirementVersion(tx, { ...common, kind: 'revised', amountMinor: revised.amountMinor, asOf, parts });
  return [...(first ? ['original'] : []), ...(added && !same ? ['requirements'] : [])];
}

type Part = Figures['all'][number]['parts'][number];

function sameParts(a: readonly Part[], b: readonly { readonly country: string; readonly amountMinor: bigint }[]): boolean {
  const texts = (parts: readonly { readonly country?: string | null; readonly amountMinor: bigint }[]) => parts.map(({ country, amountMinor }) => `${country ?? ''} ${amountMinor}`).sort().join(',');
  return texts(a) === texts(b);
}

function outsideKey({ country, year }: PublishedFigures): string {
  return `${country} ${year}`;
}

/** Keeps what is published anew; says of which plans (by id), and of which countries outside all plans. */
async function keepPublished(
  tx: Tx,
  plans: readonly (PublishedPlan & { readonly known: KnownPlan })[],
  outside: readonly PublishedFigures[],
  { asOf, sourceSystem }: PlanOptions,
  { importId }: Recorder,
): Promise<ReadonlySet<string>> {
  const common = { sourceSystem, currency: CURRENCY, asOf, importId };
  const rows: readonly NewPublished[] = [
    ...plans.flatMap(({ known, published }) => published.map((figures) => ({ ...common, ...figures, planId: known.id }))),
    ...outside.map(({ country, year, requirementsMinor, fundingMinor, percent }) => ({ ...common, country, year, requirementsMinor, fundingMinor, percent, planId: null })),
  ];
  const last = await findPublished(tx, sourceSystem);
  const changed = rows.filter((row) => {
    const before = last.get([row.planId ?? '', row.country, row.year].join(' '));
    return !before || (before.asOf <= asOf && (before.requirementsMinor !== row.requirementsMinor || before.fundingMinor !== row.fundingMinor || before.percent !== row.percent));
  });
  await insertPublished(tx, changed);
  return new Set(changed.map(({ planId, country, year }) => planId ?? `${country} ${year}`));
}

