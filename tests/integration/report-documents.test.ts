import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { minorOf } from '../../src/features/reports/document-parts.js';
import type { Cell, Chart, ReportDocument, Table } from '../../src/features/reports/document.js';
import { viewOf } from '../../src/features/reports/kinds.js';
import { books, knownLines, type LineSource } from '../../src/features/reports/lines.store.js';
import { databaseMoment } from '../../src/features/reports/reports.store.js';
import type { AnyView, ViewContext } from '../../src/features/reports/view.js';
import { insertPublished } from '../../src/features/plans/plans.store.js';
import type { Visibility } from '../../src/domain/policy.js';
import { inTransaction } from '../../src/platform/db.js';
import { enterUser, inSystemTransaction } from '../../src/platform/tenant.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { checkDocument } from '../support/document-check.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';

const everything: Visibility = { all: true, restricted: true };
const ids: Record<'france' | 'treasury' | 'partner' | 'event' | 'fund' | 'plan', string> = { france: '', treasury: '', partner: '', event: '', fund: '', plan: '' };
const eur = (amount: string) => ({ amount, currency: 'EUR' });
const usd = (amount: string) => ({ amount, currency: 'USD' });

let app: TestApp;
let people: People;
let niger: Client;

async function made(path: string, body: object, by = people.officer): Promise<string> {
  const answer = await by.post(path, body);
  if (answer.status !== 201) throw new Error(`${path} ${answer.status} ${answer.text}`);
  return (answer.body as { id: string }).id;
}

async function operation(body: object): Promise<string> {
  const id = await made('/v1/fund-operations', { description: 'Opération du fonds', ...body });
  await people.approver.act(`/v1/fund-operations/${id}/approve`).expect(200);
  return id;
}

const pledge = (donorId: string, amount: string, more: object = {}, state = 'MLI') =>
  made('/v1/pledges', flowBody(donorId, { amount, splits: { country: [{ code: state }] }, more: { eventId: ids.event, ...more } }));
