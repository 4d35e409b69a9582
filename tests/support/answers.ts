import type { Test } from 'supertest';
import type { Role } from '../../src/domain/policy.js';
import type { TestApp } from './app.js';

/** A signed-in user's headers, without a language: the answers are in French. */
export interface SignedIn {
  readonly userId: string;
  readonly headers: { readonly authorization: string };
}

export async function signIn(app: TestApp, ...roles: Role[]): Promise<SignedIn> {
  const { userId, token } = await app.user({ roles });
  return { userId, headers: { authorization: `Bearer ${token}` } };
}

/** A record as it is answered. */
export interface Answered {
  readonly id: string;
  readonly [field: string]: unknown;
}

interface AnsweredPage {
  readonly items: readonly Answered[];
  readonly nextCursor: string | null;
}

export async function bodyOf(test: Test): Promise<Answered> {
  return (await test).body as Answered;
}

/** The If-Match for a record as it is now; one that is not shown has some version too. */
export async function versionOf(read: Test): Promise<{ readonly 'if-match': string }> {
  const { status, headers } = await read;
  return { 'if-match': status === 200 ? (headers.etag ?? '') : '"1"' };
}

/** The records of a list's first page. */
export async function itemsOf(test: Test): Promise<readonly Answered[]> {
  return ((await test).body as AnsweredPage).items;
}

export async function idsOf(test: Test): Promise<string[]> {
  return (await itemsOf(test)).map(({ id }) => id);
}

/** Follows the cursors of a list to its end. */
export async function everyPage(list: (query: Readonly<Record<string, string>>) => Test, query: Readonly<Record<string, string>>): Promise<Answered[]> {
  const found: Answered[] = [];
  let cursor: string | null = null;
  do {
    const page: AnsweredPage = (await list(cursor === null ? query : { ...query, cursor })).body as AnsweredPage;
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}
