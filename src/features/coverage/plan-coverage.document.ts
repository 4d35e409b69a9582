import { documentText, reportTitle } from '../../i18n/documents.js';
import { coverageText } from '../../i18n/coverage.js';
import type { Language } from '../../i18n/language.js';
import { type Block, cell, type Column, type ReportDocument, type Row, type Section, type Table } from '../reports/document.js';
import {
  chartOf, figure, largestBars, leftOutSection, namesLine, namesOf, shareOfPercent, summarySection, textsIn, totalRow,
} from '../reports/document-parts.js'; // prettier-ignore
import type { Reading } from '../reports/view.js';
import type { CoverageResult } from './coverage.schema.js';

type Figures = CoverageResult['total'];

/** What plans require, have and lack, as people read it. */
export function planCoverageDocument(result: CoverageResult, reading: Reading): ReportDocument {
  const { language } = reading;
  const say = textsIn(language);
  const { currency, total } = result;
  const money = (value: string | null) => cell.amount(value, currency);
  return {
    kind: result.kind,
    language,
    title: reportTitle(result.kind, language),
    subtitle: subtitleOf(result, reading),
    layout: 'report',
    sections: [
      summarySection(
        language,
        [
          figure(language, 'requirements', money(total.requirements), 'neutral'),
          figure(language, 'funded', money(total.funded), 'committed'),
          figure(language, 'paidOfPlans', money(total.paid), 'paid'),
          figure(language, 'gap', money(total.gap), 'missing'),
          figure(language, 'coverage', cell.percent(shareOf(total)), 'neutral'),
        ],
        chartsOf(result, language),
      ),
      { id: 'details', title: say('section.details'), blocks: [coverageTable(result, language), originsTable(result, language), outsideTable(result, language)] },
      { id: 'groups', title: say('section.groups'), blocks: [groupsTable(result, language)] },
      ...publishedSection(result, reading),
      leftOut(result, language),
    ],
    method: result.notes[language],
  };
}

function shareOf({ coverage }: Pick<Figures, 'coverage'>): string | null {
  return coverage && shareOfPercent(coverage.exact);
}

function subtitleOf(result: CoverageResult, { language, reference }: Reading): readonly string[] {
  const say = textsIn(language);
  const { countries, years, plans, rows, groupBy } = result;
  const planName = (code: string) => (groupBy === 'plan' ? (rows.find((row) => row.code === code)?.name[language] ?? code) : code);
  return [
    ...namesLine(language, 'what.by', [coverageText(language, `grouping.${groupBy}`)]),
    ...(countries ? namesLine(language, 'what.states', namesOf(language, countries, reference.countries)) : [say('subtitle.allStates')]),
    ...namesLine(language, 'what.years', (years ?? []).map(String)),
    ...namesLine(language, 'what.plans', (plans ?? []).map(planName)),
    say('subtitle.currency', { currency: result.currency }),
  ];
}

function chartsOf({ groupBy, currency, rows, shared, notSpecified }: CoverageResult, language: Language): readonly Block[] {
  const say = textsIn(language);
  const special = [
    ...(shared ? [{ ...shared, name: coverageText(language, `row.shared.${groupBy}`) }] : []),
    ...(notSpecified ? [{ ...notSpecified, name: coverageText(language, 'row.notSpecified') }] : []),
  ];
  const bars = [...rows.map((row) => ({ ...row, name: row.name[language] })), ...special].map(({ name, funded, gap }) => ({ name, values: [funded, gap] }));
  return chartOf(language, {
    id: 'funded-and-missing',
    title: say('chart.coverage', { grouping: coverageText(language, `grouping.${groupBy}`) }),
    form: 'stacked',
    unit: { kind: 'amount', currency },
    series: [
      { name: say('label.funded'), measure: 'committed' },
      { name: say('label.gap'), measure: 'missing' },
    ],
    bars: largestBars(language, bars),
  });
}

/** The rows of a table by the grouping asked for, the total last. */
function rowsOf({ groupBy, rows, shared, notSpecified, total }: CoverageResult, language: Language, cellsOf: (figures: Figures) => Row['cells']): readonly Row[] {
  const named = (name: string, figures: Figures): Row => ({ cells: [cell.text(name), ...cellsOf(figures)] });
  const withCode = (row: CoverageResult['rows'][number]) => (groupBy === 'plan' ? `${row.name[language]} (${row.code})` : row.name[language]);
  return [
    ...rows.map((row) => named(withCode(row), row)),
    ...(shared ? [named(coverageText(language, `row.shared.${groupBy}`), shared)] : []),
    ...(notSpecified ? [named(coverageText(language, 'row.notSpecified'), notSpecified)] : []),
    totalRow(named(coverageText(language, 'row.total'), total).cells),
  ];
}

