import type { Day } from '../../domain/days.js';
import { grouped } from '../../domain/mechanism-figures.js';
import { formatMinor } from '../../domain/money.js';
import type { Named } from '../../domain/reference.js';
import { documentText, type DocumentText } from '../../i18n/documents.js';
import type { Language } from '../../i18n/language.js';
import { type Block, type Cell, cell, type Chart, type Figure, type Measure, type Row, type Section } from './document.js';
import { dayText } from '../../i18n/moment.js';
import { amountText, percentText } from './render/numbers.js';

/** The texts of documents in one language. */
export function textsIn(language: Language) {
  return (key: DocumentText, values?: Readonly<Record<string, string>>): string => documentText(language, key, values);
}

/** The value dates asked for; both days belong to the period, null for no bound. */
export function periodLine(language: Language, from: Day | null, to: Day | null): string {
  const values = { ...(from !== null && { from: dayText(language, from) }), ...(to !== null && { to: dayText(language, to) }) };
  if (from !== null) return documentText(language, to === null ? 'subtitle.from' : 'subtitle.between', values);
  return documentText(language, to === null ? 'subtitle.allDates' : 'subtitle.to', values);
}

const MOST_NAMES = 8;

/** What a report is limited to, such as its states by name; no line for no names. */
export function namesLine(language: Language, what: DocumentText, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const more = names.length > MOST_NAMES ? [documentText(language, 'subtitle.more', { count: String(names.length - MOST_NAMES) })] : [];
  return [documentText(language, 'subtitle.names', { what: documentText(language, what), names: [...names.slice(0, MOST_NAMES), ...more].join(', ') })];
}

/** The names of codes of a list. */
export function namesOf(language: Language, codes: readonly string[], list: ReadonlyMap<string, Named>): readonly string[] {
  return codes.map((code) => list.get(code)?.[language === 'fr' ? 'nameFr' : 'nameEn'] ?? code);
}

type FigureName = DocumentText extends infer Key ? (Key extends `rule.${infer Name}` ? Name : never) : never;

/** A figure by its name in the catalogue, where its label and its rule are. */
export function figure(language: Language, name: FigureName, value: Cell, measure: Measure): Figure {
  return { label: documentText(language, `label.${name}`), value, rule: documentText(language, `rule.${name}`), measure };
}

/** With what a report begins: its figures, and what shows them. */
export function summarySection(language: Language, figures: readonly Figure[], charts: readonly Block[]): Section {
  return { id: 'summary', title: documentText(language, 'section.summary'), blocks: [{ type: 'figures', figures }, ...charts] };
}

/** A row that sets a total off from the rows above. */
export function totalRow(cells: readonly Cell[]): Row {
  return { cells, total: true };
}

interface LeftOut {
  readonly lines: number;
  readonly text: Readonly<Record<Language, string>>;
}

/** How many entries of the question do not count, and why. */
export function leftOutSection(language: Language, leftOut: readonly LeftOut[]): Section {
  const say = textsIn(language);
  return {
    id: 'left-out',
    title: say('section.leftOut'),
    blocks: [
      {
        type: 'table',
        id: 'left-out-lines',
        title: say('leftOut.title'),
        columns: [{ title: say('leftOut.reason'), kind: 'text', weight: 5 }, { title: say('label.lines'), kind: 'count' }],
        rows: leftOut.map(({ lines, text }) => ({ cells: [cell.text(text[language]), cell.count(lines)] })),
        rule: say('leftOut.rule'),
        empty: say('leftOut.none'),
      },
    ],
  };
}

/** The minor units of a decimal string that has all the digits of its currency. */
export function minorOf(value: string): bigint {
  return BigInt(value.replace('.', ''));
}

/** Σ of decimal strings that have the same digits after the point; null where there is none. */
export function sumOfDecimals(values: readonly (string | null)[]): string | null {
  const known = values.filter((value) => value !== null);
  const [first] = known;
  if (first === undefined) return null;
  return formatMinor(known.reduce((sum, value) => sum + minorOf(value), 0n), first.split('.')[1]?.length ?? 0);
}

/** Per cent with four decimals, "88.1250", as a share, "0.881250". */
export function shareOfPercent(percent: string): string {
  return formatMinor(minorOf(percent), 6);
}

/** One name of a chart with its value in each series. */
export interface Bar {
  readonly name: string;
  readonly values: readonly (string | null)[];
}

const MOST_BARS = 8;
const MOST_COLUMNS = 12;

/** Amounts of the same code added up, in the order of their first one. */
export function barsByCode(bars: readonly (Bar & { readonly code: string })[]): readonly Bar[] {
  return [...grouped(bars, ({ code }) => code).values()].map(summed);
}

/** The bars with the largest values, and the exact sum of the others. */
export function largestBars(language: Language, bars: readonly Bar[], most = MOST_BARS): readonly Bar[] {
  const sorted = bars.toSorted((a, b) => compare(largestOf(b), largestOf(a)));
  if (sorted.length <= most) return sorted;
  const others = sorted.slice(most);
  return [...sorted.slice(0, most), { ...summed(others), name: documentText(language, 'chart.others', { count: String(others.length) }) }];
}

/** The latest of bars that are named by their time, such as "2025-Q1", and the exact sum of the earlier ones. */
export function latestBars(language: Language, bars: readonly Bar[]): readonly Bar[] {
  const sorted = bars.toSorted((a, b) => compare(a.name, b.name));
  const [first, ...latest] = sorted.slice(-MOST_COLUMNS);
  if (sorted.length <= MOST_COLUMNS || first === undefined) return sorted;
  const earlier = sorted.slice(0, 1 - MOST_COLUMNS);
  return [{ ...summed(earlier), name: documentText(language, 'chart.earlier', { count: String(earlier.length) }) }, ...latest];
}

function summed(bars: readonly Bar[]): Bar {
  const [first] = bars;
  return { name: first?.name ?? '', values: (first?.values ?? []).map((_, index) => sumOfDecimals(bars.map(({ values }) => values[index] ?? null))) };
}

function largestOf({ values }: Bar): bigint {
  return values.reduce((most, value) => (value !== null && minorOf(value) > most ? minorOf(value) : most), 0n);
}

function compare<T extends bigint | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A chart before its values are turned into series. */
export interface BarChart extends Pick<Chart, 'id' | 'title' | 'form' | 'unit'> {
  readonly series: readonly { readonly name: string; readonly measure: Measure }[];
  readonly bars: readonly Bar[];
}

/** A chart with its figures in words beside it; none of no bars. */
export function chartOf(language: Language, { bars, series, ...chart }: BarChart): readonly Chart[] {
  if (bars.length === 0) return [];
  return [
    {
      ...chart,
      type: 'chart',
      categories: bars.map(({ name }) => name),
      series: series.map((one, index) => ({ ...one, values: bars.map(({ values }) => values[index] ?? null) })),
      alternative: alternativeOf(language, { bars, series, ...chart }),
    },
  ];
}

function alternativeOf(language: Language, { title, unit, series, bars }: BarChart): string {
  const say = textsIn(language);
  const write = (value: string) => (unit.kind === 'amount' ? amountText(language, value, unit.currency) : percentText(language, value));
  const told = bars.map(({ name, values }) => {
    const parts = series.flatMap((one, index) => {
      const value = values[index] ?? null;
      return value === null ? [] : [say('chart.value', { series: one.name, value: write(value) })];
    });
    return say('chart.bar', { name, values: parts.length === 0 ? say('chart.nothing') : parts.join(', ') });
  });
  return say('chart.alternative', { title, bars: told.join(say('chart.between')) });
}
