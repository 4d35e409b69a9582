import { checkAward, checkLeft, leftToLower, standsWithout, totalOf } from '../../domain/fund-operation.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import type { FundOperation } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';
import { refuseImported } from '../flows/flows.store.js';
import { allocationCells } from '../fund-book/fund-book.store.js';
import { countParts, movedCells } from './fund-operations.store.js';
import { awardRoom, checkUndoable } from './fund-room.js';
import type { LockedFunds } from './locks.js';

/**
 * Lets an approved operation be undone on which nothing stands; the accounts are locked.
 * @throws NOT_POSTED, IMPORTED_RECORD, REVERSAL_PENDING, HAS_CHILDREN, EXCEEDS_*, BELOW_TRANSFERRED
 */
export async function checkReversible(context: RequestContext, target: FundOperation, reversalId: string, funds: LockedFunds): Promise<void> {
  const { db, deps } = context;
  refuseImported(target);
  if (target.kind === 'reversal' || target.status !== 'approved') throw new DomainError('NOT_POSTED', {}, 'undoesId');
  const pending = await db.fundOperation.count({ where: { undoesId: target.id, status: 'submitted', id: { not: reversalId } } });
  if (pending > 0) throw new DomainError('REVERSAL_PENDING');
  if (target.kind === 'allocation') await checkNoParts(context, target);
  await checkUndoable(db, { operationId: target.id }, deps.reference.exponents);
  if (target.allocationId !== null) await checkPartUndoable(context, target, target.allocationId, funds);
}

async function checkNoParts({ db }: RequestContext, { id }: FundOperation): Promise<void> {
  const count = await countParts(db, id);
  if (count > 0) throw new DomainError('HAS_CHILDREN', { count });
}

/** What came later must still stand, in all and in every cell, once a part of an allocation is gone. */
async function checkPartUndoable({ db, deps }: RequestContext, target: FundOperation, allocationId: string, funds: LockedFunds): Promise<void> {
  const { exponents } = deps.reference;
  const { amountMinor: minor, currency } = target;
  const cells = await asSystem(db, () => allocationCells(db, allocationId));
  const allocated = cells.reduce((sum, cell) => sum + cell.allocatedMinor, 0n);
  const transferred = cells.reduce((sum, cell) => sum + cell.transferredMinor, 0n);
  if (target.kind === 'transfer') checkLeft('EXCEEDS_TRANSFERRED', { minor, currency }, transferred, exponents, 'undoesId');
  if (target.kind === 'refund') checkLeft('EXCEEDS_ALLOCATION', { minor, currency }, allocated - transferred, exponents, 'undoesId');
  if (target.kind === 'allocation_change' && minor > 0n) checkLeft('BELOW_TRANSFERRED', { minor, currency }, totalOf(leftToLower(cells)), exponents, 'undoesId');
  if (target.kind === 'allocation_change' && minor < 0n) checkAward({ minor: -minor, currency }, await awardRoom(db, target.fundId, funds.account, funds.round), exponents);
  if (standsWithout(cells, await movedCells(db, target.id))) return;
  const later = await countParts(db, allocationId, target.decidedAt ?? undefined);
  throw new DomainError('HAS_CHILDREN', { count: Math.max(later, 1) });
}
