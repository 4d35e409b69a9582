/** Where the tracked states' capitals are, and so whose hour is meant. */
export const timeZones = ['Africa/Bamako', 'Africa/Ouagadougou', 'Africa/Niamey', 'Africa/Nouakchott', 'Africa/Ndjamena', 'Africa/Lome', 'Africa/Dakar'] as const;
export type TimeZone = (typeof timeZones)[number];

/** At which hour of which place: "HH:MM". */
interface Hour {
  readonly atTime: string;
  readonly timeZone: TimeZone;
}

/** When something is due, again and again. */
export type Timing =
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  | { readonly preset: 'cron'; readonly cron: string; readonly timeZone: TimeZone }
  /** 1 is Monday, 7 Sunday. */
  | ({ readonly preset: 'weekly'; readonly weekday: number } & Hour)
  /** A day that every month has, or its last one. */
  | ({ readonly preset: 'monthly'; readonly day: number | 'last' } & Hour)
  /** On the 5th of January, April, July and October. */
  | ({ readonly preset: 'quarterly' } & Hour)
  /** So many days before the first day of a conference or forum. */
  | ({ readonly preset: 'before_event'; readonly eventId: string; readonly daysBefore: number } & Hour);

/** The five fields of a timing, one blank between them; null for one that has no fixed days. */
export function cronOf(timing: Timing): string | null {
  if (timing.preset === 'cron') return timing.cron.trim().replace(/\s+/g, ' ');
  const hour = hourFields(timing.atTime);
  if (timing.preset === 'weekly') return `${hour} * * ${timing.weekday}`;
  if (timing.preset === 'monthly') return `${hour} ${timing.day === 'last' ? 'L' : timing.day} * *`;
  if (timing.preset === 'quarterly') return `${hour} 5 1,4,7,10 *`;
  return null;
}

/** "HH:MM" as the first two of five fields. */
export function hourFields(atTime: string): string {
  const [hour, minute] = atTime.split(':').map(Number);
  return `${minute} ${hour}`;
}

/** A timing as it is kept; `cron` is that of `cronOf`. */
export interface KeptTiming {
  readonly preset: Timing['preset'];
  readonly cron: string | null;
  readonly atTime: string;
  readonly timeZone: string;
  readonly eventId: string | null;
  readonly daysBefore: number | null;
}

/** The timing that was kept. */
export function timingOf({ preset, cron, atTime, timeZone, eventId, daysBefore }: KeptTiming): Timing {
  const hour = { atTime, timeZone: timeZone as TimeZone };
  const [, , day = '', , weekday = ''] = (cron ?? '').split(' ');
  if (preset === 'cron') return { preset, cron: cron ?? '', timeZone: hour.timeZone };
  if (preset === 'weekly') return { preset, weekday: Number(weekday), ...hour };
  if (preset === 'monthly') return { preset, day: day === 'L' ? 'last' : Number(day), ...hour };
  if (preset === 'quarterly') return { preset, ...hour };
  return { preset, eventId: eventId ?? '', daysBefore: daysBefore ?? 0, ...hour };
}

/** A planned time that is met, the earlier ones for which it stands, and what comes next. */
export interface MetTime {
  readonly dueAt: Date;
  readonly skipped: number;
  readonly next: Date | null;
}

/** The latest planned time that has come: of several that were missed, the reports of one say all there is to say. */
export function latestDue(first: Date, now: Date, nextAfter: (moment: Date) => Date | null): MetTime {
  let met: MetTime = { dueAt: first, skipped: 0, next: nextAfter(first) };
  while (met.next !== null && met.next <= now) met = { dueAt: met.next, skipped: met.skipped + 1, next: nextAfter(met.next) };
  return met;
}

const LATE_AFTER_MS = 5 * 60_000;

/** Whether nobody was there at the planned time; a few minutes are none. */
export function isLate(dueAt: Date, now: Date): boolean {
  return now.getTime() - dueAt.getTime() > LATE_AFTER_MS;
}

/** Minutes between two times, at least. */
export const LEAST_MINUTES_BETWEEN = 15;

/** The shortest time, in minutes, between two of the hours and minutes at which something is due each day, over midnight too. */
export function shortestGap(hours: readonly number[], minutes: readonly number[]): number {
  const times = hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute)).sort((a, b) => a - b);
  const [first = 0] = times;
  return Math.min(...times.map((time, index) => (times[index + 1] ?? first + DAY_MINUTES) - time));
}

const DAY_MINUTES = 24 * 60;
