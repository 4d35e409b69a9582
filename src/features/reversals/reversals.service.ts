import type { Day } from '../../domain/days.js';
import type { DecisionRight } from '../../domain/approval.js';
import { checkStateScope, visibilityOf } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import { postedDisbursementStatuses } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import { isUniqueViolation, type Reversal, type Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { asSystem } from '../../platform/tenant.js';
import type { ApprovalsAnswer } from '../approvals/approvals.schema.js';
import { reversalUsd } from '../approvals/approvals.store.js';
import { approvalsOf, giveApproval, openApproval, openRejection, type Subject } from '../approvals/decision.js';
import { recordAudit } from '../audit/audit.store.js';
import { type Decision, decisionOf } from '../flows/decision.schema.js';
import { addCommitted, lockCommitment, lockPledge, refuseImported, visibleFlows } from '../flows/flows.store.js';
import { checkUndoable } from '../fund-operations/fund-room.js';
import { lateBookings, reverseEntries } from '../journal/journal.store.js';
import { type ReversalAnswer, type ReversalInput, reversalSorts, type ReversalsQuery } from './reversals.schema.js';

type Stage = Reversal['stage'];

/** What is to be undone, locked with its parents. */
interface Target {
  readonly id: string;
  readonly stage: Stage;
  readonly countries: readonly string[];
  readonly restricted: boolean;
  readonly pledgeId: string | null;
  readonly commitmentId: string | null;
  /** What its parent's sum falls by. */
  readonly amountMinor: bigint;
}

/**
 * Asks to undo a posted record; nothing changes until a second person approves.
 * @throws HAS_CHILDREN, NOT_POSTED, IMPORTED_RECORD, STATE_CONFLICT, REVERSAL_PENDING, OUT_OF_SCOPE, NOT_FOUND
 * @throws EXCEEDS_FUND, EXCEEDS_WINDOW, EXCEEDS_DEPOSITS for a payment into a fund that has allocated, spent or returned it
 */
export async function requestReversal(context: RequestContext, input: ReversalInput): Promise<ReversalAnswer> {
  const { db, actor } = context;
  const target = await lockTarget(context, input.stage, input.recordId);
  checkStateScope(actor, target);
  await checkMoneyLeft(context, target);
  const pending = await db.reversal.findFirst({ where: { [`${input.stage}Id`]: input.recordId, status: 'submitted' } });
  if (pending) throw new DomainError('REVERSAL_PENDING');
  const row = await create(db, input, actor.userId);
  await recordAudit(context, 'reversal.request', { kind: 'reversal', id: row.id }, { before: null, after: input }, { reason: input.reason });
  return answered(context, row);
}

async function create(db: Tx, input: ReversalInput, preparedBy: string): Promise<Reversal> {
  try {
    return await db.reversal.create({
      data: { id: newId(), stage: input.stage, [`${input.stage}Id`]: input.recordId, reason: input.reason, preparedBy },
    });
  } catch (error) {
    if (isUniqueViolation(error)) throw new DomainError('REVERSAL_PENDING');
    throw error;
  }
}

/**
 * Approves a reversal; the last approval it takes posts the mirror of every standing entry of the record and frees what it took of
 * its parent.
 * @throws FOUR_EYES, ALREADY_APPROVED, STATE_CONFLICT, HAS_CHILDREN, OUT_OF_SCOPE, EXCEEDS_FUND, EXCEEDS_WINDOW, EXCEEDS_DEPOSITS
 */
export async function approveReversal(context: RequestContext, id: string): Promise<ReversalAnswer> {
  const { db, actor, now } = context;
  const reversal = await findSubmitted(context, id);
  const target = await lockTarget(context, reversal.stage, recordIdOf(reversal));
  await lockSubmitted(context, id);
  const approval = await openApproval(context, subjectOf(id, target));
  await checkMoneyLeft(context, target);
  const approvals = await giveApproval(context, approval, await reversalUsd(db, target.stage, target.id));
  if (!approvals.complete) return answerOf(reversal, { approvals, bookedOn: undefined });
  await reverseEntries(db, target.stage, [target.id], { recordedBy: actor.userId, reason: reversal.reason, importId: null });
  await undo(db, target);
  return decide(context, reversal, { status: 'approved', decidedBy: actor.userId, decidedAt: now }, approval.right);
}

/** What a payment brought into a fund is still there to be taken back; without a fund, it brought nothing. */
async function checkMoneyLeft({ db, deps }: RequestContext, { stage, id }: Target): Promise<void> {
  if (stage === 'disbursement') await checkUndoable(db, { disbursementId: id }, deps.reference.exponents);
}

/** @throws FOUR_EYES, STATE_CONFLICT, OUT_OF_SCOPE */
export async function rejectReversal(context: RequestContext, id: string, reason: string): Promise<ReversalAnswer> {
  const reversal = await findSubmitted(context, id);
  const target = await lockRecord(context.db, reversal.stage, recordIdOf(reversal));
  await lockSubmitted(context, id);
  const right = await openRejection(context, subjectOf(id, target));
  return decide(context, reversal, { status: 'rejected', decidedBy: context.actor.userId, decidedAt: context.now, decisionReason: reason }, right);
}

async function findSubmitted(context: RequestContext, id: string): Promise<Reversal> {
  const reversal = await findVisible(context, id);
  checkSubmitted(reversal.status);
  return reversal;
}

function checkSubmitted(status: string): void {
  if (status !== 'submitted') throw new DomainError('STATE_CONFLICT', { found: status, allowed: 'submitted' });
}

function subjectOf(id: string, flow: Target): Subject {
  return { kind: 'reversal', id, flow };
}

async function lockSubmitted({ db, precondition }: RequestContext, id: string): Promise<void> {
  await db.$queryRaw`SELECT FROM reversal WHERE id = ${id}::uuid FOR UPDATE`;
  const { status, version } = await db.reversal.findUniqueOrThrow({ where: { id } });
  checkSubmitted(status);
  precondition.check(version);
}

/** The record with its parents locked, once nothing stands in the way. */
async function lockTarget({ db, actor }: RequestContext, stage: Stage, id: string): Promise<Target> {
  await checkVisible(db, actor, stage, id);
  const target = await lockRecord(db, stage, id);
  const children = await countChildren(db, target);
  if (children > 0) throw new DomainError('HAS_CHILDREN', { count: children });
  return target;
}

async function checkVisible(db: Tx, actor: RequestContext['actor'], stage: Stage, id: string): Promise<void> {
  const visible = visibleFlows(visibilityOf(actor));
  const found = {
    pledge: () => db.pledge.findFirst({ where: { id, AND: [visible] }, select: { id: true } }),
    commitment: () => db.commitment.findFirst({ where: { id, AND: [visible] }, select: { id: true } }),
    disbursement: () => db.disbursement.findFirst({ where: { id, commitment: { AND: [visible] } }, select: { id: true } }),
  };
  if (!(await found[stage]())) throw new DomainError('NOT_FOUND', { what: stage }, 'recordId');
}

/** Locks pledge, commitment and disbursement in this order. */
async function lockRecord(db: Tx, stage: Stage, id: string): Promise<Target> {
  if (stage === 'pledge') {
    const pledge = await lockPledge(db, id);
    if (!pledge) throw new DomainError('NOT_FOUND', { what: stage });
    refuseImported(pledge);
    checkActive(pledge.status);
    return { id, stage, countries: pledge.countries, restricted: pledge.restricted, pledgeId: id, commitmentId: null, amountMinor: pledge.amountMinor };
  }
  const commitmentId = stage === 'commitment' ? id : (await db.disbursement.findUniqueOrThrow({ where: { id } })).commitmentId;
  const { pledgeId } = await db.commitment.findUniqueOrThrow({ where: { id: commitmentId } });
  if (pledgeId !== null) await lockPledge(db, pledgeId);
  const commitment = await lockCommitment(db, commitmentId);
  if (!commitment) throw new DomainError('NOT_FOUND', { what: stage });
  const { countries, restricted } = commitment;
  if (stage === 'commitment') {
    refuseImported(commitment);
    checkActive(commitment.status);
    return { id, stage, countries, restricted, pledgeId, commitmentId, amountMinor: commitment.currentMinor };
  }
  await db.$queryRaw`SELECT FROM disbursement WHERE id = ${id}::uuid FOR UPDATE`;
  const disbursement = await db.disbursement.findUniqueOrThrow({ where: { id } });
  refuseImported(disbursement);
  if (!postedDisbursementStatuses.includes(disbursement.status)) throw new DomainError('NOT_POSTED');
  return { id, stage, countries, restricted, pledgeId, commitmentId, amountMinor: disbursement.amountMinor };
}

function checkActive(status: string): void {
  if (status !== 'active') throw new DomainError('STATE_CONFLICT', { found: status, allowed: 'active' });
}

/** Records below it that still stand or still may come to stand, whoever may see them. */
function countChildren(db: Tx, target: Target): Promise<number> {
  return asSystem(db, () => countStanding(db, target));
}

async function countStanding(db: Tx, { stage, id }: Target): Promise<number> {
  if (stage === 'pledge') return db.commitment.count({ where: { pledgeId: id, status: 'active' } });
  if (stage === 'disbursement') return 0;
  const payments = await db.disbursement.count({ where: { commitmentId: id, status: { notIn: ['rejected', 'reversed'] } } });
  const amendments = await db.amendment.count({ where: { commitmentId: id, status: 'submitted' } });
  return payments + amendments;
}

/** Marks the record as reversed and takes it out of its parent's sum. */
async function undo(db: Tx, { stage, id, pledgeId, commitmentId, amountMinor }: Target): Promise<void> {
  if (stage === 'pledge') await db.pledge.update({ where: { id }, data: { status: 'reversed' } });
  if (stage === 'commitment') {
    await db.commitment.update({ where: { id }, data: { status: 'reversed' } });
    if (pledgeId !== null) await addCommitted(db, pledgeId, -amountMinor);
  }
  if (stage === 'disbursement' && commitmentId !== null) {
    await db.disbursement.update({ where: { id }, data: { status: 'reversed' } });
    await db.commitment.update({ where: { id: commitmentId }, data: { disbursedMinor: { decrement: amountMinor } } });
  }
}

async function decide(context: RequestContext, reversal: Reversal, decision: Decision, right: DecisionRight): Promise<ReversalAnswer> {
  const row = await context.db.reversal.update({ where: { id: reversal.id }, data: decision });
  const record = { kind: 'reversal', id: row.id };
  await recordAudit(context, `reversal.${decision.status}`, record, { before: { status: reversal.status }, after: decision }, { onBehalfOf: right?.userId ?? null, reason: decision.decisionReason ?? null });
  return answered(context, row);
}

async function findVisible({ db, actor }: RequestContext, id: string): Promise<Reversal> {
  const reversal = await db.reversal.findFirst({ where: { id, AND: [visibleReversals(actor)] } });
  if (!reversal) throw new DomainError('NOT_FOUND', { what: 'reversal' });
  return reversal;
}

function visibleReversals(actor: RequestContext['actor']): object {
  const flow = visibleFlows(visibilityOf(actor));
  return { OR: [{ pledge: { AND: [flow] } }, { commitment: { AND: [flow] } }, { disbursement: { commitment: { AND: [flow] } } }] };
}

export async function getReversal(context: RequestContext, id: string): Promise<ReversalAnswer> {
  return answered(context, await findVisible(context, id));
}

export async function listReversals(context: RequestContext, query: ReversalsQuery): Promise<Page<ReversalAnswer>> {
  const { recordId } = query;
  const filters = {
    ...(query.status !== undefined && { status: query.status }),
    ...(query.stage !== undefined && { stage: query.stage }),
    ...(recordId !== undefined && { OR: [{ pledgeId: recordId }, { commitmentId: recordId }, { disbursementId: recordId }] }),
  };
  const page = await findPage<Reversal>(query, reversalSorts, ({ where, orderBy, take }) =>
    context.db.reversal.findMany({ where: { AND: [where, filters, visibleReversals(context.actor)] }, orderBy, take }),
  );
  const around = await readAround(context, page.items);
  return mapPage(page, (row) => answerOf(row, around(row)));
}

function recordIdOf({ pledgeId, commitmentId, disbursementId }: Reversal): string {
  return pledgeId ?? commitmentId ?? disbursementId ?? '';
}

async function answered(context: RequestContext, row: Reversal): Promise<ReversalAnswer> {
  return answerOf(row, (await readAround(context, [row]))(row));
}

/** What other tables say of a reversal. */
interface Around {
  readonly approvals: ApprovalsAnswer;
  /** Where the month of what it undoes was closed. */
  readonly bookedOn: Day | undefined;
}

async function readAround({ db }: RequestContext, rows: readonly Reversal[]): Promise<(row: Reversal) => Around> {
  const late = await lateBookings(db, 'reversal', rows);
  const countries = await statesOf(db, rows);
  const approvals = await approvalsOf(
    db,
    'reversal',
    rows.map((row) => ({
      id: row.id,
      countries: countries.get(row.id) ?? [],
      pending: row.status === 'submitted',
      usdMinor: () => reversalUsd(db, row.stage, recordIdOf(row)),
    })),
  );
  return ({ id }) => ({ approvals: approvals(id), bookedOn: late.get(id) });
}

/** The states of what is undone, by the reversal's id. */
async function statesOf(db: Tx, rows: readonly Reversal[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const flow = { select: { countries: true } } as const;
  const found = await db.reversal.findMany({
    where: { id: { in: rows.map(({ id }) => id) } },
    select: { id: true, pledge: flow, commitment: flow, disbursement: { select: { commitment: flow } } },
  });
  return new Map(found.map(({ id, pledge, commitment, disbursement }) => [id, (pledge ?? commitment ?? disbursement?.commitment)?.countries ?? []]));
}

function answerOf(row: Reversal, { approvals, bookedOn }: Around): ReversalAnswer {
  return {
    id: row.id,
    stage: row.stage,
    recordId: recordIdOf(row),
    reason: row.reason,
    bookedOn: bookedOn ?? null,
    ...decisionOf(row),
    approvals: approvals.approvals,
    approvalsNeeded: approvals.approvalsNeeded,
  };
}
