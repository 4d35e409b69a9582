import type { Deps } from '../../deps.js';
import { type MailText, mailText } from '../../i18n/mail.js';
import type { JobPayload } from '../../jobs/job.js';
import { inTransaction } from '../../platform/db.js';
import { SYSTEM_USER_ID } from '../../domain/system-user.js';
import { recordAudit } from '../audit/audit.store.js';
import { issueUserToken } from '../auth/user-token.store.js';
import { type AccountRow, choicesOf, findUser } from '../users/users.store.js';

type Payload = JobPayload<'send-mail'>;

/** The job that sends one mail to a user; sent again after a failure, its link replaces the one before. */
export const sendMail = {
  async run(deps: Deps, payload: Payload): Promise<void> {
    const user = await findUser(deps.db, payload.userId);
    if (!user || user.erasedAt !== null) return;
    const text = await compose(deps, user, payload);
    if (!text) return;
    await deps.mailer.send({ to: user.email, ...text });
  },

  /** The trail says that the person was not reached. */
  async giveUp(deps: Deps, { mail, userId }: Payload, reason: string): Promise<void> {
    await inTransaction(deps.db, (tx) =>
      recordAudit({ db: tx, actor: { userId: SYSTEM_USER_ID }, requestId: 'send-mail' }, 'mail.failed', { kind: 'user', id: userId }, { mail }, { personal: { error: reason } }),
    );
  },
};

/** The mail in the user's language; undefined when its link has become pointless. */
async function compose(deps: Deps, user: AccountRow, { mail, tokenId, byUserId, at }: Payload): Promise<MailText | undefined> {
  const { publicUrl } = deps.config;
  const { name, language, timeZone } = choicesOf(user);
  const reader = { name, timeZone };
  const notice = { ...reader, at: new Date(at ?? deps.clock.now()), link: `${publicUrl}/account/forgotten` };
  switch (mail) {
    case 'invitation': {
      const token = await issue(deps, tokenId);
      return token && mailText(language, mail, { ...reader, link: `${publicUrl}/account/invitation#${token.token}`, invitedBy: await nameOf(deps, byUserId), roles: user.roles, expiresAt: token.expiresAt });
    }
    case 'passwordReset': {
      const token = await issue(deps, tokenId);
      return token && mailText(language, mail, { ...reader, link: `${publicUrl}/account/password#${token.token}`, expiresAt: token.expiresAt });
    }
    case 'secondFactorReset':
      return mailText(language, mail, { ...notice, resetBy: await nameOf(deps, byUserId) });
    default:
      return mailText(language, mail, notice);
  }
}

async function issue({ db }: Deps, id: string | undefined): Promise<{ readonly token: string; readonly expiresAt: Date } | undefined> {
  if (id === undefined) throw new RangeError('a mail with a link names its token');
  return inTransaction(db, async (tx) => {
    const token = await issueUserToken(tx, id);
    const { expiresAt } = await tx.userToken.findUniqueOrThrow({ where: { id } });
    return token === undefined ? undefined : { token, expiresAt };
  });
}

async function nameOf(deps: Deps, userId: string | undefined): Promise<string> {
  const user = userId === undefined ? null : await findUser(deps.db, userId);
  return user?.name ?? 'Liptako';
}
