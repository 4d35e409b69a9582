import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { deliver } from '../../src/features/deliveries/deliver.js';
import type { DeliveryAnswer } from '../../src/features/deliveries/deliveries.schema.js';
import { createMailer } from '../../src/platform/mail.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp, type UserOptions } from '../support/app.js';
import { deliverWaiting, insertRun, type MailServer, startMailServer } from '../support/deliveries.js';
import { startTestWorker } from '../support/worker.js';

const SITE = 'https://liptako.example.org';
let server: MailServer;
let app: TestApp;
let officer: Client;
let administrator: Client;
let auditor: Client;

beforeAll(async () => {
  server = await startMailServer();
  app = await startTestApp({ config: { smtpUrl: server.url, publicUrl: SITE, mailAttachmentMaxBytes: 1_000 } });
  officer = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
  administrator = await app.user({ roles: ['administrator'] });
  auditor = await withAccount({ roles: ['auditor'] });
});

afterEach(async () => {
  await deliverWaiting(app);
  server.whole.length = 0;
  server.answers.length = 0;
});

afterAll(async () => {
  app.deps.mailer.close();
  await app.close();
  await server.close();
});

const MALI = { all: false, states: ['MLI'], donorIds: [], restricted: false } as const;
const runOf = (by: Client, files?: Readonly<Record<string, string>>) => insertRun(app, by.userId, { scope: MALI, ...(files && { files }) });
const person = (client: Client) => ({ kind: 'user', userId: client.userId });
const minister = () => withAccount({ roles: ['minister'], states: ['MLI'] });
const emailOf = (client: Client) => `${client.userId}@test.liptako`;

/** Only who has accepted the invitation receives anything. */
async function withAccount(options: UserOptions): Promise<Client> {
  const client = await app.user(options);
  await app.deps.db.userCredential.create({ data: { userId: client.userId } });
  return client;
}

function send(by: Client, runId: string, recipients: readonly object[], more: object = {}) {
  return by.post(`/v1/reports/${runId}/deliveries`, { recipients, ...more });
}

async function listed(query: string, by = administrator): Promise<DeliveryAnswer[]> {
  return ((await by.get(`/v1/deliveries?limit=200&${query}`).expect(200)).body as { items: DeliveryAnswer[] }).items;
}

/** A mail to one minister, not yet sent. */
async function oneMail(): Promise<{ runId: string; to: Client; id: string }> {
  const to = await minister();
  const runId = await runOf(officer);
  await send(officer, runId, [person(to)]).expect(202);
  const [mail] = await listed(`runId=${runId}&channel=mail`);
  return { runId, to, id: mail!.id };
}

