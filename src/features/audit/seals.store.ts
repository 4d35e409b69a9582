import { Prisma, type Tx } from '../../platform/db.js';

/** A seal as its code proves it: hashes in hexadecimal, moments in microseconds since 1970. */
export interface SealContent {
  readonly seq: string;
  readonly hash: string;
  readonly sealed_at: string;
  readonly journal_until: string;
  readonly journal_hash: string;
}

export interface StoredSeal extends SealContent {
  readonly mac: string;
}

/** What the code of a seal is derived from. */
export const SEAL_PURPOSE = 'audit-seal';

/** The bytes that the code of a seal proves. */
export function sealBytes({ seq, hash, sealed_at, journal_until, journal_hash }: SealContent): Buffer {
  return Buffer.from([seq, hash, sealed_at, journal_until, journal_hash].join(' '));
}

/** Where the chain and the digests of the journal begin. */
export const CHAIN_START = Prisma.sql`sha256('liptako'::bytea)`;

const micros = (moment: Prisma.Sql) => Prisma.sql`((extract(epoch FROM ${moment}) * 1000000)::bigint)::text`;

/** The end of the chain, and of the journal recorded until a moment, as the transaction sees them; undefined when it is sealed already. */
export async function unsealedHead(tx: Tx, until: string): Promise<SealContent | undefined> {
  const [head] = await tx.$queryRaw<SealContent[]>`
    SELECT h.seq::text, encode(h.hash, 'hex') AS hash, ${micros(Prisma.sql`clock_timestamp()`)} AS sealed_at, ${micros(Prisma.sql`${until}::timestamptz`)} AS journal_until,
      encode(journal_hash(coalesce(s.journal_hash, ${CHAIN_START}), coalesce(s.journal_until, '-infinity'), ${until}::timestamptz), 'hex') AS journal_hash
    FROM audit_head h LEFT JOIN (SELECT * FROM audit_seal ORDER BY seq DESC LIMIT 1) s ON true
    WHERE h.seq > coalesce(s.seq, 0)`;
  return head;
}

/** Keeps a seal. */
export async function insertSeal(tx: Tx, { seq, hash, sealed_at, journal_until, journal_hash, mac }: StoredSeal): Promise<void> {
  const moment = (text: string) => Prisma.sql`'epoch'::timestamptz + ${text}::bigint * interval '1 microsecond'`;
  await tx.$executeRaw`
    INSERT INTO audit_seal (seq, hash, sealed_at, mac, journal_until, journal_hash)
    VALUES (${seq}::bigint, decode(${hash}, 'hex'), ${moment(sealed_at)}, ${mac}, ${moment(journal_until)}, decode(${journal_hash}, 'hex'))`;
}

/** The seals after a number, in their order; all of them without a limit. */
export function findSeals(tx: Tx, after = '0', limit: number | null = null): Promise<StoredSeal[]> {
  return tx.$queryRaw`
    SELECT seq::text, encode(hash, 'hex') AS hash, ${micros(Prisma.sql`sealed_at`)} AS sealed_at, ${micros(Prisma.sql`journal_until`)} AS journal_until,
      encode(journal_hash, 'hex') AS journal_hash, mac
    FROM audit_seal s WHERE s.seq > ${after}::bigint ORDER BY s.seq LIMIT ${limit}::int`;
}

/** Lets one at a time seal, to the end of the transaction; false when another does. */
export async function lockSealing(tx: Tx): Promise<boolean> {
  const [lock] = await tx.$queryRaw<{ got: boolean }[]>`SELECT pg_try_advisory_xact_lock(hashtextextended('audit-seal', 0)) AS got`;
  return lock?.got === true;
}
