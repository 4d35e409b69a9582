import { fromDay, toDay } from '../../domain/days.js';
import { checkWithinFund } from '../../domain/fund-window.js';
import { atField, DomainError } from '../../domain/problem.js';
import { checkNotBefore, checkNotFuture, checkPositive, checkSameCurrency } from '../../domain/rules.js';
import { checkSplits, type Splits } from '../../domain/splits.js';
import type { RequestContext } from '../../http/endpoint.js';
import { minorOf, type SplitsWire, toSplits } from '../../http/wire.js';
import type { AllocationRound, FundOperation, PooledFund, Proposal, Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { checkSplitCodes } from '../flows/terms.js';
import { findFund } from '../funds/funds.store.js';
import { convertTo } from '../fx/convert-known.js';
import { requireActiveOrganisation } from '../organisations/organisations.store.js';
import { findVisibleOperation } from './fund-operations.store.js';
import type { OperationInput } from './fund-operations.schema.js';

type Of<K extends OperationInput['kind']> = Extract<OperationInput, { readonly kind: K }>;
/** An operation that has no reference yet. */
export type Draft = Omit<FundOperation, 'splits'> & { readonly splits: Splits };
type Subject = Pick<FundOperation, 'fundId' | 'currency' | 'countries'> & { readonly splits: Splits } & Partial<Omit<FundOperation, 'splits'>>;

/**
 * The row of an operation, once all that it names exists and fits together; it has no reference yet, and whether the fund can bear it
 * is not decided here.
 * @throws NOT_FOUND, CODE_UNKNOWN, CURRENCY_*, AMOUNT_*, DATE_*, SPLIT_*, OUTSIDE_FUND, PROPOSAL_MISMATCH, ALREADY_MERGED, FUND_CIRCLE, NO_RATE
 */
export async function draftOf(context: RequestContext, input: OperationInput): Promise<Draft> {
  const subject = await subjectOf(context, input);
  const valueDate = input.kind === 'reversal' ? subject.valueDate : fromDay(input.valueDate);
  if (!valueDate) throw new RangeError('an operation has a value date');
  if (input.kind !== 'reversal') checkNotFuture(input.valueDate, context.now);
  return { ...unset, amountMinor: amountOf(context, input, subject.currency), ...subject, id: newId(), kind: input.kind, valueDate, ...toldOf(input), preparedBy: context.actor.userId, preparedAt: context.now };
}

const unset = {
  reference: '',
  roundId: null,
  proposalId: null,
  allocationId: null,
  partnerId: null,
  toFundId: null,
  receivedMinor: null,
  undoesId: null,
  status: 'submitted',
  decidedBy: null,
  decidedAt: null,
  decisionReason: null,
  sourceSystem: null,
  externalId: null,
  version: 1,
} as const;

function toldOf({ description, evidence }: OperationInput) {
  return { description, evidenceReference: evidence.reference ?? null, evidenceLink: evidence.link ?? null };
}

function amountOf({ deps }: RequestContext, input: OperationInput, currency: string): bigint {
  if (input.kind === 'closure' || input.kind === 'reversal') return 0n;
  const minor = minorOf(input.amount, deps.reference.exponents);
  if (input.kind !== 'allocation_change') checkPositive(minor);
  if (minor === 0n) throw new DomainError('AMOUNT_ZERO', {}, 'amount.amount');
  checkSameCurrency(input.amount.currency, currency);
  return minor;
}

async function subjectOf(context: RequestContext, input: OperationInput): Promise<Subject> {
  switch (input.kind) {
    case 'allocation':
      return allocationSubject(context, input, await requireFund(context.db, input.fundId));
    case 'allocation_change':
    case 'transfer':
    case 'refund':
    case 'expenditure':
      return partSubject(context, input);
    case 'reversal':
      return reversalSubject(context, input);
    case 'donor_refund':
      await requireActiveOrganisation(context.db, input.donorId, 'donorId');
      return { ...fundSubject(await requireFund(context.db, input.fundId)), partnerId: input.donorId };
    case 'fund_transfer':
      return transferSubject(context, input, await requireFund(context.db, input.fundId));
    default:
      return fundSubject(await requireFund(context.db, input.fundId));
  }
}

async function requireFund(db: Tx, id: string, field = 'fundId'): Promise<PooledFund> {
  const fund = await findFund(db, id);
  if (!fund) throw new DomainError('NOT_FOUND', { what: 'pooled_fund' }, field);
  return fund;
}

/** What concerns a fund as a whole concerns all of its states, as shared. */
function fundSubject({ id, currency, countries }: PooledFund): Subject {
  const splits = checkSplits({ country: countries.map((code) => ({ code })) });
  return { fundId: id, currency, splits, countries: statesOf(splits) };
}

function statesOf(splits: Splits): string[] {
  return (splits.country ?? []).map(({ code }) => code);
}

async function allocationSubject({ db, deps }: RequestContext, input: Of<'allocation'>, fund: PooledFund): Promise<Subject> {
  const proposal = input.proposalId === undefined ? null : await db.proposal.findUnique({ where: { id: input.proposalId } });
  if (input.proposalId !== undefined && !proposal) throw new DomainError('NOT_FOUND', { what: 'proposal' }, 'proposalId');
  if (proposal) checkSameAward(input, proposal);
  else await requireActiveOrganisation(db, input.partnerId, 'partnerId');
  const roundId = proposal?.roundId ?? input.roundId ?? null;
  const round = roundId === null ? null : await requireRound(db, fund.id, roundId);
  if (round) checkNotBefore(input.valueDate, toDay(round.opensOn));
  const window = round?.windowId ? await db.fundWindow.findUnique({ where: { id: round.windowId } }) : null;
  const allowed = window?.country ? [window.country] : fund.countries;
  const given = input.splits ? toSplits(input.splits) : toSplits((proposal?.splits ?? {}) as SplitsWire);
  await checkSplitCodes(db, deps.reference, given);
  const named = statesOf(given).length > 0 ? given : { ...given, country: allowed.map((code) => ({ code })) };
  const splits = atField('splits', () => checkSplits(named));
  checkWithinFund(statesOf(splits), allowed, 'splits.country');
  return { fundId: fund.id, currency: fund.currency, splits, countries: statesOf(splits), roundId, proposalId: proposal?.id ?? null, partnerId: input.partnerId };
}

/** @throws PROPOSAL_MISMATCH when the award says otherwise than the proposal */
function checkSameAward({ roundId, partnerId }: Of<'allocation'>, proposal: Proposal): void {
  if (partnerId !== proposal.partnerId) throw new DomainError('PROPOSAL_MISMATCH', { reference: proposal.reference }, 'partnerId');
  if (roundId !== undefined && roundId !== proposal.roundId) throw new DomainError('PROPOSAL_MISMATCH', { reference: proposal.reference }, 'roundId');
}

async function requireRound(db: Tx, fundId: string, id: string): Promise<AllocationRound> {
  const round = await db.allocationRound.findUnique({ where: { id, fundId } });
  if (!round) throw new DomainError('NOT_FOUND', { what: 'allocation_round' }, 'roundId');
  return round;
}

async function partSubject({ db, actor }: RequestContext, input: Of<'allocation_change' | 'transfer' | 'refund' | 'expenditure'>): Promise<Subject> {
  const allocation = await findVisibleOperation(db, actor, input.allocationId, 'allocationId');
  if (allocation.kind !== 'allocation') throw new DomainError('NOT_FOUND', { what: 'fund_operation' }, 'allocationId');
  checkNotBefore(input.valueDate, toDay(allocation.valueDate));
  const { fundId, currency, countries, roundId, partnerId } = allocation;
  return { fundId, currency, countries, splits: allocation.splits as Splits, roundId, partnerId, allocationId: allocation.id };
}

async function reversalSubject({ db, actor }: RequestContext, { undoesId }: Of<'reversal'>): Promise<Subject> {
  const { fundId, currency, countries, splits, valueDate } = await findVisibleOperation(db, actor, undoesId, 'undoesId');
  return { fundId, currency, countries, splits: splits as Splits, valueDate, undoesId };
}

async function transferSubject({ db, deps }: RequestContext, input: Of<'fund_transfer'>, fund: PooledFund): Promise<Subject> {
  const { exponents } = deps.reference;
  const other = await requireFund(db, input.toFundId, 'toFundId');
  if (other.id === fund.id) throw new DomainError('FUND_CIRCLE', { funds: fund.code }, 'toFundId');
  const sent = { minor: minorOf(input.amount, exponents), currency: fund.currency };
  checkSameCurrency(input.amount.currency, fund.currency);
  const receivedMinor = input.received ? minorOf(input.received, exponents, 'received') : (await convertTo(db, sent, other.currency, input.valueDate, exponents)).minor;
  checkPositive(receivedMinor, 'received.amount');
  if (input.received) checkSameCurrency(input.received.currency, other.currency, 'received.currency');
  if (other.currency === fund.currency && receivedMinor !== sent.minor) throw new DomainError('RECEIVED_DIFFERS', {}, 'received.amount');
  return { ...fundSubject(fund), toFundId: other.id, receivedMinor };
}
