import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { convert, findLegs, fixedRate, type Rate, type RateBook } from '../../src/domain/fx.js';
import { formatMinor } from '../../src/domain/money.js';

const exponents: Readonly<Record<string, number>> = { XOF: 0, XAF: 0, EUR: 2, USD: 2, MRU: 2, KWD: 3, CLF: 4 };
const unit = (currency: string) => ({ currency, exponent: exponents[currency]! });

const perEuro = (quote: string, rate: string): Rate => ({ base: 'EUR', quote, rate, date: '2025-03-07', source: 'ECB' });
const perDollar = (quote: string, rate: string): Rate => ({ base: 'USD', quote, rate, date: '2025-03-07', source: 'IMF' });
const bookOf = (...rates: readonly Rate[]): RateBook => new Map(rates.map((rate) => [rate.quote, rate]));

const XOF = fixedRate('XOF', '2025-03-10')!;
const XAF = fixedRate('XAF', '2025-03-10')!;
const USD = perEuro('USD', '1.0800');
const KWD = perEuro('KWD', '0.3330');
const MRU = perDollar('MRU', '39.75');
const book = bookOf(XOF, XAF, USD, KWD, MRU);

function exchange(minor: bigint, from: string, to: string, rates = book): bigint | undefined {
  const legs = findLegs(from, to, rates);
  return legs && convert(minor, unit(from), unit(to), legs);
}

/** A positive decimal string of up to nine significant digits. */
const decimal = fc.tuple(fc.bigInt({ min: 1n, max: 999_999_999n }), fc.integer({ min: 0, max: 9 })).map(([digits, scale]) => formatMinor(digits, scale));

const rational = (text: string) => {
  const [whole = '', decimals = ''] = text.split('.');
  return { n: BigInt(whole + decimals), d: 10n ** BigInt(decimals.length) };
};
const size = (n: bigint) => (n < 0n ? -n : n);

describe('the fixed rate of the CFA francs', () => {
  test.each(['XOF', 'XAF'])('1 EUR is 655.957 %s since 1999', (currency) => {
    expect(fixedRate(currency, '1999-01-01')).toEqual({ base: 'EUR', quote: currency, rate: '655.957', date: '1999-01-01', source: 'BCEAO/BEAC' });
    expect(fixedRate(currency, '1998-12-31')).toBeUndefined();
  });

  test('no other currency has one', () => expect(['EUR', 'USD', 'MRU', 'KMF'].map((currency) => fixedRate(currency, '2025-01-01'))).toEqual([undefined, undefined, undefined, undefined]));

  test.each([
    [100_000n, 'EUR', 'XOF', 655_957n],
    [100n, 'EUR', 'XOF', 656n],
    [1n, 'EUR', 'XOF', 7n],
    [655_957n, 'XOF', 'EUR', 100_000n],
    [1_000_000n, 'XAF', 'EUR', 152_449n],
    [3n, 'XOF', 'EUR', 0n],
    [4n, 'XOF', 'EUR', 1n],
    [12_345n, 'XOF', 'XAF', 12_345n],
    [-100n, 'EUR', 'XOF', -656n],
  ])('%d %s → %s: %d', (minor, from, to, expected) => expect(exchange(minor, from, to)).toBe(expected));
});

describe('the way from one currency to another', () => {
  test.each([
    ['EUR', 'EUR', []],
    ['EUR', 'XOF', [XOF]],
    ['XOF', 'EUR', [XOF]],
    ['XOF', 'USD', [XOF, USD]],
    ['USD', 'KWD', [USD, KWD]],
    ['MRU', 'EUR', [MRU, USD]],
    ['XOF', 'MRU', [XOF, USD, MRU]],
    ['MRU', 'USD', [MRU]],
    ['USD', 'MRU', [MRU]],
  ])('%s → %s', (from, to, legs) => expect(findLegs(from, to, book)).toEqual(legs));

  test.each([
    ['GNF', 'USD', book],
    ['USD', 'GNF', book],
    ['USD', 'EUR', bookOf(XOF)],
    ['XOF', 'USD', bookOf(XOF)],
    ['XOF', 'EUR', bookOf(USD)],
    ['MRU', 'EUR', bookOf(MRU)],
  ])('%s → %s is undefined without a rate, never 1', (from, to, rates) => expect(findLegs(from, to, rates)).toBeUndefined());

  test('two different currencies are joined if, and only if, each has a rate that leads to the euro', () => {
    const pick = fc.constantFrom(...Object.keys(exponents));
    fc.assert(
      fc.property(fc.subarray([XOF, XAF, USD, KWD, MRU]), pick, pick, (rates, from, to) => {
        fc.pre(from !== to);
        const leads = (code: string): boolean => code === 'EUR' || rates.some(({ quote, base }) => quote === code && leads(base));
        const legs = findLegs(from, to, bookOf(...rates));
        expect(legs !== undefined).toBe(leads(from) && leads(to));
        expect(new Set(legs).size).toBe((legs ?? []).length);
      }),
    );
  });
});

