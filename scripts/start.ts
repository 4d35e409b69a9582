import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cliText } from '../src/i18n/cli.js';
import { parseConfig, readSettings, terminalLanguage } from '../src/platform/config.js';
import { applyMigrations } from '../src/platform/migrate.js';
import type { DataKeys } from '../src/platform/secret-box.js';
import { type AppProcess, startApp } from './services/app-process.js';
import { type LockHolder, takeLock } from './services/lock-file.js';
import { isFree, nextFree } from './services/ports.js';
import { startPostgres } from './services/postgres.js';
import { startRedis } from './services/redis.js';
import { RestartBudget } from './services/restart-budget.js';
import { explainError } from './services/run-command.js';
import { dataKeysOf, demoKeys, supplied } from './services/secrets.js';
import { type DemoUser, showReady } from './services/show-ready.js';

/** Ends the start or the running: with a line to show, or at the user's wish. */
class Stop extends Error {
  constructor(
    readonly exitCode: number,
    message = '',
  ) {
    super(message);
  }
}

const ROOT = path.resolve(__dirname, '..');
const READY_SECONDS = 90;
const lang = terminalLanguage(process.env);
const say = (line: string) => process.stdout.write(`${line}\n`);

/** What has been started so far, undone in reverse. */
const undo: (() => unknown)[] = [];
let stopping = false;
let stop: (reason: unknown) => void = () => undefined;
const stopped = new Promise<never>((_, reject) => {
  stop = reject;
});
stopped.catch(() => undefined);

/** A step that a wish to stop interrupts once it is done; what it started is undone like the rest. */
async function step<T>(work: Promise<T>): Promise<T> {
  const result = await work;
  await Promise.race([stopped, Promise.resolve()]);
  return result;
}

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const production = settings.LIPTAKO_MODE === 'production';
  if (production) parseConfig(process.env);
  const dataDir = path.resolve(ROOT, settings.LIPTAKO_DATA_DIR);
  const lock = lockFolder(dataDir);

  const urls = { database: settings.DATABASE_URL ?? '', redis: settings.REDIS_URL ?? '' };
  const apps: AppProcess[] = [];
  const restartApps = () => apps.forEach((app) => app.restart());
  if (settings.DATABASE_URL === undefined) {
    await keepRunning('PostgreSQL', (port) => startPostgres({ dataDir, ...port }), (url) => (urls.database = url), restartApps); // prettier-ignore
  }
  if (settings.REDIS_URL === undefined) {
    const options = { dataDir, program: settings.LIPTAKO_REDIS_SERVER, onFetch: () => say(cliText(lang, 'start.fetchingRedis')) };
    await keepRunning('Redis', (port) => startRedis({ ...options, ...port }), (url) => (urls.redis = url), restartApps); // prettier-ignore
  }

  const migrations = await step(applyMigrations(urls.database));
  if (migrations.length > 0) say(cliText(lang, 'migrate.applied', { count: migrations.length, names: migrations.join(', ') }));
  await step(load('prisma/reference/load.ts', 'loadReferenceData', urls.database));
  const demo = settings.LIPTAKO_MODE === 'demo' ? await step(load('prisma/demo/load.ts', 'loadDemoData', urls.database, dataKeysOf(settings, dataDir))) : undefined;

  const port = await choosePort('PORT', settings.PORT, settings.HOST);
  const workerPort = await choosePort('WORKER_PORT', settings.WORKER_PORT, settings.HOST, port);
  const environment = (): NodeJS.ProcessEnv => ({
    NODE_ENV: 'production',
    ...process.env,
    LIPTAKO_MODE: settings.LIPTAKO_MODE,
    ...supplied(settings, { DATABASE_URL: urls.database, REDIS_URL: urls.redis }),
    ...demoKeys(settings, dataDir),
    PORT: String(port),
    WORKER_PORT: String(workerPort),
  });
  parseConfig(environment());
  apps.push(keepApp('api', 'src/server.ts', dataDir, environment), keepApp('worker', 'workers/main.ts', dataDir, environment));
  undo.push(() => Promise.all(apps.map((app) => app.stop(settings.SHUTDOWN_TIMEOUT_SECONDS + 2))));
  const address = addressOf(settings.HOST, port);
  lock.tell({ address });
  await Promise.race([stopped, Promise.all([untilReady('api', address), untilReady('worker', addressOf(settings.HOST, workerPort))])]);

  lock.tell({ address, api: apps[0]?.pid() ?? 0, worker: apps[1]?.pid() ?? 0 });
  const users = (demo as { users?: readonly DemoUser[] } | undefined)?.users ?? [];
  const mailPages = settings.LIPTAKO_MODE === 'demo' && settings.SMTP_URL === undefined;
  showReady({ address, users, dataDir, mailPages, embedded: settings.DATABASE_URL === undefined }, process.env.LIPTAKO_LANG ? [lang] : ['fr', 'en'], say);
  await stopped;
}

function lockFolder(dataDir: string) {
  const taken = takeLock(path.join(dataDir, 'start.lock'));
  if ('holder' in taken) throw new Stop(1, alreadyRunning(taken.holder));
  undo.push(() => taken.lock.release());
  return taken.lock;
}

