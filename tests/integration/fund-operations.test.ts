import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Test } from 'supertest';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import type { Answered } from '../support/flows.js';
import { DAY, Funds, money } from '../support/funds.js';
import { addRate, createOrganisation, createPeople, type People } from '../support/ledger.js';
import { expectSoundLedger } from '../support/sound-ledger.js';

let app: TestApp;
let people: People;
let funds: Funds;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  funds = await Funds.create(app, people);
  await addRate(app, 'USD', '2025-01-02', '1.0800');
  await addRate(app, 'USD', '2025-09-01', '1.2000');
});
afterAll(async () => {
  await expectSoundLedger(app.deps.db);
  await app.close();
});

interface Refusal {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly field?: string;
}

const refusal = async (test: Test, code: string): Promise<Refusal> => {
  const refused = (await test).body as Refusal;
  expect(refused).toMatchObject({ code });
  return refused;
};
const french = (test: Test) => test.set('accept-language', 'fr');
const read = async (id: string, by: Client = people.officer) => (await by.get(`/v1/fund-operations/${id}`).expect(200)).body as Answered & { account: object };
const entries = (operationId: string) =>
  app.deps.db.$queryRaw<object[]>`
    SELECT kind::text, cell, countries, amount_minor::int AS own, usd_minor::int AS usd, eur_minor::int AS eur, xof_minor::int AS xof FROM fund_entry
    WHERE operation_id = ${operationId}::uuid ORDER BY seq`;

const HALVES = { country: [{ code: 'MLI', share: '50' }, { code: 'NER', share: '50' }] };

describe('the life of an allocation', () => {
  test('awarded, raised, sent, returned, spent and lowered, each figure by hand', async () => {
    const fundId = await funds.fund({ countries: ['MLI', 'NER'], feeUnits: 70_000 });
    await funds.deposit(fundId, '1000.00');
    const allocationId = await funds.done(funds.allocationOf(fundId, '500.01', { splits: HALVES }));
    expect(await entries(allocationId)).toEqual([
      { kind: 'allocation', cell: 0, countries: ['MLI'], own: 25_001, usd: 27_001, eur: 25_001, xof: 163_996 },
      { kind: 'allocation', cell: 1, countries: ['NER'], own: 25_000, usd: 27_000, eur: 25_000, xof: 163_989 },
    ]);
    expect(await funds.account(fundId)).toEqual({ income: 93_000n, allocated: 50_001n, bookIncome: 93_000n, bookAllocated: 50_001n });

    await funds.done({ kind: 'allocation_change', allocationId, amount: money('99.99') });
    await funds.done({ kind: 'transfer', allocationId, amount: money('400.00') });
    await funds.done({ kind: 'refund', allocationId, amount: money('50.00') });
    await funds.done({ kind: 'expenditure', allocationId, amount: money('320.00') });
    expect((await read(allocationId)).account).toEqual({ allocated: money('600.00'), transferred: money('400.00'), returned: money('50.00'), spent: money('320.00'), left: money('250.00') });

    await refusal(funds.prepare({ kind: 'allocation_change', allocationId, amount: money('-250.01') }), 'BELOW_TRANSFERRED');
    const lowering = await funds.done({ kind: 'allocation_change', allocationId, amount: money('-250.00'), valueDate: '2025-09-10' });
    expect(await funds.allocation(allocationId)).toEqual({ allocated: 35_000n, transferred: 35_000n, spent: 32_000n, book: [35_000n, 35_000n, 32_000n], overdrawn: 0 });
    // At the rate at which it was booked, 1.08, and not at 1.20 of the day.
    expect((await entries(lowering)).map((row) => (row as { usd: number }).usd).reduce((sum, usd) => sum + usd, 0)).toBe(-27_000);
    const last = await funds.done({ kind: 'expenditure', allocationId, amount: money('30.00') });
    expect(await read(last)).toMatchObject({ status: 'approved', reference: expect.stringMatching(/^FON-2025-\d{6}$/), partnerId: funds.partnerId, bookedOn: null });
    expect(await funds.account(fundId)).toEqual({ income: 93_000n, allocated: 35_000n, bookIncome: 93_000n, bookAllocated: 35_000n });
  });

  test('nothing is sent, returned or spent beyond it, said in French and English', async () => {
    const fundId = await funds.fund();
    await funds.done({ kind: 'carry_over', fundId, amount: money('100.00') });
    const allocationId = await funds.done(funds.allocationOf(fundId, '80.00'));
    expect(await refusal(french(funds.prepare(funds.allocationOf(fundId, '20.01'))), 'EXCEEDS_FUND')).toMatchObject({
      title: 'Le fonds n’a pas cette somme',
      detail: 'Il reste au plus 20.00 EUR que le fonds n’a ni alloués ni dépensés ; trouvé : 20.01.',
    });
    expect(await refusal(funds.prepare(funds.allocationOf(fundId, '20.01')), 'EXCEEDS_FUND')).toMatchObject({ detail: 'At most 20.00 EUR of the fund are neither allocated nor spent; found 20.01.' });
    for (const kind of ['fee', 'direct_cost']) await refusal(funds.prepare({ kind, fundId, amount: money('20.01') }), 'EXCEEDS_FUND');
    await refusal(funds.prepare({ kind: 'allocation_change', allocationId, amount: money('20.01') }), 'EXCEEDS_FUND');
    expect(await refusal(funds.prepare({ kind: 'transfer', allocationId, amount: money('80.01') }), 'EXCEEDS_ALLOCATION')).toMatchObject({ field: 'amount.amount' });
    await refusal(funds.prepare({ kind: 'expenditure', allocationId, amount: money('80.01') }), 'EXCEEDS_ALLOCATION');
    await refusal(funds.prepare({ kind: 'refund', allocationId, amount: money('0.01') }), 'EXCEEDS_TRANSFERRED');
    await funds.done({ kind: 'transfer', allocationId, amount: money('30.00'), valueDate: '2025-07-01' });
    await refusal(funds.prepare({ kind: 'refund', allocationId, amount: money('30.01'), valueDate: '2025-07-01' }), 'EXCEEDS_TRANSFERRED');
    await refusal(funds.prepare({ kind: 'refund', allocationId, amount: money('30.00'), valueDate: '2025-06-30' }), 'DATE_BEFORE_PARENT');
    await refusal(funds.prepare({ kind: 'transfer', allocationId, amount: money('1.00'), valueDate: '2025-06-09' }), 'DATE_BEFORE_PARENT');
    await refusal(funds.prepare({ kind: 'transfer', allocationId, amount: money('1.00'), valueDate: '2999-01-01' }), 'DATE_IN_FUTURE');
    await refusal(funds.prepare({ kind: 'transfer', allocationId, amount: money('1.00', 'USD') }), 'CURRENCY_MISMATCH');
    await refusal(funds.prepare({ kind: 'allocation_change', allocationId, amount: money('0.00') }), 'AMOUNT_ZERO');
    await refusal(funds.prepare({ kind: 'transfer', allocationId, amount: money('-1.00') }), 'AMOUNT_NOT_POSITIVE');
  });
});

