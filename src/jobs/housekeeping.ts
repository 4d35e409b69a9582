import type { Db } from '../platform/db.js';

/** How long an Idempotency-Key is remembered, and how long a finished job stays on record. */
export const KEPT_DAYS = 30;

/** Removes idempotency keys and finished jobs that nobody will ask for again. */
export async function removeExpired(db: Db, now: Date): Promise<{ readonly keys: number; readonly jobs: number }> {
  const before = new Date(now.getTime() - KEPT_DAYS * 86_400_000);
  const keys = await db.idempotencyKey.deleteMany({ where: { createdAt: { lt: before } } });
  const jobs = await db.outbox.deleteMany({ where: { doneAt: { lt: before } } });
  return { keys: keys.count, jobs: jobs.count };
}
