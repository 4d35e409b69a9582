import { allocate, divideHalfUp } from './money.js';
import type { ConvertedAmounts, LineDraft } from './posting.js';
import type { Conversion } from './fx.js';

/** What moves in the book of a pooled fund. */
export const fundEntryKinds = [
  'deposit',
  'from_fund',
  'carry_over',
  'interest',
  'donor_refund',
  'fee',
  'direct_cost',
  'to_fund',
  'allocation',
  'transfer',
  'refund',
  'expenditure',
] as const;
export type FundEntryKind = (typeof fundEntryKinds)[number];

/** What an entry does to the money that the fund may allocate: its income, less what is spent otherwise than by transfers. */
export const incomeSign: Readonly<Record<FundEntryKind, 1n | 0n | -1n>> = {
  deposit: 1n,
  from_fund: 1n,
  carry_over: 1n,
  interest: 1n,
  donor_refund: -1n,
  fee: -1n,
  direct_cost: -1n,
  to_fund: -1n,
  allocation: 0n,
  transfer: 0n,
  refund: 0n,
  expenditure: 0n,
};

/** What an entry does to the cash that the administrator holds. */
export const cashSign: Readonly<Record<FundEntryKind, 1n | 0n | -1n>> = { ...incomeSign, transfer: -1n, refund: 1n };

/** A movement of a fund about to be posted, in the fund's currency; its lines sum to it exactly. */
export interface FundEntryDraft {
  readonly kind: FundEntryKind;
  readonly fundId: string;
  readonly windowId: string | null;
  readonly operationId: string | null;
  readonly commitmentId: string | null;
  readonly disbursementId: string | null;
  readonly allocationId: string | null;
  readonly donorId: string | null;
  readonly partnerId: string | null;
  readonly counterFundId: string | null;
  readonly restricted: boolean;
  /** YYYY-MM-DD. */
  readonly valueDate: string;
  readonly currency: string;
  /** How a deposit came into the fund's currency; null for what is in it anyway. */
  readonly own: Conversion | { readonly method: 'credited'; readonly legs: readonly [] } | null;
  readonly converted: ConvertedAmounts;
  readonly lines: readonly LineDraft[];
  readonly importId: string | null;
  readonly reason: string | null;
}

/** 100 % in the units of a fee. */
export const FEE_WHOLE = 1_000_000n;

/** The administrator's share of a deposit, in minor units, rounded half-up once; `feeUnits` are ten-thousandths of a per cent. */
export function feeOf(depositMinor: bigint, feeUnits: number): bigint {
  return divideHalfUp(depositMinor * BigInt(feeUnits), FEE_WHOLE);
}

/** The same cells with another total, shared out in proportion; every amount is spread so, and a line of nothing is left out. */
export function rescaleLines(lines: readonly LineDraft[], totalMinor: bigint, converted: ConvertedAmounts): readonly LineDraft[] {
  const weights = lines.map(({ amountMinor }) => (amountMinor < 0n ? -amountMinor : amountMinor));
  const spread = (minor: bigint | undefined) => (minor === undefined ? undefined : allocate(minor, weights));
  const amounts = allocate(totalMinor, weights);
  const parts = { USD: spread(converted.USD?.minor), EUR: spread(converted.EUR?.minor), XOF: spread(converted.XOF?.minor) };
  return lines
    .map(({ cell, codes }, index) => ({
      cell,
      codes,
      amountMinor: amounts[index] ?? 0n,
      converted: { USD: parts.USD?.[index] ?? null, EUR: parts.EUR?.[index] ?? null, XOF: parts.XOF?.[index] ?? null },
    }))
    .filter(({ amountMinor }) => amountMinor !== 0n);
}

/** What a window was given and has awarded, in minor units; `windowId` null stands for money and rounds of no window. */
export interface WindowBalance {
  readonly windowId: string | null;
  readonly incomeMinor: bigint;
  readonly allocatedMinor: bigint;
}

/**
 * What a round of a window, or of none, can still award: what was given to the window is for it alone, and what was given without a
 * window is for all. A window that has awarded more than it was given has drawn on the latter.
 */
export function availableIn(windowId: string | null, balances: readonly WindowBalance[]): bigint {
  const general = balances.find((one) => one.windowId === null) ?? { incomeMinor: 0n, allocatedMinor: 0n };
  const windows = balances.filter((one) => one.windowId !== null);
  const drawn = windows.reduce((sum, { incomeMinor, allocatedMinor }) => sum + positive(allocatedMinor - incomeMinor), 0n);
  const free = general.incomeMinor - general.allocatedMinor - drawn;
  if (windowId === null) return free;
  const own = windows.find((one) => one.windowId === windowId);
  return free + positive((own?.incomeMinor ?? 0n) - (own?.allocatedMinor ?? 0n));
}

function positive(amount: bigint): bigint {
  return amount > 0n ? amount : 0n;
}
