import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  buildFtsLookups,
  type FtsFlow,
  type FtsReading,
  isRicher,
  postingContent,
  readFtsFiles,
  type SourceFile,
} from '../../src/features/imports/fts-file.js';
import { parseExactJson } from '../../src/features/imports/fts-json.js';
import { plainDecimal, readDay, shortestDecimal } from '../../src/features/imports/source-text.js';

const TODAY = '2026-04-30';
const OWN = path.resolve(__dirname, '../fixtures/fts');
const REAL = path.resolve(__dirname, '../../../shared/fixtures/fts');
const JORDAN = path.join(REAL, 'jordan-2020-api');
const REFERENCE = path.resolve(__dirname, '../../prisma/reference');

const lookups = buildFtsLookups(
  [
    { iso3: 'BFA', nameFr: 'Burkina Faso', nameEn: 'Burkina Faso' },
    { iso3: 'MLI', nameFr: 'Mali', nameEn: 'Mali' },
    { iso3: 'NER', nameFr: 'Niger', nameEn: 'Niger', aliases: ['Republic of Niger'] },
    { iso3: 'NOR', nameFr: 'Norvège', nameEn: 'Norway' },
    { iso3: 'SAU', nameFr: 'Arabie saoudite', nameEn: 'Saudi Arabia' },
    { iso3: 'KOR', nameFr: 'Corée du Sud', nameEn: 'Korea, Republic of' },
  ],
  [
    { code: 'FSC', nameFr: 'Sécurité alimentaire', nameEn: 'Food Security' },
    { code: 'HEA', nameEn: 'Health' },
    { code: 'PRO', nameEn: 'Protection' },
    { code: 'PRO-HLP', nameEn: 'Housing, Land and Property', aliases: ['Protection - Housing, Land and Property'] },
  ],
  [
    { code: 'USD', exponent: 2 },
    { code: 'EUR', exponent: 2 },
    { code: 'NOK', exponent: 2 },
    { code: 'JPY', exponent: 0 },
    { code: 'XOF', exponent: 0 },
    { code: 'KWD', exponent: 3 },
  ],
);

function fileAt(folder: string, name: string): SourceFile {
  return { name, content: readFileSync(path.join(folder, name)) };
}

function fileOf(name: string, text: string): SourceFile {
  return { name, content: Buffer.from(text) };
}

function read(...files: SourceFile[]): FtsReading {
  const reading = readFtsFiles(files, lookups, TODAY);
  expectAccounted(reading);
  return reading;
}

/** Every row is a flow, a duplicate, or has a problem. */
function expectAccounted({ flows, problems, duplicates, rowsRead }: FtsReading): void {
  const refused = new Set(problems.filter((problem) => problem.row > 0).map((problem) => `${problem.file}:${problem.row}`));
  expect(flows.length + duplicates + refused.size).toBe(rowsRead);
}

function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

// ── Rows made up here ───────────────────────────────────────────────────────

const standardRow = {
  date: '2025-02-01',
  budgetYear: '2025',
  description: 'Food baskets',
  amountUSD: '1000',
  srcOrganization: 'Exampleland, Republic of, Government of',
  srcOrganizationTypes: 'Government',
  srcLocations: 'NOR',
  srcUsageYearStart: '2025',
  srcUsageYearEnd: '2025',
  destPlan: 'Mali Example Response Plan 2025',
  destPlanCode: 'HMLI25',
  destPlanId: '9001',
  destOrganization: 'Example Food Agency',
  destOrganizationTypes: 'UN agency',
  destGlobalClusters: 'Food Security',
  destLocations: 'MLI',
  destProject: '',
  destProjectCode: '',
  destEmergency: '',
  destUsageYearStart: '2025',
  destUsageYearEnd: '2025',
  contributionType: 'financial',
  flowType: 'Standard',
  method: 'Traditional aid',
  boundary: 'incoming',
  onBoundary: 'single',
  status: 'paid',
  firstReportedDate: '2025-02-05',
  decisionDate: '2025-01-20',
  keywords: '',
  originalAmount: '',
  originalCurrency: '',
  exchangeRate: '',
  id: '1',
  refCode: '',
  createdAt: '2025-02-10',
  updatedAt: '2025-03-01',
};
type Row = Record<keyof typeof standardRow, string>;
const columns = Object.keys(standardRow) as (keyof Row)[];

