import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client as Postgres } from 'pg';
import { hashPassword } from '../../src/features/auth/password.js';
import { newId } from '../../src/platform/ids.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { type AppPart, endParts, launchPart, PART_SECRET, startPart, statusOf } from '../support/app-part.js';
import { addRate, createOrganisation, createPeople, flowBody, type People } from '../support/ledger.js';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js';

const REDIS_URL = 'redis://127.0.0.1:1';

let app: TestApp;
let sql: Postgres;
let people: People;
let donorId: string;
let pledgeId: string;

beforeAll(async () => {
  app = await startTestApp({ config: { jwtSecret: PART_SECRET } });
  sql = new Postgres({ connectionString: app.database.url });
  await sql.connect();
  people = await createPeople(app);
  donorId = await createOrganisation(app, 'Exemplie');
  await addRate(app, 'USD', '2025-03-07', '1.0800');
  const { body } = await people.officer.post('/v1/pledges', flowBody(donorId, { amount: '1000000.00' })).expect(201);
  pledgeId = (body as { id: string }).id;
});

afterEach(endParts);

afterAll(async () => {
  await sql.end();
  await app.close();
});

function startApi(databaseUrl = app.database.url, more: NodeJS.ProcessEnv = {}): Promise<AppPart> {
  return startPart('api', { DATABASE_URL: databaseUrl, REDIS_URL, ...more });
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, string>>;
}

/** Calls a process as the officer. */
async function call({ url }: AppPart, path: string, body?: object, key: string = newId()): Promise<Answer> {
  const headers = { authorization: `Bearer ${people.officer.token}`, 'accept-language': 'en' };
  const response = await fetch(url + path, {
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers: body ? { ...headers, 'content-type': 'application/json', 'idempotency-key': key } : headers,
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
}

/** A commitment of its own amount, so that it can be counted. */
const commitmentOf = (amount: string) => ({ pledgeId, amount: { amount, currency: 'EUR' }, valueDate: '2025-03-20' });

function commitmentsOf(amount: string): Promise<number> {
  return app.deps.db.commitment.count({ where: { amountMinor: BigInt(amount.replace('.', '')) } });
}

/** Does something while the pledge is locked, so that a commitment that fulfils it waits. */
async function whilePledgeIsLocked(act: () => Promise<void>): Promise<void> {
  await sql.query('BEGIN');
  await sql.query('SELECT FROM pledge WHERE id = $1 FOR UPDATE', [pledgeId]);
  try {
    await act();
  } finally {
    await sql.query('COMMIT');
  }
}

async function untilSomebodyWaits(): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await sql.query(waiting)).rowCount === 0) await sleep(20);
}

test('two processes on one database are one API', async () => {
  const [one, other] = [await startApi(), await startApi()];
  const key = newId();
  const answers = await Promise.all([one, other, one, other].map((part) => call(part, '/v1/commitments', commitmentOf('11.11'), key)));
  expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
  expect(answers[0]).toMatchObject({ status: 201 });
  expect(await commitmentsOf('11.11')).toBe(1);
  expect((await call(other, `/v1/commitments/${answers[0]!.body.id}`)).body).toEqual(answers[0]!.body);
  expect((await call(one, '/v1/commitments')).body).toEqual((await call(other, '/v1/commitments')).body);
});

describe('a process that is asked to stop', () => {
  test('answers what is under way, takes nothing new and ends', async () => {
    const api = await startApi();
    let answer: Promise<Answer> | undefined;
    await whilePledgeIsLocked(async () => {
      answer = call(api, '/v1/commitments', commitmentOf('22.22'));
      await untilSomebodyWaits();
      api.process.kill('SIGTERM');
      await sleep(1_000);
      expect(api.process.exitCode).toBeNull();
      expect(await statusOf(`${api.url}/health/live`)).toBe(0);
    });
    const { status, headers } = (await answer)!;
    expect(status).toBe(201);
    expect(headers.get('connection')).toBe('close');
    expect(await api.ended).toBe(0);
    expect(await commitmentsOf('22.22')).toBe(1);
  });

  test('ends although a client never lets its connection rest', async () => {
    const api = await startApi();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let served = 0;
    const ask = () => {
      const request = get(`${api.url}/v1/me`, { agent }, (response) => {
        served += 1;
        response.resume().once('end', ask);
      });
      request.once('error', () => agent.destroy());
    };
    ask();
    while (served < 5) await sleep(20);
    const asked = Date.now();
    expect(await api.end('SIGTERM')).toBe(0);
    expect(Date.now() - asked).toBeLessThan(5_000);
  });
});

