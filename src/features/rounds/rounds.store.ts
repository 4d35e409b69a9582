import { dayColumn, findPage, idColumn, type Page, type PageRequest, textColumn } from '../../http/paging.js';
import type { AllocationRound, PooledFund, Tx } from '../../platform/db.js';
import { lockRow } from '../../platform/lock.js';
import { asSystem } from '../../platform/tenant.js';

/** A round with its fund, in whose currency its amounts are. */
export type RoundRow = AllocationRound & { readonly fund: PooledFund };

export const roundSorts = {
  code: textColumn<RoundRow>('code', (round) => round.code),
  opensOn: dayColumn<RoundRow>('opensOn', (round) => round.opensOn),
  recordedAt: idColumn<RoundRow>(),
};

export function findRound(db: Tx, id: string): Promise<RoundRow | null> {
  return db.allocationRound.findUnique({ where: { id }, include: { fund: true } });
}

/** The round, locked until the transaction ends; before its proposals. */
export async function lockRound(db: Tx, id: string): Promise<RoundRow | null> {
  return (await lockRow(db, 'allocation_round', id)) ? findRound(db, id) : null;
}

export interface RoundFilter {
  readonly fundId?: string | undefined;
  readonly windowId?: string | undefined;
  readonly status?: AllocationRound['status'] | undefined;
}

export function findRounds(db: Tx, query: PageRequest & RoundFilter): Promise<Page<RoundRow>> {
  const { fundId, windowId, status } = query;
  const filter = { ...(fundId !== undefined && { fundId }), ...(windowId !== undefined && { windowId }), ...(status !== undefined && { status }) };
  return findPage<RoundRow>(query, roundSorts, ({ where, ...page }) => db.allocationRound.findMany({ where: { AND: [filter, where] }, include: { fund: true }, ...page }));
}

/** What was asked of a round and what it awarded, in minor units of the fund's currency. */
export interface RoundSums {
  readonly askedMinor: bigint;
  readonly awardedMinor: bigint;
}

/** The sums of some rounds, by their ids: everybody may know them, so whoever's the proposals are. */
export async function roundSums(db: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, RoundSums>> {
  if (ids.length === 0) return new Map();
  const rows = await asSystem(
    db,
    () => db.$queryRaw<{ id: string; asked: bigint; awarded: bigint }[]>`
      SELECT r.id::text,
        (SELECT coalesce(sum(p.requested_minor), 0)::bigint FROM proposal p WHERE p.round_id = r.id AND p.status IN ('submitted', 'awarded', 'declined')) AS asked,
        (SELECT coalesce(sum(e.amount_minor), 0)::bigint FROM fund_operation o JOIN fund_entry e ON e.allocation_id = o.id AND e.kind = 'allocation'
          WHERE o.fund_id = r.fund_id AND o.round_id = r.id AND o.kind = 'allocation') AS awarded
      FROM allocation_round r WHERE r.id = ANY(${[...ids]}::uuid[])`,
  );
  return new Map(rows.map(({ id, asked, awarded }) => [id, { askedMinor: asked, awardedMinor: awarded }]));
}
