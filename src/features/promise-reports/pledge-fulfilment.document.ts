import type { Language } from '../../i18n/language.js';
import { mechanismFigureText } from '../../i18n/mechanism-figures.js';
import { promiseReportText as text } from '../../i18n/promise-reports.js';
import { type Block, cell, type Figure, type Measure, type ReportDocument, type Row, type Section, type Table } from '../reports/document.js';
import { chartOf, largestBars, latestBars, namesLine, namesOf, periodLine, textsIn, totalRow } from '../reports/document-parts.js';
import type { Reading } from '../reports/view.js';
import { amountColumns, promiseFigure } from './promise-document.js';
import type { FulfilmentFigures, FulfilmentResult } from './promise-reports.schema.js';

/** Pledges that a document lists; a file of all of them would be no reading matter. */
const MOST_PLEDGES = 50;

/** Rates do not add up: those of the largest groups are told, without the others. */
const MOST_RATES = 8;

const measures = { pledged: 'pledged', converted: 'committed', paid: 'paid', late: 'missing' } as const satisfies Record<string, Measure>;

/** What became of what was pledged, as people read it. */
export function fulfilmentDocument(result: FulfilmentResult, reading: Reading): ReportDocument {
  const { language } = reading;
  const say = textsIn(language);
  const section = (id: 'summary' | 'groups' | 'pledges' | 'reversed', blocks: readonly Block[]): Section => ({ id, title: text(language, `section.${id}`), blocks });
  return {
    kind: result.kind,
    language,
    title: say('title.pledge_fulfilment'),
    subtitle: subtitleOf(result, reading),
    layout: 'report',
    sections: [
      section('summary', [{ type: 'figures', figures: figuresOf(result, language) }, ...chartsOf(result, language)]),
      section('groups', [amountsTable(result, language), speedTable(result, language)]),
      section('pledges', [pledgesTable(result, language)]),
      ...(result.reversed.length === 0 ? [] : [section('reversed', [reversedTable(result, language)])]),
    ],
    method: result.notes[language],
  };
}

function subtitleOf({ groupBy, filters, labels, currency }: FulfilmentResult, { language, reference }: Reading): readonly string[] {
  return [
    ...namesLine(language, 'what.by', [text(language, `groupBy.${groupBy}`)]),
    periodLine(language, filters.from ?? null, filters.to ?? null),
    ...namesLine(language, 'what.states', namesOf(language, filters.countries ?? [], reference.countries)),
    ...namesLine(language, 'what.donors', (filters.donorIds ?? []).map((id) => labels.organisations[id]?.[language] ?? id)),
    ...namesLine(language, 'what.mechanisms', namesOf(language, filters.mechanisms ?? [], reference.mechanisms)),
    textsIn(language)('subtitle.currency', { currency }),
  ];
}

function figuresOf({ total, currency }: FulfilmentResult, language: Language): readonly Figure[] {
  const amounts = (['pledged', 'converted', 'paid', 'late'] as const).map((name) => promiseFigure(language, name, cell.amount(total[name], currency), measures[name]));
  return [...amounts, promiseFigure(language, 'fulfilmentRate', cell.percent(total.fulfilmentRate), 'neutral')];
}

function nameOf({ labels }: FulfilmentResult, key: string, language: Language): string {
  return labels.groups[key]?.[language] ?? key;
}

function chartsOf(result: FulfilmentResult, language: Language): readonly Block[] {
  const { rows, groupBy, currency } = result;
  const bars = rows.map(({ key, pledged, converted, paid }) => ({ name: nameOf(result, key, language), values: [pledged, converted, paid] }));
  const inTime = groupBy === 'year';
  return [
    ...chartOf(language, {
      id: 'stages',
      title: text(language, 'chart.stages'),
      form: inTime ? 'columns' : 'bars',
      unit: { kind: 'amount', currency },
      series: (['pledged', 'converted', 'paid'] as const).map((name) => ({ name: text(language, `column.${name}`), measure: measures[name] })),
      bars: inTime ? latestBars(language, bars) : largestBars(language, bars),
    }),
    ...chartOf(language, {
      id: 'fulfilment',
      title: text(language, 'chart.rates'),
      form: inTime ? 'columns' : 'bars',
      unit: { kind: 'percent' },
      series: [{ name: text(language, 'column.fulfilmentRate'), measure: 'paid' }],
      bars: (inTime ? rows.slice(-MOST_RATES) : rows.slice(0, MOST_RATES)).map(({ key, fulfilmentRate }) => ({ name: nameOf(result, key, language), values: [fulfilmentRate] })),
    }),
  ];
}

