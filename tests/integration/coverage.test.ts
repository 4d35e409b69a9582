import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CoverageResult, MovementsAnswer, RegionalResult } from '../../src/features/coverage/coverage.schema.js';
import { planCoverage } from '../../src/features/coverage/coverage.view.js';
import { regionalView } from '../../src/features/coverage/regional.view.js';
import { insertPublished } from '../../src/features/plans/plans.store.js';
import { inSystemTransaction } from '../../src/platform/tenant.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';

/*
 * In US dollars, by hand:
 *
 *   France → plan of Mali              940 committed, 400 paid; 11 more restricted; 9,999 pledged; 500 recorded as internal
 *   France → plan of Niger              50, for which nothing is required
 *   France → both plans, no split       30
 *   France → regional plan, in Mali     90 for two sectors
 *   France → Mali, no plan               7
 *   France → fund, naming Mali’s plan  800 committed and paid; the fund awards 300 to the plan, sends 200 and gets 20 back
 *   Mali → Niger 5, Senegal → Mali 6, Mali → Mali 8, no plan
 *
 *   plan of Mali: 940 + 300 = 1,240 of 1,000 = 124 %; paid 400 + 180 = 580
 *   all plans:    1,240 + 50 + 90 + 30 = 1,410 of 1,600 = 88.125 %; outside plans 7 + 5 + 6 + 8 = 26
 */
const usd = (amount: string) => ({ amount, currency: 'USD' });

let app: TestApp;
let people: People;
let mali: Client;
let niger: Client;
let beforePayment: string;
const plans: Record<string, string> = {};

async function made(by: Client, path: string, body: object): Promise<string> {
  const answer = await by.post(path, body);
  if (answer.status !== 201) throw new Error(`${path} ${answer.status} ${answer.text}`);
  return (answer.body as { id: string }).id;
}

async function plan(code: string, countries: readonly string[], requirement?: object): Promise<void> {
  plans[code] = await made(people.officer, '/v1/response-plans', { code, nameFr: `Plan ${code}`, nameEn: `Plan ${code}`, countries, year: 2025 });
  if (requirement) await made(people.officer, `/v1/response-plans/${plans[code]}/requirements`, { asOf: '2025-01-20', source: 'OCHA', ...requirement });
}

interface Terms {
  readonly states?: readonly string[];
  readonly plans?: readonly string[];
  readonly sectors?: readonly string[];
  readonly more?: object;
}

/** A commitment, or pledge, in dollars. */
function give(donorId: string, amount: string, { states = ['MLI'], plans: to = [], sectors = [], more = {} }: Terms = {}, path = '/v1/commitments'): Promise<string> {
  const codes = (of: readonly string[]) => of.map((code) => ({ code }));
  const splits = { country: codes(states), ...(to.length > 0 && { plan: codes(to) }), ...(sectors.length > 0 && { sector: codes(sectors) }) };
  const destination = { kind: states.length > 1 ? 'states' : 'state' };
  return made(people.officer, path, flowBody(donorId, { amount, currency: 'USD', splits, more: { destination, ...more } }));
}

async function operation(body: object): Promise<string> {
  const id = await made(people.officer, '/v1/fund-operations', { description: 'Opération du fonds', ...body });
  await people.approver.act(`/v1/fund-operations/${id}/approve`).expect(200);
  return id;
}

async function donor(name: string, country: string): Promise<string> {
  const id = await createOrganisation(app, name);
  await app.deps.db.organisation.update({ where: { id }, data: { countryIso3: country } });
  return id;
}

async function moment(): Promise<string> {
  const [row] = await app.deps.db.$queryRaw<{ at: string }[]>`SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`;
  return row?.at ?? '';
}

