import type { CellStyle, CellValue } from 'hucre/xlsx';
import { fromDay } from '../../../domain/days.js';
import type { Cell } from '../document.js';

/** A cell of a sheet: a typed value and how it looks. */
export interface SheetCell {
  readonly value: CellValue;
  readonly style?: CellStyle;
}

/** Excel keeps numbers as doubles: fifteen significant digits are exact, more are not. */
const EXACT_DIGITS = 15;
/** Excel counts its days from 1900, and counts a day in that February that never was. */
const FIRST_DAY = '1900-03-01';
const LONGEST_NAME = 31;

const right = { horizontal: 'right' } as const;
const day: CellStyle = { numFmt: 'dd/mm/yyyy' };
const count: CellStyle = { numFmt: '#,##0' };
const percent: CellStyle = { numFmt: '0.00%' };
const digits: CellStyle = { numFmt: '@', alignment: right };

/**
 * A value of the report as its own kind of value. What a number or a date of Excel cannot hold exactly is written as text, so that nothing
 * is lost.
 */
export function valueCell(cell: Cell, more: { readonly currency?: boolean } = {}): SheetCell {
  if (cell.kind === 'text') return textCell(cell.text);
  if (cell.value === null) return { value: null };
  switch (cell.kind) {
    case 'amount':
      return numberCell(cell.value, amountStyle(cell.value, more.currency ? cell.currency : undefined));
    case 'percent':
      return numberCell(cell.value, percent);
    case 'count':
      return { value: cell.value, style: count };
    case 'day':
      return cell.value < FIRST_DAY ? { value: cell.value, style: digits } : { value: fromDay(cell.value), style: day };
  }
}

function numberCell(decimal: string, style: CellStyle): SheetCell {
  const significant = decimal.replace(/[-.]/g, '').replace(/^0+/, '');
  const size = decimal.includes('.') ? significant.replace(/0+$/, '').length : significant.length;
  return size <= EXACT_DIGITS ? { value: Number(decimal), style } : { value: decimal, style: digits };
}

const amountStyles = new Map<string, CellStyle>();

/** The currency's digits are those that the amount is written with. */
function amountStyle(decimal: string, currency: string | undefined): CellStyle {
  const [, decimals = ''] = decimal.split('.');
  const numFmt = `#,##0${decimals === '' ? '' : `.${'0'.repeat(decimals.length)}`}${currency === undefined ? '' : `\u00A0"${currency}"`}`;
  const style = amountStyles.get(numFmt) ?? { numFmt };
  amountStyles.set(numFmt, style);
  return style;
}

/** A text; one that reads like an escape of the file format, such as "_x0041_", stays as it is, and a control character becomes a space. */
export function textCell(text: string, style?: CellStyle): SheetCell {
  // eslint-disable-next-line no-control-regex
  const value = text.replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, ' ').replace(/_(?=x[0-9A-F]{4}_)/gi, '_x005F_');
  return style === undefined ? { value } : { value, style };
}

/** About how many characters a cell shows, in the narrowest font that is usual. */
export function lengthOf({ value, style }: SheetCell): number {
  if (value === null) return 0;
  if (value instanceof Date) return 'dd/mm/yyyy'.length;
  if (typeof value !== 'number') return String(value).length;
  const decimals = /\.(0+)/.exec(style?.numFmt ?? '')?.[1]?.length ?? 0;
  const whole = Math.trunc(Math.abs(value)).toString().length;
  return whole + Math.floor((whole - 1) / 3) + decimals + 3;
}

/** Names for sheets out of their titles: at most 31 characters, none that Excel forbids, each different from the others in any case. */
export function sheetNames(titles: readonly string[]): readonly string[] {
  // Excel keeps this name for itself.
  const taken = new Set(['history']);
  return titles.map((title) => {
    const plain = title.replace(/[[\]:*?/\\\p{Cc}]/gu, ' ').replace(/\s+/g, ' ').replace(/^[\s']+|[\s']+$/g, '') || '–';
    for (let copy = 1; ; copy += 1) {
      const name = shortened(plain, copy === 1 ? '' : ` (${copy})`);
      if (taken.has(name.toLowerCase())) continue;
      taken.add(name.toLowerCase());
      return name;
    }
  });
}

/** Cut between characters, never within one; a cut name shows that it is. */
function shortened(name: string, ending: string): string {
  const room = LONGEST_NAME - ending.length;
  if (name.length <= room) return name + ending;
  let cut = '';
  for (const { segment } of new Intl.Segmenter().segment(name)) {
    if (cut.length + segment.length > room - 1) break;
    cut += segment;
  }
  return `${cut.trimEnd()}…${ending}`;
}
