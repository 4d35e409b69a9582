import { reportingCurrencies } from '../../domain/fx.js';
import type { Day } from '../../domain/days.js';
import type { BookedAmounts, CellBalance, EntryDraft } from '../../domain/posting.js';
import { DomainError } from '../../domain/problem.js';
import { isPeriodClosed, Prisma, type Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { reverseFundEntries } from '../fund-book/fund-book.store.js';
import { type CodeColumns, codesOf, lineColumns, textOf } from './line-columns.js';

/** Which entries belong to a record. */
export type EntrySubject = 'pledge' | 'commitment' | 'disbursement';

/**
 * Posts entries with their lines; the database stamps the moment and refuses any later change. One of a closed month goes to the next
 * open one and keeps its day as `occurred_on`.
 * @returns the value dates of the late ones, by the entry's id
 */
export async function postEntries(db: Tx, entries: readonly EntryDraft[], recordedBy: string): Promise<ReadonlyMap<string, Day>> {
  if (entries.length === 0) return new Map();
  const late = await intoOpenPeriods(db, Prisma.sql`
    WITH draft AS (
      SELECT d.* FROM jsonb_array_elements(${JSON.stringify(entries.map(entryRow))}::jsonb) WITH ORDINALITY AS e(entry, position)
      CROSS JOIN LATERAL jsonb_to_record(e.entry) AS d(
        id uuid, kind entry_kind, stage stage, pledge_id uuid, commitment_id uuid, disbursement_id uuid, amendment_id uuid,
        value_date date, currency text, amount_minor bigint, usd_minor bigint, eur_minor bigint, xof_minor bigint, fx jsonb,
        import_id uuid, reason text, restricted boolean, boundary boundary, donor_id uuid, recipient_id uuid, mechanism text,
        contribution_type contribution_type, fund_id uuid, event_id uuid, lines jsonb)
      ORDER BY e.position
    ), posted AS (
      INSERT INTO journal_entry (id, kind, stage, pledge_id, commitment_id, disbursement_id, amendment_id, value_date, occurred_on,
        recorded_at, recorded_by, currency, amount_minor, usd_minor, eur_minor, xof_minor, fx, import_id, reason)
      SELECT id, kind, stage, pledge_id, commitment_id, disbursement_id, amendment_id, posted_on, nullif(value_date, posted_on),
        now(), ${recordedBy}::uuid, currency, amount_minor, usd_minor, eur_minor, xof_minor, fx, import_id, reason
      FROM draft CROSS JOIN LATERAL posting_date(value_date, kind, stage, pledge_id, commitment_id, disbursement_id, amendment_id) AS posted_on
      RETURNING id, recorded_at, value_date, occurred_on
    ), lines AS (
      INSERT INTO journal_line (entry_id, cell, stage, value_date, recorded_at, restricted, boundary, donor_id, recipient_id, mechanism,
        contribution_type, fund_id, event_id, countries, sectors, beneficiary_groups, plans, usage_years, currency, amount_minor,
        usd_minor, eur_minor, xof_minor)
      SELECT d.id, l.cell, d.stage, p.value_date, p.recorded_at, d.restricted, d.boundary, d.donor_id, d.recipient_id, d.mechanism,
        d.contribution_type, d.fund_id, d.event_id, l.countries, l.sectors, l.beneficiary_groups, l.plans, l.usage_years, d.currency,
        l.amount_minor, l.usd_minor, l.eur_minor, l.xof_minor
      FROM draft d JOIN posted p ON p.id = d.id
      CROSS JOIN LATERAL jsonb_to_recordset(d.lines) AS l(cell smallint, countries text[], sectors text[], beneficiary_groups text[],
        plans text[], usage_years text[], amount_minor bigint, usd_minor bigint, eur_minor bigint, xof_minor bigint)
    )
    SELECT id::text, to_char(value_date, 'YYYY-MM-DD') AS day FROM posted WHERE occurred_on IS NOT NULL`);
  return new Map(late.map(({ id, day }) => [id, day]));
}

interface LateRow {
  readonly id: string;
  readonly day: Day;
}

/** @throws PERIOD_CLOSED when the grace of a month ends while the statement runs */
async function intoOpenPeriods(db: Tx, insert: Prisma.Sql): Promise<readonly LateRow[]> {
  try {
    return await db.$queryRaw<LateRow[]>(insert);
  } catch (error) {
    if (isPeriodClosed(error)) throw new DomainError('PERIOD_CLOSED');
    throw error;
  }
}

function entryRow(entry: EntryDraft): object {
  const { terms, converted } = entry;
  return {
    id: entry.id,
    kind: entry.kind,
    stage: entry.stage,
    pledge_id: entry.pledgeId,
    commitment_id: entry.commitmentId,
    disbursement_id: entry.disbursementId,
    amendment_id: entry.amendmentId,
    value_date: entry.valueDate,
    currency: entry.currency,
    amount_minor: String(entry.amountMinor),
    usd_minor: textOf(converted.USD?.minor),
    eur_minor: textOf(converted.EUR?.minor),
    xof_minor: textOf(converted.XOF?.minor),
    fx: Object.fromEntries(reportingCurrencies.map((target) => [target.toLowerCase(), converted[target]?.conversion ?? null])),
    import_id: entry.importId,
    reason: entry.reason,
    restricted: terms.restricted,
    boundary: terms.boundary,
    donor_id: terms.donorId,
    recipient_id: terms.recipientId,
    mechanism: terms.mechanism,
    contribution_type: terms.contributionType,
    fund_id: terms.fundId,
    event_id: terms.eventId,
    lines: entry.lines.map(lineColumns),
  };
}

interface BalanceRow extends CodeColumns {
  readonly cell: number;
  readonly balance: bigint;
}

/** What is committed and not yet disbursed in each cell of a commitment, in minor units. */
export async function cellBalances(db: Tx, commitmentId: string): Promise<readonly CellBalance[]> {
  const rows = await db.$queryRaw<BalanceRow[]>`
    SELECT l.cell, l.countries, l.sectors, l.beneficiary_groups, l.plans, l.usage_years,
      sum(CASE l.stage WHEN 'commitment' THEN l.amount_minor ELSE -l.amount_minor END)::bigint AS balance
    FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id
    WHERE e.commitment_id = ${commitmentId}::uuid
    GROUP BY l.cell, l.countries, l.sectors, l.beneficiary_groups, l.plans, l.usage_years
    ORDER BY l.cell`;
  return rows.map((row) => ({ cell: row.cell, codes: codesOf(row), balanceMinor: row.balance }));
}

/**
 * Under which day records count whose own month was closed when they were posted, by their ids; of a reversal, its mirrors.
 * @returns nothing of those that count under their value date
 */
export async function lateBookings(db: Tx, record: EntryDraft['kind'], rows: readonly { readonly id: string }[]): Promise<ReadonlyMap<string, Day>> {
  if (rows.length === 0) return new Map();
  const ids = rows.map(({ id }) => id);
  const late = await db.$queryRaw<LateRow[]>`
    SELECT r.id::text, to_char(max(e.value_date), 'YYYY-MM-DD') AS day
    FROM ${Prisma.raw(record)} r JOIN journal_entry e ON ${entriesOf[record]}
    WHERE r.id = ANY(${ids}::uuid[]) AND e.kind = ${record}::entry_kind AND e.occurred_on IS NOT NULL
    GROUP BY r.id`;
  return new Map(late.map(({ id, day }) => [id, day]));
}

/** The entries of a record `r`. */
const entriesOf: Readonly<Record<EntryDraft['kind'], Prisma.Sql>> = {
  pledge: Prisma.sql`e.pledge_id = r.id`,
  commitment: Prisma.sql`e.commitment_id = r.id`,
  amendment: Prisma.sql`e.amendment_id = r.id`,
  disbursement: Prisma.sql`e.disbursement_id = r.id`,
  reversal: Prisma.sql`e.stage = r.stage AND (e.pledge_id = r.pledge_id OR e.commitment_id = r.commitment_id OR e.disbursement_id = r.disbursement_id)`,
};

/** What a commitment stands at in the journal, amendments included. */
export async function bookedAmounts(db: Tx, commitmentId: string): Promise<BookedAmounts> {
  const [row] = await db.$queryRaw<{ minor: bigint; usd: bigint; eur: bigint; xof: bigint }[]>`
    SELECT sum(amount_minor)::bigint AS minor, sum(usd_minor)::bigint AS usd, sum(eur_minor)::bigint AS eur, sum(xof_minor)::bigint AS xof
    FROM journal_entry WHERE commitment_id = ${commitmentId}::uuid AND stage = 'commitment'`;
  if (!row) throw new RangeError(`no entries of commitment ${commitmentId}`);
  return { minor: row.minor, USD: row.usd, EUR: row.eur, XOF: row.xof };
}

/** The ids of a record's entries that stand: neither reversals nor reversed. */
async function standingEntries(db: Tx, subject: EntrySubject, ids: readonly string[]): Promise<readonly string[]> {
  const rows = await db.journalEntry.findMany({
    where: { [`${subject}Id`]: { in: [...ids] }, kind: { not: 'reversal' }, reversed: null },
    select: { id: true },
    orderBy: { seq: 'asc' },
  });
  return rows.map((row) => row.id);
}

/**
 * Undoes every standing entry of some records by its mirror: the same value date, cells and rates, the opposite amounts, so that
 * both cancel out in every report from now on and in none before. The mirror of an entry in a closed month goes to the next open one.
 * What they moved in a fund's book is undone with them.
 * @returns how many entries were undone
 */
export async function reverseEntries(
  db: Tx,
  subject: EntrySubject,
  ids: readonly string[],
  by: { readonly recordedBy: string; readonly reason: string; readonly importId: string | null },
): Promise<number> {
  const entries = await standingEntries(db, subject, ids);
  if (entries.length === 0) return 0;
  const mirrors = entries.map(() => newId());
  await intoOpenPeriods(db, Prisma.sql`
    WITH pair AS (
      SELECT * FROM unnest(${entries}::uuid[], ${mirrors}::uuid[]) WITH ORDINALITY AS p(entry_id, mirror_id, position)
    ), posted AS (
      INSERT INTO journal_entry (id, kind, stage, pledge_id, commitment_id, disbursement_id, amendment_id, reverses_id, value_date,
        occurred_on, recorded_at, recorded_by, currency, amount_minor, usd_minor, eur_minor, xof_minor, fx, import_id, reason)
      SELECT p.mirror_id, 'reversal', e.stage, e.pledge_id, e.commitment_id, e.disbursement_id, e.amendment_id, e.id, posted_on,
        CASE posted_on WHEN e.value_date THEN e.occurred_on ELSE coalesce(e.occurred_on, e.value_date) END, now(), ${by.recordedBy}::uuid, e.currency, -e.amount_minor, -e.usd_minor, -e.eur_minor, -e.xof_minor, e.fx,
        ${by.importId}::uuid, ${by.reason}
      FROM pair p JOIN journal_entry e ON e.id = p.entry_id
      CROSS JOIN LATERAL posting_date(e.value_date, 'reversal', e.stage, e.pledge_id, e.commitment_id, e.disbursement_id, e.amendment_id) AS posted_on
      ORDER BY p.position
      RETURNING id, recorded_at, value_date
    )
    INSERT INTO journal_line (entry_id, cell, stage, value_date, recorded_at, restricted, boundary, donor_id, recipient_id, mechanism,
      contribution_type, fund_id, event_id, countries, sectors, beneficiary_groups, plans, usage_years, currency, amount_minor,
      usd_minor, eur_minor, xof_minor)
    SELECT p.mirror_id, l.cell, l.stage, posted.value_date, posted.recorded_at, l.restricted, l.boundary, l.donor_id, l.recipient_id,
      l.mechanism, l.contribution_type, l.fund_id, l.event_id, l.countries, l.sectors, l.beneficiary_groups, l.plans, l.usage_years,
      l.currency, -l.amount_minor, -l.usd_minor, -l.eur_minor, -l.xof_minor
    FROM pair p JOIN posted ON posted.id = p.mirror_id JOIN journal_line l ON l.entry_id = p.entry_id`);
  if (subject !== 'pledge') await reverseFundEntries(db, subject, ids, by);
  return entries.length;
}
