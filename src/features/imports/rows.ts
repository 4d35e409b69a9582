import type { Day } from '../../domain/days.js';
import { type Cells, readTable } from './csv-table.js';
import { readDollars } from './published-amount.js';
import { clip, decodeText, type Fault, readDay, type RowProblem, type SourceFile } from './source-text.js';

/** Says what is wrong with a cell. */
export type Report = (field: string, code: Fault['code'], found?: string) => void;

/** What was read of a row, and where it stands. */
export type Placed<T> = T & { readonly file: string; readonly row: number };

/** What the rows of some files hold; each is a value, or has at least one problem. */
export interface Rows<T> {
  readonly rows: readonly Placed<T>[];
  readonly problems: readonly RowProblem[];
  readonly rowsRead: number;
}

/** Reads the rows of CSV files with these columns; one of which `read` reports something is a problem, not a value. `id` names the column that tells rows apart. */
export function readRows<T extends object>(files: readonly SourceFile[], required: readonly string[], id: string, read: (cells: Cells, report: Report) => T | null): Rows<T> {
  const rows: Placed<T>[] = [];
  const problems: RowProblem[] = [];
  let rowsRead = 0;
  for (const { name: file, content } of files) {
    const decoded = decodeText(content);
    const table = 'fault' in decoded ? decoded : readTable(decoded.text, required);
    if ('fault' in table) {
      problems.push({ file, row: 0, flowId: null, field: '', ...table.fault });
      continue;
    }
    rowsRead += table.rows.length + table.misfits.length;
    const place = (row: number, cells: Cells) => ({ file, row, flowId: clip(cells(id)) || null });
    const found: RowProblem[] = table.misfits.map(({ row, cells, fault }) => ({ ...place(row, cells), field: '', ...fault }));
    for (const { row, cells } of table.rows) {
      const before = found.length;
      const value = read(cells, (field, code, text = cells(field)) => void found.push({ ...place(row, cells), field, code, found: clip(text) }));
      if (value && found.length === before) rows.push({ ...value, file, row });
    }
    problems.push(...found.sort((a, b) => a.row - b.row));
  }
  return { rows, problems, rowsRead };
}

/** The year of a cell. */
export function yearIn(field: string, cells: Cells, report: Report): number {
  if (!/^(?:19|20)\d{2}$/.test(cells(field))) report(field, 'USAGE_YEAR_FORMAT');
  return Number(cells(field));
}

/** The day of a cell; null where it is empty. */
export function dayIn(field: string, cells: Cells, report: Report): Day | null {
  if (cells(field) === '') return null;
  const day = readDay(cells(field));
  if (day === null) report(field, 'DATE_FORMAT');
  return day;
}

/** The US cents of a cell, rounded half-up where it has fractions of a cent; null where it is empty. */
export function centsIn(field: string, cells: Cells, report: Report): { readonly cents: bigint; readonly rounded: boolean } | null {
  if (cells(field) === '') return null;
  const read = readDollars(cells(field));
  if ('cents' in read) return read;
  report(field, read.code);
  return null;
}

/** The US cents of a cell that cannot be negative. */
export function positiveCentsIn(field: string, cells: Cells, report: Report): ReturnType<typeof centsIn> {
  const read = centsIn(field, cells, report);
  if (read && read.cents < 0n) report(field, 'AMOUNT_NEGATIVE');
  return read;
}
