import { DomainError } from '../../domain/problem.js';
import type { Page } from '../../http/paging.js';

/**
 * A page of a list that is computed anew each time: the latest keys first; the cursor is the last key shown.
 * @throws CURSOR_INVALID
 */
export function pageOfComputed<T>(items: readonly T[], { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined }, keyOf: (item: T) => string): Page<T> {
  const past = cursor === undefined ? undefined : readCursor(cursor);
  const keyed = items.map((item) => ({ item, key: keyOf(item) })).sort((a, b) => (a.key > b.key ? -1 : 1));
  const rest = past === undefined ? keyed : keyed.filter(({ key }) => key < past);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(({ item }) => item), nextCursor: last && rest.length > limit ? Buffer.from(last.key).toString('base64url') : null };
}

const KEY = /^\d{4}-\d{2}-\d{2} [0-9a-f-]{36}( [0-9a-f-]{36})?$/;

function readCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (!KEY.test(key)) throw new DomainError('CURSOR_INVALID', {}, 'cursor');
  return key;
}
