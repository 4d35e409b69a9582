import type { Day } from '../../domain/days.js';
import type { FundEntryKind } from '../../domain/fund-book.js';
import { reportingCurrencies, type ReportingCurrency } from '../../domain/fx.js';
import type { Visibility } from '../../domain/policy.js';
import { type Commitment, type CommitmentInstalment, type Disbursement, type PledgeInstalment, Prisma, type Tx } from '../../platform/db.js';
import { inScope } from '../mechanism-figures/promises.store.js';

/** A fund among those an actor reaches. */
export interface ReachedFund {
  readonly id: string;
  readonly currency: string;
  readonly countries: readonly string[];
}

/**
 * A fund for whoever sees all, works for one of its states, or has paid or firmly promised money to it; null otherwise. To be called in
 * the system's scope, as everything here that sums.
 */
export async function findReachedFund(tx: Tx, scope: Visibility, id: string): Promise<ReachedFund | null> {
  const reached = scope.all
    ? Prisma.sql`true`
    : Prisma.sql`(f.countries && ${[...scope.states]}::text[] OR EXISTS (SELECT FROM commitment c WHERE c.fund_id = f.id AND c.destination_kind = 'fund' AND c.donor_id = ANY(${[...scope.donorIds]}::uuid[])))`;
  const [fund] = await tx.$queryRaw<ReachedFund[]>`SELECT f.id::text AS id, f.currency, f.countries FROM pooled_fund f WHERE f.id = ${id}::uuid AND ${reached}`;
  return fund ?? null;
}

/** The days of a question; both belong to the period. */
export interface Period {
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
}

const until = (column: Prisma.Sql, to: Day | undefined) => (to === undefined ? Prisma.sql`true` : Prisma.sql`${column} <= ${to}::date`);
const before = (column: Prisma.Sql, from: Day | undefined) => (from === undefined ? Prisma.sql`false` : Prisma.sql`${column} < ${from}::date`);

/** Whether an actor may not see a row: it is restricted, and somebody else's gift. */
function hiddenIn(scope: Visibility, restricted: Prisma.Sql, donorId: Prisma.Sql): Prisma.Sql {
  if (scope.restricted) return Prisma.sql`false`;
  const own = scope.all ? [] : [...scope.donorIds];
  return Prisma.sql`(${restricted} AND NOT coalesce(${donorId} = ANY(${own}::uuid[]), false))`;
}

/** Σ of entries of a fund, in minor units of its currency, that the statement tells apart. */
export interface StatementCell {
  readonly kind: FundEntryKind;
  readonly before: boolean;
  readonly hidden: boolean;
  readonly donor_id: string | null;
  readonly partner_id: string | null;
  /** ISO3 code, "*" or "-". */
  readonly state: string;
  readonly minor: bigint;
}

/** The whole book of a fund at a moment, in one scan. */
export function statementCells(tx: Tx, fundId: string, scope: Visibility, asOf: string, { from, to }: Period): Promise<StatementCell[]> {
  return tx.$queryRaw<StatementCell[]>`
    SELECT e.kind::text AS kind, ${before(Prisma.sql`e.value_date`, from)} AS before, ${hiddenIn(scope, Prisma.sql`e.restricted`, Prisma.sql`e.donor_id`)} AS hidden,
      e.donor_id::text AS donor_id, e.partner_id::text AS partner_id, bucket(e.countries) AS state, sum(e.amount_minor)::bigint AS minor
    FROM fund_entry e
    WHERE e.fund_id = ${fundId}::uuid AND e.recorded_at <= ${asOf}::timestamptz AND ${until(Prisma.sql`e.value_date`, to)}
    GROUP BY 1, 2, 3, 4, 5, 6`;
}

/** What a commitment to a fund, or a pledge, stood at, and what of it was met by payments, or by commitments. */
export interface OpenRow {
  readonly currency: string;
  readonly hidden: boolean;
  readonly whole: bigint;
  readonly met: bigint;
  /** `whole` in the fund's currency; null where it is in another one and none of USD, EUR, XOF. */
  readonly converted: bigint | null;
}

