import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { Flows } from '../support/flows.js';
import { Funds, money } from '../support/funds.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';
import { addRule, logOf, lookOn, reader, toldTo, toUser } from '../support/watch.js';

let app: TestApp;
let people: People;
let flows: Flows;
let owner: Client;
let donorId: string;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  donorId = await createOrganisation(app, 'Exemplie');
  flows = new Flows(app, people, donorId);
  owner = await reader(app, { roles: ['finance_officer'], states: ['MLI', 'NER'], seesRestricted: true });
  await addRate(app, 'USD', '2025-01-02', '1.0000');
});
afterAll(() => app.close());

const usd = (amount: string) => money(amount, 'USD');
const give = (amount: string, more: object = {}, splits: object = {}) =>
  flows.post('/v1/commitments', flowBody(donorId, { amount, currency: 'USD', splits: { country: [{ code: 'NER' }], ...splits }, more }));
const lastOf = async (rule: string) => (await toldTo(app, owner, rule)).at(-1)?.params.facts;

describe('coverage', () => {
  test('below the threshold is told once, cleared when it is reached, told anew when it falls again; pledges and restricted flows do not count', async () => {
    const plan = await flows.post('/v1/response-plans', { code: 'HNER', nameFr: 'Plan du Niger', nameEn: 'Plan of Niger', countries: ['NER'], year: 2025 }, people.officer);
    await flows.post(`/v1/response-plans/${plan}/requirements`, { asOf: '2025-01-20', source: 'OCHA', amount: usd('1000.00') }, people.officer);
    const forPlan = { plan: [{ code: 'HNER' }] };
    await give('590.00', {}, forPlan);
    await give('400.00', { restricted: true }, forPlan);
    const donor = await reader(app, { roles: ['donor'], organisationId: donorId });
    const byPlan = await addRule(owner, { kind: 'coverage_below', threshold: '60', by: 'plan', code: 'HNER' }, [toUser(owner), toUser(donor)], { quietDays: 2 });
    const byState = await addRule(owner, { kind: 'coverage_below', threshold: '59', by: 'state', code: 'NER' }, [toUser(owner)]);
    await lookOn(app, '2025-06-01');
    const figure = { whole: usd('1000.00'), part: usd('590.00'), gap: usd('410.00'), percent: '59.00' };
    expect(await lastOf(byPlan)).toEqual([{ kind: 'coverage_below', what: { fr: 'Plan du Niger', en: 'Plan of Niger' }, ...figure, since: '2025-06-01' }]);
    expect(await toldTo(app, donor, byPlan)).toHaveLength(1);
    expect(await toldTo(app, owner, byState)).toEqual([]);
    await lookOn(app, '2025-06-02');
    const more = await give('10.00', {}, forPlan);
    await lookOn(app, '2025-06-03');
    await flows.amend(more, '-5.00', { delta: usd('-5.00') });
    await lookOn(app, '2025-06-04');
    expect(await logOf(app, byPlan)).toEqual([
      '2025-06-01 raised plan:HNER', '2025-06-02 quiet plan:HNER', '2025-06-03 cleared plan:HNER', '2025-06-04 raised plan:HNER',
    ]); // prettier-ignore
    expect(await lastOf(byPlan)).toMatchObject([{ part: usd('595.00'), percent: '59.50', since: '2025-06-04' }]);
    await owner.edit(`/v1/watch-rules/${byState}`, { condition: { kind: 'coverage_below', threshold: '59.51', by: 'state', code: 'NER' } }).expect(200);
    await lookOn(app, '2025-06-05');
    expect(await lastOf(byState)).toMatchObject([{ what: { fr: 'Niger 2025' }, percent: '59.50' }]);
    await lookOn(app, '2026-06-05');
    // Nothing is required of the year that is then the current one.
    expect((await logOf(app, byState)).at(-1)).toBe('2026-06-05 cleared state:NER:2025');
  });
});

