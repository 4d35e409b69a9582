import { ageingBuckets, promiseStatuses } from '../../domain/mechanism-figures.js';
import { reportTitle } from '../../i18n/documents.js';
import type { Language } from '../../i18n/language.js';
import { mechanismFigureText } from '../../i18n/mechanism-figures.js';
import { type Block, cell, type Column, type ReportDocument, type Row, type Section, type Table } from '../reports/document.js';
import { chartOf, figure, largestBars, summarySection, textsIn, totalRow } from '../reports/document-parts.js';
import type { Reading } from '../reports/view.js';
import type { FollowUpRow, ForumAnswer } from './mechanism-figures.schema.js';

type Figures = FollowUpRow['own'];

/** What became of what was promised at a forum, as people read it. */
export function forumDocument(result: ForumAnswer, { language }: Reading): ReportDocument {
  const say = textsIn(language);
  const { currency, event } = result;
  const { figures } = result.total;
  const money = (value: string) => cell.amount(value, currency);
  return {
    kind: result.kind,
    language,
    title: reportTitle(result.kind, language),
    subtitle: [language === 'fr' ? event.nameFr : event.nameEn, say('subtitle.currency', { currency })],
    layout: 'report',
    sections: [
      summarySection(
        language,
        [
          figure(language, 'forumPledged', money(figures.pledged), 'pledged'),
          figure(language, 'forumCommitted', money(figures.converted), 'committed'),
          figure(language, 'forumPaid', money(figures.paid), 'paid'),
          figure(language, 'forumUnpaid', money(figures.unpaid), 'missing'),
          figure(language, 'forumLate', money(figures.late), 'missing'),
        ],
        chartsOf(result, language),
      ),
      { id: 'donors', title: say('section.byDonor'), blocks: [donorsTable(result, language)] },
      { id: 'state', title: say('section.becameOf'), blocks: [statusTable(result, language), ageingTable(result, language), currenciesTable(result, language)] },
      { id: 'pledges', title: say('section.pledges'), blocks: [pledgesTable(result, language)] },
      leftOutSection(result, language),
    ],
    method: result.notes[language],
  };
}

function donorOf({ labels }: ForumAnswer, id: string, language: Language): string {
  return labels.organisations[id]?.[language] ?? id;
}

function chartsOf(result: ForumAnswer, language: Language): readonly Block[] {
  const say = textsIn(language);
  return chartOf(language, {
    id: 'by-donor',
    title: say('chart.forum'),
    form: 'bars',
    unit: { kind: 'amount', currency: result.currency },
    series: [
      { name: say('label.pledged'), measure: 'pledged' },
      { name: say('label.committed'), measure: 'committed' },
      { name: say('label.paid'), measure: 'paid' },
    ],
    bars: largestBars(language, result.byDonor.map(({ donorId, figures }) => ({ name: donorOf(result, donorId, language), values: [figures.pledged, figures.converted, figures.paid] }))),
  });
}

const shown = ['pledged', 'converted', 'paid', 'outstanding', 'unpaid', 'late'] as const;

function figureColumns(language: Language): readonly Column[] {
  const say = textsIn(language);
  return shown.map((name) => ({ title: say(`follow.${name}`), kind: 'amount' }));
}

/** Amounts of several currencies are written without them. */
const currencyColumn = (language: Language): Column => ({ title: mechanismFigureText(language, 'currency'), kind: 'text', weight: 0.6 });

function figureCells(figures: Figures, currency: string): Row['cells'] {
  return shown.map((name) => cell.amount(figures[name], currency));
}

function donorsTable(result: ForumAnswer, language: Language): Table {
  const say = textsIn(language);
  const { currency, byDonor, total } = result;
  const cells = (name: string, pledges: number, figures: Figures) => [cell.text(name), cell.count(pledges), ...figureCells(figures, currency)];
  return {
    type: 'table',
    id: 'donors-of-the-forum',
    title: say('table.forumDonors', { currency }),
    columns: [{ title: mechanismFigureText(language, 'donor'), kind: 'text', weight: 2 }, { title: mechanismFigureText(language, 'pledges'), kind: 'count', weight: 0.8 }, ...figureColumns(language)],
    rows:
      byDonor.length === 0
        ? []
        : [
            ...byDonor.map(({ donorId, pledges, figures }) => ({ cells: cells(donorOf(result, donorId, language), pledges, figures) })),
            totalRow(cells(say('total'), total.pledges, total.figures)),
          ],
    rule: mechanismFigureText(language, 'note.followUp'),
    empty: say('table.noPledges'),
  };
}

function statusTable({ total, reversed }: ForumAnswer, language: Language): Table {
  const say = textsIn(language);
  const counts = promiseStatuses.map((status) => ({ status, count: status === 'reversed' ? reversed.length : (total.statuses[status] ?? 0) }));
  return {
    type: 'table',
    id: 'statuses',
    title: say('table.statuses'),
    columns: [{ title: mechanismFigureText(language, 'status'), kind: 'text', weight: 2 }, { title: mechanismFigureText(language, 'pledges'), kind: 'count' }],
    rows: counts.filter(({ count }) => count > 0).map(({ status, count }) => ({ cells: [cell.text(mechanismFigureText(language, `status.${status}`)), cell.count(count)] })),
    rule: mechanismFigureText(language, 'note.statuses'),
    empty: say('table.noPledges'),
  };
}

