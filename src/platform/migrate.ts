import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Client, DatabaseError } from 'pg';

/** One folder of `prisma/migrations`. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** Which migrations a database has. */
export interface MigrationStatus {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  /** Applied, then changed in the folder. */
  readonly edited: readonly string[];
  /** Begun by another tool and not finished. */
  readonly failed: readonly string[];
  /** Applied by a later version of the project. */
  readonly unknown: readonly string[];
}

/** A migration that could not be applied; nothing of it was kept. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

const MIGRATIONS = path.resolve(__dirname, '../../prisma/migrations');

// The table and the lock of `prisma migrate deploy`, which stays usable. Its engine without a native binary cannot apply
// these migrations: the driver adapter cuts a script at every semicolon, and so inside a function's body.
const LOCK = 72_707_369;
const HISTORY = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL,
  logs TEXT,
  rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

/** The migrations of a folder, in their order. */
export function readMigrations(folder = MIGRATIONS): Migration[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(folder, entry.name, 'migration.sql')))
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const sql = readFileSync(path.join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

/**
 * Applies what is pending, each migration in one transaction, and names it; of two runs at once the second waits.
 * @throws MigrationError
 */
export async function applyMigrations(databaseUrl: string, migrations: readonly Migration[] = readMigrations()): Promise<string[]> {
  return withClient(databaseUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query(HISTORY);
    const status = await statusOf(client, migrations);
    if (status.edited.length > 0) throw new MigrationError(`changed after they were applied: ${status.edited.join(', ')}`);
    if (status.failed.length > 0) throw new MigrationError(`begun and not finished: ${status.failed.join(', ')}`);
    const pending = migrations.filter((migration) => status.pending.includes(migration.name));
    for (const migration of pending) await applyOne(client, migration);
    return pending.map((migration) => migration.name);
  });
}

/** Compares the database's history with the folder's, without changing anything. */
export async function migrationStatus(databaseUrl: string, migrations: readonly Migration[] = readMigrations()): Promise<MigrationStatus> {
  return withClient(databaseUrl, (client) => statusOf(client, migrations));
}

async function withClient<T>(databaseUrl: string, act: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

interface HistoryRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

async function statusOf(client: Client, migrations: readonly Migration[]): Promise<MigrationStatus> {
  const table = await client.query<{ there: boolean }>(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there`);
  const history = table.rows[0]?.there
    ? await client.query<HistoryRow>(
        'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY migration_name',
      )
    : { rows: [] };
  const rows = new Map(history.rows.map((row) => [row.migration_name, row]));
  const here = new Set(migrations.map((migration) => migration.name));
  return {
    applied: migrations.filter(({ name }) => rows.get(name)?.finished_at).map(({ name }) => name),
    pending: migrations.filter(({ name }) => !rows.has(name)).map(({ name }) => name),
    edited: migrations.filter(({ name, checksum }) => (rows.get(name)?.checksum ?? checksum) !== checksum).map(({ name }) => name),
    failed: [...rows.values()].filter((row) => row.finished_at === null).map((row) => row.migration_name),
    unknown: [...rows.keys()].filter((name) => !here.has(name)),
  };
}

async function applyOne(client: Client, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), migration.checksum, migration.name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new MigrationError(explain(migration, error), { cause: error });
  }
}

function explain({ name, sql }: Migration, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const position = error instanceof DatabaseError ? Number(error.position) : NaN;
  const line = Number.isNaN(position) ? '' : `, line ${String(sql.slice(0, position).split('\n').length)}`;
  return `${name}${line}: ${message}`;
}
