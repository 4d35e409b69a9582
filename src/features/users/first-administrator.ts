import { randomBytes } from 'node:crypto';
import { SYSTEM_USER_ID } from '../../domain/system-user.js';
import type { Language } from '../../i18n/language.js';
import { type Db, inTransaction } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { recordAudit } from '../audit/audit.store.js';
import { removeSecondFactor, setPasswordHash } from '../auth/credential.store.js';
import { hashPassword } from '../auth/password.js';
import { endSessions } from '../auth/session.store.js';
import { revokeUserTokens } from '../auth/user-token.store.js';

/** A new administrator, or one who lost the way in, with the password to hand over once. */
export interface AdministratorAccess {
  readonly email: string;
  readonly password: string;
  readonly created: boolean;
}

/**
 * Opens an administrator's account from the server itself, where no administrator can do it yet; an account that exists becomes
 * active, an administrator's, gets a new password and sets up its second factor anew; its sessions and links hold no longer.
 */
export async function openAdministrator(db: Db, email: string, language: Language): Promise<AdministratorAccess> {
  const password = randomBytes(15).toString('base64url');
  const passwordHash = await hashPassword(password);
  return inTransaction(db, async (tx) => {
    const address = email.toLowerCase();
    const known = await tx.appUser.findUnique({ where: { email: address } });
    const roles = [...new Set([...(known?.roles ?? []), 'administrator' as const])];
    const user = await tx.appUser.upsert({
      where: { email: address },
      create: { id: newId(), email: address, name: address, roles, states: [], language },
      update: { roles, active: true },
    });
    const now = new Date();
    await setPasswordHash(tx, user.id, passwordHash, now);
    await removeSecondFactor(tx, user.id);
    await revokeUserTokens(tx, user.id);
    await endSessions(tx, user.id, 'credentials_changed', now);
    const context = { db: tx, actor: { userId: SYSTEM_USER_ID }, requestId: 'administrator' };
    await recordAudit(context, known ? 'user.update' : 'user.create', { kind: 'user', id: user.id }, { after: { roles, active: true }, passwordChanged: true, secondFactorRemoved: known !== null });
    return { email: address, password, created: known === null };
  });
}
