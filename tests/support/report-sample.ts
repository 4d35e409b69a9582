import { cell, type Chart, type Column, type ReportDocument, type Stamp, type Table } from '../../src/features/reports/document.js';
import type { Provenance } from '../../src/features/reports/entries.js';
import type { Language } from '../../src/i18n/language.js';

export const stamp: Stamp = {
  code: 'B3F291AC77D0',
  hash: 'b3f291ac77d0c0ffee00b3f291ac77d0c0ffee00b3f291ac77d0c0ffee001234',
  verifyUrl: 'https://liptako.example.org/verify/B3F291AC77D0',
  asOf: '2026-05-01T14:05:07.123456Z',
  codeVersion: '0.1.0',
};

export const provenance: Provenance = {
  sources: [{ system: null, lines: 312 }, { system: 'fts', lines: 1021 }],
  rates: [
    { source: 'ECB', base: 'EUR', quote: 'USD', from: '2025-01-03', to: '2026-04-30', lines: 412 },
    { source: 'BCEAO', base: 'EUR', quote: 'XOF', from: '1999-01-01', to: '1999-01-01', lines: 204 },
  ],
  sameCurrency: 717,
};

const usd = { kind: 'amount', currency: 'USD' } as const;

export const byDonor: Chart = {
  type: 'chart',
  id: 'by-donor',
  title: 'Annoncé, engagé et payé par donateur',
  form: 'bars',
  unit: usd,
  categories: ['Union européenne', 'Banque mondiale', 'Koweït', 'Allemagne', 'Japon', 'Autres'],
  series: [
    { name: 'Annoncé', measure: 'pledged', values: ['120000000', '90000000', '45000000', '30000000', '5000000', '0'] },
    { name: 'Engagé', measure: 'committed', values: ['100000000', '60000000', '45000000', null, '4000000', '1200000.50'] },
    { name: 'Payé', measure: 'paid', values: ['80000000', '20000000', '-5000000', '0', '1000000', '1'] },
  ],
  alternative: 'L’Union européenne a annoncé 120 millions de dollars et en a payé 80.',
};

export const bySector: Chart = {
  type: 'chart',
  id: 'by-sector',
  title: 'Couverture par secteur',
  form: 'stacked',
  unit: usd,
  categories: ['Sécurité alimentaire', 'Santé', 'Eau et assainissement', 'Protection', 'Éducation', 'Abris'],
  series: [
    { name: 'Financé', measure: 'paid', values: ['50000000', '20000000', '1000000', '0', null, '30000000'] },
    { name: 'Manque', measure: 'missing', values: ['70000000', '2000000', '30000000', '20000000', '15000000', '0'] },
  ],
  alternative: 'La sécurité alimentaire manque de 70 millions de dollars.',
};

export const byMonth: Chart = {
  type: 'chart',
  id: 'by-month',
  title: 'Payé par mois',
  form: 'columns',
  unit: usd,
  categories: ['janv.', 'févr.', 'mars', 'avr.', 'mai', 'juin', 'juil.', 'août', 'sept.', 'oct.', 'nov.', 'déc.'],
  series: [
    { name: 'Engagé', measure: 'committed', values: ['0', '2500000', '4900000', '1200000', '3700000', '0', '2500000', '4900000', '1200000', '3700000', '0', '2500000'] },
    { name: 'Payé', measure: 'paid', values: ['0', '2800000', '5600000', '1900000', '4700000', '900000', '3700000', '0', '2800000', '5600000', '1900000', '4700000'] },
  ],
  alternative: 'Les paiements ont culminé en mars et en octobre à 5,6 millions de dollars.',
};

/** A table of one column of names, then amounts. */
export function tableOf(id: string, rows: number, columns: number): Table {
  const amounts = Array.from({ length: columns - 1 }, (_, at): Column => ({ title: `Engagé ${at + 1} (USD)`, kind: 'amount' }));
  return {
    type: 'table',
    id,
    title: `Tableau ${id}`,
    rule: 'Engagements fermes, contre-passations comprises.',
    empty: 'Aucune ligne.',
    columns: [{ title: 'Donateur', kind: 'text' }, ...amounts],
    rows: Array.from({ length: rows }, (_, row) => ({
      cells: [cell.text(`Donateur ${row + 1}`), ...amounts.map((_column, at) => cell.amount(`${1_000_000 + row * 1000 + at}.50`, 'USD'))],
    })),
  };
}

const words = {
  fr: {
    title: 'Situation du Mali',
    subtitle: ['Financement de l’action humanitaire : Mali, 2026', 'En USD ; flux enregistrés jusqu’au 1er mai 2026'],
    figures: ['Annoncé', 'Engagé', 'Payé', 'Déficit du plan'],
    rules: ['Annonces faites au Mali ; elles n’entrent dans aucun total de financement.', 'Engagements fermes et écrits, contre-passations comprises.', 'Décaissements approuvés, au taux de leur date de valeur.', 'Fonds requis moins engagements attribués au plan ; jamais négatif.'],
    method: ['Annonces, engagements et décaissements sont les étapes d’une même promesse : ils ne s’additionnent jamais.', 'Un flux partagé entre plusieurs États compte une seule fois, à part.', 'Chaque écriture est convertie au taux de sa date de valeur, puis arrondie une fois.'],
  },
  en: {
    title: 'Mali at a glance',
    subtitle: ['Humanitarian financing: Mali, 2026', 'In USD; flows recorded until 1 May 2026'],
    figures: ['Pledged', 'Committed', 'Paid', 'Gap of the plan'],
    rules: ['Pledges made to Mali; they are in no funding total.', 'Firm, written commitments, reversals included.', 'Approved payments, at the rate of their value date.', 'Requirements less what is committed to the plan; never negative.'],
    method: ['Pledges, commitments and payments are stages of one promise: they are never added together.', 'A flow shared among several states counts once, apart.', 'Each entry is converted at the rate of its value date, then rounded once.'],
  },
} as const;

const measures = ['pledged', 'committed', 'paid', 'missing'] as const;
const values = ['412345678.50', '298765432.10', '187654321.00', '113580246.40'] as const;

/** A document as full as what a minister gets on one page: four figures, three charts, two tables. */
export function pageDocument(language: Language): ReportDocument {
  const { title, subtitle, figures, rules, method } = words[language];
  return {
    kind: 'state_brief',
    language,
    title,
    subtitle,
    layout: 'page',
    method,
    sections: [
      { id: 'short', title: figures[1], blocks: [{ type: 'figures', figures: figures.map((label, at) => ({ label, rule: rules[at] ?? '', measure: measures[at] ?? 'neutral', value: cell.amount(values[at] ?? null, 'USD') })) }] },
      { id: 'charts', title: figures[0], blocks: [byDonor, bySector, byMonth] },
      { id: 'changes', title: figures[2], blocks: [{ type: 'text', paragraphs: [rules[1]] }, tableOf('changes', 5, 5)] },
      { id: 'late', title: figures[3], blocks: [tableOf('late', 5, 5)] },
    ],
  };
}

/** The same at length, with the sections given. */
export function reportDocument(language: Language, sections: ReportDocument['sections']): ReportDocument {
  return { ...pageDocument(language), kind: 'regional', layout: 'report', sections };
}