describe('rounds, windows and proposals', () => {
  let fundId: string;
  let windowId: string;
  let roundId: string;

  beforeAll(async () => {
    fundId = await funds.fund({ countries: ['MLI', 'NER'] });
    windowId = newId();
    await app.deps.db.fundWindow.create({ data: { id: windowId, fundId, code: 'ML', nameFr: 'Mali', nameEn: 'Mali', country: 'MLI' } });
    roundId = newId();
    const round = { fundId, modality: 'standard', nameFr: 'Cycle', nameEn: 'Round', opensOn: new Date('2025-05-01') } as const;
    await app.deps.db.allocationRound.create({ data: { ...round, id: roundId, windowId, code: 'R1', ceilingMinor: 9_000n } });
    await funds.deposit(fundId, '80.00', { windowId });
    await funds.deposit(fundId, '50.00');
  });

  const proposal = async (status: 'submitted' | 'withdrawn' = 'submitted', submittedBy = people.second.userId): Promise<string> => {
    const id = newId();
    const splits = { country: [{ code: 'MLI' }] };
    const said = { roundId, partnerId: funds.partnerId, title: 'Eau', requestedMinor: 1_000n, currency: 'EUR', splits, countries: ['MLI'], description: 'Forages' };
    await app.deps.db.proposal.create({ data: { ...said, id, reference: `PRO-${id}`, status, preparedBy: people.officer.userId, submittedBy } });
    return id;
  };

  test('what is reserved for a window is for it alone, and a round has its ceiling', async () => {
    await refusal(funds.prepare(funds.allocationOf(fundId, '50.01')), 'EXCEEDS_WINDOW');
    await refusal(funds.prepare(funds.allocationOf(fundId, '90.01', { roundId })), 'EXCEEDS_ROUND');
    const first = await funds.done(funds.allocationOf(fundId, '85.00', { roundId }));
    expect(await read(first)).toMatchObject({ roundId, countries: ['MLI'] });
    // 5.00 of it came out of what is reserved for none.
    expect(await refusal(funds.prepare(funds.allocationOf(fundId, '45.01')), 'EXCEEDS_FUND')).toMatchObject({ detail: expect.stringContaining('45.00') });
    await refusal(funds.prepare({ kind: 'allocation_change', allocationId: first, amount: money('5.01') }), 'EXCEEDS_ROUND');
    await refusal(funds.prepare(funds.allocationOf(fundId, '1.00', { roundId, splits: { country: [{ code: 'NER' }] } })), 'OUTSIDE_FUND');
    await refusal(funds.prepare(funds.allocationOf(fundId, '1.00', { roundId, valueDate: '2025-04-30' })), 'DATE_BEFORE_PARENT');
    await refusal(funds.prepare(funds.allocationOf(fundId, '1.00', { roundId: newId() })), 'NOT_FOUND');
    await funds.done(funds.reversalOf(first));
  });

  test('an allocation awards a proposal, once, by somebody who had no hand in it', async () => {
    const proposalId = await proposal();
    await refusal(funds.prepare(funds.allocationOf(fundId, '10.00', { proposalId, partnerId: await createOrganisation(app, 'Autre') })), 'PROPOSAL_MISMATCH');
    const turnedDown = await funds.submitted(funds.allocationOf(fundId, '10.00', { proposalId }));
    await refusal(funds.prepare(funds.allocationOf(fundId, '10.00', { proposalId })), 'DUPLICATE');
    await refusal(funds.approve(turnedDown, people.second), 'FOUR_EYES');
    await people.approver.act(`/v1/fund-operations/${turnedDown}/reject`, { reason: 'Pièce manquante' }).expect(200);
    expect(await app.deps.db.proposal.findUnique({ where: { id: proposalId } })).toMatchObject({ status: 'submitted' });
    const awarded = await funds.done(funds.allocationOf(fundId, '10.00', { proposalId }));
    expect(await read(awarded)).toMatchObject({ roundId, proposalId, countries: ['MLI'], splits: { country: [{ code: 'MLI' }] } });
    expect(await app.deps.db.proposal.findUnique({ where: { id: proposalId } })).toMatchObject({ status: 'awarded', decidedBy: people.approver.userId });
    await funds.done(funds.reversalOf(awarded));
    expect(await app.deps.db.proposal.findUnique({ where: { id: proposalId } })).toMatchObject({ status: 'submitted', decidedBy: null });
    await refusal(funds.prepare(funds.allocationOf(fundId, '10.00', { proposalId: await proposal('withdrawn') })), 'STATE_CONFLICT');
  });
});

