import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { roles } from '../../src/domain/policy.js';
import { SYSTEM_USER_ID } from '../../src/domain/system-user.js';
import { newId } from '../../src/platform/ids.js';
import { type Answered, bodyOf, everyPage, type SignedIn, signIn } from '../support/answers.js';
import { startTestApp, type TestApp } from '../support/app.js';

const PASSWORD = 'un mot de passe long';
let app: TestApp;
let admin: SignedIn;

beforeAll(async () => {
  app = await startTestApp();
  admin = await signIn(app, 'administrator');
});
afterAll(() => app.close());

const create = (body: object, headers: object = {}) => app.anonymous.post('/v1/users').set({ ...admin.headers, ...headers }).send(body);
const open = (more: object = {}) => bodyOf(create(newUser(more)));
const patch = (id: string, body: object, by = admin) => app.anonymous.patch(`/v1/users/${id}`).set(by.headers).send(body);
const login = (email: string, password: string) => app.anonymous.post('/v1/auth/login').send({ email, password });

let count = 0;
function newUser(more: object = {}) {
  count += 1;
  return { email: `user${count}@finances.gov.bf`, name: 'Issa Ouédraogo', roles: ['finance_officer'], states: ['BFA'], password: PASSWORD, ...more };
}

async function organisation(mergedIntoId: string | null = null): Promise<string> {
  const id = newId();
  await app.deps.db.organisation.create({ data: { id, name: 'Donateur', type: '10', mergedIntoId } });
  return id;
}

const auditOf = (id: string) => app.deps.db.auditEvent.findMany({ where: { recordKind: 'user', recordId: id }, orderBy: { at: 'asc' } });

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
  test('opens an account that can sign in, with its e-mail in lower case, and shows no hash', async () => {
    const answer = await create(newUser({ email: ' Issa@Finances.GOV.bf ' }));
    const user = answer.body as Answered;
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v1/users/${user.id}`);
    expect(user).toEqual({
      id: user.id, email: 'issa@finances.gov.bf', name: 'Issa Ouédraogo', roles: ['finance_officer'], states: ['BFA'], organisationId: null, language: 'fr', active: true,
      recordedAt: expect.any(String),
    });
    expect((await login('issa@finances.gov.bf', PASSWORD)).status).toBe(200);
    const [event] = await auditOf(user.id);
    expect(event).toMatchObject({ action: 'user.create', actorId: admin.userId });
    expect(JSON.stringify([user, event])).not.toMatch(/argon2|mot de passe/);
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
    [{ password: 'onze lettre' }, 'VALIDATION', 'password'],
    [{ password: 'x'.repeat(201) }, 'VALIDATION', 'password'],
    [{ passwordHash: 'x' }, 'VALIDATION', 'body'],
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
    const { status, body } = await patch(user.id, { name: 'Issa O.', roles: ['approver', 'auditor'], states: ['BFA', 'NER'], language: 'en', organisationId: null });
    expect(status).toBe(200);
    expect(body).toEqual({ ...user, name: 'Issa O.', roles: ['approver', 'auditor'], states: ['BFA', 'NER'], language: 'en', organisationId: null });
    expect((await app.anonymous.get(`/v1/users/${user.id}`).set(admin.headers)).body).toEqual(body);
    const events = await auditOf(user.id);
    expect(events[1]?.detail).toEqual({
      before: { name: 'Issa Ouédraogo', roles: ['finance_officer'], states: ['BFA'], language: 'fr', organisationId: user.organisationId },
      after: { name: 'Issa O.', roles: ['approver', 'auditor'], states: ['BFA', 'NER'], language: 'en', organisationId: null },
      passwordChanged: false,
    });
    expect((await patch(user.id, {})).body).toEqual(body);
    expect(await auditOf(user.id)).toHaveLength(2);
  });

  test('changes the password, and closes and opens the account', async () => {
    const user = await open();
    const email = user.email as string;
    expect((await patch(user.id, { password: 'un autre mot de passe' })).status).toBe(200);
    expect((await login(email, PASSWORD)).status).toBe(401);
    const session = await bodyOf(login(email, 'un autre mot de passe'));
    expect((await patch(user.id, { active: false })).body.active).toBe(false);
    expect((await app.anonymous.get('/v1/me').set('authorization', `Bearer ${session.accessToken as string}`)).status).toBe(401);
    expect((await login(email, 'un autre mot de passe')).status).toBe(401);
    await patch(user.id, { active: true });
    expect((await login(email, 'un autre mot de passe')).status).toBe(200);
    expect(JSON.stringify(await auditOf(user.id))).not.toMatch(/argon2|mot de passe/);
  });

  test.each([
    [{ email: 'other@test.invalid' }, 'VALIDATION', 'body'],
    [{ name: null }, 'VALIDATION', 'name'],
    [{ roles: ['donor'] }, 'DONOR_WITHOUT_ORGANISATION', 'organisationId'],
    [{ states: ['ZZZ'] }, 'CODE_UNKNOWN', 'states.0'],
  ])('refuses %j with %s at %s', async (change, code, field) => {
    const user = await open();
    expect((await patch(user.id, change)).body).toMatchObject({ code, field });
  });

  test('knows no user that is not there, and leaves the system’s own alone', async () => {
    for (const id of [newId(), SYSTEM_USER_ID]) {
      expect((await patch(id, { name: 'X' })).body).toMatchObject({ code: 'NOT_FOUND', detail: expect.stringContaining('« utilisateur »') });
      expect((await app.anonymous.get(`/v1/users/${id}`).set({ ...admin.headers, 'accept-language': 'en' })).body.detail).toContain('No such user exists');
    }
    expect((await patch('x', {})).body).toMatchObject({ code: 'VALIDATION', field: 'id' });
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
  test('can neither be closed nor demoted, even when two do it at once', async () => {
    const other = await signIn(app, 'administrator');
    await app.deps.db.appUser.updateMany({ where: { roles: { has: 'administrator' }, id: { notIn: [admin.userId, other.userId] } }, data: { active: false } });
    const answers = await Promise.all([patch(admin.userId, { roles: ['auditor'] }, other), patch(other.userId, { active: false }, admin)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const [left, leftId] = answers[0].status === 200 ? [other, other.userId] : [admin, admin.userId];
    for (const change of [{ active: false }, { roles: ['auditor'] }]) {
      expect((await patch(leftId, change, left)).body).toMatchObject({ code: 'LAST_ADMINISTRATOR', title: 'Le dernier administrateur reste' });
    }
    expect((await patch(leftId, { name: 'Seul maître à bord' }, left)).status).toBe(200);
  });
});
