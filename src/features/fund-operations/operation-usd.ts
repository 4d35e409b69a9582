import { toDay } from '../../domain/days.js';
import type { Exponents } from '../../domain/money.js';
import { convertLowering } from '../../domain/posting.js';
import type { FundOperation, Tx } from '../../platform/db.js';
import { usdOf } from '../approvals/usd-value.js';
import { bookedAllocation, standingMovements } from './fund-operations.store.js';

/** What an operation that waits would be posted with in the book of its fund, in US cents; null when no rate is known. */
export async function operationUsd(db: Tx, operation: FundOperation, exponents: Exponents): Promise<bigint | null> {
  const { kind, fundId, undoesId, allocationId, amountMinor: minor, currency, valueDate } = operation;
  if (kind === 'closure') return 0n;
  if (undoesId !== null) return undoneUsd(db, fundId, undoesId);
  if (kind === 'allocation_change' && minor < 0n && allocationId !== null) return convertLowering(minor, await bookedAllocation(db, allocationId)).USD?.minor ?? null;
  return usdOf(db, { minor, currency }, toDay(valueDate), exponents);
}

async function undoneUsd(db: Tx, fundId: string, undoesId: string): Promise<bigint> {
  const movements = await standingMovements(db, { operationId: undoesId });
  return movements.filter((one) => one.fundId === fundId).reduce((sum, { usdMinor }) => sum + usdMinor, 0n);
}
