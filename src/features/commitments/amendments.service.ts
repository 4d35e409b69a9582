import { type Day, fromDay, toDay } from '../../domain/days.js';
import type { DecisionRight } from '../../domain/approval.js';
import { checkStateScope, visibilityOf } from '../../domain/policy.js';
import { convertLowering, linesByBalance, linesBySplits } from '../../domain/posting.js';
import { DomainError } from '../../domain/problem.js';
import { checkNotBefore, checkNotBelowDisbursed, checkNotFuture, checkSameCurrency, checkWithinPledge } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import { minorOf, moneyOf } from '../../http/wire.js';
import type { Amendment, Commitment } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import type { ApprovalsAnswer } from '../approvals/approvals.schema.js';
import { approvalsOf, giveApproval, openApproval, openRejection, type Subject } from '../approvals/decision.js';
import { amendmentUsd } from '../approvals/usd-value.js';
import { recordAudit } from '../audit/audit.store.js';
import { type Decision, decisionOf } from '../flows/decision.schema.js';
import { addCommitted, holdCommitment, lockCommitment, lockPledge, refuseImported, visibleFlows } from '../flows/flows.store.js';
import { lineTermsOf } from '../flows/terms.js';
import { convertKnown } from '../fx/convert-known.js';
import { bookedAmounts, cellBalances, lateBookings, postEntries } from '../journal/journal.store.js';
import { type AmendmentAnswer, type AmendmentInput, amendmentSorts, type AmendmentsQuery } from './commitments.schema.js';
import { splitsOf } from './commitments.service.js';

type AmendmentRow = Amendment & { readonly commitment: Commitment };

/**
 * Asks to raise or lower a commitment; nothing changes until a second person approves.
 * @throws STATE_CONFLICT, IMPORTED_RECORD, CURRENCY_MISMATCH, BELOW_DISBURSED, EXCEEDS_PLEDGE, DATE_*, OUT_OF_SCOPE
 */
export async function requestAmendment(context: RequestContext, commitmentId: string, input: AmendmentInput): Promise<AmendmentAnswer> {
  const { db, deps, actor, now } = context;
  await holdCommitment(db, commitmentId);
  const commitment = await visibleCommitment(context, commitmentId);
  const deltaMinor = minorOf(input.delta, deps.reference.exponents, 'delta');
  if (deltaMinor === 0n) throw new DomainError('AMOUNT_ZERO', {}, 'delta.amount');
  checkNotFuture(input.valueDate, now);
  checkNotBefore(input.valueDate, toDay(commitment.valueDate));
  checkSameCurrency(input.delta.currency, commitment.currency, 'delta.currency');
  checkStateScope(actor, commitment);
  await checkAmendable(context, commitment, deltaMinor);
  const row = await db.amendment.create({
    data: { id: newId(), commitmentId, deltaMinor, valueDate: fromDay(input.valueDate), reason: input.reason, preparedBy: actor.userId },
    include: { commitment: true },
  });
  await recordAudit(context, 'amendment.request', { kind: 'amendment', id: row.id }, { before: null, after: input }, { reason: input.reason });
  return answered(context, row);
}

async function visibleCommitment({ db, actor }: RequestContext, id: string): Promise<Commitment> {
  const commitment = await db.commitment.findFirst({ where: { id, AND: [visibleFlows(visibilityOf(actor))] } });
  if (!commitment) throw new DomainError('NOT_FOUND', { what: 'commitment' });
  return commitment;
}

/** Whether the commitment, and its pledge, can take the change as they are now. */
async function checkAmendable({ db, deps }: RequestContext, commitment: Commitment, deltaMinor: bigint): Promise<void> {
  const { exponents } = deps.reference;
  const { currency } = commitment;
  refuseImported(commitment);
  if (commitment.status !== 'active') throw new DomainError('STATE_CONFLICT', { found: commitment.status, allowed: 'active' });
  if (deltaMinor < 0n) {
    checkNotBelowDisbursed({ minor: -deltaMinor, currency }, commitment.currentMinor - commitment.disbursedMinor, exponents);
    return;
  }
  if (commitment.pledgeId === null) return;
  const pledge = await lockPledge(db, commitment.pledgeId);
  if (!pledge) return;
  checkWithinPledge({ minor: deltaMinor, currency }, pledge.amountMinor - pledge.committedMinor, exponents, 'delta.amount');
}

