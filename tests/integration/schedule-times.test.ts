import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Job, type Queue, Worker } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { nextFree } from '../../scripts/services/ports.js';
import { fireSchedule } from '../../src/features/schedules/fire.js';
import { newId } from '../../src/platform/ids.js';
import { openQueue, queueNames, workerConnection } from '../../src/platform/queue.js';
import { performJob } from '../../workers/perform-job.js';
import { Schedulers } from '../../workers/schedulers.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { createOrganisation } from '../support/ledger.js';
import { testRedis } from '../support/redis.js';
import { createReader, createSchedule, type Schedule, scheduleOf } from '../support/schedules.js';

const PATH = '/v1/report-schedules';

let app: TestApp;
let administrator: Client;
let now = new Date(0);
const deps = () => app.deps;

beforeAll(async () => {
  app = await startTestApp({ clock: { now: () => now } });
  administrator = await createReader(app, { roles: ['administrator'] });
});
afterAll(() => app.close());
// No test fires what another has left behind.
afterEach(() => app.deps.db.reportSchedule.updateMany({ data: { active: false, nextDueAt: null } }));

/** A schedule that was recorded at a moment. */
async function recordedAt(moment: string, more: object = {}, owner = administrator): Promise<Schedule> {
  now = new Date(moment);
  return createSchedule(owner, more);
}

async function fireAt(moment: string, { id }: Schedule): Promise<void> {
  now = new Date(moment);
  await fireSchedule.run(deps(), { scheduleId: id });
}

const nextOf = async ({ id }: Schedule) => (await scheduleOf(administrator.get(`${PATH}/${id}`))).nextDueAt;

async function occurrencesOf({ id }: Schedule): Promise<readonly unknown[]> {
  const rows = await deps().db.scheduleOccurrence.findMany({ where: { scheduleId: id }, orderBy: { dueAt: 'asc' } });
  return rows.map(({ dueAt, late, skipped }) => [dueAt.toISOString(), late ? 'late' : 'on time', skipped]);
}

/** The runs of a schedule, with whom each is delivered to. */
async function runsOf({ id }: Schedule) {
  const runs = await deps().db.reportRun.findMany({ where: { scheduleId: id }, include: { deliveries: true }, orderBy: { id: 'asc' } });
  return runs.map(({ deliveries, ...run }) => ({ ...run, readers: [...new Set(deliveries.map(({ recipient }) => recipient))].sort(), deliveries }));
}

const readerOf = ({ userId }: Client) => `user:${userId}`;
const daily = (cron: string, timeZone: string) => ({ timing: { preset: 'cron', cron, timeZone } });

