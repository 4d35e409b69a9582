import { toDay } from '../../domain/days.js';
import { checkPeriodStatus, currentMonth, type Month, monthOf, monthsBetween, monthsToClose, type Periods } from '../../domain/periods.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import type { AccountingPeriod } from '../../platform/db.js';
import { recordAudit } from '../audit/audit.store.js';
import type { CloseInput, PeriodAnswer } from './periods.schema.js';
import { closeMonths, findPeriod, findPeriods, firstEntryMonth, lockPeriods } from './periods.store.js';

/** Every month from the first entry's to the current one, the current one first. */
export async function listPeriods(context: RequestContext): Promise<{ readonly items: PeriodAnswer[] }> {
  const rows = await findPeriods(context.db);
  const { first, current } = await periodsOf(context, rows);
  const byMonth = new Map(rows.map((row) => [monthOfRow(row), row]));
  return { items: monthsBetween(first, current).map((month) => answerOf(month, byMonth.get(month) ?? null)).reverse() };
}

/** @throws NOT_FOUND for a month before the first entry's or after the current one */
export async function getPeriod(context: RequestContext, month: Month): Promise<PeriodAnswer> {
  const { first, current } = await periodsOf(context, await findPeriods(context.db));
  if (month < first || month > current) throw new DomainError('NOT_FOUND', { what: 'period' });
  return answerOf(month, await findPeriod(context.db, month));
}

/**
 * Closes a month, with those before it that never were.
 * @throws STALE, PERIOD_NOT_OVER, PERIOD_OUT_OF_ORDER, STATE_CONFLICT, NOT_FOUND
 */
export async function closePeriod(context: RequestContext, month: Month, { graceDays, reason }: CloseInput): Promise<PeriodAnswer> {
  const { db, actor } = context;
  await lockPeriods(db);
  const rows = await findPeriods(db);
  context.precondition.check(rows.find((row) => monthOfRow(row) === month)?.version ?? 0);
  const months = monthsToClose(month, await periodsOf(context, rows));
  const closing = await closeMonths(db, months, { closedBy: actor.userId, graceDays });
  await recordAudit(context, 'period.close', { kind: 'period', id: month }, { months, graceDays, ...closing }, { reason: reason ?? null });
  return answerOf(month, await findPeriod(db, month));
}

async function periodsOf({ db, now }: RequestContext, rows: readonly AccountingPeriod[]): Promise<Periods> {
  const current = currentMonth(now);
  const [earliest] = rows;
  const first = earliest ? monthOfRow(earliest) : ((await firstEntryMonth(db)) ?? current);
  return { first, current, statuses: new Map(rows.map((row) => [monthOfRow(row), row.status])) };
}

/** The row of a month that is closed. @throws NOT_FOUND, STATE_CONFLICT */
export async function requireClosed({ db }: RequestContext, month: Month): Promise<AccountingPeriod> {
  const row = await findPeriod(db, month);
  if (!row) throw new DomainError('NOT_FOUND', { what: 'period' });
  checkPeriodStatus(row.status, 'closed');
  return row;
}

function monthOfRow({ month }: { readonly month: Date }): Month {
  return monthOf(toDay(month));
}

function answerOf(month: Month, row: AccountingPeriod | null): PeriodAnswer {
  return {
    month,
    status: row?.status ?? 'open',
    closedBy: row?.closedBy ?? null,
    closedAt: row?.closedAt?.toISOString() ?? null,
    graceUntil: row?.graceUntil?.toISOString() ?? null,
    version: row?.version ?? 0,
  };
}
