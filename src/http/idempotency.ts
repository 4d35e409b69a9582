import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { DomainError } from '../domain/problem.js';
import { type Sql, sqlOf, type Tx } from '../platform/db.js';
import type { Reply, UploadedFile } from './endpoint.js';

/**
 * The request's Idempotency-Key, if it has one.
 * @throws IDEMPOTENCY_KEY_INVALID
 */
export function idempotencyKeyOf(req: Request): string | undefined {
  const key = req.get('idempotency-key');
  if (key === undefined) return undefined;
  if (!/^[\x21-\x7e]{8,200}$/.test(key)) throw new DomainError('IDEMPOTENCY_KEY_INVALID', {}, 'Idempotency-Key');
  return key;
}

/**
 * Runs `act` once for a user's key, within the transaction that writes its data: the same key, body and files give
 * the first answer again; two at the same time wait for each other on the key's row.
 * @throws IDEMPOTENCY_KEY_REUSED when the key came with another request
 */
export async function once(
  tx: Tx,
  request: { readonly userId: string; readonly key: string; readonly operation: string; readonly body: unknown; readonly files: readonly UploadedFile[] },
  act: () => Promise<Reply>,
): Promise<Reply> {
  const { userId, key, operation } = request;
  const requestHash = sha256(JSON.stringify([operation, canonical(request.body), ...request.files.map(({ name, content }) => [name, sha256(content)])]));
  const sql = sqlOf(tx);
  const claimed = await sql.query({
    name: 'idempotency_claim',
    text: 'INSERT INTO idempotency_key (user_id, key, operation, request_hash) VALUES ($1, $2, $3, $4) ON CONFLICT (user_id, key) DO NOTHING',
    values: [userId, key, operation, requestHash],
  });
  if (claimed.rowCount === 0) return keptReply(sql, userId, key, requestHash);
  const reply = await act();
  await sql.query({
    name: 'idempotency_keep',
    text: 'UPDATE idempotency_key SET response_status = $3, response_body = $4 WHERE user_id = $1 AND key = $2',
    values: [userId, key, reply.status, JSON.stringify({ body: reply.body, headers: reply.headers ?? {} })],
  });
  return reply;
}

function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

interface KeptRow {
  readonly request_hash: string;
  readonly response_status: number;
  readonly response_body: { readonly body: object; readonly headers: Readonly<Record<string, string>> };
}

async function keptReply(sql: Sql, userId: string, key: string, requestHash: string): Promise<Reply> {
  const { rows } = await sql.query<KeptRow>({
    name: 'idempotency_kept',
    text: 'SELECT request_hash, response_status, response_body FROM idempotency_key WHERE user_id = $1 AND key = $2',
    values: [userId, key],
  });
  const [kept] = rows;
  if (kept?.request_hash !== requestHash) throw new DomainError('IDEMPOTENCY_KEY_REUSED', {}, 'Idempotency-Key');
  const { body, headers } = kept.response_body;
  return { status: kept.response_status, body, headers: { ...headers, 'idempotent-replayed': 'true' } };
}

/** The same value with its keys in order, so that two spellings of one body are one request. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}
