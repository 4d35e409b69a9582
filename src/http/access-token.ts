import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import type { Config } from '../platform/config.js';

/** Whom an access token stands for, and the session it belongs to. */
export interface TokenClaims {
  readonly userId: string;
  readonly sessionId: string;
}

type TokenConfig = Pick<Config, 'jwtSecret' | 'jwtSecretPrevious' | 'jwtIssuer' | 'jwtAudience' | 'accessTokenMinutes'>;

interface SigningKey {
  readonly id: string;
  readonly key: KeyObject;
}

const ALGORITHM = 'HS256';
const SHORTEST_KEY_BYTES = 32;
const KEY_ID_DIGITS = 16;
const claimsSchema = z.object({ sub: z.uuid(), sid: z.uuid() });

const keys = new Map<string, SigningKey>();

/** A signed access token that says who the user is, in which session, and nothing else. */
export function signAccessToken({ userId, sessionId }: TokenClaims, config: TokenConfig): { token: string; expiresInSeconds: number } {
  const { id, key } = keyOf(config.jwtSecret);
  const expiresInSeconds = config.accessTokenMinutes * 60;
  const token = jwt.sign({ sid: sessionId }, key, {
    algorithm: ALGORITHM,
    keyid: id,
    subject: userId,
    issuer: config.jwtIssuer,
    audience: config.jwtAudience,
    expiresIn: expiresInSeconds,
  });
  return { token, expiresInSeconds };
}

/** What a token says, when it was signed for this API with the present or the replaced key and still holds; nothing otherwise. */
export function readAccessToken(token: string, config: TokenConfig): TokenClaims | undefined {
  const accepted = [config.jwtSecret, config.jwtSecretPrevious].filter((secret) => secret !== undefined).map(keyOf);
  const claims = claimsSchema.safeParse(verify(token, accepted, config));
  return claims.success ? { userId: claims.data.sub, sessionId: claims.data.sid } : undefined;
}

function verify(token: string, accepted: readonly SigningKey[], config: TokenConfig): unknown {
  try {
    const keyId = jwt.decode(token, { complete: true })?.header.kid;
    const signedWith = accepted.find(({ id }) => id === keyId);
    if (!signedWith) return undefined;
    return jwt.verify(token, signedWith.key, {
      algorithms: [ALGORITHM],
      issuer: config.jwtIssuer,
      audience: config.jwtAudience,
      maxAge: config.accessTokenMinutes * 60,
    });
  } catch {
    // Whatever the library throws here is about the token: it throws a plain SyntaxError for some that are no JWT.
    return undefined;
  }
}

/** The key, made once: from a string, the library makes it anew for every token, after trying it as a public key. */
function keyOf(secret: string): SigningKey {
  const known = keys.get(secret);
  if (known) return known;
  if (Buffer.byteLength(secret) < SHORTEST_KEY_BYTES) throw new RangeError('The signing key is shorter than 32 bytes.');
  const id = createHash('sha256').update(secret).digest('hex').slice(0, KEY_ID_DIGITS);
  const made = { id, key: createSecretKey(secret, 'utf8') };
  keys.set(secret, made);
  return made;
}
