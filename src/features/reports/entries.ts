import type { Language } from '../../i18n/language.js';

type Named = Readonly<Record<Language, string>>;

/** A rate that was used: one `base` is `rate` times `quote`, as `source` published it for `date`. */
export interface RateLeg {
  readonly base: string;
  readonly quote: string;
  readonly rate: string;
  readonly date: string;
  readonly source: string;
}

/** One line behind a report's figures; amounts are decimal strings. */
export interface ReportEntry {
  /** What happened, such as "disbursement", "reversal" or, in a fund's book, "deposit". */
  readonly kind: string;
  readonly stage: 'pledge' | 'commitment' | 'disbursement' | null;
  readonly reference: string;
  readonly description: string;
  readonly donor: Named | null;
  readonly recipient: Named | null;
  readonly fund: Named | null;
  readonly mechanism: Named | null;
  /** ISO 3166-1 alpha-3. */
  readonly states: readonly string[];
  readonly sectors: readonly string[];
  readonly plans: readonly string[];
  readonly valueDate: string;
  /** When it happened, where that month was closed already. */
  readonly occurredOn: string | null;
  /** ISO 8601. */
  readonly recordedAt: string;
  readonly amount: string;
  readonly currency: string;
  /** In the currency of the report. */
  readonly converted: string;
  readonly rates: readonly RateLeg[];
  /** From where it was taken, such as "fts"; null for what was recorded here. */
  readonly source: string | null;
}

/** The lines behind a report, in the order of their recording; of very many the first ones. */
export interface ReportEntries {
  /** Of `converted`. */
  readonly currency: string;
  /** All there are. */
  readonly total: number;
  readonly rows: readonly ReportEntry[];
}

/** From where the figures of a report come. */
export interface Provenance {
  /** The lines by where they were taken from; null for what was recorded here. */
  readonly sources: readonly { readonly system: string | null; readonly lines: number }[];
  /** The rates used, by publisher and pair, with the first and the last day; `base` 1 = rate × `quote`. */
  readonly rates: readonly { readonly source: string; readonly base: string; readonly quote: string; readonly from: string; readonly to: string; readonly lines: number }[];
  /** Lines that needed no rate, in all of them. */
  readonly sameCurrency: number;
}

/** Why a figure is not what it was: what was added, amended, undone; what was entered again; and what a rate alone moved. */
export const changeCauses = ['new', 'amended', 'reversed', 'restated', 'fx'] as const;
export type ChangeCause = (typeof changeCauses)[number];

/** A total then and now, and what the difference is made of; decimal strings, the causes sum to after − before. */
export interface StageChange {
  readonly before: string;
  readonly after: string;
  readonly causes: Readonly<Record<ChangeCause, string>>;
}

/** One entry that made a difference. */
export interface ChangeEntry {
  readonly cause: ChangeCause;
  readonly stage: 'pledge' | 'commitment' | 'disbursement';
  readonly reference: string;
  readonly donor: Named | null;
  readonly valueDate: string;
  readonly recordedAt: string;
  readonly amount: string;
  readonly currency: string;
  /** What it did to the total, in the currency of the report; of a restatement the part that no rate explains, its effect in `fx`. */
  readonly effect: string;
  readonly fx: string;
  readonly reason: string | null;
}

/** What was recorded between an issue of a report and the next. */
export interface ChangeSummary {
  /** The moment of the issue before, to the microsecond. */
  readonly since: string;
  readonly currency: string;
  readonly stages: Readonly<Record<'pledged' | 'committed' | 'disbursed', StageChange>>;
  /** The ones with the largest effect first; of very many the first ones. */
  readonly entries: readonly ChangeEntry[];
  /** All there are. */
  readonly entriesInAll: number;
}