describe('a planned time', () => {
  test('is met once it has come, not before, and leads to the next', async () => {
    const schedule = await recordedAt('2026-03-10T09:30:00Z');
    await fireAt('2026-04-05T07:59:59.999Z', schedule);
    expect(await occurrencesOf(schedule)).toEqual([]);
    await fireAt('2026-04-05T08:00:00.003Z', schedule);
    await fireAt('2026-04-05T08:00:00.004Z', schedule);
    expect(await occurrencesOf(schedule)).toEqual([['2026-04-05T08:00:00.000Z', 'on time', 0]]);
    expect(await nextOf(schedule)).toBe('2026-05-05T08:00:00.000Z');
  });

  test('is that of its place', async () => {
    const bamako = await recordedAt('2026-03-10T00:00:00Z', daily('0 8 * * *', 'Africa/Bamako'));
    const ndjamena = await recordedAt('2026-03-10T00:00:00Z', daily('0 8 * * *', 'Africa/Ndjamena'));
    for (const schedule of [bamako, ndjamena]) await fireAt('2026-03-10T07:00:00Z', schedule);
    expect([await nextOf(bamako), await nextOf(ndjamena)]).toEqual(['2026-03-10T08:00:00.000Z', '2026-03-11T07:00:00.000Z']);
    expect([await occurrencesOf(bamako), await occurrencesOf(ndjamena)]).toEqual([[], [['2026-03-10T07:00:00.000Z', 'on time', 0]]]);
  });

  test('at the end of a month follows its length, in a leap year too', async () => {
    const schedule = await recordedAt('2024-01-30T00:00:00Z', { timing: { preset: 'monthly', day: 'last', atTime: '00:30', timeZone: 'Africa/Niamey' } });
    for (const moment of ['2024-01-30T23:30:00Z', '2024-02-28T23:30:00Z', '2024-03-30T23:30:00Z']) await fireAt(moment, schedule);
    expect(await occurrencesOf(schedule)).toEqual([
      ['2024-01-30T23:30:00.000Z', 'on time', 0],
      ['2024-02-28T23:30:00.000Z', 'on time', 0],
      ['2024-03-30T23:30:00.000Z', 'on time', 0],
    ]);
    expect(await nextOf(schedule)).toBe('2024-04-29T23:30:00.000Z');
  });

  test('that was missed, with those before it, is met once and marked', async () => {
    const minister = await createReader(app, { roles: ['minister'], states: ['MLI'] });
    const schedule = await recordedAt('2026-03-10T09:30:00Z', { recipients: [{ kind: 'user', userId: minister.userId }] });
    await fireAt('2026-06-20T12:00:00Z', schedule);
    expect(await occurrencesOf(schedule)).toEqual([['2026-06-05T08:00:00.000Z', 'late', 2]]);
    expect(await runsOf(schedule)).toMatchObject([{ params: { question: { asOf: '2026-06-05T08:00:00.000000Z' }, since: null }, previousId: null }]);
    expect(await nextOf(schedule)).toBe('2026-07-05T08:00:00.000Z');
  });

  test('is met once, however many fire at the same moment', async () => {
    const minister = await createReader(app, { roles: ['minister'], states: ['MLI'] });
    const schedule = await recordedAt('2026-03-10T09:30:00Z', { recipients: [{ kind: 'user', userId: minister.userId }] });
    now = new Date('2026-04-05T08:00:00Z');
    await Promise.all(Array.from({ length: 10 }, () => fireSchedule.run(deps(), { scheduleId: schedule.id })));
    expect(await occurrencesOf(schedule)).toHaveLength(1);
    const [run, ...others] = await runsOf(schedule);
    expect([others.length, run?.deliveries.length]).toEqual([0, 2]);
    expect(await deps().db.outbox.count({ where: { payload: { equals: { runId: run!.id } } } })).toBe(1);
    expect(await scheduleOf(administrator.get(`${PATH}/${schedule.id}`))).toMatchObject({ nextDueAt: '2026-05-05T08:00:00.000Z', version: 1 });
  });

  test('that passed during a pause is not made up for', async () => {
    const schedule = await recordedAt('2026-03-10T09:30:00Z');
    await administrator.edit(`${PATH}/${schedule.id}`, { active: false }).expect(200);
    await fireAt('2026-06-20T12:00:00Z', schedule);
    await administrator.edit(`${PATH}/${schedule.id}`, { active: true }).expect(200);
    await fireAt('2026-06-20T12:00:01Z', schedule);
    expect(await occurrencesOf(schedule)).toEqual([]);
    await fireAt('2026-07-05T08:00:00Z', schedule);
    expect(await occurrencesOf(schedule)).toEqual([['2026-07-05T08:00:00.000Z', 'on time', 0]]);
  });

  test('before an event is met on the day that the event has then, once; and again when the event is put off', async () => {
    now = new Date('2026-03-10T09:30:00Z');
    const { body } = await administrator.post('/v1/events', { code: 'FORUM-2026', nameFr: 'Forum', nameEn: 'Forum', startsOn: '2026-05-20' }).expect(201);
    const eventId = (body as { id: string }).id;
    const moveTo = (startsOn: string) => administrator.edit(`/v1/events/${eventId}`, { startsOn }).expect(200);
    const schedule = await recordedAt('2026-03-10T09:30:00Z', { timing: { preset: 'before_event', eventId, daysBefore: 7, atTime: '08:00', timeZone: 'Africa/Bamako' } });
    await moveTo('2026-06-20');
    await fireAt('2026-05-13T08:00:00Z', schedule);
    expect(await occurrencesOf(schedule)).toEqual([]);
    await fireAt('2026-06-13T08:01:00Z', schedule);
    expect(await nextOf(schedule)).toBeNull();
    await moveTo('2026-06-27');
    await fireAt('2026-06-20T08:00:00Z', schedule);
    expect(await occurrencesOf(schedule)).toEqual([['2026-06-13T08:00:00.000Z', 'on time', 0], ['2026-06-20T08:00:00.000Z', 'on time', 0]]);
  });

  test('with nobody to send to stands without a report', async () => {
    const schedule = await recordedAt('2026-03-10T09:30:00Z', { recipients: [{ kind: 'role', role: 'minister', states: ['TGO'] }] });
    await fireAt('2026-04-05T08:00:00Z', schedule);
    expect([await occurrencesOf(schedule), await runsOf(schedule)]).toEqual([[['2026-04-05T08:00:00.000Z', 'on time', 0]], []]);
  });
});