const amountColumn = (title: string): Column => ({ title, kind: 'amount', weight: 1.4 });

/** Amounts of several currencies are written without them. */
const currencyColumn = (language: Language): Column => ({ title: documentText(language, 'label.currency'), kind: 'text', weight: 0.6 });

function coverageTable(result: CoverageResult, language: Language): Table {
  const { currency } = result;
  const say = textsIn(language);
  const column = (name: 'requirements' | 'funded' | 'paid' | 'notYetPaid' | 'gap') => amountColumn(coverageText(language, `column.${name}`, { currency }));
  return {
    type: 'table',
    id: 'coverage',
    title: say('table.coverage'),
    columns: [
      { title: coverageText(language, `grouping.${result.groupBy}`), kind: 'text', weight: 2.4 },
      column('requirements'),
      column('funded'),
      column('gap'),
      { title: say('label.coverage'), kind: 'percent' },
      column('paid'),
      column('notYetPaid'),
    ],
    rows: rowsOf(result, language, (figures) => [
      ...[figures.requirements, figures.funded, figures.gap].map((value) => cell.amount(value, currency)),
      cell.percent(shareOf(figures)),
      ...[figures.paid, figures.notYetPaid].map((value) => cell.amount(value, currency)),
    ]),
    rule: say('table.coverage.rule'),
    empty: say('table.none'),
  };
}

function originsTable(result: CoverageResult, language: Language): Table {
  const { currency } = result;
  const say = textsIn(language);
  return {
    type: 'table',
    id: 'origins-and-people',
    title: say('table.origins'),
    columns: [
      { title: coverageText(language, `grouping.${result.groupBy}`), kind: 'text', weight: 2.4 },
      amountColumn(coverageText(language, 'column.direct', { currency })),
      amountColumn(coverageText(language, 'column.throughFunds', { currency })),
      { title: coverageText(language, 'column.inNeed'), kind: 'count' },
      { title: coverageText(language, 'column.targeted'), kind: 'count' },
      { title: say('label.reached'), kind: 'count' },
      { title: say('label.lines'), kind: 'count', weight: 0.8 },
    ],
    rows: rowsOf(result, language, ({ direct, throughFunds, inNeed, targeted, reached, lines }) => [
      cell.amount(direct, currency),
      cell.amount(throughFunds, currency),
      ...[inNeed, targeted, reached, lines].map(cell.count),
    ]),
    rule: say('table.origins.rule'),
    empty: say('table.none'),
  };
}

function outsideTable({ currency, outsidePlans, beyond }: CoverageResult, language: Language): Table {
  const say = textsIn(language);
  const column = (name: 'funded' | 'direct' | 'throughFunds' | 'paid' | 'notYetPaid') => amountColumn(coverageText(language, `column.${name}`, { currency }));
  const row = (key: 'row.outsidePlans' | 'row.beyond', { funded, direct, throughFunds, paid, notYetPaid, lines }: typeof outsidePlans): Row => ({
    cells: [cell.text(coverageText(language, key)), ...[funded, direct, throughFunds, paid, notYetPaid].map((value) => cell.amount(value, currency)), cell.count(lines)],
  });
  return {
    type: 'table',
    id: 'outside',
    title: say('table.outside'),
    columns: [
      { title: coverageText(language, 'column.part'), kind: 'text', weight: 2.4 },
      column('funded'),
      column('direct'),
      column('throughFunds'),
      column('paid'),
      column('notYetPaid'),
      { title: say('label.lines'), kind: 'count', weight: 0.8 },
    ],
    rows: [row('row.outsidePlans', outsidePlans), row('row.beyond', beyond)],
    rule: say('table.outside.rule'),
    empty: say('table.none'),
  };
}

