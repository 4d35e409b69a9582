import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { roles } from '../../src/domain/policy.js';
import { SYSTEM_USER_ID } from '../../src/domain/system-user.js';
import { newId } from '../../src/platform/ids.js';
import { type Answered, bodyOf, everyPage, type SignedIn, signIn } from '../support/answers.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { openMailFolder, tokenIn } from '../support/mails.js';

const PASSWORD = 'sept zébus traversent le gué';
let app: TestApp;
let admin: SignedIn;
const mails = openMailFolder();

beforeAll(async () => {
  app = await startTestApp({ config: { mailDir: mails.mailDir, publicUrl: 'https://liptako.example.org' } });
  admin = await signIn(app, 'administrator');
});
afterAll(async () => {
  await app.close();
  mails.remove();
});

const create = (body: object, headers: object = {}) => app.anonymous.post('/v1/users').set({ ...admin.headers, ...headers }).send(body);
const open = (more: object = {}) => bodyOf(create(newUser(more)));
const get = (id: string) => bodyOf(app.anonymous.get(`/v1/users/${id}`).set(admin.headers));
const login = (email: string, password: string) => app.anonymous.post('/v1/auth/login').send({ email, password });

/** The tag of an account as it is now. */
async function tagOf(id: string): Promise<string> {
  return `"${String((await get(id)).version)}"`;
}

async function patch(id: string, body: object, by = admin, headers: object = {}) {
  return app.anonymous.patch(`/v1/users/${id}`).set({ ...by.headers, 'if-match': await tagOf(id), ...headers }).send(body);
}

async function act(id: string, what: string, body: object = { reason: 'Départ à la retraite' }, by = admin) {
  return app.anonymous.post(`/v1/users/${id}/${what}`).set({ ...by.headers, 'if-match': await tagOf(id) }).send(body);
}

let count = 0;
function newUser(more: object = {}) {
  count += 1;
  return { email: `user${count}@finances.gov.bf`, name: 'Issa Ouédraogo', roles: ['minister'], states: ['BFA'], ...more };
}

async function organisation(mergedIntoId: string | null = null): Promise<string> {
  const id = newId();
  await app.deps.db.organisation.create({ data: { id, name: 'Donateur', type: '10', mergedIntoId } });
  return id;
}

const auditOf = (id: string) => app.deps.db.auditEvent.findMany({ where: { recordKind: 'user', recordId: id }, orderBy: { at: 'asc' } });

const mailsTo = (email: string) => mails.mailsTo(app, email);

/** An account that was invited and accepted. */
async function accepted(more: object = {}): Promise<Answered> {
  const user = await open(more);
  const [mail] = (await mailsTo(user.email as string)).slice(-1);
  await app.anonymous.post('/v1/auth/invitation/accept').send({ token: tokenIn(mail), password: PASSWORD }).expect(200);
  return get(user.id);
}

describe('rights', () => {
  const calls = [
    ['get', '/v1/users'],
    ['post', '/v1/users'],
    ['get', `/v1/users/${SYSTEM_USER_ID}`],
    ['patch', `/v1/users/${SYSTEM_USER_ID}`],
  ] as const;

  test.each(roles.flatMap((role) => calls.map(([method, path]) => [role, method, path] as const)))('%s %s %s', async (role, method, path) => {
    const { headers } = await signIn(app, role);
    const { status, body } = await app.anonymous[method](path).set(headers);
    if (role === 'administrator') expect(status).not.toBe(403);
    else expect([status, body.code]).toEqual([403, 'FORBIDDEN']);
    expect((await app.anonymous[method](path)).status).toBe(401);
  });
});

