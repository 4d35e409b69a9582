import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fixedRate, type Rate, type RateBook, reportingCurrencies } from '../../src/domain/fx.js';
import { formatMinor } from '../../src/domain/money.js';
import {
  type BookedAmounts,
  type CellBalance,
  convertLowering,
  convertToReporting,
  type ConvertedAmounts,
  type LineDraft,
  linesByBalance,
  linesBySplits,
  requireAllConverted,
} from '../../src/domain/posting.js';
import { cellsOf, type SplitPart, type Splits } from '../../src/domain/splits.js';

const exponents = new Map([['XOF', 0], ['EUR', 2], ['USD', 2], ['KWD', 3]]);
const perEuro = (quote: string, rate: string): Rate => ({ base: 'EUR', quote, rate, date: '2025-03-07', source: 'ECB' });
const XOF = fixedRate('XOF', '2025-03-10')!;
const bookOf = (...rates: readonly Rate[]): RateBook => new Map(rates.map((rate) => [rate.quote, rate]));
const book = bookOf(XOF, perEuro('USD', '1.0800'), perEuro('KWD', '0.3330'));

const minors = (converted: ConvertedAmounts) => reportingCurrencies.map((target) => converted[target]?.minor);
const methods = (converted: ConvertedAmounts) => reportingCurrencies.map((target) => converted[target]?.conversion.method);
const size = (n: bigint) => (n < 0n ? -n : n);
const total = (lines: readonly LineDraft[]) => lines.reduce((sum, line) => sum + line.amountMinor, 0n);
const totalIn = (lines: readonly LineDraft[], target: (typeof reportingCurrencies)[number]) => lines.reduce((sum, line) => sum + (line.converted[target] ?? 0n), 0n);

/** Shares in ten-thousandths of a per cent between some cuts of the whole. */
const dimension = fc.uniqueArray(fc.integer({ min: 1, max: 999_999 }), { maxLength: 7 }).map((cuts): readonly SplitPart[] => {
  const at = [0, ...cuts.sort((a, b) => a - b), 1_000_000];
  return at.slice(1).map((end, index) => ({ code: `C${index}`, share: formatMinor(BigInt(end - at[index]!), 4) }));
});
const splits: fc.Arbitrary<Splits> = fc.record({ country: dimension, sector: dimension }, { requiredKeys: [] });
const amount = fc.oneof(fc.bigInt({ min: 1n, max: 50n }), fc.bigInt({ min: 1n, max: 10n ** 15n }));
const rate = fc.bigInt({ min: 1n, max: 999_999n }).map((digits) => formatMinor(digits, 4));
const rates = fc.tuple(rate, rate).map(([usd, kwd]) => bookOf(XOF, perEuro('USD', usd), perEuro('KWD', kwd)));
const currency = fc.constantFrom(...exponents.keys());

describe('convertToReporting', () => {
  test.each([
    ['EUR', 250_000n, [270_000n, 250_000n, 1_639_893n], ['rates', 'same', 'fixed']],
    ['XOF', 655_957n, [108_000n, 100_000n, 655_957n], ['rates', 'fixed', 'same']],
    ['USD', 108_000n, [108_000n, 100_000n, 655_957n], ['same', 'rates', 'rates']],
    ['KWD', 333_000n, [108_000n, 100_000n, 655_957n], ['rates', 'rates', 'rates']],
  ])('%s %d', (code, minor, expected, how) => {
    const converted = convertToReporting(minor, code, book, exponents);
    expect(minors(converted)).toEqual(expected);
    expect(methods(converted)).toEqual(how);
  });

  test('keeps the dollars that the source published, and converts the rest from them', () => {
    const converted = convertToReporting(1n, 'KWD', book, exponents, 108_000n);
    expect(minors(converted)).toEqual([108_000n, 100_000n, 655_957n]);
    expect(methods(converted)).toEqual(['published', 'rates', 'rates']);
  });

  test('beside published dollars, euros and CFA francs stay what they are', () => {
    const euros = convertToReporting(99_000n, 'EUR', book, exponents, 108_000n);
    expect([minors(euros), methods(euros)]).toEqual([[108_000n, 99_000n, 649_397n], ['published', 'same', 'fixed']]);
    const francs = convertToReporting(655_957n, 'XOF', book, exponents, 107_000n);
    expect([minors(francs), methods(francs)]).toEqual([[107_000n, 100_000n, 655_957n], ['published', 'fixed', 'same']]);
  });

  test('published dollars help where the currency has no rate', () => {
    expect(minors(convertToReporting(5n, 'KWD', bookOf(XOF, perEuro('USD', '1.08')), exponents, 108n))).toEqual([108n, 100n, 656n]);
  });

  test('an amount in dollars is its own, whatever else was published', () => {
    const converted = convertToReporting(500n, 'USD', book, exponents, 499n);
    expect([minors(converted)[0], methods(converted)[0]]).toEqual([500n, 'same']);
  });

  test('a missing rate leaves nothing, not the amount itself', () => {
    expect(convertToReporting(100n, 'KWD', bookOf(XOF, perEuro('USD', '1.08')), exponents)).toEqual({ USD: null, EUR: null, XOF: null });
    expect(minors(convertToReporting(100n, 'EUR', bookOf(XOF), exponents))).toEqual([undefined, 100n, 656n]);
  });

  test('requireAllConverted names the first currency that is missing', () => {
    const partly = convertToReporting(100n, 'EUR', bookOf(XOF), exponents);
    expect(() => requireAllConverted(partly, 'EUR', '2025-03-10')).toThrow(
      expect.objectContaining({ code: 'NO_RATE', params: { from: 'EUR', to: 'USD', date: '2025-03-10' }, field: 'amount.currency' }),
    );
    const whole = convertToReporting(100n, 'EUR', book, exponents);
    expect(requireAllConverted(whole, 'EUR', '2025-03-10')).toBe(whole);
  });
});

