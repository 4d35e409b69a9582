import { describe, expect, test } from '@jest/globals';
import { cell, type Cell, type ReportDocument, type Stamp, type Table } from '../../src/features/reports/document.js';
import type { Provenance, ReportEntries, ReportEntry } from '../../src/features/reports/entries.js';
import { fitting, renderXlsx } from '../../src/features/reports/render/xlsx.js';
import { type ReadCell, type ReadSheet, type ReadWorkbook, readXlsx, serialOf } from '../support/xlsx.js';

const table: Table = {
  type: 'table',
  id: 'by-donor',
  title: 'Par donateur et par État, avec un titre trop long',
  columns: [
    { title: 'Donateur', kind: 'text' },
    { title: 'Premier paiement', kind: 'day' },
    { title: 'Payé (EUR)', kind: 'amount' },
    { title: 'Payé (XOF)', kind: 'amount' },
    { title: 'Taux d’exécution', kind: 'percent' },
    { title: 'Écritures', kind: 'count' },
  ],
  rows: [
    { cells: [cell.text('=HYPERLINK("http://exemple")'), cell.day('2025-03-10'), cell.amount('1250000.50', 'EUR'), cell.amount('819946378', 'XOF'), cell.percent('0.7312'), cell.count(3)] },
    { cells: [cell.text('+33 & <b>'), cell.day(null), cell.amount('-0.01', 'EUR'), cell.amount('1234567890123456', 'XOF'), cell.percent(null), cell.count(0)] },
    { cells: [cell.text('TOTAL'), cell.day(null), cell.amount('1250000.49', 'EUR'), cell.amount(null, 'XOF'), cell.percent('-0.1'), cell.count(3)], total: true },
  ],
  rule: 'Tous les décaissements approuvés.',
  empty: 'Rien.',
};

const document: ReportDocument = {
  kind: 'commitment_vs_disbursement',
  language: 'fr',
  title: 'Annonces, engagements et décaissements',
  subtitle: ['Mali', 'Année 2025'],
  layout: 'report',
  sections: [
    {
      id: 'first',
      title: 'L’essentiel',
      blocks: [
        { type: 'figures', figures: [{ label: 'Payé', value: cell.amount('1250000.49', 'EUR'), rule: 'Tous les décaissements approuvés.', measure: 'paid' }] },
        { type: 'text', paragraphs: ['Une phrase.'] },
        {
          type: 'chart',
          id: 'quarters',
          title: 'Par trimestre',
          form: 'columns',
          unit: { kind: 'amount', currency: 'EUR' },
          categories: ['T1', 'T2'],
          series: [{ name: 'Payé', measure: 'paid', values: ['1250000.49', null] }],
          alternative: 'Tout au premier trimestre.',
        },
        table,
        { ...table, id: 'none', title: 'Par secteur', rows: [] },
      ],
    },
  ],
  method: ['Les étapes ne s’additionnent jamais.'],
};

const entry: ReportEntry = {
  kind: 'disbursement',
  stage: 'disbursement',
  reference: 'DEC-1',
  description: 'Aide alimentaire',
  donor: { fr: 'Exemplie', en: 'Exampleland' },
  recipient: null,
  fund: null,
  mechanism: { fr: 'Subvention bilatérale', en: 'Bilateral grant' },
  states: ['MLI', 'NER'],
  sectors: ['FSC'],
  plans: [],
  valueDate: '2025-03-10',
  occurredOn: null,
  recordedAt: '2025-03-11T23:59:59.999999Z',
  amount: '819946378',
  currency: 'XOF',
  converted: '1350000.04',
  rates: [
    { base: 'EUR', quote: 'XOF', rate: '655.957', date: '1999-01-01', source: 'BCEAO/BEAC' },
    { base: 'EUR', quote: 'USD', rate: '1.0800', date: '2025-03-07', source: 'ECB' },
  ],
  source: 'fts',
};
const entries: ReportEntries = { currency: 'USD', total: 45_000, rows: [entry, { ...entry, reference: 'DEC-2', rates: [], source: null, amount: '12.345', currency: 'KWD' }] };
const provenance: Provenance = {
  sources: [{ system: null, lines: 12 }, { system: 'fts', lines: 44_988 }],
  rates: [{ source: 'ECB', base: 'EUR', quote: 'USD', from: '2025-01-02', to: '2025-12-31', lines: 44_000 }],
  sameCurrency: 1000,
};
const hash = 'a1b2c3'.repeat(11).slice(0, 64);
const stamp: Stamp = { code: 'ABCDEFGHJKMN', hash, verifyUrl: 'https://liptako.example.org/verify/ABCDEFGHJKMN', asOf: '2026-05-01T14:05:00.123456Z', codeVersion: '0.1.0' };

