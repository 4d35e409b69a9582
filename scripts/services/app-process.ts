import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess } from './processes.js';
import { RestartBudget } from './restart-budget.js';

/** A part of the application that runs in a process of its own. */
export interface AppProcessOptions {
  readonly name: string;
  /** The TypeScript file to run. */
  readonly file: string;
  readonly logFile: string;
  /** Asked at each start: a database restarted on another port has another address. */
  readonly environment: () => NodeJS.ProcessEnv;
  /** Called with each line that a person should see. */
  readonly onError: (line: string) => void;
  /** Called when the process ended by itself and will be started again. */
  readonly onRestart: (reason: string, seconds: number) => void;
  /** Called when it ended too often. */
  readonly onGiveUp: (reason: string) => void;
}

export interface AppProcess {
  pid(): number | undefined;
  /** Asks it to drain; a restart follows unless it is being stopped. */
  restart(): void;
  /** Drains it, and kills it when the time is over. */
  stop(seconds: number): Promise<void>;
}

const ROOT = path.resolve(__dirname, '../..');
const FOLLOW_PARENT = path.join(__dirname, 'follow-parent.ts');
const LARGEST_LOG = 10_000_000;
const ERROR_LEVEL = 50;

/** Starts a process and keeps it running. */
export function startApp(options: AppProcessOptions): AppProcess {
  const budget = new RestartBudget();
  let child: ChildProcess | undefined;
  let stopping = false;

  const start = () => {
    child = launch(options);
    child.once('exit', (code, signal) => void ended(signal ?? `exit ${String(code)}`));
  };
  const ended = async (reason: string) => {
    if (stopping) return;
    const delay = budget.next();
    if (delay === undefined) {
      options.onGiveUp(reason);
      return;
    }
    options.onRestart(reason, delay);
    await sleep(delay * 1000);
    if (!isStopping()) start();
  };
  const isStopping = () => stopping;

  start();
  return {
    pid: () => child?.pid,
    restart: () => child?.kill('SIGTERM'),
    stop: async (seconds) => {
      stopping = true;
      if (child?.pid !== undefined) await endProcess(child.pid, [['SIGTERM', seconds], ['SIGKILL', 5]]); // prettier-ignore
    },
  };
}

function launch({ file, logFile, environment, onError }: AppProcessOptions): ChildProcess {
  // In a group of its own: Ctrl-C in the terminal reaches the parent alone, which stops the parts in their order.
  const child = spawn(process.execPath, ['--require', 'tsx/cjs', '--require', FOLLOW_PARENT, path.join(ROOT, file)], {
    cwd: ROOT,
    env: environment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  child.on('error', (error) => onError(error.message));
  const log = openLog(logFile);
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      const shown = stream === child.stderr ? line : errorIn(line);
      if (shown) onError(shown);
    });
  }
  child.once('close', () => log.end());
  return child;
}

function openLog(file: string) {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  if (existsSync(file) && statSync(file).size > LARGEST_LOG) renameSync(file, `${file}.1`);
  return createWriteStream(file, { flags: 'a', mode: 0o600 });
}

/** What a JSON log line reports when it is an error; a line that is no log is shown as it is. */
function errorIn(line: string): string | undefined {
  try {
    const { level, msg, err } = JSON.parse(line) as { level?: number; msg?: string; err?: { message?: string } };
    if (typeof level !== 'number') return line;
    return level < ERROR_LEVEL ? undefined : [msg, err?.message].filter((part, i, all) => part && all.indexOf(part) === i).join(': ');
  } catch {
    return line;
  }
}
