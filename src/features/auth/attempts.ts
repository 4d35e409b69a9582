import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import type { Tx } from '../../platform/db.js';
import type { RateLimitKind } from '../../platform/rate-limit.js';
import { inSystemTransaction } from '../../platform/tenant.js';
import { recordAudit } from '../audit/audit.store.js';
import type { AccountRow } from '../users/users.store.js';

/** How often at most, in seconds, the trail says of an account that it is tried too often. */
const LOCKED_SECONDS = 60;

/** Whom an attempt is about: the name by which it is counted, and the account when it is known. */
export interface Tried {
  readonly name: string | undefined;
  readonly account?: AccountRow | null;
}

/** The requester, as the trail names them in a transaction of its own. */
export function auditing({ actor, requestId, origin }: RequestContext, tx: Tx, userId: string | null = null) {
  return { db: tx, actor: { userId: actor.userId === '' ? userId : actor.userId, sessionId: actor.sessionId }, requestId, origin };
}

/**
 * Counts an attempt as failed until it is said to have succeeded.
 * @throws TOO_MANY_ATTEMPTS
 */
export async function takeAttempt(context: RequestContext, kind: RateLimitKind, name: string | undefined): Promise<{ succeeded(): Promise<void> }> {
  const answer = await context.deps.rateLimits.take(kind, { address: context.origin.address ?? '', account: name });
  if (answer.allowed) return answer;
  await recordLock(context, kind, name);
  throw new DomainError('TOO_MANY_ATTEMPTS', { seconds: answer.retryAfterSeconds });
}

/** Keeps a trace of a failure; the address that was typed stands where it can be erased. */
export function recordFailure(context: RequestContext, { name, account }: Tried, cause: string): Promise<void> {
  return inSystemTransaction(context.deps.db, (tx) =>
    recordAudit(auditing(context, tx), 'auth.failed', recordOf(account?.id), { cause }, { personal: { tried: name } }),
  );
}

/** One trace a minute for each account, and one for all addresses that are nobody's: an attack does not write the trail full. */
async function recordLock(context: RequestContext, kind: RateLimitKind, name: string | undefined): Promise<void> {
  await inSystemTransaction(context.deps.db, async (tx) => {
    const record = recordOf(await triedUserId(tx, kind, name));
    const since = new Date(context.now.getTime() - LOCKED_SECONDS * 1000);
    const known = await tx.auditEvent.findFirst({ where: { recordKind: record.kind, recordId: record.id, action: 'auth.locked', at: { gt: since } }, select: { id: true } });
    if (!known) await recordAudit(auditing(context, tx), 'auth.locked', record, { kind }, { personal: { tried: name } });
  });
}

/** A second factor is counted by the account's id, what comes before it by the address that was typed. */
async function triedUserId(tx: Tx, kind: RateLimitKind, name: string | undefined): Promise<string | undefined> {
  if (name === undefined || kind === 'second-factor') return name;
  return (await tx.appUser.findUnique({ where: { email: name }, select: { id: true } }))?.id;
}

function recordOf(userId: string | undefined) {
  return { kind: 'user', id: userId ?? 'unknown' };
}
