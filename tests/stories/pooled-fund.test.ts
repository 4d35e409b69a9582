import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkLedger } from '../../src/features/ledger-check/ledger-check.service.js';
import { computeReport } from '../../src/features/reports/compute-report.js';
import type { Client, TestApp } from '../support/app.js';
import { startTestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, type People } from '../support/ledger.js';

/*
 * A fund in dollars, three donors (one pays in euros), two rounds, a refund and a carry-over. By hand, in US dollars:
 *
 *   sources   carry-over 50,000.00; Alpinia 600,000 EUR × 1.04 = 624,000.00 and 400,000 EUR, credited as 455,000.00; Borealia 500,000.00;
 *             Costania 100,000.00 of 250,000.00; interest 1,000.00                                          = 1,730,000.00
 *   fees      1 % of each deposit: 6,240.00 + 4,550.00 + 5,000.00 + 1,000.00                                 =    16,790.00
 *   costs     12,000.00
 *   awarded   round 1: Mali 400,000.00, Niger 300,000.00; round 2 (reserve): Mali 200,000.00                 =   900,000.00
 *   sent      400,000.00 + 250,000.00 + 200,000.00 − 25,000.00 returned                                      =   825,000.00
 *   spent     360,000.00 + 200,000.00 + 100,000.00                                                           =   660,000.00
 *
 *   uses      825,000.00 + 16,790.00 + 12,000.00 = 853,790.00; balance with the administrator 1,730,000.00 − 853,790.00 = 876,210.00
 *   partners  825,000.00 − 660,000.00 = 165,000.00; total balance 1,041,210.00; delivery rate 660 ÷ 825 = 80 %
 *   left      1,730,000.00 − 28,790.00 − 900,000.00 = 801,210.00 to allocate
 */
const usd = (amount: string) => ({ amount, currency: 'USD' });
const eur = (amount: string) => ({ amount, currency: 'EUR' });

let app: TestApp;
let people: People;
let administrator: Client;
const donors: Record<string, string> = {};
const partners: Record<string, string> = {};
const allocations: Record<string, string> = {};
let fundId: string;

async function made(by: Client, path: string, body: object): Promise<{ id: string } & Record<string, unknown>> {
  const answer = await by.post(path, body);
  if (answer.status !== 201) throw new Error(`${path} ${answer.status} ${answer.text}`);
  return answer.body as { id: string };
}

/** Prepared by the officer, approved by another person. */
async function operation(body: { readonly allocationId?: string | undefined } & Record<string, unknown>): Promise<string> {
  const whose = body.allocationId === undefined ? { fundId } : {};
  const { id } = await made(people.officer, '/v1/fund-operations', { ...whose, description: 'Opération du fonds', ...body });
  const answer = await people.approver.act(`/v1/fund-operations/${id}/approve`);
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return id;
}

async function agreement(donor: string, amount: object, valueDate: string, more: object = {}): Promise<string> {
  const body = { donorId: donors[donor], mechanism: 'pooled_fund', destination: { kind: 'fund', fundId }, description: `Accord de contribution, ${donor}`, amount, valueDate, ...more };
  return (await made(people.officer, '/v1/commitments', body)).id;
}

async function deposit(commitmentId: string, amount: object, valueDate: string, more: object = {}): Promise<string> {
  const { id } = await made(people.officer, '/v1/disbursements', { commitmentId, amount, valueDate, description: 'Versement au fonds', ...more });
  await people.officer.act(`/v1/disbursements/${id}/submit`).expect(200);
  await people.approver.act(`/v1/disbursements/${id}/approve`).expect(200);
  return id;
}

async function round(code: string, modality: 'standard' | 'reserve', ceiling: string): Promise<string> {
  const body = { fundId, code, modality, nameFr: `Appel ${code}`, nameEn: `Round ${code}`, ceiling: usd(ceiling), opensOn: '2025-03-01', closesOn: null };
  return (await made(people.officer, '/v1/allocation-rounds', body)).id;
}

