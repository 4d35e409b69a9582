import type { ImportAction, ImportNoteCode, ImportProblemCode, ImportWarningCode } from '../../i18n/import-problems.js';
import type { FtsTotals } from './fts-totals.js';

/** What a flow is, so that a row can be read without opening the record. */
export interface RowFlow {
  readonly status: string;
  /** Decimal string as published. */
  readonly amountUsd: string;
  readonly valueDate: string;
  readonly source: string;
  readonly destination: string;
  readonly countries: readonly string[];
  readonly usageYears: readonly number[];
}

export interface RowDetail {
  /** The column or field at fault, or the currency of a rate. */
  readonly field?: string;
  readonly found?: string;
  /** Further values of the code's sentence. */
  readonly params?: Readonly<Record<string, string>>;
  readonly flow?: RowFlow;
  readonly warnings?: readonly ImportWarningCode[];
  /** What differs from the version known before. */
  readonly changed?: readonly string[];
}

/** One row of an import's list, before it has a number. */
export interface ImportRowDraft {
  readonly action: ImportAction;
  readonly file: string | null;
  /** 1-based; null when it concerns a whole file or no file. */
  readonly row: number | null;
  readonly externalId: string | null;
  readonly code: ImportProblemCode | ImportNoteCode | null;
  readonly detail: RowDetail;
}

/** How many rows came to what. */
export interface ImportCounts {
  /** Rows of the files. */
  readonly read: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Passed over: a newer version is known. */
  readonly older: number;
  readonly closed: number;
  readonly leftOut: number;
  /** Listed problems; a row may have several. */
  readonly problems: number;
  /** Rows of a flow that stands in another row as well. */
  readonly duplicates: number;
  readonly warnings: Readonly<Partial<Record<ImportWarningCode, number>>>;
}

export interface ImportSummary {
  readonly counts: ImportCounts;
  /** Null unless flows of FTS were read. */
  readonly totals: FtsTotals | null;
}

/** What an import did, or would do. */
export interface ImportOutcome {
  readonly rows: readonly ImportRowDraft[];
  readonly summary: ImportSummary;
}

/** What someone found in a file and where; row 0 means the file as a whole. */
interface Problem {
  readonly file?: string;
  readonly row: number;
  readonly flowId?: string | null;
  readonly field: string;
  readonly code: ImportProblemCode;
  readonly found: string;
  readonly params?: Readonly<Record<string, string>>;
}

export function problemRow({ file = '', row, flowId = null, field, code, found, params }: Problem): ImportRowDraft {
  const detail = { field, found, ...(params && { params }) };
  return { action: 'problem', file: file || null, row: row === 0 ? null : row, externalId: flowId, code, detail };
}

/** How often each warning was given. */
export function countWarnings(rows: readonly ImportRowDraft[]): ImportCounts['warnings'] {
  const counts: Partial<Record<ImportWarningCode, number>> = {};
  for (const warning of rows.flatMap(({ detail }) => detail.warnings ?? [])) counts[warning] = (counts[warning] ?? 0) + 1;
  return counts;
}
