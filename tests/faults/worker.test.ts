import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from 'bullmq';
import { Redis } from 'ioredis';
import { Client as Postgres } from 'pg';
import { nextFree } from '../../scripts/services/ports.js';
import { type RunningRedis, startRedis, stopRedis } from '../../scripts/services/redis.js';
import { newId } from '../../src/platform/ids.js';
import { performJob } from '../../workers/perform-job.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { type AppPart, endParts, launchPart, startPart, statusOf } from '../support/app-part.js';
import { addRate, createOrganisation, createPeople, flowBody, pay } from '../support/ledger.js';
import { testRedis } from '../support/redis.js';

let app: TestApp;
let officer: Client;
let sql: Postgres;
let settings: NodeJS.ProcessEnv;
const holds = new Set<Hold>();
/** What a finished run has kept. */
const ARTEFACTS = ['csv en', 'csv fr', 'entries -', 'json -', 'pdf en', 'pdf fr', 'xlsx en', 'xlsx fr'];
/** Whoever holds this advisory lock keeps every worker from storing a PDF. */
const PDF_LOCK = 4217;

beforeAll(async () => {
  app = await startTestApp();
  const { url, prefix } = testRedis();
  settings = { DATABASE_URL: app.database.url, REDIS_URL: url, QUEUE_PREFIX: prefix };
  sql = await connect();
  const people = await createPeople(app);
  officer = people.officer;
  const donorId = await createOrganisation(app, 'Exemplie');
  await addRate(app, 'USD', '2025-03-07', '1.0800');
  const commitment = await officer.post('/v1/commitments', flowBody(donorId)).expect(201);
  await pay(people, (commitment.body as { id: string }).id, '400.00');
  // Counts how often each run is computed.
  await sql.query(`
    CREATE TABLE computation (run_id uuid);
    GRANT INSERT ON computation TO liptako_app;
    CREATE FUNCTION count_computation() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO computation VALUES (NEW.id); RETURN NULL; END $$;
    CREATE TRIGGER count_computation AFTER UPDATE ON report_run FOR EACH ROW WHEN (NEW.step = 'computing') EXECUTE FUNCTION count_computation();
    CREATE FUNCTION hold_pdf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(${PDF_LOCK}); RETURN NEW; END $$;
    CREATE TRIGGER hold_pdf BEFORE INSERT ON report_artefact FOR EACH ROW WHEN (NEW.format = 'pdf') EXECUTE FUNCTION hold_pdf()`);
});

afterEach(async () => {
  for (const hold of holds) await hold.release();
  await endParts();
});

afterAll(async () => {
  await sql.end();
  await app.close();
});

