import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { problemsEn } from '../../src/i18n/problems.en.js';
import { problemsFr } from '../../src/i18n/problems.fr.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { bodies, Flows } from '../support/flows.js';
import { addRate, createOrganisation, createPeople, type People } from '../support/ledger.js';

let app: TestApp;
let people: People;
let flows: Flows;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  flows = new Flows(app, people, await createOrganisation(app, 'Exemplie'));
  await addRate(app, 'USD', '2025-01-02', '1.0800');
});
afterAll(() => app.close());

const REASON = { reason: 'Pièce manquante' };

/** Every act on a record that has been read: who does it, on which record, with what. */
const acts: readonly (readonly [string, 'post' | 'patch', () => Client, () => Promise<string>, object])[] = [
  ['an edit of a disbursement', 'patch', () => people.officer, async () => `/v1/disbursements/${await flows.draft(await flows.commitment(), '1.00')}`, { description: 'Autre' }],
  ['a submission', 'post', () => people.officer, async () => `/v1/disbursements/${await flows.draft(await flows.commitment(), '1.00')}/submit`, {}],
  ['an approval of a disbursement', 'post', () => people.approver, async () => `/v1/disbursements/${await flows.submitted(await flows.commitment(), '1.00')}/approve`, {}],
  ['a rejection of a disbursement', 'post', () => people.approver, async () => `/v1/disbursements/${await flows.submitted(await flows.commitment(), '1.00')}/reject`, REASON],
  ['a receipt', 'post', () => people.officer, async () => `/v1/disbursements/${await flows.paid(await flows.commitment(), '1.00')}/receive`, { receivedOn: '2025-04-12' }],
  ['an approval of an amendment', 'post', () => people.approver, async () => `/v1/amendments/${await flows.amendment(await flows.commitment(), '1.00')}/approve`, {}],
  ['a rejection of an amendment', 'post', () => people.approver, async () => `/v1/amendments/${await flows.amendment(await flows.commitment(), '1.00')}/reject`, REASON],
  ['an approval of a reversal', 'post', () => people.approver, async () => `/v1/reversals/${await flows.reversal('pledge', await flows.pledge())}/approve`, {}],
  ['a rejection of a reversal', 'post', () => people.approver, async () => `/v1/reversals/${await flows.reversal('pledge', await flows.pledge())}/reject`, REASON],
];

const recordOf = (path: string) => path.replace(/\/(submit|approve|reject|receive)$/, '');

describe.each(acts)('%s', (_, method, by, make, body) => {
  test('without the version read is 428, with another one 412, in both languages, and nothing of it is kept', async () => {
    const path = await make();
    const { etag, version } = await versionOf(by(), recordOf(path));
    expect(etag).toBe(`"${version}"`);
    const before = await flows.fingerprint();
    const seen = [[undefined, 428, 'PRECONDITION_REQUIRED'], [`"${version + 1}"`, 412, 'STALE'], [`W/"${version}"`, 412, 'STALE'], ['*', 412, 'STALE']] as const;
    for (const [ifMatch, status, code] of seen) {
      for (const [language, texts] of [['fr', problemsFr], ['en', problemsEn]] as const) {
        const asked = by()[method](path, body).set('accept-language', language);
        const answer = await (ifMatch === undefined ? asked : asked.set('if-match', ifMatch));
        expect([ifMatch, answer.status, answer.body]).toEqual([ifMatch, status, expect.objectContaining({ code, title: texts[code].title, field: 'If-Match' })]);
      }
    }
    expect(await flows.fingerprint()).toEqual(before);
  });

  test('with the version read it is done, and the answer has the next one', async () => {
    const path = await make();
    const { etag, version } = await versionOf(by(), recordOf(path));
    const key = newId();
    const send = () => by()[method](path, body).set('if-match', etag).set('idempotency-key', key);
    const { body: done, headers } = await send().expect(200);
    expect([done.version, headers.etag]).toEqual([version + 1, `"${version + 1}"`]);
    // The same request again gets the first answer, although the record has changed since; only acts of POST are kept.
    if (method === 'post') expect((await send().expect(200)).body).toEqual(done);
    else await send().expect(412);
  });
});

async function versionOf(by: Client, path: string): Promise<{ readonly etag: string; readonly version: number }> {
  const { body, headers } = await by.get(path).expect(200);
  return { etag: String(headers.etag), version: body.version as number };
}

test('of two who edit what they both have read, the second is told and loses nothing of the first', async () => {
  const path = `/v1/disbursements/${await flows.draft(await flows.commitment(), '1.00')}`;
  const { etag } = await versionOf(people.officer, path);
  const edit = (by: Client, description: string) => by.patch(path, { description }).set('if-match', etag);
  const answers = await Promise.all([edit(people.officer, 'De l’une'), edit(people.second, 'De l’autre')]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  const kept = answers.find(({ status }) => status === 200)!;
  expect(await flows.read(path)).toEqual(kept.body);
});

test('twenty who edit at once: one is taken', async () => {
  const path = `/v1/disbursements/${await flows.draft(await flows.commitment(), '1.00')}`;
  const { etag, version } = await versionOf(people.officer, path);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => people.officer.patch(path, { description: `Version ${n}` }).set('if-match', etag)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 412)).toHaveLength(19);
  expect(await flows.read(path)).toMatchObject({ version: version + 1 });
});

test('what an approver has read and somebody changed in the meantime is not approved unseen', async () => {
  const id = await flows.draft(await flows.commitment(), '1.00');
  const { etag } = await versionOf(people.approver, `/v1/disbursements/${id}`);
  await people.officer.edit(`/v1/disbursements/${id}`, { amount: { amount: '900.00', currency: 'EUR' } }).expect(200);
  await flows.act(`/v1/disbursements/${id}/submit`);
  await people.approver.post(`/v1/disbursements/${id}/approve`).set('if-match', etag).expect(412);
  expect(await flows.read(`/v1/disbursements/${id}`)).toMatchObject({ status: 'submitted', approvals: [] });
});

test('pledges and commitments have a version too, which rises with what comes below them', async () => {
  const pledgeId = await flows.pledge();
  const before = await versionOf(people.officer, `/v1/pledges/${pledgeId}`);
  const commitmentId = await flows.commitmentOf(pledgeId, '500.00');
  expect((await versionOf(people.officer, `/v1/pledges/${pledgeId}`)).version).toBe(before.version + 1);
  const commitment = await versionOf(people.officer, `/v1/commitments/${commitmentId}`);
  await flows.paid(commitmentId, '100.00');
  expect((await versionOf(people.officer, `/v1/commitments/${commitmentId}`)).version).toBe(commitment.version + 1);
});

test('to ask for an amendment or a reversal compares nothing', async () => {
  const id = await flows.commitment();
  await people.officer.post(`/v1/commitments/${id}/amendments`, bodies.amendment('1.00')).expect(201);
  await people.officer.post('/v1/reversals', bodies.reversal('pledge', await flows.pledge())).expect(201);
});
