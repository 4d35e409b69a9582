import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cellsBy, checkParts, coverageOf, coverageTable, type FundingProfile, gapOf, type PlanFacts, type Selection } from '../../src/domain/coverage.js';
import { NOT_SPECIFIED, SHARED } from '../../src/domain/report.js';

const SEVEN = ['BFA', 'MLI', 'MRT', 'NER', 'SEN', 'TCD', 'TGO'];

const everything: Selection = { countries: null, years: null, plans: null };
const whole = { country: null, sector: null, beneficiaryGroup: null };
const plan = (code: string, more: Partial<PlanFacts> = {}): PlanFacts => ({ code, countries: ['MLI'], year: 2026, requirements: null, people: [], ...more });
const required = (minor: bigint, parts: NonNullable<PlanFacts['requirements']>['parts'] = []) => ({ minor, ownMinor: minor, parts });
const byCode = (...plans: readonly PlanFacts[]) => new Map(plans.map((one) => [one.code, one]));
const money = (committed: bigint, more: Partial<FundingProfile> = {}): FundingProfile => ({
  key: 'k', through: 'direct', reason: null, countries: ['MLI'], sectors: [], beneficiaryGroups: [], plans: ['A'], years: ['2026'], committed, paid: 0n, lines: 1, ...more,
}); // prettier-ignore
const funded = (found: { readonly direct: bigint; readonly throughFunds: bigint } | undefined) => (found ? found.direct + found.throughFunds : undefined);

describe('coverage', () => {
  test.each([
    [1_240_000n, 1_000_000n, '124.0000', 124],
    [184_298_428n, 1_714_181_496n, '10.7514', 11],
    [60_821_302n, 658_486_359n, '9.2365', 9],
    [5n, 1000n, '0.5000', 1],
    [2n, 3n, '66.6667', 67],
    [0n, 7n, '0.0000', 0],
  ])('of %d for %d is %s %%, published as %d', (found, wanted, exact, rounded) => {
    expect(coverageOf(found, wanted)).toEqual({ exact, whole: rounded });
  });

  test('does not exist where nothing is required; the gap is never negative', () => {
    expect([coverageOf(5n, null), coverageOf(5n, 0n), gapOf(5n, null), gapOf(5n, 0n)]).toEqual([null, null, null, null]);
    expect([gapOf(124n, 100n), gapOf(40n, 100n)]).toEqual([0n, 60n]);
  });
});

const PUBLISHED = path.resolve(__dirname, '../../../shared/fixtures/fts/fts_requirements_funding_global.csv');

(existsSync(PUBLISHED) ? test : test.skip)('of every plan that the Financial Tracking Service publishes for the seven states is the published one', () => {
  const rows = parse<Record<string, string>>(readFileSync(PUBLISHED), { columns: true });
  const plans = rows.filter(({ countryCode = '', requirements, percentFunded }) => SEVEN.includes(countryCode) && requirements && percentFunded);
  expect(plans.length).toBeGreaterThan(50);
  const differing = plans.filter(({ funding, requirements = '', percentFunded }) => coverageOf(BigInt(funding || '0'), BigInt(requirements))?.whole !== Number(percentFunded));
  expect(differing.map(({ code, funding, requirements, percentFunded }) => [code, funding, requirements, percentFunded])).toEqual([]);
});

describe('parts of requirements', () => {
  const part = (amountMinor: bigint, codes: object) => ({ ...whole, ...codes, amountMinor });
  const check = (...parts: readonly ReturnType<typeof part>[]) => () => {
    checkParts(100n, parts, String);
  };

  test('stay within the whole in each dimension, which may each give all of it', () => {
    expect(check(part(60n, { country: 'MLI' }), part(40n, { country: 'NER' }), part(100n, { sector: '1' }))).not.toThrow();
    expect(check(part(60n, { country: 'MLI' }), part(41n, { country: 'NER' }))).toThrow(expect.objectContaining({ code: 'REQUIREMENT_PARTS_EXCEED', params: { dimension: 'country', found: '101', most: '100' } }));
    expect(check(part(60n, { country: 'MLI', sector: '1' }), part(41n, { country: 'MLI', sector: '2' }))).toThrow(expect.objectContaining({ code: 'REQUIREMENT_PARTS_EXCEED' }));
    expect(check(part(1n, { sector: '1' }), part(1n, { sector: '1' }))).toThrow(expect.objectContaining({ code: 'CODE_REPEATED' }));
  });

  test('are found by exactly the dimensions asked, else by country as well', () => {
    const cells = [part(1n, { country: 'MLI' }), part(2n, { country: 'MLI', sector: '1' }), part(3n, { beneficiaryGroup: 'idp' })];
    const found = (...dimensions: Parameters<typeof cellsBy>[1]) => cellsBy(cells, dimensions).map(({ amountMinor }) => amountMinor);
    expect([found('country'), found('sector'), found('beneficiaryGroup'), found()]).toEqual([[1n], [2n], [3n], [1n]]);
  });
});

