import type { RateBook } from '../../domain/fx.js';
import { type Exponents, parseMinor } from '../../domain/money.js';
import { type ConvertedAmounts, convertToReporting, type EntryDraft, type LineTerms, linesBySplits } from '../../domain/posting.js';
import { checkSplits, type Splits } from '../../domain/splits.js';
import type { ImportWarningCode } from '../../i18n/import-problems.js';
import { newId } from '../../platform/ids.js';
import { destinationKind, earmarkingOf, mechanismOf } from './fts-classify.js';
import type { FtsFlow } from './fts-flow.js';
import { donorOf, type OrganisationBook, recipientOf } from './fts-organisations.js';
import type { PlanBook } from './fts-plans.js';

/** What a flow's names and dates stand for in the ledger. */
export interface PostingContext {
  readonly organisationId: OrganisationBook;
  readonly planCode: PlanBook;
  readonly ratesOf: (valueDate: string) => RateBook;
  readonly exponents: Exponents;
  readonly importId: string;
}

/** A flow as a pledge, or as a commitment that is wholly paid or not paid at all, with its journal entries. */
export interface FlowRecord {
  readonly externalId: string;
  readonly pledgeId: string | null;
  readonly commitmentId: string | null;
  readonly disbursementId: string | null;
  readonly terms: LineTerms;
  readonly earmarking: ReturnType<typeof earmarkingOf>;
  readonly destinationKind: ReturnType<typeof destinationKind>;
  readonly splits: Splits;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly valueDate: string;
  readonly description: string;
  readonly evidenceReference: string | null;
  readonly entries: readonly EntryDraft[];
  readonly warnings: readonly ImportWarningCode[];
}

/** Whether the source gives an amount; nothing is posted of a flow without one. */
export function hasAmount({ amountUsd }: FtsFlow, exponents: Exponents): boolean {
  return parseMinor(amountUsd, 'USD', exponents) !== 0n;
}

/** Brings a flow into the form of the ledger. */
export function recordOf(flow: FtsFlow, context: PostingContext): FlowRecord {
  const money = moneyOf(flow, context.exponents);
  const converted = convert(flow, money, context);
  const recipient = recipientOf(flow.destination);
  const terms: LineTerms = {
    donorId: context.organisationId(donorOf(flow.source)),
    recipientId: recipient && context.organisationId(recipient),
    mechanism: mechanismOf(flow),
    contributionType: flow.contributionType,
    fundId: null,
    eventId: null,
    restricted: false,
    boundary: flow.boundary,
  };
  const ids = {
    pledgeId: flow.status === 'pledge' ? newId() : null,
    commitmentId: flow.status === 'pledge' ? null : newId(),
    disbursementId: flow.status === 'paid' ? newId() : null,
  };
  const splits = splitsOf(flow, context.planCode);
  const entry = (stage: 'pledge' | 'commitment' | 'disbursement'): EntryDraft => ({
    id: newId(),
    kind: stage,
    stage,
    ...ids,
    disbursementId: stage === 'disbursement' ? ids.disbursementId : null,
    amendmentId: null,
    valueDate: flow.valueDate,
    currency: money.currency,
    amountMinor: money.minor,
    converted,
    terms,
    lines: linesBySplits(splits, money.minor, converted),
    importId: context.importId,
    reason: null,
  });
  const stages = { pledge: ['pledge'], commitment: ['commitment'], paid: ['commitment', 'disbursement'] } as const;
  return {
    externalId: flow.id,
    ...ids,
    terms,
    earmarking: earmarkingOf(flow),
    destinationKind: destinationKind(flow),
    splits,
    amountMinor: money.minor,
    currency: money.currency,
    valueDate: flow.valueDate,
    description: flow.description || `FTS ${flow.id}`,
    evidenceReference: flow.refCode,
    entries: stages[flow.status].map(entry),
    warnings: warningsOf(flow, converted, context.planCode),
  };
}

interface PublishedMoney {
  readonly minor: bigint;
  readonly currency: string;
  readonly usdMinor: bigint;
}

/** In the donor's currency where its amount is known and has the sign of the published USD amount; else in USD. */
function moneyOf({ amountUsd, original }: FtsFlow, exponents: Exponents): PublishedMoney {
  const usdMinor = parseMinor(amountUsd, 'USD', exponents);
  const inUsd = { minor: usdMinor, currency: 'USD', usdMinor };
  if (!original || original.currency === 'USD') return inUsd;
  const minor = parseMinor(original.amount, original.currency, exponents);
  const usable = minor !== 0n && minor > 0n === usdMinor > 0n;
  return usable ? { minor, currency: original.currency, usdMinor } : inUsd;
}

/** The USD amount as published, with the rate the source names beside it; the others from it, or null without a rate. */
function convert(flow: FtsFlow, { minor, currency, usdMinor }: PublishedMoney, { ratesOf, exponents }: PostingContext): ConvertedAmounts {
  const converted = convertToReporting(minor, currency, ratesOf(flow.valueDate), exponents, usdMinor);
  const publishedRate = flow.original?.publishedRate ?? null;
  if (!converted.USD || converted.USD.conversion.method !== 'published' || publishedRate === null) return converted;
  const conversion = { ...converted.USD.conversion, publishedRate };
  return { ...converted, USD: { ...converted.USD, conversion } };
}

/** Codes without shares: the source gives none, so several of them are shared. */
function splitsOf({ destination }: FtsFlow, planCode: PlanBook): Splits {
  const codes = (values: readonly string[]) => [...new Set(values)].map((code) => ({ code }));
  return checkSplits({
    country: codes(destination.countries),
    sector: codes(destination.sectors),
    plan: codes(destination.plans.flatMap((plan) => planCode(plan) ?? [])),
    usageYear: codes(destination.usageYears.map(String)),
  });
}

function warningsOf({ warnings, destination }: FtsFlow, converted: ConvertedAmounts, planCode: PlanBook): readonly ImportWarningCode[] {
  const unconverted = converted.EUR === null || converted.XOF === null;
  const unidentified = destination.plans.some((plan) => planCode(plan) === null);
  return [...warnings, ...(unconverted ? (['UNCONVERTED'] as const) : []), ...(unidentified ? (['PLAN_UNIDENTIFIED'] as const) : [])];
}
