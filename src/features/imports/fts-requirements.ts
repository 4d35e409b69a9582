import type { Deps } from '../../deps.js';
import { latestLocalDay } from '../../domain/days.js';
import type { Cells } from './csv-table.js';
import { identified } from './fts-plans.js';
import type { ImportOptions } from './imports.schema.js';
import { preparePlans, type PublishedFigures, type PublishedPlan, type PlanReading } from './plan-import.js';
import type { PreparedImport } from './prepared-import.js';
import { centsIn, dayIn, type Placed, positiveCentsIn, readRows, type Report, yearIn } from './rows.js';
import type { SourceFile } from './source-text.js';

const required = ['countryCode', 'id', 'name', 'code', 'typeName', 'startDate', 'endDate', 'year', 'requirements', 'funding', 'percentFunded'] as const;

/** A row of the file: what FTS publishes of a plan in a country, or of a country outside all plans (`plan` null). */
interface RequirementRow extends PublishedFigures {
  readonly plan: Omit<PublishedPlan, 'countries' | 'original' | 'revised' | 'published' | 'places'> | null;
}

/** Prepares an import of the plans, requirements and funding that FTS publishes by plan and country. */
export function prepareRequirements({ clock, reference }: Deps, options: ImportOptions, files: readonly SourceFile[]): PreparedImport {
  const today = latestLocalDay(clock.now());
  const reading = readRequirements(files, (iso3) => reference.countries.has(iso3));
  return preparePlans(reading, { ...options, asOf: options.asOf ?? today, source: 'OCHA FTS', sourceSystem: 'fts' });
}

/**
 * Reads fts_requirements_funding files. The requirement of a plan is the sum of its rows, one for each country; a row without plan is
 * what FTS calls "Not specified". A row that repeats the plan, country and year of another is a problem.
 */
export function readRequirements(files: readonly SourceFile[], isCountry: (iso3: string) => boolean): PlanReading {
  const seen = new Set<string>();
  const { rows, ...read } = readRows(files, required, 'id', (cells, report) => {
    const row = readRow(cells, isCountry, report);
    const key = [row.plan?.plan.ftsId ?? row.plan?.plan.code ?? '', row.country, row.year].join(' ').trim();
    if (seen.has(key)) report('id', 'ROW_REPEATED', key);
    seen.add(key);
    return row;
  });
  return { plans: plansOf(rows), outside: rows.filter(({ plan }) => plan === null), ...read };
}

function readRow(cells: Cells, isCountry: (iso3: string) => boolean, report: Report): RequirementRow {
  const country = cells('countryCode').toUpperCase();
  if (!isCountry(country)) report('countryCode', 'UNKNOWN_COUNTRY');
  if (!/^\d{0,9}$/.test(cells('percentFunded'))) report('percentFunded', 'PERCENT_FORMAT');
  const figures = {
    country,
    year: yearIn('year', cells, report),
    requirementsMinor: positiveCentsIn('requirements', cells, report)?.cents ?? null,
    fundingMinor: centsIn('funding', cells, report)?.cents ?? null,
    percent: cells('percentFunded') === '' ? null : Number(cells('percentFunded')),
  };
  const plan = identified({ ftsId: cells('id') || null, code: cells('code') || null, name: cells('name') });
  if (plan.ftsId === null && plan.code === null) {
    if (cells('id') !== '' || cells('code') !== '' || figures.requirementsMinor !== null) report('id', 'PLAN_UNKNOWN', cells('id') || cells('code') || cells('name'));
    return { ...figures, plan: null };
  }
  const days = { startsOn: dayIn('startDate', cells, report), endsOn: dayIn('endDate', cells, report) };
  return { ...figures, plan: { plan, year: figures.year, ...days, category: cells('typeName') || null } };
}

function plansOf(rows: readonly Placed<RequirementRow>[]): readonly PublishedPlan[] {
  const groups = new Map<string, { readonly first: NonNullable<RequirementRow['plan']>; readonly rows: Placed<RequirementRow>[] }>();
  for (const row of rows) {
    if (!row.plan) continue;
    const key = row.plan.plan.ftsId ?? `code ${row.plan.plan.code}`;
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { first: row.plan, rows: [row] });
  }
  return [...groups.values()].map(({ first, rows: own }) => ({
    ...first,
    countries: [...new Set(own.map(({ country }) => country))].sort(),
    original: null,
    revised: requirementOf(own),
    published: own.map(({ country, year, requirementsMinor, fundingMinor, percent }) => ({ country, year, requirementsMinor, fundingMinor, percent })),
    places: own.map(({ file, row }) => ({ file, row })),
  }));
}

/** FTS gives 0 where it does not know the requirements. */
function requirementOf(rows: readonly RequirementRow[]): PublishedPlan['revised'] {
  const parts = rows.flatMap(({ country, requirementsMinor }) => (requirementsMinor === null || requirementsMinor === 0n ? [] : [{ country, amountMinor: requirementsMinor }]));
  const amountMinor = parts.reduce((sum, part) => sum + part.amountMinor, 0n);
  return amountMinor > 0n ? { amountMinor, parts } : null;
}
