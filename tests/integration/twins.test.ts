import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { computeReport } from '../../src/features/reports/compute-report.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';
import { expectSoundLedger } from '../support/sound-ledger.js';

interface Statement {
  readonly id: string;
  readonly reference: string;
  readonly [field: string]: unknown;
}

interface Page<T = Readonly<Record<string, unknown>>> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

interface Pair {
  readonly id: string;
  readonly donorSide: { readonly id: string };
  readonly stateSide: { readonly id: string };
  readonly score: number;
  readonly certain: boolean;
  readonly settlement: { readonly id: string } | null;
  readonly [field: string]: unknown;
}

const PERIOD = 'from=2025-01-01&to=2025-12-31';

let app: TestApp;
let people: People;
let donorId: string;
let otherId: string;
/** Users of the two donors; officers of Niger, with and without restricted flows; an auditor; a minister of Mali. */
let donor: Client;
let other: Client;
let nigerien: Client;
let auditor: Client;
let minister: Client;
let commitmentId: string;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  donorId = await createOrganisation(app, 'Exemplie');
  otherId = await createOrganisation(app, 'Autrie');
  donor = await app.user({ roles: ['donor'], organisationId: donorId, seesRestricted: false });
  other = await app.user({ roles: ['donor'], organisationId: otherId, seesRestricted: false });
  nigerien = await app.user({ roles: ['finance_officer'], states: ['NER'], seesRestricted: false });
  auditor = await app.user({ roles: ['auditor'] });
  minister = await app.user({ roles: ['minister'], states: ['MLI'], seesRestricted: false });
  await addRate(app, 'USD', '2025-03-07', '1.1000');
  commitmentId = await commit(donorId);
});

afterAll(() => app.close());

async function commit(of: string, more: Parameters<typeof flowBody>[1] = {}): Promise<string> {
  const { body } = await people.second.post('/v1/commitments', flowBody(of, { amount: '100000.00', valueDate: '2025-03-20', ...more })).expect(201);
  return (body as { id: string }).id;
}

const statementBody = (more: object = {}) => ({
  donorId,
  countries: ['MLI'],
  amount: { amount: '1000.00', currency: 'EUR' },
  valueDate: '2025-04-08',
  description: 'Virement au Trésor',
  ...more,
});

async function state(by: Client, more: object = {}): Promise<Statement> {
  const { body } = await by.post('/v1/payment-statements', statementBody(more)).expect(201);
  return body as Statement;
}

async function read<T>(by: Client, path: string): Promise<T> {
  const { body } = await by.get(path).expect(200);
  return body as T;
}

const pairsOf = async (by: Client, query = '') => (await read<Page<Pair>>(by, `/v1/twins?${PERIOD}${query}`)).items;
const unmatchedOf = async (by: Client, side: 'donor' | 'state', query = '') => (await read<Page<{ readonly id: string }>>(by, `/v1/twins/unmatched?side=${side}&${PERIOD}${query}`)).items;
const names = (pairs: readonly Pair[]) => pairs.map((pair) => `${pair.donorSide.id} ${pair.stateSide.id}`).sort();

const settle = (by: Client, body: object) => by.post('/v1/twins', { reason: 'Avis de crédit vu', ...body });

/** Disbursed in EUR, all donors. */
async function reported(): Promise<string> {
  const { body } = await people.officer.post('/v1/reports', { groupBy: ['donor'], currency: 'EUR' }).expect(202);
  const { id } = body as { id: string };
  await computeReport.run(app.deps, { runId: id });
  const { text } = await people.officer.get(`/v1/reports/${id}/json`).expect(200);
  return (JSON.parse(text) as { total: { disbursed: string } }).total.disbursed;
}

async function soundLedger(): Promise<void> {
  await expectSoundLedger(app.deps.db);
}

