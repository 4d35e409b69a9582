import type { Language } from '../../../i18n/language.js';
import { renderText } from '../../../i18n/render.js';
import type { Table } from '../document.js';
import { cellText, numberText } from './numbers.js';
import { widthOf } from './typesetting.js';

/** A longer table is cut here; the spreadsheet has all of it. */
const MOST_ROWS = 500;
/** Beside the text of a cell, in points. */
const PADDING = 7;
/** A column that is exactly as wide as its longest word holds it. */
const TOLERANCE = 0.5;
/** How much smaller than the text around it a table may be set, so that no figure is broken. */
const SHRINKING = [0.92, 0.86, 0.8, 0.74, 0.68, 0.62];

/** A table as the sheet shows it: words and widths in points. */
export interface SetTable {
  readonly type: 'table';
  readonly title: string;
  readonly rule: string;
  readonly empty: string;
  readonly size: number;
  readonly widths: readonly number[];
  readonly titles: readonly string[];
  /** Which columns are flush right. */
  readonly right: readonly boolean[];
  readonly rows: readonly { readonly total: boolean; readonly cells: readonly string[] }[];
  /** What is said of the rows that are not shown. */
  readonly left: string;
}

/** Sets a table into `room` points beside text of `base` points. */
export function setTable(table: Table, language: Language, base: number, room: number): SetTable {
  const shown = table.rows.filter(({ total }, index) => index < MOST_ROWS || total === true);
  const left = table.rows.length - shown.length;
  const cells = shown.map((row) => row.cells.map((cell) => cellText(language, cell)));
  const { size, widths } = fit(table, cells, base, room);
  const within = (text: string, column: number) => breakable(text, size, (widths[column] ?? 0) - PADDING + TOLERANCE);
  return {
    type: 'table',
    title: table.title,
    rule: table.rule ?? '',
    empty: table.empty,
    size,
    widths,
    titles: table.columns.map(({ title }, column) => within(title, column)),
    right: table.columns.map(({ kind }) => kind !== 'text'),
    rows: shown.map(({ total }, row) => ({ total: total === true, cells: (cells[row] ?? []).map((text, column) => (table.columns[column]?.kind === 'text' ? within(text, column) : text)) })),
    left: left === 0 ? '' : renderText(language, 'rows-left', { count: numberText(language, String(left)) }),
  };
}

/**
 * Figures are never broken: their columns are as wide as they need, and the text as small as that asks for. What room is left goes to the columns of
 * text, by their weights, until each has what it would like, and then to all.
 */
function fit({ columns }: Table, cells: readonly (readonly string[])[], base: number, room: number): { size: number; widths: number[] } {
  const longest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => widthOf(text, 1)));
  const wants = columns.map(({ title, kind }, column) => {
    const texts = cells.map((row) => row[column] ?? '');
    const words = longest(title.split(' '));
    const widest = Math.max(words, longest(texts));
    return { least: kind === 'text' ? Math.max(words, Math.min(longest(texts.flatMap((text) => text.split(' '))), 9)) : widest, widest };
  });
  const needed = (size: number) => wants.map(({ least }) => least * size + PADDING);
  const size = SHRINKING.map((factor) => factor * base).find((one) => sum(needed(one)) <= room) ?? 0.62 * base;
  const least = needed(size);
  if (sum(least) > room) return { size, widths: least.map((width) => (width * room) / sum(least)) };

  const wishes = wants.map(({ widest }, column) => Math.max(0, widest * size + PADDING - (least[column] ?? 0)));
  const free = room - sum(least);
  const shares = wishes.map((wish, column) => (wish === 0 ? 0 : columns[column]?.weight ?? 1));
  const given = sum(wishes) <= free ? wishes : shares.map((share) => (free * share) / sum(shares));
  const rest = (free - sum(given)) / columns.length;
  return { size, widths: least.map((width, column) => width + (given[column] ?? 0) + rest) };
}

/** The text with each word that would not fit into `width` on lines of its own; a zero-width space would stay in what is copied from the PDF. */
function breakable(text: string, size: number, width: number): string {
  return text
    .split(' ')
    .map((word) => {
      const lines = [''];
      for (const letter of word) {
        const longer = `${lines.at(-1) ?? ''}${letter}`;
        if (widthOf(longer, size) > width && longer !== letter) lines.push(letter);
        else lines[lines.length - 1] = longer;
      }
      return lines.join('\n');
    })
    .join(' ');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
