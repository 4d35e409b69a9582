import { ageBuckets } from '../../domain/ageing.js';
import { ageingBuckets, type AgeingBucket } from '../../domain/mechanism-figures.js';
import type { Language } from '../../i18n/language.js';
import { mechanismFigureText } from '../../i18n/mechanism-figures.js';
import { promiseReportText as text, type PromiseReportText } from '../../i18n/promise-reports.js';
import { type Block, cell, type Column, type Figure, type ReportDocument, type Row, type Section, type Table } from '../reports/document.js';
import { chartOf, namesLine, namesOf, textsIn, totalRow } from '../reports/document-parts.js';
import type { Reading } from '../reports/view.js';
import { amountColumns, promiseFigure } from './promise-document.js';
import type { AgedFigures, AgeingResult, ListedPromise } from './promise-reports.schema.js';

/** How long what is promised has been unpaid, as people read it. */
export function ageingDocument(result: AgeingResult, reading: Reading): ReportDocument {
  const { language } = reading;
  const section = (id: 'summary' | 'unpaid' | 'undisbursed', blocks: readonly Block[]): Section => ({ id, title: text(language, `section.${id}`), blocks });
  return {
    kind: result.kind,
    language,
    title: textsIn(language)('title.ageing'),
    subtitle: subtitleOf(result, reading),
    layout: 'report',
    sections: [
      section('summary', [{ type: 'figures', figures: figuresOf(result, language) }, ...chartsOf(result, language)]),
      section('unpaid', [unpaidTable(result, language), partsTable(result, language)]),
      section('undisbursed', [undisbursedTable(result, language), commitmentsTable(result, language)]),
    ],
    method: result.notes[language],
  };
}

function subtitleOf({ by, filters, labels, currency }: AgeingResult, { language, reference }: Reading): readonly string[] {
  const named = (ids: readonly string[] | undefined, names: AgeingResult['labels']['funds']) => (ids ?? []).map((id) => names[id]?.[language] ?? id);
  return [
    ...namesLine(language, 'what.by', [text(language, `groupBy.${by}`)]),
    ...namesLine(language, 'what.states', namesOf(language, filters.countries ?? [], reference.countries)),
    ...namesLine(language, 'what.donors', named(filters.donorIds, labels.organisations)),
    ...namesLine(language, 'what.funds', named(filters.fundIds, labels.funds)),
    textsIn(language)('subtitle.currency', { currency }),
  ];
}

function figuresOf({ instalments, undisbursed, currency }: AgeingResult, language: Language): readonly Figure[] {
  const money = (value: string) => cell.amount(value, currency);
  return [
    promiseFigure(language, 'unpaid', money(instalments.total.unpaid), 'missing'),
    promiseFigure(language, 'ofPledges', money(instalments.ofPledges), 'pledged'),
    promiseFigure(language, 'ofCommitments', money(instalments.ofCommitments), 'committed'),
    promiseFigure(language, 'late', money(instalments.total.late), 'missing'),
    promiseFigure(language, 'undisbursed', money(undisbursed.total.unpaid), 'committed'),
  ];
}

/** A bucket of age begins with the very day; one of lateness with the day after. */
function ageText(language: Language, bucket: (typeof ageBuckets)[number]): string {
  return text(language, bucket === 'days1to30' ? 'age.days1to30' : `bucket.${bucket}`);
}

function chartsOf({ instalments, undisbursed, currency }: AgeingResult, language: Language): readonly Block[] {
  const unit = { kind: 'amount', currency } as const;
  return [
    ...chartOf(language, {
      id: 'unpaid-by-lateness',
      title: text(language, 'chart.unpaid'),
      form: 'columns',
      unit,
      series: [{ name: text(language, 'column.unpaid'), measure: 'missing' }],
      bars: ageingBuckets.map((bucket) => ({ name: text(language, `bucket.${bucket}`), values: [instalments.total.ageing[bucket]] })),
    }),
    ...chartOf(language, {
      id: 'undisbursed-by-age',
      title: text(language, 'chart.undisbursed'),
      form: 'columns',
      unit,
      series: [{ name: text(language, 'column.undisbursed'), measure: 'committed' }],
      bars: ageBuckets.map((bucket) => ({ name: ageText(language, bucket), values: [undisbursed.total.ageing[bucket]] })),
    }),
  ];
}

/** A row for each group, with its amounts and those in some buckets. */
function groupRows(result: AgeingResult, of: 'instalments' | 'undisbursed', buckets: readonly AgeingBucket[], language: Language): readonly Row[] {
  const { currency, labels } = result;
  const { rows, total } = result[of];
  const cells = (name: string, { promises, unpaid, late, ageing }: AgedFigures) => [
    cell.text(name),
    cell.count(promises),
    ...[unpaid, late, ...buckets.map((bucket) => ageing[bucket])].map((value) => cell.amount(value, currency)),
  ];
  if (rows.length === 0) return [];
  return [...rows.map((row) => ({ cells: cells(labels.groups[row.key]?.[language] ?? row.key, row) })), totalRow(cells(text(language, 'total'), total))];
}