beforeAll(async () => {
  app = await startTestApp();
  await addRate(app, 'USD', '2025-01-15', '1.0400');
  people = await createPeople(app);
  mali = await app.user({ roles: ['minister'], states: ['MLI'], seesRestricted: false });
  niger = await app.user({ roles: ['minister'], states: ['NER'], seesRestricted: false });
  const [france, malian, senegalese] = [await donor('France', 'FRA'), await donor('Trésor du Mali', 'MLI'), await donor('Trésor du Sénégal', 'SEN')];
  const [one = '', two = ''] = app.deps.reference.sectors.keys();
  await plan('HMLI', ['MLI'], { amount: usd('1000.00') });
  await plan('HNER', ['NER']);
  await plan('RSAH', ['MLI', 'NER', 'SEN'], { amount: usd('600.00'), parts: [{ country: 'MLI', amount: '300' }, { country: 'NER', amount: '200' }] });
  await made(people.officer, `/v1/response-plans/${plans.HMLI}/caseloads`, { inNeed: 640, targeted: 470, asOf: '2025-01-20', source: 'HNO' });

  const direct = await give(france, '940.00', { plans: ['HMLI'] });
  await give(france, '11.00', { plans: ['HMLI'], more: { restricted: true } });
  await give(france, '9999.00', { plans: ['HMLI'] }, '/v1/pledges');
  await give(france, '500.00', { plans: ['HMLI'], more: { boundary: 'internal' } });
  await give(france, '50.00', { states: ['NER'], plans: ['HNER'] });
  await give(france, '30.00', { states: ['MLI', 'NER'], plans: ['HMLI', 'HNER'] });
  await give(france, '90.00', { plans: ['RSAH'], sectors: [one, two] });
  await give(france, '7.00');
  await give(malian, '5.00', { states: ['NER'] });
  await give(senegalese, '6.00');
  await give(malian, '8.00');
  beforePayment = await moment();
  await pay(people, direct, '400.00', { currency: 'USD' });

  const fundId = await made(people.officer, '/v1/pooled-funds', { code: 'FONDS', nameFr: 'Fonds', nameEn: 'Fund', currency: 'USD', countries: ['MLI', 'NER'] });
  const agreement = flowBody(france, { amount: '800.00', currency: 'USD', splits: { plan: [{ code: 'HMLI' }] }, more: { mechanism: 'pooled_fund', destination: { kind: 'fund', fundId } } });
  await pay(people, await made(people.officer, '/v1/commitments', agreement), '800.00', { currency: 'USD' });
  const partnerId = await createOrganisation(app, 'Croix-Rouge malienne');
  const splits = { country: [{ code: 'MLI' }], plan: [{ code: 'HMLI' }] };
  const allocationId = await operation({ kind: 'allocation', fundId, partnerId, splits, amount: usd('300.00'), valueDate: '2025-05-01' });
  await operation({ kind: 'transfer', allocationId, amount: usd('200.00'), valueDate: '2025-05-10' });
  await operation({ kind: 'refund', allocationId, amount: usd('20.00'), valueDate: '2025-06-10' });

  const published = { sourceSystem: 'fts', country: 'MLI', year: 2025, currency: 'USD', asOf: '2025-06-30', importId: null };
  await inSystemTransaction(app.deps.db, (tx) =>
    insertPublished(tx, [
      { ...published, planId: plans.HMLI ?? null, requirementsMinor: 100_000n, fundingMinor: 120_000n, percent: 120 },
      { ...published, planId: null, requirementsMinor: null, fundingMinor: 4_200n, percent: null },
    ]),
  );
});
afterAll(() => app.close());

const coverage = async (query = '', by = mali) => (await by.get(`/v1/coverage${query}`).expect(200)).body as CoverageResult;
const regional = async (query = '', by = mali) => (await by.get(`/v1/regional${query}`).expect(200)).body as RegionalResult;
const brief = (rows: CoverageResult['rows']) => rows.map((row) => [row.code, row.requirements, row.funded, row.coverage?.exact ?? null]);

