import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { createReader, createSchedule, scheduleBody, scheduleOf } from '../support/schedules.js';

const PATH = '/v1/report-schedules';
const NOW = new Date('2026-03-10T09:30:00Z');
const hour = { atTime: '08:00', timeZone: 'Africa/Niamey' };

let app: TestApp;
let administrator: Client;
let officer: Client;
let auditor: Client;
let webhookId: string;
let now = NOW;

beforeAll(async () => {
  app = await startTestApp({ clock: { now: () => now } });
  administrator = await app.user({ roles: ['administrator'] });
  officer = await app.user({ roles: ['finance_officer'], states: ['MLI', 'NER'] });
  auditor = await app.user({ roles: ['auditor'] });
  webhookId = newId();
  await app.deps.db.webhook.create({ data: { id: webhookId, name: 'Trésor', url: 'https://tresor.example/liptako', secret: '-', createdBy: administrator.userId } });
});
afterAll(() => app.close());
beforeEach(() => {
  now = NOW;
});

const refusal = async (body: object, by = officer) => {
  const answer = await by.post(PATH, scheduleBody(body));
  const { code, field } = answer.body as { code?: string; field?: string };
  return [answer.status, code, field];
};
const eventsOf = (recordId: string) => app.deps.db.auditEvent.findMany({ where: { recordId }, orderBy: { id: 'asc' } });

async function createEvent(startsOn: string): Promise<string> {
  const code = `F-${newId().slice(-12)}`;
  const { body } = await administrator.post('/v1/events', { code, nameFr: 'Forum', nameEn: 'Forum', startsOn }).expect(201);
  return (body as { id: string }).id;
}

