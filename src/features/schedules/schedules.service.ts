import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { changesOf } from '../../domain/changes.js';
import { toDay } from '../../domain/days.js';
import { DomainError } from '../../domain/problem.js';
import { type Timing, timingOf } from '../../domain/schedule.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page, readCursor, writeCursor } from '../../http/paging.js';
import type { Language } from '../../i18n/language.js';
import { scheduleText } from '../../i18n/schedules.js';
import type { ReportSchedule, ScheduleOccurrence, Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { asSystem } from '../../platform/tenant.js';
import { recordAudit } from '../audit/audit.store.js';
import { allowedRecipients, auditedRecipients } from '../deliveries/allowed-recipients.js';
import type { Recipients } from '../deliveries/recipients.js';
import { issue } from './fire.js';
import type {
  OccurrenceAnswer, OccurrencesQuery, PreviewAnswer, PreviewInput, ScheduleAnswer, ScheduleInput, SchedulePatch, SchedulesQuery,
} from './schedules.schema.js'; // prettier-ignore
import {
  findIssuedRuns, findOccurrences, findSchedule, findSchedules, insertSchedule, lockSchedule, startOfEvent, suspendedAmong,
} from './schedules.store.js'; // prettier-ignore
import { keptTiming, nextTime } from './timing.js';

/** What the owner decides. */
type Fields = Omit<ScheduleInput, 'timing'> & { readonly timing: Timing; readonly active: boolean };

/**
 * Keeps a report that is made again and again.
 * @throws CRON_INVALID, SCHEDULE_TOO_OFTEN, DATE_IN_PAST, CODE_UNKNOWN, OUT_OF_SCOPE
 */
export async function createSchedule(context: RequestContext, input: ScheduleInput): Promise<ScheduleAnswer> {
  const { db, actor } = context;
  const fields: Fields = { ...input, active: true, recipients: await allowedRecipients(db, actor, input.recipients) };
  const nextDueAt = await firstTime(context, fields.timing);
  const schedule = await insertSchedule(db, { id: newId(), ...columnsOf(fields), nextDueAt, createdBy: actor.userId });
  await audit(context, 'schedule.record', schedule.id, null, fields);
  return answerFor(context, schedule);
}

/**
 * Changes a schedule, pauses it or lets it run again; what fell due while it was paused is not made up for.
 * @throws STALE, NOT_FOUND, CRON_INVALID, SCHEDULE_TOO_OFTEN, DATE_IN_PAST, CODE_UNKNOWN, OUT_OF_SCOPE
 */
export async function updateSchedule(context: RequestContext, id: string, patch: SchedulePatch): Promise<ScheduleAnswer> {
  const { db, actor } = context;
  const before = found(await lockSchedule(db, id));
  context.precondition.check(before.version);
  const fields = fieldsOf(before);
  const recipients = patch.recipients && (await allowedRecipients(db, actor, patch.recipients));
  // The database keeps the fields of a question in an order of its own.
  const report = isDeepStrictEqual(patch.report, fields.report) ? undefined : patch.report;
  const changes = changesOf<Fields>(fields, { ...patch, report, recipients });
  if (!changes) return answerFor(context, before);
  const next = { ...fields, ...changes.after };
  const nextDueAt = await timeAfterChange(context, before, changes.after, next);
  const after = await db.reportSchedule.update({ where: { id }, data: { ...columnsOf(next), nextDueAt } });
  await audit(context, 'schedule.change', id, changes.before, changes.after);
  return answerFor(context, after);
}

/** A time that has come and is not yet met stays, unless the timing is another. */
async function timeAfterChange(context: RequestContext, before: ReportSchedule, changed: Partial<Fields>, { active, timing }: Fields): Promise<Date | null> {
  if (!active) return null;
  return changed.timing !== undefined || changed.active === true ? firstTime(context, timing) : before.nextDueAt;
}

/** @throws NOT_FOUND also for one of others */
export async function getSchedule(context: RequestContext, id: string): Promise<ScheduleAnswer> {
  return answerFor(context, found(await findSchedule(context.db, id)));
}

/** One's own; all of them for who manages or audits. */
export async function listSchedules(context: RequestContext, query: SchedulesQuery): Promise<Page<ScheduleAnswer>> {
  const page = await findSchedules(context.db, query);
  const suspended = await suspendedAmong(context.db, page.items.map(({ createdBy }) => createdBy));
  return mapPage(page, (schedule) => answerOf(schedule, suspended, context.language));
}

/**
 * The next times of a timing that need not be kept.
 * @throws CRON_INVALID, SCHEDULE_TOO_OFTEN, CODE_UNKNOWN
 */
export function previewTiming(context: RequestContext, { timing, count }: PreviewInput): Promise<PreviewAnswer> {
  return timesOf(context, timing, count);
}

/**
 * The next times of a schedule, also while it is paused.
 * @throws NOT_FOUND
 */
export async function previewSchedule(context: RequestContext, id: string, count: number): Promise<PreviewAnswer> {
  return timesOf(context, fieldsOf(found(await findSchedule(context.db, id))).timing, count);
}

async function timesOf({ db, now }: RequestContext, timing: Timing, count: number): Promise<PreviewAnswer> {
  const kept = keptTiming(timing);
  const startsOn = await startOf(db, timing);
  const times: PreviewAnswer['times'] = [];
  for (let next = nextTime(kept, startsOn, now); next !== null && times.length < count; next = nextTime(kept, startsOn, next)) {
    times.push({ dueAt: next.toISOString(), local: localTime(next, timing.timeZone) });
  }
  return { times };
}

/** YYYY-MM-DDTHH:MM by the clock of a place. */
function localTime(moment: Date, timeZone: string): string {
  // Sweden writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(moment).replace(' ', 'T');
}

/**
 * Makes the reports of a schedule at this very moment, besides its planned times; also while it is paused.
 * @throws NOT_FOUND
 */
export async function runSchedule(context: RequestContext, id: string): Promise<OccurrenceAnswer> {
  const { db, actor, now } = context;
  const schedule = found(await lockSchedule(db, id));
  const occurrence = { dueAt: now, firedAt: now, late: false, skipped: 0, askedBy: actor.userId };
  await asSystem(db, () => issue(db, schedule, occurrence));
  await recordAudit(context, 'schedule.run', { kind: 'schedule', id }, { before: null, after: { dueAt: now } });
  const [answer] = await withRuns(db, id, [{ scheduleId: id, ...occurrence }]);
  if (!answer) throw new RangeError('an occurrence always has an answer');
  return answer;
}

/**
 * The times that were met, the latest first, with their reports and how far these have come.
 * @throws NOT_FOUND, CURSOR_INVALID
 */
export async function listOccurrences({ db }: RequestContext, id: string, { limit, cursor }: OccurrencesQuery): Promise<Page<OccurrenceAnswer>> {
  found(await findSchedule(db, id));
  const before = cursor === undefined ? undefined : new Date(readCursor(z.tuple([z.iso.datetime()]), cursor)[0]);
  const rows = await findOccurrences(db, id, before, limit + 1);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items: await withRuns(db, id, items), nextCursor: rows.length > limit && last ? writeCursor([last.dueAt.toISOString()]) : null };
}

