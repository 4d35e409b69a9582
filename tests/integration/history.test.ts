import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';

interface Person {
  readonly id: string | null;
  readonly name: string | null;
  readonly role: string;
}

interface Happened {
  readonly action: string;
  readonly sentence: string;
  readonly actor: Person;
  readonly onBehalfOf: Person | null;
  readonly record: { readonly kind: string; readonly id: string };
  readonly changes: readonly { readonly field: string; readonly label: string; readonly before: string | null; readonly after: string | null }[];
  readonly reason: string | null;
}

let app: TestApp;
let people: People;
let donor: Client;
let minister: Client;
let auditor: Client;
let donorId: string;
let pledgeId: string;
let commitmentId: string;
let paymentId: string;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  donorId = await createOrganisation(app, 'Agence de coopération');
  donor = await app.user({ roles: ['donor'], organisationId: donorId });
  minister = await app.user({ roles: ['minister'], states: ['MLI'], seesRestricted: false });
  auditor = await app.user({ roles: ['auditor'] });
  await addRate(app, 'USD', '2025-01-02', '1.08');
  const { officer } = people;
  const halves = { country: [{ code: 'MLI', share: '60' }, { code: 'NER', share: '40' }] };
  const promise = flowBody(donorId, { splits: halves, more: { destination: { kind: 'states' } } });
  pledgeId = idOf(await officer.post('/v1/pledges', promise).expect(201));
  commitmentId = idOf(await officer.post('/v1/commitments', { pledgeId, amount: { amount: '800.00', currency: 'EUR' }, valueDate: '2025-03-20' }).expect(201));
  paymentId = (await pay(people, commitmentId, '100.00')).id;
  await officer.post('/v1/reversals', { stage: 'disbursement', recordId: paymentId, reason: 'Versé deux fois' }).expect(201);
});
afterAll(() => app.close());

function idOf({ body }: { body: unknown }): string {
  return (body as { id: string }).id;
}

const page = async (client: Client, address: string, language = 'fr') =>
  (await client.get(address).set('accept-language', language).expect(200)).body as { items: Happened[]; nextCursor: string | null };
const historyOf = async (client: Client, kind: string, id: string, language = 'fr') => (await page(client, `/v1/${kind}/${id}/history`, language)).items;