describe('money returned to donors, and between funds', () => {
  test('a donor gets back at most what it paid in, duplicates merged into it included', async () => {
    const fundId = await funds.fund();
    const donorId = await createOrganisation(app, 'Donateur');
    const duplicate = await createOrganisation(app, 'Donateur bis');
    await funds.deposit(fundId, '60.00', { donorId: duplicate });
    await funds.deposit(fundId, '100.00');
    await app.deps.db.organisation.update({ where: { id: duplicate }, data: { mergedIntoId: donorId } });
    await refusal(funds.prepare({ kind: 'donor_refund', fundId, donorId: duplicate, amount: money('1.00') }), 'ALREADY_MERGED');
    await refusal(funds.prepare({ kind: 'donor_refund', fundId, donorId, amount: money('60.01') }), 'EXCEEDS_DEPOSITS');
    const back = await funds.done({ kind: 'donor_refund', fundId, donorId, amount: money('40.00') });
    expect(await read(back)).toMatchObject({ donorId, partnerId: null });
    await refusal(funds.prepare({ kind: 'donor_refund', fundId, donorId, amount: money('20.01') }), 'EXCEEDS_DEPOSITS');
    await funds.done(funds.allocationOf(fundId, '110.00'));
    await refusal(funds.prepare({ kind: 'donor_refund', fundId, donorId, amount: money('10.01') }), 'EXCEEDS_FUND');
  });

  test('a payment whose money was allocated or returned is not undone', async () => {
    const fundId = await funds.fund({ feeUnits: 100_000 });
    const payment = await funds.deposit(fundId, '100.00');
    const allocationId = await funds.done(funds.allocationOf(fundId, '0.01'));
    const reversal = { stage: 'disbursement', recordId: payment, reason: 'Saisi par erreur' };
    expect(await refusal(people.officer.post('/v1/reversals', reversal), 'EXCEEDS_FUND')).toMatchObject({ detail: expect.stringContaining('89.99') });
    await funds.done(funds.reversalOf(allocationId));
    const back = await funds.done({ kind: 'donor_refund', fundId, donorId: funds.donorId, amount: money('5.00') });
    await refusal(people.officer.post('/v1/reversals', reversal), 'EXCEEDS_DEPOSITS');
    await funds.done(funds.reversalOf(back));
    const asked = (await people.officer.post('/v1/reversals', reversal).expect(201)).body as Answered;
    await funds.done(funds.allocationOf(fundId, '90.00'));
    await refusal(people.approver.act(`/v1/reversals/${asked.id}/approve`), 'EXCEEDS_FUND');
  });

  test('what one fund gives arrives in the other, at the published rate or as said, and never in a circle', async () => {
    const [euros, dollars, third] = [await funds.fund(), await funds.fund({ currency: 'USD', countries: ['NER'] }), await funds.fund()];
    await funds.done({ kind: 'carry_over', fundId: euros, amount: money('100.00') });
    await refusal(funds.prepare({ kind: 'fund_transfer', fundId: euros, toFundId: euros, amount: money('1.00') }), 'FUND_CIRCLE');
    await refusal(funds.prepare({ kind: 'fund_transfer', fundId: euros, toFundId: dollars, amount: money('100.01') }), 'EXCEEDS_FUND');
    await refusal(funds.prepare({ kind: 'fund_transfer', fundId: euros, toFundId: third, amount: money('2.00'), received: money('1.00') }), 'RECEIVED_DIFFERS');
    // Who works for Mali gives to a fund for Niger.
    const malian = await app.user({ roles: ['approver'], states: ['MLI'] });
    const published = await funds.submitted({ kind: 'fund_transfer', fundId: euros, toFundId: dollars, amount: money('10.00') });
    await funds.approve(published, malian).expect(200);
    expect(await read(published)).toMatchObject({ toFundId: dollars, received: money('10.80', 'USD') });
    expect(await entries(published)).toEqual([
      { kind: 'to_fund', cell: 0, countries: ['MLI'], own: 1_000, usd: 1_080, eur: 1_000, xof: 6_560 },
      { kind: 'from_fund', cell: 0, countries: ['NER'], own: 1_080, usd: 1_080, eur: 1_000, xof: 6_560 },
    ]);
    await funds.done({ kind: 'fund_transfer', fundId: euros, toFundId: dollars, amount: money('10.00'), received: money('10.50', 'USD') });
    expect(await funds.account(dollars)).toMatchObject({ income: 2_130n, bookIncome: 2_130n });
    await funds.done({ kind: 'fund_transfer', fundId: dollars, toFundId: third, amount: money('5.00', 'USD') });
    expect(await refusal(funds.prepare({ kind: 'fund_transfer', fundId: third, toFundId: euros, amount: money('1.00') }), 'FUND_CIRCLE')).toMatchObject({ field: 'toFundId' });
    // 21.30 − 5.00 = 16.30 are left there: the first 10.80 can go back, then not the 10.50 too.
    await funds.done(funds.reversalOf(published));
    await refusal(funds.prepare(funds.reversalOf((await app.deps.db.fundOperation.findFirstOrThrow({ where: { toFundId: dollars, status: 'approved' } })).id)), 'EXCEEDS_FUND');
    expect(await funds.account(dollars)).toMatchObject({ income: 550n, bookIncome: 550n });
    expect(await funds.account(euros)).toMatchObject({ income: 9_000n, bookIncome: 9_000n });
  });
});

