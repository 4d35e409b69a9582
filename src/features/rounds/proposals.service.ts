import type { z } from 'zod';
import { rightsToDecide } from '../../domain/approval.js';
import { changesOf } from '../../domain/changes.js';
import { latestLocalDay, toDay } from '../../domain/days.js';
import { checkRoundOpen, checkWithinFund } from '../../domain/fund-window.js';
import { checkStateScope } from '../../domain/policy.js';
import { atField, DomainError } from '../../domain/problem.js';
import { checkPositive, checkSameCurrency } from '../../domain/rules.js';
import { checkSplits } from '../../domain/splits.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import { dayOrNull, minorOf, moneyOf, type SplitsWire, toSplits } from '../../http/wire.js';
import type { Proposal } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { recordAudit } from '../audit/audit.store.js';
import { nextReference, refuseImported } from '../flows/flows.store.js';
import { checkSplitCodes } from '../flows/terms.js';
import { checkFundOpen } from '../funds/funds.store.js';
import { findWindow } from '../funds/windows.store.js';
import { requireActiveOrganisation } from '../organisations/organisations.store.js';
import type { newProposalBody, proposalPatchBody, proposalQuery, proposalSchema } from './proposals.schema.js';
import { findProposal, findProposals, lockProposal, preparersOf, type ProposalRow } from './proposals.store.js';
import { lockRound, type RoundRow } from './rounds.store.js';

type ProposalWire = z.output<typeof proposalSchema>;
type Fields = Omit<z.output<typeof newProposalBody>, 'roundId'>;

export async function listProposals(context: RequestContext, query: z.output<typeof proposalQuery>): Promise<Page<ProposalWire>> {
  return mapPage(await findProposals(context.db, query), (row) => toWire(context, row));
}

/** @throws NOT_FOUND also when the actor may not see it */
export async function getProposal(context: RequestContext, id: string): Promise<ProposalWire> {
  return toWire(context, found(await findProposal(context.db, id)));
}

/**
 * Writes down what a partner asks of an open round; nobody decides on it until it is submitted.
 * @throws ROUND_CLOSED, FUND_CLOSED, IMPORTED_RECORD, OUTSIDE_FUND, CURRENCY_MISMATCH, AMOUNT_*, CODE_*, SPLIT_*, OUT_OF_SCOPE
 */
export async function createProposal(context: RequestContext, input: z.output<typeof newProposalBody>): Promise<ProposalWire> {
  const { db, actor, now } = context;
  const { roundId, ...fields } = input;
  const round = await lockOpenRound(context, roundId);
  const columns = await columnsOf(context, round, fields);
  checkStateScope(actor, { countries: columns.countries, restricted: false });
  const data = { id: newId(), reference: await nextReference(db, 'PRO', toDay(now)), roundId, currency: round.fund.currency, ...columns, preparedBy: actor.userId };
  const row = await db.proposal.create({ data });
  await recordAudit(context, 'proposal.create', { kind: 'proposal', id: row.id }, { before: null, after: { reference: row.reference, ...input } });
  return toWire(context, { ...row, round });
}

/**
 * Changes a draft; whoever changes it counts among those who prepared it.
 * @throws STALE, NOT_FOUND, STATE_CONFLICT, and those of createProposal
 */
export async function editProposal(context: RequestContext, id: string, patch: z.output<typeof proposalPatchBody>): Promise<ProposalWire> {
  const { db, actor } = context;
  const { round, row } = await lockOwn(context, id);
  const current = fieldsOf(context, row);
  const changes = changesOf(current, patch);
  if (!changes) return toWire(context, row);
  const columns = await columnsOf(context, round, { ...current, ...changes.after });
  checkStateScope(actor, { countries: columns.countries, restricted: false });
  const updated = await db.proposal.update({ where: { id }, data: { ...columns, preparedBy: actor.userId } });
  await recordAudit(context, 'proposal.edit', { kind: 'proposal', id }, changes);
  return toWire(context, { ...updated, round });
}

/** @throws STALE, NOT_FOUND, STATE_CONFLICT, ROUND_CLOSED, FUND_CLOSED, OUT_OF_SCOPE */
export async function submitProposal(context: RequestContext, id: string): Promise<ProposalWire> {
  const { row } = await lockOwn(context, id);
  return change(context, row, 'proposal.submit', { status: 'submitted', submittedBy: context.actor.userId, submittedAt: context.now });
}

/**
 * Turns a proposal down, also once its round is closed; who prepared it or handed it in never does.
 * @throws STALE, NOT_FOUND, STATE_CONFLICT, FOUR_EYES, OUT_OF_SCOPE
 */
export async function declineProposal(context: RequestContext, id: string, reason: string): Promise<ProposalWire> {
  const row = await lockIn(context, id, ['submitted']);
  const [right] = rightsToDecide(context.actor, { countries: row.countries, restricted: false }, await preparersOf(context.db, row));
  if (right) await recordAudit(context, 'delegation.use', { kind: 'delegation', id: right.id }, { act: 'reject', kind: 'proposal', id }, { onBehalfOf: right.userId });
  return change(context, row, 'proposal.decline', ended(context, 'declined', reason), right?.userId);
}

