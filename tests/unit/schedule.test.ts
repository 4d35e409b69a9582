import { describe, expect, test } from '@jest/globals';
import { getNextMillis } from 'bullmq';
import fc from 'fast-check';
import { fromDay, toDay } from '../../src/domain/days.js';
import { isLate, latestDue, shortestGap, type Timing, timeZones, timingOf } from '../../src/domain/schedule.js';
import { keptTiming, nextTime } from '../../src/features/schedules/timing.js';
import type { DomainError } from '../../src/domain/problem.js';

const at = (text: string) => new Date(text);
const timeZone = 'Africa/Bamako';
const hour = { atTime: '08:00', timeZone } as const;
const nextOf = (timing: Timing, after: string, startsOn: string | null = null) => nextTime(keptTiming(timing), startsOn, at(after))?.toISOString() ?? null;

function refusalOf(cron: string): string | null {
  try {
    keptTiming({ preset: 'cron', cron, timeZone });
    return null;
  } catch (error) {
    return (error as DomainError).code;
  }
}

/** The clock of a place: none of them has summer time. */
function localOf(moment: Date, zone: string) {
  const text = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }).format(moment);
  const [day = '', time = ''] = text.split(' ');
  return { day, time, weekday: fromDay(day).getUTCDay() || 7, month: Number(day.slice(5, 7)), date: Number(day.slice(8)) };
}

const moments = fc.date({ min: at('2020-01-01T00:00:00Z'), max: at('2044-12-31T00:00:00Z'), noInvalidDate: true });
const hours = fc.record({
  atTime: fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 })).map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':')),
  timeZone: fc.constantFrom(...timeZones),
});
const weekly = fc.tuple(fc.integer({ min: 1, max: 7 }), hours).map(([weekday, of]): Timing => ({ preset: 'weekly', weekday, ...of }));
const monthly = fc
  .tuple(fc.oneof(fc.integer({ min: 1, max: 28 }), fc.constant('last' as const)), hours)
  .map(([day, of]): Timing => ({ preset: 'monthly', day, ...of }));
const quarterly = hours.map((of): Timing => ({ preset: 'quarterly', ...of }));
const beforeEvent = fc
  .tuple(fc.uuid(), fc.integer({ min: 0, max: 365 }), hours)
  .map(([eventId, daysBefore, of]): Timing => ({ preset: 'before_event', eventId, daysBefore, ...of }));

describe('the next time', () => {
  test.each<[string, Timing, string, string]>([
    ['every Monday', { preset: 'weekly', weekday: 1, ...hour }, '2026-11-27T20:00:00Z', '2026-11-30T08:00:00.000Z'],
    ['every Sunday', { preset: 'weekly', weekday: 7, ...hour }, '2026-11-27T20:00:00Z', '2026-11-29T08:00:00.000Z'],
    ['by the 5th', { preset: 'monthly', day: 5, ...hour }, '2026-11-27T20:00:00Z', '2026-12-05T08:00:00.000Z'],
    ['an hour east of it', { preset: 'monthly', day: 5, atTime: '08:00', timeZone: 'Africa/Niamey' }, '2026-11-27T20:00:00Z', '2026-12-05T07:00:00.000Z'],
    ['midnight at UTC+1, on the day before in UTC', { preset: 'monthly', day: 5, atTime: '00:00', timeZone: 'Africa/Ndjamena' }, '2026-11-27T20:00:00Z', '2026-12-04T23:00:00.000Z'],
    ['the last day of April', { preset: 'monthly', day: 'last', ...hour }, '2026-03-31T08:00:00Z', '2026-04-30T08:00:00.000Z'],
    ['the last day of February', { preset: 'monthly', day: 'last', ...hour }, '2027-01-31T08:00:00Z', '2027-02-28T08:00:00.000Z'],
    ['the last day of a leap year’s February', { preset: 'monthly', day: 'last', ...hour }, '2028-01-31T08:00:00Z', '2028-02-29T08:00:00.000Z'],
    ['the 31st, skipping months that lack it', { preset: 'cron', cron: '0 8 31 * *', timeZone }, '2027-01-31T08:00:00Z', '2027-03-31T08:00:00.000Z'],
    ['quarterly, over the year', { preset: 'quarterly', ...hour }, '2026-10-05T08:00:00Z', '2027-01-05T08:00:00.000Z'],
    ['five fields', { preset: 'cron', cron: ' 30  7 1,15 * * ', timeZone }, '2026-11-27T20:00:00Z', '2026-12-01T07:30:00.000Z'],
    ['the second Monday', { preset: 'cron', cron: '0 8 * * 1#2', timeZone }, '2026-11-27T20:00:00Z', '2026-12-14T08:00:00.000Z'],
  ])('%s', (_, timing, after, expected) => {
    expect(nextOf(timing, after)).toBe(expected);
  });

  test('before an event follows the day of the event, and there is none after it', () => {
    const timing: Timing = { preset: 'before_event', eventId: '-', daysBefore: 1, atTime: '08:00', timeZone: 'Africa/Niamey' };
    expect(nextOf(timing, '2028-01-01T00:00:00Z', '2028-03-01')).toBe('2028-02-29T07:00:00.000Z');
    expect(nextOf(timing, '2027-01-01T00:00:00Z', '2027-03-01')).toBe('2027-02-28T07:00:00.000Z');
    expect(nextOf(timing, '2027-02-28T06:59:59Z', '2027-03-01')).toBe('2027-02-28T07:00:00.000Z');
    expect(nextOf(timing, '2027-02-28T07:00:00Z', '2027-03-01')).toBeNull();
    expect(nextOf(timing, '2027-01-01T00:00:00Z', null)).toBeNull();
  });

  test('is later than the moment it is asked for, at the hour of its place, on a day of its rhythm', () => {
    fc.assert(
      fc.property(fc.oneof(weekly, monthly, quarterly), moments, (timing, after) => {
        const kept = keptTiming(timing);
        const next = nextTime(kept, null, after)!;
        const local = localOf(next, timing.timeZone);
        expect(next.getTime()).toBeGreaterThan(after.getTime());
        expect(local.time).toBe(`${kept.atTime}:00`);
        if (timing.preset === 'weekly') expect([local.weekday, next.getTime() - after.getTime() <= 7 * 86_400_000]).toEqual([timing.weekday, true]);
        if (timing.preset === 'quarterly') expect([local.date, local.month % 3]).toEqual([5, 1]);
        if (timing.preset !== 'monthly') return;
        if (timing.day === 'last') expect(toDay(new Date(fromDay(local.day).getTime() + 86_400_000)).slice(8)).toBe('01');
        else expect(local.date).toBe(timing.day);
        expect(next.getTime() - after.getTime()).toBeLessThanOrEqual(31 * 86_400_000);
      }),
    );
  });

  test('is the one that the queue finds', () => {
    fc.assert(
      fc.property(fc.oneof(weekly, monthly, quarterly), moments, (timing, after) => {
        const kept = keptTiming(timing);
        expect(nextTime(kept, null, after)!.getTime()).toBe(getNextMillis(after.getTime(), { pattern: kept.cron!, tz: kept.timeZone }));
      }),
    );
  });
});

