import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { codeGroups } from '../../src/features/reports/code.js';
import { findArtefact } from '../../src/features/reports/reports.store.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { openChromium } from '../support/chromium.js';
import { addRate, createOrganisation, createPeople, flowBody } from '../support/ledger.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';

let app: TestApp;
let worker: TestWorker;
let server: Server;
let browser: Browser;
let address: string;
let code: string;
let pdf: Buffer;

beforeAll(async () => {
  app = await startTestApp();
  worker = await startTestWorker(app);
  const people = await createPeople(app);
  await addRate(app, 'USD', '2025-03-07', '1.0800');
  await people.officer.post('/v1/commitments', flowBody(await createOrganisation(app, 'Exemplie'))).expect(201);
  const auditor = await app.user({ roles: ['auditor'] });
  const asked = await auditor.post('/v1/reports', { groupBy: ['donor'], currency: 'EUR' }).expect(202);
  const { id } = asked.body as { id: string };
  await worker.untilDone(auditor, id);
  code = (await app.deps.db.reportRun.findUniqueOrThrow({ where: { id } })).code ?? '';
  pdf = (await findArtefact(app.deps.db, id, 'pdf', 'fr'))?.content ?? Buffer.of();
  server = createServer(app.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await openChromium();
}, 300_000);

afterAll(async () => {
  await browser.close();
  server.close();
  server.closeAllConnections();
  await worker.stop();
  await app.close();
});

/** Opens the page as a person on a telephone would. */
async function openPage(path: string, errors: string[], locale = 'fr-FR'): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, locale });
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('status of 4')) errors.push(message.text());
  });
  await page.goto(`${address}${path}`);
  return page;
}

const said = (page: Page, place: string, text: RegExp) => page.locator(place, { hasText: text }).waitFor({ timeout: 20_000 });
const width = (page: Page) => page.evaluate('document.documentElement.scrollWidth');

test('whoever holds a paper copy follows its address and compares the figures, then the file', async () => {
  const errors: string[] = [];
  const page = await openPage(`/verify/${code}`, errors);
  await said(page, '#message', /calculé ici/);
  expect(await page.inputValue('#code')).toBe(codeGroups(code));
  const figures = await page.locator('.figures .value').allTextContents();
  expect(figures).toContain('1\u202F000,00\u00A0EUR');
  expect(await width(page)).toBeLessThanOrEqual(360);

  await page.setInputFiles('#file', { name: 'rapport.pdf', mimeType: 'application/pdf', buffer: pdf });
  await said(page, '#verdict.good', /identique.*PDF, français/);
  await page.setInputFiles('#file', { name: 'rapport.pdf', mimeType: 'application/pdf', buffer: Buffer.concat([pdf, Buffer.from(' ')]) });
  await said(page, '#verdict.bad', /modifié/);
  await page.click('summary');
  expect(await width(page)).toBeLessThanOrEqual(360);
  expect(errors).toEqual([]);
});

test('a code is typed as it is read, also in English', async () => {
  const errors: string[] = [];
  const page = await openPage('/verify', errors, 'en-GB');
  await page.fill('#code', codeGroups(code).toLowerCase().replaceAll('-', ' '));
  await page.click('button');
  await said(page, '#message', /computed here/);
  expect(new URL(page.url()).pathname).toBe(`/verify/${code}`);
  expect(errors).toEqual([]);
});

test('an unknown code and one that is none say so', async () => {
  const errors: string[] = [];
  const page = await openPage('/verify', errors);
  await page.fill('#code', 'ZZZZ-ZZZZ-ZZZZ');
  await page.click('button');
  await said(page, '#message.bad', /ne porte ce code/);
  await page.fill('#code', 'ABC');
  await page.click('button');
  await said(page, '#message.bad', /douze lettres et chiffres/);
  expect(await page.locator('#report').isVisible()).toBe(false);
  expect(errors).toEqual([]);
});
