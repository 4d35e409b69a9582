import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { nextFree } from '../../scripts/services/ports.js';
import { type RunningRedis, startRedis, stopRedis } from '../../scripts/services/redis.js';
import { createRateLimits, type RateLimitAnswer, type RateLimitKeys, type RateLimitOptions, type RateLimits, rateLimitTable } from '../../src/platform/rate-limit.js';
import { testRedis } from '../support/redis.js';

const keys = { current: 'hides-addresses-and-accounts-in-tests' };
const OFFICE = '192.0.2.7';
const HOME = '198.51.100.20';
const opened: RateLimits[] = [];
let reader: Redis;

beforeAll(() => {
  reader = new Redis(testRedis().url);
});
afterEach(() => {
  for (const limits of opened.splice(0)) limits.close();
});
afterAll(() => reader.disconnect());

function open(options: Partial<RateLimitOptions> = {}): RateLimits {
  const { url, prefix } = testRedis();
  const limits = createRateLimits({ redisUrl: url, prefix, keys, ...options });
  opened.push(limits);
  return limits;
}

/** Limits that count in Redis already, which they do not while they connect. */
async function openConnected(options: Partial<RateLimitOptions> = {}, from = reader): Promise<RateLimits> {
  const { prefix } = { ...testRedis(), ...options };
  const limits = open({ ...options, prefix });
  const counted = () => from.keys(`${prefix}:limit:refresh:*`);
  const { length: before } = await counted();
  for (let turn = 0; (await counted()).length === before; turn += 1) {
    await limits.take('refresh', { address: `${prefix}-${before}-${turn}` });
    await sleep(10);
  }
  return limits;
}

const login = (limits: RateLimits, account: string, address: string) => limits.take('login', { account, address });
const allowed = (answers: readonly RateLimitAnswer[]) => answers.filter((answer) => answer.allowed).length;

async function succeed(limits: RateLimits, who: RateLimitKeys): Promise<void> {
  const answer = await limits.take('login', who);
  if (!answer.allowed) throw new Error('not allowed');
  await answer.succeeded();
}

async function fail(limits: RateLimits, times: number, who: (index: number) => RateLimitKeys): Promise<RateLimitAnswer[]> {
  const answers: RateLimitAnswer[] = [];
  for (let index = 0; index < times; index += 1) answers.push(await limits.take('login', who(index)));
  return answers;
}

describe('of a hundred attempts at once', () => {
  test.each<[string, number, (index: number) => RateLimitKeys]>([
    ['by one account and address', rateLimitTable.login.pair[0], () => ({ account: 'ada@example.org', address: OFFICE })],
    ['by one account from many addresses', rateLimitTable.login.account[0], (index) => ({ account: 'ada@example.org', address: `10.0.0.${index}` })],
    ['by many accounts from one address', rateLimitTable.login.address[0], (index) => ({ account: `user-${index}@example.org`, address: OFFICE })],
    ['by nobody in particular', rateLimitTable.login.address[0], () => ({ address: OFFICE })],
  ])('%s, exactly %d may be made', async (_case, limit, who) => {
    const { prefix } = testRedis();
    // Two processes of one installation.
    // A Redis that a busy machine keeps waiting is not away.
    const patienceMs = 30_000;
    const processes = [await openConnected({ prefix, patienceMs }), await openConnected({ prefix, patienceMs })];
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => processes[index % 2]!.take('login', who(index))));
    expect(allowed(answers)).toBe(limit);
    expect(allowed(await fail(processes[0]!, 1, () => who(100)))).toBe(0);
    for (const answer of answers) if (!answer.allowed) expect(answer.retryAfterSeconds).toBeGreaterThan(0);
  });
});

