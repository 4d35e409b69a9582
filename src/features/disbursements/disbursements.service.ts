import { type Day, fromDay, toDay } from '../../domain/days.js';
import type { DecisionRight } from '../../domain/approval.js';
import { checkStateScope, visibilityOf } from '../../domain/policy.js';
import { type ConvertedAmounts, linesByBalance } from '../../domain/posting.js';
import { DomainError } from '../../domain/problem.js';
import {
  checkDisbursementAct,
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
import type { ApprovalsAnswer } from '../approvals/approvals.schema.js';
import { approvalsOf, giveApproval, noApprovals, openApproval, openRejection, type Subject } from '../approvals/decision.js';
import { usdOf } from '../approvals/usd-value.js';
import { recordAudit } from '../audit/audit.store.js';
import { valueDateWhere } from '../flows/flows.schema.js';
import { eventOfPledge, findPayable, lockCommitment, type Payable, refuseImported, visibleFlows } from '../flows/flows.store.js';
import { lineTermsOf } from '../flows/terms.js';
import { convertKnown } from '../fx/convert-known.js';
import { cellBalances, lateBookings, postEntries } from '../journal/journal.store.js';
import { insertDraft } from './disbursements.store.js';
import { creditedCurrencies, depositInto, resolveCredited } from './into-fund.js';
import { type DisbursementAnswer, type DisbursementInput, type DisbursementPatch, disbursementSorts, type DisbursementsQuery } from './disbursements.schema.js';

type DisbursementRow = Disbursement & { readonly commitment: Commitment };

/**
 * Prepares a payment; it counts nowhere until a second person approves it.
 * @throws EXCEEDS_COMMITMENT, CURRENCY_MISMATCH, PARENT_REVERSED, IMPORTED_RECORD, AMOUNT_*, DATE_*, NO_RATE, CREDITED_UNEXPECTED,
 * OUT_OF_SCOPE
 */
export async function createDisbursement(context: RequestContext, input: DisbursementInput): Promise<DisbursementAnswer> {
  const { db, deps, actor } = context;
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
    creditedMinor: await resolveCredited(db, commitment, input.credited, deps.reference.exponents),
    preparedBy: actor.userId,
  };
  return answerOf(context, await insertDraft(context, draft, input.valueDate, input), { creditedIn: input.credited?.currency });
}

/**
 * Changes a draft; whoever changes it counts among those who prepared it.
 * @throws STATE_CONFLICT, and those of createDisbursement
 */
export async function editDisbursement(context: RequestContext, id: string, patch: DisbursementPatch): Promise<DisbursementAnswer> {
  const { db, deps, actor } = context;
  const row = await lockOwn(context, id, 'edit');
  const { exponents } = deps.reference;
  const creditedIn = await creditedInOf(context, row);
  const current = {
    amount: moneyOf(row.amountMinor, row.currency, exponents),
    valueDate: toDay(row.valueDate),
    description: row.description,
    evidence: { reference: row.evidenceReference, link: row.evidenceLink },
    credited: creditedOf(context, row, creditedIn),
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
      creditedMinor: await resolveCredited(db, row.commitment, next.credited, exponents),
      preparedBy: actor.userId,
    },
  });
  await recordAudit(context, 'disbursement.edit', { kind: 'disbursement', id }, { before: { ...current, preparedBy: row.preparedBy }, after: present });
  return answerOf(context, changed, { creditedIn: next.credited?.currency });
}

/** @throws STATE_CONFLICT, OUT_OF_SCOPE */
export async function submitDisbursement(context: RequestContext, id: string): Promise<DisbursementAnswer> {
  const row = await lockOwn(context, id, 'submit');
  await checkPayment(context, row.commitment, paymentOf(context, row));
  return answered(context, await change(context, row, 'submit', { status: 'submitted', submittedBy: context.actor.userId, submittedAt: context.now }));
}

/**
 * Approves a payment; the last approval it takes posts it to the journal and, where it goes to a fund, to the fund's book.
 * @throws FOUR_EYES, ALREADY_APPROVED, STATE_CONFLICT, EXCEEDS_COMMITMENT, PARENT_REVERSED, NO_RATE, OUT_OF_SCOPE, FUND_CLOSED, FUND_MIRRORED
 */
