import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fromDay, toDay } from '../../src/domain/days.js';
import { SYSTEM_USER_ID } from '../../src/domain/system-user.js';
import { postFundEntries } from '../../src/features/fund-book/fund-book.store.js';
import { inTransaction } from '../../src/platform/db.js';
import { newId } from '../../src/platform/ids.js';
import { type Answered, bodyOf, itemsOf } from '../support/answers.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, type People } from '../support/ledger.js';

let app: TestApp;
let people: People;
let malian: { readonly officer: Client; readonly approver: Client };
let partnerId: string;
let fundId: string;
let envelopeId: string;
let count = 0;

const usd = (amount: string) => ({ amount, currency: 'USD' });
const day = (days: number) => toDay(new Date(Date.now() + days * 86_400_000));

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  malian = { officer: await app.user({ roles: ['finance_officer'], states: ['MLI'] }), approver: await app.user({ roles: ['approver'], states: ['MLI'] }) };
  partnerId = await createOrganisation(app, 'Caritas Mali');
  await addRate(app, 'USD', '2025-01-02', '1.0000');
  fundId = (await post('/v1/pooled-funds', { code: 'SAHEL', nameFr: 'Fonds', nameEn: 'Fund', currency: 'USD', countries: ['MLI', 'NER'] })).id;
  envelopeId = (await post(`/v1/pooled-funds/${fundId}/windows`, { code: 'ML', nameFr: 'Mali', nameEn: 'Mali', country: 'MLI' })).id;
});
afterAll(() => app.close());

function post(path: string, body: object, by: Client = people.officer): Promise<Answered> {
  return bodyOf(by.post(path, body).expect(201));
}

function roundBody(more: object = {}): object {
  count += 1;
  return { fundId, code: `R-${count}`, modality: 'standard', nameFr: 'Appel', nameEn: 'Round', ceiling: usd('1000.00'), opensOn: '2025-03-01', closesOn: day(30), ...more };
}
const createRound = (more: object = {}) => post('/v1/allocation-rounds', roundBody(more));

const proposalBody = (roundId: string, more: object = {}) => ({ roundId, partnerId, title: 'Puits à Gao', requested: usd('400.00'), splits: { country: [{ code: 'MLI' }] }, description: 'Dix puits', ...more });
const propose = (roundId: string, more: object = {}, by = people.officer) => post('/v1/proposals', proposalBody(roundId, more), by);
const act = (id: string, what: string, by = people.officer, body: object = {}) => by.act(`/v1/proposals/${id}/${what}`, body);
const REASON = { reason: 'Hors des priorités' };

/** An allocation of the round as its approval leaves it, in a fund that has the money. */
async function award(roundId: string, minor: bigint): Promise<void> {
  const { db } = app.deps;
  const common = { fundId, currency: 'USD', valueDate: fromDay('2025-03-05'), description: 'Attribution', splits: { country: [{ code: 'MLI' }] }, countries: ['MLI'], preparedBy: SYSTEM_USER_ID };
  const source = { sourceSystem: 'test', status: 'approved' } as const;
  for (const [kind, amountMinor, more] of [['carry_over', minor, {}], ['allocation', minor, { roundId, partnerId }]] as const) {
    const id = newId();
    await db.fundOperation.create({ data: { id, reference: id, kind, amountMinor, externalId: id, ...common, ...more, ...source } });
    const line = { cell: 0, codes: { country: ['MLI'], sector: [], beneficiaryGroup: [], plan: [], usageYear: [] }, amountMinor, converted: { USD: amountMinor, EUR: amountMinor, XOF: null } };
    const entry = {
      kind, fundId, windowId: null, operationId: id, commitmentId: null, disbursementId: null, allocationId: kind === 'allocation' ? id : null, donorId: null,
      partnerId: kind === 'allocation' ? partnerId : null, counterFundId: null, restricted: false, valueDate: '2025-03-05', currency: 'USD', own: null,
      converted: { USD: null, EUR: null, XOF: null }, lines: [line], importId: null, reason: null,
    }; // prettier-ignore
    await inTransaction(db, (tx) => postFundEntries(tx, [entry], SYSTEM_USER_ID));
  }
}