function cell(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function csv(rows: readonly Partial<Row>[], { names = columns, end = '\n' } = {}): string {
  const lines = rows.map((row) => names.map((name) => cell(row[name] ?? standardRow[name])).join(','));
  return [names.join(','), ...lines].map((line) => line + end).join('');
}

function readRows(...rows: Partial<Row>[]): FtsReading {
  return read(fileOf('rows.csv', csv(rows.map((row, index) => ({ id: String(index + 1), ...row })))));
}

function readRow(row: Partial<Row>): FtsFlow {
  const { flows, problems } = readRows(row);
  expect(problems).toEqual([]);
  return flows[0]!;
}

function problemsOf(row: Partial<Row>): string[] {
  const { flows, problems } = readRows(row);
  expect(flows).toEqual([]);
  expect(problems.every((problem) => problem.row === 1 && problem.file === 'rows.csv')).toBe(true);
  return problems.map((problem) => `${problem.field} ${problem.code} ${problem.found}`);
}

const standardFlow = {
  id: '1',
  versionId: 1,
  status: 'paid',
  flowType: 'Standard',
  boundary: 'incoming',
  onBoundary: 'single',
  amountUSD: 1000,
  decisionDate: '2025-01-20T00:00:00Z',
  updatedAt: '2025-03-01T08:00:00.000Z',
  contributionType: 'financial',
  method: 'Traditional aid',
  destinationObjects: [
    { type: 'Location', id: '1', name: 'Mali', behavior: 'single' },
    { type: 'UsageYear', id: '2', name: '2025', behavior: 'single' },
  ],
};

function readJson(value: unknown, name = 'page.json'): FtsReading {
  return read(fileOf(name, JSON.stringify(value)));
}

// ── The small fixtures ──────────────────────────────────────────────────────

describe('the same seven flows as API pages and as a CSV', () => {
  const fromJson = read(fileAt(OWN, 'mali-2025-page-1.json'), fileAt(OWN, 'mali-2025-page-2.json'));
  const fromCsv = read(fileAt(OWN, 'mali-2025.csv'));

  test('pages give every flow once, and the header as stated', () => {
    expect(fromJson).toMatchObject({ problems: [], rowsRead: 7, duplicates: 0 });
    expect(fromJson.header).toEqual({
      expectedCount: 7,
      incoming: { flowCount: 6, fundingTotal: '1247500', pledgeTotal: '50000' },
      internal: { flowCount: 1 },
    });
    expect(fromJson.flows.map((flow) => flow.id)).toEqual(['900001', '900002', '900003', '900004', '900005', '900006', '900007']);
  });

  test('a flow carries what was published', () => {
    expect(fromJson.flows[0]).toEqual({
      id: '900001',
      version: 1,
      updatedOn: '2025-03-01',
      status: 'paid',
      flowType: 'Standard',
      boundary: 'crossing',
      shared: false,
      amountUsd: '1250000',
      original: { amount: '12500000', currency: 'NOK', publishedRate: '10' },
      decisionDate: '2025-01-20',
      flowDate: '2025-02-01',
      firstReportedOn: '2025-02-05',
      createdOn: '2025-02-10',
      valueDate: '2025-01-20',
      source: {
        organisations: [{ ftsId: '501', name: 'Exampleland, Republic of, Government of', types: ['Government'] }],
        countries: ['NOR'],
        usageYears: [2025],
      },
      destination: {
        organisations: [{ ftsId: '504', name: 'Example Food Agency', types: ['UN agency'] }],
        countries: ['MLI'],
        plans: [{ ftsId: '9001', code: null, name: 'Mali Example Response Plan 2025' }],
        sectors: ['FSC'],
        usageYears: [2025],
        project: null,
        emergencies: [],
      },
      description: 'Food baskets',
      refCode: 'EX-01',
      keywords: ['Multiyear', 'Flood'],
      budgetYear: '2025',
      contributionType: 'financial',
      method: 'Traditional aid',
      earmarking: 'earmarked',
      newMoney: true,
      parentFlowId: null,
      warnings: [],
    });
  });

  test('the CSV has a byte order mark, CRLF, a row of HXL tags and blanks after currencies, and reads as the pages do', () => {
    expect(fromCsv).toMatchObject({ problems: [], rowsRead: 7, duplicates: 0, header: null });
    expect(fromCsv.flows[0]!.destination.plans).toEqual([{ ftsId: '9001', code: 'HMLI25', name: 'Mali Example Response Plan 2025' }]);
    expect(fromCsv.flows.map(inBothFormats)).toEqual(fromJson.flows.map(inBothFormats));
    expect(fromCsv.flows.map(postingContent)).toEqual(fromJson.flows.map(postingContent));
  });

  test('tabs, quotes and newlines stay in the text, zero, negative, parked and pass-through flows stay flows', () => {
    const [, , pledge, parked, inKind, passThrough] = fromCsv.flows;
    expect(pledge).toMatchObject({ description: 'Line one,\nline "two"\twith a tab', status: 'pledge', valueDate: '2025-02-05' });
    expect(parked).toMatchObject({ amountUsd: '0', flowType: 'Parked', original: { amount: '0', currency: 'EUR' } });
    expect(passThrough).toMatchObject({ amountUsd: '-2500', flowType: 'Pass through' });
    expect(inKind).toMatchObject({
      contributionType: 'in_kind',
      boundary: 'internal',
      destination: { sectors: ['HEA', 'PRO-HLP'], project: { code: 'MLI25-H-77', name: 'Example clinics' } },
    });
    expect(fromJson.flows[4]).toMatchObject({ newMoney: false, parentFlowId: '900004', version: 3 });
  });

  test('the inner years of a range are inferred from a CSV and known from the API, which is then an update', () => {
    const [known, inferred] = [fromJson.flows[6]!, fromCsv.flows[6]!];
    expect(known.destination.usageYears).toEqual([2024, 2026]);
    expect(inferred.destination.usageYears).toEqual([2024, 2025, 2026]);
    expect(inferred.warnings).toEqual(['USAGE_YEAR_RANGE']);
    expect([isRicher(known, inferred), isRicher(inferred, known)]).toEqual([true, false]);
  });

  test('read together, each flow counts once and the API reply is kept', () => {
    const both = read(fileAt(OWN, 'mali-2025.csv'), fileAt(OWN, 'mali-2025-page-1.json'), fileAt(OWN, 'mali-2025-page-2.json'));
    expect(both).toMatchObject({ problems: [], rowsRead: 14, duplicates: 7 });
    expect(both.flows).toEqual(fromJson.flows);
  });
});

/** A flow reduced to what a CSV tells too. */
function inBothFormats(flow: FtsFlow): unknown {
  const unnumbered = (side: FtsFlow['source']) => side.organisations.map(({ name, types }) => ({ name, types }));
  return {
    ...flow,
    version: null,
    earmarking: null,
    newMoney: null,
    parentFlowId: null,
    warnings: flow.warnings.filter((warning) => warning !== 'SHARED_OTHERS_NOT_LISTED' && warning !== 'USAGE_YEAR_RANGE'),
    source: { organisations: unnumbered(flow.source), usageYears: [flow.source.usageYears[0], flow.source.usageYears.at(-1)] },
    destination: {
      organisations: unnumbered(flow.destination),
      countries: flow.shared ? 'shared' : flow.destination.countries,
      plans: flow.destination.plans.map(({ ftsId, name }) => ({ ftsId, name })),
      sectors: flow.destination.sectors,
      usageYears: [flow.destination.usageYears[0], flow.destination.usageYears.at(-1)],
      project: flow.destination.project,
      emergencies: flow.destination.emergencies.length > 1 ? ['Multiple'] : flow.destination.emergencies,
    },
  };
}

// ── Amounts ─────────────────────────────────────────────────────────────────

describe('amounts', () => {
  test('numbers in JSON keep every digit', () => {
    expect(parseExactJson('{"a":9007199254740993,"b":0.1,"c":0.10,"d":-1.5e3,"e":"7 \\" 8","f":[0,true,null]}')).toEqual({
      a: '9007199254740993',
      b: '0.1',
      c: '0.10',
      d: '-1.5e3',
      e: '7 " 8',
      f: ['0', true, null],
    });
    const page = JSON.stringify({ flows: [{ ...standardFlow, amountUSD: 'AMOUNT', originalAmount: 'ORIGINAL', originalCurrency: 'KWD' }] });
    const { flows } = read(fileOf('page.json', page.replace('"AMOUNT"', '9007199254740.93').replace('"ORIGINAL"', '0.1')));
    expect(flows[0]).toMatchObject({ amountUsd: '9007199254740.93', original: { amount: '0.1', currency: 'KWD' } });
  });

  test('an amount larger than the ledger takes is refused with its digits intact', () => {
    const page = JSON.stringify({ flows: [{ ...standardFlow, amountUSD: 'AMOUNT' }] }).replace('"AMOUNT"', '9007199254740993');
    expect(read(fileOf('page.json', page)).problems).toMatchObject([{ field: 'amountUSD', code: 'AMOUNT_TOO_LARGE', found: '9007199254740993', flowId: '1' }]);
  });

  test('any JSON value is read with its numbers as written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const numbersAsText = (part: unknown): unknown => {
          if (typeof part === 'number') return JSON.stringify(part);
          if (Array.isArray(part)) return part.map(numbersAsText);
          if (typeof part !== 'object' || part === null) return part;
          return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, numbersAsText(inner)]));
        };
        expect(parseExactJson(JSON.stringify(value))).toEqual(numbersAsText(JSON.parse(JSON.stringify(value))));
      }),
    );
  });

  test('exponents are written out and equal amounts have one shortest form', () => {
    expect(['12', '-0.50', '1.5e3', '1E-3', '12.34e1', '1e+2', '0.001e2'].map(plainDecimal)).toEqual(['12', '-0.50', '1500', '0.001', '123.4', '100', '0.1']);
    expect(['', 'abc', '1,000', '1 000', '+1', '.5', '1.', 'NaN', '0x1F'].map(plainDecimal)).toEqual(Array(9).fill(null));
    expect(['007', '-0.50', '-0', '0.00', '10', '100.10'].map(shortestDecimal)).toEqual(['7', '-0.5', '0', '0', '10', '100.1']);
  });

  test('only an unusable USD amount refuses the flow', () => {
    expect(problemsOf({ amountUSD: '' })).toEqual(['amountUSD AMOUNT_FORMAT ']);
    expect(problemsOf({ amountUSD: '1,000' })).toEqual(['amountUSD AMOUNT_FORMAT 1,000']);
    expect(problemsOf({ amountUSD: '0.333' })).toEqual(['amountUSD AMOUNT_DIGITS 0.333']);
    expect(readRow({ amountUSD: '100.000' }).amountUsd).toBe('100');
    expect(readRow({ amountUSD: '100.50' }).amountUsd).toBe('100.50');
  });

  test('an original amount with more digits than its currency is left out with a warning', () => {
    expect(readRow({ originalAmount: '1000.5', originalCurrency: 'XOF', exchangeRate: '600' })).toMatchObject({ original: null, warnings: ['ORIGINAL_UNUSABLE'] });
    expect(readRow({ originalAmount: '600000.00', originalCurrency: 'XOF', exchangeRate: '600' })).toMatchObject({
      original: { amount: '600000', currency: 'XOF', publishedRate: '600' },
      warnings: [],
    });
  });

  test('an original without currency or amount is left out with a warning, an unknown currency refuses the flow', () => {
    expect(readRow({ originalAmount: '1000' })).toMatchObject({ original: null, warnings: ['ORIGINAL_INCOMPLETE'] });
    expect(readRow({ originalCurrency: 'eur ' })).toMatchObject({ original: null, warnings: ['ORIGINAL_INCOMPLETE'] });
    expect(problemsOf({ originalAmount: '1000', originalCurrency: 'ECU' })).toEqual(['originalCurrency CURRENCY_UNKNOWN ECU']);
  });

  test('the published USD amount stands even when it is not original ÷ rate', () => {
    const row = { originalAmount: '900', originalCurrency: 'EUR ', exchangeRate: '0.9' };
    expect(readRow({ ...row, amountUSD: '1001' })).toMatchObject({ amountUsd: '1001', warnings: [] });
    expect(readRow({ ...row, amountUSD: '1001.01' })).toMatchObject({ amountUsd: '1001.01', warnings: ['AMOUNT_DIFFERS_FROM_RATE'] });
    expect(readRow({ ...row, amountUSD: '-1000' }).warnings).toEqual(['AMOUNT_DIFFERS_FROM_RATE']);
    expect(readRow({ ...row, exchangeRate: '0' })).toMatchObject({ original: { publishedRate: null }, warnings: ['RATE_UNUSABLE'] });
    expect(readRow({ ...row, exchangeRate: '' })).toMatchObject({ original: { publishedRate: null }, warnings: [] });
  });
});

