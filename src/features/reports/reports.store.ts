import { setTimeout as sleep } from 'node:timers/promises';
import type { ReportingCurrency } from '../../domain/fx.js';
import type { Visibility } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { Cell, ReportDimension } from '../../domain/report.js';
import { type Db, inTransaction, Prisma, sqlOf, type Tx } from '../../platform/db.js';
import { sha256 } from './artefacts.js';
import { books, conversionTo, type LineColumns } from './lines.store.js';
import type { ReportFilters } from './reports.schema.js';

/** What decides which lines a report counts. */
export interface ReportQuestion {
  readonly groupBy: readonly ReportDimension[];
  readonly currency: ReportingCurrency;
  /** ISO 8601 with microseconds. */
  readonly asOf: string;
  readonly filters: ReportFilters;
  readonly scope: Visibility;
}

/** Where a line is counted, by dimension; columns of `journal_line l`. */
const buckets: Readonly<Record<ReportDimension, Prisma.Sql>> = {
  donor: Prisma.sql`l.donor_id::text`,
  state: Prisma.sql`bucket(l.countries)`,
  sector: Prisma.sql`bucket(l.sectors)`,
  mechanism: Prisma.sql`l.mechanism`,
  fund: Prisma.sql`coalesce(l.fund_id::text, '-')`,
  plan: Prisma.sql`bucket(l.plans)`,
  beneficiaryGroup: Prisma.sql`bucket(l.beneficiary_groups)`,
  usageYear: Prisma.sql`bucket(l.usage_years)`,
  year: Prisma.sql`to_char(l.value_date, 'YYYY')`,
  quarter: Prisma.sql`to_char(l.value_date, 'YYYY"-Q"Q')`,
  month: Prisma.sql`to_char(l.value_date, 'YYYY-MM')`,
};

const { columns, converted, from, order } = books.journal;

/** The moment a report without `asOf` is about: the database's own, to the microsecond. */
export async function databaseMoment(db: Tx, given?: string): Promise<{ readonly asOf: string; readonly future: boolean; readonly now: string }> {
  const [row] = await db.$queryRaw<{ as_of: string; future: boolean; now: string }[]>`
    SELECT to_char(m.moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS as_of, m.moment > clock_timestamp() AS future,
      to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS now
    FROM (SELECT coalesce(${given ?? null}::timestamptz, clock_timestamp()) AS moment) m`;
  if (!row) throw new RangeError('the database did not tell the time');
  return { asOf: row.as_of, future: row.future, now: row.now };
}

/**
 * The same, once it is past.
 * @throws AS_OF_IN_FUTURE
 */
export async function pastMoment(db: Tx, given?: string): Promise<string> {
  const { asOf, future, now } = await databaseMoment(db, given);
  if (future) throw new DomainError('AS_OF_IN_FUTURE', { latest: now, found: given ?? '' }, 'asOf');
  return asOf;
}

/** Waits until a moment is past by the database's clock: the clock of whoever planned it may be ahead. */
export async function untilPast(db: Db, moment: string): Promise<void> {
  while ((await databaseMoment(db, moment)).future) await sleep(SETTLE_POLL_MS);
}

const SETTLE_POLL_MS = 25;
const SETTLE_SECONDS = 300;

/**
 * Runs `read` on one snapshot that holds everything recorded at or before any moment already past. A transaction locks the journal
 * before the database stamps its entries, and keeps the lock to its end: once those that hold it now have ended, none can still add
 * to the past.
 */
export async function onSettledSnapshot<T>(db: Db, read: (tx: Tx) => Promise<T>): Promise<T> {
  const deadline = performance.now() + SETTLE_SECONDS * 1000;
  const before = await journalWriters(db);
  for (let left = before; left.length > 0; left = (await journalWriters(db)).filter((writer) => before.includes(writer))) {
    if (performance.now() > deadline) throw new Error(`a transaction has been writing to the journal for more than ${SETTLE_SECONDS} s`);
    await sleep(SETTLE_POLL_MS);
  }
  return inTransaction(db, read, { timeoutSeconds: 300, isolation: 'RepeatableRead' });
}

/** What views read as it was recorded until a moment. */
const RECORDED_TABLES = ['journal_entry', 'fund_entry', 'instrument', 'instrument_event', 'plan_requirement', 'plan_caseload', 'published_funding', 'record_revision'];

/** The transactions that have written, or are about to write, entries or names, and have not ended. */
async function journalWriters(db: Db): Promise<readonly string[]> {
  const rows = await db.$queryRaw<{ writer: string }[]>`
    SELECT DISTINCT virtualtransaction AS writer FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND relation = ANY(${[...RECORDED_TABLES]}::regclass[])`;
  return rows.map((row) => row.writer);
}

function scopeCondition(scope: Visibility): Prisma.Sql {
  const open = scope.restricted ? Prisma.sql`true` : Prisma.sql`NOT l.restricted`;
  if (scope.all) return open;
  return Prisma.sql`(l.countries && ${[...scope.states]}::text[] AND ${open} OR l.donor_id = ANY(${[...scope.donorIds]}::uuid[]))`;
}

