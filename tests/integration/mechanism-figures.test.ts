import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { visibilityOf } from '../../src/domain/policy.js';
import type { MechanismRow, MechanismsAnswer } from '../../src/features/mechanism-figures/mechanism-figures.schema.js';
import { mechanisms } from '../../src/features/mechanism-figures/mechanisms.view.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';

let app: TestApp;
let people: People;
let donorId: string;

const today = new Date();
const day = (offset: number) => new Date(today.getTime() + offset * 86_400_000).toISOString().slice(0, 10);
const eur = (amount: string) => ({ amount, currency: 'EUR' });
const idOf = async (test: ReturnType<Client['post']>) => ((await test.expect(201)).body as { id: string }).id;

const pledge = (amount: string, valueDate: string, more: object = {}) => idOf(people.officer.post('/v1/pledges', flowBody(donorId, { amount, valueDate, more })));
const commitmentOf = (pledgeId: string, amount: string, valueDate: string, more: object = {}) => idOf(people.officer.post('/v1/commitments', { pledgeId, amount: eur(amount), valueDate, ...more }));
const commitment = (amount: string, valueDate: string, more: object = {}) => idOf(people.officer.post('/v1/commitments', flowBody(donorId, { amount, valueDate, more })));
const paid = (id: string, amount: string, valueDate: string) => pay(people, id, amount, { valueDate });
const instrument = (mechanism: string, terms: object) =>
  idOf(people.officer.post('/v1/instruments', { mechanism, currency: 'EUR', nameFr: 'Instrument', nameEn: 'Instrument', countries: ['MLI'], startsOn: day(-365), terms, description: 'Instrument' }));
const event = (id: string, body: object) => idOf(people.officer.post(`/v1/instruments/${id}/events`, { description: 'Constaté', ...body }));

async function compare(by: Client, query = ''): Promise<MechanismsAnswer> {
  return (await by.get(`/v1/mechanisms/comparison?currency=EUR${query}`).expect(200)).body as MechanismsAnswer;
}
function rowOf({ rows }: MechanismsAnswer, mechanism: string): MechanismRow {
  const row = rows.find((one) => one.mechanism === mechanism);
  if (!row) throw new Error(`no row for ${mechanism}`);
  return row;
}

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  donorId = await createOrganisation(app, 'Donateur');
  await addRate(app, 'USD', day(-420), '1.1000');
  await addRate(app, 'USD', day(-100), '1.2000');

  // Two pledges and what became of them, and a commitment without a pledge.
  const first = await pledge('1000.00', day(-400), { instalments: [{ dueOn: day(-200), amount: eur('400.00') }, { dueOn: day(30), amount: eur('600.00') }] });
  const c1 = await commitmentOf(first, '800.00', day(-390));
  await paid(c1, '300.00', day(-370));
  await paid(c1, '500.00', day(-340));
  const second = await pledge('500.00', day(-380));
  const c2 = await commitmentOf(second, '500.00', day(-350), { instalments: [{ dueOn: day(-60), amount: eur('250.00') }, { dueOn: day(-10), amount: eur('250.00') }] });
  await paid(c2, '200.00', day(-320));
  await commitment('100.00', day(-300));

  const valuation = (source: string) => ({ source, method: 'Prix d’achat', date: day(-310) });
  await commitment('60.00', day(-300), { mechanism: 'private_sector', contributionType: 'in_kind', valuation: valuation('Facture du fournisseur') });
  await commitment('40.00', day(-300), { mechanism: 'private_sector', contributionType: 'technical_assistance', valuation: valuation('Barème des Nations Unies') });

  const policy = await instrument('insurance_payout', { premium: eur('100.00'), premiumPaidBy: 'État', peril: 'Sécheresse', threshold: { index: 'WRSI', operator: '<', value: '1' }, maximumPayout: eur('1000.00') });
  await event(policy, { kind: 'cost', occurredOn: day(-300), amount: eur('100.00') });
  const trigger = await event(policy, { kind: 'trigger', occurredOn: day(-250), observed: '0.5' });
  const activation = await event(policy, { kind: 'activation', occurredOn: day(-240), followsId: trigger, release: 'automatic' });
  await event(policy, { kind: 'payout', occurredOn: day(-220), followsId: activation, amount: eur('300.00') });
  const twice = await event(policy, { kind: 'payout', occurredOn: day(-100), followsId: activation, amount: eur('300.00') });
  await idOf(people.officer.post(`/v1/instruments/${policy}/events/${twice}/undo`, { reason: 'Saisi deux fois' }));

  await instrument('concessional_loan', { faceValue: eur('1000000.00'), interestRate: '0.75', graceYears: 10, maturityYears: 40, paymentsPerYear: 1 });
  await instrument('debt_swap', { faceValue: eur('500.00'), discount: '40', releasedFunds: eur('125.00'), creditor: 'Club de Paris' });

  const fundId = newId();
  await app.deps.db.pooledFund.create({ data: { id: fundId, code: 'F', nameFr: 'Fonds', nameEn: 'Fund', currency: 'EUR', countries: ['MLI'] } });
  const movement = { fundId, cell: 0, restricted: false, countries: ['MLI'], sectors: [], beneficiaryGroups: [], plans: [], usageYears: [], valueDate: new Date(day(-50)), recordedAt: today, recordedBy: people.officer.userId, currency: 'EUR', fx: {} };
  const amounts = (minor: bigint) => ({ amountMinor: minor, eurMinor: minor, usdMinor: minor, xofMinor: minor });
  await app.deps.db.fundEntry.createMany({
    data: [
      { id: newId(), kind: 'deposit', disbursementId: newId(), commitmentId: newId(), donorId, ...movement, ...amounts(100_000n) },
      { id: newId(), kind: 'fee', operationId: newId(), ...movement, ...amounts(3_000n) },
      { id: newId(), kind: 'direct_cost', operationId: newId(), ...movement, ...amounts(2_000n) },
    ],
  });
});
afterAll(() => app.close());

