import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { entriesOf, type LineContext, type LineSource } from '../../src/features/reports/lines.store.js';
import { provenanceOf } from '../../src/features/reports/provenance.store.js';
import { databaseMoment } from '../../src/features/reports/reports.store.js';
import { inTransaction, Prisma } from '../../src/platform/db.js';
import { enterUser } from '../../src/platform/tenant.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { Flows, NIGER } from '../support/flows.js';
import { Funds } from '../support/funds.js';
import { addRate, createOrganisation, createPeople, type People } from '../support/ledger.js';

let app: TestApp;
let people: People;
let flows: Flows;
let donorId: string;
let otherId: string;
let nigerien: Client;
let before: string;

const journal = (more: Partial<LineSource> = {}): LineSource => ({ book: 'journal', condition: Prisma.sql`l.boundary = 'crossing' AND NOT e.stage = 'pledge'`, currency: 'USD', ...more });

/** As a user, or as whoever sees everything. */
function reading<T>(read: (context: LineContext) => Promise<T>, by?: Client, asOf?: string): Promise<T> {
  return inTransaction(app.deps.db, async (tx) => {
    const moment = asOf ?? (await databaseMoment(tx)).asOf;
    if (by) await enterUser(tx, by.userId);
    return read({ tx, reference: app.deps.reference, asOf: moment });
  });
}

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  nigerien = await app.user({ roles: ['finance_officer'], states: ['NER'] });
  donorId = await createOrganisation(app, 'Exemplie');
  otherId = await createOrganisation(app, 'Exemplie (double)');
  await addRate(app, 'USD', '2025-03-07', '1.0800');
  await addRate(app, 'USD', '2025-04-10', '1.1000');
  flows = new Flows(app, people, donorId);
  await flows.pledge();
  const commitment = await flows.commitment({ amount: '1000.00' });
  await flows.paid(commitment, '100.00');
  await new Flows(app, people, otherId).commitment({ ...NIGER, amount: '655957', currency: 'XOF' });
  before = (await databaseMoment(app.deps.db)).asOf;
  await flows.reverse('disbursement', (await app.deps.db.disbursement.findFirstOrThrow()).id);
  await app.deps.db.commitment.updateMany({ where: { donorId: otherId }, data: { sourceSystem: 'fts', externalId: '1' } });
}, 300_000);

afterAll(() => app.close());

describe('the entries behind a report', () => {
  test('come in the order of their recording, converted, with the rates that were used', async () => {
    const { currency, total, rows } = await reading((context) => entriesOf(context, journal(), 10));
    expect({ currency, total }).toEqual({ currency: 'USD', total: 4 });
    expect(rows.map(({ kind, stage, amount, currency: own, converted, source }) => [kind, stage, amount, own, converted, source])).toEqual([
      ['commitment', 'commitment', '1000.00', 'EUR', '1080.00', null],
      ['disbursement', 'disbursement', '100.00', 'EUR', '110.00', null],
      ['commitment', 'commitment', '655957', 'XOF', '1080.00', 'fts'],
      ['reversal', 'disbursement', '-100.00', 'EUR', '-110.00', null],
    ]);
    expect(rows[1]).toMatchObject({
      description: 'Versement',
      donor: { fr: 'Exemplie', en: 'Exemplie' },
      mechanism: { fr: app.deps.reference.mechanisms.get('bilateral_grant')?.nameFr },
      states: ['MLI'],
      valueDate: '2025-04-10',
      occurredOn: null,
      rates: [{ base: 'EUR', quote: 'USD', rate: '1.1', date: '2025-04-10', source: 'ECB' }],
    });
    expect(rows[1]?.reference).not.toBe('');
    expect(rows[2]?.rates).toHaveLength(2);
    expect(rows.map(({ recordedAt }) => recordedAt)).toEqual(rows.map(({ recordedAt }) => recordedAt).toSorted());
  });

  test('need no rate in their own currency', async () => {
    const { rows } = await reading((context) => entriesOf(context, journal({ currency: 'EUR' }), 10));
    expect(rows[0]).toMatchObject({ converted: '1000.00', rates: [] });
  });

  test('are those of the moment, and no more than asked for', async () => {
    const then = await reading((context) => entriesOf(context, journal(), 10), undefined, before);
    expect(then.total).toBe(3);
    const few = await reading((context) => entriesOf(context, journal(), 1));
    expect([few.total, few.rows.length]).toEqual([4, 1]);
  });

  test('are only those that the asker may see, even where the totals are open', async () => {
    const { total, rows } = await reading((context) => entriesOf(context, journal({ openInTotal: true }), 10), nigerien);
    expect([total, rows.map(({ currency }) => currency)]).toEqual([1, ['XOF']]);
  });

  test('of a merged donor have the name that was kept', async () => {
    const administrator = await app.user({ roles: ['administrator'] });
    await administrator.act(`/v1/organisations/${otherId}/merge`, { intoId: donorId, reason: 'Même organisation' }).expect(200);
    const { rows } = await reading((context) => entriesOf(context, journal(), 10));
    expect(new Set(rows.map(({ donor }) => donor?.fr))).toEqual(new Set(['Exemplie']));
    const then = await reading((context) => entriesOf(context, journal(), 10), undefined, before);
    expect(then.rows[2]?.donor?.fr).toBe('Exemplie (double)');
  });
});

describe('from where the figures come', () => {
  test('are the sources and the rates of the lines', async () => {
    const provenance = await reading((context) => provenanceOf(context, journal()));
    expect(provenance).toEqual({
      sources: [{ system: null, lines: 3 }, { system: 'fts', lines: 1 }],
      rates: [
        { source: 'BCEAO/BEAC', base: 'EUR', quote: 'XOF', from: '1999-01-01', to: '1999-01-01', lines: 1 },
        { source: 'ECB', base: 'EUR', quote: 'USD', from: '2025-03-07', to: '2025-04-10', lines: 4 },
      ],
      sameCurrency: 0,
    });
    expect((await reading((context) => provenanceOf(context, journal({ currency: 'EUR' })))).sameCurrency).toBe(3);
  });

  test('are of the lines that the asker sees, unless the totals are open to everybody', async () => {
    const lines = async (source: LineSource) => (await reading((context) => provenanceOf(context, source), nigerien)).sources.reduce((sum, one) => sum + one.lines, 0);
    expect(await lines(journal())).toBe(1);
    expect(await lines(journal({ openInTotal: true }))).toBe(4);
  });

  test('of nothing are nothing', async () => {
    const provenance = await reading((context) => provenanceOf(context, journal({ condition: Prisma.sql`false` })));
    expect(provenance).toEqual({ sources: [], rates: [], sameCurrency: 0 });
  });
});

test('the book of the funds has entries too', async () => {
  const funds = await Funds.create(app, people);
  const fund = await funds.fund();
  await funds.deposit(fund, '500.00');
  const source: LineSource = { book: 'funds', condition: Prisma.sql`e.fund_id = ${fund}::uuid`, currency: 'EUR' };
  const { rows } = await reading((context) => entriesOf(context, source, 10));
  expect(rows[0]).toMatchObject({ kind: 'deposit', stage: null, amount: '500.00', converted: '500.00', valueDate: '2025-04-10', mechanism: null, rates: [] });
  expect(rows[0]?.fund).not.toBeNull();
  expect(rows[0]?.reference).not.toBe('');
  expect((await reading((context) => provenanceOf(context, source))).sources).toEqual([{ system: null, lines: rows.length }]);
});