const commitmentOf = (pledgeId: string, amount: string) => made('/v1/commitments', { pledgeId, amount: eur(amount), valueDate: '2025-03-20' });

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  niger = await app.user({ roles: ['minister'], states: ['NER'], seesRestricted: false });
  await addRate(app, 'USD', '2025-01-15', '1.0437');
  await addRate(app, 'USD', '2025-04-01', '1.1119');
  ids.france = await createOrganisation(app, 'France');
  ids.treasury = await createOrganisation(app, 'Trésor du Mali');
  ids.partner = await createOrganisation(app, 'Croix-Rouge malienne');
  await app.deps.db.organisation.update({ where: { id: ids.treasury }, data: { countryIso3: 'MLI' } });
  ids.event = await made('/v1/events', { code: 'FORUM', nameFr: 'Forum de Bamako', nameEn: 'Bamako forum', startsOn: '2025-08-07' });

  // Pledges of the forum: kept in part and late, in Niger, restricted, internal, reversed.
  const first = await pledge(ids.france, '1000.33', { instalments: [{ dueOn: '2025-05-01', amount: eur('600.33') }, { dueOn: '2025-06-01', amount: eur('400.00') }] });
  const committed = await commitmentOf(first, '800.11');
  await pay(people, committed, '300.07');
  await pay(people, committed, '99.99');
  await pay(people, await commitmentOf(await pledge(ids.treasury, '55.55', {}, 'NER'), '55.55'), '20.02');
  await pledge(ids.france, '70.70', { restricted: true });
  await pledge(ids.france, '30.00', { boundary: 'internal' });
  const reversed = await pledge(ids.france, '12.00');
  const reversal = await made('/v1/reversals', { stage: 'pledge', recordId: reversed, reason: 'Saisi par erreur' });
  await people.approver.act(`/v1/reversals/${reversal}/approve`).expect(200);

  // A plan that is funded in part, directly and through a fund; money outside plans, shared, and of the state itself.
  ids.plan = await made('/v1/response-plans', { code: 'HMLI', nameFr: 'Plan du Mali', nameEn: 'Plan of Mali', countries: ['MLI'], year: 2025 });
  await made(`/v1/response-plans/${ids.plan}/requirements`, { asOf: '2025-01-20', source: 'OCHA', amount: usd('5000.00') });
  await made(`/v1/response-plans/${ids.plan}/caseloads`, { inNeed: 640, targeted: 470, asOf: '2025-01-20', source: 'HNO' });
  const toPlan = await made('/v1/commitments', flowBody(ids.france, { amount: '940.44', splits: { country: [{ code: 'MLI' }], plan: [{ code: 'HMLI' }] } }));
  await pay(people, toPlan, '400.40');
  await made('/v1/commitments', flowBody(ids.france, { amount: '11.00', splits: { country: [{ code: 'MLI' }], plan: [{ code: 'HMLI' }] }, more: { restricted: true } }));
  await made('/v1/commitments', flowBody(ids.france, { amount: '31.00', splits: { country: [{ code: 'MLI' }, { code: 'NER' }] }, more: { destination: { kind: 'states' } } }));
  await pay(people, await made('/v1/commitments', flowBody(ids.treasury, { amount: '8.80' })), '8.80');

  ids.fund = await made('/v1/pooled-funds', { code: 'FONDS', nameFr: 'Fonds du Sahel', nameEn: 'Sahel fund', currency: 'EUR', countries: ['MLI', 'NER'] });
  const agreement = flowBody(ids.france, { amount: '900.00', splits: {}, more: { mechanism: 'pooled_fund', destination: { kind: 'fund', fundId: ids.fund } } });
  await pay(people, await made('/v1/commitments', agreement), '700.00');
  const splits = { country: [{ code: 'MLI' }], plan: [{ code: 'HMLI' }] };
  const allocationId = await operation({ kind: 'allocation', fundId: ids.fund, partnerId: ids.partner, splits, amount: eur('300.00'), valueDate: '2025-05-01' });
  await operation({ kind: 'transfer', allocationId, amount: eur('200.00'), valueDate: '2025-05-10' });
  await operation({ kind: 'refund', allocationId, amount: eur('20.00'), valueDate: '2025-06-10' });
  await operation({ kind: 'direct_cost', fundId: ids.fund, amount: eur('5.00'), valueDate: '2025-06-11' });

  await made('/v1/commitments', flowBody(ids.france, { amount: '60.00', more: { mechanism: 'private_sector', contributionType: 'in_kind', valuation: { source: 'Facture', method: 'Prix d’achat', date: '2025-03-01' } } }));
  const loan = { faceValue: eur('1000000.00'), interestRate: '0.75', graceYears: 10, maturityYears: 40, paymentsPerYear: 1 };
  await made('/v1/instruments', { mechanism: 'concessional_loan', currency: 'EUR', nameFr: 'Prêt', nameEn: 'Loan', countries: ['MLI'], startsOn: '2025-02-01', terms: loan, description: 'Prêt' });

  const published = { sourceSystem: 'fts', country: 'MLI', year: 2025, currency: 'USD', asOf: '2025-06-30', importId: null };
  await inSystemTransaction(app.deps.db, (tx) =>
    insertPublished(tx, [
      { ...published, planId: ids.plan, requirementsMinor: 500_000n, fundingMinor: 120_000n, percent: 24 },
      { ...published, planId: null, requirementsMinor: null, fundingMinor: 4_200n, percent: null },
    ]),
  );
});
afterAll(() => app.close());

/** A question of each view, as it may be asked. */
const questions = (): readonly (readonly [string, string, object])[] => [
  ['commitment_vs_disbursement', 'by donor and state', { groupBy: ['donor', 'state'] }],
  ['commitment_vs_disbursement', 'by month in francs, filtered', { groupBy: ['month'], currency: 'XOF', filters: { donorIds: [ids.france], plans: ['HMLI'], from: '2025-01-01', restricted: 'excluded' } }],
  ['plan_coverage', 'by plan', {}],
  ['plan_coverage', 'by sector, of one state', { groupBy: 'sector', countries: ['MLI'], years: [2025], currency: 'EUR' }],
  ['regional', 'all groups', {}],
  ['regional', 'members in a period', { groups: ['members'], currency: 'EUR', from: '2025-01-01', to: '2025-12-31' }],
  ['fund_statement', 'whole life', { fundId: ids.fund }],
  ['fund_statement', 'a period', { fundId: ids.fund, from: '2025-05-01', to: '2025-06-10' }],
  ['attribution', 'everything', { currency: 'EUR' }],
  ['attribution', 'one donor in one fund', { donorIds: [ids.france], fundIds: [ids.fund] }],
  ['mechanisms', 'everything', { currency: 'EUR' }],
  ['mechanisms', 'a state in a period', { countries: ['MLI'], from: '2025-01-01', to: '2025-12-31' }],
  ['forum_follow_up', 'in dollars', { eventId: ids.event }],
];

