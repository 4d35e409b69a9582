import express from 'express';
import { pino } from 'pino';
import { pinoHttp } from 'pino-http';
import supertest from 'supertest';
import type { Deps } from '../../src/deps.js';
import type { Role } from '../../src/domain/policy.js';
import { signAccessToken } from '../../src/http/authenticate.js';
import type { Endpoint } from '../../src/http/endpoint.js';
import { mount } from '../../src/http/mount.js';
import { problemHandler } from '../../src/http/problem.js';
import { openDeps } from '../../src/open-deps.js';
import { parseConfig } from '../../src/platform/config.js';
import { newId } from '../../src/platform/ids.js';
import { createTestDatabase } from './database.js';

/** The headers of a signed-in user, and who that is. */
export interface SignedIn {
  readonly userId: string;
  readonly headers: { readonly authorization: string; readonly 'accept-language'?: string };
}

/** Some endpoints on a database of their own. */
export interface FeatureApp {
  readonly deps: Deps;
  readonly request: ReturnType<typeof supertest>;
  readonly as: (...roles: Role[]) => Promise<SignedIn>;
  readonly close: () => Promise<void>;
}

export async function startFeatureApp(endpoints: readonly Endpoint[]): Promise<FeatureApp> {
  const database = await createTestDatabase();
  const log = pino({ level: 'silent' });
  const deps = await openDeps(parseConfig({ LIPTAKO_MODE: 'test', DATABASE_URL: database.url, DATABASE_POOL_SIZE: '20' }), log);
  const app = express();
  app.set('query parser', 'simple');
  app.use(pinoHttp({ logger: log }), express.json());
  mount(app, endpoints, deps);
  app.use(problemHandler);
  return {
    deps,
    request: supertest(app),
    as: (...roles) => signIn(deps, roles),
    close: async () => {
      await deps.db.$disconnect();
      await database.drop();
    },
  };
}

async function signIn({ db, config }: Deps, roles: Role[]): Promise<SignedIn> {
  const userId = newId();
  await db.appUser.create({ data: { id: userId, email: `${userId}@test.invalid`, name: roles.join(' '), roles } });
  return { userId, headers: { authorization: `Bearer ${signAccessToken(userId, config).token}` } };
}
