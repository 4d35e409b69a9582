import { divideHalfUp } from './money.js';

/** The currencies every posted amount is kept in, beside its own. */
export const reportingCurrencies = ['USD', 'EUR', 'XOF'] as const;
export type ReportingCurrency = (typeof reportingCurrencies)[number];

/** A published rate: 1 `base` = `rate` `quote`. `rate` is the decimal string as published. */
export interface Rate {
  readonly base: string;
  readonly quote: string;
  readonly rate: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly source: string;
}

/** How a converted amount came about; frozen on the journal entry. */
export interface Conversion {
  /** `booked`: in proportion to what a commitment stands at in the journal, when it is lowered. */
  readonly method: 'same' | 'fixed' | 'rates' | 'published' | 'booked';
  readonly legs: readonly Rate[];
}

/** Rates of one value date by currency: units of that currency for 1 EUR (or for 1 USD), the latest on or before the date. */
export type RateBook = ReadonlyMap<string, Rate>;

/** CFA francs per euro since 1 January 1999, by agreement with the Treasuries (BCEAO, BEAC). */
export const CFA_PER_EURO = '655.957';
const CFA_SINCE = '1999-01-01';
const cfa = new Set(['XOF', 'XAF']);

/** The fixed rate of a CFA franc, or undefined for another currency or before the euro. */
export function fixedRate(currency: string, valueDate: string): Rate | undefined {
  if (!cfa.has(currency) || valueDate < CFA_SINCE) return undefined;
  return { base: 'EUR', quote: currency, rate: CFA_PER_EURO, date: CFA_SINCE, source: 'BCEAO/BEAC' };
}

/** Whether a rate is one of {@link fixedRate}, whoever else publishes under that name. */
export function isFixed(rate: Rate): boolean {
  return rate.base === 'EUR' && cfa.has(rate.quote) && rate.rate === CFA_PER_EURO && rate.date === CFA_SINCE;
}

/** A non-negative decimal string as numerator over a power of ten. */
function fraction(decimal: string): { readonly n: bigint; readonly d: bigint } {
  const [whole = '0', decimals = ''] = decimal.split('.');
  return { n: BigInt(whole + decimals), d: 10n ** BigInt(decimals.length) };
}

/**
 * The rates that lead from one currency to another. A rate book key is the currency quoted; each rate's base is EUR or USD.
 * Undefined when a rate is missing: such an amount is refused or held, never converted at 1.
 */
export function findLegs(from: string, to: string, book: RateBook): readonly Rate[] | undefined {
  if (from === to) return [];
  const up = towardsEuro(from, book);
  const down = towardsEuro(to, book);
  if (!up || !down) return undefined;
  // Both through the same last leg (KWD → USD → EUR → USD): leave out the way there and back.
  const shared = up.find((leg) => down.includes(leg));
  return shared ? [...up, ...down].filter((leg) => leg !== shared) : [...up, ...down.toReversed()];
}

function towardsEuro(currency: string, book: RateBook): readonly Rate[] | undefined {
  if (currency === 'EUR') return [];
  const rate = book.get(currency);
  if (!rate) return undefined;
  if (rate.base === 'EUR') return [rate];
  const euroDollar = book.get('USD');
  return rate.base === 'USD' && euroDollar?.base === 'EUR' ? [rate, euroDollar] : undefined;
}

/**
 * Converts minor units along `legs`, exactly, and rounds half-up once at the end. `legs` are passed from the currency the
 * amount is in to the one wanted; each leg is crossed from base to quote or back.
 */
export function convert(
  minor: bigint,
  from: { readonly currency: string; readonly exponent: number },
  to: { readonly currency: string; readonly exponent: number },
  legs: readonly Rate[],
): bigint {
  let numerator = minor * 10n ** BigInt(to.exponent);
  let denominator = 10n ** BigInt(from.exponent);
  let at = from.currency;
  for (const leg of legs) {
    const { n, d } = fraction(leg.rate);
    if (leg.base === at) {
      numerator *= n;
      denominator *= d;
      at = leg.quote;
    } else if (leg.quote === at) {
      numerator *= d;
      denominator *= n;
      at = leg.base;
    } else {
      throw new RangeError(`The rate ${leg.base}/${leg.quote} does not continue from ${at}.`);
    }
  }
  if (at !== to.currency) throw new RangeError(`The rates end at ${at}, not at ${to.currency}.`);
  return divideHalfUp(numerator, denominator);
}