interface Computed {
  readonly view: AnyView;
  readonly result: never;
  readonly sums: readonly Sum[];
  readonly source: LineSource | undefined;
}

interface Sum {
  readonly kind: string;
  readonly minor: bigint;
}

/** Computes a report, and adds up its lines by stage or, of a fund's book, by kind. */
async function compute(kind: string, asked: object, { scope = everything, by }: { readonly scope?: Visibility; readonly by?: Client } = {}): Promise<Computed> {
  const view = viewOf(kind);
  if (!view) throw new Error(kind);
  const { asOf } = await databaseMoment(app.deps.db);
  const run = async (tx: ViewContext['tx']): Promise<Computed> => {
    const context = { tx, reference: app.deps.reference, asOf, scope };
    const question = view.question.parse(asked);
    const result = (await view.compute(context, question)) as never;
    const source = await view.lines?.(context, question);
    return { view, result, source, sums: source ? await sumsOf(tx, source, asOf) : [] };
  };
  if (!by) return inSystemTransaction(app.deps.db, run);
  return inTransaction(app.deps.db, async (tx) => {
    await enterUser(tx, by.userId);
    return run(tx);
  });
}

function sumsOf(tx: ViewContext['tx'], source: LineSource, asOf: string): Promise<Sum[]> {
  const { from, converted } = books[source.book];
  const amount = converted[source.currency];
  return source.book === 'journal'
    ? tx.$queryRaw<Sum[]>`SELECT l.stage::text AS kind, sum(${amount})::bigint AS minor FROM ${from} WHERE ${knownLines(source, asOf)} GROUP BY 1`
    : tx.$queryRaw<Sum[]>`SELECT e.kind::text AS kind, sum(${amount})::bigint AS minor FROM ${from} WHERE ${knownLines(source, asOf)} GROUP BY 1`;
}

const minorIn = (sums: readonly Sum[], kind: string) => sums.find((sum) => sum.kind === kind)?.minor ?? 0n;
const stagesOf = ({ sums }: Computed) => ['pledge', 'commitment', 'disbursement'].map((stage) => minorIn(sums, stage));

function documentOf({ view, result }: Computed, language: 'fr' | 'en' = 'fr'): ReportDocument {
  return view.document(result, { language, reference: app.deps.reference, changes: null, provenance: null });
}
const blocksOf = (document: ReportDocument) => document.sections.flatMap(({ blocks }) => blocks);
function tableOf(document: ReportDocument, id: string): Table {
  const table = blocksOf(document).find((block): block is Table => block.type === 'table' && block.id === id);
  if (!table) throw new Error(`no table ${id}`);
  return table;
}
const chartsOf = (document: ReportDocument) => blocksOf(document).filter((block): block is Chart => block.type === 'chart');
const valuesOf = (cells: readonly Cell[]) => cells.map((cell) => (cell.kind === 'text' ? cell.text : cell.value));
const totalOf = (document: ReportDocument, id: string) => valuesOf(tableOf(document, id).rows.find(({ total }) => total)?.cells ?? []);
const figuresOf = (document: ReportDocument) => blocksOf(document).flatMap((block) => (block.type === 'figures' ? block.figures.map(({ value }) => valuesOf([value])[0]) : []));

/** Each total row of which the rows above are the parts. */
const totalsOfParts: readonly string[] = ['rows', 'parts-members', 'parts-invited', 'parts-all', 'donors-until', 'partners-until', 'states-until', 'donors-period', 'partners-period', 'by-kind', 'states', 'partners', 'by-donor', 'by-donor-and-recipient', 'stages-by-mechanism', 'donors-of-the-forum', 'ageing'];

/** Column by column, whether the amounts of a table come to its total. */
function sumsDiffer({ columns, rows }: Table): readonly string[] {
  return columns.flatMap(({ kind, title }, at) => {
    if (kind !== 'amount') return [];
    const parts = rows.map(({ total, cells }) => ({ total, value: (cells[at] as { readonly value: string }).value }));
    const sum = parts.filter(({ total }) => !total).reduce((all, { value }) => all + minorOf(value), 0n);
    const whole = parts.find(({ total }) => total);
    return whole && minorOf(whole.value) !== sum ? [`${title}: ${sum} is not ${whole.value}`] : [];
  });
}

