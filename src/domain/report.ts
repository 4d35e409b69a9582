import { divideHalfUp } from './money.js';

/** What a report can be grouped by. */
export const reportDimensions = [
  'donor',
  'state',
  'sector',
  'mechanism',
  'fund',
  'plan',
  'beneficiaryGroup',
  'usageYear',
  'year',
  'quarter',
  'month',
] as const;
export type ReportDimension = (typeof reportDimensions)[number];

/** Bucket of money shared among several codes without a split; it counts once, here and in the total. */
export const SHARED = '*';
/** Bucket of money for which the dimension is not specified. */
export const NOT_SPECIFIED = '-';

/** Sums of rounded lines, in minor units of the report's currency; stages of one promise, never added together. */
export interface Sums {
  readonly pledged: bigint;
  readonly committed: bigint;
  readonly disbursed: bigint;
  /** Lines counted. */
  readonly lines: number;
}

/** A cell of the report: one code per dimension, in the order of `groupBy`. */
export interface Cell {
  readonly key: readonly string[];
  readonly sums: Sums;
}

export const noSums: Sums = { pledged: 0n, committed: 0n, disbursed: 0n, lines: 0 };

export function addSums(a: Sums, b: Sums): Sums {
  return {
    pledged: a.pledged + b.pledged,
    committed: a.committed + b.committed,
    disbursed: a.disbursed + b.disbursed,
    lines: a.lines + b.lines,
  };
}

/** Adds up the cells whose keys are the same once duplicates are replaced by the record that was kept. */
export function mergeCells(cells: readonly Cell[], rename: (key: readonly string[]) => readonly string[]): readonly Cell[] {
  const merged = new Map<string, Cell>();
  for (const cell of cells) {
    const key = rename(cell.key);
    const name = JSON.stringify(key);
    merged.set(name, { key, sums: addSums(merged.get(name)?.sums ?? noSums, cell.sums) });
  }
  return [...merged.values()];
}

/** The largest commitments first; equal ones in the order of their keys, so that the order is always the same. */
export function sortCells(cells: readonly Cell[]): readonly Cell[] {
  return [...cells].sort((a, b) => {
    if (a.sums.committed !== b.sums.committed) return a.sums.committed > b.sums.committed ? -1 : 1;
    return compareKeys(a.key, b.key);
  });
}

function compareKeys(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((code, index) => code !== b[index]);
  if (at === -1) return 0;
  return (a[at] ?? '') < (b[at] ?? '') ? -1 : 1;
}

/** Disbursed ÷ committed as a decimal string with four places, half-up; null where nothing is committed. */
export function executionRate({ committed, disbursed }: Sums): string | null {
  return ratioOf(disbursed, committed);
}

/** part ÷ whole as a decimal string with four places, half-up; null where there is no whole. */
export function ratioOf(part: bigint, whole: bigint): string | null {
  if (whole === 0n) return null;
  const rate = divideHalfUp(part * 10_000n, whole);
  const digits = (rate < 0n ? -rate : rate).toString().padStart(5, '0');
  return `${rate < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

/** Follows duplicates to the record that was kept in the end. */
export function keptRecord(id: string, mergedInto: ReadonlyMap<string, string>): string {
  const seen = new Set<string>();
  let at = id;
  for (let next = mergedInto.get(at); next !== undefined && !seen.has(next); next = mergedInto.get(at)) {
    seen.add(next);
    at = next;
  }
  return at;
}
