import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { commitmentVsDisbursementDocument } from '../../src/features/reports/commitment-vs-disbursement.document.js';
import { type Cell, cell, type Chart, type ReportDocument, type Table } from '../../src/features/reports/document.js';
import { type Bar, barsByCode, chartOf, largestBars, latestBars, minorOf, namesLine, periodLine, shareOfPercent, sumOfDecimals } from '../../src/features/reports/document-parts.js';
import type { ReportResult } from '../../src/features/reports/report-result.js';
import type { Reading } from '../../src/features/reports/view.js';
import { documents as en } from '../../src/i18n/documents.en.js';
import { documents as fr } from '../../src/i18n/documents.fr.js';
import { reportTitle } from '../../src/i18n/documents.js';
import { checkDocument } from '../support/document-check.js';

const languages = ['fr', 'en'] as const;
const noNames = new Map<string, never>();
const reading = (language: 'fr' | 'en'): Reading => ({
  language,
  reference: {
    exponents: new Map([['USD', 2]]),
    countries: new Map([['MLI', { nameFr: 'Mali', nameEn: 'Mali' }], ['TCD', { nameFr: 'Tchad', nameEn: 'Chad' }]]),
    sectors: noNames, beneficiaryGroups: noNames, mechanisms: noNames, organisationTypes: noNames, regions: noNames, memberships: [],
  }, // prettier-ignore
  changes: null,
  provenance: null,
});

describe('the catalogue', () => {
  test.each(['commitment_vs_disbursement', 'plan_coverage', 'regional', 'fund_statement', 'attribution', 'mechanisms', 'forum_follow_up', 'pledge_fulfilment', 'ageing', 'donor_statement', 'state_brief', 'regional_brief'])('has a title of its own for %s', (kind) => {
    const titles = languages.map((language) => reportTitle(kind, language));
    expect(titles).not.toContain(kind);
    expect(titles[0]).not.toBe(titles[1]);
  });

  test('an unknown kind is called by its name', () => expect(reportTitle('of_old', 'fr')).toBe('of_old'));

  test('fills the same places in both languages, with French typography', () => {
    const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const key of Object.keys(fr) as (keyof typeof fr)[]) {
      expect([key, places(en[key])]).toEqual([key, places(fr[key])]);
      expect(fr[key]).not.toMatch(/['"]|(?<!^) [:;!?%»]|« /);
    }
  });
});

const amount = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }).map((minor) => `${minor < 0n ? '-' : ''}${(minor < 0n ? -minor : minor).toString().padStart(3, '0').replace(/(\d\d)$/, '.$1')}`);
const bars = (most: number) => fc.array(fc.record({ name: fc.string({ minLength: 1 }), values: fc.tuple(fc.option(amount), fc.option(amount)) }), { maxLength: most });
const sumsOf = (all: readonly Bar[]) => [0, 1].map((index) => all.reduce((sum, { values }) => sum + minorOf(values[index] ?? '0.00'), 0n));

describe('charts', () => {
  test('“others” and “earlier” are exact sums: nothing of the whole is lost', () => {
    fc.assert(
      fc.property(bars(40), fc.constantFrom(...languages), (all, language) => {
        const [largest, latest] = [largestBars(language, all), latestBars(language, all)];
        expect([largest.length, latest.length]).toEqual([Math.min(all.length, 9), Math.min(all.length, 12)]);
        expect([sumsOf(largest), sumsOf(latest)]).toEqual([sumsOf(all), sumsOf(all)]);
      }),
    );
  });

  test('the largest come first, times in their order', () => {
    const named = (name: string, value: string): Bar => ({ name, values: [value] });
    expect(largestBars('fr', [named('a', '1.00'), named('b', '10.00'), named('c', '9.99')]).map(({ name }) => name)).toEqual(['b', 'c', 'a']);
    const months = Array.from({ length: 14 }, (_, index) => named(`2025-${String(14 - index).padStart(2, '0')}`, '1.00'));
    expect(latestBars('en', months).map(({ name, values }) => [name, values[0]])).toEqual([
      ['Earlier (3)', '3.00'],
      ...Array.from({ length: 11 }, (_, index) => [`2025-${String(index + 4).padStart(2, '0')}`, '1.00']),
    ]);
  });

  test('the same name twice is two bars, the same code one', () => {
    const all = [{ code: 'x', name: 'France', values: ['1.00'] }, { code: 'y', name: 'France', values: ['2.00'] }, { code: 'x', name: 'France', values: ['4.00'] }];
    expect(barsByCode(all)).toEqual([{ name: 'France', values: ['5.00'] }, { name: 'France', values: ['2.00'] }]);
  });

  test('are told in words, with their figures as the language writes them', () => {
    const chart = { id: 'c', title: 'Reçu', form: 'bars', unit: { kind: 'amount', currency: 'USD' }, series: [{ name: 'Payé', measure: 'paid' }, { name: 'Engagé', measure: 'committed' }] } as const;
    const [french] = chartOf('fr', { ...chart, bars: [{ name: 'Mali', values: ['1250000.50', null] }, { name: 'Niger', values: [null, null] }] });
    expect(french?.alternative.replace(/[\u00A0\u202F]/g, '_')).toBe('Reçu. Mali_: Payé 1_250_000,50_USD_; Niger_: sans chiffre.');
    expect(french?.series.map(({ values }) => values)).toEqual([['1250000.50', null], [null, null]]);
    const [english] = chartOf('en', { ...chart, unit: { kind: 'percent' }, bars: [{ name: 'Mali', values: ['0.7312', '1.0000'] }] });
    expect(english?.alternative).toBe('Reçu. Mali: Payé 73.1%, Engagé 100.0%.');
    expect(chartOf('fr', { ...chart, bars: [] })).toEqual([]);
  });
});

