import { type Day, daysBetween } from './days.js';
import { type Instalment, scheduleOf, type ScheduledPart } from './mechanism-figures.js';
import { formatMinor } from './money.js';
import { isVisible, type Visibility } from './policy.js';

/** What the log of a rule knows of a subject that was found and is still so. */
export interface OpenSubject {
  /** The day on which it was first found. */
  readonly since: Day;
  /** The day on which it was last told; null when nobody could be told. */
  readonly toldOn: Day | null;
  /** The day of its last line in the log. */
  readonly notedOn: Day;
}

/** What becomes of the subjects of a rule: those to tell, those to keep quiet about, and those found before that are no longer so. */
export interface Verdict {
  readonly tell: readonly string[];
  readonly quiet: readonly string[];
  readonly cleared: readonly string[];
}

/** A subject is told when it is found, and again after each quiet period as long as it is so; one that was cleared begins anew. */
export function judge(found: readonly string[], open: ReadonlyMap<string, OpenSubject>, quietDays: number, today: Day): Verdict {
  const isToTell = (subject: string) => {
    const toldOn = open.get(subject)?.toldOn ?? null;
    return toldOn === null || daysBetween(toldOn, today) >= quietDays;
  };
  const now = new Set(found);
  return {
    tell: found.filter(isToTell),
    quiet: found.filter((subject) => !isToTell(subject)),
    cleared: [...open.keys()].filter((subject) => !now.has(subject)),
  };
}

/** A flow as far as it decides who may know of it. */
export interface FlowProfile {
  readonly countries: readonly string[];
  readonly donorId: string;
  readonly restricted: boolean;
}

/** Whether somebody may be told what is made of these flows: only who sees each of them. */
export function mayKnow(visibility: Visibility, flows: readonly FlowProfile[]): boolean {
  return flows.every((flow) => isVisible(visibility, flow));
}

/** A plan of payment: of a commitment, or of a pledge that none of its commitments has a plan for. */
export interface PaymentPlan {
  readonly instalments: readonly Instalment[];
  /** What is promised as it stands, and what is paid of it. */
  readonly minor: bigint;
  readonly paidMinor: bigint;
}

/** A part of a plan with its number in the order of the days, from 1 on. */
export interface NumberedPart extends ScheduledPart {
  readonly number: number;
}

/** The parts of a plan that are not paid in full; payments fill the parts in the order of their days. */
export function unpaidInstalments({ instalments, minor, paidMinor }: PaymentPlan): readonly NumberedPart[] {
  const on = instalments[0]?.dueOn ?? '';
  const commitment = { on, minor, usdMinor: 0n, payments: [{ on, minor: paidMinor }], instalments };
  const parts = scheduleOf({ on, minor, reportMinor: 0n, commitments: [commitment], instalments: [] });
  return parts.map((part, index) => ({ ...part, number: index + 1 })).filter((part) => part.paidMinor < part.minor);
}

/** Whether an instalment is due in so many days or fewer; today is still ahead. */
export function isDueSoon(dueOn: Day, today: Day, daysBefore: number): boolean {
  const days = daysBetween(today, dueOn);
  return days >= 0 && days <= daysBefore;
}

/** Whether an instalment has been late for so many days; what is due today is not late. */
export function isLate(dueOn: Day, today: Day, daysAfter: number): boolean {
  const days = daysBetween(dueOn, today);
  return days > 0 && days >= daysAfter;
}

/** Whether part ÷ whole is below a percentage of at most two decimals, exactly; never without a whole. */
export function isBelow(part: bigint, whole: bigint, threshold: string): boolean {
  const [units = '', decimals = ''] = threshold.split('.');
  return whole > 0n && part * 10_000n < BigInt(units + decimals.padEnd(2, '0')) * whole;
}

/** part ÷ whole in per cent with two decimals, cut so that what is below a threshold is never shown as being at it. */
export function percentOf(part: bigint, whole: bigint): string {
  return formatMinor((part * 10_000n) / whole, 2);
}

const DIGEST_HOUR = 7;

/** The day in a person's time zone whose digest is due; null before seven in the morning. */
export function digestDay(now: Date, timeZone: string): Day | null {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', hourCycle: 'h23' }).formatToParts(now);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  if (Number(part('hour')) < DIGEST_HOUR) return null;
  return `${part('year')}-${part('month')}-${part('day')}`;
}
