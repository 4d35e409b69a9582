import { type Day, fromDay, toDay } from '../../domain/days.js';
import { checkStateScope, visibilityOf } from '../../domain/policy.js';
import { linesBySplits } from '../../domain/posting.js';
import { DomainError } from '../../domain/problem.js';
import { checkNotBefore, checkNotFuture, checkPositive, checkSameCurrency, checkWithinPledge } from '../../domain/rules.js';
import type { Splits } from '../../domain/splits.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import { InvalidInput } from '../../http/problem.js';
import { minorOf, moneyOf } from '../../http/wire.js';
import type { Commitment, CommitmentInstalment, Pledge } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { recordAudit } from '../audit/audit.store.js';
import { flowWhere } from '../flows/flows.schema.js';
import { addCommitted, lockPledge, nextReference, refuseImported, visibleFlows } from '../flows/flows.store.js';
import { instalmentsAnswerOf, resolveInstalments } from '../flows/instalments.js';
import { lineTermsOf, resolveTerms, termColumns, termsAnswerOf } from '../flows/terms.js';
import { type TermsInput, termsSchema } from '../flows/terms.schema.js';
import { convertKnown } from '../fx/convert-known.js';
import { lateBookings, postEntries } from '../journal/journal.store.js';
import { findKeptId } from '../organisations/organisations.store.js';
import { type CommitmentAnswer, type CommitmentInput, commitmentSorts, type CommitmentsQuery } from './commitments.schema.js';

type CommitmentRow = Commitment & { readonly instalments: readonly CommitmentInstalment[] };

/**
 * Records what was signed and posts it to the journal.
 * @throws EXCEEDS_PLEDGE, CURRENCY_MISMATCH, DONOR_MISMATCH, PARENT_REVERSED, DATE_BEFORE_PARENT, IMPORTED_RECORD for a pledge that
 * cannot take it; AMOUNT_*, DATE_IN_FUTURE, OUT_OF_SCOPE, NO_RATE, INSTALMENTS_SUM, and those of the terms
 */
export async function createCommitment(context: RequestContext, input: CommitmentInput): Promise<CommitmentAnswer> {
  const { db, deps, actor, now } = context;
  const { reference } = deps;
  const { currency } = input.amount;
  const amountMinor = minorOf(input.amount, reference.exponents);
  checkPositive(amountMinor);
  checkNotFuture(input.valueDate, now);
  const pledge = input.pledgeId ? await lockVisiblePledge(context, input.pledgeId) : null;
  const promised = { stage: 'commitment', minor: amountMinor, currency, valueDate: input.valueDate, now } as const;
  const terms = await resolveTerms(db, reference, termsOf(input, pledge), promised);
  checkStateScope(actor, terms);
  if (pledge) {
    checkPledge(pledge, input, terms.donorId);
    checkWithinPledge(promised, pledge.amountMinor - pledge.committedMinor, reference.exponents);
  }
  const instalments = resolveInstalments(input.instalments, promised, reference.exponents);
  const converted = await convertKnown(db, promised, input.valueDate, reference.exponents);

  const id = newId();
  const row = await db.commitment.create({
    data: {
      id,
      reference: await nextReference(db, 'ENG', input.valueDate),
      pledgeId: pledge?.id ?? null,
      ...termColumns(terms),
      amountMinor,
      currentMinor: amountMinor,
      currency,
      valueDate: fromDay(input.valueDate),
      recordedBy: actor.userId,
      instalments: { create: instalments },
    },
    include: { instalments: true },
  });
  if (pledge) await addCommitted(db, pledge.id, amountMinor);
  const entry = {
    id: newId(),
    kind: 'commitment',
    stage: 'commitment',
    pledgeId: pledge?.id ?? null,
    commitmentId: id,
    disbursementId: null,
    amendmentId: null,
    valueDate: input.valueDate,
    currency,
    amountMinor,
    converted,
    terms: lineTermsOf(terms, pledge?.eventId ?? null),
    lines: linesBySplits(terms.splits, amountMinor, converted),
    importId: null,
    reason: null,
  } as const;
  const late = await postEntries(db, [entry], actor.userId);
  const after = { reference: row.reference, pledgeId: row.pledgeId, ...termsAnswerOf(row), amount: input.amount, valueDate: input.valueDate, instalments: input.instalments };
  await recordAudit(context, 'commitment.create', { kind: 'commitment', id }, { before: null, after });
  return answerOf(context, row, late.get(entry.id));
}

