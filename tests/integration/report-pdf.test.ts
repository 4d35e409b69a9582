import { describe, expect, test } from '@jest/globals';
import { cell, type ReportDocument, type Table } from '../../src/features/reports/document.js';
import { renderPdf } from '../../src/features/reports/render/pdf.js';
import { languages } from '../../src/i18n/language.js';
import { readPdf } from '../support/pdf.js';
import { byDonor, byMonth, pageDocument, provenance, reportDocument, stamp, tableOf } from '../support/report-sample.js';

const read = async (document: ReportDocument, origin: typeof provenance | null = provenance) => readPdf(await renderPdf(document, origin, stamp));
const section = (title: string, ...blocks: ReportDocument['sections'][number]['blocks']) => ({ id: title.toLowerCase(), title, blocks });
const flat = (text: string) => text.replace(/\s+/g, ' ');

describe('a report on one page', () => {
  test.each(languages)('is one page of A4, however full (%s)', async (language) => {
    const { pages, sizes } = await read(pageDocument(language));
    expect(pages).toBe(1);
    expect(sizes[0]!.width).toBeCloseTo(595.3, 0);
    expect(sizes[0]!.height).toBeCloseTo(841.9, 0);
  });

  test('is set smaller where its text is longer', async () => {
    const document = pageDocument('fr');
    const { pages, text } = await read({ ...document, method: Array.from({ length: 12 }, () => document.method[0]!) });
    expect(pages).toBe(1);
    expect(text).toContain('Vérifier cette copie');
  });

  test('has its figures, each with its rule, the method, the sources and the rates', async () => {
    const text = flat((await read(pageDocument('fr'))).text);
    expect(text).toContain('412 345 678,50');
    expect(text).toContain('elles n’entrent dans aucun total');
    expect(text).toContain('Un flux partagé entre plusieurs États compte une seule fois, à part.');
    expect(text).toContain('Service de surveillance financière d’OCHA (FTS) (1 021)');
    expect(text).toMatch(/ECB EUR → USD, du 03\/01\/2025 au 30\/04\/2026 \(412\)/);
  });
});

describe('for who does not see it', () => {
  test.each(languages)('the document is tagged, in its language, with its title, bookmarks and table heads (%s)', async (language) => {
    const document = pageDocument(language);
    const pdf = await read(document);
    expect(pdf).toMatchObject({ tagged: true, language, title: document.title });
    expect(pdf.author).toContain('Liptako');
    expect(pdf.outline).toEqual(expect.arrayContaining(document.sections.map(({ title }) => title)));
    const roles = pdf.structure.map(({ role }) => role);
    expect(roles).toEqual(expect.arrayContaining(['H1', 'H2', 'Table', 'THead', 'TH', 'TD', 'Figure', 'Link']));
    expect(roles.filter((role) => role === 'TH')).toHaveLength(2 * 5);
  });

  test('each chart, and the QR code, has words that stand for it', async () => {
    const { structure } = await read(pageDocument('fr'));
    const figures = structure.filter(({ role }) => role === 'Figure');
    expect(figures).toHaveLength(4);
    expect(figures.map(({ alt }) => alt)).toEqual(expect.arrayContaining([byDonor.alternative, expect.stringContaining(stamp.verifyUrl)]));
  });

  test('the file says that it keeps to PDF/UA-1', async () => {
    expect((await renderPdf(pageDocument('fr'), provenance, stamp)).toString('latin1')).toContain('pdfuaid');
  });
});

describe('the stamp', () => {
  test('every page has the code and its number at its foot', async () => {
    const { pages, texts } = await read(reportDocument('fr', [section('Long', tableOf('long', 120, 3))]));
    expect(pages).toBeGreaterThan(2);
    texts.forEach((text, at) => {
      expect(flat(text)).toContain('Code de vérification : B3F2-91AC-77D0');
      expect(flat(text)).toContain(`Page ${at + 1} sur ${pages}`);
    });
    expect(flat(texts.at(-1)!)).toContain(stamp.hash);
    expect(flat(texts.at(-1)!)).toContain(stamp.verifyUrl);
  });

  test('the pages after the first say at their head what they belong to', async () => {
    const { texts } = await read(reportDocument('en', [section('Long', tableOf('long', 120, 3))]));
    expect(texts[1]).toContain('Mali at a glance');
    expect(texts[1]).toContain('As recorded on Friday, 1 May 2026 at 14:05 GMT');
  });
});

