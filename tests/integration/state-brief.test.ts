import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DomainError } from '../../src/domain/problem.js';
import type { StateBrief, StateBriefQuestion } from '../../src/features/briefs/briefs.schema.js';
import { stateBrief } from '../../src/features/briefs/state-brief.view.js';
import type { CoverageResult } from '../../src/features/coverage/coverage.schema.js';
import { changesSince } from '../../src/features/reports/changes.store.js';
import { commitmentVsDisbursement } from '../../src/features/reports/commitment-vs-disbursement.view.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { checkDocument } from '../support/document-check.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';
import { inSightOf, presentMoment } from '../support/view-context.js';

/*
 * For Mali, in US dollars:
 *
 *   France   pledge 1,000: 400 due 40 days ago, 600 in 30 days; commitment 500 on it, 300 paid: 100 overdue for 40 days, 500 not committed
 *            pledge 200, 60 % Mali, 40 % Niger, due 10 days ago: 120 promised, overdue and not committed
 *            pledge 70 for Mali and Niger without a split: shared
 *   Japan    commitment 250 for the plan’s food security, 250 days old, nothing paid
 *            commitment 80, half Mali, half Niger, 200 days old, nothing paid: 40 here
 *            commitment 40, paid; commitment 11, restricted
 *
 *   pledged 1,120; committed 500 + 250 + 40 + 40 = 830 (841 with what is restricted); paid 340; plan 250 of 1,000
 */
const usd = (amount: string) => ({ amount, currency: 'USD' });
const today = new Date();
const day = (offset: number) => new Date(today.getTime() + offset * 86_400_000).toISOString().slice(0, 10);
const thisYear = today.getUTCFullYear();

let app: TestApp;
let people: People;
let mali: Client;
let beforeJapan: string;

async function made(path: string, body: object, by = people.officer): Promise<string> {
  const answer = await by.post(path, body);
  if (answer.status !== 201) throw new Error(`${path} ${answer.status} ${answer.text}`);
  return (answer.body as { id: string }).id;
}

interface Given {
  readonly on: string;
  readonly splits?: object;
  readonly states?: boolean;
  readonly more?: object;
}

const give = (path: string, donorId: string, amount: string, { on, splits = { country: [{ code: 'MLI' }] }, states = false, more = {} }: Given) =>
  made(path, flowBody(donorId, { amount, currency: 'USD', valueDate: on, splits, more: { destination: { kind: states ? 'states' : 'state' }, ...more } }));

const inBoth = (mliShare: string, nerShare: string) => ({ country: [{ code: 'MLI', share: mliShare }, { code: 'NER', share: nerShare }] });

const asked = (question: Partial<StateBriefQuestion> = {}) => stateBrief.question.parse(question);
const computed = (by: Client, question: Partial<StateBriefQuestion> = {}, asOf?: string) =>
  inSightOf(app, by.userId, (context, actor): Promise<StateBrief> => stateBrief.compute(context, stateBrief.prepare(asked(question), actor)), asOf);

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  mali = await app.user({ roles: ['minister'], states: ['MLI'], seesRestricted: false });
  for (const offset of [-300, -200, -100, -10]) await addRate(app, 'USD', day(offset), '1.1000');
  const [france, japan] = [await createOrganisation(app, 'France'), await createOrganisation(app, 'Japon')];
  const planId = await made('/v1/response-plans', { code: 'HMLI', nameFr: 'Plan du Mali', nameEn: 'Plan of Mali', countries: ['MLI'], year: thisYear });
  await made(`/v1/response-plans/${planId}/requirements`, { asOf: day(-200), source: 'OCHA', amount: usd('1000.00'), parts: [{ sector: 'FSC', amount: '600' }] });

  const pledgeId = await give('/v1/pledges', france, '1000.00', { on: day(-100), more: { instalments: [{ dueOn: day(-40), amount: usd('400.00') }, { dueOn: day(30), amount: usd('600.00') }] } });
  await pay(people, await made('/v1/commitments', { pledgeId, amount: usd('500.00'), valueDate: day(-90) }), '300.00', { currency: 'USD', valueDate: day(-60) });
  await give('/v1/pledges', france, '200.00', { on: day(-100), splits: inBoth('60', '40'), states: true, more: { instalments: [{ dueOn: day(-10), amount: usd('200.00') }] } });
  await give('/v1/pledges', france, '70.00', { on: day(-100), splits: { country: [{ code: 'MLI' }, { code: 'NER' }] }, states: true });
  beforeJapan = await presentMoment(app);
  await give('/v1/commitments', japan, '250.00', { on: day(-250), splits: { country: [{ code: 'MLI' }], plan: [{ code: 'HMLI' }], sector: [{ code: 'FSC' }] } });
  await give('/v1/commitments', japan, '80.00', { on: day(-200), splits: inBoth('50', '50'), states: true });
  await pay(people, await give('/v1/commitments', japan, '40.00', { on: day(-20) }), '40.00', { currency: 'USD', valueDate: day(-15) });
  await give('/v1/commitments', japan, '11.00', { on: day(-20), more: { restricted: true } });
});
afterAll(() => app.close());

