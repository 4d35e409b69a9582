import { requireCodes } from '../../domain/codes.js';
import { fromDay, toDay } from '../../domain/days.js';
import { checkStateScope, visibilityOf } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import { checkNotFuture, checkPositive } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import { minorOf, moneyOf } from '../../http/wire.js';
import type { PaymentStatement } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { asSystem } from '../../platform/tenant.js';
import { recordAudit } from '../audit/audit.store.js';
import { valueDateWhere } from '../flows/flows.schema.js';
import { nextReference, visibleFlows } from '../flows/flows.store.js';
import { requireActiveOrganisation } from '../organisations/organisations.store.js';
import { type StatementAnswer, type StatementInput, statementSorts, type StatementsQuery } from './statements.schema.js';
import { donorFamily, lastSettlements } from './twins.store.js';

type Actor = RequestContext['actor'];

/**
 * Records what a donor says it paid. It is no entry of the journal, and in no total.
 * @throws DONOR_OWN_WORD, OUT_OF_SCOPE, RESTRICTED_NOT_ALLOWED, CODE_UNKNOWN, CODE_REPEATED, ALREADY_MERGED, AMOUNT_*, CURRENCY_UNKNOWN, DATE_IN_FUTURE
 */
export async function createStatement(context: RequestContext, input: StatementInput): Promise<StatementAnswer> {
  const { db, deps, actor, now } = context;
  const { donorId, amount, valueDate, recipientId = null, donorReference = null, description, restricted } = input;
  requireCodes(input.countries, deps.reference.countries, 'countries', 'countries');
  const countries = [...input.countries].sort();
  checkMayState(actor, { donorId, countries, restricted });
  await requireActiveOrganisation(db, donorId, 'donorId');
  if (recipientId !== null) await requireActiveOrganisation(db, recipientId, 'recipientId');
  const amountMinor = minorOf(amount, deps.reference.exponents);
  checkPositive(amountMinor);
  checkNotFuture(valueDate, now);
  const row = await db.paymentStatement.create({
    data: {
      id: newId(),
      reference: await nextReference(db, 'AVI', valueDate),
      donorId,
      countries,
      recipientId,
      amountMinor,
      currency: amount.currency,
      valueDate: fromDay(valueDate),
      donorReference,
      description,
      restricted,
      recordedBy: actor.userId,
    },
  });
  await recordAudit(context, 'payment_statement.create', { kind: 'payment_statement', id: row.id }, { before: null, after: input });
  return answerOf(context, row);
}

/** A donor speaks for itself; an officer records a donor's letter to the own states. */
function checkMayState(actor: Actor, statement: Pick<PaymentStatement, 'donorId' | 'countries' | 'restricted'>): void {
  if (isOwn(actor, statement)) return;
  if (!actor.roles.includes('finance_officer')) throw new DomainError('DONOR_OWN_WORD', {}, 'donorId');
  checkStateScope(actor, statement);
}

function isOwn(actor: Actor, { donorId }: Pick<PaymentStatement, 'donorId'>): boolean {
  return actor.roles.includes('donor') && actor.organisationIds.includes(donorId);
}

/**
 * Withdraws a statement; it stays on record. What a donor stated itself, only that donor withdraws.
 * @throws STALE, STATE_CONFLICT when it is withdrawn or settled, DONOR_OWN_WORD, OUT_OF_SCOPE, NOT_FOUND
 */
export async function withdrawStatement(context: RequestContext, id: string, reason: string): Promise<StatementAnswer> {
  const { db, actor, now } = context;
  await findVisible(context, id);
  await db.$queryRaw`SELECT FROM payment_statement WHERE id = ${id}::uuid FOR UPDATE`;
  const row = await findVisible(context, id);
  context.precondition.check(row.version);
  checkMayState(actor, row);
  if (!isOwn(actor, row) && (await wasStatedByDonor(context, row))) throw new DomainError('DONOR_OWN_WORD');
  if (row.withdrawnAt) throw new DomainError('STATE_CONFLICT', { found: 'withdrawn', allowed: 'stated' });
  if ((await lastSettlements(db, [], [id])).some(({ inForce }) => inForce)) throw new DomainError('STATE_CONFLICT', { found: 'same', allowed: 'different' });
  const withdrawn = await db.paymentStatement.update({ where: { id }, data: { withdrawnBy: actor.userId, withdrawnAt: now, withdrawalReason: reason } });
  const detail = { before: { status: 'stated' }, after: { status: 'withdrawn' } };
  await recordAudit(context, 'payment_statement.withdraw', { kind: 'payment_statement', id }, detail, { reason });
  return answerOf(context, withdrawn);
}

function wasStatedByDonor({ db }: RequestContext, { recordedBy }: PaymentStatement): Promise<boolean> {
  return asSystem(db, async () => (await db.appUser.count({ where: { id: recordedBy, roles: { has: 'donor' } } })) > 0);
}

/** @throws NOT_FOUND also when the actor may not see it */
export async function getStatement(context: RequestContext, id: string): Promise<StatementAnswer> {
  return answerOf(context, await findVisible(context, id));
}

async function findVisible({ db, actor }: RequestContext, id: string): Promise<PaymentStatement> {
  const row = await db.paymentStatement.findFirst({ where: { id, AND: [visibleFlows(visibilityOf(actor))] } });
  if (!row) throw new DomainError('NOT_FOUND', { what: 'payment_statement' });
  return row;
}

export async function listStatements(context: RequestContext, query: StatementsQuery): Promise<Page<StatementAnswer>> {
  const { db, actor } = context;
  const { donorId, country, withdrawn } = query;
  const filters = {
    AND: [visibleFlows(visibilityOf(actor))],
    ...(donorId !== undefined && { donorId: { in: [...(await donorFamily(db, donorId))] } }),
    ...(country !== undefined && { countries: { has: country } }),
    ...(withdrawn !== undefined && { withdrawnAt: withdrawn ? { not: null } : null }),
    ...valueDateWhere(query),
  };
  const page = await findPage<PaymentStatement>(query, statementSorts, ({ where, orderBy, take }) =>
    db.paymentStatement.findMany({ where: { AND: [where, filters] }, orderBy, take }),
  );
  return mapPage(page, (row) => answerOf(context, row));
}

function answerOf({ deps }: RequestContext, row: PaymentStatement): StatementAnswer {
  const { withdrawnBy, withdrawnAt, withdrawalReason } = row;
  return {
    id: row.id,
    reference: row.reference,
    donorId: row.donorId,
    countries: row.countries,
    recipientId: row.recipientId,
    amount: moneyOf(row.amountMinor, row.currency, deps.reference.exponents),
    valueDate: toDay(row.valueDate),
    donorReference: row.donorReference,
    description: row.description,
    restricted: row.restricted,
    recordedBy: row.recordedBy,
    recordedAt: row.recordedAt.toISOString(),
    withdrawal: withdrawnBy && withdrawnAt ? { by: withdrawnBy, at: withdrawnAt.toISOString(), reason: withdrawalReason ?? '' } : null,
    version: row.version,
  };
}