const texts = (sheet: ReadSheet | undefined) => (sheet?.rows ?? []).flat().flatMap((one) => (one === null ? [] : [String(one.value)]));
const sheetOf = (book: ReadWorkbook, name: string) => book.sheets.find((sheet) => sheet.name === name);

async function written(of: ReportDocument = document, more: { entries?: ReportEntries | null; provenance?: Provenance | null } = {}): Promise<ReadWorkbook> {
  return readXlsx(await renderXlsx(of, more.entries === undefined ? entries : more.entries, more.provenance === undefined ? provenance : more.provenance, stamp));
}

/** A cell as it must be read back. */
function expected(one: Cell): Partial<ReadCell> | null {
  if (one.kind === 'text') return { type: 'text', value: one.text, formula: false };
  if (one.value === null) return null;
  if (one.kind === 'amount' && one.value === '1234567890123456') return { type: 'text', value: one.value, format: '@' };
  const formats = { amount: one.kind === 'amount' && one.currency === 'XOF' ? '#,##0' : '#,##0.00', percent: '0.00%', count: '#,##0', day: 'dd/mm/yyyy' };
  return { type: 'number', value: one.kind === 'day' ? serialOf(one.value) : Number(one.value), format: formats[one.kind], formula: false };
}

describe('a report as a workbook', () => {
  test('has a sheet for the report, for each table and chart, for the entries and the method', async () => {
    const book = await written();
    expect(book.sheets.map(({ name }) => name)).toEqual(['Rapport', 'Par trimestre', 'Par donateur et par État, avec…', 'Par secteur', 'Écritures', 'Méthode']);
    expect(book.title).toBe(document.title);
    expect(book.created).toEqual(new Date('2026-05-01T14:05:00Z'));
    const english = await written({ ...document, language: 'en' });
    expect([english.sheets[0], english.sheets[4], english.sheets[5]].map((sheet) => sheet?.name)).toEqual(['Report', 'Entries', 'Method']);
  });

  test('begins with the figures, each beside what it contains', async () => {
    const [report] = (await written()).sheets;
    expect(texts(report)).toEqual(expect.arrayContaining([document.title, ...document.subtitle, 'L’essentiel', 'Une phrase.']));
    expect(texts(report).join('\n')).toMatch(/1er mai 2026[^]*ABCD-EFGH-JKMN/);
    const figure = report?.rows.find((row) => row[0]?.value === 'Payé');
    expect(figure).toMatchObject([{ value: 'Payé' }, { type: 'number', value: 1250000.49, format: '#,##0.00\u00A0"EUR"' }, { value: 'Tous les décaissements approuvés.' }]);
  });

  test('holds every value of a table as what it is', async () => {
    const sheet = sheetOf(await written(), 'Par donateur et par État, avec…');
    expect(sheet).toMatchObject({ frozen: 3, filter: 'A3:F5' });
    expect(sheet?.rows[0]?.[0]?.value).toBe(table.title);
    expect(sheet?.rows[1]?.[0]?.value).toBe(table.rule);
    expect(sheet?.rows[2]?.map((one) => one?.value)).toEqual(table.columns.map(({ title }) => title));
    expect(sheet?.rows).toHaveLength(3 + table.rows.length);
    table.rows.forEach(({ cells }, row) => {
      cells.forEach((one, column) => {
        const read = sheet?.rows[3 + row]?.[column] ?? null;
        const wanted = expected(one);
        if (wanted === null) expect(read).toBeNull();
        else expect(read).toMatchObject(wanted);
      });
    });
    expect(Math.min(...(sheet?.widths ?? []))).toBeGreaterThan(8);
  });

  test('says of an empty table that it is', async () => {
    const sheet = sheetOf(await written(), 'Par secteur');
    expect(sheet?.rows.at(-1)?.[0]?.value).toBe('Rien.');
    expect(sheet?.filter).toBe('A3:F3');
  });

  test('gives the data of a chart', async () => {
    const sheet = sheetOf(await written(), 'Par trimestre');
    expect(sheet?.rows.slice(2)).toMatchObject([
      [{ value: 'Rubrique' }, { value: 'Payé (EUR)' }],
      [{ value: 'T1' }, { type: 'number', value: 1250000.49, format: '#,##0.00' }],
      [{ value: 'T2' }, null],
    ]);
  });

  test('lists the entries, and says how many there are', async () => {
    const sheet = sheetOf(await written(), 'Écritures');
    expect(sheet?.frozen).toBe(3);
    expect(sheet?.rows[1]?.[0]?.value).toMatch(/^Les 2 premières de 45\u202F000 écritures/);
    const head = sheet?.rows[2]?.map((one) => one?.value) ?? [];
    const at = (row: number, title: string) => sheet?.rows[row]?.[head.indexOf(title)];
    expect(at(3, 'Montant')).toMatchObject({ value: 819946378, format: '#,##0' });
    expect(at(4, 'Montant')).toMatchObject({ value: 12.345, format: '#,##0.000' });
    expect(at(3, 'Converti (USD)')).toMatchObject({ value: 1350000.04, format: '#,##0.00' });
    expect(at(3, 'Date de valeur')).toMatchObject({ value: serialOf('2025-03-10'), format: 'dd/mm/yyyy' });
    expect(at(3, 'Enregistré le (UTC)')).toMatchObject({ value: serialOf('2025-03-11') });
    expect(at(3, 'États')?.value).toBe('MLI, NER');
    expect(at(3, 'Donateur')?.value).toBe('Exemplie');
    expect(at(3, 'Taux de change')?.value).toBe('1 EUR = 655,957 XOF (BCEAO/BEAC, 01/01/1999) · 1 EUR = 1,0800 USD (ECB, 07/03/2025)');
    expect(at(3, 'Source')?.value).toMatch(/FTS/);
    expect(at(4, 'Source')?.value).toBe('Saisie dans Liptako');
  });

  test('ends with the method, the sources and what proves a copy', async () => {
    const sheet = sheetOf(await written(), 'Méthode');
    expect(texts(sheet)).toEqual(expect.arrayContaining([...document.method, stamp.verifyUrl, 'ECB', 'EUR → USD']));
    expect(texts(sheet).join('\n')).toContain(hash);
    expect(sheet?.rows.flat()).toContainEqual(expect.objectContaining({ type: 'number', value: 44_988 }));
  });

  test('of a report without entries of its own says so', async () => {
    const book = await written(document, { entries: null, provenance: null });
    expect(sheetOf(book, 'Écritures')).toBeUndefined();
    expect(texts(sheetOf(book, 'Méthode')).join('\n')).toMatch(/ne proviennent pas d’écritures/);
  });

  test('is the same to the byte for the same report', async () => {
    const first = await renderXlsx(document, entries, provenance, stamp);
    expect((await renderXlsx(document, entries, provenance, stamp)).equals(first)).toBe(true);
    expect((await renderXlsx(document, entries, provenance, { ...stamp, asOf: '2026-05-02T14:05:00.123456Z' })).equals(first)).toBe(false);
  });
});

test('a sheet is never longer than Excel reads, and keeps a row to say what is missing', () => {
  const most = 1_048_576;
  const rows = Array<number>(most + 1).fill(0);
  expect(fitting(rows, 3)).toHaveLength(most - 4);
  expect(fitting(rows.slice(0, most - 3), 3)).toHaveLength(most - 3);
});
