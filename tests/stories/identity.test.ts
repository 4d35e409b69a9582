import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sendMail } from '../../src/features/mails/send-mail.js';
import { jobs } from '../../src/jobs/job.js';
import type { Mail } from '../../src/platform/mail.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { codeOf, identity, OTHER_PASSWORD, PASSWORD, sessionOf } from '../support/identity.js';

const MINUTE = 60_000;
const EMAIL = 'mariam@finances.gov.ml';
let later = 0;
let app: TestApp;
let call: ReturnType<typeof identity>;
let admin: Client;

beforeAll(async () => {
  app = await startTestApp({ clock: { now: () => new Date(Date.now() + later) } });
  call = identity(app);
  admin = await app.user({ roles: ['administrator'] });
});
afterAll(() => app.close());

/** What a worker does with the mails asked for, and what the person finds in the last one. */
async function lastMail(): Promise<Mail> {
  const sent: Mail[] = [];
  const asked = await app.deps.db.outbox.findMany({ where: { job: 'send-mail', doneAt: null }, orderBy: { id: 'asc' } });
  const mailer = { send: (mail: Mail) => Promise.resolve(void sent.push(mail)), close: () => undefined };
  for (const { id, payload } of asked) {
    await sendMail.run({ ...app.deps, mailer: mailer }, jobs.sendMail.payload.parse(payload));
    await app.deps.db.outbox.update({ where: { id }, data: { doneAt: new Date() } });
  }
  return sent.at(-1)!;
}

const tokenIn = ({ text }: Mail) => /https?:\/\/\S+[#=]([\w-]{43})/.exec(text)![1]!;
const codeNow = (secret: string) => codeOf(secret, new Date(Date.now() + later));

test('an officer is invited, sets up the second factor, works, is robbed of a token, and comes back', async () => {
  await admin.post('/v1/users', { email: EMAIL, name: 'Mariam Keïta', roles: ['finance_officer'], states: ['MLI'] }).expect(201);
  const invitation = await lastMail();
  expect(invitation).toMatchObject({ to: EMAIL, subject: expect.stringContaining('invite') });
  const token = tokenIn(invitation);
  await call.post('/v1/auth/invitation/accept', { token, password: PASSWORD }).expect(200);
  await call.post('/v1/auth/invitation/accept', { token, password: OTHER_PASSWORD }).expect(400);

  const first = await call.signIn(EMAIL);
  expect(first.secondFactor).toBe('to_set_up');
  await call.get('/v1/pledges', first.accessToken).expect(403);
  const { secret } = (await call.post('/v1/me/totp', { currentPassword: PASSWORD }, first.accessToken).expect(200)).body as { secret: string };
  const confirmed = await call.post('/v1/me/totp/confirm', { totp: codeNow(secret) }, first.accessToken).expect(200);
  const { recoveryCodes } = confirmed.body as { recoveryCodes: string[] };
  await call.get('/v1/pledges', first.accessToken).expect(200);

  later = MINUTE;
  const session = await call.signIn(EMAIL, { totp: codeNow(secret) });
  const renewed = sessionOf(await call.refresh(session.refreshToken).expect(200));
  await call.get('/v1/pledges', renewed.accessToken).expect(200);
  await lastMail();

  // Somebody copied the first refresh token, and shows it a quarter of an hour later.
  later = 16 * MINUTE;
  await call.refresh(session.refreshToken).expect(401);
  await call.get('/v1/pledges', renewed.accessToken).expect(401);
  await call.refresh(renewed.refreshToken).expect(401);
  expect((await lastMail()).to).toBe(EMAIL);

  // She chooses another password; the phone is at home, a recovery code is not.
  await call.post('/v1/auth/password-reset', { email: EMAIL }).expect(202);
  await call.post('/v1/auth/password-reset/confirm', { token: tokenIn(await lastMail()), newPassword: OTHER_PASSWORD }).expect(200);
  await call.get('/v1/me', first.accessToken).expect(401);
  const back = await call.signIn(EMAIL, { password: OTHER_PASSWORD, recoveryCode: recoveryCodes[0] });
  expect((await call.get('/v1/me', back.accessToken)).body).toMatchObject({ email: EMAIL, openSessions: 1, recoveryCodesLeft: 9 });

  const { id } = back.user;
  const trail = await app.deps.db.auditEvent.findMany({ where: { recordKind: 'user', recordId: id }, orderBy: [{ at: 'asc' }, { id: 'asc' }] });
  expect(trail.map(({ action }) => action)).toEqual([
    'user.create', 'auth.invitation_accepted', 'auth.login', 'auth.second_factor_started', 'auth.second_factor_set_up', 'auth.login',
    'auth.token_reused', 'auth.password_reset_requested', 'auth.password_reset', 'auth.login',
  ]); // prettier-ignore
  const secrets = [PASSWORD, OTHER_PASSWORD, secret, token, session.refreshToken, recoveryCodes[0]!];
  for (const kept of [JSON.stringify(trail), JSON.stringify(await app.deps.db.outbox.findMany(), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))]) {
    for (const secretText of secrets) expect(kept).not.toContain(secretText);
  }
});
