import type { Db } from '../platform/db.js';

/** How long an Idempotency-Key is remembered, and how long a finished job stays on record. */
export const KEPT_DAYS = 30;

/** How long the sign-ins of a person are kept, and how long from where somebody acted (docs/personal-data.md). */
export const SESSION_DAYS = 90;
export const ORIGIN_DAYS = 730;

/** Removes idempotency keys, finished jobs, ended sessions and links that nobody will ask for again, and forgets old addresses. */
export async function removeExpired(db: Db, now: Date): Promise<{ readonly keys: number; readonly jobs: number; readonly sessions: number; readonly links: number }> {
  const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
  const before = daysAgo(KEPT_DAYS);
  const keys = await db.idempotencyKey.deleteMany({ where: { createdAt: { lt: before } } });
  const jobs = await db.outbox.deleteMany({ where: { doneAt: { lt: before } } });
  const sessions = await db.session.deleteMany({ where: { OR: [{ endedAt: { lt: daysAgo(SESSION_DAYS) } }, { expiresAt: { lt: daysAgo(SESSION_DAYS) } }] } });
  const links = await db.userToken.deleteMany({ where: { expiresAt: { lt: before } } });
  await db.$queryRaw`SELECT forget_personal(${daysAgo(ORIGIN_DAYS)})::text`;
  return { keys: keys.count, jobs: jobs.count, sessions: sessions.count, links: links.count };
}
