import type { z } from 'zod';
import { changesOf } from '../../domain/changes.js';
import { requireCodes } from '../../domain/codes.js';
import { fromDay, fromDayOrNull, toDay } from '../../domain/days.js';
import { DomainError } from '../../domain/problem.js';
import { checkNotFuture, checkPeriod, checkPositive } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import { dayOrNull, minorOf, moneyOf } from '../../http/wire.js';
import type { PlanRequirement, ResponsePlan } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { refuseDuplicate } from '../../platform/unique.js';
import { recordAudit } from '../audit/audit.store.js';
import { recordRevision } from '../journal/revision.store.js';
import type { newPlanBody, newRequirementBody, planPatchBody, planQuery, planSchema, planSummarySchema, requirementSchema } from './plans.schema.js';
import { findPlan, findPlans, isCodeInJournal, lockPlan, type PlanWithRequirements } from './plans.store.js';

type PlanWire = z.output<typeof planSchema>;
type SummaryWire = z.output<typeof planSummarySchema>;
type RequirementWire = z.output<typeof requirementSchema>;
type Fields = z.output<typeof newPlanBody>;

export async function listPlans(context: RequestContext, query: z.output<typeof planQuery>): Promise<Page<SummaryWire>> {
  return mapPage(await findPlans(context.db, query), (plan) => toSummary(context, plan));
}

/** @throws NOT_FOUND */
export async function getPlan(context: RequestContext, id: string): Promise<PlanWire> {
  return toWire(context, found(await findPlan(context.db, id)));
}

/**
 * Records a response plan, without its requirements.
 * @throws DUPLICATE, CODE_UNKNOWN, CODE_REPEATED, PERIOD_REVERSED
 */
export async function createPlan(context: RequestContext, fields: Fields): Promise<PlanWire> {
  const id = newId();
  checkFields(context, fields);
  await refuseDuplicate(uniqueOf(fields), () => context.db.responsePlan.create({ data: { id, ...columnsOf(fields) } }));
  return keep(context, id, 'response_plan.create', { before: null, after: fields });
}

/**
 * Changes a response plan.
 * @throws STALE, NOT_FOUND, DUPLICATE, CODE_UNKNOWN, CODE_REPEATED, PERIOD_REVERSED
 * @throws CODE_IN_USE for a new code when flows in the journal name the present one
 */
export async function updatePlan(context: RequestContext, id: string, patch: z.output<typeof planPatchBody>): Promise<PlanWire> {
  const plan = found(await lockPlan(context.db, id));
  context.precondition.check(plan.version);
  const changes = changesOf(fieldsOf(plan), patch);
  if (!changes) return toWire(context, plan);
  const next = { ...fieldsOf(plan), ...changes.after };
  checkFields(context, next);
  if (changes.after.code !== undefined) await checkCodeIsFree(context, plan.code);
  await refuseDuplicate(uniqueOf(next), () => context.db.responsePlan.update({ where: { id }, data: columnsOf(next) }));
  return keep(context, id, 'response_plan.update', changes);
}

/**
 * Adds a figure of the plan's requirements; it is current from now on, and the earlier ones stay.
 * @throws NOT_FOUND, DATE_IN_FUTURE
 * @throws AMOUNT_FORMAT, AMOUNT_DIGITS, AMOUNT_NOT_POSITIVE, AMOUNT_TOO_LARGE, CURRENCY_UNKNOWN
 * @throws DUPLICATE when the plan has this figure as of that day
 */
export async function addRequirement(context: RequestContext, planId: string, input: z.output<typeof newRequirementBody>): Promise<RequirementWire> {
  const { db, deps, now } = context;
  const { amount, asOf, source } = input;
  const amountMinor = minorOf(amount, deps.reference.exponents);
  checkPositive(amountMinor);
  checkNotFuture(asOf, now, 'asOf');
  const plan = found(await lockPlan(db, planId));
  const known = plan.requirements.some((one) => one.amountMinor === amountMinor && toDay(one.asOf) === asOf);
  if (known) throw new DomainError('DUPLICATE', { field: 'amount', value: `${amount.amount} (${asOf})` }, 'amount');
  const data = { id: newId(), planId, amountMinor, currency: amount.currency, asOf: fromDay(asOf), source };
  const requirement = await db.planRequirement.create({ data });
  const [current] = plan.requirements;
  const before = current ? requirementFields(context, current) : null;
  await recordAudit(context, 'response_plan.requirement', { kind: 'response_plan', id: planId }, { before, after: input });
  return toRequirement(context, requirement);
}

/** The record as it is now, once its names and the act are kept for later. */
async function keep(context: RequestContext, id: string, action: string, detail: object): Promise<PlanWire> {
  const plan = found(await findPlan(context.db, id));
  const { code, nameFr, nameEn, countries, year } = plan;
  await recordRevision(context.db, 'response_plan', id, { code, nameFr, nameEn, countries, year }, context.actor.userId);
  await recordAudit(context, action, { kind: 'response_plan', id }, detail);
  return toWire(context, plan);
}

function checkFields({ deps }: RequestContext, { countries, startsOn, endsOn }: Fields): void {
  requireCodes(countries, deps.reference.countries, 'countries', 'countries');
  checkPeriod(startsOn, endsOn);
}

async function checkCodeIsFree({ db }: RequestContext, code: string): Promise<void> {
  if (await isCodeInJournal(db, code)) throw new DomainError('CODE_IN_USE', { code }, 'code');
}

function found(plan: PlanWithRequirements | null): PlanWithRequirements {
  if (!plan) throw new DomainError('NOT_FOUND', { what: 'response_plan' });
  return plan;
}

function uniqueOf({ code, ftsId }: Fields) {
  return { code, ftsId };
}

function columnsOf(fields: Fields) {
  return { ...fields, startsOn: fromDayOrNull(fields.startsOn), endsOn: fromDayOrNull(fields.endsOn) };
}

function fieldsOf({ code, ftsId, nameFr, nameEn, countries, year, startsOn, endsOn }: ResponsePlan): Fields {
  return { code, ftsId, nameFr, nameEn, countries, year, startsOn: dayOrNull(startsOn), endsOn: dayOrNull(endsOn) };
}

function toSummary(context: RequestContext, plan: PlanWithRequirements): SummaryWire {
  const [current] = plan.requirements;
  const requirement = current ? toRequirement(context, current) : null;
  return { id: plan.id, ...fieldsOf(plan), recordedAt: plan.createdAt.toISOString(), version: plan.version, requirement };
}

function toWire(context: RequestContext, plan: PlanWithRequirements): PlanWire {
  const requirements = plan.requirements.map((requirement) => toRequirement(context, requirement));
  return { id: plan.id, ...fieldsOf(plan), recordedAt: plan.createdAt.toISOString(), version: plan.version, requirements };
}

function toRequirement(context: RequestContext, requirement: PlanRequirement): RequirementWire {
  return { id: requirement.id, ...requirementFields(context, requirement), recordedAt: requirement.recordedAt.toISOString() };
}

function requirementFields({ deps }: RequestContext, { amountMinor, currency, asOf, source }: PlanRequirement) {
  return { amount: moneyOf(amountMinor, currency, deps.reference.exponents), asOf: toDay(asOf), source };
}