describe('what a donor says it paid', () => {
  test('is recorded by the donor, counts nowhere, and is audited', async () => {
    const before = await reported();
    const statement = await state(donor, { amount: { amount: '77.00', currency: 'EUR' }, valueDate: '2025-02-01', donorReference: 'SWIFT-1' });
    expect(statement).toMatchObject({ donorId, countries: ['MLI'], amount: { amount: '77.00', currency: 'EUR' }, donorReference: 'SWIFT-1', recordedBy: donor.userId, withdrawal: null, version: 1 });
    expect(statement.reference).toMatch(/^AVI-2025-\d{6}$/);
    expect(await reported()).toBe(before);
    const event = await app.deps.db.auditEvent.findFirstOrThrow({ where: { recordKind: 'payment_statement', recordId: statement.id } });
    expect(event).toMatchObject({ action: 'payment_statement.create', actorId: donor.userId });
    const { body: withdrawn, headers } = await donor.act(`/v1/payment-statements/${statement.id}/withdraw`, { reason: 'Saisi deux fois' }).expect(200);
    expect(withdrawn).toMatchObject({ withdrawal: { by: donor.userId, reason: 'Saisi deux fois' }, version: 2 });
    expect(headers.etag).toBe('"2"');
    const { body: again } = await donor.act(`/v1/payment-statements/${statement.id}/withdraw`, { reason: 'Encore' }).expect(409);
    expect(again).toMatchObject({ code: 'STATE_CONFLICT' });
    expect((await read<Page>(donor, '/v1/payment-statements?withdrawn=true')).items).toMatchObject([{ id: statement.id }]);
    expect((await read<Page>(donor, `/v1/payment-statements?withdrawn=false&country=MLI&donorId=${donorId}`)).items).toEqual([]);
  });

  test('is stated for oneself only, or by an officer of the states named', async () => {
    const { body: english } = await other.post('/v1/payment-statements', statementBody()).expect(403);
    expect(english).toMatchObject({ code: 'DONOR_OWN_WORD', detail: 'A donor states its own payments only; what it has stated itself, it alone withdraws.' });
    const { body: french } = await other.post('/v1/payment-statements', statementBody()).set('accept-language', 'fr').expect(403);
    expect(french).toMatchObject({ title: 'Parole d’un donateur' });
    const { body: outside } = await nigerien.post('/v1/payment-statements', statementBody()).expect(403);
    expect(outside).toMatchObject({ code: 'OUT_OF_SCOPE' });
    await minister.post('/v1/payment-statements', statementBody()).expect(403);
    await auditor.post('/v1/payment-statements', statementBody()).expect(403);
    const letter = await state(nigerien, { countries: ['NER'], donorId: otherId, valueDate: '2025-01-05', amount: { amount: '5.00', currency: 'EUR' } });
    await nigerien.act(`/v1/payment-statements/${letter.id}/withdraw`, { reason: 'Lettre d’un autre dossier' }).expect(200);
  });

  test.each<[object, string]>([
    [{ amount: { amount: '0', currency: 'EUR' } }, 'AMOUNT_NOT_POSITIVE'],
    [{ amount: { amount: '1.001', currency: 'EUR' } }, 'AMOUNT_DIGITS'],
    [{ valueDate: '2999-01-01' }, 'DATE_IN_FUTURE'],
    [{ countries: ['XXX'] }, 'CODE_UNKNOWN'],
    [{ countries: ['MLI', 'MLI'] }, 'CODE_REPEATED'],
    [{ countries: [] }, 'VALIDATION'],
  ])('%j is refused: %s', async (more, code) => {
    const { body } = await donor.post('/v1/payment-statements', statementBody(more)).expect((response) => expect([400, 422]).toContain(response.status));
    expect(body).toMatchObject({ code });
  });

  test('is withdrawn with the version seen, by the donor alone when it spoke itself', async () => {
    const statement = await state(donor, { valueDate: '2025-02-02', amount: { amount: '78.00', currency: 'EUR' } });
    const { body } = await people.officer.act(`/v1/payment-statements/${statement.id}/withdraw`, { reason: 'Douteux' }).expect(403);
    expect(body).toMatchObject({ code: 'DONOR_OWN_WORD' });
    await other.act(`/v1/payment-statements/${statement.id}/withdraw`, { reason: 'Douteux' }).expect(404);
    await donor.post(`/v1/payment-statements/${statement.id}/withdraw`, { reason: 'Erreur' }).expect(428);
    await donor.post(`/v1/payment-statements/${statement.id}/withdraw`, { reason: 'Erreur' }).set('if-match', '"9"').expect(412);
    await donor.act(`/v1/payment-statements/${statement.id}/withdraw`, { reason: 'Erreur' }).expect(200);
  });

  test('is shown to the donor, to the states it names, and to who sees all; a restricted one to fewer', async () => {
    const open = await state(donor, { valueDate: '2025-02-03', amount: { amount: '79.00', currency: 'EUR' } });
    const secret = await state(donor, { valueDate: '2025-02-03', amount: { amount: '80.00', currency: 'EUR' }, restricted: true });
    const seen = async (by: Client) => (await read<Page<{ readonly id: string }>>(by, '/v1/payment-statements?from=2025-02-03&to=2025-02-03')).items.map(({ id }) => id).sort();
    expect(await seen(donor)).toEqual([open.id, secret.id].sort());
    expect(await seen(people.officer)).toEqual([open.id, secret.id].sort());
    expect(await seen(auditor)).toEqual([open.id, secret.id].sort());
    expect(await seen(minister)).toEqual([open.id]);
    expect(await seen(nigerien)).toEqual([]);
    expect(await seen(other)).toEqual([]);
    await minister.get(`/v1/payment-statements/${secret.id}`).expect(404);
    for (const { id } of [open, secret]) await donor.act(`/v1/payment-statements/${id}/withdraw`, { reason: 'Essai' }).expect(200);
  });
});

