import { type Day, daysBetween, fromDay, toDay } from '../../domain/days.js';
import { DomainError } from '../../domain/problem.js';
import { checkPeriod } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import type { Delegation } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { recordAudit } from '../audit/audit.store.js';
import { type DelegationAnswer, type DelegationInput, delegationSorts, type DelegationsQuery } from './delegations.schema.js';
import { hasRole, insertDelegation, lockDelegation } from './delegations.store.js';

const MOST_DAYS = 366;

/**
 * Hands an approver's right to another for an absence. What was itself received is not handed on: a delegation gives the absent
 * approver's own states.
 * @throws FORBIDDEN, DELEGATION_TO_ONESELF, DELEGATION_UNSUITABLE, DELEGATION_OVERLAPS, PERIOD_REVERSED, PERIOD_TOO_LONG, DATE_IN_PAST
 */
export async function createDelegation(context: RequestContext, input: DelegationInput): Promise<DelegationAnswer> {
  const { db, actor } = context;
  const { fromUserId = actor.userId, toUserId, startsOn, endsOn, reason } = input;
  if (fromUserId !== actor.userId && !actor.roles.includes('administrator')) throw new DomainError('FORBIDDEN', { roles: 'administrator' });
  if (toUserId === fromUserId || toUserId === actor.userId) throw new DomainError('DELEGATION_TO_ONESELF', {}, 'toUserId');
  checkDays(startsOn, endsOn, toDay(context.now));
  if (!(await hasRole(db, fromUserId, ['approver']))) throw new DomainError('DELEGATION_UNSUITABLE', {}, 'fromUserId');
  if (!(await hasRole(db, toUserId, ['approver', 'finance_officer']))) throw new DomainError('DELEGATION_UNSUITABLE', {}, 'toUserId');
  const data = { id: newId(), fromUserId, toUserId, startsOn: fromDay(startsOn), endsOn: fromDay(endsOn), reason, createdBy: actor.userId };
  const row = await insertDelegation(db, data);
  await recordAudit(context, 'delegation.create', { kind: 'delegation', id: row.id }, { before: null, after: { fromUserId, toUserId, startsOn, endsOn } }, { reason });
  return answerOf(context, row);
}

function checkDays(startsOn: Day, endsOn: Day, today: Day): void {
  checkPeriod(startsOn, endsOn);
  if (startsOn < today) throw new DomainError('DATE_IN_PAST', { found: startsOn, earliest: today }, 'startsOn');
  const days = daysBetween(startsOn, endsOn) + 1;
  if (days > MOST_DAYS) throw new DomainError('PERIOD_TOO_LONG', { found: days, most: MOST_DAYS }, 'endsOn');
}

/**
 * Ends a delegation, or keeps it from beginning: by who gave it or an administrator.
 * @throws NOT_FOUND, FORBIDDEN, STATE_CONFLICT, STALE
 */
export async function revokeDelegation(context: RequestContext, id: string): Promise<DelegationAnswer> {
  const { db, actor, now } = context;
  const before = found(await lockDelegation(db, id));
  if (before.fromUserId !== actor.userId && !actor.roles.includes('administrator')) throw new DomainError('FORBIDDEN', { roles: 'administrator' });
  const { status } = answerOf(context, before);
  if (status === 'revoked' || status === 'ended') throw new DomainError('STATE_CONFLICT', { found: status, allowed: 'planned, running' });
  context.precondition.check(before.version);
  const row = await db.delegation.update({ where: { id }, data: { revokedBy: actor.userId, revokedAt: now } });
  await recordAudit(context, 'delegation.revoke', { kind: 'delegation', id }, { before: { status }, after: { status: 'revoked' } });
  return answerOf(context, row);
}

/** @throws NOT_FOUND also for one between others */
export async function getDelegation(context: RequestContext, id: string): Promise<DelegationAnswer> {
  return answerOf(context, found(await context.db.delegation.findUnique({ where: { id } })));
}

/** One's own, given and received; all of them for who manages or audits. */
export async function listDelegations(context: RequestContext, query: DelegationsQuery): Promise<Page<DelegationAnswer>> {
  const { fromUserId, toUserId, status } = query;
  const filters = {
    ...(fromUserId !== undefined && { fromUserId }),
    ...(toUserId !== undefined && { toUserId }),
    ...(status !== undefined && statusWhere(status, fromDay(toDay(context.now)))),
  };
  const page = await findPage<Delegation>(query, delegationSorts, ({ where, orderBy, take }) =>
    context.db.delegation.findMany({ where: { AND: [where, filters] }, orderBy, take }),
  );
  return mapPage(page, (row) => answerOf(context, row));
}

function statusWhere(status: DelegationAnswer['status'], today: Date): object {
  const standing = { revokedAt: null };
  return {
    revoked: { revokedAt: { not: null } },
    planned: { ...standing, startsOn: { gt: today } },
    running: { ...standing, startsOn: { lte: today }, endsOn: { gte: today } },
    ended: { ...standing, endsOn: { lt: today } },
  }[status];
}

function found(delegation: Delegation | null): Delegation {
  if (!delegation) throw new DomainError('NOT_FOUND', { what: 'delegation' });
  return delegation;
}

function statusOf({ startsOn, endsOn, revokedAt }: Delegation, today: Day): DelegationAnswer['status'] {
  if (revokedAt) return 'revoked';
  if (toDay(startsOn) > today) return 'planned';
  return toDay(endsOn) < today ? 'ended' : 'running';
}

function answerOf({ now }: RequestContext, row: Delegation): DelegationAnswer {
  const { id, fromUserId, toUserId, reason, createdBy, revokedBy, version } = row;
  return {
    id,
    fromUserId,
    toUserId,
    startsOn: toDay(row.startsOn),
    endsOn: toDay(row.endsOn),
    reason,
    status: statusOf(row, toDay(now)),
    createdBy,
    createdAt: row.createdAt.toISOString(),
    revokedBy,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    version,
  };
}
