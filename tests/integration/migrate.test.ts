import { expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
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

test('what a fund was paid before funds had a book is in its book afterwards; money that only came through a fund is not', async () => {
  const { url, superuserUrl, drop } = await createTestDatabase();
  const name = `before_${randomUUID().slice(0, 8)}`;
  const inDatabase = (address: string) => address.replace(/\/[^/?]+(\?|$)/, `/${name}$1`);
  const superuser = new Client({ connectionString: superuserUrl });
  await superuser.connect();
  const owner = decodeURIComponent(new URL(url).username);
  await superuser.query(`CREATE DATABASE ${name} OWNER "${owner}"`);
  try {
    const all = readMigrations();
    await applyMigrations(inDatabase(url), all.filter((one) => one.name < '20261124211544'));
    const client = new Client({ connectionString: inDatabase(superuserUrl) });
    await client.connect();
    const [donor, fund, into, through] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    await client.query(`INSERT INTO organisation (id, name, type) VALUES ('${donor}', 'Bailleur', '10')`);
    await client.query(`INSERT INTO mechanism (code, name_fr, name_en, definition_fr, definition_en) VALUES ('pooled_fund', 'F', 'F', 'F', 'F')`);
    await client.query(`INSERT INTO pooled_fund (id, code, name_fr, name_en, currency, countries) VALUES ('${fund}', 'F', 'F', 'F', 'USD', '{MLI}')`);
    for (const [id, kind] of [[into, 'fund'], [through, 'state']]) {
      const [payment, entry] = [randomUUID(), randomUUID()];
      await client.query(`
        INSERT INTO commitment (id, reference, donor_id, mechanism, contribution_type, destination_kind, fund_id, splits, countries, amount_minor, current_minor, currency,
          disbursed_minor, value_date, description, recorded_by)
        VALUES ('${id}', '${id}', '${donor}', 'pooled_fund', 'financial', '${kind}', '${fund}', '{"country":[{"code":"MLI"}]}', '{MLI}', 10000, 10000, 'EUR', 10000, '2025-03-10', 'x', '${donor}');
        INSERT INTO disbursement (id, reference, commitment_id, amount_minor, currency, value_date, description, status, prepared_by, submitted_by, decided_by)
        VALUES ('${payment}', '${payment}', '${id}', 10000, 'EUR', '2025-03-11', 'x', 'approved', '${donor}', '${donor}', '${fund}');
        INSERT INTO journal_entry (id, kind, stage, commitment_id, disbursement_id, value_date, recorded_at, recorded_by, currency, amount_minor, usd_minor, eur_minor, xof_minor, fx)
        VALUES ('${entry}', 'disbursement', 'disbursement', '${id}', '${payment}', '2025-03-11', now(), '${donor}', 'EUR', 10000, 10800, 10000, 65596, '{"usd":{"method":"rates","legs":[]}}');
        INSERT INTO journal_line (entry_id, cell, stage, value_date, recorded_at, restricted, boundary, donor_id, mechanism, contribution_type, fund_id, countries, sectors,
          beneficiary_groups, plans, usage_years, currency, amount_minor, usd_minor, eur_minor, xof_minor)
        SELECT id, 0, stage, value_date, recorded_at, false, 'crossing', '${donor}', 'pooled_fund', 'financial', '${fund}', '{MLI}', '{}', '{}', '{}', '{}', 'EUR', 10000, 10800, 10000, 65596
        FROM journal_entry WHERE id = '${entry}'`);
    }
    await applyMigrations(inDatabase(url));
    const { rows } = await client.query('SELECT kind::text, commitment_id, currency, amount_minor::int, eur_minor::int, fx -> \'own\' ->> \'method\' AS own FROM fund_entry');
    expect(rows).toEqual([{ kind: 'deposit', commitment_id: into, currency: 'USD', amount_minor: 10800, eur_minor: 10000, own: 'rates' }]);
    expect((await client.query('SELECT income_minor::int, allocated_minor::int, mirrored FROM fund_account')).rows).toEqual([{ income_minor: 10800, allocated_minor: 0, mirrored: false }]);
    await client.end();
  } finally {
    await superuser.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await superuser.end();
    await drop();
  }
});
