import type { Language } from '../../i18n/language.js';

/** What a value is, so that each format writes it as its own kind of value; amounts are decimal strings with a point, shares "0.7312". */
export type Cell =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'amount'; readonly value: string | null; readonly currency: string }
  | { readonly kind: 'percent'; readonly value: string | null }
  | { readonly kind: 'count'; readonly value: number | null }
  | { readonly kind: 'day'; readonly value: string | null };

/** What an amount stands for; always the same colour. */
export type Measure = 'pledged' | 'committed' | 'paid' | 'missing' | 'neutral';

/** A figure that stands by itself, with the rule behind it. */
export interface Figure {
  readonly label: string;
  readonly value: Cell;
  /** What it contains, in one sentence. */
  readonly rule: string;
  readonly measure: Measure;
}

export interface Column {
  readonly title: string;
  /** Of every cell in it; also what an empty one is. */
  readonly kind: Cell['kind'];
  /** How wide it is beside the others; 1 when left out. */
  readonly weight?: number;
}

export interface Row {
  readonly cells: readonly Cell[];
  /** Set off from the rows above it. */
  readonly total?: true;
}

export interface Table {
  readonly type: 'table';
  /** Letters, digits and hyphens; one of its kind in the document. */
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** What its totals contain. */
  readonly rule?: string;
  /** What is said in the place of no rows. */
  readonly empty: string;
}

/** A chart as data; one renderer draws it, for the page and for the paper. */
export interface Chart {
  readonly type: 'chart';
  readonly id: string;
  readonly title: string;
  /** Horizontal bars side by side, horizontal bars on top of each other, vertical columns side by side, lines over time. */
  readonly form: 'bars' | 'stacked' | 'columns' | 'lines';
  readonly unit: { readonly kind: 'amount'; readonly currency: string } | { readonly kind: 'percent' };
  readonly categories: readonly string[];
  readonly series: readonly { readonly name: string; readonly measure: Measure; readonly values: readonly (string | null)[] }[];
  /** The same in words, for who does not see it. */
  readonly alternative: string;
}

export type Block =
  | { readonly type: 'figures'; readonly figures: readonly Figure[] }
  | { readonly type: 'text'; readonly paragraphs: readonly string[] }
  | Table
  | Chart;

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A report in one language, before it has a format: what all of them show. */
export interface ReportDocument {
  readonly kind: string;
  readonly language: Language;
  readonly title: string;
  /** For whom, over what, until when; a line each. */
  readonly subtitle: readonly string[];
  /** "page": all of it on one page of A4. */
  readonly layout: 'page' | 'report';
  readonly sections: readonly Section[];
  /** The rules behind the totals, in sentences. */
  readonly method: readonly string[];
}

/** What proves a copy: the same for the same result and code. */
export interface Stamp {
  /** Twelve letters and digits, the beginning of the hash. */
  readonly code: string;
  /** SHA-256 of the JSON result, in hexadecimal. */
  readonly hash: string;
  /** Where a copy is checked; ends in the code. */
  readonly verifyUrl: string;
  /** ISO 8601 with microseconds. */
  readonly asOf: string;
  readonly codeVersion: string;
}

export const cell = {
  text: (text: string): Cell => ({ kind: 'text', text }),
  amount: (value: string | null, currency: string): Cell => ({ kind: 'amount', value, currency }),
  percent: (value: string | null): Cell => ({ kind: 'percent', value }),
  count: (value: number | null): Cell => ({ kind: 'count', value }),
  day: (value: string | null): Cell => ({ kind: 'day', value }),
};
