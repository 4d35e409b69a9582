import type { Day } from '../../domain/days.js';
import { isRicher, postingContent } from './fts-content.js';
import { readFtsCsv } from './fts-csv.js';
import { type FtsFlow, isFlow, type RawFlow, toFlow } from './fts-flow.js';
import { type FtsHeader, readFtsJson } from './fts-json.js';
import type { FtsLookups } from './fts-lookups.js';
import { decodeText, type Fault, type RowProblem, type SourceFile } from './source-text.js';

export { isRicher, postingContent } from './fts-content.js';
export { type FtsFlow } from './fts-flow.js';
export { type FtsHeader } from './fts-json.js';
export { buildFtsLookups, type FtsLookups } from './fts-lookups.js';
export { type RowProblem, type SourceFile } from './source-text.js';

/** What the files hold. Every row read is a flow, a duplicate or at least one problem. */
export interface FtsReading {
  /** In the order of the files, each id once. */
  readonly flows: readonly FtsFlow[];
  /** Those of row 0 concern a whole file, of which nothing was read, or all files together. */
  readonly problems: readonly RowProblem[];
  /** Null when no file states any totals, or when the files state different ones. */
  readonly header: FtsHeader | null;
  readonly rowsRead: number;
  /** Rows passed over because the same flow stands in another row, as new or newer. */
  readonly duplicates: number;
}

/** Reads FTS flows from CSV files and API replies; never throws, whatever the files contain. */
export function readFtsFiles(files: readonly SourceFile[], lookups: FtsLookups, today: Day): FtsReading {
  let problems: RowProblem[] = [];
  const headers: FtsHeader[] = [];
  const copies: Copy[] = [];
  let rowsRead = 0;
  for (const file of files) {
    const read = readFile(file, lookups);
    if ('fault' in read) {
      problems.push({ file: file.name, row: 0, flowId: null, field: '', ...read.fault });
      continue;
    }
    headers.push(...read.headers);
    rowsRead += read.flows.length + read.badRows.length;
    const fileProblems: RowProblem[] = read.badRows.map((bad) => ({ file: file.name, ...bad }));
    for (const raw of read.flows) {
      const result = toFlow(raw, lookups, today);
      if (isFlow(result)) copies.push({ raw, flow: result });
      else for (const problem of result) fileProblems.push(problem);
    }
    problems = problems.concat(fileProblems.sort((a, b) => a.row - b.row));
  }
  const settled = [...groupById(copies).values()].map(settle);
  const { header, problem } = commonHeader(headers);
  return {
    flows: settled.flatMap(({ kept }) => kept ?? []),
    problems: [...problems, ...settled.flatMap((group) => group.problems), ...problem],
    header,
    rowsRead,
    duplicates: settled.reduce((sum, group) => sum + group.passedOver, 0),
  };
}

function readFile(file: SourceFile, lookups: FtsLookups): ReturnType<typeof readFtsJson> {
  const decoded = decodeText(file.content);
  if ('fault' in decoded) return { ...decoded, headers: [] };
  const isJson = /^\s*[[{]/.test(decoded.text);
  if (isJson) return readFtsJson(file.name, decoded.text, lookups);
  return { ...readFtsCsv(file.name, decoded.text, lookups), headers: [] };
}

/** A flow and where it stands. */
interface Copy {
  readonly raw: RawFlow;
  readonly flow: FtsFlow;
}

function groupById(copies: readonly Copy[]): ReadonlyMap<string, readonly [Copy, ...Copy[]]> {
  const groups = new Map<string, [Copy, ...Copy[]]>();
  for (const copy of copies) {
    const group = groups.get(copy.flow.id);
    if (group) group.push(copy);
    else groups.set(copy.flow.id, [copy]);
  }
  return groups;
}

interface Settled {
  readonly kept: FtsFlow | null;
  readonly passedOver: number;
  readonly problems: readonly RowProblem[];
}

/** Of several copies of a flow keeps the newest; when the newest contradict each other, none, and each becomes a problem. */
function settle(copies: readonly [Copy, ...Copy[]]): Settled {
  const newest = newestOf(copies);
  const best = newest.reduce((a, b) => (tellsMore(b.flow, a.flow) ? b : a));
  const contradicted = newest.some(({ flow }) => postingContent(flow) !== postingContent(best.flow) || isRicher(flow, best.flow));
  const older = copies.length - newest.length;
  if (contradicted) return { kept: null, passedOver: older, problems: newest.map((copy) => conflict(copy, newest)) };
  const kept = older === 0 ? best.flow : { ...best.flow, warnings: [...best.flow.warnings, 'OLDER_COPY_DROPPED' as const] };
  return { kept, passedOver: copies.length - 1, problems: [] };
}

/** By version where all copies have one, else by day of update alone: a CSV has no versions. */
function newestOf(copies: readonly [Copy, ...Copy[]]): readonly [Copy, ...Copy[]] {
  const versioned = copies.every(({ flow }) => flow.version !== null);
  const rank = ({ flow }: Copy): string => `${versioned ? String(flow.version).padStart(9, '0') : ''} ${flow.updatedOn}`;
  const highest = copies.map(rank).reduce((a, b) => (b > a ? b : a));
  const [first = copies[0], ...rest] = copies.filter((copy) => rank(copy) === highest);
  return [first, ...rest];
}

/** The API reply before the CSV, which knows fewer fields; among equals the one with the fuller lists. */
function tellsMore(a: FtsFlow, b: FtsFlow): boolean {
  if ((a.version === null) !== (b.version === null)) return a.version !== null;
  return isRicher(a, b) && !isRicher(b, a);
}

function conflict({ raw, flow }: Copy, all: readonly Copy[]): RowProblem {
  const others = all.slice(0, 6).filter((copy) => copy.raw !== raw).map((copy) => `${copy.raw.file}:${copy.raw.row}`);
  const found = `${flow.status} ${flow.amountUsd} USD ${flow.updatedOn}`;
  return { file: raw.file, row: raw.row, flowId: flow.id, field: 'id', code: 'CONFLICTING_DUPLICATE', found, params: { others: others.join(', ') } };
}

/** Pages of one search all state the same totals; different ones come from different searches and say nothing of the whole. */
function commonHeader(headers: readonly FtsHeader[]): { readonly header: FtsHeader | null; readonly problem: readonly RowProblem[] } {
  const [first = null] = headers;
  const different = headers.some((header) => JSON.stringify(header) !== JSON.stringify(first));
  if (!different) return { header: first, problem: [] };
  const fault: Fault = { code: 'HEADERS_DIFFER', found: headers.map((header) => header.expectedCount ?? '?').join(', ') };
  return { header: null, problem: [{ file: '', row: 0, flowId: null, field: '', ...fault }] };
}
