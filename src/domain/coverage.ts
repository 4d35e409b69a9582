import { allocate, divideHalfUp, formatMinor } from './money.js';
import { DomainError } from './problem.js';
import { NOT_SPECIFIED, SHARED } from './report.js';

/** By what coverage can be asked. */
export const coverageGroupings = ['plan', 'sector', 'state', 'group'] as const;
export type CoverageGrouping = (typeof coverageGroupings)[number];

/** The dimensions in which a plan's requirements and people are told apart. */
export const planDimensions = ['country', 'sector', 'beneficiaryGroup'] as const;
export type PlanDimension = (typeof planDimensions)[number];

/** One cell of a plan: the codes it is about; null for all of a dimension. */
export type PlanCell = Readonly<Record<PlanDimension, string | null>>;

/**
 * What requirements are made of: each cell once, and the parts of one dimension (or of one crossing of dimensions) within the whole.
 * @throws CODE_REPEATED, REQUIREMENT_PARTS_EXCEED
 */
export function checkParts(wholeMinor: bigint, parts: readonly (PlanCell & { readonly amountMinor: bigint })[], write: (minor: bigint) => string): void {
  const sums = new Map<string, bigint>();
  const seen = new Set<string>();
  for (const part of parts) {
    const codes = planDimensions.map((dimension) => part[dimension] ?? '').join(' ');
    if (seen.has(codes)) throw new DomainError('CODE_REPEATED', { code: codes.trim() }, 'parts');
    seen.add(codes);
    const signature = signatureOf(part);
    sums.set(signature, (sums.get(signature) ?? 0n) + part.amountMinor);
  }
  for (const [dimension, sum] of sums) {
    if (sum > wholeMinor) throw new DomainError('REQUIREMENT_PARTS_EXCEED', { dimension, found: write(sum), most: write(wholeMinor) }, 'parts');
  }
}

function signatureOf(cell: PlanCell): string {
  return planDimensions.filter((dimension) => cell[dimension] !== null).join(' × ');
}

/** The cells that divide a plan by these dimensions and no other; where there are none, those that divide it by country as well. */
export function cellsBy<C extends PlanCell>(cells: readonly C[], dimensions: readonly PlanDimension[]): readonly C[] {
  const exactly = (wanted: readonly PlanDimension[]) =>
    cells.filter((cell) => planDimensions.every((dimension) => (cell[dimension] !== null) === wanted.includes(dimension)));
  const found = exactly(dimensions);
  return found.length > 0 || dimensions.includes('country') ? found : exactly(['country', ...dimensions]);
}

/** People of a cell; null where nobody said. */
export interface People {
  readonly inNeed: bigint | null;
  readonly targeted: bigint | null;
  readonly reached: bigint | null;
}

/** A plan as it was known at the moment asked. */
export interface PlanFacts {
  readonly code: string;
  readonly countries: readonly string[];
  readonly year: number | null;
  /** Current requirements; null while there are none, or no rate converts them. `minor` is in the currency asked, `ownMinor` and the parts in their own. */
  readonly requirements: { readonly minor: bigint; readonly ownMinor: bigint; readonly parts: readonly (PlanCell & { readonly amountMinor: bigint })[] } | null;
  readonly people: readonly (PlanCell & People)[];
}

/** What is asked about; null for no bound. */
export interface Selection {
  readonly countries: readonly string[] | null;
  readonly years: readonly number[] | null;
  readonly plans: readonly string[] | null;
}

/** Journal lines, or movements of funds, that agree in everything coverage looks at; amounts in minor units of the currency asked. */
export interface FundingProfile {
  readonly key: string;
  readonly through: 'direct' | 'fund';
  /** Why none of them counts; null when they do. */
  readonly reason: string | null;
  readonly countries: readonly string[];
  readonly sectors: readonly string[];
  readonly beneficiaryGroups: readonly string[];
  readonly plans: readonly string[];
  readonly years: readonly string[];
  readonly committed: bigint;
  readonly paid: bigint;
  readonly lines: number;
}

