import { type Day, fromDay, toDay } from '../../domain/days.js';
import { checkStateScope, visibilityOf } from '../../domain/policy.js';
import { type ConvertedAmounts, linesByBalance } from '../../domain/posting.js';
import { DomainError } from '../../domain/problem.js';
import {
  checkDisbursementAct,
  checkFourEyes,
  checkNotBefore,
  checkNotFuture,
  checkPositive,
  checkSameCurrency,
  checkWithinCommitment,
  type DisbursementAct,
} from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import { minorOf, moneyOf } from '../../http/wire.js';
import type { Commitment, Disbursement } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { recordAudit } from '../audit/audit.store.js';
import { valueDateWhere } from '../flows/flows.schema.js';
import { eventOfPledge, findPayable, lockCommitment, type Payable, refuseImported, visibleFlows } from '../flows/flows.store.js';
import { lineTermsOf } from '../flows/terms.js';
import { convertKnown } from '../fx/convert-known.js';
import { cellBalances, postEntries } from '../journal/journal.store.js';
import { insertDraft } from './disbursements.store.js';
import { type DisbursementAnswer, type DisbursementInput, type DisbursementPatch, disbursementSorts, type DisbursementsQuery } from './disbursements.schema.js';

type DisbursementRow = Disbursement & { readonly commitment: Commitment };

/**
 * Prepares a payment; it counts nowhere until a second person approves it.
 * @throws EXCEEDS_COMMITMENT, CURRENCY_MISMATCH, PARENT_REVERSED, IMPORTED_RECORD, AMOUNT_*, DATE_*, NO_RATE, OUT_OF_SCOPE
 */
export async function createDisbursement(context: RequestContext, input: DisbursementInput): Promise<DisbursementAnswer> {
  const { db, actor } = context;
  const commitment = await findPayable(db, visibilityOf(actor), input.commitmentId);
  if (!commitment) throw new DomainError('NOT_FOUND', { what: 'commitment' }, 'commitmentId');
  checkStateScope(actor, commitment);
  const { amountMinor } = await checkPayment(context, commitment, input);
  const draft = {
    id: newId(),
    commitmentId: commitment.id,
    amountMinor,
    currency: commitment.currency,
    valueDate: fromDay(input.valueDate),
    description: input.description,
    ...evidenceOf(input.evidence),
    preparedBy: actor.userId,
  };
  return answerOf(context, await insertDraft(context, draft, input.valueDate, input));
}

/**
 * Changes a draft; whoever changes it counts among those who prepared it.
 * @throws STATE_CONFLICT, and those of createDisbursement
 */
export async function editDisbursement(context: RequestContext, id: string, patch: DisbursementPatch): Promise<DisbursementAnswer> {
  const { db, deps, actor } = context;
  const row = await lockForAct(context, id, 'edit');
  const current = {
    amount: moneyOf(row.amountMinor, row.currency, deps.reference.exponents),
    valueDate: toDay(row.valueDate),
    description: row.description,
    evidence: { reference: row.evidenceReference, link: row.evidenceLink },
  };
  const present = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  const next = { ...current, ...present, evidence: { ...current.evidence, ...patch.evidence } };
  const { amountMinor } = await checkPayment(context, row.commitment, next);
  const changed = await db.disbursement.update({
    where: { id },
    data: {
      amountMinor,
      valueDate: fromDay(next.valueDate),
      description: next.description,
      ...evidenceOf(next.evidence),
      preparedBy: actor.userId,
    },
  });
  await recordAudit(context, 'disbursement.edit', { kind: 'disbursement', id }, { before: { ...current, preparedBy: row.preparedBy }, after: present });
  return answerOf(context, changed);
}

/** @throws STATE_CONFLICT, OUT_OF_SCOPE */
export async function submitDisbursement(context: RequestContext, id: string): Promise<DisbursementAnswer> {
  const row = await lockForAct(context, id, 'submit');
  await checkPayment(context, row.commitment, paymentOf(context, row));
  return change(context, row, 'submit', { status: 'submitted', submittedBy: context.actor.userId, submittedAt: context.now });
}

