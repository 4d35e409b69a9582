import type { Deps } from '../../deps.js';
import { latestLocalDay } from '../../domain/days.js';
import type { Cells } from './csv-table.js';
import type { ImportOptions } from './imports.schema.js';
import { type PlanReading, preparePlans, type PublishedPlan } from './plan-import.js';
import type { PreparedImport } from './prepared-import.js';
import { dayIn, positiveCentsIn, readRows, type Report } from './rows.js';
import type { SourceFile } from './source-text.js';

const required = ['code', 'internalId', 'startDate', 'endDate', 'planVersion', 'categories', 'locations', 'years', 'origRequirements', 'revisedRequirements'] as const;

/** What the categories also hold: how a plan is divided, and its language. */
const NO_CATEGORY = /^(cluster|sector|[a-z]{2})$/;
const PLAN_CODE = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,39}$/;

/** Prepares an import of OCHA's list of humanitarian response plans. */
export function preparePlanList({ clock, reference }: Deps, options: ImportOptions, files: readonly SourceFile[]): PreparedImport {
  const today = latestLocalDay(clock.now());
  const reading = readPlanList(files, (iso3) => reference.countries.has(iso3));
  return preparePlans(reading, { ...options, asOf: options.asOf ?? today, source: 'OCHA HPC', sourceSystem: 'hpc' });
}

/** A plan of the list with what tells it apart there. */
interface ListedPlan extends Omit<PublishedPlan, 'plan' | 'places'> {
  readonly code: string;
  readonly internalId: string;
  readonly name: string;
}

/**
 * Reads humanitarian-response-plans files. The internal number is not that of FTS, so a plan is found by its code; where several plans
 * have the same, or one has none, by its name.
 */
export function readPlanList(files: readonly SourceFile[], isCountry: (iso3: string) => boolean): PlanReading {
  const seen = new Set<string>();
  const { rows, ...read } = readRows(files, required, 'code', (cells, report) => {
    const plan = readPlan(cells, isCountry, report);
    if (seen.has(plan.internalId)) report('internalId', 'ROW_REPEATED');
    seen.add(plan.internalId);
    return plan;
  });
  const repeated = repeatedCodes(rows);
  const plans = rows.map(({ file, row, code, internalId, name, ...plan }) => ({
    ...plan,
    plan: { ftsId: null, code: codeOf(code, internalId, repeated), name },
    places: [{ file, row }],
  }));
  return { plans, outside: [], ...read };
}

/** Codes that stand for several plans: OCHA gave "R05" to each regional plan of 2005. */
function repeatedCodes(plans: readonly ListedPlan[]): ReadonlySet<string> {
  const codes = plans.map(({ code }) => code);
  return new Set(codes.filter((code, index) => codes.indexOf(code) !== index));
}

/** The code; with the internal number where it alone does not say which plan is meant. */
function codeOf(code: string, id: string, repeated: ReadonlySet<string>): string {
  if (!PLAN_CODE.test(code)) return `HPC-${id}`;
  return repeated.has(code) ? `${code}-${id}` : code;
}

function readPlan(cells: Cells, isCountry: (iso3: string) => boolean, report: Report): ListedPlan {
  const listOf = (field: string) => cells(field).split('|').map((part) => part.trim()).filter((part) => part !== '');
  const countries = [...new Set(listOf('locations').map((code) => code.toUpperCase()))].sort();
  for (const code of countries.filter((one) => !isCountry(one))) report('locations', 'UNKNOWN_COUNTRY', code);
  const years = listOf('years');
  for (const year of years.filter((one) => !/^(?:19|20)\d{2}$/.test(one))) report('years', 'USAGE_YEAR_FORMAT', year);
  if (!/^\d{1,18}$/.test(cells('internalId'))) report('internalId', 'PLAN_UNKNOWN');
  const [original, revised] = [requirementIn('origRequirements', cells, report), requirementIn('revisedRequirements', cells, report)];
  const [category = null] = listOf('categories').filter((one) => !NO_CATEGORY.test(one));
  return {
    code: cells('code'),
    internalId: cells('internalId'),
    name: cells('planVersion'),
    year: years.map(Number).sort((a, b) => a - b)[0] ?? null,
    startsOn: dayIn('startDate', cells, report),
    endsOn: dayIn('endDate', cells, report),
    category,
    countries,
    original,
    revised: revised === null ? null : { amountMinor: revised, parts: countries.length === 1 ? countries.map((country) => ({ country, amountMinor: revised })) : [] },
    published: [],
  };
}

/** The list gives 0 where it does not know the requirement. */
function requirementIn(field: string, cells: Cells, report: Report): bigint | null {
  return positiveCentsIn(field, cells, report)?.cents || null;
}
