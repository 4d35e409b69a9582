import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { type AppPart, endParts, startPart } from '../support/app-part.js';
import { insertRun, type MailServer, startMailServer } from '../support/deliveries.js';
import { testRedis } from '../support/redis.js';

let app: TestApp;
let officer: Client;
let minister: Client;
let server: MailServer;
let gate: Gate;

beforeAll(async () => {
  app = await startTestApp();
  officer = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
  minister = await app.user({ roles: ['minister'], states: ['MLI'] });
  await app.deps.db.userCredential.create({ data: { userId: minister.userId } });
});

afterEach(async () => {
  await endParts();
  await gate.close();
  await server.close();
});

afterAll(() => app.close());

/** Where the conversation with the mail server is held up until the worker is dead; what is held up is then lost. */
type Moment = 'connecting' | 'message' | 'answer';

interface Gate {
  readonly port: number;
  /** Resolves once the conversation stands at the moment. */
  readonly reached: Promise<void>;
  /** Lets every later conversation through. */
  open(): void;
  close(): Promise<void>;
}

/** Stands between a worker and the mail server, and holds up the first conversation at a moment. */
async function startGate(to: MailServer, moment: Moment): Promise<Gate> {
  let isOpen = false;
  let reach: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    if (!isOpen && moment === 'connecting') return reach();
    const upstream = connect(new URL(to.url));
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
    let inData = false;
    upstream.on('data', (chunk: Buffer) => {
      if (/^354 /m.test(chunk.toString())) inData = true;
      // The answer to the whole message.
      else if (inData && !isOpen && moment === 'answer') return reach();
      client.write(chunk);
    });
    client.on('data', (chunk: Buffer) => {
      if (!inData || isOpen || moment !== 'message') return void upstream.write(chunk);
      // Some of the message, and no more.
      upstream.write(chunk.subarray(0, 100));
      client.pause();
      reach();
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as AddressInfo).port,
    reached,
    open: () => (isOpen = true),
    close: () => closed(proxy, sockets),
  };
}

function connect({ hostname, port }: URL): Socket {
  return createConnection({ host: hostname, port: Number(port) });
}

function closed(proxy: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    proxy.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}

function startWorker(smtpPort: number): Promise<AppPart> {
  const { url, prefix } = testRedis();
  return startPart('worker', { DATABASE_URL: app.database.url, REDIS_URL: url, QUEUE_PREFIX: prefix, SMTP_URL: `smtp://127.0.0.1:${smtpPort}` });
}

async function sendOne(fileBytes = 10): Promise<string> {
  const runId = await insertRun(app, officer.userId, { scope: { all: false, states: ['MLI'], donorIds: [], restricted: false }, files: { pdf: 'x'.repeat(fileBytes) } });
  await officer.post(`/v1/reports/${runId}/deliveries`, { recipients: [{ kind: 'user', userId: minister.userId }] }).expect(202);
  return (await app.deps.db.delivery.findFirstOrThrow({ where: { runId, channel: 'mail' } })).id;
}

async function settled(id: string) {
  for (const until = Date.now() + 120_000; ; await sleep(100)) {
    const delivery = await app.deps.db.delivery.findUniqueOrThrow({ where: { id } });
    if (delivery.status === 'sent' || delivery.status === 'failed') return delivery;
    if (Date.now() > until) throw new Error(`still ${JSON.stringify(delivery)}`);
  }
}

test.each([
  ['connecting', { status: 'sent', error: null }],
  ['message', { status: 'sent', error: null }],
  ['answer', { status: 'failed', error: 'uncertain' }],
] as const)('a worker that is killed at “%s” has the mail sent once', async (moment, outcome) => {
  server = await startMailServer();
  gate = await startGate(server, moment);
  const first = await startWorker(gate.port);
  // More than the sockets hold back: its end is not reached while the rest is not taken.
  const id = await sendOne(4_500_000);
  await gate.reached;
  expect(await first.end('SIGKILL')).toBe('SIGKILL');
  gate.open();
  expect(await app.deps.db.delivery.findUnique({ where: { id } })).toMatchObject({ status: 'sending' });
  await startWorker(gate.port);
  expect(await settled(id)).toMatchObject(outcome);
  expect(Object.values(server.copies())).toEqual([1]);
}, 240_000);

test('three workers of which one after the other is killed send fifty mails, none of them twice', async () => {
  server = await startMailServer();
  gate = await startGate(server, 'connecting');
  gate.open();
  const ids: string[] = [];
  for (let n = 0; n < 50; n += 1) ids.push(await sendOne());
  for (let n = 0; n < 3; n += 1) {
    const worker = await startWorker(gate.port);
    const before = server.whole.length;
    while (server.whole.length < before + 5) await sleep(5);
    await worker.end('SIGKILL');
  }
  await startWorker(gate.port);
  for (const id of ids) {
    const { status, error } = await settled(id);
    expect([status, error]).toEqual(status === 'sent' ? ['sent', null] : ['failed', 'uncertain']);
  }
  const copies = server.copies();
  expect(Object.values(copies).every((count) => count === 1)).toBe(true);
  // Whatever was said to be sent has arrived.
  const sent = await app.deps.db.delivery.findMany({ where: { id: { in: ids }, status: 'sent' }, select: { id: true } });
  expect(sent.filter((one) => !Object.keys(copies).some((messageId) => messageId.includes(one.id)))).toEqual([]);
}, 400_000);
