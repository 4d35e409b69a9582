import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Role, roles } from '../../src/domain/policy.js';
import { findKeptId, findOrganisation, requireActiveOrganisation } from '../../src/features/organisations/organisations.store.js';
import { newId } from '../../src/platform/ids.js';
import { type Answered, bodyOf, everyPage, idsOf, type SignedIn, signIn, versionOf } from '../support/answers.js';
import { startTestApp, type TestApp } from '../support/app.js';

const REASON = 'Même organisme, deux orthographes';
let app: TestApp;
let admin: SignedIn;

beforeAll(async () => {
  app = await startTestApp();
  admin = await signIn(app, 'administrator');
});
afterAll(() => app.close());

const create = (body: object, headers: object = {}) => app.anonymous.post('/v1/organisations').set({ ...admin.headers, ...headers }).send(body);
const read = (id: string) => app.anonymous.get(`/v1/organisations/${id}`).set(admin.headers);
const get = (id: string) => bodyOf(read(id));
const patchAt = (id: string, body: object, headers: object) => app.anonymous.patch(`/v1/organisations/${id}`).set({ ...admin.headers, ...headers }).send(body);
const patch = async (id: string, body: object) => patchAt(id, body, await versionOf(read(id)));
const mergeAt = (id: string, body: object, headers: object) => app.anonymous.post(`/v1/organisations/${id}/merge`).set({ ...admin.headers, ...headers }).send(body);
const merge = async (id: string, intoId: string, headers: object = {}) => mergeAt(id, { intoId, reason: REASON }, { ...(await versionOf(read(id))), ...headers });
const list = (query: object) => app.anonymous.get('/v1/organisations').query(query).set(admin.headers);

async function organisation(name = `Organisation ${newId()}`, more: object = {}): Promise<string> {
  return (await bodyOf(create({ name, type: '22', ...more }))).id;
}

const revisionsOf = (recordId: string) => app.deps.db.recordRevision.findMany({ where: { kind: 'organisation', recordId }, orderBy: { revision: 'asc' } });
const auditOf = (recordId: string) => app.deps.db.auditEvent.findMany({ where: { recordKind: 'organisation', recordId }, orderBy: { at: 'asc' } });

describe('rights', () => {
  const writers: readonly Role[] = ['administrator', 'finance_officer'];
  const calls: readonly (readonly ['get' | 'post' | 'patch', string, readonly Role[]])[] = [
    ['get', '/v1/organisations', roles],
    ['get', `/v1/organisations/${newId()}`, roles],
    ['post', '/v1/organisations', writers],
    ['patch', `/v1/organisations/${newId()}`, writers],
    ['post', `/v1/organisations/${newId()}/merge`, ['administrator']],
  ];

  test.each(roles.flatMap((role) => calls.map(([method, path, allowed]) => [role, method, path, allowed.includes(role)] as const)))('%s %s %s: %s', async (role, method, path, allowed) => {
    const { headers } = await signIn(app, role);
    const { status, body } = await app.anonymous[method](path).set(headers);
    if (allowed) expect(status).not.toBe(403);
    else expect([status, body.code]).toEqual([403, 'FORBIDDEN']);
    expect((await app.anonymous[method](path)).status).toBe(401);
  });
});

