import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { problemsEn } from '../../src/i18n/problems.en.js';
import { problemsFr } from '../../src/i18n/problems.fr.js';
import { newId } from '../../src/platform/ids.js';
import { type Answered, bodyOf, itemsOf } from '../support/answers.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, pay, type People } from '../support/ledger.js';

let app: TestApp;
let people: People;
let donorId: string;
let count = 0;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  donorId = await createOrganisation(app, 'Exemplie');
  await addRate(app, 'USD', '2025-01-02', '1.0800');
});
afterAll(() => app.close());

const usd = (amount: string) => ({ amount, currency: 'USD' });

function fundBody(more: object = {}): object {
  count += 1;
  return { code: `F-${count}`, nameFr: 'Fonds du Sahel', nameEn: 'Sahel fund', currency: 'USD', countries: ['MLI', 'NER'], ...more };
}

async function createFund(more: object = {}): Promise<Answered> {
  return bodyOf(people.officer.post('/v1/pooled-funds', fundBody(more)).expect(201));
}

const windowsOf = (fund: Answered) => `/v1/pooled-funds/${fund.id}/windows`;
const WINDOW = { code: 'ML', nameFr: 'Enveloppe Mali', nameEn: 'Mali envelope', country: 'MLI', opensOn: '2025-01-01', closesOn: '2025-12-31', minimum: usd('500.00') };

/** A commitment to the fund. */
async function commit(fund: Answered, destination: object = {}, more: object = {}): Promise<string> {
  const body = { donorId, mechanism: 'pooled_fund', destination: { kind: 'fund', fundId: fund.id, ...destination }, description: 'Accord', amount: { amount: '1000.00', currency: 'EUR' }, valueDate: '2025-03-10', ...more };
  return (await bodyOf(people.officer.post('/v1/commitments', body).expect(201))).id;
}

describe('a pooled fund', () => {
  test('has a fee share with at most four decimals, a status and a source', async () => {
    expect(await createFund()).toMatchObject({ feeShare: '0', status: 'open', source: null, account: null });
    const fund = await createFund({ feeShare: '1.0' });
    expect(fund).toMatchObject({ feeShare: '1' });
    expect((await people.officer.edit(`/v1/pooled-funds/${fund.id}`, { feeShare: '0.5' }).expect(200)).body).toMatchObject({ feeShare: '0.5', version: 2 });
    expect((await people.officer.edit(`/v1/pooled-funds/${fund.id}`, { feeShare: '33.3334' }).expect(200)).body).toMatchObject({ feeShare: '33.3334' });
    expect((await createFund({ feeShare: '100' })).feeShare).toBe('100');
    for (const feeShare of ['100.1', '-1', '1.00001', '1,5', 1]) {
      expect((await people.officer.post('/v1/pooled-funds', fundBody({ feeShare }))).body).toMatchObject({ status: 400, code: 'VALIDATION', field: 'feeShare' });
    }
    for (const more of [{ status: 'closed' }, { source: null }, { account: null }]) {
      expect((await people.officer.edit(`/v1/pooled-funds/${fund.id}`, more)).body).toMatchObject({ status: 400, code: 'VALIDATION' });
    }
  });

  test('shows its account to whoever works for one of its states, administrators and auditors', async () => {
    const fund = await createFund({ feeShare: '1' });
    await pay(people, await commit(fund), '1000.00', { valueDate: '2025-03-12' });
    // 1,000 EUR × 1.08 = 1,080.00 USD, less 1 %.
    const account = { income: usd('1069.20'), allocated: usd('0.00'), available: usd('1069.20') };
    const shownTo = async (client: Client) => (await bodyOf(client.get(`/v1/pooled-funds/${fund.id}`).expect(200))).account;
    const user = (role: 'administrator' | 'auditor' | 'minister' | 'donor', states: readonly string[] = [], organisationId?: string) =>
      app.user({ roles: [role], states, ...(organisationId !== undefined && { organisationId }) });
    for (const client of [people.officer, await user('administrator'), await user('auditor'), await user('minister', ['NER'])]) expect(await shownTo(client)).toEqual(account);
    for (const client of [await user('minister', ['TCD']), await user('donor', [], donorId)]) expect(await shownTo(client)).toBeNull();
    const listed = await itemsOf(people.officer.get('/v1/pooled-funds?limit=200'));
    expect(listed.find(({ id }) => id === fund.id)).toMatchObject({ account });
  });

  test('keeps its currency once anything is kept in it', async () => {
    const free = await createFund();
    expect((await people.officer.edit(`/v1/pooled-funds/${free.id}`, { currency: 'EUR' }).expect(200)).body.currency).toBe('EUR');
    const paid = await createFund();
    await pay(people, await commit(paid), '10.00');
    const windowed = await createFund();
    await people.officer.post(windowsOf(windowed), WINDOW).expect(201);
    for (const fund of [paid, windowed]) {
      const refused = people.officer.edit(`/v1/pooled-funds/${fund.id}`, { currency: 'EUR' });
      expect((await refused.set('accept-language', 'fr')).body).toMatchObject({ status: 409, code: 'CURRENCY_IN_USE', field: 'currency', title: 'La devise du fonds est utilisée', detail: expect.stringContaining('USD') });
    }
    expect((await people.officer.edit(`/v1/pooled-funds/${paid.id}`, { currency: 'EUR' })).body).toMatchObject({ title: 'The currency of the fund is in use' });
  });

  test('keeps the states for which it has envelopes', async () => {
    const fund = await createFund();
    await people.officer.post(windowsOf(fund), WINDOW).expect(201);
    expect((await people.officer.edit(`/v1/pooled-funds/${fund.id}`, { countries: ['NER'] })).body).toMatchObject({ status: 422, code: 'OUTSIDE_FUND', field: 'countries' });
    expect((await people.officer.edit(`/v1/pooled-funds/${fund.id}`, { countries: ['MLI', 'TCD'] })).status).toBe(200);
  });
});