// ── Dates and years ─────────────────────────────────────────────────────────

describe('dates', () => {
  test('ISO days with or without time, and US dates', () => {
    const days = ['2025-01-31', '2025-01-31T23:59:59.999Z', '2025-01-31 10:00', '2025-01-31T00:00:00+05:00', '1/31/2025', '01/31/2025 4:05 PM'];
    expect(days.map(readDay)).toEqual(Array(6).fill('2025-01-31'));
    expect(['2025-02-30', '31/01/2025', '2025', '0202-01-01', '1/31/25', 'yesterday', '2025-01-31x'].map(readDay)).toEqual(Array(7).fill(null));
    expect(readRow({ decisionDate: '4/5/2025' }).valueDate).toBe('2025-04-05');
  });

  test('the value date is the decision, first report, flow or creation date, the first known', () => {
    expect(readRow({}).valueDate).toBe('2025-01-20');
    expect(readRow({ decisionDate: '' })).toMatchObject({ valueDate: '2025-02-05', warnings: [] });
    expect(readRow({ decisionDate: '', firstReportedDate: '' }).valueDate).toBe('2025-02-01');
    expect(readRow({ decisionDate: '', firstReportedDate: '', date: '' }).valueDate).toBe('2025-02-10');
    expect(problemsOf({ decisionDate: '', firstReportedDate: '', date: '', createdAt: '' })).toEqual(['decisionDate NO_VALUE_DATE ']);
  });

  test('a date in the future is passed over', () => {
    expect(readRow({ decisionDate: '2026-11-03' })).toMatchObject({ decisionDate: '2026-11-03', valueDate: '2025-02-05', warnings: ['DATE_FALLBACK'] });
    expect(readRow({ decisionDate: TODAY })).toMatchObject({ valueDate: TODAY, warnings: [] });
    const future = '2027-01-01';
    expect(problemsOf({ decisionDate: future, firstReportedDate: '', date: future, createdAt: '' })).toEqual([`decisionDate NO_VALUE_DATE ${future}, ${future}`]);
  });

  test('the content to post is the same before and after such a date has passed', () => {
    const file = fileOf('rows.csv', csv([{ decisionDate: '2026-11-03' }]));
    const [before, after] = [TODAY, '2026-12-01'].map((today) => readFtsFiles([file], lookups, today).flows[0]!);
    expect([before!.valueDate, after!.valueDate]).toEqual(['2025-02-05', '2026-11-03']);
    expect(postingContent(before!)).toBe(postingContent(after!));
  });

  test('an unreadable date refuses the flow, each one named', () => {
    expect(problemsOf({ decisionDate: '13/25/2025', date: 'soon' })).toEqual(['decisionDate DATE_FORMAT 13/25/2025', 'date DATE_FORMAT soon']);
    expect(problemsOf({ updatedAt: '' })).toEqual(['updatedAt DATE_MISSING ']);
  });

  test('usage years', () => {
    const years = (first: string, last: string) => readRow({ destUsageYearStart: first, destUsageYearEnd: last }).destination.usageYears;
    expect(years('2024', '2027')).toEqual([2024, 2025, 2026, 2027]);
    expect(years('2025', '')).toEqual([2025]);
    expect(years('', '')).toEqual([]);
    expect(problemsOf({ destUsageYearStart: '2026', destUsageYearEnd: '2025' })).toEqual(['destUsageYear USAGE_YEARS_REVERSED 2026–2025']);
    expect(problemsOf({ destUsageYearEnd: '20255' })).toEqual(['destUsageYear USAGE_YEAR_FORMAT 20255']);
  });
});

// ── Countries, sectors, organisations ───────────────────────────────────────

