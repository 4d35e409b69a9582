import type { Day } from './days.js';
import { exponentOf, type Exponents, formatMinor } from './money.js';
import { DomainError } from './problem.js';

/** A window of a fund, or its envelope for one country; amounts in minor units of the fund's currency. */
export interface FundWindowRule {
  readonly code: string;
  /** Of an envelope; null for a window by theme. */
  readonly country: string | null;
  readonly opensOn: Day | null;
  readonly closesOn: Day | null;
  readonly minimumMinor: bigint | null;
}

/**
 * A window takes contributions from the day it opens to the day it closes, both included.
 * @throws WINDOW_CLOSED naming the days
 */
export function checkWindowOpen({ code, opensOn, closesOn }: FundWindowRule, valueDate: Day): void {
  if ((opensOn === null || opensOn <= valueDate) && (closesOn === null || valueDate <= closesOn)) return;
  throw new DomainError('WINDOW_CLOSED', { window: code, from: opensOn ?? 'none', to: closesOn ?? 'none', found: valueDate }, 'valueDate');
}

/**
 * A contribution, in the fund's currency, is not smaller than the window takes.
 * @throws BELOW_MINIMUM naming the minimum
 */
export function checkMinimum({ code, minimumMinor }: FundWindowRule, minor: bigint, currency: string, exponents: Exponents): void {
  if (minimumMinor === null || minor >= minimumMinor) return;
  const text = (amount: bigint) => formatMinor(amount, exponentOf(currency, exponents));
  throw new DomainError('BELOW_MINIMUM', { window: code, minimum: text(minimumMinor), found: text(minor), currency }, 'amount.amount');
}

/**
 * States are among those that a fund, or an envelope, is for; where none are named it is for all.
 * @throws OUTSIDE_FUND naming the first that is not
 */
export function checkWithinFund(countries: readonly string[], allowed: readonly string[], field: string): void {
  if (allowed.length === 0) return;
  const found = countries.find((code) => !allowed.includes(code));
  if (found !== undefined) throw new DomainError('OUTSIDE_FUND', { found, allowed: allowed.join(', ') }, field);
}

/** A call for proposals, from the day it opens; null in `closesOn` for one that stays open until it is closed. */
export interface RoundRule {
  readonly code: string;
  readonly opensOn: Day;
  readonly closesOn: Day | null;
  readonly status: 'open' | 'closed';
}

/**
 * A round takes proposals while it is some day between its first and its last somewhere in the region, which lies at UTC and UTC+1.
 * @throws ROUND_CLOSED naming the days
 */
export function checkRoundOpen({ code, opensOn, closesOn, status }: RoundRule, today: { readonly earliest: Day; readonly latest: Day }): void {
  if (status === 'open' && opensOn <= today.latest && (closesOn === null || today.earliest <= closesOn)) return;
  throw new DomainError('ROUND_CLOSED', { round: code, from: opensOn, to: closesOn ?? 'none', status, found: today.latest }, 'roundId');
}
