import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { nextFree } from '../../scripts/services/ports.js';
import { hashPassword, verifyPassword } from '../../src/features/auth/password.js';
import { insertSession } from '../../src/features/auth/session.store.js';
import { newId } from '../../src/platform/ids.js';
import { createRateLimits } from '../../src/platform/rate-limit.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { createAccount, identity, outcomes } from '../support/identity.js';
import { testRedis } from '../support/redis.js';

const PASSWORD = 'un mot de passe long';
let app: TestApp;
let hash: string;

async function account(email: string, { active = true, passwordHash = hash }: { active?: boolean; passwordHash?: string | null } = {}): Promise<string> {
  const id = newId();
  await app.deps.db.appUser.create({ data: { id, email, name: 'Awa Traoré', roles: ['approver'], states: ['MLI'], active, credential: { create: { passwordHash } } } });
  return id;
}

beforeAll(async () => {
  app = await startTestApp();
  hash = await hashPassword(PASSWORD);
});
afterAll(() => app.close());

const login = (email: string, password: string, language = 'fr') =>
  app.anonymous.post('/v1/auth/login').set('accept-language', language).send({ email, password });

describe('passwords', () => {
  test('are hashed with Argon2id at the chosen cost, each with its own salt', async () => {
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await hashPassword(PASSWORD)).not.toBe(hash);
  });

  test('are verified; without a hash never', async () => {
    expect(await verifyPassword(hash, PASSWORD)).toBe(true);
    expect(await verifyPassword(hash, `${PASSWORD} `)).toBe(false);
    expect(await verifyPassword(null, PASSWORD)).toBe(false);
  });
});

describe('POST /v1/auth/login', () => {
  test('gives a token that opens the account, and never the hash', async () => {
    const id = await account('awa@sante.gov.ml');
    const { status, body, headers } = await login('  Awa@Sante.GOV.ml ', PASSWORD);
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toMatchObject({ tokenType: 'Bearer', expiresInSeconds: 900 });
    expect(body.user).toMatchObject({ id, email: 'awa@sante.gov.ml', name: 'Awa Traoré', roles: ['approver'], states: ['MLI'], status: 'active', secondFactor: false });
    expect(body.secondFactor).toBe('to_set_up');
    const me = await app.anonymous.get('/v1/me').set('authorization', `Bearer ${body.accessToken}`);
    expect(me.status).toBe(200);
    expect(me.body).toEqual({ ...body.user, openSessions: 1, recoveryCodesLeft: 0 });
    expect(JSON.stringify([body, me.body])).not.toContain('argon2');
  });

  test('refuses a wrong password, an unknown, a closed and a password-less account with the same answer', async () => {
    await account('open@test.invalid');
    await account('closed@test.invalid', { active: false });
    await account('system@test.invalid', { passwordHash: null });
    const answers = await Promise.all([
      login('open@test.invalid', 'faux'), login('nobody@test.invalid', PASSWORD), login('closed@test.invalid', PASSWORD), login('system@test.invalid', PASSWORD),
    ]);
    for (const { status, body, headers } of answers) {
      expect(status).toBe(401);
      expect(body).toMatchObject({ code: 'BAD_CREDENTIALS', title: 'Adresse ou mot de passe erroné' });
      expect(headers['www-authenticate']).toContain('Bearer');
      expect(headers['content-type']).toContain('application/problem+json');
    }
    expect((await login('open@test.invalid', 'faux', 'en')).body.title).toBe('Wrong e-mail or password');
  });

  test.each([
    [{}, 'email'],
    [{ email: 'a@b.ml' }, 'password'],
    [{ email: 'a@b.ml', password: 1 }, 'password'],
    [{ email: 'a\u0000@b.ml', password: 'x' }, 'email'],
    [{ email: 'a@b.ml', password: 'x'.repeat(801) }, 'password'],
  ])('bad input %j is refused at %s', async (body, field) => {
    const fr = await app.anonymous.post('/v1/auth/login').send(body);
    expect(fr.status).toBe(400);
    expect(fr.body).toMatchObject({ code: 'VALIDATION', field, title: 'La requête n’est pas valable' });
    const en = await app.anonymous.post('/v1/auth/login').set('accept-language', 'en').send(body);
    expect(en.body).toMatchObject({ field, title: 'The request is not valid' });
  });
});