describe('places and names', () => {
  test('several countries in one field', () => {
    expect(readRow({ destLocations: 'NER,BFA', onBoundary: 'shared' })).toMatchObject({ shared: true, destination: { countries: ['BFA', 'NER'] }, warnings: [] });
  });

  test('an unknown country holds the flow out', () => {
    expect(problemsOf({ destLocations: 'MLI,QQQ' })).toEqual(['destLocations UNKNOWN_COUNTRY QQQ']);
    const flow = { ...standardFlow, destinationObjects: [{ type: 'Location', name: 'Atlantis' }, { type: 'Location', name: ' republic  of NIGER ' }] };
    expect(readJson({ flows: [flow] }).problems).toMatchObject([{ row: 1, flowId: '1', field: 'destLocations', code: 'UNKNOWN_COUNTRY', found: 'Atlantis' }]);
  });

  test('the published boundary holds; without one, money crosses unless both sides share a country', () => {
    expect(readRow({ boundary: 'internal' }).boundary).toBe('internal');
    expect(readRow({ boundary: 'incoming', srcLocations: 'MLI' }).boundary).toBe('crossing');
    for (const boundary of ['outgoing', '']) {
      expect(readRow({ boundary }).boundary).toBe('crossing');
      expect(readRow({ boundary, srcLocations: '' }).boundary).toBe('crossing');
      expect(readRow({ boundary, srcLocations: 'MLI' }).boundary).toBe('internal');
    }
    expect(problemsOf({ boundary: 'sideways' })).toEqual(['boundary BOUNDARY_UNKNOWN sideways']);
  });

  test('cluster names with commas are one name, unknown ones are marked', () => {
    const sectors = (clusters: string) => readRow({ destGlobalClusters: clusters }).destination.sectors;
    expect(sectors('Protection,Protection - Housing, Land and Property,health')).toEqual(['HEA', 'PRO', 'PRO-HLP']);
    expect(sectors('Protection - Housing, Land and Property')).toEqual(['PRO-HLP']);
    expect(sectors('')).toEqual([]);
    expect(readRow({ destGlobalClusters: 'Health,Dance, Music' })).toMatchObject({ destination: { sectors: ['HEA', 'UNMAPPED'] }, warnings: ['UNKNOWN_SECTOR'] });
  });

  test('an organisation name with commas is one organisation; "Multiple" stands for several that the API names', () => {
    const name = 'Korea, Republic of, Government of';
    expect(readRow({ srcOrganization: name }).source.organisations).toEqual([{ ftsId: null, name, types: ['Government'] }]);
    expect(readRow({ srcOrganization: '' }).source.organisations).toEqual([]);

    const several = readRow({ destOrganization: 'Multiple', destOrganizationTypes: 'NGO,NGO', destPlan: '', destPlanId: '', destGlobalClusters: '' });
    expect(several).toMatchObject({ destination: { organisations: [{ name: 'Multiple', types: ['NGO'] }] }, warnings: ['SEVERAL_ORGANISATIONS'] });
    const named = readJson({
      flows: [
        {
          ...standardFlow,
          sourceObjects: [{ type: 'Organization', id: '1', name: standardRow.srcOrganization, organizationTypes: ['Government'] }],
          destinationObjects: [...standardFlow.destinationObjects, ...['A', 'B'].map((a) => ({ type: 'Organization', name: a, organizationTypes: ['NGO'] }))],
        },
      ],
    }).flows[0]!;
    expect(named).toMatchObject({ destination: { organisations: [{ name: 'A' }, { name: 'B' }] }, warnings: ['SEVERAL_ORGANISATIONS'] });
    expect(postingContent(named)).toBe(postingContent(several));
    expect([isRicher(named, several), isRicher(several, named)]).toEqual([true, false]);
  });

  test('several plans are split only where numbers and names agree', () => {
    expect(readRow({ destPlanId: '1,2', destPlanCode: 'A,B', destPlan: 'One,Two' }).destination.plans).toEqual([
      { ftsId: '1', code: 'A', name: 'One' },
      { ftsId: '2', code: 'B', name: 'Two' },
    ]);
    expect(readRow({ destPlanId: '1', destPlanCode: 'A', destPlan: 'One, two and three' }).destination.plans).toEqual([{ ftsId: '1', code: 'A', name: 'One, two and three' }]);
    expect(readRow({ destPlanId: '', destPlanCode: '', destPlan: '' }).destination.plans).toEqual([]);
  });

  test('unknown states of a flow are named', () => {
    expect(problemsOf({ status: 'promised', contributionType: 'loan', onBoundary: 'maybe', id: 'x1' })).toEqual([
      'id FLOW_ID_FORMAT x1',
      'status STATUS_UNKNOWN promised',
      'contributionType CONTRIBUTION_TYPE_UNKNOWN loan',
      'onBoundary ON_BOUNDARY_UNKNOWN maybe',
    ]);
  });
});

// ── Shared flows ────────────────────────────────────────────────────────────

describe('shared flows whose countries are not all listed', () => {
  const full = readJson({
    flows: [
      {
        ...standardFlow,
        onBoundary: 'shared',
        sourceObjects: [{ type: 'Organization', name: standardRow.srcOrganization }],
        destinationObjects: [
          ...['Mali', 'Niger'].map((name) => ({ type: 'Location', name, behavior: 'shared' })),
          { type: 'UsageYear', name: '2025', behavior: 'single' },
          { type: 'Plan', id: '9001', name: 'Plan' },
          { type: 'GlobalCluster', name: 'Food Security' },
          { type: 'Organization', name: 'Example Food Agency' },
        ],
      },
    ],
  }).flows[0]!;
  const abbreviated = readRow({ onBoundary: 'shared' });

  test('one country, one year and one plan, yet shared: the other countries are added as XZZ', () => {
    expect(abbreviated).toMatchObject({ shared: true, destination: { countries: ['MLI', 'XZZ'] }, warnings: ['SHARED_OTHERS_NOT_LISTED'] });
  });

  test('once a row proves this of a file, no shared flow of the file is taken to list all its countries', () => {
    const range = { onBoundary: 'shared', destUsageYearStart: '2025', destUsageYearEnd: '2026' };
    expect(readRow(range).destination.countries).toEqual(['MLI']);
    const { flows } = readRows({ onBoundary: 'shared' }, range, { onBoundary: 'shared', destLocations: 'BFA,MLI' }, {});
    expect(flows.map((flow) => flow.destination.countries)).toEqual([['MLI', 'XZZ'], ['MLI', 'XZZ'], ['BFA', 'MLI', 'XZZ'], ['MLI']]);
  });

  test('a regional flow without any country, and one shared among plans, prove nothing', () => {
    expect(readRow({ onBoundary: 'shared', destLocations: '' })).toMatchObject({ shared: true, destination: { countries: [] }, warnings: [] });
    expect(readRow({ onBoundary: 'shared', destPlanId: '1,2' })).toMatchObject({ shared: true, destination: { countries: ['MLI'] }, warnings: [] });
  });

  test('in an API reply the objects say themselves whether they are shared', () => {
    const reply = (destinationObjects: unknown[]) => readJson({ flows: [{ ...standardFlow, onBoundary: 'shared', destinationObjects }] }).flows[0]!.destination.countries;
    const mali = { type: 'Location', name: 'Mali', behavior: 'single' };
    const years = ['2025', '2026'].map((name) => ({ type: 'UsageYear', name, behavior: 'shared' }));
    expect(reply([mali, ...years])).toEqual(['MLI']);
    expect(reply([{ ...mali, behavior: 'shared' }, ...years])).toEqual(['MLI', 'XZZ']);
    expect(reply([mali])).toEqual(['MLI', 'XZZ']);
  });

  test('the CSV after the reply changes nothing, the reply after the CSV brings the fuller list', () => {
    expect(postingContent(abbreviated)).toBe(postingContent(full));
    expect(isRicher(full, abbreviated)).toBe(true);
    expect(isRicher(abbreviated, full)).toBe(false);
    expect(isRicher(full, full)).toBe(false);
  });

  test('an abbreviated list that names a country the known one lacks is news, and so is another full list', () => {
    const countries = (flow: FtsFlow, ...codes: string[]): FtsFlow => ({ ...flow, destination: { ...flow.destination, countries: codes } });
    expect(isRicher(countries(abbreviated, 'BFA', 'XZZ'), full)).toBe(true);
    expect(isRicher(countries(full, 'MLI'), full)).toBe(true);
    expect(isRicher(countries(full, 'BFA', 'MLI'), full)).toBe(true);
    expect(isRicher(countries(full), full)).toBe(false);
  });

  test('where nothing says whether a flow is shared, several countries or years make it so', () => {
    expect(readRow({ onBoundary: '' }).shared).toBe(false);
    expect(readRow({ onBoundary: '', destLocations: 'BFA,MLI' }).shared).toBe(true);
    expect(readRow({ onBoundary: '', destUsageYearEnd: '2026' }).shared).toBe(true);
  });
});

