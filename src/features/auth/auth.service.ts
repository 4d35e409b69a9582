import type { z } from 'zod';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { requestJob } from '../../jobs/outbox.js';
import type { Tx } from '../../platform/db.js';
import { inSystemTransaction } from '../../platform/tenant.js';
import { recordAudit } from '../audit/audit.store.js';
import type { AccountRow } from '../users/users.store.js';
import { auditing, recordFailure, takeAttempt } from './attempts.js';
import type { loginBody, sessionSchema } from './auth.schema.js';
import { findAccount, type GivenCode, isEnrolled, lockAccount, useCode } from './credential.store.js';
import { dataKeysOf } from './data-keys.js';
import { verifyPassword } from './password.js';
import { type OpenedSession, sessionAnswer } from './session-answer.js';
import { endSessions, insertRefreshToken, insertSession, lockShownToken, markUsed, replaceUnused, sessionIdOf, type ShownToken } from './session.store.js';

type SessionWire = z.input<typeof sessionSchema>;

/**
 * How long the token just exchanged may be shown again while the next one was not: on a slow link the answer gets lost, and an honest
 * client asks again. The next one is replaced, so that one token of the session lives at any time; whoever shows the replaced one later
 * ends the session, like with any other token that was used.
 */
const REPEAT_SECONDS = 30;

/**
 * Signs a user in. An unknown address, a wrong password and an account that is closed or not yet accepted look the same and take as long.
 * @throws BAD_CREDENTIALS, TOO_MANY_ATTEMPTS
 * @throws SECOND_FACTOR_NEEDED, SECOND_FACTOR_WRONG after a right password only
 */
export async function login(context: RequestContext, { email, password, ...code }: z.output<typeof loginBody>): Promise<SessionWire> {
  const { deps } = context;
  const attempt = await takeAttempt(context, 'login', email);
  const account = await inSystemTransaction(deps.db, (tx) => findAccount(tx, { email }));
  const stored = (account?.active && account.credential?.passwordHash) || null;
  const verified = await verifyPassword(stored, password);
  if (!account || !stored || !verified) {
    await recordFailure(context, { name: email, account }, causeOf(account));
    throw new DomainError('BAD_CREDENTIALS');
  }
  await attempt.succeeded();
  if (!isEnrolled(account)) return open(context, account, stored, {});
  if (code.totp === undefined && code.recoveryCode === undefined) throw new DomainError('SECOND_FACTOR_NEEDED');
  const second = await takeAttempt(context, 'second-factor', account.id);
  const session = await open(context, account, stored, code);
  await second.succeeded();
  return session;
}

function causeOf(account: AccountRow | null): string {
  if (!account) return 'unknown';
  if (!account.active) return 'suspended';
  return account.credential?.passwordHash ? 'password' : 'not_accepted';
}

/** @throws BAD_CREDENTIALS when the account has changed since its password was verified; SECOND_FACTOR_WRONG */
async function open(context: RequestContext, { id }: AccountRow, verified: string, code: GivenCode): Promise<SessionWire> {
  const { deps, now, origin } = context;
  const opened = await inSystemTransaction(deps.db, async (tx): Promise<OpenedSession | DomainError> => {
    const account = await lockAccount(tx, id);
    if (!account.active || account.credential?.passwordHash !== verified) return new DomainError('BAD_CREDENTIALS');
    const secondFactor = isEnrolled(account);
    const audit = auditing(context, tx, id);
    if (secondFactor && !(await useCode(tx, account, code, now, dataKeysOf(deps.config)))) {
      await recordAudit({ ...audit, actor: { userId: null } }, 'auth.failed', { kind: 'user', id }, { cause: code.totp === undefined ? 'recovery_code' : 'totp' });
      return new DomainError('SECOND_FACTOR_WRONG');
    }
    const sessionId = await insertSession(tx, { userId: id, now, hours: deps.config.sessionHours, secondFactor, origin });
    const refreshToken = await insertRefreshToken(tx, sessionId, now);
    const factor = !secondFactor ? 'none' : code.totp === undefined ? 'recovery_code' : 'totp';
    await recordAudit({ ...audit, actor: { userId: id, sessionId } }, 'auth.login', { kind: 'user', id }, { secondFactor: factor });
    const expiresAt = new Date(now.getTime() + deps.config.sessionHours * 3_600_000);
    return { account, session: { id: sessionId, expiresAt, secondFactor }, refreshToken, now };
  });
  if (opened instanceof DomainError) throw opened;
  return sessionAnswer(opened, deps.config);
}

/**
 * Exchanges a refresh token for the next one, with a new access token. A token shown a second time ends the session: one of the two who
 * had it is not the user.
 * @throws SESSION_ENDED, TOO_MANY_ATTEMPTS
 */
export async function refresh(context: RequestContext, token: string): Promise<SessionWire> {
  const { deps } = context;
  const sessionId = await inSystemTransaction(deps.db, (tx) => sessionIdOf(tx, token));
  const attempt = await takeAttempt(context, 'refresh', sessionId);
  const renewed = await inSystemTransaction(deps.db, (tx) => renew(context, tx, token));
  if (!renewed) throw new DomainError('SESSION_ENDED');
  await attempt.succeeded();
  return sessionAnswer(renewed, deps.config);
}

/** Undefined when the session has ended, or ends now. */
async function renew(context: RequestContext, tx: Tx, token: string): Promise<OpenedSession | undefined> {
  const { deps, now } = context;
  const shown = await lockShownToken(tx, token);
  if (!shown) return undefined;
  const { session } = shown;
  const idleSince = now.getTime() - deps.config.sessionIdleMinutes * 60_000;
  if (session.endedAt || session.expiresAt <= now || session.lastUsedAt.getTime() <= idleSince) return undefined;
  const account = await findAccount(tx, { id: session.userId });
  if (!account?.active) return undefined;
  if (shown.token.usedAt === null && shown.token.replacedAt === null) await markUsed(tx, shown, now);
  else if (mayRepeat(shown, now)) await replaceUnused(tx, session.id, now);
  else {
    await endReused(context, tx, session.userId, session.id);
    return undefined;
  }
  const refreshToken = await insertRefreshToken(tx, session.id, now);
  return { account, session: { id: session.id, expiresAt: session.expiresAt, secondFactor: session.secondFactorAt !== null }, refreshToken, now };
}

function mayRepeat({ token, isOutrun }: ShownToken, now: Date): boolean {
  return token.usedAt !== null && !isOutrun && now.getTime() - token.usedAt.getTime() <= REPEAT_SECONDS * 1000;
}

async function endReused(context: RequestContext, tx: Tx, userId: string, sessionId: string): Promise<void> {
  await endSessions(tx, userId, 'token_reused', context.now, { only: sessionId });
  await recordAudit({ ...auditing(context, tx), actor: { userId: null, sessionId } }, 'auth.token_reused', { kind: 'user', id: userId }, { sessionId });
  await requestJob(tx, 'send-mail', { mail: 'sessionRevoked', userId, at: context.now.toISOString() });
}
