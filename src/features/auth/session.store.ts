import type { RefreshToken, Session, Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { newToken, tokenHash } from '../../platform/opaque-token.js';

/** Why a session ended before its time. */
export type SessionEnd = 'logout' | 'ended_by_user' | 'suspended' | 'credentials_changed' | 'token_reused' | 'erased';

/** A sign-in about to be kept. */
export interface NewSession {
  readonly userId: string;
  readonly now: Date;
  readonly hours: number;
  readonly secondFactor: boolean;
  readonly origin: { readonly address: string | null; readonly agent: string | null };
}

/** A session with the refresh token that was shown for it. */
export interface ShownToken {
  readonly session: Session;
  readonly token: RefreshToken;
  /** Whether a later token of the session was exchanged already. */
  readonly isOutrun: boolean;
}

/** Opens a session; in the system's scope. */
export async function insertSession(tx: Tx, { userId, now, hours, secondFactor, origin }: NewSession): Promise<string> {
  const id = newId();
  await tx.session.create({
    data: {
      id,
      userId,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: new Date(now.getTime() + hours * 3_600_000),
      secondFactorAt: secondFactor ? now : null,
      ...origin,
    },
  });
  return id;
}

/** Adds a refresh token to a session and returns it; only its hash is kept. */
export async function insertRefreshToken(tx: Tx, sessionId: string, now: Date): Promise<string> {
  const token = newToken();
  await tx.refreshToken.create({ data: { hash: tokenHash(token), sessionId, issuedAt: now } });
  return token;
}

/** The session that a refresh token belongs to. */
export async function sessionIdOf(tx: Tx, token: string): Promise<string | undefined> {
  return (await tx.refreshToken.findUnique({ where: { hash: tokenHash(token) }, select: { sessionId: true } }))?.sessionId;
}

/** What a refresh token stands for, its session locked: of two that show it at once, the second sees what the first has done. */
export async function lockShownToken(tx: Tx, token: string): Promise<ShownToken | undefined> {
  const hash = tokenHash(token);
  await tx.$queryRaw`SELECT 1 FROM session WHERE id = (SELECT session_id FROM refresh_token WHERE hash = ${hash}) FOR UPDATE`;
  const found = await tx.refreshToken.findUnique({ where: { hash }, include: { session: true } });
  if (!found) return undefined;
  const { session, ...shown } = found;
  const later = shown.usedAt && (await tx.refreshToken.count({ where: { sessionId: session.id, usedAt: { gte: shown.usedAt }, hash: { not: hash } } }));
  return { session, token: shown, isOutrun: Boolean(later) };
}

/** Marks the refresh token as exchanged, and its session as used. */
export async function markUsed(tx: Tx, { session, token }: ShownToken, now: Date): Promise<void> {
  await tx.refreshToken.update({ where: { hash: token.hash }, data: { usedAt: now } });
  await tx.session.update({ where: { id: session.id }, data: { lastUsedAt: now } });
}

/** Puts the session's unused refresh token out of use, for another to take its place. */
export async function replaceUnused(tx: Tx, sessionId: string, now: Date): Promise<void> {
  await tx.refreshToken.updateMany({ where: { sessionId, usedAt: null, replacedAt: null }, data: { replacedAt: now } });
}

/** The user's sessions that can still be used, the last opened first. */
export function findLiveSessions(tx: Tx, userId: string, now: Date, idleMinutes: number): Promise<Session[]> {
  return tx.session.findMany({
    where: { userId, endedAt: null, expiresAt: { gt: now }, lastUsedAt: { gt: new Date(now.getTime() - idleMinutes * 60_000) } },
    orderBy: { createdAt: 'desc' },
  });
}

/** Ends the user's sessions, or the one named, or all but one; their access tokens are refused from then on. Returns how many. */
export async function endSessions(
  tx: Tx,
  userId: string,
  reason: SessionEnd,
  now: Date,
  which: { readonly only?: string; readonly except?: string | null } = {},
): Promise<number> {
  const id = which.only !== undefined ? { equals: which.only } : which.except ? { not: which.except } : undefined;
  const { count } = await tx.session.updateMany({ where: { userId, endedAt: null, ...(id && { id }) }, data: { endedAt: now, endReason: reason } });
  return count;
}
