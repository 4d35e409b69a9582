import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Request } from 'express';
import jwt from 'jsonwebtoken';
import type { Deps } from '../deps.js';
import type { Actor, Role } from '../domain/policy.js';
import { DomainError } from '../domain/problem.js';
import type { Config } from '../platform/config.js';
import { sqlOf } from '../platform/db.js';

const ALGORITHM = 'HS256';
const SHORTEST_KEY_BYTES = 32;

type TokenConfig = Pick<Config, 'jwtSecret' | 'jwtIssuer' | 'jwtAudience' | 'accessTokenMinutes'>;

const keys = new Map<string, KeyObject>();

/** The signing key, made once: from a string, the library makes it anew for every token, after trying it as a public key. */
function keyOf({ jwtSecret }: TokenConfig): KeyObject {
  const known = keys.get(jwtSecret);
  if (known) return known;
  if (Buffer.byteLength(jwtSecret) < SHORTEST_KEY_BYTES) throw new RangeError('The signing key is shorter than 32 bytes.');
  const key = createSecretKey(jwtSecret, 'utf8');
  keys.set(jwtSecret, key);
  return key;
}

/** A signed access token that says who the user is and nothing else. */
export function signAccessToken(userId: string, config: TokenConfig): { token: string; expiresInSeconds: number } {
  const expiresInSeconds = config.accessTokenMinutes * 60;
  const token = jwt.sign({}, keyOf(config), {
    algorithm: ALGORITHM,
    subject: userId,
    issuer: config.jwtIssuer,
    audience: config.jwtAudience,
    expiresIn: expiresInSeconds,
  });
  return { token, expiresInSeconds };
}

function subjectOf(token: string, config: TokenConfig): string | undefined {
  try {
    const claims = jwt.verify(token, keyOf(config), {
      algorithms: [ALGORITHM],
      issuer: config.jwtIssuer,
      audience: config.jwtAudience,
      maxAge: config.accessTokenMinutes * 60,
    });
    return typeof claims === 'string' ? undefined : claims.sub;
  } catch (error) {
    if (error instanceof jwt.JsonWebTokenError) return undefined;
    throw error;
  }
}

interface UserRow {
  readonly id: string;
  readonly roles: Role[];
  readonly states: string[];
  readonly organisation_id: string | null;
}

/**
 * The user that the request's bearer token stands for, as the database knows them now.
 * @throws UNAUTHENTICATED
 */
export async function authenticate(req: Request, deps: Deps): Promise<Actor> {
  const [, token] = /^Bearer ([^\s]+)$/i.exec(req.get('authorization') ?? '') ?? [];
  const userId = token === undefined ? undefined : subjectOf(token, deps.config);
  const user = userId === undefined ? undefined : await activeUser(deps, userId);
  if (!user) throw new DomainError('UNAUTHENTICATED');
  return {
    userId: user.id,
    roles: user.roles,
    states: user.states,
    organisationIds: user.organisation_id === null ? [] : await mergedFamily(deps, user.organisation_id),
  };
}

async function activeUser(deps: Deps, userId: string): Promise<UserRow | undefined> {
  const { rows } = await sqlOf(deps.db).query<UserRow>({
    name: 'active_user',
    text: 'SELECT id, roles::text[] AS roles, states, organisation_id FROM app_user WHERE id = $1 AND active',
    values: [userId],
  });
  return rows[0];
}

/** An organisation and every duplicate that was merged into it, at any depth. */
async function mergedFamily(deps: Deps, organisationId: string): Promise<string[]> {
  const rows = await deps.db.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE kept AS (
      SELECT id, merged_into_id FROM organisation WHERE id = ${organisationId}::uuid
      UNION SELECT o.id, o.merged_into_id FROM organisation o JOIN kept k ON o.id = k.merged_into_id
    ), family AS (
      SELECT id FROM kept WHERE merged_into_id IS NULL
      UNION SELECT o.id FROM organisation o JOIN family f ON o.merged_into_id = f.id
    )
    SELECT id FROM family`;
  return rows.map((row) => row.id);
}
