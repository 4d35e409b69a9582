import type { Block, Cell, Chart, ReportDocument, Table } from '../../src/features/reports/document.js';

const shapes: Readonly<Record<Exclude<Cell['kind'], 'text' | 'count'>, RegExp>> = {
  amount: /^-?\d+(\.\d+)?$/,
  percent: /^-?\d+(\.\d+)?$/,
  day: /^\d{4}-\d{2}-\d{2}$/,
};

/** What is wrong with a document, one sentence each; nothing for one that every format can write. */
export function checkDocument(document: ReportDocument): readonly string[] {
  const blocks = document.sections.flatMap((section) => section.blocks);
  const tables = blocks.filter((block): block is Table => block.type === 'table');
  const charts = blocks.filter((block): block is Chart => block.type === 'chart');
  const figures = blocks.flatMap((block) => (block.type === 'figures' ? block.figures : []));
  const cells = [...figures.map(({ value }) => value), ...tables.flatMap(({ rows }) => rows.flatMap((row) => row.cells))];
  return [
    ...holes(document, 'document'),
    ...unfilled(document),
    ...(document.title.trim() === '' ? ['the title is empty'] : []),
    ...[...document.subtitle, ...document.method].filter((line) => line.trim() === '').map(() => 'a line of the subtitle or of the method is empty'),
    ...(document.sections.length === 0 ? ['there is no section'] : []),
    ...document.sections.flatMap(({ id, title, blocks: own }) => [...(title.trim() === '' ? [`section ${id} has no title`] : []), ...(own.length === 0 ? [`section ${id} is empty`] : [])]),
    ...idProblems([...document.sections, ...tables, ...charts].map(({ id }) => id)),
    ...headlineProblems(document.sections[0]?.blocks ?? []),
    ...figures.flatMap(({ label, rule, value }) => [...([label, rule].some((text) => text.trim() === '') ? ['a figure has no label or no rule'] : []), ...cellProblems(`figure ${label}`, value)]),
    ...tables.flatMap((table) => tableProblems(table, document)),
    ...charts.flatMap(chartProblems),
    ...digitProblems(cells),
  ];
}

/** Where something is undefined. */
function holes(value: unknown, path: string): readonly string[] {
  if (value === undefined) return [`${path} is undefined`];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, inner]) => holes(inner, `${path}.${name}`));
}

function unfilled(document: ReportDocument): readonly string[] {
  return [...JSON.stringify(document).matchAll(/\{\w+\}/g)].map(([hole]) => `${hole} was not filled`);
}

function idProblems(ids: readonly string[]): readonly string[] {
  return [
    ...ids.filter((id) => !/^[A-Za-z0-9-]+$/.test(id)).map((id) => `“${id}” is no id`),
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} is used twice`),
  ];
}

function headlineProblems(blocks: readonly Block[]): readonly string[] {
  const first = blocks.find((block) => block.type === 'figures');
  if (!first) return ['the first section has no figures'];
  return first.figures.length < 3 || first.figures.length > 5 ? [`${first.figures.length} headline figures`] : [];
}

function cellProblems(where: string, cell: Cell): readonly string[] {
  if (cell.kind === 'text') return [];
  const wrong = cell.kind === 'count' ? cell.value !== null && !Number.isSafeInteger(cell.value) : cell.value !== null && !shapes[cell.kind].test(cell.value);
  const currency = cell.kind === 'amount' && !/^[A-Z]{3}$/.test(cell.currency) ? [`${where}: “${cell.currency}” is no currency`] : [];
  return [...(wrong ? [`${where}: ${String(cell.value)} is no ${cell.kind}`] : []), ...currency];
}

function tableProblems(table: Table, { subtitle }: ReportDocument): readonly string[] {
  const { id, title, columns, rows, empty, rule } = table;
  return [
    ...([title, empty, rule ?? '-', ...columns.map((column) => column.title)].some((text) => text.trim() === '') ? [`table ${id} has an empty text`] : []),
    ...columns.filter(({ weight = 1 }) => weight <= 0).map((column) => `column ${column.title} has no width`),
    ...rows.flatMap(({ cells }, index) => {
      const where = `table ${id}, row ${index}`;
      if (cells.length !== columns.length) return [`${where}: ${cells.length} cells in ${columns.length} columns`];
      const kinds = cells.flatMap((cell, at) => (cell.kind === columns[at]?.kind ? [] : [`${where}: a ${cell.kind} in column ${columns[at]?.title ?? ''}`]));
      return [...kinds, ...cells.flatMap((cell) => cellProblems(where, cell))];
    }),
    ...columns.flatMap((column, at) => currencyProblems(table, at, column.title, subtitle)),
  ];
}

/** Amounts in tables are written without their currency: it stands in the title, in the subtitle or in the row, and there where it differs. */
function currencyProblems({ id, title, rows }: Table, at: number, column: string, subtitle: readonly string[]): readonly string[] {
  const amounts = rows.flatMap(({ cells }) => {
    const cell = cells[at];
    return cell?.kind === 'amount' && cell.value !== null ? [{ cells, currency: cell.currency }] : [];
  });
  const isOne = new Set(amounts.map(({ currency }) => currency)).size === 1;
  const isTold = ({ cells, currency }: (typeof amounts)[number]) =>
    (isOne && [title, column, ...subtitle].some((text) => text.includes(currency))) || cells.some((cell) => cell.kind === 'text' && cell.text === currency);
  return amounts.every(isTold) ? [] : [`table ${id}: the currency of ${column} is not told`];
}

function chartProblems({ id, title, categories, series, alternative, unit }: Chart): readonly string[] {
  return [
    ...(title.trim() === '' || alternative.trim() === '' ? [`chart ${id} has no title or no alternative`] : []),
    ...(categories.length === 0 || series.length === 0 ? [`chart ${id} is empty`] : []),
    ...categories.filter((name) => name.trim() === '' || !alternative.includes(name)).map((name) => `chart ${id}: the alternative does not tell ${name}`),
    ...series.filter(({ name }) => name.trim() === '').map(() => `chart ${id}: a series has no name`),
    ...series.filter(({ values }) => values.length !== categories.length).map(({ name }) => `chart ${id}: ${name} has not a value for each category`),
    ...series.flatMap(({ values }) => values.flatMap((value) => (value === null || shapes[unit.kind].test(value) ? [] : [`chart ${id}: ${value} is no ${unit.kind}`]))),
  ];
}

/** Each currency has its own digits, everywhere the same. */
function digitProblems(cells: readonly Cell[]): readonly string[] {
  const digits = new Map<string, Set<number>>();
  for (const cell of cells) {
    if (cell.kind !== 'amount' || cell.value === null) continue;
    digits.set(cell.currency, (digits.get(cell.currency) ?? new Set<number>()).add(cell.value.split('.')[1]?.length ?? 0));
  }
  return [...digits].filter(([, found]) => found.size > 1).map(([currency]) => `amounts in ${currency} have different digits`);
}
