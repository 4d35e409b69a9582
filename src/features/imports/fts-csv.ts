import type { FtsLookups } from './fts-lookups.js';
import type { FtsOrg, FtsPlan, RawFlow } from './fts-flow.js';
import { type Cells, readTable } from './csv-table.js';
import type { Fault } from './source-text.js';

/** A row that could not be read as a flow. */
export interface BadRow extends Fault {
  readonly row: number;
  readonly flowId: string | null;
  readonly field: string;
}

/** The rows of one file, or why there are none. */
export type RawFlows = { readonly flows: readonly RawFlow[]; readonly badRows: readonly BadRow[] } | { readonly fault: Fault };

/** Without these a flow could be posted wrongly; the other columns only describe it. */
const required = [
  'id',
  'status',
  'amountUSD',
  'originalAmount',
  'originalCurrency',
  'flowType',
  'contributionType',
  'onBoundary',
  'date',
  'decisionDate',
  'firstReportedDate',
  'createdAt',
  'updatedAt',
  'srcOrganization',
  'srcLocations',
  'srcUsageYearStart',
  'srcUsageYearEnd',
  'destOrganization',
  'destLocations',
  'destUsageYearStart',
  'destUsageYearEnd',
  'destPlan',
  'destPlanId',
  'destGlobalClusters',
] as const;

/** What the rows of a file have in common. */
interface Context {
  readonly file: string;
  readonly lookups: FtsLookups;
  /** The most comma-separated parts of a known cluster name. */
  readonly widest: number;
  readonly othersNotListed: boolean;
}

/** Reads the CSV form of FTS flows, as HDX publishes it: one row per flow, maybe an HXL row of tags after the header. */
export function readFtsCsv(file: string, text: string, lookups: FtsLookups): RawFlows {
  const table = readTable(text, required);
  if ('fault' in table) return table;
  const widest = Math.max(1, ...lookups.sectorNames.map((name) => name.split(',').length));
  const { rows: good } = table;
  const badRows = table.misfits.map(({ row, cells, fault }) => ({ row, flowId: numberOf(cells('id')), field: '', ...fault }));
  const othersNotListed = good.some(({ cells }) => provesListsIncomplete(cells));
  const context: Context = { file, lookups, widest, othersNotListed };
  return { flows: good.map(({ row, cells }) => toRaw(row, cells, context)), badRows };
}

function numberOf(id: string): string | null {
  return /^\d+$/.test(id) ? id : null;
}

/**
 * A shared flow with one country, one year and one plan is shared with something the file does not list. Files of one
 * country do this to all their shared flows, so none of that file's lists can be trusted: a flow over several years that
 * lists one country may go to others too.
 */
function provesListsIncomplete(cells: Cells): boolean {
  const oneYear = cells('destUsageYearStart') === cells('destUsageYearEnd');
  return cells('onBoundary') === 'shared' && oneYear && list(cells('destLocations')).length === 1 && list(cells('destPlanId')).length <= 1;
}

function toRaw(row: number, cells: Cells, context: Context): RawFlow {
  const { lookups } = context;
  return {
    file: context.file,
    row,
    id: cells('id'),
    version: '',
    status: cells('status'),
    flowType: cells('flowType'),
    boundary: cells('boundary'),
    onBoundary: cells('onBoundary'),
    amountUSD: cells('amountUSD'),
    originalAmount: cells('originalAmount'),
    originalCurrency: cells('originalCurrency'),
    exchangeRate: cells('exchangeRate'),
    decisionDate: cells('decisionDate'),
    date: cells('date'),
    firstReportedDate: cells('firstReportedDate'),
    createdAt: cells('createdAt'),
    updatedAt: cells('updatedAt'),
    source: toSide(cells, 'src', lookups),
    destination: {
      ...toSide(cells, 'dest', lookups),
      plans: toPlans(cells),
      clusters: splitClusters(cells('destGlobalClusters'), context),
      project: toProject(cells),
      emergencies: cells('destEmergency') === '' ? [] : [cells('destEmergency')],
    },
    othersNotListed: context.othersNotListed,
    description: cells('description'),
    refCode: cells('refCode'),
    keywords: list(cells('keywords')),
    budgetYear: cells('budgetYear'),
    contributionType: cells('contributionType'),
    method: cells('method'),
    earmarking: '',
    newMoney: null,
    parentFlowId: '',
  };
}

function toSide(cells: Cells, prefix: 'src' | 'dest', lookups: FtsLookups): RawFlow['source'] {
  return {
    organisations: toOrganisations(cells(`${prefix}Organization`), cells(`${prefix}OrganizationTypes`)),
    countries: list(cells(`${prefix}Locations`)).map((found) => ({ found, iso3: lookups.countryByIso3(found) })),
    usageYears: { first: cells(`${prefix}UsageYearStart`), last: cells(`${prefix}UsageYearEnd`) },
  };
}

/** Always one: FTS writes "Multiple" for several, and its names contain commas ("Korea, Republic of, Government of"). */
function toOrganisations(name: string, types: string): readonly FtsOrg[] {
  return name === '' ? [] : [{ ftsId: null, name, types: [...new Set(list(types))] }];
}

/** Plan names may contain commas, so they are split only when there are as many names as numbers. */
function toPlans(cells: Cells): readonly FtsPlan[] {
  const ids = list(cells('destPlanId'));
  const code = cells('destPlanCode');
  const name = cells('destPlan');
  if (ids.length <= 1) return name === '' && ids.length === 0 ? [] : [{ ftsId: ids[0] ?? null, code: code || null, name }];
  const codes = list(code);
  const names = list(name);
  return ids.map((ftsId, index) => ({
    ftsId,
    code: (codes.length === ids.length && codes[index]) || null,
    name: (names.length === ids.length && names[index]) || name,
  }));
}

function toProject(cells: Cells): RawFlow['destination']['project'] {
  const code = cells('destProjectCode');
  const name = cells('destProject');
  return code === '' && name === '' ? null : { code: code || null, name };
}

function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Splits cluster names at commas, but takes the longest run that is a known name ("Protection - Housing, Land and Property"). */
function splitClusters(text: string, context: Context): readonly string[] {
  const parts = text.split(',');
  const names: string[] = [];
  for (let start = 0; start < parts.length; ) {
    const length = knownRun(parts, start, context);
    names.push(parts.slice(start, start + length).join(',').trim());
    start += length;
  }
  return names.filter((name) => name !== '');
}

function knownRun(parts: readonly string[], start: number, { widest, lookups }: Context): number {
  for (let length = Math.min(widest, parts.length - start); length > 1; length -= 1) {
    if (lookups.sectorByName(parts.slice(start, start + length).join(',')) !== undefined) return length;
  }
  return 1;
}