describe('undoing', () => {
  test('an operation on which others stand is undone last', async () => {
    const fundId = await funds.fund();
    const carried = await funds.done({ kind: 'carry_over', fundId, amount: money('100.00') });
    const allocationId = await funds.done(funds.allocationOf(fundId, '60.00'));
    const sent = await funds.done({ kind: 'transfer', allocationId, amount: money('60.00') });
    const back = await funds.done({ kind: 'refund', allocationId, amount: money('20.00') });
    await refusal(funds.prepare(funds.reversalOf(carried)), 'EXCEEDS_FUND');
    await refusal(funds.prepare(funds.reversalOf(allocationId)), 'HAS_CHILDREN');
    await refusal(funds.prepare(funds.reversalOf(sent)), 'EXCEEDS_TRANSFERRED');
    const again = await funds.done({ kind: 'transfer', allocationId, amount: money('20.00') });
    await refusal(funds.prepare(funds.reversalOf(back)), 'EXCEEDS_ALLOCATION');
    await funds.done(funds.reversalOf(again));
    const pending = await funds.submitted(funds.reversalOf(back));
    await refusal(funds.prepare(funds.reversalOf(back)), 'REVERSAL_PENDING');
    await funds.approve(pending).expect(200);
    expect(await read(back)).toMatchObject({ status: 'reversed' });
    expect(await read(pending)).toMatchObject({ status: 'approved', amount: null, undoesId: back, valueDate: DAY });
    await refusal(funds.prepare(funds.reversalOf(back)), 'NOT_POSTED');
    await refusal(funds.prepare(funds.reversalOf(pending)), 'NOT_POSTED');
    await funds.done(funds.reversalOf(sent));
    const waiting = await funds.submitted({ kind: 'transfer', allocationId, amount: money('1.00') });
    await refusal(funds.prepare(funds.reversalOf(allocationId)), 'HAS_CHILDREN');
    await people.approver.act(`/v1/fund-operations/${waiting}/reject`, { reason: 'Inutile' }).expect(200);
    await funds.done(funds.reversalOf(allocationId));
    await refusal(funds.prepare({ kind: 'transfer', allocationId, amount: money('1.00') }), 'PARENT_REVERSED');
    await funds.done(funds.reversalOf(carried));
    expect(await funds.account(fundId)).toEqual({ income: 0n, allocated: 0n, bookIncome: 0n, bookAllocated: 0n });
    expect((await entries(sent)).map((row) => (row as { own: number }).own)).toEqual([6_000, -6_000]);
  });

  test('a fund is closed once nothing is left, and opened again', async () => {
    const fundId = await funds.fund();
    await funds.done({ kind: 'interest', fundId, amount: money('10.00'), valueDate: '2025-06-11' });
    const closure = { kind: 'closure', fundId, valueDate: '2025-07-01' };
    expect(await refusal(french(funds.prepare(closure)), 'FUND_NOT_EMPTY')).toMatchObject({ detail: expect.stringContaining('Solde chez l’administrateur : 10.00 EUR') });
    const allocationId = await funds.done(funds.allocationOf(fundId, '10.00'));
    await funds.done({ kind: 'transfer', allocationId, amount: money('10.00') });
    await refusal(funds.prepare(closure), 'FUND_NOT_EMPTY');
    const spending = await funds.submitted({ kind: 'expenditure', allocationId, amount: money('10.00') });
    await refusal(funds.prepare(closure), 'FUND_NOT_EMPTY');
    await funds.approve(spending).expect(200);
    await refusal(funds.prepare({ ...closure, valueDate: '2025-06-10' }), 'DATE_BEFORE_PARENT');
    const id = await funds.done(closure);
    expect(await app.deps.db.pooledFund.findUnique({ where: { id: fundId } })).toMatchObject({ status: 'closed' });
    await refusal(funds.prepare({ kind: 'interest', fundId, amount: money('1.00') }), 'FUND_CLOSED');
    await refusal(funds.prepare(funds.reversalOf(spending)), 'FUND_CLOSED');
    await funds.done(funds.reversalOf(id));
    await funds.done({ kind: 'interest', fundId, amount: money('1.00') });
  });

  test('a fund that mirrors a source takes nothing by hand', async () => {
    const fundId = await funds.fund();
    await app.deps.db.pooledFund.update({ where: { id: fundId }, data: { sourceSystem: 'cbpf', externalId: fundId } });
    await refusal(funds.prepare({ kind: 'interest', fundId, amount: money('1.00') }), 'FUND_MIRRORED');
  });
});

