import type { Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { recordRevision } from '../journal/revision.store.js';
import type { FtsFlow, FtsPlan } from './fts-flow.js';

/** The code of a plan that was resolved; null for one without number and code. */
export type PlanBook = (plan: FtsPlan) => string | null;

/** A plan of the ledger, as far as it takes to find it. */
export interface KnownPlan {
  readonly id: string;
  readonly code: string;
  /** Codes it had before; flows may still name it by them. */
  readonly formerCodes: readonly string[];
  readonly ftsId: string | null;
  readonly nameFr: string;
  readonly nameEn: string;
}

/**
 * Finds the plans of some flows by FTS number, else by a code they have or had, else, for one whose number nobody knows yet, by name; creates those
 * not found, and remembers every number.
 *
 * A plan created as FTS-<number> keeps that code when a file tells the real one: journal lines name plans by their code and
 * cannot be changed, so a new code would split the plan's money between two buckets.
 */
export async function resolvePlans(tx: Tx, flows: readonly FtsFlow[], recordedBy: string): Promise<PlanBook> {
  const known = [...(await loadPlans(tx))];
  const codes = new Map<string, string>();
  for (const { plan, countries } of distinctPlans(flows)) {
    const { code } = await findOrCreatePlan(tx, plan, countries, known, recordedBy);
    codes.set(keyOf(plan), code);
  }
  return (plan) => codes.get(keyOf(identified(plan))) ?? null;
}

/** The plan that a source means, which is added to those known when nobody knows it yet; its number is remembered. */
export async function findOrCreatePlan(tx: Tx, plan: FtsPlan, countries: readonly string[], known: KnownPlan[], recordedBy: string): Promise<KnownPlan> {
  const match = find(plan, known);
  if (!match) {
    const created = await create(tx, plan, countries, recordedBy);
    known.push(created);
    return created;
  }
  if (plan.ftsId === null || match.ftsId !== null) return match;
  return (known[known.indexOf(match)] = await learnNumber(tx, match, plan.ftsId));
}

/** Every plan of the ledger. */
export function loadPlans(tx: Tx): Promise<readonly KnownPlan[]> {
  return tx.$queryRaw<KnownPlan[]>`
    SELECT p.id::text, p.code, p.fts_id AS "ftsId", p.name_fr AS "nameFr", p.name_en AS "nameEn",
      ARRAY(SELECT r.data ->> 'code' FROM record_revision r WHERE r.kind = 'response_plan' AND r.record_id = p.id) AS "formerCodes"
    FROM response_plan p ORDER BY p.id`;
}

function find({ ftsId, code, name }: FtsPlan, known: readonly KnownPlan[]): KnownPlan | undefined {
  return (
    known.find((plan) => ftsId !== null && plan.ftsId === ftsId) ??
    known.find((plan) => plan.code === code) ??
    known.find((plan) => code !== null && plan.formerCodes.includes(code)) ??
    known.find((plan) => plan.ftsId === null && name !== '' && [plan.nameFr, plan.nameEn].some((one) => one.toLowerCase() === name.toLowerCase()))
  );
}

async function create(tx: Tx, plan: FtsPlan, countries: readonly string[], recordedBy: string): Promise<KnownPlan> {
  const code = plan.code ?? `FTS-${plan.ftsId}`;
  const name = plan.name || code;
  const row = { id: newId(), code, ftsId: plan.ftsId, nameFr: name, nameEn: name };
  await tx.responsePlan.create({ data: { ...row, countries: [...countries] } });
  await recordRevision(tx, 'response_plan', row.id, { code, nameFr: name, nameEn: name, countries, year: null }, recordedBy);
  return { ...row, formerCodes: [] };
}

async function learnNumber(tx: Tx, plan: KnownPlan, ftsId: string): Promise<KnownPlan> {
  await tx.responsePlan.update({ where: { id: plan.id }, data: { ftsId } });
  return { ...plan, ftsId };
}

/** Each plan once, with the countries of the flows that go to it and to one country alone. */
function distinctPlans(flows: readonly FtsFlow[]): readonly { readonly plan: FtsPlan; readonly countries: readonly string[] }[] {
  const plans = new Map<string, { plan: FtsPlan; countries: Set<string> }>();
  for (const { destination } of flows) {
    for (const plan of destination.plans.map(identified)) {
      if (plan.ftsId === null && plan.code === null) continue;
      const entry = plans.get(keyOf(plan)) ?? { plan, countries: new Set() };
      plans.set(keyOf(plan), { ...entry, plan: { ...plan, code: entry.plan.code ?? plan.code } });
      const [country, ...others] = destination.countries;
      if (country !== undefined && others.length === 0 && destination.plans.length === 1) entry.countries.add(country);
    }
  }
  return [...plans.values()].map(({ plan, countries }) => ({ plan, countries: [...countries].sort() }));
}

/** The plan without a number or code that could be none. */
export function identified({ ftsId, code, name }: FtsPlan): FtsPlan {
  return {
    ftsId: ftsId !== null && /^\d{1,18}$/.test(ftsId) ? ftsId : null,
    code: code !== null && /^[A-Za-z0-9][A-Za-z0-9._/-]{0,39}$/.test(code) ? code : null,
    name,
  };
}

function keyOf({ ftsId, code }: FtsPlan): string {
  return ftsId === null ? `code ${code}` : `number ${ftsId}`;
}
