import { z } from 'zod';
import type { Day } from '../../domain/days.js';
import { fixedRate, type Rate, type RateBook } from '../../domain/fx.js';
import { type Page, readCursor, writeCursor } from '../../http/paging.js';
import { currencySchema, textSchema } from '../../http/text.js';
import { daySchema } from '../../http/wire.js';
import { Prisma, sqlOf, type Tx } from '../../platform/db.js';

/** The oldest rate that still converts an amount, in days before the value date: sources that publish once a year are in use. */
export const MOST_RATE_AGE_DAYS = 366;

/** How long a rate per euro comes before a more recent one of another kind, in days before the value date: weekends and holidays pass, a suspended quotation does not. */
export const MOST_EURO_RATE_AGE_DAYS = 10;

/** A rate with the moment it was recorded. */
export interface StoredRate extends Rate {
  readonly recordedAt: Date;
}

export interface RateFilter {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly quote?: string | undefined;
  readonly source?: string | undefined;
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
}

const published = Prisma.sql`f.source, f.base, f.quote, to_char(f.date, 'YYYY-MM-DD') AS date, trim_scale(f.rate)::text AS rate`;

/** Rates, the newest first. */
export async function findRates(db: Tx, filter: RateFilter): Promise<Page<StoredRate>> {
  const { limit, cursor, quote, source, from, to } = filter;
  const conditions = [
    Prisma.sql`true`,
    ...(quote === undefined ? [] : [Prisma.sql`f.quote = ${quote}`]),
    ...(source === undefined ? [] : [Prisma.sql`f.source = ${source}`]),
    ...(from === undefined ? [] : [Prisma.sql`f.date >= ${from}::date`]),
    ...(to === undefined ? [] : [Prisma.sql`f.date <= ${to}::date`]),
    ...(cursor === undefined ? [] : [after(cursor)]),
  ];
  const rows = await db.$queryRaw<StoredRate[]>`
    SELECT ${published}, f.recorded_at AS "recordedAt"
    FROM fx_rate f WHERE ${Prisma.join(conditions, ' AND ')}
    ORDER BY f.date DESC, f.quote, f.source, f.base LIMIT ${limit + 1}`;
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? cursorOf(last) : null };
}

/** The rate that is recorded for a source, pair and day. */
export async function findRate(db: Tx, { source, base, quote, date }: Omit<Rate, 'rate'>): Promise<StoredRate | null> {
  const rows = await db.$queryRaw<StoredRate[]>`
    SELECT ${published}, f.recorded_at AS "recordedAt"
    FROM fx_rate f WHERE (f.source, f.base, f.quote, f.date) = (${source}, ${base}, ${quote}, ${date}::date)`;
  return rows[0] ?? null;
}

const cursorShape = z.tuple([daySchema, currencySchema, textSchema(40), currencySchema]);

function cursorOf({ date, quote, source, base }: Rate): string {
  return writeCursor([date, quote, source, base]);
}

/** @throws CURSOR_INVALID */
function after(cursor: string): Prisma.Sql {
  const [date, quote, source, base] = readCursor(cursorShape, cursor);
  return Prisma.sql`f.date <= ${date}::date AND (f.date < ${date}::date OR (f.quote, f.source, f.base) > (${quote}, ${source}, ${base}))`;
}

/** A rate that was left out because another one is recorded for its source, pair and day. */
export interface RateConflict extends Rate {
  readonly existing: string;
}

export interface RateImport {
  readonly inserted: number;
  readonly unchanged: number;
  readonly conflicts: readonly RateConflict[];
}

const BATCH = 20_000;

/**
 * Records rates that are not there yet, in batches; nothing is ever overwritten. Rates are positive decimals with at most 15
 * digits on each side of the point.
 */
export async function importRates(db: Tx, rates: readonly Rate[], recordedBy: string): Promise<RateImport> {
  const conflicts: RateConflict[] = [];
  let inserted = 0;
  for (let start = 0; start < rates.length; start += BATCH) {
    const batch = rates.slice(start, start + BATCH);
    const rows = asRows(batch);
    const added = await insertNew(db, rows, recordedBy);
    if (added < batch.length) conflicts.push(...(await findConflicts(db, rows)));
    inserted += added;
  }
  return { inserted, unchanged: rates.length - inserted - conflicts.length, conflicts };
}

/** Rates as a table; one JSON text passes Prisma five times as fast as arrays. */
function asRows(rates: readonly Rate[]): Prisma.Sql {
  return Prisma.sql`ROWS FROM (
    jsonb_to_recordset(${JSON.stringify(rates)}::jsonb) AS (source text, base char(3), quote char(3), date date, rate numeric(30, 15))
  ) WITH ORDINALITY AS f (source, base, quote, date, rate, number)`;
}

function insertNew(db: Tx, rows: Prisma.Sql, recordedBy: string): Promise<number> {
  return db.$executeRaw`
    INSERT INTO fx_rate (source, base, quote, date, rate, recorded_by)
    SELECT f.source, f.base, f.quote, f.date, f.rate, ${recordedBy}::uuid FROM ${rows} ORDER BY f.number
    ON CONFLICT (source, base, quote, date) DO NOTHING`;
}

function findConflicts(db: Tx, rows: Prisma.Sql): Promise<RateConflict[]> {
  return db.$queryRaw<RateConflict[]>`
    SELECT ${published}, trim_scale(r.rate)::text AS existing
    FROM ${rows} JOIN fx_rate r ON (r.source, r.base, r.quote, r.date) = (f.source, f.base, f.quote, f.date)
    WHERE r.rate <> f.rate ORDER BY f.number`;
}

/**
 * The rates that convert amounts of these currencies at a value date: for each of them and the dollar the latest one on or
 * before that day, a fresh rate per euro first; for the CFA francs the fixed one. A currency without such a rate is not there.
 * @param knownAt ISO 8601: only rates recorded by then; all of them when left out
 */
export async function loadRateBook(db: Tx, currencies: readonly string[], valueDate: Day, knownAt?: string): Promise<RateBook> {
  const fixed = [...new Set([...currencies, 'XOF'])].flatMap((currency) => fixedRate(currency, valueDate) ?? []);
  const quotes = [...new Set([...currencies, 'USD'])].filter((quote) => !fixed.some((rate) => rate.quote === quote));
  const { rows: latest } = await sqlOf(db).query<Rate>({
    name: 'rate_book',
    text: `SELECT DISTINCT ON (f.quote) f.source, f.base, f.quote, to_char(f.date, 'YYYY-MM-DD') AS date, trim_scale(f.rate)::text AS rate
      FROM fx_rate f
      WHERE f.quote = ANY($1) AND f.base IN ('EUR', 'USD') AND f.date BETWEEN $2::date - $3::int AND $2::date AND ($5::timestamptz IS NULL OR f.recorded_at <= $5)
      ORDER BY f.quote, (f.base = 'EUR' AND f.date >= $2::date - $4::int) DESC, f.date DESC, f.base = 'EUR' DESC, f.source`,
    values: [quotes, valueDate, MOST_RATE_AGE_DAYS, MOST_EURO_RATE_AGE_DAYS, knownAt ?? null],
  });
  return new Map([...latest, ...fixed].map((rate) => [rate.quote, rate]));
}
