import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDeliveries, releaseDeliveries } from '../../src/features/deliveries/deliveries.store.js';
import type { InboxItem, InboxMessage } from '../../src/features/deliveries/deliveries.schema.js';
import { findRecipients } from '../../src/features/deliveries/recipients.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { deliverWaiting, insertRun, type MailServer, startMailServer } from '../support/deliveries.js';

let server: MailServer;
let app: TestApp;
let officer: Client;
let minister: Client;

beforeAll(async () => {
  server = await startMailServer();
  app = await startTestApp({ config: { smtpUrl: server.url } });
  officer = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
  minister = await app.user({ roles: ['minister'], states: ['MLI'], seesRestricted: false });
  await app.deps.db.userCredential.create({ data: { userId: minister.userId } });
});

afterAll(async () => {
  app.deps.mailer.close();
  await app.close();
  await server.close();
});

async function inbox(query = '', by = minister): Promise<{ items: InboxItem[]; counts: object }> {
  return (await by.get(`/v1/inbox${query}`).expect(200)).body as { items: InboxItem[]; counts: object };
}

async function addNotice(restricted = false): Promise<string> {
  const { db } = app.deps;
  const id = newId();
  const items = [{ kind: 'disbursement', reference: 'DEC-2026-0001', amount: { amount: '1250.00', currency: 'EUR' }, states: [{ fr: 'Mali', en: 'Mali' }], preparedAt: '2026-05-01T08:00:00.000Z' }];
  await db.notice.create({ data: { id, kind: 'approval_digest', params: { count: 1, items }, key: id, restricted } });
  const recipients = await findRecipients(db, [{ kind: 'user', userId: minister.userId }]);
  await addDeliveries(db, { noticeId: id }, recipients, officer.userId);
  await releaseDeliveries(db, { noticeId: id }, new Date());
  return id;
}

test('holds reports and notices, the newest first; opening and confirming are noted once', async () => {
  const runId = await insertRun(app, officer.userId, { scope: { all: false, states: ['MLI'], donorIds: [], restricted: false } });
  await officer.post(`/v1/reports/${runId}/deliveries`, { recipients: [{ kind: 'user', userId: minister.userId }], formats: ['pdf', 'csv'] }).expect(202);
  const noticeId = await addNotice();
  const { items, counts } = await inbox();
  expect(counts).toEqual({ unread: 2, unacknowledged: 2 });
  expect(items.map(({ kind }) => kind)).toEqual(['notice', 'report']);
  const [notice, report] = items;
  expect(notice).toMatchObject({ subject: expect.stringMatching(/\S/), report: null });
  expect(report).toMatchObject({ openedAt: null, acknowledgedAt: null, late: false, report: { id: runId, code: 'ABCDEF012345' } });
  await minister.get(report!.report!.links.pdf!).expect(200);

  const first = (await minister.get(`/v1/inbox/${report!.id}`).expect(200)).body as InboxMessage;
  expect(first.openedAt).not.toBeNull();
  expect((await minister.get(`/v1/inbox/${report!.id}`).expect(200)).body).toMatchObject({ openedAt: first.openedAt });
  const confirmed = (await minister.post(`/v1/inbox/${report!.id}/acknowledge`).expect(200)).body as InboxMessage;
  expect((await minister.post(`/v1/inbox/${report!.id}/acknowledge`).expect(200)).body).toMatchObject({ acknowledgedAt: confirmed.acknowledgedAt });
  expect(await app.deps.db.auditEvent.count({ where: { action: 'delivery.acknowledge', recordId: report!.id, actorId: minister.userId } })).toBe(1);
  expect((await inbox()).counts).toEqual({ unread: 1, unacknowledged: 1 });
  expect((await inbox('?unread=true')).items.map(({ id }) => id)).toEqual([notice!.id]);
  expect((await inbox('?acknowledged=true')).items.map(({ id }) => id)).toEqual([report!.id]);
  const page = await minister.get('/v1/inbox?limit=1').expect(200);
  expect((await inbox(`?limit=1&cursor=${(page.body as { nextCursor: string }).nextCursor}`)).items.map(({ id }) => id)).toEqual([report!.id]);

  const text = (await minister.get(`/v1/inbox/${notice!.id}`).expect(200)).body as InboxMessage;
  expect(text.paragraphs.join(' ')).toContain('DEC-2026-0001');
  await deliverWaiting(app);
  expect(server.whole.some((mail) => mail.text?.includes('DEC-2026-0001'))).toBe(true);
  expect(await app.deps.db.delivery.count({ where: { noticeId, status: 'sent' } })).toBe(2);
});

test('is one’s own', async () => {
  const [message] = (await inbox()).items;
  const administrator = await app.user({ roles: ['administrator'] });
  expect((await inbox('', administrator)).items).toEqual([]);
  await administrator.get(`/v1/inbox/${message!.id}`).expect(404);
  await administrator.post(`/v1/inbox/${message!.id}/acknowledge`).expect(404);
});

test('says nothing of a report that one no longer sees', async () => {
  await app.deps.db.appUser.update({ where: { id: minister.userId }, data: { states: ['NER'] } });
  const report = (await inbox()).items.find(({ kind }) => kind === 'report');
  expect(report).toMatchObject({ report: null, subject: 'This report is no longer among those you may see' });
});

test('a restricted notice is not mailed to who no longer sees such', async () => {
  const noticeId = await addNotice(true);
  await deliverWaiting(app);
  expect(await app.deps.db.delivery.findFirst({ where: { noticeId, channel: 'mail' } })).toMatchObject({ status: 'failed', error: 'rights_changed' });
});