describe('which mechanism keeps its promises, how fast, at what cost', () => {
  test('grants: rates, weighted delays and predictability', async () => {
    expect(rowOf(await compare(people.officer), 'bilateral_grant')).toEqual({
      mechanism: 'bilateral_grant',
      pledged: '1500.00', committed: '1400.00', disbursed: '1000.00', executionRate: '0.7143', lines: 8, // prettier-ignore
      // 800 + 500 of 1,500 committed; 300 + 500 + 200 paid.
      promises: { pledges: 2, pledged: '1500.00', converted: '1300.00', paid: '1000.00', conversionRate: '0.8667', fulfilmentRate: '0.6667' },
      days: {
        // 800 after 10 days outweighs 500 after 30.
        pledgeToCommitment: { median: 10, count: 2 },
        commitmentToFirstPayment: { median: 20, count: 2 },
        commitmentToFullPayment: { median: 50, count: 1 },
        triggerToActivation: { median: null, count: 0 },
        activationToPayout: { median: null, count: 0 },
        triggerToPayout: { median: null, count: 0 },
      },
      // Due: 400 of the first pledge, paid; 500 of the second's commitment, of which 200 paid.
      predictability: { instalments: 3, planned: '900.00', actual: '600.00', rate: '0.3333' },
      cost: null,
      loans: null,
      swaps: null,
      inKind: null,
      technicalAssistance: null,
      instrumentIds: [],
      links: {
        pledges: '/v1/pledges?mechanism=bilateral_grant',
        commitments: '/v1/commitments?mechanism=bilateral_grant',
        instruments: '/v1/instruments?mechanism=bilateral_grant',
      },
    });
  });

  test('insurance: the chain, and premiums ÷ (premiums + payouts); what is undone does not count', async () => {
    const row = rowOf(await compare(people.officer), 'insurance_payout');
    expect(row).toMatchObject({ pledged: '0.00', committed: '0.00', disbursed: '0.00', lines: 0, cost: { definition: 'of_payouts', costs: '100.00', whole: '400.00', share: '0.2500' } });
    expect(row.days).toMatchObject({ triggerToActivation: { median: 10, count: 1 }, activationToPayout: { median: 20, count: 1 }, triggerToPayout: { median: 30, count: 1 } });
    expect(row.instrumentIds).toHaveLength(1);
  });

  test('pooled funds: (fees + direct costs) ÷ deposits', async () => {
    expect(rowOf(await compare(people.officer), 'pooled_fund').cost).toEqual({ definition: 'fund_charges', costs: '50.00', whole: '1000.00', share: '0.0500' });
  });

  test('loans and debt swaps: the parts apart from the face value', async () => {
    const answer = await compare(people.officer);
    expect(rowOf(answer, 'concessional_loan')).toMatchObject({ committed: '0.00', loans: { count: 1, faceValue: '1000000.00', grantElement: '582608.38', share: '0.5826' }, cost: null });
    expect(rowOf(answer, 'debt_swap').swaps).toEqual({ count: 1, faceValue: '500.00', discount: '200.00', releasedFunds: '125.00', releasedShare: '0.2500' });
    // In dollars, at the rate of the first day: 1.10.
    const dollars = (await people.officer.get('/v1/mechanisms/comparison?currency=USD').expect(200)).body as MechanismsAnswer;
    expect(rowOf(dollars, 'debt_swap').swaps).toMatchObject({ faceValue: '550.00', discount: '220.00' });
  });

  test('what is given in kind and as assistance stands apart, with who valued it', async () => {
    const row = rowOf(await compare(people.officer), 'private_sector');
    expect(row).toMatchObject({
      committed: '100.00',
      inKind: { pledged: '0.00', committed: '60.00', disbursed: '0.00', sources: [{ source: 'Facture du fournisseur', commitments: 1, committed: '60.00' }] },
      technicalAssistance: { committed: '40.00', sources: [{ source: 'Barème des Nations Unies', commitments: 1, committed: '40.00' }] },
    });
  });

  test('the total is that of the report by mechanism', async () => {
    const { total, rows } = await compare(people.officer);
    expect(total).toEqual({ pledged: '1500.00', committed: '1500.00', disbursed: '1000.00', executionRate: '0.6667', lines: 10 });
    expect(rows.map(({ mechanism }) => mechanism)).toEqual(['bilateral_grant', 'private_sector', 'concessional_loan', 'debt_swap', 'insurance_payout', 'pooled_fund']);
  });

  test('a period and states', async () => {
    expect(rowOf(await compare(people.officer, `&from=${day(-385)}&to=${day(-330)}`), 'bilateral_grant')).toMatchObject({
      pledged: '500.00', committed: '500.00', disbursed: '800.00',
      promises: { pledges: 1, pledged: '500.00', converted: '500.00', paid: '200.00', conversionRate: '1.0000', fulfilmentRate: '0.4000' },
    }); // prettier-ignore
    expect((await compare(people.officer, '&countries=NER,TCD')).rows).toEqual([]);
    expect(rowOf(await compare(people.officer, '&countries=MLI'), 'bilateral_grant').links.commitments).toBe('/v1/commitments?mechanism=bilateral_grant&country=MLI');
  });
});

