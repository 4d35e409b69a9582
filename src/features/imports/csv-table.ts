import { clean, clip, type Fault, parseCsv } from './source-text.js';

/** The trimmed cell of a column; "" where the file has no such column. */
export type Cells = (column: string) => string;

/** A row and its 1-based number among the data rows. */
export interface TableRow {
  readonly row: number;
  readonly cells: Cells;
}

/** The rows of a CSV by the names of its columns, or why there are none. */
export type Table = { readonly header: readonly string[]; readonly rows: readonly TableRow[]; readonly misfits: readonly Misfit[] } | { readonly fault: Fault };

/** A row with too few or too many cells. */
export interface Misfit extends TableRow {
  readonly fault: Fault;
}

/** Reads a CSV whose columns are found by their names; an HXL row of tags after the header is passed over. */
export function readTable(text: string, required: readonly string[]): Table {
  const parsed = parseCsv(text);
  if ('fault' in parsed) return parsed;
  const [head = [], ...body] = parsed.records;
  const header = head.map((name) => name.trim());
  const fault = headerFault(header, required);
  if (fault) return { fault };
  const columns = new Map(header.map((name, index) => [name, index]));
  const values = body[0] && isTagRow(body[0]) ? body.slice(1) : body;
  const all = values.map((row, index) => ({ row: index + 1, length: row.length, cells: (column: string) => clean(row[columns.get(column) ?? -1] ?? '') }));
  return {
    header,
    rows: all.filter(({ length }) => length === header.length),
    misfits: all
      .filter(({ length }) => length !== header.length)
      .map(({ row, cells, length }) => ({ row, cells, fault: { code: 'COLUMN_COUNT', found: String(length), params: { expected: String(header.length) } } })),
  };
}

function headerFault(header: readonly string[], required: readonly string[]): Fault | null {
  const missing = required.filter((name) => !header.includes(name));
  if (missing.length > 0) return { code: 'MISSING_COLUMNS', found: clip(header.join(', ')), params: { columns: missing.join(', ') } };
  const seen = new Set<string>();
  const repeated = header.filter((name) => name !== '' && seen.size === seen.add(name).size);
  return repeated.length > 0 ? { code: 'REPEATED_COLUMNS', found: clip(repeated.join(', ')) } : null;
}

function isTagRow(values: readonly string[]): boolean {
  const filled = values.filter((value) => value.trim() !== '');
  return filled.length > 0 && filled.every((value) => value.trim().startsWith('#'));
}
