import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { closeAbandonedRuns } from '../tests/support/test-run.js';

interface JestResult {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

const JEST = path.resolve(__dirname, '../node_modules/jest/bin/jest.js');

/** Jest's counts in one plain line; a file that could not even be loaded counts as a failure. */
function summary(result: JestResult): string {
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  const skipped = result.numPendingTests + result.numTodoTests;
  return `${result.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

const folder = mkdtempSync(path.join(tmpdir(), 'liptako-jest-'));
const outputFile = path.join(folder, 'result.json');
const jest = spawn(process.execPath, [JEST, ...process.argv.slice(2), '--json', `--outputFile=${outputFile}`], {
  stdio: 'inherit',
  cwd: path.resolve(__dirname, '..'),
  env: { ...process.env, NODE_ENV: 'test' },
});
// The terminal sends Ctrl-C to jest as well; this process stays to sum up.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => jest.kill('SIGTERM'));
jest.once('exit', (code) => void finish(code));

async function finish(code: number | null): Promise<void> {
  await closeAbandonedRuns();
  console.log(existsSync(outputFile) ? summary(JSON.parse(readFileSync(outputFile, 'utf8')) as JestResult) : '0 passed, 1 failed');
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = code ?? 1;
}