describe('tables', () => {
  test('their heads come again on each page', async () => {
    const { texts } = await read(reportDocument('fr', [section('Long', tableOf('long', 120, 3))]));
    for (const text of texts.slice(0, 3)) expect(text).toContain('Donateur');
  });

  test('after 500 rows the rest is counted, and the total kept', async () => {
    const long = tableOf('long', 1234, 3);
    const total = { total: true as const, cells: [cell.text('TOTAL DE TOUS'), cell.amount('99', 'USD'), cell.amount('98', 'USD')] };
    const text = flat((await read(reportDocument('fr', [section('Long', { ...long, rows: [...long.rows, total] })]))).text);
    expect(text).toContain('Donateur 500 ');
    expect(text).not.toContain('Donateur 501 ');
    expect(text).toContain('TOTAL DE TOUS');
    expect(text).toContain('Et 734 lignes de plus : le classeur les contient toutes.');
  });

  test('one of more than seven columns lies across pages of its own', async () => {
    const { sizes, texts } = await read(reportDocument('fr', [section('Avant', tableOf('a', 2, 3)), section('Large', tableOf('b', 2, 9)), section('Après', byMonth)]));
    const across = sizes.map(({ width, height }) => width > height);
    expect(across).toEqual([false, true, false]);
    expect(texts[1]).toContain('Tableau b');
  });

  test('figures are not broken in a table of very many columns', async () => {
    const { text } = await read(reportDocument('fr', [section('Large', tableOf('b', 3, 13))]));
    expect(text).toContain('1 002 011,50');
  });

  test('one without rows says so', async () => {
    const { text } = await read(reportDocument('fr', [section('Rien', tableOf('a', 0, 3))]));
    expect(text).toContain('Aucune ligne.');
  });
});

describe('any text', () => {
  const names = ['#strong[a] $x^2$ *b* _c_ `d` "e" \\ <f> @g // h', '#read("pdf.ts")', '#panic("x")', '&amp; <svg onload="x">', 'محمد بن راشد', 'Ɓoŋgo Ŋ’Diaye'];

  test('is shown as it is, never read as markup', async () => {
    const table: Table = { ...tableOf('names', 0, 1), rows: names.map((name) => ({ cells: [cell.text(name)] })) };
    const chart = { ...byDonor, categories: names };
    const { text, outline } = await read({ ...reportDocument('en', [section(names[0]!, table, chart)]), title: names[0]!, subtitle: [names[1]!], method: names });
    for (const name of [...names.slice(0, 4), names[5]!]) expect(flat(text)).toContain(name);
    expect(outline).toContain(names[0]);
  });

  test('with characters that no font draws, or that turn the direction of reading, gives a document nevertheless', async () => {
    const strange = 'Aide 🤝 漢字 \u202Eevil\u202C \u0007\u{10FFFF}\uFFFE end';
    const document = reportDocument('fr', [section(strange, { ...tableOf('a', 0, 1), rows: [{ cells: [cell.text(strange)] }] }, { ...byDonor, title: strange, alternative: strange, categories: [strange] })]);
    const { text } = await read({ ...document, title: strange, subtitle: [strange], method: [strange] });
    expect(text).toContain('Aide □ □□ evil □□ end');
  });

  test('in a word wider than its column stays in it', async () => {
    const word = 'REFERENCE/'.repeat(20);
    const { text } = await read(reportDocument('fr', [section('Mot', { ...tableOf('a', 0, 6), rows: [{ cells: [cell.text(word), ...Array.from({ length: 5 }, () => cell.amount('123456789.50', 'USD'))] }] })]));
    expect(text.replace(/\s/g, '')).toContain(word);
    expect(text).toContain('123 456 789,50');
  });
});

test('nothing at all still is a document', async () => {
  const { pages, text } = await read({ ...reportDocument('fr', []), subtitle: [], method: [] }, null);
  expect(pages).toBe(1);
  expect(text).toContain('Vérifier cette copie');
});

test('the same document and stamp give the same bytes, also after others', async () => {
  const document = reportDocument('fr', [section('Un', byDonor, tableOf('a', 40, 9))]);
  const first = await renderPdf(document, provenance, stamp);
  await renderPdf(pageDocument('en'), null, stamp);
  expect((await renderPdf(document, provenance, stamp)).equals(first)).toBe(true);
  expect((await readPdf(first)).created).toBe('D:20260501140507Z');
});
