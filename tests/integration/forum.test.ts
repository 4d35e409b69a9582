import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { forumFollowUp } from '../../src/features/mechanism-figures/forum.view.js';
import type { FollowUpRow, ForumAnswer } from '../../src/features/mechanism-figures/mechanism-figures.schema.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';

let app: TestApp;
let people: People;
let eventId: string;
const donors = { a: '', b: '' };
const ids: Record<'late' | 'kept' | 'notYet' | 'reversed' | 'internal' | 'restricted' | 'niger', string> = { late: '', kept: '', notYet: '', reversed: '', internal: '', restricted: '', niger: '' };

const today = new Date();
const day = (offset: number) => new Date(today.getTime() + offset * 86_400_000).toISOString().slice(0, 10);
const eur = (amount: string) => ({ amount, currency: 'EUR' });
const idOf = async (test: ReturnType<Client['post']>) => ((await test.expect(201)).body as { id: string }).id;
const approved = async (path: string) => people.approver.act(`${path}/approve`).expect(200);

async function pledge(donorId: string, amount: string, options: { currency?: string; valueDate?: string; more?: object; state?: string } = {}): Promise<string> {
  const { currency = 'EUR', valueDate = day(-400), more = {}, state = 'MLI' } = options;
  return idOf(people.officer.post('/v1/pledges', flowBody(donorId, { amount, currency, valueDate, splits: { country: [{ code: state }] }, more: { eventId, ...more } })));
}
const commit = (pledgeId: string, amount: object, valueDate: string) => idOf(people.officer.post('/v1/commitments', { pledgeId, amount, valueDate }));

async function followUp(by: Client, query = 'currency=EUR'): Promise<ForumAnswer> {
  return (await by.get(`/v1/events/${eventId}/follow-up?${query}`).expect(200)).body as ForumAnswer;
}
function rowOf({ rows }: ForumAnswer, id: string): FollowUpRow {
  const row = rows.find(({ pledgeId }) => pledgeId === id);
  if (!row) throw new Error(`no row for ${id}`);
  return row;
}
const none = { unscheduled: '0.00', notDue: '0.00', days1to30: '0.00', days31to90: '0.00', days91to180: '0.00', days181to365: '0.00', over365: '0.00' };

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  await addRate(app, 'USD', day(-420), '1.1000');
  await addRate(app, 'USD', day(-100), '1.2000');
  donors.a = await createOrganisation(app, 'Donateur A');
  donors.b = await createOrganisation(app, 'Donateur B');
  eventId = await idOf(people.officer.post('/v1/events', { code: 'FORUM', nameFr: 'Forum de Bamako', nameEn: 'Bamako forum', startsOn: '2025-08-07' }));

  // 1,000 EUR in two instalments; 800 committed, 100 more by an amendment, 300 paid.
  ids.late = await pledge(donors.a, '1000.00', { more: { instalments: [{ dueOn: day(-200), amount: eur('400.00') }, { dueOn: day(30), amount: eur('600.00') }] } });
  const late = await commit(ids.late, eur('800.00'), day(-390));
  await pay(people, late, '300.00', { valueDate: day(-90) });
  const amendment = await idOf(people.officer.post(`/v1/commitments/${late}/amendments`, { delta: eur('100.00'), valueDate: day(-80), reason: 'Avenant' }));
  await approved(`/v1/amendments/${amendment}`);
  // 655,957 CFA francs are 1,000 EUR; all of it committed and paid.
  const xof = { amount: '655957', currency: 'XOF' };
  ids.kept = await pledge(donors.a, xof.amount, { currency: 'XOF', valueDate: day(-300) });
  await pay(people, await commit(ids.kept, xof, day(-290)), xof.amount, { currency: 'XOF', valueDate: day(-270) });
  ids.notYet = await pledge(donors.b, '500.00');
  ids.reversed = await pledge(donors.b, '70.00');
  const reversal = await idOf(people.officer.post('/v1/reversals', { stage: 'pledge', recordId: ids.reversed, reason: 'Saisi par erreur' }));
  await approved(`/v1/reversals/${reversal}`);
  ids.internal = await pledge(donors.b, '30.00', { more: { boundary: 'internal' } });
  ids.restricted = await pledge(donors.b, '20.00', { more: { restricted: true } });
  ids.niger = await pledge(donors.b, '10.00', { state: 'NER' });
});
afterAll(() => app.close());