describe('the brief of a state', () => {
  test('says what was promised, committed, paid and what is missing, with what is shared apart', async () => {
    const brief = await computed(mali);
    expect(brief).toMatchObject({
      state: 'MLI', name: { fr: 'Mali' }, year: thisYear,
      total: { pledged: '1120.00', committed: '830.00', paid: '340.00' },
      shared: { pledged: '70.00', committed: '0.00', paid: '0.00' },
      gaps: { notCommitted: '620.00', notPaid: '490.00' },
      plan: { requirements: '1000.00', funded: '250.00', gap: '750.00', coverage: '0.2500' },
    }); // prettier-ignore
    expect(brief.sectors.map(({ code, requirements, funded, gap }) => [code, requirements, funded, gap])).toEqual([['-', '400.00', '0.00', '400.00'], ['FSC', '600.00', '250.00', '350.00']]);
    expect(brief.donors.map(({ name, pledged, committed, paid }) => [name.fr, pledged, committed, paid])).toEqual([['France', '1120.00', '500.00', '300.00'], ['Japon', '0.00', '330.00', '40.00']]);
    expect(brief.months).toHaveLength(12);
    expect(brief.months.reduce((sum, { committed }) => sum + Number(committed), 0)).toBe(830);
    expect((await computed(people.officer, { state: 'MLI' })).total.committed).toBe('841.00');
  });

  test('names who is late: what is overdue of promises, and commitments without any payment', async () => {
    const { late, silent } = await computed(mali);
    expect(late.total).toBe('220.00');
    expect(late.promises.map(({ donor, overdue, dueOn, daysLate }) => [donor.fr, overdue, dueOn, daysLate])).toEqual([['France', '120.00', day(-10), 10], ['France', '100.00', day(-40), 40]]);
    expect(silent).toMatchObject({ days: 180, total: '290.00' });
    expect(silent.commitments.map(({ donor, committed, days }) => [donor.fr, committed, days])).toEqual([['Japon', '250.00', 250], ['Japon', '40.00', 200]]);
  });

  test('agrees with the other reports, in every currency', async () => {
    for (const currency of ['USD', 'EUR', 'XOF'] as const) {
      const asOf = await presentMoment(app);
      const brief = await computed(mali, { currency }, asOf);
      const report = await inSightOf(app, mali.userId, (context) => commitmentVsDisbursement.compute(context, { groupBy: ['state'], currency, filters: { countries: ['MLI'], restricted: 'included' } }), asOf);
      const row = (state: string) => report.rows.find(({ key }) => key.state === state);
      expect(row('MLI')).toMatchObject({ pledged: brief.total.pledged, committed: brief.total.committed, disbursed: brief.total.paid });
      expect(row('*')).toMatchObject({ pledged: brief.shared.pledged, committed: brief.shared.committed });
      const coverage = (await mali.get(`/v1/coverage?countries=MLI&years=${thisYear}&currency=${currency}&asOf=${asOf}`).expect(200)).body as CoverageResult;
      expect(coverage.total).toMatchObject({ requirements: brief.plan.requirements, funded: brief.plan.funded, gap: brief.plan.gap });
    }
  });

  test('is the sum of its lines', async () => {
    const sums = await inSightOf(app, mali.userId, async (context) => {
      const { condition } = await stateBrief.lines(context, asked({ state: 'MLI' }));
      return context.tx.$queryRaw`
        SELECT l.stage::text AS stage, sum(l.usd_minor)::int AS minor FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id WHERE ${condition} GROUP BY 1 ORDER BY 1`;
    });
    expect(sums).toEqual([{ stage: 'commitment', minor: 83_000 }, { stage: 'disbursement', minor: 34_000 }, { stage: 'pledge', minor: 112_000 }]);
  });

  test('is of its moment and of the dates asked for', async () => {
    expect((await computed(mali, {}, beforeJapan)).total).toEqual({ pledged: '1120.00', committed: '500.00', paid: '300.00' });
    const recent = await computed(mali, { from: day(-95), year: thisYear - 1 });
    expect(recent).toMatchObject({ total: { pledged: '0.00', committed: '540.00', paid: '340.00' }, plan: { requirements: null, gap: null, coverage: null }, late: { promises: [] } });
    const asOf = await presentMoment(app);
    expect(JSON.stringify(await computed(mali, {}, asOf))).toBe(JSON.stringify(await computed(mali, {}, asOf)));
  });
});

