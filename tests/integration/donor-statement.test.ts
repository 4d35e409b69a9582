import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nobody } from '../../src/domain/policy.js';
import { donorStatement } from '../../src/features/donor-statement/donor-statement.view.js';
import { recordRevision } from '../../src/features/journal/revision.store.js';
import { commitmentVsDisbursement } from '../../src/features/reports/commitment-vs-disbursement.view.js';
import { inTransaction } from '../../src/platform/db.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { checkDocument } from '../support/document-check.js';
import { Funds } from '../support/funds.js';
import { LedgerWriter } from '../support/ledger-writer.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';
import { viewAs } from '../support/view-as.js';

let app: TestApp;
let people: People;
let auditor: Client;
let admin: Client;
let donor: Client;
let fundId: string;
let partnerId: string;
const donors = { a: '', b: '' };
const ids: Record<'pledge' | 'fulfilling' | 'fund' | 'restricted' | 'other', string> = { pledge: '', fulfilling: '', fund: '', restricted: '', other: '' };

const today = new Date();
const day = (offset: number) => new Date(today.getTime() + offset * 86_400_000).toISOString().slice(0, 10);
const money = (amount: string, currency = 'EUR') => ({ amount, currency });
const idOf = async (made: ReturnType<Client['post']>) => ((await made.expect(201)).body as { id: string }).id;
const commitment = (donorId: string, amount: string, options: Parameters<typeof flowBody>[1] = {}) => idOf(people.officer.post('/v1/commitments', flowBody(donorId, { amount, ...options })));

const ask = async (by: Client, input: object = {}, asOf?: string) => (await viewAs(app, by, donorStatement, { currency: 'EUR', ...input }, asOf)).result;
const minor = (text: string) => BigInt(text.replace('.', ''));

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  auditor = await app.user({ roles: ['auditor'] });
  admin = await app.user({ roles: ['administrator'] });
  for (const [on, rate] of [[-800, '1.1000'], [-450, '1.1000'], [-100, '1.2000']] as const) await addRate(app, 'USD', day(on), rate);
  donors.a = await createOrganisation(app, 'Exemplie');
  donors.b = await createOrganisation(app, 'Modélie');
  donor = await app.user({ roles: ['donor'], organisationId: donors.a, seesRestricted: false });
  partnerId = await createOrganisation(app, 'Partenaire');
  fundId = newId();
  await app.deps.db.pooledFund.create({ data: { id: fundId, code: 'SAHEL', nameFr: 'Fonds Sahel', nameEn: 'Sahel fund', currency: 'EUR', countries: ['MLI', 'NER'] } });
  await recordRevision(app.deps.db, 'pooled_fund', fundId, { code: 'SAHEL', nameFr: 'Fonds Sahel', nameEn: 'Sahel fund' }, people.officer.userId);

  // 1,000 EUR: 400 due 200 days ago, 600 in 30 days; 800 committed, 300 paid.
  ids.pledge = await idOf(
    people.officer.post('/v1/pledges', flowBody(donors.a, { amount: '1000.00', valueDate: day(-440), more: { recipientId: partnerId, instalments: [{ dueOn: day(-200), amount: money('400.00') }, { dueOn: day(30), amount: money('600.00') }] } })),
  );
  ids.fulfilling = await idOf(people.officer.post('/v1/commitments', { pledgeId: ids.pledge, amount: money('800.00'), valueDate: day(-400) }));
  await pay(people, ids.fulfilling, '300.00', { valueDate: day(-90) });
  // 300 signed and 200 paid to a fund, into which another donor pays 200 too; 100 of it reach a partner in Mali.
  const intoFund = { splits: {}, more: { destination: { kind: 'fund', fundId }, mechanism: 'pooled_fund' } };
  ids.fund = await commitment(donors.a, '300.00', { valueDate: day(-80), ...intoFund });
  await pay(people, ids.fund, '200.00', { valueDate: day(-70) });
  await pay(people, await commitment(donors.b, '200.00', { valueDate: day(-80), ...intoFund }), '200.00', { valueDate: day(-70) });
  const funds = new Funds(app, people, donors.a, partnerId);
  const allocationId = await funds.done({ ...funds.allocationOf(fundId, '100.00', { splits: { country: [{ code: 'MLI' }] } }), valueDate: day(-60) });
  await funds.done({ kind: 'transfer', allocationId, amount: money('100.00'), valueDate: day(-50) });
  ids.restricted = await commitment(donors.a, '20.00', { valueDate: day(-40), splits: { country: [{ code: 'NER' }] }, more: { restricted: true } });
  // What is internal, undone, and of another donor.
  await commitment(donors.a, '11.00', { valueDate: day(-30), more: { boundary: 'internal' } });
  const undone = await commitment(donors.a, '70.00', { valueDate: day(-30) });
  const reversal = await idOf(people.officer.post('/v1/reversals', { stage: 'commitment', recordId: undone, reason: 'Saisi par erreur' }));
  await people.approver.act(`/v1/reversals/${reversal}/approve`).expect(200);
  ids.other = await idOf(people.officer.post('/v1/pledges', flowBody(donors.b, { amount: '555.00', valueDate: day(-100) })));
});
afterAll(() => app.close());