/** @throws STALE, NOT_FOUND, STATE_CONFLICT, OUT_OF_SCOPE */
export async function withdrawProposal(context: RequestContext, id: string, reason: string): Promise<ProposalWire> {
  const row = await lockIn(context, id, ['draft', 'submitted']);
  checkStateScope(context.actor, { countries: row.countries, restricted: false });
  return change(context, row, 'proposal.withdraw', ended(context, 'withdrawn', reason));
}

function ended({ actor, now }: RequestContext, status: 'declined' | 'withdrawn', decisionReason: string) {
  return { status, decidedBy: actor.userId, decidedAt: now, decisionReason } as const;
}

async function change(context: RequestContext, before: ProposalRow, action: string, data: Partial<Omit<Proposal, 'splits'>>, onBehalfOf: string | null = null): Promise<ProposalWire> {
  const { id } = before;
  const row = await context.db.proposal.update({ where: { id }, data });
  await recordAudit(context, action, { kind: 'proposal', id }, { before: { status: before.status }, after: data }, { onBehalfOf, reason: data.decisionReason ?? null });
  return toWire(context, { ...row, round: before.round });
}

/** A round that takes proposals now; it is not closed before the transaction ends. */
async function lockOpenRound({ db, now }: RequestContext, id: string): Promise<RoundRow> {
  const round = await lockRound(db, id);
  if (!round) throw new DomainError('NOT_FOUND', { what: 'allocation_round' }, 'roundId');
  refuseImported(round);
  checkFundOpen(round.fund, 'roundId');
  const { code, opensOn, closesOn, status } = round;
  checkRoundOpen({ code, opensOn: toDay(opensOn), closesOn: dayOrNull(closesOn), status }, { earliest: toDay(now), latest: latestLocalDay(now) });
  return round;
}

/** A draft of the actor's own states in a round that is open, both locked, the round first. */
async function lockOwn(context: RequestContext, id: string): Promise<{ readonly round: RoundRow; readonly row: ProposalRow }> {
  const { roundId } = found(await findProposal(context.db, id));
  const round = await lockOpenRound(context, roundId);
  const row = await lockIn(context, id, ['draft']);
  checkStateScope(context.actor, { countries: row.countries, restricted: false });
  return { round, row };
}

async function lockIn(context: RequestContext, id: string, allowed: readonly Proposal['status'][]): Promise<ProposalRow> {
  const row = found(await lockProposal(context.db, id));
  context.precondition.check(row.version);
  if (!allowed.includes(row.status)) throw new DomainError('STATE_CONFLICT', { found: row.status, allowed: allowed.join(', ') });
  return row;
}

/** The columns of what is said, once it holds; without a state named it is for those of the window or of the fund. */
async function columnsOf({ db, deps }: RequestContext, { fund, windowId }: RoundRow, { requested, splits: said, ...fields }: Fields) {
  const { reference } = deps;
  await requireActiveOrganisation(db, fields.partnerId, 'partnerId');
  const requestedMinor = minorOf(requested, reference.exponents, 'requested');
  checkPositive(requestedMinor, 'requested.amount');
  checkSameCurrency(requested.currency, fund.currency, 'requested.currency');
  const given = toSplits(said);
  await checkSplitCodes(db, reference, given);
  const envelope = windowId === null ? null : ((await findWindow(db, fund.id, windowId))?.country ?? null);
  const allowed = envelope === null ? fund.countries : [envelope];
  const splits = atField('splits', () => checkSplits(given.country?.length ? given : { ...given, country: allowed.map((code) => ({ code })) }));
  const countries = (splits.country ?? []).map(({ code }) => code);
  checkWithinFund(countries, allowed, 'splits.country');
  return { ...fields, requestedMinor, splits: splits as object, countries };
}

function found(row: ProposalRow | null): ProposalRow {
  if (!row) throw new DomainError('NOT_FOUND', { what: 'proposal' });
  return row;
}

function fieldsOf({ deps }: RequestContext, { partnerId, title, requestedMinor, currency, splits, description }: Proposal): Fields {
  return { partnerId, title, requested: moneyOf(requestedMinor, currency, deps.reference.exponents), splits: splits as SplitsWire, description };
}

function toWire(context: RequestContext, row: ProposalRow): ProposalWire {
  const { id, reference, roundId, round, countries, status, preparedBy, submittedBy, decidedBy, decisionReason, version } = row;
  return {
    id,
    reference,
    roundId,
    fundId: round.fundId,
    ...fieldsOf(context, row),
    countries,
    status,
    preparedBy,
    preparedAt: row.preparedAt.toISOString(),
    submittedBy,
    submittedAt: row.submittedAt?.toISOString() ?? null,
    decidedBy,
    decidedAt: row.decidedAt?.toISOString() ?? null,
    decisionReason,
    version,
  };
}
