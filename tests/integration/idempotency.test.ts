import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Response } from 'supertest';
import { newId } from '../../src/platform/ids.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { type Answered, bodies, eur, Flows } from '../support/flows.js';
import { addRate, createOrganisation, createPeople, flowBody, type People } from '../support/ledger.js';

let app: TestApp;
let people: People;
/** Gives in this test only. */
let donorId: string;
let flows: Flows;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  await addRate(app, 'USD', '2025-01-02', '1.0800');
});
beforeEach(async () => {
  donorId = await createOrganisation(app, 'Exemplie');
  flows = new Flows(app, people, donorId);
});
afterAll(() => app.close());

const pledge = (key: string, body: object = flowBody(donorId), by = people.officer) => by.post('/v1/pledges', body, key);
const isReplay = ({ headers }: Response) => headers['idempotent-replayed'] === 'true';
const idOf = ({ body }: Response) => (body as Answered).id;

async function kept(): Promise<{ pledges: number; entries: number; keys: number; audits: number }> {
  const { db } = app.deps;
  const rows = await db.pledge.findMany({ where: { donorId }, select: { id: true } });
  const ids = rows.map((row) => row.id);
  return {
    pledges: ids.length,
    entries: await db.journalEntry.count({ where: { pledgeId: { in: ids } } }),
    audits: await db.auditEvent.count({ where: { recordId: { in: ids } } }),
    keys: await db.idempotencyKey.count({ where: { userId: people.officer.userId } }),
  };
}

describe('one key, one effect', () => {
  test('a hundred at once record one pledge and give one answer', async () => {
    const key = newId();
    const before = await kept();
    const answers = await Promise.all(Array.from({ length: 100 }, () => pledge(key)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    for (const { body, headers } of answers) expect([body, headers.location]).toEqual([answers[0]!.body, `/v1/pledges/${idOf(answers[0]!)}`]);
    expect(answers.filter((answer) => !isReplay(answer))).toHaveLength(1);
    expect(await kept()).toEqual({ pledges: 1, entries: 1, audits: 1, keys: before.keys + 1 });
  });

  test('fifty approvals with one key pay once', async () => {
    const commitmentId = await flows.commitment({ amount: '100.00' });
    const id = await flows.submitted(commitmentId, '10.00');
    const key = newId();
    const answers = await Promise.all(Array.from({ length: 50 }, () => people.approver.act(`/v1/disbursements/${id}/approve`, {}, key)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers.filter((answer) => !isReplay(answer))).toHaveLength(1);
    expect(await flows.read(`/v1/commitments/${commitmentId}`)).toMatchObject({ disbursed: eur('10.00') });
    expect(await app.deps.db.journalEntry.count({ where: { disbursementId: id } })).toBe(1);
  });

  test('of different bodies with one key at once, one is taken and the others are told', async () => {
    const key = newId();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => pledge(key, flowBody(donorId, { amount: String(index + 1) }))));
    const taken = answers.filter(({ status }) => status === 201);
    const told = answers.filter(({ status, body }) => status === 409 && (body as { code: string }).code === 'IDEMPOTENCY_KEY_REUSED');
    expect([taken.length, told.length]).toEqual([1, 19]);
    expect(await kept()).toMatchObject({ pledges: 1, entries: 1 });
  });

  test('without a key, and with another one, every request counts', async () => {
    await pledge('-').unset('idempotency-key').expect(201);
    await pledge('-').unset('idempotency-key').expect(201);
    await pledge(newId()).expect(201);
    expect(await kept()).toMatchObject({ pledges: 3, entries: 3 });
  });
});

describe('the answer given again', () => {
  test('is the first one, with a header that says so, even when the record has changed since', async () => {
    const body = bodies.payment(await flows.commitment(), '10.00');
    const key = newId();
    const first = await people.officer.post('/v1/disbursements', body, key).expect(201);
    expect(isReplay(first)).toBe(false);
    await people.officer.edit(`/v1/disbursements/${idOf(first)}`, { description: 'Autre' }).expect(200);
    const again = await people.officer.post('/v1/disbursements', body, key).expect(201);
    expect(isReplay(again)).toBe(true);
    expect([again.body, again.headers.location]).toEqual([first.body, first.headers.location]);
  });

  test('is the same for the same body with its keys in another order, at any depth', async () => {
    const reordered = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reordered);
      if (value === null || typeof value !== 'object') return value;
      return Object.fromEntries(Object.entries(value).reverse().map(([name, inner]) => [name, reordered(inner)]));
    };
    const body = flowBody(donorId, { splits: { country: [{ code: 'MLI', share: '60' }, { code: 'NER', share: '40' }], sector: [{ code: 'FSC' }] }, more: { destination: { kind: 'states' } } });
    const other = reordered(body) as object;
    expect(JSON.stringify(other)).not.toBe(JSON.stringify(body));
    const key = newId();
    const first = await pledge(key, body).expect(201);
    const again = await pledge(key, other).expect(201);
    expect([isReplay(again), again.body]).toEqual([true, first.body]);
    expect(await kept()).toMatchObject({ pledges: 1 });
  });

  test('another body is refused: other values, an item more, the order of a list', async () => {
    const both = [{ code: 'MLI' }, { code: 'NER' }];
    const body = (country: object[], more: object = {}) => flowBody(donorId, { splits: { country }, more: { destination: { kind: 'states' }, ...more } });
    const key = newId();
    await pledge(key, body(both)).expect(201);
    for (const other of [body(both, { description: 'Autre' }), body(both, { restricted: false }), body(both.toReversed())]) {
      const { status, body: problem } = await pledge(key, other);
      expect([status, problem]).toEqual([409, expect.objectContaining({ code: 'IDEMPOTENCY_KEY_REUSED', field: 'Idempotency-Key' })]);
    }
    expect(await kept()).toMatchObject({ pledges: 1 });
  });

  test('the same key for another record is refused, not answered with the first one', async () => {
    const commitmentId = await flows.commitment();
    const [one, other] = [await flows.submitted(commitmentId, '1.00'), await flows.submitted(commitmentId, '1.00')];
    const key = newId();
    await people.approver.act(`/v1/disbursements/${one}/approve`, {}, key).expect(200);
    const { body } = await people.approver.act(`/v1/disbursements/${other}/approve`, {}, key).expect(409);
    expect(body).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(await flows.read(`/v1/disbursements/${other}`)).toMatchObject({ status: 'submitted' });
  });

  test('another person’s key is a key of its own', async () => {
    const key = newId();
    const mine = await pledge(key).expect(201);
    const theirs = await pledge(key, flowBody(donorId), people.second).expect(201);
    expect(isReplay(theirs)).toBe(false);
    expect(idOf(theirs)).not.toBe(idOf(mine));
    expect(await kept()).toMatchObject({ pledges: 2 });
  });
});

