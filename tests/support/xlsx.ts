import { type CellObject, read, utils } from '@e965/xlsx';
import { strFromU8, unzipSync } from 'fflate';

/** A cell as another program reads it; a day of a date is a number of days since 1899-12-30. */
export interface ReadCell {
  readonly type: 'text' | 'number' | 'other';
  readonly value: unknown;
  readonly format: string;
  /** Whether it would be computed. */
  readonly formula: boolean;
}

export interface ReadSheet {
  readonly name: string;
  readonly rows: readonly (readonly (ReadCell | null)[])[];
  /** Rows that stay in sight. */
  readonly frozen: number;
  readonly filter: string | undefined;
  readonly widths: readonly number[];
}

export interface ReadWorkbook {
  readonly sheets: readonly ReadSheet[];
  readonly title: string | undefined;
  readonly created: Date | undefined;
}

/** A workbook as a reader sees it that shares nothing with the writer. */
export function readXlsx(content: Buffer): ReadWorkbook {
  const book = read(content, { cellNF: true, cellStyles: true });
  const files = unzipSync(content);
  const sheets = book.SheetNames.map((name, index): ReadSheet => {
    const sheet = book.Sheets[name] ?? {};
    const range = utils.decode_range(sheet['!ref'] ?? 'A1');
    const xml = strFromU8(files[`xl/worksheets/sheet${index + 1}.xml`] ?? new Uint8Array());
    const frozen = /<pane[^>]*ySplit="(\d+)"[^>]*state="frozen"/.exec(xml)?.[1];
    const columns = Array.from({ length: range.e.c + 1 }, (_, column) => column);
    return {
      name,
      rows: Array.from({ length: range.e.r + 1 }, (_, row) => columns.map((column) => cellOf(sheet[utils.encode_cell({ r: row, c: column })] as CellObject | undefined))),
      frozen: Number(frozen ?? 0),
      filter: (sheet['!autofilter'] as { ref: string } | undefined)?.ref,
      widths: (sheet['!cols'] ?? []).map((column) => column.width ?? 0),
    };
  });
  return { sheets, title: book.Props?.Title, created: book.Props?.CreatedDate };
}

function cellOf(cell: CellObject | undefined): ReadCell | null {
  if (!cell || cell.t === 'z') return null;
  const type = cell.t === 's' ? 'text' : cell.t === 'n' ? 'number' : 'other';
  return { type, value: cell.v, format: String(cell.z ?? 'General'), formula: cell.f !== undefined };
}

/** The number by which a day is kept. */
export function serialOf(day: string): number {
  return (Date.parse(`${day}T00:00:00Z`) - Date.UTC(1899, 11, 30)) / 86_400_000;
}
