import { DomainError } from '../../domain/problem.js';
import type { AllocationRound, FundOperation, PooledFund, Tx } from '../../platform/db.js';
import { checkTakes } from '../flows/terms-fund.js';
import { type FundAccountState, lockAllocationAccount, lockFundAccount } from '../fund-book/fund-book.store.js';
import { lockFundTransfers } from './fund-operations.store.js';

/** The funds that an operation touches, whose accounts nobody else changes until the transaction ends. */
export interface LockedFunds {
  readonly fund: PooledFund;
  readonly account: FundAccountState;
  /** Where money between funds goes. */
  readonly other: PooledFund | null;
  /** In which an allocation is awarded. */
  readonly round: AllocationRound | null;
}

/**
 * Locks the accounts of the funds in the order of their ids, then that of the allocation, which stands; the funds are open and kept here.
 * @param reopens whether the fund may be closed
 * @throws FUND_CLOSED, FUND_MIRRORED, PARENT_REVERSED, STATE_CONFLICT
 */
export async function lockFunds(db: Tx, operation: Pick<FundOperation, 'fundId' | 'toFundId' | 'roundId' | 'allocationId'>, reopens = false): Promise<LockedFunds> {
  const { fundId, toFundId, roundId, allocationId } = operation;
  if (toFundId !== null) await lockFundTransfers(db);
  const accounts = new Map<string, FundAccountState>();
  for (const id of [fundId, ...(toFundId === null ? [] : [toFundId])].sort()) accounts.set(id, await lockFundAccount(db, id));
  const account = accounts.get(fundId);
  if (!account) throw new RangeError(`no account of fund ${fundId}`);
  if (allocationId !== null) await lockAllocation(db, allocationId);
  // Read once the account is locked: closing a fund waits for it.
  const fund = await db.pooledFund.findUniqueOrThrow({ where: { id: fundId } });
  const other = toFundId === null ? null : await db.pooledFund.findUniqueOrThrow({ where: { id: toFundId } });
  if (!reopens) checkTakes(fund, 'fundId');
  if (other) checkTakes(other, 'toFundId');
  const round = roundId === null ? null : await db.allocationRound.findUnique({ where: { id: roundId } });
  return { fund, account, other, round };
}

/** Read once the fund's account is locked: an allocation is approved and undone under it. */
async function lockAllocation(db: Tx, id: string): Promise<void> {
  const { status } = await db.fundOperation.findUniqueOrThrow({ where: { id } });
  if (status === 'reversed') throw new DomainError('PARENT_REVERSED', {}, 'allocationId');
  if (status !== 'approved') throw new DomainError('STATE_CONFLICT', { found: status, allowed: 'approved' }, 'allocationId');
  await lockAllocationAccount(db, id);
}
