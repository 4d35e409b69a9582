import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SYSTEM_USER_ID } from '../../src/domain/system-user.js';
import { importOptions, runImport, toRowWire, toWire } from '../../src/features/imports/imports.service.js';
import { findImport, findRows, insertImport } from '../../src/features/imports/imports.store.js';
import { checkLedger } from '../../src/features/ledger-check/ledger-check.service.js';
import { computeReport } from '../../src/features/reports/compute-report.js';
import { inTransaction } from '../../src/platform/db.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { LedgerWriter } from '../support/ledger-writer.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';
import { expectSoundLedger } from '../support/sound-ledger.js';

let app: TestApp;
let people: People;
let donorId: string;
let donor: Client;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  donorId = await createOrganisation(app, 'Exampleland');
  donor = await app.user({ roles: ['donor'], organisationId: donorId });
  await addRate(app, 'USD', '2025-01-20', '1.0000');
});

afterAll(() => app.close());

interface FlowOptions {
  readonly version?: number;
  readonly amount?: number;
  readonly countries?: readonly string[];
}

/** A flow that FTS publishes as paid by Exampleland on 20 January 2025. */
function flow(id: string, { version = 1, amount = 500, countries = ['Mali'] }: FlowOptions = {}): object {
  return {
    id,
    versionId: version,
    status: 'paid',
    flowType: 'Standard',
    boundary: 'incoming',
    onBoundary: countries.length > 1 ? 'shared' : 'single',
    amountUSD: amount,
    contributionType: 'financial',
    decisionDate: '2025-01-20',
    updatedAt: `2025-03-0${version}`,
    sourceObjects: [{ type: 'Organization', name: 'Exampleland', organizationTypes: ['Government'] }, { type: 'Location', name: 'Norway' }],
    destinationObjects: [
      { type: 'Organization', id: '504', name: 'Example Food Agency', organizationTypes: ['UN agency'] },
      ...countries.map((name) => ({ type: 'Location', name })),
      { type: 'UsageYear', name: '2025' },
    ],
  };
}

async function load(flows: readonly object[], complete = false) {
  const { deps } = app;
  const content = JSON.stringify({ status: 'ok', data: { incoming: { flowCount: flows.length, fundingTotal: 0, pledgeTotal: 0 }, internal: { flowCount: 0 }, flows }, meta: { count: flows.length } });
  const options = importOptions(deps.reference, { source: 'fts', complete, countries: complete ? ['MLI'] : undefined, years: complete ? [2025] : undefined });
  const { id } = await insertImport(deps.db, { options, dryRun: false, files: [{ name: 'page.json', content: Buffer.from(content) }], requestedBy: SYSTEM_USER_ID });
  await runImport.run(deps, { runId: id });
  const rows = await findRows(deps.db, id, { limit: 1_000 });
  return { ...toWire((await findImport(deps.db, id))!, 'fr'), rows: rows.items.map((row) => toRowWire(row, 'fr')) };
}

/** Disbursed and committed in USD, of all donors. */
async function reported(): Promise<{ readonly disbursed: string; readonly committed: string }> {
  const { body } = await people.officer.post('/v1/reports', { groupBy: ['donor'] }).expect(202);
  const { id } = body as { id: string };
  await computeReport.run(app.deps, { runId: id });
  const { text } = await people.officer.get(`/v1/reports/${id}/json`).expect(200);
  const { committed, disbursed } = (JSON.parse(text) as { total: { committed: string; disbursed: string } }).total;
  return { committed, disbursed };
}

async function soundLedger(): Promise<void> {
  await expectSoundLedger(app.deps.db);
}

const outcomesOf = async (externalId: string) =>
  (await app.deps.db.sourceFlow.findMany({ where: { externalId }, orderBy: { seq: 'asc' } })).map(({ outcome }) => outcome);
