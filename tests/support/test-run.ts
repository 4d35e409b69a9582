import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { readLock, takeLock } from '../../scripts/services/lock-file.js';
import { forgetPlace } from '../../scripts/services/postgres-place.js';
import { stopPostgres } from '../../scripts/services/postgres.js';
import { stopRedis } from '../../scripts/services/redis.js';
import { lockOfRun } from './run-lock.js';

const RUNS = path.resolve(__dirname, '../../.data/test');

/** Makes the folder of a test run. */
export async function openRun(): Promise<string> {
  mkdirSync(RUNS, { recursive: true });
  await closeAbandonedRuns();
  const runDir = mkdtempSync(path.join(RUNS, 'run-'));
  takeLock(lockOfRun(runDir));
  return runDir;
}

/** Closes the runs whose jest was killed. */
export async function closeAbandonedRuns(): Promise<void> {
  const runs = existsSync(RUNS) ? readdirSync(RUNS).map((name) => path.join(RUNS, name)) : [];
  for (const runDir of runs) if (existsSync(lockOfRun(runDir)) && !readLock(lockOfRun(runDir))) await closeRun(runDir);
}

/** Ends the services of a run and removes its data. */
export async function closeRun(runDir: string): Promise<void> {
  if (existsSync(path.join(runDir, 'postgres.starting'))) {
    await stopPostgres(runDir);
    forgetPlace(runDir);
  }
  if (existsSync(path.join(runDir, 'redis.starting'))) await stopRedis(runDir);
  rmSync(runDir, { recursive: true, force: true });
}
