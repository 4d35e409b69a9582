import type { Day } from '../../domain/days.js';
import { convert, findLegs } from '../../domain/fx.js';
import { type Exponents, exponentOf, type Money } from '../../domain/money.js';
import { type ConvertedAmounts, convertToReporting, requireAllConverted } from '../../domain/posting.js';
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
 * An amount in another currency, in minor units, at the rates of its value date.
 * @throws NO_RATE
 */
export async function convertTo(db: Tx, { minor, currency }: Money, target: string, valueDate: Day, exponents: Exponents): Promise<bigint> {
  const legs = findLegs(currency, target, await loadRateBook(db, [currency, target], valueDate));
  if (!legs) throw new DomainError('NO_RATE', { from: currency, to: target, date: valueDate }, 'amount.currency');
  const sized = (code: string) => ({ currency: code, exponent: exponentOf(code, exponents) });
  return convert(minor, sized(currency), sized(target), legs);
}
