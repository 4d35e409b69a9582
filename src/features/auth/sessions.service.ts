import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { asSystem } from '../../platform/tenant.js';
import { recordAudit } from '../audit/audit.store.js';
import { type AccountRow, toUser, type UserWire } from '../users/users.store.js';
import { countRecoveryCodes, findAccount } from './credential.store.js';
import { endSessions, findLiveSessions } from './session.store.js';

/** A sign-in as its user sees it. */
export interface SessionEntry {
  readonly id: string;
  readonly current: boolean;
  readonly secondFactor: boolean;
  readonly address: string | null;
  readonly agent: string | null;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
}

/** The signed-in user's own account, with the number of open sessions and of recovery codes left. */
export async function getMe({ db, deps, actor, now }: RequestContext): Promise<UserWire & { readonly openSessions: number; readonly recoveryCodesLeft: number }> {
  return asSystem(db, async () => {
    const account = (await findAccount(db, { id: actor.userId })) as AccountRow;
    const sessions = await findLiveSessions(db, actor.userId, now, deps.config.sessionIdleMinutes);
    return { ...toUser(account), openSessions: sessions.length, recoveryCodesLeft: await countRecoveryCodes(db, actor.userId) };
  });
}

/** The signed-in user's sessions that can still be used. */
export async function listMySessions({ db, deps, actor, now }: RequestContext): Promise<{ readonly items: readonly SessionEntry[] }> {
  const sessions = await asSystem(db, () => findLiveSessions(db, actor.userId, now, deps.config.sessionIdleMinutes));
  const items = sessions.map(({ id, secondFactorAt, address, agent, createdAt, lastUsedAt, expiresAt }) => ({
    id,
    current: id === actor.sessionId,
    secondFactor: secondFactorAt !== null,
    address,
    agent,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  }));
  return { items };
}

/** Ends the session that the request is made in. */
export async function logout(context: RequestContext): Promise<Ended> {
  const { db, actor, now } = context;
  const endedSessions = await asSystem(db, () => endSessions(db, actor.userId, 'logout', now, { only: actor.sessionId ?? '' }));
  await recordAudit(context, 'auth.logout', { kind: 'user', id: actor.userId });
  return { endedSessions };
}

/**
 * Ends one of the signed-in user's sessions.
 * @throws NOT_FOUND
 */
export async function endMySession(context: RequestContext, id: string): Promise<Ended> {
  const { db, actor, now } = context;
  const endedSessions = await asSystem(db, () => endSessions(db, actor.userId, 'ended_by_user', now, { only: id }));
  if (endedSessions === 0) throw new DomainError('NOT_FOUND', { what: 'session' });
  await recordAudit(context, 'auth.sessions_ended', { kind: 'user', id: actor.userId }, { sessionId: id });
  return { endedSessions };
}

/** Ends all of the signed-in user's sessions but the one that the request is made in. */
export async function endMyOtherSessions(context: RequestContext): Promise<Ended> {
  const { db, actor, now } = context;
  const endedSessions = await asSystem(db, () => endSessions(db, actor.userId, 'ended_by_user', now, { except: actor.sessionId }));
  if (endedSessions > 0) await recordAudit(context, 'auth.sessions_ended', { kind: 'user', id: actor.userId }, { endedSessions });
  return { endedSessions };
}

/** How many sessions an act has ended. */
export interface Ended {
  readonly endedSessions: number;
}
