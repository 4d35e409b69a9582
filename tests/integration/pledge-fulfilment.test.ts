import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pledgeFulfilment } from '../../src/features/promise-reports/pledge-fulfilment.view.js';
import { fulfilmentGroupings, type FulfilmentResult } from '../../src/features/promise-reports/promise-reports.schema.js';
import { commitmentVsDisbursement } from '../../src/features/reports/commitment-vs-disbursement.view.js';
import { inTransaction } from '../../src/platform/db.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { checkDocument } from '../support/document-check.js';
import { LedgerWriter } from '../support/ledger-writer.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';
import { viewAs } from '../support/view-as.js';

let app: TestApp;
let people: People;
let auditor: Client;
let eventId: string;
const donors = { a: '', b: '' };
const ids: Record<'late' | 'kept' | 'split' | 'shared' | 'reversed' | 'internal' | 'restricted', string> = { late: '', kept: '', split: '', shared: '', reversed: '', internal: '', restricted: '' };

const today = new Date();
const day = (offset: number) => new Date(today.getTime() + offset * 86_400_000).toISOString().slice(0, 10);
const eur = (amount: string) => ({ amount, currency: 'EUR' });
const idOf = async (made: ReturnType<Client['post']>) => ((await made.expect(201)).body as { id: string }).id;
const approved = (path: string) => people.approver.act(`${path}/approve`).expect(200);
const pledge = (donorId: string, amount: string, options: Parameters<typeof flowBody>[1] = {}) =>
  idOf(people.officer.post('/v1/pledges', flowBody(donorId, { amount, valueDate: day(-400), ...options })));
const commit = (pledgeId: string, amount: object, valueDate: string) => idOf(people.officer.post('/v1/commitments', { pledgeId, amount, valueDate }));

const ask = async (input: object, by: Client = auditor) => (await viewAs(app, by, pledgeFulfilment, { currency: 'EUR', ...input })).result;
const rowsOf = ({ rows }: FulfilmentResult) => rows.map(({ key, pledges, pledged, converted, paid, late }) => [key, pledges, pledged, converted, paid, late]);
const minor = (text: string) => BigInt(text.replace('.', ''));

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  auditor = await app.user({ roles: ['auditor'] });
  await addRate(app, 'USD', day(-420), '1.1000');
  await addRate(app, 'USD', day(-100), '1.2000');
  donors.a = await createOrganisation(app, 'Donateur A');
  donors.b = await createOrganisation(app, 'Donateur B');
  eventId = await idOf(people.officer.post('/v1/events', { code: 'FORUM', nameFr: 'Forum de Bamako', nameEn: 'Bamako forum', startsOn: '2025-08-07' }));

  // 1,000 EUR in two instalments; 800 committed, 100 more by an amendment, 300 paid: 100 are late.
  ids.late = await pledge(donors.a, '1000.00', { more: { eventId, instalments: [{ dueOn: day(-200), amount: eur('400.00') }, { dueOn: day(30), amount: eur('600.00') }] } });
  const late = await commit(ids.late, eur('800.00'), day(-390));
  await pay(people, late, '300.00', { valueDate: day(-90) });
  const amendment = await idOf(people.officer.post(`/v1/commitments/${late}/amendments`, { delta: eur('100.00'), valueDate: day(-80), reason: 'Avenant' }));
  await approved(`/v1/amendments/${amendment}`);
  // 655,957 CFA francs are 1,000 EUR; all of it committed and paid.
  const xof = { amount: '655957', currency: 'XOF' };
  ids.kept = await pledge(donors.a, xof.amount, { currency: 'XOF', valueDate: day(-300), more: { mechanism: 'solidarity_levy' } });
  await pay(people, await commit(ids.kept, xof, day(-290)), xof.amount, { currency: 'XOF', valueDate: day(-270) });
  // 500.01 EUR, a third of it for Niger; 100 committed and paid.
  ids.split = await pledge(donors.b, '500.01', { splits: { country: [{ code: 'MLI', share: '66.6667' }, { code: 'NER', share: '33.3333' }] }, more: { destination: { kind: 'states' } } });
  await pay(people, await commit(ids.split, eur('100.00'), day(-380)), '100.00', { valueDate: day(-340) });
  ids.shared = await pledge(donors.b, '90.00', { splits: { country: [{ code: 'MLI' }, { code: 'NER' }] }, more: { destination: { kind: 'states' } } });
  ids.reversed = await pledge(donors.b, '70.00');
  await approved(`/v1/reversals/${await idOf(people.officer.post('/v1/reversals', { stage: 'pledge', recordId: ids.reversed, reason: 'Saisi par erreur' }))}`);
  ids.internal = await pledge(donors.b, '30.00', { more: { boundary: 'internal' } });
  ids.restricted = await pledge(donors.b, '20.00', { more: { restricted: true } });
});
afterAll(() => app.close());

