import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { toDay } from '../../src/domain/days.js';
import { currentMonth } from '../../src/domain/periods.js';
import { SYSTEM_USER_ID } from '../../src/domain/system-user.js';
import { importOptions, runImport } from '../../src/features/imports/imports.service.js';
import { insertImport } from '../../src/features/imports/imports.store.js';
import { checkLedger } from '../../src/features/ledger-check/ledger-check.service.js';
import { databaseMoment, groupedSums, onSettledSnapshot } from '../../src/features/reports/reports.store.js';
import { type Answered, bodyOf, itemsOf } from '../support/answers.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { bodies, eur, Flows } from '../support/flows.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';

let app: TestApp;
let people: People;
let flows: Flows;
let donorId: string;
let administrator: Client;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  administrator = await app.user({ roles: ['administrator'] });
  donorId = await createOrganisation(app, 'Exemplie');
  flows = new Flows(app, people, donorId);
  await addRate(app, 'USD', '2025-01-02', '1.0000');
  await addRate(app, 'USD', '2025-04-01', '2.0000');
  await flows.pledge({ valueDate: '2025-03-10' });
});
afterAll(async () => {
  expect((await checkLedger(app.deps.db)).filter(({ rows }) => rows.length > 0)).toEqual([]);
  await app.close();
});

const close = (month: string, body: object = {}, by = administrator) => by.act(`/v1/periods/${month}/close`, body);
const periodOf = (month: string) => bodyOf(people.officer.get(`/v1/periods/${month}`));
const pledge = (valueDate: string) => bodyOf(people.officer.post('/v1/pledges', flowBody(donorId, { valueDate })).expect(201));
const entriesOf = (query: string) => itemsOf(people.officer.get(`/v1/journal-entries?${query}`));

/** Opens a month again by two persons. */
async function reopen(month: string): Promise<string> {
  const { id } = await bodyOf(administrator.post(`/v1/periods/${month}/reopenings`, { reason: 'Pièce retrouvée' }).expect(201));
  await people.approver.act(`/v1/period-reopenings/${id}/approve`).expect(200);
  return id;
}

/** The figures of the months up to one, as a report gives them now. */
async function figuresTo(to: string) {
  const { asOf } = await databaseMoment(app.deps.db);
  const question = { groupBy: ['month', 'state'], currency: 'USD', asOf, filters: { restricted: 'included', to }, scope: { all: true, restricted: true } } as const;
  const cells = await onSettledSnapshot(app.deps.db, (tx) => groupedSums(tx, question));
  return [...cells].sort((a, b) => (a.key.join() < b.key.join() ? -1 : 1));
}

