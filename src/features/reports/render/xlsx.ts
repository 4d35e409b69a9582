import { colToLetter, writeXlsx, type CellStyle, type WriteSheet } from 'hucre/xlsx';
import type { Language } from '../../../i18n/language.js';
import { momentText } from '../../../i18n/moment.js';
import { renderText } from '../../../i18n/render.js';
import { entryKindText, spreadsheetText } from '../../../i18n/spreadsheet.js';
import { codeGroups } from '../code.js';
import { cell, type Cell, type Chart, type Column, type ReportDocument, type Row, type Section, type Stamp, type Table } from '../document.js';
import type { Provenance, ReportEntries, ReportEntry } from '../entries.js';
import { numberText } from './numbers.js';
import { accent, quiet } from './palette.js';
import { provenanceSection, sourceText } from './provenance-section.js';
import { lengthOf, type SheetCell, sheetNames, textCell, valueCell } from './sheet-values.js';

/** What a sheet of Excel can hold. */
const MOST_ROWS = 1_048_576;
const NARROWEST = 9;
const WIDEST = 48;
/** Rows that a column's width is measured on. */
const MEASURED = 200;
const LINE_POINTS = 15;

const font = { name: 'Calibri', size: 11 };
const rgb = (colour: string) => ({ rgb: colour.slice(1).toUpperCase() });
const titleStyle: CellStyle = { font: { ...font, size: 15, bold: true, color: rgb(accent) } };
const headingStyle: CellStyle = { font: { ...font, size: 12, bold: true, color: rgb(accent) } };
const subheadingStyle: CellStyle = { font: { ...font, bold: true } };
const quietStyle: CellStyle = { font: { ...font, color: rgb(quiet) } };
const noteStyle: CellStyle = { ...quietStyle, alignment: { wrapText: true, vertical: 'top' } };
const wrapped: CellStyle = { alignment: { wrapText: true, vertical: 'top' } };
const ruleStyle: CellStyle = { alignment: { ...wrapped.alignment, horizontal: 'left', indent: 1 } };
const headStyle: CellStyle = {
  font: { ...font, bold: true, color: { rgb: 'FFFFFF' } },
  fill: { type: 'pattern', pattern: 'solid', fgColor: rgb(accent) },
  alignment: { wrapText: true, vertical: 'center' },
};
const headRightStyle: CellStyle = { ...headStyle, alignment: { ...headStyle.alignment, horizontal: 'right' } };
const totalStyle: CellStyle = { font: { ...font, bold: true }, border: { top: { style: 'medium', color: rgb(accent) } } };

/** A row of a sheet; a wide one is a text across all columns. */
interface Line {
  readonly cells: readonly SheetCell[];
  readonly wide?: true;
}

/** A sheet before it has its name. */
interface Page {
  readonly title: string;
  readonly lines: readonly Line[];
  /** In characters, by column. */
  readonly widths: readonly number[];
  /** The row with the titles of the columns, from 0, and the last one that is sorted and filtered under it. */
  readonly head?: { readonly row: number; readonly last: number };
}

/**
 * The document as a workbook: the report with its figures, a sheet for each table and for the data of each chart, the entries behind it, and
 * how it was made. The same bytes for the same input.
 */
export async function renderXlsx(document: ReportDocument, entries: ReportEntries | null, provenance: Provenance | null, stamp: Stamp): Promise<Buffer> {
  const { language } = document;
  const tables = document.sections.flatMap(({ blocks }) => blocks.flatMap((block) => tablesOf(block, language)));
  const pages = [
    reportPage(document, stamp),
    ...tables.map((table) => tablePage(table, language)),
    ...(entries === null ? [] : [{ ...tablePage(entriesTable(entries, language), language), title: spreadsheetText(language, 'sheet.entries') }]),
    methodPage(document, provenance, stamp),
  ];
  const names = sheetNames(pages.map(({ title }) => title));
  const asOf = new Date(stamp.asOf);
  const content = await writeXlsx({
    properties: {
      title: document.title,
      subject: document.subtitle.join(' · '),
      creator: renderText(language, 'author'),
      description: renderText(language, 'stamp.foot', { code: codeGroups(stamp.code) }),
      created: asOf,
      modified: asOf,
    },
    defaultFont: font,
    sheets: pages.map((page, index) => sheetOf(page, names[index] ?? '')),
  });
  return Buffer.from(content);
}