const importedIdsOf = async (externalId: string) =>
  (await app.deps.db.disbursement.findMany({ where: { sourceSystem: 'fts', externalId }, orderBy: { id: 'asc' } })).map(({ id }) => id);
const standingOf = async (externalId: string) =>
  (await app.deps.db.disbursement.findFirstOrThrow({ where: { sourceSystem: 'fts', externalId, status: 'approved' } })).id;

async function payLocally(amount = '500.00', splits: object = { country: [{ code: 'MLI' }] }, more: object = {}): Promise<{ readonly id: string }> {
  const { body } = await people.second.post('/v1/commitments', flowBody(donorId, { amount, currency: 'USD', valueDate: '2025-01-20', splits, more })).expect(201);
  return pay(people, (body as { id: string }).id, amount, { currency: 'USD', valueDate: '2025-01-22' });
}

interface Pair {
  readonly donorSide: { readonly id: string; readonly source: string };
  readonly stateSide: { readonly id: string };
  readonly settlement: object | null;
}

const pairsOf = async (by: Client) => ((await by.get('/v1/twins?from=2025-01-01&to=2025-12-31').expect(200)).body as { items: Pair[] }).items;
const settle = (by: Client, body: object) => by.post('/v1/twins', { reason: 'Même virement', ...body });