/** Money attributed, in minor units; what is paid is part of what is committed. */
export interface Funding {
  readonly direct: bigint;
  readonly throughFunds: bigint;
  readonly paid: bigint;
  readonly lines: number;
}

export const noFunding: Funding = { direct: 0n, throughFunds: 0n, paid: 0n, lines: 0 };

function addFunding(sum: Funding, { through, committed, paid, lines }: FundingProfile): Funding {
  return {
    direct: sum.direct + (through === 'direct' ? committed : 0n),
    throughFunds: sum.throughFunds + (through === 'fund' ? committed : 0n),
    paid: sum.paid + paid,
    lines: sum.lines + lines,
  };
}

/** Where money counts: in a row, outside all plans, or nowhere because part of it is for something that was not asked about. */
export type Place = { readonly part: 'row'; readonly code: string } | { readonly part: 'outsidePlans' } | { readonly part: 'beyond' };

type Fit = 'inside' | 'across' | 'apart';

function fit<T>(found: readonly T[], wanted: readonly T[] | null): Fit {
  if (wanted === null) return 'inside';
  const hits = found.filter((one) => wanted.includes(one)).length;
  if (hits === 0) return 'apart';
  return hits === found.length ? 'inside' : 'across';
}

/** Says where money counts among the plans and bounds of a question; undefined when it has nothing to do with it. */
export function placing(groupBy: CoverageGrouping, plans: ReadonlyMap<string, PlanFacts>, selection: Selection): (profile: FundingProfile) => Place | undefined {
  return (profile) => {
    const countries = countriesOf(profile, plans);
    const fits = [fit(countries, selection.countries), fit(yearsOf(profile, plans), selection.years), fit(profile.plans, selection.plans)];
    if (fits.includes('apart')) return undefined;
    if (fits.includes('across')) return { part: 'beyond' };
    if (profile.plans.length === 0) return { part: 'outsidePlans' };
    const codes = codesOf(groupBy, profile, countries);
    return { part: 'row', code: codes.length > 1 ? SHARED : (codes[0] ?? NOT_SPECIFIED) };
  };
}

/** The codes among which money would be shared in a grouping. */
export function codesIn(groupBy: CoverageGrouping, profile: FundingProfile, plans: ReadonlyMap<string, PlanFacts>): readonly string[] {
  return codesOf(groupBy, profile, countriesOf(profile, plans));
}

function codesOf(groupBy: CoverageGrouping, profile: FundingProfile, countries: readonly string[]): readonly string[] {
  return { plan: profile.plans, sector: profile.sectors, state: countries, group: profile.beneficiaryGroups }[groupBy];
}

/** Its states; money that names none is for those of its plans. */
function countriesOf(profile: FundingProfile, plans: ReadonlyMap<string, PlanFacts>): readonly string[] {
  if (profile.countries.length > 0) return profile.countries;
  return [...new Set(profile.plans.flatMap((code) => plans.get(code)?.countries ?? []))];
}

/** The years of its plans; its own where it has no plan or one without a year. */
function yearsOf(profile: FundingProfile, plans: ReadonlyMap<string, PlanFacts>): readonly number[] {
  const ofPlans = profile.plans.map((code) => plans.get(code)?.year ?? null);
  if (ofPlans.length > 0 && ofPlans.every((year) => year !== null)) return ofPlans;
  return profile.years.map(Number);
}

/** A row or a total; requirements null when nobody stated any ("n/a"). */
export interface CoverageCell extends Funding, People {
  readonly requirements: bigint | null;
}

export interface CoverageTable {
  /** By code, {@link SHARED} and {@link NOT_SPECIFIED} included. */
  readonly rows: ReadonlyMap<string, CoverageCell>;
  readonly total: CoverageCell;
  readonly outsidePlans: Funding;
  readonly beyond: Funding;
  /** The plans whose requirements and people are in the table. */
  readonly plans: readonly PlanFacts[];
}