function groupsTable({ currency, groups, membershipOn }: CoverageResult, language: Language): Table {
  const say = textsIn(language);
  const column = (name: 'requirements' | 'funded' | 'paid' | 'gap') => amountColumn(coverageText(language, `column.${name}`, { currency }));
  return {
    type: 'table',
    id: 'groups-of-states',
    title: say('table.groups'),
    columns: [
      { title: coverageText(language, 'column.group'), kind: 'text', weight: 2.4 },
      column('requirements'),
      column('funded'),
      column('gap'),
      { title: say('label.coverage'), kind: 'percent' },
      column('paid'),
    ],
    rows: groups.map(({ name, total }) => ({
      cells: [
        cell.text(name[language]),
        ...[total.requirements, total.funded, total.gap].map((value) => cell.amount(value, currency)),
        cell.percent(shareOf(total)),
        cell.amount(total.paid, currency),
      ],
    })),
    rule: coverageText(language, 'note.membership', { day: membershipOn }),
    empty: say('table.none'),
  };
}

/** What others publish, beside our figures; nothing where nobody does. */
function publishedSection({ currency, rows, publishedOutsidePlans }: CoverageResult, { language, reference }: Reading): readonly Section[] {
  const say = textsIn(language);
  const state = (code: string) => cell.text(namesOf(language, [code], reference.countries).join());
  const money = (amount: { readonly amount: string; readonly currency: string } | null) => cell.amount(amount?.amount ?? null, amount?.currency ?? currency);
  const currencyOf = (amount: { readonly currency: string } | null) => cell.text(amount?.currency ?? '');
  const ofPlans = rows.flatMap(({ code, published }) =>
    published.map((one): Row => ({
      cells: [
        ...[code, one.source].map(cell.text), state(one.country), cell.text(String(one.year)), currencyOf(one.requirements ?? one.funding),
        money(one.requirements), money(one.funding),
        cell.percent(one.percent === null ? null : shareOfPercent(`${one.percent}.0000`)), cell.day(one.asOf), cell.amount(one.difference, currency),
      ],
    })),
  ); // prettier-ignore
  if (ofPlans.length + publishedOutsidePlans.length === 0) return [];
  const where: readonly Column[] = [
    { title: say('label.publishedBy'), kind: 'text' },
    { title: coverageText(language, 'grouping.state'), kind: 'text' },
    { title: say('label.year'), kind: 'text', weight: 0.6 },
    currencyColumn(language),
  ];
  const funding: Column = { title: say('label.publishedFunding'), kind: 'amount', weight: 1.4 };
  const day: Column = { title: say('label.publishedOn'), kind: 'day' };
  return [
    {
      id: 'published',
      title: say('section.published'),
      blocks: [
        {
          type: 'table',
          id: 'published-of-plans',
          title: say('table.published'),
          columns: [
            { title: coverageText(language, 'grouping.plan'), kind: 'text' },
            ...where,
            amountColumn(say('label.publishedRequirements')),
            funding,
            { title: say('label.coverage'), kind: 'percent' },
            day,
            amountColumn(say('label.difference', { currency })),
          ],
          rows: ofPlans,
          rule: coverageText(language, 'note.published'),
          empty: say('table.none'),
        },
        {
          type: 'table',
          id: 'published-outside-plans',
          title: say('table.publishedOutside'),
          columns: [...where, funding, day],
          rows: publishedOutsidePlans.map((one) => ({ cells: [cell.text(one.source), state(one.country), cell.text(String(one.year)), currencyOf(one.funding), money(one.funding), cell.day(one.asOf)] })),
          empty: say('table.none'),
        },
      ],
    },
  ];
}

/** The entries that do not count, and the requirements that no rate converts. */
function leftOut({ leftOut: lines, unconverted }: CoverageResult, language: Language): Section {
  const say = textsIn(language);
  const section = leftOutSection(language, lines);
  if (unconverted.length === 0) return section;
  return {
    ...section,
    blocks: [
      ...section.blocks,
      {
        type: 'table',
        id: 'unconverted',
        title: say('table.unconverted'),
        columns: [
          { title: coverageText(language, 'grouping.plan'), kind: 'text' },
          currencyColumn(language),
          { title: say('label.requirements'), kind: 'amount' },
          { title: say('label.publishedOn'), kind: 'day' },
        ],
        rows: unconverted.map(({ plan, amount, asOf }) => ({ cells: [cell.text(plan), cell.text(amount.currency), cell.amount(amount.amount, amount.currency), cell.day(asOf)] })),
        empty: say('table.none'),
      },
    ],
  };
}
