import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RegionalBrief, RegionalBriefQuestion } from '../../src/features/briefs/briefs.schema.js';
import { regionalBrief } from '../../src/features/briefs/regional-brief.view.js';
import type { CoverageResult, RegionalResult } from '../../src/features/coverage/coverage.schema.js';
import { changesSince } from '../../src/features/reports/changes.store.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { checkDocument } from '../support/document-check.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';
import { inSightOf, presentMoment } from '../support/view-context.js';

/*
 * In US dollars:
 *
 *   France → Mali 940, 400 paid; 11 more restricted; 9,999 pledged; 500 recorded as internal; → Mali and Niger, no split 30; → Mali and Senegal, no split 20
 *   France → fund of Mali and Niger 800, paid; Mali → the fund 50; the fund awards 300 for Mali and sends 200
 *   Mali → Niger 5, Senegal → Mali 6, Mali → Mali 8; then, after the first issue, France → Burkina Faso 70
 *
 *   members: 940 + 30 + 800 + 50 + 6 + 8 + 70 = 1,904 committed (Mali → Niger is eliminated, what Senegal shares is beyond); 1,200 paid
 */
const usd = (amount: string) => ({ amount, currency: 'USD' });

let app: TestApp;
let people: People;
let niger: Client;
let auditor: Client;
let since: string;

async function made(path: string, body: object): Promise<string> {
  const answer = await people.officer.post(path, body);
  if (answer.status !== 201) throw new Error(`${path} ${answer.status} ${answer.text}`);
  return (answer.body as { id: string }).id;
}

function give(donorId: string, amount: string, { states = ['MLI'], more = {}, path = '/v1/commitments', plan = undefined as string | undefined } = {}): Promise<string> {
  const splits = { country: states.map((code) => ({ code })), ...(plan !== undefined && { plan: [{ code: plan }] }) };
  return made(path, flowBody(donorId, { amount, currency: 'USD', splits, more: { destination: { kind: states.length > 1 ? 'states' : 'state' }, ...more } }));
}

async function operation(body: object): Promise<string> {
  const id = await made('/v1/fund-operations', { description: 'Opération du fonds', ...body });
  await people.approver.act(`/v1/fund-operations/${id}/approve`).expect(200);
  return id;
}

async function donor(name: string, country: string): Promise<string> {
  const id = await createOrganisation(app, name);
  await app.deps.db.organisation.update({ where: { id }, data: { countryIso3: country } });
  return id;
}

const computed = (by: Client, question: Partial<RegionalBriefQuestion> = {}, asOf?: string): Promise<RegionalBrief> =>
  inSightOf(app, by.userId, (context) => regionalBrief.compute(context, regionalBrief.question.parse({ year: 2025, ...question })), asOf);

beforeAll(async () => {
  app = await startTestApp();
  await addRate(app, 'USD', '2025-01-15', '1.0400');
  people = await createPeople(app);
  niger = await app.user({ roles: ['minister'], states: ['NER'], seesRestricted: false });
  auditor = await app.user({ roles: ['auditor'] });
  const [france, malian, senegalese] = [await donor('République française', 'FRA'), await donor('Trésor du Mali', 'MLI'), await donor('Trésor du Sénégal', 'SEN')];
  const planId = await made('/v1/response-plans', { code: 'HMLI', nameFr: 'Plan', nameEn: 'Plan', countries: ['MLI'], year: 2025 });
  await made(`/v1/response-plans/${planId}/requirements`, { asOf: '2025-01-20', source: 'OCHA', amount: usd('2000.00') });

  await pay(people, await give(france, '940.00', { plan: 'HMLI' }), '400.00', { currency: 'USD' });
  await give(france, '11.00', { more: { restricted: true } });
  await give(france, '9999.00', { path: '/v1/pledges' });
  await give(france, '500.00', { more: { boundary: 'internal' } });
  await give(france, '30.00', { states: ['MLI', 'NER'] });
  await give(france, '20.00', { states: ['MLI', 'SEN'] });
  await give(malian, '5.00', { states: ['NER'] });
  await give(senegalese, '6.00');
  await give(malian, '8.00');
  const fundId = await made('/v1/pooled-funds', { code: 'FONDS', nameFr: 'Fonds', nameEn: 'Fund', currency: 'USD', countries: ['MLI', 'NER'] });
  const intoFund = (donorId: string, amount: string) => made('/v1/commitments', flowBody(donorId, { amount, currency: 'USD', splits: {}, more: { mechanism: 'pooled_fund', destination: { kind: 'fund', fundId } } }));
  await pay(people, await intoFund(france, '800.00'), '800.00', { currency: 'USD' });
  await intoFund(malian, '50.00');
  const partnerId = await createOrganisation(app, 'Croix-Rouge malienne');
  const allocationId = await operation({ kind: 'allocation', fundId, partnerId, splits: { country: [{ code: 'MLI' }], plan: [{ code: 'HMLI' }] }, amount: usd('300.00'), valueDate: '2025-05-01' });
  await operation({ kind: 'transfer', allocationId, amount: usd('200.00'), valueDate: '2025-05-10' });
  since = await presentMoment(app);
  await give(france, '70.00', { states: ['BFA'] });
});
afterAll(() => app.close());

