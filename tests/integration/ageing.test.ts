import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ageBuckets } from '../../src/domain/ageing.js';
import { ageingBuckets } from '../../src/domain/mechanism-figures.js';
import { ageingView } from '../../src/features/promise-reports/ageing.view.js';
import { recordRevision } from '../../src/features/journal/revision.store.js';
import { pledgeFulfilment } from '../../src/features/promise-reports/pledge-fulfilment.view.js';
import { ageingGroupings, type AgedFigures } from '../../src/features/promise-reports/promise-reports.schema.js';
import { commitmentVsDisbursement } from '../../src/features/reports/commitment-vs-disbursement.view.js';
import { inTransaction } from '../../src/platform/db.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { checkDocument } from '../support/document-check.js';
import { LedgerWriter } from '../support/ledger-writer.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';
import { viewAs } from '../support/view-as.js';

let app: TestApp;
let people: People;
let auditor: Client;
let fundId: string;
const donors = { a: '', b: '' };
const ids: Record<'pledge' | 'fulfilling' | 'planned' | 'fund' | 'shared', string> = { pledge: '', fulfilling: '', planned: '', fund: '', shared: '' };

const today = new Date();
const day = (offset: number) => new Date(today.getTime() + offset * 86_400_000).toISOString().slice(0, 10);
const money = (amount: string, currency = 'EUR') => ({ amount, currency });
const idOf = async (made: ReturnType<Client['post']>) => ((await made.expect(201)).body as { id: string }).id;
const commitment = (donorId: string, amount: string, options: Parameters<typeof flowBody>[1] = {}) => idOf(people.officer.post('/v1/commitments', flowBody(donorId, { amount, ...options })));

const ask = async (input: object, by: Client = auditor, asOf?: string) => (await viewAs(app, by, ageingView, { currency: 'EUR', ...input }, asOf)).result;
const minor = (text: string) => BigInt(text.replace('.', ''));
const withoutNothing = ({ ageing }: AgedFigures) => Object.fromEntries(Object.entries(ageing).filter(([, amount]) => minor(amount) !== 0n));

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  auditor = await app.user({ roles: ['auditor'] });
  await addRate(app, 'USD', day(-800), '1.1000');
  await addRate(app, 'USD', day(-450), '1.1000');
  await addRate(app, 'USD', day(-100), '1.2000');
  donors.a = await createOrganisation(app, 'Donateur A');
  donors.b = await createOrganisation(app, 'Donateur B');
  fundId = newId();
  await app.deps.db.pooledFund.create({ data: { id: fundId, code: 'SAHEL', nameFr: 'Fonds Sahel', nameEn: 'Sahel fund', currency: 'EUR', countries: ['MLI', 'NER'] } });
  await recordRevision(app.deps.db, 'pooled_fund', fundId, { code: 'SAHEL', nameFr: 'Fonds Sahel', nameEn: 'Sahel fund' }, people.officer.userId);

  // 1,000 EUR: 400 due 200 days ago, 500 in 30 days, 100 in no plan; 800 committed, 300 paid.
  ids.pledge = await idOf(
    people.officer.post('/v1/pledges', flowBody(donors.a, { amount: '1000.00', valueDate: day(-440), more: { instalments: [{ dueOn: day(-200), amount: money('400.00') }, { dueOn: day(30), amount: money('600.00') }] } })),
  );
  ids.fulfilling = await idOf(people.officer.post('/v1/commitments', { pledgeId: ids.pledge, amount: money('800.00'), valueDate: day(-400) }));
  await pay(people, ids.fulfilling, '300.00', { valueDate: day(-90) });
  // Half for Niger; 120 due yesterday, 80 due 90 days ago, of which 50 are paid.
  const halves = { country: [{ code: 'MLI', share: '50' }, { code: 'NER', share: '50' }] };
  ids.planned = await commitment(donors.b, '200.01', {
    valueDate: day(-95), splits: halves, more: { destination: { kind: 'states' }, instalments: [{ dueOn: day(-90), amount: money('80.00') }, { dueOn: day(-1), amount: money('120.01') }] },
  }); // prettier-ignore
  await pay(people, ids.planned, '50.00', { valueDate: day(-60) });
  ids.fund = await commitment(donors.a, '300.00', { valueDate: day(-20), splits: {}, more: { destination: { kind: 'fund', fundId }, mechanism: 'pooled_fund' } });
  ids.shared = await commitment(donors.b, '65596', { currency: 'XOF', valueDate: day(-40), splits: { country: [{ code: 'MLI' }, { code: 'NER' }] }, more: { destination: { kind: 'states' } } });
  // All paid; internal.
  await pay(people, await commitment(donors.b, '10.00', { valueDate: day(-30) }), '10.00', { valueDate: day(-10) });
  await commitment(donors.b, '11.00', { valueDate: day(-30), more: { boundary: 'internal' } });
});
afterAll(() => app.close());

