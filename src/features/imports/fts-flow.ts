import type { Day } from '../../domain/days.js';
import { parseMinor } from '../../domain/money.js';
import { DomainError } from '../../domain/problem.js';
import type { ImportProblemCode } from '../../i18n/import-problems.js';
import type { FtsLookups } from './fts-lookups.js';
import { clip, plainDecimal, readDay, type RowProblem, shortestDecimal } from './source-text.js';

/** Stands for the countries that a shared flow also goes to and its file does not list. */
export const OTHER_COUNTRIES = 'XZZ';

/** Stands for a cluster that the code list does not know. */
export const UNMAPPED_SECTOR = 'UNMAPPED';

/** What FTS writes in a CSV in place of several organisations or several emergencies. */
export const SEVERAL = 'Multiple';

/** An organisation as FTS names it; in a CSV it has no number, and several together are called "Multiple". */
export interface FtsOrg {
  readonly ftsId: string | null;
  readonly name: string;
  readonly types: readonly string[];
}

/** A response plan; the API gives no code, only number and name. */
export interface FtsPlan {
  readonly ftsId: string | null;
  readonly code: string | null;
  readonly name: string;
}

/** One flow of the Financial Tracking Service in the same form whether it came from its API or from a CSV. */
export interface FtsFlow {
  readonly id: string;
  /** Null in a CSV. */
  readonly version: number | null;
  readonly updatedOn: Day;
  readonly status: 'pledge' | 'commitment' | 'paid';
  /** "Standard", "Parked", "Pass through", "Carryover" … */
  readonly flowType: string;
  readonly boundary: 'crossing' | 'internal';
  readonly shared: boolean;
  /** Decimal string as published; may be zero or negative. */
  readonly amountUsd: string;
  readonly original: { readonly amount: string; readonly currency: string; readonly publishedRate: string | null } | null;
  readonly decisionDate: Day | null;
  readonly flowDate: Day | null;
  readonly firstReportedOn: Day | null;
  readonly createdOn: Day | null;
  /** The decision, first report, flow or creation date: the first of them that is known and not in the future. */
  readonly valueDate: Day;
  readonly source: FtsSide;
  readonly destination: FtsDestination;
  readonly description: string;
  readonly refCode: string | null;
  readonly keywords: readonly string[];
  readonly budgetYear: string | null;
  readonly contributionType: 'financial' | 'in_kind';
  readonly method: string;
  /** Grand Bargain earmarking; API only. */
  readonly earmarking: string | null;
  /** API only. */
  readonly newMoney: boolean | null;
  /** API only. */
  readonly parentFlowId: string | null;
  /** Stable codes of oddities that were kept. */
  readonly warnings: readonly FtsWarning[];
}

export interface FtsSide {
  readonly organisations: readonly FtsOrg[];
  /** ISO 3166 alpha-3, sorted; a CSV of one country leaves most source countries out. */
  readonly countries: readonly string[];
  readonly usageYears: readonly number[];
}

export interface FtsDestination extends FtsSide {
  readonly plans: readonly FtsPlan[];
  /** Sector codes, sorted. */
  readonly sectors: readonly string[];
  readonly project: { readonly code: string | null; readonly name: string } | null;
  readonly emergencies: readonly string[];
}

export type FtsWarning =
  /** The flow is shared among countries of which its file lists only some; "XZZ" stands for the others. */
  | 'SHARED_OTHERS_NOT_LISTED'
  /** A cluster that no sector has as its name; "UNMAPPED" stands for it. */
  | 'UNKNOWN_SECTOR'
  /** The file says "Multiple", or lists several organisations on one side. */
  | 'SEVERAL_ORGANISATIONS'
  /** The published USD amount is more than one dollar from original ÷ rate; the published one is kept. */
  | 'AMOUNT_DIFFERS_FROM_RATE'
  /** Only one of original amount and original currency is given; neither is kept. */
  | 'ORIGINAL_INCOMPLETE'
  /** The original amount is no exact amount of its currency; only the USD amount is kept. */
  | 'ORIGINAL_UNUSABLE'
  /** The published rate is no positive number and is not kept. */
  | 'RATE_UNUSABLE'
  /** A published date lies in the future, and a later choice is the value date. */
  | 'DATE_FALLBACK'
  /** Only the first and last usage year are published; those between are inferred. */
  | 'USAGE_YEAR_RANGE'
  /** An older copy of the same flow in the same files was passed over. */
  | 'OLDER_COPY_DROPPED';

/** A country as the file names it, and its code when it is known. */
export interface RawCountry {
  readonly found: string;
  readonly iso3: string | undefined;
}

