import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { SYSTEM_USER_ID } from '../../src/domain/system-user.js';

type Row = Readonly<Record<string, unknown>>;

/** What goes into a table: fields with their SQL types, whose columns have the same names in snake case, and rows by field. */
interface Content {
  readonly table: string;
  readonly key: readonly string[];
  readonly fields: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
}

interface RegionFile extends Row {
  readonly code: string;
  readonly memberships: readonly Row[];
}

/** Brings the code lists and the system user up to date, as the database's owner. Rows that the files do not name are kept. */
export async function loadReferenceData(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('BEGIN');
    for (const content of allContent()) await upsert(client, content);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

function allContent(): readonly Content[] {
  const code = { code: 'text' };
  const names = { nameFr: 'text', nameEn: 'text' };
  const countries = read('countries') as Row[];
  const currencies = read('currencies') as Row[];
  const lists = read('lists') as Record<string, Row[]>;
  const regions = read('regions') as RegionFile[];
  return [
    {
      table: 'country',
      key: ['iso3'],
      fields: { iso3: 'text', iso2: 'text', numeric: 'text', ...names, aliases: 'text[]', pseudo: 'boolean' },
      rows: countries.map((row) => ({ pseudo: false, ...row })),
    },
    {
      table: 'currency',
      key: ['code'],
      fields: { ...code, numeric: 'text', exponent: 'smallint', ...names, historic: 'boolean' },
      rows: currencies.map((row) => ({ historic: false, ...row })),
    },
    {
      table: 'sector',
      key: ['code'],
      fields: { ...code, parentCode: 'text', ...names, aliases: 'text[]' },
      rows: read('sectors') as Row[],
    },
    {
      table: 'mechanism',
      key: ['code'],
      fields: { ...code, ...names, definitionFr: 'text', definitionEn: 'text' },
      rows: read('mechanisms') as Row[],
    },
    {
      table: 'code_list_entry',
      key: ['list', 'code'],
      fields: { list: 'text', ...code, ...names },
      rows: Object.entries(lists).flatMap(([list, rows]) => rows.map((row) => ({ list, ...row }))),
    },
    { table: 'region', key: ['code'], fields: { ...code, ...names }, rows: regions },
    {
      table: 'region_membership',
      key: ['region', 'iso3', 'validFrom'],
      fields: { region: 'text', iso3: 'text', status: 'text', validFrom: 'date', validTo: 'date', source: 'text' },
      rows: regions.flatMap(({ code: region, memberships }) => memberships.map((row) => ({ region, ...row }))),
    },
    {
      table: 'app_user',
      key: ['id'],
      fields: { id: 'uuid', email: 'text', name: 'text', roles: 'user_role[]', states: 'text[]', active: 'boolean' },
      rows: [{ id: SYSTEM_USER_ID, email: 'systeme@liptako.invalid', name: 'Liptako', roles: [], states: [], active: false }],
    },
  ];
}

function read(list: string): unknown {
  return JSON.parse(readFileSync(path.join(__dirname, `${list}.json`), 'utf8'));
}

/** One statement for all rows; a row that is the same already is not written again. */
async function upsert(client: Client, { table, key, fields, rows }: Content): Promise<void> {
  const names = Object.keys(fields);
  const rest = names.filter((name) => !key.includes(name)).map(column);
  const list = (columns: readonly string[], prefix = '') => columns.map((name) => prefix + name).join(', ');
  await client.query(
    `INSERT INTO ${table} AS t (${list(names.map(column))})
     SELECT ${list(names.map(escapeIdentifier))}
     FROM jsonb_to_recordset($1::jsonb) AS r(${list(Object.entries(fields).map(([name, type]) => `${escapeIdentifier(name)} ${type}`))})
     ON CONFLICT (${list(key.map(column))}) DO UPDATE SET ${list(rest.map((name) => `${name} = excluded.${name}`))}
     WHERE (${list(rest, 't.')}) IS DISTINCT FROM (${list(rest, 'excluded.')})`,
    [JSON.stringify(rows)],
  );
}

function column(field: string): string {
  return escapeIdentifier(field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}
