import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ageingBuckets, ageingInProportion, ageingOf, atPromiseRate, bucketOf, type CommitmentFacts, dueOf, firstPayment, fullPayment, overdue, paidOf, type PromiseFacts, scheduleOf, statusOf,
  sumOf, weightedMedian,
} from '../../src/domain/mechanism-figures.js'; // prettier-ignore

const TODAY = '2025-12-31';
const commitment = (minor: bigint, payments: readonly (readonly [string, bigint])[] = [], instalments: CommitmentFacts['instalments'] = []): CommitmentFacts => ({
  on: '2025-03-01', minor, usdMinor: minor, payments: payments.map(([on, paid]) => ({ on, minor: paid })), instalments,
}); // prettier-ignore
const promise = (minor: bigint, commitments: readonly CommitmentFacts[] = [], instalments: PromiseFacts['instalments'] = []): PromiseFacts => ({
  on: '2025-01-01', minor, reportMinor: 2n * minor, commitments, instalments,
}); // prettier-ignore
const due = (dueOn: string, minor: bigint) => ({ dueOn, minor });
const left = (aged: ReturnType<typeof ageingOf>) => Object.fromEntries(Object.entries(aged).filter(([, minor]) => minor !== 0n));

describe('weightedMedian', () => {
  test('the smallest value at which half of the weight is reached', () => {
    expect(weightedMedian([])).toBeNull();
    expect(weightedMedian([{ value: 3, weight: 0n }])).toBeNull();
    expect(weightedMedian([{ value: 10, weight: 1n }, { value: 2, weight: 1n }])).toBe(2);
    expect(weightedMedian([{ value: 5, weight: 100n }, { value: 20, weight: 99n }, { value: 90, weight: 2n }])).toBe(20);
  });

  test('with equal weights it is the lower median, in whatever order', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 30 }), (values) => {
      const sorted = values.toSorted((a, b) => a - b);
      expect(weightedMedian(values.map((value) => ({ value, weight: 7n })))).toBe(sorted[Math.ceil(sorted.length / 2) - 1]);
    }));
  });
});

describe('payments', () => {
  test('the first, and the one that completes a commitment, by their days', () => {
    const one = commitment(100n, [['2025-06-01', 60n], ['2025-04-01', 30n], ['2025-09-01', 10n]]);
    expect([firstPayment(one), fullPayment(one)]).toEqual(['2025-04-01', '2025-09-01']);
    expect([firstPayment(commitment(100n)), fullPayment(commitment(100n, [['2025-04-01', 99n]]))]).toEqual([null, null]);
  });
});

describe('a plan of payment', () => {
  const plan = [due('2025-12-01', 40n), due('2025-06-30', 30n), due('2026-06-30', 30n)];

  test('is filled in the order of the days', () => {
    expect(scheduleOf(promise(100n, [commitment(80n, [['2025-05-01', 45n]])], plan))).toEqual([
      { dueOn: '2025-06-30', minor: 30n, paidMinor: 30n },
      { dueOn: '2025-12-01', minor: 40n, paidMinor: 15n },
      { dueOn: '2026-06-30', minor: 30n, paidMinor: 0n },
    ]);
  });

  test('of a commitment comes before that of its pledge, and asks for no more than the commitment stands at', () => {
    const lowered = commitment(50n, [], [due('2025-10-01', 40n), due('2025-11-01', 40n)]);
    expect(scheduleOf(promise(100n, [lowered], plan)).map(({ dueOn, minor }) => [dueOn, minor])).toEqual([['2025-10-01', 40n], ['2025-11-01', 10n]]);
  });

  test('says what is late, and for how long', () => {
    const late = promise(120n, [commitment(80n, [['2025-05-01', 45n]])], plan);
    expect(left(ageingOf(late, TODAY))).toEqual({ unscheduled: 20n, notDue: 30n, days1to30: 25n });
    expect([statusOf(late, TODAY), overdue(ageingOf(late, TODAY))]).toEqual(['late', 25n]);
    expect(dueOf(late, TODAY)).toEqual({ plannedMinor: 140n, actualMinor: 90n, instalments: 2 });
    expect(dueOf(promise(120n), TODAY)).toBeNull();
  });

  test('what is due today is not late; the buckets end at 30, 90, 180 and 365 days', () => {
    const days = ['2025-12-31', '2025-12-30', '2025-12-01', '2025-11-30', '2025-10-02', '2025-10-01', '2025-07-04', '2025-07-03', '2024-12-31', '2024-12-30'];
    expect(days.map((day) => bucketOf(day, TODAY))).toEqual(['notDue', 'days1to30', 'days1to30', 'days31to90', 'days31to90', 'days91to180', 'days91to180', 'days181to365', 'days181to365', 'over365']);
  });

  test('a promise is kept, kept in part, or not yet', () => {
    expect(statusOf(promise(50n, [commitment(50n, [['2025-05-01', 50n]])]), TODAY)).toBe('kept');
    expect(statusOf(promise(50n, [commitment(50n, [['2025-05-01', 49n]])]), TODAY)).toBe('in_part');
    expect(statusOf(promise(50n, [commitment(50n)]), TODAY)).toBe('not_yet');
  });
});

const amount = fc.bigInt({ min: 1n, max: 10n ** 9n });
const day = fc.integer({ min: 0, max: 1500 }).map((n) => new Date(Date.UTC(2023, 0, 1 + n)).toISOString().slice(0, 10));
const plans = fc.array(fc.record({ dueOn: day, minor: amount }), { maxLength: 6 });

test('the ages of what is unpaid always come to what is unpaid, in either currency', () => {
  const commitments = fc.array(fc.tuple(amount, fc.array(fc.tuple(day, amount), { maxLength: 4 }), plans), { maxLength: 3 });
  fc.assert(fc.property(commitments, plans, amount, (given, instalments, more) => {
    const made = given.map(([minor, payments, plan]) => commitment(minor + sumOf(payments.map(([, paid]) => paid)), payments, plan));
    const one = promise(sumOf(made.map(({ minor }) => minor)) + more, made, instalments);
    const unpaid = one.minor - paidOf(one);
    const aged = ageingOf(one, TODAY);
    expect(sumOf(ageingBuckets.map((bucket) => aged[bucket]))).toBe(unpaid);
    expect(ageingBuckets.every((bucket) => aged[bucket] >= 0n)).toBe(true);
    const total = atPromiseRate(one, unpaid);
    const shared = ageingInProportion(total, aged);
    expect(sumOf(ageingBuckets.map((bucket) => shared[bucket]))).toBe(total);
  }));
});
