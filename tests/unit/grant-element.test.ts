import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grantElementMinor, grantElementPercent, type LoanTerms } from '../../src/domain/grant-element.js';

const loan = (more: Partial<LoanTerms> = {}): LoanTerms => ({ interestRate: '0.75', discountRate: '5', graceYears: 10, maturityYears: 40, paymentsPerYear: 1, ...more });
const FACE = 10n ** 13n;
const element = (terms: LoanTerms) => grantElementMinor(FACE, terms);

describe('against figures computed otherwise', () => {
  test('IDA: 0.75 %, 10 years of grace, 40 years, discounted at 5 %', () => {
    // The closed formula of the OECD with exact fractions: (1 − r ÷ d) × (1 − (v^G − v^M) ÷ (d × (M − G))), v = 20 ÷ 21, d = 1 ÷ 20.
    const common = 21n ** 40n;
    const difference = 20n ** 10n * 21n ** 30n - 20n ** 40n;
    // 1 − (difference ÷ common) ÷ (30 ÷ 20), times 0.85.
    const exact = { n: 85n * (30n * common - 20n * difference), d: 100n * 30n * common };
    expect(element(loan())).toBe((2n * FACE * exact.n + exact.d) / (2n * exact.d));
    expect(grantElementPercent(loan())).toBe('58.26');
    expect(grantElementMinor(100_000_000n, loan())).toBe(58_260_838n);
  });

  test('a loan of two years at 0 %, repaid at the end, discounted at 10 %: 1 − 1 ÷ 1.21', () => {
    const bullet = loan({ interestRate: '0', discountRate: '10', graceYears: 1, maturityYears: 2 });
    expect(grantElementPercent(bullet)).toBe('17.36');
    expect(grantElementMinor(12_100n, bullet)).toBe(2_100n);
  });

  test('repayments every half-year are discounted by the root of the year: 21 % is 10 % twice', () => {
    // No interest, two payments of a half, after 1 and 2 periods: 1 − (1 ÷ 1.1 + 1 ÷ 1.21) ÷ 2 = 0.1322314…
    const halves = loan({ interestRate: '0', discountRate: '21', graceYears: 0, maturityYears: 1, paymentsPerYear: 2 });
    expect(grantElementPercent(halves)).toBe('13.22');
    expect(grantElementMinor(24_200n, halves)).toBe(3_200n);
  });

  test('dearer than the discount rate is less than nothing', () => {
    expect(grantElementPercent(loan({ interestRate: '10', graceYears: 0, maturityYears: 1 }))).toBe('-4.76');
  });
});

const years = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 25 })).map(([grace, more]) => ({ graceYears: grace, maturityYears: grace + more }));
const hundredths = fc.integer({ min: 0, max: 1500 });
const text = (units: number) => (units / 100).toFixed(2);
const perYear = fc.constantFrom(1, 2, 4, 12);

describe('whatever the loan', () => {
  test('at the discount rate nothing is a gift', () => {
    fc.assert(fc.property(years, hundredths, (term, rate) => {
      expect(element(loan({ ...term, interestRate: text(rate), discountRate: text(rate) }))).toBe(0n);
    }));
  });

  test('0 % repaid at the end is a gift of 1 − 1 ÷ (1 + d)^M', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 15 }), (maturityYears, discount) => {
      const power = BigInt(100 + discount) ** BigInt(maturityYears);
      const exact = FACE * (power - 100n ** BigInt(maturityYears));
      expect(element(loan({ interestRate: '0', discountRate: String(discount), graceYears: maturityYears - 1, maturityYears }))).toBe((2n * exact + power) / (2n * power));
    }));
  });

  test('the dearer, the smaller the gift; the longer the grace of a cheap loan, the larger', () => {
    fc.assert(fc.property(years, hundredths, fc.integer({ min: 1, max: 200 }), perYear, (term, rate, more, paymentsPerYear) => {
      const terms = loan({ ...term, interestRate: text(rate), paymentsPerYear });
      expect(element({ ...terms, interestRate: text(rate + more) })).toBeLessThan(element(terms));
    }), { numRuns: 40 });
    fc.assert(fc.property(years, fc.integer({ min: 0, max: 480 }), (term, rate) => {
      const terms = loan({ ...term, maturityYears: term.maturityYears + 1, interestRate: text(rate) });
      expect(element({ ...terms, graceYears: terms.graceYears + 1 })).toBeGreaterThan(element(terms));
    }), { numRuns: 40 });
  });
});
