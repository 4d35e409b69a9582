import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { readLock, takeLock } from './lock-file.js';
import { nextFree } from './ports.js';
import { findCluster, type Place, preparePlace } from './postgres-place.js';
import { commandOf, endProcess, identityOf } from './processes.js';
import { type Secrets, secretsOf } from './secrets.js';

/** A running PostgreSQL. */
export interface Postgres {
  /** As the owner of the database: not a superuser. */
  readonly url: string;
  readonly superuserUrl: string;
  readonly port: number;
  readonly pid: number;
  /** False when another live process started it, which will also stop it. */
  readonly startedByUs: boolean;
  /** Set when the data could not be kept in the data folder. */
  readonly movedTo: string | undefined;
  /** Resolves when the server has ended, for whatever reason; never for one that somebody else started. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Holds the cluster, its lock, its secrets and its log. */
  readonly dataDir: string;
  /** The port to prefer; the next free one is taken when it is in use. */
  readonly port?: number;
  /** Faster, and lost with the machine. */
  readonly forTests?: boolean;
  /** The process on whose behalf the server runs, when not this one. */
  readonly owner?: number;
}

/** Another live process has the cluster but does not answer. */
export class PostgresBusyError extends Error {
  override readonly name = 'PostgresBusyError';
  constructor(readonly pid: number) {
    super(`The PostgreSQL of this folder is in use by process ${pid}.`);
  }
}

const OWNER = 'liptako';
const DATABASE = 'liptako';
const PREFERRED_PORT = 54_320;
const START_SECONDS = 60;
const FOR_TESTS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200', shared_buffers: '128MB' };
// A fast stop first; an immediate one leaves recovery to the next start.
const STOP = [['SIGINT', 30], ['SIGQUIT', 10], ['SIGKILL', 5]] as const;

/** Starts the PostgreSQL of a data folder, creating it at the first time; of two starters, the second uses the first's. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const dataDir = folder(options.dataDir);
  const taken = takeLock(lockFile(dataDir), options.owner);
  if ('holder' in taken) {
    const shared = await connectRunning(dataDir);
    if (shared) return shared;
    if (readLock(lockFile(dataDir))) throw new PostgresBusyError(taken.holder.pid);
    return startPostgres(options);
  }
  try {
    const place = preparePlace(dataDir);
    const secrets = secretsOf(dataDir);
    await endServer(place.cluster);
    if (!existsSync(path.join(place.cluster, 'PG_VERSION'))) initialise(place, secrets, options.forTests ?? false);
    const { server, port } = await launch(place, secrets, options, path.join(dataDir, 'logs'));
    await createOwnDatabase(superuserUrl(secrets, port), secrets);
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    server.unref();
    return {
      ...describe(secrets, port, server.pid ?? 0, place.movedTo),
      startedByUs: true,
      ended,
      stop: async () => {
        await endServer(place.cluster);
        taken.lock.release();
      },
    };
  } catch (error) {
    await stopPostgres(dataDir);
    throw error;
  }
}

/** The PostgreSQL of a data folder that another live process keeps running. */
export async function connectRunning(dataDir: string): Promise<Postgres | undefined> {
  dataDir = folder(dataDir);
  const until = Date.now() + START_SECONDS * 1000;
  while (readLock(lockFile(dataDir)) && Date.now() < until) {
    const place = findCluster(dataDir);
    const running = readPostmaster(place.cluster);
    const secrets = secretsOf(dataDir);
    if (running && (await serves(superuserUrl(secrets, running.port), place.cluster)) === 'yes' && (await hasOwnDatabase(secrets, running.port))) {
      return {
        ...describe(secrets, running.port, running.pid, place.movedTo),
        startedByUs: false,
        ended: new Promise(() => undefined),
        stop: () => Promise.resolve(),
      };
    }
    await sleep(100);
  }
  return undefined;
}

/** Ends the server of a data folder, whoever started it. */
export async function stopPostgres(dataDir: string): Promise<void> {
  await endServer(findCluster(folder(dataDir)).cluster);
  rmSync(lockFile(folder(dataDir)), { force: true });
}

/** One name per folder, whatever links lead to it: the server is recognised by it. */
function folder(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true });
  return realpathSync(dataDir);
}

function lockFile(dataDir: string): string {
  return path.join(dataDir, 'postgres.lock');
}

function superuserUrl(secrets: Secrets, port: number): string {
  return `postgresql://postgres:${secrets.superuserPassword}@127.0.0.1:${port}/postgres`;
}

function ownerUrl(secrets: Secrets, port: number): string {
  return `postgresql://${OWNER}:${secrets.ownerPassword}@127.0.0.1:${port}/${DATABASE}`;
}

function describe(secrets: Secrets, port: number, pid: number, movedTo: string | undefined) {
  return { url: ownerUrl(secrets, port), superuserUrl: superuserUrl(secrets, port), port, pid, movedTo };
}

function readPostmaster(cluster: string): { pid: number; port: number } | undefined {
  const file = path.join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const [pid, , , port] = readFileSync(file, 'utf8').split('\n').map(Number);
  return pid === undefined || Number.isNaN(pid) ? undefined : { pid, port: port ?? 0 };
}