/**
 * Approves a payment and posts it to the journal.
 * @throws FOUR_EYES, STATE_CONFLICT, EXCEEDS_COMMITMENT, PARENT_REVERSED, NO_RATE, OUT_OF_SCOPE
 */
export async function approveDisbursement(context: RequestContext, id: string): Promise<DisbursementAnswer> {
  const { db, actor, now } = context;
  const row = await lockForAct(context, id, 'approve');
  checkFourEyes(actor.userId, row.preparedBy, row.submittedBy, ...(await editorsOf(context, id)));
  const { commitment, amountMinor, currency } = row;
  const { converted } = await checkPayment(context, commitment, paymentOf(context, row));
  const valueDate = toDay(row.valueDate);
  const lines = linesByBalance(await cellBalances(db, commitment.id), amountMinor, converted);
  await db.commitment.update({ where: { id: commitment.id }, data: { disbursedMinor: { increment: amountMinor } } });
  const entry = {
    id: newId(),
    kind: 'disbursement',
    stage: 'disbursement',
    pledgeId: commitment.pledgeId,
    commitmentId: commitment.id,
    disbursementId: id,
    amendmentId: null,
    valueDate,
    currency,
    amountMinor,
    converted,
    terms: lineTermsOf(commitment, await eventOfPledge(db, commitment.pledgeId)),
    lines,
    importId: null,
    reason: null,
  } as const;
  await postEntries(db, [entry], actor.userId);
  return change(context, row, 'approve', { status: 'approved', decidedBy: actor.userId, decidedAt: now });
}

/** Everybody who changed the draft, whoever was last. */
async function editorsOf({ db }: RequestContext, id: string): Promise<(string | null)[]> {
  const edits = await db.auditEvent.findMany({
    where: { recordKind: 'disbursement', recordId: id, action: { in: ['disbursement.create', 'disbursement.edit'] } },
    select: { actorId: true },
  });
  return edits.map((edit) => edit.actorId);
}

/** @throws FOUR_EYES, STATE_CONFLICT, OUT_OF_SCOPE */
export async function rejectDisbursement(context: RequestContext, id: string, reason: string): Promise<DisbursementAnswer> {
  const { actor, now } = context;
  const row = await lockForAct(context, id, 'reject');
  checkFourEyes(actor.userId, row.preparedBy, row.submittedBy, ...(await editorsOf(context, id)));
  return change(context, row, 'reject', { status: 'rejected', decidedBy: actor.userId, decidedAt: now, rejectionReason: reason });
}

/** @throws STATE_CONFLICT, DATE_IN_FUTURE, DATE_BEFORE_PARENT, OUT_OF_SCOPE */
export async function receiveDisbursement(context: RequestContext, id: string, receivedOn: Day): Promise<DisbursementAnswer> {
  const row = await lockForAct(context, id, 'receive');
  checkNotFuture(receivedOn, context.now, 'receivedOn');
  checkNotBefore(receivedOn, toDay(row.valueDate), 'receivedOn');
  return change(context, row, 'receive', { status: 'received', receivedOn: fromDay(receivedOn), receivedBy: context.actor.userId });
}

interface Payment {
  readonly amount: { readonly amount: string; readonly currency: string };
  readonly valueDate: Day;
}

function paymentOf({ deps }: RequestContext, row: Disbursement): Payment {
  return { amount: moneyOf(row.amountMinor, row.currency, deps.reference.exponents), valueDate: toDay(row.valueDate) };
}

/** A payment that its commitment can take as it is now, converted at rates that are known. */
async function checkPayment(
  { db, deps, now }: RequestContext,
  commitment: Payable,
  payment: Payment,
): Promise<{ readonly amountMinor: bigint; readonly converted: ConvertedAmounts }> {
  const { exponents } = deps.reference;
  const { currency } = commitment;
  const minor = minorOf(payment.amount, exponents);
  checkPositive(minor);
  refuseImported(commitment);
  if (commitment.status !== 'active') throw new DomainError('PARENT_REVERSED', {}, 'commitmentId');
  checkSameCurrency(payment.amount.currency, currency);
  checkNotFuture(payment.valueDate, now);
  checkNotBefore(payment.valueDate, toDay(commitment.valueDate));
  checkWithinCommitment({ minor, currency }, commitment.currentMinor - commitment.disbursedMinor, exponents);
  return { amountMinor: minor, converted: await convertKnown(db, { minor, currency }, payment.valueDate, exponents) };
}

