import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, escapeIdentifier } from 'pg';
import { applyMigrations, readMigrations } from '../../src/platform/migrate.js';
import { takeLock } from './lock-file.js';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';

const ROOT = path.resolve(__dirname, '../..');
const REFERENCE = path.join(ROOT, 'prisma/reference');

/** What the test files are told about the PostgreSQL of their run. */
export interface TestPostgres {
  readonly url: string;
  readonly superuserUrl: string;
  readonly template: string;
}

/** Starts one service of a test run, once, and leaves its addresses in the run's folder. */
async function main([kind = '', runDir = '', owner = '']: readonly string[]): Promise<void> {
  const result = path.join(runDir, `${kind}.json`);
  for (;;) {
    if (existsSync(result)) return;
    const taken = takeLock(path.join(runDir, `${kind}.starting`));
    if ('lock' in taken) break;
    await sleep(50);
  }
  const info = kind === 'postgres' ? await postgresForTests(runDir, Number(owner)) : await redisForTests(runDir, Number(owner));
  writeFileSync(`${result}.new`, JSON.stringify(info), { mode: 0o600 });
  renameSync(`${result}.new`, result);
}

async function postgresForTests(runDir: string, owner: number): Promise<TestPostgres> {
  const given = process.env.TEST_DATABASE_URL;
  const servers = given ? { url: given, superuserUrl: given } : await startPostgres({ dataDir: runDir, forTests: true, owner, port: randomPort() });
  return { url: servers.url, superuserUrl: servers.superuserUrl, template: await ensureTemplate(servers.url) };
}

async function redisForTests(runDir: string, owner: number): Promise<{ url: string }> {
  const given = process.env.TEST_REDIS_URL;
  if (given) return { url: given };
  const redis = await startRedis({ dataDir: runDir, owner, port: randomPort(), program: process.env.LIPTAKO_REDIS_SERVER || undefined });
  return { url: redis.url };
}

/** Below the ports that the system hands out by itself. */
function randomPort(): number {
  return 12_000 + Math.floor(Math.random() * 18_000);
}

/** A migrated database with the reference data, to be cloned; its name carries a hash of what it is made of. */
async function ensureTemplate(url: string): Promise<string> {
  const template = `liptako_template_${hashOfContent()}`;
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount !== 0) return template;
    const draft = `${template}_${process.pid}`;
    await client.query(`CREATE DATABASE ${escapeIdentifier(draft)}`);
    const draftUrl = new URL(url);
    draftUrl.pathname = `/${draft}`;
    await applyMigrations(draftUrl.href);
    await loadReference(draftUrl.href);
    await client.query(`ALTER DATABASE ${escapeIdentifier(draft)} RENAME TO ${escapeIdentifier(template)}`);
    // A template cannot be cloned while somebody is connected to it.
    await client.query(`ALTER DATABASE ${escapeIdentifier(template)} ALLOW_CONNECTIONS false`);
    return template;
  } finally {
    await client.end();
  }
}

async function loadReference(databaseUrl: string): Promise<void> {
  const loader = path.join(REFERENCE, 'load.ts');
  if (!existsSync(loader)) return;
  const { loadReferenceData } = createRequire(__filename)(loader) as { loadReferenceData: (url: string) => Promise<unknown> };
  await loadReferenceData(databaseUrl);
}

function hashOfContent(): string {
  const hash = createHash('sha256');
  for (const { name, checksum } of readMigrations()) hash.update(`${name} ${checksum}\n`);
  const files = existsSync(REFERENCE) ? readdirSync(REFERENCE).sort() : [];
  for (const file of files) hash.update(readFileSync(path.join(REFERENCE, file)));
  return hash.digest('hex').slice(0, 12);
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
