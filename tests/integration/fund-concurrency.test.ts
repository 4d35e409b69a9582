import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Response, Test } from 'supertest';
import { startTestApp, type TestApp } from '../support/app.js';
import type { Answered } from '../support/flows.js';
import { Funds, money } from '../support/funds.js';
import { addRate, createPeople, type People } from '../support/ledger.js';
import { expectSoundLedger } from '../support/sound-ledger.js';

let app: TestApp;
let people: People;
let funds: Funds;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  funds = await Funds.create(app, people);
  await addRate(app, 'USD', '2025-01-02', '1.0800');
});
afterAll(async () => {
  await expectSoundLedger(app.deps.db);
  await app.close();
});

const THIRDS = { country: [{ code: 'BFA', share: '33.3333' }, { code: 'MLI', share: '33.3333' }, { code: 'NER', share: '33.3334' }] };

/** How often each outcome came. */
function tally(answers: readonly Response[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const outcome = status < 300 ? String(status) : `${status} ${(body as { code: string }).code}`;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

const many = <T>(count: number, make: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: count }, make));
const approveAll = (ids: readonly string[]): Promise<Response[]> => Promise.all(ids.map((id) => funds.approve(id)));

async function fundWith(amount: string): Promise<string> {
  const fundId = await funds.fund({ countries: ['BFA', 'MLI', 'NER'] });
  await funds.done({ kind: 'carry_over', fundId, amount: money(amount) });
  return fundId;
}

test('thirty allocations of 50 on a fund of 1,000: twenty pass', async () => {
  const fundId = await fundWith('1000.00');
  const ids = await many(30, () => funds.submitted(funds.allocationOf(fundId, '50.00', { splits: THIRDS })));
  expect(tally(await approveAll(ids))).toEqual({ 200: 20, '422 EXCEEDS_FUND': 10 });
  expect(await funds.account(fundId)).toEqual({ income: 100_000n, allocated: 100_000n, bookIncome: 100_000n, bookAllocated: 100_000n });
});

test('transfers and expenditure never exceed the allocation, nor any of its cells', async () => {
  const fundId = await fundWith('1000.00');
  const allocationId = await funds.done(funds.allocationOf(fundId, '100.00', { splits: THIRDS }));
  const ids = await Promise.all(['transfer', 'expenditure'].flatMap((kind) => Array.from({ length: 10 }, () => funds.submitted({ kind, allocationId, amount: money('15.01') }))));
  expect(tally(await approveAll(ids))).toEqual({ 200: 12, '422 EXCEEDS_ALLOCATION': 8 });
  expect(await funds.allocation(allocationId)).toEqual({ allocated: 10_000n, transferred: 9_006n, spent: 9_006n, book: [10_000n, 9_006n, 9_006n], overdrawn: 0 });
});

test('a lowering and a transfer of the same money: one passes', async () => {
  const fundId = await fundWith('100.00');
  const allocationId = await funds.done(funds.allocationOf(fundId, '100.00'));
  const ids = [await funds.submitted({ kind: 'allocation_change', allocationId, amount: money('-60.00') }), await funds.submitted({ kind: 'transfer', allocationId, amount: money('60.00') })];
  const counts = tally(await approveAll(ids));
  expect(counts[200]).toBe(1);
  expect(await funds.allocation(allocationId)).toMatchObject({ overdrawn: 0 });
});

test('a deposit is undone or allocated, not both', async () => {
  const fundId = await funds.fund({ countries: ['BFA', 'MLI', 'NER'] });
  const payment = await funds.deposit(fundId, '100.00');
  const { id } = (await people.officer.post('/v1/reversals', { stage: 'disbursement', recordId: payment, reason: 'Saisi par erreur' }).expect(201)).body as Answered;
  const allocationId = await funds.submitted(funds.allocationOf(fundId, '100.00'));
  const answers = await Promise.all<Response>([people.approver.act(`/v1/reversals/${id}/approve`), funds.approve(allocationId)]);
  expect(tally(answers)).toEqual({ 200: 1, '422 EXCEEDS_FUND': 1 });
  const account = await funds.account(fundId);
  expect([account.income, account.allocated]).toEqual(answers[0]?.status === 200 ? [0n, 0n] : [10_000n, 10_000n]);
});

test('approved twenty times at once, an operation is posted once', async () => {
  const fundId = await funds.fund({ countries: ['BFA', 'MLI', 'NER'] });
  const id = await funds.submitted({ kind: 'interest', fundId, amount: money('10.00') });
  const counts = tally(await Promise.all(Array.from({ length: 20 }, (): Test => people.approver.post(`/v1/fund-operations/${id}/approve`).set('if-match', '"1"'))));
  expect(counts).toEqual({ 200: 1, '409 STATE_CONFLICT': 19 });
  expect(await funds.account(fundId)).toMatchObject({ income: 1_000n, bookIncome: 1_000n });
});

test('a fund is closed or given to, not both', async () => {
  const fundId = await funds.fund();
  const closure = await funds.submitted({ kind: 'closure', fundId, valueDate: '2025-07-01' });
  const answers = await Promise.all<Response>([funds.approve(closure), funds.prepare({ kind: 'interest', fundId, amount: money('1.00') })]);
  expect([
    { 200: 1, '409 FUND_CLOSED': 1 },
    { 201: 1, '409 FUND_NOT_EMPTY': 1 },
  ]).toContainEqual(tally(answers));
});

test('funds that give to each other, two or four in a circle, neither wait for ever nor close it', async () => {
  const [a, b, c, d] = await many(4, () => fundWith('100.00'));
  const give = (fundId: string | undefined, toFundId: string | undefined) => funds.submitted({ kind: 'fund_transfer', fundId, toFundId, amount: money('10.00') });
  const opposite = [await give(a, b), await give(b, a)];
  expect(tally(await approveAll(opposite))).toEqual({ 200: 1, '409 FUND_CIRCLE': 1 });
  const [e, f] = await many(2, () => fundWith('100.00'));
  const circle = [await give(c, d), await give(d, e), await give(e, f), await give(f, c)];
  expect(tally(await approveAll(circle))).toEqual({ 200: 3, '409 FUND_CIRCLE': 1 });
});