/** Usage years as a list (API) or as first and last (CSV). */
export type RawYears = { readonly years: readonly string[] } | { readonly first: string; readonly last: string };

export interface RawSide {
  readonly organisations: readonly FtsOrg[];
  readonly countries: readonly RawCountry[];
  readonly usageYears: RawYears;
}

/** A flow as its file gives it, every value a trimmed text; "" is absent. */
export interface RawFlow {
  readonly file: string;
  readonly row: number;
  readonly id: string;
  readonly version: string;
  readonly status: string;
  readonly flowType: string;
  readonly boundary: string;
  readonly onBoundary: string;
  readonly amountUSD: string;
  readonly originalAmount: string;
  readonly originalCurrency: string;
  readonly exchangeRate: string;
  readonly decisionDate: string;
  readonly date: string;
  readonly firstReportedDate: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly source: RawSide;
  readonly destination: RawSide & {
    readonly plans: readonly FtsPlan[];
    readonly clusters: readonly string[];
    readonly project: FtsDestination['project'];
    readonly emergencies: readonly string[];
  };
  /** The list of countries is known to be incomplete should the flow be shared. */
  readonly othersNotListed: boolean;
  readonly description: string;
  readonly refCode: string;
  readonly keywords: readonly string[];
  readonly budgetYear: string;
  readonly contributionType: string;
  readonly method: string;
  readonly earmarking: string;
  readonly newMoney: boolean | null;
  readonly parentFlowId: string;
}

type Report = (field: string, code: ImportProblemCode, found: string, params?: Readonly<Record<string, string>>) => void;
type Warn = (warning: FtsWarning) => void;

/**
 * Checks one flow and brings it into its final form: either the flow, or every problem it has.
 * `today` is the last day that a value date may have.
 */
export function toFlow(raw: RawFlow, lookups: FtsLookups, today: Day): FtsFlow | readonly RowProblem[] {
  const problems: RowProblem[] = [];
  const warnings = new Set<FtsWarning>();
  const flowId = raw.id === '' ? null : clip(raw.id);
  const report: Report = (field, code, found, params) => {
    const place = { file: raw.file, row: raw.row, flowId, field, code, found: clip(found) };
    problems.push(params ? { ...place, params } : place);
  };
  const warn: Warn = (warning) => void warnings.add(warning);

  if (!/^\d{1,18}$/.test(raw.id)) report('id', 'FLOW_ID_FORMAT', raw.id);
  const status = oneOf(raw.status, statuses, 'status', 'STATUS_UNKNOWN', report);
  const contributionType = oneOf(raw.contributionType, contributionTypes, 'contributionType', 'CONTRIBUTION_TYPE_UNKNOWN', report);
  const amountUsd = readAmountUsd(raw, report);
  const original = readOriginal(raw, lookups, report, warn);
  if (original && amountUsd !== null && differsFromRate(original, amountUsd)) warn('AMOUNT_DIFFERS_FROM_RATE');
  const dates = readDates(raw, report);
  const valueDate = problems.some((p) => p.code === 'DATE_FORMAT') ? null : chooseValueDate(dates, today, report, warn);
  const updatedOn = readUpdatedOn(raw, report);
  const source = readSide(raw.source, 'src', report, warn);
  const side = readSide(raw.destination, 'dest', report, warn);
  const shared = isShared(raw, side, report);
  const boundary = readBoundary(raw, source, side, report);
  const destination: FtsDestination = {
    ...side,
    countries: withOthers(side.countries, shared && raw.othersNotListed, warn),
    plans: raw.destination.plans,
    sectors: readSectors(raw.destination.clusters, lookups, warn),
    project: raw.destination.project,
    emergencies: raw.destination.emergencies,
  };

  const failed = problems.length > 0;
  if (failed || !status || !contributionType || amountUsd === null || !valueDate || !updatedOn || !boundary) return problems;
  return {
    id: raw.id,
    version: /^\d{1,9}$/.test(raw.version) ? Number(raw.version) : null,
    updatedOn,
    status,
    flowType: raw.flowType,
    boundary,
    shared,
    amountUsd,
    original,
    ...dates,
    valueDate,
    source,
    destination,
    description: raw.description,
    refCode: raw.refCode || null,
    keywords: raw.keywords,
    budgetYear: raw.budgetYear || null,
    contributionType,
    method: raw.method,
    earmarking: raw.earmarking || null,
    newMoney: raw.newMoney,
    parentFlowId: raw.parentFlowId || null,
    warnings: [...warnings],
  };
}

