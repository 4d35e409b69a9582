import type { z } from 'zod';
import { DomainError } from '../../domain/problem.js';
import { signAccessToken } from '../../http/authenticate.js';
import type { RequestContext } from '../../http/endpoint.js';
import { toUser, type UserWire } from '../users/users.store.js';
import type { loginBody, sessionSchema } from './auth.schema.js';
import { verifyPassword } from './password.js';

/**
 * Signs a user in. An unknown address, a wrong password and a closed account look the same and take as long.
 * @throws BAD_CREDENTIALS
 */
export async function login(context: RequestContext, { email, password }: z.output<typeof loginBody>): Promise<z.input<typeof sessionSchema>> {
  const user = await context.db.appUser.findUnique({ where: { email } });
  const stored = user?.active ? user.passwordHash : null;
  const verified = await verifyPassword(stored, password);
  if (!user || !verified) throw new DomainError('BAD_CREDENTIALS');
  const { token, expiresInSeconds } = signAccessToken(user.id, context.deps.config);
  return { accessToken: token, tokenType: 'Bearer', expiresInSeconds, user: toUser(user) };
}

/** The signed-in user's own account. */
export async function getMe({ db, actor }: RequestContext): Promise<UserWire> {
  return toUser(await db.appUser.findUniqueOrThrow({ where: { id: actor.userId } }));
}
