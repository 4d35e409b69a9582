import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { destinationKind, earmarkingOf, mechanismOf, organisationType } from '../../src/features/imports/fts-classify.js';
import { changesBetween, type Decision, decide, hashOf, type KnownFlow, type Scope } from '../../src/features/imports/fts-decision.js';
import type { FtsFlow } from '../../src/features/imports/fts-file.js';
import { type PostingContext, recordOf } from '../../src/features/imports/fts-posting.js';
import { totalsOf } from '../../src/features/imports/fts-totals.js';
import { importTextsEn } from '../../src/i18n/import-problems.en.js';
import { importTextsFr } from '../../src/i18n/import-problems.fr.js';
import { importText } from '../../src/i18n/import-problems.js';

const standard: FtsFlow = {
  id: '1',
  version: 2,
  updatedOn: '2025-03-01',
  status: 'paid',
  flowType: 'Standard',
  boundary: 'crossing',
  shared: false,
  amountUsd: '1000.50',
  original: null,
  decisionDate: '2025-01-20',
  flowDate: null,
  firstReportedOn: null,
  createdOn: null,
  valueDate: '2025-01-20',
  source: { organisations: [{ ftsId: '7', name: 'Exampleland', types: ['Government'] }], countries: ['NOR'], usageYears: [2025] },
  destination: { organisations: [], countries: ['MLI'], usageYears: [2025], plans: [], sectors: ['FSC'], project: null, emergencies: [] },
  description: '',
  refCode: null,
  keywords: [],
  budgetYear: null,
  contributionType: 'financial',
  method: '',
  earmarking: null,
  newMoney: null,
  parentFlowId: null,
  warnings: [],
};

const flowOf = (changes: Partial<FtsFlow>): FtsFlow => ({ ...standard, ...changes });
const towards = (changes: Partial<FtsFlow['destination']>): FtsFlow => flowOf({ destination: { ...standard.destination, ...changes } });

function knownOf(content: FtsFlow, outcome: KnownFlow['outcome'] = 'posted'): KnownFlow {
  const { version, updatedOn } = content;
  return { externalId: content.id, seq: 1, version, updatedOn, contentHash: hashOf(content), content, outcome, pledgeId: null, commitmentId: 'c', disbursementId: null };
}

describe('what becomes of a flow', () => {
  const mali: Scope = { countries: ['MLI'], years: [] };
  const kindOf = (flow: FtsFlow, known: KnownFlow | null, scope = mali) => decide(flow, known, scope).kind;

  test.each<[string, Decision['kind'], Partial<FtsFlow>, KnownFlow | null]>([
    ['an unknown one is created', 'create', {}, null],
    ['the same again', 'unchanged', {}, knownOf(standard)],
    ['the same but for its description', 'unchanged', { description: 'x' }, knownOf(standard)],
    ['a newer version posted alike', 'renew', { version: 3 }, knownOf(standard)],
    ['another amount', 'update', { amountUsd: '1' }, knownOf(standard)],
    ['another amount in an older version', 'older', { amountUsd: '1', version: 1 }, knownOf(standard)],
    ['an older day of update of a flow without versions', 'older', { amountUsd: '1', version: null, updatedOn: '2025-02-28' }, knownOf(standard)],
    ['a newer version with an older day of update', 'update', { amountUsd: '1', version: 3, updatedOn: '2025-02-28' }, knownOf(standard)],
    ['a CSV of the same on a later day', 'unchanged', { version: null, updatedOn: '2025-04-01' }, knownOf(standard)],
    ['a reply of the same on a later day than a CSV', 'renew', { updatedOn: '2025-04-01' }, knownOf(flowOf({ version: null }))],
    ['one that was closed', 'create', {}, knownOf(standard, 'closed')],
    ['an older version of one that was closed', 'older', { version: 1 }, knownOf(standard, 'closed')],
  ])('%s: %s', (_, kind, changes, known) => {
    expect(kindOf(flowOf(changes), known)).toBe(kind);
  });

  test('the chosen countries may be source or destination', () => {
    expect(kindOf(standard, null, { countries: ['NOR'], years: [] })).toBe('create');
    expect(kindOf(standard, null, { countries: ['NER'], years: [] })).toBe('left_out');
    expect(kindOf(standard, null, { countries: 'all', years: [] })).toBe('create');
    expect(kindOf(towards({ countries: ['GHA'] }), knownOf(standard))).toBe('update');
    expect(kindOf(towards({ countries: ['GHA'] }), knownOf(standard, 'closed'))).toBe('left_out');
  });

  test('a changed row says in what', () => {
    expect(changesBetween(standard, flowOf({ amountUsd: '1', destination: { ...standard.destination, sectors: ['HEA'] } }))).toEqual(['amountUsd', 'destination.sectors']);
    expect(changesBetween(towards({ countries: ['MLI', 'XZZ'] }), towards({ countries: ['MLI', 'NER'] }))).toEqual(['destination.countries']);
  });
});

