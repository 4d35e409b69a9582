import { z } from 'zod';
import type { Day } from '../../domain/days.js';
import { reportingCurrencies, type ReportingCurrency } from '../../domain/fx.js';
import { daySchema, idSchema, type MoneyWire } from '../../http/wire.js';
import type { Language } from '../../i18n/language.js';
import type { AttributionAnswer, AttributionRow } from '../fund-figures/fund-figures.schema.js';
import type { FollowUpRow } from '../mechanism-figures/mechanism-figures.schema.js';

export const donorStatementQuestion = z.strictObject({
  donorId: idSchema.optional().describe('Whose statement, with the duplicates merged into it; a donor’s own organisation when left out.'),
  currency: z.enum(reportingCurrencies).default('USD').describe('Currency of the figures; each entry at the rate of its own day.'),
  from: daySchema.optional().describe('First day of the period; since the beginning when left out.'),
  to: daySchema.optional().describe('Last day of the period; no end when left out.'),
});
export type DonorStatementQuestion = z.output<typeof donorStatementQuestion>;

type Names = Readonly<Record<string, Readonly<Record<Language, string>>>>;

/** Entries of the period; decimal strings in the currency of the statement. Stages of one promise, never to be added together. */
export interface StageSums {
  readonly pledged: string;
  readonly committed: string;
  readonly paid: string;
}

/** A pledge, or a commitment that fulfils none, with what became of it. */
export interface StatementPromise {
  readonly stage: 'pledge' | 'commitment';
  readonly id: string;
  readonly reference: string;
  readonly on: Day;
  readonly status: FollowUpRow['status'] | 'reversed';
  readonly mechanism: string;
  readonly recipientId: string | null;
  readonly fundId: string | null;
  readonly countries: readonly string[];
  readonly restricted: boolean;
  /** At the moment of the statement, in the currency of the promise. */
  readonly own: { readonly promised: MoneyWire; readonly committed: MoneyWire; readonly paid: MoneyWire; readonly late: MoneyWire };
  readonly period: StageSums;
  /** Those that fulfil it; of a commitment itself. */
  readonly commitments: FollowUpRow['commitments'];
}

/** An instalment that is not paid in full. */
export interface DueInstalment {
  readonly stage: 'pledge' | 'commitment';
  readonly id: string;
  readonly reference: string;
  readonly recipientId: string | null;
  readonly fundId: string | null;
  readonly dueOn: Day;
  readonly daysLate: number;
  readonly unpaid: MoneyWire;
  /** In the currency of the statement; null without a known rate. */
  readonly converted: string | null;
}

export interface DonorStatement {
  readonly kind: 'donor_statement';
  readonly asOf: string;
  readonly currency: ReportingCurrency;
  readonly from: Day | null;
  readonly to: Day | null;
  readonly donor: { readonly id: string } & Readonly<Record<Language, string>>;
  readonly notes: Readonly<Record<Language, readonly string[]>>;
  /** `late` and `still` at the moment of the statement. */
  readonly total: StageSums & { readonly late: string; readonly still: string };
  readonly byYear: readonly (StageSums & { readonly year: string })[];
  /** `fund`: "-" for none; `state`: "*" for several without a split, "-" for none. */
  readonly byDestination: readonly (StageSums & { readonly fund: string; readonly state: string })[];
  /** What has an entry in the period, the earliest first. */
  readonly promises: readonly StatementPromise[];
  /** The earliest due first. */
  readonly due: readonly DueInstalment[];
  /** Where the money went, funds included; null before anything is paid. */
  readonly money: AttributionRow | null;
  readonly attributed: Pick<AttributionAnswer['totals'], 'byKind' | 'byState' | 'byPartner'>;
  readonly labels: AttributionAnswer['labels'] & { readonly organisations: Names; readonly mechanisms: Names };
  readonly leftOut: readonly { readonly reason: string; readonly lines: number; readonly text: Readonly<Record<Language, string>> }[];
}
