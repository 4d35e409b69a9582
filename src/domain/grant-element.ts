import { divideHalfUp, formatMinor } from './money.js';

/** A loan repaid in equal parts of its principal once the grace is over; rates are decimal texts, in per cent a year. */
export interface LoanTerms {
  readonly interestRate: string;
  readonly discountRate: string;
  /** Years without repayment; the first one follows a period later. */
  readonly graceYears: number;
  /** Years until the last repayment. */
  readonly maturityYears: number;
  readonly paymentsPerYear: number;
}

interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

/**
 * The share of a loan that is a gift, as an exact fraction: 1 − PV(debt service) ÷ face value. Interest is paid on what is owed in every
 * period at interestRate ÷ paymentsPerYear; principal in equal parts in each period after the grace; the k-th payment is discounted by
 * (1 + discountRate)^(k ÷ paymentsPerYear). With one payment a year this is the closed formula,
 * (1 − (r ÷ a) ÷ d) × (1 − (1 ÷ (1 + d)^aG − 1 ÷ (1 + d)^aM) ÷ (d × (aM − aG))), where G ends one period before the first repayment.
 * Source: OECD DAC, “Grant element: formula and examples”, equal principal payments; the IMF's concessionality calculator takes the same
 * with a discount rate of 5 %. Negative for a loan that costs more than the discount rate.
 */
function grantElement(loan: LoanTerms): Fraction {
  const periods = BigInt(loan.maturityYears * loan.paymentsPerYear);
  const repayments = BigInt((loan.maturityYears - loan.graceYears) * loan.paymentsPerYear);
  const rate = perCent(loan.interestRate);
  const growth = periodGrowth(perCent(loan.discountRate), loan.paymentsPerYear);
  const perPeriod = rate.d * BigInt(loan.paymentsPerYear);
  // Payments in units of face ÷ (repayments × perPeriod), from the last one back: value ← (value + payment) ÷ growth.
  let value: Fraction = { n: 0n, d: 1n };
  for (let period = periods; period >= 1n; period -= 1n) {
    const left = periods - period + 1n;
    const owed = left < repayments ? left : repayments;
    const payment = (left <= repayments ? perPeriod : 0n) + owed * rate.n;
    value = { n: (value.n + payment * value.d) * growth.d, d: value.d * growth.n };
  }
  const whole = value.d * repayments * perPeriod;
  return { n: whole - value.n, d: whole };
}

/** The grant element in per cent, rounded half-up once to two decimals: "58.26". */
export function grantElementPercent(loan: LoanTerms): string {
  const { n, d } = grantElement(loan);
  return formatMinor(divideHalfUp(n * 10_000n, d), 2);
}

/** The grant element of a face value, rounded half-up once to minor units. */
export function grantElementMinor(faceMinor: bigint, loan: LoanTerms): bigint {
  const { n, d } = grantElement(loan);
  return divideHalfUp(faceMinor * n, d);
}

function perCent(decimal: string): Fraction {
  const [whole = '0', decimals = ''] = decimal.split('.');
  return { n: BigInt(whole + decimals), d: 10n ** BigInt(decimals.length + 2) };
}

/** The root of a year's growth is irrational: so many decimals of it leave no doubt about any cent. */
const ROOT_DIGITS = 40n;

/** 1 + the discount rate of one period: exact with one payment a year, otherwise the root to 40 decimals. */
function periodGrowth(rate: Fraction, paymentsPerYear: number): Fraction {
  if (paymentsPerYear === 1) return { n: rate.d + rate.n, d: rate.d };
  const degree = BigInt(paymentsPerYear);
  const scale = 10n ** ROOT_DIGITS;
  return { n: integerRoot(((rate.d + rate.n) * scale ** degree) / rate.d, degree), d: scale };
}

/** The largest whole number whose power is not above `value` (Newton, from above). */
function integerRoot(value: bigint, degree: bigint): bigint {
  let guess = 1n << (BigInt(value.toString(2).length) / degree + 1n);
  for (;;) {
    const next = ((degree - 1n) * guess + value / guess ** (degree - 1n)) / degree;
    if (next >= guess) return guess;
    guess = next;
  }
}