describe('what became of what was pledged', () => {
  test('by donor and in all, by hand', async () => {
    const result = await ask({});
    expect(rowsOf(result)).toEqual([
      [donors.a, 2, '2000.00', '1900.00', '1300.00', '100.00'],
      [donors.b, 3, '610.01', '100.00', '100.00', '0.00'],
    ]);
    expect(result.total).toMatchObject({
      pledges: 5, pledged: '2610.01', converted: '2000.00', paid: '1400.00', outstanding: '610.01', unpaid: '1210.01', late: '100.00',
      conversionRate: '0.7663', fulfilmentRate: '0.5364', statuses: { kept: 1, in_part: 1, not_yet: 2, late: 1 }, journal: { committed: '2000.00', paid: '1400.00' },
    }); // prettier-ignore
    // Weights 1,000, 1,000 and 110 dollars: 10, 10 and 20 days; then 300, 20 and 40.
    expect(result.total.days).toMatchObject({ pledgeToCommitment: { median: 10, count: 3 }, commitmentToFirstPayment: { count: 3 } });
    expect(result.rows[1]?.days).toMatchObject({ pledgeToCommitment: { median: 20, count: 1 }, commitmentToFirstPayment: { median: 40, count: 1 } });
    expect(result.labels.groups[donors.a]).toEqual({ fr: 'Donateur A', en: 'Donateur A' });
  });

  test('by mechanism, by event and by year of the pledge', async () => {
    expect(rowsOf(await ask({ groupBy: 'mechanism' })).map(([key, , pledged]) => [key, pledged])).toEqual([['bilateral_grant', '1610.01'], ['solidarity_levy', '1000.00']]);
    const byEvent = await ask({ groupBy: 'event' });
    expect(rowsOf(byEvent).map(([key, , pledged]) => [key, pledged])).toEqual([['-', '1610.01'], [eventId, '1000.00']]);
    expect(byEvent.labels.groups).toEqual({ '-': { fr: 'Hors événement', en: 'At no event' }, [eventId]: { fr: 'Forum de Bamako', en: 'Bamako forum' } });
    const byYear = await ask({ groupBy: 'year' });
    expect(byYear.rows.map(({ key }) => key)).toEqual([...new Set([day(-400).slice(0, 4), day(-300).slice(0, 4)])]);
  });

  test('by state: a split is shared out, money shared without one counts once, apart', async () => {
    const result = await ask({ groupBy: 'state' });
    // 500.01 × 66.6667 % = 333.34 and 166.67; 100 paid = 66.67 and 33.33.
    expect(rowsOf(result)).toEqual([
      ['MLI', 4, '2353.34', '1966.67', '1366.67', '100.00'],
      ['NER', 1, '166.67', '33.33', '33.33', '0.00'],
      ['*', 1, '90.00', '0.00', '0.00', '0.00'],
    ]);
    expect(result.notes.fr.join(' ')).toContain('sans répartition, elle compte une seule fois');
    const { rows } = await ask({ groupBy: 'state', filters: { countries: ['NER'] } });
    expect(rows.map(({ key, pledged }) => [key, pledged])).toEqual([['MLI', '333.34'], ['NER', '166.67'], ['*', '90.00']]);
  });

  test('the pledges one by one, the largest outstanding first; reversed and internal ones apart', async () => {
    const { pledges, reversed, leftOut, notes } = await ask({});
    expect(pledges.map(({ pledgeId, figures }) => [pledgeId, figures?.outstanding])).toEqual([
      [ids.split, '400.01'], [ids.late, '100.00'], [ids.shared, '90.00'], [ids.restricted, '20.00'], [ids.kept, '0.00'],
    ]); // prettier-ignore
    expect(pledges.map(({ status }) => status)).toEqual(['in_part', 'late', 'not_yet', 'not_yet', 'kept']);
    expect(reversed).toEqual([expect.objectContaining({ pledgeId: ids.reversed, amount: eur('70.00') })]);
    expect(leftOut).toEqual({ internal: 1, unconverted: 0 });
    expect(notes.fr).toContain('1 annonce(s) interne(s) à la région laissée(s) de côté.');
  });

  test('in dollars, each pledge at the rate of its day, so that the parts make up the whole', async () => {
    const { total } = await ask({ currency: 'USD', filters: { donorIds: [donors.a] } });
    expect(total).toMatchObject({ pledged: '2200.00', converted: '2090.00', paid: '1430.00', unpaid: '770.00', late: '110.00' });
    // 800 × 1.10 + 100 × 1.20 + 1,100; 300 × 1.20 + 1,100.
    expect(total.journal).toEqual({ committed: '2100.00', paid: '1460.00' });
  });

  test('of those pledges alone that are asked for', async () => {
    const pledged = async (filters: object) => (await ask({ filters })).total.pledged;
    expect(await pledged({ eventIds: [eventId] })).toBe('1000.00');
    expect(await pledged({ mechanisms: ['solidarity_levy'] })).toBe('1000.00');
    expect(await pledged({ from: day(-300) })).toBe('1000.00');
    expect(await pledged({ to: day(-301), donorIds: [donors.b] })).toBe('610.01');
    expect(await pledged({ countries: ['BFA'] })).toBe('0.00');
  });
});