describe('recording', () => {
  test('keeps the question with its defaults, and tells when it is due next', async () => {
    const { body, headers } = await officer.post(PATH, scheduleBody({ formats: ['pdf', 'pdf', 'csv'] })).expect(201);
    expect(body).toMatchObject({
      name: 'Rapport mensuel',
      report: { kind: 'commitment_vs_disbursement', groupBy: ['donor'], currency: 'USD' },
      recipients: [{ kind: 'role', role: 'minister', states: ['MLI', 'NER'] }],
      formats: ['pdf', 'csv'],
      language: null,
      timing: { preset: 'monthly', day: 5, atTime: '08:00', timeZone: 'Africa/Bamako' },
      active: true,
      nextDueAt: '2026-04-05T08:00:00.000Z',
      problem: null,
      createdBy: officer.userId,
      version: 1,
    });
    const { id } = body as { id: string };
    expect(headers.location).toBe(`${PATH}/${id}`);
    expect((await officer.get(`${PATH}/${id}`).expect(200)).body).toEqual(body);
    expect(await eventsOf(id)).toMatchObject([{ action: 'schedule.record', actorId: officer.userId, detail: { before: null, after: { name: 'Rapport mensuel', formats: ['pdf', 'csv'] } } }]);
  });

  test.each<[string, object, string]>([
    ['cron', { preset: 'cron', cron: '30 7 1,15 * *', timeZone: 'Africa/Dakar' }, '2026-03-15T07:30:00.000Z'],
    ['weekly', { preset: 'weekly', weekday: 2, ...hour }, '2026-03-17T07:00:00.000Z'],
    ['monthly', { preset: 'monthly', day: 'last', ...hour }, '2026-03-31T07:00:00.000Z'],
    ['quarterly', { preset: 'quarterly', ...hour }, '2026-04-05T07:00:00.000Z'],
  ])('%s: the timing is the one that was given', async (_, timing, nextDueAt) => {
    const schedule = await createSchedule(officer, { timing });
    expect(schedule).toMatchObject({ timing, nextDueAt });
  });

  test('before an event it moves with the first day of the event; when that has become too near, nothing comes', async () => {
    const eventId = await createEvent('2026-05-20');
    const timing = { preset: 'before_event', eventId, daysBefore: 7, ...hour };
    const { id, nextDueAt } = await createSchedule(officer, { timing });
    expect(nextDueAt).toBe('2026-05-13T07:00:00.000Z');
    await administrator.edit(`/v1/events/${eventId}`, { startsOn: '2026-06-03' }).expect(200);
    expect(await scheduleOf(officer.get(`${PATH}/${id}`))).toMatchObject({ timing, nextDueAt: '2026-05-27T07:00:00.000Z' });
    await administrator.edit(`/v1/events/${eventId}`, { nameFr: 'Forum de Niamey' }).expect(200);
    expect(await scheduleOf(officer.get(`${PATH}/${id}`))).toMatchObject({ nextDueAt: '2026-05-27T07:00:00.000Z', version: 1 });
    await administrator.edit(`/v1/events/${eventId}`, { startsOn: '2026-03-12' }).expect(200);
    expect(await scheduleOf(officer.get(`${PATH}/${id}`))).toMatchObject({ active: true, nextDueAt: null });
  });

  test('an address stands where the trail can forget it', async () => {
    const { id, recipients } = await createSchedule(officer, { recipients: [{ kind: 'address', address: 'Cabinet@ministere.example', language: 'en' }] });
    expect(recipients).toEqual([{ kind: 'address', address: 'cabinet@ministere.example', language: 'en' }]);
    const [event] = await eventsOf(id);
    expect(JSON.stringify(event?.detail)).not.toContain('cabinet');
    expect(event).toMatchObject({ detail: { after: { recipients: [{ kind: 'address', language: 'en' }] } }, personal: { addresses: ['cabinet@ministere.example'] } });
  });

  test('an administrator addresses a role in every state', async () => {
    const { recipients } = await createSchedule(administrator, { recipients: [{ kind: 'role', role: 'donor' }, { kind: 'webhook', webhookId }] });
    expect(recipients).toEqual([{ kind: 'role', role: 'donor' }, { kind: 'webhook', webhookId }]);
  });

  test('says what would be right', async () => {
    const unknown = newId();
    const suspended = await createReader(app, { roles: ['minister'], states: ['MLI'] });
    await app.deps.db.appUser.update({ where: { id: suspended.userId }, data: { active: false } });
    const refusals: [object, unknown[]][] = [
      [{ timing: { preset: 'cron', cron: '0 8 * *', timeZone: 'Africa/Dakar' } }, [400, 'VALIDATION', 'timing.cron']],
      [{ timing: { preset: 'cron', cron: '0 8 31 2 *', timeZone: 'Africa/Dakar' } }, [400, 'CRON_INVALID', 'timing.cron']],
      [{ timing: { preset: 'cron', cron: '*/10 * * * *', timeZone: 'Africa/Dakar' } }, [400, 'SCHEDULE_TOO_OFTEN', 'timing.cron']],
      [{ timing: { preset: 'weekly', weekday: 1, atTime: '08:00', timeZone: 'Europe/Paris' } }, [400, 'VALIDATION', 'timing.timeZone']],
      [{ timing: { preset: 'weekly', weekday: 1, atTime: '24:00', timeZone: 'Africa/Dakar' } }, [400, 'VALIDATION', 'timing.atTime']],
      [{ timing: { preset: 'monthly', day: 29, ...hour } }, [400, 'VALIDATION', 'timing.day']],
      [{ timing: { preset: 'before_event', eventId: unknown, daysBefore: 7, ...hour } }, [400, 'CODE_UNKNOWN', 'timing.eventId']],
      [{ timing: { preset: 'before_event', eventId: await createEvent('2026-03-12'), daysBefore: 7, ...hour } }, [400, 'DATE_IN_PAST', 'timing.daysBefore']],
      [{ recipients: [{ kind: 'role', role: 'minister', states: ['MLI', 'BFA'] }] }, [403, 'OUT_OF_SCOPE', 'recipients.0.states']],
      [{ recipients: [{ kind: 'role', role: 'minister' }, { kind: 'user', userId: unknown }] }, [400, 'CODE_UNKNOWN', 'recipients.1.userId']],
      [{ recipients: [{ kind: 'user', userId: suspended.userId }] }, [400, 'CODE_UNKNOWN', 'recipients.0.userId']],
      [{ recipients: [{ kind: 'webhook', webhookId: unknown }] }, [400, 'CODE_UNKNOWN', 'recipients.0.webhookId']],
      [{ recipients: [] }, [400, 'VALIDATION', 'recipients']],
      [{ formats: ['docx'] }, [400, 'VALIDATION', 'formats.0']],
      [{ report: { kind: 'nothing' } }, [400, 'VALIDATION', 'report.kind']],
      [{ report: { kind: 'fund_statement' } }, [400, 'VALIDATION', 'report.fundId']],
    ];
    for (const [body, expected] of refusals) expect([body, await refusal(body)]).toEqual([body, expected]);
  });

  test('the moment is that of each issue, and not asked for', async () => {
    for (const moment of [{ asOf: '2026-01-01T00:00:00Z' }, { since: '2026-01-01T00:00:00Z' }]) {
      const { body } = await officer.post(PATH, scheduleBody({ report: { groupBy: ['donor'], ...moment } })).expect(400);
      expect(body).toMatchObject({ errors: [{ field: 'report', detail: 'A scheduled report is about its own time: leave out asOf and since.' }] });
    }
  });
});