async function lockVisiblePledge(context: RequestContext, id: string): Promise<Pledge> {
  const visible = await context.db.pledge.findFirst({ where: { id, AND: [visibleFlows(visibilityOf(context.actor))] }, select: { id: true } });
  const pledge = visible && (await lockPledge(context.db, id));
  if (!pledge) throw new DomainError('NOT_FOUND', { what: 'pledge' }, 'pledgeId');
  return withKeptOrganisations(context, pledge);
}

/** What was promised by a duplicate is committed by the organisation it was merged into. */
async function withKeptOrganisations({ db }: RequestContext, pledge: Pledge): Promise<Pledge> {
  const donorId = await findKeptId(db, pledge.donorId);
  const recipientId = pledge.recipientId && (await findKeptId(db, pledge.recipientId));
  return { ...pledge, donorId, recipientId };
}

function checkPledge(pledge: Pledge, input: CommitmentInput, donorId: string): void {
  refuseImported(pledge);
  if (pledge.status !== 'active') throw new DomainError('PARENT_REVERSED', {}, 'pledgeId');
  if (donorId !== pledge.donorId) throw new DomainError('DONOR_MISMATCH', {}, 'donorId');
  checkSameCurrency(input.amount.currency, pledge.currency);
  checkNotBefore(input.valueDate, toDay(pledge.valueDate));
}

/** The terms said, completed by those of the pledge. */
function termsOf(input: CommitmentInput, pledge: Pledge | null): TermsInput {
  const { amount, valueDate, pledgeId, instalments, ...said } = input;
  const inherited = pledge ? inheritedTerms(pledge) : {};
  const present = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  const result = termsSchema.safeParse({ ...inherited, ...present });
  if (!result.success) throw new InvalidInput('body', result.error);
  return result.data;
}

function inheritedTerms(pledge: Pledge): object {
  const { countries, source, ...terms } = termsAnswerOf(pledge);
  return terms;
}

/** @throws NOT_FOUND also when the actor may not see it */
export async function getCommitment(context: RequestContext, id: string): Promise<CommitmentAnswer> {
  const row = await context.db.commitment.findFirst({ where: { id, AND: [visibleFlows(visibilityOf(context.actor))] }, include: { instalments: true } });
  if (!row) throw new DomainError('NOT_FOUND', { what: 'commitment' });
  return answerOf(context, row, (await lateBookings(context.db, 'commitment', [row])).get(id));
}

export async function listCommitments(context: RequestContext, query: CommitmentsQuery): Promise<Page<CommitmentAnswer>> {
  const pledgeWhere = query.pledgeId === undefined ? {} : { pledgeId: query.pledgeId };
  const conditions = [visibleFlows(visibilityOf(context.actor)), flowWhere(query), pledgeWhere];
  const page = await findPage<CommitmentRow>(query, commitmentSorts, ({ where, orderBy, take }) =>
    context.db.commitment.findMany({ where: { AND: [where, ...conditions] }, orderBy, take, include: { instalments: true } }),
  );
  const late = await lateBookings(context.db, 'commitment', page.items);
  return mapPage(page, (row) => answerOf(context, row, late.get(row.id)));
}

function answerOf({ deps }: RequestContext, row: CommitmentRow, bookedOn: Day | undefined): CommitmentAnswer {
  const { exponents } = deps.reference;
  const money = (minor: bigint) => moneyOf(minor, row.currency, exponents);
  return {
    id: row.id,
    reference: row.reference,
    pledgeId: row.pledgeId,
    ...termsAnswerOf(row),
    amount: money(row.amountMinor),
    current: money(row.currentMinor),
    disbursed: money(row.disbursedMinor),
    undisbursed: money(row.currentMinor - row.disbursedMinor),
    valueDate: toDay(row.valueDate),
    bookedOn: bookedOn ?? null,
    instalments: instalmentsAnswerOf(row.instalments, row.currency, exponents),
    status: row.status,
    recordedBy: row.recordedBy,
    recordedAt: row.recordedAt.toISOString(),
    version: row.version,
  };
}

/** The splits of a commitment as its row keeps them. */
export function splitsOf(row: Pick<Commitment, 'splits'>): Splits {
  return row.splits as Splits;
}