/** Whether {@link toFlow} gave a flow. */
export function isFlow(result: FtsFlow | readonly RowProblem[]): result is FtsFlow {
  return !Array.isArray(result);
}

const statuses = new Map([
  ['pledge', 'pledge'],
  ['commitment', 'commitment'],
  ['paid', 'paid'],
] as const);

const contributionTypes = new Map([
  ['financial', 'financial'],
  ['in kind', 'in_kind'],
  ['in-kind', 'in_kind'],
] as const);

function oneOf<T>(found: string, known: ReadonlyMap<string, T>, field: string, code: ImportProblemCode, report: Report): T | undefined {
  const value = known.get(found.toLowerCase());
  if (value === undefined) report(field, code, found);
  return value;
}

const amountFaults = ['AMOUNT_FORMAT', 'AMOUNT_DIGITS', 'AMOUNT_TOO_LARGE'] as const;

/** The amount as the ledger can take it, or the code of what is wrong. */
function exactAmount(found: string, currency: string, exponent: number): { readonly amount: string } | { readonly code: (typeof amountFaults)[number] } {
  const decimal = plainDecimal(found);
  if (decimal === null) return { code: 'AMOUNT_FORMAT' };
  const excess = (decimal.split('.')[1] ?? '').length > exponent;
  const amount = excess ? shortestDecimal(decimal) : decimal;
  try {
    parseMinor(amount, currency, new Map([[currency, exponent]]));
    return { amount };
  } catch (error) {
    const code = amountFaults.find((fault) => error instanceof DomainError && error.code === fault);
    if (code) return { code };
    throw error;
  }
}

function readAmountUsd(raw: RawFlow, report: Report): string | null {
  const read = exactAmount(raw.amountUSD, 'USD', 2);
  if ('amount' in read) return read.amount;
  report('amountUSD', read.code, raw.amountUSD);
  return null;
}

/** The amount in the donor's currency. The ledger needs only the USD amount, so an unusable original is left out with a warning. */
function readOriginal(raw: RawFlow, lookups: FtsLookups, report: Report, warn: Warn): FtsFlow['original'] {
  const currency = raw.originalCurrency.toUpperCase();
  const exponent = currency === '' ? undefined : lookups.currencyExponent(currency);
  if (currency !== '' && exponent === undefined) {
    report('originalCurrency', 'CURRENCY_UNKNOWN', raw.originalCurrency, { currency: clip(currency) });
    return null;
  }
  if (exponent === undefined || raw.originalAmount === '') {
    if (currency !== '' || raw.originalAmount !== '') warn('ORIGINAL_INCOMPLETE');
    return null;
  }
  const read = exactAmount(raw.originalAmount, currency, exponent);
  if ('code' in read) {
    warn('ORIGINAL_UNUSABLE');
    return null;
  }
  return { amount: read.amount, currency, publishedRate: readRate(raw.exchangeRate, warn) };
}

function readRate(found: string, warn: Warn): string | null {
  if (found === '') return null;
  const rate = plainDecimal(found);
  if (rate !== null && !rate.startsWith('-') && /[1-9]/.test(rate)) return rate;
  warn('RATE_UNUSABLE');
  return null;
}

/** Whether original ÷ rate lies more than one dollar from the published amount. */
function differsFromRate(original: NonNullable<FtsFlow['original']>, amountUsd: string): boolean {
  if (original.publishedRate === null) return false;
  const o = fraction(original.amount);
  const r = fraction(original.publishedRate);
  const u = fraction(amountUsd);
  // |o − u·r| > r, all over the common denominator.
  const gap = o.n * u.d * r.d - u.n * r.n * o.d;
  return (gap < 0n ? -gap : gap) > r.n * o.d * u.d;
}

function fraction(decimal: string): { readonly n: bigint; readonly d: bigint } {
  const [whole = '', decimals = ''] = decimal.split('.');
  return { n: BigInt(whole + decimals), d: 10n ** BigInt(decimals.length) };
}

type Dates = Pick<FtsFlow, 'decisionDate' | 'flowDate' | 'firstReportedOn' | 'createdOn'>;

function readDates(raw: RawFlow, report: Report): Dates {
  return {
    decisionDate: readDate(raw.decisionDate, 'decisionDate', report),
    flowDate: readDate(raw.date, 'date', report),
    firstReportedOn: readDate(raw.firstReportedDate, 'firstReportedDate', report),
    createdOn: readDate(raw.createdAt, 'createdAt', report),
  };
}