function filterConditions(filters: ReportFilters): Prisma.Sql {
  const overlaps = (column: Prisma.Sql, values: readonly string[] | undefined) => (values ? [Prisma.sql`${column} && ${[...values]}::text[]`] : []);
  const conditions = [
    ...overlaps(Prisma.sql`l.countries`, filters.countries),
    ...overlaps(Prisma.sql`l.sectors`, filters.sectors),
    ...overlaps(Prisma.sql`l.plans`, filters.plans),
    ...overlaps(Prisma.sql`l.beneficiary_groups`, filters.beneficiaryGroups),
    ...overlaps(Prisma.sql`l.usage_years`, filters.usageYears),
    ...(filters.mechanisms ? [Prisma.sql`l.mechanism = ANY(${filters.mechanisms}::text[])`] : []),
    ...(filters.donorIds ? [Prisma.sql`l.donor_id = ANY(${filters.donorIds}::uuid[])`] : []),
    ...(filters.fundIds ? [Prisma.sql`l.fund_id = ANY(${filters.fundIds}::uuid[])`] : []),
    ...(filters.contributionTypes ? [Prisma.sql`l.contribution_type::text = ANY(${filters.contributionTypes}::text[])`] : []),
    ...(filters.from ? [Prisma.sql`l.value_date >= ${filters.from}::date`] : []),
    ...(filters.to ? [Prisma.sql`l.value_date <= ${filters.to}::date`] : []),
  ];
  return conditions.length === 0 ? Prisma.sql`true` : Prisma.join(conditions, ' AND ');
}

/** Why a line that belongs to the question does not count; null when it does. */
function leftOutReason({ currency, asOf, filters }: ReportQuestion): Prisma.Sql {
  const restricted = filters.restricted === 'excluded' ? Prisma.sql`WHEN l.restricted THEN 'RESTRICTED'` : Prisma.empty;
  return Prisma.sql`CASE WHEN l.recorded_at > ${asOf}::timestamptz THEN 'RECORDED_LATER'
    WHEN l.boundary = 'internal' THEN 'INTERNAL_TRANSFER' ${restricted}
    WHEN ${converted[currency]} IS NULL THEN 'NO_RATE' END`;
}

interface SumRow extends Readonly<Record<`k${number}`, string>> {
  readonly pledged: bigint;
  readonly committed: bigint;
  readonly disbursed: bigint;
  readonly lines: number;
}

const sumsOf = (amount: Prisma.Sql) => Prisma.sql`
  coalesce(sum(${amount}) FILTER (WHERE l.stage = 'pledge'), 0)::bigint AS pledged,
  coalesce(sum(${amount}) FILTER (WHERE l.stage = 'commitment'), 0)::bigint AS committed,
  coalesce(sum(${amount}) FILTER (WHERE l.stage = 'disbursement'), 0)::bigint AS disbursed,
  count(*)::int AS lines`;

/** The lines of `journal_line l` that count, whenever they were recorded. */
export function countedLines({ currency, filters, scope }: Omit<ReportQuestion, 'groupBy' | 'asOf'>): Prisma.Sql {
  const unrestricted = filters.restricted === 'excluded' ? Prisma.sql`AND NOT l.restricted` : Prisma.empty;
  return Prisma.sql`l.boundary = 'crossing' AND ${converted[currency]} IS NOT NULL ${unrestricted} AND ${scopeCondition(scope)} AND ${filterConditions(filters)}`;
}

/** The statement that adds up the lines that count, one row per cell; the benchmark runs this very statement beside the API. */
export function groupedSumsSql(question: ReportQuestion): Prisma.Sql {
  const { groupBy, currency, asOf } = question;
  const keys = groupBy.map((dimension, index) => Prisma.sql`${buckets[dimension]} AS ${Prisma.raw(`k${index}`)}`);
  return Prisma.sql`
    SELECT ${Prisma.join(keys)}, ${sumsOf(converted[currency])}
    FROM journal_line l
    WHERE l.recorded_at <= ${asOf}::timestamptz AND ${countedLines(question)}
    GROUP BY ${Prisma.join(groupBy.map((_, index) => Prisma.raw(String(index + 1))))}`;
}

export async function groupedSums(tx: Tx, question: ReportQuestion): Promise<readonly Cell[]> {
  const rows = await tx.$queryRaw<SumRow[]>(groupedSumsSql(question));
  return rows.map((row) => ({
    key: question.groupBy.map((_, index) => row[`k${index}`] ?? ''),
    sums: { pledged: row.pledged, committed: row.committed, disbursed: row.disbursed, lines: row.lines },
  }));
}

export interface LeftOutRow {
  readonly reason: string;
  readonly lines: number;
}