/** A proposal of a partner, handed in; the allocation that awards it. */
async function award(roundId: string, partner: string, state: string, amount: string, valueDate: string, plan?: string): Promise<string> {
  const splits = { country: [{ code: state }], ...(plan !== undefined && { plan: [{ code: plan }] }) };
  const proposal = await made(people.officer, '/v1/proposals', { roundId, partnerId: partners[partner], title: `Projet ${state}`, requested: usd(amount), splits, description: 'Projet' });
  await people.officer.act(`/v1/proposals/${proposal.id}/submit`).expect(200);
  return operation({ kind: 'allocation', roundId, proposalId: proposal.id, partnerId: partners[partner], splits, amount: usd(amount), valueDate });
}

beforeAll(async () => {
  app = await startTestApp();
  await addRate(app, 'USD', '2025-01-02', '1.0300');
  await addRate(app, 'USD', '2025-01-15', '1.0400');
  await addRate(app, 'USD', '2025-06-02', '1.1400');
  people = await createPeople(app);
  administrator = await app.user({ roles: ['administrator'], states: ['MLI', 'NER'] });
  for (const name of ['Alpinia', 'Borealia', 'Costania']) donors[name] = await createOrganisation(app, name);
  for (const name of ['Caritas Mali', 'Croix-Rouge nigérienne']) partners[name] = await createOrganisation(app, name);
  const plan = { code: 'HMLI25', nameFr: 'Mali 2025', nameEn: 'Mali 2025', countries: ['MLI'], year: 2025 };
  const { id: planId } = await made(administrator, '/v1/response-plans', plan);
  await made(administrator, `/v1/response-plans/${planId}/requirements`, { amount: usd('2000000.00'), asOf: '2025-01-20', source: 'OCHA' });
  const fund = { code: 'FONDS-SAHEL', nameFr: 'Fonds du Sahel', nameEn: 'Sahel fund', currency: 'USD', countries: ['MLI', 'NER'], feeShare: '1' };
  fundId = (await made(administrator, '/v1/pooled-funds', fund)).id;

  await operation({ kind: 'carry_over', amount: usd('50000.00'), valueDate: '2025-01-02' });
  const instalments = [{ dueOn: '2025-01-31', amount: eur('600000.00') }, { dueOn: '2025-06-30', amount: eur('400000.00') }];
  const alpinia = await agreement('Alpinia', eur('1000000.00'), '2025-01-15', { instalments });
  await deposit(alpinia, eur('600000.00'), '2025-01-15');
  await deposit(alpinia, eur('400000.00'), '2025-06-02', { credited: usd('455000.00') });
  await deposit(await agreement('Borealia', usd('500000.00'), '2025-02-03'), usd('500000.00'), '2025-02-03');
  await deposit(await agreement('Costania', usd('250000.00'), '2025-03-10'), usd('100000.00'), '2025-03-10');

  const first = await round('2025-1', 'standard', '800000.00');
  const second = await round('2025-2', 'reserve', '200000.00');
  allocations.maliFirst = await award(first, 'Caritas Mali', 'MLI', '400000.00', '2025-06-10', 'HMLI25');
  allocations.niger = await award(first, 'Croix-Rouge nigérienne', 'NER', '300000.00', '2025-06-11');
  allocations.maliReserve = await award(second, 'Croix-Rouge nigérienne', 'MLI', '200000.00', '2025-06-12');
  await operation({ kind: 'interest', amount: usd('1000.00'), valueDate: '2025-07-01' });
  await operation({ kind: 'direct_cost', amount: usd('12000.00'), valueDate: '2025-07-02' });
  await operation({ kind: 'transfer', allocationId: allocations.maliFirst, amount: usd('400000.00'), valueDate: '2025-07-05' });
  await operation({ kind: 'transfer', allocationId: allocations.niger, amount: usd('250000.00'), valueDate: '2025-07-06' });
  await operation({ kind: 'transfer', allocationId: allocations.maliReserve, amount: usd('200000.00'), valueDate: '2025-07-07' });
  await operation({ kind: 'expenditure', allocationId: allocations.maliFirst, amount: usd('360000.00'), valueDate: '2025-09-30' });
  await operation({ kind: 'expenditure', allocationId: allocations.niger, amount: usd('200000.00'), valueDate: '2025-09-30' });
  await operation({ kind: 'expenditure', allocationId: allocations.maliReserve, amount: usd('100000.00'), valueDate: '2025-09-30' });
  await operation({ kind: 'refund', allocationId: allocations.maliFirst, amount: usd('25000.00'), valueDate: '2025-10-05' });
});

afterAll(() => app.close());