function sheetOf({ lines, widths, head }: Page, name: string): WriteSheet {
  const last = widths.length - 1;
  const cells = lines.flatMap((line, row) => line.cells.flatMap(({ value, style }, column) => (style ? [[`${row},${column}`, { value, style }] as const] : [])));
  const wide = lines.flatMap((line, row) => (line.wide ? [row] : []));
  const heights = lines.flatMap((line, row) => {
    const count = textLinesIn(line, widths);
    return count > 1 ? [[row, { height: LINE_POINTS * count }] as const] : [];
  });
  return {
    name,
    columns: widths.map((width) => ({ width })),
    rows: lines.map((line) => line.cells.map(({ value }) => value)),
    cells: new Map(cells),
    ...(last > 0 && { merges: wide.map((row) => ({ startRow: row, endRow: row, startCol: 0, endCol: last })) }),
    rowDefs: new Map(heights),
    ...(head && {
      freezePane: { rows: head.row + 1 },
      autoFilter: { range: `A${head.row + 1}:${colToLetter(last)}${head.last + 1}` },
    }),
    pageSetup: {
      orientation: 'landscape',
      paperSize: 'a4',
      fitToPage: true,
      fitToWidth: 1,
      fitToHeight: 0,
      ...(head && { printTitlesRow: `$${head.row + 1}:$${head.row + 1}` }),
    },
    view: { showGridLines: head !== undefined },
  };
}

/** How many lines of text a row shows: not every program finds out by itself. */
function textLinesIn({ cells, wide }: Line, widths: readonly number[]): number {
  const whole = widths.reduce((sum, width) => sum + width, 0);
  const needed = cells.map((one, column) => (one.style?.alignment?.wrapText ? Math.ceil((1.1 * lengthOf(one)) / (wide ? whole : (widths[column] ?? 1))) : 1));
  return Math.max(1, ...needed);
}

const blank: Line = { cells: [] };
const across = (text: string, style: CellStyle = wrapped): Line => ({ cells: [textCell(text, style)], wide: true });

/** The first sheet: whose report it is, as of when, and its figures, each with what it contains. */
function reportPage({ language, title, subtitle, sections }: ReportDocument, stamp: Stamp): Page {
  const moment = momentText(language, new Date(stamp.asOf), 'UTC');
  const head = headLine([
    { title: spreadsheetText(language, 'figure.label'), kind: 'text' },
    { title: spreadsheetText(language, 'figure.value'), kind: 'amount' },
    { title: spreadsheetText(language, 'figure.rule'), kind: 'text' },
  ]);
  const bodyOf = (section: Section): readonly Line[] =>
    section.blocks.flatMap((block) => {
      if (block.type === 'text') return block.paragraphs.map((paragraph) => across(paragraph));
      if (block.type !== 'figures') return [];
      const figures = block.figures.map(({ label, value, rule }) => ({ cells: [textCell(label, wrapped), atTop(valueCell(value, { currency: true })), textCell(rule, ruleStyle)] }));
      return [head, ...figures];
    });
  return {
    title: spreadsheetText(language, 'sheet.report'),
    widths: [38, 26, 90],
    lines: [
      { cells: [textCell(title, titleStyle)] },
      ...subtitle.map((line) => ({ cells: [textCell(line)] })),
      { cells: [textCell(renderText(language, 'as-of', { moment }), quietStyle)] },
      { cells: [textCell(renderText(language, 'stamp.foot', { code: codeGroups(stamp.code) }), quietStyle)] },
      ...sections.flatMap((section) => {
        const body = bodyOf(section);
        return body.length === 0 ? [] : [blank, { cells: [textCell(section.title, headingStyle)] }, ...body];
      }),
    ],
  };
}

/** A value beside texts of several lines. */
function atTop({ value, style }: SheetCell): SheetCell {
  return { value, style: { ...style, font: { ...font, bold: true }, alignment: { ...style?.alignment, horizontal: 'right', vertical: 'top' } } };
}

