import { type Day, daysBetween } from './days.js';
import { allocate, divideHalfUp } from './money.js';

/** A part of a plan of payment, in minor units. */
export interface Instalment {
  readonly dueOn: Day;
  readonly minor: bigint;
}

/** A payment that stands. */
export interface Payment {
  readonly on: Day;
  readonly minor: bigint;
}

/** A commitment as it stands, amendments included. */
export interface CommitmentFacts {
  readonly on: Day;
  readonly minor: bigint;
  /** Its weight: US cents. */
  readonly usdMinor: bigint;
  readonly payments: readonly Payment[];
  readonly instalments: readonly Instalment[];
}

/** A pledge as it stands with all that became of it; a commitment without a pledge is a promise of its own. Own currency throughout. */
export interface PromiseFacts {
  readonly on: Day;
  readonly minor: bigint;
  /** The same in the reporting currency, at the rate of the promise's day. */
  readonly reportMinor: bigint;
  readonly commitments: readonly CommitmentFacts[];
  readonly instalments: readonly Instalment[];
}

export function sumOf(minors: readonly bigint[]): bigint {
  return minors.reduce((sum, minor) => sum + minor, 0n);
}

/** Rows by a key, in their order. */
export function grouped<Row>(rows: readonly Row[], keyOf: (row: Row) => string): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}

/** A value with its weight. */
export interface Weighted {
  readonly value: number;
  readonly weight: bigint;
}

/**
 * The lower weighted median: the smallest value at which the weights of all values up to it come to at least half of the whole; null
 * without weight.
 */
export function weightedMedian(items: readonly Weighted[]): number | null {
  const heavy = items.filter(({ weight }) => weight > 0n).toSorted((a, b) => a.value - b.value);
  const total = sumOf(heavy.map(({ weight }) => weight));
  let reached = 0n;
  for (const { value, weight } of heavy) {
    reached += weight;
    if (2n * reached >= total) return value;
  }
  return null;
}

export function committedOf({ commitments }: PromiseFacts): bigint {
  return sumOf(commitments.map(({ minor }) => minor));
}

export function paidOn({ payments }: Pick<CommitmentFacts, 'payments'>): bigint {
  return sumOf(payments.map(({ minor }) => minor));
}

export function paidOf({ commitments }: PromiseFacts): bigint {
  return sumOf(commitments.map(paidOn));
}

/**
 * A part of a promise in the reporting currency at the promise's own rate, rounded half-up once: a rate that moves neither keeps nor
 * breaks a promise.
 */
export function atPromiseRate({ minor, reportMinor }: PromiseFacts, part: bigint): bigint {
  return minor === 0n ? 0n : divideHalfUp(reportMinor * part, minor);
}

/** The day of the first payment that stands. */
export function firstPayment({ payments }: CommitmentFacts): Day | null {
  return payments.map(({ on }) => on).sort()[0] ?? null;
}

/** The day on which what was paid first came to the whole commitment. */
export function fullPayment({ minor, payments }: CommitmentFacts): Day | null {
  if (minor <= 0n) return null;
  let paid = 0n;
  for (const payment of payments.toSorted((a, b) => (a.on < b.on ? -1 : 1))) {
    paid += payment.minor;
    if (paid >= minor) return payment.on;
  }
  return null;
}

/** A part of the plan with what has been paid of it: payments fill the parts in the order of their days. */
export interface ScheduledPart extends Instalment {
  readonly paidMinor: bigint;
}

/**
 * The plan of payment of a promise: those of its commitments where any has one, otherwise its own. A plan never asks for more than the
 * commitment stands at.
 */
export function scheduleOf({ commitments, instalments }: PromiseFacts): readonly ScheduledPart[] {
  const planned = commitments.filter((one) => one.instalments.length > 0);
  const parts =
    planned.length > 0
      ? planned.flatMap((one) => fill(upTo(one.instalments, one.minor), paidOn(one)))
      : fill(inOrder(instalments), sumOf(commitments.map(paidOn)));
  return parts.toSorted(byDay);
}

function byDay(a: Instalment, b: Instalment): number {
  if (a.dueOn === b.dueOn) return 0;
  return a.dueOn < b.dueOn ? -1 : 1;
}

function inOrder(instalments: readonly Instalment[]): readonly Instalment[] {
  return instalments.toSorted(byDay);
}

function upTo(instalments: readonly Instalment[], mostMinor: bigint): readonly Instalment[] {
  let left = mostMinor > 0n ? mostMinor : 0n;
  return inOrder(instalments).flatMap(({ dueOn, minor }) => {
    const kept = minor < left ? minor : left;
    left -= kept;
    return kept > 0n ? [{ dueOn, minor: kept }] : [];
  });
}

function fill(instalments: readonly Instalment[], paid: bigint): readonly ScheduledPart[] {
  let left = paid;
  return instalments.map((part) => {
    const paidMinor = part.minor < left ? part.minor : left;
    left -= paidMinor;
    return { ...part, paidMinor };
  });
}

/** A median with how much is behind it. */
export interface Delay {
  /** Days; null without data. */
  readonly median: number | null;
  readonly count: number;
}

/** The amount-weighted median of some days. */
export function delayOf(items: readonly Weighted[]): Delay {
  return { median: weightedMedian(items), count: items.length };
}

