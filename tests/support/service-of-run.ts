import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readLock } from '../../scripts/services/lock-file.js';
import { lockOfRun } from './run-lock.js';

const ROOT = path.resolve(__dirname, '../..');
const STARTER = path.join(ROOT, 'scripts/services/start-for-tests.ts');

/** What is known of a service of this run; the first to ask starts it, so that unit tests pay nothing. */
export function serviceOfRun(kind: 'postgres' | 'redis'): unknown {
  const runDir = process.env.TEST_RUN_DIR;
  if (runDir === undefined) throw new Error('A test that needs a service runs after jest’s global setup.');
  const file = path.join(runDir, `${kind}.json`);
  if (!existsSync(file)) {
    // On behalf of jest itself: this process may be one of its workers, which come and go.
    const owner = String(readLock(lockOfRun(runDir))?.pid ?? process.pid);
    const command = ['--require', 'tsx/cjs', STARTER, kind, runDir, owner];
    execFileSync(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return JSON.parse(readFileSync(file, 'utf8'));
}
