import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody, type People } from '../support/ledger.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';

let app: TestApp;
let worker: TestWorker;
let people: People;
let donorId: string;
let otherId: string;

beforeAll(async () => {
  app = await startTestApp();
  worker = await startTestWorker(app);
  people = await createPeople(app);
  donorId = await createOrganisation(app, 'Exemplie');
  otherId = await createOrganisation(app, 'Autrie');
  await addRate(app, 'USD', '2025-03-07', '1.0800');
  await addRate(app, 'USD', '2025-04-10', '1.1000');
});

afterAll(async () => {
  await worker.stop();
  await app.close();
});

interface Report {
  readonly id: string;
  readonly text: string;
  readonly json: {
    readonly asOf: string;
    readonly total: object;
    readonly rows: readonly { readonly key: Readonly<Record<string, string>> }[];
    readonly labels: Readonly<Record<string, Readonly<Record<string, object>>>>;
    readonly leftOut: readonly object[];
  };
}

async function report(client: Client, body: object): Promise<Report> {
  const asked = await client.post('/v1/reports', body).expect(202);
  const { id } = asked.body as { id: string };
  const run = await worker.untilDone(client, id);
  expect(run).toMatchObject({ status: 'ready', progress: 100 });
  const { text, headers } = await client.get(`/v1/reports/${id}/json`).expect(200);
  expect(createHash('sha256').update(text).digest('hex')).toBe(run.hash);
  expect(headers['repr-digest']).toBe(`sha-256=:${Buffer.from(run.hash ?? '', 'hex').toString('base64')}:`);
  return { id, json: JSON.parse(text) as Report['json'], text };
}

