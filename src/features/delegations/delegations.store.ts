import { isDelegationOverlap, type Delegation, type Tx } from '../../platform/db.js';
import { DomainError } from '../../domain/problem.js';
import { asSystem } from '../../platform/tenant.js';

/** Whether a user is active and has one of these roles, whoever asks. */
export async function hasRole(db: Tx, userId: string, roles: readonly ('approver' | 'finance_officer')[]): Promise<boolean> {
  const found = await asSystem(db, () => db.appUser.findFirst({ where: { id: userId, active: true, roles: { hasSome: [...roles] } }, select: { id: true } }));
  return found !== null;
}

/** @throws DELEGATION_OVERLAPS */
export async function insertDelegation(db: Tx, data: Pick<Delegation, 'id' | 'fromUserId' | 'toUserId' | 'startsOn' | 'endsOn' | 'reason' | 'createdBy'>): Promise<Delegation> {
  try {
    return await db.delegation.create({ data });
  } catch (error) {
    if (isDelegationOverlap(error)) throw new DomainError('DELEGATION_OVERLAPS', {}, 'startsOn');
    throw error;
  }
}

/** The delegation, locked until the transaction ends. */
export async function lockDelegation(db: Tx, id: string): Promise<Delegation | null> {
  await asSystem(db, () => db.$queryRaw`SELECT FROM delegation WHERE id = ${id}::uuid FOR UPDATE`);
  return db.delegation.findUnique({ where: { id } });
}
