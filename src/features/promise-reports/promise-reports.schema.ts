import { z } from 'zod';
import type { AgeBucket } from '../../domain/ageing.js';
import type { Day } from '../../domain/days.js';
import { reportingCurrencies, type ReportingCurrency } from '../../domain/fx.js';
import type { AgeingBucket, promiseDays } from '../../domain/mechanism-figures.js';
import { iso3Schema } from '../../http/text.js';
import { daySchema, idSchema, type MoneyWire } from '../../http/wire.js';
import type { Language } from '../../i18n/language.js';
import type { FollowUpRow, ForumAnswer } from '../mechanism-figures/mechanism-figures.schema.js';

const currency = z.enum(reportingCurrencies).default('USD').describe('Currency of the figures; each promise at the rate of its own day.');
const countries = z.array(iso3Schema).min(1).max(60).optional().describe('Only promises that touch one of these states; shared ones count whole.');
const donorIds = z.array(idSchema).min(1).max(200).optional().describe('Only these donors, with the duplicates merged into them.');

/** What pledges can be grouped by. */
export const fulfilmentGroupings = ['donor', 'mechanism', 'state', 'event', 'year'] as const;
export type FulfilmentGrouping = (typeof fulfilmentGroupings)[number];

export const fulfilmentQuestion = z.strictObject({
  groupBy: z.enum(fulfilmentGroupings).default('donor').describe('Rows of the report; “year” is that of the pledge, “event” where it was made.'),
  currency,
  filters: z
    .strictObject({
      countries,
      donorIds,
      mechanisms: z.array(z.string().min(1).max(40)).min(1).max(200).optional().describe('Only these mechanisms.'),
      eventIds: z.array(idSchema).min(1).max(200).optional().describe('Only pledges made at one of these events.'),
      from: daySchema.optional().describe('Pledged on or after.'),
      to: daySchema.optional().describe('Pledged on or before.'),
    })
    .default({})
    .describe('Which pledges count, with all that became of them; all of them when left out.'),
});
export type FulfilmentQuestion = z.output<typeof fulfilmentQuestion>;

/** What unpaid promises can be grouped by. */
export const ageingGroupings = ['donor', 'state', 'mechanism', 'fund'] as const;
export type AgeingGrouping = (typeof ageingGroupings)[number];

export const ageingQuestion = z.strictObject({
  by: z.enum(ageingGroupings).default('donor').describe('Rows of the report.'),
  currency,
  filters: z
    .strictObject({
      countries,
      donorIds,
      fundIds: z.array(idSchema).min(1).max(200).optional().describe('Only promises to these pooled funds.'),
    })
    .default({})
    .describe('Which promises count; all of them when left out.'),
});
export type AgeingQuestion = z.output<typeof ageingQuestion>;

/** Names by code, in both languages. */
export type Names = Readonly<Record<string, Readonly<Record<Language, string>>>>;

/** Promises that are in no total, or in no converted one. */
interface LeftOut {
  readonly internal: number;
  readonly unconverted: number;
}

/** What became of some pledges; amounts are decimal strings in the currency of the report, each pledge at the rate of its day. */
export interface FulfilmentFigures {
  readonly pledges: number;
  readonly pledged: string;
  /** Committed against them, amendments included. */
  readonly converted: string;
  readonly paid: string;
  /** Pledged − converted. */
  readonly outstanding: string;
  /** Pledged − paid. */
  readonly unpaid: string;
  /** Of the unpaid: overdue. */
  readonly late: string;
  /** Converted ÷ pledged, four decimals; null where nothing is pledged. */
  readonly conversionRate: string | null;
  /** Paid ÷ pledged, four decimals; null where nothing is pledged. */
  readonly fulfilmentRate: string | null;
  readonly statuses: Readonly<Record<FollowUpRow['status'], number>>;
  readonly days: ReturnType<typeof promiseDays>;
}

export interface FulfilmentResult {
  readonly kind: 'pledge_fulfilment';
  readonly asOf: string;
  readonly currency: ReportingCurrency;
  readonly groupBy: FulfilmentGrouping;
  readonly filters: FulfilmentQuestion['filters'];
  readonly notes: Readonly<Record<Language, readonly string[]>>;
  /** `journal`: committed and paid, each at the rate of its own day. */
  readonly total: FulfilmentFigures & { readonly journal: { readonly committed: string; readonly paid: string } };
  /** They sum to the total; of a split pledge, each state has its part. */
  readonly rows: readonly (FulfilmentFigures & { readonly key: string })[];
  /** The largest outstanding first. */
  readonly pledges: readonly (FollowUpRow & { readonly eventId: string | null })[];
  /** In no total. */
  readonly reversed: ForumAnswer['reversed'];
  readonly labels: { readonly groups: Names; readonly organisations: Names; readonly mechanisms: Names };
  readonly leftOut: LeftOut;
}

/** Unpaid amounts by age; decimal strings in the currency of the report that sum to `unpaid`. */
export interface AgedFigures {
  readonly promises: number;
  readonly unpaid: string;
  /** Overdue by the plan of payment. */
  readonly late: string;
  readonly ageing: Readonly<Record<AgeingBucket, string>>;
}

/** What identifies a promise in a list. */
export interface ListedPromise {
  readonly stage: 'pledge' | 'commitment';
  readonly id: string;
  readonly reference: string;
  readonly donorId: string;
  readonly recipientId: string | null;
  readonly mechanism: string;
  readonly fundId: string | null;
  readonly countries: readonly string[];
  readonly restricted: boolean;
}

/** An unpaid instalment, or what no plan of payment names. */
export interface UnpaidRow extends ListedPromise {
  readonly dueOn: Day | null;
  readonly daysLate: number;
  readonly bucket: AgeingBucket;
  readonly unpaid: MoneyWire;
  /** In the currency of the report; null without a known rate. */
  readonly converted: string | null;
}

/** A commitment that is not paid in full. */
export interface UndisbursedRow extends ListedPromise {
  readonly committedOn: Day;
  readonly days: number;
  readonly bucket: AgeBucket;
  readonly committed: MoneyWire;
  readonly paid: MoneyWire;
  readonly undisbursed: MoneyWire;
  /** In the currency of the report; null without a known rate. */
  readonly converted: string | null;
  readonly late: string | null;
}

export interface AgeingResult {
  readonly kind: 'ageing';
  readonly asOf: string;
  readonly currency: ReportingCurrency;
  readonly by: AgeingGrouping;
  readonly filters: AgeingQuestion['filters'];
  readonly notes: Readonly<Record<Language, readonly string[]>>;
  /** Unpaid of promises, each once: of pledges with all that became of them, and of commitments that fulfil none of these. */
  readonly instalments: {
    readonly total: AgedFigures;
    readonly ofPledges: string;
    readonly ofCommitments: string;
    readonly rows: readonly (AgedFigures & { readonly key: string })[];
    /** The longest late first. */
    readonly parts: readonly UnpaidRow[];
  };
  /** Committed − paid of all commitments by the days since they were made; part of what is unpaid above, never to be added to it. */
  readonly undisbursed: {
    readonly total: AgedFigures;
    readonly rows: readonly (AgedFigures & { readonly key: string })[];
    /** The oldest first. */
    readonly commitments: readonly UndisbursedRow[];
  };
  readonly labels: { readonly groups: Names; readonly organisations: Names; readonly funds: Names };
  readonly leftOut: LeftOut;
}
