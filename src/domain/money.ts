import { DomainError } from './problem.js';

/** An exact amount: `minor` units of a currency whose ISO 4217 exponent is `exponent`. */
export interface Money {
  readonly minor: bigint;
  readonly currency: string;
}

/** Exponents of the currencies in use, by ISO 4217 code. */
export type Exponents = ReadonlyMap<string, number>;

/** The largest amount kept: 15 digits of minor units leave room for every sum in a bigint column. */
const LARGEST_MINOR = 10n ** 15n;

/**
 * The ISO 4217 exponent of a currency.
 * @throws CURRENCY_UNKNOWN
 */
export function exponentOf(currency: string, exponents: Exponents): number {
  const exponent = exponents.get(currency);
  if (exponent === undefined) throw new DomainError('CURRENCY_UNKNOWN', { currency });
  return exponent;
}

/**
 * Reads a decimal string such as "1250000.50" into minor units.
 * @throws AMOUNT_FORMAT when it is no plain decimal number
 * @throws AMOUNT_DIGITS when it has more decimals than the currency
 * @throws AMOUNT_TOO_LARGE above 10^15 minor units
 */
export function parseMinor(amount: string, currency: string, exponents: Exponents): bigint {
  const exponent = exponentOf(currency, exponents);
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount);
  if (!match) throw new DomainError('AMOUNT_FORMAT', { found: amount });
  const [, sign = '', whole = '', decimals = ''] = match;
  if (decimals.length > exponent) throw new DomainError('AMOUNT_DIGITS', { found: amount, currency, digits: exponent });
  const minor = BigInt(whole + decimals.padEnd(exponent, '0'));
  if (minor > LARGEST_MINOR) throw new DomainError('AMOUNT_TOO_LARGE', { found: amount });
  return sign === '-' ? -minor : minor;
}

/** Writes minor units as a decimal string with exactly the currency's digits. */
export function formatMinor(minor: bigint, exponent: number): string {
  const sign = minor < 0n ? '-' : '';
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0');
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** numerator ÷ denominator to the nearest integer, halves away from zero. */
export function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  const rounded = (2n * n + d) / (2n * d);
  return negative ? -rounded : rounded;
}

/**
 * Shares `total` out in proportion to `weights` so that the parts sum to it exactly (largest remainder; equal remainders
 * go to the earlier part). Each part lies between the floor and the ceiling of its exact quota. Weights are not negative
 * and not all zero.
 */
export function allocate(total: bigint, weights: readonly bigint[]): bigint[] {
  const sum = weights.reduce((a, b) => a + b, 0n);
  if (sum <= 0n) throw new RangeError('allocate needs a positive weight');
  const sign = total < 0n ? -1n : 1n;
  const size = total * sign;
  const parts = weights.map((weight) => (size * weight) / sum);
  let left = size - parts.reduce((a, b) => a + b, 0n);
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (size * weight) % sum }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  for (const { index } of byRemainder) {
    if (left === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts.map((part) => part * sign);
}
