import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { DomainError } from '../domain/problem.js';
import type { Tx } from '../platform/db.js';
import type { Reply } from './endpoint.js';

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
 * Runs `act` once for a user's key, within the transaction that writes its data: the same key and body give the first
 * answer again; two at the same time wait for each other on the key's row.
 * @throws IDEMPOTENCY_KEY_REUSED when the key came with another request
 */
export async function once(
  tx: Tx,
  request: { readonly userId: string; readonly key: string; readonly operation: string; readonly body: unknown },
  act: () => Promise<Reply>,
): Promise<Reply> {
  const { userId, key, operation } = request;
  const requestHash = createHash('sha256').update(JSON.stringify([operation, canonical(request.body)])).digest('hex');
  const inserted = await tx.$executeRaw`
    INSERT INTO idempotency_key (user_id, key, operation, request_hash)
    VALUES (${userId}::uuid, ${key}, ${operation}, ${requestHash})
    ON CONFLICT (user_id, key) DO NOTHING`;
  if (inserted === 0) {
    const kept = await tx.idempotencyKey.findUniqueOrThrow({ where: { userId_key: { userId, key } } });
    if (kept.requestHash !== requestHash) throw new DomainError('IDEMPOTENCY_KEY_REUSED', {}, 'Idempotency-Key');
    const { body, headers } = kept.responseBody as unknown as { body: object; headers: Record<string, string> };
    return { status: kept.responseStatus ?? 200, body, headers: { ...headers, 'idempotent-replayed': 'true' } };
  }
  const reply = await act();
  await tx.idempotencyKey.update({
    where: { userId_key: { userId, key } },
    data: { responseStatus: reply.status, responseBody: { body: reply.body, headers: reply.headers ?? {} } as never },
  });
  return reply;
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