function tablesOf(block: Section['blocks'][number], language: Language): readonly Table[] {
  if (block.type === 'table') return [block];
  return block.type === 'chart' ? [chartTable(block, language)] : [];
}

/** The data of a chart: a row for each category, a column for each series. */
function chartTable({ id, title, unit, categories, series, alternative }: Chart, language: Language): Table {
  const valueOf = (value: string | null): Cell => (unit.kind === 'amount' ? cell.amount(value, unit.currency) : cell.percent(value));
  const measured = unit.kind === 'amount' ? ` (${unit.currency})` : '';
  return {
    type: 'table',
    id,
    title,
    rule: alternative,
    empty: renderText(language, 'chart.empty'),
    columns: [{ title: spreadsheetText(language, 'chart.category'), kind: 'text' }, ...series.map(({ name }): Column => ({ title: name + measured, kind: unit.kind }))],
    rows: categories.map((category, index) => ({ cells: [cell.text(category), ...series.map(({ values }) => valueOf(values[index] ?? null))] })),
  };
}

/** A table with its title, what its totals contain, and its columns' titles above it. */
function tablePage(table: Table, language: Language): Page {
  const { title, columns, rule } = table;
  const above: Line[] = [{ cells: [textCell(title, titleStyle)] }, ...(rule === undefined ? [] : [across(rule, noteStyle)])];
  const rows = fitting(table.rows, above.length + 1);
  const body = rows.map(rowLine);
  const left = table.rows.length - rows.length;
  const under = [
    ...(rows.length === 0 ? [{ cells: [textCell(table.empty, quietStyle)] }] : []),
    ...(left === 0 ? [] : [{ cells: [textCell(spreadsheetText(language, 'rows.cut', { count: numberText(language, String(left)) }), quietStyle)] }]),
  ];
  return {
    title,
    widths: columns.map((column, index) => widthOf(column, body.slice(0, MEASURED).map(({ cells }) => cells[index]))),
    lines: [...above, headLine(columns), ...body, ...under],
    head: { row: above.length, last: above.length + rows.findLastIndex(({ total }) => total !== true) + 1 },
  };
}

/** The rows that a sheet has room for below the ones above, with one left to say what is missing. */
export function fitting<T>(rows: readonly T[], above: number): readonly T[] {
  return rows.length + above <= MOST_ROWS ? rows : rows.slice(0, MOST_ROWS - above - 1);
}

function headLine(columns: readonly Column[]): Line {
  return { cells: columns.map(({ title, kind }) => textCell(title, kind === 'text' ? headStyle : headRightStyle)) };
}

function rowLine({ cells, total }: Row): Line {
  const values = cells.map((one) => valueCell(one));
  return { cells: total ? values.map(({ value, style }) => ({ value, style: { ...style, ...totalStyle } })) : values };
}

/** Wide enough for what is in it; of its title, for the longest word. */
function widthOf({ title }: Column, cells: readonly (SheetCell | undefined)[]): number {
  const words = title.split(' ').map((word) => word.length + 3);
  return Math.min(WIDEST, Math.max(NARROWEST, ...words, ...cells.map((one) => (one ? lengthOf(one) + 2 : 0))));
}

/** The columns of the entries, in their order. */
const entryColumns = [
  { key: 'recordedOn', kind: 'day' },
  { key: 'kind', kind: 'text' },
  { key: 'stage', kind: 'text' },
  { key: 'reference', kind: 'text' },
  { key: 'description', kind: 'text' },
  { key: 'donor', kind: 'text' },
  { key: 'recipient', kind: 'text' },
  { key: 'fund', kind: 'text' },
  { key: 'mechanism', kind: 'text' },
  { key: 'states', kind: 'text' },
  { key: 'sectors', kind: 'text' },
  { key: 'plans', kind: 'text' },
  { key: 'valueDate', kind: 'day' },
  { key: 'occurredOn', kind: 'day' },
  { key: 'amount', kind: 'amount' },
  { key: 'currency', kind: 'text' },
  { key: 'converted', kind: 'amount' },
  { key: 'rates', kind: 'text' },
  { key: 'source', kind: 'text' },
] as const;