/** Requirements, people and money of a question; each line once in the total, in a row of its own or as shared. */
export function coverageTable(
  groupBy: CoverageGrouping,
  plans: ReadonlyMap<string, PlanFacts>,
  selection: Selection,
  profiles: readonly FundingProfile[],
): CoverageTable {
  const place = placing(groupBy, plans, selection);
  const rows = new Map<string, Funding>();
  let [total, outsidePlans, beyond] = [noFunding, noFunding, noFunding];
  const named = new Set<string>();
  for (const profile of profiles) {
    if (profile.reason !== null) continue;
    const at = place(profile);
    if (at?.part === 'beyond') beyond = addFunding(beyond, profile);
    if (at?.part === 'outsidePlans') outsidePlans = addFunding(outsidePlans, profile);
    if (at?.part !== 'row') continue;
    total = addFunding(total, profile);
    rows.set(at.code, addFunding(rows.get(at.code) ?? noFunding, profile));
    profile.plans.forEach((code) => named.add(code));
  }
  const chosen = [...plans.values()].filter((plan) => isChosen(plan, selection) || named.has(plan.code)).sort((a, b) => (a.code < b.code ? -1 : 1));
  const wanted = new Map<string, Demand>();
  for (const plan of chosen) {
    for (const [code, demand] of demandsOf(groupBy, plan, selection)) wanted.set(code, addDemand(wanted.get(code) ?? noDemand, demand));
  }
  const codes = [...new Set([...wanted.keys(), ...rows.keys()])].sort();
  const overall = chosen.map((plan) => wholeOf(plan, selection)).reduce(addDemand, noDemand);
  return {
    rows: new Map(codes.map((code) => [code, { ...(rows.get(code) ?? noFunding), ...(wanted.get(code) ?? noDemand) }])),
    total: { ...total, ...overall },
    outsidePlans,
    beyond,
    plans: chosen,
  };
}

function isChosen(plan: PlanFacts, { countries, years, plans }: Selection): boolean {
  return (
    (plans === null || plans.includes(plan.code)) &&
    (years === null || (plan.year !== null && years.includes(plan.year))) &&
    (countries === null || plan.countries.some((code) => countries.includes(code)))
  );
}

interface Demand extends People {
  readonly requirements: bigint | null;
}

const noDemand: Demand = { requirements: null, inNeed: null, targeted: null, reached: null };

function addKnown(a: bigint | null, b: bigint | null): bigint | null {
  return a === null ? b : a + (b ?? 0n);
}

function addDemand(a: Demand, b: Demand): Demand {
  return {
    requirements: addKnown(a.requirements, b.requirements),
    inNeed: addKnown(a.inNeed, b.inNeed),
    targeted: addKnown(a.targeted, b.targeted),
    reached: addKnown(a.reached, b.reached),
  };
}

/** Whether all of a plan is asked about, so that its whole counts; otherwise only the parts of the states asked. */
export function isWhole(plan: PlanFacts, { countries }: Selection): boolean {
  return countries === null || (plan.countries.length > 0 && plan.countries.every((code) => countries.includes(code)));
}

/** What a plan requires of those asked; null where nobody stated it. */
export function requirementsOf(plan: PlanFacts, selection: Selection): bigint | null {
  return wholeOf(plan, selection).requirements;
}

function wholeOf(plan: PlanFacts, selection: Selection): Demand {
  const people = sumPeople(peopleBy(plan, [], selection));
  if (isWhole(plan, selection)) return { requirements: plan.requirements?.minor ?? null, ...people };
  const parts = requirementsBy(plan, ['country'], selection);
  return { requirements: parts.length === 0 ? null : parts.reduce((sum, part) => sum + part.minor, 0n), ...people };
}

