import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { toDay } from '../../src/domain/days.js';
import { checkLedger } from '../../src/features/ledger-check/ledger-check.service.js';
import type { FundEntry } from '../../src/platform/db.js';
import { type Answered, bodyOf, itemsOf } from '../support/answers.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, type People } from '../support/ledger.js';

let app: TestApp;
let people: People;
let administrator: Client;
let donorId: string;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  administrator = await app.user({ roles: ['administrator'] });
  donorId = await createOrganisation(app, 'Alpinia');
  await addRate(app, 'USD', '2025-01-02', '1.0800');
  await addRate(app, 'USD', '2025-06-02', '1.1400');
  await addRate(app, 'CHF', '2025-01-02', '0.9000');
});
afterAll(async () => {
  expect((await checkLedger(app.deps.db)).filter(({ rows }) => rows.length > 0)).toEqual([]);
  await app.close();
});

const usd = (amount: string) => ({ amount, currency: 'USD' });
const eur = (amount: string) => ({ amount, currency: 'EUR' });
let count = 0;

/** A fund for Mali and Niger whose administrator keeps 1 %. */
async function createFund(more: object = {}): Promise<string> {
  count += 1;
  const body = { code: `F-${count}`, nameFr: 'Fonds', nameEn: 'Fund', currency: 'USD', countries: ['MLI', 'NER'], feeShare: '1', ...more };
  return (await bodyOf(people.officer.post('/v1/pooled-funds', body).expect(201))).id;
}

async function createWindow(fundId: string, more: object = {}): Promise<string> {
  const body = { code: 'ML', nameFr: 'Enveloppe Mali', nameEn: 'Mali envelope', country: 'MLI', opensOn: '2025-02-01', closesOn: '2025-06-30', minimum: usd('500.00'), ...more };
  return (await bodyOf(people.officer.post(`/v1/pooled-funds/${fundId}/windows`, body).expect(201))).id;
}

const agreementBody = (fundId: string, amount: object, more: object = {}) => ({
  donorId,
  mechanism: 'pooled_fund',
  destination: { kind: 'fund', fundId },
  description: 'Accord de contribution',
  amount,
  valueDate: '2025-03-10',
  ...more,
});

function agreement(fundId: string, amount: object, more: object = {}): Promise<Answered> {
  return bodyOf(people.officer.post('/v1/commitments', agreementBody(fundId, amount, more)).expect(201));
}

async function submitted(commitmentId: string, amount: object, valueDate: string, more: object = {}): Promise<string> {
  const { id } = await bodyOf(people.officer.post('/v1/disbursements', { commitmentId, amount, valueDate, description: 'Versement au fonds', ...more }).expect(201));
  await people.officer.act(`/v1/disbursements/${id}/submit`).expect(200);
  return id;
}

async function deposit(commitmentId: string, amount: object, valueDate: string, more: object = {}): Promise<Answered> {
  const id = await submitted(commitmentId, amount, valueDate, more);
  return bodyOf(people.approver.act(`/v1/disbursements/${id}/approve`).expect(200));
}

async function reverse(disbursementId: string): Promise<void> {
  const { id } = await bodyOf(people.officer.post('/v1/reversals', { stage: 'disbursement', recordId: disbursementId, reason: 'Versé deux fois' }).expect(201));
  await people.approver.act(`/v1/reversals/${id}/approve`).expect(200);
}

const entriesOf = (fundId: string) => app.deps.db.fundEntry.findMany({ where: { fundId }, orderBy: { seq: 'asc' } });
const figures = ({ kind, countries, amountMinor, usdMinor, eurMinor, xofMinor }: FundEntry) => [kind, countries.join(), amountMinor, usdMinor, eurMinor, xofMinor];
const accountOf = async (fundId: string) => (await bodyOf(people.officer.get(`/v1/pooled-funds/${fundId}`).expect(200))).account;