test('decimal strings are added without leaving whole numbers', () => {
  expect(sumOfDecimals(['0.10', '0.20', null])).toBe('0.30');
  expect(sumOfDecimals(['9007199254740993', '-1'])).toBe('9007199254740992');
  expect(sumOfDecimals([null])).toBeNull();
  expect(['88.1250', '124.0000', '0.0000'].map(shareOfPercent)).toEqual(['0.881250', '1.240000', '0.000000']);
});

test('periods and names in words', () => {
  expect(periodLine('fr', '2025-08-01', '2025-12-31')).toBe('Dates de valeur du 1er août 2025 au 31 décembre 2025');
  expect(periodLine('en', null, '2025-12-31')).toBe('Value dates until 31 December 2025');
  expect(periodLine('fr', null, null)).toBe('Toutes les dates de valeur');
  expect(namesLine('en', 'what.states', [])).toEqual([]);
  expect(namesLine('en', 'what.states', Array.from({ length: 10 }, (_, index) => `S${index}`))).toEqual(['States: S0, S1, S2, S3, S4, S5, S6, S7, and 2 more']);
});

/** A result of many donors, of which the first gave most. */
function largeResult(size: number): ReportResult {
  const write = (units: number) => `${units}.00`;
  const figures = (committed: number) => ({ pledged: write(2 * committed), committed: write(committed), disbursed: write(0), undisbursed: write(committed), executionRate: '0.0000', lines: 1 });
  const donors = Array.from({ length: size }, (_, index) => `d${index}`);
  return {
    kind: 'commitment_vs_disbursement',
    asOf: '2026-05-01T12:00:00.000000Z',
    currency: 'USD',
    groupBy: ['donor', 'state'],
    filters: { countries: ['TCD'], donorIds: ['d1'], restricted: 'included', from: '2025-01-01' },
    scope: { all: false, states: ['MLI', 'TCD'], donorIds: [], restricted: false },
    notes: { fr: ['Une règle.'], en: ['A rule.'] },
    total: { ...figures((size * (size + 1)) / 2), lines: size },
    rows: donors.map((donor, index) => ({ key: { donor, state: 'TCD' }, ...figures(size - index) })),
    labels: { donor: Object.fromEntries(donors.map((donor) => [donor, { fr: `Donateur ${donor}`, en: `Donor ${donor}` }])), state: { TCD: { fr: 'Tchad', en: 'Chad' } } },
    leftOut: [{ reason: 'NO_RATE', lines: 3, text: { fr: 'Sans taux.', en: 'No rate.' } }],
  };
}

describe('a large report', () => {
  const result = largeResult(3000);
  const blocksOf = (document: ReportDocument) => document.sections.flatMap(({ blocks }) => blocks);

  test.each(languages)('has every row in its table and few bars in its chart, whose sum is the total (%s)', (language) => {
    const document = commitmentVsDisbursementDocument(result, reading(language));
    expect(checkDocument(document)).toEqual([]);
    const table = blocksOf(document).find((block): block is Table => block.type === 'table' && block.id === 'rows');
    expect(table?.rows).toHaveLength(3001);
    const chart = blocksOf(document).find((block): block is Chart => block.type === 'chart');
    expect(chart?.categories).toHaveLength(9);
    expect(chart?.series.map(({ values }) => sumOfDecimals(values))).toEqual([result.total.pledged, result.total.committed, result.total.disbursed]);
  });

  test('says what it is limited to, by name', () => {
    const { title, subtitle } = commitmentVsDisbursementDocument(result, reading('en'));
    expect(title).toBe('Pledges, commitments and disbursements');
    expect(subtitle).toEqual([
      'Broken down by: Donor, State', 'Value dates from 1 January 2025', 'States: Chad', 'Donors: Donor d1', 'Only what those who work for these states may see: Mali, Chad',
      'Amounts in USD',
    ]); // prettier-ignore
  });

  test('is the same for the same result', () => {
    const written = () => JSON.stringify(commitmentVsDisbursementDocument(largeResult(50), reading('fr')));
    expect(written()).toBe(written());
  });

  test('of nothing has no chart, and says that nothing was left out', () => {
    const none = { ...largeResult(0), leftOut: [] };
    const document = commitmentVsDisbursementDocument(none, reading('fr'));
    expect(checkDocument(document)).toEqual([]);
    expect(blocksOf(document).map(({ type }) => type)).toEqual(['figures', 'table', 'table']);
  });
});

describe('what the check of documents finds', () => {
  const sound = commitmentVsDisbursementDocument(largeResult(2), reading('fr'));
  const withCell = (one: Cell): ReportDocument => ({
    ...sound,
    sections: [...sound.sections, { id: 'more', title: 'Plus', blocks: [{ type: 'table', id: 'one', title: 'Un', columns: [{ title: 'Montant', kind: 'amount' }], rows: [{ cells: [one] }], empty: 'Rien.' }] }],
  });

  test.each([
    ['a repeated id', { ...sound, sections: [...sound.sections, ...sound.sections.slice(0, 1)] }, /is used twice/],
    ['an empty title', { ...sound, title: ' ' }, /title is empty/],
    ['an unfilled place', { ...sound, method: ['Au {day}'] }, /\{day\} was not filled/],
    ['a cell of another kind', withCell(cell.count(1)), /a count in column/],
    ['an untold currency', withCell(cell.amount('1.00', 'EUR')), /currency of Montant is not told/],
    ['other digits of the same currency', withCell(cell.amount('1', 'USD')), /different digits/],
    ['no decimal number', withCell(cell.amount('1 000', 'USD')), /is no amount/],
  ] as const)('%s', (_, document, problem) => {
    expect(checkDocument(document).join('\n')).toMatch(problem);
  });
});