describe('an attempt', () => {
  test('may be made again when the window is over, as the answer said', async () => {
    const table = { ...rateLimitTable, login: { ...rateLimitTable.login, pair: [2, 2] } } as const;
    const limits = await openConnected({ table });
    const answers = await fail(limits, 3, () => ({ account: 'ada', address: OFFICE }));
    expect(answers.map((answer) => answer.allowed)).toEqual([true, true, false]);
    expect(answers[2]).toEqual({ allowed: false, retryAfterSeconds: 2 });
    await sleep(2_050);
    expect(await login(limits, 'ada', OFFICE)).toMatchObject({ allowed: true });
  });

  test('is told how long to wait', async () => {
    const limits = await openConnected();
    const last = (await fail(limits, 6, () => ({ account: 'ada', address: OFFICE }))).at(-1)!;
    expect(last.allowed ? 0 : last.retryAfterSeconds).toBeGreaterThan(880);
    expect(last.allowed ? 0 : last.retryAfterSeconds).toBeLessThanOrEqual(900);
  });

  test('that succeeds is given back, however often', async () => {
    const limits = await openConnected();
    for (let turn = 0; turn < 60; turn += 1) await succeed(limits, { account: `user-${turn}`, address: OFFICE });
    for (let turn = 0; turn < 30; turn += 1) await succeed(limits, { account: 'ada', address: `10.0.0.${turn}` });
    expect(allowed(await fail(limits, 60, (index) => ({ account: `other-${index}`, address: OFFICE })))).toBe(50);
    expect(allowed(await fail(limits, 30, (index) => ({ account: 'ada', address: `10.0.1.${index}` })))).toBe(20);
  });

  test('that succeeds clears the failures of its account there, and those only', async () => {
    const limits = await openConnected();
    await fail(limits, 4, () => ({ account: 'ada', address: OFFICE }));
    await succeed(limits, { account: 'ada', address: OFFICE });
    expect(allowed(await fail(limits, 6, () => ({ account: 'ada', address: OFFICE })))).toBe(5);
    // The four failures still count for her account and for the office, which nobody clears by owning one account.
    expect(allowed(await fail(limits, 30, (index) => ({ account: 'ada', address: `10.0.0.${index}` })))).toBe(16);
    expect(allowed(await fail(limits, 60, (index) => ({ account: `other-${index}`, address: OFFICE })))).toBe(46);
  });

  test('given back after its window never makes room for more', async () => {
    const table = { ...rateLimitTable, login: { pair: [3, 2], account: [3, 2], address: [3, 2] } } as const;
    const limits = await openConnected({ table });
    const slow = await Promise.all([1, 2, 3].map((turn) => limits.take('login', { account: `user-${turn}`, address: OFFICE })));
    await sleep(2_050);
    for (const answer of slow) if (answer.allowed) await answer.succeeded();
    expect(allowed(await fail(limits, 10, (index) => ({ account: `other-${index}`, address: OFFICE })))).toBe(3);
  });

  test('that is refused counts nowhere', async () => {
    const limits = await openConnected();
    expect(allowed(await fail(limits, 200, () => ({ account: 'ada', address: OFFICE })))).toBe(5);
    expect(allowed(await fail(limits, 60, (index) => ({ account: `other-${index}`, address: OFFICE })))).toBe(45);
    expect(allowed(await fail(limits, 30, (index) => ({ account: 'ada', address: `10.0.0.${index}` })))).toBe(15);
  });

  test('counts for its own kind only', async () => {
    const limits = await openConnected();
    await fail(limits, 6, () => ({ account: 'ada', address: OFFICE }));
    for (const kind of ['second-factor', 'refresh', 'reset', 'invitation'] as const) {
      expect(await limits.take(kind, { account: 'ada', address: OFFICE })).toMatchObject({ allowed: true });
    }
  });

  test('counts for an account in any case and for its installation only', async () => {
    const limits = await openConnected();
    await fail(limits, 5, (index) => ({ account: index % 2 ? 'Ada@Example.org' : 'ada@example.org', address: OFFICE }));
    expect(await login(limits, 'ADA@EXAMPLE.ORG', OFFICE)).toMatchObject({ allowed: false });
    expect(await login(await openConnected(), 'ada@example.org', OFFICE)).toMatchObject({ allowed: true });
  });
});

