import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { Client as Postgres } from 'pg';
import { openQueue } from '../../src/platform/queue.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { type AppPart, endParts, launchPart } from '../support/app-part.js';
import { testRedis } from '../support/redis.js';
import { createReader, createSchedule } from '../support/schedules.js';

const HOUR_MS = 3_600_000;
const GENEROUS_MS = 90_000;

let app: TestApp;
let owner: Client;
let recipients: object[];
let sql: Postgres;
let queue: Queue;
const redis = testRedis();

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.user({ roles: ['administrator'] });
  const minister = await createReader(app, { roles: ['minister'], states: ['MLI'] });
  recipients = [{ kind: 'user', userId: minister.userId }];
  sql = new Postgres({ connectionString: app.database.url });
  await sql.connect();
  queue = openQueue({ redisUrl: redis.url, queuePrefix: redis.prefix }, () => undefined);
});

afterEach(async () => {
  await endParts();
  await sql.query('UPDATE report_schedule SET active = false, next_due_at = NULL');
});

afterAll(async () => {
  await queue.close();
  await sql.end();
  await app.close();
});

const startWorker = (): Promise<AppPart> => launchPart('worker', { DATABASE_URL: app.database.url, REDIS_URL: redis.url, QUEUE_PREFIX: redis.prefix });

/** A schedule by five fields; those of a day half a year away, when none are given. */
async function recordSchedule(cron = `0 0 1 ${((new Date().getUTCMonth() + 6) % 12) + 1} *`): Promise<string> {
  const { id } = await createSchedule(owner, { recipients, formats: ['json'], timing: { preset: 'cron', cron, timeZone: 'Africa/Bamako' } });
  return id;
}

/** As if its time had come while nobody was there. */
async function missedAnHourAgo(id: string): Promise<Date> {
  const dueAt = new Date(Date.now() - HOUR_MS);
  await app.deps.db.reportSchedule.update({ where: { id }, data: { nextDueAt: dueAt } });
  return dueAt;
}

async function until<T>(what: string, read: () => Promise<T>, holds: (found: T) => boolean): Promise<T> {
  for (const end = Date.now() + GENEROUS_MS; ; await sleep(50)) {
    const found = await read();
    if (holds(found)) return found;
    if (Date.now() > end) throw new Error(`${what}: still ${JSON.stringify(found)}`);
  }
}

const occurrencesOf = (scheduleId: string) => app.deps.db.scheduleOccurrence.findMany({ where: { scheduleId }, include: { runs: true }, orderBy: { dueAt: 'asc' } });
const isReady = (found: Awaited<ReturnType<typeof occurrencesOf>>) => found.length > 0 && found[0]!.runs.every(({ status }) => status === 'ready');
const schedulers = async () => (await queue.getJobSchedulers()).map(({ key, pattern }) => `${key} ${pattern}`);

async function emptyRedis(): Promise<void> {
  const client = new Redis(redis.url);
  const keys = await client.keys(`${redis.prefix}:*`);
  if (keys.length > 0) await client.del(...keys);
  client.disconnect();
}

test(
  'Redis emptied while the workers run has its schedulers again, and a time that comes then is met once',
  async () => {
    const id = await recordSchedule();
    await Promise.all([startWorker(), startWorker()]);
    await until('schedulers', schedulers, (found) => found.some((one) => one.startsWith(id)));
    await emptyRedis();
    await until('schedulers', schedulers, (found) => found.some((one) => one.startsWith(id)) && found.includes('watch 5 * * * *'));

    await sql.query(`UPDATE report_schedule SET cron = '* * * * *', next_due_at = date_trunc('minute', now()) + interval '1 minute' WHERE id = $1`, [id]);
    await until('schedulers', schedulers, (found) => found.includes(`${id} * * * * *`));
    await emptyRedis();
    const [occurrence] = await until('occurrences', () => occurrencesOf(id), isReady);
    expect(occurrence).toMatchObject({ late: false, skipped: 0, runs: [{ status: 'ready' }] });
    expect(await schedulers()).toContain(`${id} * * * * *`);
  },
  3 * GENEROUS_MS,
);

test(
  'a time that came while no worker was there is met once by the workers that start, and marked late',
  async () => {
    const id = await recordSchedule();
    const dueAt = await missedAnHourAgo(id);
    await Promise.all([startWorker(), startWorker()]);
    const occurrences = await until('occurrences', () => occurrencesOf(id), isReady);
    expect(occurrences).toMatchObject([{ dueAt, late: true, skipped: 0, runs: [{ status: 'ready' }] }]);
    const { nextDueAt } = await app.deps.db.reportSchedule.findUniqueOrThrow({ where: { id } });
    expect(nextDueAt!.getTime()).toBeGreaterThan(Date.now());
  },
  2 * GENEROUS_MS,
);

test(
  'a worker killed while it fires leaves nothing half done: another fires once',
  async () => {
    const id = await recordSchedule();
    await sql.query('BEGIN');
    await sql.query('LOCK TABLE report_run IN SHARE MODE');
    await missedAnHourAgo(id);
    const first = await startWorker();
    const waiting = () => sql.query<{ pid: number }>(`SELECT pid FROM pg_locks WHERE relation = 'report_run'::regclass AND NOT granted`);
    await until('waiting', waiting, ({ rows }) => rows.length > 0);
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    expect(await occurrencesOf(id)).toEqual([]);
    await sql.query('ROLLBACK');
    await startWorker();
    const occurrences = await until('occurrences', () => occurrencesOf(id), isReady);
    expect(occurrences).toMatchObject([{ late: true, runs: [{ status: 'ready' }] }]);
  },
  2 * GENEROUS_MS,
);
