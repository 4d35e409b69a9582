import { fromDay, toDay } from '../../domain/days.js';
import { firstDayOf, type Month, monthOf } from '../../domain/periods.js';
import { DomainError } from '../../domain/problem.js';
import { checkFourEyes } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import { isUniqueViolation, type PeriodReopening } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { recordAudit } from '../audit/audit.store.js';
import { decisionOf } from '../flows/decision.schema.js';
import { type ReopeningAnswer, type ReopeningInput, reopeningSorts, type ReopeningsQuery } from './periods.schema.js';
import { requireClosed } from './periods.service.js';
import { decideReopening, lockPeriods, lockReopening, openMonth } from './periods.store.js';

/**
 * Asks to open a closed month again; nothing changes until a second person approves.
 * @throws NOT_FOUND, STATE_CONFLICT, REOPENING_PENDING
 */
export async function requestReopening(context: RequestContext, month: Month, { reason }: ReopeningInput): Promise<ReopeningAnswer> {
  const { db, actor } = context;
  const period = await requireClosed(context, month);
  const data = { id: newId(), month: period.month, reason, preparedBy: actor.userId };
  const row = await refusePending(() => db.periodReopening.create({ data }));
  await recordAudit(context, 'period_reopening.request', { kind: 'period_reopening', id: row.id }, { month }, { reason });
  return answerOf(row);
}

async function refusePending<T>(create: () => Promise<T>): Promise<T> {
  try {
    return await create();
  } catch (error) {
    if (isUniqueViolation(error)) throw new DomainError('REOPENING_PENDING');
    throw error;
  }
}

/**
 * Approves a reopening: from now on the month takes entries again, until it is closed anew.
 * @throws STALE, FOUR_EYES, STATE_CONFLICT, NOT_FOUND
 */
export async function approveReopening(context: RequestContext, id: string): Promise<ReopeningAnswer> {
  const { db, actor } = context;
  await lockPeriods(db);
  const reopening = await lockForDecision(context, id);
  await requireClosed(context, monthOf(toDay(reopening.month)));
  await openMonth(db, reopening.month);
  await db.approval.create({ data: { id: newId(), kind: 'period_reopening', recordId: id, approverId: actor.userId } });
  return decide(context, reopening, 'approved', null);
}

/** @throws STALE, FOUR_EYES, STATE_CONFLICT, NOT_FOUND */
export async function rejectReopening(context: RequestContext, id: string, reason: string): Promise<ReopeningAnswer> {
  return decide(context, await lockForDecision(context, id), 'rejected', reason);
}

async function lockForDecision({ db, actor, precondition }: RequestContext, id: string): Promise<PeriodReopening> {
  const reopening = found(await lockReopening(db, id));
  precondition.check(reopening.version);
  if (reopening.status !== 'submitted') throw new DomainError('STATE_CONFLICT', { found: reopening.status, allowed: 'submitted' });
  checkFourEyes(actor.userId, reopening.preparedBy);
  return reopening;
}

async function decide(context: RequestContext, before: PeriodReopening, status: 'approved' | 'rejected', reason: string | null): Promise<ReopeningAnswer> {
  const row = await decideReopening(context.db, before.id, { status, decidedBy: context.actor.userId, decisionReason: reason });
  const detail = { month: monthOf(toDay(row.month)), before: before.status, after: status };
  await recordAudit(context, `period_reopening.${status}`, { kind: 'period_reopening', id: row.id }, detail, { reason: reason ?? row.reason });
  return answerOf(row);
}

/** @throws NOT_FOUND */
export async function getReopening({ db }: RequestContext, id: string): Promise<ReopeningAnswer> {
  return answerOf(found(await db.periodReopening.findUnique({ where: { id } })));
}

export async function listReopenings({ db }: RequestContext, query: ReopeningsQuery): Promise<Page<ReopeningAnswer>> {
  const filters = {
    ...(query.status !== undefined && { status: query.status }),
    ...(query.month !== undefined && { month: fromDay(firstDayOf(query.month)) }),
  };
  const page = await findPage<PeriodReopening>(query, reopeningSorts, ({ where, orderBy, take }) =>
    db.periodReopening.findMany({ where: { AND: [where, filters] }, orderBy, take }),
  );
  return mapPage(page, answerOf);
}

function found(reopening: PeriodReopening | null): PeriodReopening {
  if (!reopening) throw new DomainError('NOT_FOUND', { what: 'period_reopening' });
  return reopening;
}

function answerOf(row: PeriodReopening): ReopeningAnswer {
  return { id: row.id, month: monthOf(toDay(row.month)), reason: row.reason, ...decisionOf(row) };
}
