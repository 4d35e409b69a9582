import { type Day, fromDay } from '../../domain/days.js';
import { findPage, idColumn, type Page, type PageRequest, textColumn } from '../../http/paging.js';
import type { PlanCaseload, PlanRequirement, Prisma, PublishedFunding, RequirementPart, Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { lockRow } from '../../platform/lock.js';
import { asSystem } from '../../platform/tenant.js';

const latestFirst = [{ recordedAt: 'desc' }, { id: 'desc' }] as const satisfies Prisma.PlanRequirementOrderByWithRelationInput[];
const withRequirements = { requirements: { orderBy: [...latestFirst], include: { parts: { orderBy: { number: 'asc' } } } } } as const satisfies Prisma.ResponsePlanInclude;

/** A plan with every figure of its requirements, the latest recorded first. */
export type PlanWithRequirements = Prisma.ResponsePlanGetPayload<{ include: typeof withRequirements }>;
/** A figure of a plan's requirements with what it is made of. */
export type RequirementWithParts = PlanRequirement & { readonly parts: readonly RequirementPart[] };

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

export function findPlans(db: Tx, query: PageRequest & PlanFilter): Promise<Page<PlanWithRequirements>> {
  const { country, year } = query;
  const filter = { ...(country !== undefined && { countries: { has: country } }), ...(year !== undefined && { year }) };
  return findPage(query, planSorts, ({ where, ...page }) => db.responsePlan.findMany({ where: { AND: [filter, where] }, include: withRequirements, ...page }));
}

/** Whether a flow in the journal, or a movement of a fund, names a plan by this code. */
export async function isCodeInJournal(db: Tx, code: string): Promise<boolean> {
  const rows = await asSystem(
    db,
    () => db.$queryRaw<object[]>`
      (SELECT 1 FROM journal_line WHERE ${code} = ANY(plans) LIMIT 1) UNION ALL (SELECT 1 FROM fund_entry WHERE ${code} = ANY(plans) LIMIT 1)`,
  );
  return rows.length > 0;
}

/** What was known of a plan at a moment. */
export interface PlanFigures {
  /** The latest recorded first. */
  readonly requirements: readonly RequirementWithParts[];
  /** The latest recorded of each cell. */
  readonly caseloads: readonly PlanCaseload[];
  /** The latest recorded of each source, state and year. */
  readonly published: readonly PublishedFunding[];
}

/** @param asOf ISO 8601, to the microsecond; what was recorded later is left out */
export async function findFigures(db: Tx, planId: string, asOf: string): Promise<PlanFigures> {
  const ids = await db.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM plan_requirement WHERE plan_id = ${planId}::uuid AND recorded_at <= ${asOf}::timestamptz
    UNION ALL (SELECT DISTINCT ON (country, sector, beneficiary_group) id::text FROM plan_caseload
      WHERE plan_id = ${planId}::uuid AND recorded_at <= ${asOf}::timestamptz ORDER BY country, sector, beneficiary_group, recorded_at DESC, id DESC)
    UNION ALL (SELECT DISTINCT ON (source_system, country, year) id::text FROM published_funding
      WHERE plan_id = ${planId}::uuid AND recorded_at <= ${asOf}::timestamptz ORDER BY source_system, country, year, recorded_at DESC, id DESC)`;
  const where = { id: { in: ids.map(({ id }) => id) } };
  return {
    requirements: await db.planRequirement.findMany({ where, ...withRequirements.requirements }),
    caseloads: await db.planCaseload.findMany({ where, orderBy: [{ country: 'asc' }, { sector: 'asc' }, { beneficiaryGroup: 'asc' }] }),
    published: await db.publishedFunding.findMany({ where, orderBy: [{ sourceSystem: 'asc' }, { country: 'asc' }, { year: 'asc' }] }),
  };
}

/** The current figure among those recorded, the latest first: the latest revision, else the latest original. */
export function currentOf<R extends { readonly kind: string }>(requirements: readonly R[]): R | null {
  return requirements.find(({ kind }) => kind === 'revised') ?? requirements[0] ?? null;
}

/** The figure marked as the original, else the first recorded. */
export function originalOf<R extends { readonly kind: string }>(requirements: readonly R[]): R | null {
  return requirements.find(({ kind }) => kind === 'original') ?? requirements.at(-1) ?? null;
}

export interface NewRequirementPart {
  readonly country?: string | null;
  readonly sector?: string | null;
  readonly beneficiaryGroup?: string | null;
  /** In the currency of the whole. */
  readonly amountMinor: bigint;
}

export interface NewRequirement {
  readonly planId: string;
  readonly kind: 'original' | 'revised';
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly asOf: Day;
  readonly source: string;
  readonly parts: readonly NewRequirementPart[];
}

/**
 * Adds a figure of a plan's requirements.
 * @returns null when the plan has this figure as of that day: a repeat changes nothing
 */
export async function addRequirementVersion(tx: Tx, { parts, asOf, ...fields }: NewRequirement): Promise<RequirementWithParts | null> {
  const [requirement] = await tx.planRequirement.createManyAndReturn({ data: [{ id: newId(), ...fields, asOf: fromDay(asOf) }], skipDuplicates: true });
  if (!requirement) return null;
  const rows = parts.map(({ country = null, sector = null, beneficiaryGroup = null, amountMinor }, number) => ({
    requirementId: requirement.id,
    number,
    country,
    sector,
    beneficiaryGroup,
    amountMinor,
  }));
  if (rows.length > 0) await tx.requirementPart.createMany({ data: rows });
  return { ...requirement, parts: rows };
}

/** What a source publishes of a plan in a country, or of a country outside all plans (`planId` null). */
export interface NewPublished {
  readonly sourceSystem: string;
  readonly planId: string | null;
  readonly country: string;
  readonly year: number;
  readonly requirementsMinor: bigint | null;
  readonly fundingMinor: bigint | null;
  /** Whole per cent, as published. */
  readonly percent: number | null;
  readonly currency: string;
  readonly asOf: Day;
  readonly importId: string | null;
}

/**
 * Keeps what a source publishes, beside our own figures; what it said the last time, of the same day, is not kept again.
 * @returns how many rows are new
 */
export async function insertPublished(tx: Tx, rows: readonly NewPublished[]): Promise<number> {
  if (rows.length === 0) return 0;
  const given = rows.map((row) => ({ id: newId(), ...row, requirementsMinor: textOf(row.requirementsMinor), fundingMinor: textOf(row.fundingMinor) }));
  return tx.$executeRaw`
    INSERT INTO published_funding (id, source_system, plan_id, country, year, requirements_minor, funding_minor, percent, currency, as_of, import_id)
    SELECT n.id, n."sourceSystem", n."planId", n.country, n.year, n."requirementsMinor", n."fundingMinor", n.percent, n.currency, n."asOf", n."importId"
    FROM jsonb_to_recordset(${JSON.stringify(given)}::jsonb) AS n(id uuid, "sourceSystem" text, "planId" uuid, country text, year int,
      "requirementsMinor" bigint, "fundingMinor" bigint, percent int, currency text, "asOf" date, "importId" uuid)
    LEFT JOIN LATERAL (
      SELECT p.requirements_minor, p.funding_minor, p.percent, p.currency, p.as_of FROM published_funding p
      WHERE p.source_system = n."sourceSystem" AND p.plan_id IS NOT DISTINCT FROM n."planId" AND p.country = n.country AND p.year = n.year
      ORDER BY p.recorded_at DESC, p.id DESC LIMIT 1
    ) last ON true
    WHERE last.as_of IS NULL OR (last.requirements_minor, last.funding_minor, last.percent, last.currency, last.as_of)
      IS DISTINCT FROM (n."requirementsMinor", n."fundingMinor", n.percent, n.currency::char(3), n."asOf")`;
}

function textOf(minor: bigint | null): string | null {
  return minor === null ? null : String(minor);
}
