import type { RegionalGroup } from '../../domain/regional.js';
import { reportTitle } from '../../i18n/documents.js';
import { type CoverageText, coverageText } from '../../i18n/coverage.js';
import type { Language } from '../../i18n/language.js';
import { type Block, cell, type Column, type ReportDocument, type Row, type Section, type Table } from '../reports/document.js';
import { chartOf, figure, largestBars, leftOutSection, minorOf, namesLine, namesOf, periodLine, textsIn, totalRow } from '../reports/document-parts.js';
import type { Reading } from '../reports/view.js';
import type { RegionalResult } from './coverage.schema.js';

type Group = RegionalResult['groups'][number];

/** The group whose figures come first, and whose entries are behind the report: the widest that was asked for. */
export function widestGroup(groups: readonly RegionalGroup[]): RegionalGroup {
  return groups.includes('all') ? 'all' : (groups[0] ?? 'all');
}

/** What groups of states were promised and paid, internal transfers apart, as people read it. */
export function regionalDocument(result: RegionalResult, { language, reference }: Reading): ReportDocument {
  const say = textsIn(language);
  const { currency, groups } = result;
  const first = widestGroup(groups.map(({ group }) => group));
  const inOrder = groups.toSorted((a, b) => Number(b.group === first) - Number(a.group === first));
  return {
    kind: result.kind,
    language,
    title: reportTitle(result.kind, language),
    subtitle: [
      ...inOrder.slice(0, 1).map(({ name }) => say('subtitle.entriesOf', { group: name[language] })),
      ...namesLine(language, 'what.states', namesOf(language, inOrder[0]?.states ?? [], reference.countries)),
      periodLine(language, result.from, result.to),
      say('subtitle.currency', { currency }),
    ],
    layout: 'report',
    sections: [...inOrder.map((group, index) => groupSection(group, index === 0, currency, language)), leftOutSection(language, result.leftOut)],
    method: result.notes[language],
  };
}

function groupSection(group: Group, isFirst: boolean, currency: string, language: Language): Section {
  return {
    id: `group-${group.group}`,
    title: group.name[language],
    blocks: [
      ...(isFirst ? [figuresOf(group, currency, language), ...chartsOf(group, currency, language)] : []),
      partsTable(group, currency, language),
      eliminatedTable(group, currency, language),
      receiptsTable(group, currency, language),
    ],
  };
}

function figuresOf({ total, outside, own }: Group, currency: string, language: Language): Block {
  const money = (value: string) => cell.amount(value, currency);
  return {
    type: 'figures',
    figures: [
      figure(language, 'regionalPledged', money(total.pledged), 'pledged'),
      figure(language, 'regionalCommitted', money(total.committed), 'committed'),
      figure(language, 'regionalPaid', money(total.paid), 'paid'),
      figure(language, 'outsidePaid', money(outside.paid), 'neutral'),
      figure(language, 'ownPaid', money(own.paid), 'neutral'),
    ],
  };
}

function chartsOf({ receipts }: Group, currency: string, language: Language): readonly Block[] {
  const say = textsIn(language);
  const bars = receipts.filter(({ total }) => minorOf(total) !== 0n).map(({ name, total }) => ({ name: name[language], values: [total] }));
  return chartOf(language, {
    id: 'receipts-by-state',
    title: say('chart.receipts'),
    form: 'bars',
    unit: { kind: 'amount', currency },
    series: [{ name: say('label.received'), measure: 'paid' }],
    bars: largestBars(language, bars),
  });
}

const stageColumns = (language: Language, currency: string): readonly Column[] => [
  { title: coverageText(language, 'column.part'), kind: 'text', weight: 2.4 },
  ...(['pledged', 'committed', 'paid'] as const).map((name) => ({ title: coverageText(language, `column.${name}`, { currency }), kind: 'amount' as const, weight: 1.4 })),
  { title: coverageText(language, 'column.lines'), kind: 'count', weight: 0.8 },
];

function stageCells(language: Language, currency: string, key: CoverageText, { pledged, committed, paid, lines }: Group['total']): Row['cells'] {
  return [cell.text(coverageText(language, key)), ...[pledged, committed, paid].map((value) => cell.amount(value, currency)), cell.count(lines)];
}

function partsTable({ group, outside, own, total }: Group, currency: string, language: Language): Table {
  const say = textsIn(language);
  return {
    type: 'table',
    id: `parts-${group}`,
    title: say('table.regionalTotal'),
    columns: stageColumns(language, currency),
    rows: [
      { cells: stageCells(language, currency, 'part.outside', outside) },
      { cells: stageCells(language, currency, 'part.own', own) },
      totalRow(stageCells(language, currency, 'part.total', total)),
    ],
    rule: coverageText(language, 'note.regional.total'),
    empty: say('table.none'),
  };
}

function eliminatedTable({ group, eliminated, beyond }: Group, currency: string, language: Language): Table {
  const say = textsIn(language);
  return {
    type: 'table',
    id: `eliminated-${group}`,
    title: say('table.eliminated'),
    columns: stageColumns(language, currency),
    rows: [
      { cells: stageCells(language, currency, 'part.betweenStates', eliminated.betweenStates) },
      { cells: stageCells(language, currency, 'part.marked', eliminated.marked) },
      { cells: stageCells(language, currency, 'part.fundTransfers', eliminated.fundTransfers) },
      { cells: stageCells(language, currency, 'part.beyond', beyond) },
    ],
    rule: coverageText(language, 'note.regional.eliminated'),
    empty: say('table.none'),
  };
}

const sources = ['outside', 'own', 'betweenStates', 'marked', 'fundTransfers', 'total'] as const;

function receiptsTable({ group, receipts }: Group, currency: string, language: Language): Table {
  const say = textsIn(language);
  return {
    type: 'table',
    id: `receipts-${group}`,
    title: say('table.receipts', { currency }),
    columns: [
      { title: coverageText(language, 'grouping.state'), kind: 'text', weight: 2 },
      ...sources.map((source) => ({ title: say(`receipts.${source}`), kind: 'amount' as const, weight: 1.2 })),
    ],
    rows: receipts.map((receipt) => ({ cells: [cell.text(receipt.name[language]), ...sources.map((source) => cell.amount(receipt[source], currency))] })),
    rule: say('table.receipts.rule'),
    empty: say('table.none'),
  };
}