function ageingTable({ total, currency }: ForumAnswer, language: Language): Table {
  const say = textsIn(language);
  const { ageing, unpaid } = total.figures;
  return {
    type: 'table',
    id: 'ageing',
    title: say('table.ageing'),
    columns: [{ title: say('label.due'), kind: 'text', weight: 2 }, { title: mechanismFigureText(language, 'unpaid', { currency }), kind: 'amount' }],
    rows: [
      ...ageingBuckets.map((bucket) => ({ cells: [cell.text(mechanismFigureText(language, `ageing.${bucket}`, { currency })), cell.amount(ageing[bucket], currency)] })),
      totalRow([cell.text(say('total')), cell.amount(unpaid, currency)]),
    ],
    rule: mechanismFigureText(language, 'note.ageing'),
    empty: say('table.none'),
  };
}

function currenciesTable({ byCurrency }: ForumAnswer, language: Language): Table {
  const say = textsIn(language);
  return {
    type: 'table',
    id: 'currencies',
    title: say('table.currencies'),
    columns: [currencyColumn(language), { title: mechanismFigureText(language, 'pledges'), kind: 'count', weight: 0.8 }, ...figureColumns(language)],
    rows: byCurrency.map(({ currency, pledges, figures }) => ({ cells: [cell.text(currency), cell.count(pledges), ...figureCells(figures, currency)] })),
    rule: say('table.currencies.rule'),
    empty: say('table.noPledges'),
  };
}

function pledgesTable(result: ForumAnswer, language: Language): Table {
  const say = textsIn(language);
  const name = (id: string | null) => (id === null ? '' : donorOf(result, id, language));
  const text = (key: 'reference' | 'donor' | 'recipient' | 'status', weight: number): Column => ({ title: mechanismFigureText(language, key), kind: 'text', weight });
  return {
    type: 'table',
    id: 'pledges-of-the-forum',
    title: say('table.pledges'),
    columns: [
      text('reference', 1.2), text('donor', 1.6), text('recipient', 1.6), text('status', 1.2),
      { title: mechanismFigureText(language, 'pledgedOn'), kind: 'day' },
      currencyColumn(language),
      ...(['pledged', 'converted', 'paid', 'unpaid', 'late'] as const).map((key) => ({ title: say(`follow.${key}`), kind: 'amount' as const, weight: 1.2 })),
    ],
    rows: result.rows.map((row) => ({
      cells: [
        cell.text(row.reference), cell.text(name(row.donorId)), cell.text(name(row.recipientId)), cell.text(mechanismFigureText(language, `status.${row.status}`)), cell.day(row.pledgedOn), cell.text(row.currency),
        ...[row.own.pledged, row.own.converted, row.own.paid, row.own.unpaid, row.own.late].map((value) => cell.amount(value, row.currency)),
      ],
    })),
    rule: say('table.pledges.rule'),
    empty: say('table.noPledges'),
  }; // prettier-ignore
}

/** The pledges that are in no total, or in no converted one. */
function leftOutSection(result: ForumAnswer, language: Language): Section {
  const say = textsIn(language);
  const { internal, unconverted } = result.leftOut;
  const reasons = [
    { reason: say('leftOut.internalPledges'), count: internal },
    { reason: say('leftOut.unconvertedPledges'), count: unconverted },
  ];
  return {
    id: 'left-out',
    title: say('section.leftOut'),
    blocks: [
      {
        type: 'table',
        id: 'left-out-pledges',
        title: say('leftOut.pledges'),
        columns: [{ title: say('leftOut.reason'), kind: 'text', weight: 5 }, { title: mechanismFigureText(language, 'pledges'), kind: 'count' }],
        rows: reasons.filter(({ count }) => count > 0).map(({ reason, count }) => ({ cells: [cell.text(reason), cell.count(count)] })),
        empty: say('leftOut.none'),
      },
      {
        type: 'table',
        id: 'reversed-pledges',
        title: say('table.reversed'),
        columns: [
          { title: mechanismFigureText(language, 'reference'), kind: 'text' },
          { title: mechanismFigureText(language, 'donor'), kind: 'text', weight: 2 },
          currencyColumn(language),
          { title: say('follow.pledged'), kind: 'amount' },
        ],
        rows: result.reversed.map(({ reference, donorId, amount }) => ({
          cells: [cell.text(reference), cell.text(donorOf(result, donorId, language)), cell.text(amount.currency), cell.amount(amount.amount, amount.currency)],
        })),
        rule: mechanismFigureText(language, 'note.reversed'),
        empty: say('table.noReversed'),
      },
    ],
  };
}
