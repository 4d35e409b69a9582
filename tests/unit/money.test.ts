import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allocate, divideHalfUp, exponentOf, formatMinor, parseMinor } from '../../src/domain/money.js';

const exponents = new Map([['XOF', 0], ['EUR', 2], ['KWD', 3], ['CLF', 4]]);
const currencies = [...exponents.keys()];
const LARGEST = 10n ** 15n;

const currency = fc.constantFrom(...currencies);
const minorUnits = fc.bigInt({ min: -LARGEST, max: LARGEST });
const parse = (amount: string, code: string) => parseMinor(amount, code, exponents);
const format = (minor: bigint, code: string) => formatMinor(minor, exponentOf(code, exponents));
const size = (n: bigint) => (n < 0n ? -n : n);
const sum = (parts: readonly bigint[]) => parts.reduce((a, b) => a + b, 0n);

describe('amounts as decimal strings', () => {
  test.each([
    ['1250000.50', 'EUR', 125000050n],
    ['1250000.5', 'EUR', 125000050n],
    ['7', 'EUR', 700n],
    ['0.01', 'EUR', 1n],
    ['-0.01', 'EUR', -1n],
    ['007.10', 'EUR', 710n],
    ['655957', 'XOF', 655957n],
    ['-1', 'XOF', -1n],
    ['0.001', 'KWD', 1n],
    ['12.345', 'KWD', 12345n],
    ['1.0001', 'CLF', 10001n],
    ['0', 'KWD', 0n],
  ])('"%s" %s is %d minor units', (amount, code, minor) => expect(parse(amount, code)).toBe(minor));

  test.each([
    [0n, 'XOF', '0'],
    [0n, 'EUR', '0.00'],
    [-5n, 'EUR', '-0.05'],
    [5n, 'KWD', '0.005'],
    [123456n, 'CLF', '12.3456'],
    [-100n, 'XOF', '-100'],
  ])('%d minor units of %s are written "%s"', (minor, code, text) => expect(format(minor, code)).toBe(text));

  test('every amount is read back as it was written, for 0, 2, 3 and 4 digits', () => {
    fc.assert(fc.property(currency, minorUnits, (code, minor) => expect(parse(format(minor, code), code)).toBe(minor)), { numRuns: 500 });
  });

  test('what is written has exactly the digits of the currency', () => {
    fc.assert(
      fc.property(currency, minorUnits, (code, minor) => {
        const [, decimals = ''] = format(minor, code).split('.');
        expect(decimals).toHaveLength(exponents.get(code)!);
      }),
    );
  });

  test('one digit more than the currency has is refused, even a zero', () => {
    fc.assert(
      fc.property(currency, fc.nat(), fc.stringMatching(/^\d{1,6}$/), (code, whole, extra) => {
        const digits = exponents.get(code)!;
        const amount = `${whole}.${'0'.repeat(digits)}${extra}`;
        expect(() => parse(amount, code)).toThrow(expect.objectContaining({ code: 'AMOUNT_DIGITS', params: { found: amount, currency: code, digits } }));
      }),
    );
  });

  test.each(['', ' 1', '1 ', '1,5', '1 000', '1_000', '+1', '--1', '1.', '.5', '1e3', '0x10', 'NaN', 'Infinity', '1.2.3', '١٢'])('"%s" is no amount', (amount) =>
    expect(() => parse(amount, 'EUR')).toThrow(expect.objectContaining({ code: 'AMOUNT_FORMAT', params: { found: amount } })),
  );

  test('10^15 minor units are the most, on either side of zero', () => {
    expect(parse('10000000000000.00', 'EUR')).toBe(LARGEST);
    expect(parse('-1000000000000000', 'XOF')).toBe(-LARGEST);
    for (const [amount, code] of [['10000000000000.01', 'EUR'], ['-1000000000000001', 'XOF'], ['9'.repeat(40), 'KWD']] as const) {
      expect(() => parse(amount, code)).toThrow(expect.objectContaining({ code: 'AMOUNT_TOO_LARGE' }));
    }
  });

  test('an unknown currency is refused', () => {
    expect(() => parse('1', 'ZZZ')).toThrow(expect.objectContaining({ code: 'CURRENCY_UNKNOWN', params: { currency: 'ZZZ' } }));
  });
});