function evidenceOf(evidence: DisbursementInput['evidence']) {
  return { evidenceReference: evidence.reference ?? null, evidenceLink: evidence.link ?? null };
}

/** Locks commitment and disbursement in this order, and checks that the act is possible and within the actor's states. */
async function lockForAct(context: RequestContext, id: string, act: DisbursementAct): Promise<DisbursementRow> {
  const { db, actor } = context;
  const found = await findVisible(context, id);
  await lockCommitment(db, found.commitmentId);
  await db.$queryRaw`SELECT FROM disbursement WHERE id = ${id}::uuid FOR UPDATE`;
  const row = await db.disbursement.findUniqueOrThrow({ where: { id }, include: { commitment: true } });
  refuseImported(row);
  checkDisbursementAct(act, row.status);
  checkStateScope(actor, row.commitment);
  return row;
}

async function findVisible({ db, actor }: RequestContext, id: string): Promise<DisbursementRow> {
  const where = { id, commitment: { AND: [visibleFlows(visibilityOf(actor))] } };
  const row = await db.disbursement.findFirst({ where, include: { commitment: true } });
  if (!row) throw new DomainError('NOT_FOUND', { what: 'disbursement' });
  return row;
}

async function change(context: RequestContext, before: Disbursement, act: DisbursementAct, data: Partial<Disbursement>): Promise<DisbursementAnswer> {
  const row = await context.db.disbursement.update({ where: { id: before.id }, data });
  await recordAudit(context, `disbursement.${act}`, { kind: 'disbursement', id: row.id }, { before: { status: before.status }, after: data });
  return answerOf(context, row);
}

/** @throws NOT_FOUND also when the actor may not see it */
export async function getDisbursement(context: RequestContext, id: string): Promise<DisbursementAnswer> {
  return answerOf(context, await findVisible(context, id));
}

export async function listDisbursements(context: RequestContext, query: DisbursementsQuery): Promise<Page<DisbursementAnswer>> {
  const filters = {
    ...(query.commitmentId !== undefined && { commitmentId: query.commitmentId }),
    ...(query.status !== undefined && { status: query.status }),
    ...(query.reference !== undefined && { reference: query.reference }),
    ...valueDateWhere(query),
    commitment: {
      AND: [visibleFlows(visibilityOf(context.actor))],
      ...(query.donorId !== undefined && { donorId: query.donorId }),
      ...(query.country !== undefined && { countries: { has: query.country } }),
    },
  };
  const page = await findPage<Disbursement>(query, disbursementSorts, ({ where, orderBy, take }) =>
    context.db.disbursement.findMany({ where: { AND: [where, filters] }, orderBy, take }),
  );
  return mapPage(page, (row) => answerOf(context, row));
}

function answerOf({ deps }: RequestContext, row: Disbursement): DisbursementAnswer {
  return {
    id: row.id,
    reference: row.reference,
    commitmentId: row.commitmentId,
    amount: moneyOf(row.amountMinor, row.currency, deps.reference.exponents),
    valueDate: toDay(row.valueDate),
    description: row.description,
    evidence: { reference: row.evidenceReference, link: row.evidenceLink },
    status: row.status,
    preparedBy: row.preparedBy,
    preparedAt: row.preparedAt.toISOString(),
    submittedBy: row.submittedBy,
    submittedAt: row.submittedAt?.toISOString() ?? null,
    decidedBy: row.decidedBy,
    decidedAt: row.decidedAt?.toISOString() ?? null,
    rejectionReason: row.rejectionReason,
    receivedOn: row.receivedOn && toDay(row.receivedOn),
    receivedBy: row.receivedBy,
    source: row.sourceSystem === null ? null : { system: row.sourceSystem, externalId: row.externalId ?? '' },
  };
}
