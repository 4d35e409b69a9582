import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { bodies, eur, Flows, NIGER, SHARED } from '../support/flows.js';
import { addRate, createOrganisation, createPeople, type People } from '../support/ledger.js';

let app: TestApp;
let people: People;
let flows: Flows;
let approver: Client;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  flows = new Flows(app, people, await createOrganisation(app, 'Exemplie'));
  await addRate(app, 'USD', '2025-01-02', '1.0800');
});
afterAll(() => app.close());

interface Item {
  readonly id: string;
  readonly kind: string;
  readonly preparedAt: string;
  readonly [field: string]: unknown;
}
interface Queue {
  readonly count: number;
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

const queueOf = async (by: Client, query = 'limit=200'): Promise<Queue> => (await by.get(`/v1/approvals/awaiting?${query}`).expect(200)).body as Queue;
/** Which of these await a person, in the order of the queue. */
const awaiting = async (by: Client, ids: readonly string[]) => (await queueOf(by)).items.map(({ id }) => id).filter((id) => ids.includes(id));
const today = () => new Date().toISOString().slice(0, 10);
const delegateTo = (to: Client, from: Client) => from.post('/v1/delegations', { toUserId: to.userId, startsOn: today(), endsOn: today(), reason: 'Mission' }).expect(201);
const limit = (state: string, usdMinor: bigint | null) => app.deps.db.approvalLimit.create({ data: { id: newId(), state, usdMinor, reason: 'Essai', setBy: newId() } });

beforeEach(async () => {
  approver = await app.user({ roles: ['approver'], states: ['MLI'] });
});

describe('what awaits me', () => {
  test('is what I may approve now, the oldest first, with what I need to know of it', async () => {
    const commitmentId = await flows.commitment({ amount: '1000.00' });
    const { reference } = await flows.read(`/v1/commitments/${commitmentId}`);
    const paid = await flows.paid(commitmentId, '50.00');
    const disbursement = await flows.submitted(commitmentId, '10.00');
    const amendment = await flows.amendment(commitmentId, '-5.00');
    const reversal = await flows.reversal('disbursement', paid);
    const undonePledge = await flows.pledge();
    const ofPledge = await flows.reversal('pledge', undonePledge);
    await flows.draft(commitmentId, '1.00');
    const { items, count, nextCursor } = await queueOf(approver);
    const payment = await flows.read(`/v1/disbursements/${disbursement}`);
    const common = { states: ['MLI'], preparedBy: people.second.userId, approvals: [], approvalsNeeded: 1, onBehalfOf: null };
    expect(items).toEqual([
      { ...common, kind: 'disbursement', id: disbursement, reference: payment.reference, amount: eur('10.00'), preparedAt: payment.preparedAt, version: 2 },
      { ...common, kind: 'amendment', id: amendment, reference, amount: eur('-5.00'), preparedAt: expect.any(String), version: 1 },
      { ...common, kind: 'reversal', id: reversal, reference: (await flows.read(`/v1/disbursements/${paid}`)).reference, amount: eur('50.00'), preparedAt: expect.any(String), version: 1 },
      { ...common, kind: 'reversal', id: ofPledge, reference: (await flows.read(`/v1/pledges/${undonePledge}`)).reference, amount: eur('1000.00'), preparedAt: expect.any(String), version: 1 },
    ]);
    expect([count, nextCursor]).toEqual([4, null]);
    for (const [what, id] of [['disbursements', disbursement], ['amendments', amendment], ['reversals', reversal], ['reversals', ofPledge]] as const) await flows.approve(what, id);
    expect(await queueOf(approver)).toEqual({ items: [], count: 0, nextCursor: null });
  });

  test('is nothing that I prepared, edited or submitted', async () => {
    const everything = await app.user({ roles: ['finance_officer', 'approver'], states: ['MLI'] });
    const commitmentId = await flows.commitment();
    const prepared = await flows.post('/v1/disbursements', bodies.payment(commitmentId, '1.00'), everything);
    await flows.act(`/v1/disbursements/${prepared}/submit`);
    const edited = await flows.draft(commitmentId, '1.00');
    await everything.edit(`/v1/disbursements/${edited}`, { description: 'Autre' }).expect(200);
    await people.officer.edit(`/v1/disbursements/${edited}`, { description: 'Encore' }).expect(200);
    await flows.act(`/v1/disbursements/${edited}/submit`);
    const submitted = await flows.draft(commitmentId, '1.00');
    await flows.act(`/v1/disbursements/${submitted}/submit`, {}, everything);
    const amendment = await flows.post(`/v1/commitments/${commitmentId}/amendments`, bodies.amendment('1.00'), everything);
    const reversal = await flows.post('/v1/reversals', bodies.reversal('pledge', await flows.pledge()), everything);
    const ids = [prepared, edited, submitted, amendment, reversal];
    expect(await awaiting(everything, ids)).toEqual([]);
    expect(await awaiting(approver, ids)).toEqual(ids);
  });

  test('is nothing outside my states, nor shared with others, nor restricted without the right', async () => {
    const plain = await app.user({ roles: ['approver'], states: ['MLI'], seesRestricted: false });
    const [mali, niger, shared] = [await flows.submitted(await flows.commitment(), '1.00'), await flows.submitted(await flows.commitment(NIGER), '1.00'), await flows.submitted(await flows.commitment(SHARED), '1.00')];
    const restricted = await flows.submitted(await flows.commitment({ more: { restricted: true } }), '1.00');
    expect(await awaiting(approver, [mali, niger, shared, restricted])).toEqual([mali, restricted]);
    expect(await awaiting(plain, [mali, niger, shared, restricted])).toEqual([mali]);
    expect(await awaiting(people.approver, [mali, niger, shared, restricted])).toEqual([mali, niger, shared, restricted]);
  });

  test('above the limit: not what I approved already, and what another did with who it was', async () => {
    await limit('MLI', 0n);
    const id = await flows.submitted(await flows.commitment(), '1.00');
    const other = await app.user({ roles: ['approver'], states: ['MLI'] });
    await other.act(`/v1/disbursements/${id}/approve`).expect(200);
    expect(await awaiting(other, [id])).toEqual([]);
    expect((await queueOf(approver)).items.find((item) => item.id === id)).toMatchObject({ approvals: [{ approverId: other.userId, onBehalfOf: null }], approvalsNeeded: 2 });
    await limit('MLI', null);
    expect((await queueOf(approver)).items.find((item) => item.id === id)).toMatchObject({ approvalsNeeded: 1 });
  });

  test('by delegation it says in whose name, and leaves out what that approver prepared or approved', async () => {
    const absent = await app.user({ roles: ['finance_officer', 'approver'], states: ['MLI'] });
    const delegate = await app.user({ roles: ['finance_officer'], states: ['NER'] });
    expect((await delegate.get('/v1/approvals/awaiting')).status).toBe(403);
    await delegateTo(delegate, absent);
    const commitmentId = await flows.commitment();
    const [open, approved] = [await flows.submitted(commitmentId, '1.00'), await flows.submitted(commitmentId, '1.00')];
    const own = await flows.post('/v1/disbursements', bodies.payment(commitmentId, '1.00'), absent);
    await flows.act(`/v1/disbursements/${own}/submit`);
    await limit('MLI', 0n);
    await absent.act(`/v1/disbursements/${approved}/approve`).expect(200);
    const { items } = await queueOf(delegate);
    expect(items.filter(({ id }) => [open, approved, own].includes(id))).toEqual([expect.objectContaining({ id: open, onBehalfOf: absent.userId })]);
    await limit('MLI', null);
    // Who has the right too uses the own one.
    await delegateTo(approver, absent);
    expect((await queueOf(approver)).items.find(({ id }) => id === open)).toMatchObject({ onBehalfOf: null });
  });

  test('everything in it can be approved, and nothing else', async () => {
    const commitmentId = await flows.commitment({ amount: '1000.00' });
    const ids = [await flows.submitted(commitmentId, '1.00'), await flows.submitted(await flows.commitment(NIGER), '1.00'), await flows.submitted(await flows.commitment(SHARED), '1.00')];
    for (const id of ids) {
      const inQueue = (await awaiting(approver, [id])).length === 1;
      const { status } = await approver.act(`/v1/disbursements/${id}/approve`);
      expect([id, status === 200]).toEqual([id, inQueue]);
    }
  });

  test('the opening of a closed month awaits who did not ask for it', async () => {
    const { db } = app.deps;
    const month = new Date('2023-01-01');
    await db.accountingPeriod.create({ data: { month, status: 'closed', closedBy: newId(), closedAt: new Date(), graceUntil: new Date() } });
    const id = newId();
    await db.periodReopening.create({ data: { id, month, reason: 'Correction', preparedBy: approver.userId } });
    const administrator = await app.user({ roles: ['administrator'] });
    const another = await app.user({ roles: ['approver'], states: ['NER'] });
    for (const by of [another, administrator]) {
      expect((await queueOf(by)).items.filter((item) => item.id === id)).toMatchObject([{ kind: 'period_reopening', reference: '2023-01', amount: null, states: [], approvalsNeeded: 1, onBehalfOf: null }]);
    }
    expect(await awaiting(approver, [id])).toEqual([]);
    await db.periodReopening.update({ where: { id }, data: { status: 'rejected', decidedBy: another.userId, decidedAt: new Date() } });
    expect(await awaiting(another, [id])).toEqual([]);
  });
});

describe('its pages', () => {
  test('are walked to the end, oldest first, without a loss while others are added and approved', async () => {
    const togolese = await app.user({ roles: ['approver'], states: ['TGO'] });
    const commitmentId = await flows.commitment({ amount: '1000.00', splits: { country: [{ code: 'TGO' }] } });
    const ids: string[] = [];
    for (let n = 0; n < 4; n += 1) ids.push(await flows.submitted(commitmentId, '1.00'), await flows.amendment(commitmentId, '1.00'));
    const found: Item[] = [];
    let cursor: string | null = null;
    do {
      const page: Queue = await queueOf(togolese, `limit=3${cursor === null ? '' : `&cursor=${cursor}`}`);
      found.push(...page.items);
      cursor = page.nextCursor;
      if (found.length === 3) {
        expect(page.count).toBe(8);
        await flows.approve('disbursements', ids[0]!);
        await flows.submitted(commitmentId, '2.00');
      }
    } while (cursor !== null);
    expect(found.map(({ id }) => id).slice(0, 8)).toEqual(ids);
    expect(found).toHaveLength(9);
    const times = found.map(({ preparedAt }) => preparedAt);
    expect(times).toEqual([...times].sort());
  });

  test.each(['cursor=nonsense', 'limit=0', `cursor=${Buffer.from('["2025-01-01T00:00:00Z","1"]').toString('base64url')}`])('%s is refused', async (query) => {
    expect((await approver.get(`/v1/approvals/awaiting?${query}`)).status).toBe(400);
  });

  test.each(['finance_officer', 'donor', 'minister', 'auditor'] as const)('a %s has none', async (role) => {
    const { status, body } = await (await app.user({ roles: [role], states: ['MLI'] })).get('/v1/approvals/awaiting');
    expect([status, (body as { code: string }).code]).toEqual([403, 'FORBIDDEN']);
  });
});