/**
 * Approves an amendment; the last approval it takes posts it.
 * @throws FOUR_EYES, ALREADY_APPROVED, STATE_CONFLICT, BELOW_DISBURSED, EXCEEDS_PLEDGE, OUT_OF_SCOPE, NO_RATE
 */
export async function approveAmendment(context: RequestContext, id: string): Promise<AmendmentAnswer> {
  const { db, actor, now } = context;
  const amendment = await lockForDecision(context, id);
  const approval = await openApproval(context, subjectOf(amendment));
  const { commitment } = amendment;
  await checkAmendable(context, commitment, amendment.deltaMinor);
  const { deltaMinor } = amendment;
  const valueDate = toDay(amendment.valueDate);
  const { currency } = commitment;
  const { converted, lines } = deltaMinor > 0n ? await raise(context, commitment, deltaMinor, valueDate) : await lower(context, commitment, deltaMinor);
  const approvals = await giveApproval(context, approval, converted.USD?.minor ?? null);
  if (!approvals.complete) return answerOf(context, amendment, { approvals, bookedOn: undefined });
  await db.commitment.update({ where: { id: commitment.id }, data: { currentMinor: { increment: deltaMinor } } });
  const pledge = commitment.pledgeId === null ? null : await addCommitted(db, commitment.pledgeId, deltaMinor);
  const entry = {
    id: newId(),
    kind: 'amendment',
    stage: 'commitment',
    pledgeId: commitment.pledgeId,
    commitmentId: commitment.id,
    disbursementId: null,
    amendmentId: id,
    valueDate,
    currency,
    amountMinor: deltaMinor,
    converted,
    terms: lineTermsOf(commitment, pledge?.eventId ?? null),
    lines,
    importId: null,
    reason: amendment.reason,
  } as const;
  const late = await postEntries(db, [entry], actor.userId);
  const approved = await decide(context, amendment, { status: 'approved', decidedBy: actor.userId, decidedAt: now }, approval.right);
  return answerOf(context, approved, { approvals, bookedOn: late.get(entry.id) });
}

async function raise({ db, deps }: RequestContext, commitment: Commitment, deltaMinor: bigint, valueDate: string) {
  const money = { minor: deltaMinor, currency: commitment.currency };
  const converted = await convertKnown(db, money, valueDate, deps.reference.exponents);
  return { converted, lines: linesBySplits(splitsOf(commitment), deltaMinor, converted) };
}

async function lower({ db }: RequestContext, commitment: Commitment, deltaMinor: bigint) {
  const converted = convertLowering(deltaMinor, await bookedAmounts(db, commitment.id));
  return { converted, lines: linesByBalance(await cellBalances(db, commitment.id), deltaMinor, converted) };
}

/** @throws FOUR_EYES, STATE_CONFLICT, OUT_OF_SCOPE */
export async function rejectAmendment(context: RequestContext, id: string, reason: string): Promise<AmendmentAnswer> {
  const amendment = await lockForDecision(context, id);
  const right = await openRejection(context, subjectOf(amendment));
  const decision = { status: 'rejected', decidedBy: context.actor.userId, decidedAt: context.now, decisionReason: reason } as const;
  return answered(context, await decide(context, amendment, decision, right));
}

function subjectOf({ id, commitment }: AmendmentRow): Subject {
  return { kind: 'amendment', id, flow: commitment };
}

