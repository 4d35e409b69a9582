import { changesOf } from '../../domain/changes.js';
import { requireCode, requireCodes } from '../../domain/codes.js';
import { latestLocalDay } from '../../domain/days.js';
import { visibilityOf } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import { checkPositive, checkSameCurrency } from '../../domain/rules.js';
import { mayKnow } from '../../domain/watch.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import { idSchema, minorOf } from '../../http/wire.js';
import type { Language } from '../../i18n/language.js';
import { dayText } from '../../i18n/moment.js';
import { watchText } from '../../i18n/watch.js';
import type { PooledFund, WatchEvent, WatchRule } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { asSystem } from '../../platform/tenant.js';
import { recordAudit } from '../audit/audit.store.js';
import { allowedRecipients, auditedRecipients } from '../deliveries/allowed-recipients.js';
import { recipientsSchema } from '../deliveries/recipients.js';
import { findFund } from '../funds/funds.store.js';
import { findOrganisation } from '../organisations/organisations.store.js';
import type { Condition } from './condition.schema.js';
import { conditionOf, type Finding, isRestricted, lookAt, OWNER_SUSPENDED } from './evaluate.js';
import type { Fact } from './notice.schema.js';
import { type EventAnswer, type EventsQuery, MOST_TRIED, type RuleAnswer, type RuleInput, type RulePatch, type RulesQuery, type TrialAnswer } from './watch.schema.js';
import { findPlanByCode, findRule, findRuleEvents, findRules, lockRule } from './watch.store.js';

/**
 * Keeps what is to be watched.
 * @throws OUT_OF_SCOPE, CODE_UNKNOWN, CODE_REPEATED, CURRENCY_MISMATCH, AMOUNT_*
 */
export async function createRule(context: RequestContext, input: RuleInput): Promise<RuleAnswer> {
  const { db, actor } = context;
  const fields = await checked(context, input);
  const rule = await db.watchRule.create({ data: { id: newId(), ...columnsOf(fields), createdBy: actor.userId } });
  await audit(context, 'watch_rule.create', rule.id, null, fields);
  return answerOf(rule, context.language);
}

/**
 * Changes a rule, stops it or lets it run again.
 * @throws STALE, NOT_FOUND, OUT_OF_SCOPE, CODE_UNKNOWN, CODE_REPEATED, CURRENCY_MISMATCH, AMOUNT_*
 */
export async function updateRule(context: RequestContext, id: string, patch: RulePatch): Promise<RuleAnswer> {
  const { db, language } = context;
  const before = found(await lockRule(db, id));
  context.precondition.check(before.version);
  const fields = fieldsOf(before);
  if (!changesOf(fields, patch)) return answerOf(before, language);
  const next = await checked(context, { ...fields, ...changesOf(fields, patch)?.after });
  const changes = changesOf(fields, next);
  if (!changes) return answerOf(before, language);
  const rule = await db.watchRule.update({ where: { id }, data: columnsOf(next) });
  await audit(context, 'watch_rule.update', id, changes.before, changes.after);
  return answerOf(rule, language);
}

/** @throws NOT_FOUND also for one of others */
export async function getRule({ db, language }: RequestContext, id: string): Promise<RuleAnswer> {
  return answerOf(found(await findRule(db, id)), language);
}

/** One's own; all of them for who manages or audits. */
export async function listRules({ db, language }: RequestContext, query: RulesQuery): Promise<Page<RuleAnswer>> {
  return mapPage(await findRules(db, query), (rule) => answerOf(rule, language));
}

/**
 * What a rule found, told and kept quiet about.
 * @throws NOT_FOUND
 */
export async function listEvents({ db, language }: RequestContext, id: string, query: EventsQuery): Promise<Page<EventAnswer>> {
  const rule = found(await findRule(db, id));
  return mapPage(await findRuleEvents(db, id, query), (event) => eventAnswerOf(event, rule, language));
}

/**
 * Looks at a rule now as its owner would, tells nobody and keeps nothing.
 * @throws NOT_FOUND
 */
