import { AsyncLocalStorage } from 'node:async_hooks';
import { PrismaPg } from '@prisma/adapter-pg';
import { DatabaseError, Pool, type PoolClient } from 'pg';
import { Prisma, PrismaClient } from '../generated/prisma/client.js';

/** The records' client, connected as the application's role. */
export type Db = PrismaClient;
/** A client inside a transaction; a `Db` may stand in for reads. */
export type Tx = Prisma.TransactionClient;

export { Prisma };
export type * from '../generated/prisma/client.js';

/** The role that migrations grant the application: it can add facts, never change them. */
const APPLICATION_ROLE = 'liptako_app';

interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Runs SQL on the connection, or in the transaction, of a client. */
export interface Sql {
  // The caller says what a row holds, as with pg itself.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  query<Row extends object>(statement: Statement): Promise<{ readonly rows: Row[]; readonly rowCount: number | null }>;
}

const sqlOfClient = new WeakMap<object, Sql>();

/**
 * The driver beneath a client, for the few statements that run with every payment: the same transaction, a prepared statement by
 * its name, and none of the work that Prisma does for typed records. Integers come as text, as the driver gives them.
 */
export function sqlOf(db: Tx): Sql {
  const sql = sqlOfClient.get(db);
  if (!sql) throw new RangeError('a client that openDb and inTransaction do not know');
  return sql;
}

/** The connection that the transaction being opened in this asynchronous context has got. */
const opening = new AsyncLocalStorage<{ connection?: PoolClient }>();

class ConnectionPool extends Pool {
  override connect(): Promise<PoolClient>;
  override connect(callback: (error: Error | undefined, client: PoolClient | undefined, done: (release?: Error | boolean) => void) => void): void;
  override connect(callback?: Parameters<Pool['connect']>[0]): Promise<PoolClient> | undefined {
    if (callback) {
      super.connect(callback);
      return undefined;
    }
    const transaction = opening.getStore();
    return super.connect().then((connection) => {
      if (transaction) transaction.connection = connection;
      return connection;
    });
  }
}

/**
 * Whose rows a connection reaches: "request" none until a transaction enters a session, "system" all, for workers and the
 * command-line tools.
 */
export type Scope = 'request' | 'system';

/** Opens a pool of connections that give up waiting after 10 s instead of hanging. */
export function openDb(url: string, poolSize: number, scope: Scope): Db {
  const pool = new ConnectionPool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    options: `-c role=${APPLICATION_ROLE} -c liptako.scope=${scope}`,
  });
  // An idle connection that the server ends is replaced at the next use.
  pool.on('error', () => undefined);
  const adapter = new PrismaPg(pool, { disposeExternalPool: true, statementNameGenerator: statementNames() });
  const db = new PrismaClient({ adapter });
  sqlOfClient.set(db, sqlOn(pool));
  return db;
}

function sqlOn(connection: Pool | PoolClient): Sql {
  return { query: <Row extends object>(statement: Statement) => connection.query<Row>({ ...statement, values: [...statement.values] }) };
}

const MOST_PREPARED = 500;

/**
 * Names the statements that Prisma writes, so that each connection prepares them once; lists of many lengths have no end, so not all
 * of them. Hand-written ones, such as reports, are planned each time with their values in view: a plan for any value reads a
 * journal of a million lines without parallel workers.
 */
function statementNames(): (query: { sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    if (!sql.includes('"public".')) return '';
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= MOST_PREPARED) return '';
    const name = `prisma_${names.size}`;
    names.set(sql, name);
    return name;
  };
}

const SERIALIZATION_OR_DEADLOCK = /P2034|40001|40P01/;
const MOST_ATTEMPTS = 3;

/** Runs `act` in one transaction; a deadlock or a serialization failure is tried again, as nothing of it was kept. */
export async function inTransaction<T>(
  db: Db,
  act: (tx: Tx) => Promise<T>,
  options: { readonly timeoutSeconds?: number; readonly isolation?: Prisma.TransactionIsolationLevel } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transactionOnce(db, act, options);
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || !isTransient(error)) throw error;
    }
  }
}

function transactionOnce<T>(db: Db, act: (tx: Tx) => Promise<T>, options: Parameters<typeof inTransaction>[2] = {}): Promise<T> {
  const opened: { connection?: PoolClient } = {};
  const run = (tx: Tx): Promise<T> => {
    if (opened.connection) sqlOfClient.set(tx, sqlOn(opened.connection));
    return opening.exit(() => act(tx));
  };
  return opening.run(opened, () =>
    db.$transaction(run, {
      timeout: (options.timeoutSeconds ?? 30) * 1000,
      maxWait: 10_000,
      ...(options.isolation && { isolationLevel: options.isolation }),
    }),
  );
}

function isTransient(error: unknown): boolean {
  return SERIALIZATION_OR_DEADLOCK.test(codesOf(error));
}

/** Whether the error says that a row with this unique value is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return /P2002|23505/.test(codesOf(error));
}

/** Whether the error says that an entry would go into a closed month. */
export function isPeriodClosed(error: unknown): boolean {
  return /LP002/.test(codesOf(error));
}

/** Whether the error says that two persons have a delegation for these days already. */
export function isDelegationOverlap(error: unknown): boolean {
  return /LP004/.test(codesOf(error));
}

/** The codes of Prisma and PostgreSQL in an error of either. */
function codesOf(error: unknown): string {
  if (error instanceof DatabaseError) return error.code ?? '';
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return '';
  return `${error.code} ${JSON.stringify(error.meta ?? {})}`;
}

/** Whether the database answers, within two seconds. */
export async function isDatabaseReady(db: Db): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 2_000).unref());
  const answered = db.$queryRaw`SELECT 1`.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, late]);
}

const UNAVAILABLE = /P1001|P1002|P1008|P1017|P2024|P2028|ECONNREFUSED|ECONNRESET|57P01|57P03|08006|53300|timeout exceeded when trying to connect|Connection terminated|server closed the connection/i;

/** Whether the error says that the database is away or its pool is full: the same request may succeed in a moment. */
export function isUnavailable(error: unknown): boolean {
  return UNAVAILABLE.test(describe(error));
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const code = 'code' in error ? String(error.code) : '';
  const meta = 'meta' in error ? JSON.stringify(error.meta) : '';
  return `${code} ${error.message} ${meta}`;
}
