import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { agedParts, ageBuckets, ageOf, shareOut } from '../../src/domain/ageing.js';
import { ageingBuckets, ageingInProportion, ageingOf, atPromiseRate, type CommitmentFacts, paidOf, type PromiseFacts, sumOf, unpaidParts } from '../../src/domain/mechanism-figures.js';

const TODAY = '2025-12-31';
const due = (dueOn: string, minor: bigint) => ({ dueOn, minor });
const commitment = (minor: bigint, paid: bigint, instalments: CommitmentFacts['instalments'] = []): CommitmentFacts => ({
  on: '2025-03-01', minor, usdMinor: minor, payments: paid === 0n ? [] : [{ on: '2025-04-01', minor: paid }], instalments,
}); // prettier-ignore
const promise = (minor: bigint, commitments: readonly CommitmentFacts[] = [], instalments: PromiseFacts['instalments'] = [], reportMinor = minor): PromiseFacts => ({
  on: '2025-01-01', minor, reportMinor, commitments, instalments,
}); // prettier-ignore

describe('what is unpaid, part by part', () => {
  const plan = [due('2025-06-30', 300n), due('2025-12-01', 300n), due('2026-06-30', 300n)];

  test('by the days it is due, what is in no plan last', () => {
    const one = promise(1000n, [commitment(800n, 450n)], plan);
    expect(unpaidParts(one)).toEqual([{ dueOn: '2025-12-01', minor: 150n }, { dueOn: '2026-06-30', minor: 300n }, { dueOn: null, minor: 100n }]);
    const report = ageingInProportion(5500n, ageingOf(one, TODAY));
    expect(agedParts(one, TODAY, report)).toEqual([
      { dueOn: '2025-12-01', daysLate: 30, bucket: 'days1to30', minor: 150n, reportMinor: 1500n },
      { dueOn: '2026-06-30', daysLate: 0, bucket: 'notDue', minor: 300n, reportMinor: 3000n },
      { dueOn: null, daysLate: 0, bucket: 'unscheduled', minor: 100n, reportMinor: 1000n },
    ]);
  });

  test('parts of the same age share what that age comes to', () => {
    const one = promise(3n, [], [due('2025-12-10', 1n), due('2025-12-20', 1n), due('2025-12-25', 1n)], 100n);
    const parts = agedParts(one, TODAY, ageingInProportion(100n, ageingOf(one, TODAY)));
    expect(parts.map(({ reportMinor }) => reportMinor)).toEqual([34n, 33n, 33n]);
  });

  test('nothing of a promise that is kept', () => {
    expect(unpaidParts(promise(500n, [commitment(500n, 500n, plan)], plan))).toEqual([]);
  });

  const amount = fc.bigInt({ min: 1n, max: 10n ** 9n });
  const day = fc.integer({ min: 0, max: 1500 }).map((n) => new Date(Date.UTC(2023, 0, 1 + n)).toISOString().slice(0, 10));
  const plans = fc.array(fc.record({ dueOn: day, minor: amount }), { maxLength: 6 });

  test('comes to what is unpaid in either currency, in all and by age', () => {
    const commitments = fc.array(fc.tuple(amount, fc.bigInt({ min: 0n, max: 10n ** 9n }), plans), { maxLength: 3 });
    fc.assert(fc.property(commitments, plans, amount, amount, (given, instalments, more, reportMinor) => {
      const made = given.map(([open, paid, plan]) => commitment(open + paid, paid, plan));
      const one = promise(sumOf(made.map(({ minor }) => minor)) + more, made, instalments, reportMinor);
      const unpaid = one.minor - paidOf(one);
      const report = ageingInProportion(reportMinor - atPromiseRate(one, paidOf(one)), ageingOf(one, TODAY));
      const parts = agedParts(one, TODAY, report);
      expect(sumOf(parts.map(({ minor }) => minor))).toBe(unpaid);
      for (const bucket of ageingBuckets) expect(sumOf(parts.filter((part) => part.bucket === bucket).map((part) => part.reportMinor))).toBe(report[bucket]);
      expect(parts.every(({ minor, reportMinor: converted, daysLate, bucket }) => minor > 0n && converted >= 0n && daysLate > 0 === (ageBuckets as readonly string[]).includes(bucket))).toBe(true);
    }));
  });
});

test('the age of a commitment is counted from its very day, in the buckets of lateness', () => {
  expect(['2025-12-31', '2025-12-01', '2025-11-30', '2025-10-02', '2025-10-01', '2025-07-03', '2024-12-31', '2024-12-30'].map((on) => ageOf(on, TODAY))).toEqual([
    'days1to30', 'days1to30', 'days31to90', 'days31to90', 'days91to180', 'days181to365', 'days181to365', 'over365',
  ]); // prettier-ignore
});

describe('amounts shared out over parts', () => {
  test('one after the other, by what each part has left', () => {
    expect(shareOut([1n, 1n, 1n], [2n, 1n])).toEqual([[1n, 0n], [1n, 0n], [0n, 1n]]);
    expect(shareOut([0n, 0n], [0n, 0n])).toEqual([[0n, 0n], [0n, 0n]]);
    expect(shareOut([5n], [10n, 0n])).toEqual([[5n, 0n]]);
  });

  test('keep both sums, and take no more from a part than it is', () => {
    const parts = fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 8 });
    const cuts = fc.array(fc.bigInt({ min: 0n, max: 1000n }), { minLength: 1, maxLength: 8 });
    fc.assert(fc.property(parts, cuts, (given, weights) => {
      const whole = sumOf(given);
      const amounts = weights.map((weight) => (whole * weight) / (sumOf(weights) + 1n));
      const all = [...amounts, whole - sumOf(amounts)];
      const shares = shareOut(all, given);
      expect(shares.map(sumOf)).toEqual(all);
      expect(given.map((_, at) => sumOf(shares.map((row) => row[at] ?? 0n)))).toEqual(given);
      expect(shares.flat().every((minor) => minor >= 0n)).toBe(true);
    }));
  });
});
