import { PrismaPg } from '@prisma/adapter-pg';
import { Prisma, PrismaClient } from '../generated/prisma/client.js';

/** The records' client, connected as the application's role. */
export type Db = PrismaClient;
/** A client inside a transaction; a `Db` may stand in for reads. */
export type Tx = Prisma.TransactionClient;

export { Prisma };
export type * from '../generated/prisma/client.js';

/** The role that migrations grant the application: it can add facts, never change them. */
const APPLICATION_ROLE = 'liptako_app';

/** Opens a pool of connections that give up waiting after 10 s instead of hanging. */
export function openDb(url: string, poolSize: number): Db {
  const adapter = new PrismaPg({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    options: `-c role=${APPLICATION_ROLE}`,
  });
  return new PrismaClient({ adapter });
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
      return await db.$transaction(act, {
        timeout: (options.timeoutSeconds ?? 30) * 1000,
        maxWait: 10_000,
        ...(options.isolation && { isolationLevel: options.isolation }),
      });
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || !isTransient(error)) throw error;
    }
  }
}

function isTransient(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  return SERIALIZATION_OR_DEADLOCK.test(`${error.code} ${JSON.stringify(error.meta ?? {})}`);
}

/** Whether the error says that a row with this unique value is there already. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  return error.code === 'P2002' || JSON.stringify(error.meta ?? {}).includes('23505');
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