describe('coverage', () => {
  test('by plan: an allocation counts, the money to the fund does not; over 100 % and without requirements', async () => {
    const result = await coverage();
    const [hmli, hner, rsah] = result.rows;
    expect(hmli).toMatchObject({
      code: 'HMLI', name: { fr: 'Plan HMLI' }, requirements: '1000.00', funded: '1240.00', direct: '940.00', throughFunds: '300.00', paid: '580.00', notYetPaid: '660.00',
      gap: '0.00', coverage: { exact: '124.0000', whole: 124 }, inNeed: 640, targeted: 470, reached: null,
    }); // prettier-ignore
    expect(hmli?.published).toEqual([
      { source: 'fts', country: 'MLI', year: 2025, requirements: usd('1000.00'), funding: usd('1200.00'), percent: 120, asOf: '2025-06-30', difference: '40.00' },
    ]);
    expect(hner).toMatchObject({ code: 'HNER', requirements: null, funded: '50.00', gap: null, coverage: null });
    expect(rsah).toMatchObject({ code: 'RSAH', requirements: '600.00', funded: '90.00', gap: '510.00', coverage: { exact: '15.0000', whole: 15 } });
    expect(result.shared).toMatchObject({ requirements: null, funded: '30.00' });
    expect(result.notSpecified).toBeNull();
    expect(result.total).toMatchObject({ requirements: '1600.00', funded: '1410.00', paid: '580.00', coverage: { exact: '88.1250', whole: 88 } });
    expect(result.outsidePlans).toMatchObject({ funded: '26.00', paid: '0.00', lines: 4 });
    expect(result.publishedOutsidePlans).toEqual([{ source: 'fts', country: 'MLI', year: 2025, funding: usd('42.00'), asOf: '2025-06-30' }]);
    expect(result.withoutRequirements).toEqual(['HNER']);
    expect(result.leftOut.map(({ reason, lines }) => [reason, lines])).toEqual([['INTERNAL_TRANSFER', 1], ['INTO_FUND', 2], ['RESTRICTED', 1]]);
    expect(result.notes.fr).toContain('Les flux à diffusion restreinte ne sont pas compris.');
  });

  test('of the AES members, the invited states and both, each entry once', async () => {
    const groups = (await coverage()).groups.map(({ group, total, outsidePlans }) => [group, total.requirements, total.funded, total.coverage?.exact ?? null, outsidePlans.funded]);
    expect(groups).toEqual([
      ['members', '1500.00', '1410.00', '94.0000', '26.00'],
      ['invited', null, '0.00', null, '0.00'],
      ['all', '1600.00', '1410.00', '88.1250', '26.00'],
    ]);
  });

  test('by sector and by state, with what is shared and what is not specified', async () => {
    const sectors = await coverage('?groupBy=sector');
    expect(sectors.rows).toEqual([]);
    expect([sectors.shared?.funded, sectors.notSpecified?.funded, sectors.notSpecified?.requirements]).toEqual(['90.00', '1320.00', '1600.00']);
    const states = await coverage('?groupBy=state');
    expect(brief(states.rows)).toEqual([
      ['MLI', '1300.00', '1330.00', '102.3077'],
      ['NER', '200.00', '50.00', '25.0000'],
    ]);
    expect([states.shared?.requirements, states.shared?.funded, states.total.funded]).toEqual(['100.00', '30.00', '1410.00']);
  });

  test('of one state takes a regional plan by its part; what is shared with another state is apart', async () => {
    const result = await coverage('?countries=NER&years=2025');
    expect(brief(result.rows)).toEqual([['HNER', null, '50.00', null], ['RSAH', '200.00', '0.00', '0.0000']]);
    expect([result.total.funded, result.outsidePlans.funded, result.beyond.funded]).toEqual(['50.00', '5.00', '30.00']);
    expect((await coverage('?countries=NER&years=2024')).rows).toEqual([]);
    expect(brief((await coverage('?region=invited')).rows)).toEqual([['RSAH', null, '0.00', null]]);
    expect(brief((await coverage('?plans=RSAH')).rows)).toEqual([['RSAH', '600.00', '90.00', '15.0000']]);
  });

  test('counts restricted flows for who may see them, and only what was known at a moment', async () => {
    expect((await coverage('?plans=HMLI', people.officer)).rows[0]).toMatchObject({ funded: '1251.00' });
    expect((await coverage(`?asOf=${beforePayment}`)).rows[0]).toMatchObject({ funded: '940.00', paid: '0.00', coverage: { exact: '94.0000' }, published: [] });
  });

  test('converts requirements at the rate of the day they were published', async () => {
    const result = await coverage('?currency=EUR&plans=HMLI');
    expect(result.rows[0]).toMatchObject({ requirements: '961.54' });
  });

  test('is the same as a report, with a table in both languages', async () => {
    const asOf = (await coverage()).asOf;
    const context = { reference: app.deps.reference, asOf, scope: { all: false, states: [], donorIds: [], restricted: false } } as const;
    const compute = () => inSystemTransaction(app.deps.db, (tx) => planCoverage.compute({ ...context, tx }, { groupBy: 'plan', currency: 'USD' }));
    const result = await compute();
    expect(result).toEqual(await coverage(`?asOf=${asOf}`));
    expect(JSON.stringify(await compute())).toBe(JSON.stringify(result));
    const { header, rows } = planCoverage.table(result, 'fr');
    expect(header.slice(0, 4)).toEqual(['Code', 'Plan de réponse', 'Fonds requis (USD)', 'Financé (USD)']);
    expect(rows[0]?.slice(0, 4)).toEqual(['HMLI', 'Plan HMLI', '1000.00', '1240.00']);
    expect(rows.map((row) => row.length)).toEqual(rows.map(() => header.length));
  });

  test('refuses what it does not know', async () => {
    expect((await mali.get('/v1/coverage?countries=ZZZ')).body).toMatchObject({ status: 400, code: 'CODE_UNKNOWN', field: 'countries.0' });
    expect((await mali.get('/v1/coverage?years=20')).body).toMatchObject({ status: 400, code: 'VALIDATION' });
    expect((await mali.get('/v1/coverage?asOf=2999-01-01T00:00:00Z').set('accept-language', 'fr')).body).toMatchObject({ code: 'AS_OF_IN_FUTURE', title: 'asOf est dans le futur' });
    expect((await mali.get('/v1/coverage/entries?part=row')).body).toMatchObject({ code: 'CODE_UNKNOWN', field: 'code' });
    expect((await mali.get('/v1/coverage/entries?cursor=x')).body).toMatchObject({ code: 'CURSOR_INVALID' });
    expect((await app.anonymous.get('/v1/coverage')).status).toBe(401);
  });
});

