import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { buildApp } from '../../src/app.js';
import { sealTotpSecret } from '../../src/features/auth/credential.store.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { codeOf, createAccount, identity, outcomes, PASSWORD, sessionOf } from '../support/identity.js';

let later = 0;
let app: TestApp;
let call: ReturnType<typeof identity>;
const now = () => new Date(Date.now() + later);

beforeAll(async () => {
  app = await startTestApp({ clock: { now } });
  call = identity(app);
});
beforeEach(() => {
  later = 0;
});
afterAll(() => app.close());

const nextStep = () => (later += 60_000);
const codeNow = (secret: string) => codeOf(secret, now());
const actions = async (id: string) => (await app.deps.db.auditEvent.findMany({ where: { recordId: id }, orderBy: { at: 'asc' } })).map(({ action }) => action);

/** The same installation, with this key as the one before. */
function rotatedFrom(dataKeyPrevious: string): TestApp {
  return { ...app, anonymous: request(buildApp({ ...app.deps, config: { ...app.deps.config, dataKeyPrevious } })) };
}

/** Sets up the second factor in a session. */
async function setUp(accessToken: string) {
  const { secret, uri } = (await call.post('/v1/me/totp', { currentPassword: PASSWORD }, accessToken).expect(200)).body as { secret: string; uri: string };
  const { recoveryCodes } = (await call.post('/v1/me/totp/confirm', { totp: codeNow(secret) }, accessToken).expect(200)).body as { recoveryCodes: string[] };
  return { secret, uri, recoveryCodes };
}

async function enrolled(roles: Parameters<typeof createAccount>[1] = {}) {
  const account = await createAccount(app, roles);
  const { accessToken } = await call.signIn(account.email);
  return { ...account, accessToken, ...(await setUp(accessToken)) };
}

describe('signing in with a second factor', () => {
  test('asks for a code after a right password only, and opens a full session', async () => {
    const { email, secret } = await createAccount(app, { roles: ['approver'], secondFactor: true });
    expect(outcomes([await call.login(email, { password: 'faux' })])).toEqual(['401 BAD_CREDENTIALS']);
    const { body } = await call.login(email).expect(401);
    expect(body).toMatchObject({ code: 'SECOND_FACTOR_NEEDED', title: 'The one-time code is missing' });
    expect(outcomes([await call.login(email, { totp: '000000' })])).toEqual(['401 SECOND_FACTOR_WRONG']);
    const session = await call.signIn(email, { totp: codeNow(secret) });
    expect(session.secondFactor).toBe('given');
    await call.get('/v1/pledges', session.accessToken).expect(200);
  });

  test('takes each code once, also of ten at once, and none of an earlier step', async () => {
    const { email, secret, id } = await createAccount(app, { secondFactor: true });
    const before = codeNow(secret);
    nextStep();
    const answers = await Promise.all(Array.from({ length: 5 }, () => call.login(email, { totp: codeNow(secret) })));
    expect(outcomes(answers)).toEqual(['200', ...Array<string>(4).fill('401 SECOND_FACTOR_WRONG')]);
    expect(await app.deps.db.session.count({ where: { userId: id } })).toBe(1);
    later -= 60_000;
    expect(outcomes([await call.login(email, { totp: before })])).toEqual(['401 SECOND_FACTOR_WRONG']);
    expect((await actions(id)).filter((action) => action === 'auth.failed')).toHaveLength(5);
  });

  test('seals the secret anew once DATA_KEY has changed', async () => {
    const { id, email, secret } = await createAccount(app, { secondFactor: true });
    const old = 'seals-secrets-before-the-key-was-changed';
    await app.deps.db.userCredential.update({ where: { userId: id }, data: { totpSecret: sealTotpSecret(secret, id, { current: old }) } });
    const renewed = identity(rotatedFrom(old));
    expect((await renewed.login(email, { totp: codeNow(secret) })).status).toBe(200);
    nextStep();
    expect((await call.login(email, { totp: codeNow(secret) })).status).toBe(200);
  });

  test('takes each recovery code once, also of four at once, however it is typed', async () => {
    const { email, recoveryCodes, id } = await enrolled();
    const [code = '', other = ''] = recoveryCodes;
    const answers = await Promise.all(Array.from({ length: 4 }, () => call.login(email, { recoveryCode: code })));
    expect(outcomes(answers)).toEqual(['200', ...Array<string>(3).fill('401 SECOND_FACTOR_WRONG')]);
    const { accessToken, secondFactor } = await call.signIn(email, { recoveryCode: other.toLowerCase().replaceAll('-', ' ') });
    expect(secondFactor).toBe('given');
    expect((await call.get('/v1/me', accessToken)).body).toMatchObject({ secondFactor: true, recoveryCodesLeft: 8 });
    const stranger = await enrolled();
    expect(outcomes([await call.login(email, { recoveryCode: stranger.recoveryCodes[0] })])).toEqual(['401 SECOND_FACTOR_WRONG']);
    expect(await app.deps.db.recoveryCode.count({ where: { userId: id, usedAt: null } })).toBe(8);
  });

  test('stops who knows the password from guessing codes', async () => {
    const { email, secret } = await createAccount(app, { secondFactor: true });
    const answers = await Promise.all(Array.from({ length: 9 }, (_, index) => call.login(email, { totp: `00000${index}` })));
    expect(outcomes(answers)).toEqual([...Array<string>(5).fill('401 SECOND_FACTOR_WRONG'), ...Array<string>(4).fill('429 TOO_MANY_ATTEMPTS')]);
    expect(outcomes([await call.login(email, { totp: codeNow(secret) })])).toEqual(['429 TOO_MANY_ATTEMPTS']);
  });
});

