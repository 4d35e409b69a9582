import type { z } from 'zod';
import { DomainError } from '../../domain/problem.js';
import { signAccessToken } from '../../http/access-token.js';
import type { RequestContext } from '../../http/endpoint.js';
import { inTransaction } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';
import { toUser, type UserWire } from '../users/users.store.js';
import type { loginBody, sessionSchema } from './auth.schema.js';
import { verifyPassword } from './password.js';
import { insertSession } from './session.store.js';

/**
 * Signs a user in. An unknown address, a wrong password and a closed account look the same and take as long.
 * @throws BAD_CREDENTIALS
 */
export async function login(context: RequestContext, { email, password }: z.output<typeof loginBody>): Promise<z.input<typeof sessionSchema>> {
  const { deps, now, origin } = context;
  const user = await inTransaction(deps.db, (tx) => asSystem(tx, () => tx.appUser.findUnique({ where: { email }, include: { credential: true } })));
  const stored = (user?.active && user.credential?.passwordHash) || null;
  const verified = await verifyPassword(stored, password);
  if (!user || !verified) throw new DomainError('BAD_CREDENTIALS');
  const sessionId = await inTransaction(deps.db, (tx) => asSystem(tx, () => insertSession(tx, { userId: user.id, now, hours: 12, secondFactor: true, origin })));
  const { token, expiresInSeconds } = signAccessToken({ userId: user.id, sessionId }, deps.config);
  return { accessToken: token, tokenType: 'Bearer', expiresInSeconds, user: toUser(user) };
}

/** The signed-in user's own account. */
export async function getMe({ db, actor }: RequestContext): Promise<UserWire> {
  return toUser(await db.appUser.findUniqueOrThrow({ where: { id: actor.userId } }));
}
