import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { findCluster, forgetPlace } from '../../scripts/services/postgres-place.js';
import { nextFree } from '../../scripts/services/ports.js';
import { identityOf } from '../../scripts/services/processes.js';

const ROOT = path.resolve(__dirname, '../..');
const dataDir = mkdtempSync(path.join(tmpdir(), 'liptako-start-'));
const leftToEnd = new Set<ChildProcess>();
let ports: { readonly PORT: string; readonly WORKER_PORT: string };

interface Run {
  readonly process: ChildProcess;
  output(): string;
  exit(): Promise<unknown>;
}

function start(): Run {
  const { PATH = '', HOME = '', LIPTAKO_REDIS_SERVER = '' } = process.env;
  // Set and empty, so that a developer's .env does not lead elsewhere.
  const own = { DATABASE_URL: '', REDIS_URL: '', JWT_SECRET: '', HOST: '', LIPTAKO_MODE: 'demo', LIPTAKO_LANG: 'en', LIPTAKO_DATA_DIR: dataDir };
  const env = { PATH, HOME, LIPTAKO_REDIS_SERVER, ...own, ...ports };
  const child = spawn(process.execPath, ['scripts/run.mjs', 'scripts/start.ts'], { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  leftToEnd.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'exit').then(([code]: unknown[]) => {
    leftToEnd.delete(child);
    return code;
  });
  return { process: child, output: () => output, exit: () => ended };
}

async function ready(run: Run): Promise<void> {
  const until = Date.now() + 40_000;
  while (!run.output().includes('Ctrl-C')) {
    if (Date.now() > until || run.process.exitCode !== null) throw new Error(`not ready:\n${run.output()}`);
    await sleep(50);
  }
}

function pidsInUse(run: Run): number[] {
  const { info } = JSON.parse(readFileSync(path.join(dataDir, 'start.lock'), 'utf8')) as { info: { api: number; worker: number } };
  const redis = Number(readFileSync(path.join(dataDir, 'redis/redis.pid'), 'utf8'));
  return [run.process.pid!, info.api, info.worker, redis, postmaster()];
}

function postmaster(): number {
  return Number.parseInt(readFileSync(path.join(findCluster(dataDir).cluster, 'postmaster.pid'), 'utf8'), 10);
}

async function sql<Row extends object>(text: string): Promise<Row[]> {
  const { superuserPassword } = JSON.parse(readFileSync(path.join(dataDir, 'demo-secrets.json'), 'utf8')) as { superuserPassword: string };
  const port = readFileSync(path.join(findCluster(dataDir).cluster, 'postmaster.pid'), 'utf8').split('\n')[3]!;
  const client = new Client({ connectionString: `postgresql://postgres:${superuserPassword}@127.0.0.1:${port}/liptako` });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

function health(): Promise<number> {
  return fetch(`http://127.0.0.1:${ports.PORT}/health/ready`).then(
    (response) => response.status,
    () => 0,
  );
}

beforeAll(async () => {
  const port = await nextFree(0);
  ports = { PORT: String(port), WORKER_PORT: String(await nextFree(port + 1)) };
});

afterAll(async () => {
  for (const child of leftToEnd) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  forgetPlace(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

describe('npm start', () => {
  let run: Run;
  let pids: readonly number[];

  test('serves, and says so when it is started a second time', async () => {
    run = start();
    await ready(run);
    expect(await health()).toBe(200);
    const second = start();
    expect(await second.exit()).toBe(1);
    expect(second.output().trim()).toBe(`Liptako is already running: http://127.0.0.1:${ports.PORT} (process ${run.process.pid!}).`);
  });

  test('survives the death of its PostgreSQL', async () => {
    await sql(`COMMENT ON DATABASE liptako IS 'kept'`);
    process.kill(postmaster(), 'SIGKILL');
    const until = Date.now() + 20_000;
    while (!run.output().includes('PostgreSQL is running again') || (await health()) !== 200) {
      if (Date.now() > until) throw new Error(run.output());
      await sleep(100);
    }
  });

  test('leaves no process behind after Ctrl-C, pressed twice', async () => {
    pids = pidsInUse(run);
    expect(pids.map((pid) => identityOf(pid) !== undefined)).toEqual([true, true, true, true, true]);
    process.kill(-run.process.pid!, 'SIGINT');
    await sleep(20);
    process.kill(-run.process.pid!, 'SIGINT');
    expect(await run.exit()).toBe(0);
    expect(pids.filter((pid) => identityOf(pid) !== undefined)).toEqual([]);
    expect(existsSync(path.join(dataDir, 'start.lock'))).toBe(false);
  });

  test('names the setting whose port is in use', async () => {
    const other = createServer().listen(Number(ports.PORT), '127.0.0.1');
    await once(other, 'listening');
    const refused = start();
    expect(await refused.exit()).toBe(1);
    other.close();
    expect(refused.output()).toContain(`PORT: port ${ports.PORT} is already in use`);
  });

  test('starts over a lock left by a dead process, with the data of before', async () => {
    writeFileSync(path.join(dataDir, 'start.lock'), JSON.stringify({ pid: pids[0], identity: '1', info: {} }));
    run = start();
    await ready(run);
    expect(await sql(`SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = 'liptako'`)).toEqual([{ comment: 'kept' }]);
    pids = pidsInUse(run);
    run.process.kill('SIGTERM');
    expect(await run.exit()).toBe(0);
    expect(pids.filter((pid) => identityOf(pid) !== undefined)).toEqual([]);
  });
});
