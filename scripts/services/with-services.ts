import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Environment, readSettings } from '../../src/platform/config.js';
import { readLock } from './lock-file.js';
import { type Postgres, startPostgres } from './postgres.js';
import { connectRunningRedis } from './redis.js';
import { demoKeys, supplied } from './secrets.js';

const ROOT = path.resolve(__dirname, '../..');

/** What a command-line tool may use. */
export interface ServiceUrls {
  readonly databaseUrl: string;
  /** Known when REDIS_URL is set or `npm start` is running. */
  readonly redisUrl: string | undefined;
  /** The complete environment for `parseConfig`. */
  readonly env: Environment;
}

/** Runs `act` with the database of the settings, else with the one `npm start` keeps running, else with that one started for the while. */
export async function withServices<T>(act: (urls: ServiceUrls) => Promise<T>, env: Environment = process.env): Promise<T> {
  const settings = readSettings(env);
  if (settings.DATABASE_URL !== undefined) return act({ databaseUrl: settings.DATABASE_URL, redisUrl: settings.REDIS_URL, env });
  const dataDir = path.resolve(ROOT, settings.LIPTAKO_DATA_DIR);
  const postgres = await startPostgres({ dataDir });
  try {
    const redisUrl = settings.REDIS_URL ?? (readLock(path.join(dataDir, 'redis.lock')) && (await connectRunningRedis(dataDir)))?.url;
    // A tool that only reads and writes the database still has a complete configuration.
    const urls = supplied(settings, { DATABASE_URL: postgres.url, REDIS_URL: redisUrl ?? 'redis://127.0.0.1:1' });
    const complete = { ...env, LIPTAKO_MODE: settings.LIPTAKO_MODE, ...urls, ...demoKeys(settings, dataDir) };
    return await act({ databaseUrl: postgres.url, redisUrl, env: complete });
  } finally {
    if (postgres.startedByUs) await stopWhenUnused(postgres);
  }
}

/** Another command may have joined this server meanwhile. */
async function stopWhenUnused(postgres: Postgres): Promise<void> {
  while ((await otherClients(postgres.superuserUrl)) > 0) await sleep(500);
  await postgres.stop();
}

async function otherClients(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    const { rows } = await client.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    );
    return rows[0]?.n ?? 0;
  } catch {
    return 0;
  } finally {
    await client.end().catch(() => undefined);
  }
}
