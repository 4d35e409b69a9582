import type { Day } from '../../domain/days.js';
import type { Exponents, Money } from '../../domain/money.js';
import { type ConvertedAmounts, convertToReporting, requireAllConverted } from '../../domain/posting.js';
import type { Tx } from '../../platform/db.js';
import { loadRateBook } from './fx.store.js';

/**
 * An amount in every reporting currency, at the rates of its value date.
 * @throws NO_RATE
 */
export async function convertKnown(db: Tx, { minor, currency }: Money, valueDate: Day, exponents: Exponents): Promise<ConvertedAmounts> {
  const book = await loadRateBook(db, [currency], valueDate);
  return requireAllConverted(convertToReporting(minor, currency, book, exponents), currency, valueDate);
}
