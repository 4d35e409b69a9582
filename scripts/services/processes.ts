import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What tells a process from a later one with the same number; undefined when it has ended. */
export function identityOf(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 1 || !answers(pid)) return undefined;
  if (process.platform !== 'linux') return ask(pid, 'lstart=');
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : rest[18];
  } catch {
    return undefined;
  }
}

/** The command line of a process, empty when it has ended. */
export function commandOf(pid: number): string {
  if (process.platform !== 'linux') return ask(pid, 'command=') ?? '';
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Sends the signals in turn until the process has ended, each with its own time. */
export async function endProcess(pid: number, steps: readonly (readonly [NodeJS.Signals, seconds: number])[]): Promise<void> {
  const identity = identityOf(pid);
  if (identity === undefined) return;
  for (const [signal, seconds] of steps) {
    if (identityOf(pid) !== identity) return;
    send(pid, signal);
    const until = Date.now() + seconds * 1000;
    while (identityOf(pid) === identity && Date.now() < until) await sleep(20);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function ask(pid: number, field: string): string | undefined {
  const { stdout, status } = spawnSync('ps', ['-o', field, '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
}
