import { findPage, idColumn, type Page, type PageRequest, textColumn } from '../../http/paging.js';
import type { PooledFund, Tx } from '../../platform/db.js';
import { lockRow } from '../../platform/lock.js';

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