describe('every view as a document, in both languages', () => {
  test('is sound, the same for the same result, and says the same in each', async () => {
    for (const [kind, what, asked] of questions()) {
      const computed = await compute(kind, asked);
      const [fr, en] = [documentOf(computed, 'fr'), documentOf(computed, 'en')];
      expect([kind, what, checkDocument(fr), checkDocument(en)]).toEqual([kind, what, [], []]);
      expect(JSON.stringify(documentOf(computed, 'fr'))).toBe(JSON.stringify(fr));
      // As the job does it: from the JSON that was kept.
      const kept = { ...computed, result: JSON.parse(JSON.stringify(computed.result)) as never };
      expect(documentOf(kept, 'en')).toEqual(en);
      expect(fr.title).not.toBe(en.title);
      expect(figuresOf(fr)).toEqual(figuresOf(en));
      expect(fr.method.length).toBe(en.method.length);
      expect([kind, what, chartsOf(fr).length > 0]).toEqual([kind, what, true]);
      for (const block of blocksOf(fr)) {
        if (block.type === 'table' && totalsOfParts.includes(block.id)) expect([kind, what, block.id, sumsDiffer(block)]).toEqual([kind, what, block.id, []]);
      }
    }
  });

  test('of nothing, each is sound as well', async () => {
    const nobody: Visibility = { all: false, states: [], donorIds: [], restricted: false };
    for (const [kind, what, asked] of questions()) {
      if (kind === 'fund_statement') continue;
      for (const language of ['fr', 'en'] as const) expect([kind, what, checkDocument(documentOf(await compute(kind, asked, { scope: nobody }), language))]).toEqual([kind, what, []]);
    }
  });
});

describe('commitments and disbursements', () => {
  test('the total row is the total of the result, and the sum of the lines by stage', async () => {
    for (const asked of [{ groupBy: ['donor', 'state'] }, { groupBy: ['sector'], currency: 'XOF', filters: { countries: ['MLI'], donorIds: [ids.france], restricted: 'excluded' } }]) {
      const computed = await compute('commitment_vs_disbursement', asked);
      const { total } = computed.result as { total: Record<'pledged' | 'committed' | 'disbursed' | 'undisbursed' | 'executionRate', string> & { lines: number } };
      expect(stagesOf(computed)).toEqual([total.pledged, total.committed, total.disbursed].map(minorOf));
      const document = documentOf(computed);
      expect(totalOf(document, 'rows').slice(-6)).toEqual([total.pledged, total.committed, total.disbursed, total.undisbursed, total.executionRate, total.lines]);
      expect(figuresOf(document)).toEqual([total.pledged, total.committed, total.disbursed, total.undisbursed, total.executionRate]);
    }
  });

  test('names what it is limited to, also where it is not grouped by it', async () => {
    const { subtitle } = documentOf(await compute('commitment_vs_disbursement', { groupBy: ['month'], filters: { donorIds: [ids.france], plans: ['HMLI'], fundIds: [ids.fund] } }), 'en');
    expect(subtitle).toEqual(expect.arrayContaining(['Donors: France', 'Pooled funds: Sahel fund', 'Response plans: Plan of Mali']));
  });

  test('a minister’s lines are those of the own state', async () => {
    const scope: Visibility = { all: false, states: ['NER'], donorIds: [], restricted: false };
    const computed = await compute('commitment_vs_disbursement', { groupBy: ['state'], currency: 'EUR' }, { scope, by: niger });
    const { total } = computed.result as { total: Record<'pledged' | 'committed' | 'disbursed', string> };
    // 55.55 at the forum, the 31.00 shared with Mali, the 900.00 for the fund of both.
    expect(total).toMatchObject({ pledged: '55.55', committed: '986.55', disbursed: '720.02' });
    expect(stagesOf(computed)).toEqual([5_555n, 98_655n, 72_002n]);
  });
});

