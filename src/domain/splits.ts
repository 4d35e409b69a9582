import { DomainError } from './problem.js';

/** The dimensions in which a pledge or commitment can be divided. */
export const dimensions = ['country', 'sector', 'beneficiaryGroup', 'plan', 'usageYear'] as const;
export type Dimension = (typeof dimensions)[number];

/** One code of a dimension; `share` in per cent with at most four decimals ("33.3334"). */
export interface SplitPart {
  readonly code: string;
  readonly share?: string;
}

/** What a flow is for. A dimension with several codes and no shares is shared: counted once, in no single bucket. */
export type Splits = Readonly<Partial<Record<Dimension, readonly SplitPart[]>>>;

/** One cell of a divided flow: its weight and, per dimension, the codes it stands for. */
export interface Cell {
  readonly weight: bigint;
  readonly codes: Readonly<Record<Dimension, readonly string[]>>;
}

const MOST_CELLS = 2000;
const HUNDRED_PER_CENT = 1_000_000n;

/** A share in ten-thousandths of a per cent; 100 % is 1,000,000. */
export function shareUnits(share: string): bigint {
  const [whole = '', decimals = ''] = share.split('.');
  return BigInt(whole + decimals.padEnd(4, '0'));
}

/**
 * The splits with codes in alphabetical order and empty dimensions left out, once they hold.
 * @throws CODE_REPEATED when a dimension names a code twice
 * @throws SPLIT_NOT_WHOLE when only some parts have a share, one is not positive, or they do not sum to exactly 100
 * @throws SPLIT_TOO_MANY_CELLS above 2,000 combinations
 */
export function checkSplits(splits: Splits): Splits {
  const checked: Partial<Record<Dimension, readonly SplitPart[]>> = {};
  for (const dimension of dimensions) {
    const parts = splits[dimension] ?? [];
    if (parts.length === 0) continue;
    checkDimension(dimension, parts);
    checked[dimension] = [...parts].sort((a, b) => (a.code < b.code ? -1 : 1));
  }
  if (countCells(checked) > MOST_CELLS) throw new DomainError('SPLIT_TOO_MANY_CELLS', { most: MOST_CELLS });
  return checked;
}

function checkDimension(dimension: Dimension, parts: readonly SplitPart[]): void {
  const codes = parts.map((part) => part.code);
  const repeated = codes.find((code, index) => codes.indexOf(code) !== index);
  if (repeated !== undefined) throw new DomainError('CODE_REPEATED', { code: repeated }, `splits.${dimension}`);
  const shares = parts.flatMap((part) => (part.share === undefined ? [] : [shareUnits(part.share)]));
  if (shares.length === 0) return;
  const sum = shares.reduce((a, b) => a + b, 0n);
  const whole = shares.length === parts.length && sum === HUNDRED_PER_CENT && shares.every((share) => share > 0n);
  if (!whole) throw new DomainError('SPLIT_NOT_WHOLE', { found: formatShare(sum) }, `splits.${dimension}`);
}

/** A share as it is written, without needless zeros: 10,000 units are "1". */
export function formatShare(units: bigint): string {
  const decimals = (units % 10_000n).toString().padStart(4, '0').replace(/0+$/, '');
  return `${units / 10_000n}${decimals === '' ? '' : `.${decimals}`}`;
}

function isDivided(parts: readonly SplitPart[]): boolean {
  return parts.some((part) => part.share !== undefined);
}

function countCells(splits: Splits): number {
  return dimensions.reduce((count, dimension) => {
    const parts = splits[dimension] ?? [];
    return count * (isDivided(parts) ? parts.length : 1);
  }, 1);
}

/** Every combination of the divided dimensions, weighted by the product of its shares, in a stable order. */
export function cellsOf(splits: Splits): readonly Cell[] {
  let cells: readonly Cell[] = [
    { weight: 1n, codes: { country: [], sector: [], beneficiaryGroup: [], plan: [], usageYear: [] } },
  ];
  for (const dimension of dimensions) {
    const parts = splits[dimension] ?? [];
    if (parts.length === 0) continue;
    cells = cells.flatMap((cell) =>
      isDivided(parts)
        ? parts.map((part) => ({
            weight: cell.weight * shareUnits(part.share ?? '0'),
            codes: { ...cell.codes, [dimension]: [part.code] },
          }))
        : [{ ...cell, codes: { ...cell.codes, [dimension]: parts.map((part) => part.code) } }],
    );
  }
  return cells;
}
