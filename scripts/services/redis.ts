import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { readLock, takeLock } from './lock-file.js';
import { isFree, nextFree } from './ports.js';
import { commandOf, endProcess } from './processes.js';
import { findRedis, redisEnvironment, type RedisProgram } from './redis-server.js';

/** A running Redis. */
export interface RunningRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** False when another live process started it, which will also stop it. */
  readonly startedByUs: boolean;
  /** Resolves when the server has ended; never for one that somebody else started. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface RedisOptions {
  /** Holds the server's folder, its lock and its log. */
  readonly dataDir: string;
  /** The port to prefer; the next free one is taken when it is in use. */
  readonly port?: number;
  /** The redis-server of the setting LIPTAKO_REDIS_SERVER. */
  readonly program?: string | undefined;
  /** The process on whose behalf the server runs, when not this one. */
  readonly owner?: number;
  /** Called when redis-server is about to be fetched, which takes some seconds. */
  readonly onFetch?: () => void;
}

const PREFERRED_PORT = 63_790;
const START_SECONDS = 60;
const STOP = [['SIGTERM', 30], ['SIGKILL', 5]] as const;

/** Starts the Redis of a data folder; of two starters, the second uses the first's. */
export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  mkdirSync(options.dataDir, { recursive: true });
  const dataDir = realpathSync(options.dataDir);
  const folder = path.join(dataDir, 'redis');
  const taken = takeLock(lockFile(dataDir), options.owner);
  if ('holder' in taken) {
    const shared = await connectRunningRedis(dataDir);
    if (shared) return shared;
    if (!readLock(lockFile(dataDir))) return startRedis(options);
    throw new Error(`The Redis of this folder is in use by process ${taken.holder.pid}.`);
  }
  try {
    const program = findRedis(options.program, options.onFetch ?? (() => undefined));
    await endServer(folder);
    const { server, port } = await launch(program, folder, options.port ?? PREFERRED_PORT, path.join(dataDir, 'logs'));
    taken.lock.tell({ port, server: server.pid ?? 0 });
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    server.unref();
    return {
      ...describe(port, server.pid ?? 0),
      startedByUs: true,
      ended,
      stop: async () => {
        await endServer(folder);
        taken.lock.release();
      },
    };
  } catch (error) {
    await stopRedis(dataDir);
    throw error;
  }
}

/** The Redis of a data folder that another live process keeps running. */
export async function connectRunningRedis(dataDir: string): Promise<RunningRedis | undefined> {
  const until = Date.now() + START_SECONDS * 1000;
  for (let holder = readLock(lockFile(dataDir)); holder && Date.now() < until; holder = readLock(lockFile(dataDir))) {
    const { port, server } = holder.info;
    if (typeof port === 'number' && typeof server === 'number') {
      return { ...describe(port, server), startedByUs: false, ended: new Promise(() => undefined), stop: () => Promise.resolve() };
    }
    await sleep(100);
  }
  return undefined;
}

/** Ends the server of a data folder, whoever started it. */
export async function stopRedis(dataDir: string): Promise<void> {
  await endServer(path.join(dataDir, 'redis'));
  rmSync(lockFile(dataDir), { force: true });
}

function lockFile(dataDir: string): string {
  return path.join(dataDir, 'redis.lock');
}

function describe(port: number, pid: number) {
  return { url: `redis://127.0.0.1:${port}`, port, pid };
}

async function endServer(folder: string): Promise<void> {
  const file = path.join(folder, 'redis.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8'));
  if (/redis-(server|check-rdb)/.test(commandOf(pid)) && worksIn(pid, folder)) await endProcess(pid, STOP);
  rmSync(file, { force: true });
}

/** Another Redis may by now have the number; ours has its data folder as working directory. */
function worksIn(pid: number, folder: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder);
  } catch {
    return false;
  }
}

async function launch(program: RedisProgram, folder: string, preferred: number, logs: string): Promise<{ server: ChildProcess; port: number }> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let port = await nextFree(preferred);
  for (let attempt = 1; attempt <= 20; attempt += 1) {
    const server = spawnServer(program, folder, port, logs);
    if (await isReady(server, port, folder)) return { server, port };
    await endServer(folder);
    if (await isFree(port)) break;
    port = await nextFree(port + 1);
  }
  throw new Error(`Redis did not start; its log: ${path.join(logs, 'redis.log')}`);
}

function spawnServer(program: RedisProgram, folder: string, port: number, logs: string): ChildProcess {
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const log = openSync(path.join(logs, 'redis.log'), 'a', 0o600);
  // Without the append-only file a kill loses every queued job; an evicted key would be a lost job too.
  const settings = {
    bind: '127.0.0.1', port: String(port), 'protected-mode': 'yes', dir: `"${folder}"`, pidfile: `"${path.join(folder, 'redis.pid')}"`,
    appendonly: 'yes', appendfsync: 'everysec', save: '""', 'maxmemory-policy': 'noeviction', daemonize: 'no',
  }; // prettier-ignore
  const file = path.join(folder, 'redis.conf');
  writeFileSync(file, Object.entries(settings).map(([name, value]) => `${name} ${value}\n`).join(''), { mode: 0o600 });
  try {
    // In a session of its own: Ctrl-C in the terminal must not stop it before those who use it.
    return spawn(program.command, [file], { cwd: folder, env: redisEnvironment(program.libraries), detached: true, stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
}

async function isReady(server: ChildProcess, port: number, folder: string): Promise<boolean> {
  server.on('error', () => undefined);
  const until = Date.now() + START_SECONDS * 1000;
  while (Date.now() < until) {
    if (await serves(port, folder)) return true;
    if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return false;
    await sleep(20);
  }
  return false;
}

/** Whether the Redis on the port is the one of this folder, and has loaded its data. */
async function serves(port: number, folder: string): Promise<boolean> {
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null, connectTimeout: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
    const [, dir] = (await client.config('GET', 'dir'));
    return dir === realpathSync(folder);
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
