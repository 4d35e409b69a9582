import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { tokenHash } from '../../src/platform/opaque-token.js';
import { newId } from '../../src/platform/ids.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { createAccount, identity, outcomes, type SessionBody, sessionOf, type TestAccount } from '../support/identity.js';

const MINUTE = 60_000;
let later = 0;
let app: TestApp;
let call: ReturnType<typeof identity>;
let account: TestAccount;
let session: SessionBody;

beforeAll(async () => {
  app = await startTestApp({ clock: { now: () => new Date(Date.now() + later) } });
  call = identity(app);
});
beforeEach(async () => {
  later = 0;
  account = await createAccount(app);
  session = await call.signIn(account.email);
});
afterAll(() => app.close());

const endReasons = async () => (await app.deps.db.session.findMany({ where: { userId: account.id }, orderBy: { createdAt: 'asc' } })).map(({ endReason }) => endReason);
const actions = async () => (await app.deps.db.auditEvent.findMany({ where: { recordId: account.id }, orderBy: { at: 'asc' } })).map(({ action }) => action);
const mails = async () =>
  (await app.deps.db.outbox.findMany({ where: { job: 'send-mail' } })).map(({ payload }) => payload as { mail: string; userId: string }).filter(({ userId }) => userId === account.id);
const isOpen = async (accessToken: string) => (await call.get('/v1/me', accessToken)).status === 200;
const renew = async (token: string) => sessionOf(await call.refresh(token).expect(200));

describe('POST /v1/auth/refresh', () => {
  test('gives the next pair in the same session, keeps hashes only, and tells no proxy to keep them', async () => {
    later = MINUTE;
    const answer = await call.refresh(session.refreshToken).expect(200);
    const next = sessionOf(answer);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(next.refreshToken).not.toBe(session.refreshToken);
    expect(await isOpen(session.accessToken)).toBe(true);
    expect(await isOpen(next.accessToken)).toBe(true);
    expect(await app.deps.db.session.count({ where: { userId: account.id } })).toBe(1);
    const stored = await app.deps.db.refreshToken.findMany({ where: { session: { userId: account.id } }, orderBy: { issuedAt: 'asc' } });
    expect(stored.map(({ hash }) => Buffer.from(hash))).toEqual([tokenHash(session.refreshToken), tokenHash(next.refreshToken)]);
  });

  test('of a token used before ends the session at once, tells the user, and leaves the other sessions alone', async () => {
    const elsewhere = await call.signIn(account.email);
    const next = await renew(session.refreshToken);
    const last = await renew(next.refreshToken);
    const { body } = await call.refresh(session.refreshToken).expect(401);
    expect(body).toMatchObject({ code: 'SESSION_ENDED', title: 'The session has ended' });
    expect(outcomes([await call.refresh(last.refreshToken)])).toEqual(['401 SESSION_ENDED']);
    expect(await isOpen(last.accessToken)).toBe(false);
    expect(await isOpen(elsewhere.accessToken)).toBe(true);
    expect(await endReasons()).toEqual(['token_reused', null]);
    expect(await actions()).toContain('auth.token_reused');
    expect(await mails()).toEqual([{ mail: 'sessionRevoked', userId: account.id, at: expect.any(String) }]);
  });

  test('again, when the answer was lost, replaces the token nobody received; that one then ends the session', async () => {
    const lost = await renew(session.refreshToken);
    const received = await renew(session.refreshToken);
    later = 29_000;
    const again = await renew(session.refreshToken);
    expect(await isOpen(again.accessToken)).toBe(true);
    await renew(again.refreshToken);
    await call.refresh(lost.refreshToken).expect(401);
    expect(await endReasons()).toEqual(['token_reused']);
    await call.refresh(received.refreshToken).expect(401);
  });

  test.each([
    ['after 30 seconds', 31_000, false],
    ['once the next token was used', 1_000, true],
  ])('again %s ends the session', async (_, wait, useNext) => {
    const next = await renew(session.refreshToken);
    if (useNext) await renew(next.refreshToken);
    later = wait;
    await call.refresh(session.refreshToken).expect(401);
    expect(await endReasons()).toEqual(['token_reused']);
  });

  test('of two at once leaves one token that can be exchanged, and the other ends the session', async () => {
    const [first, second] = (await Promise.all([call.refresh(session.refreshToken), call.refresh(session.refreshToken)])).map(sessionOf);
    const live = await app.deps.db.refreshToken.findMany({ where: { session: { userId: account.id }, usedAt: null, replacedAt: null } });
    expect(live).toHaveLength(1);
    const dead = [first, second].find((one) => !tokenHash(one!.refreshToken).equals(live[0]!.hash))!;
    await call.refresh(dead.refreshToken).expect(401);
    expect(await endReasons()).toEqual(['token_reused']);
  });

  test('looks the same for a token that is unknown, idle too long, too old, of an ended session or a suspended account', async () => {
    const { sessionIdleMinutes, sessionHours } = app.deps.config;
    const refused = [await call.refresh('unknown')];
    later = (sessionIdleMinutes + 1) * MINUTE;
    refused.push(await call.refresh(session.refreshToken));
    later = 0;
    await app.deps.db.session.updateMany({ where: { userId: account.id }, data: { expiresAt: new Date(Date.now() - 1000) } });
    refused.push(await call.refresh(session.refreshToken));
    await app.deps.db.session.updateMany({ where: { userId: account.id }, data: { expiresAt: new Date(Date.now() + sessionHours * 60 * MINUTE) } });
    await app.deps.db.appUser.update({ where: { id: account.id }, data: { active: false } });
    refused.push(await call.refresh(session.refreshToken));
    await app.deps.db.appUser.update({ where: { id: account.id }, data: { active: true } });
    await app.deps.db.session.updateMany({ where: { userId: account.id }, data: { endedAt: new Date() } });
    refused.push(await call.refresh(session.refreshToken));
    for (const { status, body } of refused) {
      const { instance, ...rest } = body as { instance: string };
      expect(instance).toBeTruthy();
      expect([status, rest]).toEqual([401, expect.objectContaining({ code: 'SESSION_ENDED', detail: 'Sign in again with POST /v1/auth/login.' })]);
    }
  });

  test('never goes beyond the longest life of a session', async () => {
    const { sessionIdleMinutes, sessionHours } = app.deps.config;
    const began = Date.now();
    let { refreshToken } = session;
    for (later = 0; later < sessionHours * 60 * MINUTE; later += (sessionIdleMinutes - 5) * MINUTE) {
      const next = await renew(refreshToken);
      expect(Date.parse(next.refreshExpiresAt)).toBeLessThanOrEqual(began + sessionHours * 60 * MINUTE);
      ({ refreshToken } = next);
    }
    await call.refresh(refreshToken).expect(401);
  });
});