describe('while the database is away', () => {
  let proxy: TcpProxy;
  let api: AppPart;

  beforeAll(async () => {
    proxy = await startProxy(app.database.url);
  });

  afterEach(async () => {
    proxy.cut();
    await proxy.restore();
  });

  afterAll(() => proxy.cut());

  function expectBusy({ status, headers, body }: Answer): void {
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'BUSY' });
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }

  async function untilReady(): Promise<void> {
    while ((await statusOf(`${api.url}/health/ready`)) !== 200) await sleep(50);
  }

  test('the process lives, is not ready, and says so to whoever asks', async () => {
    api = await startApi(proxy.url);
    proxy.cut();
    expect(await statusOf(`${api.url}/health/live`)).toBe(200);
    expect(await statusOf(`${api.url}/health/ready`)).toBe(503);
    const key = newId();
    expectBusy(await call(api, '/v1/pledges'));
    expectBusy(await call(api, '/v1/commitments', commitmentOf('33.33'), key));
    await proxy.restore();
    await untilReady();
    expect(await call(api, '/v1/commitments', commitmentOf('33.33'), key)).toMatchObject({ status: 201 });
    expect(await commitmentsOf('33.33')).toBe(1);
    expect(await statusOf(`${api.url}/health/live`)).toBe(200);
  });

  test('nothing of a request under way is kept, and it can be sent again', async () => {
    api = await startApi(proxy.url);
    const key = newId();
    await whilePledgeIsLocked(async () => {
      const answer = call(api, '/v1/commitments', commitmentOf('44.44'), key);
      await untilSomebodyWaits();
      proxy.cut();
      expectBusy(await answer);
    });
    expect(await commitmentsOf('44.44')).toBe(0);
    await proxy.restore();
    await untilReady();
    const again = await call(api, '/v1/commitments', commitmentOf('44.44'), key);
    expect(again).toMatchObject({ status: 201 });
    expect(again.headers.has('idempotent-replayed')).toBe(false);
    expect(await commitmentsOf('44.44')).toBe(1);
  });

  test('a request whose end was not heard of is not done twice', async () => {
    api = await startApi(proxy.url);
    const key = newId();
    proxy.cutAfter('COMMIT');
    expectBusy(await call(api, '/v1/commitments', commitmentOf('55.55'), key));
    await proxy.restore();
    await untilReady();
    while ((await commitmentsOf('55.55')) === 0) await sleep(50);
    const again = await call(api, '/v1/commitments', commitmentOf('55.55'), key);
    expect(again).toMatchObject({ status: 201 });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await commitmentsOf('55.55')).toBe(1);
  });

  test('connections that the database ends are replaced', async () => {
    api = await startApi();
    await Promise.all([1, 2, 3, 4].map(() => call(api, '/v1/pledges')));
    await sql.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()');
    await sleep(100);
    expect(await call(api, '/v1/pledges')).toMatchObject({ status: 200 });
  });
});

test('the metrics tell how long requests took, by route', async () => {
  const api = await startApi();
  await call(api, `/v1/pledges/${pledgeId}`);
  await statusOf(`${api.url}/nowhere`);
  const metrics = await fetch(`${api.url}/metrics`).then((response) => response.text());
  expect(metrics).toContain('# TYPE http_request_seconds histogram');
  expect(metrics).toContain('http_request_seconds_count{method="GET",route="/v1/pledges/:id",status="200"} 1');
  expect(metrics).toContain('http_request_seconds_count{method="GET",route="other",status="404"} 1');
});

describe('a start is refused', () => {
  async function refusal(environment: NodeJS.ProcessEnv): Promise<string> {
    const api = await launchPart('api', { REDIS_URL, ...environment });
    expect(await api.ended).toBe(1);
    expect(api.output()).not.toContain('hidden-word');
    return api.output().trim();
  }

  test('when settings are missing or wrong, each named with what is expected', async () => {
    const missing = await refusal({ JWT_SECRET: '', DATABASE_URL: '' });
    expect(missing.split('\n').sort()).toEqual([
      expect.stringMatching(/^DATABASE_URL: not set; expected: postgresql:\/\//),
      expect.stringMatching(/^JWT_SECRET: not set; expected: .*32 bytes/),
    ]);
    const wrong = { JWT_SECRET: 'hidden-word', DATABASE_URL: 'mysql://liptako:hidden-word@127.0.0.1/liptako', PORT: '70000', LIPTAKO_LNAG: 'en' };
    expect((await refusal(wrong)).split('\n').sort()).toEqual([
      expect.stringMatching(/^DATABASE_URL: .*hidden.*expected: postgresql:\/\//),
      expect.stringMatching(/^JWT_SECRET: .*hidden.*expected: .*32 bytes/),
      expect.stringMatching(/^LIPTAKO_LNAG: .*expected: /),
      expect.stringMatching(/^PORT: .*70000.*expected: .*65535/),
    ]);
  });

  test('when the database is out of reach', async () => {
    expect(await refusal({ DATABASE_URL: 'postgresql://liptako:hidden-word@127.0.0.1:1/liptako' })).toBe('The database does not answer; check DATABASE_URL and that the server is running.');
  });
});

test('the log holds no token, no password and no credentials', async () => {
  const password = 'a-word-that-nobody-logs';
  const email = `${newId()}@test.liptako`;
  const credential = { create: { passwordHash: await hashPassword(password) } };
  await app.deps.db.appUser.create({ data: { id: newId(), email, name: 'Aminata', roles: ['finance_officer'], credential } });
  const proxy = await startProxy(app.database.url);
  const api = await startApi(proxy.url, { LOG_LEVEL: 'trace' });
  const login = (given: string) => call(api, '/v1/auth/login', { email, password: given });
  const { body: session } = await login(password);
  expect(await login(`${password}!`)).toMatchObject({ status: 401 });
  await fetch(`${api.url}/v1/auth/login`, { method: 'POST', body: `{"password": "${password}"`, headers: { 'content-type': 'application/json' } });
  await fetch(`${api.url}/v1/me`, { headers: { authorization: `Bearer ${session.accessToken}`, cookie: `session=${session.accessToken}` } });
  proxy.cut();
  expect(await login(password)).toMatchObject({ status: 503 });
  expect(await api.end('SIGTERM')).toBe(0);
  const lines = api.output().trim().split('\n');
  expect(lines.filter((line) => line.includes('/v1/auth/login'))).not.toEqual([]);
  for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  const secrets = [password, session.accessToken ?? '', people.officer.token, PART_SECRET, new URL(app.database.url).password];
  for (const secret of secrets.filter((text) => text !== '')) expect(api.output()).not.toContain(secret);
});