describe('a report sent to a person', () => {
  test('comes with its files, its code and a link that opens it, and is in the inbox at once', async () => {
    const to = await minister();
    await app.deps.db.appUser.update({ where: { id: to.userId }, data: { name: 'Awa Traoré' } });
    const runId = await runOf(officer);
    await send(officer, runId, [person(to)], { formats: ['pdf', 'csv'] }).expect(202, { recipients: 1, leftOut: 0 });
    expect((await listed(`runId=${runId}&channel=inbox`))[0]).toMatchObject({ status: 'sent', userId: to.userId });
    await deliverWaiting(app);
    const [mail] = server.whole;
    expect(server.whole).toHaveLength(1);
    expect(mail?.to).toMatchObject({ text: emailOf(to) });
    expect(mail?.attachments.map(({ filename, content }) => [filename?.split('.').at(-1), content.toString()])).toEqual([
      ['pdf', 'PDF fr'],
      ['csv', 'CSV fr'],
    ]);
    expect(mail?.text).toContain('Bonjour Awa Traoré,');
    expect(mail?.text).toContain('arrêté au vendredi 1er mai 2026 à 14\u00A0h\u00A005 UTC');
    expect(mail?.text).toContain(`ABCD-EF01-2345. Toute copie se vérifie à l’adresse ${SITE}/verify/ABCDEF012345`);
    const link = new RegExp(`${SITE}(/v1/shared/\\S+)`).exec(mail?.text ?? '')?.[1] ?? '';
    const file = await app.anonymous.get(link).expect(200);
    expect(file.headers['content-disposition']).toMatch(/filename="liptako-test-2026-05-01-\w+-fr\.pdf"/);
    const [sent] = await listed(`runId=${runId}&channel=mail`);
    expect(sent).toMatchObject({ status: 'sent', attempts: 1, error: null, openedAt: expect.any(String), handedOverAt: expect.any(String) });
    expect(mail?.messageId).toContain(sent!.id);
    const trail = await app.deps.db.auditEvent.findFirstOrThrow({ where: { action: 'report.download', recordId: runId } });
    expect(trail).toMatchObject({ actorId: null, detail: { format: 'pdf', deliveryId: sent!.id } });
    expect(JSON.stringify(trail)).not.toContain(link.slice(-20));
  });

  test('has links instead when its files are too large, and says when it is late', async () => {
    const to = await minister();
    const runId = await runOf(officer, { pdf: 'x'.repeat(900), csv: 'y'.repeat(900) });
    const scheduleId = newId();
    const dueAt = new Date('2026-05-01T06:00:00Z');
    const { db } = app.deps;
    await db.reportSchedule.create({
      data: { id: scheduleId, name: 'Mensuel', kind: 'test', question: {}, preset: 'monthly', cron: '0 6 1 * *', atTime: '06:00', timeZone: 'UTC', recipients: [], formats: ['pdf'], createdBy: officer.userId },
    });
    await db.scheduleOccurrence.create({ data: { scheduleId, dueAt, late: true } });
    await db.reportRun.update({ where: { id: runId }, data: { scheduleId, dueAt, series: 'x' } });
    await send(officer, runId, [person(to)], { formats: ['pdf', 'csv'], language: 'en' }).expect(202);
    await deliverWaiting(app);
    const [mail] = server.whole;
    expect(mail?.attachments).toEqual([]);
    expect(mail?.text).toContain('This report was due on Friday, 1 May 2026 at 06:00 GMT');
    const links = [...new Set(mail?.text?.match(/\/v1\/shared\/\S+/g))];
    expect(links).toHaveLength(2);
    for (const link of links) expect((await app.anonymous.get(link).buffer(true)).status).toBe(200);
    expect((await listed(`scheduleId=${scheduleId}`)).length).toBe(2);
  });

  test('waits until the report is ready, and is not sent for one that failed', async () => {
    const to = await minister();
    const waiting = await insertRun(app, officer.userId, { scope: MALI, status: 'queued', files: {} });
    await send(officer, waiting, [person(to)]).expect(202);
    await deliverWaiting(app);
    expect((await listed(`runId=${waiting}`)).map(({ status }) => status)).toEqual(['queued', 'queued']);
    const failed = await insertRun(app, officer.userId, { scope: MALI, status: 'failed', files: {} });
    await send(officer, failed, [person(to)]).expect(409);
    expect(server.whole).toEqual([]);
  });

  test('is not sent twice to the same person', async () => {
    const { runId, to } = await oneMail();
    await deliverWaiting(app);
    await send(officer, runId, [person(to), { kind: 'role', role: 'minister', states: ['MLI'] }]).expect(202);
    await deliverWaiting(app);
    expect(Object.values(server.copies()).every((copies) => copies === 1)).toBe(true);
    expect(server.whole.filter(({ to: address }) => JSON.stringify(address).includes(emailOf(to)))).toHaveLength(1);
  });
});