describe('a flow that FTS publishes and a payment entered here', () => {
  let payment: { readonly id: string };
  let importedId: string;

  test('count twice until a person settles them, and are listed as a pair meanwhile', async () => {
    await load([flow('101')]);
    payment = await payLocally();
    importedId = await standingOf('101');
    expect(await reported()).toEqual({ committed: '1000.00', disbursed: '1000.00' });
    expect(await pairsOf(people.officer)).toMatchObject([{ donorSide: { id: importedId, source: 'fts' }, stateSide: { id: payment.id }, certain: true, score: 83, settlement: null }]);
    expect(await pairsOf(donor)).toHaveLength(1);
  });

  test('count once when settled as the same: what the flow had is reversed, and it says so', async () => {
    const both = { disbursementId: payment.id, importedId, decision: 'same' };
    await settle(people.officer, both).expect(403);
    await settle(await app.user({ roles: ['approver'], states: ['NER'] }), both).expect(404);
    const { body } = await settle(people.approver, both).expect(201);
    expect(body).toMatchObject({ ...both, statementId: null, inForce: true, settledBy: people.approver.userId });
    expect(await reported()).toEqual({ committed: '500.00', disbursed: '500.00' });
    expect(await outcomesOf('101')).toEqual(['posted', 'twin']);
    expect(await pairsOf(people.officer)).toMatchObject([{ donorSide: { id: importedId, status: 'reversed' }, settlement: { decision: 'same', inForce: true } }]);
    const mirrors = await app.deps.db.journalEntry.findMany({ where: { kind: 'reversal' } });
    expect(mirrors.map(({ stage, reason, recordedBy }) => ({ stage, reason, recordedBy })).sort((a, b) => (a.stage < b.stage ? -1 : 1))).toEqual(
      ['commitment', 'disbursement'].map((stage) => ({ stage, reason: 'Même virement', recordedBy: people.approver.userId })),
    );
    await soundLedger();
  });

  test('a later import leaves it aside, changed or not, and says when it has changed', async () => {
    expect((await load([flow('101')])).summary!.counts).toMatchObject({ created: 0, updated: 0, unchanged: 1 });
    expect((await load([flow('101', { version: 2 })])).summary!.counts).toMatchObject({ unchanged: 1 });
    expect(await outcomesOf('101')).toEqual(['posted', 'twin', 'twin']);
    const changed = await load([flow('101', { version: 3, amount: 700 })]);
    expect(changed.summary!.counts).toMatchObject({ created: 0, updated: 1 });
    expect(changed.rows).toMatchObject([{ action: 'updated', code: 'TWIN_CHANGED', externalId: '101', text: expect.stringContaining('À revoir') as unknown }]);
    expect((await load([flow('101', { version: 3, amount: 700 })])).summary!.counts).toMatchObject({ unchanged: 1, updated: 0 });
    expect((await load([flow('101')])).summary!.counts).toMatchObject({ older: 1 });
    expect(await outcomesOf('101')).toEqual(['posted', 'twin', 'twin', 'twin']);
    expect(await reported()).toEqual({ committed: '500.00', disbursed: '500.00' });
    await soundLedger();
  });

  test('settled as different later, the next import posts it anew, as it is by then', async () => {
    await settle(people.second, { disbursementId: payment.id, importedId, decision: 'different' }).expect(201);
    expect(await reported()).toEqual({ committed: '500.00', disbursed: '500.00' });
    const again = await load([flow('101', { version: 3, amount: 700 })]);
    expect(again.rows).toMatchObject([{ action: 'created', code: 'TWIN_RELEASED' }]);
    expect(await outcomesOf('101')).toEqual(['posted', 'twin', 'twin', 'twin', 'posted']);
    expect(await reported()).toEqual({ committed: '1200.00', disbursed: '1200.00' });
    expect((await load([flow('101', { version: 3, amount: 700 })])).summary!.counts).toMatchObject({ unchanged: 1 });
    // A person has said that they differ, whichever record the flow has by now.
    expect((await load([flow('101', { version: 4, amount: 500 })])).summary!.counts).toMatchObject({ updated: 1 });
    expect(await pairsOf(people.officer)).toEqual([]);
    await soundLedger();
  });

  test('and may be settled as the same once more', async () => {
    await settle(people.second, { disbursementId: payment.id, importedId, decision: 'same' }).expect(409);
    await settle(people.second, { disbursementId: payment.id, importedId: await standingOf('101'), decision: 'same' }).expect(201);
    expect(await reported()).toEqual({ committed: '500.00', disbursed: '500.00' });
    expect(await outcomesOf('101')).toEqual(['posted', 'twin', 'twin', 'twin', 'posted', 'posted', 'twin']);
    expect(await importedIdsOf('101')).toHaveLength(3);
    await soundLedger();
  });

  test('a flow that vanishes is closed; back again, it is posted, and a person looks again', async () => {
    const snapshot = await load([flow('900', { amount: 1 })], true);
    expect(snapshot.summary!.counts).toMatchObject({ closed: 1, created: 1 });
    expect((await outcomesOf('101')).at(-1)).toBe('closed');
    expect(await reported()).toEqual({ committed: '501.00', disbursed: '501.00' });
    await soundLedger();
    const back = await load([flow('101', { version: 4 })]);
    expect(back.rows).toMatchObject([{ action: 'created', code: 'CAME_BACK' }]);
    expect(await reported()).toEqual({ committed: '1001.00', disbursed: '1001.00' });
    expect(await pairsOf(people.officer)).toMatchObject([{ donorSide: { id: await standingOf('101') }, stateSide: { id: payment.id }, settlement: null }]);
    await settle(people.second, { disbursementId: payment.id, importedId: await standingOf('101'), decision: 'same' }).expect(201);
    expect(await reported()).toEqual({ committed: '501.00', disbursed: '501.00' });
    await soundLedger();
  });

  test('when the payment entered here is reversed, the next import posts the flow again', async () => {
    const { body } = await people.second.post('/v1/reversals', { stage: 'disbursement', recordId: payment.id, reason: 'Saisi par erreur' }).expect(201);
    await people.approver.act(`/v1/reversals/${(body as { id: string }).id}/approve`).expect(200);
    expect(await reported()).toMatchObject({ disbursed: '1.00' });
    expect(await pairsOf(people.officer)).toEqual([]);
    expect((await load([flow('101', { version: 4 })])).rows).toMatchObject([{ action: 'created', code: 'TWIN_RELEASED' }]);
    expect(await reported()).toMatchObject({ disbursed: '501.00' });
    await soundLedger();
  });
});