async function withRuns(db: Tx, scheduleId: string, occurrences: readonly ScheduleOccurrence[]): Promise<OccurrenceAnswer[]> {
  const runs = await findIssuedRuns(db, scheduleId, occurrences.map(({ dueAt }) => dueAt));
  return occurrences.map(({ dueAt, firedAt, late, skipped, askedBy }) => ({
    dueAt: dueAt.toISOString(),
    firedAt: firedAt.toISOString(),
    late,
    skipped,
    askedBy,
    runs: runs.filter((run) => run.dueAt.getTime() === dueAt.getTime()).map(({ id, status, deliveries }) => ({ id, status, deliveries })),
  }));
}

/** @throws DATE_IN_PAST for an event that is too near */
async function firstTime({ db, now }: RequestContext, timing: Timing): Promise<Date> {
  const startsOn = await startOf(db, timing);
  const time = nextTime(keptTiming(timing), startsOn, now);
  if (time === null) throw new DomainError('DATE_IN_PAST', { found: startsOn ?? '', earliest: toDay(now) }, 'timing.daysBefore');
  return time;
}

async function startOf(db: Tx, timing: Timing): Promise<string | null> {
  if (timing.preset !== 'before_event') return null;
  const startsOn = await startOfEvent(db, timing.eventId);
  if (startsOn === null) throw new DomainError('CODE_UNKNOWN', { code: timing.eventId, list: 'events' }, 'timing.eventId');
  return startsOn;
}

/** An address names a person, so that it stands where the trail can forget it. */
async function audit(context: RequestContext, action: string, id: string, before: Partial<Fields> | null, after: Partial<Fields>): Promise<void> {
  const unnamed = (fields: Partial<Fields>) => ({ ...fields, ...(fields.recipients && { recipients: auditedRecipients(fields.recipients).listed }) });
  const { addresses } = auditedRecipients(after.recipients ?? []);
  await recordAudit(context, action, { kind: 'schedule', id }, { before: before && unnamed(before), after: unnamed(after) }, { personal: { addresses } });
}

function found(schedule: ReportSchedule | null): ReportSchedule {
  if (!schedule) throw new DomainError('NOT_FOUND', { what: 'report_schedule' });
  return schedule;
}

function columnsOf({ name, report, recipients, formats, language, timing, active }: Fields) {
  const { kind, ...question } = report;
  return { name, kind, question: JSON.parse(JSON.stringify(question)) as object, recipients, formats, language, active, ...keptTiming(timing) };
}

function fieldsOf(schedule: ReportSchedule): Fields {
  const { name, kind, question, recipients, formats, language, active } = schedule;
  return {
    name,
    report: { kind, ...(question as object) },
    recipients: recipients as unknown as Recipients,
    formats: formats as Fields['formats'],
    language: language as Language | null,
    timing: timingOf(schedule),
    active,
  };
}

async function answerFor({ db, language }: RequestContext, schedule: ReportSchedule): Promise<ScheduleAnswer> {
  return answerOf(schedule, await suspendedAmong(db, [schedule.createdBy]), language);
}

function answerOf(schedule: ReportSchedule, suspended: ReadonlySet<string>, reader: Language): ScheduleAnswer {
  const { id, nextDueAt, createdBy, createdAt, version } = schedule;
  const fields = fieldsOf(schedule);
  const dependsOnOwner = fields.recipients.some(({ kind }) => kind === 'address' || kind === 'webhook');
  const problem = dependsOnOwner && suspended.has(createdBy) ? 'OWNER_SUSPENDED' : null;
  return {
    id,
    ...fields,
    report: { ...fields.report },
    timing: { ...fields.timing },
    nextDueAt: nextDueAt?.toISOString() ?? null,
    problem,
    problemText: problem && scheduleText(reader, problem),
    createdBy,
    createdAt: createdAt.toISOString(),
    version,
  };
}
