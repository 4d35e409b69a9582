import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { forgetPlace } from '../../scripts/services/postgres-place.js';
import { nextFree } from '../../scripts/services/ports.js';
import { commandBlocks, missingLines } from '../support/readme-blocks.js';

const ROOT = path.resolve(__dirname, '../..');
const README = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
const SHOWN_ADDRESS = 'http://127.0.0.1:3000';
const END_OF_BLOCK = '--- end of block ---';
const dataDir = mkdtempSync(path.join(tmpdir(), 'liptako-readme-'));

let address: string;
let environment: NodeJS.ProcessEnv;
let application: ChildProcess;

beforeAll(async () => {
  const port = await nextFree(0);
  address = `http://127.0.0.1:${port}`;
  const { PATH = '', HOME = '', LIPTAKO_REDIS_SERVER = '' } = process.env;
  // Set and empty, so that a developer's .env does not lead elsewhere.
  const own = { DATABASE_URL: '', REDIS_URL: '', JWT_SECRET: '', HOST: '', LIPTAKO_MODE: 'demo', LIPTAKO_LANG: 'fr', LIPTAKO_DATA_DIR: dataDir };
  environment = { PATH, HOME, LIPTAKO_REDIS_SERVER, ...own, PORT: String(port), WORKER_PORT: String(await nextFree(port + 1)) };
  application = spawn(process.execPath, ['scripts/run.mjs', 'scripts/start.ts'], { cwd: ROOT, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [application.stdout, application.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const until = Date.now() + 80_000;
  while (!output.includes('Ctrl-C')) {
    if (Date.now() > until || application.exitCode !== null) throw new Error(`not ready:\n${output}`);
    await sleep(100);
  }
}, 100_000);

afterAll(async () => {
  if (application.exitCode === null) {
    application.kill('SIGTERM');
    await once(application, 'exit');
  }
  forgetPlace(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

test('the commands of the five minutes do what the page says', () => {
  const blocks = commandBlocks(README, '## Cinq minutes');
  expect(blocks).not.toEqual([]);
  const here = (text: string) => text.replaceAll(SHOWN_ADDRESS, address);
  const script = path.join(dataDir, 'five-minutes.sh');
  writeFileSync(script, ['set -euo pipefail', 'exec 2>&1', ...blocks.map(({ commands }) => `${here(commands)}\necho '${END_OF_BLOCK}'`)].join('\n'));
  const { status, stdout } = spawnSync('bash', [script], { cwd: ROOT, env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 90_000 });
  const outputs = stdout.split(`${END_OF_BLOCK}\n`);
  if (status !== 0) throw new Error(`README.md line ${blocks[outputs.length - 1]?.line ?? 0}: the block ends with ${String(status)}:\n${outputs.at(-1) ?? ''}`);
  for (const [index, { line, expected }] of blocks.entries()) {
    const output = outputs[index] ?? '';
    expect({ line, output, missing: missingLines(expected.map(here), output) }).toEqual({ line, output, missing: [] });
  }
}, 100_000);