describe('two instalments of one agreement, in euros into a fund in dollars', () => {
  const instalments = [{ dueOn: '2025-03-31', amount: eur('600.00') }, { dueOn: '2025-06-30', amount: eur('400.00') }];
  let fundId: string;
  let commitment: Answered;

  beforeAll(async () => {
    fundId = await createFund();
    const splits = { country: [{ code: 'MLI', share: '60' }, { code: 'NER', share: '40' }] };
    commitment = await agreement(fundId, eur('1000.00'), { instalments, splits });
  });

  test('the agreement answers its plan of payment', async () => {
    const numbered = instalments.map((one, index) => ({ number: index + 1, ...one }));
    expect(commitment.instalments).toEqual(numbered);
    expect((await bodyOf(people.officer.get(`/v1/commitments/${commitment.id}`))).instalments).toEqual(numbered);
    expect((await itemsOf(people.officer.get(`/v1/commitments?fundId=${fundId}`))).map((row) => row.instalments)).toEqual([numbered]);
  });

  test('the first arrives at the published rate, the fee with it, in the cells of the agreement', async () => {
    const { id, credited } = await deposit(commitment.id, eur('600.00'), '2025-03-12');
    expect(credited).toBeNull();
    const rows = await entriesOf(fundId);
    // 600 EUR × 1.08 = 648.00 USD; × 655.957 = 393,574.2 XOF. 1 % of it: 6.48 USD = 6.00 EUR = 3,936 XOF. Three fifths for Mali, by largest remainder.
    expect(rows.map(figures)).toEqual([
      ['deposit', 'MLI', 38_880n, 38_880n, 36_000n, 236_144n],
      ['deposit', 'NER', 25_920n, 25_920n, 24_000n, 157_430n],
      ['fee', 'MLI', 389n, 389n, 360n, 2_362n],
      ['fee', 'NER', 259n, 259n, 240n, 1_574n],
    ]);
    for (const row of rows) {
      expect(row).toMatchObject({ disbursementId: id, commitmentId: commitment.id, operationId: null, donorId, windowId: null, restricted: false, currency: 'USD', occurredOn: null });
      expect(toDay(row.valueDate)).toBe('2025-03-12');
      expect(row.recordedBy).toBe(people.approver.userId);
    }
    expect(rows[0]?.fx).toMatchObject({ own: { method: 'rates', legs: [{ base: 'EUR', quote: 'USD', rate: '1.08' }] } });
    expect(await accountOf(fundId)).toEqual({ income: usd('641.52'), allocated: usd('0.00'), available: usd('641.52') });
  });

  test('the second as the account was credited: in the book so, in the donors’ journal as it was paid', async () => {
    const paid = await deposit(commitment.id, eur('400.00'), '2025-06-10', { credited: usd('455.00') });
    expect(paid.credited).toEqual(usd('455.00'));
    // 455.00 USD = 399.12 EUR = 261,807 XOF at 1.14; the fee 4.55 USD = 3.99 EUR = 2,618 XOF.
    const rows = (await entriesOf(fundId)).filter(({ disbursementId }) => disbursementId === paid.id);
    const sum = (kind: string, of: (row: FundEntry) => bigint | null) => rows.filter((row) => row.kind === kind).reduce((total, row) => total + (of(row) ?? 0n), 0n);
    const sums = (kind: string) => [sum(kind, (row) => row.amountMinor), sum(kind, (row) => row.usdMinor), sum(kind, (row) => row.eurMinor), sum(kind, (row) => row.xofMinor)];
    expect(sums('deposit')).toEqual([45_500n, 45_500n, 39_912n, 261_807n]);
    expect(sums('fee')).toEqual([455n, 455n, 399n, 2_618n]);
    expect(rows[0]?.fx).toMatchObject({ own: { method: 'credited', legs: [] } });
    const [entry] = await app.deps.db.journalEntry.findMany({ where: { disbursementId: paid.id } });
    expect(entry).toMatchObject({ amountMinor: 40_000n, usdMinor: 45_600n });
    // 648.00 + 455.00 − 6.48 − 4.55.
    expect(await accountOf(fundId)).toMatchObject({ income: usd('1091.97'), available: usd('1091.97') });
  });

  test('is read with what was credited, alone and in a list', async () => {
    const listed = await itemsOf(people.officer.get(`/v1/disbursements?commitmentId=${commitment.id}&sort=valueDate`));
    expect(listed.map(({ credited }) => credited)).toEqual([null, usd('455.00')]);
    expect((await bodyOf(people.officer.get(`/v1/disbursements/${listed[1]?.id ?? ''}`))).credited).toEqual(usd('455.00'));
  });

  test('reversed, both the deposit and the fee are taken back', async () => {
    const [first] = await itemsOf(people.officer.get(`/v1/disbursements?commitmentId=${commitment.id}&sort=valueDate`));
    await reverse(first?.id ?? '');
    expect(await accountOf(fundId)).toMatchObject({ income: usd('450.45'), available: usd('450.45') });
    const rows = (await entriesOf(fundId)).filter(({ disbursementId }) => disbursementId === first?.id);
    const mirrors = rows.filter(({ reversesId }) => reversesId !== null);
    expect(mirrors).toHaveLength(4);
    for (const mirror of mirrors) {
      const mirrored = rows.find(({ id }) => id === mirror.reversesId);
      expect(mirrored).toMatchObject({ kind: mirror.kind, amountMinor: -mirror.amountMinor, eurMinor: -(mirror.eurMinor ?? 0n), xofMinor: -(mirror.xofMinor ?? 0n), reason: null });
      expect(mirror.reason).toBe('Versé deux fois');
    }
  });
});