function readDate(found: string, field: string, report: Report): Day | null {
  if (found === '') return null;
  const day = readDay(found);
  if (day === null) report(field, 'DATE_FORMAT', found);
  return day;
}

function readUpdatedOn(raw: RawFlow, report: Report): Day | null {
  if (raw.updatedAt === '') report('updatedAt', 'DATE_MISSING', '');
  return readDate(raw.updatedAt, 'updatedAt', report);
}

/** The dates a flow may be valued at, the best first. */
export function valueDateCandidates(dates: Dates): readonly Day[] {
  return [dates.decisionDate, dates.firstReportedOn, dates.flowDate, dates.createdOn].filter((day) => day !== null);
}

function chooseValueDate(dates: Dates, today: Day, report: Report, warn: Warn): Day | null {
  const candidates = valueDateCandidates(dates);
  const chosen = candidates.find((day) => day <= today);
  if (chosen === undefined) report('decisionDate', 'NO_VALUE_DATE', candidates.join(', '), { latest: today });
  else if (chosen !== candidates[0]) warn('DATE_FALLBACK');
  return chosen ?? null;
}

function readSide(raw: RawSide, prefix: 'src' | 'dest', report: Report, warn: Warn): FtsSide {
  const several = raw.organisations.length > 1 || raw.organisations.some((organisation) => organisation.name === SEVERAL);
  if (several) warn('SEVERAL_ORGANISATIONS');
  return {
    organisations: raw.organisations,
    countries: readCountries(raw.countries, `${prefix}Locations`, report),
    usageYears: readYears(raw.usageYears, `${prefix}UsageYear`, report, warn),
  };
}

function readCountries(countries: readonly RawCountry[], field: string, report: Report): readonly string[] {
  const codes = new Set<string>();
  for (const { found, iso3 } of countries) {
    if (iso3 === undefined) report(field, 'UNKNOWN_COUNTRY', found);
    else codes.add(iso3);
  }
  return [...codes].sort();
}

function withOthers(countries: readonly string[], incomplete: boolean, warn: Warn): readonly string[] {
  if (!incomplete || countries.length === 0) return countries;
  warn('SHARED_OTHERS_NOT_LISTED');
  return [...countries.filter((code) => code !== OTHER_COUNTRIES), OTHER_COUNTRIES];
}

function readYears(raw: RawYears, field: string, report: Report, warn: Warn): readonly number[] {
  const texts = 'years' in raw ? raw.years : [raw.first, raw.last].filter((text) => text !== '');
  const bad = texts.find((text) => !/^(?:19|20)\d{2}$/.test(text));
  if (bad !== undefined) {
    report(field, 'USAGE_YEAR_FORMAT', bad);
    return [];
  }
  const years = [...new Set(texts.map(Number))];
  if ('years' in raw) return years.sort((a, b) => a - b);
  const [first, last = first] = years;
  if (first === undefined || last === undefined) return [];
  if (last < first) report(field, 'USAGE_YEARS_REVERSED', `${first}–${last}`);
  if (last > first + 1) warn('USAGE_YEAR_RANGE');
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

function readSectors(clusters: readonly string[], lookups: FtsLookups, warn: Warn): readonly string[] {
  const codes = clusters.map((name) => {
    const code = lookups.sectorByName(name);
    if (code === undefined) warn('UNKNOWN_SECTOR');
    return code ?? UNMAPPED_SECTOR;
  });
  return [...new Set(codes)].sort();
}

/** As published; where nothing is published, a flow with several countries or years is shared. */
function isShared(raw: RawFlow, destination: FtsSide, report: Report): boolean {
  if (raw.onBoundary === 'shared') return true;
  if (raw.onBoundary === 'single') return false;
  if (raw.onBoundary !== '') report('onBoundary', 'ON_BOUNDARY_UNKNOWN', raw.onBoundary);
  return destination.countries.length > 1 || destination.usageYears.length > 1 || raw.destination.plans.length > 1;
}

/** "outgoing" and nothing say only that the money left its source; it stayed in the country when both sides share one. */
function readBoundary(raw: RawFlow, source: FtsSide, destination: FtsSide, report: Report): FtsFlow['boundary'] | null {
  if (raw.boundary === 'incoming') return 'crossing';
  if (raw.boundary === 'internal') return 'internal';
  if (raw.boundary === 'outgoing' || raw.boundary === '') {
    return source.countries.some((code) => destination.countries.includes(code)) ? 'internal' : 'crossing';
  }
  report('boundary', 'BOUNDARY_UNKNOWN', raw.boundary);
  return null;
}
