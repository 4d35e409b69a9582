import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { toDay } from '../../src/domain/days.js';
import { type Role, roles } from '../../src/domain/policy.js';
import { newId } from '../../src/platform/ids.js';
import { type Answered, bodyOf, everyPage, idsOf, itemsOf, type SignedIn, signIn, versionOf } from '../support/answers.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody } from '../support/ledger.js';

let app: TestApp;
let officer: SignedIn;

beforeAll(async () => {
  app = await startTestApp();
  officer = await signIn(app, 'finance_officer');
});
afterAll(() => app.close());

const post = (path: string, body: object, headers: object = {}) => app.anonymous.post(path).set({ ...officer.headers, ...headers }).send(body);
const patchAt = (path: string, body: object, headers: object) => app.anonymous.patch(path).set({ ...officer.headers, ...headers }).send(body);
const patch = async (path: string, body: object, headers: object = {}) => patchAt(path, body, { ...(await versionOf(get(path))), ...headers });
const get = (path: string, query: object = {}) => app.anonymous.get(path).query(query).set(officer.headers);

const FUND = { code: 'RHF-WCA', nameFr: 'Fonds humanitaire régional', nameEn: 'Regional Humanitarian Fund', currency: 'USD', countries: ['BFA', 'MLI', 'NER'] };
const PLAN = { code: 'HMLI26', nameFr: 'Mali : plan de réponse 2026', nameEn: 'Mali Response Plan 2026', countries: ['MLI'], year: 2026 };
const EVENT = { code: 'BKO-2025', nameFr: 'Forum de Bamako', nameEn: 'Bamako Forum', place: 'Bamako', startsOn: '2025-08-07', endsOn: '2025-08-09' };

const kinds = [
  ['/v1/pooled-funds', 'pooled_fund', FUND],
  ['/v1/response-plans', 'response_plan', PLAN],
  ['/v1/events', 'event', EVENT],
] as const;

let count = 0;
function fresh<T extends object>(input: T, more: object = {}) {
  count += 1;
  return { ...input, code: `C-${count}`, ...more };
}

async function organisation(mergedIntoId: string | null = null): Promise<string> {
  const id = newId();
  await app.deps.db.organisation.create({ data: { id, name: 'Administrateur', type: '40', mergedIntoId } });
  return id;
}

describe('rights', () => {
  const writers: readonly Role[] = ['administrator', 'finance_officer'];
  const calls: readonly (readonly ['get' | 'post' | 'patch', string, readonly Role[]])[] = [
    ...kinds.flatMap(([path]) => [['get', path, roles], ['get', `${path}/${newId()}`, roles], ['post', path, writers], ['patch', `${path}/${newId()}`, writers]] as const),
    ['post', `/v1/response-plans/${newId()}/requirements`, writers],
  ];

  test.each(roles.flatMap((role) => calls.map(([method, path, allowed]) => [role, method, path, allowed.includes(role)] as const)))('%s %s %s: %s', async (role, method, path, allowed) => {
    const { headers } = await signIn(app, role);
    const { status, body } = await app.anonymous[method](path).set(headers);
    if (allowed) expect(status).not.toBe(403);
    else expect([status, body.code]).toEqual([403, 'FORBIDDEN']);
    expect((await app.anonymous[method](path)).status).toBe(401);
  });
});

