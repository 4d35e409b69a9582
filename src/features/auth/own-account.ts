import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { requestJob } from '../../jobs/outbox.js';
import type { JobPayload } from '../../jobs/job.js';
import type { Tx } from '../../platform/db.js';
import { inSystemTransaction } from '../../platform/tenant.js';
import { recordAudit } from '../audit/audit.store.js';
import type { AccountRow } from '../users/users.store.js';
import { auditing, recordFailure, takeAttempt } from './attempts.js';
import { findAccount, isEnrolled, lockAccount, useCode } from './credential.store.js';
import { dataKeysOf } from './data-keys.js';
import { verifyPassword } from './password.js';

/** The signed-in user's account, with the password's hash that was verified. */
export interface VerifiedAccount {
  readonly account: AccountRow;
  readonly verified: string;
}

/**
 * Asks the signed-in user for the password again: a session left open is not enough for what proves the person.
 * @throws PASSWORD_WRONG, TOO_MANY_ATTEMPTS
 */
export async function verifyOwnPassword(context: RequestContext, password: string): Promise<VerifiedAccount> {
  const account = await inSystemTransaction(context.deps.db, (tx) => findAccount(tx, { id: context.actor.userId }));
  const attempt = await takeAttempt(context, 'login', account?.email);
  const verified = account?.credential?.passwordHash ?? null;
  if (!(await verifyPassword(verified, password)) || !account || verified === null) {
    await recordFailure(context, { name: undefined, account }, 'own_password');
    throw new DomainError('PASSWORD_WRONG', {}, 'currentPassword');
  }
  await attempt.succeeded();
  return { account, verified };
}

/** The account, locked and with the password that was verified; the session must not have ended meanwhile. */
async function lockOwn(context: RequestContext, tx: Tx, verified: string | undefined): Promise<AccountRow> {
  const { actor, now } = context;
  const account = await lockAccount(tx, actor.userId);
  const session = await tx.session.findUnique({ where: { id: actor.sessionId ?? '' } });
  if (!account.active || !session || session.endedAt !== null || session.expiresAt <= now) throw new DomainError('UNAUTHENTICATED');
  if (verified !== undefined && account.credential?.passwordHash !== verified) throw new DomainError('PASSWORD_WRONG', {}, 'currentPassword');
  return account;
}

/** Changes what proves the signed-in user, locked; `verified` is the hash of the password that was asked for, if it was. */
export function changeOwn<T>(context: RequestContext, verified: string | undefined, act: (tx: Tx, account: AccountRow) => Promise<T>): Promise<T> {
  return inSystemTransaction(context.deps.db, async (tx) => act(tx, await lockOwn(context, tx, verified)));
}

/**
 * Changes what proves the signed-in user after a code of the second factor, each counted once.
 * @throws SECOND_FACTOR_WRONG, TOO_MANY_ATTEMPTS
 */
export async function changeOwnByCode<T extends object>(
  context: RequestContext,
  verified: string | undefined,
  accept: (tx: Tx, account: AccountRow) => Promise<boolean>,
  act: (tx: Tx, account: AccountRow) => Promise<T>,
): Promise<T> {
  const attempt = await takeAttempt(context, 'second-factor', context.actor.userId);
  const done = await changeOwn(context, verified, async (tx, account) => {
    if (await accept(tx, account)) return act(tx, account);
    await recordAudit(auditing(context, tx), 'auth.failed', { kind: 'user', id: account.id }, { cause: 'own_totp' });
    return undefined;
  });
  if (done === undefined) throw new DomainError('SECOND_FACTOR_WRONG', {}, 'totp');
  await attempt.succeeded();
  return done;
}

/** Whether the code is one of the app that counts now. */
export function acceptTotp({ deps, now }: RequestContext, totp: string): (tx: Tx, account: AccountRow) => Promise<boolean> {
  return (tx, account) => {
    if (!isEnrolled(account)) throw new DomainError('SECOND_FACTOR_NOT_SET_UP');
    return useCode(tx, account, { totp }, now, dataKeysOf(deps.config));
  };
}

/** Tells the person by mail that what proves them was changed. */
export function notify(tx: Tx, mail: JobPayload<'send-mail'>['mail'], userId: string, now: Date): Promise<void> {
  return requestJob(tx, 'send-mail', { mail, userId, at: now.toISOString() });
}
