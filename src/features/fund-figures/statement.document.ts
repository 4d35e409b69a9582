import type { StatementLine } from '../../domain/fund-statement.js';
import { reportTitle } from '../../i18n/documents.js';
import { fundFigureText } from '../../i18n/fund-figures.js';
import type { Language } from '../../i18n/language.js';
import { type Block, cell, type Column, type ReportDocument, type Row, type Section, type Table } from '../reports/document.js';
import { chartOf, figure, minorOf, periodLine, summarySection, textsIn, totalRow } from '../reports/document-parts.js';
import type { Reading } from '../reports/view.js';
import type { StatementAnswer } from './fund-figures.schema.js';

type Line = StatementAnswer['lines'][number];
type Span = 'before' | 'period' | 'until';

/** Lines that sum up those above them. */
const totals: readonly StatementLine[] = ['sources', 'netTransfers', 'uses', 'administratorBalance', 'partnerBalance', 'totalBalance'];
const inflows: readonly StatementLine[] = ['contributions', 'fromFunds', 'carryOver', 'interest'];
const outflows: readonly StatementLine[] = ['donorRefunds', 'netTransfers', 'fees', 'directCosts', 'toFunds'];
const ofDonors: readonly StatementLine[] = ['contributions', 'donorRefunds'];
const ofPartners: readonly StatementLine[] = ['allocated', 'transfers', 'refunds', 'netTransfers', 'notTransferred', 'expenditure', 'partnerBalance'];

/** What a fund received, did and has, as people read it. */
export function statementDocument(result: StatementAnswer, { language }: Reading): ReportDocument {
  const say = textsIn(language);
  const { currency, lines, deliveryRate } = result;
  const closing = (name: StatementLine) => cell.amount(valueOf(lines, name, 'until'), currency);
  return {
    kind: result.kind,
    language,
    title: reportTitle(result.kind, language),
    subtitle: [
      result.labels.funds[result.fund]?.[language] ?? result.fund,
      periodLine(language, result.from, result.to),
      say('subtitle.currency', { currency }),
    ],
    layout: 'report',
    sections: [
      summarySection(
        language,
        [
          figure(language, 'sources', closing('sources'), 'paid'),
          figure(language, 'uses', closing('uses'), 'neutral'),
          figure(language, 'administratorBalance', closing('administratorBalance'), 'neutral'),
          figure(language, 'available', closing('available'), 'neutral'),
          figure(language, 'deliveryRate', cell.percent(deliveryRate.until), 'neutral'),
        ],
        chartsOf(result, language),
      ),
      { id: 'statement', title: say('section.statement'), blocks: [linesTable(result, language), deliveryTable(result, language)] },
      { id: 'unpaid', title: say('section.unpaid'), blocks: [openTable('commitments', result, language), openTable('pledges', result, language)] },
      groupSection('donors', ofDonors, result, language),
      groupSection('partners', ofPartners, result, language),
      groupSection('states', ofPartners, result, language),
    ],
    method: result.notes[language],
  };
}

function valueOf(lines: readonly Line[], name: StatementLine, span: Span): string | null {
  return lines.find(({ line }) => line === name)?.[span] ?? null;
}

/** What came in and went out in the period. */
function chartsOf({ lines, currency }: StatementAnswer, language: Language): readonly Block[] {
  const say = textsIn(language);
  const moved = (name: StatementLine) => {
    const value = valueOf(lines, name, 'period');
    return value !== null && minorOf(value) !== 0n ? [{ name: fundFigureText(language, `line.${name}`), value }] : [];
  };
  return chartOf(language, {
    id: 'in-and-out',
    title: say('chart.inAndOut'),
    form: 'bars',
    unit: { kind: 'amount', currency },
    series: [
      { name: say('label.in'), measure: 'paid' },
      { name: say('label.out'), measure: 'neutral' },
    ],
    bars: [...inflows.flatMap(moved).map(({ name, value }) => ({ name, values: [value, null] })), ...outflows.flatMap(moved).map(({ name, value }) => ({ name, values: [null, value] }))],
  });
}

const spans: readonly Span[] = ['before', 'period', 'until'];

function spanColumns(language: Language, kind: 'amount' | 'percent'): readonly Column[] {
  return spans.map((span) => ({ title: fundFigureText(language, `column.${span}`), kind }));
}

