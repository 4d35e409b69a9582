import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { applyMigrations, migrationStatus, readMigrations } from '../../src/platform/migrate.js';
import { createTestDatabase } from '../support/database.js';

const migration = (name: string, sql: string, checksum = name) => ({ name, sql, checksum });
const table = migration('90000000000000_table', `CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END; $$;`);

test('two runs at once apply each migration once', async () => {
  const { url, drop } = await createTestDatabase();
  const all = [...readMigrations(), table];
  const applied = await Promise.all([applyMigrations(url, all), applyMigrations(url, all), applyMigrations(url, all)]);
  expect(applied.flat()).toEqual([table.name]);
  await drop();
});

test('a migration that fails leaves nothing of itself, and is named with its line', async () => {
  const { url, drop } = await createTestDatabase();
  const bad = migration('90000000000001_bad', 'CREATE TABLE half (a int);\n\nSELEC 1;');
  await expect(applyMigrations(url, [table, bad])).rejects.toThrow('90000000000001_bad, line 3: syntax error');
  const client = new Client({ connectionString: url });
  await client.connect();
  expect((await client.query(`SELECT to_regclass('t')::text AS t, to_regclass('half') AS half`)).rows).toEqual([{ t: 't', half: null }]);
  await client.end();
  expect(await migrationStatus(url, [table, bad])).toMatchObject({ applied: [table.name], pending: [bad.name] });
  await drop();
});

test('a migration changed after it was applied is refused', async () => {
  const { url, drop } = await createTestDatabase();
  await applyMigrations(url, [...readMigrations(), table]);
  await expect(applyMigrations(url, [{ ...table, checksum: 'other' }])).rejects.toThrow(`changed after they were applied: ${table.name}`);
  await drop();
});