describe('for whom and as of when', () => {
  test('under the asker’s own rights, which the notes say', async () => {
    const minister = await app.user({ roles: ['minister'], states: ['NER'], seesRestricted: false });
    const hidden = await compare(minister);
    expect([hidden.rows, hidden.total.committed]).toEqual([[], '0.00']);
    expect(hidden.notes.fr.slice(-2)).toEqual([expect.stringContaining('Ne comptent que les flux'), expect.stringContaining('diffusion restreinte')]);
    expect(hidden.notes.en.slice(-2)).toEqual([expect.stringContaining('Only the flows'), expect.stringContaining('Restricted flows')]);
    const auditor = await compare(await app.user({ roles: ['auditor'] }));
    expect(auditor.total.committed).toBe('1500.00');
    expect(auditor.notes.fr.some((note) => note.startsWith('Ne comptent que'))).toBe(false);
    // A donor sees the own flows, no instruments, and no costs of the funds.
    const donor = await compare(await app.user({ roles: ['donor'], organisationId: donorId }));
    expect(donor.rows.map(({ mechanism, cost }) => [mechanism, cost])).toEqual([['bilateral_grant', null], ['private_sector', null]]);
  });

  test('the same moment gives the same answer, whatever is recorded or changed since', async () => {
    const before = await compare(people.officer);
    const loan = rowOf(before, 'concessional_loan').instrumentIds[0] ?? '';
    const terms = { faceValue: eur('2000000.00'), interestRate: '2', graceYears: 5, maturityYears: 20, paymentsPerYear: 2 };
    await people.officer.edit(`/v1/instruments/${loan}`, { terms, countries: ['NER'] }).expect(200);
    await people.officer.edit(`/v1/instruments/${loan}`, { terms: { ...terms, interestRate: '3' } }).expect(200);
    await event(rowOf(before, 'insurance_payout').instrumentIds[0] ?? '', { kind: 'cost', occurredOn: day(-1), amount: eur('5.00') });
    await commitment('7.00', day(-1));
    await addRate(app, 'USD', day(-366), '9.0000');
    expect((await compare(people.officer)).total.committed).toBe('1507.00');
    expect(rowOf(await compare(people.officer), 'concessional_loan').loans).toMatchObject({ faceValue: '2000000.00' });
    expect(await compare(people.officer, `&asOf=${encodeURIComponent(before.asOf)}`)).toEqual(before);
    await people.officer.get('/v1/mechanisms/comparison?asOf=2999-01-01T00:00:00Z').expect(400);
  });

  test('as a table, in both languages', async () => {
    const scope = visibilityOf({ userId: '', sessionId: null, roles: ['auditor'], states: [], organisationIds: [], seesRestricted: true, delegations: [], secondFactor: true });
    const answer = await mechanisms.compute({ tx: app.deps.db, reference: app.deps.reference, asOf: new Date(Date.now()).toISOString(), scope }, { currency: 'EUR', groupBy: 'mechanism' });
    for (const language of ['fr', 'en'] as const) {
      const { header, rows } = mechanisms.table(answer, language);
      expect(new Set(header).size).toBe(28);
      expect(rows.every((row) => row.length === header.length)).toBe(true);
    }
    const { rows } = mechanisms.table(answer, 'fr');
    expect(rows[0]?.slice(0, 10)).toEqual(['bilateral_grant', 'Don bilatéral', '1500.00', '1407.00', '1000.00', '71.07', '9', '2', '86.67', '66.67']);
    expect(rows.at(-1)?.slice(0, 5)).toEqual(['TOTAL', '', '1500.00', '1507.00', '1000.00']);
  });
});