/** What a plan asks for in each row; what it does not tell apart is not specified, and shared among several states. */
function demandsOf(groupBy: CoverageGrouping, plan: PlanFacts, selection: Selection): readonly (readonly [string, Demand])[] {
  const whole = wholeOf(plan, selection);
  if (groupBy === 'plan') return [[plan.code, whole]];
  const dimension = ({ sector: 'sector', state: 'country', group: 'beneficiaryGroup' } as const)[groupBy];
  const [only, ...others] = plan.countries;
  if (dimension === 'country' && only !== undefined && others.length === 0) return [[only, whole]];
  const told = requirementsBy(plan, [dimension], selection).map(({ cell, minor }) => [cell[dimension] ?? NOT_SPECIFIED, { ...noDemand, requirements: minor }] as const);
  const people = peopleBy(plan, [dimension], selection).map((cell) => [cell[dimension] ?? NOT_SPECIFIED, { requirements: null, ...sumPeople([cell]) }] as const);
  if (whole.requirements === null) return people;
  const rest = whole.requirements - told.reduce((sum, [, { requirements }]) => sum + requirements, 0n);
  const restCode = dimension === 'country' && others.length > 0 ? SHARED : NOT_SPECIFIED;
  return [...told, ...people, ...(rest > 0n ? [[restCode, { ...noDemand, requirements: rest }] as const] : [])];
}

/** The parts of a plan's requirements by some dimensions, converted so that they and the rest sum to the whole. */
function requirementsBy({ requirements, ...plan }: PlanFacts, dimensions: readonly PlanDimension[], selection: Selection) {
  if (!requirements) return [];
  const cells = cellsBy(requirements.parts, scoped(plan, dimensions, selection));
  const told = cells.reduce((sum, cell) => sum + cell.amountMinor, 0n);
  if (told === 0n) return [];
  const minors = allocate(requirements.minor, [...cells.map((cell) => cell.amountMinor), requirements.ownMinor - told]);
  return cells.map((cell, index) => ({ cell, minor: minors[index] ?? 0n })).filter(({ cell }) => isAsked(cell, selection));
}

function peopleBy(plan: PlanFacts, dimensions: readonly PlanDimension[], selection: Selection): readonly (PlanCell & People)[] {
  return cellsBy(plan.people, scoped(plan, dimensions, selection)).filter((cell) => isAsked(cell, selection));
}

function scoped(plan: Pick<PlanFacts, 'code' | 'countries' | 'year' | 'people'>, dimensions: readonly PlanDimension[], selection: Selection): readonly PlanDimension[] {
  return isWhole({ ...plan, requirements: null }, selection) || dimensions.includes('country') ? dimensions : ['country', ...dimensions];
}

function isAsked(cell: PlanCell, { countries }: Selection): boolean {
  return countries === null || cell.country === null || countries.includes(cell.country);
}

function sumPeople(cells: readonly People[]): People {
  return cells.reduce<People>(
    (sum, cell) => ({ inNeed: addKnown(sum.inNeed, cell.inNeed), targeted: addKnown(sum.targeted, cell.targeted), reached: addKnown(sum.reached, cell.reached) }),
    { inNeed: null, targeted: null, reached: null },
  );
}

/** Coverage in per cent: with four decimals, and whole as the Financial Tracking Service publishes it; both half-up. */
export interface Coverage {
  readonly exact: string;
  readonly whole: number;
}

/** Funded ÷ requirements (DESIGN, rule 11); null ("n/a") where nothing is required. Above 100 % it is what it is. */
export function coverageOf(fundedMinor: bigint, requirementsMinor: bigint | null): Coverage | null {
  if (requirementsMinor === null || requirementsMinor === 0n) return null;
  return {
    exact: formatMinor(divideHalfUp(fundedMinor * 1_000_000n, requirementsMinor), 4),
    whole: Number(divideHalfUp(fundedMinor * 100n, requirementsMinor)),
  };
}

/** What is missing, never less than nothing; null where nothing is required. */
export function gapOf(fundedMinor: bigint, requirementsMinor: bigint | null): bigint | null {
  if (requirementsMinor === null || requirementsMinor === 0n) return null;
  return fundedMinor >= requirementsMinor ? 0n : requirementsMinor - fundedMinor;
}