// ── What decides a posting ──────────────────────────────────────────────────

describe('the content to post', () => {
  const content = (row: Partial<Row>) => postingContent(readRow(row));

  test.each<Partial<Row>>([
    { id: '2' },
    { status: 'commitment' },
    { flowType: 'Parked' },
    { boundary: 'internal' },
    { onBoundary: 'shared', destLocations: 'MLI,NER' },
    { amountUSD: '1000.01' },
    { originalAmount: '900', originalCurrency: 'EUR' },
    { decisionDate: '2025-01-21' },
    { contributionType: 'in kind' },
    { srcOrganization: 'Another donor' },
    { destOrganization: 'Another agency' },
    { destLocations: 'NER' },
    { destUsageYearStart: '2024' },
    { destPlanId: '9002' },
    { destGlobalClusters: 'Health' },
  ])('changes with %j', (row) => expect(content(row)).not.toBe(content({})));

  test.each<Partial<Row>>([
    { description: 'Other words' },
    { refCode: 'X' },
    { keywords: 'Flood' },
    { budgetYear: '' },
    { method: 'Cash transfer programming (CTP)' },
    { updatedAt: '2025-04-01' },
    { amountUSD: '1000.00' },
    { firstReportedDate: '2025-02-06' },
    { destProject: 'Clinics' },
    { srcLocations: '' },
  ])('does not change with %j', (row) => expect(content(row)).toBe(content({})));
});

// ── Repeated ids ────────────────────────────────────────────────────────────

describe('repeated ids', () => {
  test('identical copies count once, within a file and across files', () => {
    const file = csv([{ id: '7' }, { id: '7' }, { id: '8' }]);
    expect(read(fileOf('a.csv', file), fileOf('b.csv', file))).toMatchObject({ flows: [{ id: '7' }, { id: '8' }], duplicates: 4, rowsRead: 6, problems: [] });
  });

  test('the later update wins, wherever it stands', () => {
    const old = { id: '7', amountUSD: '1', updatedAt: '2025-03-01' };
    const young = { id: '7', amountUSD: '2', updatedAt: '2025-03-02' };
    for (const rows of [[old, young], [young, old]]) {
      expect(readRows(...rows)).toMatchObject({ flows: [{ amountUsd: '2', warnings: ['OLDER_COPY_DROPPED'] }], duplicates: 1, problems: [] });
    }
  });

  test('the higher version wins over the date', () => {
    const pages = [
      { flows: [{ ...standardFlow, versionId: 10, amountUSD: 10, updatedAt: '2025-03-01' }] },
      { flows: [{ ...standardFlow, versionId: 9, amountUSD: 9, updatedAt: '2025-03-02' }] },
    ];
    expect(readJson(pages)).toMatchObject({ flows: [{ amountUsd: '10', version: 10 }], duplicates: 1, problems: [] });
  });

  test('copies that contradict each other are all held out', () => {
    const { flows, problems, duplicates } = readRows({ id: '7', amountUSD: '1' }, { id: '7', amountUSD: '2' }, { id: '7', amountUSD: '3', updatedAt: '2024-01-01' }, { id: '8' });
    expect(flows.map((flow) => flow.id)).toEqual(['8']);
    expect(duplicates).toBe(1);
    expect(problems).toMatchObject([
      { row: 1, flowId: '7', code: 'CONFLICTING_DUPLICATE', found: 'paid 1 USD 2025-03-01', params: { others: 'rows.csv:2' } },
      { row: 2, flowId: '7', code: 'CONFLICTING_DUPLICATE', found: 'paid 2 USD 2025-03-01', params: { others: 'rows.csv:1' } },
    ]);
  });

  test('copies whose full lists of countries differ contradict each other, though their content to post is the same', () => {
    const to = (...names: string[]) => ({
      ...standardFlow,
      onBoundary: 'shared',
      destinationObjects: names.map((country) => ({ type: 'Location', name: country, behavior: 'shared' })),
    });
    const { flows, problems } = readJson([to('Mali', 'Niger'), to('Mali', 'Burkina Faso')]);
    expect(flows).toEqual([]);
    expect(problems.map((problem) => problem.code)).toEqual(['CONFLICTING_DUPLICATE', 'CONFLICTING_DUPLICATE']);
  });

  test('copies that differ only in words count once', () => {
    expect(readRows({ id: '7', description: 'a' }, { id: '7', description: 'b' })).toMatchObject({ flows: [{ description: 'a' }], duplicates: 1, problems: [] });
  });

  test('a copy that cannot be read does not hide the one that can', () => {
    expect(readRows({ id: '7' }, { id: '7', status: '?' })).toMatchObject({ flows: [{ id: '7' }], duplicates: 0, problems: [{ row: 2, flowId: '7' }] });
  });
});

// ── Files as a whole ────────────────────────────────────────────────────────