describe('my sessions', () => {
  test('are listed with from where and since when, the current one marked, ended ones left out', async () => {
    const { accessToken } = session;
    const other = await call.signIn(account.email);
    const ended = await call.signIn(account.email);
    await call.post('/v1/auth/logout', {}, ended.accessToken).expect(200);
    const { items } = (await call.get('/v1/me/sessions', accessToken).expect(200)).body as { items: { id: string; current: boolean }[] };
    expect(items).toHaveLength(2);
    expect(items.filter(({ current }) => current)).toEqual([
      { id: expect.any(String), current: true, secondFactor: false, address: expect.stringContaining('127.0.0.1'), agent: null, createdAt: expect.any(String), lastUsedAt: expect.any(String), expiresAt: expect.any(String) },
    ]);
    const theirs = (await call.get('/v1/me/sessions', other.accessToken)).body as { items: { id: string; current: boolean }[] };
    expect(theirs.items.find(({ current }) => current)?.id).not.toBe(items.find(({ current }) => current)?.id);
  });

  test('end: this one by signing out, another by its id, all others at once; nobody ends somebody else’s', async () => {
    const [second, third, fourth] = [await call.signIn(account.email), await call.signIn(account.email), await call.signIn(account.email)];
    const stranger = await createAccount(app);
    const strangers = await call.signIn(stranger.email);
    const { items } = (await call.get('/v1/me/sessions', second.accessToken)).body as { items: { id: string; current: boolean }[] };
    const id = items.find(({ current }) => current)!.id;
    expect((await call.post(`/v1/me/sessions/${id}/end`, {}, strangers.accessToken).expect(404)).body).toMatchObject({ code: 'NOT_FOUND', detail: expect.stringContaining('session') });
    expect((await call.post(`/v1/me/sessions/${id}/end`, {}, session.accessToken).expect(200)).body).toEqual({ endedSessions: 1 });
    await call.post(`/v1/me/sessions/${id}/end`, {}, session.accessToken).expect(404);
    await call.post(`/v1/me/sessions/${newId()}/end`, {}, session.accessToken).expect(404);
    expect([await isOpen(second.accessToken), await isOpen(third.accessToken)]).toEqual([false, true]);
    expect((await call.post('/v1/me/sessions/end-others', {}, session.accessToken).expect(200)).body).toEqual({ endedSessions: 2 });
    expect([await isOpen(third.accessToken), await isOpen(fourth.accessToken), await isOpen(session.accessToken)]).toEqual([false, false, true]);
    await call.post('/v1/auth/logout', {}, session.accessToken).expect(200);
    expect([await isOpen(session.accessToken), await isOpen(strangers.accessToken)]).toEqual([false, true]);
    expect(outcomes([await call.refresh(session.refreshToken)])).toEqual(['401 SESSION_ENDED']);
    expect(await endReasons()).toEqual(['logout', 'ended_by_user', 'ended_by_user', 'ended_by_user']);
    expect((await actions()).slice(-3)).toEqual(['auth.sessions_ended', 'auth.sessions_ended', 'auth.logout']);
  });
});

// The last, as it uses up what this address may try.
test('renewing is stopped when unknown tokens are tried without end', async () => {
  const answers = await Promise.all(Array.from({ length: 120 }, () => call.refresh('unknown')));
  expect(new Set(outcomes(answers))).toEqual(new Set(['401 SESSION_ENDED', '429 TOO_MANY_ATTEMPTS']));
});