async function connect(): Promise<Postgres> {
  const client = new Postgres({ connectionString: app.database.url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function startWorker(more: NodeJS.ProcessEnv = {}): Promise<AppPart> {
  return startPart('worker', { ...settings, ...more });
}

async function askReport(body: object = {}): Promise<string> {
  const { body: run } = await officer.post('/v1/reports', { groupBy: ['donor', 'state'], ...body }).expect(202);
  return (run as { id: string }).id;
}

interface Run {
  readonly status: string;
  readonly step: string | null;
  readonly asOf: string;
  readonly hash: string | null;
  readonly error: string | null;
}

async function runOf(id: string): Promise<Run> {
  return (await officer.get(`/v1/reports/${id}`).expect(200)).body as Run;
}

async function until(id: string, holdsTrue: (run: Run) => boolean): Promise<Run> {
  const end = Date.now() + 45_000;
  for (;;) {
    const run = await runOf(id);
    if (holdsTrue(run)) return run;
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(run)}`);
    await sleep(50);
  }
}

const finished = (id: string) => until(id, ({ status }) => status === 'ready' || status === 'failed');

/** What a promise resolves to, or "late". */
function within<T>(seconds: number, promise: Promise<T>): Promise<T | 'late'> {
  return Promise.race([promise, sleep(seconds * 1000, 'late' as const, { ref: false })]);
}

interface Hold {
  release(): Promise<void>;
}

/** An open transaction that has written: a report cannot know yet what it will have recorded, and waits. */
async function holdTransaction(statement = 'LOCK TABLE journal_entry IN ROW EXCLUSIVE MODE'): Promise<Hold> {
  const client = await connect();
  await client.query('BEGIN');
  await client.query(statement);
  const hold: Hold = {
    release: async () => {
      holds.delete(hold);
      await client.end();
    },
  };
  holds.add(hold);
  return hold;
}

async function computations(ids: readonly string[]): Promise<number[]> {
  const { rows } = await sql.query<{ n: number }>(
    'SELECT count(run_id)::int AS n FROM unnest($1::uuid[]) id LEFT JOIN computation ON run_id = id GROUP BY id',
    [ids],
  );
  return rows.map(({ n }) => n);
}

function artefactsOf(id: string) {
  return app.deps.db.reportArtefact.findMany({ where: { runId: id }, select: { format: true, language: true, sha256: true }, orderBy: [{ format: 'asc' }, { language: 'asc' }] });
}

/** The backend that the relay listens on, once it is not this one. */
async function listenerOtherThan(pid: number): Promise<number> {
  for (;;) {
    const { rows } = await sql.query<{ pid: number }>(`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'`);
    if (rows[0] && rows[0].pid !== pid) return rows[0].pid;
    await sleep(50);
  }
}

/** How many jobs a worker says it has handled with this outcome. */
async function jobsOf({ url }: AppPart, outcome: 'done' | 'failed' | 'retried'): Promise<number> {
  const text = await fetch(`${url}/metrics`).then((response) => response.text());
  return Number(new RegExp(`liptako_jobs_total\\{job="compute-report",outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
}

describe('a worker', () => {
  test('that is killed while computing leaves the run to another, which finishes it once', async () => {
    const first = await startWorker();
    const settling = await holdTransaction();
    const id = await askReport();
    await until(id, ({ step }) => step === 'settling');
    const computing = await holdTransaction('LOCK TABLE record_revision');
    await settling.release();
    await until(id, ({ step }) => step === 'computing');
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    await computing.release();
    expect(await runOf(id)).toMatchObject({ status: 'running' });

    const second = await startWorker();
    const run = await finished(id);
    expect(run).toMatchObject({ status: 'ready', error: null });
    expect(await computations([id])).toEqual([2]);
    expect(await jobsOf(second, 'done')).toBe(1);

    const undisturbed = await askReport({ asOf: run.asOf });
    expect(await finished(undisturbed)).toMatchObject({ status: 'ready', hash: run.hash });
    const artefacts = await artefactsOf(id);
    expect(artefacts.map(({ format, language }) => `${format} ${language}`)).toEqual(ARTEFACTS);
    expect(await artefactsOf(undisturbed)).toEqual(artefacts);
  });

  test('that is killed while writing the files leaves them to another, which computes nothing again', async () => {
    const first = await startWorker();
    const writing = await holdTransaction(`SELECT pg_advisory_xact_lock(${PDF_LOCK})`);
    const id = await askReport();
    const { hash } = await until(id, ({ step, hash: known }) => step === 'writing' && known !== null);
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    await writing.release();
    expect(await runOf(id)).toMatchObject({ status: 'running', hash });

    await startWorker();
    expect(await finished(id)).toMatchObject({ status: 'ready', hash, error: null });
    expect(await computations([id])).toEqual([1]);
    expect((await artefactsOf(id)).map(({ format, language }) => `${format} ${language}`)).toEqual(ARTEFACTS);
  });

  test('finishes what is under way when asked to stop, while another takes what is new', async () => {
    const first = await startWorker();
    const hold = await holdTransaction();
    const underWay = await askReport();
    await until(underWay, ({ step }) => step === 'settling');
    const second = await startWorker();
    first.process.kill('SIGTERM');
    expect(await within(1, first.ended)).toBe('late');
    const later = await askReport();
    await until(later, ({ step }) => step === 'settling');
    await hold.release();
    expect(await first.ended).toBe(0);
    expect(await runOf(underWay)).toMatchObject({ status: 'ready' });
    expect(await finished(later)).toMatchObject({ status: 'ready' });
    expect(await computations([underWay, later])).toEqual([1, 1]);
    expect(await jobsOf(second, 'done')).toBe(1);
    expect(await second.end('SIGTERM')).toBe(0);
  });

  test('gives up on a job that cannot succeed, and says why', async () => {
    const id = await askReport();
    await sql.query(`UPDATE report_run SET params = jsonb_set(params, '{question,asOf}', '"no moment"') WHERE id = $1`, [id]);
    const worker = await startWorker();
    const run = await finished(id);
    expect(run).toMatchObject({ status: 'failed', step: null, hash: null });
    expect(run.error).toContain('no moment');
    const row = await app.deps.db.outbox.findFirstOrThrow({ where: { payload: { equals: { runId: id } } } });
    expect(row).toMatchObject({ attempts: 5, doneAt: null, lastError: run.error });
    expect(row.failedAt).toBeInstanceOf(Date);
    expect(await jobsOf(worker, 'retried')).toBe(4);
    expect(await jobsOf(worker, 'failed')).toBe(1);
    const { body } = await officer.get(`/v1/reports/${id}/json`).expect(409);
    expect(body).toMatchObject({ code: 'REPORT_FAILED', detail: expect.stringContaining('no moment') });
    expect(await finished(await askReport())).toMatchObject({ status: 'ready' });
  });

  test('tries again when a failure could not be noted on the run', async () => {
    const id = await askReport();
    await sql.query(`UPDATE report_run SET params = jsonb_set(params, '{question,asOf}', '"no moment"') WHERE id = $1`, [id]);
    const { id: outboxId } = await app.deps.db.outbox.findFirstOrThrow({ where: { payload: { equals: { runId: id } } } });
    const lastAttempt = { id: outboxId, name: 'compute-report', data: { runId: id }, attemptsMade: 4, opts: { attempts: 5 } } as unknown as Job;
    await sql.query(`ALTER TABLE report_run ADD CONSTRAINT never_failed CHECK (status <> 'failed') NOT VALID`);
    await expect(performJob(lastAttempt, app.deps)).rejects.toThrow('never_failed');
    expect(await app.deps.db.outbox.findUnique({ where: { id: outboxId } })).toMatchObject({ doneAt: null, failedAt: null });
    await sql.query('ALTER TABLE report_run DROP CONSTRAINT never_failed');
    await expect(performJob(lastAttempt, app.deps)).rejects.toThrow('no moment');
    expect(await runOf(id)).toMatchObject({ status: 'failed' });
    expect((await app.deps.db.outbox.findUniqueOrThrow({ where: { id: outboxId } })).failedAt).toBeInstanceOf(Date);
  });

  test('gives up on a job whose payload it does not understand', async () => {
    const { id } = await app.deps.db.outbox.create({ data: { id: newId(), job: 'compute-report', payload: { run: 1 } } });
    const job = { id, name: 'compute-report', data: { run: 1 }, attemptsMade: 4, opts: { attempts: 5 } } as unknown as Job;
    await expect(performJob(job, app.deps)).rejects.toThrow('runId');
    expect((await app.deps.db.outbox.findUniqueOrThrow({ where: { id } })).failedAt).toBeInstanceOf(Date);
  });

  test('hears of new jobs again after its connections to PostgreSQL were cut', async () => {
    const worker = await startWorker({ DATABASE_URL: `${app.database.url}?application_name=to-be-cut` });
    const listener = await listenerOtherThan(0);
    await sql.query('SELECT pg_terminate_backend($1)', [listener]);
    expect(await finished(await askReport())).toMatchObject({ status: 'ready' });
    await listenerOtherThan(listener);
    const { rows: cut } = await sql.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'to-be-cut'`);
    expect(cut.length).toBeGreaterThan(1);
    expect(await finished(await askReport())).toMatchObject({ status: 'ready' });
    expect(await statusOf(`${worker.url}/health/ready`)).toBe(200);
  });
});

