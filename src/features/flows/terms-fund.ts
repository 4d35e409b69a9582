import type { Day } from '../../domain/days.js';
import { checkMinimum, checkWindowOpen } from '../../domain/fund-window.js';
import type { Exponents, Money } from '../../domain/money.js';
import { DomainError } from '../../domain/problem.js';
import type { FundWindow, PooledFund, Tx } from '../../platform/db.js';
import { checkFundOpen, findFund } from '../funds/funds.store.js';
import { findWindow, windowRuleOf } from '../funds/windows.store.js';
import { convertTo } from '../fx/convert-known.js';

/** What is promised, and how firmly. */
export interface Promised extends Money {
  readonly stage: 'pledge' | 'commitment';
  readonly valueDate: Day;
  readonly now: Date;
}

/** @throws CODE_UNKNOWN */
export async function requireFund(db: Tx, id: string): Promise<PooledFund> {
  const fund = await findFund(db, id);
  if (!fund) throw new DomainError('CODE_UNKNOWN', { code: id, list: 'pooled-funds' }, 'destination.fundId');
  return fund;
}

/**
 * What is committed to a fund here will be paid into its book, which must be open and kept here.
 * @throws FUND_CLOSED, FUND_MIRRORED
 */
export function checkTakes(fund: PooledFund, field?: string): void {
  checkFundOpen(fund, field);
  if (fund.sourceSystem !== null) throw new DomainError('FUND_MIRRORED', { fund: fund.code, source: fund.sourceSystem.toUpperCase() }, field);
}

/**
 * The window of the fund that takes the promise; the smallest contribution is compared in the fund's currency, at the rates of the value date.
 * @returns null when there is no such window of this fund
 * @throws WINDOW_CLOSED, BELOW_MINIMUM, NO_RATE
 */
export async function takingWindow(db: Tx, fund: PooledFund, windowId: string, promised: Promised, exponents: Exponents): Promise<FundWindow | null> {
  const window = await findWindow(db, fund.id, windowId);
  if (!window) return null;
  const rule = windowRuleOf(window);
  checkWindowOpen(rule, promised.valueDate);
  if (rule.minimumMinor !== null) {
    const { minor } = await convertTo(db, promised, fund.currency, promised.valueDate, exponents);
    checkMinimum(rule, minor, fund.currency, exponents);
  }
  return window;
}
