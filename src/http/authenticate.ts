import type { Request } from 'express';
import type { Deps } from '../deps.js';
import { type Actor, toActor } from '../domain/policy.js';
import { DomainError } from '../domain/problem.js';
import type { Tx } from '../platform/db.js';
import { enterSession } from '../platform/tenant.js';
import { readAccessToken } from './access-token.js';

/**
 * The user that the request's bearer token stands for, as the database knows them now. From here to its end the transaction reaches
 * their rows only. A token whose session has ended is refused at once.
 * @throws UNAUTHENTICATED
 */
export async function authenticate(req: Request, tx: Tx, deps: Deps): Promise<Actor> {
  const [, token] = /^Bearer ([^\s]+)$/i.exec(req.get('authorization') ?? '') ?? [];
  const claims = token === undefined ? undefined : readAccessToken(token, deps.config);
  const entered = claims && (await enterSession(tx, claims.sessionId));
  if (entered?.user_id !== claims?.userId || !entered) throw new DomainError('UNAUTHENTICATED');
  return toActor(entered);
}