test('what is approved late goes to the first open month, and says so', async () => {
  const fundId = await funds.fund();
  const interest = { kind: 'interest', fundId, amount: money('10.00'), valueDate: '2025-02-10' };
  for (const month of ['2025-01-01', '2025-02-01']) {
    await app.deps.db.accountingPeriod.create({ data: { month: new Date(month), status: 'closed', closedAt: new Date('2025-03-05'), graceUntil: new Date('2025-03-15'), closedBy: people.approver.userId } });
  }
  const id = await funds.done(interest);
  expect(await read(id)).toMatchObject({ valueDate: '2025-02-10', bookedOn: '2025-03-01' });
  const undone = await funds.done(funds.reversalOf(id));
  expect(await read(undone)).toMatchObject({ valueDate: '2025-02-10', bookedOn: '2025-03-01' });
});

describe('who decides, and who sees', () => {
  test('four eyes, states, versions and the limit above which two approve', async () => {
    const fundId = await funds.fund({ countries: ['BFA'] });
    await app.deps.db.approvalLimit.create({ data: { id: newId(), state: 'BFA', usdMinor: 1_000n, reason: 'Essai', setBy: newId() } });
    const id = (await funds.prepare({ kind: 'carry_over', fundId, amount: money('100.00') }, people.second).expect(201)).body as Answered;
    expect(await read(id.id)).toMatchObject({ status: 'submitted', approvalsNeeded: 2, approvals: [] });
    await refusal(funds.approve(id.id, people.second), 'FOUR_EYES');
    await refusal(people.approver.post(`/v1/fund-operations/${id.id}/approve`).set('if-match', '"9"'), 'STALE');
    await refusal(people.approver.post(`/v1/fund-operations/${id.id}/approve`), 'PRECONDITION_REQUIRED');
    await refusal(funds.approve(id.id, await app.user({ roles: ['approver'], states: ['MLI'] })), 'NOT_FOUND');
    await refusal(funds.approve(id.id, people.officer), 'FORBIDDEN');
    const item = { kind: 'fund_operation', operation: 'carry_over', id: id.id, amount: money('100.00'), states: ['BFA'], approvalsNeeded: 2, version: 1 };
    const queue = async (by: Client) => ((await by.get('/v1/approvals/awaiting?limit=200').expect(200)).body as { items: Answered[] }).items.filter((one) => one.id === id.id);
    expect(await queue(people.approver)).toMatchObject([item]);
    expect(await queue(people.second)).toEqual([]);
    expect((await funds.approve(id.id).expect(200)).body).toMatchObject({ status: 'submitted', approvalsNeeded: 2, approvals: [{ approverId: people.approver.userId }] });
    await refusal(funds.approve(id.id), 'ALREADY_APPROVED');
    const other = await app.user({ roles: ['approver'], states: ['BFA'] });
    expect((await funds.approve(id.id, other).expect(200)).body).toMatchObject({ status: 'approved', decidedBy: other.userId });
    await refusal(funds.approve(id.id), 'STATE_CONFLICT');
    const undoing = await funds.submitted(funds.reversalOf(id.id));
    expect(await read(undoing)).toMatchObject({ approvalsNeeded: 2 });
    await funds.approve(undoing).expect(200);
    expect((await funds.approve(undoing, other).expect(200)).body).toMatchObject({ status: 'approved' });
  });

  test('an officer acts for the own states only; donors see none of it', async () => {
    const fundId = await funds.fund({ countries: ['MLI', 'NER'] });
    await funds.done({ kind: 'carry_over', fundId, amount: money('100.00') });
    const malian = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
    await refusal(funds.prepare({ kind: 'fee', fundId, amount: money('1.00') }, malian), 'OUT_OF_SCOPE');
    await refusal(funds.prepare(funds.allocationOf(fundId, '1.00'), malian), 'OUT_OF_SCOPE');
    const own = (await funds.prepare(funds.allocationOf(fundId, '1.00', { splits: { country: [{ code: 'MLI' }] } }), malian).expect(201)).body as Answered;
    const nigerien = await app.user({ roles: ['minister'], states: ['NER'] });
    const list = async (by: Client, query: string) => ((await by.get(`/v1/fund-operations?fundId=${fundId}&${query}`).expect(200)).body as { items: Answered[] }).items;
    expect((await list(nigerien, 'limit=9')).map(({ kind }) => kind)).toEqual(['carry_over']);
    expect((await list(malian, 'status=submitted&country=MLI')).map(({ id }) => id)).toEqual([own.id]);
    expect(await list(malian, `kind=allocation&partnerId=${funds.donorId}`)).toEqual([]);
    await nigerien.get(`/v1/fund-operations/${own.id}`).expect(404);
    await nigerien.post('/v1/fund-operations', { kind: 'fee', fundId, amount: money('1.00'), valueDate: DAY, description: 'Essai' }).expect(403);
    const donor = await app.user({ roles: ['donor'], organisationId: funds.donorId });
    await donor.get('/v1/fund-operations').expect(403);
  });
});
