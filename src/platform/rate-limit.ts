import { isIPv6 } from 'node:net';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { type DataKeys, macOf } from './secret-box.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** So many attempts in so many seconds, from the first on. */
type Limit = readonly [attempts: number, seconds: number];
/** The scopes of a kind, from the narrowest: one account from one address, one account from anywhere, one address for any account. */
interface Limits {
  readonly pair: Limit;
  readonly account: Limit;
  readonly address: Limit;
}

export type RateLimitKind = 'login' | 'second-factor' | 'refresh' | 'reset' | 'invitation' | 'shared-file' | 'verification';
/** The limits of every kind. */
export type RateLimitTable = Readonly<Record<RateLimitKind, Limits>>;

/** Attempts that did not succeed; an address may be a whole ministry's. */
export const rateLimitTable: RateLimitTable = {
  login: { pair: [5, 15 * MINUTE], account: [20, HOUR], address: [50, 15 * MINUTE] },
  'second-factor': { pair: [5, 15 * MINUTE], account: [10, HOUR], address: [50, 15 * MINUTE] },
  refresh: { pair: [30, 15 * MINUTE], account: [60, HOUR], address: [100, 15 * MINUTE] },
  reset: { pair: [3, HOUR], account: [6, HOUR], address: [50, HOUR] },
  invitation: { pair: [10, HOUR], account: [20, HOUR], address: [50, HOUR] },
  'shared-file': { pair: [10, HOUR], account: [20, HOUR], address: [50, HOUR] },
  // Every one counts, also one that finds a report.
  verification: { pair: [120, HOUR], account: [120, HOUR], address: [120, HOUR] },
};

/** Where somebody who has succeeded from an address is known there; the in-memory limiter counts at most 24 days. */
const KNOWN: Limit = [1, 14 * DAY];
/** A Redis that does not answer delays a request by this much, once; then it counts as away. */
const PATIENCE_MS = 1_000;
const LONGEST_RETRY_MS = 2_000;

/** Who tries: an IP address, and the account by any name that stays the same, in any case; nobody's when it is not known. */
export interface RateLimitKeys {
  readonly address: string;
  readonly account?: string | undefined;
}

/** An attempt that may be made and is counted as failed until it is said to have succeeded, or one that may not, and counts nowhere. */
export type RateLimitAnswer =
  | { readonly allowed: true; readonly succeeded: () => Promise<void> }
  | { readonly allowed: false; readonly retryAfterSeconds: number };

/** Counts attempts in Redis, and in this process alone while Redis is away. */
export interface RateLimits {
  /** To be asked before the attempt is looked at, so that attempts made at once cannot overrun a limit. */
  take(kind: RateLimitKind, keys: RateLimitKeys): Promise<RateLimitAnswer>;
  close(): void;
}

export interface RateLimitOptions {
  readonly redisUrl: string;
  /** Keeps the installations on one Redis apart. */
  readonly prefix: string;
  /** Hides accounts and addresses from who reads Redis. */
  readonly keys: DataKeys;
  readonly log?: Pick<Logger, 'info' | 'warn'>;
  readonly table?: RateLimitTable;
  /** How long Redis may take to answer before this process counts alone, in milliseconds; a second unless said. */
  readonly patienceMs?: number;
}

/** One count of one limiter. */
interface Count {
  readonly limiter: RateLimiterAbstract;
  readonly key: string;
}

/**
 * The limits of an installation.
 *
 * Who has succeeded from an address is held to the narrowest limit there and no other: nobody can lock them out from elsewhere by
 * failing in their name, nor from the same address by failing in the names of their colleagues.
 */
export function createRateLimits({ redisUrl, prefix, keys, log, table = rateLimitTable, patienceMs = PATIENCE_MS }: RateLimitOptions): RateLimits {
  const redis = connect(redisUrl, patienceMs, log);
  return limitsOn((name, limit) => insuredLimiter(redis, `${prefix}:limit:${name}`, limit), () => redis.disconnect(), { keys, table });
}

/** The same limits, counted in this process alone. */
export function createLocalRateLimits({ keys, table = rateLimitTable }: Pick<RateLimitOptions, 'keys' | 'table'>): RateLimits {
  const limiter = (keyPrefix: string, [points, duration]: Limit) => new RateLimiterMemory({ keyPrefix, points, duration });
  return limitsOn(limiter, () => undefined, { keys, table });
}

