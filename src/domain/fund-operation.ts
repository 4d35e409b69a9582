import { exponentOf, type Exponents, formatMinor, type Money } from './money.js';
import type { CellBalance } from './posting.js';
import { DomainError, type ProblemCode } from './problem.js';

/** What is done with the money of a pooled fund. */
export const fundOperationKinds = [
  'carry_over',
  'interest',
  'donor_refund',
  'fee',
  'direct_cost',
  'allocation',
  'allocation_change',
  'transfer',
  'refund',
  'expenditure',
  'fund_transfer',
  'closure',
  'reversal',
] as const;

/** Refusals that name what is available. */
export type FundOverrun = Extract<
  ProblemCode,
  'EXCEEDS_FUND' | 'EXCEEDS_WINDOW' | 'EXCEEDS_ROUND' | 'EXCEEDS_ALLOCATION' | 'EXCEEDS_TRANSFERRED' | 'EXCEEDS_DEPOSITS' | 'BELOW_TRANSFERRED'
>;

/**
 * An amount stays within what there is for it.
 * @throws the code given, naming what is available
 */
export function checkLeft(code: FundOverrun, amount: Money, leftMinor: bigint, exponents: Exponents, field = 'amount.amount'): void {
  if (amount.minor <= leftMinor) return;
  const text = (minor: bigint) => formatMinor(minor, exponentOf(amount.currency, exponents));
  throw new DomainError(code, { available: text(leftMinor > 0n ? leftMinor : 0n), found: text(amount.minor), currency: amount.currency }, field);
}

/** What an award may draw on, in minor units; null where nothing limits it. */
export interface AwardRoom {
  readonly fundMinor: bigint;
  readonly windowMinor: bigint;
  readonly roundMinor: bigint | null;
}

/**
 * An award stays within what the fund has, what its window has, and what its round still awards.
 * @throws EXCEEDS_FUND, EXCEEDS_WINDOW, EXCEEDS_ROUND
 */
export function checkAward(amount: Money, { fundMinor, windowMinor, roundMinor }: AwardRoom, exponents: Exponents): void {
  checkLeft('EXCEEDS_FUND', amount, fundMinor, exponents);
  checkLeft('EXCEEDS_WINDOW', amount, windowMinor, exponents);
  if (roundMinor !== null) checkLeft('EXCEEDS_ROUND', amount, roundMinor, exponents);
}

/** What stands of an allocation in one of its cells, in minor units: awarded, sent less returned, spent. */
export interface AllocatedCell extends Pick<CellBalance, 'cell' | 'codes'> {
  readonly allocatedMinor: bigint;
  readonly transferredMinor: bigint;
  readonly spentMinor: bigint;
}

/** What of each cell is not yet sent to the partner. */
export function leftToTransfer(cells: readonly AllocatedCell[]): readonly CellBalance[] {
  return balances(cells, ({ allocatedMinor, transferredMinor }) => allocatedMinor - transferredMinor);
}

/** What of each cell the partner has not yet reported as spent. */
export function leftToSpend(cells: readonly AllocatedCell[]): readonly CellBalance[] {
  return balances(cells, ({ allocatedMinor, spentMinor }) => allocatedMinor - spentMinor);
}

/** By how much each cell can be lowered: what is neither sent nor spent. */
export function leftToLower(cells: readonly AllocatedCell[]): readonly CellBalance[] {
  return balances(cells, ({ allocatedMinor, transferredMinor, spentMinor }) => allocatedMinor - (transferredMinor > spentMinor ? transferredMinor : spentMinor));
}

/** From which cells a partner returns money: from what it has not spent or, where it returns more, from all that it was sent. */
export function leftToReturn(cells: readonly AllocatedCell[], amountMinor: bigint): readonly CellBalance[] {
  const unspent = balances(cells, ({ transferredMinor, spentMinor }) => (transferredMinor > spentMinor ? transferredMinor - spentMinor : 0n));
  return totalOf(unspent) >= amountMinor ? unspent : balances(cells, ({ transferredMinor }) => transferredMinor);
}

export function totalOf(cells: readonly CellBalance[]): bigint {
  return cells.reduce((sum, { balanceMinor }) => sum + balanceMinor, 0n);
}

function balances(cells: readonly AllocatedCell[], of: (cell: AllocatedCell) => bigint): readonly CellBalance[] {
  return cells.map((cell) => ({ cell: cell.cell, codes: cell.codes, balanceMinor: of(cell) }));
}

/** Whether no cell would be overdrawn once a movement is gone. */
export function standsWithout(cells: readonly AllocatedCell[], undone: readonly AllocatedCell[]): boolean {
  return cells.every((cell) => {
    const gone = undone.find((one) => one.cell === cell.cell);
    const allocated = cell.allocatedMinor - (gone?.allocatedMinor ?? 0n);
    const transferred = cell.transferredMinor - (gone?.transferredMinor ?? 0n);
    const spent = cell.spentMinor - (gone?.spentMinor ?? 0n);
    return isWithin(transferred, allocated) && isWithin(spent, allocated);
  });
}

function isWithin(minor: bigint, most: bigint): boolean {
  return minor >= 0n && minor <= most;
}

/** What is still in a fund, in minor units, and how many acts on it await a decision. */
export interface FundRemains {
  readonly balanceMinor: bigint;
  /** Sent to partners and neither returned nor spent; below nothing where a partner spent more than it was sent. */
  readonly withPartners: readonly bigint[];
  readonly pending: number;
}

/**
 * A fund ends with nothing in it, nothing with its partners, and nothing undecided.
 * @throws FUND_NOT_EMPTY saying what is left
 */
export function checkEmpty({ balanceMinor, withPartners, pending }: FundRemains, currency: string, exponents: Exponents): void {
  if (balanceMinor === 0n && withPartners.every((minor) => minor === 0n) && pending === 0) return;
  const text = (minor: bigint) => formatMinor(minor, exponentOf(currency, exponents));
  const unsettled = withPartners.reduce((sum, minor) => sum + (minor < 0n ? -minor : minor), 0n);
  throw new DomainError('FUND_NOT_EMPTY', { balance: text(balanceMinor), unsettled: text(unsettled), currency, pending });
}
