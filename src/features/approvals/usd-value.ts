import type { Day } from '../../domain/days.js';
import type { Exponents, Money } from '../../domain/money.js';
import { convertLowering, convertToReporting } from '../../domain/posting.js';
import type { Tx } from '../../platform/db.js';
import { loadRateBook } from '../fx/fx.store.js';
import { bookedAmounts } from '../journal/journal.store.js';

/** An amount in US cents at the rates of its value date; null when there is none. */
export async function usdOf(db: Tx, { minor, currency }: Money, valueDate: Day, exponents: Exponents): Promise<bigint | null> {
  const book = await loadRateBook(db, [currency], valueDate);
  return convertToReporting(minor, currency, book, exponents).USD?.minor ?? null;
}

/** What an amendment would be posted with, in US cents: a rise at the rates of its value date, a fall in proportion to what is booked. */
export async function amendmentUsd(
  db: Tx,
  amendment: { readonly commitmentId: string; readonly delta: Money; readonly valueDate: Day },
  exponents: Exponents,
): Promise<bigint | null> {
  const { commitmentId, delta, valueDate } = amendment;
  if (delta.minor > 0n) return usdOf(db, delta, valueDate, exponents);
  return convertLowering(delta.minor, await bookedAmounts(db, commitmentId)).USD?.minor ?? null;
}