describe('the reports of a time', () => {
  test('one for all who may see the same: the ministers of a state share theirs, a donor has its own', async () => {
    const organisationId = await createOrganisation(app, 'Exemplie');
    const mali = await createReader(app, { roles: ['minister'], states: ['MLI', 'NER'] });
    const maliToo = await createReader(app, { roles: ['minister'], states: ['NER', 'MLI'] });
    const withoutRestricted = await createReader(app, { roles: ['minister'], states: ['MLI', 'NER'], seesRestricted: false });
    const chad = await createReader(app, { roles: ['minister'], states: ['TCD'] });
    const donor = await createReader(app, { roles: ['donor'], organisationId });
    const uninvited = await app.user({ roles: ['minister'], states: ['MLI'] });
    const people = [mali, maliToo, withoutRestricted, chad, donor, uninvited];
    const recipients = [...people.map(({ userId }) => ({ kind: 'user', userId })), { kind: 'role', role: 'minister', states: ['TCD'] }];
    const schedule = await recordedAt('2026-03-10T09:30:00Z', { recipients });
    await fireAt('2026-04-05T08:00:00Z', schedule);
    const runs = await runsOf(schedule);
    const readers = [[mali, maliToo], [withoutRestricted], [chad], [donor]].map((group) => group.map(readerOf).sort());
    expect(runs.map((run) => run.readers)).toEqual(readers);
    const asOf = '2026-04-05T08:00:00.000000Z';
    expect(runs[0]).toMatchObject({
      kind: 'commitment_vs_disbursement',
      asOf: new Date('2026-04-05T08:00:00Z'),
      dueAt: new Date('2026-04-05T08:00:00Z'),
      requestedBy: mali.userId,
      params: {
        question: { groupBy: ['donor'], asOf, scope: { all: false, states: ['MLI', 'NER'], donorIds: [], restricted: true } },
        input: { kind: 'commitment_vs_disbursement', groupBy: ['donor'] },
        since: null,
      },
    });
    expect(runs[3]).toMatchObject({ requestedBy: donor.userId, params: { question: { scope: { states: [], donorIds: [organisationId] } } } });
    const [delivery] = runs[0]!.deliveries;
    expect(delivery).toMatchObject({ requestedBy: administrator.userId, formats: ['pdf', 'xlsx'], language: 'fr', status: 'queued' });
    expect(new Set(runs.flatMap(({ deliveries }) => deliveries.map(({ channel }) => channel)))).toEqual(new Set(['inbox', 'mail']));
  });

  test('a brief is one for each own state of a minister; who may not ask for it gets none', async () => {
    const organisationId = await createOrganisation(app, 'Autrie');
    const both = await createReader(app, { roles: ['minister'], states: ['MLI', 'NER'] });
    const mali = await createReader(app, { roles: ['minister'], states: ['MLI'] });
    const donor = await createReader(app, { roles: ['donor'], organisationId });
    const recipients = [both, mali, donor].map(({ userId }) => ({ kind: 'user', userId }));
    const schedule = await recordedAt('2026-03-10T09:30:00Z', { report: { kind: 'state_brief' }, recipients });
    await fireAt('2026-04-05T08:00:00Z', schedule);
    const asked = (await runsOf(schedule)).map(({ params, readers }) => [(params as { input: { state: string } }).input.state, readers]);
    expect(asked).toEqual([['MLI', [readerOf(both)]], ['NER', [readerOf(both)]], ['MLI', [readerOf(mali)]]]);
    const statement = await recordedAt('2026-03-10T09:30:00Z', { report: { kind: 'donor_statement' }, recipients });
    await fireAt('2026-04-05T08:00:00Z', statement);
    expect(await runsOf(statement)).toMatchObject([{ readers: [readerOf(donor)], params: { question: { donorId: organisationId } } }]);
  });

  test('each issue knows the one before of the same question and rights, however it came about', async () => {
    const minister = await createReader(app, { roles: ['minister'], states: ['MLI'] });
    const schedule = await recordedAt('2026-03-10T09:30:00Z', { recipients: [{ kind: 'user', userId: minister.userId }] });
    await fireAt('2026-04-05T08:00:00Z', schedule);
    now = new Date('2026-04-20T10:00:00.123Z');
    await administrator.post(`${PATH}/${schedule.id}/run`).expect(202);
    await fireAt('2026-05-05T08:00:00Z', schedule);
    await deps().db.appUser.update({ where: { id: minister.userId }, data: { states: ['MLI', 'NER'] } });
    await fireAt('2026-06-05T08:00:00Z', schedule);
    const [first, asked, second, wider] = await runsOf(schedule);
    expect([asked?.previousId, second?.previousId, wider?.previousId]).toEqual([first?.id, asked?.id, null]);
    expect([asked, second, wider].map((run) => (run?.params as { since: string | null }).since)).toEqual(['2026-04-05T08:00:00.000000Z', '2026-04-20T10:00:00.123000Z', null]);
    expect(new Set([first, asked, second].map((run) => run?.series)).size).toBe(1);
  });

  test('addresses and other systems get what the owner may see; nothing once the owner is suspended, while persons still get theirs', async () => {
    const owner = await createReader(app, { roles: ['finance_officer'], states: ['MLI'] });
    const minister = await createReader(app, { roles: ['minister'], states: ['NER'] });
    const webhookId = newId();
    await deps().db.webhook.create({ data: { id: webhookId, name: 'Trésor', url: 'https://tresor.example/', secret: '-', createdBy: administrator.userId } });
    const recipients = [{ kind: 'address', address: 'cabinet@ministere.example', language: 'en' }, { kind: 'webhook', webhookId }, { kind: 'user', userId: minister.userId }];
    const schedule = await recordedAt('2026-03-10T09:30:00Z', { recipients, language: null }, owner);
    await fireAt('2026-04-05T08:00:00Z', schedule);
    const [ofMinister, ofOwner] = await runsOf(schedule);
    expect(ofMinister?.readers).toEqual([readerOf(minister)]);
    expect(ofOwner).toMatchObject({
      readers: ['address:cabinet@ministere.example', `webhook:${webhookId}`],
      requestedBy: owner.userId,
      params: { question: { scope: { all: false, states: ['MLI'] } } },
    });
    expect(ofOwner?.deliveries.map(({ channel, language }) => `${channel} ${language}`).sort()).toEqual(['mail en', 'webhook fr']);

    await deps().db.appUser.update({ where: { id: owner.userId }, data: { active: false } });
    await fireAt('2026-05-05T08:00:00Z', schedule);
    expect((await runsOf(schedule)).slice(2).map((run) => run.readers)).toEqual([[readerOf(minister)]]);
  });

  test('two thousand recipients are one occurrence and one report', async () => {
    const ids = Array.from({ length: 2_000 }, () => newId());
    await deps().db.appUser.createMany({ data: ids.map((id) => ({ id, email: `${id}@test.liptako`, name: 'Ministre', roles: ['minister'], states: ['SEN'] })) });
    await deps().db.userCredential.createMany({ data: ids.map((userId) => ({ userId })) });
    const schedule = await recordedAt('2026-03-10T09:30:00Z', { recipients: [{ kind: 'role', role: 'minister', states: ['SEN'] }] });
    await fireAt('2026-04-05T08:00:00Z', schedule);
    const [run, ...others] = await runsOf(schedule);
    expect([others.length, run?.readers.length, run?.deliveries.length]).toEqual([0, 2_000, 4_000]);
  });
});