interface Statement {
  readonly lines: readonly Line[];
  readonly deliveryRate: { readonly until: string };
  readonly unpaid: { readonly commitments: readonly object[] };
}

interface FundPart {
  readonly share: string;
  readonly own: Readonly<Record<'paidIn' | 'attributed' | 'still', string>>;
  readonly recipients: readonly { readonly state: string; readonly own: string }[];
}

interface Attribution {
  readonly rows: readonly { readonly donor: string; readonly funds: readonly FundPart[] }[];
}

async function readAs<T>(by: Client, path: string): Promise<T> {
  return (await by.get(path).expect(200)).body as T;
}

interface Line {
  readonly line: string;
  readonly before: string | null;
  readonly period: string | null;
  readonly until: string | null;
}

const linesOf = (lines: readonly Line[], span: 'before' | 'period' | 'until') => Object.fromEntries(lines.map((one) => [one.line, one[span]]));

describe('the statement', () => {
  test('says what came in, what went out, and what is where, to the cent', async () => {
    const body = await readAs<Statement>(people.officer, `/v1/pooled-funds/${fundId}/statement`);
    expect(linesOf(body.lines, 'until')).toMatchObject({
      contributions: '1679000.00',
      carryOver: '50000.00',
      interest: '1000.00',
      donorRefunds: '0.00',
      sources: '1730000.00',
      transfers: '850000.00',
      refunds: '25000.00',
      netTransfers: '825000.00',
      fees: '16790.00',
      directCosts: '12000.00',
      uses: '853790.00',
      administratorBalance: '876210.00',
      expenditure: '660000.00',
      partnerBalance: '165000.00',
      totalBalance: '1041210.00',
      allocated: '900000.00',
      notTransferred: '75000.00',
      available: '801210.00',
    });
    expect(body.deliveryRate.until).toBe('0.8000');
    expect(body.unpaid.commitments).toContainEqual({ currency: 'USD', whole: '750000.00', met: '600000.00', open: '150000.00', converted: '150000.00' });
  });

  test('of the second half of the year begins with what the first left', async () => {
    const body = await readAs<Statement>(people.officer, `/v1/pooled-funds/${fundId}/statement?from=2025-07-01&to=2025-12-31`);
    // 50,000 + 1,679,000 − 16,790 until the end of June; then interest 1,000, costs 12,000 and 825,000 sent.
    expect(linesOf(body.lines, 'before')).toMatchObject({ administratorBalance: '1712210.00', allocated: '900000.00', available: '812210.00' });
    expect(linesOf(body.lines, 'period')).toMatchObject({ administratorBalance: '-836000.00', netTransfers: '825000.00', expenditure: '660000.00' });
    expect(linesOf(body.lines, 'until')).toMatchObject({ administratorBalance: '876210.00' });
  });

  test('every line opens on its entries, which sum to it', async () => {
    const { body } = await people.officer.get(`/v1/pooled-funds/${fundId}/entries?line=contributions&limit=200`).expect(200);
    expect(body.items).toHaveLength(4);
  });
});

const cents = (amount: string) => BigInt(amount.replace('.', ''));

/** Within two cents of an exact share: each use before it may have moved it by one. */
const near = (amount: bigint, exact: string) => {
  const difference = amount - cents(exact);
  expect([amount, exact, difference <= 2n && difference >= -2n]).toEqual([amount, exact, true]);
};