function linesTable({ lines, currency }: StatementAnswer, language: Language): Table {
  const say = textsIn(language);
  return {
    type: 'table',
    id: 'lines',
    title: say('table.statement', { currency }),
    columns: [{ title: fundFigureText(language, 'column.line'), kind: 'text', weight: 2 }, ...spanColumns(language, 'amount')],
    rows: lines.map((one): Row => {
      const cells = [cell.text(fundFigureText(language, `line.${one.line}`)), ...spans.map((span) => cell.amount(one[span], currency))];
      return totals.includes(one.line) ? totalRow(cells) : { cells };
    }),
    rule: say('table.statement.rule'),
    empty: say('table.none'),
  };
}

function deliveryTable({ deliveryRate }: StatementAnswer, language: Language): Table {
  const say = textsIn(language);
  return {
    type: 'table',
    id: 'delivery-rate',
    title: say('label.deliveryRate'),
    columns: [{ title: fundFigureText(language, 'column.line'), kind: 'text', weight: 2 }, ...spanColumns(language, 'percent')],
    rows: [{ cells: [cell.text(say('label.deliveryRate')), ...spans.map((span) => cell.percent(deliveryRate[span]))] }],
    rule: say('rule.deliveryRate'),
    empty: say('table.none'),
  };
}

/** What was promised to the fund and is still to come, in each original currency. */
function openTable(stage: 'commitments' | 'pledges', { unpaid, currency }: StatementAnswer, language: Language): Table {
  const say = textsIn(language);
  return {
    type: 'table',
    id: `unpaid-${stage}`,
    title: fundFigureText(language, stage === 'commitments' ? 'line.unpaidCommitments' : 'line.openPledges'),
    columns: [
      { title: fundFigureText(language, 'column.currency'), kind: 'text', weight: 0.6 },
      { title: say('label.promisedToFund'), kind: 'amount' },
      { title: say(stage === 'commitments' ? 'label.paidIn' : 'label.committed'), kind: 'amount' },
      { title: say('label.stillDue'), kind: 'amount' },
      { title: say('label.stillDueIn', { currency }), kind: 'amount' },
    ],
    rows: unpaid[stage].map(({ currency: own, whole, met, open, converted }) => ({
      cells: [cell.text(own), ...[whole, met, open].map((value) => cell.amount(value, own)), cell.amount(converted, currency)],
    })),
    rule: fundFigureText(language, 'note.fund.unpaid'),
    empty: say('table.nothingDue'),
  };
}

const groups = {
  donors: { rows: 'byDonor', title: 'section.byDonor', column: 'part.donor' },
  partners: { rows: 'byPartner', title: 'section.byPartner', column: 'part.partner' },
  states: { rows: 'byState', title: 'section.byState', column: 'part.state' },
} as const;

/** The lines that can be told apart by donor, partner or state: at the closing, and in the period where one was asked for. */
function groupSection(by: keyof typeof groups, lines: readonly StatementLine[], result: StatementAnswer, language: Language): Section {
  const say = textsIn(language);
  const { currency, labels } = result;
  const { rows, title, column } = groups[by];
  const tableOf = (span: 'period' | 'until'): Table => {
    const cellsOf = (name: string, own: readonly Line[]) => [cell.text(name), ...lines.map((line) => cell.amount(valueOf(own, line, span), currency))];
    return {
      type: 'table',
      id: `${by}-${span}`,
      title: say('table.byGroup', { group: say(title), span: fundFigureText(language, `column.${span}`), currency }),
      columns: [
        { title: fundFigureText(language, column), kind: 'text', weight: 2 },
        ...lines.map((line) => ({ title: fundFigureText(language, `line.${line}`), kind: 'amount' as const })),
      ],
      rows:
        result[rows].length === 0
          ? []
          : [...result[rows].map((one) => ({ cells: cellsOf(labels[by][one.code]?.[language] ?? one.code, one.lines) })), totalRow(cellsOf(say('total'), result.lines))],
      rule: say('table.byGroup.rule'),
      empty: say('table.none'),
    };
  };
  return { id: `by-${by}`, title: say(title), blocks: [...(result.from === null ? [] : [tableOf('period')]), tableOf('until')] };
}
