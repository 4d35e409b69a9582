import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { loadReferenceData } from '../../prisma/reference/load.js';
import { forgetPlace } from '../../scripts/services/postgres-place.js';
import { nextFree } from '../../scripts/services/ports.js';
import { startPostgres } from '../../scripts/services/postgres.js';
import { startRedis } from '../../scripts/services/redis.js';
import { signAccessToken } from '../../src/http/access-token.js';
import { applyMigrations } from '../../src/platform/migrate.js';
import { parseConfig } from '../../src/platform/config.js';

const ROOT = path.resolve(__dirname, '../..');

/** The application as in production: PostgreSQL, Redis, one API process and one worker process. */
export interface Bench {
  readonly databaseUrl: string;
  readonly sql: Client;
  readonly address: string;
  token(userId: string): string;
  start(): Promise<void>;
  /** The most memory the worker has held since its start, in MiB. */
  workerPeak(): number;
  /** Where the worker tells its metrics. */
  readonly workerMetrics: string;
  stop(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'liptako-bench-'));
  const postgres = await startPostgres({ dataDir });
  const redis = await startRedis({ dataDir, program: process.env.LIPTAKO_REDIS_SERVER || undefined });
  await applyMigrations(postgres.url);
  await loadReferenceData(postgres.url);
  const sql = new Client({ connectionString: postgres.url });
  await sql.connect();
  const port = await nextFree(20_000);
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    LIPTAKO_MODE: 'production',
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    JWT_SECRET: 'signs-tokens-in-benchmarks-and-nowhere-else',
    DATA_KEY: 'encrypts-data-in-benchmarks-and-nowhere-else',
    PUBLIC_URL: 'http://127.0.0.1',
    PORT: String(port),
    WORKER_PORT: String(await nextFree(port + 1)),
    HOST: '127.0.0.1',
    LOG_LEVEL: 'error',
    DATABASE_POOL_SIZE: '16',
  };
  const config = parseConfig(env);
  const children: ChildProcess[] = [];
  return {
    databaseUrl: postgres.url,
    sql,
    address: `http://127.0.0.1:${port}`,
    token: (userId) => signAccessToken({ userId, sessionId: userId }, { ...config, accessTokenMinutes: 600 }).token,
    start: async () => {
      for (const file of ['src/server.ts', 'workers/main.ts']) {
        const child = spawn(process.execPath, ['--require', 'tsx/cjs', path.join(ROOT, file)], { cwd: ROOT, env: { ...env, ACCESS_TOKEN_MINUTES: '600' }, stdio: ['ignore', 'inherit', 'inherit'] });
        children.push(child);
      }
      for (const ready of [env.PORT, env.WORKER_PORT]) await untilReady(`http://127.0.0.1:${ready}/health/ready`);
    },
    workerMetrics: `http://127.0.0.1:${env.WORKER_PORT}/metrics`,
    workerPeak: () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${children[1]?.pid ?? 0}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    stop: async () => {
      await sql.end();
      for (const child of children) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await postgres.stop();
      await redis.stop();
      forgetPlace(dataDir);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function untilReady(address: string): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(100)) {
    const ready = await fetch(address).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
  }
  throw new Error(`${address} is not ready`);
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** One request on a kept-alive connection; with a version, for a record as it was in it. */
export function call(method: 'GET' | 'POST', address: string, token: string, body?: object, key?: string, version?: number): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${token}`,
    ...(text !== undefined && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
    ...(key !== undefined && { 'idempotency-key': key }),
    ...(version !== undefined && { 'if-match': `"${version}"` }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(address, { method, agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

/** From the request to the stored files, as a client that follows the run sees it; or only to the figures, which are there first. */
export async function runReport({ address }: Bench, token: string, pollMs: number, question: object = { groupBy: ['donor', 'state'] }, until: 'figures' | 'files' = 'files'): Promise<void> {
  const { body, status } = await call('POST', `${address}/v1/reports`, token, question);
  if (status !== 202) throw new Error(body);
  const { id } = JSON.parse(body) as { id: string };
  for (;;) {
    const run = JSON.parse((await call('GET', `${address}/v1/reports/${id}`, token)).body) as { status: string; error: string | null; hash: string | null };
    if (run.status === 'ready' || (until === 'figures' && run.hash !== null)) return;
    if (run.status === 'failed') throw new Error(run.error ?? 'failed');
    await sleep(pollMs);
  }
}

/** Acts per second when `clients` of them run for `seconds`. */
export async function rateOf(clients: number, seconds: number, act: (client: number, n: number) => Promise<void>): Promise<number> {
  const until = performance.now() + seconds * 1000;
  const begun = performance.now();
  let done = 0;
  const one = async (client: number): Promise<void> => {
    for (let n = 0; performance.now() < until; n += 1) {
      await act(client, n);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => one(client)));
  return (done * 1000) / (performance.now() - begun);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Milliseconds that `act` took. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
}
