import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatMinor } from '../../src/domain/money.js';
import { cellsOf, checkSplits, type SplitPart, type Splits } from '../../src/domain/splits.js';

const WHOLE = 1_000_000;

/** Parts with these shares, named A, B, C…; null is no share. */
const parts = (...shares: readonly (string | null)[]): SplitPart[] =>
  shares.map((share, index) => ({ code: String.fromCharCode(65 + index), ...(share !== null && { share }) }));
const shareOf = (units: number) => formatMinor(BigInt(units), 4);
const codes = (count: number, prefix = 'C'): string[] => Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, '0')}`);

/** Between one and 40 positive numbers of ten-thousandths of a per cent that sum to 100 %. */
const wholeShares = fc.uniqueArray(fc.integer({ min: 1, max: WHOLE - 1 }), { maxLength: 39 }).map((cuts) => {
  const at = [0, ...cuts.sort((a, b) => a - b), WHOLE];
  return at.slice(1).map((end, index) => end - at[index]!);
});

const withShares = (units: readonly number[]): SplitPart[] => units.map((share, index) => ({ code: codes(units.length)[index]!, share: shareOf(share) }));

describe('checkSplits', () => {
  test.each([
    [['100']],
    [['60', '40']],
    [['33.3333', '33.3333', '33.3334']],
    [['0.0001', '99.9999']],
    [['12.5', '87.50']],
    [[null, null, null]],
  ])('takes shares %j', (shares) => expect(checkSplits({ country: parts(...shares) })).toEqual({ country: parts(...shares) }));

  test.each([
    [['33.3333', '33.3333', '33.3333'], '99.9999'],
    [['33.3334', '33.3333', '33.3334'], '100.0001'],
    [['33.33', '33.33', '33.33'], '99.99'],
    [['99'], '99'],
    [['60', '50'], '110'],
    [['100', '0'], '100'],
    [['100', null], '100'],
    [['50', '50', null], '100'],
  ])('refuses shares %j, which make %s', (shares, found) =>
    expect(() => checkSplits({ sector: parts(...shares) })).toThrow(expect.objectContaining({ code: 'SPLIT_NOT_WHOLE', params: { found }, field: 'splits.sector' })),
  );

  test('each dimension is whole by itself', () => {
    const splits: Splits = { country: parts('60', '40'), sector: parts('50', '49.9999') };
    expect(() => checkSplits(splits)).toThrow(expect.objectContaining({ code: 'SPLIT_NOT_WHOLE', field: 'splits.sector' }));
  });

  test('any shares that sum to 100 % pass, and one ten-thousandth more or less does not', () => {
    fc.assert(
      fc.property(wholeShares, fc.nat(), fc.constantFrom(-1, 1), (units, at, by) => {
        expect(checkSplits({ plan: withShares(units) })).toEqual({ plan: withShares(units) });
        const off = units.with(at % units.length, units[at % units.length]! + by);
        expect(() => checkSplits({ plan: withShares(off) })).toThrow(expect.objectContaining({ code: 'SPLIT_NOT_WHOLE' }));
      }),
    );
  });

  test('codes come in alphabetical order, empty dimensions are left out', () => {
    const splits: Splits = { country: [{ code: 'NER', share: '40' }, { code: 'MLI', share: '60' }], sector: [], plan: [{ code: 'Z' }, { code: 'A' }] };
    expect(checkSplits(splits)).toEqual({ country: [{ code: 'MLI', share: '60' }, { code: 'NER', share: '40' }], plan: [{ code: 'A' }, { code: 'Z' }] });
  });

  test('a code named twice is refused, with shares or without', () => {
    for (const share of [{}, { share: '50' }]) {
      const splits: Splits = { usageYear: [{ code: '2025', ...share }, { code: '2025', ...share }] };
      expect(() => checkSplits(splits)).toThrow(expect.objectContaining({ code: 'CODE_REPEATED', params: { code: '2025' }, field: 'splits.usageYear' }));
    }
  });

  test('2,000 combinations are the most; what is shared makes no combinations', () => {
    const divided = (count: number) => withShares([WHOLE - count + 1, ...Array.from({ length: count - 1 }, () => 1)]);
    const shared = codes(100).map((code) => ({ code }));
    expect(cellsOf(checkSplits({ country: divided(40), sector: divided(50), plan: shared }))).toHaveLength(2000);
    expect(() => checkSplits({ country: divided(3), sector: divided(667) })).toThrow(
      expect.objectContaining({ code: 'SPLIT_TOO_MANY_CELLS', params: { most: 2000 } }),
    );
  });
});

describe('cellsOf', () => {
  test('a flow without splits is one cell, not specified in any dimension', () => {
    expect(cellsOf({}).map((cell) => cell.codes)).toEqual([{ country: [], sector: [], beneficiaryGroup: [], plan: [], usageYear: [] }]);
  });

  test('shared codes stay together in one cell', () => {
    expect(cellsOf({ country: parts(null, null), sector: parts(null) }).map(({ codes: { country, sector } }) => [country, sector])).toEqual([[['A', 'B'], ['A']]]);
  });

  test('divided dimensions are combined, weighted by the product of their shares', () => {
    const cells = cellsOf({ country: parts('60', '40'), sector: parts('50', '30.5', '19.5'), plan: parts(null, null) });
    expect(cells.map(({ codes: { country, sector, plan }, weight }) => [...country, ...sector, plan.join('+'), String(weight)])).toEqual([
      ['A', 'A', 'A+B', '300000000000'],
      ['A', 'B', 'A+B', '183000000000'],
      ['A', 'C', 'A+B', '117000000000'],
      ['B', 'A', 'A+B', '200000000000'],
      ['B', 'B', 'A+B', '122000000000'],
      ['B', 'C', 'A+B', '78000000000'],
    ]);
  });

  test('the weights of a dimension’s code sum to its share of all weights', () => {
    const few = wholeShares.filter((units) => units.length <= 12);
    fc.assert(
      fc.property(few, few, (countries, sectors) => {
        const cells = cellsOf({ country: withShares(countries), sector: withShares(sectors) });
        const weightOf = (code?: string) => cells.filter((cell) => code === undefined || cell.codes.country.includes(code)).reduce((sum, cell) => sum + cell.weight, 0n);
        expect(cells).toHaveLength(countries.length * sectors.length);
        expect(weightOf()).toBe(BigInt(WHOLE) ** 2n);
        countries.forEach((share, index) => expect(weightOf(codes(countries.length)[index])).toBe(BigInt(share) * BigInt(WHOLE)));
      }),
    );
  });
});