describe('a round', () => {
  test('is opened, read, listed, changed, closed and opened again, each kept in the trail', async () => {
    const input = roundBody({ windowId: envelopeId, modality: 'reserve', closesOn: null });
    const answer = await people.officer.post('/v1/allocation-rounds', input).expect(201);
    const round = answer.body as Answered;
    expect(round).toMatchObject({ ...input, status: 'open', asked: usd('0.00'), awarded: usd('0.00'), left: usd('1000.00'), source: null, version: 1 });
    expect([answer.headers.location, answer.headers.etag]).toEqual([`/v1/allocation-rounds/${round.id}`, '"1"']);
    expect(await itemsOf(people.officer.get(`/v1/allocation-rounds?fundId=${fundId}&windowId=${envelopeId}`))).toEqual([round]);

    const path = `/v1/allocation-rounds/${round.id}`;
    expect((await people.officer.edit(path, { ceiling: null, nameFr: 'Appel de réserve' }).expect(200)).body).toMatchObject({ nameFr: 'Appel de réserve', ceiling: null, left: null, version: 2 });
    expect((await people.officer.act(`${path}/close`).expect(200)).body).toMatchObject({ status: 'closed', version: 3 });
    expect((await people.officer.act(`${path}/close`)).body).toMatchObject({ status: 409, code: 'STATE_CONFLICT' });
    expect((await people.officer.act(`${path}/reopen`).expect(200)).body).toMatchObject({ status: 'open', version: 4 });
    expect((await people.officer.patch(path, { code: 'X' }).set('if-match', '"1"')).body).toMatchObject({ status: 412, code: 'STALE' });
    const trail = await app.deps.db.auditEvent.findMany({ where: { recordKind: 'allocation_round', recordId: round.id }, orderBy: { at: 'asc' } });
    expect(trail.map(({ action }) => action)).toEqual(['allocation_round.create', 'allocation_round.update', 'allocation_round.close', 'allocation_round.reopen']);
  });

  test.each([
    [{ fundId: newId() }, 400, 'CODE_UNKNOWN', 'fundId'],
    [{ windowId: newId() }, 400, 'CODE_UNKNOWN', 'windowId'],
    [{ closesOn: '2025-02-28' }, 400, 'PERIOD_REVERSED', 'closesOn'],
    [{ ceiling: { amount: '1', currency: 'EUR' } }, 422, 'CURRENCY_MISMATCH', 'ceiling.currency'],
    [{ ceiling: usd('-1') }, 400, 'AMOUNT_NOT_POSITIVE', 'ceiling.amount'],
    [{ modality: 'urgent' }, 400, 'VALIDATION', 'modality'],
    [{ opensOn: null }, 400, 'VALIDATION', 'opensOn'],
  ])('is refused with %j: %i %s at %s', async (more, status, code, field) => {
    expect((await people.officer.post('/v1/allocation-rounds', roundBody(more))).body).toMatchObject({ status, code, field });
  });

  test('has a code of its own within the fund', async () => {
    const { code } = await createRound();
    expect((await people.officer.post('/v1/allocation-rounds', roundBody({ code }))).body).toMatchObject({ status: 409, code: 'DUPLICATE', field: 'code' });
  });

  test('sums what was asked and awarded, for everybody alike', async () => {
    const round = await createRound();
    const submitted = await propose(round.id, { requested: usd('400.00') });
    await act(submitted.id, 'submit').expect(200);
    const nigerien = await propose(round.id, { requested: usd('300.00'), splits: { country: [{ code: 'NER' }] } });
    await act(nigerien.id, 'submit').expect(200);
    const withdrawn = await propose(round.id, { requested: usd('50.00') });
    await act(withdrawn.id, 'submit').expect(200);
    await act(withdrawn.id, 'withdraw', people.officer, REASON).expect(200);
    await propose(round.id, { requested: usd('7.00') });
    await award(round.id, 25_000n);
    const sums = { asked: usd('700.00'), awarded: usd('250.00'), ceiling: usd('1000.00'), left: usd('750.00') };
    const donor = await app.user({ roles: ['donor'], organisationId: partnerId });
    for (const client of [people.officer, malian.officer, donor]) expect(await bodyOf(client.get(`/v1/allocation-rounds/${round.id}`))).toMatchObject(sums);
    expect((await itemsOf(donor.get(`/v1/allocation-rounds?fundId=${fundId}&limit=200`))).find(({ id }) => id === round.id)).toMatchObject(sums);

    const lower = (ceiling: string, language: string) => people.officer.edit(`/v1/allocation-rounds/${round.id}`, { ceiling: usd(ceiling) }).set('accept-language', language);
    expect((await lower('249.99', 'fr')).body).toMatchObject({ status: 422, code: 'BELOW_AWARDED', field: 'ceiling', detail: '250.00 USD sont déjà attribués ; trouvé : 249.99.' });
    expect((await lower('249.99', 'en')).body).toMatchObject({ detail: '250.00 USD are awarded already; found: 249.99.' });
    expect((await lower('250.00', 'en')).body).toMatchObject({ left: usd('0.00') });
    const administrator = await app.user({ roles: ['administrator'] });
    expect((await administrator.edit(`/v1/allocation-rounds/${round.id}`, { ceiling: usd('1.00') })).body).toMatchObject({ code: 'BELOW_AWARDED' });
  });

  test('that was imported is changed where it comes from, and takes nothing here', async () => {
    const { id } = await createRound();
    await app.deps.db.allocationRound.update({ where: { id }, data: { sourceSystem: 'cbpf', externalId: '1' } });
    expect((await people.officer.edit(`/v1/allocation-rounds/${id}`, { nameFr: 'Autre' })).body).toMatchObject({ status: 409, code: 'IMPORTED_RECORD' });
    expect((await people.officer.act(`/v1/allocation-rounds/${id}/close`)).body).toMatchObject({ code: 'IMPORTED_RECORD' });
    expect((await people.officer.post('/v1/proposals', proposalBody(id))).body).toMatchObject({ code: 'IMPORTED_RECORD' });
  });

  test('needs a fund that is open and kept here', async () => {
    const other = (code: string) => post('/v1/pooled-funds', { code, nameFr: 'F', nameEn: 'F', currency: 'USD' });
    const { id: closedId } = await other('CLOSED');
    const round = await createRound({ fundId: closedId });
    await people.officer.act(`/v1/allocation-rounds/${round.id}/close`).expect(200);
    await app.deps.db.pooledFund.update({ where: { id: closedId }, data: { status: 'closed' } });
    expect((await people.officer.post('/v1/allocation-rounds', roundBody({ fundId: closedId }))).body).toMatchObject({ status: 409, code: 'FUND_CLOSED', field: 'fundId' });
    expect((await people.officer.act(`/v1/allocation-rounds/${round.id}/reopen`)).body).toMatchObject({ status: 409, code: 'FUND_CLOSED' });
    const { id: mirroredId } = await other('MIRRORED');
    await app.deps.db.pooledFund.update({ where: { id: mirroredId }, data: { sourceSystem: 'mptf', externalId: 'X' } });
    expect((await people.officer.post('/v1/allocation-rounds', roundBody({ fundId: mirroredId }))).body).toMatchObject({ status: 409, code: 'FUND_MIRRORED' });
  });

  test('is kept by officers and administrators, and read by everybody', async () => {
    const { id } = await createRound();
    for (const role of ['approver', 'donor', 'minister', 'auditor'] as const) {
      const user = await app.user({ roles: [role], states: ['MLI'], ...(role === 'donor' && { organisationId: partnerId }) });
      expect((await user.get(`/v1/allocation-rounds/${id}`)).status).toBe(200);
      expect((await user.post('/v1/allocation-rounds', roundBody())).body).toMatchObject({ status: 403, code: 'FORBIDDEN' });
      expect((await user.act(`/v1/allocation-rounds/${id}/close`)).body).toMatchObject({ status: 403 });
    }
  });
});