export async function tryRule({ db, deps, actor, language, now }: RequestContext, id: string): Promise<TrialAnswer> {
  const rule = found(await findRule(db, id));
  const day = latestLocalDay(now);
  const outlook = await asSystem(db, () => lookAt(db, deps.reference, rule, now));
  if (!outlook) return { day, ...problemOf(OWNER_SUSPENDED, language), notices: 0, recipients: 0, raised: 0, quiet: 0, cleared: 0, items: [] };
  const { messages, unseen, quiet, cleared } = outlook;
  const told = new Map<Finding, number>();
  for (const { recipients, findings } of messages) for (const one of findings) told.set(one, (told.get(one) ?? 0) + recipients.length);
  const visibility = visibilityOf(actor);
  const lineOf = (finding: Finding, outcome: 'raised' | 'quiet') => {
    const { subject, fact } = finding;
    const why = whyOf(outcome, finding.known?.toldOn ?? null, rule, language);
    return mayKnow(visibility, finding.flows) ? [{ subject, outcome, why, fact, restricted: isRestricted(finding), recipients: told.get(finding) ?? 0 }] : [];
  };
  const items: TrialAnswer['items'] = [
    ...[...told.keys()].flatMap((finding) => lineOf(finding, 'raised')),
    ...[...unseen, ...quiet].flatMap((finding) => lineOf(finding, 'quiet')),
    ...cleared.flatMap(([subject, { fact, restricted }]) =>
      restricted && !visibility.restricted ? [] : [{ subject, outcome: 'cleared' as const, why: whyOf('cleared', null, rule, language), fact, restricted, recipients: 0 }],
    ),
  ];
  return {
    day,
    ...problemOf(null, language),
    notices: messages.length,
    recipients: messages.reduce((sum, { recipients }) => sum + recipients.length, 0),
    raised: told.size,
    quiet: unseen.length + quiet.length,
    cleared: cleared.length,
    items: items.slice(0, MOST_TRIED),
  };
}

/** What the owner decides. */
type Fields = RuleInput;

/** The fields with their recipients completed, once every rule holds. */
async function checked(context: RequestContext, fields: Fields): Promise<Fields> {
  await checkCondition(context, fields.condition);
  return { ...fields, recipients: await allowedRecipients(context.db, context.actor, fields.recipients) };
}

async function checkCondition(context: RequestContext, condition: Condition): Promise<void> {
  const { countries, exponents } = context.deps.reference;
  if ('states' in condition && condition.states) {
    requireCodes(condition.states, countries, 'countries', 'condition.states');
    checkOwnStates(context, condition.states, 'condition.states');
  }
  switch (condition.kind) {
    case 'instalment_due':
    case 'instalment_late':
      for (const [index, donorId] of (condition.donorIds ?? []).entries()) await requireDonor(context, donorId, `condition.donorIds.${index}`);
      for (const [index, fundId] of (condition.fundIds ?? []).entries()) await requireFund(context, fundId, `condition.fundIds.${index}`);
      break;
    case 'coverage_below':
      if (condition.by === 'state') checkState(context, condition.code);
      else await requirePlan(context, condition.code);
      break;
    case 'execution_below':
      if (condition.by === 'state') checkState(context, condition.code);
      else if (condition.by === 'donor') await requireDonor(context, condition.code, 'condition.code');
      else await requireFund(context, condition.code, 'condition.code');
      break;
    case 'fund_balance_below': {
      const fund = await requireFund(context, condition.fundId, 'condition.fundId');
      checkTouchesOwn(context, fund.countries, 'condition.fundId');
      checkSameCurrency(condition.threshold.currency, fund.currency, 'condition.threshold.currency');
      checkPositive(minorOf(condition.threshold, exponents, 'condition.threshold'), 'condition.threshold.amount');
      break;
    }
    case 'no_payment':
      break;
  }
}

function checkState(context: RequestContext, code: string): void {
  requireCode(code, context.deps.reference.countries, 'countries', 'condition.code');
  checkOwnStates(context, [code], 'condition.code');
}

/** An officer watches own states; an administrator any. */
function checkOwnStates({ actor }: RequestContext, states: readonly string[], field: string): void {
  if (actor.roles.includes('administrator')) return;
  const outside = states.filter((code) => !actor.states.includes(code));
  if (outside.length > 0) throw new DomainError('OUT_OF_SCOPE', { states: actor.states.join(', '), found: outside.join(', ') }, field);
}