describe('setting up', () => {
  test('a role that needs it reaches its own account and the set-up only, until the code is confirmed', async () => {
    const { email, id } = await createAccount(app, { roles: ['finance_officer'] });
    const elsewhere = await call.signIn(email);
    const { accessToken, refreshToken, secondFactor } = await call.signIn(email);
    expect(secondFactor).toBe('to_set_up');
    await call.get('/v1/me', accessToken).expect(200);
    for (const path of ['/v1/pledges', '/v1/me/sessions']) {
      expect((await call.get(path, accessToken).expect(403)).body).toMatchObject({ code: 'SECOND_FACTOR_REQUIRED' });
    }
    await call.post('/v1/me/password', {}, accessToken).expect(403);
    expect(sessionOf(await call.refresh(refreshToken).expect(200)).secondFactor).toBe('to_set_up');

    const { secret, uri, recoveryCodes } = await setUp(accessToken);
    expect(uri).toMatch(/^otpauth:\/\/totp\/Liptako:.*secret=/);
    expect(new Set(recoveryCodes).size).toBe(10);
    await call.get('/v1/pledges', accessToken).expect(200);
    await call.get('/v1/me', elsewhere.accessToken).expect(401);
    const { totpSecret } = await app.deps.db.userCredential.findUniqueOrThrow({ where: { userId: id } });
    expect(totpSecret).not.toContain(secret);
    const trail = await app.deps.db.auditEvent.findMany({ where: { recordId: id } });
    expect(trail.map(({ action }) => action)).toEqual(expect.arrayContaining(['auth.second_factor_started', 'auth.second_factor_set_up']));
    expect(JSON.stringify(trail)).not.toContain(secret);
    // The code that confirmed it does not also sign in.
    expect(outcomes([await call.login(email, { totp: codeNow(secret) })])).toEqual(['401 SECOND_FACTOR_WRONG']);
    nextStep();
    expect((await call.signIn(email, { totp: codeNow(secret) })).secondFactor).toBe('given');
  });

  test('asks for the password again and for a right code, and nothing half-done counts', async () => {
    const { email } = await createAccount(app);
    const { accessToken } = await call.signIn(email);
    const wrong = await call.post('/v1/me/totp', { currentPassword: 'faux' }, accessToken).set('accept-language', 'fr').expect(403);
    expect(wrong.body).toMatchObject({ code: 'PASSWORD_WRONG', field: 'currentPassword', title: 'Le mot de passe actuel est erroné' });
    expect((await call.post('/v1/me/totp/confirm', { totp: '123456' }, accessToken).expect(409)).body).toMatchObject({ code: 'SECOND_FACTOR_NOT_SET_UP' });
    await call.post('/v1/me/totp', { currentPassword: PASSWORD }, accessToken).expect(200);
    expect((await call.post('/v1/me/totp/confirm', { totp: '000000' }, accessToken).expect(401)).body).toMatchObject({ code: 'SECOND_FACTOR_WRONG', field: 'totp' });
    expect((await call.signIn(email)).secondFactor).toBe('not_required');
  });

  test('another phone replaces the first once it is confirmed, not before', async () => {
    const { email, accessToken, secret } = await enrolled({ roles: ['approver'] });
    const { secret: next } = (await call.post('/v1/me/totp', { currentPassword: PASSWORD }, accessToken).expect(200)).body as { secret: string };
    nextStep();
    await call.signIn(email, { totp: codeNow(secret) });
    await call.post('/v1/me/totp/confirm', { totp: codeNow(next) }, accessToken).expect(200);
    nextStep();
    expect(outcomes([await call.login(email, { totp: codeNow(secret) })])).toEqual(['401 SECOND_FACTOR_WRONG']);
    await call.signIn(email, { totp: codeNow(next) });
  });

  test('a secret moved to another account opens nothing', async () => {
    const from = await createAccount(app, { secondFactor: true });
    const to = await createAccount(app, { secondFactor: true });
    const { totpSecret } = await app.deps.db.userCredential.findUniqueOrThrow({ where: { userId: from.id } });
    await app.deps.db.userCredential.update({ where: { userId: to.id }, data: { totpSecret } });
    await call.login(to.email, { totp: codeNow(from.secret) }).expect(500);
  });
});