function amountsTable(result: FulfilmentResult, language: Language): Table {
  const { currency, groupBy } = result;
  const names = ['pledged', 'converted', 'paid', 'outstanding', 'late'] as const;
  const cells = (name: string, figures: FulfilmentFigures) => [
    cell.text(name),
    cell.count(figures.pledges),
    ...names.map((one) => cell.amount(figures[one], currency)),
    cell.percent(figures.fulfilmentRate),
  ];
  return {
    type: 'table',
    id: 'amounts',
    title: text(language, 'table.amounts'),
    columns: [
      { title: text(language, `groupBy.${groupBy}`), kind: 'text', weight: 2 },
      { title: mechanismFigureText(language, 'pledges'), kind: 'count', weight: 0.8 },
      ...amountColumns(language, currency, names.map((name) => `column.${name}` as const)),
      { title: text(language, 'column.fulfilmentRate'), kind: 'percent', weight: 0.9 },
    ],
    rows: withTotal(result, language, cells),
    rule: text(language, 'table.amounts.rule'),
    empty: text(language, 'empty.pledges'),
  };
}

function speedTable(result: FulfilmentResult, language: Language): Table {
  const cells = (name: string, { statuses, conversionRate, days }: FulfilmentFigures) => [
    cell.text(name),
    ...(['kept', 'in_part', 'not_yet', 'late'] as const).map((status) => cell.count(statuses[status])),
    cell.percent(conversionRate),
    cell.count(days.pledgeToCommitment.median),
    cell.count(days.commitmentToFirstPayment.median),
  ];
  return {
    type: 'table',
    id: 'speed',
    title: text(language, 'table.speed'),
    columns: [
      { title: text(language, `groupBy.${result.groupBy}`), kind: 'text', weight: 2 },
      ...(['kept', 'in_part', 'not_yet', 'late'] as const).map((status) => ({ title: text(language, `column.${status}`), kind: 'count' as const })),
      { title: text(language, 'column.conversionRate'), kind: 'percent' },
      ...(['pledgeToCommitment', 'commitmentToFirstPayment'] as const).map((name) => ({ title: text(language, `column.${name}`), kind: 'count' as const, weight: 1.2 })),
    ],
    rows: withTotal(result, language, cells),
    rule: text(language, 'table.speed.rule'),
    empty: text(language, 'empty.pledges'),
  };
}

function withTotal(result: FulfilmentResult, language: Language, cells: (name: string, figures: FulfilmentFigures) => Row['cells']): readonly Row[] {
  const { rows, total } = result;
  if (rows.length === 0) return [];
  return [...rows.map((row) => ({ cells: cells(nameOf(result, row.key, language), row) })), totalRow(cells(text(language, 'total'), total))];
}

function pledgesTable({ pledges, labels, currency }: FulfilmentResult, language: Language): Table {
  const shown = pledges.slice(0, MOST_PLEDGES);
  const names = ['pledged', 'converted', 'paid', 'outstanding', 'late'] as const;
  return {
    type: 'table',
    id: 'pledges-one-by-one',
    title: text(language, 'table.pledges'),
    columns: [
      { title: mechanismFigureText(language, 'reference'), kind: 'text', weight: 1.6 },
      { title: mechanismFigureText(language, 'donor'), kind: 'text', weight: 2 },
      { title: mechanismFigureText(language, 'pledgedOn'), kind: 'day' },
      { title: mechanismFigureText(language, 'status'), kind: 'text', weight: 1.2 },
      { title: mechanismFigureText(language, 'pledgedOwn'), kind: 'amount', weight: 1.4 },
      { title: mechanismFigureText(language, 'currency'), kind: 'text', weight: 0.7 },
      ...amountColumns(language, currency, names.map((name) => `column.${name}` as const)),
    ],
    rows: shown.map((row) => ({
      cells: [
        cell.text(row.reference),
        cell.text(labels.organisations[row.donorId]?.[language] ?? row.donorId),
        cell.day(row.pledgedOn),
        cell.text(mechanismFigureText(language, `status.${row.status}`)),
        cell.amount(row.own.pledged, row.currency),
        cell.text(row.currency),
        ...names.map((name) => cell.amount(row.figures?.[name] ?? null, currency)),
      ],
    })),
    rule: text(language, 'table.pledges.rule', { shown: String(shown.length), count: String(pledges.length) }),
    empty: text(language, 'empty.pledges'),
  };
}

function reversedTable({ reversed, labels }: FulfilmentResult, language: Language): Table {
  return {
    type: 'table',
    id: 'reversed-pledges',
    title: text(language, 'table.reversed'),
    columns: [
      { title: mechanismFigureText(language, 'reference'), kind: 'text' },
      { title: mechanismFigureText(language, 'donor'), kind: 'text', weight: 2 },
      { title: mechanismFigureText(language, 'pledgedOwn'), kind: 'amount' },
      { title: mechanismFigureText(language, 'currency'), kind: 'text' },
    ],
    rows: reversed.map(({ reference, donorId, amount }) => ({
      cells: [cell.text(reference), cell.text(labels.organisations[donorId]?.[language] ?? donorId), cell.amount(amount.amount, amount.currency), cell.text(amount.currency)],
    })),
    empty: text(language, 'empty.pledges'),
  };
}
