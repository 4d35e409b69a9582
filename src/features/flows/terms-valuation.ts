import type { Exponents } from '../../domain/money.js';
import { checkNotFuture, checkPositive } from '../../domain/rules.js';
import { checkValuation } from '../../domain/valuation.js';
import { minorOf } from '../../http/wire.js';
import type { Promised } from './terms-fund.js';
import type { TermsInput, ValuationWire } from './terms.schema.js';

/**
 * How the amount of what is not money was arrived at, as it is kept: what is not said is null.
 * @throws VALUATION_REQUIRED, VALUATION_UNEXPECTED, VALUATION_MISMATCH, DATE_IN_FUTURE, AMOUNT_*, CURRENCY_UNKNOWN
 */
export function resolveValuation({ contributionType, valuation }: TermsInput, promised: Promised, exponents: Exponents): ValuationWire | null {
  const kept = valuation ? { ...valuation, quantity: valuation.quantity ?? null, unit: valuation.unit ?? null, unitPrice: valuation.unitPrice ?? null } : null;
  checkValuation(contributionType === 'financial', kept && { quantity: kept.quantity, unitPrice: priceOf(kept, exponents) }, promised, exponents);
  if (kept) checkNotFuture(kept.date, promised.now, 'valuation.date');
  return kept;
}

function priceOf({ unitPrice }: ValuationWire, exponents: Exponents) {
  if (!unitPrice) return null;
  const minor = minorOf(unitPrice, exponents, 'valuation.unitPrice');
  checkPositive(minor, 'valuation.unitPrice.amount');
  return { minor, currency: unitPrice.currency };
}
