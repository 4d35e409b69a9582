import { require as load } from 'tsx/cjs/api';

/** Jest resolves no `.js` to `.ts` for its global files, so what they need is loaded by tsx. */
export default async function globalSetup(): Promise<void> {
  const { openRun } = load('./test-run.ts', __filename) as typeof import('./test-run.js');
  process.env.TEST_RUN_DIR = await openRun();
}
