import { fundFigureText } from '../../i18n/fund-figures.js';
import type { Language } from '../../i18n/language.js';
import { mechanismFigureText } from '../../i18n/mechanism-figures.js';
import { promiseReportText as text, type PromiseReportText } from '../../i18n/promise-reports.js';
import { type Block, cell, type Column, type Figure, type ReportDocument, type Row, type Section, type Table } from '../reports/document.js';
import { chartOf, largestBars, latestBars, leftOutSection, periodLine, textsIn, totalRow } from '../reports/document-parts.js';
import type { Reading } from '../reports/view.js';
import { amountColumns, promiseFigure } from '../promise-reports/promise-document.js';
import type { DonorStatement, StageSums } from './donor-statement.schema.js';

/** What one donor promised and paid, what is due, and where the money went, as people read it. */
export function donorStatementDocument(statement: DonorStatement, { language }: Reading): ReportDocument {
  const say = textsIn(language);
  const { donor, from, to, currency } = statement;
  const section = (id: 'whatWas' | 'due' | 'promises' | 'money', blocks: readonly Block[]): Section => ({ id, title: text(language, `section.${id}`), blocks });
  return {
    kind: statement.kind,
    language,
    title: say('title.donor_statement'),
    subtitle: [donor[language], periodLine(language, from, to), say('subtitle.currency', { currency })],
    layout: 'report',
    sections: [
      section('whatWas', [{ type: 'figures', figures: figuresOf(statement, language) }, ...yearChart(statement, language), yearTable(statement, language), destinationTable(statement, language)]),
      section('due', [dueTable(statement, language)]),
      section('promises', [promisesTable(statement, language), commitmentsTable(statement, language)]),
      section('money', [...stateChart(statement, language), recipientsTable(statement, language), fundsTable(statement, language)]),
      leftOutSection(language, statement.leftOut),
    ],
    method: statement.notes[language],
  };
}

function figuresOf({ total, currency }: DonorStatement, language: Language): readonly Figure[] {
  const money = (value: string) => cell.amount(value, currency);
  return [
    promiseFigure(language, 'donorPledged', money(total.pledged), 'pledged'),
    promiseFigure(language, 'donorCommitted', money(total.committed), 'committed'),
    promiseFigure(language, 'donorPaid', money(total.paid), 'paid'),
    promiseFigure(language, 'donorLate', money(total.late), 'missing'),
    promiseFigure(language, 'donorStill', money(total.still), 'neutral'),
  ];
}

const stages = ['pledged', 'committed', 'paid'] as const;

function yearChart({ byYear, currency }: DonorStatement, language: Language): readonly Block[] {
  return chartOf(language, {
    id: 'by-year',
    title: text(language, 'chart.byYear'),
    form: 'columns',
    unit: { kind: 'amount', currency },
    series: stages.map((stage) => ({ name: text(language, `column.${stage}`), measure: stage })),
    bars: latestBars(language, byYear.map((row) => ({ name: row.year, values: stages.map((stage) => row[stage]) }))),
  });
}

function stateChart({ attributed, labels, currency }: DonorStatement, language: Language): readonly Block[] {
  return chartOf(language, {
    id: 'by-state',
    title: text(language, 'chart.byState'),
    form: 'stacked',
    unit: { kind: 'amount', currency },
    series: [
      { name: text(language, 'column.direct'), measure: 'paid' },
      { name: text(language, 'column.throughFunds'), measure: 'neutral' },
    ],
    bars: largestBars(language, attributed.byState.map(({ state, direct, throughFunds }) => ({ name: labels.states[state]?.[language] ?? state, values: [direct, throughFunds] }))),
  });
}

const plain = (language: Language, key: PromiseReportText, kind: Column['kind'], weight = 1): Column => ({ title: text(language, key), kind, weight });

const stageColumns = (language: Language, currency: string) => amountColumns(language, currency, stages.map((stage) => `column.${stage}` as const));