describe('recovery codes and removal', () => {
  test('new codes need a code of the app, and end the old ones', async () => {
    const { email, accessToken, secret, recoveryCodes } = await enrolled();
    await call.post('/v1/me/recovery-codes', { totp: '000000' }, accessToken).expect(401);
    nextStep();
    const answer = await call.post('/v1/me/recovery-codes', { totp: codeNow(secret) }, accessToken).expect(200);
    const [code] = (answer.body as { recoveryCodes: string[] }).recoveryCodes;
    expect(outcomes([await call.login(email, { recoveryCode: recoveryCodes[0] })])).toEqual(['401 SECOND_FACTOR_WRONG']);
    await call.signIn(email, { recoveryCode: code });
  });

  test('whose role may sign in without can remove it, with password and code; the other sessions end', async () => {
    const { email, accessToken, secret, recoveryCodes, id } = await enrolled();
    const other = await call.signIn(email, { recoveryCode: recoveryCodes[0] });
    nextStep();
    const totp = codeNow(secret);
    await call.post('/v1/me/totp/remove', { currentPassword: 'faux', totp }, accessToken).expect(403);
    await call.post('/v1/me/totp/remove', { currentPassword: PASSWORD, totp: '000000' }, accessToken).expect(401);
    expect((await call.post('/v1/me/totp/remove', { currentPassword: PASSWORD, totp }, accessToken).expect(200)).body).toEqual({ endedSessions: 1 });
    await call.get('/v1/me', other.accessToken).expect(401);
    expect((await call.signIn(email)).secondFactor).toBe('not_required');
    expect(await app.deps.db.recoveryCode.count({ where: { userId: id } })).toBe(0);
    expect((await call.post('/v1/me/recovery-codes', { totp }, accessToken).expect(409)).body).toMatchObject({ code: 'SECOND_FACTOR_NOT_SET_UP' });
  });

  test('whose role needs it cannot', async () => {
    const { accessToken, secret } = await enrolled({ roles: ['administrator'] });
    nextStep();
    const { body } = await call.post('/v1/me/totp/remove', { currentPassword: PASSWORD, totp: codeNow(secret) }, accessToken).set('accept-language', 'fr').expect(409);
    expect(body).toMatchObject({ code: 'SECOND_FACTOR_MANDATORY', title: 'Votre rôle exige le second facteur' });
  });
});
