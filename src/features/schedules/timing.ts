import { CronExpressionParser } from 'cron-parser';
import { type Day, fromDay, toDay } from '../../domain/days.js';
import { DomainError } from '../../domain/problem.js';
import { cronOf, hourFields, type KeptTiming, LEAST_MINUTES_BETWEEN, shortestGap, type Timing } from '../../domain/schedule.js';

const DAY_MS = 86_400_000;

/** Numbers, lists, ranges and steps; "L" is the last, "1#2" the second Monday. Names and hashed fields are not taken. */
const CRON = /^[\dL*,/#-]+( [\dL*,/#-]+){4}$/;

/**
 * A timing as it is kept.
 * @throws CRON_INVALID, SCHEDULE_TOO_OFTEN
 */
export function keptTiming(timing: Timing): KeptTiming {
  const cron = cronOf(timing);
  const atTime = timing.preset === 'cron' ? firstHourOf(cronOf(timing) ?? '') : timing.atTime;
  const event = timing.preset === 'before_event' ? { eventId: timing.eventId, daysBefore: timing.daysBefore } : { eventId: null, daysBefore: null };
  return { preset: timing.preset, cron, atTime, timeZone: timing.timeZone, ...event };
}

/** The first planned time strictly after a moment; null when none comes. The days of an event are asked for where it has one. */
export function nextTime({ cron, atTime, timeZone, daysBefore }: KeptTiming, eventStartsOn: Day | null, after: Date): Date | null {
  if (cron !== null) return timeAfter(cron, timeZone, after);
  if (eventStartsOn === null) return null;
  const time = timeOnDay(toDay(new Date(fromDay(eventStartsOn).getTime() - (daysBefore ?? 0) * DAY_MS)), atTime, timeZone);
  return time > after ? time : null;
}

function timeAfter(cron: string, timeZone: string, after: Date): Date {
  return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: after }).next().toDate();
}

/** The moment of an hour on a day in a place. */
function timeOnDay(day: Day, atTime: string, timeZone: string): Date {
  const [, month, date] = day.split('-').map(Number);
  return timeAfter(`${hourFields(atTime)} ${date} ${month} *`, timeZone, new Date(fromDay(day).getTime() - DAY_MS));
}

/** The first hour of the day at which five fields are due, "HH:MM"; refuses fields that nothing is to be done by. */
function firstHourOf(cron: string): string {
  const { hours, minutes } = fieldsOf(cron);
  const minutesBetween = shortestGap(hours, minutes);
  if (minutesBetween < LEAST_MINUTES_BETWEEN) throw new DomainError('SCHEDULE_TOO_OFTEN', { found: minutesBetween, least: LEAST_MINUTES_BETWEEN }, 'timing.cron');
  return [hours[0], minutes[0]].map((part) => String(part).padStart(2, '0')).join(':');
}

function fieldsOf(cron: string): { readonly hours: readonly number[]; readonly minutes: readonly number[] } {
  if (!CRON.test(cron)) throw new DomainError('CRON_INVALID', { found: cron }, 'timing.cron');
  try {
    const expression = CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: new Date(0) });
    // Throws for a day that never comes, such as 31 February.
    expression.next();
    const { hour, minute } = expression.fields;
    return { hours: hour.values.map(Number), minutes: minute.values.map(Number) };
  } catch {
    throw new DomainError('CRON_INVALID', { found: cron }, 'timing.cron');
  }
}