describe.each(kinds)('%s', (path, kind, input) => {
  const revisionsOf = (recordId: string) => app.deps.db.recordRevision.findMany({ where: { kind, recordId }, orderBy: { revision: 'asc' } });
  const auditOf = (recordId: string) => app.deps.db.auditEvent.findMany({ where: { recordKind: kind, recordId }, orderBy: { at: 'asc' } });

  test('records, shows, changes, and keeps the names there were', async () => {
    const answer = await post(path, input);
    const body = answer.body as Answered;
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`${path}/${body.id}`);
    expect(body).toMatchObject(input);
    expect((await get(`${path}/${body.id}`)).body).toEqual(body);

    const changed = await patch(`${path}/${body.id}`, { nameFr: 'Nouveau nom' });
    expect(answer.headers.etag).toBe('"1"');
    expect(changed.headers.etag).toBe('"2"');
    expect(changed.body).toEqual({ ...body, nameFr: 'Nouveau nom', version: 2 });
    expect((await patch(`${path}/${body.id}`, { nameFr: 'Nouveau nom' })).body).toEqual(changed.body);

    expect((await revisionsOf(body.id)).map(({ data }) => data)).toMatchObject([
      { code: input.code, nameFr: input.nameFr, nameEn: input.nameEn },
      { code: input.code, nameFr: 'Nouveau nom', nameEn: input.nameEn },
    ]);
    const [made, renamed] = await auditOf(body.id);
    expect(made).toMatchObject({ action: `${kind}.create`, actorId: officer.userId, detail: { after: input } });
    expect(renamed).toMatchObject({ action: `${kind}.update`, detail: { before: { nameFr: input.nameFr }, after: { nameFr: 'Nouveau nom' } } });
    expect(await auditOf(body.id)).toHaveLength(2);
  });

  test('refuses a code in use, also of several at once and on a change', async () => {
    const body = fresh(input);
    const answers = await Promise.all([1, 2, 3, 4].map(() => post(path, body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    const other = await bodyOf(post(path, fresh(input)));
    const taken = await patch(`${path}/${other.id}`, { code: body.code });
    expect(taken.body).toMatchObject({ status: 409, code: 'DUPLICATE', field: 'code', detail: expect.stringContaining(body.code) });
  });

  test('of two who have read the same, the second is told to read again', async () => {
    const { id } = await bodyOf(post(path, fresh(input)));
    const edit = (nameEn: string, headers: object) => patchAt(`${path}/${id}`, { nameEn }, headers);
    expect((await edit('None', {})).body).toMatchObject({ status: 428, code: 'PRECONDITION_REQUIRED', title: 'L’en-tête If-Match manque' });
    expect((await edit('None', { 'accept-language': 'en' })).body).toMatchObject({ status: 428, title: 'The If-Match header is missing' });
    expect((await edit('First', { 'if-match': '"1"' })).status).toBe(200);
    expect((await edit('Second', { 'if-match': '"1"' })).body).toMatchObject({ status: 412, code: 'STALE', field: 'If-Match', title: 'L’enregistrement a changé entre-temps' });
    expect((await edit('Second', { 'if-match': '"1"', 'accept-language': 'en' })).body).toMatchObject({ status: 412, title: 'The record has changed meanwhile' });
    expect((await get(`${path}/${id}`)).body).toMatchObject({ nameEn: 'First', version: 2 });
    expect(await auditOf(id)).toHaveLength(2);
  });

  test('loses no change of eight who edit at once', async () => {
    const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const { id } = await bodyOf(post(path, fresh(input, { nameEn: 'Name' })));
    const append = async (letter: string): Promise<void> => {
      const { body, headers } = await get(`${path}/${id}`);
      const { status } = await patchAt(`${path}/${id}`, { nameEn: `${(body as { nameEn: string }).nameEn} ${letter}` }, { 'if-match': headers.etag });
      if (status === 412) await append(letter);
    };
    await Promise.all(letters.map(append));
    const { nameEn, version } = await bodyOf(get(`${path}/${id}`));
    expect([(nameEn as string).split(' ').slice(1).sort(), version]).toEqual([letters, 9]);
    expect((await revisionsOf(id)).map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test.each([
    [{ code: '' }, 'VALIDATION', 'code'],
    [{ code: 'a b' }, 'VALIDATION', 'code'],
    [{ code: 'x'.repeat(41) }, 'VALIDATION', 'code'],
    [{ nameFr: ' ' }, 'VALIDATION', 'nameFr'],
    [{ nameEn: 'a\u0000' }, 'VALIDATION', 'nameEn'],
    [{ nameEn: undefined }, 'VALIDATION', 'nameEn'],
    [{ id: newId() }, 'VALIDATION', 'body'],
  ])('refuses %j with %s at %s', async (more, code, field) => {
    const fr = await post(path, fresh(input, more));
    expect(fr.body).toMatchObject({ status: 400, code, field });
    const en = await post(path, fresh(input, more), { 'accept-language': 'en' });
    expect(en.body).toMatchObject({ status: 400, code, field });
    expect(en.body.title).not.toBe(fr.body.title);
  });

  test('pages through everything once, and knows nothing that is not there', async () => {
    for (const sort of ['code', '-code', 'recordedAt', '-recordedAt']) {
      const all = await get(path, { sort, limit: '200' });
      expect(all.body.nextCursor).toBeNull();
      expect(await everyPage((query) => get(path, query), { sort, limit: '2' })).toEqual(all.body.items);
    }
    expect((await get(`${path}/${newId()}`)).body).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect((await patch(`${path}/${newId()}`, {})).body).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect((await get(path, { cursor: 'x' })).body).toMatchObject({ status: 400, code: 'CURSOR_INVALID', field: 'cursor' });
  });
});

describe('pooled funds', () => {
  test('name an administrator that stands, a currency and states that exist', async () => {
    const kept = await organisation();
    const merged = await organisation(kept);
    const refused = (more: object) => bodyOf(post('/v1/pooled-funds', fresh(FUND, more)));
    expect(await refused({ administratorId: merged })).toMatchObject({ code: 'ALREADY_MERGED', field: 'administratorId' });
    expect(await refused({ administratorId: newId() })).toMatchObject({ code: 'CODE_UNKNOWN', field: 'administratorId' });
    expect(await refused({ currency: 'ZZZ' })).toMatchObject({ code: 'CURRENCY_UNKNOWN', field: 'currency' });
    expect(await refused({ countries: ['MLI', 'ZZZ'] })).toMatchObject({ code: 'CODE_UNKNOWN', field: 'countries.1' });
    expect(await refused({ countries: ['MLI', 'MLI'] })).toMatchObject({ code: 'CODE_REPEATED', field: 'countries' });
    const fund = await bodyOf(post('/v1/pooled-funds', fresh(FUND, { administratorId: kept })));
    expect(fund.administratorId).toBe(kept);
    expect((await patch(`/v1/pooled-funds/${fund.id}`, { administratorId: null, countries: [] })).body).toMatchObject({ administratorId: null, countries: [] });
  });

  test('are found by state', async () => {
    const fund = await bodyOf(post('/v1/pooled-funds', fresh(FUND, { countries: ['TCD'] })));
    expect(await itemsOf(get('/v1/pooled-funds', { country: 'TCD' }))).toEqual([fund]);
  });
});

describe('events', () => {
  test('end on the day they begin or later', async () => {
    expect((await post('/v1/events', fresh(EVENT, { endsOn: '2025-08-06' }))).body).toMatchObject({ status: 400, code: 'PERIOD_REVERSED', field: 'endsOn', title: 'La fin précède le début' });
    const event = await bodyOf(post('/v1/events', fresh(EVENT, { endsOn: '2025-08-07' })));
    expect((await patch(`/v1/events/${event.id}`, { startsOn: '2025-08-08' })).body).toMatchObject({ code: 'PERIOD_REVERSED' });
    expect((await patch(`/v1/events/${event.id}`, { startsOn: '2025-08-08', endsOn: null, place: null })).body).toMatchObject({ startsOn: '2025-08-08', endsOn: null, place: null });
    expect((await post('/v1/events', fresh(EVENT, { startsOn: '2025-02-29' }))).body).toMatchObject({ code: 'VALIDATION', field: 'startsOn' });
  });

  test('are listed by day, in either order', async () => {
    const days = (await itemsOf(get('/v1/events'))).map(({ startsOn }) => startsOn);
    expect(days).toEqual([...days].sort().reverse());
    const upwards = await everyPage((query) => get('/v1/events', query), { sort: 'startsOn', limit: '1' });
    expect(upwards.map(({ startsOn }) => startsOn)).toEqual([...days].reverse());
    const forged = Buffer.from(JSON.stringify(['startsOn', 'yesterday', newId()])).toString('base64url');
    expect((await get('/v1/events', { sort: 'startsOn', cursor: forged })).body).toMatchObject({ status: 400, code: 'CURSOR_INVALID' });
  });
});

describe('response plans', () => {
  const require = (id: string, body: object) => post(`/v1/response-plans/${id}/requirements`, body);
  const currentOf = async (id: string) => (await itemsOf(get('/v1/response-plans', { year: '2026', limit: '200' }))).find((plan) => plan.id === id)?.requirement;
  const figure = { amount: { amount: '771300000', currency: 'USD' }, asOf: '2026-01-15', source: 'HNRP Mali 2026' };

  test('are found by state and year', async () => {
    const plan = await bodyOf(post('/v1/response-plans', fresh(PLAN, { countries: ['TGO', 'BEN'], year: 2024 })));
    const found = (query: object) => idsOf(get('/v1/response-plans', query));
    expect(await found({ country: 'TGO', year: '2024' })).toEqual([plan.id]);
    expect(await found({ country: 'TGO', year: '2025' })).toEqual([]);
    expect((await get('/v1/response-plans', { year: '24' })).body).toMatchObject({ code: 'VALIDATION', field: 'year' });
  });

  test.each([
    [{ countries: [] }, 'VALIDATION', 'countries'],
    [{ countries: ['ZZZ'] }, 'CODE_UNKNOWN', 'countries.0'],
    [{ year: '2026' }, 'VALIDATION', 'year'],
    [{ year: 20.5 }, 'VALIDATION', 'year'],
    [{ ftsId: 'x' }, 'VALIDATION', 'ftsId'],
    [{ startsOn: '2026-02-01', endsOn: '2026-01-01' }, 'PERIOD_REVERSED', 'endsOn'],
  ])('refuse %j with %s at %s', async (more, code, field) => {
    expect((await post('/v1/response-plans', fresh(PLAN, more))).body).toMatchObject({ status: 400, code, field });
  });

  test('have one number in the FTS, and a code of their own', async () => {
    const plan = await bodyOf(post('/v1/response-plans', fresh(PLAN, { code: 'FTS-1234', ftsId: '1234' })));
    expect((await post('/v1/response-plans', fresh(PLAN, { ftsId: '1234' }))).body).toMatchObject({ status: 409, code: 'DUPLICATE', field: 'ftsId' });
    expect((await patch(`/v1/response-plans/${plan.id}`, { code: 'HXXX26' })).body.code).toBe('HXXX26');
    const revisions = await app.deps.db.recordRevision.findMany({ where: { recordId: plan.id }, orderBy: { revision: 'asc' } });
    expect(revisions.map(({ data }) => data)).toEqual(
      ['FTS-1234', 'HXXX26'].map((code) => ({ code, nameFr: PLAN.nameFr, nameEn: PLAN.nameEn, countries: ['MLI'], year: 2026 })),
    );
  });

  test('keep their code once a flow in the journal names it', async () => {
    const { officer: recorder } = await createPeople(app);
    await addRate(app, 'USD', '2025-03-07', '1.0800');
    const plan = await bodyOf(post('/v1/response-plans', fresh(PLAN)));
    const splits = { country: [{ code: 'MLI' }], plan: [{ code: plan.code }] };
    await recorder.post('/v1/pledges', flowBody(await createOrganisation(app, 'Exemplie'), { splits })).expect(201);
    const renamed = async (headers: object) => (await patch(`/v1/response-plans/${plan.id}`, { code: 'OTHER' }, headers)).body as Answered;
    expect(await renamed({})).toMatchObject({ status: 409, code: 'CODE_IN_USE', field: 'code', title: 'Le code est utilisé' });
    expect(await renamed({ 'accept-language': 'en' })).toMatchObject({ detail: `Flows in the journal name “${plan.code as string}”, so it stays.` });
    expect((await patch(`/v1/response-plans/${plan.id}`, { nameFr: 'Autre nom', code: plan.code })).status).toBe(200);
  });

  test('keep every figure of their requirements; the latest recorded is current, whatever its day', async () => {
    const plan = await bodyOf(post('/v1/response-plans', fresh(PLAN)));
    expect(plan.requirements).toEqual([]);
    expect(await currentOf(plan.id)).toBeNull();
    const first = await require(plan.id, figure);
    expect(first.status).toBe(201);
    expect(first.body).toEqual({ id: expect.any(String), kind: 'revised', amount: { amount: '771300000.00', currency: 'USD' }, asOf: '2026-01-15', source: 'HNRP Mali 2026', parts: [], recordedAt: expect.any(String) });
    const second = await require(plan.id, { ...figure, amount: { amount: '702000000.50', currency: 'USD' }, asOf: '2025-12-01' });
    expect((await get(`/v1/response-plans/${plan.id}`)).body.requirements).toEqual([second.body, first.body]);
    expect(await currentOf(plan.id)).toEqual(second.body);
    const [, event] = await app.deps.db.auditEvent.findMany({ where: { recordId: plan.id }, orderBy: { at: 'asc' } });
    expect(event).toMatchObject({ action: 'response_plan.requirement', detail: { after: figure } });
  });

  test('take each figure once, also of several at once', async () => {
    const plan = await bodyOf(post('/v1/response-plans', fresh(PLAN)));
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => require(plan.id, figure)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    expect((await require(plan.id, figure)).body).toMatchObject({ code: 'DUPLICATE', field: 'amount' });
  });

  test.each([
    [{ amount: { amount: '0', currency: 'USD' } }, 400, 'AMOUNT_NOT_POSITIVE', 'amount.amount'],
    [{ amount: { amount: '-1', currency: 'USD' } }, 400, 'AMOUNT_NOT_POSITIVE', 'amount.amount'],
    [{ amount: { amount: '1.5', currency: 'XOF' } }, 400, 'AMOUNT_DIGITS', 'amount.amount'],
    [{ amount: { amount: '1 000', currency: 'XOF' } }, 400, 'AMOUNT_FORMAT', 'amount.amount'],
    [{ amount: { amount: '1', currency: 'ZZZ' } }, 400, 'CURRENCY_UNKNOWN', 'amount.currency'],
    [{ amount: 771300000 }, 400, 'VALIDATION', 'amount'],
    [{ asOf: toDay(new Date(Date.now() + 3 * 86_400_000)) }, 400, 'DATE_IN_FUTURE', 'asOf'],
    [{ source: '' }, 400, 'VALIDATION', 'source'],
  ])('refuse a figure with %j: %d %s at %s', async (more, status, code, field) => {
    const plan = await bodyOf(post('/v1/response-plans', fresh(PLAN)));
    expect((await require(plan.id, { ...figure, ...more })).body).toMatchObject({ status, code, field });
    expect((await require(newId(), figure)).body).toMatchObject({ status: 404, code: 'NOT_FOUND', detail: expect.stringContaining('plan de réponse') });
  });
});
