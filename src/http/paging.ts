import { z } from 'zod';
import { fromDay, isDay, toDay } from '../domain/days.js';
import { DomainError } from '../domain/problem.js';

/** A column that a list can be sorted by, and how its values travel in a cursor. */
export interface SortColumn<Row> {
  readonly column: string;
  readonly toText: (row: Row) => string;
  readonly toValue: (text: string) => unknown;
}

/** The columns of a list by their public name; ids are UUIDv7, so the order of ids is that of recording. */
export type SortColumns<Row> = Readonly<Record<string, SortColumn<Row>>>;

export function textColumn<Row>(column: string, of: (row: Row) => string): SortColumn<Row> {
  return { column, toText: of, toValue: (text) => text };
}

export function dayColumn<Row>(column: string, of: (row: Row) => Date): SortColumn<Row> {
  const toValue = (text: string) => {
    if (!isDay(text)) throw new DomainError('CURSOR_INVALID', {}, 'cursor');
    return fromDay(text);
  };
  return { column, toText: (row) => toDay(of(row)), toValue };
}

export function idColumn<Row extends { readonly id: string }>(): SortColumn<Row> {
  return textColumn('id', (row) => row.id);
}

/** The query of a list in a fixed order: how many, and from where. */
export const pageBounds = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number)
    .pipe(z.number().min(1).max(200))
    .default(50)
    .describe('Rows of a page, 1 to 200.'),
  cursor: z.string().max(2000).optional().describe('nextCursor of the page before, with the same sort.'),
};

/** The query of a list: how many, from where, in which order ("-name" is descending). */
export function pageQuery<Row>(sorts: SortColumns<Row>, first: string) {
  const names = Object.keys(sorts).flatMap((name) => [name, `-${name}`]);
  return {
    ...pageBounds,
    sort: z.enum(names as [string, ...string[]]).default(first).describe('Order; a leading minus sorts downwards.'),
  };
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly sort: string;
}

/** The answer of a list. */
export function pageSchema<S extends z.ZodType>(item: S) {
  return z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().describe('Pass it as cursor for the next page; null on the last one.'),
  });
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** What a page asks of Prisma: `find` gets the condition, the order and one row more than shown. */
export async function findPage<Row extends { readonly id: string }>(
  request: PageRequest,
  sorts: SortColumns<Row>,
  find: (args: { where: object; orderBy: object[]; take: number }) => Promise<Row[]>,
): Promise<Page<Row>> {
  const down = request.sort.startsWith('-');
  const name = down ? request.sort.slice(1) : request.sort;
  const column = sorts[name];
  if (!column) throw new RangeError(`no such sort: ${name}`);
  const order = down ? 'desc' : 'asc';
  const past = down ? 'lt' : 'gt';
  const orderBy = column.column === 'id' ? [{ id: order }] : [{ [column.column]: order }, { id: order }];
  const rows = await find({ where: after(request, column, past), orderBy, take: request.limit + 1 });
  const items = rows.slice(0, request.limit);
  const last = items.at(-1);
  const more = rows.length > request.limit && last !== undefined;
  return { items, nextCursor: more ? encode(request.sort, column.toText(last), last.id) : null };
}

function after<Row>({ cursor, sort }: PageRequest, { column, toValue }: SortColumn<Row>, past: 'lt' | 'gt'): object {
  if (cursor === undefined) return {};
  const { text, id } = decode(cursor, sort);
  if (column === 'id') return { id: { [past]: id } };
  const value = toValue(text);
  return { OR: [{ [column]: { [past]: value } }, { [column]: value, id: { [past]: id } }] };
}

const cursorShape = z.tuple([z.string(), z.string(), z.uuid()]);

function encode(sort: string, text: string, id: string): string {
  return writeCursor([sort, text, id]);
}

/** @throws CURSOR_INVALID */
function decode(cursor: string, sort: string): { text: string; id: string } {
  const [cursorSort, text, id] = readCursor(cursorShape, cursor);
  if (cursorSort !== sort || text.includes('\0')) throw new DomainError('CURSOR_INVALID', {}, 'cursor');
  return { text, id };
}

/** Where a page ends, as it travels. */
export function writeCursor(place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** @throws CURSOR_INVALID */
export function readCursor<T>(shape: z.ZodType<T>, cursor: string): T {
  try {
    return shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw new DomainError('CURSOR_INVALID', {}, 'cursor');
  }
}

/** Turns the rows of a page into what is sent. */
export function mapPage<Row, T>(page: Page<Row>, toItem: (row: Row) => T): Page<T> {
  return { items: page.items.map(toItem), nextCursor: page.nextCursor };
}