describe('who may send what to whom', () => {
  test('nobody gets what they may not see: named, they are refused; as one of a role, left out', async () => {
    const elsewhere = await withAccount({ roles: ['minister'], states: ['NER'] });
    const runId = await runOf(officer);
    const refused = await send(officer, runId, [person(elsewhere)]).expect(403);
    expect(refused.body).toMatchObject({ code: 'OUT_OF_SCOPE', field: 'recipients.0' });
    const { body } = await send(officer, runId, [{ kind: 'role', role: 'minister', states: ['NER'] }]).expect(202);
    expect(body).toEqual({ recipients: 0, leftOut: 1 });
    expect(await listed(`runId=${runId}`)).toEqual([]);
  });

  test('a report is sent by whoever asked for it; outside, by those who are trusted with it', async () => {
    const runId = await runOf(officer);
    await send(administrator, runId, [person(officer)]).expect(404);
    const donor = await app.user({ roles: ['donor'] });
    const own = await insertRun(app, donor.userId, { scope: { all: false, states: [], donorIds: [], restricted: false } });
    expect((await send(donor, own, [{ kind: 'address', address: 'a@example.org' }]).expect(403)).body).toMatchObject({ code: 'FORBIDDEN' });
    await send(donor, own, [person(auditor)]).expect(202);
    await send(donor, own, [{ kind: 'user', userId: newId() }]).expect(404);
  });

  test('an address is shown to who sends it and to administrators; the mail greets nobody by name', async () => {
    const runId = await runOf(officer);
    await send(officer, runId, [{ kind: 'address', address: 'Ministre@Example.org', language: 'en' }]).expect(202);
    server.answers.push(550);
    await deliverWaiting(app);
    await app.deps.db.delivery.updateMany({ where: { runId }, data: { error: '550 <ministre@example.org> unknown' } });
    const shown = async (by: Client) => (await listed(`runId=${runId}`, by)).map(({ address, error }) => [address, error]);
    expect(await shown(officer)).toEqual([['ministre@example.org', '550 <ministre@example.org> unknown']]);
    expect(await shown(administrator)).toEqual([['ministre@example.org', '550 <ministre@example.org> unknown']]);
    expect(await shown(auditor)).toEqual([[null, '550 <…> unknown']]);
    expect(server.whole[0]?.text).toMatch(/^Hello,\n/);
    expect(server.whole[0]?.text).not.toContain('inbox');
  });
});

describe('what the recipient may no longer have is not sent', () => {
  test.each([
    ['recipient_gone', { active: false }],
    ['rights_changed', { states: ['NER'] }],
  ])('%s', async (error, change) => {
    const { id, to } = await oneMail();
    await app.deps.db.appUser.update({ where: { id: to.userId }, data: change });
    await deliverWaiting(app);
    expect(server.whole).toEqual([]);
    const { body } = await administrator.get(`/v1/deliveries/${id}`).expect(200);
    expect(body).toMatchObject({ status: 'failed', error, errorText: expect.stringMatching(/^The/) });
  });

  test('nor opened by a link that was sent before, nor by one that is forged or over', async () => {
    const { to } = await oneMail();
    await deliverWaiting(app);
    const link = /\/v1\/shared\/\S+/.exec(server.whole[0]?.text ?? '')?.[0] ?? '';
    const refused = async (path: string) => expect((await app.anonymous.get(path).expect(400)).body).toMatchObject({ code: 'LINK_INVALID' });
    await app.anonymous.get(link).expect(200);
    await refused(`${link}x`);
    await refused(link.replace('.pdf.', '.csv.'));
    await app.deps.db.appUser.update({ where: { id: to.userId }, data: { active: false } });
    await refused(link);
  });
});

describe('a mail server that', () => {
  const reload = async (id: string) => (await administrator.get(`/v1/deliveries/${id}`).expect(200)).body as DeliveryAnswer;

  test('has no time now is asked again', async () => {
    const { id } = await oneMail();
    server.answers.push(451);
    await deliverWaiting(app);
    expect(await reload(id)).toMatchObject({ status: 'queued', attempts: 1, handedOverAt: null, error: expect.stringContaining('not taken') });
    await deliverWaiting(app);
    expect(await reload(id)).toMatchObject({ status: 'sent', attempts: 2, error: null });
  });

  test('refuses for good makes a dead letter, which a person sends again', async () => {
    const { id, runId } = await oneMail();
    server.answers.push(550);
    await deliverWaiting(app);
    const dead = await reload(id);
    expect(dead).toMatchObject({ status: 'failed', attempts: 1, error: expect.stringContaining('not taken') });
    expect((await listed(`runId=${runId}&status=failed`)).map((one) => one.id)).toEqual([id]);
    await officer.act(`/v1/deliveries/${id}/resend`).expect(403);
    await administrator.post(`/v1/deliveries/${id}/resend`).set('if-match', `"${dead.version - 1}"`).expect(412);
    await administrator.act(`/v1/deliveries/${id}/resend`).expect(200);
    expect(await reload(id)).toMatchObject({ status: 'queued', attempts: 0, error: null });
    await deliverWaiting(app);
    expect(await reload(id)).toMatchObject({ status: 'sent', attempts: 1 });
    await administrator.act(`/v1/deliveries/${id}/resend`).expect(409);
  });

  test('takes a mail and does not answer leaves it uncertain, for a person to decide', async () => {
    const { id, runId } = await oneMail();
    server.answers.push('cut');
    await deliverWaiting(app);
    expect(await reload(id)).toMatchObject({ status: 'failed', error: 'uncertain', errorText: expect.stringMatching(/^Uncertain: /), handedOverAt: expect.any(String) });
    await deliverWaiting(app);
    expect(server.whole).toHaveLength(1);
    const resend = (body: object) => administrator.post('/v1/deliveries/resend', body);
    await resend({}).expect(400);
    await resend({ runId }).expect(200, { resent: 0, left: 0 });
    await resend({ runId, uncertain: true }).expect(200, { resent: 1, left: 0 });
    await deliverWaiting(app);
    expect(await reload(id)).toMatchObject({ status: 'sent' });
    expect(server.whole).toHaveLength(2);
  });

  test('is away is waited for; the last attempt makes a dead letter', async () => {
    const { id } = await oneMail();
    const mailer = createMailer({ ...app.deps.config, smtpUrl: 'smtp://127.0.0.1:1' });
    const deps = { ...app.deps, mailer };
    await expect(deliver.run(deps, { deliveryId: id })).rejects.toThrow('ECONNREFUSED');
    expect(await reload(id)).toMatchObject({ status: 'queued' });
    await deliver.giveUp(deps, { deliveryId: id }, 'ECONNREFUSED');
    expect(await reload(id)).toMatchObject({ status: 'failed', error: 'ECONNREFUSED' });
  });
});

