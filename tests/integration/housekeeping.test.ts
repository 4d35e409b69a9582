import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KEPT_DAYS, removeExpired } from '../../src/jobs/housekeeping.js';
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

  expect(await removeExpired(db, now)).toEqual({ keys: 1, jobs: 1 });
  expect(await db.idempotencyKey.findMany({ select: { key: true } })).toEqual([{ key: `${KEPT_DAYS - 1} days ago` }]);
  expect(await db.outbox.count()).toBe(2);
});
