import { toDay } from '../../domain/days.js';
import { checkStateScope } from '../../domain/policy.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, type Page } from '../../http/paging.js';
import type { FundOperation } from '../../platform/db.js';
import { recordAudit } from '../audit/audit.store.js';
import { valueDateWhere } from '../flows/flows.schema.js';
import { nextReference } from '../flows/flows.store.js';
import { type Draft, draftOf } from './draft.js';
import { findVisibleOperation, lockOperation, visibleOperations } from './fund-operations.store.js';
import { type OperationAnswer, type OperationInput, operationSorts, type OperationsQuery } from './fund-operations.schema.js';
import { lockFunds } from './locks.js';
import { movementsOf } from './movements.js';
import { operationAnswerOf, operationAnswers } from './operation-answer.js';
import { checkReversible } from './undo.js';

/**
 * Prepares an act on the money of a fund; it counts nowhere until a second person approves it.
 * @throws those of draftOf, movementsOf and checkReversible; FUND_CLOSED, FUND_MIRRORED, PARENT_REVERSED, STATE_CONFLICT, OUT_OF_SCOPE
 */
export async function prepareOperation(context: RequestContext, input: OperationInput): Promise<OperationAnswer> {
  const { db, actor } = context;
  const draft = await draftOf(context, input);
  checkStateScope(actor, { countries: draft.countries, restricted: false });
  await checkBearable(context, draft);
  const reference = await nextReference(db, 'FON', toDay(draft.valueDate));
  const splits: object = draft.splits;
  const row = await db.fundOperation.create({ data: { ...draft, reference, splits } });
  const { description: reason } = input;
  await recordAudit(context, 'fund_operation.create', { kind: 'fund_operation', id: row.id }, { before: null, after: input }, { reason });
  return operationAnswerOf(context, row);
}

async function checkBearable(context: RequestContext, draft: Draft): Promise<void> {
  const { db } = context;
  if (draft.undoesId === null) {
    await movementsOf(context, draft, await lockFunds(db, draft));
    return;
  }
  const target = await db.fundOperation.findUniqueOrThrow({ where: { id: draft.undoesId } });
  const funds = await lockFunds(db, target, target.kind === 'closure');
  await checkReversible(context, await lockOperation(db, target.id), draft.id, funds);
}

/** @throws NOT_FOUND also when the actor may not see it */
export async function getOperation(context: RequestContext, id: string): Promise<OperationAnswer> {
  return operationAnswerOf(context, await findVisibleOperation(context.db, context.actor, id));
}

export async function listOperations(context: RequestContext, query: OperationsQuery): Promise<Page<OperationAnswer>> {
  const { fundId, kind, status, allocationId, roundId, partnerId, country } = query;
  const filters = {
    ...(fundId !== undefined && { fundId }),
    ...(kind !== undefined && { kind }),
    ...(status !== undefined && { status }),
    ...(allocationId !== undefined && { allocationId }),
    ...(roundId !== undefined && { roundId }),
    ...(partnerId !== undefined && { partnerId }),
    ...(country !== undefined && { countries: { has: country } }),
    ...valueDateWhere(query),
  };
  const page = await findPage<FundOperation>(query, operationSorts, ({ where, orderBy, take }) =>
    context.db.fundOperation.findMany({ where: { AND: [where, filters, visibleOperations(context.actor)] }, orderBy, take }),
  );
  return { items: await operationAnswers(context, page.items), nextCursor: page.nextCursor };
}