/** Locks pledge, commitment and amendment in this order. */
async function lockForDecision(context: RequestContext, id: string): Promise<AmendmentRow> {
  const { db } = context;
  const found = await findVisible(context, id);
  if (found.commitment.pledgeId !== null) await lockPledge(db, found.commitment.pledgeId);
  await lockCommitment(db, found.commitmentId);
  await db.$queryRaw`SELECT FROM amendment WHERE id = ${id}::uuid FOR UPDATE`;
  const amendment = await db.amendment.findUniqueOrThrow({ where: { id }, include: { commitment: true } });
  if (amendment.status !== 'submitted') throw new DomainError('STATE_CONFLICT', { found: amendment.status, allowed: 'submitted' });
  context.precondition.check(amendment.version);
  return amendment;
}

async function findVisible({ db, actor }: RequestContext, id: string): Promise<AmendmentRow> {
  const where = { id, commitment: { AND: [visibleFlows(visibilityOf(actor))] } };
  const amendment = await db.amendment.findFirst({ where, include: { commitment: true } });
  if (!amendment) throw new DomainError('NOT_FOUND', { what: 'amendment' });
  return amendment;
}

async function decide(context: RequestContext, amendment: AmendmentRow, decision: Decision, right: DecisionRight): Promise<AmendmentRow> {
  const row = await context.db.amendment.update({ where: { id: amendment.id }, data: decision, include: { commitment: true } });
  const record = { kind: 'amendment', id: row.id };
  await recordAudit(context, `amendment.${decision.status}`, record, { before: { status: amendment.status }, after: decision }, { onBehalfOf: right?.userId ?? null, reason: decision.decisionReason ?? null });
  return row;
}

export async function getAmendment(context: RequestContext, id: string): Promise<AmendmentAnswer> {
  return answered(context, await findVisible(context, id));
}

export async function listAmendments(context: RequestContext, query: AmendmentsQuery): Promise<Page<AmendmentAnswer>> {
  const filters = {
    ...(query.commitmentId !== undefined && { commitmentId: query.commitmentId }),
    ...(query.status !== undefined && { status: query.status }),
    commitment: { AND: [visibleFlows(visibilityOf(context.actor))] },
  };
  const page = await findPage<AmendmentRow>(query, amendmentSorts, ({ where, orderBy, take }) =>
    context.db.amendment.findMany({ where: { AND: [where, filters] }, orderBy, take, include: { commitment: true } }),
  );
  const around = await readAround(context, page.items);
  return mapPage(page, (row) => answerOf(context, row, around(row)));
}

async function answered(context: RequestContext, row: AmendmentRow): Promise<AmendmentAnswer> {
  return answerOf(context, row, (await readAround(context, [row]))(row));
}

/** What other tables say of an amendment. */
interface Around {
  readonly approvals: ApprovalsAnswer;
  /** Where its month was closed. */
  readonly bookedOn: Day | undefined;
}

async function readAround({ db, deps }: RequestContext, rows: readonly AmendmentRow[]): Promise<(row: AmendmentRow) => Around> {
  const late = await lateBookings(db, 'amendment', rows);
  const approvals = await approvalsOf(
    db,
    'amendment',
    rows.map(({ id, status, commitmentId, commitment, deltaMinor, valueDate }) => ({
      id,
      countries: commitment.countries,
      pending: status === 'submitted',
      usdMinor: () => amendmentUsd(db, { commitmentId, delta: { minor: deltaMinor, currency: commitment.currency }, valueDate: toDay(valueDate) }, deps.reference.exponents),
    })),
  );
  return ({ id }) => ({ approvals: approvals(id), bookedOn: late.get(id) });
}

function answerOf({ deps }: RequestContext, row: AmendmentRow, { approvals, bookedOn }: Around): AmendmentAnswer {
  return {
    id: row.id,
    commitmentId: row.commitmentId,
    delta: moneyOf(row.deltaMinor, row.commitment.currency, deps.reference.exponents),
    valueDate: toDay(row.valueDate),
    bookedOn: bookedOn ?? null,
    reason: row.reason,
    ...decisionOf(row),
    approvals: approvals.approvals,
    approvalsNeeded: approvals.approvalsNeeded,
  };
}
