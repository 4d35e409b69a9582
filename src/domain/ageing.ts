import { type Day, daysBetween } from './days.js';
import { type Ageing, type AgeingBucket, bucketOf, type PromiseFacts, sumOf, unpaidParts } from './mechanism-figures.js';
import { allocate } from './money.js';

/** A part of what is unpaid of a promise on a day. */
export interface AgedPart {
  /** Null where no plan of payment says when. */
  readonly dueOn: Day | null;
  /** 0 where it is not due yet, or in no plan. */
  readonly daysLate: number;
  readonly bucket: AgeingBucket;
  readonly minor: bigint;
  /** In the reporting currency. */
  readonly reportMinor: bigint;
}

/**
 * What is unpaid of a promise, part by part, earliest due first and what is in no plan last. `report` is the same by age in the reporting
 * currency: the parts of a bucket sum to it exactly (largest remainder).
 */
export function agedParts(promise: PromiseFacts, today: Day, report: Ageing): readonly AgedPart[] {
  const parts = unpaidParts(promise).map(({ dueOn, minor }) => ({ dueOn, minor, bucket: dueOn === null ? ('unscheduled' as const) : bucketOf(dueOn, today) }));
  return parts.map((part, index) => {
    const same = parts.flatMap(({ bucket }, at) => (bucket === part.bucket ? [at] : []));
    const shares = allocate(report[part.bucket], same.map((at) => parts[at]?.minor ?? 0n));
    const daysLate = part.dueOn === null ? 0 : Math.max(0, daysBetween(part.dueOn, today));
    return { ...part, daysLate, reportMinor: shares[same.indexOf(index)] ?? 0n };
  });
}

/** How old a commitment is that is not paid in full: the buckets of lateness, the first one from its very day. */
export const ageBuckets = ['days1to30', 'days31to90', 'days91to180', 'days181to365', 'over365'] as const satisfies readonly AgeingBucket[];
export type AgeBucket = (typeof ageBuckets)[number];

/** The bucket of a commitment by the days since its value date. */
export function ageOf(on: Day, today: Day): AgeBucket {
  const bucket = bucketOf(on, today);
  return ageBuckets.find((one) => one === bucket) ?? 'days1to30';
}

/**
 * Shares amounts out over parts, one amount after the other by largest remainder over what each part has left, so that the amounts and
 * the parts both keep their sums. No amount or part is negative; the amounts come to no more than the parts.
 * @returns for each amount what of it falls to each part
 */
export function shareOut(amounts: readonly bigint[], parts: readonly bigint[]): readonly (readonly bigint[])[] {
  let left = parts;
  return amounts.map((amount) => {
    const shares = sumOf(left) === 0n ? left : allocate(amount, left);
    left = left.map((part, index) => part - (shares[index] ?? 0n));
    return shares;
  });
}
