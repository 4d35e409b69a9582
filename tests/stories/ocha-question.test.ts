import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { startTestApp, type TestApp } from '../support/app.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';

const folder = path.resolve(__dirname, '../../../shared/fixtures/fts/jordan-2020-api');
const whenPresent = existsSync(folder) ? test : test.skip;

let app: TestApp;
let worker: TestWorker;

beforeAll(async () => {
  app = await startTestApp();
  worker = await startTestWorker(app);
});

afterAll(async () => {
  await worker.stop();
  await app.close();
});

interface Row {
  readonly key: Readonly<Record<string, string>>;
  readonly pledged: string;
  readonly committed: string;
}

// OCHA's question: how much of the year's money for the country is commitment or paid, and how much is only pledged?
whenPresent('an upload of Jordan 2020 and a report by state and usage year give the totals that OCHA states', async () => {
  const administrator = await app.user({ roles: ['administrator'] });
  const upload = app.anonymous.post('/v1/imports').set('authorization', `Bearer ${administrator.token}`).field('source', 'fts').field('countries', 'JOR');
  const pages = readdirSync(folder).filter((name) => name.endsWith('.json'));
  for (const page of pages) void upload.attach('files', path.join(folder, page));
  const { body: run } = await upload.expect(202);
  const imported = await worker.untilReady(administrator, `/v1/imports/${run.id as string}`);
  expect(imported).toMatchObject({ status: 'ready', summary: { totals: { matchesHeader: true } } });

  const { body: asked } = await administrator.post('/v1/reports', { groupBy: ['state', 'usageYear', 'plan'] }).expect(202);
  await worker.untilReady(administrator, `/v1/reports/${asked.id as string}`);
  const { body: report } = await administrator.get(`/v1/reports/${asked.id as string}/json`).expect(200);
  const rows = (report as { rows: Row[] }).rows.filter(({ key }) => key.state === 'JOR' && key.usageYear === '2020');
  const sum = (measure: 'pledged' | 'committed') => rows.reduce((total, row) => total + BigInt(row[measure].replace('.', '')), 0n);

  const header = JSON.parse(readFileSync(path.join(folder, pages[0]!), 'utf8')) as { data: { incoming: { fundingTotal: number; pledgeTotal: number } } };
  expect(sum('committed')).toBe(BigInt(header.data.incoming.fundingTotal) * 100n);
  expect(sum('pledged')).toBe(BigInt(header.data.incoming.pledgeTotal) * 100n);
});