function inFundCurrency(fund: ReachedFund): Prisma.Sql {
  const known = reportingCurrencies.find((currency) => currency === fund.currency);
  return Prisma.sql`CASE e.currency WHEN ${fund.currency} THEN e.amount_minor ELSE ${known ? convertedColumn(known) : Prisma.sql`NULL::bigint`} END`;
}

const convertedColumn = (currency: ReportingCurrency, table = 'e') => Prisma.raw(`${table}.${currency.toLowerCase()}_minor`);

/** Commitments to a fund and what of each was paid, by the journal at a moment. */
export function openCommitments(tx: Tx, fund: ReachedFund, scope: Visibility, asOf: string, to: Day | undefined): Promise<OpenRow[]> {
  return tx.$queryRaw<OpenRow[]>`
    SELECT c.currency, ${hiddenIn(scope, Prisma.sql`c.restricted`, Prisma.sql`c.donor_id`)} AS hidden,
      coalesce(sum(e.amount_minor) FILTER (WHERE e.stage = 'commitment'), 0)::bigint AS whole,
      coalesce(sum(e.amount_minor) FILTER (WHERE e.stage = 'disbursement'), 0)::bigint AS met,
      sum(${inFundCurrency(fund)}) FILTER (WHERE e.stage = 'commitment')::bigint AS converted
    FROM commitment c JOIN journal_entry e ON e.commitment_id = c.id
    WHERE c.fund_id = ${fund.id}::uuid AND c.destination_kind = 'fund' AND e.recorded_at <= ${asOf}::timestamptz AND ${until(Prisma.sql`e.value_date`, to)}
    GROUP BY c.id ORDER BY c.id`;
}

/** Pledges to a fund and what of each became a commitment, by the journal at a moment. */
export function openPledges(tx: Tx, fund: ReachedFund, scope: Visibility, asOf: string, to: Day | undefined): Promise<OpenRow[]> {
  return tx.$queryRaw<OpenRow[]>`
    SELECT p.currency, ${hiddenIn(scope, Prisma.sql`p.restricted`, Prisma.sql`p.donor_id`)} AS hidden, s.whole, coalesce(s.met, 0)::bigint AS met, s.converted
    FROM pledge p CROSS JOIN LATERAL (
      SELECT coalesce(sum(e.amount_minor) FILTER (WHERE e.stage = 'pledge'), 0)::bigint AS whole,
        sum(e.amount_minor) FILTER (WHERE e.stage = 'commitment')::bigint AS met,
        sum(${inFundCurrency(fund)}) FILTER (WHERE e.stage = 'pledge')::bigint AS converted
      FROM journal_entry e
      WHERE (e.pledge_id = p.id AND e.stage = 'pledge' OR e.commitment_id IN (SELECT c.id FROM commitment c WHERE c.pledge_id = p.id) AND e.stage = 'commitment')
        AND e.recorded_at <= ${asOf}::timestamptz AND ${until(Prisma.sql`e.value_date`, to)}
    ) s
    WHERE p.fund_id = ${fund.id}::uuid AND p.destination_kind = 'fund' ORDER BY p.id`;
}

/** Which entries of a fund are behind a line. */
export interface EntriesQuestion extends Period {
  readonly fundId: string;
  readonly asOf: string;
  readonly signs: readonly (readonly [FundEntryKind, bigint])[];
  /** With duplicates; only these. */
  readonly donorIds?: readonly string[] | undefined;
  readonly partnerIds?: readonly string[] | undefined;
  /** ISO3 code, "*" or "-". */
  readonly state?: string | undefined;
}

function entriesCondition({ fundId, asOf, signs, donorIds, partnerIds, state, from, to }: EntriesQuestion): Prisma.Sql {
  return Prisma.join(
    [
      Prisma.sql`e.fund_id = ${fundId}::uuid AND e.recorded_at <= ${asOf}::timestamptz AND e.kind::text = ANY(${signs.map(([kind]) => kind)}::text[])`,
      Prisma.sql`NOT ${before(Prisma.sql`e.value_date`, from)} AND ${until(Prisma.sql`e.value_date`, to)}`,
      ...(donorIds ? [Prisma.sql`e.donor_id = ANY(${[...donorIds]}::uuid[])`] : []),
      ...(partnerIds ? [Prisma.sql`e.partner_id = ANY(${[...partnerIds]}::uuid[])`] : []),
      ...(state === undefined ? [] : [Prisma.sql`bucket(e.countries) = ${state}`]),
    ],
    ' AND ',
  );
}

