import { type Day, toDay } from '../../domain/days.js';
import type { ReportingCurrency } from '../../domain/fx.js';
import { type CommitmentFacts, grouped, type Instalment, type Payment, type PromiseFacts } from '../../domain/mechanism-figures.js';
import type { Visibility } from '../../domain/policy.js';
import type { Splits } from '../../domain/splits.js';
import { Prisma, type Tx } from '../../platform/db.js';

const { sql, join } = Prisma;

/** What a journal entry or line comes to in a reporting currency, by the table's alias. */
export function converted(alias: string, currency: ReportingCurrency): Prisma.Sql {
  return Prisma.raw(`${alias}.${currency.toLowerCase()}_minor`);
}

/** The flows of a scope, by the alias of a table that has countries, donor_id and restricted. */
export function inScope(alias: string, scope: Visibility): Prisma.Sql {
  const column = (name: string) => Prisma.raw(`${alias}.${name}`);
  const open = scope.restricted ? sql`true` : sql`NOT ${column('restricted')}`;
  if (scope.all) return open;
  return sql`(${column('countries')} && ${[...scope.states]}::text[] AND ${open} OR ${column('donor_id')} = ANY(${[...scope.donorIds]}::uuid[]))`;
}

/** Which flows are asked for; value dates on or after `from`, on or before `to`. */
export interface FlowFilter {
  readonly countries?: readonly string[] | undefined;
  /** With the duplicates merged into them. */
  readonly donorIds?: readonly string[] | undefined;
  readonly mechanisms?: readonly string[] | undefined;
  readonly fundIds?: readonly string[] | undefined;
  /** Of pledges; a commitment has none. */
  readonly eventIds?: readonly string[] | undefined;
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
}

/** The condition of a filter, by the alias of a table that has countries, value_date, and what else is asked for. */
export function matching(alias: string, { countries, donorIds, mechanisms, fundIds, eventIds, from, to }: FlowFilter): Prisma.Sql {
  const column = (name: string) => Prisma.raw(`${alias}.${name}`);
  const conditions = [
    sql`true`,
    ...(countries ? [sql`${column('countries')} && ${[...countries]}::text[]`] : []),
    ...(donorIds ? [sql`${column('donor_id')} = ANY(${[...donorIds]}::uuid[])`] : []),
    ...(mechanisms ? [sql`${column('mechanism')} = ANY(${[...mechanisms]}::text[])`] : []),
    ...(fundIds ? [sql`${column('fund_id')} = ANY(${[...fundIds]}::uuid[])`] : []),
    ...(eventIds ? [sql`${column('event_id')} = ANY(${[...eventIds]}::uuid[])`] : []),
    ...(from === undefined ? [] : [sql`${column('value_date')} >= ${from}::date`]),
    ...(to === undefined ? [] : [sql`${column('value_date')} <= ${to}::date`]),
  ];
  return join(conditions, ' AND ');
}

/** A commitment with what identifies it. */
export interface CommitmentRow extends CommitmentFacts {
  readonly id: string;
  readonly reference: string;
  /** Committed and paid in the reporting currency, each at the rates of its own days. */
  readonly reportMinor: bigint;
  readonly paidReportMinor: bigint;
}

/** A pledge, or a commitment that stands without one, with what became of it. */
export interface PromiseRow extends PromiseFacts {
  readonly id: string;
  readonly isPledge: boolean;
  readonly reference: string;
  readonly donorId: string;
  readonly recipientId: string | null;
  readonly mechanism: string;
  readonly fundId: string | null;
  /** Where it was pledged; null for a commitment. */
  readonly eventId: string | null;
  readonly splits: Splits;
  readonly countries: readonly string[];
  readonly restricted: boolean;
  readonly internal: boolean;
  readonly currency: string;
  /** As it was promised, also where it was reversed since. */
  readonly promisedMinor: bigint;
  /** Whether it is known in the reporting currency. */
  readonly hasRate: boolean;
  readonly commitments: readonly CommitmentRow[];
}

/** As of when, for whom and in which currency flows are read. */
export interface FlowSight {
  readonly asOf: string;
  readonly scope: Visibility;
  readonly currency: ReportingCurrency;
}

