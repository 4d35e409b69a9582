import { findPage, idColumn, type Page, type PageRequest, textColumn } from '../../http/paging.js';
import type { Prisma, Tx } from '../../platform/db.js';
import { lockRow } from '../../platform/lock.js';
import { asSystem } from '../../platform/tenant.js';

const latestFirst = { orderBy: [{ recordedAt: 'desc' }, { id: 'desc' }] } as const satisfies Prisma.ResponsePlan$requirementsArgs;
const withRequirements = { requirements: latestFirst } as const;

/** A plan with every figure of its requirements, the latest recorded first. */
export type PlanWithRequirements = Prisma.ResponsePlanGetPayload<{ include: typeof withRequirements }>;

export const planSorts = {
  code: textColumn<PlanWithRequirements>('code', (plan) => plan.code),
  recordedAt: idColumn<PlanWithRequirements>(),
};

export function findPlan(db: Tx, id: string): Promise<PlanWithRequirements | null> {
  return db.responsePlan.findUnique({ where: { id }, include: withRequirements });
}

/** The plan, locked until the transaction ends. */
export async function lockPlan(db: Tx, id: string): Promise<PlanWithRequirements | null> {
  return (await lockRow(db, 'response_plan', id)) ? findPlan(db, id) : null;
}

export interface PlanFilter {
  readonly country?: string | undefined;
  readonly year?: number | undefined;
}

/** Plans, each with its current requirement only. */
export function findPlans(db: Tx, query: PageRequest & PlanFilter): Promise<Page<PlanWithRequirements>> {
  const { country, year } = query;
  const filter = { ...(country !== undefined && { countries: { has: country } }), ...(year !== undefined && { year }) };
  const include = { requirements: { ...latestFirst, take: 1 } };
  return findPage(query, planSorts, ({ where, ...page }) => db.responsePlan.findMany({ where: { AND: [filter, where] }, include, ...page }));
}

/** Whether a flow in the journal names a plan by this code. */
export async function isCodeInJournal(db: Tx, code: string): Promise<boolean> {
  const rows = await asSystem(db, () => db.$queryRaw<object[]>`SELECT 1 FROM journal_line WHERE ${code} = ANY(plans) LIMIT 1`);
  return rows.length > 0;
}