describe('files that are not what they should be', () => {
  const faults = (text: string | Buffer, name = 'x') => {
    const reading = read({ name, content: Buffer.from(text) });
    expect(reading.flows).toEqual([]);
    return reading.problems.map(({ row, code, found, params }) => ({ row, code, found, params }));
  };

  test('empty', () => {
    for (const text of ['', ' \r\n\t', '\uFEFF']) expect(faults(text)).toEqual([{ row: 0, code: 'EMPTY_FILE', found: '', params: undefined }]);
  });

  test('an HTML page', () => {
    expect(faults('\n<!DOCTYPE html><title>502 Bad Gateway</title>')).toMatchObject([{ code: 'HTML_FILE', found: '<!DOCTYPE html><title>502 Bad Gateway</title>' }]);
  });

  test('truncated JSON', () => {
    const whole = readFileSync(path.join(OWN, 'mali-2025-page-1.json'), 'utf8');
    expect(faults(whole.slice(0, -20))).toMatchObject([{ row: 0, code: 'MALFORMED_JSON' }]);
  });

  test('JSON that is an error, or something else', () => {
    expect(faults('{"status":"error","message":"Too many requests"}')).toMatchObject([{ code: 'SOURCE_ERROR', found: 'Too many requests' }]);
    expect(faults('{"status":"ok","data":{"plans":[]}}')).toMatchObject([{ code: 'NO_FLOWS', found: 'status, data' }]);
    expect(faults('[1,"two",null]')).toMatchObject([{ row: 1, code: 'FIELD_TYPE' }, { row: 2 }, { row: 3 }]);
  });

  test('a quote that is never closed', () => {
    expect(faults(`${columns.join(',')}\n"2025`)).toMatchObject([{ row: 0, code: 'MALFORMED_CSV', found: 'CSV_QUOTE_NOT_CLOSED' }]);
  });

  test('missing and repeated columns are named', () => {
    const without = columns.filter((name) => name !== 'amountUSD' && name !== 'onBoundary');
    expect(faults(csv([{}], { names: without }))).toMatchObject([{ row: 0, code: 'MISSING_COLUMNS', params: { columns: 'amountUSD, onBoundary' } }]);
    expect(faults(csv([{}], { names: [...columns, 'status'] }))).toMatchObject([{ row: 0, code: 'REPEATED_COLUMNS', found: 'status' }]);
    expect(faults('id;status\n1;paid\n')).toMatchObject([{ code: 'MISSING_COLUMNS', found: 'id;status' }]);
  });

  test('a row cut short', () => {
    const text = csv([{ id: '1' }, { id: '2' }]).trimEnd().slice(0, -30);
    expect(read(fileOf('x.csv', text))).toMatchObject({ flows: [{ id: '1' }], problems: [{ row: 2, code: 'COLUMN_COUNT', params: { expected: '37' } }], rowsRead: 2 });
  });

  test('Windows-1252 in place of UTF-8, with the line', () => {
    const text = csv([{ id: '1' }, { id: '2', description: 'Santé' }]);
    expect(faults(Buffer.from(text, 'latin1'))).toMatchObject([{ row: 0, code: 'NOT_UTF8', params: { line: '3' } }]);
    expect(faults(Buffer.from(text, 'latin1'))[0]!.found).toContain('Santé');
    expect(faults(Buffer.from(text, 'utf16le'))).toMatchObject([{ code: 'NOT_UTF8' }]);
    expect(faults(Buffer.from(csv([{}]), 'utf16le'))).toMatchObject([{ code: 'NOT_TEXT' }]);
  });

  test('an unreadable file does not spoil its neighbour', () => {
    expect(read(fileOf('a', ''), fileOf('b.csv', csv([{}])))).toMatchObject({ flows: [{ id: '1' }], problems: [{ file: 'a', row: 0 }], rowsRead: 1 });
  });
});

describe('forms of a file', () => {
  test('a header alone is a file without flows', () => {
    expect(read(fileOf('x.csv', csv([])))).toMatchObject({ flows: [], problems: [], rowsRead: 0 });
  });

  test('LF, CRLF, with and without byte order mark, columns in any order', () => {
    const rows = [{ description: 'one\r\ntwo' }, { id: '2' }];
    const expected = read(fileOf('x.csv', csv(rows))).flows;
    expect(expected[0]!.description).toBe('one\r\ntwo');
    expect(read(fileOf('x.csv', csv(rows, { end: '\r\n' }))).flows).toEqual(expected);
    const [head, ...rest] = csv(rows).split(/(?<=updatedAt\n)/);
    expect(read(fileOf('x.csv', [head!.replace('\n', '\r\n'), ...rest].join(''))).flows).toEqual(expected);
    expect(read(fileOf('x.csv', `\uFEFF${csv(rows)}`)).flows).toEqual(expected);
    expect(read(fileOf('x.csv', csv(rows, { names: columns.toReversed() }))).flows).toEqual(expected);
  });

  test('a reply, several replies, flows in an object and flows in an array', () => {
    const expected = readJson({ status: 'ok', data: { flows: [standardFlow] } }).flows;
    expect(expected).toMatchObject([{ id: '1', amountUsd: '1000' }]);
    expect(readJson({ flows: [standardFlow] }).flows).toEqual(expected);
    expect(readJson({ status: 'ok', data: [standardFlow] }).flows).toEqual(expected);
    expect(readJson([standardFlow]).flows).toEqual(expected);
    expect(readJson([{ data: { flows: [standardFlow] } }, { data: { flows: [] } }]).flows).toEqual(expected);
    expect(readJson([])).toMatchObject({ flows: [], problems: [], rowsRead: 0 });
  });

  test('a field of the wrong type refuses its flow only', () => {
    expect(readJson([{ ...standardFlow, keywords: 'Flood' }, { ...standardFlow, id: '2' }])).toMatchObject({
      flows: [{ id: '2' }],
      problems: [{ row: 1, flowId: '1', field: 'keywords', code: 'FIELD_TYPE' }],
      rowsRead: 2,
    });
  });

  test('replies that state different totals are of different searches', () => {
    const page = (count: number, id: string) => ({ data: { incoming: { flowCount: 1, fundingTotal: 5, pledgeTotal: 0 }, flows: [{ ...standardFlow, id }] }, meta: { count } });
    expect(readJson([page(2, '1'), page(2, '2')]).header).toEqual({ expectedCount: 2, incoming: { flowCount: 1, fundingTotal: '5', pledgeTotal: '0' }, internal: null });
    expect(readJson([page(1, '1'), page(3, '2')])).toMatchObject({ header: null, flows: [{ id: '1' }, { id: '2' }], problems: [{ row: 0, code: 'HEADERS_DIFFER', found: '1, 3' }] });
  });

  test('text that the database cannot keep is replaced', () => {
    const { flows } = read(fileOf('x.json', JSON.stringify([{ ...standardFlow, description: 'HERE' }]).replace('HERE', 'a\\u0000b\\ud800c 😀')));
    expect(flows[0]!.description).toBe('a\uFFFDb\uFFFDc 😀');
  });
});

// ── Properties ──────────────────────────────────────────────────────────────

