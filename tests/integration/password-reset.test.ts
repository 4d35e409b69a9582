import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { issueUserToken, requestUserToken, type UserTokenPurpose } from '../../src/features/auth/user-token.store.js';
import { inTransaction } from '../../src/platform/db.js';
import { newId } from '../../src/platform/ids.js';
import { tokenHash } from '../../src/platform/opaque-token.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { codeOf, createAccount, identity, OTHER_PASSWORD, outcomes, PASSWORD, type TestAccount } from '../support/identity.js';

let app: TestApp;
let call: ReturnType<typeof identity>;

beforeAll(async () => {
  app = await startTestApp();
  call = identity(app);
});
afterAll(() => app.close());

const ask = (email: string) => call.post('/v1/auth/password-reset', { email });
const confirm = (token: string, newPassword = OTHER_PASSWORD) => call.post('/v1/auth/password-reset/confirm', { token, newPassword });
const accept = (token: string, password = PASSWORD) => call.post('/v1/auth/invitation/accept', { token, password });
const jobsOf = async (id: string) => (await app.deps.db.outbox.findMany({ where: { payload: { path: ['userId'], equals: id } }, orderBy: { id: 'asc' } })).map(({ payload }) => payload as { mail: string; tokenId?: string });
const hashOf = async (userId: string) => (await app.deps.db.userCredential.findUniqueOrThrow({ where: { userId } })).passwordHash;

async function link({ id: userId }: TestAccount, purpose: UserTokenPurpose = 'password_reset', minutes = 30): Promise<string> {
  const tokenId = await inTransaction(app.deps.db, (tx) => requestUserToken(tx, { userId, purpose, createdBy: null, minutes }));
  return (await issueUserToken(app.deps.db, tokenId)) ?? '';
}

describe('POST /v1/auth/password-reset', () => {
  test('answers the same for every address, and sends a link to an account in use alone', async () => {
    const [known, suspended, invited] = [await createAccount(app), await createAccount(app, { active: false }), await createAccount(app, { password: null })];
    const answers = await Promise.all([ask(known.email), ask(suspended.email), ask(invited.email), ask(`${newId()}@test.liptako`)]);
    for (const { status, body } of answers) expect([status, body]).toEqual([202, { accepted: true }]);
    expect(await jobsOf(known.id)).toEqual([{ mail: 'passwordReset', userId: known.id, tokenId: expect.any(String) }]);
    expect([await jobsOf(suspended.id), await jobsOf(invited.id)]).toEqual([[], []]);
    expect(await app.deps.db.userToken.findMany({ where: { userId: known.id } })).toMatchObject([{ purpose: 'password_reset', hash: null, usedAt: null }]);
  });

  test('is stopped after three, for an unknown address too', async () => {
    const { email, id } = await createAccount(app);
    for (const address of [email, `${newId()}@test.liptako`]) {
      expect(outcomes(await Promise.all(Array.from({ length: 5 }, () => ask(address))))).toEqual(['202', '202', '202', '429 TOO_MANY_ATTEMPTS', '429 TOO_MANY_ATTEMPTS']);
    }
    expect(await app.deps.db.userToken.count({ where: { userId: id, revokedAt: null } })).toBe(1);
  });
});