describe('POST /v1/organisations', () => {
  test('records an organisation with its first revision', async () => {
    const input = {
      name: 'Croix-Rouge malienne', nameFr: null, nameEn: 'Mali Red Cross', acronym: 'CRM', type: '22', roles: ['implementer'], country: 'MLI',
      identifiers: [{ system: 'fts', value: '2918' }, { system: 'iati', value: 'ML-CRM-1' }],
    };
    const answer = await create(input);
    const { possibleDuplicates, ...shown } = answer.body as Answered;
    const { id } = shown;
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v1/organisations/${id}`);
    expect(shown).toEqual({ id, ...input, mergedIntoId: null, mergedFrom: [], recordedAt: expect.any(String), version: 1 });
    expect(answer.headers.etag).toBe('"1"');
    expect(possibleDuplicates).toEqual([]);
    expect(await get(id)).toEqual(shown);
    expect(await revisionsOf(id)).toMatchObject([
      { revision: 1, recordedBy: admin.userId, data: { name: 'Croix-Rouge malienne', nameFr: null, nameEn: 'Mali Red Cross', acronym: 'CRM', type: '22', mergedIntoId: null } },
    ]);
    expect(await auditOf(id)).toMatchObject([{ action: 'organisation.create', actorId: admin.userId, detail: { after: input } }]);
  });

  test('warns of the same name, whatever its case, accents and punctuation, and of the same acronym', async () => {
    const first = await organisation('Direction générale de l’Aide d’urgence', { acronym: 'DGAU', nameEn: 'Emergency Aid Office' });
    const kept = await organisation();
    const merged = await organisation('DIRECTION GENERALE DE L’AIDE D’URGENCE');
    await merge(merged, kept);
    const warned = async (body: object) => {
      const { possibleDuplicates } = await bodyOf(create({ type: '10', ...body }));
      return (possibleDuplicates as Answered[]).map(({ id }) => id);
    };
    expect(await warned({ name: 'direction generale de l\'aide d\'urgence' })).toEqual(expect.arrayContaining([first, merged]));
    expect(await warned({ name: 'Other', nameFr: 'Direction  Générale — de l’aide, d’urgence.' })).toEqual(expect.arrayContaining([first, merged]));
    expect(await warned({ name: 'EMERGENCY-AID OFFICE' })).toEqual([first]);
    expect(await warned({ name: 'Whatever else', acronym: 'd.g.a.u.' })).toEqual([first]);
    expect(await warned({ name: 'Direction générale de l’aide' })).toEqual([]);
    expect(await warned({ name: '…' })).toEqual([]);
    expect(await warned({ name: '—' })).toEqual([]);
    expect(await warned({ name: 'الهلال الأحمر' })).toEqual([]);
    expect(await warned({ name: 'الهلال  الأحمر' })).toHaveLength(1);
  });

  test('an identifier belongs to one organisation', async () => {
    const identifiers = [{ system: 'fts', value: 'one' }, { system: 'fts', value: 'taken' }];
    await organisation('Premier', { identifiers: [identifiers[1]] });
    expect((await create({ name: 'Second', type: '22', identifiers })).body).toMatchObject({ code: 'DUPLICATE', field: 'identifiers.1', detail: expect.stringContaining('fts « taken »') });
    expect((await list({ q: 'Second' })).body.items).toEqual([]);
  });

  test('is done once for an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': newId() };
    const answers = await Promise.all([1, 2, 3].map(() => create({ name: 'Une seule fois', type: '22' }, headers)));
    expect(new Set(answers.map(({ body }) => (body as Answered).id)).size).toBe(1);
    expect((await list({ q: 'Une seule fois' })).body.items).toHaveLength(1);
    expect((await create({ name: 'Autre', type: '22' }, headers)).body.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  test.each([
    [{ name: '' }, 'VALIDATION', 'name'],
    [{ name: 'x'.repeat(301) }, 'VALIDATION', 'name'],
    [{ name: 'a\u0000b' }, 'VALIDATION', 'name'],
    [{ acronym: 'a\nb' }, 'VALIDATION', 'acronym'],
    [{ type: '99' }, 'CODE_UNKNOWN', 'type'],
    [{ type: 'donor' }, 'VALIDATION', 'type'],
    [{ roles: ['king'] }, 'VALIDATION', 'roles.0'],
    [{ roles: ['donor', 'donor'] }, 'CODE_REPEATED', 'roles'],
    [{ country: 'ZZZ' }, 'CODE_UNKNOWN', 'country'],
    [{ country: 'ml' }, 'VALIDATION', 'country'],
    [{ identifiers: [{ system: 'fts' }] }, 'VALIDATION', 'identifiers.0.value'],
    [{ mergedIntoId: newId() }, 'VALIDATION', 'body'],
  ])('refuses %j with %s at %s', async (more, code, field) => {
    const input = { name: 'Nom', type: '22', ...more };
    const fr = await create(input);
    expect(fr.status).toBe(400);
    expect(fr.body).toMatchObject({ code, field });
    const en = await create(input, { 'accept-language': 'en' });
    expect(en.body).toMatchObject({ code, field });
    expect(en.body.title).not.toBe(fr.body.title);
  });
});

describe('PATCH /v1/organisations/{id}', () => {
  test('changes what it names, clears with null, and keeps every earlier name', async () => {
    const id = await organisation('Ancien nom', { acronym: 'AN', country: 'NER', identifiers: [{ system: 'iati', value: 'a' }] });
    const { status, body } = await patch(id, { name: 'Nouveau nom', acronym: null, roles: ['donor'], identifiers: [{ system: 'iati', value: 'b' }] });
    expect(status).toBe(200);
    expect(body).toMatchObject({ name: 'Nouveau nom', acronym: null, roles: ['donor'], country: 'NER', type: '22', identifiers: [{ system: 'iati', value: 'b' }] });
    expect(await get(id)).toEqual(body);
    expect((await revisionsOf(id)).map(({ data }) => data)).toMatchObject([{ name: 'Ancien nom', acronym: 'AN' }, { name: 'Nouveau nom', acronym: null, nameFr: null, nameEn: null, type: '22', mergedIntoId: null }]);
    expect((await auditOf(id))[1]?.detail).toEqual({
      before: { name: 'Ancien nom', acronym: 'AN', roles: [], identifiers: [{ system: 'iati', value: 'a' }] },
      after: { name: 'Nouveau nom', acronym: null, roles: ['donor'], identifiers: [{ system: 'iati', value: 'b' }] },
    });
    await patch(id, { name: 'Nouveau nom' });
    expect(await revisionsOf(id)).toHaveLength(2);
  });

  test('of ten who have read the same, one changes it and the others are told to read again', async () => {
    const id = await organisation();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => patchAt(id, { name: `Nom ${index}` }, { 'if-match': '"1"' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(412)]);
    expect((await revisionsOf(id)).map(({ revision }) => revision)).toEqual([1, 2]);
    expect(answers.find(({ status }) => status === 200)?.body).toEqual(await get(id));
  });

  test('asks for the version that was seen, in both languages', async () => {
    const id = await organisation('Vue');
    expect((await patchAt(id, { name: 'X' }, {})).body).toMatchObject({ status: 428, code: 'PRECONDITION_REQUIRED', title: 'L’en-tête If-Match manque' });
    expect((await patchAt(id, { name: 'X' }, { 'accept-language': 'en' })).body).toMatchObject({ status: 428, title: 'The If-Match header is missing' });
    expect((await patchAt(id, { name: 'X' }, { 'if-match': '"2"' })).body).toMatchObject({ status: 412, code: 'STALE', title: 'L’enregistrement a changé entre-temps' });
    expect((await patchAt(id, { name: 'X' }, { 'if-match': '"2"', 'accept-language': 'en' })).body).toMatchObject({ status: 412, title: 'The record has changed meanwhile' });
    expect(await get(id)).toMatchObject({ name: 'Vue', version: 1 });
  });

  test.each([
    [{ name: null }, 400, 'VALIDATION', 'name'],
    [{ type: '99' }, 400, 'CODE_UNKNOWN', 'type'],
    [{ id: newId() }, 400, 'VALIDATION', 'body'],
  ])('refuses %j with %d %s at %s', async (change, expected, code, field) => {
    const { status, body } = await patch(await organisation(), change);
    expect(status).toBe(expected);
    expect(body).toMatchObject({ code, field });
  });

  test('knows no organisation that is not there', async () => {
    expect((await patch(newId(), { name: 'X' })).body).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(await get(newId())).toMatchObject({ status: 404, code: 'NOT_FOUND', detail: expect.stringContaining('« organisation »') });
    expect(await get('x')).toMatchObject({ status: 400, code: 'VALIDATION', field: 'id' });
  });
});

describe('GET /v1/organisations', () => {
  test('finds by name or acronym in any case, and takes wildcards as letters', async () => {
    const id = await organisation('Fonds d’aide 100%_sûr', { nameEn: 'Safe Aid Fund', acronym: 'FA_S' });
    const found = (q: string) => idsOf(list({ q }));
    for (const q of ['fonds D’AIDE', '100%_sûr', 'safe aid', 'fa_s']) expect(await found(q)).toEqual([id]);
    for (const q of ['100%x', 'fa%s', 'FAxS', '\\']) expect(await found(q)).toEqual([]);
  });

  test('filters by role, type, seat and merge', async () => {
    const ministry = await organisation('Filtre ministère', { type: '10', roles: ['ministry', 'implementer'], country: 'TCD' });
    const donor = await organisation('Filtre donateur', { type: '40', roles: ['donor'], country: 'FRA' });
    const duplicate = await organisation('Filtre doublon', { type: '40', roles: ['donor'], country: 'FRA' });
    await merge(duplicate, donor);
    const found = (query: object) => idsOf(list({ q: 'Filtre', ...query }));
    expect(await found({})).toEqual([donor, ministry]);
    expect(await found({ merged: 'false' })).toEqual([donor, ministry]);
    expect(await found({ merged: 'true' })).toEqual([duplicate]);
    expect(await found({ role: 'implementer' })).toEqual([ministry]);
    expect(await found({ type: '40' })).toEqual([donor]);
    expect(await found({ country: 'TCD', role: 'ministry' })).toEqual([ministry]);
    expect(await found({ country: 'TCD', role: 'donor' })).toEqual([]);
  });

  test('pages through the matches once, also through equal and long names', async () => {
    for (let index = 0; index < 6; index += 1) await organisation(`Même nom ${'語'.repeat(290)}`);
    for (const sort of ['name', '-name', 'recordedAt', '-recordedAt']) {
      const seen = await everyPage(list, { q: 'Même nom', sort, limit: '4' });
      expect(seen).toHaveLength(6);
      expect(new Set(seen.map(({ id }) => id)).size).toBe(6);
    }
  });

  test.each([[{ role: 'king' }, 'role'], [{ merged: 'yes' }, 'merged'], [{ q: ' ' }, 'q'], [{ q: 'a\u0000' }, 'q'], [{ country: 'Mali' }, 'country'], [{ name: 'x' }, 'query']])(
    'refuses %j at %s',
    async (query, field) => expect((await list(query)).body).toMatchObject({ status: 400, code: 'VALIDATION', field }),
  );
});

describe('POST /v1/organisations/{id}/merge', () => {
  test('keeps the duplicate as a record that points to the one kept, moves its identifiers, and says so for ever', async () => {
    const kept = await organisation('Gardée', { identifiers: [{ system: 'fts', value: 'k' }] });
    const duplicate = await organisation('Doublon', { acronym: 'DB', identifiers: [{ system: 'fts', value: 'd' }, { system: 'iati', value: 'd' }] });
    const { status, body } = await merge(duplicate, kept);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: duplicate, name: 'Doublon', mergedIntoId: kept, identifiers: [] });
    expect(await get(kept)).toMatchObject({
      mergedIntoId: null,
      mergedFrom: [duplicate],
      identifiers: [{ system: 'fts', value: 'd' }, { system: 'fts', value: 'k' }, { system: 'iati', value: 'd' }],
    });
    expect((await revisionsOf(duplicate)).map(({ data }) => data)).toEqual([
      { name: 'Doublon', nameFr: null, nameEn: null, acronym: 'DB', type: '22', mergedIntoId: null },
      { name: 'Doublon', nameFr: null, nameEn: null, acronym: 'DB', type: '22', mergedIntoId: kept },
    ]);
    const [, event] = await auditOf(duplicate);
    expect(event).toMatchObject({ action: 'organisation.merge', actorId: admin.userId, reason: REASON });
    const moved = expect.arrayContaining([{ system: 'fts', value: 'd' }, { system: 'iati', value: 'd' }]);
    expect(event?.detail).toEqual({ before: { mergedIntoId: null, identifiers: moved }, after: { mergedIntoId: kept, identifiers: [] } });
    const absorbed = (await auditOf(kept)).at(-1);
    expect(absorbed).toMatchObject({ action: 'organisation.absorb', reason: REASON, detail: { after: { mergedFrom: duplicate, identifiers: moved } } });
  });

  test('refuses itself, the unknown, and whatever was merged already, so that no circle comes about', async () => {
    const [a, b, c] = [await organisation(), await organisation(), await organisation()];
    expect((await merge(a, a)).body).toMatchObject({ status: 400, code: 'MERGE_INTO_ITSELF', field: 'intoId' });
    expect((await merge(newId(), a)).body).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect((await merge(a, newId())).body).toMatchObject({ status: 400, code: 'CODE_UNKNOWN', field: 'intoId' });
    await merge(a, b);
    await merge(b, c);
    expect((await merge(a, c)).body).toMatchObject({ status: 409, code: 'ALREADY_MERGED', detail: expect.stringContaining(c) });
    const circle = await merge(c, a);
    expect(circle.body).toMatchObject({ status: 409, code: 'ALREADY_MERGED', field: 'intoId', detail: `Utilisez la fiche conservée : ${c}.` });
    expect((await merge(c, b, { 'accept-language': 'en' })).body.detail).toBe(`Use the record that was kept: ${c}.`);
    expect((await patch(a, { name: 'X' })).body).toMatchObject({ status: 409, code: 'ALREADY_MERGED' });
    expect(await bodyOf(mergeAt(c, { intoId: b }, { 'if-match': '"1"' }))).toMatchObject({ code: 'VALIDATION', field: 'reason' });
  });

  test('asks for the version of the duplicate, and changes that of the one kept', async () => {
    const [kept, duplicate] = [await organisation('Gardée'), await organisation('Doublon', { identifiers: [{ system: 'fts', value: 'seen' }] })];
    await patch(duplicate, { acronym: 'DB' });
    const body = { intoId: kept, reason: REASON };
    expect((await mergeAt(duplicate, body, {})).body).toMatchObject({ status: 428, code: 'PRECONDITION_REQUIRED' });
    expect((await mergeAt(duplicate, body, { 'if-match': '"1"' })).body).toMatchObject({ status: 412, code: 'STALE' });
    expect(await get(duplicate)).toMatchObject({ mergedIntoId: null, identifiers: [{ system: 'fts', value: 'seen' }] });
    expect((await mergeAt(duplicate, body, { 'if-match': '"2"' })).body).toMatchObject({ mergedIntoId: kept, version: 3 });
    expect((await patchAt(kept, { identifiers: [] }, { 'if-match': '"1"' })).body).toMatchObject({ status: 412 });
    expect(await get(kept)).toMatchObject({ version: 2, identifiers: [{ system: 'fts', value: 'seen' }] });
  });

  test('of 20 at the same time for one duplicate, one happens', async () => {
    const duplicate = await organisation();
    const targets = await Promise.all(Array.from({ length: 20 }, () => organisation()));
    const answers = await Promise.all(targets.map((intoId) => mergeAt(duplicate, { intoId, reason: REASON }, { 'if-match': '"1"' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(412)]);
    expect(await revisionsOf(duplicate)).toHaveLength(2);
  });

  test('20 at the same time into one all happen', async () => {
    const kept = await organisation();
    const duplicates = await Promise.all(Array.from({ length: 20 }, (_, index) => organisation(undefined, { identifiers: [{ system: 'many', value: String(index) }] })));
    const answers = await Promise.all(duplicates.map((duplicate) => merge(duplicate, kept)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const { mergedFrom, identifiers } = await get(kept);
    expect(mergedFrom).toHaveLength(20);
    expect(identifiers).toHaveLength(20);
  });

  test('20 at the same time, each way around and in a ring, never make a circle', async () => {
    const ring = await Promise.all(Array.from({ length: 5 }, () => organisation()));
    const pairs = ring.flatMap((id, index) => [[id, ring[(index + 1) % 5]!], [ring[(index + 1) % 5]!, id]] as const);
    const answers = await Promise.all([...pairs, ...pairs].map(([id, intoId]) => merge(id, intoId)));
    expect(answers.every(({ status }) => [200, 409, 412].includes(status))).toBe(true);
    const ends = await Promise.all(ring.map((id) => findKeptId(app.deps.db, id)));
    for (const end of ends) expect((await findOrganisation(app.deps.db, end))?.mergedIntoId).toBeNull();
  });
});

describe('requireActiveOrganisation', () => {
  test('lets one that stands pass, and names the one kept in the stead of a duplicate at any depth', async () => {
    const { db } = app.deps;
    const [a, b, c] = [await organisation(), await organisation(), await organisation('Au bout')];
    await merge(a, b);
    await merge(b, c);
    expect(await requireActiveOrganisation(db, c, 'donorId')).toMatchObject({ id: c, name: 'Au bout' });
    await expect(requireActiveOrganisation(db, a, 'donorId')).rejects.toMatchObject({ code: 'ALREADY_MERGED', params: { into: c }, field: 'donorId' });
    const unknown = newId();
    await expect(requireActiveOrganisation(db, unknown, 'donorId')).rejects.toMatchObject({ code: 'CODE_UNKNOWN', params: { code: unknown, list: 'organisations' }, field: 'donorId' });
  });
});