/** How many lines of the question were known at its moment and did not count, by reason. */
export async function leftOutCounts(tx: Tx, question: ReportQuestion): Promise<readonly LeftOutRow[]> {
  // Row-level security keeps the planner from knowing how few "internal" lines there are (an enum's comparison is not leak-proof), and it
  // would read the whole journal instead of their index.
  await tx.$executeRaw`SET LOCAL enable_seqscan = off`;
  const rows = await tx.$queryRaw<LeftOutRow[]>`
    SELECT reason, count(*)::int AS lines FROM (
      SELECT ${leftOutReason(question)} AS reason FROM journal_line l
      WHERE l.recorded_at <= ${question.asOf}::timestamptz AND ${scopeCondition(question.scope)} AND ${filterConditions(question.filters)}
        AND (l.boundary = 'internal' OR l.restricted OR ${converted[question.currency]} IS NULL)
    ) x WHERE reason IS NOT NULL GROUP BY reason ORDER BY reason`;
  await tx.$executeRaw`SET LOCAL enable_seqscan = on`;
  return rows;
}

export interface EntryRow extends LineColumns {
  readonly seq: bigint;
  readonly entry_id: string;
  readonly cell: number;
  readonly record_id: string;
  readonly converted_minor: bigint | null;
  readonly conversion: object | null;
  readonly reason: string | null;
}

/** A cell to open: codes by dimension, with every duplicate of a donor. */
export interface CellFilter {
  readonly dimension: ReportDimension;
  readonly codes: readonly string[];
}

export interface EntriesRequest {
  readonly cell: readonly CellFilter[];
  readonly show: 'counted' | 'leftOut' | 'all';
  readonly stage?: string | undefined;
  readonly after?: { readonly seq: bigint; readonly line: number } | undefined;
  readonly limit: number;
}

function cellCondition(cell: readonly CellFilter[], stage: string | undefined): Prisma.Sql {
  const conditions = [
    ...cell.map(({ dimension, codes }) => Prisma.sql`${buckets[dimension]} = ANY(${[...codes]}::text[])`),
    ...(stage === undefined ? [] : [Prisma.sql`l.stage = ${stage}::stage`]),
  ];
  return conditions.length === 0 ? Prisma.sql`true` : Prisma.join(conditions, ' AND ');
}

/** The lines behind a cell, oldest first, with why any of them does not count. */
export async function cellEntries(db: Tx, question: ReportQuestion, request: EntriesRequest): Promise<readonly EntryRow[]> {
  const reason = leftOutReason(question);
  const shown = { all: Prisma.sql`true`, counted: Prisma.sql`(${reason}) IS NULL`, leftOut: Prisma.sql`(${reason}) IS NOT NULL` }[request.show];
  const { after } = request;
  return db.$queryRaw<EntryRow[]>`
    SELECT e.seq, e.id::text AS entry_id, l.cell, coalesce(d.id, c.id, p.id)::text AS record_id, ${columns},
      ${converted[question.currency]} AS converted_minor, ${conversionTo(question.currency)} AS conversion, ${reason} AS reason
    FROM ${from}
    WHERE ${scopeCondition(question.scope)} AND ${filterConditions(question.filters)} AND ${cellCondition(request.cell, request.stage)}
      AND ${shown} AND (e.seq, l.cell) > (${after?.seq ?? 0n}::bigint, ${after?.line ?? -1}::int)
    ORDER BY ${order} LIMIT ${request.limit}`;
}

/** Σ of the lines that count in a cell. */
export async function cellSums(db: Tx, question: ReportQuestion, cell: readonly CellFilter[], stage: string | undefined): Promise<Cell['sums']> {
  const [row] = await db.$queryRaw<SumRow[]>`
    SELECT ${sumsOf(converted[question.currency])} FROM journal_line l
    WHERE ${scopeCondition(question.scope)} AND ${filterConditions(question.filters)} AND ${cellCondition(cell, stage)}
      AND (${leftOutReason(question)}) IS NULL`;
  if (!row) throw new RangeError('a sum always has a row');
  return { pledged: row.pledged, committed: row.committed, disbursed: row.disbursed, lines: row.lines };
}

/** Keeps one artefact of a run; the first of its format and language stays. */
export async function insertArtefact(tx: Tx, runId: string, artefact: { readonly format: string; readonly language: string; readonly content: Buffer }): Promise<void> {
  await sqlOf(tx).query({
    name: 'insert_artefact',
    text: 'INSERT INTO report_artefact (run_id, format, language, content, sha256) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
    values: [runId, artefact.format, artefact.language, artefact.content, sha256(artefact.content)],
  });
}

export interface KeptArtefact {
  readonly content: Buffer;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** One artefact of a run; null when it is not there. */
export async function findArtefact(tx: Tx, runId: string, format: string, language: string): Promise<KeptArtefact | null> {
  const artefact = await tx.reportArtefact.findUnique({ where: { runId_format_language: { runId, format, language } } });
  return artefact && { content: Buffer.from(artefact.content), sha256: artefact.sha256 };
}

/** Whether a moment is before another; both ISO 8601 with up to microseconds. */
export async function isBefore(tx: Tx, earlier: string, later: string): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ before: boolean }[]>`SELECT ${earlier}::timestamptz < ${later}::timestamptz AS before`;
  return row?.before ?? false;
}
