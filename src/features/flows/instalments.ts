import { fromDay, toDay } from '../../domain/days.js';
import type { Exponents, Money } from '../../domain/money.js';
import { DomainError } from '../../domain/problem.js';
import { checkPositive, checkSameCurrency } from '../../domain/rules.js';
import { minorOf, moneyOf } from '../../http/wire.js';
import type { PledgeInstalment } from '../../platform/db.js';
import type { InstalmentsInput } from './instalments.schema.js';

/** One part of a plan of payment, in minor units of the currency of the whole. */
type InstalmentRow = Pick<PledgeInstalment, 'number' | 'dueOn' | 'amountMinor'>;

/**
 * The plan of payment of a promise, whose parts come to it exactly.
 * @throws INSTALMENTS_SUM, CURRENCY_MISMATCH, AMOUNT_*
 */
export function resolveInstalments(input: InstalmentsInput, whole: Money, exponents: Exponents): InstalmentRow[] {
  const rows = input.map(({ dueOn, amount }, index) => {
    const field = `instalments.${index}.amount`;
    checkSameCurrency(amount.currency, whole.currency, `${field}.currency`);
    const amountMinor = minorOf(amount, exponents, field);
    checkPositive(amountMinor, `${field}.amount`);
    return { number: index + 1, dueOn: fromDay(dueOn), amountMinor };
  });
  const sum = rows.reduce((total, { amountMinor }) => total + amountMinor, 0n);
  if (rows.length > 0 && sum !== whole.minor) {
    const text = (minor: bigint) => moneyOf(minor, whole.currency, exponents).amount;
    throw new DomainError('INSTALMENTS_SUM', { found: text(sum), expected: text(whole.minor) }, 'instalments');
  }
  return rows;
}

/** The plan as it is answered, in its order. */
export function instalmentsAnswerOf(rows: readonly InstalmentRow[], currency: string, exponents: Exponents) {
  return [...rows]
    .sort((a, b) => a.number - b.number)
    .map(({ number, dueOn, amountMinor }) => ({ number, dueOn: toDay(dueOn), amount: moneyOf(amountMinor, currency, exponents) }));
}
