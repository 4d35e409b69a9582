import { toDay } from '../../domain/days.js';
import type { FundEntryDraft, FundEntryKind } from '../../domain/fund-book.js';
import { checkAward, checkEmpty, checkLeft, leftToLower, leftToReturn, leftToSpend, leftToTransfer, totalOf } from '../../domain/fund-operation.js';
import { type CellBalance, convertLowering, linesByBalance, linesBySplits } from '../../domain/posting.js';
import { DomainError } from '../../domain/problem.js';
import { checkNotBefore } from '../../domain/rules.js';
import type { Splits } from '../../domain/splits.js';
import type { RequestContext } from '../../http/endpoint.js';
import type { Tx } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';
import { allocationCells } from '../fund-book/fund-book.store.js';
import { convertKnown } from '../fx/convert-known.js';
import { availableOf, awardRoom } from './fund-room.js';
import { bookedAllocation, firstTransferDay, lastMovementDay, lockProposal, type Operation, paidInBy, reaches, remainsOf } from './fund-operations.store.js';
import type { LockedFunds } from './locks.js';

/**
 * What an operation moves in the books, once every rule allows it; the accounts are locked.
 * @throws EXCEEDS_FUND, EXCEEDS_WINDOW, EXCEEDS_ROUND, EXCEEDS_ALLOCATION, EXCEEDS_TRANSFERRED, EXCEEDS_DEPOSITS, BELOW_TRANSFERRED
 * @throws FUND_CIRCLE, FUND_NOT_EMPTY, DATE_BEFORE_PARENT, NO_RATE, STATE_CONFLICT, DUPLICATE
 */
export async function movementsOf(context: RequestContext, operation: Operation, funds: LockedFunds): Promise<readonly FundEntryDraft[]> {
  const { db, deps } = context;
  const { exponents } = deps.reference;
  const money = { minor: operation.amountMinor, currency: operation.currency };
  const available = availableOf(funds.account);
  switch (operation.kind) {
    case 'carry_over':
    case 'interest':
      return [await byOwnSplits(context, operation, operation.kind)];
    case 'fee':
    case 'direct_cost':
      checkLeft('EXCEEDS_FUND', money, available, exponents);
      return [await byOwnSplits(context, operation, operation.kind)];
    case 'donor_refund':
      checkLeft('EXCEEDS_DEPOSITS', money, await paidInBy(db, operation.fundId, operation.partnerId ?? ''), exponents);
      checkLeft('EXCEEDS_FUND', money, available, exponents);
      return [await byOwnSplits(context, operation, 'donor_refund', { donorId: operation.partnerId })];
    case 'allocation':
      await checkProposal(db, operation);
      checkAward(money, await awardRoom(db, operation.fundId, funds.account, funds.round), exponents);
      return [await byOwnSplits(context, operation, 'allocation', { ...awardOf(operation, funds), allocationId: operation.id })];
    case 'allocation_change':
      return operation.amountMinor > 0n ? [await raised(context, operation, funds)] : [await lowered(context, operation, funds)];
    case 'transfer':
    case 'refund':
    case 'expenditure':
      return [await part(context, operation, operation.kind, funds)];
    case 'fund_transfer':
      checkLeft('EXCEEDS_FUND', money, available, exponents);
      return betweenFunds(context, operation, funds);
    case 'closure': {
      const last = await lastMovementDay(db, operation.fundId);
      if (last !== null) checkNotBefore(toDay(operation.valueDate), last);
      checkEmpty(await remainsOf(db, operation.fundId, operation.id), operation.currency, exponents);
      return [];
    }
    case 'reversal':
      throw new RangeError('a reversal mirrors what another operation moved');
  }
}

/** A proposal is awarded while it is handed in, and once; it stays so until the transaction ends. */
async function checkProposal(db: Tx, { id, proposalId }: Operation): Promise<void> {
  if (proposalId === null) return;
  const { status } = await lockProposal(db, proposalId);
  if (status !== 'submitted') throw new DomainError('STATE_CONFLICT', { found: status, allowed: 'submitted' }, 'proposalId');
  const other = await db.fundOperation.findFirst({ where: { proposalId, id: { not: id }, kind: 'allocation', status: { in: ['submitted', 'approved'] } } });
  if (other) throw new DomainError('DUPLICATE', { field: 'proposalId', value: other.reference }, 'proposalId');
}

