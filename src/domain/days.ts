/** A calendar day, YYYY-MM-DD. */
export type Day = string;

/** The latest calendar day in any tracked state: the easternmost are at UTC+1. */
export function latestLocalDay(now: Date): Day {
  return new Date(now.getTime() + 3_600_000).toISOString().slice(0, 10);
}

/** The day of a date column, which the driver gives as UTC midnight. */
export function toDay(date: Date): Day {
  return date.toISOString().slice(0, 10);
}

export function fromDay(day: Day): Date {
  return new Date(`${day}T00:00:00.000Z`);
}

/** Whether the text is a day that exists in the calendar, which has no year 0. */
export function isDay(text: string): boolean {
  if (!/^(?!0000)\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = fromDay(text);
  return !Number.isNaN(date.getTime()) && toDay(date) === text;
}

/** A day column's value, or null. */
export function fromDayOrNull(day: Day | null): Date | null {
  return day === null ? null : fromDay(day);
}

/** Days from one day to another. */
export function daysBetween(from: Day, to: Day): number {
  return (fromDay(to).getTime() - fromDay(from).getTime()) / 86_400_000;
}