describe('the attribution', () => {
  test('carries each donor’s share down to states, and loses nothing', async () => {
    const { rows } = await readAs<Attribution>(administrator, `/v1/attribution?currency=USD&fundId=${fundId}`);
    const fundOf = (donor: string) => rows.find((row) => row.donor === donors[donor])!.funds[0]!;
    const fund = fundOf('Alpinia');
    expect([fund.share, fundOf('Borealia').share, fundOf('Costania').share]).toEqual(['62.3699', '28.9017', '5.7804']);
    const nobody = rows.filter(({ donor }) => !Object.values(donors).includes(donor));
    expect(nobody.map(({ funds }) => funds[0]!.share)).toEqual(['2.9480']);
    // 375,000 + 200,000 to Mali and 250,000 to Niger, × 1,079 ÷ 1,730; fees and costs 28,790; 876,210 still there.
    const byState = (code: string) => fund.recipients.filter(({ state }) => state === code).reduce((sum, { own }) => sum + cents(own), 0n);
    near(byState('MLI'), '358627.17');
    near(byState('NER'), '155924.86');
    near(cents(fund.own.still), '546491.67');
    expect(fund.own.paidIn).toBe('1079000.00');
    expect(cents(fund.own.attributed) + cents(fund.own.still)).toBe(cents('1079000.00'));
    const sumOf = (flow: 'attributed' | 'still') => rows.reduce((sum, { funds }) => sum + cents(funds[0]!.own[flow]), 0n);
    expect([sumOf('still'), sumOf('attributed')]).toEqual([cents('876210.00'), cents('853790.00')]);
  });

  test('a donor is shown its own money and nobody else’s', async () => {
    const donor = await app.user({ roles: ['donor'], organisationId: donors.Costania! });
    const { rows } = await readAs<Attribution>(donor, '/v1/attribution?currency=USD');
    expect(rows.map((row) => row.donor)).toEqual([donors.Costania]);
    const text = JSON.stringify((await donor.get(`/v1/pooled-funds/${fundId}/statement`).expect(200)).body);
    expect([text.includes(donors.Alpinia!), text.includes('Borealia'), text.includes(donors.Costania!)]).toEqual([false, false, true]);
  });
});

test('the same figures, from a worker: the same question has the same bytes', async () => {
  const ask = async (body: object) => {
    const { body: run } = await people.officer.post('/v1/reports', body).expect(202);
    await computeReport.run(app.deps, { runId: run.id });
    const { body: done } = await people.officer.get(`/v1/reports/${run.id}`).expect(200);
    return done as { id: string; hash: string; asOf: string; status: string };
  };
  const first = await ask({ kind: 'fund_statement', fundId });
  expect(first.status).toBe('ready');
  const again = await ask({ kind: 'fund_statement', fundId, asOf: first.asOf });
  expect(again.hash).toBe(first.hash);
  const { text } = await people.officer.get(`/v1/reports/${first.id}/csv?language=fr`).expect(200);
  expect(text).toContain('1730000,00');
});

test('the donors’ money counts once, and the plan has what the fund awarded to it', async () => {
  const { body: run } = await administrator.post('/v1/reports', { groupBy: ['fund'], currency: 'USD' }).expect(202);
  await computeReport.run(app.deps, { runId: run.id });
  const { body: report } = await administrator.get(`/v1/reports/${run.id}/json`).expect(200);
  // 1,040,000.00 for the euros signed and 750,000.00; paid at the published rates, whatever the bank credited.
  expect(report.total).toMatchObject({ committed: '1790000.00', disbursed: '1680000.00' });
  const { body: coverage } = await administrator.get('/v1/coverage?groupBy=plan&currency=USD').expect(200);
  expect(JSON.stringify(coverage)).toContain('400000.00');
});

test('the history of an allocation is told with all that followed from it', async () => {
  const { items } = await readAs<{ items: readonly { action: string; sentence: string }[] }>(people.officer, `/v1/fund-operations/${allocations.maliFirst}/history?limit=200`);
  const prepared = items.filter(({ action }) => action === 'fund_operation.create');
  // The award, then its transfer, expenditure and refund; each with its approval.
  expect(prepared).toHaveLength(4);
  expect(items.filter(({ action }) => action === 'fund_operation.approve')).toHaveLength(4);
  expect(items.every(({ sentence }) => sentence.length > 5)).toBe(true);
});

test('nothing is awarded that is not there, nothing sent that was not awarded, and the ledger holds', async () => {
  const refused = async (body: object, code: string) => {
    const answer = await people.officer.post('/v1/fund-operations', { description: 'De trop', valueDate: '2025-11-01', ...body });
    expect([answer.status, answer.body.code]).toEqual([422, code]);
    expect(answer.body.detail).toMatch(/\d/);
  };
  await refused({ kind: 'allocation', fundId, partnerId: partners['Caritas Mali'], amount: usd('801210.01') }, 'EXCEEDS_FUND');
  await refused({ kind: 'transfer', allocationId: allocations.niger, amount: usd('50000.01') }, 'EXCEEDS_ALLOCATION');
  const outcomes = await checkLedger(app.deps.db);
  expect(outcomes.filter(({ rows }) => rows.length > 0)).toEqual([]);
});