/** Rows of the period with their total. */
function stageRows({ total, currency }: DonorStatement, language: Language, rows: readonly (StageSums & { readonly names: readonly string[] })[]): readonly Row[] {
  const [first] = rows;
  if (first === undefined) return [];
  const cells = (names: readonly string[], sums: StageSums) => [...names.map((name) => cell.text(name)), ...stages.map((stage) => cell.amount(sums[stage], currency))];
  return [...rows.map(({ names, ...sums }) => ({ cells: cells(names, sums) })), totalRow(cells([text(language, 'total'), ...first.names.slice(1).map(() => '')], total))];
}

function yearTable(statement: DonorStatement, language: Language): Table {
  return {
    type: 'table',
    id: 'years',
    title: text(language, 'table.byYear'),
    columns: [plain(language, 'column.year', 'text'), ...stageColumns(language, statement.currency)],
    rows: stageRows(statement, language, statement.byYear.map(({ year, ...sums }) => ({ ...sums, names: [year] }))),
    rule: text(language, 'table.journal.rule'),
    empty: text(language, 'empty.years'),
  };
}

function destinationTable(statement: DonorStatement, language: Language): Table {
  const { labels } = statement;
  const rows = statement.byDestination.map(({ fund, state, ...sums }) => ({ ...sums, names: [labels.funds[fund]?.[language] ?? fund, labels.states[state]?.[language] ?? state] }));
  return {
    type: 'table',
    id: 'destinations',
    title: text(language, 'table.byDestination'),
    columns: [plain(language, 'column.fund', 'text', 1.6), plain(language, 'column.state', 'text', 1.6), ...stageColumns(language, statement.currency)],
    rows: stageRows(statement, language, rows),
    rule: text(language, 'table.journal.rule'),
    empty: text(language, 'empty.years'),
  };
}

const nameIn = ({ labels }: DonorStatement, list: keyof DonorStatement['labels'], id: string | null, language: Language) => (id === null ? '' : (labels[list][id]?.[language] ?? id));

function dueTable(statement: DonorStatement, language: Language): Table {
  const { currency, due } = statement;
  return {
    type: 'table',
    id: 'instalments',
    title: text(language, 'table.due'),
    columns: [
      plain(language, 'column.dueOn', 'day'),
      plain(language, 'column.daysLate', 'count', 0.8),
      plain(language, 'column.stage', 'text'),
      plain(language, 'column.reference', 'text', 1.6),
      plain(language, 'column.partner', 'text', 2),
      plain(language, 'column.fund', 'text', 1.6),
      plain(language, 'column.unpaidOwn', 'amount', 1.4),
      plain(language, 'column.ownCurrency', 'text', 0.7),
      ...amountColumns(language, currency, ['column.unpaid']),
    ],
    rows: due.map((one) => ({
      cells: [
        cell.day(one.dueOn),
        cell.count(one.daysLate),
        cell.text(text(language, `stage.${one.stage}`)),
        cell.text(one.reference),
        cell.text(nameIn(statement, 'organisations', one.recipientId, language)),
        cell.text(nameIn(statement, 'funds', one.fundId, language)),
        cell.amount(one.unpaid.amount, one.unpaid.currency),
        cell.text(one.unpaid.currency),
        cell.amount(one.converted, currency),
      ],
    })),
    rule: text(language, 'table.due.rule'),
    empty: text(language, 'empty.due'),
  };
}