function alreadyRunning({ pid, info }: LockHolder): string {
  return info.address ? cliText(lang, 'start.alreadyRunning', { address: info.address, pid }) : cliText(lang, 'start.alreadyStarting', { pid });
}

interface Service {
  readonly url: string;
  readonly port: number;
  readonly startedByUs: boolean;
  readonly ended: Promise<void>;
  stop(): Promise<void>;
  readonly movedTo?: string | undefined;
  readonly pid: number;
}

/** Starts a service, and starts it again on the same port when it ends by itself. */
async function keepRunning(
  name: string,
  start: (port: { port?: number }) => Promise<Service>,
  tell: (url: string) => void,
  onMoved: () => void,
): Promise<void> {
  let current = start({});
  // Also one that is being started again at this moment.
  undo.push(async () => (await current.catch(() => undefined))?.stop());
  const service = await current;
  if (!service.startedByUs) throw new Stop(1, cliText(lang, 'start.inUseByCommand', { name }));
  tell(service.url);
  if (service.movedTo !== undefined) say(cliText(lang, 'start.movedData', { folder: service.movedTo }));
  await step(Promise.resolve());

  const budget = new RestartBudget();
  const watch = async (running: Service): Promise<void> => {
    await running.ended;
    if (isStopping()) return;
    if (budget.next() === undefined) throw new Stop(1, cliText(lang, 'start.gaveUp', { name }));
    say(cliText(lang, 'start.serviceEnded', { name }));
    await running.stop();
    current = start({ port: running.port });
    const again = await current;
    if (again.url !== running.url) {
      tell(again.url);
      onMoved();
    }
    say(cliText(lang, 'start.serviceBack', { name }));
    return watch(again);
  };
  watch(service).catch((error: unknown) => stop(error));
}

/** Read anew: signals change it between two lines. */
function isStopping(): boolean {
  return stopping;
}

function keepApp(name: 'api' | 'worker', file: string, dataDir: string, environment: () => NodeJS.ProcessEnv): AppProcess {
  const title = cliText(lang, `start.part.${name}`);
  const logFile = path.join(dataDir, 'logs', `${name}.log`);
  return startApp({
    name,
    file,
    logFile,
    environment,
    onError: (line) => say(`[${name}] ${line}`),
    onRestart: (reason, seconds) => say(cliText(lang, 'start.appEnded', { name: title, reason, seconds: String(seconds) })),
    onGiveUp: (reason) => stop(new Stop(1, cliText(lang, 'start.appGaveUp', { name: title, reason, file: logFile }))),
  });
}

async function load(file: string, name: string, databaseUrl: string, keys?: DataKeys): Promise<unknown> {
  const full = path.join(ROOT, file);
  if (!existsSync(full)) return undefined;
  const loader = createRequire(__filename)(full) as Record<string, (url: string, keys?: DataKeys) => Promise<unknown>>;
  return loader[name]?.(databaseUrl, keys);
}

/** A port that was asked for is a promise; a default one is a wish. */
async function choosePort(name: 'PORT' | 'WORKER_PORT', wanted: number, host: string, taken?: number): Promise<number> {
  const asked = Boolean(process.env[name]?.trim());
  if (wanted !== 0 && wanted !== taken && (await isFree(wanted, host))) return wanted;
  if (asked && wanted !== 0) throw new Stop(1, cliText(lang, 'start.portBusy', { name, port: String(wanted) }));
  const port = await nextFree(wanted === taken ? wanted + 1 : wanted, host);
  if (wanted !== 0) say(cliText(lang, 'start.portMoved', { name, wanted: String(wanted), port: String(port) }));
  return port;
}

function addressOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

async function untilReady(name: 'api' | 'worker', address: string): Promise<void> {
  const until = Date.now() + READY_SECONDS * 1000;
  while (!isStopping()) {
    const ready = await fetch(`${address}/health/ready`, { signal: AbortSignal.timeout(5_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    if (Date.now() > until) throw new Stop(1, cliText(lang, 'start.notReady', { name: cliText(lang, `start.part.${name}`), seconds: READY_SECONDS }));
    await sleep(100);
  }
}

let askedAt = 0;
function onSignal(): void {
  // npm passes on the signal that the terminal has already sent.
  if (stopping) {
    if (Date.now() - askedAt > 500) say(cliText(lang, 'start.alreadyStopping'));
    return;
  }
  stopping = true;
  askedAt = Date.now();
  say(cliText(lang, 'start.stopping'));
  stop(new Stop(0));
}

async function undoAll(): Promise<void> {
  stopping = true;
  for (const act of undo.reverse()) {
    try {
      await act();
    } catch (error) {
      console.error(explainError(error));
    }
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
// The shell that npm puts between takes a SIGTERM for itself and does not pass it on.
const parent = process.ppid;
if (process.env.npm_lifecycle_event !== undefined) {
  setInterval(() => {
    if (process.ppid !== parent && !stopping) onSignal();
  }, 500).unref();
}
// The terminal may be gone while the parts still drain.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

main().then(
  () => undefined,
  async (error: unknown) => {
    if (!(error instanceof Stop)) console.error(explainError(error));
    else if (error.message !== '') console.error(error.message);
    await undoAll();
    if (error instanceof Stop && error.exitCode === 0) say(cliText(lang, 'start.stopped'));
    process.exit(error instanceof Stop ? error.exitCode : 1);
  },
);