describe('POST /v1/auth/password-reset/confirm', () => {
  test('sets the password, ends every session and keeps the second factor', async () => {
    const account = await createAccount(app, { secondFactor: true });
    const { accessToken } = await call.signIn(account.email, { totp: codeOf(account.secret) });
    const token = await link(account);
    expect((await confirm(token).expect(200)).body).toEqual({ email: account.email });
    await call.get('/v1/me', accessToken).expect(401);
    expect(outcomes([await call.login(account.email)])).toEqual(['401 BAD_CREDENTIALS']);
    expect(outcomes([await call.login(account.email, { password: OTHER_PASSWORD })])).toEqual(['401 SECOND_FACTOR_NEEDED']);
    expect((await jobsOf(account.id)).map(({ mail }) => mail)).toEqual(['passwordChanged']);
    const trail = await app.deps.db.auditEvent.findMany({ where: { recordId: account.id, action: 'auth.password_reset' } });
    expect(trail).toHaveLength(1);
    expect(JSON.stringify(trail)).not.toMatch(/girafe|argon2/);
  });

  test('takes a link once, also of five at once', async () => {
    const account = await createAccount(app);
    const token = await link(account);
    const answers = await Promise.all(Array.from({ length: 5 }, (_, index) => confirm(token, `${OTHER_PASSWORD} ${index}`)));
    expect(outcomes(answers)).toEqual(['200', ...Array<string>(4).fill('400 LINK_INVALID')]);
    const won = answers.findIndex(({ status }) => status === 200);
    await call.login(account.email, { password: `${OTHER_PASSWORD} ${won}` }).expect(200);
  });

  test('refuses a link that expired, was replaced, is for something else, or belongs to a closed account', async () => {
    const account = await createAccount(app);
    const before = await hashOf(account.id);
    const replaced = await link(account);
    const expired = await link(account);
    await app.deps.db.userToken.updateMany({ where: { hash: tokenHash(expired) }, data: { expiresAt: new Date(Date.now() - 1000) } });
    const invitation = await link(account, 'invitation');
    const closed = await createAccount(app, { active: false });
    for (const token of ['unknown', replaced, expired, invitation, await link(closed)]) {
      expect((await confirm(token).expect(400)).body).toMatchObject({ code: 'LINK_INVALID', field: 'token', title: 'This link is no longer valid' });
    }
    expect(await hashOf(account.id)).toBe(before);
  });

  test.each([
    ['court', 'PASSWORD_TOO_SHORT', 'Le mot de passe est trop court'],
    ['x'.repeat(201), 'PASSWORD_TOO_LONG', 'Le mot de passe est trop long'],
    ['Awa Traoré Liptako', 'PASSWORD_GUESSABLE', 'Ce mot de passe se devine'],
  ])('refuses the password %s, and the link still holds', async (password, code, title) => {
    const account = await createAccount(app);
    const token = await link(account);
    expect((await confirm(token, password).set('accept-language', 'fr').expect(400)).body).toMatchObject({ code, title, field: 'newPassword' });
    await confirm(token).expect(200);
  });

  test('a link whose mail is sent again holds in the last mail only', async () => {
    const account = await createAccount(app);
    const tokenId = await inTransaction(app.deps.db, (tx) => requestUserToken(tx, { userId: account.id, purpose: 'password_reset', createdBy: null, minutes: 30 }));
    const [first, second] = [await issueUserToken(app.deps.db, tokenId), await issueUserToken(app.deps.db, tokenId)];
    await confirm(first!).expect(400);
    await confirm(second!).expect(200);
    expect(await issueUserToken(app.deps.db, tokenId)).toBeUndefined();
  });
});

describe('POST /v1/auth/invitation/accept', () => {
  test('opens the account once', async () => {
    const account = await createAccount(app, { password: null });
    const token = await link(account, 'invitation');
    await call.login(account.email).expect(401);
    expect(outcomes(await Promise.all([accept(token), accept(token), accept(token)]))).toEqual(['200', '400 LINK_INVALID', '400 LINK_INVALID']);
    await call.login(account.email).expect(200);
    expect(await app.deps.db.auditEvent.count({ where: { recordId: account.id, action: 'auth.invitation_accepted', actorId: account.id } })).toBe(1);
  });
});

describe('POST /v1/me/password', () => {
  const change = (token: string, currentPassword: string, newPassword = OTHER_PASSWORD) => call.post('/v1/me/password', { currentPassword, newPassword }, token);

  test('asks for the present one, keeps this session and ends the others and the links', async () => {
    const account = await createAccount(app);
    const [here, elsewhere] = [await call.signIn(account.email), await call.signIn(account.email)];
    const token = await link(account);
    expect((await change(here.accessToken, 'faux').expect(403)).body).toMatchObject({ code: 'PASSWORD_WRONG', field: 'currentPassword' });
    expect((await change(here.accessToken, PASSWORD, 'court').expect(400)).body).toMatchObject({ code: 'PASSWORD_TOO_SHORT', field: 'newPassword' });
    expect((await change(here.accessToken, PASSWORD).expect(200)).body).toEqual({ endedSessions: 1 });
    await call.get('/v1/me', here.accessToken).expect(200);
    await call.get('/v1/me', elsewhere.accessToken).expect(401);
    await confirm(token).expect(400);
    await call.login(account.email).expect(401);
    await call.login(account.email, { password: OTHER_PASSWORD }).expect(200);
  });

  test('whoever signs in with the old password at the same moment has no session afterwards', async () => {
    const account = await createAccount(app);
    const { accessToken } = await call.signIn(account.email);
    const [changed, ...opened] = await Promise.all([change(accessToken, PASSWORD), ...Array.from({ length: 4 }, () => call.login(account.email))]);
    expect(changed.status).toBe(200);
    for (const { status, body } of opened) {
      if (status === 200) await call.get('/v1/me', (body as { accessToken: string }).accessToken).expect(401);
    }
    expect(await app.deps.db.session.count({ where: { userId: account.id, endedAt: null } })).toBe(1);
  });

  test('a stolen session does not let guess the password', async () => {
    const account = await createAccount(app);
    const { accessToken } = await call.signIn(account.email);
    const answers = await Promise.all(Array.from({ length: 8 }, () => change(accessToken, 'faux')));
    expect(outcomes(answers)).toEqual([...Array<string>(5).fill('403 PASSWORD_WRONG'), ...Array<string>(3).fill('429 TOO_MANY_ATTEMPTS')]);
  });
});
