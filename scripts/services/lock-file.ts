import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { identityOf } from './processes.js';

/** Who holds a lock, and what they say about themselves. */
export interface LockHolder {
  readonly pid: number;
  readonly identity: string;
  readonly info: Readonly<Record<string, string | number>>;
}

export interface Lock {
  /** Says something to whoever finds the lock taken. */
  tell(info: LockHolder['info']): void;
  release(): void;
}

/** Takes a lock for a process (this one unless told otherwise), or says who holds it; one whose holder has ended is taken over. */
export function takeLock(file: string, pid = process.pid): { lock: Lock } | { holder: LockHolder } {
  mkdirSync(path.dirname(file), { recursive: true });
  const me = { pid, identity: identityOf(pid) ?? '', info: {} };
  for (;;) {
    if (publish(file, me)) return { lock: lockOf(file, me) };
    const holder = readLock(file);
    if (holder) return { holder };
    discardStale(file);
  }
}

/** The live holder of a lock. */
export function readLock(file: string): LockHolder | undefined {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as LockHolder;
    return identityOf(holder.pid) === holder.identity ? holder : undefined;
  } catch {
    return undefined;
  }
}

function lockOf(file: string, me: LockHolder): Lock {
  return {
    tell: (info) => {
      const draft = `${file}.${process.pid}`;
      writeFileSync(draft, JSON.stringify({ ...me, info }), { mode: 0o600 });
      renameSync(draft, file);
    },
    release: () => rmSync(file, { force: true }),
  };
}

/** A link fails when the name is there, and the file is never seen half written. */
function publish(file: string, holder: LockHolder): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves the file away first: if somebody else has just taken the lock over, theirs is put back. */
function discardStale(file: string): void {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
    if (readLock(aside)) linkSync(aside, file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}