describe('for whom and as of when', () => {
  test('under the asker’s own rights, which a note says', async () => {
    const donor = await ask({}, await app.user({ roles: ['donor'], organisationId: donors.a, seesRestricted: false }));
    expect(rowsOf(donor)).toEqual([[donors.a, 2, '2000.00', '1900.00', '1300.00', '100.00']]);
    const minister = await ask({}, await app.user({ roles: ['minister'], states: ['NER'], seesRestricted: false }));
    expect(minister.pledges.map(({ pledgeId }) => pledgeId)).toEqual([ids.split, ids.shared]);
    expect(minister.notes.fr.at(-2)).toContain('que vous pouvez voir');
    const closed = await ask({}, await app.user({ roles: ['finance_officer'], states: ['MLI'], seesRestricted: false }));
    expect(closed.pledges.map(({ pledgeId }) => pledgeId)).not.toContain(ids.restricted);
  });

  test('the same moment gives the same answer, whatever is recorded or merged after', async () => {
    const { asOf } = await ask({});
    const at = async () => (await viewAs(app, auditor, pledgeFulfilment, { currency: 'EUR' }, asOf)).result;
    const before = await at();
    const admin = await app.user({ roles: ['administrator'] });
    const twin = await createOrganisation(app, 'Doublon de A');
    await pledge(twin, '40.00');
    await admin.act(`/v1/organisations/${twin}/merge`, { intoId: donors.a, reason: 'Doublon du même organisme' }).expect(200);
    expect(await at()).toEqual(before);
    const after = await ask({ filters: { donorIds: [donors.a] } });
    expect(rowsOf(after)).toEqual([[donors.a, 3, '2040.00', '1900.00', '1300.00', '100.00']]);
  });

  test('a pledge without a rate is counted and listed, in no converted amount', async () => {
    const { deps } = app;
    const other = await createOrganisation(app, 'Donateur C');
    await inTransaction(deps.db, (tx) => new LedgerWriter(tx, deps.reference.exponents, other).pledge({ minor: 7_000n, currency: 'MRU', on: day(-50), externalId: 'c1' }));
    const { total, pledges, leftOut, notes } = await ask({ filters: { donorIds: [other] } });
    expect(total).toMatchObject({ pledges: 1, pledged: '0.00', conversionRate: null, fulfilmentRate: null });
    expect(pledges).toEqual([expect.objectContaining({ currency: 'MRU', figures: null, own: expect.objectContaining({ pledged: '70.00' }) })]);
    expect([leftOut.unconverted, notes.en.some((note) => note.startsWith('1 pledge(s) without a known exchange rate'))]).toEqual([1, true]);
  });
});

