import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { endpoints } from '../../src/endpoints.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { openChromium } from '../support/chromium.js';

let app: TestApp;
let server: Server;
let browser: Browser;
let port: number;

beforeAll(async () => {
  app = await startTestApp();
  server = createServer(app.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  // A name that is not the machine's own: browsers make exceptions for 127.0.0.1.
  browser = await openChromium(['--host-resolver-rules=MAP liptako.test 127.0.0.1']);
}, 300_000);

afterAll(async () => {
  await browser.close();
  server.close();
  server.closeAllConnections();
  await app.close();
});

interface Visit {
  readonly page: Page;
  readonly errors: readonly string[];
  readonly hosts: ReadonlySet<string>;
}

async function visit(address: string, width: number): Promise<Visit> {
  const page = await browser.newPage({ viewport: { width, height: 800 } });
  const errors: string[] = [];
  const hosts = new Set<string>();
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('requestfailed', (request) => errors.push(`${request.url()}: ${request.failure()?.errorText ?? ''}`));
  page.on('response', (response) => {
    if (response.status() >= 400) errors.push(`${response.url()}: ${response.status()}`);
  });
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== 'data:' && protocol !== 'blob:') hosts.add(host);
  });
  await page.goto(`${address}/docs`);
  await page.locator('.opblock-tag-section').first().waitFor({ timeout: 40_000 });
  await page.waitForLoadState('networkidle');
  return { page, errors, hosts };
}

describe.each([1280, 360])('the documentation at %i px', (width) => {
  test('lists every operation, without an error and from this host alone', async () => {
    const host = `127.0.0.1:${port}`;
    const { page, errors, hosts } = await visit(`http://${host}`, width);
    const tags = page.locator('.opblock-tag');
    let operations = 0;
    for (let index = 0; index < (await tags.count()); index += 1) {
      const section = page.locator('.opblock-tag-section').nth(index);
      await tags.nth(index).click();
      await section.locator('.opblock').first().waitFor();
      operations += await section.locator('.opblock').count();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      await tags.nth(index).click();
    }
    expect(operations).toBe(endpoints.length);
    await tags.first().click();
    const login = page.locator('.opblock', { hasText: '/v1/auth/login' });
    await login.locator('.opblock-summary-control').click();
    await login.getByRole('button', { name: 'Execute' }).waitFor();
    expect(errors).toEqual([]);
    expect([...hosts]).toEqual([host]);
    await page.close();
  });
});

test('the documentation also opens under another host name, without TLS', async () => {
  const host = `liptako.test:${port}`;
  const { page, hosts } = await visit(`http://${host}`, 1280);
  expect([...hosts]).toEqual([host]);
  await page.close();
});
