import type { z } from 'zod';
import { changesOf } from '../../domain/changes.js';
import { requireCode, requireCodes } from '../../domain/codes.js';
import { checkParts, type PlanCell } from '../../domain/coverage.js';
import { exponentOf, formatMinor, parseMinor } from '../../domain/money.js';
import { fromDay, fromDayOrNull, toDay } from '../../domain/days.js';
import { atField, DomainError } from '../../domain/problem.js';
import { checkNotFuture, checkPeriod, checkPositive } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import { dayOrNull, minorOf, moneyOf } from '../../http/wire.js';
import type { PlanCaseload, PublishedFunding, ResponsePlan } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { refuseDuplicate } from '../../platform/unique.js';
import { recordAudit } from '../audit/audit.store.js';
import { recordRevision } from '../journal/revision.store.js';
import { pastMoment } from '../reports/reports.store.js';
import type {
  caseloadSchema,
  newCaseloadBody,
  newPlanBody,
  newRequirementBody,
  planPatchBody,
  planQuery,
  planSchema,
  planSummarySchema,
  requirementSchema,
} from './plans.schema.js';
import {
  addRequirementVersion,
  currentOf,
  findFigures,
  findPlan,
  findPlans,
  isCodeInJournal,
  lockPlan,
  originalOf,
  type PlanWithRequirements,
  type RequirementWithParts,
} from './plans.store.js';

type PlanWire = z.output<typeof planSchema>;
type SummaryWire = z.output<typeof planSummarySchema>;
type RequirementWire = z.output<typeof requirementSchema>;
type CaseloadWire = z.output<typeof caseloadSchema>;
type Fields = z.output<typeof newPlanBody>;

export async function listPlans(context: RequestContext, query: z.output<typeof planQuery>): Promise<Page<SummaryWire>> {
  return mapPage(await findPlans(context.db, query), (plan) => toSummary(context, plan));
}

/**
 * A plan with its figures as they were known at a moment; now when none is given.
 * @throws NOT_FOUND, AS_OF_IN_FUTURE
 */