describe('who has succeeded from an address', () => {
  const stranger = (index: number): RateLimitKeys => ({ account: 'ada', address: `203.0.113.${index}` });

  test('is not locked out there by failures from elsewhere', async () => {
    const limits = await openConnected();
    await succeed(limits, { account: 'ada', address: OFFICE });
    expect(allowed(await fail(limits, 30, stranger))).toBe(20);
    expect(await login(limits, 'ada', HOME)).toMatchObject({ allowed: false });
    expect(await login(limits, 'ada', OFFICE)).toMatchObject({ allowed: true });
  });

  test('is not locked out there by failures in the names of colleagues', async () => {
    const limits = await openConnected();
    await succeed(limits, { account: 'ada', address: OFFICE });
    expect(allowed(await fail(limits, 60, (index) => ({ account: `colleague-${index}`, address: OFFICE })))).toBe(50);
    expect(await login(limits, 'bob', OFFICE)).toMatchObject({ allowed: false });
    expect(await login(limits, 'ada', OFFICE)).toMatchObject({ allowed: true });
  });

  test('is still held to the limit of one account from one address', async () => {
    const limits = await openConnected();
    await succeed(limits, { account: 'ada', address: OFFICE });
    expect(allowed(await fail(limits, 100, () => ({ account: 'ada', address: OFFICE })))).toBe(5);
  });

  test('with the password is not yet known by the second factor', async () => {
    const limits = await openConnected();
    await succeed(limits, { account: 'ada', address: OFFICE });
    const tries = await Promise.all(Array.from({ length: 20 }, (_, index) => limits.take('second-factor', stranger(index))));
    expect(allowed(tries)).toBe(rateLimitTable['second-factor'].account[0]);
    expect(await limits.take('second-factor', { account: 'ada', address: OFFICE })).toMatchObject({ allowed: false });
  });
});

describe('an address', () => {
  const tried = async (first: string, second: string) => {
    const limits = await openConnected();
    await fail(limits, 5, () => ({ account: 'ada', address: first }));
    return (await login(limits, 'ada', second)).allowed;
  };

  test.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
    ['2001:DB8:1:2:3:4:5:6', '2001:0db8:0001:0002::'],
    ['2001:db8::1', '2001:db8:0:0:1::'],
    ['fe80::1', 'fe80::2%eth0'],
    ['::1', '::2'],
    ['192.0.2.7', '::ffff:192.0.2.7'],
  ])('%s counts as %s', async (first, second) => expect(await tried(first, second)).toBe(false));

  test.each([
    ['2001:db8:1:2::1', '2001:db8:1:3::1'],
    ['2001:db8::1', '2001:db8:0:1::1'],
    ['192.0.2.7', '192.0.2.8'],
    ['::ffff:192.0.2.7', '::ffff:192.0.2.8'],
  ])('%s does not count as %s', async (first, second) => expect(await tried(first, second)).toBe(true));

  test('and an account stand nowhere in Redis, and nothing stays for ever', async () => {
    const { prefix } = testRedis();
    const limits = await openConnected({ prefix });
    await succeed(limits, { account: 'ada@example.org', address: OFFICE });
    await fail(limits, 3, () => ({ account: 'ada@example.org', address: '2001:db8:1:2::1' }));
    const stored = await reader.keys(`${prefix}:*`);
    const kinds = stored.map((key) => key.split(':').slice(1, -1).join(':'));
    expect(new Set(kinds)).toEqual(new Set(['limit:login:pair', 'limit:login:account', 'limit:login:address', 'limit:login:known', 'limit:refresh:address']));
    expect(stored.join(' ')).not.toMatch(/ada|example|192|2001/);
    for (const key of stored) expect(await reader.ttl(key)).toBeGreaterThan(0);
  });
});