describe('the history of a flow', () => {
  test('tells in sentences what was done to a commitment and to all that hangs on it', async () => {
    const history = await historyOf(people.officer, 'commitments', commitmentId);
    expect(history.map(({ sentence }) => sentence)).toEqual([
      'Engagement enregistré',
      'Décaissement préparé',
      'Décaissement soumis',
      'Décaissement approuvé',
      'Contre-passation demandée',
    ]);
    expect(history.map(({ actor }) => actor.name)).toEqual(['finance_officer', 'finance_officer', 'finance_officer', 'approver', 'finance_officer']);
    expect((await historyOf(people.officer, 'commitments', commitmentId, 'en')).map(({ sentence }) => sentence)).toContain('Disbursement approved');
  });

  test('that of a pledge holds its commitments, that of a payment its reversal', async () => {
    expect((await historyOf(auditor, 'pledges', pledgeId)).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['pledge.create', 'commitment.create', 'disbursement.approve', 'reversal.request']),
    );
    expect((await historyOf(auditor, 'disbursements', paymentId)).map(({ action }) => action)).toEqual([
      'disbursement.create',
      'disbursement.submit',
      'disbursement.approve',
      'reversal.request',
    ]);
  });

  test('says what changed in words, and names organisations', async () => {
    const [made] = await historyOf(auditor, 'pledges', pledgeId);
    expect(made?.changes).toEqual(
      expect.arrayContaining([
        { field: 'amount', label: 'Montant', before: null, after: '1000.00 EUR' },
        { field: 'donorId', label: 'Donateur', before: null, after: 'Agence de coopération' },
        { field: 'restricted', label: 'Diffusion restreinte', before: null, after: 'non' },
        { field: 'splits', label: 'Répartition', before: null, after: 'État\u00A0: MLI 60\u00A0%, NER 40\u00A0%' },
      ]),
    );
    const approval = (await historyOf(auditor, 'disbursements', paymentId)).find(({ action }) => action === 'disbursement.approve');
    expect(approval?.changes).toEqual(expect.arrayContaining([{ field: 'status', label: 'État d’avancement', before: 'soumis', after: 'approuvé' }]));
  });

  test('a donor and a minister see roles, and nobody’s name', async () => {
    for (const client of [donor, minister]) {
      const history = await historyOf(client, 'commitments', commitmentId);
      expect(history.map(({ actor }) => actor)).toEqual(
        ['Agent financier', 'Agent financier', 'Agent financier', 'Approbateur', 'Agent financier'].map((role) => ({ id: null, name: null, role })),
      );
      expect(JSON.stringify(history)).not.toContain(people.approver.userId);
    }
  });

  test('goes on where the page before ended', async () => {
    const first = await page(auditor, `/v1/commitments/${commitmentId}/history?limit=2`);
    const rest = await page(auditor, `/v1/commitments/${commitmentId}/history?limit=200&cursor=${encodeURIComponent(first.nextCursor ?? '')}`);
    expect([...first.items, ...rest.items].map(({ action }) => action)).toEqual((await historyOf(auditor, 'commitments', commitmentId)).map(({ action }) => action));
    expect(rest.nextCursor).toBeNull();
    expect((await auditor.get(`/v1/commitments/${commitmentId}/history?cursor=x`).expect(400)).body).toMatchObject({ code: 'CURSOR_INVALID' });
  });

  test('whoever does not see the flow gets no history, in French and English', async () => {
    const elsewhere = await app.user({ roles: ['minister'], states: ['TCD'] });
    const other = await app.user({ roles: ['donor'], organisationId: await createOrganisation(app, 'Autre') });
    const hidden = idOf(await people.officer.post('/v1/pledges', flowBody(donorId, { more: { restricted: true } })).expect(201));
    for (const [client, address] of [[elsewhere, `/v1/commitments/${commitmentId}`], [other, `/v1/pledges/${pledgeId}`], [minister, `/v1/pledges/${hidden}`]] as const) {
      const french = await client.get(`${address}/history`).set('accept-language', 'fr').expect(404);
      const english = await client.get(`${address}/history`).expect(404);
      expect(french.body).toMatchObject({ code: 'NOT_FOUND' });
      expect((french.body as { title: string }).title).not.toBe((english.body as { title: string }).title);
    }
  });

  test('reading is no part of it', async () => {
    const hidden = idOf(await people.officer.post('/v1/pledges', flowBody(donorId, { more: { restricted: true } })).expect(201));
    await auditor.get(`/v1/pledges/${hidden}`).expect(200);
    expect((await historyOf(auditor, 'pledges', hidden)).map(({ action }) => action)).toEqual(['pledge.create']);
  });
});

describe('the history of master data and accounts', () => {
  test('an organisation: what it was, what it is, why it was merged', async () => {
    const admin = await app.user({ roles: ['administrator'] });
    const made = await people.officer.post('/v1/organisations', { name: 'Doublon', type: '10' }).expect(201);
    const { id, version } = made.body as { id: string; version: number };
    await admin.post(`/v1/organisations/${id}/merge`, { intoId: donorId, reason: 'La même agence' }).set('if-match', `"${version}"`).expect(200);
    const history = await historyOf(people.approver, 'organisations', id);
    expect(history.map(({ sentence }) => sentence)).toEqual(['Organisation enregistrée', 'Organisation fusionnée dans une autre']);
    expect(history[1]).toMatchObject({ reason: 'La même agence', changes: [{ label: 'Fusionnée dans', before: null, after: 'Agence de coopération' }] });
    expect((await historyOf(auditor, 'organisations', donorId)).at(-1)).toMatchObject({ action: 'organisation.absorb', reason: 'La même agence' });
    await donor.get(`/v1/organisations/${id}/history`).expect(403);
  });

  test('an account is for administrators and auditors, and reading it leaves a trace', async () => {
    await people.officer.get(`/v1/users/${people.approver.userId}/history`).expect(403);
    expect(await historyOf(auditor, 'users', people.approver.userId)).toEqual([]);
    const trace = { actorId: auditor.userId, action: 'user.read', recordId: people.approver.userId };
    expect(await app.deps.db.auditEvent.count({ where: trace })).toBe(1);
  });
});