describe('the statement of a donor', () => {
  test('what was promised, committed and paid, by hand; the own organisation when none is named', async () => {
    const statement = await ask(donor);
    expect(statement.donor).toEqual({ id: donors.a, fr: 'Exemplie', en: 'Exemplie' });
    expect(statement.total).toEqual({ pledged: '1000.00', committed: '1120.00', paid: '500.00', late: '100.00', still: '150.00' });
    expect(statement.byDestination).toEqual([
      { fund: '-', state: 'MLI', pledged: '1000.00', committed: '800.00', paid: '300.00' },
      { fund: '-', state: 'NER', pledged: '0.00', committed: '20.00', paid: '0.00' },
      { fund: fundId, state: '*', pledged: '0.00', committed: '300.00', paid: '200.00' },
    ]);
    expect(statement.labels.funds[fundId]).toEqual({ fr: 'Fonds Sahel', en: 'Sahel fund' });
    expect(statement.byYear.map(({ year }) => year)).toEqual([...new Set([day(-440), day(-400), day(-90), day(-40), day(-30)].map((on) => on.slice(0, 4)))]);
    expect(statement.leftOut).toEqual([expect.objectContaining({ reason: 'INTERNAL_TRANSFER', lines: 1 })]);
  });

  test('every pledge and commitment with what was paid of it', async () => {
    const { promises, labels } = await ask(donor);
    expect(promises.map(({ stage, id, status, own, period }) => [stage, id, status, own.promised.amount, own.committed.amount, own.paid.amount, own.late.amount, period])).toEqual([
      ['pledge', ids.pledge, 'late', '1000.00', '800.00', '300.00', '100.00', { pledged: '1000.00', committed: '800.00', paid: '300.00' }],
      ['commitment', ids.fund, 'in_part', '300.00', '300.00', '200.00', '0.00', { pledged: '0.00', committed: '300.00', paid: '200.00' }],
      ['commitment', ids.restricted, 'not_yet', '20.00', '20.00', '0.00', '0.00', { pledged: '0.00', committed: '20.00', paid: '0.00' }],
      ['commitment', expect.any(String), 'reversed', '0.00', '0.00', '0.00', '0.00', { pledged: '0.00', committed: '0.00', paid: '0.00' }],
    ]);
    expect(promises[0]?.commitments).toEqual([expect.objectContaining({ id: ids.fulfilling, committed: money('800.00'), paid: money('300.00') })]);
    expect(labels.organisations[partnerId]).toEqual({ fr: 'Partenaire', en: 'Partenaire' });
  });

  test('what is late and what is due next', async () => {
    expect((await ask(donor)).due.map(({ id, dueOn, daysLate, unpaid, converted }) => [id, dueOn, daysLate, unpaid, converted])).toEqual([
      [ids.pledge, day(-200), 200, money('100.00'), '100.00'],
      [ids.pledge, day(30), 0, money('600.00'), '600.00'],
    ]);
  });

  test('where the money went, directly and by its half of the fund', async () => {
    const { money: went, attributed } = await ask(donor);
    expect(went).toMatchObject({ donor: donors.a, direct: '300.00', totals: { paidIn: '500.00', attributed: '350.00', still: '150.00' } });
    expect(went?.funds).toEqual([expect.objectContaining({ fund: fundId, share: '50.0000', own: { paidIn: '200.00', received: '0.00', attributed: '50.00', given: '0.00', still: '150.00' } })]);
    expect(attributed.byState).toEqual([{ state: 'MLI', direct: '300.00', throughFunds: '50.00', total: '350.00' }]);
    expect(attributed.byPartner).toEqual([{ partner: partnerId, direct: '300.00', throughFunds: '50.00', total: '350.00' }]);
  });

  test('in a period: its entries alone, by the promises they belong to; what is due does not change', async () => {
    const statement = await ask(donor, { from: day(-100), to: day(-75) });
    expect(statement.total).toEqual({ pledged: '0.00', committed: '300.00', paid: '300.00', late: '100.00', still: '0.00' });
    expect(statement.promises.map(({ id, period }) => [id, period])).toEqual([
      [ids.pledge, { pledged: '0.00', committed: '0.00', paid: '300.00' }],
      [ids.fund, { pledged: '0.00', committed: '300.00', paid: '0.00' }],
    ]);
    expect(statement.due).toHaveLength(2);
    expect(statement.money).toMatchObject({ direct: '300.00', funds: [] });
  });

  test('in dollars, each entry at the rate of its day', async () => {
    const { total, promises } = await ask(donor, { currency: 'USD' });
    // 800 × 1.10 + 320 × 1.20; 500 × 1.20.
    expect(total).toMatchObject({ pledged: '1100.00', committed: '1264.00', paid: '600.00', late: '110.00' });
    expect(promises[0]?.period).toEqual({ pledged: '1100.00', committed: '880.00', paid: '360.00' });
  });
});

