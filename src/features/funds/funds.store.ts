import { DomainError } from '../../domain/problem.js';
import { findPage, idColumn, type Page, type PageRequest, textColumn } from '../../http/paging.js';
import type { FundAccount, PooledFund, Tx } from '../../platform/db.js';
import { lockRow } from '../../platform/lock.js';
import { asSystem } from '../../platform/tenant.js';

export const fundSorts = {
  code: textColumn<PooledFund>('code', (fund) => fund.code),
  recordedAt: idColumn<PooledFund>(),
};

export function findFund(db: Tx, id: string): Promise<PooledFund | null> {
  return db.pooledFund.findUnique({ where: { id } });
}

/** The fund, locked until the transaction ends. */
export async function lockFund(db: Tx, id: string): Promise<PooledFund | null> {
  return (await lockRow(db, 'pooled_fund', id)) ? findFund(db, id) : null;
}

export function findFunds(db: Tx, query: PageRequest & { readonly country?: string | undefined }): Promise<Page<PooledFund>> {
  const filter = query.country === undefined ? {} : { countries: { has: query.country } };
  return findPage(query, fundSorts, ({ where, ...page }) => db.pooledFund.findMany({ where: { AND: [filter, where] }, ...page }));
}

/** @throws FUND_CLOSED */
export function checkFundOpen({ code, status }: Pick<PooledFund, 'code' | 'status'>, field?: string): void {
  if (status === 'closed') throw new DomainError('FUND_CLOSED', { fund: code }, field);
}

/** The accounts among those of some funds that whoever asks may see; there is none before the first movement. */
export async function findAccounts(db: Tx, fundIds: readonly string[]): Promise<ReadonlyMap<string, FundAccount>> {
  if (fundIds.length === 0) return new Map();
  const accounts = await db.fundAccount.findMany({ where: { fundId: { in: [...fundIds] } } });
  return new Map(accounts.map((account) => [account.fundId, account]));
}

/** Whether any amount is kept in the currency of a fund, whoever may see it. */
export async function isCurrencyInUse(db: Tx, fundId: string): Promise<boolean> {
  const rows = await asSystem(
    db,
    () => db.$queryRaw<{ used: boolean }[]>`
      SELECT EXISTS (SELECT FROM fund_entry WHERE fund_id = ${fundId}::uuid) OR EXISTS (SELECT FROM fund_operation WHERE fund_id = ${fundId}::uuid)
        OR EXISTS (SELECT FROM fund_window WHERE fund_id = ${fundId}::uuid AND minimum_minor IS NOT NULL)
        OR EXISTS (SELECT FROM allocation_round WHERE fund_id = ${fundId}::uuid)
        OR EXISTS (SELECT FROM disbursement d JOIN commitment c ON c.id = d.commitment_id WHERE c.fund_id = ${fundId}::uuid AND d.credited_minor IS NOT NULL) AS used`,
  );
  return rows[0]?.used ?? false;
}