describe('a statement and what the state has', () => {
  let statement: Statement;
  let payment: { readonly id: string };

  test('stand side by side and are counted once, before a person settles and after', async () => {
    statement = await state(donor, { donorReference: 'VIR 2025/0408' });
    payment = await pay(people, commitmentId, '990.00', { valueDate: '2025-04-10' });
    expect(await reported()).toBe('990.00');
    // 990 against 1,000: 1 %, so 50 − 10; two days: 30 − 2; no number in common: 0; the same state: 5.
    expect(await pairsOf(people.officer)).toMatchObject([
      {
        id: `${payment.id} ${statement.id}`,
        donorSide: { id: statement.id, source: 'statement', status: 'stated', amount: { amount: '1000.00', currency: 'EUR' }, references: ['VIR 2025/0408'] },
        stateSide: { id: payment.id, source: 'state', status: 'approved', amount: { amount: '990.00', currency: 'EUR' }, amountUsd: { amount: '1089.00', currency: 'USD' } },
        score: 73,
        certain: true,
        differences: { amount: { amount: '-10.00', currency: 'EUR' }, amountPercent: '1.00', days: 2, reference: 'different', states: 'equal' },
        alternatives: [],
        settlement: null,
        restricted: false,
      },
    ]);
    expect(await pairsOf(people.officer, '&amountTolerance=0.99')).toEqual([]);
    expect((await unmatchedOf(people.officer, 'donor', '&amountTolerance=0.99')).map(({ id }) => id)).toEqual([statement.id]);
    expect((await unmatchedOf(people.officer, 'state', '&dateTolerance=1')).map(({ id }) => id)).toEqual([payment.id]);
    expect(await unmatchedOf(people.officer, 'state')).toEqual([]);
  });

  test('are shown to the donor and to the state, not to others', async () => {
    for (const by of [donor, minister, auditor]) expect(names(await pairsOf(by))).toEqual([`${statement.id} ${payment.id}`]);
    for (const by of [other, nigerien]) expect(await pairsOf(by)).toEqual([]);
    expect(await pairsOf(people.officer, '&country=NER')).toEqual([]);
    expect(await pairsOf(people.officer, `&donorId=${otherId}`)).toEqual([]);
    expect(await pairsOf(people.officer, `&donorId=${donorId}&country=MLI`)).toHaveLength(1);
  });

  test('are settled by somebody who works for the state and neither prepared nor stated', async () => {
    const both = { disbursementId: payment.id, statementId: statement.id, decision: 'same' };
    for (const by of [donor, minister, auditor]) await settle(by, both).expect(403);
    const { body: four } = await settle(people.officer, both).expect(403);
    expect(four).toMatchObject({ code: 'FOUR_EYES' });
    await settle(nigerien, both).expect(404);
    const { body: neither } = await people.approver.post('/v1/twins', { disbursementId: payment.id, decision: 'same', reason: 'x' }).set('accept-language', 'fr').expect(400);
    expect(neither).toMatchObject({ code: 'VALIDATION', errors: [{ field: 'statementId', detail: 'Nommez soit une déclaration (statementId), soit un versement importé (importedId).' }] });
    const { body: settled } = await settle(people.approver, both).expect(201);
    expect(settled).toMatchObject({ ...both, importedId: null, inForce: true, settledBy: people.approver.userId, differences: { amountPercent: '1.00', days: 2 } });
    expect(await reported()).toBe('990.00');
    const event = await app.deps.db.auditEvent.findFirstOrThrow({ where: { recordKind: 'twin' } });
    expect(event).toMatchObject({ action: 'twin.settle', reason: 'Avis de crédit vu', actorId: people.approver.userId });
    expect(await pairsOf(donor)).toMatchObject([{ certain: true, settlement: { decision: 'same', inForce: true } }]);
    // Also beyond the tolerance of the question.
    expect(await pairsOf(donor, '&amountTolerance=0')).toHaveLength(1);
    expect(await unmatchedOf(donor, 'donor', '&amountTolerance=0')).toEqual([]);
    await soundLedger();
  });

  test('are settled once: neither with another', async () => {
    const second = await state(donor, { valueDate: '2025-04-09' });
    const conflict = await settle(people.approver, { disbursementId: payment.id, statementId: second.id, decision: 'same' }).expect(409);
    expect(conflict.body).toMatchObject({ code: 'STATE_CONFLICT' });
    const elsewhere = await pay(people, commitmentId, '1000.00', { valueDate: '2025-08-20' });
    await settle(people.approver, { disbursementId: elsewhere.id, statementId: statement.id, decision: 'same' }).expect(409);
    await settle(people.approver, { disbursementId: payment.id, statementId: statement.id, decision: 'same' }).expect(409);
    expect((await unmatchedOf(people.officer, 'donor')).map(({ id }) => id)).toEqual([second.id]);
    expect((await unmatchedOf(people.officer, 'state')).map(({ id }) => id)).toEqual([elsewhere.id]);
    await donor.act(`/v1/payment-statements/${second.id}/withdraw`, { reason: 'Saisi deux fois' }).expect(200);
  });

  test('what is settled as the same is not withdrawn; settled as different later, it is unmatched again', async () => {
    const { body } = await donor.act(`/v1/payment-statements/${statement.id}/withdraw`, { reason: 'Erreur' }).expect(409);
    expect(body).toMatchObject({ code: 'STATE_CONFLICT' });
    await settle(people.approver, { disbursementId: payment.id, statementId: statement.id, decision: 'different', reason: 'Autre avis de crédit' }).expect(201);
    await settle(people.approver, { disbursementId: payment.id, statementId: statement.id, decision: 'different' }).expect(409);
    // Somebody has said that they differ: they are not proposed again.
    expect(await pairsOf(people.officer)).toEqual([]);
    expect((await unmatchedOf(people.officer, 'donor')).map(({ id }) => id)).toEqual([statement.id]);
    const { items } = await read<Page>(people.officer, `/v1/twins/settlements?disbursementId=${payment.id}`);
    expect(items).toMatchObject([{ decision: 'different', inForce: false, reason: 'Autre avis de crédit' }, { decision: 'same', inForce: false }]);
    expect((await read<Page>(donor, '/v1/twins/settlements')).items).toHaveLength(2);
    expect((await read<Page>(other, '/v1/twins/settlements')).items).toEqual([]);
    await settle(people.second, { disbursementId: payment.id, statementId: statement.id, decision: 'same' }).expect(201);
    expect(names(await pairsOf(people.officer))).toEqual([`${statement.id} ${payment.id}`]);
  });

  test('a payment that is reversed leaves its statement unmatched', async () => {
    const { body } = await people.second.post('/v1/reversals', { stage: 'disbursement', recordId: payment.id, reason: 'Jamais arrivé' }).expect(201);
    await people.approver.act(`/v1/reversals/${(body as { id: string }).id}/approve`).expect(200);
    expect(await pairsOf(people.officer)).toEqual([]);
    expect((await unmatchedOf(people.officer, 'donor')).map(({ id }) => id)).toEqual([statement.id]);
    const { body: gone } = await settle(people.second, { disbursementId: payment.id, statementId: statement.id, decision: 'same' }).expect(409);
    expect(gone).toMatchObject({ code: 'STATE_CONFLICT' });
    await donor.act(`/v1/payment-statements/${statement.id}/withdraw`, { reason: 'Virement revenu' }).expect(200);
    await soundLedger();
  });
});