describe('settling', () => {
  test('takes one statement and one flow for the same payment: each source by itself', async () => {
    await load([flow('201', { amount: 2000 })]);
    const payment = await payLocally('2000.00');
    const statement = { donorId, countries: ['MLI'], amount: { amount: '2000.00', currency: 'USD' }, valueDate: '2025-01-20', description: 'Virement' };
    const { body } = await donor.post('/v1/payment-statements', statement).expect(201);
    const { id: statementId } = body as { id: string };
    const importedId = await standingOf('201');
    const found = (await pairsOf(people.officer)).filter(({ stateSide }) => stateSide.id === payment.id).map(({ donorSide }) => donorSide.id);
    expect(found.sort()).toEqual([statementId, importedId].sort());
    const before = await reported();
    await settle(people.approver, { disbursementId: payment.id, statementId, decision: 'same' }).expect(201);
    expect(await reported()).toEqual(before);
    await settle(people.approver, { disbursementId: payment.id, importedId, decision: 'same' }).expect(201);
    expect(await reported()).toEqual({ committed: String(Number(before.committed) - 2000) + '.00', disbursed: String(Number(before.disbursed) - 2000) + '.00' });
    await soundLedger();
  });

  test('a flow shared with other states asks for the right for all of them that are tracked', async () => {
    await load([flow('301', { amount: 3000, countries: ['Mali', 'Niger', 'Jordan'] })]);
    const payment = await payLocally('3000.00');
    const both = { disbursementId: payment.id, importedId: await standingOf('301'), decision: 'same' };
    const malian = await app.user({ roles: ['approver'], states: ['MLI'] });
    const { body } = await settle(malian, both).expect(403);
    expect(body).toMatchObject({ code: 'OUT_OF_SCOPE' });
    await settle(await app.user({ roles: ['approver'], states: ['MLI', 'NER'] }), both).expect(201);
    await soundLedger();
  });

  test('a correction downwards is never the same as a payment', async () => {
    await load([flow('401', { amount: -4000 })]);
    const payment = await payLocally('4000.00');
    const { body } = await settle(people.approver, { disbursementId: payment.id, importedId: await standingOf('401'), decision: 'same' }).expect((response) => expect(response.status).toBeGreaterThanOrEqual(400));
    expect(body).toMatchObject({ code: 'AMOUNT_NOT_POSITIVE' });
  });

  test('one imported payment with two entered here, at the same time, goes to one of them', async () => {
    await load([flow('501', { amount: 5000 })]);
    const payments = [await payLocally('5000.00'), await payLocally('5000.00'), await payLocally('5000.00')];
    const importedId = await standingOf('501');
    const before = await reported();
    const answers = await Promise.all(payments.map(({ id }) => settle(people.approver, { disbursementId: id, importedId, decision: 'same' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(await reported()).toEqual({ committed: String(Number(before.committed) - 5000) + '.00', disbursed: String(Number(before.disbursed) - 5000) + '.00' });
    await soundLedger();
  });

  test('of a closed month the mirrors go to the next open one', async () => {
    await load([flow('701', { amount: 7000 })]);
    const payment = await payLocally('7000.00');
    const importedId = await standingOf('701');
    await app.deps.db.accountingPeriod.create({ data: { month: new Date('2025-01-01'), status: 'closed', closedBy: people.approver.userId, closedAt: new Date(), graceUntil: new Date() } });
    await settle(people.approver, { disbursementId: payment.id, importedId, decision: 'same' }).expect(201);
    const { commitmentId } = await app.deps.db.disbursement.findUniqueOrThrow({ where: { id: importedId } });
    const mirrors = await app.deps.db.journalEntry.findMany({ where: { kind: 'reversal', commitmentId } });
    expect(mirrors.map(({ valueDate, occurredOn }) => [valueDate, occurredOn])).toEqual(Array.from({ length: 2 }, () => [new Date('2025-02-01'), new Date('2025-01-20')]));
    await soundLedger();
  });

  test('names records that are there', async () => {
    const payment = await payLocally('10.00');
    const { body } = await settle(people.approver, { disbursementId: payment.id, importedId: newId(), decision: 'same' }).expect(404);
    expect(body).toMatchObject({ code: 'NOT_FOUND', field: 'importedId' });
    const { body: french } = await settle(people.approver, { disbursementId: payment.id, statementId: newId(), decision: 'same' }).set('accept-language', 'fr').expect(404);
    expect(french).toMatchObject({ field: 'statementId', detail: expect.stringContaining('déclaration de versement') as unknown });
    await settle(people.approver, { disbursementId: payment.id, importedId: payment.id, decision: 'same' }).expect(404);
  });

  test('a pledge that the set-aside commitment fulfils, and its amendment, give back what they took', async () => {
    await load([flow('601', { amount: 6000 })]);
    const { db, reference } = app.deps;
    const importedId = await standingOf('601');
    const { commitmentId } = await db.disbursement.findUniqueOrThrow({ where: { id: importedId } });
    const { body } = await people.officer.post('/v1/pledges', flowBody(donorId, { amount: '9000.00', currency: 'USD', valueDate: '2025-02-20' })).expect(201);
    const { id: pledgeId } = body as { id: string };
    // No endpoint links an imported commitment or amends it; the sums must hold all the same.
    await inTransaction(db, async (tx) => {
      await tx.pledge.update({ where: { id: pledgeId }, data: { committedMinor: 600_000n } });
      await tx.commitment.update({ where: { id: commitmentId }, data: { pledgeId } });
      await new LedgerWriter(tx, reference.exponents, donorId).amendment(commitmentId, 100_000n, '2025-02-21');
    });
    expect(await db.pledge.findUniqueOrThrow({ where: { id: pledgeId } })).toMatchObject({ committedMinor: 700_000n });
    const payment = await payLocally('6000.00');
    await settle(people.approver, { disbursementId: payment.id, importedId, decision: 'same' }).expect(201);
    expect(await db.pledge.findUniqueOrThrow({ where: { id: pledgeId } })).toMatchObject({ committedMinor: 0n });
    expect(await db.journalEntry.aggregate({ where: { commitmentId }, _sum: { amountMinor: true, usdMinor: true }, _count: true })).toEqual({ _sum: { amountMinor: 0n, usdMinor: 0n }, _count: 6 });
    const sums = ['pledge.committed', 'pledge.within', 'commitment.current', 'commitment.disbursed', 'commitment.posted', 'amendment.posted', 'disbursement.posted', 'source.current', 'source.once'];
    expect((await checkLedger(app.deps.db)).flatMap(({ code, rows }) => (sums.includes(code) ? rows : []))).toEqual([]);
  });
});

test('check-ledger names a flow that is set aside without a settlement, and what it still has in force', async () => {
  await load([flow('801', { amount: 8000 })]);
  const { db } = app.deps;
  const { version, updatedOn, contentHash, content, ...last } = await db.sourceFlow.findFirstOrThrow({ where: { externalId: '801' } });
  await db.sourceFlow.create({ data: { ...last, version, updatedOn, contentHash, content: content as object, seq: last.seq + 1, outcome: 'twin' } });
  const found = (await checkLedger(db)).flatMap(({ code, rows }) => (code === 'source.current' ? rows : []));
  const inForce = `commitment ${last.commitmentId}, disbursement ${last.disbursementId}`;
  expect(found.map(({ id, found: is, expected }) => ({ id, is, expected }))).toEqual(
    expect.arrayContaining([
      { id: 'fts 801 2', is: inForce, expected: '–' },
      { id: 'fts 801 2', is: 'twin –', expected: `twin ${last.disbursementId}` },
    ]),
  );
  expect(found).toHaveLength(2);
});