describe('what a flow is taken for', () => {
  test.each([
    [['Government'], 'Exampleland', '10'],
    [['UN agency'], 'Example Food Agency', '40'],
    [['Pooled Funds'], 'Example Fund', '40'],
    [['Inter-governmental'], 'Example Commission', '40'],
    [['NGOs'], 'Example Relief', '21'],
    [['International NGOs'], 'Example Relief', '21'],
    [['National and Local NGOs'], 'Association Exemple', '22'],
    [['Red Cross/Red Crescent'], 'Croissant', '21'],
    [['Private organization/foundation'], 'Example Foundation', '60'],
    [['Private Organizations'], 'Example SA', '70'],
    [[], 'Someone', '90'],
  ])('%j, %s: organisation type %s', (types, name, code) => {
    expect(organisationType({ ftsId: null, name, types })).toBe(code);
  });

  const from = (types: readonly string[], countries: readonly string[] = ['NOR'], name = 'X') =>
    flowOf({ source: { organisations: [{ ftsId: null, name, types }], countries, usageYears: [] } });

  test.each([
    [from(['Government']), 'bilateral_grant'],
    [from(['Government'], ['MLI']), 'state_budget'],
    [from(['Pooled fund'], ['MLI']), 'pooled_fund'],
    [from(['UN agency']), 'multilateral_grant'],
    [from(['Private organization/foundation']), 'private_sector'],
    [from(['NGOs']), 'not_specified'],
    [from(['Government'], ['NOR'], 'Multiple'), 'not_specified'],
    [flowOf({ source: { organisations: [], countries: [], usageYears: [] } }), 'not_specified'],
  ])('the mechanism, %#', (flow, code) => {
    expect(mechanismOf(flow)).toBe(code);
  });

  test('destination and earmarking', () => {
    expect(destinationKind(standard)).toBe('state');
    expect(destinationKind(towards({ countries: ['MLI', 'XZZ'] }))).toBe('states');
    expect(destinationKind(towards({ countries: [], plans: [{ ftsId: '1', code: null, name: '' }] }))).toBe('plan');
    expect(destinationKind(towards({ countries: [] }))).toBe('unspecified');
    expect(earmarkingOf(flowOf({ earmarking: 'softly earmarked' }))).toBe('softly_earmarked');
    expect(earmarkingOf(flowOf({ earmarking: 'earmarked, unearmarked' }))).toBeNull();
    expect(earmarkingOf(standard)).toBeNull();
  });
});