const tidyText = fc.string({ unit: 'grapheme', maxLength: 12 }).map((value) => value.replaceAll('\0', '').trim());
const wordy = fc.stringMatching(/^[A-Za-zÉéç0-9 ,"'\t\n-]{0,20}$/).map((value) => value.trim());
const text = fc.oneof(tidyText, wordy);
const name = text.filter((value) => value !== '' && value !== 'Multiple');
const word = fc.stringMatching(/^[A-Za-z]{1,8}$/);
const day = fc.date({ min: new Date('2000-01-01'), max: new Date('2026-04-30'), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10));
const amount = fc.tuple(fc.constantFrom('', '-'), fc.integer({ min: 1, max: 999_999_999 }), fc.constantFrom('', '.5', '.05', '.50')).map((parts) => parts.join(''));
const organisations = fc.array(fc.record({ ftsId: fc.constant(null), name, types: fc.uniqueArray(word, { maxLength: 2 }) }), { maxLength: 1 });
const yearRange = fc.tuple(fc.integer({ min: 2015, max: 2030 }), fc.integer({ min: 0, max: 1 })).map(([first, more]) => (more ? [first, first + 1] : [first]));
const sorted = (values: readonly string[]) => [...values].sort();
const countries = fc.uniqueArray(fc.constantFrom('BFA', 'MLI', 'NER', 'NOR', 'SAU'), { maxLength: 4 }).map(sorted);

/** Any flow that a CSV can tell in full. */
const anyFlow: fc.Arbitrary<FtsFlow> = fc
  .record({
    id: fc.integer({ min: 1, max: 999_999 }).map(String),
    version: fc.constant(null),
    updatedOn: day,
    status: fc.constantFrom('pledge' as const, 'commitment' as const, 'paid' as const),
    flowType: fc.constantFrom('Standard', 'Parked', 'Pass through', 'Carryover'),
    boundary: fc.constantFrom('crossing' as const, 'internal' as const),
    amountUsd: fc.oneof(amount, fc.constant('0')),
    original: fc.option(fc.record({ amount, currency: fc.constantFrom('EUR', 'NOK', 'KWD'), publishedRate: fc.constant(null) })),
    decisionDate: fc.option(day),
    flowDate: fc.option(day),
    firstReportedOn: fc.option(day),
    createdOn: day,
    source: fc.record({ organisations, countries, usageYears: yearRange }),
    destination: fc.record({
      organisations,
      countries,
      usageYears: yearRange,
      plans: fc.array(fc.record({ ftsId: fc.integer({ min: 1, max: 9999 }).map(String), code: fc.option(word), name }), { maxLength: 1 }),
      sectors: fc.uniqueArray(fc.constantFrom('FSC', 'HEA', 'PRO', 'PRO-HLP')).map(sorted),
      project: fc.option(fc.record({ code: fc.option(word), name })),
      emergencies: fc.array(name, { maxLength: 1 }),
    }),
    description: text,
    refCode: fc.option(name),
    keywords: fc.array(word, { maxLength: 3 }),
    budgetYear: fc.option(fc.constant('2025')),
    contributionType: fc.constantFrom('financial' as const, 'in_kind' as const),
    method: text,
  })
  .map((parts) => ({
    ...parts,
    shared: parts.destination.countries.length > 1,
    valueDate: parts.decisionDate ?? parts.firstReportedOn ?? parts.flowDate ?? parts.createdOn,
    earmarking: null,
    newMoney: null,
    parentFlowId: null,
    warnings: [],
  }));

const clusterNames: Record<string, string> = { FSC: 'Food Security', HEA: 'Health', PRO: 'Protection', 'PRO-HLP': 'Protection - Housing, Land and Property' };
const countryNames: Record<string, string> = { BFA: 'Burkina Faso', MLI: 'Mali', NER: 'Niger', NOR: 'Norway', SAU: 'Saudi Arabia' };

function published(flow: FtsFlow) {
  return {
    id: flow.id,
    status: flow.status,
    flowType: flow.flowType,
    boundary: flow.boundary === 'crossing' ? 'incoming' : 'internal',
    onBoundary: flow.shared ? 'shared' : 'single',
    amountUSD: flow.amountUsd,
    originalAmount: flow.original?.amount ?? '',
    originalCurrency: flow.original?.currency ?? '',
    exchangeRate: '',
    decisionDate: flow.decisionDate ?? '',
    date: flow.flowDate ?? '',
    firstReportedDate: flow.firstReportedOn ?? '',
    createdAt: flow.createdOn ?? '',
    updatedAt: flow.updatedOn,
    description: flow.description,
    refCode: flow.refCode ?? '',
    budgetYear: flow.budgetYear ?? '',
    contributionType: flow.contributionType === 'in_kind' ? 'in kind' : 'financial',
    method: flow.method,
  };
}

function toRow(flow: FtsFlow): Row {
  const { source, destination } = flow;
  return {
    ...published(flow),
    srcOrganization: source.organisations[0]?.name ?? '',
    srcOrganizationTypes: source.organisations[0]?.types.join(',') ?? '',
    srcLocations: source.countries.join(','),
    srcUsageYearStart: String(source.usageYears[0]),
    srcUsageYearEnd: String(source.usageYears.at(-1)),
    destPlan: destination.plans[0]?.name ?? '',
    destPlanCode: destination.plans[0]?.code ?? '',
    destPlanId: destination.plans[0]?.ftsId ?? '',
    destOrganization: destination.organisations[0]?.name ?? '',
    destOrganizationTypes: destination.organisations[0]?.types.join(',') ?? '',
    destGlobalClusters: destination.sectors.map((code) => clusterNames[code]).join(','),
    destLocations: destination.countries.join(','),
    destProject: destination.project?.name ?? '',
    destProjectCode: destination.project?.code ?? '',
    destEmergency: destination.emergencies[0] ?? '',
    destUsageYearStart: String(destination.usageYears[0]),
    destUsageYearEnd: String(destination.usageYears.at(-1)),
    keywords: flow.keywords.join(','),
  };
}

function toReplyFlow(flow: FtsFlow): unknown {
  const side = ({ organisations: orgs, countries: codes, usageYears }: FtsFlow['source']) => [
    ...orgs.map((org) => ({ type: 'Organization', name: org.name, organizationTypes: org.types })),
    ...codes.map((code) => ({ type: 'Location', name: countryNames[code], behavior: codes.length > 1 ? 'shared' : 'single' })),
    ...usageYears.map((year) => ({ type: 'UsageYear', name: String(year) })),
  ];
  const { plans, sectors, project, emergencies } = flow.destination;
  return {
    ...published(flow),
    keywords: flow.keywords,
    sourceObjects: side(flow.source),
    destinationObjects: [
      ...side(flow.destination),
      ...plans.map((plan) => ({ type: 'Plan', id: plan.ftsId, code: plan.code, name: plan.name })),
      ...sectors.map((code) => ({ type: 'GlobalCluster', name: clusterNames[code] })),
      ...emergencies.map((emergency) => ({ type: 'Emergency', name: emergency })),
      ...(project ? [{ type: 'Project', ...project }] : []),
    ],
  };
}

test('flows written as a CSV or as a reply are read back equal', () => {
  const distinct = fc.uniqueArray(anyFlow, { selector: (flow) => flow.id, maxLength: 8 });
  fc.assert(
    fc.property(distinct, fc.constantFrom('\n', '\r\n'), (flows, end) => {
      const expected = { flows, problems: [], header: null, rowsRead: flows.length, duplicates: 0 };
      expect(read(fileOf('x.csv', csv(flows.map(toRow), { end })))).toEqual(expected);
      expect(readJson({ flows: flows.map(toReplyFlow) })).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test('arbitrary bytes never throw and give no flows', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(read({ name: 'x', content: Buffer.from(bytes) }).flows).toEqual([]);
    }),
  );
});

test('damaged files never throw, and every row stays accounted for', () => {
  const whole = ['mali-2025.csv', 'mali-2025-page-1.json'].map((file) => fileAt(OWN, file));
  const damage = fc.record({ at: fc.nat(), bytes: fc.uint8Array({ maxLength: 4 }), cut: fc.nat(6) });
  fc.assert(
    fc.property(fc.constantFrom(...whole), fc.array(damage, { maxLength: 4 }), ({ name: file, content }, damages) => {
      let damaged = content;
      for (const { at, bytes, cut } of damages) {
        const from = at % (damaged.length + 1);
        damaged = Buffer.concat([damaged.subarray(0, from), bytes, damaged.subarray(from + cut)]);
      }
      const { problems } = read({ name: file, content: damaged });
      expect(problems.every((problem) => problem.found.length <= 200 && /^[A-Z][A-Z0-9_]+$/.test(problem.code))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('any JSON value in place of a flow or of one of its fields never throws', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => void readJson({ flows: [value] })));
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(standardFlow), 'keywords', 'newMoney', 'grandBargainEarmarkingType'), fc.jsonValue(), (field, value) => {
      readJson([{ ...standardFlow, [field]: value }]);
    }),
  );
});

test('ten thousand contradicting copies of one flow are listed without delay', () => {
  const rows = Array.from({ length: 10_000 }, (_, index) => ({ amountUSD: String(index), id: '1' }));
  const started = performance.now();
  expect(read(fileOf('x.csv', csv(rows))).problems).toHaveLength(10_000);
  expect(performance.now() - started).toBeLessThan(5_000);
});

// ── The real files ──────────────────────────────────────────────────────────

function reference<T>(list: string): T[] {
  const file = path.join(REFERENCE, `${list}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T[]) : [];
}

/** The project's own code lists. */
const knownLists = buildFtsLookups(reference('countries'), reference('sectors'), reference('currencies'));

const describeReal = existsSync(JORDAN) && existsSync(path.join(REFERENCE, 'countries.json')) ? describe : describe.skip;

describeReal('Jordan 2020', () => {
  const search = 'custom-search-locationid-114-year-2020';
  const load = (...names: string[]) => readFtsFiles(names.map((file) => fileAt(JORDAN, file)), knownLists, TODAY);
  const fromReplies = () => load(`${search}.json`, `${search}-page-2.json`, `${search}-page-3.json`);
  const fromCsv = () => load('fts_incoming_funding_jor.csv', 'fts_internal_funding_jor.csv');
  const byId = (flows: readonly FtsFlow[]) => new Map(flows.map((flow) => [flow.id, flow]));

  /** Funding as FTS counts it for one country and year. */
  function totals(flows: readonly FtsFlow[]): { funded: bigint; pledged: bigint } {
    const whole = flows.filter(
      ({ boundary, shared, destination }) => boundary === 'crossing' && !shared && destination.countries.length === 1 && destination.usageYears.join() === '2020',
    );
    const sum = (some: readonly FtsFlow[]) => some.reduce((total, flow) => total + BigInt(flow.amountUsd), 0n);
    return { funded: sum(whole.filter((flow) => flow.status !== 'pledge')), pledged: sum(whole.filter((flow) => flow.status === 'pledge')) };
  }

  test.each([
    ['replies', fromReplies],
    ['CSV', fromCsv],
  ])('the %s give the flows and totals that the header states', (_, loaded) => {
    const { flows, problems, rowsRead, duplicates } = loaded();
    expect({ problems, rowsRead, duplicates, flows: flows.length }).toEqual({ problems: [], rowsRead: 478, duplicates: 0, flows: 478 });
    expect(tally(flows.map((flow) => flow.boundary))).toEqual({ crossing: 440, internal: 38 });
    expect(totals(flows)).toEqual({ funded: 714_246_261n, pledged: 81_128n });
  });

  test('the header', () => {
    expect(fromReplies().header).toEqual({
      expectedCount: 478,
      incoming: { flowCount: 440, fundingTotal: '714246261', pledgeTotal: '81128' },
      internal: { flowCount: 38 },
    });
  });

  test('both formats give the same flow wherever both carry a field, and the same content to post', () => {
    const [replies, rows] = [byId(fromReplies().flows), byId(fromCsv().flows)];
    expect(replies.size).toBe(478);
    for (const [id, flow] of replies) {
      expect(inBothFormats(rows.get(id)!)).toEqual(inBothFormats(flow));
      expect(postingContent(rows.get(id)!)).toBe(postingContent(flow));
      expect(isRicher(rows.get(id)!, flow)).toBe(false);
    }
  });

  test('no flow that really goes to several countries can be counted whole for Jordan from the CSV', () => {
    const [replies, rows] = [byId(fromReplies().flows), fromCsv().flows];
    const toSeveral = rows.filter((row) => replies.get(row.id)!.destination.countries.length > 1);
    expect(toSeveral).toHaveLength(61);
    expect(toSeveral.every((row) => row.shared && row.destination.countries.includes('XZZ'))).toBe(true);
    // 31 more are shared among years only, which such a file does not show.
    expect(rows.filter((row) => row.warnings.includes('SHARED_OTHERS_NOT_LISTED'))).toHaveLength(92);
    expect(rows.filter((row) => isRicher(replies.get(row.id)!, row))).toHaveLength(92);
  });

  test('replies and CSV together are still 478 flows', () => {
    const { flows, problems, duplicates } = load('fts_incoming_funding_jor.csv', 'fts_internal_funding_jor.csv', `${search}.json`, `${search}-page-2.json`, `${search}-page-3.json`);
    expect({ flows: flows.length, problems, duplicates }).toEqual({ flows: 478, problems: [], duplicates: 478 });
    expect(byId(flows)).toEqual(byId(fromReplies().flows));
  });
});

describeReal('the global files', () => {
  test('every row is a flow or a problem', () => {
    const files = ['fts_internal_funding_global.csv', 'fts_outgoing_funding_global.csv'].map((file) => fileAt(REAL, file));
    const reading = readFtsFiles(files, knownLists, TODAY);
    expectAccounted(reading);
    expect(reading).toMatchObject({ rowsRead: 3874, duplicates: 0, problems: [] });
    expect(tally(reading.flows.map((flow) => flow.boundary))).toEqual({ crossing: 3196, internal: 678 });
    expect(reading.flows.find((flow) => flow.id === '381095')).toMatchObject({ decisionDate: '2026-11-03', valueDate: '2026-03-11', warnings: expect.arrayContaining(['DATE_FALLBACK']) });
    const { UNKNOWN_SECTOR, ...warnings } = tally(reading.flows.flatMap((flow) => flow.warnings));
    expect(warnings).toEqual({ AMOUNT_DIFFERS_FROM_RATE: 177, USAGE_YEAR_RANGE: 57, SEVERAL_ORGANISATIONS: 2, DATE_FALLBACK: 1 });
    if (existsSync(path.join(REFERENCE, 'sectors.json'))) expect(UNKNOWN_SECTOR).toBeUndefined();
  });

  test('another file of the same source is refused by its columns', () => {
    const { problems, flows } = readFtsFiles([fileAt(REAL, 'fts_requirements_funding_global.csv')], knownLists, TODAY);
    expect(flows).toEqual([]);
    expect(problems).toMatchObject([{ row: 0, code: 'MISSING_COLUMNS' }]);
  });
});