describe('changing', () => {
  test('sets the next time anew when the timing is another, and keeps what was before', async () => {
    const { id } = await createSchedule(officer);
    const timing = { preset: 'weekly', weekday: 1, ...hour };
    const changed = await scheduleOf(officer.edit(`${PATH}/${id}`, { timing, language: 'en' }).expect(200));
    expect(changed).toMatchObject({ timing, language: 'en', nextDueAt: '2026-03-16T07:00:00.000Z', version: 2 });
    const [, event] = await eventsOf(id);
    expect(event).toMatchObject({ action: 'schedule.change', detail: { before: { language: null, timing: { preset: 'monthly' } }, after: { language: 'en', timing } } });
  });

  test('to what it is already changes nothing', async () => {
    const report = { kind: 'commitment_vs_disbursement', groupBy: ['donor', 'state'], currency: 'EUR', filters: { countries: ['MLI'], sectors: ['health'], restricted: 'excluded' } };
    const { id } = await createSchedule(officer, { report });
    const { name, recipients, formats, timing } = scheduleBody({ report }) as Record<string, object>;
    expect(await scheduleOf(officer.edit(`${PATH}/${id}`, { name, report, recipients, formats, timing, language: null, active: true }).expect(200))).toMatchObject({ version: 1 });
    expect(await eventsOf(id)).toHaveLength(1);
  });

  test('pausing stops it; what passes meanwhile is not made up for', async () => {
    const { id } = await createSchedule(officer);
    expect(await scheduleOf(officer.edit(`${PATH}/${id}`, { active: false }).expect(200))).toMatchObject({ active: false, nextDueAt: null });
    await officer.edit(`${PATH}/${id}`, { timing: { preset: 'quarterly', ...hour } }).expect(200);
    now = new Date('2026-08-10T00:00:00Z');
    expect(await scheduleOf(officer.edit(`${PATH}/${id}`, { active: true }).expect(200))).toMatchObject({ active: true, nextDueAt: '2026-10-05T07:00:00.000Z' });
  });

  test('an officer’s by an administrator keeps its owner; by who has seen an earlier version it is refused', async () => {
    const { id } = await createSchedule(officer);
    expect(await scheduleOf(administrator.edit(`${PATH}/${id}`, { name: 'Autre nom' }).expect(200))).toMatchObject({ name: 'Autre nom', createdBy: officer.userId });
    expect((await officer.patch(`${PATH}/${id}`, { name: 'Encore' }).set('if-match', '"1"').expect(412)).body).toMatchObject({ code: 'STALE' });
    expect((await officer.patch(`${PATH}/${id}`, { name: 'Encore' }).expect(428)).body).toMatchObject({ code: 'PRECONDITION_REQUIRED' });
  });
});

describe('the next times', () => {
  test('of a timing that is not kept', async () => {
    const { body } = await officer.post(`${PATH}/preview`, { timing: { preset: 'monthly', day: 'last', ...hour }, count: 3 }).expect(200);
    expect(body).toEqual({
      times: [
        { dueAt: '2026-03-31T07:00:00.000Z', local: '2026-03-31T08:00' },
        { dueAt: '2026-04-30T07:00:00.000Z', local: '2026-04-30T08:00' },
        { dueAt: '2026-05-31T07:00:00.000Z', local: '2026-05-31T08:00' },
      ],
    });
    const eventId = await createEvent('2026-05-20');
    const event = await officer.post(`${PATH}/preview`, { timing: { preset: 'before_event', eventId, daysBefore: 0, ...hour } }).expect(200);
    expect(event.body).toEqual({ times: [{ dueAt: '2026-05-20T07:00:00.000Z', local: '2026-05-20T08:00' }] });
    expect((await officer.post(`${PATH}/preview`, { timing: { preset: 'cron', cron: '* * * * *', timeZone: 'Africa/Lome' } }).expect(400)).body).toMatchObject({ code: 'SCHEDULE_TOO_OFTEN' });
  });

  test('of a schedule, also while it is paused', async () => {
    const { id } = await createSchedule(officer);
    await officer.edit(`${PATH}/${id}`, { active: false }).expect(200);
    const { body } = await officer.get(`${PATH}/${id}/preview?count=2`).expect(200);
    expect(body).toMatchObject({ times: [{ local: '2026-04-05T08:00' }, { local: '2026-05-05T08:00' }] });
  });
});