describe('each pledge made at the forum, with what became of it', () => {
  test('late: an instalment due is unpaid; amendments are in', async () => {
    const { own, figures, ...row } = rowOf(await followUp(people.officer), ids.late);
    const expected = { pledged: '1000.00', converted: '900.00', paid: '300.00', outstanding: '100.00', unpaid: '700.00', late: '100.00', ageing: { ...none, notDue: '600.00', days181to365: '100.00' } };
    expect([own, figures]).toEqual([expected, expected]);
    expect(row).toMatchObject({ status: 'late', donorId: donors.a, daysToCommitment: 10, daysToFirstPayment: 310, pledgedOn: day(-400) });
    expect(row.commitments).toEqual([expect.objectContaining({ on: day(-390), committed: eur('900.00'), paid: eur('300.00') })]);
    expect(row.instalments).toEqual([
      { dueOn: day(-200), amount: eur('400.00'), paid: eur('300.00'), bucket: 'days181to365' },
      { dueOn: day(30), amount: eur('600.00'), paid: eur('0.00'), bucket: 'notDue' },
    ]);
  });

  test('kept, and not yet', async () => {
    const answer = await followUp(people.officer);
    const kept = rowOf(answer, ids.kept);
    expect(kept).toMatchObject({ status: 'kept', currency: 'XOF', own: { pledged: '655957', paid: '655957', unpaid: '0' }, figures: { pledged: '1000.00', paid: '1000.00', unpaid: '0.00' } });
    expect(rowOf(answer, ids.notYet)).toMatchObject({ status: 'not_yet', daysToCommitment: null, own: { unpaid: '500.00', ageing: { ...none, unscheduled: '500.00' } } });
  });

  test('totals overall, by donor and in each original currency; reversed and internal ones are in none', async () => {
    const { total, byDonor, byCurrency, reversed, leftOut, labels, notes } = await followUp(people.officer);
    // 1,000 + 1,000 + 500 + 20 + 10.
    expect(total).toEqual({
      pledges: 5,
      figures: {
        pledged: '2530.00', converted: '1900.00', paid: '1300.00', outstanding: '630.00', unpaid: '1230.00', late: '100.00',
        ageing: { ...none, unscheduled: '530.00', notDue: '600.00', days181to365: '100.00' },
      }, // prettier-ignore
      journal: { committed: '1900.00', paid: '1300.00' },
      statuses: { kept: 1, late: 1, not_yet: 3 },
    });
    expect(byDonor.map(({ donorId, pledges, figures }) => [donorId, pledges, figures.pledged, figures.unpaid])).toEqual([[donors.a, 2, '2000.00', '700.00'], [donors.b, 3, '530.00', '530.00']]);
    expect(byCurrency.map(({ currency, figures }) => [currency, figures.pledged, figures.paid])).toEqual([['EUR', '1530.00', '300.00'], ['XOF', '655957', '655957']]);
    expect(reversed).toEqual([expect.objectContaining({ pledgeId: ids.reversed, donorId: donors.b, status: 'reversed', amount: eur('70.00') })]);
    expect(leftOut).toEqual({ internal: 1, unconverted: 0 });
    expect(labels.organisations[donors.a]).toEqual({ fr: 'Donateur A', en: 'Donateur A' });
    expect(notes.fr).toContain('1 annonce(s) interne(s) à la région laissée(s) de côté.');
  });

  test('in dollars the parts make up the pledge at its own rate; the journal has each at its own', async () => {
    const row = rowOf(await followUp(people.officer, 'currency=USD'), ids.late);
    expect(row.figures).toMatchObject({ pledged: '1100.00', converted: '990.00', paid: '330.00', outstanding: '110.00', unpaid: '770.00', ageing: { ...none, notDue: '660.00', days181to365: '110.00' } });
    // 800 × 1.10 + 100 × 1.20; 300 × 1.20.
    expect(row.journal).toEqual({ committed: '1000.00', paid: '360.00' });
  });
});