test('a timing that was kept is the one that was given', () => {
  fc.assert(fc.property(fc.oneof(weekly, monthly, quarterly, beforeEvent), (timing) => expect(timingOf(keptTiming(timing))).toEqual(timing)));
  const kept = keptTiming({ preset: 'cron', cron: '45,15 7,22 * * *', timeZone });
  expect(kept).toMatchObject({ atTime: '07:15', cron: '45,15 7,22 * * *' });
  expect(timingOf(kept)).toEqual({ preset: 'cron', cron: '45,15 7,22 * * *', timeZone });
});

test.each([
  ['*/15 * * * *', null],
  ['0,15,30,45 8-17 * * 1-5', null],
  ['0 8 L * *', null],
  ['50 23 * * *', null],
  ['0 0,23 * * *', null],
  ['*/14 * * * *', 'SCHEDULE_TOO_OFTEN'],
  ['* * * * *', 'SCHEDULE_TOO_OFTEN'],
  ['0,10 8 1 1 *', 'SCHEDULE_TOO_OFTEN'],
  ['50 23,0-22 * * *', null],
  ['5,55 * * * *', 'SCHEDULE_TOO_OFTEN'],
  ['55,5 0,23 * * *', 'SCHEDULE_TOO_OFTEN'],
  ['0 8 * *', 'CRON_INVALID'],
  ['0 0 8 * * *', 'CRON_INVALID'],
  ['@daily', 'CRON_INVALID'],
  ['H 8 * * *', 'CRON_INVALID'],
  ['0 8 * * MON', 'CRON_INVALID'],
  ['60 8 * * *', 'CRON_INVALID'],
  ['0 24 * * *', 'CRON_INVALID'],
  ['0 8 31 2 *', 'CRON_INVALID'],
  ['0 8 31 2,4 *', 'CRON_INVALID'],
  ['L 8 * * *', 'CRON_INVALID'],
  ['- - - - -', 'CRON_INVALID'],
])('five fields %p: %p', (cron, refusal) => {
  expect(refusalOf(cron)).toBe(refusal);
});

test('the shortest gap is found over midnight too', () => {
  expect(shortestGap([8], [0])).toBe(24 * 60);
  expect(shortestGap([0, 23], [0])).toBe(60);
  expect(shortestGap([0, 23], [5, 55])).toBe(10);
});

test('of several times that were missed, the latest is met and the others are counted', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 30 }), fc.integer({ min: 0, max: 20_000 }), (steps, late) => {
      const times = steps.reduce<Date[]>((all, step) => [...all, new Date((all.at(-1)?.getTime() ?? 0) + step)], []);
      const first = times[0]!;
      const now = new Date(first.getTime() + late);
      const due = times.filter((time) => time <= now);
      const met = latestDue(first, now, (moment) => times.find((time) => time > moment) ?? null);
      expect(met).toEqual({ dueAt: due.at(-1), skipped: due.length - 1, next: times[due.length] ?? null });
    }),
  );
});

test('a few minutes are not late', () => {
  expect(isLate(at('2026-12-05T08:00:00Z'), at('2026-12-05T08:05:00Z'))).toBe(false);
  expect(isLate(at('2026-12-05T08:00:00Z'), at('2026-12-05T08:05:01Z'))).toBe(true);
});
