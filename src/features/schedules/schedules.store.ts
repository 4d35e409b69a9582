import { toDay, type Day } from '../../domain/days.js';
import { findPage, type Page } from '../../http/paging.js';
import type { DeliveryStatus, Prisma, ReportSchedule, RunStatus, ScheduleOccurrence, Tx } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';
import { type SchedulesQuery, scheduleSorts } from './schedules.schema.js';
import { nextTime } from './timing.js';

export function insertSchedule(db: Tx, data: Prisma.ReportScheduleUncheckedCreateInput): Promise<ReportSchedule> {
  return db.reportSchedule.create({ data });
}

export function findSchedule(db: Tx, id: string): Promise<ReportSchedule | null> {
  return db.reportSchedule.findUnique({ where: { id } });
}

/** The schedule, locked until the transaction ends; null for one that may not be changed. */
export async function lockSchedule(db: Tx, id: string): Promise<ReportSchedule | null> {
  const rows = await db.$queryRaw<object[]>`SELECT 1 FROM report_schedule WHERE id = ${id}::uuid FOR UPDATE`;
  return rows.length > 0 ? findSchedule(db, id) : null;
}

export function findSchedules(db: Tx, query: SchedulesQuery): Promise<Page<ReportSchedule>> {
  const { active } = query;
  const filters = active === undefined ? {} : { active };
  return findPage(query, scheduleSorts, ({ where, orderBy, take }) => db.reportSchedule.findMany({ where: { AND: [where, filters] }, orderBy, take }));
}

/** The first day of an event; null when there is none. */
export async function startOfEvent(db: Tx, eventId: string | null): Promise<Day | null> {
  if (eventId === null) return null;
  const event = await db.event.findUnique({ where: { id: eventId }, select: { startsOn: true } });
  return event && toDay(event.startsOn);
}

/** The schedules that wait for an event, moved with its first day. */
export function moveWithEvent(db: Tx, eventId: string, startsOn: Day, now: Date): Promise<void> {
  return asSystem(db, async () => {
    const waiting = await db.reportSchedule.findMany({ where: { eventId, active: true } });
    for (const schedule of waiting) await db.reportSchedule.update({ where: { id: schedule.id }, data: { nextDueAt: nextTime(schedule, startsOn, now) } });
  });
}

/** Which of these persons may no longer act. */
export async function suspendedAmong(db: Tx, userIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await asSystem(db, () => db.appUser.findMany({ where: { id: { in: [...userIds] }, active: false }, select: { id: true } }));
  return new Set(rows.map(({ id }) => id));
}

/** The schedules whose time has come. */
export async function dueSchedules(db: Tx, now: Date): Promise<readonly string[]> {
  const rows = await db.reportSchedule.findMany({ where: { active: true, nextDueAt: { lte: now } }, select: { id: true }, orderBy: { nextDueAt: 'asc' } });
  return rows.map(({ id }) => id);
}

/** Five fields and the time zone of each schedule that runs by them. */
export async function cronSchedules(db: Tx): Promise<readonly { readonly id: string; readonly cron: string; readonly timeZone: string }[]> {
  const rows = await db.reportSchedule.findMany({ where: { active: true, cron: { not: null } }, select: { id: true, cron: true, timeZone: true } });
  return rows.flatMap(({ id, cron, timeZone }) => (cron === null ? [] : [{ id, cron, timeZone }]));
}

/** Keeps that a planned time has been met; false when it was met before. */
export async function insertOccurrence(db: Tx, occurrence: Omit<ScheduleOccurrence, 'firedAt'> & { readonly firedAt: Date }): Promise<boolean> {
  const { count } = await db.scheduleOccurrence.createMany({ data: [occurrence], skipDuplicates: true });
  return count === 1;
}

/** The times that were met before a moment, the latest first. */
export function findOccurrences(db: Tx, scheduleId: string, before: Date | undefined, take: number): Promise<ScheduleOccurrence[]> {
  return db.scheduleOccurrence.findMany({ where: { scheduleId, ...(before && { dueAt: { lt: before } }) }, orderBy: { dueAt: 'desc' }, take });
}

/** A run of an occurrence, and its deliveries by status. */
export interface IssuedRun {
  readonly id: string;
  readonly dueAt: Date;
  readonly status: RunStatus;
  readonly deliveries: Readonly<Record<DeliveryStatus, number>>;
}

/** The runs of some occurrences: also those that the owner, who sees the schedule, may not open. */
export function findIssuedRuns(db: Tx, scheduleId: string, dueAt: readonly Date[]): Promise<readonly IssuedRun[]> {
  return asSystem(
    db,
    () => db.$queryRaw<IssuedRun[]>`
      SELECT r.id::text AS id, r.due_at AS "dueAt", r.status::text AS status, jsonb_build_object(
          'queued', count(d.id) FILTER (WHERE d.status = 'queued'), 'sending', count(d.id) FILTER (WHERE d.status = 'sending'),
          'sent', count(d.id) FILTER (WHERE d.status = 'sent'), 'failed', count(d.id) FILTER (WHERE d.status = 'failed')) AS deliveries
      FROM report_run r LEFT JOIN delivery d ON d.run_id = r.id
      WHERE r.schedule_id = ${scheduleId}::uuid AND r.due_at = ANY(${[...dueAt]}::timestamptz[])
      GROUP BY r.id ORDER BY r.id`,
  );
}

/** The latest run of each series of a schedule before a planned time, with the moment it is about. */
export async function issuesBefore(
  db: Tx,
  { scheduleId, dueAt, series }: { readonly scheduleId: string; readonly dueAt: Date; readonly series: readonly string[] },
): Promise<ReadonlyMap<string, { readonly id: string; readonly asOf: string }>> {
  const rows = await db.$queryRaw<{ series: string; id: string; asOf: string }[]>`
    SELECT s.series, r.id::text AS id, r.params #>> '{question,asOf}' AS "asOf" FROM unnest(${[...series]}::text[]) AS s (series)
    CROSS JOIN LATERAL (
      SELECT id, params FROM report_run WHERE schedule_id = ${scheduleId}::uuid AND series = s.series AND due_at < ${dueAt}::timestamptz
      ORDER BY due_at DESC LIMIT 1) r`;
  return new Map(rows.map(({ series, id, asOf }) => [series, { id, asOf }]));
}
