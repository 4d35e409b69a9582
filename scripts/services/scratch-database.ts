import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';
import { applyMigrations } from '../../src/platform/migrate.js';

/** Runs `act` with a fresh database that has every migration and nothing else, then drops it. */
export async function withMigratedDatabase<T>(serverUrl: string, act: (url: string) => Promise<T>): Promise<T> {
  const name = `liptako_scratch_${randomBytes(6).toString('hex')}`;
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${escapeIdentifier(name)}`);
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    await applyMigrations(url.href);
    return await act(url.href);
  } finally {
    await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
    await client.end();
  }
}