describe('what is refused', () => {
  test('does not use the key up: the corrected request may have it', async () => {
    const key = newId();
    const refusals = [
      [400, flowBody(donorId, { amount: '1.001' })],
      [400, { ...flowBody(donorId), valueDate: 'yesterday' }],
      [422, flowBody(donorId, { currency: 'GNF', amount: '1' })],
    ] as const;
    for (const [status, body] of refusals) await pledge(key, body).expect(status);
    const scoped = await app.user({ roles: ['finance_officer'], states: ['NER'] });
    await pledge(key, flowBody(donorId), scoped).expect(403);
    await app.deps.db.appUser.update({ where: { id: scoped.userId }, data: { states: ['MLI'] } });
    for (const by of [people.officer, scoped]) expect(isReplay(await pledge(key, flowBody(donorId), by).expect(201))).toBe(false);
    expect(await kept()).toMatchObject({ pledges: 2, entries: 2 });
  });

  test('is refused again until it is possible, also when many ask at once', async () => {
    const pledgeId = await flows.pledge({ amount: '100.00' });
    const takesAll = await flows.commitmentOf(pledgeId, '100.00');
    const key = newId();
    const ask = () => people.officer.post('/v1/commitments', bodies.commitmentOf(pledgeId, '50.00'), key);
    const answers = await Promise.all(Array.from({ length: 10 }, ask));
    expect(answers.map(({ status, body }) => [status, (body as { code: string }).code])).toEqual(Array.from({ length: 10 }, () => [422, 'EXCEEDS_PLEDGE']));
    await flows.amend(takesAll, '-50.00');
    expect(isReplay(await ask().expect(201))).toBe(false);
    expect(isReplay(await ask().expect(201))).toBe(true);
  });

  test.each(['short', 'x'.repeat(201), 'with a space', 'accentué-é'])('the key "%s" is no key', async (key) => {
    const before = await flows.fingerprint();
    const { body } = await pledge(encodeURI(key) === key || key.includes(' ') ? key : Buffer.from(key).toString('latin1')).expect(400);
    expect(body).toMatchObject({ code: 'IDEMPOTENCY_KEY_INVALID', field: 'Idempotency-Key' });
    expect(await flows.fingerprint()).toEqual(before);
  });
});
