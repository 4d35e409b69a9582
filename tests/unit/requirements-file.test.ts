import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readRequirements } from '../../src/features/imports/fts-requirements.js';
import { readPlanList } from '../../src/features/imports/plan-list.js';
import { dollars, readDollars } from '../../src/features/imports/published-amount.js';

const isCountry = (iso3: string) => ['MLI', 'NER', 'TCD'].includes(iso3);
const file = (text: string) => [{ name: 'f.csv', content: Buffer.from(text) }];

describe('published dollars', () => {
  test.each([
    ['500000', 50_000_000n, false],
    ['1.065259E+07', 1_065_259_000n, false],
    ['9400705.053', 940_070_505n, true],
    ['0.005', 1n, true],
    ['0.0049', 0n, true],
    ['-0.005', -1n, true],
    ['-25.10', -2510n, false],
    ['10.500', 1050n, false],
  ])('%s', (text, cents, rounded) => {
    expect(readDollars(text)).toEqual({ cents, rounded });
  });

  test.each([['', 'AMOUNT_FORMAT'], ['1,5', 'AMOUNT_FORMAT'], ['$5', 'AMOUNT_FORMAT'], ['NaN', 'AMOUNT_FORMAT'], ['1e40', 'AMOUNT_TOO_LARGE'], ['10000000000000.01', 'AMOUNT_TOO_LARGE']])('%s is none', (text, code) => {
    expect(readDollars(text)).toEqual({ code });
  });

  test('cents written out are read as the same cents', () => {
    fc.assert(fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), (cents) => {
      expect(readDollars(dollars(cents))).toEqual({ cents, rounded: false });
    }));
  });

  test('never differ from what is published by more than half a cent', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 10n ** 16n }), (tenThousandths) => {
      const text = `${tenThousandths / 10_000n}.${String(tenThousandths % 10_000n).padStart(4, '0')}`;
      const read = readDollars(text);
      const gap = 'cents' in read ? read.cents * 100n - tenThousandths : 1_000n;
      expect(gap >= -49n && gap <= 50n).toBe(true);
    }));
  });
});

const HEADER = 'countryCode,id,name,code,typeId,typeName,startDate,endDate,year,requirements,funding,percentFunded';
const row = (country: string, requirement: string) => `${country},7,Regional,RREG26,1,Regional response plan,2026-01-01,2026-12-31,2026,${requirement},1,2`;

describe('the requirements of FTS', () => {
  test('of a plan are the sum of its states, whatever the order of its rows', () => {
    const states = ['MLI', 'NER', 'TCD'];
    const amounts = fc.array(fc.nat({ max: 2_000_000_000 }), { minLength: 3, maxLength: 3 });
    fc.assert(fc.property(amounts, fc.shuffledSubarray([0, 1, 2], { minLength: 3, maxLength: 3 }), (sizes, order) => {
      const rows = order.map((index) => row(states[index] ?? '', String(sizes[index])));
      const { plans, problems } = readRequirements(file([HEADER, ...rows].join('\r\n')), isCountry);
      expect(problems).toEqual([]);
      const sum = BigInt(sizes.reduce((a, b) => a + b, 0)) * 100n;
      expect(plans[0]?.revised?.amountMinor ?? 0n).toBe(sum);
      expect(plans[0]?.countries).toEqual(states);
    }));
  });

  test('that are blank or 0 are not known; what is published stays as it is', () => {
    const { plans } = readRequirements(file([HEADER, row('MLI', ''), row('NER', '0')].join('\n')), isCountry);
    expect(plans).toMatchObject([{ revised: null, published: [{ requirementsMinor: null }, { requirementsMinor: 0n }] }]);
  });

  test('without a plan must say so', () => {
    const { outside, problems } = readRequirements(file([HEADER, 'MLI,,Not specified,,,,,,2026,,5,', 'NER,,Not specified,,,,,,2026,7,5,', 'TCD,x,Odd,,,,,,2026,,5,'].join('\n')), isCountry);
    expect(outside).toMatchObject([{ country: 'MLI', fundingMinor: 500n }]);
    expect(problems.map(({ row: at, code, found }) => [at, code, found])).toEqual([[2, 'PLAN_UNKNOWN', 'Not specified'], [3, 'PLAN_UNKNOWN', 'x']]);
  });

  test.each([
    ['', 'EMPTY_FILE'],
    ['<html>', 'HTML_FILE'],
    ['a,b\n1,2', 'MISSING_COLUMNS'],
    [`${HEADER},id\n`, 'REPEATED_COLUMNS'],
    [`${HEADER}\nMLI,"x`, 'MALFORMED_CSV'],
  ])('of a file that is none: %s', (text, code) => {
    expect(readRequirements(file(text), isCountry).problems).toMatchObject([{ row: 0, code }]);
  });
});

describe('the list of plans', () => {
  const LIST = 'code,internalId,startDate,endDate,planVersion,categories,locations,years,origRequirements,revisedRequirements';
  const read = (...rows: readonly string[]) => readPlanList(file([LIST, '#a,#b,#c,#d,#e,#f,#g,#h,#i,#j', ...rows].join('\n')), isCountry);

  test('tells the category from the language and the way a plan is divided', () => {
    expect(read('A,1,2026-01-01,2026-12-31,P,sector | en | Regional response plan,NER | MLI,2026 | 2025,0,5').plans).toMatchObject([
      { plan: { ftsId: null, code: 'A', name: 'P' }, category: 'Regional response plan', countries: ['MLI', 'NER'], year: 2025, original: null, revised: { amountMinor: 500n, parts: [] }, places: [{ file: 'f.csv', row: 1 }] },
    ]);
  });

  test('gives a plan without a code, or with that of another, the internal number', () => {
    const { plans } = read('R05,1,,,P,Other,,2005,1,1', 'R05,2,,,Q,Other,,2005,1,1', ',3,,,R,Other,,2005,1,1', 'B,4,,,S,Other,,2005,1,1');
    expect(plans.map(({ plan }) => plan.code)).toEqual(['R05-1', 'R05-2', 'HPC-3', 'B']);
  });
});