describe('a worker', () => {
  test('that died before the end was given leaves a mail that is sent; one that died after it, a dead letter', async () => {
    const [before, after] = [await oneMail(), await oneMail()];
    const { db } = app.deps;
    await db.delivery.update({ where: { id: before.id }, data: { status: 'sending', attempts: 1 } });
    await db.delivery.update({ where: { id: after.id }, data: { status: 'sending', attempts: 1, handedOverAt: new Date() } });
    await deliverWaiting(app);
    expect(await db.delivery.findUnique({ where: { id: before.id } })).toMatchObject({ status: 'sent', attempts: 2 });
    expect(await db.delivery.findUnique({ where: { id: after.id } })).toMatchObject({ status: 'failed', error: 'uncertain', attempts: 1 });
    expect(server.whole).toHaveLength(1);
  });

  test.each([2, 5])('is one of %i that send the same mail at once: it is sent once', async (workers) => {
    const { id } = await oneMail();
    await Promise.allSettled(Array.from({ length: workers }, () => deliver.run(app.deps, { deliveryId: id })));
    expect(Object.values(server.copies())).toEqual([1]);
    await deliver.run(app.deps, { deliveryId: id });
    expect(Object.values(server.copies())).toEqual([1]);
    expect(await app.deps.db.delivery.findUnique({ where: { id } })).toMatchObject({ status: 'sent', error: null });
  });

  test('sends a report to three hundred persons, once to each', async () => {
    const states = ['TCD'];
    const people = Array.from({ length: 300 }, () => {
      const id = newId();
      return { id, email: `${id}@test.liptako`, name: 'Ministre', roles: ['minister' as const], states };
    });
    const { db } = app.deps;
    await db.appUser.createMany({ data: people });
    await db.userCredential.createMany({ data: people.map(({ id }) => ({ userId: id })) });
    const runId = await insertRun(app, administrator.userId, { scope: { ...MALI, states } });
    await send(administrator, runId, [{ kind: 'role', role: 'minister', states }]).expect(202, { recipients: 300, leftOut: 0 });
    const worker = await startTestWorker(app);
    const left = () => db.delivery.count({ where: { runId, status: { in: ['queued', 'sending'] } } });
    for (const until = Date.now() + 150_000; (await left()) > 0 && Date.now() < until; ) await sleep(50);
    await worker.stop();
    expect(await db.delivery.groupBy({ by: ['channel', 'status'], where: { runId }, _count: true, orderBy: { channel: 'asc' } })).toEqual([
      { channel: 'mail', status: 'sent', _count: 300 },
      { channel: 'inbox', status: 'sent', _count: 300 },
    ]);
    expect(server.whole).toHaveLength(300);
    expect(new Set(server.whole.map(({ to }) => JSON.stringify(to))).size).toBe(300);
  }, 200_000);
});