describe('lines by splits', () => {
  test('a hand-computed entry: 100.01 EUR, 60/40, at 1.08', () => {
    const converted = convertToReporting(10_001n, 'EUR', book, exponents);
    const lines = linesBySplits({ country: [{ code: 'MLI', share: '60' }, { code: 'NER', share: '40' }] }, 10_001n, converted);
    expect(lines.map(({ cell, codes, amountMinor, converted: { USD, EUR, XOF: xof } }) => [cell, ...codes.country, amountMinor, USD, EUR, xof])).toEqual([
      [0, 'MLI', 6_001n, 6_481n, 6_001n, 39_364n],
      [1, 'NER', 4_000n, 4_320n, 4_000n, 26_238n],
    ]);
  });

  test('sum to the entry exactly, in its own and in every reporting currency', () => {
    fc.assert(
      fc.property(splits, amount, currency, rates, (parts, minor, code, day) => {
        const converted = convertToReporting(minor, code, day, exponents);
        const lines = linesBySplits(parts, minor, converted);
        expect(total(lines)).toBe(minor);
        for (const target of reportingCurrencies) expect(totalIn(lines, target)).toBe(converted[target]!.minor);
      }),
      { numRuns: 300 },
    );
  });

  test('give each cell its share to within one minor unit, and no line of nothing', () => {
    fc.assert(
      fc.property(splits, amount, (parts, minor) => {
        const cells = cellsOf(parts);
        const whole = cells.reduce((sum, cell) => sum + cell.weight, 0n);
        const lines = linesBySplits(parts, minor, convertToReporting(minor, 'EUR', book, exponents));
        cells.forEach((cell, index) => {
          const line = lines.find((one) => one.cell === index);
          expect(size((line?.amountMinor ?? 0n) * whole - minor * cell.weight) < whole).toBe(true);
          if (line) expect(line.codes).toEqual(cell.codes);
        });
        expect(lines.filter((line) => line.amountMinor <= 0n)).toEqual([]);
      }),
    );
  });

  test('keep the gaps where an amount could not be converted', () => {
    const lines = linesBySplits({}, 100n, convertToReporting(100n, 'EUR', bookOf(XOF), exponents));
    expect(lines.map((line) => line.converted)).toEqual([{ USD: null, EUR: 100n, XOF: 656n }]);
  });
});

/** What stands in each cell of a commitment after some lines. */
class Commitment {
  readonly cells: CellBalance[];

  constructor(readonly splits: Splits, minor: bigint) {
    this.cells = cellsOf(splits).map((cell, index) => ({ cell: index, codes: cell.codes, balanceMinor: 0n }));
    this.add(linesBySplits(splits, minor, none));
  }

  get left(): bigint {
    return this.cells.reduce((sum, cell) => sum + cell.balanceMinor, 0n);
  }

  /** The cells that the journal has lines of; a cell that never got a line is not among them. */
  get touched(): CellBalance[] {
    return this.cells.filter((cell) => cell.balanceMinor !== 0n);
  }

  add(lines: readonly LineDraft[], sign = 1n): void {
    for (const line of lines) this.cells[line.cell] = { ...this.cells[line.cell]!, balanceMinor: this.cells[line.cell]!.balanceMinor + sign * line.amountMinor };
  }
}

