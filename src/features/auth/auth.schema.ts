import { z } from 'zod';
import { textSchema } from '../../http/text.js';
import { userSchema } from '../users/users.schema.js';

export const loginBody = z.strictObject({
  email: textSchema(254).toLowerCase().describe('E-mail address of the account, in any case.').meta({ example: 'finances@demo.liptako' }),
  password: z.string().min(1).max(200).describe('Password of the account.'),
});

export const sessionSchema = z
  .object({
    accessToken: z.string().describe('Signed token (JWT) for the header Authorization: Bearer.'),
    tokenType: z.literal('Bearer').describe('How the token is sent.'),
    expiresInSeconds: z.int().describe('Seconds until the token is refused.'),
    user: userSchema.describe('Who signed in.'),
  })
  .meta({ id: 'Session' });
