import type { z } from 'zod';
import { needsSecondFactor } from '../../domain/policy.js';
import { signAccessToken } from '../../http/access-token.js';
import type { Config } from '../../platform/config.js';
import { type AccountRow, toUser } from '../users/users.store.js';
import type { sessionSchema } from './auth.schema.js';

/** A session that was opened or renewed. */
export interface OpenedSession {
  readonly account: AccountRow;
  readonly session: { readonly id: string; readonly expiresAt: Date; readonly secondFactor: boolean };
  readonly refreshToken: string;
  readonly now: Date;
}

/** What the client gets of a session: its two tokens, until when they hold, and whose it is. */
export function sessionAnswer({ account, session, refreshToken, now }: OpenedSession, config: Config): z.input<typeof sessionSchema> {
  const { token, expiresInSeconds } = signAccessToken({ userId: account.id, sessionId: session.id }, config);
  const idleAt = now.getTime() + config.sessionIdleMinutes * 60_000;
  return {
    accessToken: token,
    tokenType: 'Bearer',
    expiresInSeconds,
    refreshToken,
    refreshExpiresAt: new Date(Math.min(idleAt, session.expiresAt.getTime())).toISOString(),
    secondFactor: session.secondFactor ? 'given' : needsSecondFactor(account.roles) ? 'to_set_up' : 'not_required',
    user: toUser(account),
  };
}