test('three workers compute each of twelve runs once', async () => {
  await Promise.all([startWorker(), startWorker(), startWorker()]);
  const ids: string[] = [];
  for (let n = 0; n < 12; n += 1) ids.push(await askReport());
  for (const id of ids) expect(await finished(id)).toMatchObject({ status: 'ready' });
  expect(await computations(ids)).toEqual(ids.map(() => 1));
  expect(await app.deps.db.reportArtefact.count({ where: { runId: { in: ids } } })).toBe(12 * ARTEFACTS.length);
  const begun = `SELECT attempts, done_at IS NOT NULL AS done FROM outbox WHERE payload ->> 'runId' = ANY($1)`;
  const { rows } = await sql.query<{ attempts: number; done: boolean }>(begun, [ids]);
  expect(rows).toEqual(ids.map(() => ({ attempts: 1, done: true })));
});

describe('Redis', () => {
  let dataDir: string;
  let own: RunningRedis;

  const startOwn = (port: number) => startRedis({ dataDir, port, program: process.env.LIPTAKO_REDIS_SERVER || undefined });

  beforeAll(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'liptako-redis-'));
    own = await startOwn(await nextFree(0));
  });

  afterAll(async () => {
    await stopRedis(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('that is emptied loses no run, neither the one under way nor the one that waits', async () => {
    await startWorker({ REDIS_URL: own.url, WORKER_CONCURRENCY: '1' });
    const hold = await holdTransaction();
    const underWay = await askReport();
    await until(underWay, ({ step }) => step === 'settling');
    const waiting = await askReport();
    await sleep(300);
    const client = new Redis(own.url);
    await client.flushall();
    client.disconnect();
    await hold.release();
    expect(await finished(underWay)).toMatchObject({ status: 'ready' });
    expect(await finished(waiting)).toMatchObject({ status: 'ready' });
    expect(await computations([underWay, waiting])).toEqual([1, 1]);
  });

  test('that is away when a report is asked for delays it only, and keeps no worker from ending', async () => {
    const lasting = await startWorker({ REDIS_URL: own.url });
    await own.stop();
    const late = await launchPart('worker', { ...settings, REDIS_URL: own.url });
    const id = await askReport();
    while ((await statusOf(`${late.url}/health/live`)) !== 200) await sleep(100);
    for (const { url } of [lasting, late]) expect(await statusOf(`${url}/health/ready`)).toBe(503);
    expect(await runOf(id)).toMatchObject({ status: 'queued' });
    expect(await within(10, lasting.end('SIGTERM'))).toBe(0);

    own = await startOwn(own.port);
    expect(await finished(id)).toMatchObject({ status: 'ready' });
    expect(await computations([id])).toEqual([1]);
    expect(await statusOf(`${late.url}/health/ready`)).toBe(200);
  });

  test('that never was there keeps no worker from ending', async () => {
    const worker = await launchPart('worker', { ...settings, REDIS_URL: `redis://127.0.0.1:${await nextFree(0)}` });
    while ((await statusOf(`${worker.url}/health/live`)) !== 200) await sleep(100);
    await askReport();
    await sleep(2_500);
    expect(await within(10, worker.end('SIGTERM'))).toBe(0);
  });
});