describe('coverage', () => {
  test('the total row is that of the result; the lines are the direct part of it', async () => {
    for (const currency of ['USD', 'EUR']) {
      const computed = await compute('plan_coverage', { currency });
      const { total } = computed.result as { total: Record<'requirements' | 'funded' | 'direct' | 'throughFunds' | 'paid' | 'notYetPaid' | 'gap', string> & { inNeed: number; targeted: number; reached: null; lines: number; coverage: { exact: string } } };
      const document = documentOf(computed);
      const share = totalOf(document, 'coverage')[4];
      expect(totalOf(document, 'coverage').slice(1)).toEqual([total.requirements, total.funded, total.gap, share, total.paid, total.notYetPaid]);
      expect(minorOf(String(share))).toBe(minorOf(total.coverage.exact));
      expect(totalOf(document, 'origins-and-people').slice(1)).toEqual([total.direct, total.throughFunds, total.inNeed, total.targeted, total.reached, total.lines]);
      expect(minorIn(computed.sums, 'commitment')).toBe(minorOf(total.direct));
      // 400.40 was paid directly; the fund's transfer and refund are in its own book.
      if (currency === 'EUR') expect([minorIn(computed.sums, 'disbursement'), total.paid]).toEqual([40_040n, '580.40']);
    }
  });

  test('published figures stand beside, with their own currency', async () => {
    const document = documentOf(await compute('plan_coverage', {}), 'en');
    expect(valuesOf(tableOf(document, 'published-of-plans').rows[0]?.cells ?? []).slice(0, 9)).toEqual(['HMLI', 'fts', 'Mali', '2025', 'USD', '5000.00', '1200.00', '0.240000', '2025-06-30']);
    expect(valuesOf(tableOf(document, 'published-outside-plans').rows[0]?.cells ?? [])).toEqual(['fts', 'Mali', '2025', 'USD', '42.00', '2025-06-30']);
  });
});

describe('the regional view', () => {
  test.each([[['members', 'invited', 'all'], 'all'], [['members'], 'members']])('of %j: the lines are the total of %s', async (groups, first) => {
    const computed = await compute('regional', { groups, currency: 'EUR' });
    const found = (computed.result as { groups: { group: string; total: Record<'pledged' | 'committed' | 'paid', string> & { lines: number } }[] }).groups.find(({ group }) => group === first);
    const { pledged = '', committed = '', paid = '', lines } = found?.total ?? {};
    expect(stagesOf(computed)).toEqual([pledged, committed, paid].map(minorOf));
    const document = documentOf(computed);
    expect(totalOf(document, `parts-${first}`).slice(1)).toEqual([pledged, committed, paid, lines]);
    expect(figuresOf(document).slice(0, 3)).toEqual([pledged, committed, paid]);
  });

  test('the totals are open to everybody, the lines only as far as the asker may see them', async () => {
    const scope: Visibility = { all: false, states: ['NER'], donorIds: [], restricted: false };
    const computed = await compute('regional', { currency: 'EUR' }, { scope, by: niger });
    const [pledged, committed, paid] = figuresOf(documentOf(computed));
    const shown = stagesOf(computed);
    expect([pledged, committed, paid].map((value, index) => minorOf(String(value)) > (shown[index] ?? 0n))).toEqual([true, true, true]);
    // What the treasury of Mali gives to Niger is between states of the group; what the two share is there, directly and in the fund.
    expect(shown).toEqual([0n, 93_100n, 70_000n]);
  });
});