describe('the brief of the region', () => {
  test('eliminates internal transfers, and shows what states received and need', async () => {
    const { groups, states } = await computed(niger);
    expect(groups.map(({ group, total, eliminated, beyond, notPaid }) => [group, total.committed, total.paid, eliminated.committed, eliminated.paid, beyond.committed, notPaid])).toEqual([
      ['members', '1904.00', '1200.00', '505.00', '200.00', '20.00', '704.00'],
      ['invited', '0.00', '0.00', '0.00', '0.00', '20.00', '0.00'],
      ['all', '1918.00', '1200.00', '511.00', '200.00', '0.00', '718.00'],
    ]);
    expect(groups[0]?.plans).toEqual({ requirements: '2000.00', funded: '1240.00', gap: '760.00', coverage: '0.6200' });
    expect(states.find(({ state }) => state === 'MLI')).toEqual({ state: 'MLI', name: { fr: 'Mali', en: 'Mali' }, received: '600.00', throughFunds: '200.00', requirements: '2000.00', funded: '1240.00', gap: '760.00', coverage: '0.6200' });
    expect(states.find(({ state }) => state === 'BFA')).toMatchObject({ received: '0.00', requirements: null, gap: null });
  });

  test.each(['USD', 'XOF'] as const)('agrees with the regional view and the coverage in %s, and its mechanisms sum to the members’ total', async (currency) => {
    const asOf = await presentMoment(app);
    const question = { currency, from: '2025-02-01', to: '2025-09-30' };
    const brief = await computed(niger, question, asOf);
    const view = (await niger.get(`/v1/regional?currency=${currency}&from=${question.from}&to=${question.to}&asOf=${asOf}`).expect(200)).body as RegionalResult;
    expect(brief.groups.map(({ total, beyond }) => [total, beyond])).toEqual(view.groups.map(({ total: { lines: _, ...total }, beyond: { lines: __, ...beyond } }) => [total, beyond]));
    expect(brief.leftOut).toEqual(view.leftOut);
    const coverage = (await niger.get(`/v1/coverage?region=members&years=2025&currency=${currency}&asOf=${asOf}`).expect(200)).body as CoverageResult;
    expect(coverage.total).toMatchObject({ requirements: brief.groups[0]?.plans.requirements, funded: brief.groups[0]?.plans.funded });
    for (const stage of ['pledged', 'committed', 'paid'] as const) {
      const sum = brief.mechanisms.reduce((total, mechanism) => total + Math.round(Number(mechanism[stage]) * 100), 0);
      expect([stage, sum]).toEqual([stage, Math.round(Number(brief.groups[0]?.total[stage]) * 100)]);
    }
  });

  test('is the same for every reader, but for restricted flows, and names no donor and no flow', async () => {
    const donorClient = await app.user({ roles: ['donor'], organisationId: await createOrganisation(app, 'Donateur'), seesRestricted: false });
    const asOf = await presentMoment(app);
    const brief = await computed(niger, {}, asOf);
    expect(await computed(donorClient, {}, asOf)).toEqual(brief);
    expect((await computed(auditor, {}, asOf)).groups[0]?.total.committed).toBe('1915.00');
    expect(JSON.stringify(brief)).not.toMatch(/République française|Trésor|Croix-Rouge/);
    expect((await computed(niger, {}, since)).groups[0]?.total.committed).toBe('1834.00');
    await expect(computed(niger, { from: '2025-03-01', to: '2025-02-01' })).rejects.toMatchObject({ code: 'PERIOD_REVERSED' });
  });
});

describe('what changed in the region', () => {
  const changes = (by: Client) =>
    inSightOf(app, by.userId, async (context) => changesSince(context, await regionalBrief.lines(context, regionalBrief.question.parse({})), since));

  test('is told in total to everybody, and its entries only to who sees every flow', async () => {
    const told = await changes(niger);
    expect(told).toMatchObject({ entries: [], entriesInAll: 1, stages: { committed: { before: '1834.00', after: '1904.00', causes: { new: '70.00', fx: '0.00' } }, disbursed: { before: '1200.00', after: '1200.00' } } });
    expect((await changes(auditor))?.entries).toMatchObject([{ cause: 'new', effect: '70.00', donor: { fr: 'République française' } }]);
  });
});

describe('as people read it', () => {
  test.each(['fr', 'en'] as const)('in %s: totals, needs, receipts and mechanisms', async (language) => {
    const brief = await computed(niger);
    const document = regionalBrief.document(brief, { language, reference: app.deps.reference, changes: null, provenance: null });
    expect(checkDocument(document)).toEqual([]);
    expect(document.layout).toBe('report');
    expect(document.sections.map(({ id }) => id)).toEqual(['essentials', 'groups', 'states', 'mechanisms', 'left-out']);
    const { header, rows } = regionalBrief.table(brief, language);
    expect(rows.map((row) => row.length)).toEqual(rows.map(() => header.length));
    expect(rows[0]?.slice(1, 5)).toEqual([language === 'fr' ? 'Membres de l’AES' : 'AES members', '9999.00', '1904.00', '1200.00']);
  });
});