describe('a cell of the coverage', () => {
  const entries = async (query: string, by: Client) => (await by.get(`/v1/coverage/entries?${query}`).expect(200)).body as MovementsAnswer;
  const told = ({ items }: MovementsAnswer) => items.map(({ stage, amount, reason }) => `${stage} ${amount.amount} ${reason ?? 'counted'}`).sort();

  test('shows what counts and what does not, and how much belongs to others', async () => {
    const cell = await entries('part=row&code=HMLI', mali);
    expect(told(cell)).toEqual([
      'allocation 300.00 counted',
      'commitment 30.00 SHARED_ELSEWHERE',
      'commitment 500.00 INTERNAL_TRANSFER',
      'commitment 800.00 INTO_FUND',
      'commitment 940.00 counted',
      'disbursement 400.00 counted',
      'disbursement 800.00 INTO_FUND',
      'refund -20.00 counted',
      'transfer 200.00 counted',
    ]);
    expect(cell.hidden).toBe(1);
    const others = await entries('part=row&code=HMLI', niger);
    expect([others.items.length, others.hidden]).toEqual([3, 7]);
    expect(others.items.every(({ countries }) => countries.includes('NER'))).toBe(true);
  });

  test('comes in pages, and as what was recorded later', async () => {
    const first = await entries('part=row&code=HMLI&show=counted&limit=3', mali);
    const second = await entries(`part=row&code=HMLI&show=counted&limit=3&cursor=${first.nextCursor}`, mali);
    expect([first.items.length, second.items.length, second.nextCursor]).toEqual([3, 2, null]);
    const earlier = await entries(`part=row&code=HMLI&asOf=${beforePayment}`, mali);
    expect(told(earlier)).toEqual(expect.arrayContaining(['commitment 940.00 counted', 'disbursement 400.00 RECORDED_LATER']));
    expect(told(await entries('part=row&code=*', mali))).toEqual(['commitment 30.00 counted']);
    expect(told(await entries('part=outsidePlans', niger))).toEqual(['commitment 5.00 counted']);
    const [left] = (await entries('part=row&code=HMLI&show=leftOut', people.officer)).items;
    expect(left?.reasonText).toBe('Internal transfer: the money counted when it entered the region.');
  });
});

