import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { requestJob } from '../../jobs/outbox.js';
import { inSystemTransaction } from '../../platform/tenant.js';
import { recordAudit } from '../audit/audit.store.js';
import type { AccountRow } from '../users/users.store.js';
import { auditing, takeAttempt } from './attempts.js';
import { findAccount, lockAccount, setPasswordHash } from './credential.store.js';
import { changeOwn, notify, verifyOwnPassword } from './own-account.js';
import { hashPassword } from './password.js';
import { checkPassword } from './password-rules.js';
import { endSessions } from './session.store.js';
import type { Ended } from './sessions.service.js';
import { findUserOfToken, requestUserToken, revokeUserTokens, type UserTokenPurpose, useUserToken } from './user-token.store.js';

/** Longer than the work of a reset that is sent: the answer comes as late for an address that is nobody's. */
const RESET_ANSWER_MS = 300;

/**
 * Changes the signed-in user's password; the other sessions end, and links sent before hold no longer.
 * @throws PASSWORD_WRONG, TOO_MANY_ATTEMPTS
 * @throws PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_LEAKED, PASSWORD_GUESSABLE
 */
export async function changePassword(context: RequestContext, input: { readonly currentPassword: string; readonly newPassword: string }): Promise<Ended> {
  const { now, actor } = context;
  const { account, verified } = await verifyOwnPassword(context, input.currentPassword);
  const passwordHash = await hashNew(context, account, input.newPassword, 'newPassword');
  return changeOwn(context, verified, async (tx, { id }) => {
    await setPasswordHash(tx, id, passwordHash, now);
    await revokeUserTokens(tx, id);
    const endedSessions = await endSessions(tx, id, 'credentials_changed', now, { except: actor.sessionId });
    await recordAudit(auditing(context, tx), 'auth.password_changed', { kind: 'user', id }, { endedSessions });
    await notify(tx, 'passwordChanged', id, now);
    return { endedSessions };
  });
}

/**
 * Sends a link to choose a new password, to an account that has one; nobody learns from the answer whether there is such an account.
 * @throws TOO_MANY_ATTEMPTS
 */
export async function requestPasswordReset(context: RequestContext, email: string): Promise<void> {
  await takeAttempt(context, 'reset', email);
  await Promise.all([sleep(RESET_ANSWER_MS), sendReset(context, email)]);
}

async function sendReset(context: RequestContext, email: string): Promise<void> {
  const { deps } = context;
  await inSystemTransaction(deps.db, async (tx) => {
    const account = await findAccount(tx, { email });
    if (!account?.active || !account.credential?.passwordHash) return;
    const { id } = account;
    const tokenId = await requestUserToken(tx, { userId: id, purpose: 'password_reset', createdBy: null, minutes: deps.config.passwordResetMinutes });
    await recordAudit(auditing(context, tx), 'auth.password_reset_requested', { kind: 'user', id });
    await requestJob(tx, 'send-mail', { mail: 'passwordReset', userId: id, tokenId });
  });
}

/** The address to sign in with from now on. */
export interface ChosenPassword {
  readonly email: string;
}

/**
 * Sets a new password by a link; every session ends, and the second factor stays as it was.
 * @throws LINK_INVALID, TOO_MANY_ATTEMPTS
 * @throws PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_LEAKED, PASSWORD_GUESSABLE
 */
export function confirmPasswordReset(context: RequestContext, input: { readonly token: string; readonly newPassword: string }): Promise<ChosenPassword> {
  return choosePassword(context, 'password_reset', input.token, { value: input.newPassword, field: 'newPassword' });
}

/**
 * Accepts an invitation by its link, with the password to sign in with.
 * @throws LINK_INVALID, TOO_MANY_ATTEMPTS
 * @throws PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_LEAKED, PASSWORD_GUESSABLE
 */
export function acceptInvitation(context: RequestContext, input: { readonly token: string; readonly password: string }): Promise<ChosenPassword> {
  return choosePassword(context, 'invitation', input.token, { value: input.password, field: 'password' });
}

async function choosePassword(context: RequestContext, purpose: UserTokenPurpose, token: string, password: { readonly value: string; readonly field: string }): Promise<ChosenPassword> {
  const { deps, now } = context;
  const attempt = await takeAttempt(context, 'invitation', undefined);
  const owner = await inSystemTransaction(deps.db, async (tx) => {
    const id = await findUserOfToken(tx, token, purpose);
    return id === undefined ? null : findAccount(tx, { id });
  });
  if (!owner?.active) throw linkInvalid();
  await attempt.succeeded();
  const passwordHash = await hashNew(context, owner, password.value, password.field);
  await inSystemTransaction(deps.db, async (tx) => {
    const { active, id } = await lockAccount(tx, owner.id);
    if (!active || (await useUserToken(tx, token, purpose)) !== id) throw linkInvalid();
    await setPasswordHash(tx, id, passwordHash, now);
    await revokeUserTokens(tx, id);
    const endedSessions = await endSessions(tx, id, 'credentials_changed', now);
    const action = purpose === 'invitation' ? 'auth.invitation_accepted' : 'auth.password_reset';
    await recordAudit(auditing(context, tx, id), action, { kind: 'user', id }, { endedSessions });
    if (purpose === 'password_reset') await notify(tx, 'passwordChanged', id, now);
  });
  return { email: owner.email };
}

function linkInvalid(): DomainError {
  return new DomainError('LINK_INVALID', {}, 'token');
}

/** @throws PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_LEAKED, PASSWORD_GUESSABLE */
async function hashNew({ deps }: RequestContext, { email, name }: AccountRow, password: string, field: string): Promise<string> {
  const refused = await checkPassword(password, { email, name }, deps.config.leakedPasswordsFile);
  if (refused) throw new DomainError(refused.code, {}, field);
  return hashPassword(password);
}