describe('Redis', () => {
  let dataDir: string;
  let own: RunningRedis;
  let ownReader: Redis;
  const log = { warn: jest.fn(), info: jest.fn() };

  const startOwn = (port: number) => startRedis({ dataDir, port, program: process.env.LIPTAKO_REDIS_SERVER || undefined });
  const connectOwn = () => new Redis(own.url).on('error', () => undefined);

  beforeAll(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'liptako-limits-'));
    own = await startOwn(await nextFree(0));
    ownReader = connectOwn();
  });
  afterEach(() => {
    log.warn.mockClear();
    log.info.mockClear();
  });
  afterAll(async () => {
    ownReader.disconnect();
    await stopRedis(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('that never was there delays nobody, and the limits hold within the process', async () => {
    const limits = open({ redisUrl: `redis://127.0.0.1:${await nextFree(0)}`, log, patienceMs: 30_000 });
    const begun = Date.now();
    const answers = await Promise.all(Array.from({ length: 100 }, () => login(limits, 'ada', OFFICE)));
    expect(Date.now() - begun).toBeLessThan(15_000);
    expect(allowed(answers)).toBe(5);
    await succeed(limits, { account: 'bob', address: HOME });
    expect(allowed(await fail(limits, 30, (index) => ({ account: 'bob', address: `10.0.0.${index}` })))).toBe(20);
    expect(await login(limits, 'bob', HOME)).toMatchObject({ allowed: true });
    await sleep(500);
    expect(log.warn).toHaveBeenCalledTimes(1);
  });

  test('that dies in the middle and comes back refuses nobody wrongly, and counts go on where they were', async () => {
    const { prefix } = testRedis();
    const limits = await openConnected({ redisUrl: own.url, prefix, log }, ownReader);
    expect(allowed(await fail(limits, 4, () => ({ account: 'ada', address: OFFICE })))).toBe(4);

    const during = Promise.all(Array.from({ length: 50 }, (_, index) => login(limits, `user-${index}`, `10.0.0.${index}`)));
    process.kill(own.pid, 'SIGKILL');
    expect(allowed(await during)).toBe(50);
    await own.stop();
    expect(allowed(await fail(limits, 10, () => ({ account: 'ada', address: OFFICE })))).toBe(5);
    await sleep(500);
    expect(log.warn).toHaveBeenCalledTimes(1);

    own = await startOwn(own.port);
    while (log.info.mock.calls.length === 0) await sleep(50);
    expect(allowed(await fail(limits, 10, () => ({ account: 'ada', address: OFFICE })))).toBe(1);
  });

  test('that stops answering delays a request once', async () => {
    const { prefix } = testRedis();
    const limits = await openConnected({ redisUrl: own.url, prefix, log, patienceMs: 5_000 }, ownReader);
    process.kill(own.pid, 'SIGSTOP');
    try {
      const begun = Date.now();
      expect(allowed(await Promise.all(Array.from({ length: 20 }, () => login(limits, 'ada', OFFICE))))).toBe(5);
      expect(Date.now() - begun).toBeLessThan(25_000);
      const later = Date.now();
      expect(await login(limits, 'bob', OFFICE)).toMatchObject({ allowed: true });
      expect(Date.now() - later).toBeLessThan(4_500);
    } finally {
      process.kill(own.pid, 'SIGCONT');
    }
    while (log.info.mock.calls.length === 0) await sleep(50);
    expect(await login(limits, 'carol', OFFICE)).toMatchObject({ allowed: true });
  });

  test('that was emptied counts from the beginning', async () => {
    const limits = await openConnected({ redisUrl: own.url }, ownReader);
    await fail(limits, 6, () => ({ account: 'ada', address: OFFICE }));
    await ownReader.flushall();
    await ownReader.script('FLUSH');
    expect(await login(limits, 'ada', OFFICE)).toMatchObject({ allowed: true });
  });
});