describe('what is matched', () => {
  test('in two currencies by the dollars of their days: francs at the fixed rate', async () => {
    const payment = await pay(people, commitmentId, '2000.00', { valueDate: '2025-05-10' });
    const statement = await state(donor, { amount: { amount: '1311914', currency: 'XOF' }, valueDate: '2025-05-09' });
    // 1,311,914 XOF = 2,000 EUR = 2,200 USD, and so are 2,000 EUR: 48 + 29 + 0 + 5.
    const pairs = await pairsOf(donor);
    expect(pairs.filter(({ donorSide }) => donorSide.id === statement.id)).toMatchObject([
      { stateSide: { id: payment.id }, donorSide: { amountUsd: { amount: '2200.00', currency: 'USD' } }, score: 82, differences: { amount: { amount: '0.00', currency: 'USD' }, amountPercent: '0.00' } },
    ]);
  });

  test('of an organisation and its duplicate, once they are merged; of two donors never', async () => {
    const duplicateId = await createOrganisation(app, 'Exemplie (ministère)');
    const elsewhere = await commit(duplicateId);
    const payment = await pay(people, elsewhere, '3000.00', { valueDate: '2025-06-10' });
    const statement = await state(donor, { amount: { amount: '3000.00', currency: 'EUR' }, valueDate: '2025-06-10' });
    const found = async () => names(await pairsOf(people.officer)).filter((name) => name.includes(payment.id));
    expect(await found()).toEqual([]);
    const both = { disbursementId: payment.id, statementId: statement.id, decision: 'same' };
    const { body } = await settle(people.approver, both).set('accept-language', 'fr').expect(422);
    expect(body).toMatchObject({ code: 'TWIN_DONORS_DIFFER', title: 'Les donateurs diffèrent' });
    await app.deps.db.organisation.update({ where: { id: duplicateId }, data: { mergedIntoId: donorId } });
    expect(await found()).toEqual([`${statement.id} ${payment.id}`]);
    await settle(people.approver, both).expect(201);
    expect(await found()).toEqual([`${statement.id} ${payment.id}`]);
  });

  test('a restricted flow is matched for who sees it and for its donor', async () => {
    const secret = await commit(donorId, { more: { restricted: true } });
    const payment = await pay(people, secret, '4000.00', { valueDate: '2025-07-10' });
    const statement = await state(donor, { amount: { amount: '4000.00', currency: 'EUR' }, valueDate: '2025-07-10' });
    const found = async (by: Client) => names(await pairsOf(by)).filter((name) => name.includes(payment.id));
    for (const by of [people.officer, donor, auditor]) expect(await found(by)).toEqual([`${statement.id} ${payment.id}`]);
    expect(await found(minister)).toEqual([]);
    const read = await app.deps.db.auditEvent.findFirst({ where: { action: 'twins.read', actorId: people.officer.userId }, orderBy: { at: 'desc' } });
    expect(read?.detail).toMatchObject({ restricted: [`${payment.id} ${statement.id}`] });
    const half = await app.user({ roles: ['approver'], states: ['MLI'], seesRestricted: false });
    await settle(half, { disbursementId: payment.id, statementId: statement.id, decision: 'same' }).expect(404);
  });

  test('for all states of both: whoever works for one of them does not settle', async () => {
    const payment = await pay(people, commitmentId, '5000.00', { valueDate: '2025-09-10' });
    const statement = await state(donor, { amount: { amount: '5000.00', currency: 'EUR' }, valueDate: '2025-09-10', countries: ['NER', 'MLI'] });
    const malian = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
    const both = { disbursementId: payment.id, statementId: statement.id, decision: 'same' };
    const { body } = await settle(malian, both).expect(403);
    expect(body).toMatchObject({ code: 'OUT_OF_SCOPE' });
    await settle(people.approver, both).expect(201);
    // A third who sees one side only sees no pair, and no gap either.
    expect(await pairsOf(nigerien)).toEqual([]);
    expect((await unmatchedOf(nigerien, 'donor')).map(({ id }) => id)).toEqual([]);
  });

  test('is paged, the latest first', async () => {
    const all = await read<Page<Pair>>(auditor, `/v1/twins?${PERIOD}`);
    expect(all.items.length).toBeGreaterThanOrEqual(4);
    const paged: Pair[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page<Pair> = await read<Page<Pair>>(auditor, `/v1/twins?${PERIOD}&limit=2${cursor && `&cursor=${cursor}`}`);
      paged.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(all.items);
    const { body } = await auditor.get(`/v1/twins?${PERIOD}&cursor=eA`).expect(400);
    expect(body).toMatchObject({ code: 'CURSOR_INVALID' });
  });

  test('of a period that is bounded', async () => {
    const { body: tooLong } = await auditor.get('/v1/twins?from=2000-01-01&to=2025-12-31').expect(400);
    expect(tooLong).toMatchObject({ code: 'PERIOD_TOO_LONG' });
    const { body: reversed } = await auditor.get('/v1/twins?from=2025-12-31&to=2025-01-01').expect(400);
    expect(reversed).toMatchObject({ code: 'PERIOD_REVERSED' });
    await auditor.get('/v1/twins?amountTolerance=51').expect(400);
    await auditor.get('/v1/twins?dateTolerance=181').expect(400);
    await auditor.get('/v1/twins').expect(200);
    await auditor.get('/v1/twins?from=0001-01-01&to=0001-01-02').expect(200);
    await auditor.get('/v1/twins?from=9999-12-01&to=9999-12-31').expect(200);
  });
});

test('requests at the same time settle a payment once', async () => {
  const payment = await pay(people, commitmentId, '600.00', { valueDate: '2025-10-10' });
  const statements = await Promise.all(Array.from({ length: 8 }, () => state(donor, { amount: { amount: '600.00', currency: 'EUR' }, valueDate: '2025-10-10' })));
  const answers = await Promise.all(statements.map(({ id }) => settle(people.approver, { disbursementId: payment.id, statementId: id, decision: 'same' })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
  await soundLedger();
});