/** A flow with what the journal knew of it. */
interface FlowRow {
  readonly id: string;
  readonly reference: string;
  readonly pledge_id: string | null;
  readonly donor_id: string;
  readonly recipient_id: string | null;
  readonly mechanism: string;
  readonly fund_id: string | null;
  readonly event_id: string | null;
  readonly splits: Splits;
  readonly countries: string[];
  readonly restricted: boolean;
  readonly internal: boolean;
  readonly currency: string;
  readonly value_date: Date;
  readonly minor: bigint;
  readonly promised: bigint;
  readonly report: bigint | null;
  readonly usd: bigint | null;
}

const sumsOf = (currency: ReportingCurrency) => sql`
  sum(e.amount_minor)::bigint AS minor, max(e.amount_minor)::bigint AS promised, sum(${converted('e', currency)})::bigint AS report, sum(e.usd_minor)::bigint AS usd`;

/** The pledges that meet a condition on `f`, reversed ones too, in the order of their references, with all that became of them. */
export async function findPledged(tx: Tx, sight: FlowSight, condition: Prisma.Sql): Promise<readonly PromiseRow[]> {
  const pledges = await tx.$queryRaw<FlowRow[]>`
    SELECT f.id::text, f.reference, f.id::text AS pledge_id, f.donor_id::text, f.recipient_id::text, f.mechanism, f.fund_id::text, f.event_id::text,
      f.splits, f.countries, f.restricted, f.boundary = 'internal' AS internal, f.currency, f.value_date, ${sumsOf(sight.currency)}
    FROM pledge f JOIN journal_entry e ON e.pledge_id = f.id AND e.stage = 'pledge'
    WHERE e.recorded_at <= ${sight.asOf}::timestamptz AND ${inScope('f', sight.scope)} AND ${condition}
    GROUP BY f.id ORDER BY f.reference`;
  const ids = pledges.map(({ id }) => id);
  const commitments = (await findCommitted(tx, sight, sql`f.pledge_id = ANY(${ids}::uuid[])`)).filter(({ commitment }) => commitment.minor !== 0n);
  const instalments = await instalmentsOf(tx, 'pledge', ids);
  const ofPledge = grouped(commitments, ({ flow }) => flow.pledge_id ?? '');
  return pledges.map((row) => promiseOf(row, true, (ofPledge.get(row.id) ?? []).map(({ commitment }) => commitment), instalments.get(row.id) ?? []));
}

/**
 * The lines of the pledges that meet a condition on `f`, of their commitments and payments, as a condition on `journal_entry e`; without the
 * internal ones and those that have no rate.
 */
export function linesOfPledges({ scope, currency }: Omit<FlowSight, 'asOf'>, condition: Prisma.Sql): Prisma.Sql {
  const pledges = sql`
    SELECT f.id FROM pledge f
    WHERE f.boundary = 'crossing' AND ${inScope('f', scope)} AND ${condition}
      AND EXISTS (SELECT FROM journal_entry o WHERE o.pledge_id = f.id AND o.stage = 'pledge' AND ${converted('o', currency)} IS NOT NULL)`;
  const commitments = sql`SELECT f.id FROM commitment f WHERE f.pledge_id IN (${pledges}) AND ${inScope('f', scope)}`;
  return sql`(e.stage = 'pledge' AND e.pledge_id IN (${pledges}) OR e.stage <> 'pledge' AND e.commitment_id IN (${commitments})) AND ${converted('l', currency)} IS NOT NULL`;
}

/** The commitments without a pledge that have a plan of payment and meet a condition on `f`: promises of their own. */
export async function findPlannedAlone(tx: Tx, sight: FlowSight, condition: Prisma.Sql): Promise<readonly PromiseRow[]> {
  const planned = sql`f.pledge_id IS NULL AND EXISTS (SELECT FROM commitment_instalment i WHERE i.commitment_id = f.id) AND ${condition}`;
  return (await findCommitments(tx, sight, planned)).filter(({ minor }) => minor !== 0n);
}

/** The commitments that meet a condition on `f`, reversed ones too, each as a promise of its own with its own plan of payment. */
export async function findCommitments(tx: Tx, sight: FlowSight, condition: Prisma.Sql): Promise<readonly PromiseRow[]> {
  return (await findCommitted(tx, sight, condition)).map(({ flow, commitment }) => promiseOf(flow, false, [commitment], []));
}