describe('a fund', () => {
  test('the statement’s totals by donor, partner and state are its own lines; its movements come to its balance', async () => {
    const computed = await compute('fund_statement', { fundId: ids.fund });
    const document = documentOf(computed);
    const closing = new Map(tableOf(document, 'lines').rows.map(({ cells }) => [valuesOf(cells)[0], valuesOf(cells)[3]]));
    expect(figuresOf(document)).toEqual(['700.00', '185.00', '515.00', '395.00', '0.0000']);
    expect(totalOf(document, 'donors-until')).toEqual(['TOTAL', closing.get('Contributions des donateurs'), closing.get('Remboursements aux donateurs')]);
    expect(totalOf(document, 'partners-until').slice(1, 4)).toEqual(['300.00', '200.00', '20.00']);
    const moved = (...kinds: string[]) => kinds.reduce((sum, kind) => sum + minorIn(computed.sums, kind), 0n);
    expect(moved('deposit', 'refund') - moved('transfer', 'direct_cost', 'fee')).toBe(51_500n);
    expect(valuesOf(tableOf(document, 'unpaid-commitments').rows[0]?.cells ?? [])).toEqual(['EUR', '900.00', '700.00', '200.00', '200.00']);
  });

  test('of a period: its movements apart, its chart what came in and went out', async () => {
    const document = documentOf(await compute('fund_statement', { fundId: ids.fund, from: '2025-05-01', to: '2025-06-10' }), 'en');
    expect(totalOf(document, 'partners-period').slice(1, 4)).toEqual(['300.00', '200.00', '20.00']);
    expect(chartsOf(document)[0]).toMatchObject({ categories: ['Net transfers'], series: [{ values: [null] }, { values: ['180.00'] }], alternative: 'In and out in the period. Net transfers: Out 180.00\u00A0EUR.' });
  });

  test('the attribution’s total rows are those of the result; the movements come to what is still in the funds', async () => {
    const computed = await compute('attribution', { currency: 'EUR' });
    const { totals } = computed.result as { totals: Record<'paidIn' | 'received' | 'attributed' | 'given' | 'still', string> };
    const document = documentOf(computed);
    const flows = [totals.paidIn, totals.received, totals.attributed, totals.given, totals.still];
    expect(figuresOf(document)).toEqual(flows);
    expect(totalOf(document, 'by-donor').slice(1)).toEqual(flows);
    expect([totalOf(document, 'by-kind').at(-1), totalOf(document, 'by-donor-and-recipient').at(-1)]).toEqual([totals.attributed, totals.attributed]);
    const moved = (...kinds: string[]) => kinds.reduce((sum, kind) => sum + minorIn(computed.sums, kind), 0n);
    expect(moved('deposit', 'refund') - moved('transfer', 'direct_cost', 'fee')).toBe(minorOf(totals.still));
  });
});

describe('mechanisms and the forum', () => {
  test('the total row of the mechanisms is that of the result, and the sum of the lines by stage', async () => {
    for (const asked of [{ currency: 'EUR' }, { countries: ['MLI'], from: '2025-03-15' }]) {
      const computed = await compute('mechanisms', asked);
      const { total } = computed.result as { total: Record<'pledged' | 'committed' | 'disbursed' | 'executionRate', string> & { lines: number } };
      expect(stagesOf(computed)).toEqual([total.pledged, total.committed, total.disbursed].map(minorOf));
      expect(totalOf(documentOf(computed), 'stages-by-mechanism').slice(1)).toEqual([total.pledged, total.committed, total.disbursed, total.executionRate, total.lines]);
    }
    const document = documentOf(await compute('mechanisms', { currency: 'EUR' }), 'en');
    expect(valuesOf(tableOf(document, 'loans-and-swaps').rows[0]?.cells ?? []).slice(1, 2)).toEqual(['1000000.00']);
    expect(valuesOf(tableOf(document, 'in-kind-and-assistance').rows[0]?.cells ?? []).at(-1)).toBe('Facture');
    const fulfilment = chartsOf(document).find(({ id }) => id === 'fulfilment');
    // Of 1,126.58 pledged 855.66 is committed and 420.08 paid.
    expect(fulfilment?.series.map(({ values }) => values)).toEqual([['0.7595'], ['0.3729']]);
  });

  test.each([
    ['everything', everything, false],
    ['what a minister of Niger may see', { all: false, states: ['NER'], donorIds: [], restricted: false }, true],
  ] as const)('the forum, %s: lines of its pledges, their commitments and payments', async (_, scope, isMinister) => {
    const computed = await compute('forum_follow_up', { eventId: ids.event, currency: 'USD' }, { scope, ...(isMinister && { by: niger }) });
    const { total } = computed.result as { total: { pledges: number; figures: Record<'pledged' | 'converted' | 'paid' | 'outstanding' | 'unpaid' | 'late', string>; journal: Record<'committed' | 'paid', string> } };
    const { pledged, converted, paid, outstanding, unpaid, late } = total.figures;
    expect(total.pledges).toBe(isMinister ? 1 : 3);
    expect(stagesOf(computed)).toEqual([pledged, total.journal.committed, total.journal.paid].map(minorOf));
    const document = documentOf(computed);
    expect(totalOf(document, 'donors-of-the-forum').slice(1)).toEqual([total.pledges, pledged, converted, paid, outstanding, unpaid, late]);
    expect(totalOf(document, 'ageing').at(-1)).toBe(unpaid);
    expect(document.subtitle[0]).toBe('Forum de Bamako');
  });
});