function bare(operation: Operation, kind: FundEntryKind) {
  return {
    kind,
    fundId: operation.fundId,
    windowId: null,
    operationId: operation.id,
    commitmentId: null,
    disbursementId: null,
    allocationId: null,
    donorId: null,
    partnerId: null,
    counterFundId: null,
    restricted: false,
    valueDate: toDay(operation.valueDate),
    currency: operation.currency,
    own: null,
    importId: null,
    reason: null,
  } as const;
}

function awardOf({ allocationId, partnerId }: Operation, { round }: LockedFunds) {
  return { allocationId, partnerId, windowId: round?.windowId ?? null };
}

/** In the cells of the operation's own splits, at the rates of its value date. */
async function byOwnSplits({ db, deps }: RequestContext, operation: Operation, kind: FundEntryKind, more: Partial<FundEntryDraft> = {}): Promise<FundEntryDraft> {
  const entry = { ...bare(operation, kind), ...more };
  const { amountMinor: minor, currency } = operation;
  const converted = await convertKnown(db, { minor, currency }, entry.valueDate, deps.reference.exponents);
  return { ...entry, converted, lines: linesBySplits(operation.splits as Splits, minor, converted) };
}

async function raised(context: RequestContext, operation: Operation, funds: LockedFunds): Promise<FundEntryDraft> {
  const { amountMinor: minor, currency } = operation;
  checkAward({ minor, currency }, await awardRoom(context.db, operation.fundId, funds.account, funds.round), context.deps.reference.exponents);
  return byOwnSplits(context, operation, 'allocation', awardOf(operation, funds));
}

/** In proportion to what the allocation is booked at, so that one lowered to nothing leaves nothing in any currency. */
async function lowered({ db, deps }: RequestContext, operation: Operation, funds: LockedFunds): Promise<FundEntryDraft> {
  const { amountMinor: minor, currency, allocationId } = operation;
  const cells = leftToLower(await asSystem(db, () => allocationCells(db, allocationId ?? '')));
  checkLeft('BELOW_TRANSFERRED', { minor: -minor, currency }, totalOf(cells), deps.reference.exponents);
  const converted = convertLowering(minor, await bookedAllocation(db, allocationId ?? ''));
  return { ...bare(operation, 'allocation'), ...awardOf(operation, funds), converted, lines: linesByBalance(cells, minor, converted) };
}

async function part({ db, deps }: RequestContext, operation: Operation, kind: 'transfer' | 'refund' | 'expenditure', funds: LockedFunds): Promise<FundEntryDraft> {
  const { exponents } = deps.reference;
  const { amountMinor: minor, currency } = operation;
  const allocationId = operation.allocationId ?? '';
  const cells = await asSystem(db, () => allocationCells(db, allocationId));
  const left: Readonly<Record<typeof kind, () => readonly CellBalance[]>> = {
    transfer: () => leftToTransfer(cells),
    refund: () => leftToReturn(cells, minor),
    expenditure: () => leftToSpend(cells),
  };
  const balances = left[kind]();
  checkLeft(kind === 'refund' ? 'EXCEEDS_TRANSFERRED' : 'EXCEEDS_ALLOCATION', { minor, currency }, totalOf(balances), exponents);
  const first = kind === 'refund' ? await firstTransferDay(db, allocationId) : null;
  if (first) checkNotBefore(toDay(operation.valueDate), toDay(first));
  const entry = { ...bare(operation, kind), ...awardOf(operation, funds) };
  const converted = await convertKnown(db, { minor, currency }, entry.valueDate, exponents);
  return { ...entry, converted, lines: linesByBalance(balances, minor, converted) };
}

/** What leaves one fund and, perhaps in another currency, arrives in the other: for the states that each is for. */
async function betweenFunds(context: RequestContext, operation: Operation, { fund, other }: LockedFunds): Promise<readonly FundEntryDraft[]> {
  const { db, deps } = context;
  const { receivedMinor: minor } = operation;
  if (!other || minor === null) throw new RangeError('money goes to another fund');
  if (await reaches(db, other.id, operation.fundId)) throw new DomainError('FUND_CIRCLE', { funds: `${fund.code} → ${other.code}` }, 'toFundId');
  const { currency } = other;
  const converted = await convertKnown(db, { minor, currency }, toDay(operation.valueDate), deps.reference.exponents);
  const lines = linesBySplits({ country: other.countries.map((code) => ({ code })) }, minor, converted);
  return [
    await byOwnSplits(context, operation, 'to_fund', { counterFundId: other.id }),
    { ...bare(operation, 'from_fund'), fundId: other.id, counterFundId: operation.fundId, currency, own: currency === operation.currency ? null : { method: 'credited', legs: [] }, converted, lines },
  ];
}