const none: ConvertedAmounts = { USD: null, EUR: null, XOF: null };

describe('lines by balance', () => {
  test('a payment follows what is left in each cell, and its conversion follows the payment', () => {
    const codesOf = (country: string) => cellsOf({ country: [{ code: country, share: '100' }] })[0]!.codes;
    const balances = [{ cell: 0, codes: codesOf('MLI'), balanceMinor: 300n }, { cell: 1, codes: codesOf('NER'), balanceMinor: 0n }, { cell: 4, codes: codesOf('TCD'), balanceMinor: 100n }];
    const lines = linesByBalance(balances, 101n, convertToReporting(101n, 'EUR', book, exponents));
    expect(lines.map(({ cell, codes, amountMinor, converted }) => [cell, ...codes.country, amountMinor, converted.USD])).toEqual([
      [0, 'MLI', 76n, 82n],
      [4, 'TCD', 25n, 27n],
    ]);
  });

  const act = fc.record({ kind: fc.constantFrom('pay', 'pay', 'pay', 'lower', 'raise'), part: fc.integer({ min: 1, max: 1000 }), raise: amount });

  test('no payment or reduction overdraws a cell, and the last payment leaves nothing in any', () => {
    fc.assert(
      fc.property(splits, amount, fc.array(act, { maxLength: 25 }), (parts, minor, acts) => {
        const commitment = new Commitment(parts, minor);
        const noneOverdrawn = () => expect(commitment.cells.filter((cell) => cell.balanceMinor < 0n)).toEqual([]);
        for (const { kind, part, raise } of acts) {
          const { left } = commitment;
          const some = (left * BigInt(part) + 999n) / 1000n;
          if (kind === 'raise') commitment.add(linesBySplits(parts, raise, none));
          else if (left > 0n && kind === 'lower') commitment.add(linesByBalance(commitment.touched, -some, none));
          else if (left > 0n) commitment.add(linesByBalance(commitment.touched, some, none), -1n);
          const change = kind === 'raise' ? raise : left > 0n ? -some : 0n;
          expect(commitment.left).toBe(left + change);
          noneOverdrawn();
        }
        if (commitment.left > 0n) commitment.add(linesByBalance(commitment.cells, commitment.left, none), -1n);
        expect(commitment.touched).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('sum to the payment exactly, in its own and in every reporting currency', () => {
    fc.assert(
      fc.property(splits, amount, fc.integer({ min: 1, max: 1000 }), currency, rates, (parts, minor, part, code, day) => {
        const payment = (minor * BigInt(part) + 999n) / 1000n;
        const converted = convertToReporting(payment, code, day, exponents);
        const lines = linesByBalance(new Commitment(parts, minor).cells, payment, converted);
        expect(total(lines)).toBe(payment);
        for (const target of reportingCurrencies) expect(totalIn(lines, target)).toBe(converted[target]!.minor);
      }),
    );
  });
});

describe('convertLowering', () => {
  test('is in proportion to what is booked, whatever the rates of the day', () => {
    const converted = convertLowering(-50_000n, { minor: 200_000n, USD: 216_001n, EUR: 200_000n, XOF: 1_311_914n });
    expect(minors(converted)).toEqual([-54_000n, -50_000n, -327_979n]);
    expect(methods(converted)).toEqual(['booked', 'booked', 'booked']);
  });

  test('step by step down to nothing, it leaves exactly zero in every currency and never less', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 12 });
    const some = fc.bigInt({ min: 0n, max: 10n ** 15n });
    fc.assert(
      fc.property(fc.record({ minor: amount, USD: some, EUR: some, XOF: some }), steps, (first, parts) => {
        const lower = (booked: BookedAmounts, by: bigint): BookedAmounts => {
          const [USD, EUR, xof] = minors(convertLowering(-by, booked)) as [bigint, bigint, bigint];
          return { minor: booked.minor - by, USD: booked.USD + USD, EUR: booked.EUR + EUR, XOF: booked.XOF + xof };
        };
        let booked: BookedAmounts = first;
        for (const part of parts) {
          const by = (booked.minor * BigInt(part)) / 1000n;
          if (by === 0n || by === booked.minor) continue;
          booked = lower(booked, by);
          expect(reportingCurrencies.filter((target) => booked[target] < 0n)).toEqual([]);
        }
        expect(lower(booked, booked.minor)).toEqual({ minor: 0n, USD: 0n, EUR: 0n, XOF: 0n });
      }),
    );
  });
});