function unpaidTable(result: AgeingResult, language: Language): Table {
  return {
    type: 'table',
    id: 'unpaid-groups',
    title: text(language, 'table.unpaid'),
    columns: [
      { title: text(language, `groupBy.${result.by}`), kind: 'text', weight: 2 },
      { title: text(language, 'column.promises'), kind: 'count', weight: 0.9 },
      ...amountColumns(language, result.currency, ['column.unpaid', 'column.late', ...ageingBuckets.map((bucket) => `bucket.${bucket}` as const)]),
    ],
    rows: groupRows(result, 'instalments', ageingBuckets, language),
    rule: text(language, 'table.unpaid.rule'),
    empty: text(language, 'empty.unpaid'),
  };
}

function undisbursedTable(result: AgeingResult, language: Language): Table {
  const { currency } = result;
  return {
    type: 'table',
    id: 'undisbursed-groups',
    title: text(language, 'table.undisbursed'),
    columns: [
      { title: text(language, `groupBy.${result.by}`), kind: 'text', weight: 2 },
      { title: text(language, 'column.commitments'), kind: 'count', weight: 0.9 },
      ...amountColumns(language, currency, ['column.undisbursed', 'column.late']),
      ...ageBuckets.map((bucket) => ({ title: text(language, 'column.inCurrency', { name: ageText(language, bucket), currency }), kind: 'amount' as const, weight: 1.4 })),
    ],
    rows: groupRows(result, 'undisbursed', ageBuckets, language),
    rule: text(language, 'table.undisbursed.rule'),
    empty: text(language, 'empty.undisbursed'),
  };
}

function promiseColumns(language: Language): readonly Column[] {
  return [
    { title: text(language, 'column.reference'), kind: 'text', weight: 1.6 },
    { title: mechanismFigureText(language, 'donor'), kind: 'text', weight: 2 },
    { title: mechanismFigureText(language, 'recipient'), kind: 'text', weight: 2 },
  ];
}

function promiseCells({ reference, donorId, recipientId }: ListedPromise, { labels }: AgeingResult, language: Language): Row['cells'] {
  const name = (id: string | null) => (id === null ? '' : (labels.organisations[id]?.[language] ?? id));
  return [cell.text(reference), cell.text(name(donorId)), cell.text(name(recipientId))];
}

const plain = (language: Language, key: PromiseReportText, kind: Column['kind'], weight = 1): Column => ({ title: text(language, key), kind, weight });

function partsTable(result: AgeingResult, language: Language): Table {
  const { currency } = result;
  return {
    type: 'table',
    id: 'unpaid-parts',
    title: text(language, 'table.parts'),
    columns: [
      ...promiseColumns(language),
      plain(language, 'column.stage', 'text'),
      plain(language, 'column.dueOn', 'day'),
      plain(language, 'column.daysLate', 'count', 0.8),
      plain(language, 'column.unpaidOwn', 'amount', 1.4),
      plain(language, 'column.ownCurrency', 'text', 0.7),
      ...amountColumns(language, currency, ['column.unpaid']),
    ],
    rows: result.instalments.parts.map((row) => ({
      cells: [
        ...promiseCells(row, result, language),
        cell.text(text(language, `stage.${row.stage}`)),
        cell.day(row.dueOn),
        cell.count(row.dueOn === null ? null : row.daysLate),
        cell.amount(row.unpaid.amount, row.unpaid.currency),
        cell.text(row.unpaid.currency),
        cell.amount(row.converted, currency),
      ],
    })),
    empty: text(language, 'empty.unpaid'),
  };
}

function commitmentsTable(result: AgeingResult, language: Language): Table {
  const { currency } = result;
  return {
    type: 'table',
    id: 'undisbursed-commitments',
    title: text(language, 'table.commitments'),
    columns: [
      ...promiseColumns(language),
      plain(language, 'column.committedOn', 'day'),
      plain(language, 'column.daysSince', 'count', 0.9),
      plain(language, 'column.committedOwn', 'amount', 1.4),
      plain(language, 'column.undisbursedOwn', 'amount', 1.4),
      plain(language, 'column.ownCurrency', 'text', 0.7),
      ...amountColumns(language, currency, ['column.undisbursed', 'column.late']),
    ],
    rows: result.undisbursed.commitments.map((row) => ({
      cells: [
        ...promiseCells(row, result, language),
        cell.day(row.committedOn),
        cell.count(row.days),
        cell.amount(row.committed.amount, row.committed.currency),
        cell.amount(row.undisbursed.amount, row.undisbursed.currency),
        cell.text(row.undisbursed.currency),
        ...[row.converted, row.late].map((value) => cell.amount(value, currency)),
      ],
    })),
    empty: text(language, 'empty.undisbursed'),
  };
}
