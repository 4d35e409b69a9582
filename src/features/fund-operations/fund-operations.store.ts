import type { Day } from '../../domain/days.js';
import { cashSign } from '../../domain/fund-book.js';
import type { AllocatedCell, FundRemains } from '../../domain/fund-operation.js';
import type { Actor } from '../../domain/policy.js';
import { visibilityOf } from '../../domain/policy.js';
import type { BookedAmounts } from '../../domain/posting.js';
import { DomainError } from '../../domain/problem.js';
import type { FundOperation, Proposal, Tx } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';

/** An operation, also one that is not kept yet. */
export type Operation = Omit<FundOperation, 'splits'> & { readonly splits: unknown };

/** The operations that an actor may see: those that touch one of the states. */
export function visibleOperations(actor: Actor) {
  const visibility = visibilityOf(actor);
  return visibility.all ? {} : { countries: { hasSome: [...visibility.states] } };
}

/** @throws NOT_FOUND also when the actor may not see it */
export async function findVisibleOperation(db: Tx, actor: Actor, id: string, field?: string): Promise<FundOperation> {
  const row = await db.fundOperation.findFirst({ where: { id, AND: [visibleOperations(actor)] } });
  if (!row) throw new DomainError('NOT_FOUND', { what: 'fund_operation' }, field);
  return row;
}

/** The operation, locked until the transaction ends; after the accounts of its funds. */
export async function lockOperation(db: Tx, id: string): Promise<FundOperation> {
  await db.$queryRaw`SELECT FROM fund_operation WHERE id = ${id}::uuid FOR UPDATE`;
  return db.fundOperation.findUniqueOrThrow({ where: { id } });
}

/** A proposal, locked until the transaction ends; after the accounts. */
export async function lockProposal(db: Tx, id: string): Promise<Proposal> {
  await db.$queryRaw`SELECT FROM proposal WHERE id = ${id}::uuid FOR UPDATE`;
  return db.proposal.findUniqueOrThrow({ where: { id } });
}