describe('as people read it', () => {
  test('a table of groups, pledges and total, in both languages', async () => {
    const result = await ask({ filters: { donorIds: [donors.b] } });
    for (const language of ['fr', 'en'] as const) {
      const { header, rows } = pledgeFulfilment.table(result, language);
      expect(new Set(header).size).toBe(header.length);
      expect(rows.every((row) => row.length === header.length)).toBe(true);
      expect(rows).toHaveLength(1 + 3 + 1 + 1);
    }
    const { rows } = pledgeFulfilment.table(result, 'fr');
    expect(rows[0]?.slice(0, 2)).toEqual(['Donateur', 'Donateur B']);
    expect(rows.at(-1)?.slice(10, 19)).toEqual(['3', '610.01', '100.00', '100.00', '510.01', '510.01', '0.00', '16.39', '16.39']);
  });

  test('a document that every format can write', async () => {
    const { reference } = app.deps;
    for (const groupBy of fulfilmentGroupings) {
      const result = await ask({ groupBy });
      for (const language of ['fr', 'en'] as const) {
        const document = pledgeFulfilment.document(result, { language, reference, changes: null, provenance: null });
        expect(checkDocument(document)).toEqual([]);
        expect(JSON.stringify(document)).not.toContain('undefined');
      }
    }
    const nothing = await ask({ filters: { countries: ['BFA'] } });
    expect(checkDocument(pledgeFulfilment.document(nothing, { language: 'fr', reference, changes: null, provenance: null }))).toEqual([]);
  });
});

test('rows always sum to the total, by whatever they are grouped, and the journal’s totals are those of the report on commitments', async () => {
  const { db, reference } = app.deps;
  const states = fc.constantFrom({}, { country: [{ code: 'MLI' }] }, { country: [{ code: 'MLI' }, { code: 'NER' }] }, { country: [{ code: 'BFA', share: '33.3333' }, { code: 'MLI', share: '50' }, { code: 'NER', share: '16.6667' }] });
  const history = fc.record({
    minor: fc.bigInt({ min: 1n, max: 10n ** 11n }),
    currency: fc.constantFrom('EUR', 'XOF'),
    on: fc.integer({ min: -400, max: -200 }),
    splits: states,
    /** Thousandths of the pledge committed, and of that paid. */
    committed: fc.array(fc.tuple(fc.bigInt({ min: 1n, max: 400n }), fc.bigInt({ min: 0n, max: 1000n }), fc.integer({ min: 1, max: 150 })), { maxLength: 2 }),
    instalments: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(history, { minLength: 1, maxLength: 5 }), fc.constantFrom('USD', 'EUR', 'XOF'), async (histories, currency) => {
      const donorIds = [await createOrganisation(app, 'Un'), await createOrganisation(app, 'Deux')];
      await inTransaction(db, async (tx) => {
        for (const [index, { minor: promised, currency: own, on, splits, committed, instalments }] of histories.entries()) {
          const writer = new LedgerWriter(tx, reference.exponents, donorIds[index % 2] ?? '');
          const made = await writer.pledge({ minor: promised, currency: own, on: day(on), splits }, instalments ? [promised] : []);
          for (const [share, paid, later] of committed) {
            const amount = (promised * share) / 1000n;
            if (amount === 0n) continue;
            const commitment = await writer.commitment({ minor: amount, currency: own, on: day(on + later), splits }, made);
            const payment = (amount * paid) / 1000n;
            if (payment > 0n) await writer.disbursement(commitment, { minor: payment, currency: own, on: day(on + later + 5) });
          }
        }
      });
      const filters = { donorIds };
      const journal = (await viewAs(app, auditor, commitmentVsDisbursement, { groupBy: ['donor'], currency, filters })).result.total;
      const totals: object[] = [];
      for (const groupBy of fulfilmentGroupings) {
        const { result, lines } = await viewAs(app, auditor, pledgeFulfilment, { groupBy, currency, filters });
        for (const figure of ['pledged', 'converted', 'paid', 'outstanding', 'unpaid', 'late'] as const) {
          expect(result.rows.reduce((sum, row) => sum + minor(row[figure]), 0n)).toBe(minor(result.total[figure]));
          expect(result.pledges.reduce((sum, row) => sum + minor(row.figures?.[figure] ?? '0'), 0n)).toBe(minor(result.total[figure]));
          expect(result.rows.every((row) => minor(row[figure]) >= 0n)).toBe(true);
        }
        expect(result.total.journal).toEqual({ committed: journal.committed, paid: journal.disbursed });
        expect(result.total.pledged).toBe(journal.pledged);
        expect(lines).toEqual({ pledge: minor(journal.pledged), commitment: minor(journal.committed), disbursement: minor(journal.disbursed) });
        totals.push(result.total);
      }
      // By state a pledge is in several groups; the total is the same.
      for (const total of totals) expect(total).toEqual(totals[0]);
    }),
    { numRuns: 10 },
  );
});
