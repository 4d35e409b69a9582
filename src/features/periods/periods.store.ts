import { fromDay } from '../../domain/days.js';
import { firstDayOf, type Month, monthOf } from '../../domain/periods.js';
import type { AccountingPeriod, PeriodReopening, Tx } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';

/** Makes whoever posts wait until the transaction ends, once everybody who is posting has ended. */
export async function lockPeriods(db: Tx): Promise<void> {
  await db.$queryRaw`SELECT FROM lock_periods()`;
}

/** The months that were ever closed, the first one first. */
export function findPeriods(db: Tx): Promise<AccountingPeriod[]> {
  return db.accountingPeriod.findMany({ orderBy: { month: 'asc' } });
}

/** The month of the first entry, whoever may see it; null without any. */
export async function firstEntryMonth(db: Tx): Promise<Month | null> {
  const [row] = await asSystem(db, () => db.$queryRaw<{ day: string | null }[]>`SELECT to_char(min(value_date), 'YYYY-MM-DD') AS day FROM journal_entry`);
  const day = row?.day ?? null;
  return day === null ? null : monthOf(day);
}

/** When a month was closed and until when its grace lasts, to the microsecond. */
export interface Closing {
  readonly closedAt: string;
  readonly graceUntil: string;
}

/** Closes months; the database stamps the moment. */
export async function closeMonths(db: Tx, months: readonly Month[], { closedBy, graceDays }: { readonly closedBy: string; readonly graceDays: number }): Promise<Closing> {
  const rows = await db.$queryRaw<Closing[]>`
    INSERT INTO accounting_period (month, status, closed_by, closed_at, grace_until)
    SELECT month, 'closed', ${closedBy}::uuid, c.now, c.now + make_interval(days => ${graceDays}::int)
    FROM unnest(${months.map(firstDayOf)}::date[]) AS month CROSS JOIN (SELECT clock_timestamp() AS now) c
    ON CONFLICT (month) DO UPDATE SET status = excluded.status, closed_by = excluded.closed_by, closed_at = excluded.closed_at, grace_until = excluded.grace_until
    RETURNING to_json(closed_at) #>> '{}' AS "closedAt", to_json(grace_until) #>> '{}' AS "graceUntil"`;
  const closing = rows.at(-1);
  if (!closing) throw new RangeError('an insert returns its rows');
  return closing;
}

export async function openMonth(db: Tx, month: Date): Promise<void> {
  await db.accountingPeriod.update({ where: { month }, data: { status: 'open', closedBy: null, closedAt: null, graceUntil: null } });
}

/** Keeps a decision; the database's clock says when, as it does for what is posted. */
export async function decideReopening(db: Tx, id: string, decision: Pick<PeriodReopening, 'status' | 'decidedBy' | 'decisionReason'>): Promise<PeriodReopening> {
  await db.$executeRaw`
    UPDATE period_reopening SET status = ${decision.status}::approval_status, decided_by = ${decision.decidedBy}::uuid, decided_at = clock_timestamp(),
      decision_reason = ${decision.decisionReason}
    WHERE id = ${id}::uuid`;
  return db.periodReopening.findUniqueOrThrow({ where: { id } });
}

/** The request, locked until the transaction ends. */
export async function lockReopening(db: Tx, id: string): Promise<PeriodReopening | null> {
  await db.$queryRaw`SELECT FROM period_reopening WHERE id = ${id}::uuid FOR UPDATE`;
  return db.periodReopening.findUnique({ where: { id } });
}

/** A month's row, if it was ever closed. */
export function findPeriod(db: Tx, month: Month): Promise<AccountingPeriod | null> {
  return db.accountingPeriod.findUnique({ where: { month: fromDay(firstDayOf(month)) } });
}