function promisesTable(statement: DonorStatement, language: Language): Table {
  const { currency, promises, total } = statement;
  const rows = promises.map((one) => ({
    cells: [
      cell.text(text(language, `stage.${one.stage}`)),
      cell.text(one.reference),
      cell.day(one.on),
      cell.text(mechanismFigureText(language, `status.${one.status}`)),
      ...[one.own.promised, one.own.paid, one.own.late].map((money) => cell.amount(money.amount, money.currency)),
      cell.text(one.own.promised.currency),
      ...stages.map((stage) => cell.amount(one.period[stage], currency)),
    ],
  }));
  const none = [cell.text(''), cell.day(null), cell.text(''), ...Array.from({ length: 3 }, () => cell.amount(null, currency)), cell.text('')];
  return {
    type: 'table',
    id: 'promises-one-by-one',
    title: text(language, 'table.promises'),
    columns: [
      plain(language, 'column.stage', 'text'),
      plain(language, 'column.reference', 'text', 1.6),
      plain(language, 'column.on', 'day'),
      plain(language, 'column.status', 'text', 1.2),
      plain(language, 'column.promisedOwn', 'amount', 1.4),
      plain(language, 'column.paidOwn', 'amount', 1.4),
      plain(language, 'column.lateOwn', 'amount', 1.4),
      plain(language, 'column.ownCurrency', 'text', 0.7),
      ...stageColumns(language, currency),
    ],
    rows: rows.length === 0 ? [] : [...rows, totalRow([cell.text(text(language, 'total')), ...none, ...stages.map((stage) => cell.amount(total[stage], currency))])],
    rule: text(language, 'table.promises.rule', { currency }),
    empty: text(language, 'empty.promises'),
  };
}

function commitmentsTable({ promises }: DonorStatement, language: Language): Table {
  return {
    type: 'table',
    id: 'commitments',
    title: text(language, 'table.fulfilling'),
    columns: [
      plain(language, 'column.reference', 'text', 1.6),
      plain(language, 'column.ofPledge', 'text', 1.6),
      plain(language, 'column.committedOn', 'day'),
      plain(language, 'column.committedOwn', 'amount', 1.4),
      plain(language, 'column.paidOwn', 'amount', 1.4),
      plain(language, 'column.ownCurrency', 'text', 0.7),
    ],
    rows: promises.flatMap(({ stage, reference, commitments }) =>
      commitments.map((one) => ({
        cells: [
          cell.text(one.reference),
          cell.text(stage === 'pledge' ? reference : ''),
          cell.day(one.on),
          cell.amount(one.committed.amount, one.committed.currency),
          cell.amount(one.paid.amount, one.paid.currency),
          cell.text(one.committed.currency),
        ],
      })),
    ),
    rule: text(language, 'table.fulfilling.rule'),
    empty: text(language, 'empty.promises'),
  };
}

function recipientsTable(statement: DonorStatement, language: Language): Table {
  const { money, currency } = statement;
  return {
    type: 'table',
    id: 'recipients',
    title: text(language, 'table.recipients'),
    columns: [
      plain(language, 'column.kind', 'text', 1.2),
      plain(language, 'column.partner', 'text', 2),
      plain(language, 'column.state', 'text', 1.4),
      plain(language, 'column.plan', 'text', 1.4),
      ...amountColumns(language, currency, ['column.direct', 'column.throughFunds', 'column.totalAttributed']),
    ],
    rows: (money?.recipients ?? []).map(({ kind, partner, state, plan, direct, throughFunds, total }) => ({
      cells: [
        cell.text(fundFigureText(language, `kind.${kind}`)),
        cell.text(nameIn(statement, 'partners', partner, language)),
        cell.text(nameIn(statement, 'states', state, language)),
        cell.text(nameIn(statement, 'plans', plan, language)),
        ...[direct, throughFunds, total].map((value) => cell.amount(value, currency)),
      ],
    })),
    rule: text(language, 'table.recipients.rule'),
    empty: text(language, 'empty.money'),
  };
}

function fundsTable(statement: DonorStatement, language: Language): Table {
  const { money, currency } = statement;
  const flows = ['paidIn', 'received', 'attributed', 'given', 'still'] as const;
  return {
    type: 'table',
    id: 'funds',
    title: text(language, 'table.funds'),
    columns: [plain(language, 'column.fund', 'text', 2), ...amountColumns(language, currency, flows.map((flow) => `column.${flow}` as const))],
    rows: (money?.funds ?? []).map(({ fund, converted }) => ({
      cells: [cell.text(nameIn(statement, 'funds', fund, language)), ...flows.map((flow) => cell.amount(converted[flow], currency))],
    })),
    rule: text(language, 'table.funds.rule'),
    empty: text(language, 'empty.money'),
  };
}
