import { require as load } from 'tsx/cjs/api';

export default async function globalTeardown(): Promise<void> {
  const runDir = process.env.TEST_RUN_DIR;
  if (runDir === undefined) return;
  const { dropDatabasesOfRun } = load('./database.ts', __filename) as typeof import('./database.js');
  const { closeRun } = load('./test-run.ts', __filename) as typeof import('./test-run.js');
  if (process.env.TEST_DATABASE_URL) await dropDatabasesOfRun(runDir);
  await closeRun(runDir);
}
