import type { Day } from '../../domain/days.js';
import { type FundEntryDraft, incomeSign, type WindowBalance } from '../../domain/fund-book.js';
import { reportingCurrencies } from '../../domain/fx.js';
import type { CellBalance } from '../../domain/posting.js';
import { DomainError } from '../../domain/problem.js';
import { isPeriodClosed, Prisma, sqlOf, type Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { type CodeColumns, codesOf, lineColumns } from '../journal/line-columns.js';

/**
 * Posts movements of funds; the database stamps the moment, keeps the accounts and refuses what a fund does not have. One of a closed
 * month goes to the next open one and keeps its day as `occurred_on`.
 * @returns the day under which the movements count, where one was late; undefined otherwise
 * @throws PERIOD_CLOSED when the grace of a month ends while the statement runs
 */
export async function postFundEntries(db: Tx, entries: readonly FundEntryDraft[], recordedBy: string): Promise<Day | undefined> {
  if (entries.length === 0) return undefined;
  const late = await intoOpenPeriods(db, Prisma.sql`
    WITH draft AS (
      SELECT d.* FROM jsonb_array_elements(${JSON.stringify(entries.flatMap(rowsOf))}::jsonb) WITH ORDINALITY AS e(entry, position)
      CROSS JOIN LATERAL jsonb_to_record(e.entry) AS d(
        id uuid, kind fund_entry_kind, fund_id uuid, window_id uuid, operation_id uuid, commitment_id uuid, disbursement_id uuid, allocation_id uuid,
        donor_id uuid, partner_id uuid, counter_fund_id uuid, restricted boolean, value_date date, currency text, fx jsonb, import_id uuid, reason text,
        cell smallint, countries text[], sectors text[], beneficiary_groups text[], plans text[], usage_years text[],
        amount_minor bigint, usd_minor bigint, eur_minor bigint, xof_minor bigint)
      ORDER BY e.position
    )
    INSERT INTO fund_entry (id, kind, fund_id, window_id, operation_id, commitment_id, disbursement_id, allocation_id, donor_id, partner_id,
      counter_fund_id, restricted, value_date, occurred_on, recorded_at, recorded_by, currency, fx, import_id, reason, cell, countries, sectors,
      beneficiary_groups, plans, usage_years, amount_minor, usd_minor, eur_minor, xof_minor)
    SELECT id, kind, fund_id, window_id, operation_id, commitment_id, disbursement_id, allocation_id, donor_id, partner_id, counter_fund_id, restricted,
      posted_on, nullif(value_date, posted_on), now(), ${recordedBy}::uuid, currency, fx, import_id, reason, cell, countries, sectors,
      beneficiary_groups, plans, usage_years, amount_minor, usd_minor, eur_minor, xof_minor
    FROM draft CROSS JOIN LATERAL fund_posting_date(value_date, operation_id, disbursement_id, false) AS posted_on
    RETURNING occurred_on IS NOT NULL AS late, to_char(value_date, 'YYYY-MM-DD') AS day`);
  return late;
}

/** Whose movements are undone. */
export type FundEntrySource = 'operation' | 'disbursement' | 'commitment';

/**
 * Undoes every standing movement of some operations, payments or commitments by its mirror, the last first.
 * @returns the day under which the mirrors count, where one was late
 */
export async function reverseFundEntries(
  db: Tx,
  source: FundEntrySource,
  ids: readonly string[],
  by: { readonly recordedBy: string; readonly reason: string; readonly importId: string | null },
): Promise<Day | undefined> {
  return intoOpenPeriods(db, Prisma.sql`
    INSERT INTO fund_entry (id, kind, fund_id, window_id, operation_id, commitment_id, disbursement_id, allocation_id, reverses_id, donor_id, partner_id,
      counter_fund_id, restricted, value_date, occurred_on, recorded_at, recorded_by, currency, fx, import_id, reason, cell, countries, sectors,
      beneficiary_groups, plans, usage_years, amount_minor, usd_minor, eur_minor, xof_minor)
    SELECT gen_random_uuid(), e.kind, e.fund_id, e.window_id, e.operation_id, e.commitment_id, e.disbursement_id, e.allocation_id, e.id, e.donor_id, e.partner_id,
      e.counter_fund_id, e.restricted, posted_on, CASE posted_on WHEN e.value_date THEN e.occurred_on ELSE coalesce(e.occurred_on, e.value_date) END,
      now(), ${by.recordedBy}::uuid, e.currency, e.fx, ${by.importId}::uuid, ${by.reason}, e.cell, e.countries, e.sectors, e.beneficiary_groups, e.plans,
      e.usage_years, -e.amount_minor, -e.usd_minor, -e.eur_minor, -e.xof_minor
    FROM fund_entry e CROSS JOIN LATERAL fund_posting_date(e.value_date, e.operation_id, e.disbursement_id, true) AS posted_on
    WHERE e.${Prisma.raw(`${source}_id`)} = ANY(${[...ids]}::uuid[]) AND e.reverses_id IS NULL AND NOT EXISTS (SELECT FROM fund_entry r WHERE r.reverses_id = e.id)
    ORDER BY e.seq DESC
    RETURNING occurred_on IS NOT NULL AS late, to_char(value_date, 'YYYY-MM-DD') AS day`);
}

/** @throws PERIOD_CLOSED */
async function intoOpenPeriods(db: Tx, insert: Prisma.Sql): Promise<Day | undefined> {
  try {
    const rows = await db.$queryRaw<{ late: boolean; day: Day }[]>(insert);
    return rows.find(({ late }) => late)?.day;
  } catch (error) {
    if (isPeriodClosed(error)) throw new DomainError('PERIOD_CLOSED');
    throw error;
  }
}

function rowsOf({ lines, own, converted, ...entry }: FundEntryDraft): readonly object[] {
  const conversions = Object.fromEntries(reportingCurrencies.map((target) => [target.toLowerCase(), converted[target]?.conversion ?? null]));
  const fx = own === null ? conversions : { ...conversions, own };
  return lines.map((line) => ({
    id: newId(),
    kind: entry.kind,
    fund_id: entry.fundId,
    window_id: entry.windowId,
    operation_id: entry.operationId,
    commitment_id: entry.commitmentId,
    disbursement_id: entry.disbursementId,
    allocation_id: entry.allocationId,
    donor_id: entry.donorId,
    partner_id: entry.partnerId,
    counter_fund_id: entry.counterFundId,
    restricted: entry.restricted,
    value_date: entry.valueDate,
    currency: entry.currency,
    fx,
    import_id: entry.importId,
    reason: entry.reason,
    ...lineColumns(line),
  }));
}

/** What a fund may allocate and has allocated, in minor units of its currency. */
export interface FundAccountState {
  readonly incomeMinor: bigint;
  readonly allocatedMinor: bigint;
  /** Mirrored from a source, and not held to the rule. */
  readonly mirrored: boolean;
}

/** The account of a fund, which nobody else changes until the transaction ends; funds are locked in the order of their ids. */
export async function lockFundAccount(db: Tx, fundId: string): Promise<FundAccountState> {
  const { rows } = await sqlOf(db).query<{ income_minor: string; allocated_minor: string; mirrored: boolean }>({
    name: 'lock_fund_account',
    text: 'SELECT income_minor, allocated_minor, mirrored FROM lock_fund_account($1)',
    values: [fundId],
  });
  const [row] = rows;
  if (!row) throw new RangeError(`no fund ${fundId}`);
  return { incomeMinor: BigInt(row.income_minor), allocatedMinor: BigInt(row.allocated_minor), mirrored: row.mirrored };
}

/** What of an allocation was awarded, sent less returned, and spent, in minor units. */
export interface AllocationAccountState {
  readonly allocatedMinor: bigint;
  readonly transferredMinor: bigint;
  readonly spentMinor: bigint;
}

/** The account of an allocation, which nobody else changes until the transaction ends; after that of its fund. */
export async function lockAllocationAccount(db: Tx, allocationId: string): Promise<AllocationAccountState> {
  const { rows } = await sqlOf(db).query<{ allocated_minor: string; transferred_minor: string; spent_minor: string }>({
    name: 'lock_allocation_account',
    text: 'SELECT allocated_minor, transferred_minor, spent_minor FROM lock_allocation_account($1)',
    values: [allocationId],
  });
  const [row] = rows;
  if (!row) throw new RangeError(`no allocation ${allocationId}`);
  return { allocatedMinor: BigInt(row.allocated_minor), transferredMinor: BigInt(row.transferred_minor), spentMinor: BigInt(row.spent_minor) };
}

/** What stands of an allocation in one of its cells, in minor units. */
export interface AllocationCell extends Pick<CellBalance, 'cell' | 'codes'> {
  readonly allocatedMinor: bigint;
  readonly transferredMinor: bigint;
  readonly spentMinor: bigint;
}

interface CellRow extends CodeColumns {
  readonly cell: number;
  readonly allocated: bigint;
  readonly transferred: bigint;
  readonly spent: bigint;
}

/** The cells of an allocation with what was awarded, sent less returned, and spent in each. */
export async function allocationCells(db: Tx, allocationId: string): Promise<readonly AllocationCell[]> {
  const rows = await db.$queryRaw<CellRow[]>`
    SELECT cell, countries, sectors, beneficiary_groups, plans, usage_years,
      coalesce(sum(amount_minor) FILTER (WHERE kind = 'allocation'), 0)::bigint AS allocated,
      coalesce(sum(CASE kind WHEN 'transfer' THEN amount_minor WHEN 'refund' THEN -amount_minor END), 0)::bigint AS transferred,
      coalesce(sum(amount_minor) FILTER (WHERE kind = 'expenditure'), 0)::bigint AS spent
    FROM fund_entry WHERE allocation_id = ${allocationId}::uuid
    GROUP BY cell, countries, sectors, beneficiary_groups, plans, usage_years ORDER BY cell`;
  return rows.map((row) => ({
    cell: row.cell,
    codes: codesOf(row),
    allocatedMinor: row.allocated,
    transferredMinor: row.transferred,
    spentMinor: row.spent,
  }));
}

/** What each window of a fund was given and has awarded; read in the system's scope, with the fund's account locked. */
export async function windowBalances(db: Tx, fundId: string): Promise<readonly WindowBalance[]> {
  const positive = Object.entries(incomeSign).flatMap(([kind, sign]) => (sign === 1n ? [kind] : []));
  const negative = Object.entries(incomeSign).flatMap(([kind, sign]) => (sign === -1n ? [kind] : []));
  const rows = await db.$queryRaw<{ window_id: string | null; income: bigint; allocated: bigint }[]>`
    SELECT window_id::text,
      coalesce(sum(CASE WHEN kind::text = ANY(${positive}) THEN amount_minor WHEN kind::text = ANY(${negative}) THEN -amount_minor END), 0)::bigint AS income,
      coalesce(sum(amount_minor) FILTER (WHERE kind = 'allocation'), 0)::bigint AS allocated
    FROM fund_entry WHERE fund_id = ${fundId}::uuid GROUP BY window_id`;
  return rows.map((row) => ({ windowId: row.window_id, incomeMinor: row.income, allocatedMinor: row.allocated }));
}
