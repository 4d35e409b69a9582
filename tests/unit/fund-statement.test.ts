import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fundEntryKinds } from '../../src/domain/fund-book.js';
import { type KindSums, meetInstalments, openPart, statementLineNames, statementOf } from '../../src/domain/fund-statement.js';

describe('the statement of a fund', () => {
  test('by hand', () => {
    const statement = statementOf({
      deposit: 10_000n,
      from_fund: 500n,
      carry_over: 2_000n,
      interest: 30n,
      donor_refund: 400n,
      fee: 100n,
      direct_cost: 60n,
      to_fund: 1_000n,
      allocation: 8_000n,
      transfer: 6_000n,
      refund: 750n,
      expenditure: 4_200n,
    });
    expect(statement).toMatchObject({
      sources: 12_130n,
      netTransfers: 5_250n,
      uses: 6_410n,
      administratorBalance: 5_720n,
      partnerBalance: 1_050n,
      totalBalance: 6_770n,
      notTransferred: 2_750n,
      available: 2_970n,
      deliveryRate: '0.8000',
    });
    expect(statementOf({}).deliveryRate).toBeNull();
  });

  test('sources − uses is with the administrator, the rest with partners; before and during make until', () => {
    const sums = fc.record(Object.fromEntries(fundEntryKinds.map((kind) => [kind, fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n })]))) as fc.Arbitrary<KindSums>;
    fc.assert(
      fc.property(sums, sums, (before, during) => {
        const [a, b] = [statementOf(before), statementOf(during)];
        expect(a.administratorBalance).toBe(a.sources - a.uses);
        expect(a.totalBalance).toBe(a.administratorBalance + a.partnerBalance);
        expect(a.available + a.notTransferred).toBe(a.administratorBalance);
        const until = statementOf(Object.fromEntries(fundEntryKinds.map((kind) => [kind, (before[kind] ?? 0n) + (during[kind] ?? 0n)])));
        for (const line of statementLineNames) expect(until[line]).toBe(a[line] + b[line]);
      }),
    );
  });
});

describe('what is open', () => {
  test('is converted as the whole was', () => {
    expect(openPart(3n, 1n, 100n)).toBe(33n);
    expect(openPart(3n, 0n, 100n)).toBe(0n);
    expect(openPart(0n, 0n, 0n)).toBe(0n);
  });

  test('payments meet the earliest instalment first, and a lowered agreement its last ones no more', () => {
    const plan = [
      { number: 2, dueOn: '2025-06-30', minor: 300n },
      { number: 1, dueOn: '2025-01-31', minor: 500n },
      { number: 3, dueOn: '2025-12-31', minor: 200n },
    ];
    expect(meetInstalments(plan, 900n, 600n, '2025-07-30')).toEqual([
      { number: 1, dueOn: '2025-01-31', minor: 500n, paid: 500n, unpaid: 0n, daysLate: 0 },
      { number: 2, dueOn: '2025-06-30', minor: 300n, paid: 100n, unpaid: 200n, daysLate: 30 },
      { number: 3, dueOn: '2025-12-31', minor: 100n, paid: 0n, unpaid: 100n, daysLate: 0 },
    ]);
  });
});
