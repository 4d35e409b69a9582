import type { Day } from './days.js';
import { DomainError } from './problem.js';

/** A calendar month, YYYY-MM. */
export type Month = string;

export type PeriodStatus = 'open' | 'closed';

export function monthOf(day: Day): Month {
  return day.slice(0, 7);
}

export function firstDayOf(month: Month): Day {
  return `${month}-01`;
}

/** The month that has not ended yet in every tracked state: the westernmost are at UTC. */
export function currentMonth(now: Date): Month {
  return monthOf(now.toISOString());
}

/** The months from one to another, both included; none when the last is before the first. */
export function monthsBetween(first: Month, last: Month): readonly Month[] {
  const [from, to] = [numberOf(first), numberOf(last)];
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => monthAt(from + index));
}

/** Months counted from the year 0. */
function numberOf(month: Month): number {
  return Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1;
}

function monthAt(number: number): Month {
  return `${String(Math.floor(number / 12)).padStart(4, '0')}-${String((number % 12) + 1).padStart(2, '0')}`;
}

/** What is known of the months when one is to be closed. */
export interface Periods {
  /** That of the first entry, or of the first month that was ever closed. */
  readonly first: Month;
  /** That which is not over. */
  readonly current: Month;
  /** Of the months that were ever closed. */
  readonly statuses: ReadonlyMap<Month, PeriodStatus>;
}

/**
 * The months that are closed together with one: those before it that never were. In their order, so that the figures up to a closed
 * month are final; what a second person let be opened again is never closed in passing.
 * @throws PERIOD_NOT_OVER, NOT_FOUND, STATE_CONFLICT
 * @throws PERIOD_OUT_OF_ORDER when an earlier month has been opened again
 */
export function monthsToClose(month: Month, { first, current, statuses }: Periods): readonly Month[] {
  if (month >= current) throw new DomainError('PERIOD_NOT_OVER', { latest: monthAt(numberOf(current) - 1), found: month }, 'month');
  if (month < first) throw new DomainError('NOT_FOUND', { what: 'period' }, 'month');
  checkPeriodStatus(statuses.get(month) ?? 'open', 'open');
  const reopened = monthsBetween(first, month).find((one) => one < month && statuses.get(one) === 'open');
  if (reopened !== undefined) throw new DomainError('PERIOD_OUT_OF_ORDER', { month: reopened }, 'month');
  return monthsBetween(first, month).filter((one) => one === month || !statuses.has(one));
}

/** @throws STATE_CONFLICT */
export function checkPeriodStatus(found: PeriodStatus, allowed: PeriodStatus): void {
  if (found !== allowed) throw new DomainError('STATE_CONFLICT', { found, allowed });
}
