import { requireCode } from '../../domain/codes.js';
import type { LineTerms } from '../../domain/posting.js';
import { atField, DomainError } from '../../domain/problem.js';
import { type Reference, statesOf } from '../../domain/reference.js';
import { checkSplits, type Splits } from '../../domain/splits.js';
import { type SplitsWire, toSplits } from '../../http/wire.js';
import { type Commitment, type Pledge, Prisma, type Tx } from '../../platform/db.js';
import { requireActiveOrganisation } from '../organisations/organisations.store.js';
import { checkInstrument } from './terms-instrument.js';
import { checkTakes, type Promised, requireFund, takingWindow } from './terms-fund.js';
import { resolveValuation } from './terms-valuation.js';
import type { TermsInput, ValuationWire } from './terms.schema.js';

/** What a pledge and a commitment both say, as their rows keep it. */
export type TermsRow = Pick<
  Pledge & Commitment,
  | 'donorId'
  | 'recipientId'
  | 'mechanism'
  | 'contributionType'
  | 'earmarking'
  | 'destinationKind'
  | 'region'
  | 'fundId'
  | 'fundWindowId'
  | 'instrumentId'
  | 'countries'
  | 'restricted'
  | 'boundary'
  | 'description'
  | 'conditions'
  | 'evidenceReference'
  | 'evidenceLink'
> & { readonly splits: Splits; readonly valuation: ValuationWire | null };

/** The terms that stand in plain columns. */
type KeptTerms = Omit<TermsRow, 'splits' | 'valuation'>;

/**
 * The terms of a promise, once every code is known, the destination takes it, the splits are whole and what is not money is valued.
 * @throws CODE_UNKNOWN, CODE_REPEATED, SPLIT_NOT_WHOLE, SPLIT_TOO_MANY_CELLS, DESTINATION_INCOHERENT, ALREADY_MERGED
 * @throws FUND_CLOSED, FUND_MIRRORED, WINDOW_CLOSED, BELOW_MINIMUM, INSTRUMENT_MISMATCH, VALUATION_*
 */
export async function resolveTerms(db: Tx, reference: Reference, input: TermsInput, promised: Promised): Promise<TermsRow> {
  await requireActiveOrganisation(db, input.donorId, 'donorId');
  if (input.recipientId) await requireActiveOrganisation(db, input.recipientId, 'recipientId');
  requireCode(input.mechanism, reference.mechanisms, 'mechanisms', 'mechanism');
  const given = toSplits(input.splits);
  await checkSplitCodes(db, reference, given);
  const splits = await withDestination(db, reference, input.destination, given, promised);
  const checked = atField('splits', () => checkSplits(splits));
  const valuation = resolveValuation(input, promised, reference.exponents);
  const countries = (checked.country ?? []).map((part) => part.code);
  if (input.instrumentId) await checkInstrument(db, input.instrumentId, { mechanism: input.mechanism, countries });
  return {
    donorId: input.donorId,
    recipientId: input.recipientId ?? null,
    mechanism: input.mechanism,
    contributionType: input.contributionType,
    earmarking: input.earmarking ?? null,
    destinationKind: input.destination.kind,
    region: input.destination.region ?? null,
    fundId: input.destination.fundId ?? null,
    fundWindowId: input.destination.windowId ?? null,
    instrumentId: input.instrumentId ?? null,
    valuation,
    splits: checked,
    countries,
    restricted: input.restricted,
    boundary: input.boundary,
    description: input.description,
    conditions: input.conditions ?? null,
    evidenceReference: input.evidence.reference ?? null,
    evidenceLink: input.evidence.link ?? null,
  };
}

/**
 * Lets splits pass whose every code is known.
 * @throws CODE_UNKNOWN
 */
export async function checkSplitCodes(db: Tx, reference: Reference, splits: Splits): Promise<void> {
  for (const { code } of splits.country ?? []) requireCode(code, reference.countries, 'countries', 'splits.country');
  for (const { code } of splits.sector ?? []) requireCode(code, reference.sectors, 'sectors', 'splits.sector');
  for (const { code } of splits.beneficiaryGroup ?? []) {
    requireCode(code, reference.beneficiaryGroups, 'beneficiary-groups', 'splits.beneficiaryGroup');
  }
  for (const { code } of splits.usageYear ?? []) {
    if (!/^(19|20)\d{2}$/.test(code)) throw new DomainError('CODE_UNKNOWN', { code, list: 'YYYY' }, 'splits.usageYear');
  }
  const plans = (splits.plan ?? []).map((part) => part.code);
  if (plans.length === 0) return;
  const known = await db.responsePlan.findMany({ where: { code: { in: plans } }, select: { code: true } });
  const codes = new Map(known.map(({ code }) => [code, true]));
  for (const code of plans) requireCode(code, codes, 'response-plans', 'splits.plan');
}