describe('what is credited', () => {
  test('is changed and cleared in a draft, and kept in the trail', async () => {
    const fundId = await createFund();
    const commitment = await agreement(fundId, eur('100.00'));
    const body = { commitmentId: commitment.id, amount: eur('10.00'), valueDate: '2025-03-12', description: 'Versement', credited: usd('10.75') };
    const draft = await bodyOf(people.officer.post('/v1/disbursements', body).expect(201));
    expect(draft.credited).toEqual(usd('10.75'));
    const path = `/v1/disbursements/${draft.id}`;
    expect((await people.officer.edit(path, { credited: usd('10.70') }).expect(200)).body.credited).toEqual(usd('10.70'));
    expect((await people.officer.edit(path, { description: 'Autre' }).expect(200)).body.credited).toEqual(usd('10.70'));
    expect((await people.officer.edit(path, { credited: null }).expect(200)).body.credited).toBeNull();
    const edits = await app.deps.db.auditEvent.findMany({ where: { recordId: draft.id, action: 'disbursement.edit' }, orderBy: { at: 'asc' } });
    expect(edits[0]?.detail).toMatchObject({ before: { credited: usd('10.75') }, after: { credited: usd('10.70') } });
    expect(edits[2]?.detail).toMatchObject({ before: { credited: usd('10.70') }, after: { credited: null } });
  });

  test('is a matter of funds: a payment to a state leaves no trace in any book', async () => {
    const before = await app.deps.db.fundEntry.count();
    const body = { donorId, mechanism: 'bilateral_grant', destination: { kind: 'state' }, splits: { country: [{ code: 'MLI' }] }, description: 'Aide', amount: eur('10.00'), valueDate: '2025-03-10' };
    const { id } = await bodyOf(people.officer.post('/v1/commitments', body).expect(201));
    expect((await deposit(id, eur('10.00'), '2025-03-12')).credited).toBeNull();
    expect(await app.deps.db.fundEntry.count()).toBe(before);
  });
});

describe('currencies', () => {
  test('of the fund and the payment alike: what was paid is what arrives', async () => {
    const fundId = await createFund({ currency: 'EUR', feeShare: '0.5' });
    await deposit((await agreement(fundId, eur('1000.00'))).id, eur('333.33'), '2025-03-12');
    // 0.5 % of 333.33 = 1.66665, rounded half-up: 1.67 EUR = 1.80 USD.
    const rows = await entriesOf(fundId);
    expect(rows.map(figures)).toEqual([
      ['deposit', 'MLI,NER', 33_333n, 36_000n, 33_333n, 218_650n],
      ['fee', 'MLI,NER', 167n, 180n, 167n, 1_095n],
    ]);
    expect(rows[0]?.fx).toMatchObject({ own: { method: 'same' } });
    expect(await accountOf(fundId)).toMatchObject({ income: eur('331.66') });
  });

  test('of a fund that is in none of the reporting currencies', async () => {
    const fundId = await createFund({ currency: 'CHF', feeShare: '0' });
    await deposit((await agreement(fundId, usd('1080.00'))).id, usd('1080.00'), '2025-03-12');
    // 1,080 USD ÷ 1.08 × 0.90 = 900.00 CHF, and no fee.
    expect((await entriesOf(fundId)).map(figures)).toEqual([['deposit', 'MLI,NER', 90_000n, 108_000n, 100_000n, 655_957n]]);
  });
});