describe('what is unpaid, by how long it has been due', () => {
  test('in all, each promise once, by hand', async () => {
    const { instalments, leftOut } = await ask({});
    // 700 of the pledge; 150.01, 300 and 100 of commitments without one.
    expect(instalments.total).toMatchObject({ promises: 4, unpaid: '1250.01', late: '250.01' });
    expect(withoutNothing(instalments.total)).toEqual({ unscheduled: '400.00', notDue: '600.00', days1to30: '120.01', days31to90: '30.00', days181to365: '100.00' });
    expect([instalments.ofPledges, instalments.ofCommitments]).toEqual(['700.00', '550.01']);
    expect(leftOut).toEqual({ internal: 1, unconverted: 0 });
  });

  test('by donor, by mechanism, by fund and by state', async () => {
    const rows = async (by: string) => (await ask({ by })).instalments.rows.map(({ key, promises, unpaid, late }) => [key, promises, unpaid, late]);
    expect(await rows('donor')).toEqual([[donors.a, 2, '1000.00', '100.00'], [donors.b, 2, '250.01', '150.01']]);
    expect(await rows('mechanism')).toEqual([['bilateral_grant', 3, '950.01', '250.01'], ['pooled_fund', 1, '300.00', '0.00']]);
    expect(await rows('fund')).toEqual([['-', 3, '950.01', '250.01'], [fundId, 1, '300.00', '0.00']]);
    // The fund is for two states: shared, as what has no split; the odd cent of the split goes to the first state.
    expect(await rows('state')).toEqual([['MLI', 2, '775.01', '175.01'], ['*', 2, '400.00', '0.00'], ['NER', 1, '75.00', '75.00']]);
  });

  test('part by part, the longest late first', async () => {
    const { instalments, labels } = await ask({});
    expect(instalments.parts.map(({ id, dueOn, daysLate, bucket, unpaid, converted }) => [id, dueOn, daysLate, bucket, unpaid, converted])).toEqual([
      [ids.pledge, day(-200), 200, 'days181to365', money('100.00'), '100.00'],
      [ids.planned, day(-90), 90, 'days31to90', money('30.00'), '30.00'],
      [ids.planned, day(-1), 1, 'days1to30', money('120.01'), '120.01'],
      [ids.pledge, day(30), 0, 'notDue', money('600.00'), '600.00'],
      ...instalments.parts.slice(4).map(({ id, unpaid, converted }) => [id, null, 0, 'unscheduled', unpaid, converted]),
    ]);
    expect(instalments.parts.slice(4).map(({ id, unpaid }) => [id, unpaid])).toEqual(expect.arrayContaining([[ids.fund, money('300.00')], [ids.shared, money('65596', 'XOF')]]));
    expect(labels.funds[fundId]).toEqual({ fr: 'Fonds Sahel', en: 'Sahel fund' });
  });
});

