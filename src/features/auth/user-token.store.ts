import type { Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { newToken, tokenHash } from '../../platform/opaque-token.js';

/** What a link sent by mail is for. */
export type UserTokenPurpose = 'invitation' | 'password_reset';

/** A link about to be sent. */
export interface UserTokenRequest {
  readonly userId: string;
  readonly purpose: UserTokenPurpose;
  /** Who asked for it; null when the person did, without being signed in. */
  readonly createdBy: string | null;
  readonly minutes: number;
}

/**
 * Keeps room for a link and returns its id; links for the same purpose sent before hold no longer. It has no token yet: that is made by
 * {@link issueUserToken} when the mail is written, so that none lies in the queue. In the system's scope.
 */
export async function requestUserToken(tx: Tx, { userId, purpose, createdBy, minutes }: UserTokenRequest): Promise<string> {
  const id = newId();
  // Of two requests at once, the second waits here and revokes what the first has kept.
  await tx.$queryRaw`SELECT 1 FROM app_user WHERE id = ${userId}::uuid FOR NO KEY UPDATE`;
  await revokeUserTokens(tx, userId, purpose);
  await tx.$executeRaw`
    INSERT INTO user_token (id, user_id, purpose, created_by, expires_at)
    VALUES (${id}::uuid, ${userId}::uuid, ${purpose}, ${createdBy}::uuid, now() + make_interval(mins => ${minutes}::int))`;
  return id;
}

/** A token for the link, of which only the hash is kept; again, it takes the place of the first. Undefined for a link that holds no longer. */
export async function issueUserToken(tx: Tx, id: string): Promise<string | undefined> {
  const token = newToken();
  const count = await tx.$executeRaw`
    UPDATE user_token SET hash = ${tokenHash(token)}
    WHERE id = ${id}::uuid AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now()`;
  return count === 1 ? token : undefined;
}

/** The user for whom a token still holds, left unused. */
export async function findUserOfToken(tx: Tx, token: string, purpose: UserTokenPurpose): Promise<string | undefined> {
  const [row] = await tx.$queryRaw<{ user_id: string }[]>`
    SELECT user_id FROM user_token
    WHERE hash = ${tokenHash(token)} AND purpose = ${purpose} AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now()`;
  return row?.user_id;
}

/** Uses a token up and returns its user; undefined when it holds no longer. Of several uses at once, one succeeds. */
export async function useUserToken(tx: Tx, token: string, purpose: UserTokenPurpose): Promise<string | undefined> {
  const [row] = await tx.$queryRaw<{ user_id: string }[]>`
    UPDATE user_token SET used_at = now()
    WHERE hash = ${tokenHash(token)} AND purpose = ${purpose} AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now()
    RETURNING user_id`;
  return row?.user_id;
}

/** Revokes the user's unused links, of one purpose or of all. */
export async function revokeUserTokens(tx: Tx, userId: string, purpose?: UserTokenPurpose): Promise<void> {
  await tx.$executeRaw`
    UPDATE user_token SET revoked_at = now()
    WHERE user_id = ${userId}::uuid AND used_at IS NULL AND revoked_at IS NULL AND purpose = coalesce(${purpose ?? null}, purpose)`;
}