describe('a table', () => {
  test('counts money for several plans once, as shared, and money without a plan apart', () => {
    const plans = byCode(plan('A', { requirements: required(100n) }), plan('B'));
    const table = coverageTable('plan', plans, everything, [money(124n), money(30n, { plans: ['A', 'B'] }), money(9n, { plans: [] }), money(5n, { reason: 'INTO_FUND' })]);
    expect([funded(table.rows.get('A')), funded(table.rows.get('B')), funded(table.rows.get(SHARED))]).toEqual([124n, 0n, 30n]);
    expect([funded(table.total), table.total.requirements, funded(table.outsidePlans)]).toEqual([154n, 100n, 9n]);
    expect(table.rows.get('B')?.requirements).toBeNull();
  });

  test('tells sectors apart as FTS does, and what the plan leaves open is not specified', () => {
    const parts = [{ ...whole, sector: '1', amountMinor: 30n }, { ...whole, sector: '2', amountMinor: 50n }];
    const plans = byCode(plan('A', { requirements: required(100n, parts) }));
    const { rows, total } = coverageTable('sector', plans, everything, [money(10n, { sectors: ['1'] }), money(20n, { sectors: ['1', '2'] }), money(7n)]);
    expect([...rows].map(([code, cell]) => [code, cell.requirements, funded(cell)])).toEqual([
      [SHARED, null, 20n],
      [NOT_SPECIFIED, 20n, 7n],
      ['1', 30n, 10n],
      ['2', 50n, 0n],
    ]);
    expect([total.requirements, funded(total)]).toEqual([100n, 37n]);
  });

  test('takes a regional plan by its part for the states asked, and keeps money shared beyond them apart', () => {
    const parts = [{ ...whole, country: 'MLI', amountMinor: 60n }, { ...whole, country: 'CMR', amountMinor: 40n }];
    const people = [{ ...whole, inNeed: 9n, targeted: null, reached: null }, { ...whole, country: 'MLI', inNeed: 6n, targeted: 4n, reached: null }];
    const regional = plan('R', { countries: ['CMR', 'MLI'], requirements: { minor: 200n, ownMinor: 100n, parts }, people });
    const profiles = [money(30n, { plans: ['R'] }), money(11n, { plans: ['R'], countries: ['CMR', 'MLI'] }), money(5n, { plans: ['R'], countries: ['CMR'] })];
    const mali = coverageTable('plan', byCode(regional), { ...everything, countries: ['MLI'] }, profiles);
    expect(mali.rows.get('R')).toMatchObject({ requirements: 120n, direct: 30n, inNeed: 6n, targeted: 4n });
    expect(funded(mali.beyond)).toBe(11n);
    const states = coverageTable('state', byCode(regional), everything, profiles).rows;
    expect([...states].map(([code, cell]) => [code, cell.requirements, funded(cell)])).toEqual([[SHARED, null, 11n], ['CMR', 80n, 5n], ['MLI', 120n, 30n]]);
    expect(coverageTable('plan', byCode(regional), everything, profiles).rows.get('R')).toMatchObject({ requirements: 200n, direct: 46n, inNeed: 9n });
    const without = { ...regional, requirements: required(200n) };
    expect(coverageTable('plan', byCode(without), { ...everything, countries: ['MLI'] }, []).total.requirements).toBeNull();
  });

  test('goes by the year of the plan, and for money without a plan by its own', () => {
    const plans = byCode(plan('A', { year: 2025 }), plan('B'));
    const table = coverageTable('plan', plans, { ...everything, years: [2026] }, [money(1n, { years: ['2026'] }), money(2n, { plans: ['B'], years: ['2025'] }), money(4n, { plans: [] }), money(8n, { plans: ['A', 'B'] })]);
    expect([[...table.rows.keys()], funded(table.total), funded(table.outsidePlans), funded(table.beyond)]).toEqual([['B'], 2n, 4n, 8n]);
  });

  test('gives the states of money that names none from its plan', () => {
    expect(funded(coverageTable('state', byCode(plan('A')), everything, [money(3n, { countries: [] })]).rows.get('MLI'))).toBe(3n);
  });

  const codes = (...of: string[]) => fc.uniqueArray(fc.constantFrom(...of), { maxLength: 3 });
  const anyMoney = fc.record({ countries: codes('MLI', 'NER', 'CMR'), sectors: codes('1', '2'), plans: codes('A', 'B', 'R'), committed: fc.bigInt({ min: -50n, max: 500n }), through: fc.constantFrom('direct' as const, 'fund' as const) });
  const plans = byCode(plan('A', { requirements: required(100n) }), plan('B', { countries: ['NER'], year: 2025 }), plan('R', { countries: ['CMR', 'MLI'], requirements: required(70n, [{ ...whole, country: 'MLI', amountMinor: 20n }]) }));

  test('has each line once, whatever it is grouped by, and its rows make the total', () => {
    fc.assert(
      fc.property(fc.array(anyMoney, { maxLength: 20 }), fc.constantFrom(null, ['MLI'], ['MLI', 'NER']), (found, countries) => {
        const profiles = found.map((one) => money(one.committed, one));
        const tables = (['plan', 'sector', 'state', 'group'] as const).map((groupBy) => coverageTable(groupBy, plans, { ...everything, countries }, profiles));
        for (const { rows, total, outsidePlans, beyond } of tables) {
          expect([...rows.values()].reduce((sum, cell) => sum + cell.direct + cell.throughFunds, 0n)).toBe(funded(total));
          expect([...rows.values()].reduce((sum, cell) => sum + (cell.requirements ?? 0n), 0n)).toBe(total.requirements ?? 0n);
          expect([funded(total), funded(outsidePlans), funded(beyond)]).toEqual([funded(tables[0]?.total), funded(tables[0]?.outsidePlans), funded(tables[0]?.beyond)]);
          if (countries === null) expect(total.lines + outsidePlans.lines + beyond.lines).toBe(profiles.length);
        }
      }),
    );
  });
});
