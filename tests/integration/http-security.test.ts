import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import request, { type Test } from 'supertest';
import { buildApp } from '../../src/app.js';
import { newId } from '../../src/platform/ids.js';
import { createLogger } from '../../src/platform/logger.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';

const SITE = 'https://tracker.example.org';
const METRICS_TOKEN = 'token-of-the-metrics-in-tests';

/** As it comes, and as it stands behind one proxy with a site elsewhere. */
let plain: TestApp;
let open: TestApp;

beforeAll(async () => {
  plain = await startTestApp();
  open = await startTestApp({ config: { corsOrigins: [SITE, 'http://localhost:5173'], metricsToken: METRICS_TOKEN, trustProxy: 1 } });
});
afterAll(() => Promise.all([plain.close(), open.close()]));

describe('the headers', () => {
  let officer: Client;
  beforeAll(async () => {
    officer = await plain.user({ roles: ['finance_officer'], states: ['MLI'] });
  });

  const answers: [string, () => Test][] = [
    ['an answer', () => officer.get('/v1/me')],
    ['a refusal', () => plain.anonymous.get('/v1/me')],
    ['an unknown address', () => plain.anonymous.get('/v1/nowhere')],
    ['a body that is no JSON', () => plain.anonymous.post('/v1/auth/login').type('json').send('{')],
    ['the health', () => plain.anonymous.get('/health/live')],
    ['the API’s description', () => plain.anonymous.get('/openapi.json')],
  ];

  test.each(answers)('of %s let a browser run, frame, guess and reveal nothing', async (_, ask) => {
    const { headers } = await ask();
    expect(headers['content-security-policy']).toBe("default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'");
    expect(headers).toMatchObject({
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'strict-transport-security': expect.stringMatching(/^max-age=\d{8}/),
      'permissions-policy': expect.stringContaining('camera=(), '),
      'x-frame-options': 'SAMEORIGIN',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  test.each(answers.slice(0, 4))('of %s forbid to store it', async (_, ask) => {
    expect((await ask()).headers['cache-control']).toBe('no-store');
  });

  test('an endpoint may allow to store its answer', async () => {
    const { headers } = await officer.get('/v1/reference/countries');
    expect(headers['cache-control']).toBe('private, max-age=300');
  });

  test('the documentation may load what it needs, from this server alone', async () => {
    const { headers } = await plain.anonymous.get('/docs/').expect(200);
    expect(headers['content-security-policy']).toContain("script-src 'self';");
    expect(headers['content-security-policy']).toContain("default-src 'self';");
    expect(headers['content-security-policy']).not.toMatch(/https?:|unsafe-eval|upgrade-insecure-requests/);
    expect(headers['referrer-policy']).toBe('no-referrer');
  });
});

describe('pages of other origins', () => {
  const preflight = ({ anonymous }: TestApp, origin: string) =>
    anonymous.options('/v1/pledges').set({ origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,idempotency-key' });
  const corsOf = (headers: Record<string, string>) => Object.keys(headers).filter((name) => name.startsWith('access-control-'));

  test('reach nothing unless they are listed', async () => {
    for (const { headers } of [await preflight(plain, SITE), await plain.anonymous.get('/v1/me').set('origin', SITE)]) expect(corsOf(headers)).toEqual([]);
  });

  test('that are listed may ask, and read what they need', async () => {
    for (const origin of [SITE, 'http://localhost:5173']) {
      const { headers } = await open.anonymous.get('/v1/me').set('origin', origin).expect(401);
      expect(headers).toMatchObject({ 'access-control-allow-origin': origin, 'access-control-expose-headers': 'Content-Disposition,ETag,Location,Repr-Digest,Retry-After' });
      expect(headers.vary).toContain('Origin');
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
    }
  });

  test('that are listed learn beforehand what they may send', async () => {
    const { headers } = await preflight(open, SITE).expect(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': SITE,
      'access-control-allow-methods': 'GET,POST,PATCH,PUT,DELETE',
      'access-control-allow-headers': 'Authorization,Content-Type,Idempotency-Key,If-Match,Accept-Language',
    });
  });

  test.each(['https://other.example.org', `${SITE}.evil.org`, 'https://evil-tracker.example.org', `${SITE}:8443`, 'http://tracker.example.org', 'null'])(
    '%s is not listed',
    async (origin) => {
      for (const { headers } of [await preflight(open, origin), await open.anonymous.get('/v1/me').set('origin', origin)]) {
        expect(headers).not.toHaveProperty('access-control-allow-origin');
      }
    },
  );

  test('only call the API', async () => {
    const { headers } = await open.anonymous.get('/metrics').set('origin', SITE);
    expect(corsOf(headers)).toEqual([]);
  });
});

describe('a body', () => {
  const login = (body: string) => plain.anonymous.post('/v1/auth/login').set('accept-language', 'en').type('json').send(body);
  const MEGABYTE = 1_048_576;
  const filled = (bytes: number) => `{"email":"${'a'.repeat(bytes - 26)}","password":""}`;

  test('of more than a megabyte is refused', async () => {
    const { body } = await login(filled(MEGABYTE + 1)).expect(413);
    expect(body).toMatchObject({ code: 'BODY_TOO_LARGE', detail: 'At most 1048576 bytes are accepted.' });
    expect((await login(filled(MEGABYTE)).expect(400)).body).toMatchObject({ code: 'VALIDATION' });
  });

  const members = (count: number) => Array.from({ length: count }, (_, index) => `"k${index}":${index}`).join(',');
  test.each([
    ['deep in lists', `{"email":${'['.repeat(500_000)}${']'.repeat(500_000)},"password":"x"}`],
    ['deep in objects', `{"email":"a@b.ml","password":${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}}`],
    ['deep in unknown fields', `{"email":"a@b.ml","password":"x","more":${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}}`],
    ['only a list', `${'['.repeat(500_000)}${']'.repeat(500_000)}`],
    ['of many fields', `{${members(70_000)}}`],
    ['of one field many times', `{${'"email":"a@b.ml",'.repeat(50_000)}"password":1}`],
    ['with fields of every object', '{"__proto__":{"email":"a@b.ml","password":"x"},"constructor":{"prototype":{}}}'],
  ])('%s is refused in time', async (_, body) => {
    const started = performance.now();
    const answer = await login(body);
    expect(answer.body).toMatchObject({ status: 400, code: 'VALIDATION' });
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(({} as { email?: string }).email).toBeUndefined();
  });
});

describe('the address of who asks', () => {
  /** The address that the audit trail holds of a request. */
  async function addressOf(app: TestApp, forwarded: string): Promise<unknown> {
    const officer = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
    const requestId = newId();
    await officer
      .post('/v1/organisations', { name: `Exemplie ${requestId}`, type: '10', roles: ['donor'] })
      .set({ 'x-forwarded-for': forwarded, 'x-request-id': requestId })
      .expect(201);
    const { personal } = await app.deps.db.auditEvent.findFirstOrThrow({ where: { requestId } });
    return (personal as { address: unknown }).address;
  }

  test('is not believed from a header that anybody can write', async () => {
    expect(await addressOf(plain, '203.0.113.7')).toMatch(/^(::ffff:)?127\.0\.0\.1$|^::1$/);
  });

  test('is believed from the proxy in front, which writes the last', async () => {
    expect(await addressOf(open, '203.0.113.7')).toBe('203.0.113.7');
    expect(await addressOf(open, '198.51.100.1, 203.0.113.7')).toBe('203.0.113.7');
  });
});

describe('the metrics', () => {
  const metrics = ({ anonymous }: TestApp, authorization = '') => anonymous.get('/metrics').set({ authorization, 'accept-language': 'en' });

  test('are open unless a token is set', async () => {
    expect((await metrics(plain).expect(200)).text).toContain('http_request_seconds');
  });

  test('ask for the token that is set', async () => {
    expect((await metrics(open, `Bearer ${METRICS_TOKEN}`).expect(200)).text).toContain('http_request_seconds');
    for (const wrong of ['', METRICS_TOKEN, 'Bearer ', `Bearer ${METRICS_TOKEN}x`, `Bearer ${METRICS_TOKEN.slice(1)}`, `Basic ${METRICS_TOKEN}`]) {
      const { body, headers, text } = await metrics(open, wrong).expect(401);
      expect(body).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(headers['www-authenticate']).toContain('Bearer');
      expect(text).not.toContain('http_request_seconds');
    }
  });
});

test('the log of requests holds no token of their addresses', async () => {
  const lines: string[] = [];
  const log = createLogger({ logLevel: 'info' }, 'api', { write: (line) => void lines.push(line) });
  await request(buildApp({ ...plain.deps, log })).get('/v1/reset?token=hunter2&language=fr').set('authorization', 'Bearer hunter2');
  expect(lines.join()).toContain('/v1/reset?token=[redacted]&language=fr');
  expect(lines.join()).not.toContain('hunter2');
});