const signed = (signs: EntriesQuestion['signs']) =>
  Prisma.sql`CASE WHEN e.kind::text = ANY(${signs.filter(([, sign]) => sign < 0n).map(([kind]) => kind)}::text[]) THEN -e.amount_minor ELSE e.amount_minor END`;

export interface FundEntryRow {
  readonly seq: bigint;
  readonly id: string;
  readonly kind: FundEntryKind;
  readonly reference: string | null;
  readonly description: string | null;
  readonly donor_id: string | null;
  readonly partner_id: string | null;
  readonly counter_fund_id: string | null;
  readonly countries: string[];
  readonly sectors: string[];
  readonly plans: string[];
  readonly value_date: Day;
  readonly occurred_on: Day | null;
  readonly recorded_at: string;
  readonly reversal: boolean;
  readonly minor: bigint;
}

/** The entries of a line that the asker's own scope shows, oldest first. */
export function lineEntries(tx: Tx, question: EntriesQuestion, after: bigint, limit: number): Promise<FundEntryRow[]> {
  return tx.$queryRaw<FundEntryRow[]>`
    SELECT e.seq, e.id::text AS id, e.kind::text AS kind, coalesce(o.reference, d.reference) AS reference, coalesce(o.description, d.description) AS description,
      e.donor_id::text AS donor_id, e.partner_id::text AS partner_id, e.counter_fund_id::text AS counter_fund_id, e.countries, e.sectors, e.plans,
      to_char(e.value_date, 'YYYY-MM-DD') AS value_date, to_char(e.occurred_on, 'YYYY-MM-DD') AS occurred_on,
      to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS recorded_at,
      e.reverses_id IS NOT NULL AS reversal, ${signed(question.signs)} AS minor
    FROM fund_entry e LEFT JOIN fund_operation o ON o.id = e.operation_id LEFT JOIN disbursement d ON d.id = e.disbursement_id
    WHERE ${entriesCondition(question)} AND e.seq > ${after}::bigint ORDER BY e.seq LIMIT ${limit}`;
}

/** Σ and number of the entries of a line that a scope counts. */
export async function lineSum(tx: Tx, question: EntriesQuestion, scope: Visibility): Promise<{ readonly minor: bigint; readonly entries: number }> {
  const [row] = await tx.$queryRaw<{ minor: bigint; entries: number }[]>`
    SELECT coalesce(sum(${signed(question.signs)}), 0)::bigint AS minor, count(*)::int AS entries FROM fund_entry e
    WHERE ${entriesCondition(question)} AND NOT ${hiddenIn(scope, Prisma.sql`e.restricted`, Prisma.sql`e.donor_id`)}`;
  return row ?? { minor: 0n, entries: 0 };
}

/** Σ of entries of all funds that have the same source or recipient. */
export interface MovementRow {
  readonly fund_id: string;
  /** "opening": what the fund had before the period. */
  readonly kind: Exclude<FundEntryKind, 'allocation' | 'expenditure'> | 'opening';
  readonly donor_id: string | null;
  readonly partner_id: string | null;
  readonly counter_fund_id: string | null;
  readonly countries: string[];
  /** Code, "*" or "-". */
  readonly plan: string;
  readonly restricted: boolean;
  /** As it changes the cash of the fund, in its currency. */
  readonly own: bigint;
  readonly converted: bigint;
  /** Entries without a rate. */
  readonly unconverted: number;
}

