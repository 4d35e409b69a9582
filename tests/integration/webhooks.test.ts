import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startTestApp, type Client, type TestApp } from '../support/app.js';
import { deliverWaiting, insertRun } from '../support/deliveries.js';

interface Message {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Created {
  readonly id: string;
  readonly secret: string;
  readonly version: number;
}

const received: Message[] = [];
/** What the other system answers, one after the other; otherwise 204. */
const answers: number[] = [];
let other: Server;
let url: string;
let app: TestApp;
let administrator: Client;

beforeAll(async () => {
  other = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      received.push({ headers: req.headers, body: Buffer.concat(chunks).toString() });
      res.writeHead(answers.shift() ?? 204, { location: '/elsewhere' }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(other, 'listening');
  url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/hook`;
  app = await startTestApp({ config: { publicUrl: 'https://liptako.example.org' } });
  administrator = await app.user({ roles: ['administrator'] });
});

afterEach(() => {
  received.length = 0;
  answers.length = 0;
});

afterAll(async () => {
  await app.close();
  other.close();
  other.closeAllConnections();
});

async function create(): Promise<Created> {
  return (await administrator.post('/v1/webhooks', { name: 'Portail', url }).expect(201)).body as Created;
}

async function sendTo(webhookId: string): Promise<string> {
  const runId = await insertRun(app, administrator.userId);
  await administrator.post(`/v1/reports/${runId}/deliveries`, { recipients: [{ kind: 'webhook', webhookId }], formats: ['pdf', 'csv'] }).expect(202);
  return runId;
}

const deliveryOf = (runId: string) => app.deps.db.delivery.findFirstOrThrow({ where: { runId } });

function expectSigned({ headers, body }: Message, secret: string): void {
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64')).update(signed).digest('base64')}`);
}

describe('another system', () => {
  test('is told that a report is ready, signed, with links that open its files', async () => {
    const { id, secret } = await create();
    const runId = await sendTo(id);
    await deliverWaiting(app);
    const [message] = received;
    const { id: deliveryId } = await deliveryOf(runId);
    expectSigned(message!, secret);
    expect(message!.headers['webhook-id']).toBe(deliveryId);
    const told = JSON.parse(message!.body) as { files: { url: string; format: string }[] };
    expect(told).toMatchObject({ id: deliveryId, type: 'report.ready', run: { id: runId, kind: 'test', code: 'ABCDEF012345' } });
    expect(told.files.map(({ format }) => format)).toEqual(['pdf', 'csv']);
    for (const file of told.files) await app.anonymous.get(new URL(file.url).pathname).expect(200);
  });

  test('that does not take it is told again, under the same id', async () => {
    const { id } = await create();
    const runId = await sendTo(id);
    answers.push(500, 302, 200);
    for (const status of ['queued', 'queued', 'sent']) {
      await deliverWaiting(app);
      expect(await deliveryOf(runId)).toMatchObject({ status });
    }
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(received).toHaveLength(3);
  });

  test('that is gone is told nothing any more', async () => {
    const { id } = await create();
    answers.push(410);
    const [first, second] = [await sendTo(id), await sendTo(id)];
    await deliverWaiting(app);
    expect(await deliveryOf(first)).toMatchObject({ status: 'failed', error: 'webhook_gone' });
    expect(await deliveryOf(second)).toMatchObject({ status: 'failed', error: 'webhook_inactive' });
    expect(received).toHaveLength(1);
    expect((await administrator.get(`/v1/webhooks/${id}`).expect(200)).body).toMatchObject({ active: false });
    expect(await app.deps.db.auditEvent.count({ where: { action: 'webhook.disable', recordId: id } })).toBe(1);
  });

  test('can be tried out, and answers what it answers', async () => {
    const { id } = await create();
    const ping = async () => (await administrator.post(`/v1/webhooks/${id}/test`).expect(200)).body as object;
    expect(await ping()).toEqual({ ok: true, status: 204, error: null });
    expect(JSON.parse(received[0]!.body)).toMatchObject({ type: 'ping' });
    answers.push(503);
    expect(await ping()).toEqual({ ok: false, status: 503, error: null });
    await administrator.edit(`/v1/webhooks/${id}`, { url: 'http://127.0.0.1:1/' }).expect(200);
    expect(await ping()).toMatchObject({ ok: false, status: null, error: expect.stringContaining('ECONNREFUSED') });
  });
});

describe('the secret', () => {
  test('is shown when it is made and never again, and rests sealed', async () => {
    const { id, secret } = await create();
    expect(secret).toMatch(/^whsec_[\w+/]{43}=$/);
    const { body } = await administrator.get(`/v1/webhooks/${id}`).expect(200);
    expect(body).not.toHaveProperty('secret');
    expect((await app.deps.db.webhook.findUniqueOrThrow({ where: { id } })).secret).not.toContain(secret.slice(6, 20));
    expect(JSON.stringify(await app.deps.db.auditEvent.findMany({ where: { recordId: id } }))).not.toContain(secret);
    expect(JSON.stringify(await app.deps.db.idempotencyKey.findMany())).not.toContain(secret);
  });

  test('can be replaced; the one before signs nothing any more', async () => {
    const { id, secret, version } = await create();
    const rotate = () => administrator.post(`/v1/webhooks/${id}/rotate-secret`).set('if-match', `"${version}"`);
    const renewed = (await rotate().expect(200)).body as Created;
    expect(renewed.secret).not.toBe(secret);
    await rotate().expect(412);
    await administrator.post(`/v1/webhooks/${id}/test`).expect(200);
    expectSigned(received[0]!, renewed.secret);
  });
});

describe('in production', () => {
  let strict: TestApp;
  let client: Client;

  beforeAll(async () => {
    strict = await startTestApp({ config: { webhookAllowPrivate: false } });
    client = await strict.user({ roles: ['administrator'] });
  });
  afterAll(() => strict.close());

  test('an address without TLS, or with a password, is refused', async () => {
    for (const refused of [url, 'https://user:word@example.org/']) {
      expect((await client.post('/v1/webhooks', { name: 'Portail', url: refused }).expect(400)).body).toMatchObject({ code: 'WEBHOOK_INSECURE', field: 'url' });
    }
  });

  test.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '169.254.169.254', '2130706433', 'localhost'])('nothing is sent into the network at https://%s', async (host) => {
    const { port } = new URL(url);
    const { body } = await client.post('/v1/webhooks', { name: 'Portail', url: `https://${host}:${port}/` }).expect(201);
    const answer = await client.post(`/v1/webhooks/${(body as Created).id}/test`).expect(200);
    expect(answer.body).toMatchObject({ ok: false, status: null, error: expect.stringContaining('is no public address') });
    expect(received).toEqual([]);
  });

  test('they are for administrators; auditors look', async () => {
    const [auditor, officer] = [await strict.user({ roles: ['auditor'] }), await strict.user({ roles: ['finance_officer'] })];
    await auditor.get('/v1/webhooks').expect(200);
    await auditor.post('/v1/webhooks', { name: 'x', url: 'https://example.org/' }).expect(403);
    await officer.get('/v1/webhooks').expect(403);
  });
});