describe('whose brief it is', () => {
  const refusal = async (act: () => Promise<unknown>) => {
    const error: unknown = await act().then(() => null, (reason: unknown) => reason);
    return error instanceof DomainError ? error.code : error;
  };

  test('the only own state by default; another is refused, and one has to be named by who has several or all', async () => {
    expect(await refusal(() => computed(mali, { state: 'NER' }))).toBe('OUT_OF_SCOPE');
    expect(await refusal(() => computed(people.officer))).toBe('STATE_REQUIRED');
    const auditor = await app.user({ roles: ['auditor'] });
    expect(await refusal(() => computed(auditor))).toBe('STATE_REQUIRED');
    expect(await refusal(() => computed(auditor, { state: 'ZZZ' }))).toBe('CODE_UNKNOWN');
    expect((await computed(auditor, { state: 'NER' })).total.committed).toBe('40.00');
  });

  test('a recipient gets one for each own state; a donor none', async () => {
    const minister = await app.user({ roles: ['minister'], states: ['MLI', 'NER'] });
    const donor = await app.user({ roles: ['donor'], organisationId: await createOrganisation(app, 'Donateur') });
    const questions = (by: Client, question: Partial<StateBriefQuestion> = {}) => inSightOf(app, by.userId, (_, actor) => Promise.resolve(stateBrief.forRecipient(asked(question), actor).map(({ state }) => state)));
    expect(await questions(minister)).toEqual(['MLI', 'NER']);
    expect(await questions(minister, { state: 'NER' })).toEqual(['NER']);
    expect(await questions(mali, { state: 'NER' })).toEqual([]);
    expect([await questions(donor), await questions(donor, { state: 'MLI' })]).toEqual([[], []]);
    expect((await donor.post('/v1/reports', { kind: 'state_brief', state: 'MLI' })).body).toMatchObject({ code: 'FORBIDDEN' });
    expect((await mali.post('/v1/reports', { kind: 'state_brief', state: 'NER' })).body).toMatchObject({ code: 'OUT_OF_SCOPE' });
    expect((await mali.post('/v1/reports', { kind: 'state_brief' })).status).toBe(202);
  });
});

describe('as people read it', () => {
  test.each(['fr', 'en'] as const)('on one page in %s, with what changed since the issue before', async (language) => {
    const { brief, changes } = await inSightOf(app, mali.userId, async (context) => {
      const question = asked({ state: 'MLI' });
      return { brief: await stateBrief.compute(context, question), changes: await changesSince(context, await stateBrief.lines(context, question), beforeJapan) };
    });
    const reading = { language, reference: app.deps.reference, provenance: null };
    const document = stateBrief.document(brief, { ...reading, changes });
    expect([checkDocument(document), checkDocument(stateBrief.document(brief, { ...reading, changes: null }))]).toEqual([[], []]);
    expect(document.layout).toBe('page');
    const blocks = document.sections.flatMap((section) => section.blocks);
    const charts = blocks.flatMap((block) => (block.type === 'chart' ? [block] : []));
    expect(charts.map(({ id, categories }) => [id, categories.length])).toEqual([['by-donor', 2], ['by-sector', 2], ['by-month', 12]]);
    expect(blocks.every((block) => block.type !== 'table' || block.rows.length <= 5)).toBe(true);
    const told = JSON.stringify(document);
    expect(told).toContain(language === 'fr' ? 'Fonds requis en' : 'Required in');
    expect(changes?.stages.committed).toMatchObject({ before: '500.00', after: brief.total.committed, causes: { new: '330.00' } });
    expect(JSON.stringify(stateBrief.document(brief, { ...reading, changes: null }))).toContain(language === 'fr' ? 'Première édition' : 'First issue');
  });

  test('as a table that has a cell for every column', async () => {
    const { header, rows } = stateBrief.table(await computed(mali), 'fr');
    expect(rows.map((row) => row.length)).toEqual(rows.map(() => header.length));
    expect(rows[0]?.slice(0, 5)).toEqual(['Total de l’État', 'Mali', '1120.00', '830.00', '340.00']);
    expect(rows.find(([part]) => part === `Plan de réponse ${thisYear}`)?.slice(5, 9)).toEqual(['1000.00', '250.00', '750.00', '25.00']);
  });
});