describe('POST /v1/users', () => {
  test('opens an account that nobody can sign in with until its invitation is accepted', async () => {
    const answer = await create(newUser({ email: ' Issa@Finances.GOV.bf ' }));
    const user = answer.body as Answered;
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v1/users/${user.id}`);
    expect(answer.headers.etag).toBe('"1"');
    expect(user).toEqual({
      id: user.id, email: 'issa@finances.gov.bf', name: 'Issa Ouédraogo', roles: ['minister'], states: ['BFA'], organisationId: null, seesRestricted: false,
      language: 'fr', timeZone: 'Africa/Bamako', notifications: { approvals: true, reports: true }, status: 'invited', secondFactor: false,
      recordedAt: expect.any(String), version: 1,
    });
    expect((await login('issa@finances.gov.bf', PASSWORD)).status).toBe(401);
    const [mail] = await mailsTo('issa@finances.gov.bf');
    expect(mail?.text).toContain('https://liptako.example.org/account/invitation#');
    expect(mail?.subject).toContain('vous invite');
    const [row] = await app.deps.db.userToken.findMany({ where: { userId: user.id } });
    expect(JSON.stringify(row)).not.toContain(tokenIn(mail));
    await app.anonymous.post('/v1/auth/invitation/accept').send({ token: tokenIn(mail), password: PASSWORD }).expect(200);
    expect((await login('issa@finances.gov.bf', PASSWORD)).status).toBe(200);
    expect(await get(user.id)).toMatchObject({ status: 'active' });
  });

  test('keeps what names the person beside the trail, not in it', async () => {
    const user = await open({ name: 'Awa Nom-Propre' });
    const [event] = await auditOf(user.id);
    expect(event).toMatchObject({ action: 'user.create', actorId: admin.userId, personal: { after: { email: user.email, name: 'Awa Nom-Propre' } } });
    expect(JSON.stringify(event?.detail)).not.toMatch(/Nom-Propre|finances.gov/);
  });

  test('invites again: the link before no longer opens', async () => {
    const user = await open();
    const email = user.email as string;
    const first = tokenIn((await mailsTo(email)).at(-1));
    expect((await act(user.id, 'invite', {})).status).toBe(200);
    const second = tokenIn((await mailsTo(email)).at(-1));
    expect(second).not.toBe(first);
    const accept = (token: string) => app.anonymous.post('/v1/auth/invitation/accept').send({ token, password: PASSWORD });
    expect((await accept(first)).status).toBeGreaterThanOrEqual(400);
    expect((await accept(second)).status).toBe(200);
    expect((await act(user.id, 'invite', {})).body).toMatchObject({ code: 'STATE_CONFLICT' });
  });

  test('refuses an e-mail in use, whatever its case, also of two at once', async () => {
    const user = newUser();
    const answers = await Promise.all([create(user), create({ ...user, email: user.email.toUpperCase() }), create(user)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect((await create(user)).body).toMatchObject({ code: 'DUPLICATE', field: 'email', title: 'Existe déjà' });
    expect((await create(user, { 'accept-language': 'en' })).body).toMatchObject({ title: 'Already there', detail: `A record with email “${user.email}” exists.` });
  });

  test.each([
    [{ email: 'nobody' }, 'VALIDATION', 'email'],
    [{ email: 'a\u0000@b.ml' }, 'VALIDATION', 'email'],
    [{ name: '  ' }, 'VALIDATION', 'name'],
    [{ name: 'A\u0007wa' }, 'VALIDATION', 'name'],
    [{ name: '\ud800' }, 'VALIDATION', 'name'],
    [{ roles: [] }, 'VALIDATION', 'roles'],
    [{ roles: ['king'] }, 'VALIDATION', 'roles.0'],
    [{ roles: ['auditor', 'auditor'] }, 'CODE_REPEATED', 'roles'],
    [{ states: ['ml'] }, 'VALIDATION', 'states.0'],
    [{ states: ['MLI', 'ZZZ'] }, 'CODE_UNKNOWN', 'states.1'],
    [{ states: ['MLI', 'MLI'] }, 'CODE_REPEATED', 'states'],
    [{ roles: ['donor'] }, 'DONOR_WITHOUT_ORGANISATION', 'organisationId'],
    [{ organisationId: 'x' }, 'VALIDATION', 'organisationId'],
    [{ organisationId: '01930000-0000-7000-8000-000000000000' }, 'CODE_UNKNOWN', 'organisationId'],
    [{ language: 'bm' }, 'VALIDATION', 'language'],
    [{ timeZone: 'Mars/Olympus' }, 'VALIDATION', 'timeZone'],
    [{ password: 'une phrase assez longue' }, 'VALIDATION', 'body'],
  ])('refuses %j with %s at %s', async (more, code, field) => {
    const { status, body } = await create(newUser(more));
    expect(status).toBe(400);
    expect(body).toMatchObject({ code, field });
    expect(body.detail).not.toContain('{');
    expect((await create(newUser(more), { 'accept-language': 'en' })).body.title).not.toBe(body.title);
  });

  test('ties a donor to an organisation that stands', async () => {
    const kept = await organisation();
    const merged = await organisation(kept);
    expect((await create(newUser({ roles: ['donor'], states: [], organisationId: merged }))).body).toMatchObject({ code: 'ALREADY_MERGED', field: 'organisationId', detail: expect.stringContaining(kept) });
    expect((await create(newUser({ roles: ['donor'], states: [], organisationId: kept }))).body.organisationId).toBe(kept);
  });
});

describe('PATCH /v1/users/{id}', () => {
  test('changes what it names, keeps the rest, clears with null, and records before and after', async () => {
    const user = await open({ organisationId: await organisation() });
    const { status, body, headers } = await patch(user.id, { name: 'Issa O.', roles: ['approver', 'auditor'], states: ['BFA', 'NER'], language: 'en', organisationId: null, seesRestricted: true });
    expect(status).toBe(200);
    expect(headers.etag).toBe('"2"');
    expect(body).toEqual({ ...user, name: 'Issa O.', roles: ['approver', 'auditor'], states: ['BFA', 'NER'], language: 'en', organisationId: null, seesRestricted: true, version: 2 });
    expect(await get(user.id)).toEqual(body);
    const update = (await auditOf(user.id)).find(({ action }) => action === 'user.update');
    expect(update?.detail).toEqual({
      before: { roles: ['minister'], states: ['BFA'], language: 'fr', organisationId: user.organisationId, seesRestricted: false },
      after: { roles: ['approver', 'auditor'], states: ['BFA', 'NER'], language: 'en', organisationId: null, seesRestricted: true },
    });
    expect(update?.personal).toMatchObject({ before: { name: 'Issa Ouédraogo' }, after: { name: 'Issa O.' } });
    expect((await patch(user.id, {})).body).toEqual(body);
  });

  test('asks for the version that was seen', async () => {
    const user = await open();
    const send = (headers: object) => app.anonymous.patch(`/v1/users/${user.id}`).set({ ...admin.headers, ...headers }).send({ name: 'X' });
    expect((await send({})).body).toMatchObject({ status: 428, code: 'PRECONDITION_REQUIRED' });
    expect((await send({ 'if-match': '"1"' })).status).toBe(200);
    expect((await send({ 'if-match': '"1"' })).body).toMatchObject({ status: 412, code: 'STALE' });
  });

  test('changes nobody’s own rights', async () => {
    expect((await patch(admin.userId, { roles: ['administrator', 'approver'] })).body).toMatchObject({ status: 403, code: 'OWN_ACCOUNT', title: 'C’est votre propre compte' });
    for (const what of ['suspend', 'erase', 'reset-password', 'reset-second-factor']) expect((await act(admin.userId, what)).body).toMatchObject({ code: 'OWN_ACCOUNT' });
    expect((await patch(admin.userId, { name: 'Même droits' })).status).toBe(200);
  });

  test.each([
    [{ email: 'other@test.invalid' }, 'VALIDATION', 'body'],
    [{ active: false }, 'VALIDATION', 'body'],
    [{ name: null }, 'VALIDATION', 'name'],
    [{ roles: ['donor'] }, 'DONOR_WITHOUT_ORGANISATION', 'organisationId'],
    [{ states: ['ZZZ'] }, 'CODE_UNKNOWN', 'states.0'],
  ])('refuses %j with %s at %s', async (change, code, field) => {
    const user = await open();
    expect((await patch(user.id, change)).body).toMatchObject({ code, field });
  });

  test('knows no user that is not there, and leaves the system’s own alone', async () => {
    for (const id of [newId(), SYSTEM_USER_ID]) {
      expect((await patch(id, { name: 'X' }, admin, { 'if-match': '"1"' })).body).toMatchObject({ code: 'NOT_FOUND', detail: expect.stringContaining('« utilisateur »') });
      expect((await app.anonymous.get(`/v1/users/${id}`).set({ ...admin.headers, 'accept-language': 'en' })).body.detail).toContain('No such user exists');
    }
    expect((await patch('x', {}, admin, { 'if-match': '"1"' })).body).toMatchObject({ code: 'VALIDATION', field: 'id' });
  });
});

describe('a suspended account', () => {
  test('is out at once, with a mail that says so, and comes back', async () => {
    const user = await accepted();
    const email = user.email as string;
    const session = await bodyOf(login(email, PASSWORD));
    const me = () => app.anonymous.get('/v1/me').set('authorization', `Bearer ${session.accessToken as string}`);
    expect((await me()).status).toBe(200);
    expect((await act(user.id, 'suspend')).body).toMatchObject({ status: 'suspended' });
    expect((await me()).status).toBe(401);
    expect((await app.anonymous.post('/v1/auth/refresh').send({ refreshToken: session.refreshToken })).status).toBe(401);
    expect((await login(email, PASSWORD)).status).toBe(401);
    expect((await mailsTo(email)).at(-1)?.subject).toContain('suspendu');
    expect((await act(user.id, 'suspend')).body).toMatchObject({ code: 'STATE_CONFLICT' });
    expect((await act(user.id, 'reactivate')).body).toMatchObject({ status: 'active' });
    expect((await me()).status).toBe(401);
    expect((await login(email, PASSWORD)).status).toBe(200);
    expect((await auditOf(user.id)).find(({ action }) => action === 'user.suspend')).toMatchObject({ reason: 'Départ à la retraite' });
  });

  test('loses the links that were sent to it', async () => {
    const user = await open();
    const token = tokenIn((await mailsTo(user.email as string)).at(-1));
    await act(user.id, 'suspend');
    await act(user.id, 'reactivate');
    expect((await app.anonymous.post('/v1/auth/invitation/accept').send({ token, password: PASSWORD })).status).toBeGreaterThanOrEqual(400);
  });
});

describe('resets', () => {
  test('of a password: the old one opens nothing, the mailed link sets a new one', async () => {
    const user = await accepted();
    const email = user.email as string;
    const session = await bodyOf(login(email, PASSWORD));
    expect((await act(user.id, 'reset-password')).status).toBe(200);
    expect((await app.anonymous.get('/v1/me').set('authorization', `Bearer ${session.accessToken as string}`)).status).toBe(401);
    expect((await login(email, PASSWORD)).status).toBe(401);
    const newPassword = 'huit pirogues sur le fleuve Niger';
    await app.anonymous.post('/v1/auth/password-reset/confirm').send({ token: tokenIn((await mailsTo(email)).at(-1)), newPassword }).expect((answer) => expect(answer.status).toBeLessThan(300));
    expect((await login(email, newPassword)).status).toBe(200);
  });

  test('of a second factor: only where there is one', async () => {
    const user = await accepted();
    expect((await act(user.id, 'reset-second-factor')).body).toMatchObject({ code: 'STATE_CONFLICT' });
    await app.deps.db.userCredential.update({ where: { userId: user.id }, data: { totpSecret: 'x', totpConfirmedAt: new Date() } });
    expect(await get(user.id)).toMatchObject({ secondFactor: true });
    expect((await act(user.id, 'reset-second-factor')).body).toMatchObject({ secondFactor: false });
    expect((await mailsTo(user.email as string)).at(-1)?.subject).toContain('double authentification');
  });
});

describe('my own account', () => {
  const mine = (by: SignedIn, body: object, tag: string) => app.anonymous.patch('/v1/me').set({ ...by.headers, 'if-match': tag }).send(body);

  test('language, time zone, mails and name are mine to choose, my rights are not', async () => {
    const by = await signIn(app, 'minister');
    const changed = await mine(by, { language: 'en', timeZone: 'Africa/Niamey', notifications: { approvals: false, reports: true }, name: 'Moi' }, '"1"');
    expect(changed.body).toMatchObject({ language: 'en', timeZone: 'Africa/Niamey', notifications: { approvals: false, reports: true }, name: 'Moi', version: 2 });
    expect((await mine(by, { roles: ['administrator'] }, '"2"')).body).toMatchObject({ code: 'VALIDATION', field: 'body' });
    expect((await mine(by, { timeZone: 'Nowhere' }, '"2"')).body).toMatchObject({ code: 'VALIDATION', field: 'timeZone' });
    expect((await mine(by, { language: 'fr' }, '"1"')).body).toMatchObject({ code: 'STALE' });
  });
});

describe('personal data', () => {
  test('is handed over to the person, and to an administrator for them', async () => {
    const user = await accepted();
    const session = await bodyOf(login(user.email as string, PASSWORD));
    const { body } = await app.anonymous.get('/v1/me/personal-data').set('authorization', `Bearer ${session.accessToken as string}`).expect(200);
    expect(body).toMatchObject({ account: { email: user.email }, sessions: [{ endedAt: null, address: expect.any(String) }] });
    expect(JSON.stringify(body)).not.toMatch(/argon2|hash/i);
    const handed = await app.anonymous.get(`/v1/users/${user.id}/personal-data`).set(admin.headers).expect(200);
    expect(handed.body.account).toEqual(body.account);
    expect((await auditOf(user.id)).filter(({ action }) => action === 'personal.export')).toHaveLength(2);
  });

  test('is erased for good, while the trail and its chain hold', async () => {
    const user = await accepted({ name: 'Fatou Effacée' });
    const email = user.email as string;
    await login(email, PASSWORD);
    expect((await act(user.id, 'erase')).body).toMatchObject({ code: 'STATE_CONFLICT' });
    await act(user.id, 'suspend');
    const { body } = await act(user.id, 'erase', { reason: 'Demande de la personne' });
    expect(body).toMatchObject({ status: 'erased', name: '—', roles: [], states: [], email: `${user.id}@erased.invalid` });
    const left = await app.deps.db.auditEvent.findMany({ where: { OR: [{ recordId: user.id }, { actorId: user.id }] } });
    expect(left.length).toBeGreaterThan(3);
    expect(JSON.stringify(left)).not.toMatch(/Effacée|finances\.gov/);
    const dump = await app.deps.db.$queryRaw<{ text: string }[]>`
      SELECT coalesce(string_agg(t, ''), '') AS text FROM (
        SELECT to_jsonb(s)::text AS t FROM session s WHERE user_id = ${user.id}::uuid
        UNION ALL SELECT to_jsonb(c)::text FROM user_credential c WHERE user_id = ${user.id}::uuid AND (password_hash IS NOT NULL OR totp_secret IS NOT NULL)
        UNION ALL SELECT to_jsonb(u)::text FROM user_token u WHERE user_id = ${user.id}::uuid) x`;
    expect(dump).toEqual([{ text: '' }]);
    const broken = await app.deps.db.$queryRaw<object[]>`
      SELECT l.seq FROM (SELECT *, lag(hash, 1, sha256('liptako'::bytea)) OVER (ORDER BY seq) AS before FROM audit_link) l
      JOIN audit_event e ON e.id = l.event_id WHERE l.hash <> sha256(l.before || audit_content(e))`;
    expect(broken).toEqual([]);
    expect((await login(email, PASSWORD)).status).toBe(401);
    expect((await create(newUser({ email }))).status).toBe(201);
    for (const what of ['reactivate', 'suspend', 'erase']) expect((await act(user.id, what)).body).toMatchObject({ code: 'STATE_CONFLICT' });
  });
});

describe('GET /v1/users', () => {
  test('pages through everybody once, in either order', async () => {
    const total = await app.deps.db.appUser.count({ where: { id: { not: SYSTEM_USER_ID } } });
    for (const sort of ['name', '-name', 'email', '-recordedAt']) {
      const seen = await everyPage((query) => app.anonymous.get('/v1/users').query(query).set(admin.headers), { sort, limit: '7' });
      expect(seen).toHaveLength(total);
      expect(new Set(seen.map(({ id }) => id)).size).toBe(total);
    }
  });

  test.each([
    [{ limit: '0' }, 'VALIDATION', 'limit'],
    [{ limit: '201' }, 'VALIDATION', 'limit'],
    [{ sort: 'password' }, 'VALIDATION', 'sort'],
    [{ cursor: 'x' }, 'CURSOR_INVALID', 'cursor'],
    [{ cursor: Buffer.from(JSON.stringify(['name', '\u0000', newId()])).toString('base64url') }, 'CURSOR_INVALID', 'cursor'],
    [{ who: 'me' }, 'VALIDATION', 'query'],
  ])('refuses %j with %s at %s', async (query, code, field) => {
    const { status, body } = await app.anonymous.get('/v1/users').query(query).set(admin.headers);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code, field });
  });
});

describe('the last administrator', () => {
  test('stays, even when two demote each other at once', async () => {
    const other = await signIn(app, 'administrator');
    await app.deps.db.appUser.updateMany({ where: { roles: { has: 'administrator' }, id: { notIn: [admin.userId, other.userId] } }, data: { active: false } });
    const answers = await Promise.all([patch(admin.userId, { roles: ['auditor'] }, other), act(other.userId, 'suspend', { reason: 'r' }, admin)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const administrators = await app.deps.db.appUser.count({ where: { active: true, roles: { has: 'administrator' } } });
    expect(administrators).toBe(1);
  });
});