/** Ends a server that an earlier run left behind; two on one data folder would destroy it. */
async function endServer(cluster: string): Promise<void> {
  const left = readPostmaster(cluster);
  if (!left) return;
  if (identityOf(left.pid) === undefined) return;
  if (/postgres/.test(commandOf(left.pid))) await endProcess(left.pid, STOP);
  // The number is by now another program's, which PostgreSQL would take for itself (usual when a container restarts).
  else rmSync(path.join(cluster, 'postmaster.pid'), { force: true });
}

function run(place: Place, program: string, args: readonly string[], input?: string): void {
  const result = spawnSync(path.join(place.programs, 'bin', program), args, {
    ...place.account,
    cwd: '/',
    env: serverEnvironment(),
    encoding: 'utf8',
    ...(input !== undefined && { input }),
  });
  if (result.status !== 0) throw new Error(`${program}: ${result.error?.message ?? (result.stderr.trim() || `exit code ${result.status}`)}`);
}

/** Without the caller's PG* variables, which would redirect the server. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
}

/** Made aside and renamed, so that an interrupted first start is not taken for a cluster. */
function initialise(place: Place, secrets: Secrets, forTests: boolean): void {
  const draft = `${place.cluster}.new`;
  const passwordFile = `${place.cluster}.password`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, `${secrets.superuserPassword}\n`, { mode: 0o600 });
  try {
    if (place.account) for (const file of [draft, passwordFile]) chownSync(file, place.account.uid, place.account.gid);
    run(place, 'initdb', [
      `--pgdata=${draft}`, `--pwfile=${passwordFile}`, '--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8',
      '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', ...(forTests ? ['--no-sync'] : []),
    ]); // prettier-ignore
    renameSync(draft, place.cluster);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

async function launch(place: Place, secrets: Secrets, options: PostgresOptions, logs: string): Promise<{ server: ChildProcess; port: number }> {
  let port = await nextFree(options.port ?? PREFERRED_PORT);
  for (let attempt = 1; attempt <= 20; attempt += 1) {
    const server = spawnServer(place, port, options.forTests ?? false, logs);
    const state = await readiness(server, superuserUrl(secrets, port), place.cluster);
    if (state === 'yes') return { server, port };
    await endServer(place.cluster);
    if (await portWasTaken(port)) port = await nextFree(port + 1);
    else if (state === 'wrong password') resetPassword(place, secrets);
    // The last processes of a server that was killed still have its memory.
    else if (/still in use/.test(endOf(path.join(logs, 'postgres.log')))) await sleep(500);
    else break;
  }
  throw new Error(`PostgreSQL did not start; its log ends with:\n${endOf(path.join(logs, 'postgres.log'))}`);
}

/** The secrets were removed and the data kept. */
function resetPassword(place: Place, secrets: Secrets): void {
  run(place, 'postgres', ['--single', '-D', place.cluster, 'postgres'], `ALTER ROLE postgres PASSWORD '${secrets.superuserPassword}'\n`);
}

async function portWasTaken(port: number): Promise<boolean> {
  return (await nextFree(port)) !== port;
}

function spawnServer(place: Place, port: number, forTests: boolean, logs: string): ChildProcess {
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const log = openSync(path.join(logs, 'postgres.log'), 'a', 0o600);
  const settings = {
    listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(port), timezone: 'UTC', log_timezone: 'UTC',
    password_encryption: 'scram-sha-256', ...(forTests && FOR_TESTS),
  }; // prettier-ignore
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  try {
    // In a session of its own: Ctrl-C in the terminal must not stop it before those who use it.
    return spawn(path.join(place.programs, 'bin/postgres'), ['-D', place.cluster, ...args], {
      ...place.account,
      cwd: '/',
      env: serverEnvironment(),
      detached: true,
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

type Answer = 'yes' | 'no' | 'wrong password';

async function readiness(server: ChildProcess, url: string, cluster: string): Promise<Answer> {
  server.on('error', () => undefined);
  const until = Date.now() + START_SECONDS * 1000;
  while (Date.now() < until) {
    const answer = await serves(url, cluster);
    if (answer !== 'no') return answer;
    if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return 'no';
    await sleep(25);
  }
  return 'no';
}

/** Whether the server at the address is really the one of this cluster: another may listen there and let anybody in. */
async function serves(url: string, cluster: string): Promise<Answer> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    return rows[0]?.data_directory === cluster ? 'yes' : 'no';
  } catch (error) {
    return error instanceof DatabaseError && error.code === '28P01' ? 'wrong password' : 'no';
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function hasOwnDatabase(secrets: Secrets, port: number): Promise<boolean> {
  const client = new Client({ connectionString: ownerUrl(secrets, port), connectionTimeoutMillis: 5_000 });
  return client.connect().then(
    async () => {
      await client.end();
      return true;
    },
    () => false,
  );
}

async function createOwnDatabase(url: string, secrets: Secrets): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const role = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [OWNER]);
    const verb = role.rowCount === 0 ? 'CREATE' : 'ALTER';
    await client.query(`${verb} ROLE ${OWNER} LOGIN NOSUPERUSER CREATEROLE CREATEDB PASSWORD '${secrets.ownerPassword}'`);
    const database = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (database.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE} OWNER ${OWNER}`);
  } finally {
    await client.end();
  }
}

function endOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-3).join('\n') : '';
}