describe('the schedulers of the queue', () => {
  const queues: Queue[] = [];

  afterEach(async () => {
    for (const queue of queues.splice(0)) await queue.close();
  });

  /** A queue of its own, and one who looks after its schedulers. */
  function startQueue(config = testRedis()) {
    const settings = { redisUrl: config.url, queuePrefix: config.prefix };
    const queue = openQueue(settings, () => undefined);
    queues.push(queue);
    return { settings, queue, schedulers: () => new Schedulers({ deps: deps(), queue }) };
  }

  const keptIn = async (queue: Queue) => (await queue.getJobSchedulers()).map(({ key, name, pattern, tz, template }) => ({ key, name, pattern, tz, data: template?.data ?? {} })).sort((a, b) => (a.key < b.key ? -1 : 1));

  test('are those of the active schedules with five fields, and the hourly watch: missing ones are added, changed ones changed, others removed', async () => {
    const { queue, schedulers } = startQueue();
    await queue.waitUntilReady();
    const watch = { key: 'watch', name: 'watch', pattern: '5 * * * *', tz: 'UTC', data: {} };
    const first = await recordedAt('2026-03-10T09:30:00Z');
    const second = await recordedAt('2026-03-10T09:30:00Z', daily('15 6 * * *', 'Africa/Lome'));
    const ofFirst = { key: first.id, name: 'fire-schedule', pattern: '0 8 5 * *', tz: 'Africa/Bamako', data: { scheduleId: first.id } };
    await Promise.all([schedulers().pass(), schedulers().pass(), schedulers().pass()]);
    expect(await keptIn(queue)).toEqual([ofFirst, { key: second.id, name: 'fire-schedule', pattern: '15 6 * * *', tz: 'Africa/Lome', data: { scheduleId: second.id } }, watch]);

    await administrator.edit(`${PATH}/${first.id}`, { timing: { preset: 'quarterly', atTime: '08:00', timeZone: 'Africa/Niamey' } }).expect(200);
    await administrator.edit(`${PATH}/${second.id}`, { active: false }).expect(200);
    await schedulers().pass();
    expect(await keptIn(queue)).toEqual([{ ...ofFirst, pattern: '0 8 5 1,4,7,10 *', tz: 'Africa/Niamey' }, watch]);

    await queue.obliterate({ force: true });
    for (const { key } of await queue.getJobSchedulers()) await queue.removeJobScheduler(key);
    await schedulers().pass();
    expect(await keptIn(queue)).toHaveLength(2);
  });

  test('what is due is fired once by several workers and the queue at the same moment', async () => {
    const { queue, settings, schedulers } = startQueue();
    const schedule = await recordedAt('2026-03-10T09:30:00Z');
    now = new Date('2026-04-05T08:00:00Z');
    // Every second: its job has no row in the outbox.
    await queue.upsertJobScheduler(schedule.id, { pattern: '* * * * * *' }, { name: 'fire-schedule', data: { scheduleId: schedule.id }, opts: { attempts: 1 } });
    let done = 0;
    const worker = new Worker(queueNames(settings).name, (job) => performJob(job, deps()).then(() => void (done += 1)), { connection: workerConnection(settings), prefix: settings.queuePrefix });
    worker.on('error', () => undefined);
    while (done === 0) await Promise.all([schedulers().sweep(), schedulers().sweep(), sleep(20)]);
    await worker.close();
    expect(await occurrencesOf(schedule)).toEqual([['2026-04-05T08:00:00.000Z', 'on time', 0]]);
  });

  test('the queue alone fires too', async () => {
    const { queue, settings } = startQueue();
    const schedule = await recordedAt('2026-03-10T09:30:00Z');
    now = new Date('2026-04-05T08:00:00Z');
    await queue.upsertJobScheduler(schedule.id, { pattern: '* * * * * *' }, { name: 'fire-schedule', data: { scheduleId: schedule.id } });
    const worker = new Worker(queueNames(settings).name, (job) => performJob(job, deps()), { connection: workerConnection(settings), prefix: settings.queuePrefix });
    worker.on('error', () => undefined);
    while ((await occurrencesOf(schedule)).length === 0) await sleep(50);
    await worker.close();
    expect(await occurrencesOf(schedule)).toEqual([['2026-04-05T08:00:00.000Z', 'on time', 0]]);
  });

  test('while Redis is away, what is due is fired all the same', async () => {
    const { schedulers } = startQueue({ url: `redis://127.0.0.1:${await nextFree(0)}`, prefix: 'away' });
    const schedule = await recordedAt('2026-03-10T09:30:00Z');
    now = new Date('2026-04-05T08:00:02Z');
    await schedulers().pass();
    expect(await occurrencesOf(schedule)).toEqual([['2026-04-05T08:00:00.000Z', 'on time', 0]]);
  });

  test('one that cannot be fired keeps no other waiting', async () => {
    const { schedulers } = startQueue();
    const broken = await recordedAt('2026-03-09T09:30:00Z', { timing: { preset: 'monthly', day: 4, atTime: '08:00', timeZone: 'Africa/Bamako' }, recipients: [{ kind: 'user', userId: administrator.userId }] });
    await deps().db.reportSchedule.update({ where: { id: broken.id }, data: { kind: 'no_such_report' } });
    const schedule = await recordedAt('2026-03-10T09:30:00Z');
    now = new Date('2026-04-05T08:00:02Z');
    await schedulers().pass();
    expect([await occurrencesOf(broken), await occurrencesOf(schedule)]).toEqual([[], [['2026-04-05T08:00:00.000Z', 'on time', 0]]]);
    const job = { id: `repeat:${broken.id}:1`, repeatJobKey: broken.id, name: 'fire-schedule', data: { scheduleId: broken.id }, attemptsMade: 2, opts: { attempts: 3 } } as unknown as Job;
    await expect(performJob(job, deps())).rejects.toThrow('no_such_report');
  });
});
