import { Prisma, type Tx } from './db.js';

/** Locks one row until the transaction ends; false when there is no such row. */
export async function lockRow(db: Tx, table: 'pooled_fund' | 'fund_window' | 'allocation_round' | 'proposal' | 'response_plan' | 'event', id: string): Promise<boolean> {
  const rows = await db.$queryRaw<object[]>`SELECT 1 FROM ${Prisma.raw(table)} WHERE id = ${id}::uuid FOR UPDATE`;
  return rows.length > 0;
}