describe('who sees what', () => {
  test('the own ones; all of them for who manages or audits', async () => {
    const other = await app.user({ roles: ['finance_officer'], states: ['TCD'] });
    const minister = await app.user({ roles: ['minister'], states: ['MLI'] });
    const { id } = await createSchedule(officer, { name: 'Un seul responsable' });
    for (const path of [`${PATH}/${id}`, `${PATH}/${id}/preview`, `${PATH}/${id}/occurrences`]) {
      await other.get(path).expect(404);
      await minister.get(path).expect(403);
      await auditor.get(path).expect(200);
      await administrator.get(path).expect(200);
    }
    await other.act(`${PATH}/${id}/run`).expect(404);
    await other.edit(`${PATH}/${id}`, { active: false }).expect(404);
    await auditor.edit(`${PATH}/${id}`, { active: false }).expect(403);
    expect((await other.get(PATH).expect(200)).body).toMatchObject({ items: [] });
  });

  test('lists page by page, running or paused', async () => {
    const owner = await app.user({ roles: ['finance_officer'], states: ['BFA'] });
    for (const name of ['B', 'A', 'C']) await createSchedule(owner, { name });
    const first = (await owner.get(`${PATH}?sort=name&limit=2`).expect(200)).body as { items: { id: string; name: string }[]; nextCursor: string };
    expect(first.items.map(({ name }) => name)).toEqual(['A', 'B']);
    expect((await owner.get(`${PATH}?sort=name&limit=2&cursor=${first.nextCursor}`).expect(200)).body).toMatchObject({ items: [{ name: 'C' }], nextCursor: null });
    await owner.edit(`${PATH}/${first.items[0]!.id}`, { active: false }).expect(200);
    expect((await owner.get(`${PATH}?active=false`).expect(200)).body).toMatchObject({ items: [{ name: 'A' }] });
    expect((await owner.get(`${PATH}?active=true&sort=name`).expect(200)).body).toMatchObject({ items: [{ name: 'B' }, { name: 'C' }] });
  });

  test('says when the owner is suspended and somebody depends on the owner’s rights', async () => {
    const owner = await app.user({ roles: ['finance_officer'], states: ['SEN'] });
    const { id } = await createSchedule(owner, { recipients: [{ kind: 'address', address: 'cabinet@ministere.example' }] });
    const { id: byRole } = await createSchedule(owner);
    await app.deps.db.appUser.update({ where: { id: owner.userId }, data: { active: false } });
    expect(await scheduleOf(auditor.get(`${PATH}/${id}`))).toMatchObject({ problem: 'OWNER_SUSPENDED', problemText: expect.stringContaining('suspended') });
    expect(await scheduleOf(auditor.get(`${PATH}/${byRole}`))).toMatchObject({ problem: null, problemText: null });
  });
});

describe('running now', () => {
  test('makes the reports of this moment besides the planned times, also while paused, and is kept as asked for', async () => {
    const minister = await createReader(app, { roles: ['minister'], states: ['MLI'] });
    const { id } = await createSchedule(officer, { recipients: [{ kind: 'user', userId: minister.userId }] });
    await officer.edit(`${PATH}/${id}`, { active: false }).expect(200);
    const key = newId();
    const { body } = await officer.post(`${PATH}/${id}/run`, {}, key).expect(202);
    expect(body).toEqual({
      dueAt: NOW.toISOString(),
      firedAt: NOW.toISOString(),
      late: false,
      skipped: 0,
      askedBy: officer.userId,
      runs: [{ id: expect.any(String), status: 'queued', deliveries: { queued: 2, sending: 0, sent: 0, failed: 0 } }],
    });
    expect((await officer.post(`${PATH}/${id}/run`, {}, key).expect(202)).body).toEqual(body);
    now = new Date(NOW.getTime() + 1000);
    await officer.post(`${PATH}/${id}/run`).expect(202);
    const first = (await officer.get(`${PATH}/${id}/occurrences?limit=1`).expect(200)).body as { items: object[]; nextCursor: string };
    expect(first.items).toMatchObject([{ dueAt: now.toISOString() }]);
    expect((await officer.get(`${PATH}/${id}/occurrences?limit=1&cursor=${first.nextCursor}`).expect(200)).body).toEqual({ items: [body], nextCursor: null });
    await officer.get(`${PATH}/${id}/occurrences?cursor=x`).expect(400);
    expect((await eventsOf(id)).map(({ action }) => action)).toEqual(['schedule.record', 'schedule.change', 'schedule.run', 'schedule.run']);
    const { runs } = body as { runs: { id: string }[] };
    await minister.get(`/v1/reports/${runs[0]!.id}`).expect(200);
  });
});
