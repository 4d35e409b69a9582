import { divideHalfUp, formatMinor } from '../../domain/money.js';
import { plainDecimal } from './source-text.js';

/** The largest amount that is kept, in cents. */
const LARGEST_CENTS = 10n ** 15n;

/** An amount of US dollars as a source publishes it. */
export interface PublishedAmount {
  readonly cents: bigint;
  /** The source gives fractions of a cent; they are rounded half-up. */
  readonly rounded: boolean;
}

/** Reads dollars such as "1.065259E+07" into cents; a code where they are none. */
export function readDollars(found: string): PublishedAmount | { readonly code: 'AMOUNT_FORMAT' | 'AMOUNT_TOO_LARGE' } {
  const decimal = plainDecimal(found);
  const [, sign = '', whole = '', decimals = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal ?? '') ?? [];
  if (whole === '') return { code: 'AMOUNT_FORMAT' };
  const size = divideHalfUp(BigInt(whole + decimals.padEnd(2, '0')), 10n ** BigInt(Math.max(0, decimals.length - 2)));
  if (size > LARGEST_CENTS) return { code: 'AMOUNT_TOO_LARGE' };
  return { cents: sign === '-' ? -size : size, rounded: /[1-9]/.test(decimals.slice(2)) };
}

/** Cents as a decimal string of dollars. */
export function dollars(cents: bigint): string {
  return formatMinor(cents, 2);
}