describe('for whom and as of when', () => {
  test('under the asker’s own rights, which a note says', async () => {
    const minister = await followUp(await app.user({ roles: ['minister'], states: ['NER'], seesRestricted: false }));
    expect(minister.rows.map(({ pledgeId }) => pledgeId)).toEqual([ids.niger]);
    expect(minister.notes.fr.at(-2)).toContain('que vous pouvez voir');
    const donor = await followUp(await app.user({ roles: ['donor'], organisationId: donors.a, seesRestricted: false }));
    expect(donor.rows.map(({ pledgeId }) => pledgeId).sort()).toEqual([ids.late, ids.kept].sort());
    const closed = await followUp(await app.user({ roles: ['finance_officer'], states: ['MLI'], seesRestricted: false }));
    expect(closed.rows.map(({ pledgeId }) => pledgeId)).not.toContain(ids.restricted);
    expect(closed.notes.en.at(-1)).toContain('Restricted flows');
  });

  test('whoever reads restricted pledges leaves a trace that names them', async () => {
    const reader = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
    await followUp(reader);
    const [event, ...others] = await app.deps.db.auditEvent.findMany({ where: { actorId: reader.userId } });
    expect(others).toEqual([]);
    expect(event).toMatchObject({ action: 'pledges.read', recordId: eventId, detail: { restricted: [ids.restricted] } });
  });

  test('the same moment gives the same answer, names of that day included', async () => {
    const before = await followUp(people.officer);
    const admin = await app.user({ roles: ['administrator'] });
    await admin.edit(`/v1/organisations/${donors.a}`, { name: 'Autre nom' }).expect(200);
    await admin.act(`/v1/organisations/${donors.b}/merge`, { intoId: donors.a, reason: 'Doublon du même organisme' }).expect(200);
    await admin.edit(`/v1/events/${eventId}`, { nameFr: 'Premier forum' }).expect(200);
    await commit(ids.late, eur('50.00'), day(-5));
    const after = await followUp(people.officer);
    expect(after.byDonor.map(({ donorId, figures }) => [donorId, figures.converted])).toEqual([[donors.a, '1950.00']]);
    expect([after.event.nameFr, after.labels.organisations[donors.a]?.fr]).toEqual(['Premier forum', 'Autre nom']);
    expect(await followUp(people.officer, `currency=EUR&asOf=${encodeURIComponent(before.asOf)}`)).toEqual(before);
  });

  test('an event that is not there', async () => {
    const { status, body } = await people.officer.get(`/v1/events/${newId()}/follow-up`);
    expect([status, (body as { code: string }).code]).toEqual([404, 'NOT_FOUND']);
  });

  test('as a table, in both languages', async () => {
    const answer = await followUp(people.officer);
    for (const language of ['fr', 'en'] as const) {
      const { header, rows } = forumFollowUp.table(answer, language);
      expect(new Set(header).size).toBe(24);
      expect(rows.every((row) => row.length === header.length)).toBe(true);
    }
    const { rows } = forumFollowUp.table(answer, 'fr');
    const late = rows.find(([reference]) => reference === rowOf(answer, ids.late).reference);
    expect(late?.slice(1, 15)).toEqual(['Autre nom', '', 'Don bilatéral', 'en retard', day(-400), 'EUR', '1000.00', '950.00', '300.00', '1000.00', '950.00', '300.00', '50.00', '700.00']);
    expect(rows.at(-1)?.slice(10, 15)).toEqual(['2530.00', '1950.00', '1300.00', '580.00', '1230.00']);
  });
});
