import { parse } from 'csv-parse/sync';
import { clean, decodeText, type SourceFile } from './source-text.js';

/** A row of the master lists of the country-based funds, by the names of the columns. */
type MasterRow = Readonly<Record<string, string>>;

/** A fund of the list. */
export interface ListedFund {
  readonly externalId: string;
  readonly name: string;
  readonly iso2: string;
}

/** The funds of the lists among the files (MstPooledFund). */
export function readFundList(files: readonly SourceFile[]): readonly ListedFund[] {
  return files.filter(isFundList).flatMap((file) => masterRows(file).map((row) => ({ externalId: row.PFId ?? '', name: row.PFName ?? '', iso2: row.PFCountryCode ?? '' }))).filter(({ externalId }) => /^\d{1,9}$/.test(externalId));
}

/** Whether a file is a list of funds. */
export function isFundList(file: SourceFile): boolean {
  return hasColumns(file, ['PFId', 'PFName', 'PFCountryCode']);
}

/** Whether a file is a list of the kinds of allocation, partners or clusters. */
export function isOtherList(file: SourceFile): boolean {
  return hasColumns(file, ['AllSrcId', 'AllNm']) || hasColumns(file, ['OrgTypeId', 'OrgTypeNm']) || hasColumns(file, ['ClustId', 'ClustNm']);
}

/** Whether a file begins with a header that has these columns and none of a table of projects. */
function hasColumns({ content }: SourceFile, names: readonly string[]): boolean {
  const [line = ''] = content.subarray(0, 2_000).toString('utf8').replace('\uFEFF', '').split(/\r?\n/);
  const columns = line.split(',').map((name) => name.trim());
  return names.every((name) => columns.includes(name)) && !columns.includes('PrjCode');
}

/** The rows leave out trailing cells of the header. */
function masterRows({ content }: SourceFile): readonly MasterRow[] {
  const decoded = decodeText(content);
  if ('fault' in decoded) return [];
  try {
    const [header = [], ...rows]: string[][] = parse(decoded.text, { relax_column_count: true, skip_empty_lines: true, relax_quotes: true });
    return rows.map((row) => Object.fromEntries(header.map((name, index) => [name.trim(), clean(row[index] ?? '')])));
  } catch {
    return [];
  }
}
