import { needsSecondFactor } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { recordAudit } from '../audit/audit.store.js';
import { auditing } from './attempts.js';
import { confirmPendingSecret, keepPendingSecret, removeSecondFactor, renewRecoveryCodes } from './credential.store.js';
import { dataKeysOf } from './data-keys.js';
import { acceptTotp, changeOwn, changeOwnByCode, notify, verifyOwnPassword } from './own-account.js';
import { endSessions } from './session.store.js';
import type { Ended } from './sessions.service.js';
import { newTotpSecret, totpUri } from './totp.js';

/**
 * Begins to set up the second factor, also on another phone: the one in use counts until the new one is confirmed.
 * @throws PASSWORD_WRONG, TOO_MANY_ATTEMPTS
 */
export async function startTotp(context: RequestContext, currentPassword: string): Promise<{ readonly secret: string; readonly uri: string }> {
  const { verified } = await verifyOwnPassword(context, currentPassword);
  const secret = newTotpSecret();
  return changeOwn(context, verified, async (tx, { id, email }) => {
    await keepPendingSecret(tx, id, secret, dataKeysOf(context.deps.config));
    await recordAudit(auditing(context, tx), 'auth.second_factor_started', { kind: 'user', id });
    return { secret, uri: totpUri(secret, email) };
  });
}

/**
 * Confirms the second factor with a code of the app. The session counts as opened with it; the others end.
 * @throws SECOND_FACTOR_NOT_SET_UP when nothing was begun; SECOND_FACTOR_WRONG, TOO_MANY_ATTEMPTS
 */
export function confirmTotp(context: RequestContext, totp: string): Promise<Ended & { readonly recoveryCodes: readonly string[] }> {
  const { deps, now, actor } = context;
  return changeOwnByCode(
    context,
    undefined,
    (tx, account) => {
      if (!account.credential?.totpPending) throw new DomainError('SECOND_FACTOR_NOT_SET_UP');
      return confirmPendingSecret(tx, account, totp, now, dataKeysOf(deps.config));
    },
    async (tx, { id }) => {
      const recoveryCodes = await renewRecoveryCodes(tx, id);
      await tx.session.update({ where: { id: actor.sessionId ?? '' }, data: { secondFactorAt: now } });
      const endedSessions = await endSessions(tx, id, 'credentials_changed', now, { except: actor.sessionId });
      await recordAudit(auditing(context, tx), 'auth.second_factor_set_up', { kind: 'user', id }, { endedSessions });
      await notify(tx, 'secondFactorChanged', id, now);
      return { recoveryCodes, endedSessions };
    },
  );
}

/**
 * Makes new recovery codes, to be shown once; those before hold no longer.
 * @throws SECOND_FACTOR_NOT_SET_UP, SECOND_FACTOR_WRONG, TOO_MANY_ATTEMPTS
 */
export function makeRecoveryCodes(context: RequestContext, totp: string): Promise<{ readonly recoveryCodes: readonly string[] }> {
  return changeOwnByCode(context, undefined, acceptTotp(context, totp), async (tx, { id }) => {
    const recoveryCodes = await renewRecoveryCodes(tx, id);
    await recordAudit(auditing(context, tx), 'auth.recovery_codes', { kind: 'user', id });
    await notify(tx, 'secondFactorChanged', id, context.now);
    return { recoveryCodes };
  });
}

/**
 * Removes the second factor, for roles that may sign in without; the other sessions end.
 * @throws SECOND_FACTOR_MANDATORY, SECOND_FACTOR_NOT_SET_UP, PASSWORD_WRONG, SECOND_FACTOR_WRONG, TOO_MANY_ATTEMPTS
 */
export async function removeTotp(context: RequestContext, input: { readonly currentPassword: string; readonly totp: string }): Promise<Ended> {
  const { now, actor } = context;
  if (needsSecondFactor(actor.roles)) throw new DomainError('SECOND_FACTOR_MANDATORY');
  const { verified } = await verifyOwnPassword(context, input.currentPassword);
  return changeOwnByCode(context, verified, acceptTotp(context, input.totp), async (tx, { id, roles }) => {
    if (needsSecondFactor(roles)) throw new DomainError('SECOND_FACTOR_MANDATORY');
    await removeSecondFactor(tx, id);
    const endedSessions = await endSessions(tx, id, 'credentials_changed', now, { except: actor.sessionId });
    await recordAudit(auditing(context, tx), 'auth.second_factor_removed', { kind: 'user', id }, { endedSessions });
    await notify(tx, 'secondFactorChanged', id, now);
    return { endedSessions };
  });
}