/** The cash of every fund at a moment, in one scan: what is needed to say whose money went where. */
export function fundMovements(tx: Tx, asOf: string, currency: ReportingCurrency, { from, to }: Period): Promise<MovementRow[]> {
  const converted = convertedColumn(currency);
  const source = Prisma.sql`e.kind IN ('deposit', 'from_fund', 'carry_over', 'interest', 'refund')`;
  return tx.$queryRaw<MovementRow[]>`
    SELECT x.fund_id::text AS fund_id, x.kind, x.donor_id::text AS donor_id, x.partner_id::text AS partner_id, x.counter_fund_id::text AS counter_fund_id,
      x.countries, x.plan, x.restricted, sum(x.own)::bigint AS own, coalesce(sum(x.converted), 0)::bigint AS converted,
      (count(*) - count(x.converted))::int AS unconverted
    FROM (
      SELECT e.fund_id, CASE WHEN was.before THEN 'opening' ELSE e.kind::text END AS kind,
        CASE WHEN was.known AND e.kind IN ('deposit', 'donor_refund') THEN e.donor_id END AS donor_id,
        CASE WHEN was.known AND e.kind IN ('transfer', 'refund') THEN e.partner_id END AS partner_id,
        CASE WHEN was.known AND e.kind IN ('from_fund', 'to_fund') THEN e.counter_fund_id END AS counter_fund_id,
        CASE WHEN was.known AND e.kind IN ('transfer', 'refund') THEN e.countries ELSE '{}' END AS countries,
        CASE WHEN was.known AND e.kind IN ('transfer', 'refund') THEN bucket(e.plans) ELSE '-' END AS plan,
        was.known AND e.restricted AND e.kind IN ('deposit', 'donor_refund', 'transfer', 'refund') AS restricted,
        CASE WHEN ${source} THEN e.amount_minor ELSE -e.amount_minor END AS own,
        CASE WHEN ${source} THEN ${converted} ELSE -${converted} END AS converted
      FROM fund_entry e CROSS JOIN LATERAL (SELECT ${before(Prisma.sql`e.value_date`, from)} AS before, NOT ${before(Prisma.sql`e.value_date`, from)} AS known) was
      WHERE e.recorded_at <= ${asOf}::timestamptz AND ${until(Prisma.sql`e.value_date`, to)} AND e.kind NOT IN ('allocation', 'expenditure')
    ) x GROUP BY 1, 2, 3, 4, 5, 6, 7, 8`;
}

/** Σ of payments that did not go through a fund, in a reporting currency. */
export interface DirectRow {
  readonly donor_id: string;
  readonly recipient_id: string | null;
  readonly countries: string[];
  /** Code, "*" or "-". */
  readonly plan: string;
  readonly restricted: boolean;
  readonly converted: bigint;
  readonly unconverted: number;
}

/** Payments across the boundary that did not go to a fund, of some donors or all. */
export function directPayments(tx: Tx, asOf: string, currency: ReportingCurrency, period: Period, donorIds: readonly string[] | null): Promise<DirectRow[]> {
  const converted = convertedColumn(currency, 'l');
  return tx.$queryRaw<DirectRow[]>`
    SELECT l.donor_id::text AS donor_id, l.recipient_id::text AS recipient_id, l.countries, bucket(l.plans) AS plan, l.restricted,
      coalesce(sum(${converted}), 0)::bigint AS converted, (count(*) - count(${converted}))::int AS unconverted
    FROM journal_line l
    WHERE l.stage = 'disbursement' AND l.boundary = 'crossing' AND l.recorded_at <= ${asOf}::timestamptz
      AND (l.fund_id IS NULL OR NOT EXISTS (SELECT FROM journal_entry e JOIN commitment c ON c.id = e.commitment_id WHERE e.id = l.entry_id AND c.destination_kind = 'fund'))
      AND NOT ${before(Prisma.sql`l.value_date`, period.from)} AND ${until(Prisma.sql`l.value_date`, period.to)}
      AND ${donorIds ? Prisma.sql`l.donor_id = ANY(${[...donorIds]}::uuid[])` : Prisma.sql`true`}
    GROUP BY 1, 2, 3, 4, 5`;
}

/** The movements of a fund that a scope shows, as a condition on `fund_entry e`. */
export function statementLines(fundId: string, scope: Visibility, { to }: Period): Prisma.Sql {
  return Prisma.sql`e.fund_id = ${fundId}::uuid AND ${until(Prisma.sql`e.value_date`, to)} AND ${inScope('e', scope)}`;
}