describe('closing', () => {
  test('every month from the first entry’s is open until it is closed', async () => {
    const items = (await bodyOf(people.officer.get('/v1/periods'))).items as Answered[];
    expect(items[0]).toMatchObject({ month: currentMonth(new Date()), status: 'open', version: 0 });
    expect(items.at(-1)).toEqual({ month: '2025-03', status: 'open', closedBy: null, closedAt: null, graceUntil: null, version: 0 });
  });

  test('is for administrators and approvers; everybody sees it', async () => {
    for (const role of ['finance_officer', 'donor', 'minister', 'auditor'] as const) {
      const user = await app.user({ roles: [role], states: ['MLI'], ...(role === 'donor' && { organisationId: donorId }) });
      expect((await user.post('/v1/periods/2025-03/close')).body).toMatchObject({ status: 403, code: 'FORBIDDEN' });
      expect((await user.post('/v1/periods/2025-03/reopenings', { reason: 'Non' })).body).toMatchObject({ status: 403, code: 'FORBIDDEN' });
      expect((await user.get('/v1/periods')).status).toBe(200);
    }
  });

  test.each([
    [currentMonth(new Date()), {}, 422, 'PERIOD_NOT_OVER', 'Le mois n’est pas terminé', 'The month is not over'],
    ['2025-02', {}, 404, 'NOT_FOUND', 'Introuvable', 'Not found'],
    ['2025-13', {}, 400, 'VALIDATION', 'La requête n’est pas valable', 'The request is not valid'],
    ['2025-03', { graceDays: 32 }, 400, 'VALIDATION', 'La requête n’est pas valable', 'The request is not valid'],
  ])('refuses %s %j: %d %s', async (month, body, status, code, french, english) => {
    const ask = (language: string) => administrator.post(`/v1/periods/${month}/close`, body).set('if-match', '"0"').set('accept-language', language);
    expect((await ask('fr')).body).toMatchObject({ status, code, title: french });
    expect((await ask('en')).body).toMatchObject({ status, code, title: english });
    expect(await app.deps.db.accountingPeriod.count()).toBe(0);
  });

  test('asks for the version that was seen, and of two at the same time takes one', async () => {
    const post = (language = 'en') => administrator.post('/v1/periods/2025-04/close', { reason: 'Arrêté du premier mois' }).set('accept-language', language);
    expect((await post()).body).toMatchObject({ status: 428, code: 'PRECONDITION_REQUIRED', title: 'The If-Match header is missing' });
    expect((await post('fr')).body).toMatchObject({ status: 428, title: 'L’en-tête If-Match manque' });
    const answers = await Promise.all([1, 2, 3].map(() => post().set('if-match', '"0"')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    expect(answers.find(({ status }) => status === 200)?.headers.etag).toBe('"1"');
    expect((await close('2025-04')).body).toMatchObject({ status: 409, code: 'STATE_CONFLICT' });
  });

  test('closes the months before it too, and leaves one trace', async () => {
    expect([(await periodOf('2025-03')).status, (await periodOf('2025-04')).status, (await periodOf('2025-05')).status]).toEqual(['closed', 'closed', 'open']);
    const [event, ...more] = await app.deps.db.auditEvent.findMany({ where: { action: 'period.close' } });
    expect(more).toEqual([]);
    expect(event).toMatchObject({ actorId: administrator.userId, recordKind: 'period', recordId: '2025-04', reason: 'Arrêté du premier mois', detail: { months: ['2025-03', '2025-04'], graceDays: 0 } });
  });
});

describe('what comes late', () => {
  test('counts in the next open month, at the rate of its own day, and says so', async () => {
    const before = await figuresTo('2025-04-30');
    const recorded = await pledge('2025-03-15');
    expect(recorded).toMatchObject({ valueDate: '2025-03-15', bookedOn: '2025-05-01' });
    expect(await flows.read(`/v1/pledges/${recorded.id}`)).toEqual(recorded);
    expect((await itemsOf(people.officer.get('/v1/pledges')))[0]).toEqual(recorded);
    expect(await entriesOf(`pledgeId=${recorded.id}`)).toEqual([expect.objectContaining({ valueDate: '2025-05-01', occurredOn: '2025-03-15', usd: { amount: '1000.00', currency: 'USD' } })]);
    const [line] = await app.deps.db.journalLine.findMany({ where: { entry: { pledgeId: recorded.id } } });
    expect(toDay(line!.valueDate)).toBe('2025-05-01');
    expect(await figuresTo('2025-04-30')).toEqual(before);
  });

  test('commitments, amendments, payments and reversals alike; no figure of a closed month moves', async () => {
    const early = await flows.pledge({ valueDate: '2025-05-02' });
    const before = await figuresTo('2025-04-30');
    const commitment = await bodyOf(people.officer.post('/v1/commitments', flowBody(donorId, { valueDate: '2025-03-20' })).expect(201));
    const paid = await pay(people, commitment.id, '400.00');
    const raising = await flows.amend(commitment.id, '50.00', { valueDate: '2025-04-20' });
    const reversal = await flows.reverse('disbursement', paid.id);
    expect([commitment, paid]).toMatchObject([{ bookedOn: '2025-05-01' }, { valueDate: '2025-04-10', bookedOn: '2025-05-01' }]);
    expect(await flows.read(`/v1/amendments/${raising}`)).toMatchObject({ valueDate: '2025-04-20', bookedOn: '2025-05-01' });
    expect(await flows.read(`/v1/reversals/${reversal}`)).toMatchObject({ bookedOn: '2025-05-01' });
    expect((await entriesOf(`disbursementId=${paid.id}`)).map(({ kind, valueDate, occurredOn }) => [kind, valueDate, occurredOn])).toEqual([
      ['disbursement', '2025-05-01', '2025-04-10'],
      ['reversal', '2025-05-01', '2025-04-10'],
    ]);
    expect(await figuresTo('2025-04-30')).toEqual(before);
    expect(await flows.read(`/v1/pledges/${early}`)).toMatchObject({ bookedOn: null });
  });

  test('the mirror of an entry in a closed month goes to the open one', async () => {
    const [target] = (await itemsOf(people.officer.get('/v1/pledges?sort=recordedAt'))).map(({ id }) => id);
    const before = await figuresTo('2025-04-30');
    await flows.reverse('pledge', target!);
    expect((await entriesOf(`pledgeId=${target!}`)).map(({ kind, valueDate, occurredOn }) => [kind, valueDate, occurredOn])).toEqual([
      ['pledge', '2025-03-10', null],
      ['reversal', '2025-05-01', '2025-03-10'],
    ]);
    expect(await figuresTo('2025-04-30')).toEqual(before);
  });

  test('a report opened shows it, in both languages', async () => {
    const { id } = await bodyOf(people.officer.post('/v1/reports', { groupBy: ['month'] }).expect(202));
    const open = async (language: string) => (await itemsOf(people.officer.get(`/v1/reports/${id}/entries?month=2025-05&stage=pledge`).set('accept-language', language))).map(({ valueDate, occurredOn, lateText }) => [valueDate, occurredOn, lateText]);
    expect(await open('fr')).toContainEqual(['2025-05-01', '2025-03-15', 'Le fait date d’un mois déjà clos : il compte dans un mois postérieur.']);
    expect(await open('en')).toContainEqual(['2025-05-01', '2025-03-15', 'It happened in a month that was closed already: it counts in a later one.']);
    expect(await open('en')).toContainEqual(['2025-05-02', null, null]);
  });

  test('what is older than the first month closed is late as well', async () => {
    expect(await pledge('2025-01-15')).toMatchObject({ bookedOn: '2025-05-01' });
  });

  test('the database refuses an entry in a closed month to everybody', async () => {
    const copy = app.deps.db.$executeRaw`
      INSERT INTO journal_entry SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(), 'seq', nextval('journal_entry_seq_seq')))).*
      FROM journal_entry e WHERE value_date = '2025-03-10' LIMIT 1`;
    await expect(copy).rejects.toMatchObject({ meta: expect.objectContaining({}), message: expect.stringContaining('the month is closed') });
  });
});

describe('the grace', () => {
  test('lets what was handed in before the close be approved into the month, and nothing else', async () => {
    const commitment = await flows.commitment({ amount: '9000.00', valueDate: '2025-05-05' });
    const may = { valueDate: '2025-05-20' };
    const submit = async (amount: string) => {
      const { id } = await bodyOf(people.officer.post('/v1/disbursements', bodies.payment(commitment, amount, may)).expect(201));
      await people.officer.act(`/v1/disbursements/${id}/submit`).expect(200);
      return id;
    };
    const [inTime, tooLong] = [await submit('10.00'), await submit('11.00')];
    const draft = await flows.post('/v1/disbursements', bodies.payment(commitment, '12.00', may));
    const amendment = await flows.amendment(commitment, '5.00', may);
    const wrong = await flows.pledge({ valueDate: '2025-05-06' });
    const reversal = await flows.reversal('pledge', wrong);
    expect((await close('2025-05', { graceDays: 10 })).body).toMatchObject({ status: 'closed' });

    const approve = (id: string) => bodyOf(people.approver.act(`/v1/disbursements/${id}/approve`).expect(200));
    expect(await approve(inTime)).toMatchObject({ bookedOn: null });
    await flows.act(`/v1/disbursements/${draft}/submit`);
    expect(await approve(draft)).toMatchObject({ bookedOn: '2025-06-01' });
    expect(await bodyOf(people.approver.act(`/v1/amendments/${amendment}/approve`))).toMatchObject({ status: 'approved', bookedOn: null });
    expect(await bodyOf(people.approver.act(`/v1/reversals/${reversal}/approve`))).toMatchObject({ status: 'approved', bookedOn: null });
    expect(await pledge('2025-05-21')).toMatchObject({ bookedOn: '2025-06-01' });

    await app.deps.db.accountingPeriod.update({ where: { month: new Date('2025-05-01') }, data: { graceUntil: new Date() } });
    expect(await approve(tooLong)).toMatchObject({ bookedOn: '2025-06-01' });
  });
});

describe('opening again', () => {
  const ask = (month: string, by = administrator) => by.post(`/v1/periods/${month}/reopenings`, { reason: 'Pièce retrouvée' });

  test('is asked for once, of a closed month', async () => {
    expect((await ask('2025-06')).body).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    const answers = await Promise.all([1, 2, 3].map(() => ask('2025-03')));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect((await ask('2025-03').set('accept-language', 'fr')).body).toMatchObject({ code: 'REOPENING_PENDING', title: 'La réouverture de ce mois attend déjà une décision' });
    expect(await periodOf('2025-03')).toMatchObject({ status: 'closed' });
  });

  test('is decided by a second person who has seen it', async () => {
    const [pending] = await itemsOf(administrator.get('/v1/period-reopenings?status=submitted'));
    const path = `/v1/period-reopenings/${pending!.id}`;
    expect((await administrator.act(`${path}/approve`)).body).toMatchObject({ status: 403, code: 'FOUR_EYES' });
    expect((await people.approver.post(`${path}/approve`)).body).toMatchObject({ status: 428 });
    expect((await people.approver.post(`${path}/approve`).set('if-match', '"7"')).body).toMatchObject({ status: 412, code: 'STALE' });
    expect((await bodyOf(people.approver.act(`${path}/reject`, { reason: 'Pas de pièce' })))).toMatchObject({ status: 'rejected', decisionReason: 'Pas de pièce', decidedBy: people.approver.userId });
    expect((await people.approver.act(`${path}/approve`)).body).toMatchObject({ status: 409, code: 'STATE_CONFLICT' });
    expect(await periodOf('2025-03')).toMatchObject({ status: 'closed' });
    expect(await app.deps.db.approval.count({ where: { kind: 'period_reopening' } })).toBe(0);
  });

  test('lets the month take entries until it is closed anew; later months wait for it', async () => {
    const id = await reopen('2025-03');
    expect(await periodOf('2025-03')).toMatchObject({ status: 'open', closedAt: null, version: 2 });
    expect(await app.deps.db.approval.findMany({ where: { recordId: id } })).toMatchObject([{ kind: 'period_reopening', approverId: people.approver.userId }]);
    const trail = await app.deps.db.auditEvent.findMany({ where: { recordId: id }, orderBy: { at: 'asc' } });
    expect(trail).toMatchObject([
      { action: 'period_reopening.request', actorId: administrator.userId, reason: 'Pièce retrouvée' },
      { action: 'period_reopening.approved', actorId: people.approver.userId, reason: 'Pièce retrouvée' },
    ]);
    expect(await pledge('2025-03-25')).toMatchObject({ bookedOn: null });
    expect(await pledge('2025-02-25')).toMatchObject({ bookedOn: '2025-03-01' });
    expect((await close('2025-06')).body).toMatchObject({ status: 409, code: 'PERIOD_OUT_OF_ORDER', detail: expect.stringContaining('2025-03') });
    const stale = administrator.post('/v1/periods/2025-03/close').set('if-match', '"1"');
    expect((await stale).body).toMatchObject({ status: 412, code: 'STALE' });
    expect((await close('2025-03', {}, people.approver)).body).toMatchObject({ status: 'closed', closedBy: people.approver.userId, version: 3 });
    expect(await pledge('2025-03-26')).toMatchObject({ bookedOn: '2025-06-01' });
  });
});

describe('closing while others post', () => {
  test('an entry is there before the close or sees it', async () => {
    for (const month of ['2025-06', '2025-07', '2025-08']) {
      const posting = Array.from({ length: 24 }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, index * 12));
        return pledge(`${month}-15`);
      });
      await new Promise((resolve) => setTimeout(resolve, 120));
      const closed = await close(month).expect(200);
      const figures = await figuresTo(`${month}-28`);
      const late = (await Promise.all(posting)).filter(({ bookedOn }) => bookedOn !== null);
      expect(await figuresTo(`${month}-28`)).toEqual(figures);
      const [counts] = await app.deps.db.$queryRaw<{ before: number; after: number }[]>`
        SELECT count(*) FILTER (WHERE occurred_on IS NULL AND recorded_at < closed_at)::int AS before, count(*) FILTER (WHERE occurred_on IS NOT NULL AND recorded_at > closed_at)::int AS after
        FROM journal_entry, accounting_period
        WHERE month = ${`${month}-01`}::date AND coalesce(occurred_on, value_date) = ${`${month}-15`}::date`;
      expect(counts).toEqual({ before: 24 - late.length, after: late.length });
      expect(closed.body).toMatchObject({ month, status: 'closed' });
    }
  });

  test('many can post at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => people.officer.post('/v1/pledges', { ...flowBody(donorId, { valueDate: '2025-10-01' }), amount: eur('1.00') })));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
  });
});

describe('imports', () => {
  const pages = ['mali-2025-page-1.json', 'mali-2025-page-2.json'];
  const files = pages.map((name) => ({ name, content: readFileSync(path.resolve(__dirname, '../fixtures/fts', name)) }));

  test('of old flows go to the open month too, and leave the closed ones as they were', async () => {
    const { deps } = app;
    const before = await figuresTo('2025-08-31');
    const options = importOptions(deps.reference, { source: 'fts', complete: false, countries: undefined, years: undefined });
    const { id } = await insertImport(deps.db, { options, dryRun: false, files, requestedBy: SYSTEM_USER_ID });
    await runImport.run(deps, { runId: id });
    const entries = await deps.db.journalEntry.findMany({ where: { importId: id } });
    const old = entries.filter(({ valueDate, occurredOn }) => toDay(occurredOn ?? valueDate) < '2025-09-01');
    expect(old.length).toBeGreaterThan(0);
    expect(new Set(old.map(({ valueDate }) => toDay(valueDate)))).toEqual(new Set(['2025-09-01']));
    expect(await figuresTo('2025-08-31')).toEqual(before);
  });
});