describe('convert', () => {
  test.each([
    // 1,000.000 KWD ÷ 0.3330 × 1.0800 = 3,243.2432… USD
    [1_000_000n, 'KWD', 'USD', 324_324n],
    // 0.001 KWD is 0.0032 USD, 0.002 KWD is 0.0065 USD
    [1n, 'KWD', 'USD', 0n],
    [2n, 'KWD', 'USD', 1n],
    // 250.00 USD ÷ 1.0800 × 0.3330 = 77.08333… KWD
    [25_000n, 'USD', 'KWD', 77_083n],
    // 1,000,000 XOF ÷ 655.957 × 1.0800 = 1,646.4493… USD
    [1_000_000n, 'XOF', 'USD', 164_645n],
    // 39,750.00 MRU ÷ 39.75 = 1,000.00 USD ÷ 1.0800 × 655.957 = 607,367.59… XOF
    [3_975_000n, 'MRU', 'XOF', 607_368n],
  ])('%d %s → %s: %d', (minor, from, to, expected) => expect(exchange(minor, from, to)).toBe(expected));

  test('rounds once at the end: 3 XOF are 0.0046 EUR, which are 0.0055 USD', () => {
    expect(exchange(3n, 'XOF', 'EUR')).toBe(0n);
    expect(exchange(3n, 'XOF', 'USD', bookOf(XOF, perEuro('USD', '1.2000')))).toBe(1n);
  });

  test('halves go away from zero', () => {
    const half = bookOf(perEuro('USD', '0.5'));
    expect([1n, -1n, 3n].map((minor) => exchange(minor, 'EUR', 'USD', half))).toEqual([1n, -1n, 2n]);
  });

  const minorUnits = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
  const pair = fc.record({ minor: minorUnits, from: fc.constantFrom('XOF', 'MRU', 'KWD', 'CLF'), to: fc.constantFrom('XAF', 'USD'), up: decimal, down: decimal });

  test('gives the nearest minor unit of the exact product of the rates', () => {
    fc.assert(
      fc.property(pair, ({ minor, from, to, up, down }) => {
        const converted = exchange(minor, from, to, bookOf(perEuro(from, up), perEuro(to, down)))!;
        const [a, b] = [rational(up), rational(down)];
        const numerator = minor * a.d * b.n * 10n ** BigInt(exponents[to]!);
        const denominator = a.n * b.d * 10n ** BigInt(exponents[from]!);
        const twiceOff = 2n * size(numerator - converted * denominator);
        expect(twiceOff <= denominator).toBe(true);
        if (twiceOff === denominator) expect(size(converted) * denominator > size(numerator)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('leaves an amount as it is when both currencies are the same', () => {
    fc.assert(fc.property(minorUnits, fc.constantFrom(...Object.keys(exponents)), (minor, currency) => expect(exchange(minor, currency, currency)).toBe(minor)));
  });

  test('there and back is at most one minor unit off when the other currency has the finer unit', () => {
    fc.assert(
      fc.property(pair, ({ minor, from, to, up, down }) => {
        const rates = bookOf(perEuro(from, up), perEuro(to, down));
        const oneBack = exchange(1_000_000n, to, from, rates)!;
        fc.pre(oneBack < 1_000_000n);
        const back = exchange(exchange(minor, from, to, rates)!, to, from, rates)!;
        expect(size(back - minor) <= 1n).toBe(true);
      }),
    );
  });

  test('is odd and never turns the order of two amounts', () => {
    fc.assert(
      fc.property(pair, minorUnits, ({ minor, from, to, up, down }, other) => {
        const rates = bookOf(perEuro(from, up), perEuro(to, down));
        const at = (amount: bigint) => exchange(amount, from, to, rates)!;
        expect(at(-minor)).toBe(-at(minor));
        expect(minor <= other ? at(minor) <= at(other) : at(minor) >= at(other)).toBe(true);
      }),
    );
  });

  test('rates that do not join the two currencies are refused', () => {
    expect(() => convert(1n, unit('XOF'), unit('USD'), [USD])).toThrow(RangeError);
    expect(() => convert(1n, unit('XOF'), unit('USD'), [XOF])).toThrow(RangeError);
    expect(() => convert(1n, unit('XOF'), unit('USD'), [])).toThrow(RangeError);
  });
});