async function findCommitted(tx: Tx, sight: FlowSight, condition: Prisma.Sql): Promise<readonly { readonly flow: FlowRow; readonly commitment: CommitmentRow }[]> {
  const rows = await tx.$queryRaw<FlowRow[]>`
    SELECT f.id::text, f.reference, f.pledge_id::text, f.donor_id::text, f.recipient_id::text, f.mechanism, f.fund_id::text, NULL AS event_id,
      f.splits, f.countries, f.restricted, f.boundary = 'internal' AS internal, f.currency, f.value_date, ${sumsOf(sight.currency)}
    FROM commitment f JOIN journal_entry e ON e.commitment_id = f.id AND e.stage = 'commitment'
    WHERE e.recorded_at <= ${sight.asOf}::timestamptz AND ${inScope('f', sight.scope)} AND ${condition}
    GROUP BY f.id ORDER BY f.value_date, f.reference`;
  const ids = rows.map(({ id }) => id);
  const payments = await paymentsOf(tx, sight, ids);
  const instalments = await instalmentsOf(tx, 'commitment', ids);
  return rows.map((flow) => {
    const own = payments.get(flow.id) ?? [];
    const commitment: CommitmentRow = {
      id: flow.id,
      reference: flow.reference,
      on: toDay(flow.value_date),
      minor: flow.minor,
      usdMinor: flow.usd ?? 0n,
      reportMinor: flow.report ?? 0n,
      paidReportMinor: own.reduce((sum, { report }) => sum + report, 0n),
      payments: own,
      instalments: instalments.get(flow.id) ?? [],
    };
    return { flow, commitment };
  });
}

function promiseOf(row: FlowRow, isPledge: boolean, commitments: readonly CommitmentRow[], instalments: readonly Instalment[]): PromiseRow {
  const { id, reference, mechanism, splits, countries, restricted, internal, currency, minor, report } = row;
  return {
    id, isPledge, reference, donorId: row.donor_id, recipientId: row.recipient_id, mechanism, fundId: row.fund_id, eventId: row.event_id, splits, countries, restricted, internal, currency, // prettier-ignore
    promisedMinor: row.promised,
    hasRate: report !== null,
    on: toDay(row.value_date),
    minor,
    reportMinor: report ?? 0n,
    commitments,
    instalments,
  };
}

interface PaymentRow extends Payment {
  readonly commitmentId: string;
  readonly report: bigint;
}

async function paymentsOf(tx: Tx, { asOf, currency }: FlowSight, commitmentIds: readonly string[]): Promise<ReadonlyMap<string, readonly PaymentRow[]>> {
  const rows = await tx.$queryRaw<{ commitment_id: string; value_date: Date; minor: bigint; report: bigint | null }[]>`
    SELECT d.commitment_id::text, d.value_date, sum(e.amount_minor)::bigint AS minor, sum(${converted('e', currency)})::bigint AS report
    FROM disbursement d JOIN journal_entry e ON e.disbursement_id = d.id AND e.stage = 'disbursement'
    WHERE d.commitment_id = ANY(${[...commitmentIds]}::uuid[]) AND e.recorded_at <= ${asOf}::timestamptz
    GROUP BY d.id HAVING sum(e.amount_minor) <> 0 ORDER BY d.value_date, d.id`;
  const payments = rows.map((row) => ({ commitmentId: row.commitment_id, on: toDay(row.value_date), minor: row.minor, report: row.report ?? 0n }));
  return grouped(payments, ({ commitmentId }) => commitmentId);
}

async function instalmentsOf(tx: Tx, of: 'pledge' | 'commitment', ids: readonly string[]): Promise<ReadonlyMap<string, readonly Instalment[]>> {
  const owner = Prisma.raw(`${of}_id`);
  const rows = await tx.$queryRaw<{ owner_id: string; due_on: Date; amount_minor: bigint }[]>`
    SELECT ${owner}::text AS owner_id, due_on, amount_minor FROM ${Prisma.raw(`${of}_instalment`)} WHERE ${owner} = ANY(${[...ids]}::uuid[]) ORDER BY due_on, number`;
  const instalments = rows.map((row) => ({ ownerId: row.owner_id, dueOn: toDay(row.due_on), minor: row.amount_minor }));
  return grouped(instalments, ({ ownerId }) => ownerId);
}
