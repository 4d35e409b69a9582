import { briefText, type BriefText, monthText } from '../../i18n/briefs.js';
import type { Language } from '../../i18n/language.js';
import { changesSection } from '../reports/changes-section.js';
import { type Block, cell, type Chart, type Figure, type ReportDocument, type Section } from '../reports/document.js';
import { type Bar, chartOf, largestBars, minorOf } from '../reports/document-parts.js';
import { amountText } from '../reports/render/numbers.js';
import type { Reading } from '../reports/view.js';
import { missingFigure, needBars, needSeries, periodText, stageSeries } from './brief-parts.js';
import type { StageAmounts, StateBrief } from './briefs.schema.js';

/** Bars of a chart beside the sum of the others, and rows of a table: what fits on the page. */
const MOST_BARS = 5;
const MOST_ROWS = 5;
const MOST_NAMED = 3;

/** The brief of a state as people read it, on one page. */
export function stateBriefDocument(brief: StateBrief, { language, changes }: Reading): ReportDocument {
  const { currency, year, name } = brief;
  const say = sayIn(language);
  return {
    kind: brief.kind,
    language,
    title: say('state.title', { state: name[language] }),
    subtitle: [say('subtitle.state', { year }), say('subtitle.currency', { currency })],
    layout: 'page',
    sections: [
      { id: 'essentials', title: say('section.essentials'), blocks: [{ type: 'figures', figures: figuresOf(brief, language) }, paragraph(gapsText(brief, language), sharedText(brief, language))] },
      { id: 'charts', title: say('section.charts'), blocks: chartsOf(brief, language) },
      changesSection(changes, language, MOST_ROWS),
      lateSection(brief, language),
    ],
    method: [...brief.notes[language], ...brief.leftOut.map(({ lines, text }) => `${text[language]} (${lines})`)],
  };
}

function sayIn(language: Language) {
  return (key: BriefText, values: Readonly<Record<string, string | number>> = {}) => briefText(language, key, values);
}

function paragraph(...paragraphs: string[]): Block {
  return { type: 'text', paragraphs };
}

function figuresOf({ currency, year, from, total, plan }: StateBrief, language: Language): readonly Figure[] {
  const say = sayIn(language);
  const period = periodText(language, from, null);
  const figure = (key: 'pledged' | 'committed' | 'paid', value: string, measure: Figure['measure']): Figure => ({
    label: say(`label.${key}`),
    value: cell.amount(value, currency),
    rule: say(`rule.state.${key}`, { period }),
    measure,
  });
  return [
    figure('pledged', total.pledged, 'pledged'),
    figure('committed', total.committed, 'committed'),
    figure('paid', total.paid, 'paid'),
    missingFigure('state', plan, { language, currency, year }),
  ];
}

function gapsText({ currency, gaps }: StateBrief, language: Language): string {
  return briefText(language, 'gaps', { notCommitted: amountText(language, gaps.notCommitted, currency), notPaid: amountText(language, gaps.notPaid, currency) });
}

function sharedText({ currency, shared }: StateBrief, language: Language): string {
  const amounts: StageAmounts = shared;
  if (Object.values(amounts).every((amount: string) => minorOf(amount) === 0n)) return briefText(language, 'shared.none');
  const write = (amount: string) => amountText(language, amount, currency);
  return briefText(language, 'shared.some', { pledged: write(shared.pledged), committed: write(shared.committed), paid: write(shared.paid) });
}

function chartsOf({ currency, year, donors, sectors, months }: StateBrief, language: Language): readonly Chart[] {
  const say = sayIn(language);
  const unit = { kind: 'amount', currency } as const;
  const byDonor: readonly Bar[] = donors.map(({ name, pledged, committed, paid }) => ({ name: name[language], values: [pledged, committed, paid] }));
  const [, committed, paid] = stageSeries(language);
  return [
    ...chartOf(language, { id: 'by-donor', title: say('chart.donors'), form: 'bars', unit, series: stageSeries(language), bars: largestBars(language, byDonor, MOST_BARS) }),
    ...chartOf(language, { id: 'by-sector', title: say('chart.sectors', { year }), form: 'stacked', unit, series: needSeries(language), bars: largestBars(language, needBars(sectors, language), MOST_BARS) }),
    ...chartOf(language, {
      id: 'by-month',
      title: say('chart.months'),
      form: 'columns',
      unit,
      series: [committed, paid],
      bars: months.map((one) => ({ name: monthText(language, one.month), values: [one.committed, one.paid] })),
    }),
  ];
}

function lateSection({ currency, late, silent }: StateBrief, language: Language): Section {
  const say = sayIn(language);
  const shown = late.promises.slice(0, MOST_ROWS);
  const write = (amount: string) => amountText(language, amount, currency);
  return {
    id: 'late',
    title: say('section.late'),
    blocks: [
      {
        type: 'table',
        id: 'overdue',
        title: say('late.title'),
        columns: [
          { title: say('column.donor'), kind: 'text', weight: 2.2 },
          { title: say('column.reference'), kind: 'text', weight: 1.2 },
          { title: say('column.overdue', { currency }), kind: 'amount', weight: 1.3 },
          { title: say('column.dueOn'), kind: 'day' },
          { title: say('column.daysLate'), kind: 'count' },
        ],
        rows: shown.map(({ donor, reference, overdue, dueOn, daysLate }) => ({
          cells: [cell.text(donor[language]), cell.text(reference), cell.amount(overdue, currency), cell.day(dueOn), cell.count(daysLate)],
        })),
        rule: say('late.rule', { shown: shown.length, all: late.promises.length, total: write(late.total) }),
        empty: say('late.none'),
      },
      paragraph(silentText()),
    ],
  };

  function silentText(): string {
    const { days, total, commitments } = silent;
    if (commitments.length === 0) return say('late.silent.none', { days });
    const largest = commitments
      .slice(0, MOST_NAMED)
      .map(({ donor, reference, committed, days: age }) => say('late.silent.one', { donor: donor[language], reference, amount: write(committed), age }));
    return say('late.silent', { days, count: commitments.length, total: write(total), largest: largest.join(', ') });
  }
}