describe('commitments that are not paid in full, by their age', () => {
  test('with or without a plan, those that fulfil a pledge too', async () => {
    const { undisbursed } = await ask({});
    expect(undisbursed.commitments.map(({ id, days, bucket, undisbursed: open, converted, late }) => [id, days, bucket, open.amount, converted, late])).toEqual([
      [ids.fulfilling, 400, 'over365', '500.00', '500.00', '0.00'],
      [ids.planned, 95, 'days91to180', '150.01', '150.01', '150.01'],
      [ids.shared, 40, 'days31to90', '65596', '100.00', '0.00'],
      [ids.fund, 20, 'days1to30', '300.00', '300.00', '0.00'],
    ]);
    expect(undisbursed.total).toMatchObject({ promises: 4, unpaid: '1050.01', late: '150.01' });
    expect(withoutNothing(undisbursed.total)).toEqual({ days1to30: '300.00', days31to90: '100.00', days91to180: '150.01', over365: '500.00' });
    const { undisbursed: byState } = await ask({ by: 'state' });
    expect(byState.rows.map(({ key, unpaid, late }) => [key, unpaid, late])).toEqual([['MLI', '575.01', '75.01'], ['*', '400.00', '0.00'], ['NER', '75.00', '75.00']]);
  });

  test('what is left is what the journal has as committed and not paid, where no rate moved', async () => {
    const { total } = (await viewAs(app, auditor, commitmentVsDisbursement, { groupBy: ['donor'], currency: 'EUR' })).result;
    expect((await ask({})).undisbursed.total.unpaid).toBe(total.undisbursed);
    // In dollars the commitments are at their own rates: 800 × 1.10 less the 300 paid of it at the same.
    const { undisbursed } = await ask({ currency: 'USD', filters: { donorIds: [donors.a] } });
    expect(undisbursed.commitments.map(({ converted }) => converted)).toEqual(['550.00', '360.00']);
  });
});

describe('for whom, of what and as of when', () => {
  test('of those promises alone that are asked for', async () => {
    const unpaid = async (filters: object) => (await ask({ filters })).instalments.total.unpaid;
    expect(await unpaid({ donorIds: [donors.b] })).toBe('250.01');
    expect(await unpaid({ fundIds: [fundId] })).toBe('300.00');
    expect(await unpaid({ countries: ['NER'] })).toBe('550.01');
    expect(await unpaid({ countries: ['BFA'] })).toBe('0.00');
  });

  test('under the asker’s own rights, which a note says', async () => {
    const donor = await ask({}, await app.user({ roles: ['donor'], organisationId: donors.b, seesRestricted: false }));
    expect(donor.instalments.rows.map(({ key }) => key)).toEqual([donors.b]);
    expect(donor.notes.fr.at(-2)).toContain('que vous pouvez voir');
    const minister = await ask({}, await app.user({ roles: ['minister'], states: ['NER'] }));
    expect(new Set(minister.undisbursed.commitments.map(({ id }) => id))).toEqual(new Set([ids.planned, ids.fund, ids.shared]));
  });

  test('the same moment gives the same answer', async () => {
    const { asOf } = await ask({});
    const before = await ask({}, auditor, asOf);
    await pay(people, ids.planned, '30.00', { valueDate: day(-2) });
    expect(await ask({}, auditor, asOf)).toEqual(before);
    expect((await ask({})).instalments.total).toMatchObject({ unpaid: '1220.01', late: '220.01' });
  });

  test('a table and a document, in both languages', async () => {
    const { reference } = app.deps;
    for (const by of ageingGroupings) {
      const result = await ask({ by });
      for (const language of ['fr', 'en'] as const) {
        const { header, rows } = ageingView.table(result, language);
        expect(new Set(header).size).toBe(header.length);
        expect(rows.every((row) => row.length === header.length)).toBe(true);
        expect(checkDocument(ageingView.document(result, { language, reference, changes: null, provenance: null }))).toEqual([]);
      }
    }
    const nothing = await ask({ filters: { countries: ['BFA'] } });
    expect(checkDocument(ageingView.document(nothing, { language: 'en', reference, changes: null, provenance: null }))).toEqual([]);
  });
});