describe('a promise becomes a payment and a figure', () => {
  let pledgeId: string;
  let commitmentId: string;
  let disbursementId: string;
  let before: Report;

  test('an officer logs a pledge with instalments that add up', async () => {
    const body = flowBody(donorId, {
      amount: '3000.00',
      splits: { country: [{ code: 'MLI', share: '60' }, { code: 'NER', share: '40' }], sector: [{ code: 'FSC' }] },
      more: { destination: { kind: 'states' }, instalments: [{ dueOn: '2025-04-01', amount: { amount: '1000.00', currency: 'EUR' } }, { dueOn: '2025-09-01', amount: { amount: '2000.00', currency: 'EUR' } }] },
    });
    const { body: pledge, headers } = await people.officer.post('/v1/pledges', body).expect(201);
    pledgeId = pledge.id as string;
    expect(headers.location).toBe(`/v1/pledges/${pledgeId}`);
    expect(pledge).toMatchObject({ committed: { amount: '0.00' }, outstanding: { amount: '3000.00' }, status: 'active', countries: ['MLI', 'NER'] });
  });

  test('a signed commitment takes over the terms of the pledge', async () => {
    const body = { pledgeId, amount: { amount: '2500.00', currency: 'EUR' }, valueDate: '2025-03-20' };
    const { body: commitment } = await people.officer.post('/v1/commitments', body).expect(201);
    commitmentId = commitment.id as string;
    expect(commitment).toMatchObject({ donorId, countries: ['MLI', 'NER'], current: { amount: '2500.00' }, undisbursed: { amount: '2500.00' } });
    const { body: pledge } = await people.officer.get(`/v1/pledges/${pledgeId}`).expect(200);
    expect(pledge).toMatchObject({ committed: { amount: '2500.00' }, outstanding: { amount: '500.00' } });
  });

  test('a payment counts only once a second person has approved it', async () => {
    const body = { commitmentId, amount: { amount: '1000.01', currency: 'EUR' }, valueDate: '2025-04-10', description: 'Première tranche' };
    const { body: draft } = await people.second.post('/v1/disbursements', body).expect(201);
    disbursementId = draft.id as string;
    await people.second.act(`/v1/disbursements/${disbursementId}/submit`).expect(200);
    const { body: refused } = await people.second.act(`/v1/disbursements/${disbursementId}/approve`).expect(403);
    expect(refused).toMatchObject({ code: 'FOUR_EYES' });
    before = await report(people.officer, { groupBy: ['donor', 'state'] });
    expect(before.json.total).toMatchObject({ disbursed: '0.00', executionRate: '0.0000' });
    await people.approver.act(`/v1/disbursements/${disbursementId}/approve`).expect(200);
    const { body: received } = await people.officer.act(`/v1/disbursements/${disbursementId}/receive`, { receivedOn: '2025-04-12' }).expect(200);
    expect(received).toMatchObject({ status: 'received', receivedOn: '2025-04-12' });
  });

  test('the report gives the hand-computed figures, by donor and state', async () => {
    const { json } = await report(people.officer, { groupBy: ['donor', 'state'] });
    // 2,500 EUR × 1.08 = 2,700 USD, 60/40; 1,000.01 EUR × 1.10 = 1,100.01 USD, 600.01 and 400.00 EUR.
    expect(json.rows).toEqual([
      { key: { donor: donorId, state: 'MLI' }, pledged: '1944.00', committed: '1620.00', disbursed: '660.01', undisbursed: '959.99', executionRate: '0.4074', lines: 3 },
      { key: { donor: donorId, state: 'NER' }, pledged: '1296.00', committed: '1080.00', disbursed: '440.00', undisbursed: '640.00', executionRate: '0.4074', lines: 3 },
    ]);
    expect(json.total).toEqual({ pledged: '3240.00', committed: '2700.00', disbursed: '1100.01', undisbursed: '1599.99', executionRate: '0.4074', lines: 6 });
    expect(json.labels.donor?.[donorId]).toEqual({ fr: 'Exemplie', en: 'Exemplie' });
    expect(json.labels.state?.MLI).toEqual({ fr: 'Mali', en: 'Mali' });
  });

  test('asked as of an earlier moment, it gives the earlier bytes', async () => {
    const again = await report(people.officer, { groupBy: ['donor', 'state'], asOf: before.json.asOf });
    expect(again.text).toBe(before.text);
  });

  test('in XOF and EUR too, and as CSV for either language', async () => {
    const { json, id } = await report(people.officer, { groupBy: ['state'], currency: 'XOF' });
    expect(json.total).toMatchObject({ committed: '1639893', disbursed: '655964' });
    const { text: french } = await people.officer.get(`/v1/reports/${id}/csv?language=fr`).expect(200);
    expect(french.replace('\uFEFF', '').split('\r\n').slice(0, 2)).toEqual([
      'État (code);État;Annoncé (XOF);Engagé (XOF);Décaissé (XOF);Engagé non décaissé (XOF);Taux d’exécution (%);Écritures',
      'MLI;Mali;1180723;983936;393581;590355;40,00;3',
    ]);
    const { text: english } = await people.officer.get(`/v1/reports/${id}/csv?language=en`).expect(200);
    expect(english).toContain('MLI,Mali,1180723,983936,393581,590355,40.00,3');
  });

  test('a cell opens: what counted, at which rate, and what did not, with the reason', async () => {
    const internal = flowBody(otherId, { amount: '50.00', more: { boundary: 'internal' } });
    await people.officer.post('/v1/commitments', internal).expect(201);
    const { id, json } = await report(people.officer, { groupBy: ['donor', 'state'] });
    expect(json.leftOut).toEqual([{ reason: 'INTERNAL_TRANSFER', lines: 1, text: expect.objectContaining({ fr: expect.stringContaining('Transfert interne') }) }]);
    const { body: cell } = await people.officer.get(`/v1/reports/${id}/entries?donor=${donorId}&state=MLI&stage=disbursement`).expect(200);
    expect(cell.sums).toMatchObject({ disbursed: { amount: '660.01', currency: 'USD' }, lines: 1 });
    expect(cell.items).toEqual([
      expect.objectContaining({
        recordId: disbursementId,
        amount: { amount: '600.01', currency: 'EUR' },
        converted: { amount: '660.01', currency: 'USD' },
        conversion: { method: 'rates', legs: [{ base: 'EUR', quote: 'USD', rate: '1.1', date: '2025-04-10', source: 'ECB' }] },
        counted: true,
        reason: null,
      }),
    ]);
    const { body: left } = await people.officer.get(`/v1/reports/${id}/entries?donor=${otherId}&state=MLI&show=leftOut`).expect(200);
    expect(left.items).toEqual([expect.objectContaining({ counted: false, reason: 'INTERNAL_TRANSFER', reasonText: expect.stringContaining('Internal transfer') })]);
    const { body: later } = await people.officer.get(`/v1/reports/${before.id}/entries?donor=${donorId}&state=MLI&show=leftOut`).expect(200);
    expect(later.items).toEqual([expect.objectContaining({ recordId: disbursementId, reason: 'RECORDED_LATER' })]);
  });

  test('a donor sees the own figures only, a minister those of the own state', async () => {
    const donor = await app.user({ roles: ['donor'], organisationId: otherId });
    const mine = await report(donor, { groupBy: ['donor'] });
    expect(mine.json.rows).toEqual([]);
    const minister = await app.user({ roles: ['minister'], states: ['NER'] });
    const { json, id } = await report(minister, { groupBy: ['state'] });
    expect(json.rows.map((row) => row.key.state)).toEqual(['NER']);
    await donor.get(`/v1/reports/${id}`).expect(404);
  });

  test('what is reversed is gone from now on, and from nothing before', async () => {
    const asked = await people.officer.post('/v1/reversals', { stage: 'disbursement', recordId: disbursementId, reason: 'Virement rejeté par la banque' }).expect(201);
    await people.approver.act(`/v1/reversals/${asked.body.id}/approve`).expect(200);
    const { json } = await report(people.officer, { groupBy: ['donor'], filters: { donorIds: [donorId] } });
    expect(json.total).toMatchObject({ committed: '2700.00', disbursed: '0.00' });
    const again = await report(people.officer, { groupBy: ['donor', 'state'], asOf: before.json.asOf });
    expect(again.text).toBe(before.text);
  });
});