/** Which movements an attribution is about; donors with their duplicates. */
interface AttributedMovements extends Period {
  readonly fundIds?: readonly string[] | undefined;
  readonly donorIds?: readonly string[] | undefined;
}

/** The movements of the funds' cash that a scope shows, of the funds asked for and of no other donors than those asked for; a condition on `fund_entry e`. */
export function attributionLines({ fundIds, donorIds, to }: AttributedMovements, scope: Visibility, currency: ReportingCurrency): Prisma.Sql {
  return Prisma.join(
    [
      Prisma.sql`e.kind NOT IN ('allocation', 'expenditure') AND ${convertedColumn(currency)} IS NOT NULL AND ${until(Prisma.sql`e.value_date`, to)}`,
      inScope('e', scope),
      ...(fundIds ? [Prisma.sql`e.fund_id = ANY(${[...fundIds]}::uuid[])`] : []),
      ...(donorIds ? [Prisma.sql`(e.donor_id IS NULL OR e.donor_id = ANY(${[...donorIds]}::uuid[]))`] : []),
    ],
    ' AND ',
  );
}

/** Currencies and states of all funds. */
export function allFunds(tx: Tx): Promise<ReachedFund[]> {
  return tx.$queryRaw<ReachedFund[]>`SELECT id::text AS id, currency, countries FROM pooled_fund`;
}

/** What the accounts of funds were credited with for some payments, in minor units of the funds' currencies. */
export async function creditedByPayment(tx: Tx, disbursementIds: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
  const rows = await tx.$queryRaw<{ id: string; minor: bigint }[]>`
    SELECT disbursement_id::text AS id, sum(amount_minor)::bigint AS minor FROM fund_entry
    WHERE kind = 'deposit' AND disbursement_id = ANY(${[...disbursementIds]}::uuid[]) GROUP BY 1`;
  return new Map(rows.map(({ id, minor }) => [id, minor]));
}

/** A commitment with its planned and its made payments. */
export type Agreement = Commitment & {
  readonly instalments: readonly CommitmentInstalment[];
  /** Of the pledge that it fulfils. */
  readonly pledgeInstalments: readonly PledgeInstalment[];
  readonly disbursements: readonly Disbursement[];
};

/** The standing commitments among those that the asker's scope shows. */
export async function findAgreements(db: Tx, where: Prisma.CommitmentWhereInput, page: { readonly orderBy?: object[]; readonly take?: number } = {}): Promise<Agreement[]> {
  const commitments = await db.commitment.findMany({ where: { AND: [{ status: 'active' }, where] }, ...page });
  const ids = commitments.map(({ id }) => id);
  const pledgeIds = commitments.flatMap(({ pledgeId }) => pledgeId ?? []);
  const instalments = by(({ commitmentId }) => commitmentId, await db.commitmentInstalment.findMany({ where: { commitmentId: { in: ids } } }));
  const ofPledges = by(({ pledgeId }) => pledgeId, await db.pledgeInstalment.findMany({ where: { pledgeId: { in: pledgeIds } } }));
  const paid = await db.disbursement.findMany({
    where: { commitmentId: { in: ids }, status: { in: ['approved', 'received'] } },
    orderBy: [{ valueDate: 'asc' }, { id: 'asc' }],
  });
  const disbursements = by(({ commitmentId }) => commitmentId, paid);
  return commitments.map((one) => ({
    ...one,
    instalments: instalments.get(one.id) ?? [],
    pledgeInstalments: ofPledges.get(one.pledgeId ?? '') ?? [],
    disbursements: disbursements.get(one.id) ?? [],
  }));
}

function by<T>(keyOf: (one: T) => string, all: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

/** The standing pledges of some donors that no commitment fulfils yet, with their planned payments. */
export function findOpenPledges(db: Tx, donorIds: readonly string[]) {
  return db.pledge.findMany({ where: { status: 'active', donorId: { in: [...donorIds] }, commitments: { none: { status: 'active' } } }, include: { instalments: true } });
}