describe('execution', () => {
  test('counts what is for the state alone, told to who sees all of it; from a day on', async () => {
    const other = await createOrganisation(app, 'Autre');
    const body = (amount: string, more: object) => flowBody(other, { amount, currency: 'USD', ...more });
    const first = await flows.post('/v1/commitments', body('1000.00', {}));
    const later = await flows.post('/v1/commitments', body('500.00', { valueDate: '2025-04-01' }));
    await flows.post('/v1/commitments', body('800.00', { splits: { country: [{ code: 'MLI' }, { code: 'NER' }] }, more: { destination: { kind: 'states' } } }));
    await pay(people, first, '300.00', { currency: 'USD' });
    await pay(people, later, '500.00', { currency: 'USD' });
    const minister = await reader(app, { roles: ['minister'], states: ['MLI'] });
    const nigerien = await reader(app, { roles: ['minister'], states: ['NER'] });
    const giver = await reader(app, { roles: ['donor'], organisationId: other });
    const everybody = [owner, minister, nigerien, giver].map(toUser);
    const condition = { kind: 'execution_below', threshold: '60', by: 'state', code: 'MLI' };
    const byState = await addRule(owner, condition, everybody);
    const sinceApril = await addRule(owner, { ...condition, from: '2025-04-01' }, everybody);
    const byDonor = await addRule(owner, { kind: 'execution_below', threshold: '60', by: 'donor', code: other }, everybody);
    await lookOn(app, '2025-07-01');
    expect(await lastOf(byState)).toMatchObject([{ what: { fr: 'Mali' }, whole: usd('1500.00'), part: usd('800.00'), percent: '53.33' }]);
    expect(await lastOf(byDonor)).toMatchObject([{ what: { fr: 'Autre' }, whole: usd('2300.00'), part: usd('800.00'), percent: '34.78' }]);
    expect(await toldTo(app, owner, sinceApril)).toEqual([]);
    const told = async (rule: string) => (await Promise.all([owner, minister, nigerien, giver].map((by) => toldTo(app, by, rule)))).map(({ length }) => length);
    expect([await told(byState), await told(byDonor)]).toEqual([[1, 1, 0, 1], [1, 1, 0, 1]]);
    await pay(people, first, '100.00', { currency: 'USD' });
    await lookOn(app, '2025-07-02');
    expect(await logOf(app, byState)).toEqual(['2025-07-01 raised state:MLI', '2025-07-02 cleared state:MLI']);
  });
});

describe('no payment', () => {
  test('is told so many days after the commitment, amendments included, and cleared by the first payment', async () => {
    const own = new Flows(app, people, await createOrganisation(app, 'Tiers'));
    const officer = await reader(app, { roles: ['finance_officer'], states: ['SEN'] });
    const senegal = { splits: { country: [{ code: 'SEN' }] } };
    const id = await own.commitment(senegal);
    await own.amend(id, '200.00');
    await own.paid(await own.commitment(senegal), '1.00');
    const rule = await addRule(officer, { kind: 'no_payment', days: 60 }, [toUser(officer)]);
    await lookOn(app, '2025-05-18');
    expect(await toldTo(app, officer, rule)).toEqual([]);
    await lookOn(app, '2025-05-19');
    expect((await toldTo(app, officer, rule))[0]?.params.facts).toMatchObject([{ kind: 'no_payment', id, committedOn: '2025-03-20', days: 60, amount: money('1200.00') }]);
    await own.paid(id, '1.00');
    await lookOn(app, '2025-05-20');
    expect(await logOf(app, rule)).toEqual(['2025-05-19 raised commitment', '2025-05-20 cleared commitment']);
  });
});

describe('the balance of a fund', () => {
  test('is what it can still allocate, told to who works for one of its states', async () => {
    const funds = await Funds.create(app, people);
    const fundId = await funds.fund({ countries: ['MLI', 'BFA'] });
    await funds.deposit(fundId, '1000.00');
    const burkina = await reader(app, { roles: ['minister'], states: ['BFA'] });
    const giver = await reader(app, { roles: ['donor'], organisationId: funds.donorId });
    const rule = await addRule(owner, { kind: 'fund_balance_below', fundId, threshold: money('400.00') }, [owner, burkina, giver].map(toUser));
    await lookOn(app, '2025-08-01');
    const allocation = await funds.done(funds.allocationOf(fundId, '600.00', { splits: { country: [{ code: 'MLI' }] } }));
    await lookOn(app, '2025-08-02');
    expect(await toldTo(app, owner, rule)).toEqual([]);
    await funds.done(funds.allocationOf(fundId, '0.01', { splits: { country: [{ code: 'MLI' }] } }));
    await lookOn(app, '2025-08-03');
    expect(await lastOf(rule)).toMatchObject([{ kind: 'fund_balance_below', available: money('399.99'), since: '2025-08-03' }]);
    expect([(await toldTo(app, burkina, rule)).length, (await toldTo(app, giver, rule)).length]).toEqual([1, 0]);
    await funds.done(funds.reversalOf(allocation));
    await lookOn(app, '2025-08-04');
    expect((await logOf(app, rule)).map((line) => line.split(' ')[1])).toEqual(['raised', 'cleared']);
  });
});