test('buckets always sum to what is unpaid, rows and parts to the total, and pledges to what their fulfilment leaves', async () => {
  const { db, reference } = app.deps;
  const splits = fc.constantFrom({}, { country: [{ code: 'MLI' }, { code: 'NER' }] }, { country: [{ code: 'BFA', share: '33.3333' }, { code: 'MLI', share: '50' }, { code: 'NER', share: '16.6667' }] });
  const parts = fc.array(fc.bigInt({ min: 1n, max: 10n ** 9n }), { minLength: 1, maxLength: 3 });
  const promise = fc.record({
    parts,
    currency: fc.constantFrom('EUR', 'XOF'),
    on: fc.integer({ min: -700, max: -1 }),
    splits,
    isPledge: fc.boolean(),
    isPlanned: fc.boolean(),
    /** Thousandths that are committed of a pledge, and paid of the commitment. */
    committed: fc.bigInt({ min: 0n, max: 1000n }),
    paid: fc.bigInt({ min: 0n, max: 1000n }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(promise, { minLength: 1, maxLength: 6 }), fc.constantFrom('USD', 'EUR', 'XOF'), async (promises, currency) => {
      const donorIds = [await createOrganisation(app, 'Un'), await createOrganisation(app, 'Deux')];
      await inTransaction(db, async (tx) => {
        for (const [index, one] of promises.entries()) {
          const writer = new LedgerWriter(tx, reference.exponents, donorIds[index % 2] ?? '');
          const amount = { currency: one.currency, on: day(one.on), splits: one.splits };
          const whole = one.parts.reduce((sum, part) => sum + part, 0n);
          const pledge = one.isPledge ? await writer.pledge({ ...amount, minor: whole }, one.isPlanned ? one.parts : []) : null;
          const firm = pledge === null ? whole : (whole * one.committed) / 1000n;
          if (firm === 0n) continue;
          const made = await writer.commitment({ ...amount, minor: firm }, pledge);
          if (one.isPlanned && pledge === null) {
            await tx.commitmentInstalment.createMany({ data: one.parts.map((amountMinor, at) => ({ commitmentId: made, number: at + 1, dueOn: new Date(day(one.on + 100 * at)), amountMinor })) });
          }
          if (firm * one.paid >= 1000n) await writer.disbursement(made, { ...amount, minor: (firm * one.paid) / 1000n });
        }
      });
      const filters = { donorIds };
      const fulfilment = (await viewAs(app, auditor, pledgeFulfilment, { currency, filters })).result.total;
      const journal = (await viewAs(app, auditor, commitmentVsDisbursement, { groupBy: ['donor'], currency, filters })).result.total;
      const totals: object[] = [];
      for (const by of ageingGroupings) {
        const { result, lines } = await viewAs(app, auditor, ageingView, { by, currency, filters });
        const { instalments, undisbursed } = result;
        for (const { total, rows } of [instalments, undisbursed]) {
          for (const figures of [total, ...rows]) {
            expect(ageingBuckets.reduce((sum, bucket) => sum + minor(figures.ageing[bucket]), 0n)).toBe(minor(figures.unpaid));
            expect(ageingBuckets.every((bucket) => minor(figures.ageing[bucket]) >= 0n)).toBe(true);
          }
          for (const figure of ['unpaid', 'late'] as const) expect(rows.reduce((sum, row) => sum + minor(row[figure]), 0n)).toBe(minor(total[figure]));
          for (const bucket of ageingBuckets) expect(rows.reduce((sum, row) => sum + minor(row.ageing[bucket]), 0n)).toBe(minor(total.ageing[bucket]));
        }
        for (const bucket of ageingBuckets) {
          const listed = instalments.parts.filter((part) => part.bucket === bucket).reduce((sum, { converted }) => sum + minor(converted ?? '0'), 0n);
          expect(listed).toBe(minor(instalments.total.ageing[bucket]));
        }
        expect(instalments.total.late).toBe(lateOf(instalments.total, result.currency));
        expect(undisbursed.commitments.reduce((sum, { converted }) => sum + minor(converted ?? '0'), 0n)).toBe(minor(undisbursed.total.unpaid));
        expect(minor(instalments.ofPledges) + minor(instalments.ofCommitments)).toBe(minor(instalments.total.unpaid));
        expect(instalments.ofPledges).toBe(fulfilment.unpaid);
        expect(lines).toEqual({ pledge: minor(journal.pledged), commitment: minor(journal.committed), disbursement: minor(journal.disbursed) });
        totals.push([instalments.total, undisbursed.total]);
      }
      for (const total of totals) expect(total).toEqual(totals[0]);
    }),
    { numRuns: 10 },
  );
});

function lateOf({ ageing }: AgedFigures, currency: string): string {
  const late = ageBuckets.reduce((sum, bucket) => sum + minor(ageing[bucket]), 0n).toString();
  return currency === 'XOF' ? late : `${late.padStart(3, '0').slice(0, -2)}.${late.padStart(3, '0').slice(-2)}`;
}