describe('GET /v1/me', () => {
  const me = (token?: string) => {
    const request = app.anonymous.get('/v1/me');
    return token === undefined ? request : request.set('authorization', `Bearer ${token}`);
  };

  test('asks for a token that we signed, that holds, of a session that has not ended and an account that is open', async () => {
    const id = await account('leaving@test.invalid');
    const other = await account('other@test.invalid');
    const open = (userId: string, hours = 1) => insertSession(app.deps.db, { userId, now: new Date(), hours, secondFactor: true, origin: { address: null, agent: null } });
    const sid = await open(id);
    const { jwtSecret, jwtIssuer: issuer, jwtAudience: audience } = app.deps.config;
    const keyid = createHash('sha256').update(jwtSecret).digest('hex').slice(0, 16);
    const sign = (more: jwt.SignOptions = {}, claims: object = { sid }, secret = jwtSecret) => jwt.sign(claims, secret, { subject: id, issuer, audience, keyid, expiresIn: 60, ...more });
    expect((await me(sign())).status).toBe(200);
    const [head, payload] = sign().split('.') as [string, string];
    const unsigned = `${Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT', kid: keyid })).toString('base64url')}.${payload}.`;
    const refused = [
      undefined, 'x', `${head}.${payload}.`, unsigned, sign({}, { sid }, 'another key of at least thirty-two bytes'), sign({ expiresIn: -1 }), sign({ issuer: 'other' }),
      sign({ audience: 'other' }), sign({ algorithm: 'HS512' }), sign({ subject: newId() }), sign({ subject: other }), sign({ keyid: 'another' }), jwt.sign({ sid }, jwtSecret, { subject: id, issuer, audience, expiresIn: 60 }),
      sign({}, {}), sign({}, { sid: 'x' }), sign({}, { sid: newId() }), sign({}, { sid: await open(other) }), sign({}, { sid: await open(id, -1) }),
    ]; // prettier-ignore
    for (const token of refused) {
      const { status, body } = await me(token);
      expect([status, body.code]).toEqual([401, 'UNAUTHENTICATED']);
    }
    await app.deps.db.appUser.update({ where: { id }, data: { active: false } });
    expect((await me(sign())).status).toBe(401);
    await app.deps.db.appUser.update({ where: { id }, data: { active: true } });
    expect((await me(sign())).status).toBe(200);
    await app.deps.db.session.update({ where: { id: sid }, data: { endedAt: new Date(), endReason: 'suspended' } });
    expect((await me(sign())).status).toBe(401);
  });
});

describe('somebody who guesses passwords', () => {
  const WRONG = { password: 'faux' };
  const failures = (id: string) => app.deps.db.auditEvent.count({ where: { recordId: id, action: 'auth.failed' } });

  /** The application with limits of its own. */
  async function withLimits(redisUrl: string, act: (limited: TestApp) => Promise<void>): Promise<void> {
    const rateLimits = createRateLimits({ redisUrl, prefix: testRedis().prefix, keys: { current: 'hides-addresses-and-accounts-in-tests' } });
    const limited = await startTestApp({ rateLimits });
    try {
      await act(limited);
    } finally {
      rateLimits.close();
      await limited.close();
    }
  }

  const places = [
    ['Redis', () => Promise.resolve(testRedis().url)],
    ['this process while Redis is away', async () => `redis://127.0.0.1:${await nextFree(0)}`],
  ] as const;

  test.each(places)('is stopped after five tries at once, counted in %s, and learns nothing of which accounts there are', async (_, redisUrl) => {
    await withLimits(await redisUrl(), async (limited) => {
      const { login: tryLogin } = identity(limited);
      const { id, email } = await createAccount(limited);
      const unknown = `${newId()}@test.liptako`;
      for (const address of [email, unknown]) {
        const answers = await Promise.all(Array.from({ length: 12 }, () => tryLogin(address, WRONG)));
        expect(outcomes(answers)).toEqual([...Array<string>(5).fill('401 BAD_CREDENTIALS'), ...Array<string>(7).fill('429 TOO_MANY_ATTEMPTS')]);
      }
      const [known, nobody] = [await tryLogin(email), await tryLogin(unknown)];
      for (const { status, headers, body } of [known, nobody]) {
        expect([status, body.code, body.title]).toEqual([429, 'TOO_MANY_ATTEMPTS', 'Too many attempts']);
        expect(Number(headers['retry-after'])).toBeGreaterThan(600);
        expect(body.detail).toContain(`${headers['retry-after']}`.replace(/(\d)(\d{3})$/, '$1'));
      }
      expect(Object.keys(known.body as object)).toEqual(Object.keys(nobody.body as object));
      const trail = await limited.deps.db.auditEvent.findMany({ where: { action: { in: ['auth.failed', 'auth.locked'] }, recordId: { in: [id, 'unknown'] } } });
      expect(trail.filter(({ action, recordId }) => action === 'auth.failed' && recordId === id)).toHaveLength(5);
      expect(trail.filter(({ action, recordId }) => action === 'auth.locked' && recordId === id).length).toBeGreaterThanOrEqual(1);
      expect(JSON.stringify(trail.map(({ detail, recordId }) => [detail, recordId]))).not.toContain('@');
      expect(trail.find(({ recordId }) => recordId === 'unknown')?.personal).toMatchObject({ tried: unknown });
    });
  });

  test('does not lock out who succeeds in between, and each failure stands in the trail with its cause', async () => {
    const { email, id } = await createAccount(app);
    const { login: tryLogin } = identity(app);
    for (let turn = 0; turn < 4; turn += 1) {
      for (let wrong = 0; wrong < 3; wrong += 1) await tryLogin(email, WRONG).expect(401);
      await tryLogin(email).expect(200);
    }
    expect(await failures(id)).toBe(12);
    const suspended = await createAccount(app, { active: false });
    const invited = await createAccount(app, { password: null });
    for (const { email: address } of [suspended, invited]) await tryLogin(address).expect(401);
    const causes = await app.deps.db.auditEvent.findMany({ where: { action: 'auth.failed', recordId: { in: [suspended.id, invited.id] } }, orderBy: { at: 'asc' } });
    expect(causes.map(({ detail }) => detail)).toEqual([{ cause: 'suspended' }, { cause: 'not_accepted' }]);
  });
});

test('a password with accents is the same however it was typed', async () => {
  const { email } = await createAccount(app, { password: 'la forêt près de l’été'.normalize('NFD') });
  await identity(app).login(email, { password: 'la forêt près de l’été'.normalize('NFC') }).expect(200);
});