describe('a proposal', () => {
  test('is written, changed, handed in and turned down, each kept in the trail', async () => {
    const round = await createRound();
    const answer = await people.officer.post('/v1/proposals', proposalBody(round.id)).expect(201);
    const draft = answer.body as Answered;
    expect(draft).toMatchObject({ ...proposalBody(round.id), fundId, reference: expect.stringMatching(/^PRO-\d{4}-\d{6}$/), countries: ['MLI'], status: 'draft', preparedBy: people.officer.userId, submittedBy: null });
    expect(answer.headers.location).toBe(`/v1/proposals/${draft.id}`);
    const edited = await people.second.edit(`/v1/proposals/${draft.id}`, { requested: usd('450.00'), splits: { country: [{ code: 'MLI' }], sector: [{ code: 'WSH' }] } }).expect(200);
    expect(edited.body).toMatchObject({ requested: usd('450.00'), splits: { country: [{ code: 'MLI' }], sector: [{ code: 'WSH' }] }, preparedBy: people.second.userId });
    expect((await act(draft.id, 'submit').expect(200)).body).toMatchObject({ status: 'submitted', submittedBy: people.officer.userId });
    expect((await people.officer.edit(`/v1/proposals/${draft.id}`, { title: 'Autre' })).body).toMatchObject({ status: 409, code: 'STATE_CONFLICT' });
    expect((await act(draft.id, 'submit')).body).toMatchObject({ code: 'STATE_CONFLICT' });
    const declined = await act(draft.id, 'decline', people.approver, REASON).expect(200);
    expect(declined.body).toMatchObject({ status: 'declined', decidedBy: people.approver.userId, decisionReason: REASON.reason });
    expect((await act(draft.id, 'withdraw', people.officer, REASON)).body).toMatchObject({ code: 'STATE_CONFLICT' });
    const trail = await app.deps.db.auditEvent.findMany({ where: { recordKind: 'proposal', recordId: draft.id }, orderBy: { at: 'asc' } });
    expect(trail.map(({ action, reason }) => [action, reason])).toEqual([['proposal.create', null], ['proposal.edit', null], ['proposal.submit', null], ['proposal.decline', REASON.reason]]);
    expect(trail[1]?.detail).toMatchObject({ before: { requested: usd('400.00') }, after: { requested: usd('450.00') } });
  });

  test('is not declined by whoever wrote, changed or handed it in', async () => {
    const round = await createRound();
    const both = await app.user({ roles: ['finance_officer', 'approver'], states: ['MLI'] });
    const mine = await propose(round.id, {}, both);
    await people.second.edit(`/v1/proposals/${mine.id}`, { title: 'Autre' }).expect(200);
    await act(mine.id, 'submit').expect(200);
    for (const client of [both, people.second]) {
      expect((await act(mine.id, 'decline', client, REASON)).body).toMatchObject({ status: 403, code: 'FOUR_EYES' });
    }
    expect((await act(mine.id, 'decline', both, REASON).set('accept-language', 'fr')).body).toMatchObject({ title: 'Une seconde personne doit décider' });
    expect((await act(mine.id, 'decline', people.approver, REASON)).status).toBe(200);
  });

  test('is for the states of the window, else of the fund, when none are named', async () => {
    const withFund = await propose((await createRound()).id, { splits: {} });
    expect(withFund).toMatchObject({ countries: ['MLI', 'NER'], splits: { country: [{ code: 'MLI' }, { code: 'NER' }] } });
    const inEnvelope = await createRound({ windowId: envelopeId });
    expect(await propose(inEnvelope.id, { splits: { sector: [{ code: 'WSH' }] } })).toMatchObject({ countries: ['MLI'] });
    const outside = (roundId: string, code: string, language: string) => people.officer.post('/v1/proposals', proposalBody(roundId, { splits: { country: [{ code }] } })).set('accept-language', language);
    expect((await outside(inEnvelope.id, 'NER', 'fr')).body).toMatchObject({ status: 422, code: 'OUTSIDE_FUND', field: 'splits.country', detail: '« NER » ne figure pas parmi les États possibles : MLI.' });
    expect((await outside(withFund.roundId as string, 'TCD', 'en')).body).toMatchObject({ detail: '“TCD” is not among the possible states: MLI, NER.' });
  });

  test.each([
    [{ partnerId: newId() }, 400, 'CODE_UNKNOWN', 'partnerId'],
    [{ requested: { amount: '1', currency: 'EUR' } }, 422, 'CURRENCY_MISMATCH', 'requested.currency'],
    [{ requested: usd('0') }, 400, 'AMOUNT_NOT_POSITIVE', 'requested.amount'],
    [{ splits: { country: [{ code: 'MLI' }], sector: [{ code: 'NOPE' }] } }, 400, 'CODE_UNKNOWN', 'splits.sector'],
    [{ splits: { country: [{ code: 'MLI', share: '50' }, { code: 'NER', share: '40' }] } }, 400, 'SPLIT_NOT_WHOLE', 'splits.country'],
    [{ roundId: newId() }, 404, 'NOT_FOUND', 'roundId'],
    [{ title: ' ' }, 400, 'VALIDATION', 'title'],
  ])('is refused with %j: %i %s at %s', async (more, status, code, field) => {
    const round = await createRound();
    expect((await people.officer.post('/v1/proposals', proposalBody(round.id, more))).body).toMatchObject({ status, code, field });
  });

  test('is taken while its round is open, and declined or withdrawn also later', async () => {
    const early = await createRound({ opensOn: day(2) });
    const over = await createRound({ closesOn: day(-2) });
    const ask = (roundId: string, language: string) => people.officer.post('/v1/proposals', proposalBody(roundId)).set('accept-language', language);
    expect((await ask(early.id, 'fr')).body).toMatchObject({ status: 409, code: 'ROUND_CLOSED', field: 'roundId', title: 'Le cycle d’allocation n’est pas ouvert', detail: expect.stringContaining(`à partir du ${day(2)} et jusqu’au ${day(30)}`) });
    expect((await ask(over.id, 'en')).body).toMatchObject({ code: 'ROUND_CLOSED', detail: expect.stringContaining(`until ${day(-2)}; today:`) });

    const round = await createRound({ modality: 'reserve', closesOn: null });
    const draft = await propose(round.id);
    const declined = await propose(round.id);
    const withdrawn = await propose(round.id);
    await act(declined.id, 'submit').expect(200);
    await people.officer.act(`/v1/allocation-rounds/${round.id}/close`).expect(200);
    expect((await act(draft.id, 'submit').set('accept-language', 'en')).body).toMatchObject({ code: 'ROUND_CLOSED', detail: expect.stringContaining('takes proposals from 2025-03-01, and has been closed; today:') });
    expect((await people.officer.edit(`/v1/proposals/${draft.id}`, { title: 'Autre' })).body).toMatchObject({ code: 'ROUND_CLOSED' });
    expect((await act(declined.id, 'decline', people.approver, REASON)).status).toBe(200);
    expect((await act(withdrawn.id, 'withdraw', people.officer, REASON)).status).toBe(200);
    await people.officer.act(`/v1/allocation-rounds/${round.id}/reopen`).expect(200);
    expect((await act(draft.id, 'submit')).status).toBe(200);
  });

  test('is written for one’s own states, and shown to those who work for one of its states', async () => {
    const round = await createRound();
    const shared = { splits: { country: [{ code: 'MLI' }, { code: 'NER' }] } };
    expect((await malian.officer.post('/v1/proposals', proposalBody(round.id, shared))).body).toMatchObject({ status: 403, code: 'OUT_OF_SCOPE' });
    const own = await propose(round.id, {}, malian.officer);
    expect((await malian.officer.edit(`/v1/proposals/${own.id}`, shared)).body).toMatchObject({ code: 'OUT_OF_SCOPE' });
    const both = await propose(round.id, shared);
    const niger = await propose(round.id, { splits: { country: [{ code: 'NER' }] } });
    await act(both.id, 'submit').expect(200);
    expect((await act(both.id, 'decline', malian.approver, REASON)).body).toMatchObject({ status: 403, code: 'OUT_OF_SCOPE' });
    expect((await act(both.id, 'withdraw', malian.officer, REASON)).body).toMatchObject({ code: 'OUT_OF_SCOPE' });

    const listed = async (client: Client) => (await itemsOf(client.get(`/v1/proposals?roundId=${round.id}&sort=recordedAt`).expect(200))).map(({ id }) => id);
    const all = [own.id, both.id, niger.id];
    expect(await listed(malian.officer)).toEqual([own.id, both.id]);
    expect(await listed(await app.user({ roles: ['minister'], states: ['NER'] }))).toEqual([both.id, niger.id]);
    for (const role of ['administrator', 'auditor'] as const) expect(await listed(await app.user({ roles: [role] }))).toEqual(all);
    expect((await malian.officer.get(`/v1/proposals/${niger.id}`)).body).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    const donor = await app.user({ roles: ['donor'], organisationId: partnerId });
    expect((await donor.get('/v1/proposals')).body).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect((await malian.approver.post('/v1/proposals', proposalBody(round.id))).body).toMatchObject({ code: 'FORBIDDEN' });
    expect((await act(own.id, 'decline', malian.officer, REASON)).body).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('is found by its round, fund, partner, state and status', async () => {
    const round = await createRound();
    const { id } = await propose(round.id, { splits: { country: [{ code: 'NER' }] } });
    await act(id, 'submit').expect(200);
    await propose(round.id);
    const found = async (query: string) => (await itemsOf(people.officer.get(`/v1/proposals?roundId=${round.id}&${query}`).expect(200))).length;
    expect([await found(`fundId=${fundId}`), await found(`fundId=${newId()}`), await found(`partnerId=${partnerId}`), await found('country=NER'), await found('status=submitted')]).toEqual([2, 0, 2, 1, 1]);
  });

  test('an absent approver’s delegate declines in their name', async () => {
    const round = await createRound();
    const { id } = await propose(round.id);
    await act(id, 'submit').expect(200);
    const absent = await app.user({ roles: ['approver'], states: ['MLI', 'NER'] });
    const delegate = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
    await absent.post('/v1/delegations', { toUserId: delegate.userId, startsOn: day(0), endsOn: day(3), reason: 'Mission' }).expect(201);
    expect((await act(id, 'decline', delegate, REASON).expect(200)).body).toMatchObject({ status: 'declined', decidedBy: delegate.userId });
    const [decline] = await app.deps.db.auditEvent.findMany({ where: { recordId: id, action: 'proposal.decline' } });
    expect(decline?.onBehalfOf).toBe(absent.userId);
  });
});
