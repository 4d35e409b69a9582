import { linesBySplits } from '../../domain/posting.js';
import { type Day, fromDay, toDay } from '../../domain/days.js';
import { checkStateScope, visibilityOf } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import { checkNotFuture, checkPositive } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import { minorOf, moneyOf } from '../../http/wire.js';
import type { Pledge, PledgeInstalment } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { recordAudit } from '../audit/audit.store.js';
import { flowWhere } from '../flows/flows.schema.js';
import { nextReference, visibleFlows } from '../flows/flows.store.js';
import { instalmentsAnswerOf, resolveInstalments } from '../flows/instalments.js';
import { lineTermsOf, resolveTerms, termColumns, termsAnswerOf } from '../flows/terms.js';
import { convertKnown } from '../fx/convert-known.js';
import { lateBookings, postEntries } from '../journal/journal.store.js';
import { type PledgeAnswer, type PledgeInput, pledgeSorts, type PledgesQuery } from './pledges.schema.js';

type PledgeRow = Pledge & { readonly instalments: readonly PledgeInstalment[] };

/**
 * Records a promise and posts it to the journal.
 * @throws AMOUNT_*, DATE_IN_FUTURE, OUT_OF_SCOPE, NO_RATE, INSTALMENTS_SUM, and those of the terms
 */
export async function createPledge(context: RequestContext, input: PledgeInput): Promise<PledgeAnswer> {
  const { db, deps, actor, now } = context;
  const { reference } = deps;
  const { currency } = input.amount;
  const amountMinor = minorOf(input.amount, reference.exponents);
  checkPositive(amountMinor);
  checkNotFuture(input.valueDate, now);
  const promised = { stage: 'pledge', minor: amountMinor, currency, valueDate: input.valueDate, now } as const;
  const terms = await resolveTerms(db, reference, termsOf(input), promised);
  checkStateScope(actor, terms);
  const instalments = resolveInstalments(input.instalments, promised, reference.exponents);
  if (input.eventId) await requireEvent(context, input.eventId);
  const converted = await convertKnown(db, promised, input.valueDate, reference.exponents);

  const id = newId();
  const eventId = input.eventId ?? null;
  const row = await db.pledge.create({
    data: {
      id,
      reference: await nextReference(db, 'ANN', input.valueDate),
      ...termColumns(terms),
      eventId,
      amountMinor,
      currency,
      valueDate: fromDay(input.valueDate),
      recordedBy: actor.userId,
      instalments: { create: instalments },
    },
    include: { instalments: true },
  });
  const entry = {
    id: newId(),
    kind: 'pledge',
    stage: 'pledge',
    pledgeId: id,
    commitmentId: null,
    disbursementId: null,
    amendmentId: null,
    valueDate: input.valueDate,
    currency,
    amountMinor,
    converted,
    terms: lineTermsOf(terms, eventId),
    lines: linesBySplits(terms.splits, amountMinor, converted),
    importId: null,
    reason: null,
  } as const;
  const late = await postEntries(db, [entry], actor.userId);
  const { valueDate, amount } = input;
  const after = { reference: row.reference, ...termsAnswerOf(row), eventId, amount, valueDate, instalments: input.instalments };
  await recordAudit(context, 'pledge.create', { kind: 'pledge', id }, { before: null, after });
  return answerOf(context, row, late.get(entry.id));
}

function termsOf({ amount, valueDate, eventId, instalments, ...terms }: PledgeInput) {
  return terms;
}

async function requireEvent({ db }: RequestContext, id: string): Promise<void> {
  if (!(await db.event.findUnique({ where: { id } }))) throw new DomainError('CODE_UNKNOWN', { code: id, list: 'events' }, 'eventId');
}

/** @throws NOT_FOUND also when the actor may not see it */
export async function getPledge(context: RequestContext, id: string): Promise<PledgeAnswer> {
  const row = await context.db.pledge.findFirst({
    where: { id, AND: [visibleFlows(visibilityOf(context.actor))] },
    include: { instalments: true },
  });
  if (!row) throw new DomainError('NOT_FOUND', { what: 'pledge' });
  return answerOf(context, row, (await lateBookings(context.db, 'pledge', [row])).get(id));
}

export async function listPledges(context: RequestContext, query: PledgesQuery): Promise<Page<PledgeAnswer>> {
  const eventWhere = query.eventId === undefined ? {} : { eventId: query.eventId };
  const conditions = [visibleFlows(visibilityOf(context.actor)), flowWhere(query), eventWhere];
  const page = await findPage<PledgeRow>(query, pledgeSorts, ({ where, orderBy, take }) =>
    context.db.pledge.findMany({ where: { AND: [where, ...conditions] }, orderBy, take, include: { instalments: true } }),
  );
  const late = await lateBookings(context.db, 'pledge', page.items);
  return mapPage(page, (row) => answerOf(context, row, late.get(row.id)));
}

function answerOf({ deps }: RequestContext, row: PledgeRow, bookedOn: Day | undefined): PledgeAnswer {
  const { exponents } = deps.reference;
  const money = (minor: bigint) => moneyOf(minor, row.currency, exponents);
  return {
    id: row.id,
    reference: row.reference,
    ...termsAnswerOf(row),
    eventId: row.eventId,
    amount: money(row.amountMinor),
    committed: money(row.committedMinor),
    outstanding: money(row.amountMinor - row.committedMinor),
    valueDate: toDay(row.valueDate),
    bookedOn: bookedOn ?? null,
    instalments: instalmentsAnswerOf(row.instalments, row.currency, exponents),
    status: row.status,
    recordedBy: row.recordedBy,
    recordedAt: row.recordedAt.toISOString(),
    version: row.version,
  };
}
