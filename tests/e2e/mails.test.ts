import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { utimesSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { reportMail } from '../../src/i18n/delivery.js';
import { mailText } from '../../src/i18n/mail.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { openChromium } from '../support/chromium.js';
import { openMailFolder } from '../support/mails.js';

const mails = openMailFolder();
let app: TestApp;
let server: Server;
let browser: Browser;
let address: string;

beforeAll(async () => {
  app = await startTestApp({ config: { mode: 'demo', mailDir: mails.mailDir } });
  server = createServer(app.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await openChromium();
  const link = `${address}/v1/shared/x`;
  const report = reportMail('fr', {
    name: 'Awa Traoré',
    timeZone: 'Africa/Bamako',
    title: 'Engagements et décaissements',
    asOf: new Date('2026-05-01T14:05:00Z'),
    lateSince: null,
    figures: [{ label: 'Décaissé', value: '1\u202F250\u202F000,50\u00A0USD', rule: 'Somme des décaissements approuvés, chacun une fois.' }],
    attached: true,
    links: [{ format: 'pdf', url: link }],
    expiresAt: new Date('2026-05-15T14:05:00Z'),
    code: 'ABCDEF012345',
    verifyUrl: `${address}/verify/ABCDEF012345`,
  });
  const { mailer } = app.deps;
  await mailer.send({ to: 'awa@example.org', messageId: 'a', ...report, attachments: [{ name: 'rapport.pdf', type: 'application/pdf', content: Buffer.from('%PDF-1.7') }] });
  await mailer.send({ to: 'b@example.org', messageId: 'b', ...mailText('en', 'accountSuspended', { name: '<script>document.title = "no"</script>', timeZone: 'UTC', at: new Date() }) });
  utimesSync(path.join(mails.mailDir, 'b.eml'), new Date(), new Date(Date.now() - 60_000));
}, 300_000);

afterAll(async () => {
  await browser.close();
  server.close();
  server.closeAllConnections();
  await app.close();
  mails.remove();
});

async function openPage(width: number, errors: string[]): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width, height: 740 }, locale: 'fr-FR' })).newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => (message.type() === 'error' ? errors.push(message.text()) : undefined));
  await page.goto(`${address}/mails`);
  return page;
}

test.each([360, 1280])('the mails of the demonstration are read at %i px, the newest first', async (width) => {
  const errors: string[] = [];
  const page = await openPage(width, errors);
  expect(await page.locator('li a').allTextContents()).toEqual(['Engagements et décaissements, situation au 1er mai 2026', 'Your Liptako account is suspended']);
  await page.click('li a');
  await page.frameLocator('iframe').getByText('Awa Traoré').waitFor();
  expect(await page.frameLocator('iframe').locator('a').first().getAttribute('href')).toBe(`${address}/v1/shared/x`);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  const download = page.waitForEvent('download');
  await page.click('a[download]');
  expect((await download).suggestedFilename()).toBe('rapport.pdf');
  if (process.env.SCREENSHOTS) await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `mail-${width}.png`), fullPage: true });
  await page.goBack();
  if (process.env.SCREENSHOTS) await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `mails-${width}.png`), fullPage: true });
  await page.getByText('Your Liptako account is suspended').click();
  await page.frameLocator('iframe').getByText('<script>').waitFor();
  expect(await page.title()).toBe('Your Liptako account is suspended – Liptako');
  expect(errors).toEqual([]);
});

test('nothing but mails is shown, and nothing outside a demonstration', async () => {
  for (const name of ['..%2Fx.eml', 'c.eml', 'a.eml%00', 'a.eml/attachments/7']) await app.anonymous.get(`/mails/${name}`).expect(404);
  const production = await startTestApp({ config: { mailDir: mails.mailDir } });
  await production.anonymous.get('/mails').expect(404);
  const sending = await startTestApp({ config: { mode: 'demo', smtpUrl: 'smtp://127.0.0.1:1', mailDir: mails.mailDir } });
  await sending.anonymous.get('/mails').expect(404);
  for (const other of [production, sending]) await other.close();
});