describe('windows', () => {
  test('a deposit and its fee are of the window, and for the state of the envelope', async () => {
    const fundId = await createFund();
    const windowId = await createWindow(fundId);
    const commitment = await agreement(fundId, usd('500.00'), { destination: { kind: 'fund', fundId, windowId } });
    expect(commitment).toMatchObject({ destination: { kind: 'fund', fundId, windowId, region: null }, countries: ['MLI'], splits: { country: [{ code: 'MLI' }] } });
    await deposit(commitment.id, usd('500.00'), '2025-03-12');
    expect((await entriesOf(fundId)).map((row) => [row.kind, row.windowId, row.countries, row.amountMinor])).toEqual([
      ['deposit', windowId, ['MLI'], 50_000n],
      ['fee', windowId, ['MLI'], 500n],
    ]);
  });

  test('a commitment takes the window of its pledge, whose days it must meet too', async () => {
    const fundId = await createFund();
    const windowId = await createWindow(fundId);
    const pledge = await bodyOf(people.officer.post('/v1/pledges', agreementBody(fundId, eur('2000.00'), { destination: { kind: 'fund', fundId, windowId } })).expect(201));
    const fulfil = (amount: object, valueDate: string) => people.officer.post('/v1/commitments', { pledgeId: pledge.id, amount, valueDate });
    expect((await fulfil(eur('1000.00'), '2025-06-30').expect(201)).body).toMatchObject({ destination: { fundId, windowId }, countries: ['MLI'] });
    // 462.96 EUR × 1.08 = 500.00 USD; × 1.14 = 527.77 USD; 438.59 EUR × 1.14 = 499.99 USD.
    expect((await fulfil(eur('462.96'), '2025-03-15')).status).toBe(201);
    expect((await fulfil(eur('438.59'), '2025-06-15').set('accept-language', 'fr')).body).toMatchObject({ code: 'BELOW_MINIMUM', detail: 'ML reçoit des contributions d’au moins 500.00 USD ; trouvé : 499.99 USD.' });
    expect((await fulfil(eur('438.59'), '2025-06-15')).body).toMatchObject({ detail: 'ML takes contributions of at least 500.00 USD; found: 499.99 USD.' });
    expect((await fulfil(eur('500.00'), '2025-07-01').set('accept-language', 'fr')).body).toMatchObject({ code: 'WINDOW_CLOSED', detail: 'ML reçoit des contributions à partir du 2025-02-01 jusqu’au 2025-06-30 ; trouvé : 2025-07-01.' });
    expect((await fulfil(eur('500.00'), '2025-07-01')).body).toMatchObject({ detail: 'ML takes contributions from 2025-02-01 until 2025-06-30; found: 2025-07-01.' });
  });

  test('what is promised to a window without end says when it opens only', async () => {
    const fundId = await createFund();
    const windowId = await createWindow(fundId, { closesOn: null, minimum: null, opensOn: '2025-04-01' });
    const early = people.officer.post('/v1/commitments', agreementBody(fundId, usd('1.00'), { destination: { kind: 'fund', fundId, windowId } }));
    expect((await early).body).toMatchObject({ detail: 'ML takes contributions from 2025-04-01; found: 2025-03-10.' });
  });
});

describe('a restricted agreement', () => {
  test('gives restricted deposits and fees, which officers without the right neither prepare nor see', async () => {
    const fundId = await createFund();
    const commitment = await agreement(fundId, usd('100.00'), { restricted: true });
    const paymentId = await submitted(commitment.id, usd('100.00'), '2025-03-12');
    const blind = { officer: await app.user({ roles: ['finance_officer'], states: ['MLI', 'NER'], seesRestricted: false }), approver: await app.user({ roles: ['approver'], states: ['MLI', 'NER'], seesRestricted: false }) };
    expect((await blind.officer.post('/v1/disbursements', { commitmentId: commitment.id, amount: usd('1.00'), valueDate: '2025-03-12', description: 'Versement' })).status).toBe(404);
    expect((await blind.approver.act(`/v1/disbursements/${paymentId}/approve`)).status).toBe(404);
    await people.approver.act(`/v1/disbursements/${paymentId}/approve`).expect(200);
    expect((await entriesOf(fundId)).map(({ kind, restricted }) => [kind, restricted])).toEqual([['deposit', true], ['fee', true]]);
    // What the fund may allocate is the same for all.
    expect((await bodyOf(blind.officer.get(`/v1/pooled-funds/${fundId}`))).account).toMatchObject({ available: usd('99.00') });
  });
});