/** How long pledges took to become commitments, and those to be paid, first and in full. */
export function promiseDays(pledges: readonly PromiseFacts[]): Readonly<Record<'pledgeToCommitment' | 'commitmentToFirstPayment' | 'commitmentToFullPayment', Delay>> {
  const commitments = pledges.flatMap((pledge) => pledge.commitments.map((one) => ({ ...one, promisedOn: pledge.on })));
  const since = (dayOf: (commitment: CommitmentFacts) => Day | null) =>
    delayOf(
      commitments.flatMap((one) => {
        const day = dayOf(one);
        return day === null ? [] : [{ value: daysBetween(one.on, day), weight: one.usdMinor }];
      }),
    );
  return {
    pledgeToCommitment: delayOf(commitments.map((one) => ({ value: daysBetween(one.promisedOn, one.on), weight: one.usdMinor }))),
    commitmentToFirstPayment: since(firstPayment),
    commitmentToFullPayment: since(fullPayment),
  };
}

/** How long what is unpaid has been due; `unscheduled` is in no plan of payment. */
export const ageingBuckets = ['unscheduled', 'notDue', 'days1to30', 'days31to90', 'days91to180', 'days181to365', 'over365'] as const;
export type AgeingBucket = (typeof ageingBuckets)[number];
export type Ageing = Readonly<Record<AgeingBucket, bigint>>;

/** The bucket of an unpaid part on a day; what is due that very day is not late. */
export function bucketOf(dueOn: Day, today: Day): AgeingBucket {
  const late = daysBetween(dueOn, today);
  if (late <= 0) return 'notDue';
  if (late <= 30) return 'days1to30';
  if (late <= 90) return 'days31to90';
  if (late <= 180) return 'days91to180';
  return late <= 365 ? 'days181to365' : 'over365';
}

/** A part of what is unpaid of a promise, in its own currency; `dueOn` is null where no plan of payment says when. */
export interface UnpaidPart {
  readonly dueOn: Day | null;
  readonly minor: bigint;
}

/** What is unpaid of a promise by the days it is due, what is in no plan last; the parts sum to promised − paid. */
export function unpaidParts(promise: PromiseFacts): readonly UnpaidPart[] {
  let left = promise.minor - paidOf(promise);
  const planned = scheduleOf(promise).flatMap(({ dueOn, minor, paidMinor }) => {
    const unpaid = minor - paidMinor < left ? minor - paidMinor : left;
    if (unpaid <= 0n) return [];
    left -= unpaid;
    return [{ dueOn, minor: unpaid }];
  });
  return left === 0n ? planned : [...planned, { dueOn: null, minor: left }];
}

/** What is unpaid of a promise by age, in its own currency; the buckets sum to promised − paid. */
export function ageingOf(promise: PromiseFacts, today: Day): Ageing {
  const parts = grouped(unpaidParts(promise), ({ dueOn }) => (dueOn === null ? 'unscheduled' : bucketOf(dueOn, today)));
  return ageing((bucket) => sumOf((parts.get(bucket) ?? []).map(({ minor }) => minor)));
}

/** An amount by age. */
export function ageing(of: (bucket: AgeingBucket) => bigint): Ageing {
  return Object.fromEntries(ageingBuckets.map((bucket) => [bucket, of(bucket)])) as Record<AgeingBucket, bigint>;
}

/** `total` shared out by age as `own` is, so that the parts sum to it (largest remainder). */
export function ageingInProportion(total: bigint, own: Ageing): Ageing {
  const weights = ageingBuckets.map((bucket) => own[bucket]);
  if (sumOf(weights) <= 0n) return ageing(() => 0n);
  const parts = allocate(total, weights);
  return ageing((bucket) => parts[ageingBuckets.indexOf(bucket)] ?? 0n);
}

/** What is overdue. */
export function overdue(aged: Ageing): bigint {
  return sumOf(ageingBuckets.filter((bucket) => bucket !== 'unscheduled' && bucket !== 'notDue').map((bucket) => aged[bucket]));
}

export const promiseStatuses = ['kept', 'in_part', 'not_yet', 'late', 'reversed'] as const;
export type PromiseStatus = (typeof promiseStatuses)[number];

/** What became of a promise: kept once it is paid in full; late while anything due is unpaid; otherwise paid in part, or not yet. */
export function statusOf(promise: PromiseFacts, today: Day): Exclude<PromiseStatus, 'reversed'> {
  const paid = paidOf(promise);
  if (paid >= promise.minor) return 'kept';
  if (overdue(ageingOf(promise, today)) > 0n) return 'late';
  return paid > 0n ? 'in_part' : 'not_yet';
}

/** What was to be paid by a day and was: a payment ahead of one plan makes up for no delay in another. */
export interface Due {
  readonly plannedMinor: bigint;
  readonly actualMinor: bigint;
  readonly instalments: number;
}

/** What was due by a day of a promise, in the reporting currency at the promise's own rate; null where nothing was. */
export function dueOf(promise: PromiseFacts, today: Day): Due | null {
  const due = scheduleOf(promise).filter(({ dueOn }) => dueOn <= today);
  if (due.length === 0) return null;
  return {
    plannedMinor: atPromiseRate(promise, sumOf(due.map(({ minor }) => minor))),
    actualMinor: atPromiseRate(promise, sumOf(due.map(({ paidMinor }) => paidMinor))),
    instalments: due.length,
  };
}
