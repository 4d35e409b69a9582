import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AllocatedCell, checkAward, checkEmpty, checkLeft, leftToLower, leftToReturn, leftToSpend, leftToTransfer, standsWithout, totalOf } from '../../src/domain/fund-operation.js';
import { linesByBalance } from '../../src/domain/posting.js';
import { DomainError } from '../../src/domain/problem.js';

const exponents = new Map([['EUR', 2], ['XOF', 0]]);
const eur = (minor: bigint) => ({ minor, currency: 'EUR' });
const codes = { country: [], sector: [], beneficiaryGroup: [], plan: [], usageYear: [] };
const cell = (index: number, allocatedMinor: bigint, transferredMinor = 0n, spentMinor = 0n): AllocatedCell => ({ cell: index, codes, allocatedMinor, transferredMinor, spentMinor });
const amounts = (cells: readonly { balanceMinor: bigint }[]) => cells.map(({ balanceMinor }) => balanceMinor);

function refusal(act: () => void): { code: string; params: object } | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return { code: error.code, params: error.params };
    throw error;
  }
}

describe('what there is', () => {
  test('may be taken to the last unit, and the refusal names it, never below nothing', () => {
    expect(refusal(() => { checkLeft('EXCEEDS_FUND', eur(100n), 100n, exponents); })).toBeUndefined();
    expect(refusal(() => { checkLeft('EXCEEDS_FUND', eur(101n), 100n, exponents); })).toEqual({ code: 'EXCEEDS_FUND', params: { available: '1.00', found: '1.01', currency: 'EUR' } });
    expect(refusal(() => { checkLeft('EXCEEDS_WINDOW', { minor: 1n, currency: 'XOF' }, -5n, exponents); })).toEqual({ code: 'EXCEEDS_WINDOW', params: { available: '0', found: '1', currency: 'XOF' } });
  });

  test('an award asks the fund, then its window, then its round', () => {
    const award = (fundMinor: bigint, windowMinor: bigint, roundMinor: bigint | null) => refusal(() => { checkAward(eur(100n), { fundMinor, windowMinor, roundMinor }, exponents); })?.code;
    expect([award(99n, 99n, 99n), award(100n, 99n, 99n), award(100n, 100n, 99n), award(100n, 100n, 100n), award(100n, 100n, null)]).toEqual(['EXCEEDS_FUND', 'EXCEEDS_WINDOW', 'EXCEEDS_ROUND', undefined, undefined]);
  });

  test('a fund ends with nothing in it, with no partner owing or owed, and with nothing undecided', () => {
    const end = (balanceMinor: bigint, withPartners: readonly bigint[], pending: number) => refusal(() => { checkEmpty({ balanceMinor, withPartners, pending }, 'EUR', exponents); });
    expect(end(0n, [0n, 0n], 0)).toBeUndefined();
    expect(end(0n, [500n, -500n], 0)).toEqual({ code: 'FUND_NOT_EMPTY', params: { balance: '0.00', unsettled: '10.00', currency: 'EUR', pending: 0 } });
    expect([end(1n, [], 0)?.code, end(0n, [], 1)?.code]).toEqual(['FUND_NOT_EMPTY', 'FUND_NOT_EMPTY']);
  });
});

describe('the cells of an allocation', () => {
  const cells = [cell(0, 100n, 60n, 20n), cell(1, 50n, 10n, 40n)];

  test('what is left of each, for each purpose', () => {
    expect(amounts(leftToTransfer(cells))).toEqual([40n, 40n]);
    expect(amounts(leftToSpend(cells))).toEqual([80n, 10n]);
    expect(amounts(leftToLower(cells))).toEqual([40n, 10n]);
  });

  test('a partner returns what it has not spent, and more only out of all it was sent', () => {
    expect(amounts(leftToReturn(cells, 40n))).toEqual([40n, 0n]);
    expect(amounts(leftToReturn(cells, 41n))).toEqual([60n, 10n]);
  });

  test('a movement can go when no cell is overdrawn without it', () => {
    expect(standsWithout(cells, [cell(0, 0n, 60n), cell(1, 0n, 10n)])).toBe(true);
    expect(standsWithout(cells, [cell(0, 0n, 61n)])).toBe(false);
    expect(standsWithout(cells, [cell(1, 11n)])).toBe(false);
    expect(standsWithout(cells, [cell(0, 0n, -41n)])).toBe(false);
  });

  test('whatever is sent, spent, returned and lowered, no cell is overdrawn, and the last movement leaves nothing', () => {
    const part = fc.record({ act: fc.constantFrom<Act>('transfer', 'expenditure', 'refund', 'lower'), thousandths: fc.integer({ min: 1, max: 1000 }) });
    const awarded = fc.array(fc.bigInt({ min: 1n, max: 10_000n }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(awarded, fc.array(part, { maxLength: 20 }), (shares, parts) => {
        const after = parts.reduce<readonly AllocatedCell[]>((now, { act, thousandths }) => move(now, act, BigInt(thousandths)), shares.map((share, index) => cell(index, share)));
        expect(standsWithout(after, [])).toBe(true);
        for (const act of ['transfer', 'expenditure'] as const) {
          const last = move(after, act, 1000n);
          expect(totalOf(act === 'transfer' ? leftToTransfer(last) : leftToSpend(last))).toBe(0n);
        }
      }),
    );
  });
});

const unknown = { USD: null, EUR: null, XOF: null };

type Act = 'transfer' | 'expenditure' | 'refund' | 'lower';

function move(cells: readonly AllocatedCell[], act: Act, thousandths: bigint): readonly AllocatedCell[] {
  const transferred = cells.reduce((sum, { transferredMinor }) => sum + transferredMinor, 0n);
  const wanted = act === 'refund' ? (transferred * thousandths) / 1000n : undefined;
  const left = { transfer: () => leftToTransfer(cells), expenditure: () => leftToSpend(cells), refund: () => leftToReturn(cells, wanted ?? 0n), lower: () => leftToLower(cells) }[act]();
  const minor = wanted ?? (totalOf(left) * thousandths) / 1000n;
  if (minor === 0n) return cells;
  const lines = linesByBalance(left, minor, unknown);
  return cells.map((one) => {
    const amount = lines.find((line) => line.cell === one.cell)?.amountMinor ?? 0n;
    if (act === 'lower') return { ...one, allocatedMinor: one.allocatedMinor - amount };
    if (act === 'expenditure') return { ...one, spentMinor: one.spentMinor + amount };
    return { ...one, transferredMinor: one.transferredMinor + (act === 'refund' ? -amount : amount) };
  });
}