describe('a closed fund', () => {
  test('takes no agreement and no payment, and nothing of a refused approval is kept', async () => {
    const fundId = await createFund();
    const commitment = await agreement(fundId, usd('100.00'));
    const paymentId = await submitted(commitment.id, usd('100.00'), '2025-03-12');
    await app.deps.db.pooledFund.update({ where: { id: fundId }, data: { status: 'closed' } });
    expect((await people.officer.post('/v1/commitments', agreementBody(fundId, usd('1.00')))).body).toMatchObject({ status: 409, code: 'FUND_CLOSED', field: 'destination.fundId' });
    expect((await people.approver.act(`/v1/disbursements/${paymentId}/approve`)).body).toMatchObject({ status: 409, code: 'FUND_CLOSED' });
    expect(await app.deps.db.journalEntry.count({ where: { disbursementId: paymentId } })).toBe(0);
    expect(await entriesOf(fundId)).toEqual([]);
    expect((await bodyOf(people.officer.get(`/v1/disbursements/${paymentId}`))).status).toBe('submitted');
  });
});

describe('two approvers', () => {
  test('the first approval above the limit posts nothing, the second the deposit', async () => {
    const fundId = await createFund({ countries: ['TGO'] });
    await administrator.post('/v1/approval-limits', { state: 'TGO', amount: usd('50.00'), reason: 'Essai' }).expect(201);
    const commitment = await agreement(fundId, usd('100.00'));
    const id = await submitted(commitment.id, usd('100.00'), '2025-03-12', { credited: usd('99.00') });
    const first = await bodyOf(people.approver.act(`/v1/disbursements/${id}/approve`).expect(200));
    expect(first).toMatchObject({ status: 'submitted', credited: usd('99.00') });
    expect(await entriesOf(fundId)).toEqual([]);
    const other = await app.user({ roles: ['approver'], states: ['TGO'] });
    expect((await other.act(`/v1/disbursements/${id}/approve`).expect(200)).body).toMatchObject({ status: 'approved', credited: usd('99.00') });
    expect((await entriesOf(fundId)).map(({ kind, amountMinor }) => [kind, amountMinor])).toEqual([['deposit', 9_900n], ['fee', 99n]]);
  });
});

describe('at once', () => {
  test('eight payments into one fund all arrive', async () => {
    const fundId = await createFund();
    const ids = await Promise.all(Array.from({ length: 8 }, async () => submitted((await agreement(fundId, usd('100.00'))).id, usd('100.00'), '2025-03-12')));
    const answers = await Promise.all(ids.map((id) => people.approver.act(`/v1/disbursements/${id}/approve`)));
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200));
    expect(await accountOf(fundId)).toMatchObject({ income: usd('792.00') });
  });
});

describe('a closed month', () => {
  test('sends deposit and fee to the next open one with the payment; so do their mirrors', async () => {
    const fundId = await createFund();
    const commitment = await agreement(fundId, usd('300.00'));
    const before = await deposit(commitment.id, usd('100.00'), '2025-03-20');
    await administrator.post('/v1/periods/2025-03/close', {}).set('if-match', '"0"').expect(200);
    const late = await deposit(commitment.id, usd('200.00'), '2025-03-21');
    expect(late).toMatchObject({ valueDate: '2025-03-21', bookedOn: '2025-04-01' });
    await reverse(before.id);
    const rows = await entriesOf(fundId);
    expect(rows.map(({ kind, amountMinor, valueDate, occurredOn }) => [kind, amountMinor, toDay(valueDate), occurredOn && toDay(occurredOn)])).toEqual([
      ['deposit', 10_000n, '2025-03-20', null],
      ['fee', 100n, '2025-03-20', null],
      ['deposit', 20_000n, '2025-04-01', '2025-03-21'],
      ['fee', 200n, '2025-04-01', '2025-03-21'],
      ['fee', -100n, '2025-04-01', '2025-03-20'],
      ['deposit', -10_000n, '2025-04-01', '2025-03-20'],
    ]);
    expect(await accountOf(fundId)).toMatchObject({ income: usd('198.00') });
  });
});
