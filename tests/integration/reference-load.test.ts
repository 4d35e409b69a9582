import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { loadReferenceData } from '../../prisma/reference/load.js';
import { SYSTEM_USER_ID } from '../../src/domain/system-user.js';
import { statesOf } from '../../src/domain/reference.js';
import { openDb } from '../../src/platform/db.js';
import { loadReference } from '../../src/platform/reference.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const TABLES = ['country', 'currency', 'sector', 'mechanism', 'code_list_entry', 'region', 'region_membership', 'app_user'];

let database: TestDatabase;
let owner: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new Client({ connectionString: database.url });
  await owner.connect();
});

afterAll(async () => {
  await owner.end();
  await database.drop();
});

/** Every row with the transaction that last wrote it. */
async function rowsOf(tables: readonly string[]): Promise<readonly unknown[]> {
  const union = tables.map((table) => `SELECT '${table}' AS name, xmin::text, to_jsonb(t) AS row FROM ${table} t`).join(' UNION ALL ');
  const { rows } = await owner.query<Record<string, unknown>>(`SELECT * FROM (${union}) rows ORDER BY name, row::text`);
  return rows;
}

test('loading again writes nothing', async () => {
  await loadReferenceData(database.url);
  const before = await rowsOf(TABLES);
  expect(before.length).toBeGreaterThan(500);
  await loadReferenceData(database.url);
  expect(await rowsOf(TABLES)).toEqual(before);
});

test('two loads at once agree', async () => {
  const before = await rowsOf(TABLES);
  await Promise.all([loadReferenceData(database.url), loadReferenceData(database.url)]);
  expect(await rowsOf(TABLES)).toEqual(before);
});

test('a changed name is set right, a row that the files do not name is kept, and the rest is not touched', async () => {
  await owner.query(`UPDATE sector SET name_fr = 'Faux', aliases = '{}', parent_code = NULL WHERE code = 'PRO-HLP'`);
  await owner.query(`INSERT INTO sector (code, name_fr, name_en, aliases) VALUES ('LOCAL', 'Local', 'Local', '{}')`);
  const others = (await rowsOf(TABLES)).filter((entry) => !JSON.stringify(entry).includes('PRO-HLP'));
  await loadReferenceData(database.url);
  const { rows } = await owner.query(`SELECT parent_code, name_fr, cardinality(aliases) > 0 AS spelled FROM sector WHERE code = 'PRO-HLP'`);
  expect(rows).toEqual([{ parent_code: 'PRO', name_fr: 'Logement, terre et propriété', spelled: true }]);
  expect((await rowsOf(TABLES)).filter((entry) => !JSON.stringify(entry).includes('PRO-HLP'))).toEqual(others);
});

test('an empty database is filled in one transaction or not at all', async () => {
  const empty = await createTestDatabase();
  const client = new Client({ connectionString: empty.url });
  await client.connect();
  const superuser = new Client({ connectionString: empty.superuserUrl });
  await superuser.connect();
  // Facts that hang on them refuse to be emptied, even when there are none.
  await superuser.query(`SET session_replication_role = replica; TRUNCATE ${TABLES.join(', ')} CASCADE`);
  await superuser.end();
  await client.query(`ALTER TABLE region ADD CHECK (code <> 'AES')`);
  await expect(loadReferenceData(empty.url)).rejects.toThrow('region_code_check');
  expect((await client.query('SELECT count(*)::int AS n FROM country')).rows).toEqual([{ n: 0 }]);
  await client.end();
  await empty.drop();
});

test('the application reads them', async () => {
  const db = openDb(database.url, 2, 'system');
  const reference = await loadReference(db);
  expect(reference.exponents.get('XOF')).toBe(0);
  expect(reference.countries.get('MLI')).toMatchObject({ nameFr: 'Mali', nameEn: 'Mali' });
  expect(reference.sectors.get('WSH')).toMatchObject({ nameFr: 'Eau, hygiène et assainissement' });
  expect(reference.beneficiaryGroups.get('idp')).toMatchObject({ nameFr: 'Personnes déplacées internes' });
  expect(reference.mechanisms.get('pooled_fund')).toMatchObject({ nameFr: 'Fonds commun' });
  expect(reference.organisationTypes.get('40')).toMatchObject({ nameEn: 'Multilateral' });
  expect(reference.regions.get('AES')).toMatchObject({ nameFr: 'Alliance des États du Sahel' });
  expect(statesOf('AES', '2023-09-15', reference.memberships)).toEqual([]);
  expect(statesOf('AES', '2025-08-06', reference.memberships)).toEqual(['BFA', 'MLI', 'NER']);
  await expect(db.sector.create({ data: { code: 'NEW', nameFr: 'Nouveau', nameEn: 'New' } })).rejects.toThrow('permission denied');
  await db.$disconnect();
});

test('the system user is there, and nobody can log in as it', async () => {
  const { rows } = await owner.query('SELECT email, name, roles::text[], states, password_hash, active FROM app_user LEFT JOIN user_credential ON user_id = id WHERE id = $1', [SYSTEM_USER_ID]);
  expect(rows).toEqual([{ email: 'systeme@liptako.invalid', name: 'Liptako', roles: [], states: [], password_hash: null, active: false }]);
});