describe('the record of a flow', () => {
  const exponents = new Map([['USD', 2], ['EUR', 2], ['XOF', 0], ['JPY', 0]]);
  const context: PostingContext = { organisationId: (organisation) => organisation.name, planCode: () => null, ratesOf: () => new Map(), exponents, importId: 'i' };
  const original = (amount: string, currency: string) => ({ amount, currency, publishedRate: '150' });

  test.each([
    ['without an original amount', null, 'USD', 100_050n],
    ['in yen', original('150000', 'JPY'), 'JPY', 150_000n],
    ['of which the original amount is zero', original('0', 'JPY'), 'USD', 100_050n],
    ['of which the signs differ', original('-150000', 'JPY'), 'USD', 100_050n],
    ['of which the original dollars differ', original('1000', 'USD'), 'USD', 100_050n],
  ])('%s', (_, money, currency, minor) => {
    const { entries, warnings } = recordOf(flowOf({ original: money }), context);
    expect(entries.map((entry) => [entry.stage, entry.currency, entry.amountMinor, entry.converted.USD?.minor])).toEqual([
      ['commitment', currency, minor, 100_050n],
      ['disbursement', currency, minor, 100_050n],
    ]);
    expect(warnings).toEqual(['UNCONVERTED']);
  });

  test('shared dimensions are never split, and a plan nobody can name is said to be missing', () => {
    const flow = towards({ countries: ['MLI', 'XZZ', 'NER'], usageYears: [2025, 2026], plans: [{ ftsId: null, code: null, name: 'Some plan' }] });
    const record = recordOf(flow, context);
    expect(record.splits).toEqual({ country: [{ code: 'MLI' }, { code: 'NER' }, { code: 'XZZ' }], sector: [{ code: 'FSC' }], usageYear: [{ code: '2025' }, { code: '2026' }] });
    expect(record.entries[0]!.lines).toHaveLength(1);
    expect(record.warnings).toEqual(['UNCONVERTED', 'PLAN_UNIDENTIFIED']);
  });
});

test('totals put every flow within the scope in one bucket, to the cent', () => {
  const anyFlow = fc.record({
    status: fc.constantFrom('pledge', 'commitment', 'paid'),
    boundary: fc.constantFrom('crossing', 'internal'),
    shared: fc.boolean(),
    cents: fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }),
    countries: fc.subarray(['MLI', 'NER']),
    year: fc.constantFrom(2024, 2025),
  });
  const decimal = (cents: bigint) => `${cents < 0n ? '-' : ''}${String(cents < 0n ? -cents : cents).padStart(3, '0').replace(/(\d\d)$/, '.$1')}`;
  const centsOf = (usd: string) => BigInt(usd.replace('.', ''));
  fc.assert(
    fc.property(fc.array(anyFlow), (parts) => {
      const flows = parts.map(({ cents, countries, year, ...rest }) => flowOf({ ...rest, amountUsd: decimal(cents), destination: { ...standard.destination, countries, usageYears: [year] } }));
      const { header, matchesHeader, ...buckets } = totalsOf(flows, { countries: ['MLI'], years: [2025] }, null, new Map([['USD', 2]]));
      expect({ header, matchesHeader }).toEqual({ header: null, matchesHeader: null });
      const within = parts.filter(({ countries, year }) => countries.includes('MLI') && year === 2025);
      const all = Object.values(buckets);
      expect(all.reduce((sum, bucket) => sum + bucket.flows, 0)).toBe(within.length);
      expect(all.reduce((sum, bucket) => sum + centsOf(bucket.usd), 0n)).toBe(within.reduce((sum, { cents }) => sum + cents, 0n));
      const funded = within.filter(({ status, boundary, shared, countries }) => status !== 'pledge' && boundary === 'crossing' && !shared && countries.length === 1);
      expect(centsOf(buckets.funding.usd)).toBe(funded.reduce((sum, { cents }) => sum + cents, 0n));
    }),
  );
});

test('the sentences of both languages have the same placeholders', () => {
  const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const [section, texts] of Object.entries(importTextsFr)) {
    const english: Record<string, string> = importTextsEn[section as keyof typeof importTextsEn];
    expect(Object.keys(english).sort()).toEqual(Object.keys(texts).sort());
    for (const [code, text] of Object.entries(texts)) expect([code, holes(english[code]!)]).toEqual([code, holes(text)]);
  }
  expect(importText('en', 'problem', 'OF_ANOTHER_VERSION')).toBe('OF_ANOTHER_VERSION');
});