describe('the regional view', () => {
  test('eliminates what states give each other: Mali → Niger for the members, Senegal → Mali for all only', async () => {
    const { groups, leftOut } = await regional();
    const figures = groups.map(({ group, total, outside, own, eliminated }) => [
      group, outside.committed, own.committed, total.committed, eliminated.betweenStates.committed, eliminated.marked.committed, eliminated.fundTransfers.paid, total.paid, total.pledged,
    ]); // prettier-ignore
    expect(figures).toEqual([
      ['members', '1923.00', '8.00', '1931.00', '5.00', '500.00', '180.00', '1200.00', '9999.00'],
      ['invited', '0.00', '0.00', '0.00', '0.00', '0.00', '0.00', '0.00', '0.00'],
      ['all', '1917.00', '8.00', '1925.00', '11.00', '500.00', '180.00', '1200.00', '9999.00'],
    ]);
    expect(groups[0]?.receipts.find(({ state }) => state === 'MLI')).toMatchObject({ name: { fr: 'Mali' }, outside: '400.00', fundTransfers: '180.00', total: '580.00' });
    expect(leftOut.map(({ reason, lines }) => [reason, lines])).toEqual([['RESTRICTED', 1]]);
  });

  test('goes by value dates, and by the members of the last day', async () => {
    const early = await regional('?to=2025-04-30&groups=invited,all');
    expect(early.groups.map(({ states }) => states)).toEqual([[], ['BFA', 'MLI', 'NER']]);
    expect(early.groups[1]?.eliminated.fundTransfers.paid).toBe('0.00');
    expect((await mali.get('/v1/regional?from=2025-02-01&to=2025-01-01')).body).toMatchObject({ code: 'PERIOD_REVERSED' });
  });

  test('opens its parts among what one may see', async () => {
    const entries = async (query: string, by: Client) => (await by.get(`/v1/regional/entries?${query}`).expect(200)).body as MovementsAnswer;
    const brief = ({ items, hidden }: MovementsAnswer) => [...items.map(({ stage, amount, reason }) => `${stage} ${amount.amount} ${reason ?? 'counted'}`).sort(), hidden];
    expect(brief(await entries('part=betweenStates', niger))).toEqual(['commitment 5.00 counted', 0]);
    expect(brief(await entries('part=betweenStates&group=all', niger))).toEqual(['commitment 5.00 counted', 1]);
    expect(brief(await entries('part=receipts&state=MLI', mali))).toEqual(['disbursement 400.00 counted', 'refund -20.00 counted', 'transfer 200.00 counted', 0]);
    const total = await entries('part=total&limit=200', mali);
    expect(brief(total)).toEqual(expect.arrayContaining(['commitment 500.00 INTERNAL_TRANSFER', 'commitment 800.00 counted', 'commitment 8.00 counted']));
    expect((await mali.get('/v1/regional/entries?part=receipts')).body).toMatchObject({ code: 'CODE_UNKNOWN', field: 'state' });
  });

  test('is the same as a report, with a table', async () => {
    const live = await regional();
    const context = { reference: app.deps.reference, asOf: live.asOf, scope: { all: false, states: [], donorIds: [], restricted: false } } as const;
    const result = await inSystemTransaction(app.deps.db, (tx) => regionalView.compute({ ...context, tx }, { currency: 'USD', groups: ['members', 'invited', 'all'] }));
    expect(result).toEqual(live);
    const { header, rows } = regionalView.table(result, 'fr');
    expect(rows[2]).toEqual(['Membres de l’AES', 'TOTAL (extérieur et ressources propres)', '9999.00', '1931.00', '1200.00', rows[2]?.[5]]);
    expect(rows.every((row) => row.length === header.length)).toBe(true);
  });
});
