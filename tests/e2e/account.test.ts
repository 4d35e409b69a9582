import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { Secret, TOTP } from 'otpauth';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { openChromium } from '../support/chromium.js';
import { openMailFolder } from '../support/mails.js';

const PASSWORD = 'sept zébus traversent le gué';
const mails = openMailFolder();
let app: TestApp;
let administrator: Client;
let server: Server;
let browser: Browser;
let address: string;

beforeAll(async () => {
  app = await startTestApp({ config: { mailDir: mails.mailDir, publicUrl: 'https://liptako.example.org' } });
  administrator = await app.user({ roles: ['administrator'] });
  server = createServer(app.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await openChromium();
}, 300_000);

afterAll(async () => {
  await browser.close();
  server.close();
  server.closeAllConnections();
  await app.close();
  mails.remove();
});

async function invite(email: string, roles: readonly string[]): Promise<void> {
  await administrator.post('/v1/users', { email, name: 'Awa Traoré', roles, states: ['MLI'] }).expect(201);
}

/** Opens the link of the last mail to an address as a person on a telephone would. */
async function openLink(email: string, errors: string[], locale = 'fr-FR'): Promise<Page> {
  const link = /https:\/\/liptako\.example\.org(\S+)/.exec((await mails.mailsTo(app, email)).at(-1)?.text ?? '')?.[1] ?? '';
  return openPage(link, errors, locale);
}

async function openPage(path: string, errors: string[], locale = 'fr-FR'): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, locale });
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('status of 4')) errors.push(message.text());
  });
  await page.goto(`${address}${path}`);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  return page;
}

async function choose(page: Page, password: string, repeated = password): Promise<void> {
  await page.fill('#password', password);
  await page.fill('#repeated', repeated);
  await page.click('button');
}

const message = (page: Page, text: RegExp) => page.locator('#message', { hasText: text }).waitFor({ timeout: 10_000 });

test('an officer opens the invitation on a telephone, chooses a password and sets up the second factor', async () => {
  const email = 'awa@finances.gov.ml';
  const errors: string[] = [];
  await invite(email, ['finance_officer']);
  const page = await openLink(email, errors);
  // The link's secret is gone from the address bar at once.
  expect(new URL(page.url()).hash).toBe('');
  await choose(page, PASSWORD, `${PASSWORD}!`);
  await message(page, /pas les mêmes/);
  await choose(page, 'liptako liptako liptako');
  await message(page, /./);
  await choose(page, PASSWORD);
  const code = page.locator('#next code');
  await code.waitFor();
  const secret = ((await code.textContent()) ?? '').replace(/ /g, '');
  expect(await page.locator('#next a').getAttribute('href')).toMatch(/^otpauth:\/\/totp\//);
  await page.fill('#totp', new TOTP({ secret: Secret.fromBase32(secret) }).generate());
  await page.click('#next button');
  await page.locator('#next li').nth(9).waitFor();
  await message(page, /enregistré/);
  const { id } = await app.deps.db.appUser.findUniqueOrThrow({ where: { email } });
  await administrator.get(`/v1/users/${id}`).expect((answer) => expect(answer.body).toMatchObject({ status: 'active', secondFactor: true }));
  expect(errors).toEqual([]);
});

test('a minister needs no second factor, and reads English where the browser does', async () => {
  const email = 'minister@gov.ne';
  const errors: string[] = [];
  await invite(email, ['minister']);
  const page = await openLink(email, errors, 'en-GB');
  await choose(page, PASSWORD);
  await message(page, /Your password is saved/);
  expect(await page.locator('#next').isVisible()).toBe(false);
  expect(errors).toEqual([]);

  const again = await openLink(email, errors, 'en-GB');
  await choose(again, PASSWORD);
  await message(again, /link/i);
});

test('a forgotten password is asked for and replaced', async () => {
  const email = 'oubli@gov.ml';
  const errors: string[] = [];
  await invite(email, ['minister']);
  const invited = await openLink(email, errors);
  await choose(invited, PASSWORD);
  await message(invited, /enregistré/);
  const asking = await openPage('/account/forgotten', errors);
  await asking.fill('#email', email);
  await asking.click('button');
  await message(asking, /envoyé/);
  const page = await openLink(email, errors);
  await choose(page, 'huit pirogues sur le fleuve Niger');
  await message(page, /enregistré/);
  await app.anonymous.post('/v1/auth/login').send({ email, password: 'huit pirogues sur le fleuve Niger' }).expect(200);
  expect(errors).toEqual([]);
});

test('an incomplete link says so', async () => {
  const page = await openPage('/account/invitation', []);
  await message(page, /incomplet/);
  expect(await page.locator('form').isVisible()).toBe(false);
});