describe('divideHalfUp', () => {
  test.each([
    [5n, 2n, 3n],
    [-5n, 2n, -3n],
    [5n, -2n, -3n],
    [-5n, -2n, 3n],
    [1n, 3n, 0n],
    [2n, 3n, 1n],
    [-1n, 3n, 0n],
    [0n, 7n, 0n],
    [10n ** 30n + 1n, 2n, (10n ** 30n) / 2n + 1n],
  ])('%d ÷ %d → %d', (numerator, denominator, rounded) => expect(divideHalfUp(numerator, denominator)).toBe(rounded));

  test('gives the nearest integer, and of two equally near the one further from zero', () => {
    const any = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
    const small = fc.bigInt({ min: -40n, max: 40n });
    fc.assert(
      fc.property(fc.oneof(any, small), fc.oneof(any, small), (numerator, denominator) => {
        fc.pre(denominator !== 0n);
        const rounded = divideHalfUp(numerator, denominator);
        const twiceOff = 2n * size(numerator - rounded * denominator);
        expect(twiceOff <= size(denominator)).toBe(true);
        if (twiceOff === size(denominator)) expect(size(rounded * denominator) > size(numerator)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('allocate', () => {
  const weights = fc
    .array(fc.oneof(fc.bigInt({ min: 0n, max: 5n }), fc.bigInt({ min: 0n, max: 10n ** 30n })), { minLength: 1, maxLength: 30 })
    .filter((list) => list.some((weight) => weight > 0n));

  test.each([
    [100n, [1n, 1n, 1n], [34n, 33n, 33n]],
    [101n, [1n, 1n, 1n], [34n, 34n, 33n]],
    [-100n, [1n, 1n, 1n], [-34n, -33n, -33n]],
    [10n, [333333n, 333333n, 333334n], [3n, 3n, 4n]],
    [2n, [0n, 3n, 0n, 1n], [0n, 2n, 0n, 0n]],
    [1n, [1n, 2n], [0n, 1n]],
    [0n, [5n, 5n], [0n, 0n]],
  ])('%d by %j → %j', (total, by, parts) => expect(allocate(total, by)).toEqual(parts));

  test('the parts sum to the total, each between the floor and the ceiling of its quota', () => {
    fc.assert(
      fc.property(minorUnits, weights, (total, by) => {
        const parts = allocate(total, by);
        expect(parts).toHaveLength(by.length);
        expect(sum(parts)).toBe(total);
        parts.forEach((part, index) => {
          const exact = size(total) * by[index]!;
          const floor = exact / sum(by);
          const ceiling = floor * sum(by) === exact ? floor : floor + 1n;
          expect(size(part) >= floor && size(part) <= ceiling).toBe(true);
          expect(part === 0n || part < 0n === total < 0n).toBe(true);
        });
      }),
      { numRuns: 500 },
    );
  });

  test('a larger weight never gets less, and of equal weights the earlier gets the odd unit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: LARGEST }), weights, (total, by) => {
        const parts = allocate(total, by);
        by.forEach((weight, i) =>
          by.forEach((other, j) => {
            if (weight > other || (weight === other && i < j)) expect(parts[i]! >= parts[j]!).toBe(true);
          }),
        );
      }),
    );
  });

  test('a negative total is the mirror of the positive one', () => {
    fc.assert(fc.property(minorUnits, weights, (total, by) => expect(allocate(-total, by)).toEqual(allocate(total, by).map((part) => -part))));
  });

  test.each([[[]], [[0n, 0n]]])('weights %j can share nothing out', (by) => expect(() => allocate(1n, by)).toThrow(RangeError));
});
