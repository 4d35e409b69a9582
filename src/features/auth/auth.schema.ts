import { z } from 'zod';
import { textSchema } from '../../http/text.js';
import { idSchema, momentSchema } from '../../http/wire.js';
import { userSchema } from '../users/users.schema.js';

/** A password is refused for its length by the rules, which count characters; this only bounds the work. */
const password = z.string().min(1).max(800);
const email = textSchema(254).toLowerCase().describe('E-mail address of the account, in any case.').meta({ example: 'finances@demo.liptako' });
const totp = z.string().trim().min(6).max(20).describe('The six digits that the authenticator app shows; each code counts once.').meta({ example: '123456' });
const token = z.string().min(1).max(200).describe('The token in the link that was sent by mail.');
const currentPassword = password.describe('The present password, asked for again.');
const newPassword = password.describe('The new password: 15 to 200 characters of any kind, neither leaked nor easy to guess.');

export const loginBody = z.strictObject({
  email,
  password: password.describe('Password of the account.'),
  totp: totp.optional(),
  recoveryCode: z.string().trim().min(16).max(40).optional().describe('Instead of "totp": one of the recovery codes, which is used up.').meta({ example: 'XXXX-XXXX-XXXX-XXXX-XXXX-XXXX' }),
});

export const sessionSchema = z
  .object({
    accessToken: z.string().describe('Signed token (JWT) for the header Authorization: Bearer.'),
    tokenType: z.literal('Bearer').describe('How the token is sent.'),
    expiresInSeconds: z.int().describe('Seconds until the access token is refused.'),
    refreshToken: z.string().describe('For POST /v1/auth/refresh, once. Keep it secret.'),
    refreshExpiresAt: momentSchema.describe('When the refresh token holds no longer, unless it is exchanged before.'),
    secondFactor: z
      .enum(['given', 'to_set_up', 'not_required'])
      .describe('"to_set_up": the role asks for a second factor that is still missing; until POST /v1/me/totp/confirm the session opens nothing else.'),
    user: userSchema.describe('Who signed in.'),
  })
  .meta({ id: 'Session' });

export const refreshBody = z.strictObject({ refreshToken: z.string().min(1).max(200).describe('The last refresh token that was received.') });

export const endedSchema = z.object({ endedSessions: z.int().describe('How many sessions have ended.') }).meta({ id: 'EndedSessions' });

export const passwordResetBody = z.strictObject({ email });
export const passwordResetSchema = z
  .object({ accepted: z.literal(true).describe('Always: the answer does not tell whether there is such an account.') })
  .meta({ id: 'PasswordResetRequest' });
export const passwordResetConfirmBody = z.strictObject({ token, newPassword });
export const invitationAcceptBody = z.strictObject({ token, password: newPassword });
export const chosenPasswordSchema = z.object({ email: z.string().describe('The address to sign in with.') }).meta({ id: 'ChosenPassword' });

export const meSchema = userSchema
  .extend({
    openSessions: z.int().describe('How many sessions can still be used, this one included.'),
    recoveryCodesLeft: z.int().describe('How many recovery codes were not used yet.'),
  })
  .meta({ id: 'Me' });

export const mySessionsSchema = z
  .object({
    items: z
      .array(
        z.object({
          id: idSchema,
          current: z.boolean().describe('Whether this request was made in it.'),
          secondFactor: z.boolean().describe('Whether a second factor was given.'),
          address: z.string().nullable().describe('IP address it was opened from.'),
          agent: z.string().nullable().describe('Browser or program it was opened with, as it named itself.'),
          createdAt: momentSchema.describe('When it was opened.'),
          lastUsedAt: momentSchema.describe('When it was opened or last renewed.'),
          expiresAt: momentSchema.describe('When it ends at the latest.'),
        }),
      )
      .describe('The sessions that can still be used, the last opened first.'),
  })
  .meta({ id: 'MySessions' });

export const startTotpBody = z.strictObject({ currentPassword });
export const startedTotpSchema = z
  .object({
    secret: z.string().describe('For typing into an authenticator app, in base32. Shown once.'),
    uri: z.string().describe('The same as an otpauth:// address, for a QR code.'),
  })
  .meta({ id: 'StartedTotp' });
export const totpBody = z.strictObject({ totp });
const recoveryCodes = z.array(z.string()).describe('Ten codes that stand in for the app, once each. Shown once: print them and lock them away.');
export const confirmedTotpSchema = endedSchema.extend({ recoveryCodes }).meta({ id: 'ConfirmedTotp' });
export const recoveryCodesSchema = z.object({ recoveryCodes }).meta({ id: 'RecoveryCodes' });
export const removeTotpBody = z.strictObject({ currentPassword, totp });
export const changePasswordBody = z.strictObject({ currentPassword, newPassword });
