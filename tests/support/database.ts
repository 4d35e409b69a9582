import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, DatabaseError, escapeIdentifier } from 'pg';
import { serviceOfRun } from './service-of-run.js';

/** A database of its own: migrated, with the reference data, and nothing else. */
export interface TestDatabase {
  /** As the owner, who is not a superuser. */
  readonly url: string;
  readonly superuserUrl: string;
  readonly name: string;
  readonly drop: () => Promise<void>;
}

interface TestServer {
  readonly url: string;
  readonly superuserUrl: string;
  readonly template: string;
}

const TEMPLATE_IN_USE = '55006';

/** Clones the template; the first call of a run starts PostgreSQL. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = serviceOfRun('postgres') as TestServer;
  const name = `${prefixOf(process.env.TEST_RUN_DIR ?? '')}${randomBytes(6).toString('hex')}`;
  await clone(server, name);
  return {
    name,
    url: inDatabase(server.url, name),
    superuserUrl: inDatabase(server.superuserUrl, name),
    // As the superuser: a vacuum of the server's own may be at work in it.
    drop: () => query(server.superuserUrl, `DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`).then(() => undefined),
  };
}

/** For a server that outlives the run. */
export async function dropDatabasesOfRun(runDir: string): Promise<void> {
  if (!existsSync(path.join(runDir, 'postgres.json'))) return;
  const { superuserUrl: url } = serviceOfRun('postgres') as TestServer;
  const { rows } = await query<{ datname: string }>(url, 'SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [prefixOf(runDir)]);
  for (const { datname } of rows) await query(url, `DROP DATABASE IF EXISTS ${escapeIdentifier(datname)} WITH (FORCE)`);
}

async function clone(server: TestServer, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await query(server.url, `CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${escapeIdentifier(server.template)}`);
      return;
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== TEMPLATE_IN_USE || attempt === 20) throw error;
      await sleep(100);
    }
  }
}

function prefixOf(runDir: string): string {
  return `liptako_${path.basename(runDir).toLowerCase().replace(/\W/g, '_')}_`;
}

function inDatabase(url: string, name: string): string {
  const target = new URL(url);
  target.pathname = `/${name}`;
  return target.href;
}

async function query<Row extends object>(url: string, sql: string, values: readonly unknown[] = []) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query<Row>(sql, [...values]);
  } finally {
    await client.end();
  }
}
