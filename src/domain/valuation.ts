import { divideHalfUp, exponentOf, type Exponents, formatMinor, type Money } from './money.js';
import { DomainError } from './problem.js';

/** How what was not given in money came to its amount; null where that is not said. */
export interface Valuation {
  /** A positive decimal number, as text. */
  readonly quantity: string | null;
  readonly unitPrice: Money | null;
}

/**
 * What is given in kind or as assistance says how it was valued, and money does not. Quantity and unit price, both in the currency of
 * the amount, come to the amount, rounded half-up to its digits.
 * @throws VALUATION_REQUIRED, VALUATION_UNEXPECTED, VALUATION_MISMATCH
 */
export function checkValuation(inMoney: boolean, valuation: Valuation | null, amount: Money, exponents: Exponents): void {
  if (inMoney && valuation) throw new DomainError('VALUATION_UNEXPECTED', {}, 'valuation');
  if (inMoney) return;
  if (!valuation) throw new DomainError('VALUATION_REQUIRED', {}, 'valuation');
  const { quantity, unitPrice } = valuation;
  if (quantity === null || unitPrice?.currency !== amount.currency) return;
  const product = multiplied(unitPrice.minor, quantity);
  if (product === amount.minor) return;
  const text = (minor: bigint) => formatMinor(minor, exponentOf(amount.currency, exponents));
  throw new DomainError('VALUATION_MISMATCH', { product: text(product), amount: text(amount.minor), currency: amount.currency }, 'valuation');
}

function multiplied(minor: bigint, quantity: string): bigint {
  const [whole = '', decimals = ''] = quantity.split('.');
  return divideHalfUp(minor * BigInt(whole + decimals), 10n ** BigInt(decimals.length));
}