describe('whose statement', () => {
  test('a donor’s own alone, with nothing of any other donor in it', async () => {
    const statement = await ask(donor);
    const everything = JSON.stringify(statement);
    for (const foreign of [donors.b, 'Modélie', ids.other, '555']) expect(everything).not.toContain(foreign);
    await expect(ask(donor, { donorId: donors.b })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await ask(auditor, { donorId: donors.b })).total).toMatchObject({ pledged: '555.00', committed: '200.00', paid: '200.00', still: '150.00' });
  });

  test('not even where the question names another donor: the rows are not there', async () => {
    const { result } = await viewAs(app, donor, { ...donorStatement, prepare: (question) => question }, { currency: 'EUR', donorId: donors.b });
    expect(result).toMatchObject({ total: { pledged: '0.00', committed: '0.00', paid: '0.00', still: '0.00' }, promises: [], due: [], money: null, byYear: [] });
  });

  test('the same for an auditor, who has to name the donor', async () => {
    const own = await ask(donor);
    const audited = await ask(auditor, { donorId: donors.a }, own.asOf);
    expect(audited.promises).toEqual(own.promises);
    expect(audited.money).toEqual(own.money);
    await expect(ask(auditor)).rejects.toThrow('invalid body');
    await expect(ask(auditor, { donorId: newId() })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('under an officer’s own rights, which a note says', async () => {
    const officer = await app.user({ roles: ['finance_officer'], states: ['NER'], seesRestricted: false });
    const statement = await ask(officer, { donorId: donors.a });
    expect(statement.promises.map(({ id }) => id)).toEqual([ids.fund]);
    expect(statement.notes.fr.join(' ')).toContain('avec les droits de qui le demande');
    expect(statement.notes.fr.join(' ')).toContain('diffusion restreinte');
    expect((await ask(donor)).notes.fr.join(' ')).not.toContain('avec les droits de qui le demande');
  });

  test('with what was merged into it, and as it was at a moment', async () => {
    const { asOf } = await ask(donor);
    const twin = await createOrganisation(app, 'Exemplie (doublon)');
    await commitment(twin, '40.00', { valueDate: day(-20) });
    await admin.act(`/v1/organisations/${twin}/merge`, { intoId: donors.a, reason: 'Doublon du même organisme' }).expect(200);
    expect((await ask(donor)).total.committed).toBe('1160.00');
    expect((await ask(donor, { donorId: twin })).donor.id).toBe(donors.a);
    expect((await ask(donor, {}, asOf)).total.committed).toBe('1120.00');
  });

  test('as a report, for those roles alone that it is for', async () => {
    const post = (by: Client, body: object = {}) => by.post('/v1/reports', { kind: 'donor_statement', ...body });
    await post(donor).expect(202);
    const answers = [
      await post(donor, { donorId: donors.b }),
      await post(await app.user({ roles: ['minister'], states: ['MLI'] }), { donorId: donors.a }),
      await post(people.approver, { donorId: donors.a }),
      await post(auditor),
    ];
    expect(answers.map(({ status, body }) => [status, (body as { code: string }).code])).toEqual([[404, 'NOT_FOUND'], [403, 'FORBIDDEN'], [403, 'FORBIDDEN'], [400, 'VALIDATION']]);
    expect((answers[3]?.body as { errors: { field: string }[] }).errors[0]?.field).toBe('donorId');
  });

  test('one for each recipient of a schedule who may have one', () => {
    const question = { currency: 'EUR' } as const;
    const own = { ...nobody, roles: ['donor'] as const, organisationIds: [donors.a, newId()] };
    expect(donorStatement.forRecipient(question, own)).toEqual([{ ...question, donorId: donors.a }]);
    expect(donorStatement.forRecipient({ ...question, donorId: donors.b }, own)).toEqual([]);
    const officer = { ...nobody, roles: ['finance_officer'] as const, states: ['MLI'] };
    expect(donorStatement.forRecipient(question, officer)).toEqual([]);
    expect(donorStatement.forRecipient({ ...question, donorId: donors.b }, officer)).toEqual([{ ...question, donorId: donors.b }]);
    expect(donorStatement.forRecipient({ ...question, donorId: donors.b }, { ...nobody, roles: ['minister'], states: ['MLI'] })).toEqual([]);
  });
});

test('a table and a document, in both languages', async () => {
  const { reference } = app.deps;
  const nothing = await ask(auditor, { donorId: partnerId });
  for (const statement of [await ask(donor), await ask(donor, { from: day(-100) }), nothing]) {
    for (const language of ['fr', 'en'] as const) {
      const { header, rows } = donorStatement.table(statement, language);
      expect(new Set(header).size).toBe(header.length);
      expect(rows.every((row) => row.length === header.length)).toBe(true);
      expect(checkDocument(donorStatement.document(statement, { language, reference, changes: null, provenance: null }))).toEqual([]);
    }
  }
});

test('totals are always those of the report on commitments, by year, by destination and by promise', async () => {
  const { db, reference } = app.deps;
  const splits = fc.constantFrom({}, { country: [{ code: 'MLI' }, { code: 'NER' }] }, { country: [{ code: 'MLI', share: '66.6667' }, { code: 'NER', share: '33.3333' }] });
  const history = fc.record({
    minor: fc.bigInt({ min: 1n, max: 10n ** 10n }),
    currency: fc.constantFrom('EUR', 'XOF', 'MRU'),
    on: fc.integer({ min: -700, max: -100 }),
    splits,
    isPledge: fc.boolean(),
    committed: fc.bigInt({ min: 0n, max: 1000n }),
    paid: fc.bigInt({ min: 0n, max: 1000n }),
    isUndone: fc.boolean(),
  });
  const period = fc.constantFrom({}, { from: day(-400) }, { to: day(-300) }, { from: day(-500), to: day(-200) });
  await fc.assert(
    fc.asyncProperty(fc.array(history, { minLength: 1, maxLength: 5 }), period, fc.constantFrom('USD', 'EUR', 'XOF'), async (histories, days, currency) => {
      const donorId = await createOrganisation(app, 'Un');
      await inTransaction(db, async (tx) => {
        const writer = new LedgerWriter(tx, reference.exponents, donorId);
        for (const { minor: promised, currency: own, on, splits: of, isPledge, committed, paid, isUndone } of histories) {
          const amount = { currency: own, splits: of, externalId: newId() };
          const pledge = isPledge ? await writer.pledge({ ...amount, minor: promised, on: day(on) }) : null;
          const firm = isPledge ? (promised * committed) / 1000n : promised;
          if (firm === 0n) continue;
          const made = await writer.commitment({ ...amount, minor: firm, on: day(on + 20), externalId: newId() }, pledge);
          const payment = (firm * paid) / 1000n;
          const disbursement = payment > 0n ? await writer.disbursement(made, { ...amount, minor: payment, on: day(on + 90), externalId: newId() }) : null;
          if (!isUndone) continue;
          if (disbursement !== null) await writer.reverse('disbursement', disbursement);
          await writer.reverse('commitment', made);
        }
      });
      const client = await app.user({ roles: ['donor'], organisationId: donorId, seesRestricted: false });
      const { result, lines } = await viewAs(app, client, donorStatement, { currency, ...days });
      const journal = (await viewAs(app, client, commitmentVsDisbursement, { groupBy: ['donor'], currency, filters: { donorIds: [donorId], ...days } })).result.total;
      const expected = { pledged: journal.pledged, committed: journal.committed, paid: journal.disbursed };
      expect(result.total).toMatchObject(expected);
      for (const stage of ['pledged', 'committed', 'paid'] as const) {
        for (const rows of [result.byYear, result.byDestination, result.promises.map((one) => one.period)]) {
          expect(rows.reduce((sum, row) => sum + minor(row[stage]), 0n)).toBe(minor(expected[stage]));
        }
      }
      expect(lines).toEqual({ pledge: minor(expected.pledged), commitment: minor(expected.committed), disbursement: minor(expected.paid) });
      expect(result.money?.totals.paidIn ?? expected.paid).toBe(expected.paid);
    }),
    { numRuns: 10 },
  );
});