function limitsOn(
  limiter: (name: string, limit: Limit) => RateLimiterAbstract,
  close: () => void,
  { keys, table }: Required<Pick<RateLimitOptions, 'keys' | 'table'>>,
): RateLimits {
  const limitersOf = (kind: RateLimitKind) => ({
    pair: limiter(`${kind}:pair`, table[kind].pair),
    account: limiter(`${kind}:account`, table[kind].account),
    address: limiter(`${kind}:address`, table[kind].address),
    known: limiter(`${kind}:known`, KNOWN),
  });
  const limiters = {
    login: limitersOf('login'),
    'second-factor': limitersOf('second-factor'),
    refresh: limitersOf('refresh'),
    reset: limitersOf('reset'),
    invitation: limitersOf('invitation'),
    'shared-file': limitersOf('shared-file'),
    verification: limitersOf('verification'),
  };
  const hide = (...words: readonly string[]) => macOf(Buffer.from(JSON.stringify(words)), 'rate-limit', keys);

  return {
    async take(kind, { address, account }) {
      const { pair, account: byAccount, address: byAddress, known } = limiters[kind];
      const network = networkOf(address);
      const ofAddress = { limiter: byAddress, key: hide(network) };
      if (account === undefined) return takeAll([ofAddress], () => giveBack(ofAddress));

      const name = account.toLowerCase();
      const ofPair = { limiter: pair, key: hide(name, network) };
      const isKnown = (await known.get(ofPair.key)) !== null;
      const wider = isKnown ? [] : [{ limiter: byAccount, key: hide(name) }, ofAddress];
      return takeAll([ofPair, ...wider], async () => {
        await Promise.all([pair.delete(ofPair.key), known.set(ofPair.key, ...KNOWN), ...wider.map(giveBack)]);
      });
    },
    close,
  };
}

/** One after another, the narrowest first: who is refused for themselves never weighs on those who share the wider counts. */
async function takeAll(counts: readonly Count[], succeeded: () => Promise<void>): Promise<RateLimitAnswer> {
  for (const [index, count] of counts.entries()) {
    const waitMs = await takeOne(count);
    if (waitMs === 0) continue;
    await Promise.all(counts.slice(0, index + 1).map(giveBack));
    return { allowed: false, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) };
  }
  return { allowed: true, succeeded };
}

/** Counts one more: 0, or the milliseconds until there is room again. */
async function takeOne({ limiter, key }: Count): Promise<number> {
  try {
    await limiter.consume(key);
    return 0;
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return Math.max(1, refusal.msBeforeNext);
    throw refusal;
  }
}

/** Takes one back; once the window is over there is nothing to take back, and less than nothing would allow more later. */
async function giveBack({ limiter, key }: Count): Promise<void> {
  const state = await limiter.get(key);
  if (state !== null && state.consumedPoints > 0) await limiter.reward(key);
}

function insuredLimiter(redis: Redis, keyPrefix: string, [points, duration]: Limit): RateLimiterRedis {
  const insuranceLimiter = new RateLimiterMemory({ keyPrefix, points, duration });
  return new RateLimiterRedis({ storeClient: redis, rejectIfRedisNotReady: true, keyPrefix, points, duration, insuranceLimiter });
}

/** Fails at once while Redis is away instead of keeping commands for later. */
function connect(redisUrl: string, patienceMs: number, log: RateLimitOptions['log']): Redis {
  const redis = new Redis(redisUrl, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: patienceMs,
    socketTimeout: patienceMs,
    retryStrategy: (times) => Math.min(times * 100, LONGEST_RETRY_MS),
  });
  let away = false;
  redis.on('error', (error: Error) => {
    if (!away) log?.warn({ err: error }, 'rate limits are counted by this process alone: Redis is away');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log?.info('rate limits are counted in Redis again');
    away = false;
  });
  return redis;
}

/** What one subscriber has: an IPv4 address, or the /64 of an IPv6 address (RFC 6177 gives no less to a site). */
function networkOf(address: string): string {
  const bare = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(bare)) return bare;
  const [head = '', tail = ''] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const [left, right] = [head, tail].map((part) => part.split(':').filter((group) => group !== '')) as [string[], string[]];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
