import type { FundWindowRule } from '../../domain/fund-window.js';
import { findPage, idColumn, type Page, type PageRequest, textColumn } from '../../http/paging.js';
import { dayOrNull } from '../../http/wire.js';
import type { FundWindow, Tx } from '../../platform/db.js';
import { lockRow } from '../../platform/lock.js';
import { asSystem } from '../../platform/tenant.js';

export const windowSorts = {
  code: textColumn<FundWindow>('code', (window) => window.code),
  recordedAt: idColumn<FundWindow>(),
};

/** A window of this fund and no other. */
export function findWindow(db: Tx, fundId: string, id: string): Promise<FundWindow | null> {
  return db.fundWindow.findUnique({ where: { id, fundId } });
}

/** The same, locked until the transaction ends. */
export async function lockWindow(db: Tx, fundId: string, id: string): Promise<FundWindow | null> {
  return (await lockRow(db, 'fund_window', id)) ? findWindow(db, fundId, id) : null;
}

export function findWindows(db: Tx, fundId: string, query: PageRequest & { readonly country?: string | undefined }): Promise<Page<FundWindow>> {
  const filter = { fundId, ...(query.country !== undefined && { country: query.country }) };
  return findPage(query, windowSorts, ({ where, ...page }) => db.fundWindow.findMany({ where: { AND: [filter, where] }, ...page }));
}

/** The envelope of a fund for one country. */
export function findEnvelope(db: Tx, fundId: string, country: string): Promise<FundWindow | null> {
  return db.fundWindow.findFirst({ where: { fundId, country } });
}

/** The states for which a fund has envelopes. */
export async function envelopeStates(db: Tx, fundId: string): Promise<readonly string[]> {
  const windows = await db.fundWindow.findMany({ where: { fundId, country: { not: null } }, select: { country: true }, orderBy: { country: 'asc' } });
  return windows.flatMap(({ country }) => country ?? []);
}

/** Whether anything was promised to a window or called for in it, whoever may see it. */
export async function isWindowUsed(db: Tx, id: string): Promise<boolean> {
  const rows = await asSystem(
    db,
    () => db.$queryRaw<{ used: boolean }[]>`
      SELECT EXISTS (SELECT FROM pledge WHERE fund_window_id = ${id}::uuid) OR EXISTS (SELECT FROM commitment WHERE fund_window_id = ${id}::uuid)
        OR EXISTS (SELECT FROM allocation_round WHERE window_id = ${id}::uuid) AS used`,
  );
  return rows[0]?.used ?? false;
}

/** The rule that a window's row stands for. */
export function windowRuleOf({ code, country, opensOn, closesOn, minimumMinor }: FundWindow): FundWindowRule {
  return { code, country, opensOn: dayOrNull(opensOn), closesOn: dayOrNull(closesOn), minimumMinor };
}
