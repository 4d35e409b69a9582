import type { Day } from '../../domain/days.js';
import type { Exponents, Money } from '../../domain/money.js';
import { convertAlong, type Converted, type ConvertedAmounts, convertToReporting, requireAllConverted } from '../../domain/posting.js';
import { DomainError } from '../../domain/problem.js';
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

/**
 * An amount in another currency, at the rates of its value date, and how it came about.
 * @throws NO_RATE
 */
export async function convertTo(db: Tx, money: Money, target: string, valueDate: Day, exponents: Exponents): Promise<NonNullable<Converted>> {
  const converted = convertAlong(money, target, await loadRateBook(db, [money.currency, target], valueDate), exponents);
  if (!converted) throw new DomainError('NO_RATE', { from: money.currency, to: target, date: valueDate }, 'amount.currency');
  return converted;
}
