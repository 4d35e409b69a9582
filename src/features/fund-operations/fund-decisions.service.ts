import type { DecisionRight } from '../../domain/approval.js';
import type { FundEntryDraft } from '../../domain/fund-book.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import type { FundOperation } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';
import { giveApproval, openApproval, openRejection, type Subject } from '../approvals/decision.js';
import { recordAudit } from '../audit/audit.store.js';
import type { Decision } from '../flows/decision.schema.js';
import { refuseImported } from '../flows/flows.store.js';
import { postFundEntries, reverseFundEntries } from '../fund-book/fund-book.store.js';
import { findVisibleOperation, lockOperation } from './fund-operations.store.js';
import type { OperationAnswer } from './fund-operations.schema.js';
import { lockFunds, type LockedFunds } from './locks.js';
import { movementsOf } from './movements.js';
import { operationAnswerOf } from './operation-answer.js';
import { operationUsd } from './operation-usd.js';
import { checkReversible } from './undo.js';

/** What is decided on, locked after the accounts it moves. */
interface Decided {
  readonly operation: FundOperation;
  /** What a reversal undoes. */
  readonly target: FundOperation | null;
  readonly funds: LockedFunds;
}

/**
 * Approves an operation; the last approval it takes posts it in the book of its fund.
 * @throws FOUR_EYES, ALREADY_APPROVED, STATE_CONFLICT, FUND_CLOSED, OUT_OF_SCOPE, PERIOD_CLOSED, those of movementsOf and checkReversible
 */
export async function approveOperation(context: RequestContext, id: string): Promise<OperationAnswer> {
  const { db, actor, now, deps } = context;
  const decided = await lockForDecision(context, id);
  const { operation, target, funds } = decided;
  const approval = await openApproval(context, subjectOf(operation));
  const movements = target ? [] : await movementsOf(context, operation, funds);
  if (target) await checkReversible(context, target, id, funds);
  const usdMinor = movements[0]?.converted.USD?.minor ?? (await operationUsd(db, operation, deps.reference.exponents));
  const { complete } = await giveApproval(context, approval, usdMinor);
  if (!complete) return operationAnswerOf(context, operation);
  if (target) await undo(context, operation, target);
  else await post(context, decided, movements);
  return decide(context, operation, { status: 'approved', decidedBy: actor.userId, decidedAt: now }, approval.right);
}

/**
 * Any one approver turns an operation down, also after another has approved it; a proposal stays handed in.
 * @throws FOUR_EYES, STATE_CONFLICT, OUT_OF_SCOPE
 */
export async function rejectOperation(context: RequestContext, id: string, reason: string): Promise<OperationAnswer> {
  const { db, actor, now } = context;
  await findVisibleOperation(db, actor, id);
  const operation = await lockSubmitted(context, id);
  const right = await openRejection(context, subjectOf(operation));
  return decide(context, operation, { status: 'rejected', decidedBy: actor.userId, decidedAt: now, decisionReason: reason }, right);
}

function subjectOf({ id, countries }: FundOperation): Subject {
  return { kind: 'fund_operation', id, flow: { countries, restricted: false } };
}

async function lockForDecision(context: RequestContext, id: string): Promise<Decided> {
  const { db, actor } = context;
  const found = await findVisibleOperation(db, actor, id);
  refuseImported(found);
  checkSubmitted(found);
  const undone = found.undoesId === null ? null : await db.fundOperation.findUniqueOrThrow({ where: { id: found.undoesId } });
  const funds = await lockFunds(db, undone ?? found, undone?.kind === 'closure');
  const operation = await lockSubmitted(context, id);
  return { operation, target: undone && (await lockOperation(db, undone.id)), funds };
}

async function lockSubmitted({ db, precondition }: RequestContext, id: string): Promise<FundOperation> {
  const operation = await lockOperation(db, id);
  refuseImported(operation);
  checkSubmitted(operation);
  precondition.check(operation.version);
  return operation;
}

function checkSubmitted({ status }: FundOperation): void {
  if (status !== 'submitted') throw new DomainError('STATE_CONFLICT', { found: status, allowed: 'submitted' });
}

/** Posts the movements, each in the book of its fund; those of another fund may be for states that are not the actor's. */
async function post(context: RequestContext, { operation, funds }: Decided, movements: readonly FundEntryDraft[]): Promise<void> {
  const { db, actor } = context;
  await postFundEntries(db, movements.filter(({ fundId }) => fundId === operation.fundId), actor.userId);
  await asSystem(db, () => postFundEntries(db, movements.filter(({ fundId }) => fundId !== operation.fundId), actor.userId));
  if (operation.kind === 'closure') await setFundStatus(context, funds.fund.id, 'closed');
  if (operation.proposalId !== null) await setProposal(context, operation.proposalId, 'awarded');
}

/** Posts the mirror of what stands, in every book it went into, and takes back what it had decided. */
async function undo(context: RequestContext, reversal: FundOperation, target: FundOperation): Promise<void> {
  const { db, actor } = context;
  const by = { recordedBy: actor.userId, reason: reversal.description, importId: null };
  await asSystem(db, () => reverseFundEntries(db, 'operation', [target.id], by));
  await db.fundOperation.update({ where: { id: target.id }, data: { status: 'reversed' } });
  if (target.kind === 'closure') await setFundStatus(context, target.fundId, 'open');
  if (target.proposalId !== null) await setProposal(context, target.proposalId, 'submitted');
}

async function setFundStatus(context: RequestContext, id: string, status: 'open' | 'closed'): Promise<void> {
  const { db } = context;
  // Approvers do not keep the master data of funds; closing one is decided here.
  await asSystem(db, () => db.pooledFund.update({ where: { id }, data: { status } }));
  const detail = { before: { status: status === 'open' ? 'closed' : 'open' }, after: { status } };
  const record = { kind: 'pooled_fund', id };
  if (status === 'closed') await recordAudit(context, 'pooled_fund.close', record, detail);
  else await recordAudit(context, 'pooled_fund.reopen', record, detail);
}

async function setProposal(context: RequestContext, id: string, status: 'submitted' | 'awarded'): Promise<void> {
  const { db, actor, now } = context;
  const record = { kind: 'proposal', id };
  if (status === 'awarded') {
    await db.proposal.update({ where: { id }, data: { status, decidedBy: actor.userId, decidedAt: now } });
    await recordAudit(context, 'proposal.award', record, { before: { status: 'submitted' }, after: { status } });
    return;
  }
  await db.proposal.update({ where: { id }, data: { status, decidedBy: null, decidedAt: null } });
  await recordAudit(context, 'proposal.unaward', record, { before: { status: 'awarded' }, after: { status } });
}

async function decide(context: RequestContext, operation: FundOperation, decision: Decision, right: DecisionRight): Promise<OperationAnswer> {
  const row = await context.db.fundOperation.update({ where: { id: operation.id }, data: decision });
  const act = decision.status === 'approved' ? 'approve' : 'reject';
  const record = { kind: 'fund_operation', id: row.id };
  const more = { onBehalfOf: right?.userId ?? null, reason: decision.decisionReason ?? null };
  await recordAudit(context, `fund_operation.${act}`, record, { before: { status: operation.status }, after: decision }, more);
  return operationAnswerOf(context, row);
}
