import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import request, { type Test } from 'supertest';
import type TestAgent from 'supertest/lib/agent.js';
import type { Express } from 'express';
import { buildApp } from '../../src/app.js';
import type { Deps } from '../../src/deps.js';
import type { Role } from '../../src/domain/policy.js';
import { insertSession } from '../../src/features/auth/session.store.js';
import { signAccessToken } from '../../src/http/access-token.js';
import type { Clock } from '../../src/platform/clock.js';
import { type Config, parseConfig } from '../../src/platform/config.js';
import { openDb } from '../../src/platform/db.js';
import { configuredEvidenceStore } from '../../src/platform/evidence-store.js';
import { newId } from '../../src/platform/ids.js';
import { createMailer } from '../../src/platform/mail.js';
import { createMetrics } from '../../src/platform/metrics.js';
import { createLocalRateLimits, type RateLimits } from '../../src/platform/rate-limit.js';
import { loadReference } from '../../src/platform/reference.js';
import { createTestDatabase, type TestDatabase } from './database.js';

/** The seven tracked states. */
export const SEVEN = ['BFA', 'MLI', 'MRT', 'NER', 'SEN', 'TCD', 'TGO'];

export interface UserOptions {
  readonly roles: readonly Role[];
  readonly states?: readonly string[];
  readonly organisationId?: string;
  /** Sees restricted flows; by default yes. */
  readonly seesRestricted?: boolean;
}

/** Calls the API as one user; every POST has its own Idempotency-Key unless one is given. */
export interface Client {
  readonly userId: string;
  readonly token: string;
  get(path: string): Test;
  post(path: string, body?: object, key?: string): Test;
  patch(path: string, body: object): Test;
  /** Acts on a record as it is now: a POST to /v1/<records>/<id>/<act> with the If-Match of the record, read just before. */
  act(path: string, body?: object, key?: string): Test;
  /** Changes a record as it is now: a PATCH with its If-Match. */
  edit(path: string, body: object): Test;
}

export interface TestApp {
  readonly app: Express;
  /** What a worker has: its database client reaches every row, as tests need it. */
  readonly deps: Deps;
  readonly database: TestDatabase;
  readonly anonymous: TestAgent;
  /** Makes a user and a client for them. */
  user(options: UserOptions): Promise<Client>;
  close(): Promise<void>;
}

/** The real application on a database of its own. */
export async function startTestApp(options: { readonly clock?: Clock; readonly config?: Partial<Config>; readonly rateLimits?: RateLimits } = {}): Promise<TestApp> {
  const database = await createTestDatabase();
  const evidenceDir = path.join(tmpdir(), `liptako-evidence-${newId()}`);
  const config = { ...parseConfig({ LIPTAKO_MODE: 'test', DATABASE_URL: database.url, LOG_LEVEL: 'silent' }), evidenceDir, ...options.config };
  const db = openDb(config.databaseUrl, config.databasePoolSize, 'system');
  const requestDb = openDb(config.databaseUrl, config.databasePoolSize, 'request');
  const deps: Deps = {
    db,
    config,
    log: pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' }),
    clock: options.clock ?? { now: () => new Date() },
    reference: await loadReference(db),
    metrics: createMetrics(),
    mailer: createMailer(config),
    rateLimits: options.rateLimits ?? createLocalRateLimits({ keys: { current: config.dataKey } }),
    evidence: configuredEvidenceStore(config),
  };
  const app = buildApp({ ...deps, db: requestDb });
  return {
    app,
    deps,
    database,
    anonymous: request(app),
    user: (user) => createClient(app, deps, user),
    close: async () => {
      deps.mailer.close();
      await requestDb.$disconnect();
      await db.$disconnect();
      await database.drop();
      await rm(evidenceDir, { recursive: true, force: true });
    },
  };
}

async function createClient(app: Express, deps: Deps, { roles, states = [], organisationId, seesRestricted = true }: UserOptions): Promise<Client> {
  const userId = newId();
  const data = { id: userId, email: `${userId}@test.liptako`, name: roles.join(' '), roles: [...roles], states: [...states], organisationId: organisationId ?? null, seesRestricted };
  await deps.db.appUser.create({ data });
  const origin = { address: null, agent: null };
  const sessionId = await insertSession(deps.db, { userId, now: new Date(), hours: 12, secondFactor: true, origin });
  const { token } = signAccessToken({ userId, sessionId }, deps.config);
  const signed = (test: Test) => test.set('authorization', `Bearer ${token}`).set('accept-language', 'en');
  const get = (path: string) => signed(request(app).get(path));
  const post = (path: string, body: object = {}, key = newId()) => signed(request(app).post(path)).set('idempotency-key', key).send(body);
  const patch = (path: string, body: object) => signed(request(app).patch(path)).send(body);
  return {
    userId,
    token,
    get,
    post,
    patch,
    act: (path, body, key) => asItIsNow(post(path, body, key), get(path.replace(/\/\w+$/, ''))),
    edit: (path, body) => asItIsNow(patch(path, body), get(path)),
  };
}

/** The request, sent once its record was read, with the version read; a record that is not shown has some version too. */
function asItIsNow(test: Test, read: Test): Test {
  const send = test.end.bind(test);
  test.end = (callback) => {
    void read.then(({ status, headers }) => send.call(test.set('if-match', status === 200 ? (headers.etag ?? '') : '"1"'), callback));
    return test;
  };
  return test;
}