export async function approveDisbursement(context: RequestContext, id: string): Promise<DisbursementAnswer> {
  const { db, actor, now } = context;
  const row = await lockForAct(context, id, 'approve');
  const approval = await openApproval(context, subjectOf(row));
  const { commitment, amountMinor, currency } = row;
  const { converted } = await checkPayment(context, commitment, paymentOf(context, row));
  const approvals = await giveApproval(context, approval, converted.USD?.minor ?? null);
  const creditedIn = await creditedInOf(context, row);
  if (!approvals.complete) return answerOf(context, row, { approvals, creditedIn });
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
  const late = await postEntries(db, [entry], actor.userId);
  await depositInto(context, entry, commitment, row.creditedMinor);
  const approved = await change(context, row, 'approve', { status: 'approved', decidedBy: actor.userId, decidedAt: now }, approval.right);
  return answerOf(context, approved, { approvals, bookedOn: late.get(entry.id), creditedIn });
}

/**
 * Any one approver turns a payment down, also after another has approved it.
 * @throws FOUR_EYES, STATE_CONFLICT, OUT_OF_SCOPE
 */
export async function rejectDisbursement(context: RequestContext, id: string, reason: string): Promise<DisbursementAnswer> {
  const row = await lockForAct(context, id, 'reject');
  const right = await openRejection(context, subjectOf(row));
  const decision = { status: 'rejected', decidedBy: context.actor.userId, decidedAt: context.now, rejectionReason: reason } as const;
  return answered(context, await change(context, row, 'reject', decision, right));
}

