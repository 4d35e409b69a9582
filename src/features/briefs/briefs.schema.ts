import { z } from 'zod';
import { reportingCurrencies } from '../../domain/fx.js';
import { iso3Schema } from '../../http/text.js';
import { daySchema } from '../../http/wire.js';
import type { Language } from '../../i18n/language.js';

const currency = z.enum(reportingCurrencies).default('USD').describe('Currency of the figures; each entry is converted at the rate of its value date.');
const year = z.int().min(1990).max(2100).optional().describe('Year of the response plans; that of the moment when left out.');

/** What can be asked of the brief of a state, without its moment. */
export const stateBriefQuestion = z.strictObject({
  state: iso3Schema.optional().describe('The state, ISO 3166-1 alpha-3; may be left out by who works for one only.'),
  currency,
  year,
  from: daySchema.optional().describe('Promises, commitments and payments of this value date and later; of all years when left out.'),
});
export type StateBriefQuestion = z.output<typeof stateBriefQuestion>;

/** What can be asked of the brief of the region, without its moment. */
export const regionalBriefQuestion = z.strictObject({
  currency,
  year,
  from: daySchema.optional().describe('Value date on or after.'),
  to: daySchema.optional().describe('Value date on or before; membership is that of this day.'),
});
export type RegionalBriefQuestion = z.output<typeof regionalBriefQuestion>;

/** A name in both languages. */
export type Names = Readonly<Record<Language, string>>;

/** Stages of one promise, never added together; decimal strings. */
export interface StageAmounts {
  readonly pledged: string;
  readonly committed: string;
  readonly paid: string;
}

/** A plan's, or a part of it: what it needs and has; decimal strings, null where nothing is required. */
export interface Need {
  readonly requirements: string | null;
  readonly funded: string;
  readonly gap: string | null;
  /** Funded ÷ requirements, such as "0.7312". */
  readonly coverage: string | null;
}

/** The brief of a state: what a minister reads on one page. */
export interface StateBrief {
  readonly kind: 'state_brief';
  readonly asOf: string;
  readonly currency: string;
  readonly state: string;
  readonly name: Names;
  readonly year: number;
  readonly from: string | null;
  readonly notes: Readonly<Record<Language, readonly string[]>>;
  /** For this state alone. */
  readonly total: StageAmounts;
  /** For several states without a split; in no other figure. */
  readonly shared: StageAmounts;
  readonly gaps: {
    /** Pledged and not yet committed, at the rates of the pledges. */
    readonly notCommitted: string;
    /** Committed and not yet paid. */
    readonly notPaid: string;
  };
  readonly plan: Need;
  /** By sector; also several sectors, and none by name. */
  readonly sectors: readonly (Need & { readonly code: string; readonly name: Names })[];
  /** The largest commitments first. */
  readonly donors: readonly (StageAmounts & { readonly name: Names })[];
  /** The last twelve months, the current one last. */
  readonly months: readonly { readonly month: string; readonly committed: string; readonly paid: string }[];
  /** What is overdue of pledges and of planned payments, the largest first. */
  readonly late: { readonly total: string; readonly promises: readonly LatePromise[] };
  /** Commitments of which nothing is paid, the largest first. */
  readonly silent: { readonly days: number; readonly total: string; readonly commitments: readonly SilentCommitment[] };
  readonly leftOut: readonly { readonly reason: string; readonly lines: number; readonly text: Names }[];
}

export interface LatePromise {
  readonly donor: Names;
  readonly reference: string;
  readonly overdue: string;
  /** The first unpaid part. */
  readonly dueOn: string;
  readonly daysLate: number;
}

export interface SilentCommitment {
  readonly donor: Names;
  readonly reference: string;
  readonly committed: string;
  readonly signedOn: string;
  readonly days: number;
}

/** The brief of the region: totals only, nothing of a single donor or flow. */
export interface RegionalBrief {
  readonly kind: 'regional_brief';
  readonly asOf: string;
  readonly currency: string;
  readonly year: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly membershipOn: string;
  readonly notes: Readonly<Record<Language, readonly string[]>>;
  /** Members, invited states, and both. */
  readonly groups: readonly RegionalBriefGroup[];
  /** Of members and invited states. */
  readonly states: readonly (Need & { readonly state: string; readonly name: Names; readonly received: string; readonly throughFunds: string })[];
  /** What came to the members, by mechanism; the largest commitments first. */
  readonly mechanisms: readonly (StageAmounts & { readonly code: string; readonly name: Names; readonly executionRate: string | null })[];
  readonly leftOut: readonly { readonly reason: string; readonly lines: number; readonly text: Names }[];
}

export interface RegionalBriefGroup {
  readonly group: 'members' | 'invited' | 'all';
  readonly name: Names;
  readonly states: readonly string[];
  /** From outside and own resources. */
  readonly total: StageAmounts;
  /** Internal transfers, taken out of the total. */
  readonly eliminated: StageAmounts;
  /** Shared with a state beyond the group; in no total. */
  readonly beyond: StageAmounts;
  readonly notPaid: string;
  readonly plans: Need;
}