/** Lets one money transfer between funds after the other be approved, so that no circle closes unseen; before any account is locked. */
export async function lockFundTransfers(db: Tx): Promise<void> {
  await db.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('fund transfers', 0))`;
}

/** Whether money already given on by a fund reaches another, whoever may see it. */
export async function reaches(db: Tx, fromFundId: string, toFundId: string): Promise<boolean> {
  const rows = await asSystem(db, () => db.$queryRaw<object[]>`
    WITH RECURSIVE given AS (
      SELECT fund_id, counter_fund_id FROM fund_entry WHERE kind = 'to_fund' GROUP BY fund_id, counter_fund_id HAVING sum(amount_minor) <> 0
    ), reached AS (
      SELECT ${fromFundId}::uuid AS id
      UNION SELECT g.counter_fund_id FROM given g JOIN reached r ON r.id = g.fund_id
    )
    SELECT 1 FROM reached WHERE id = ${toFundId}::uuid`);
  return rows.length > 0;
}

/** What a round has awarded, in minor units, whoever may see it. */
export async function awardedInRound(db: Tx, roundId: string): Promise<bigint> {
  const [row] = await asSystem(db, () => db.$queryRaw<{ minor: bigint }[]>`
    SELECT coalesce(sum(e.amount_minor), 0)::bigint AS minor FROM fund_operation o JOIN fund_entry e ON e.allocation_id = o.id AND e.kind = 'allocation'
    WHERE o.round_id = ${roundId}::uuid AND o.kind = 'allocation'`);
  return row?.minor ?? 0n;
}

/** What a donor, with the duplicates merged into it, paid into a fund less what was returned, in minor units. */
export async function paidInBy(db: Tx, fundId: string, donorId: string): Promise<bigint> {
  const [row] = await asSystem(db, () => db.$queryRaw<{ minor: bigint }[]>`
    WITH RECURSIVE kept AS (
      SELECT id, merged_into_id FROM organisation WHERE id = ${donorId}::uuid
      UNION SELECT o.id, o.merged_into_id FROM organisation o JOIN kept k ON o.id = k.merged_into_id
    ), family AS (
      SELECT id FROM kept WHERE merged_into_id IS NULL
      UNION SELECT o.id FROM organisation o JOIN family f ON o.merged_into_id = f.id
    )
    SELECT coalesce(sum(CASE kind WHEN 'deposit' THEN amount_minor ELSE -amount_minor END), 0)::bigint AS minor FROM fund_entry
    WHERE fund_id = ${fundId}::uuid AND kind IN ('deposit', 'donor_refund') AND donor_id IN (SELECT id FROM family)`);
  return row?.minor ?? 0n;
}

/** The day of the first transfer of an allocation that stands. */
export async function firstTransferDay(db: Tx, allocationId: string): Promise<Date | null> {
  const first = await asSystem(db, () =>
    db.fundOperation.findFirst({ where: { allocationId, kind: 'transfer', status: 'approved' }, orderBy: { valueDate: 'asc' }, select: { valueDate: true } }),
  );
  return first?.valueDate ?? null;
}

/** The day of the last movement in a fund's book. */
export async function lastMovementDay(db: Tx, fundId: string): Promise<Day | null> {
  const [row] = await asSystem(db, () => db.$queryRaw<{ day: Day | null }[]>`
    SELECT to_char(max(coalesce(occurred_on, value_date)), 'YYYY-MM-DD') AS day FROM fund_entry WHERE fund_id = ${fundId}::uuid`);
  return row?.day ?? null;
}

/** What keeps a fund from being closed by an operation. */
export function remainsOf(db: Tx, fundId: string, closureId: string): Promise<FundRemains> {
  return asSystem(db, async () => {
    const sums = await db.fundEntry.groupBy({ by: ['kind'], where: { fundId }, _sum: { amountMinor: true } });
    const accounts = await db.allocationAccount.findMany({ where: { fundId } });
    const operations = await db.fundOperation.count({ where: { status: 'submitted', id: { not: closureId }, OR: [{ fundId }, { toFundId: fundId }] } });
    const payments = await db.disbursement.count({ where: { status: 'submitted', commitment: { fundId, destinationKind: 'fund' } } });
    return {
      balanceMinor: sums.reduce((sum, { kind, _sum }) => sum + cashSign[kind] * (_sum.amountMinor ?? 0n), 0n),
      withPartners: accounts.map(({ transferredMinor, spentMinor }) => transferredMinor - spentMinor),
      pending: operations + payments,
    };
  });
}

/** How many acts on an allocation stand or may come to stand, whoever may see them; those after `since` where given. */
export function countParts(db: Tx, allocationId: string, since?: Date): Promise<number> {
  const where = { allocationId, status: { in: ['submitted' as const, 'approved' as const] }, ...(since && { decidedAt: { gt: since } }) };
  return asSystem(db, () => db.fundOperation.count({ where }));
}

/** What an allocation is booked at, in its own and every reporting currency. */
export async function bookedAllocation(db: Tx, allocationId: string): Promise<BookedAmounts> {
  const { _sum } = await asSystem(db, () =>
    db.fundEntry.aggregate({ where: { allocationId, kind: 'allocation' }, _sum: { amountMinor: true, usdMinor: true, eurMinor: true, xofMinor: true } }),
  );
  return { minor: _sum.amountMinor ?? 0n, USD: _sum.usdMinor ?? 0n, EUR: _sum.eurMinor ?? 0n, XOF: _sum.xofMinor ?? 0n };
}

/** A movement that stands in a fund's book, with all its cells. */
export interface StandingMovement {
  readonly fundId: string;
  readonly windowId: string | null;
  readonly kind: keyof typeof cashSign;
  readonly donorId: string | null;
  readonly minor: bigint;
  readonly usdMinor: bigint;
}

/** Whose movements are meant. */
export type MovementSource = { readonly operationId: string } | { readonly disbursementId: string };

/** What stands of an operation or a payment, in every fund, whoever may see it. */
export async function standingMovements(db: Tx, source: MovementSource): Promise<readonly StandingMovement[]> {
  const rows = await asSystem(db, () =>
    db.fundEntry.groupBy({ by: ['fundId', 'windowId', 'kind', 'donorId'], where: source, _sum: { amountMinor: true, usdMinor: true }, orderBy: { fundId: 'asc' } }),
  );
  return rows.map(({ fundId, windowId, kind, donorId, _sum }) => ({ fundId, windowId, kind, donorId, minor: _sum.amountMinor ?? 0n, usdMinor: _sum.usdMinor ?? 0n }));
}

/** What an operation moved in the cells of its allocation. */
export async function movedCells(db: Tx, operationId: string): Promise<readonly AllocatedCell[]> {
  const rows = await asSystem(db, () => db.fundEntry.findMany({ where: { operationId, allocationId: { not: null } } }));
  return rows.map((row) => ({
    cell: row.cell,
    codes: { country: row.countries, sector: row.sectors, beneficiaryGroup: row.beneficiaryGroups, plan: row.plans, usageYear: row.usageYears },
    allocatedMinor: row.kind === 'allocation' ? row.amountMinor : 0n,
    transferredMinor: row.kind === 'transfer' ? row.amountMinor : row.kind === 'refund' ? -row.amountMinor : 0n,
    spentMinor: row.kind === 'expenditure' ? row.amountMinor : 0n,
  }));
}

/** How an allocation stands, in minor units. */
export interface AllocationFigures {
  readonly allocated: bigint;
  readonly transferred: bigint;
  readonly returned: bigint;
  readonly spent: bigint;
}

/** How allocations stand, by their ids; all their cells count for whoever sees the allocation. */
export async function allocationFigures(db: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, AllocationFigures>> {
  if (ids.length === 0) return new Map();
  const rows = await asSystem(db, () => db.fundEntry.groupBy({ by: ['allocationId', 'kind'], where: { allocationId: { in: [...ids] } }, _sum: { amountMinor: true } }));
  const of = (id: string, wanted: string) => rows.find(({ allocationId, kind }) => allocationId === id && kind === wanted)?._sum.amountMinor ?? 0n;
  return new Map(ids.map((id) => [id, { allocated: of(id, 'allocation'), transferred: of(id, 'transfer'), returned: of(id, 'refund'), spent: of(id, 'expenditure') }]));
}

/** Under which day operations count whose own month was closed when they were posted, by their ids; of a reversal, its mirrors. */
export async function lateOperations(db: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, Day>> {
  if (ids.length === 0) return new Map();
  const rows = await db.$queryRaw<{ id: string; day: Day }[]>`
    SELECT o.id::text, to_char(max(e.value_date), 'YYYY-MM-DD') AS day
    FROM fund_operation o JOIN fund_entry e ON e.fund_id = o.fund_id AND e.operation_id = coalesce(o.undoes_id, o.id) AND (e.reverses_id IS NOT NULL) = (o.undoes_id IS NOT NULL)
    WHERE o.id = ANY(${[...ids]}::uuid[]) AND o.status IN ('approved', 'reversed') AND e.occurred_on IS NOT NULL GROUP BY o.id`;
  return new Map(rows.map(({ id, day }) => [id, day]));
}
