import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KEPT_DAYS, ORIGIN_DAYS, removeExpired, SESSION_DAYS } from '../../src/jobs/housekeeping.js';
import { newId } from '../../src/platform/ids.js';
import { startTestApp, type TestApp } from '../support/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(() => app.close());

test('removes old keys and finished jobs, and keeps recent ones and every job that is not done', async () => {
  const { db } = app.deps;
  const now = new Date('2026-06-30T12:00:00Z');
  const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
  const userId = newId();
  for (const days of [KEPT_DAYS - 1, KEPT_DAYS + 1]) {
    await db.idempotencyKey.create({ data: { userId, key: `${days} days ago`, operation: 'POST /', requestHash: '', createdAt: daysAgo(days) } });
    await db.outbox.create({ data: { id: newId(), job: 'compute-report', payload: {}, createdAt: daysAgo(days), doneAt: daysAgo(days) } });
  }
  await db.outbox.create({ data: { id: newId(), job: 'compute-report', payload: {}, createdAt: daysAgo(KEPT_DAYS * 2) } });

  expect(await removeExpired(db, now)).toMatchObject({ keys: 1, jobs: 1 });
  expect(await db.idempotencyKey.findMany({ select: { key: true } })).toEqual([{ key: `${KEPT_DAYS - 1} days ago` }]);
  expect(await db.outbox.count()).toBe(2);
});

test('forgets old sign-ins, links, and from where somebody acted, as the personal data page says', async () => {
  const { db } = app.deps;
  const now = new Date('2030-06-30T12:00:00Z');
  const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
  const { userId } = await app.user({ roles: ['auditor'] });
  await db.session.deleteMany({});
  for (const days of [SESSION_DAYS - 1, SESSION_DAYS + 1]) {
    await db.session.create({ data: { id: newId(), userId, createdAt: daysAgo(days), lastUsedAt: daysAgo(days), expiresAt: daysAgo(days), address: `${days}` } });
  }
  await db.userToken.create({ data: { id: newId(), userId, purpose: 'invitation', expiresAt: daysAgo(KEPT_DAYS + 1) } });
  for (const days of [ORIGIN_DAYS - 1, ORIGIN_DAYS + 1]) {
    await db.auditEvent.create({ data: { id: newId(), at: daysAgo(days), action: `${days}`, recordKind: 'user', recordId: userId, detail: {}, personal: { address: '10.0.0.1' } } });
  }

  expect(await removeExpired(db, now)).toMatchObject({ sessions: 1, links: 1 });
  expect(await db.session.findMany({ select: { address: true } })).toEqual([{ address: `${SESSION_DAYS - 1}` }]);
  const events = await db.auditEvent.findMany({ where: { recordId: userId }, orderBy: { at: 'asc' }, select: { personal: true, personalDigest: true } });
  expect(events).toMatchObject([{ personal: null, personalDigest: expect.anything() }, { personal: { address: '10.0.0.1' }, personalDigest: expect.anything() }]);
});
