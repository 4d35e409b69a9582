import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { hashPassword, verifyPassword } from '../../src/features/auth/password.js';
import { newId } from '../../src/platform/ids.js';
import { startTestApp, type TestApp } from '../support/app.js';

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
    expect(body.user).toEqual({
      id, email: 'awa@sante.gov.ml', name: 'Awa Traoré', roles: ['approver'], states: ['MLI'], organisationId: null, language: 'fr', active: true,
      recordedAt: expect.any(String),
    });
    const me = await app.anonymous.get('/v1/me').set('authorization', `Bearer ${body.accessToken}`);
    expect(me.status).toBe(200);
    expect(me.body).toEqual(body.user);
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

  test('takes as long for an unknown account as for a wrong password', async () => {
    await account('timed@test.invalid');
    const time = async (email: string) => {
      const started = performance.now();
      await login(email, 'faux');
      return performance.now() - started;
    };
    const known: number[] = [];
    const unknown: number[] = [];
    for (let run = 0; run < 11; run += 1) {
      known.push(await time('timed@test.invalid'));
      unknown.push(await time('nobody@test.invalid'));
    }
    const median = (times: number[]) => times.sort((x, y) => x - y)[5]!;
    const ratio = median(unknown) / median(known);
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });

  test.each([
    [{}, 'email'],
    [{ email: 'a@b.ml' }, 'password'],
    [{ email: 'a@b.ml', password: 1 }, 'password'],
    [{ email: 'a\u0000@b.ml', password: 'x' }, 'email'],
    [{ email: 'a@b.ml', password: 'x'.repeat(201) }, 'password'],
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

  test('asks for a token that we signed, that holds, and whose account is open', async () => {
    const id = await account('leaving@test.invalid');
    const { jwtSecret, jwtIssuer: issuer, jwtAudience: audience } = app.deps.config;
    const sign = (more: jwt.SignOptions, secret = jwtSecret) => jwt.sign({}, secret, { subject: id, issuer, audience, expiresIn: 60, ...more });
    expect((await me(sign({}))).status).toBe(200);
    const [head, payload] = sign({}).split('.') as [string, string];
    const unsigned = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`;
    const refused = [undefined, 'x', `${head}.${payload}.`, unsigned, sign({}, 'another key of at least thirty-two bytes'), sign({ expiresIn: -1 }), sign({ issuer: 'other' }), sign({ audience: 'other' }), sign({ algorithm: 'HS512' }), sign({ subject: newId() })];
    for (const token of refused) {
      const { status, body } = await me(token);
      expect([status, body.code]).toEqual([401, 'UNAUTHENTICATED']);
    }
    await app.deps.db.appUser.update({ where: { id }, data: { active: false } });
    expect((await me(sign({}))).status).toBe(401);
  });
});