/** The splits with the states that the destination implies when none are named: those of the region, the fund or the plan. */
async function withDestination(
  db: Tx,
  reference: Reference,
  destination: TermsInput['destination'],
  splits: Splits,
  promised: Promised,
): Promise<Splits> {
  const named = (splits.country ?? []).length;
  const refuse = (expected: string) => new DomainError('DESTINATION_INCOHERENT', { kind: destination.kind, expected }, 'destination');
  if (destination.region && destination.kind !== 'region') throw refuse('region: null');
  if (destination.fundId && destination.kind !== 'fund' && destination.kind !== 'plan' && destination.kind !== 'state') throw refuse('fundId: null');
  if (destination.windowId && destination.kind !== 'fund') throw refuse('windowId: null');
  const fund = destination.fundId ? await requireFund(db, destination.fundId) : null;
  switch (destination.kind) {
    case 'state':
      if (named !== 1) throw refuse('splits.country: 1');
      return splits;
    case 'states':
      if (named < 2) throw refuse('splits.country: ≥ 2');
      return splits;
    case 'region': {
      if (!destination.region) throw refuse('region');
      requireCode(destination.region, reference.regions, 'regions', 'destination.region');
      return withStates(splits, statesOf(destination.region, promised.valueDate, membersOnly(reference)));
    }
    case 'fund': {
      if (!fund) throw refuse('fundId');
      if (promised.stage === 'commitment') checkTakes(fund, 'destination.fundId');
      const window = destination.windowId ? await takingWindow(db, fund, destination.windowId, promised, reference.exponents) : undefined;
      if (window === null) throw refuse(`windowId: /v1/pooled-funds/${fund.id}/windows`);
      if (!window?.country) return withStates(splits, fund.countries);
      if (named > 0 && !isOnly(splits, window.country)) throw refuse(`splits.country: ${window.country}`);
      return withStates(splits, [window.country]);
    }
    case 'plan': {
      const codes = (splits.plan ?? []).map((part) => part.code);
      if (codes.length === 0) throw refuse('splits.plan: ≥ 1');
      const plans = await db.responsePlan.findMany({ where: { code: { in: codes } } });
      return withStates(splits, [...new Set(plans.flatMap((plan) => plan.countries))]);
    }
    case 'unspecified':
      return splits;
  }
}

function isOnly({ country = [] }: Splits, code: string): boolean {
  return country.length === 1 && country[0]?.code === code;
}

function membersOnly(reference: Reference) {
  return reference.memberships.filter((membership) => membership.status === 'member');
}

function withStates(splits: Splits, implied: readonly string[]): Splits {
  if ((splits.country ?? []).length > 0 || implied.length === 0) return splits;
  return { ...splits, country: implied.map((code) => ({ code })) };
}

/** What the journal lines of a pledge or commitment say of it. */
export function lineTermsOf(row: KeptTerms, eventId: string | null): LineTerms {
  const { donorId, recipientId, mechanism, contributionType, fundId, restricted, boundary } = row;
  return { donorId, recipientId, mechanism, contributionType, fundId, eventId, restricted, boundary };
}

/** The terms as they are answered. */
export function termsAnswerOf(row: KeptTerms & { splits: unknown; valuation: unknown; sourceSystem: string | null; externalId: string | null }) {
  return {
    donorId: row.donorId,
    recipientId: row.recipientId,
    mechanism: row.mechanism,
    contributionType: row.contributionType,
    earmarking: row.earmarking,
    destination: { kind: row.destinationKind, region: row.region, fundId: row.fundId, windowId: row.fundWindowId },
    splits: row.splits as SplitsWire,
    countries: row.countries,
    boundary: row.boundary,
    restricted: row.restricted,
    description: row.description,
    conditions: row.conditions,
    evidence: { reference: row.evidenceReference, link: row.evidenceLink },
    instrumentId: row.instrumentId,
    valuation: row.valuation as ValuationWire | null,
    source: row.sourceSystem === null ? null : { system: row.sourceSystem, externalId: row.externalId ?? '' },
  };
}

/** The terms as the columns of a row take them. */
export function termColumns({ splits, valuation, ...terms }: TermsRow) {
  return { ...terms, splits: splits as object, valuation: valuation ?? Prisma.DbNull };
}
