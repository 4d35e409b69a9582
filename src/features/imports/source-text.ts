import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';
import { type Day, isDay } from '../../domain/days.js';
import type { ImportProblemCode } from '../../i18n/import-problems.js';

/** A file as it was received. */
export interface SourceFile {
  readonly name: string;
  readonly content: Buffer;
}

/** Something in a file that cannot be taken in; row 0 means the file as a whole. */
export interface RowProblem {
  readonly file: string;
  /** 1-based data row or flow. */
  readonly row: number;
  readonly flowId: string | null;
  readonly field: string;
  readonly code: ImportProblemCode;
  readonly found: string;
  readonly params?: Readonly<Record<string, string>>;
}

/** What is wrong with a file or one of its cells, before it is known where. */
export interface Fault {
  readonly code: ImportProblemCode;
  readonly found: string;
  readonly params?: Readonly<Record<string, string>>;
}

const LONGEST_FOUND = 200;

/** The text of a file without its byte order mark, or why it is no text. */
export function decodeText(content: Buffer): { readonly text: string } | { readonly fault: Fault } {
  if (!isUtf8(content)) return { fault: notUtf8(content) };
  const text = new TextDecoder().decode(content);
  if (text.trim() === '') return { fault: { code: 'EMPTY_FILE', found: '' } };
  // Null bytes mean a binary file or UTF-16, and PostgreSQL keeps none.
  if (text.includes('\0')) return { fault: { code: 'NOT_TEXT', found: clip(text) } };
  if (text.trimStart().startsWith('<')) return { fault: { code: 'HTML_FILE', found: clip(text) } };
  return { text };
}

/** Names the first line that is not UTF-8, as a Windows program would show it. */
function notUtf8(content: Buffer): Fault {
  let start = 0;
  for (let line = 1; start < content.length; line += 1) {
    const end = content.indexOf('\n', start);
    const bytes = content.subarray(start, end === -1 ? content.length : end);
    if (!isUtf8(bytes)) {
      return { code: 'NOT_UTF8', found: clip(new TextDecoder('windows-1252').decode(bytes)), params: { line: String(line) } };
    }
    start += bytes.length + 1;
  }
  return { code: 'NOT_UTF8', found: '' };
}

/** The records of a CSV text, header first, cells as written; a row may have too few or too many cells. */
export function parseCsv(text: string): { readonly records: readonly (readonly string[])[] } | { readonly fault: Fault } {
  try {
    const records = parse(text, { relax_column_count: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n'] });
    return { records };
  } catch (error) {
    const { code = '', lines = 0 } = error as { code?: string; lines?: number };
    return { fault: { code: 'MALFORMED_CSV', found: code, params: { line: String(lines) } } };
  }
}

/** Trims a text and replaces what PostgreSQL cannot keep: null characters and halves of surrogate pairs. */
export function clean(text: string): string {
  return text.replace(/\0|\p{Surrogate}/gu, '\uFFFD').trim();
}

/** A text short enough to be shown in a list of problems. */
export function clip(text: string): string {
  const cleaned = clean(text.replace(/\0/g, ''));
  return cleaned.length <= LONGEST_FOUND ? cleaned : `${clean(cleaned.slice(0, LONGEST_FOUND - 1))}…`;
}

/** A published number as a plain decimal with its digits unchanged ("1.5e3" becomes "1500"), or null when it is none. */
export function plainDecimal(text: string): string | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (!match) return null;
  const [, sign = '', whole = '', decimals = '', exponent] = match;
  if (exponent === undefined) return text;
  const point = whole.length + Number(exponent);
  const digits = (whole + decimals).padStart(whole.length + decimals.length + Math.max(0, 1 - point), '0');
  const at = Math.max(1, point);
  const left = digits.slice(0, at).padEnd(at, '0').replace(/^0+(?=\d)/, '');
  const right = digits.slice(at);
  return `${sign}${left}${right === '' ? '' : `.${right}`}`;
}

/** The same number in its shortest form, so that equal amounts are equal texts: "-0.50" becomes "-0.5", "007" becomes "7". */
export function shortestDecimal(decimal: string): string {
  const [, sign = '', whole = '', decimals = ''] = /^(-?)0*(\d+)(?:\.(\d*?)0*)?$/.exec(decimal) ?? [];
  const size = decimals === '' ? whole : `${whole}.${decimals}`;
  return size === '0' ? '0' : sign + size;
}

/** The day of an ISO date (with or without time) or of a US date (M/D/YYYY), as written; null when it is none. */
export function readDay(text: string): Day | null {
  const iso = /^((?:19|20)\d{2}-\d{2}-\d{2})(?:[T ][\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  if (iso) return realDay(iso[1] ?? '');
  const us = /^(\d{1,2})\/(\d{1,2})\/((?:19|20)\d{2})(?: [\d:.]+(?: ?[AP]M)?)?$/i.exec(text);
  if (!us) return null;
  const [, month = '', day = '', year = ''] = us;
  return realDay(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
}

function realDay(text: string): Day | null {
  return isDay(text) ? text : null;
}
