import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nextFree } from '../../scripts/services/ports.js';
import { parseConfig } from '../../src/platform/config.js';

const ROOT = path.resolve(__dirname, '../..');
/** Ends the part when this test process ends first. */
const FOLLOW_PARENT = path.join(ROOT, 'scripts/services/follow-parent.ts');
const FILES = { api: 'src/server.ts', worker: 'workers/main.ts' };
const START_SECONDS = 30;
/** The one of `startTestApp`: what a test seals or encrypts, its parts can read. */
const { dataKey: DATA_KEY } = parseConfig({ LIPTAKO_MODE: 'test', DATABASE_URL: 'postgresql://127.0.0.1/unused' });

/** Signs the tokens of the parts that a test starts. */
export const PART_SECRET = 'signs-tokens-of-processes-in-tests-only';

/** The API or the worker in a process of its own. */
export interface AppPart {
  readonly process: ChildProcess;
  readonly url: string;
  /** Everything it has printed. */
  output(): string;
  /** Resolves to the exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

const running = new Set<AppPart>();

/** Starts a part as in production and waits until it is ready. */
export async function startPart(kind: keyof typeof FILES, environment: NodeJS.ProcessEnv): Promise<AppPart> {
  const part = await launchPart(kind, environment);
  const until = Date.now() + START_SECONDS * 1000;
  while ((await statusOf(`${part.url}/health/ready`)) !== 200) {
    if (Date.now() > until || part.process.exitCode !== null) throw new Error(`${kind} is not ready:\n${part.output()}`);
    await sleep(50);
  }
  return part;
}

/** Starts a part without waiting. Settings that are not given are empty, so that a developer's .env does not lead elsewhere. */
export async function launchPart(kind: keyof typeof FILES, environment: NodeJS.ProcessEnv): Promise<AppPart> {
  const port = String(await nextFree(0));
  const { PATH = '', HOME = '' } = process.env;
  const keys = { JWT_SECRET: PART_SECRET, DATA_KEY };
  const own = { LIPTAKO_MODE: 'production', LIPTAKO_LANG: 'en', HOST: '127.0.0.1', LOG_LEVEL: '', PUBLIC_URL: `http://127.0.0.1:${port}`, ...keys };
  const child = spawn(process.execPath, ['--require', 'tsx/cjs', '--require', FOLLOW_PARENT, path.join(ROOT, FILES[kind])], {
    cwd: ROOT,
    env: { PATH, HOME, NODE_ENV: 'production', DATABASE_URL: '', REDIS_URL: '', ...own, PORT: port, WORKER_PORT: port, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]: (number | NodeJS.Signals)[]) => {
    running.delete(part);
    return code ?? signal ?? 1;
  });
  const part: AppPart = {
    process: child,
    url: `http://127.0.0.1:${port}`,
    output: () => output,
    ended,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
  running.add(part);
  return part;
}

/** Ends the parts that are left; for `afterAll`. */
export async function endParts(): Promise<void> {
  await Promise.all([...running].map((part) => part.end('SIGKILL')));
}

/** The status of an address; 0 when nobody answers. */
export function statusOf(url: string): Promise<number> {
  return fetch(url, { signal: AbortSignal.timeout(5_000) }).then(
    (response) => response.status,
    () => 0,
  );
}
