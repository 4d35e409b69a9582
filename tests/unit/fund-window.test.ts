import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkMinimum, checkRoundOpen, checkWindowOpen, checkWithinFund } from '../../src/domain/fund-window.js';
import { DomainError } from '../../src/domain/problem.js';
import { checkValuation } from '../../src/domain/valuation.js';

const exponents = new Map([['USD', 2], ['XOF', 0]]);
const window = { code: 'ML', country: 'MLI', opensOn: '2025-02-01', closesOn: '2025-03-31', minimumMinor: 50_000n };

function refusal(act: () => void): DomainError | null {
  try {
    act();
    return null;
  } catch (error) {
    return error as DomainError;
  }
}
const codeOf = (act: () => void) => refusal(act)?.code;

describe('a window', () => {
  test.each([
    ['2025-01-31', 'WINDOW_CLOSED'],
    ['2025-02-01', undefined],
    ['2025-03-31', undefined],
    ['2025-04-01', 'WINDOW_CLOSED'],
  ])('on %s: %s', (day, code) => {
    expect(codeOf(() => checkWindowOpen(window, day))).toBe(code);
  });

  test('without days is open on every day', () => {
    expect(codeOf(() => checkWindowOpen({ ...window, opensOn: null, closesOn: null }, '1990-01-01'))).toBeUndefined();
    expect(refusal(() => checkWindowOpen({ ...window, opensOn: null }, '2026-01-01'))?.params).toEqual({ window: 'ML', from: 'none', to: '2025-03-31', found: '2026-01-01' });
  });

  test('takes the minimum and more, and names it', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 100_000n), (minor) => {
        const refused = refusal(() => checkMinimum(window, minor, 'USD', exponents));
        expect(refused !== null).toBe(minor < 50_000n);
        if (refused) expect(refused.params.minimum).toBe('500.00');
      }),
    );
    expect(codeOf(() => checkMinimum({ ...window, minimumMinor: null }, 1n, 'USD', exponents))).toBeUndefined();
  });

  test('of a fund is for its states; where none are named, for all', () => {
    expect(codeOf(() => checkWithinFund(['MLI', 'NER'], ['NER', 'MLI', 'TCD'], 'country'))).toBeUndefined();
    expect(refusal(() => checkWithinFund(['MLI', 'SEN'], ['MLI', 'NER'], 'country'))).toMatchObject({ code: 'OUTSIDE_FUND', params: { found: 'SEN', allowed: 'MLI, NER' }, field: 'country' });
    expect(codeOf(() => checkWithinFund(['SEN'], [], 'country'))).toBeUndefined();
  });
});

describe('a round', () => {
  const round = { code: 'R1', opensOn: '2025-03-01', closesOn: '2025-03-31', status: 'open' } as const;
  const on = (earliest: string, latest = earliest) => ({ earliest, latest });

  test.each([
    ['before it opens', round, on('2025-02-28'), 'ROUND_CLOSED'],
    ['while it is the first day at UTC+1 only', round, on('2025-02-28', '2025-03-01'), undefined],
    ['on the last day', round, on('2025-03-31'), undefined],
    ['while it is the last day at UTC only', round, on('2025-03-31', '2025-04-01'), undefined],
    ['after it', round, on('2025-04-01'), 'ROUND_CLOSED'],
    ['long after, without a last day', { ...round, closesOn: null }, on('2026-04-01'), undefined],
    ['once closed by hand', { ...round, status: 'closed' as const }, on('2025-03-10'), 'ROUND_CLOSED'],
  ])('%s', (_name, rule, today, code) => {
    expect(codeOf(() => checkRoundOpen(rule, today))).toBe(code);
  });
});

describe('a valuation', () => {
  const usd = (minor: bigint) => ({ minor, currency: 'USD' });
  const codeFor = (quantity: string | null, price: bigint | null, amount: bigint, currency = 'USD') =>
    codeOf(() => checkValuation(false, { quantity, unitPrice: price === null ? null : { minor: price, currency } }, usd(amount), exponents));

  test('is asked of what is not money, and of nothing else', () => {
    expect(codeOf(() => checkValuation(false, null, usd(1n), exponents))).toBe('VALUATION_REQUIRED');
    expect(codeOf(() => checkValuation(true, { quantity: null, unitPrice: null }, usd(1n), exponents))).toBe('VALUATION_UNEXPECTED');
    expect(codeOf(() => checkValuation(true, null, usd(1n), exponents))).toBeUndefined();
  });

  test('comes to the amount, rounded half-up once', () => {
    // 12.345 t × 437.50 USD = 5,400.9375 USD.
    expect(codeFor('12.345', 43_750n, 540_094n)).toBeUndefined();
    expect(codeFor('12.345', 43_750n, 540_093n)).toBe('VALUATION_MISMATCH');
    // 0.5 × 0.01 = 0.005, half of a cent.
    expect(codeFor('0.5', 1n, 1n)).toBeUndefined();
    expect(refusal(() => checkValuation(false, { quantity: '2', unitPrice: usd(150n) }, usd(301n), exponents))?.params).toEqual({ product: '3.00', amount: '3.01', currency: 'USD' });
  });

  test('compares nothing that is not said, or that is in another currency', () => {
    expect(codeFor(null, 1n, 99n)).toBeUndefined();
    expect(codeFor('2', null, 99n)).toBeUndefined();
    expect(codeFor('2', 1n, 99n, 'XOF')).toBeUndefined();
  });

  test('of a whole quantity is exact, whatever zeros follow the point', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 9n), fc.bigInt(1n, 10n ** 6n), fc.nat(6), (quantity, price, zeros) => {
        const text = zeros === 0 ? String(quantity) : `${quantity}.${'0'.repeat(zeros)}`;
        expect(codeFor(text, price, quantity * price)).toBeUndefined();
        expect(codeFor(text, price, quantity * price + 1n)).toBe('VALUATION_MISMATCH');
      }),
    );
  });
});