/** A plan or fund of several states is watched by the officers of each. */
function checkTouchesOwn({ actor }: RequestContext, states: readonly string[], field: string): void {
  if (actor.roles.includes('administrator') || states.some((code) => actor.states.includes(code))) return;
  throw new DomainError('OUT_OF_SCOPE', { states: actor.states.join(', '), found: states.join(', ') || '-' }, field);
}

async function requirePlan(context: RequestContext, code: string): Promise<void> {
  const plan = await findPlanByCode(context.db, code);
  if (!plan) throw unknown(code, 'response-plans', 'condition.code');
  checkTouchesOwn(context, plan.countries, 'condition.code');
}

async function requireFund({ db }: RequestContext, id: string, field: string): Promise<PooledFund> {
  const fund = isId(id) ? await findFund(db, id) : null;
  if (!fund) throw unknown(id, 'pooled-funds', field);
  return fund;
}

async function requireDonor({ db }: RequestContext, id: string, field: string): Promise<void> {
  if (!isId(id) || !(await findOrganisation(db, id))) throw unknown(id, 'organisations', field);
}

function isId(text: string): boolean {
  return idSchema.safeParse(text).success;
}

function unknown(code: string, list: string, field: string): DomainError {
  return new DomainError('CODE_UNKNOWN', { code, list }, field);
}

function found(rule: WatchRule | null): WatchRule {
  if (!rule) throw new DomainError('NOT_FOUND', { what: 'watch_rule' });
  return rule;
}

async function audit(context: RequestContext, action: string, id: string, before: Partial<Fields> | null, after: Partial<Fields>): Promise<void> {
  const unnamed = (fields: Partial<Fields>) => ({ ...fields, ...(fields.recipients && { recipients: auditedRecipients(fields.recipients).listed }) });
  const { addresses } = auditedRecipients(after.recipients ?? []);
  await recordAudit(context, action, { kind: 'watch_rule', id }, { before: before && unnamed(before), after: unnamed(after) }, { personal: { addresses } });
}

function columnsOf({ name, condition, recipients, quietDays, active }: Fields) {
  const { kind, ...params } = condition;
  return { name, kind, params, recipients, quietDays, active };
}

function fieldsOf(rule: WatchRule): Fields {
  const { name, quietDays, active } = rule;
  return { name, condition: conditionOf(rule), recipients: recipientsSchema.parse(rule.recipients), quietDays, active };
}

function answerOf(rule: WatchRule, language: Language): RuleAnswer {
  const { id, evaluatedAt, error, createdBy, createdAt, version } = rule;
  return { id, ...fieldsOf(rule), evaluatedAt: evaluatedAt?.toISOString() ?? null, ...problemOf(error, language), createdBy, createdAt: createdAt.toISOString(), version };
}

/** What the reader can do something about; the rest is for the log of the service. */
function problemOf(error: string | null, language: Language): Pick<RuleAnswer, 'problem' | 'problemText'> {
  if (error === null) return { problem: null, problemText: null };
  if (error === OWNER_SUSPENDED) return { problem: OWNER_SUSPENDED, problemText: watchText(language, 'error.owner') };
  return { problem: 'FAILED', problemText: watchText(language, 'error.failed') };
}

function eventAnswerOf({ id, at, subject, outcome, detail, restricted, noticeId }: WatchEvent, rule: WatchRule, language: Language): EventAnswer {
  const { fact, toldOn = null } = detail as unknown as { readonly fact: Fact; readonly toldOn?: string | null };
  return { id, at: at.toISOString(), subject, outcome, why: whyOf(outcome, toldOn, rule, language), fact, restricted, noticeId };
}

function whyOf(outcome: EventAnswer['outcome'], toldOn: string | null, { quietDays }: WatchRule, language: Language): string {
  if (outcome !== 'quiet') return watchText(language, `event.${outcome}`);
  if (toldOn === null) return watchText(language, 'event.quiet.nobody');
  return watchText(language, 'event.quiet.told', { day: dayText(language, toldOn), quiet: watchText(language, 'days', { count: quietDays }) });
}