/** @throws STATE_CONFLICT, DATE_IN_FUTURE, DATE_BEFORE_PARENT, OUT_OF_SCOPE */
export async function receiveDisbursement(context: RequestContext, id: string, receivedOn: Day): Promise<DisbursementAnswer> {
  const row = await lockOwn(context, id, 'receive');
  checkNotFuture(receivedOn, context.now, 'receivedOn');
  checkNotBefore(receivedOn, toDay(row.valueDate), 'receivedOn');
  return answered(context, await change(context, row, 'receive', { status: 'received', receivedOn: fromDay(receivedOn), receivedBy: context.actor.userId }));
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

/** In which currency a payment was credited; nothing is asked where that is not said. */
async function creditedInOf({ db }: RequestContext, row: DisbursementRow): Promise<string | undefined> {
  return (await creditedCurrencies(db, [row]))(row.commitment.fundId);
}

function creditedOf({ deps }: RequestContext, { creditedMinor }: Disbursement, currency: string | undefined): DisbursementAnswer['credited'] {
  return creditedMinor === null || currency === undefined ? null : moneyOf(creditedMinor, currency, deps.reference.exponents);
}

function evidenceOf(evidence: DisbursementInput['evidence']) {
  return { evidenceReference: evidence.reference ?? null, evidenceLink: evidence.link ?? null };
}

function subjectOf({ id, commitment }: DisbursementRow): Subject {
  return { kind: 'disbursement', id, flow: commitment };
}

/** Locked, for an act within the actor's own states. */
async function lockOwn(context: RequestContext, id: string, act: DisbursementAct): Promise<DisbursementRow> {
  const row = await lockForAct(context, id, act);
  checkStateScope(context.actor, row.commitment);
  return row;
}

/** Locks commitment and disbursement in this order, and checks that the act is possible on what the client has seen. */
async function lockForAct(context: RequestContext, id: string, act: DisbursementAct): Promise<DisbursementRow> {
  const { db } = context;
  const found = await findVisible(context, id);
  await lockCommitment(db, found.commitmentId);
  await db.$queryRaw`SELECT FROM disbursement WHERE id = ${id}::uuid FOR UPDATE`;
  const row = await db.disbursement.findUniqueOrThrow({ where: { id }, include: { commitment: true } });
  refuseImported(row);
  checkDisbursementAct(act, row.status);
  context.precondition.check(row.version);
  return row;
}

async function findVisible({ db, actor }: RequestContext, id: string): Promise<DisbursementRow> {
  const where = { id, commitment: { AND: [visibleFlows(visibilityOf(actor))] } };
  const row = await db.disbursement.findFirst({ where, include: { commitment: true } });
  if (!row) throw new DomainError('NOT_FOUND', { what: 'disbursement' });
  return row;
}

async function change(
  context: RequestContext,
  before: DisbursementRow,
  act: DisbursementAct,
  data: Partial<Disbursement>,
  right: DecisionRight = null,
): Promise<DisbursementRow> {
  const row = await context.db.disbursement.update({ where: { id: before.id }, data, include: { commitment: true } });
  const record = { kind: 'disbursement', id: row.id };
  await recordAudit(context, `disbursement.${act}`, record, { before: { status: before.status }, after: data }, { onBehalfOf: right?.userId ?? null, reason: data.rejectionReason ?? null });
  return row;
}

/** @throws NOT_FOUND also when the actor may not see it */
export async function getDisbursement(context: RequestContext, id: string): Promise<DisbursementAnswer> {
  return answered(context, await findVisible(context, id));
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
  const page = await findPage<DisbursementRow>(query, disbursementSorts, ({ where, orderBy, take }) =>
    context.db.disbursement.findMany({ where: { AND: [where, filters] }, orderBy, take, include: { commitment: true } }),
  );
  const around = await readAround(context, page.items);
  return mapPage(page, (row) => answerOf(context, row, around(row)));
}

async function answered(context: RequestContext, row: DisbursementRow): Promise<DisbursementAnswer> {
  return answerOf(context, row, (await readAround(context, [row]))(row));
}

/** What other tables say of a payment. */
interface Around {
  readonly approvals?: ApprovalsAnswer;
  /** Where its month was closed. */
  readonly bookedOn?: Day | undefined;
  /** The currency of its fund, where it was credited with an amount. */
  readonly creditedIn?: string | undefined;
}

async function readAround({ db, deps }: RequestContext, rows: readonly DisbursementRow[]): Promise<(row: DisbursementRow) => Around> {
  const late = await lateBookings(db, 'disbursement', rows);
  const approvable = rows.filter(({ status, sourceSystem }) => status !== 'draft' && sourceSystem === null);
  const approvals = await approvalsOf(
    db,
    'disbursement',
    approvable.map(({ id, status, commitment, amountMinor, currency, valueDate }) => ({
      id,
      countries: commitment.countries,
      pending: status === 'submitted',
      usdMinor: () => usdOf(db, { minor: amountMinor, currency }, toDay(valueDate), deps.reference.exponents),
    })),
  );
  const creditedIn = await creditedCurrencies(db, rows);
  return ({ id, commitment }) => ({ approvals: approvals(id), bookedOn: late.get(id), creditedIn: creditedIn(commitment.fundId) });
}

function answerOf(context: RequestContext, row: Disbursement, { approvals = noApprovals, bookedOn, creditedIn }: Around = {}): DisbursementAnswer {
  return {
    id: row.id,
    reference: row.reference,
    commitmentId: row.commitmentId,
    amount: moneyOf(row.amountMinor, row.currency, context.deps.reference.exponents),
    valueDate: toDay(row.valueDate),
    bookedOn: bookedOn ?? null,
    description: row.description,
    evidence: { reference: row.evidenceReference, link: row.evidenceLink },
    credited: creditedOf(context, row, creditedIn),
    status: row.status,
    preparedBy: row.preparedBy,
    preparedAt: row.preparedAt.toISOString(),
    submittedBy: row.submittedBy,
    submittedAt: row.submittedAt?.toISOString() ?? null,
    decidedBy: row.decidedBy,
    decidedAt: row.decidedAt?.toISOString() ?? null,
    rejectionReason: row.rejectionReason,
    approvals: approvals.approvals,
    approvalsNeeded: approvals.approvalsNeeded,
    receivedOn: row.receivedOn && toDay(row.receivedOn),
    receivedBy: row.receivedBy,
    source: row.sourceSystem === null ? null : { system: row.sourceSystem, externalId: row.externalId ?? '' },
    version: row.version,
  };
}