function entriesTable({ currency, total, rows }: ReportEntries, language: Language): Table {
  const count = (lines: number) => numberText(language, String(lines));
  return {
    type: 'table',
    id: 'entries',
    title: spreadsheetText(language, 'entries.title'),
    rule: spreadsheetText(language, rows.length < total ? 'entries.some' : 'entries.rule', { shown: count(rows.length), total: count(total) }),
    empty: spreadsheetText(language, 'entries.none'),
    columns: entryColumns.map(({ key, kind }) => ({ title: spreadsheetText(language, `entry.${key}`, { currency }), kind })),
    rows: rows.map((entry) => {
      const cells = entryCells(entry, currency, language);
      return { cells: entryColumns.map(({ key }) => cells[key]) };
    }),
  };
}

function entryCells(entry: ReportEntry, currency: string, language: Language): Readonly<Record<(typeof entryColumns)[number]['key'], Cell>> {
  const named = (names: ReportEntry['donor']) => cell.text(names?.[language] ?? '');
  const rateText = ({ base, quote, rate, source, date }: ReportEntry['rates'][number]) =>
    spreadsheetText(language, 'rate.line', { base, quote, rate: numberText(language, rate), source, date: date.split('-').reverse().join('/') });
  return {
    recordedOn: cell.day(entry.recordedAt.slice(0, 10)),
    kind: cell.text(entryKindText(language, entry.kind)),
    stage: cell.text(entry.stage === null ? '' : entryKindText(language, entry.stage)),
    reference: cell.text(entry.reference),
    description: cell.text(entry.description),
    donor: named(entry.donor),
    recipient: named(entry.recipient),
    fund: named(entry.fund),
    mechanism: named(entry.mechanism),
    states: cell.text(entry.states.join(', ')),
    sectors: cell.text(entry.sectors.join(', ')),
    plans: cell.text(entry.plans.join(', ')),
    valueDate: cell.day(entry.valueDate),
    occurredOn: cell.day(entry.occurredOn),
    amount: cell.amount(entry.amount, entry.currency),
    currency: cell.text(entry.currency),
    converted: cell.amount(entry.converted, currency),
    rates: cell.text(entry.rates.map(rateText).join(' · ')),
    source: cell.text(sourceText(language, entry.source)),
  };
}

/** The last sheet: the rules behind the totals, where the figures come from, and what proves a copy. */
function methodPage({ language, method }: ReportDocument, provenance: Provenance | null, stamp: Stamp): Page {
  const code = codeGroups(stamp.code);
  const origin = provenanceSection(provenance, language, 'report');
  const heading = (text: string): Line => ({ cells: [textCell(text, headingStyle)] });
  const blockLines = (block: Section['blocks'][number]): readonly Line[] => {
    if (block.type === 'text') return block.paragraphs.map((paragraph) => across(paragraph));
    if (block.type !== 'table') return [];
    const rows = block.rows.length === 0 ? [{ cells: [textCell(block.empty, quietStyle)] }] : block.rows.map(rowLine);
    return [blank, { cells: [textCell(block.title, subheadingStyle)] }, ...(block.rule === undefined ? [] : [across(block.rule, noteStyle)]), headLine(block.columns), ...rows];
  };
  return {
    title: spreadsheetText(language, 'sheet.method'),
    widths: [48, 24, 14, 14, 14],
    lines: [
      { cells: [textCell(renderText(language, 'method'), titleStyle)] },
      ...method.map((rule) => across(rule)),
      blank,
      heading(origin.title),
      ...origin.blocks.flatMap(blockLines),
      blank,
      heading(renderText(language, 'stamp.title')),
      across(renderText(language, 'stamp.check', { url: stamp.verifyUrl, code })),
      { cells: [textCell(stamp.verifyUrl)] },
      { cells: [textCell(renderText(language, 'stamp.hash', { hash: stamp.hash }))] },
      { cells: [textCell(renderText(language, 'stamp.version', { version: stamp.codeVersion }))] },
    ],
  };
}
