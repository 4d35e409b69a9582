import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { availableIn, cashSign, feeOf, fundEntryKinds, incomeSign, rescaleLines, type WindowBalance } from '../../src/domain/fund-book.js';
import type { ConvertedAmounts, LineDraft } from '../../src/domain/posting.js';

const none: ConvertedAmounts = { USD: null, EUR: null, XOF: null };
const codes = { country: ['MLI'], sector: [], beneficiaryGroup: [], plan: [], usageYear: [] };
const line = (cell: number, amountMinor: bigint): LineDraft => ({ cell, codes, amountMinor, converted: { USD: null, EUR: null, XOF: null } });

describe('the fee of a deposit', () => {
  test.each([
    [1_000_000n, 10_000, 10_000n, '1 % of 10,000.00'],
    [12_345n, 10_000, 123n, '1 % of 123.45 is 1.2345'],
    [12_350n, 10_000, 124n, 'half a cent is rounded up'],
    [1_000_000n, 75_500, 75_500n, '7.55 %'],
    [99n, 0, 0n, 'no fee'],
    [99n, 1_000_000, 99n, 'all of it'],
  ])('of %s at %s is %s', (deposit, units, fee) => {
    expect(feeOf(deposit, units)).toBe(fee);
  });
});

describe('what an entry does', () => {
  test('only transfers and refunds move cash without moving what can be allocated', () => {
    const differing = fundEntryKinds.filter((kind) => cashSign[kind] !== incomeSign[kind]);
    expect(differing).toEqual(['transfer', 'refund']);
  });
});

describe('lines with another total', () => {
  test('keep their cells and lose nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 1n, max: 10n ** 12n }), { minLength: 1, maxLength: 12 }), fc.bigInt({ min: 0n, max: 10n ** 14n }), (amounts, total) => {
        const lines = rescaleLines(amounts.map((amount, cell) => line(cell, amount)), total, none);
        expect(lines.reduce((sum, one) => sum + one.amountMinor, 0n)).toBe(total);
        expect(lines.every(({ amountMinor }) => amountMinor > 0n)).toBe(true);
      }),
    );
  });

  test('a line of nothing is left out', () => {
    expect(rescaleLines([line(0, 999n), line(1, 1n)], 10n, none).map(({ cell }) => cell)).toEqual([0]);
  });
});

describe('what a round can award', () => {
  const balance = (windowId: string | null, incomeMinor: bigint, allocatedMinor: bigint): WindowBalance => ({ windowId, incomeMinor, allocatedMinor });

  test('is what its window was given, and what was given to no window', () => {
    const balances = [balance(null, 100n, 30n), balance('nutrition', 50n, 10n), balance('MLI', 20n, 0n)];
    expect(availableIn('nutrition', balances)).toBe(70n + 40n);
    expect(availableIn('MLI', balances)).toBe(70n + 20n);
    expect(availableIn(null, balances)).toBe(70n);
    expect(availableIn('new', balances)).toBe(70n);
  });

  test('a window that has drawn on the general money leaves less to all', () => {
    const balances = [balance(null, 100n, 0n), balance('nutrition', 50n, 90n), balance('MLI', 20n, 5n)];
    expect(availableIn(null, balances)).toBe(60n);
    expect(availableIn('nutrition', balances)).toBe(60n);
    expect(availableIn('MLI', balances)).toBe(75n);
  });

  test('awarding what is available never takes the money of another window, nor more than the fund has', () => {
    const amount = fc.bigInt({ min: 0n, max: 1_000n });
    const act = fc.record({ window: fc.constantFrom(null, 'a', 'b', 'c'), income: amount, award: amount });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        let balances: readonly WindowBalance[] = [];
        const add = (windowId: string | null, income: bigint, allocated: bigint) => {
          const at = balances.find((one) => one.windowId === windowId) ?? balance(windowId, 0n, 0n);
          balances = [...balances.filter((one) => one.windowId !== windowId), balance(windowId, at.incomeMinor + income, at.allocatedMinor + allocated)];
        };
        for (const { window, income, award } of acts) {
          add(window, income, 0n);
          if (award <= availableIn(window, balances)) add(window, 0n, award);
          const sum = (of: (one: WindowBalance) => bigint) => balances.reduce((total, one) => total + of(one), 0n);
          expect(sum((one) => one.incomeMinor) >= sum((one) => one.allocatedMinor)).toBe(true);
          // What is left to each window covers what it was given and has not awarded.
          for (const { windowId, incomeMinor, allocatedMinor } of balances) {
            if (windowId !== null) expect(availableIn(windowId, balances) >= incomeMinor - allocatedMinor).toBe(true);
          }
          expect(availableIn(null, balances) >= 0n).toBe(true);
        }
      }),
    );
  });
});