export async function getPlan(context: RequestContext, id: string, asOf?: string): Promise<PlanWire> {
  return toWire(context, found(await findPlan(context.db, id)), asOf);
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
 * Adds a figure of the plan's requirements; the earlier ones stay.
 * @throws NOT_FOUND, DATE_IN_FUTURE, CODE_UNKNOWN, CODE_REPEATED, REQUIREMENT_PARTS_EXCEED
 * @throws AMOUNT_FORMAT, AMOUNT_DIGITS, AMOUNT_NOT_POSITIVE, AMOUNT_TOO_LARGE, CURRENCY_UNKNOWN
 * @throws DUPLICATE when the plan has this figure as of that day
 */
export async function addRequirement(context: RequestContext, planId: string, input: z.output<typeof newRequirementBody>): Promise<RequirementWire> {
  const { db, deps, now } = context;
  const { amount, asOf, source, kind } = input;
  const { exponents } = deps.reference;
  const amountMinor = minorOf(amount, exponents);
  checkPositive(amountMinor);
  checkNotFuture(asOf, now, 'asOf');
  const plan = found(await lockPlan(db, planId));
  const parts = input.parts.map((part, index) => {
    checkCell(context, plan, part, `parts.${index}.`);
    const partMinor = atField(`parts.${index}.amount`, () => parseMinor(part.amount, amount.currency, exponents));
    if (partMinor < 0n) throw new DomainError('AMOUNT_NOT_POSITIVE', {}, `parts.${index}.amount`);
    return { ...part, amountMinor: partMinor };
  });
  checkParts(amountMinor, parts, (minor) => formatMinor(minor, exponentOf(amount.currency, exponents)));
  const requirement = await addRequirementVersion(db, { planId, kind, amountMinor, currency: amount.currency, asOf, source, parts });
  if (!requirement) throw new DomainError('DUPLICATE', { field: 'amount', value: `${amount.amount} (${asOf})` }, 'amount');
  const current = currentOf(plan.requirements);
  const before = current ? requirementFields(context, current) : null;
  await recordAudit(context, 'response_plan.requirement', { kind: 'response_plan', id: planId }, { before, after: input });
  return toRequirement(context, requirement);
}

/**
 * Adds figures of the people in need, targeted and reached; the earlier ones stay.
 * @throws NOT_FOUND, DATE_IN_FUTURE, CODE_UNKNOWN
 */
export async function addCaseload(context: RequestContext, planId: string, input: z.output<typeof newCaseloadBody>): Promise<CaseloadWire> {
  const { db, actor, now } = context;
  checkNotFuture(input.asOf, now, 'asOf');
  const plan = found(await lockPlan(db, planId));
  checkCell(context, plan, input, '');
  const { asOf, inNeed, targeted, reached, ...fields } = input;
  const figures = { inNeed: toBig(inNeed), targeted: toBig(targeted), reached: toBig(reached) };
  const caseload = await db.planCaseload.create({ data: { id: newId(), planId, ...fields, ...figures, asOf: fromDay(asOf), recordedBy: actor.userId } });
  await recordAudit(context, 'response_plan.caseload', { kind: 'response_plan', id: planId }, { before: null, after: input });
  return toCaseload(caseload);
}

/** @throws CODE_UNKNOWN */
function checkCell({ deps: { reference } }: RequestContext, plan: ResponsePlan, { country, sector, beneficiaryGroup }: PlanCell, path: string): void {
  if (country !== null) requireCode(country, new Map(plan.countries.map((code) => [code, true])), `${plan.code} countries`, `${path}country`);
  if (sector !== null) requireCode(sector, reference.sectors, 'sectors', `${path}sector`);
  if (beneficiaryGroup !== null) requireCode(beneficiaryGroup, reference.beneficiaryGroups, 'beneficiary-groups', `${path}beneficiaryGroup`);
}

/** The record as it is now, once its names and the act are kept for later. */
async function keep(context: RequestContext, id: string, action: string, detail: object): Promise<PlanWire> {
  const plan = found(await findPlan(context.db, id));
  const { code, nameFr, nameEn, countries, year } = plan;
  await recordRevision(context.db, 'response_plan', id, { code, nameFr, nameEn, countries, year }, context.actor.userId);
  await recordAudit(context, action, { kind: 'response_plan', id }, detail);
  return toWire(context, plan);
}

function checkFields({ deps }: RequestContext, { countries, sectors, beneficiaryGroups, startsOn, endsOn }: Fields): void {
  requireCodes(countries, deps.reference.countries, 'countries', 'countries');
  requireCodes(sectors, deps.reference.sectors, 'sectors', 'sectors');
  requireCodes(beneficiaryGroups, deps.reference.beneficiaryGroups, 'beneficiary-groups', 'beneficiaryGroups');
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

function fieldsOf(plan: ResponsePlan): Fields {
  const { code, ftsId, nameFr, nameEn, countries, year, startsOn, endsOn, category, sectors, beneficiaryGroups } = plan;
  return { code, ftsId, nameFr, nameEn, countries, year, startsOn: dayOrNull(startsOn), endsOn: dayOrNull(endsOn), category, sectors, beneficiaryGroups };
}

function shapeOf(plan: ResponsePlan) {
  return { id: plan.id, ...fieldsOf(plan), recordedAt: plan.createdAt.toISOString(), version: plan.version };
}

function toSummary(context: RequestContext, plan: PlanWithRequirements): SummaryWire {
  const current = currentOf(plan.requirements);
  return { ...shapeOf(plan), requirement: current && toRequirement(context, current) };
}

async function toWire(context: RequestContext, plan: ResponsePlan, given?: string): Promise<PlanWire> {
  const asOf = await pastMoment(context.db, given);
  const { requirements, caseloads, published } = await findFigures(context.db, plan.id, asOf);
  const wire = (requirement: RequirementWithParts | null) => requirement && toRequirement(context, requirement);
  return {
    ...shapeOf(plan),
    original: wire(originalOf(requirements)),
    current: wire(currentOf(requirements)),
    requirements: requirements.map((requirement) => toRequirement(context, requirement)),
    caseloads: caseloads.map(toCaseload),
    published: published.map((row) => toPublished(context, row)),
  };
}

function toRequirement(context: RequestContext, requirement: RequirementWithParts): RequirementWire {
  return { id: requirement.id, ...requirementFields(context, requirement), recordedAt: requirement.recordedAt.toISOString() };
}

function requirementFields({ deps }: RequestContext, { kind, amountMinor, currency, asOf, source, parts }: RequirementWithParts) {
  const money = (minor: bigint) => moneyOf(minor, currency, deps.reference.exponents);
  return {
    kind: kind === 'original' ? ('original' as const) : ('revised' as const),
    amount: money(amountMinor),
    asOf: toDay(asOf),
    source,
    parts: parts.map((part) => ({ country: part.country, sector: part.sector, beneficiaryGroup: part.beneficiaryGroup, amount: money(part.amountMinor) })),
  };
}

function toCaseload({ id, country, sector, beneficiaryGroup, inNeed, targeted, reached, asOf, source, recordedAt }: PlanCaseload): CaseloadWire {
  const people = { inNeed: toInt(inNeed), targeted: toInt(targeted), reached: toInt(reached) };
  return { id, country, sector, beneficiaryGroup, ...people, asOf: toDay(asOf), source, recordedAt: recordedAt.toISOString() };
}

function toPublished({ deps }: RequestContext, row: PublishedFunding): PlanWire['published'][number] {
  const { sourceSystem: source, country, year, currency, percent, asOf } = row;
  const money = (minor: bigint | null) => (minor === null ? null : moneyOf(minor, currency, deps.reference.exponents));
  return { source, country, year, requirements: money(row.requirementsMinor), funding: money(row.fundingMinor), percent, asOf: toDay(asOf) };
}

function toBig(people: number | null): bigint | null {
  return people === null ? null : BigInt(people);
}

function toInt(people: bigint | null): number | null {
  return people === null ? null : Number(people);
}