describe('windows', () => {
  test('are opened, read, listed and changed by what their ETag says', async () => {
    const fund = await createFund();
    const answer = await people.officer.post(windowsOf(fund), WINDOW).expect(201);
    const envelope = answer.body as Answered;
    expect(envelope).toMatchObject({ fundId: fund.id, ...WINDOW, version: 1 });
    expect([answer.headers.location, answer.headers.etag]).toEqual([`${windowsOf(fund)}/${envelope.id}`, '"1"']);
    const theme = await bodyOf(people.officer.post(windowsOf(fund), { code: 'EAU', nameFr: 'Eau', nameEn: 'Water' }).expect(201));
    expect(theme).toMatchObject({ country: null, opensOn: null, closesOn: null, minimum: null });
    expect(await itemsOf(people.officer.get(windowsOf(fund)))).toEqual([theme, envelope]);
    expect(await itemsOf(people.officer.get(`${windowsOf(fund)}?country=MLI`))).toEqual([envelope]);

    const changed = await people.officer.edit(`${windowsOf(fund)}/${envelope.id}`, { minimum: null, closesOn: '2026-06-30' }).expect(200);
    expect(changed.body).toEqual({ ...envelope, minimum: null, closesOn: '2026-06-30', version: 2 });
    const stale = await people.officer.patch(`${windowsOf(fund)}/${envelope.id}`, { code: 'MALI' }).set('if-match', '"1"');
    expect(stale.body).toMatchObject({ status: 412, code: 'STALE' });
    expect((await people.officer.patch(`${windowsOf(fund)}/${envelope.id}`, { code: 'MALI' })).body).toMatchObject({ status: 428 });

    const trail = await app.deps.db.auditEvent.findMany({ where: { recordKind: 'fund_window', recordId: envelope.id }, orderBy: { at: 'asc' } });
    expect(trail).toMatchObject([
      { action: 'fund_window.create', detail: { after: { fundId: fund.id, code: 'ML' } } },
      { action: 'fund_window.update', detail: { before: { minimum: usd('500.00') }, after: { minimum: null } } },
    ]);
  });

  test.each([
    [{ country: 'SEN' }, 422, 'OUTSIDE_FUND', 'country'],
    [{ code: 'ML2' }, 409, 'DUPLICATE', 'country'],
    [{ country: null }, 409, 'DUPLICATE', 'code'],
    [{ closesOn: '2024-12-31' }, 400, 'PERIOD_REVERSED', 'closesOn'],
    [{ country: 'NER', minimum: { amount: '1', currency: 'EUR' } }, 422, 'CURRENCY_MISMATCH', 'minimum.currency'],
    [{ country: 'NER', minimum: usd('0') }, 400, 'AMOUNT_NOT_POSITIVE', 'minimum.amount'],
  ] as const)('are refused with %j: %i %s at %s', async (more, status, code, field) => {
    const fund = await createFund();
    await people.officer.post(windowsOf(fund), WINDOW).expect(201);
    const ask = (language: string) => people.officer.post(windowsOf(fund), { ...WINDOW, ...more }).set('accept-language', language);
    expect((await ask('fr')).body).toMatchObject({ status, code, field, title: problemsFr[code].title });
    expect((await ask('en')).body).toMatchObject({ status, code, field, title: problemsEn[code].title });
  });

  test('of one country is one, however many ask at once', async () => {
    const fund = await createFund();
    const answers = await Promise.all([1, 2, 3, 4].map((n) => people.officer.post(windowsOf(fund), { ...WINDOW, code: `ML-${n}` })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  });

  test('keep their state once something was promised to them', async () => {
    const fund = await createFund();
    const window = await bodyOf(people.officer.post(windowsOf(fund), WINDOW).expect(201));
    await commit(fund, { windowId: window.id });
    const path = `${windowsOf(fund)}/${window.id}`;
    expect((await people.officer.edit(path, { country: 'NER' })).body).toMatchObject({ status: 409, code: 'CODE_IN_USE', field: 'country' });
    expect((await people.officer.edit(path, { code: 'MALI' })).status).toBe(200);
  });

  test('belong to their fund, and a closed fund opens none', async () => {
    const fund = await createFund();
    const other = await createFund();
    const window = await bodyOf(people.officer.post(windowsOf(fund), WINDOW).expect(201));
    expect((await people.officer.get(`${windowsOf(other)}/${window.id}`)).body).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect((await people.officer.get(windowsOf({ id: newId() }))).status).toBe(404);
    await app.deps.db.pooledFund.update({ where: { id: other.id }, data: { status: 'closed' } });
    expect((await people.officer.post(windowsOf(other), WINDOW)).body).toMatchObject({ status: 409, code: 'FUND_CLOSED' });
  });

  test('are kept by officers and administrators, and read by everybody', async () => {
    const fund = await createFund();
    const window = await bodyOf(people.officer.post(windowsOf(fund), WINDOW).expect(201));
    for (const role of ['approver', 'donor', 'minister', 'auditor'] as const) {
      const user = await app.user({ roles: [role], states: ['MLI'], ...(role === 'donor' && { organisationId: donorId }) });
      expect((await user.get(`${windowsOf(fund)}/${window.id}`)).body).toEqual(window);
      expect((await user.post(windowsOf(fund), { ...WINDOW, country: 'NER' })).body).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    }
    const administrator = await app.user({ roles: ['administrator'] });
    expect((await administrator.post(windowsOf(fund), { ...WINDOW, code: 'NE', country: 'NER' })).status).toBe(201);
  });
});
