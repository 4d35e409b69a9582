import type { ReportDimension } from '../../domain/report.js';
import type { Named } from '../../domain/reference.js';
import { reportTitle } from '../../i18n/documents.js';
import type { Language } from '../../i18n/language.js';
import { reportText } from '../../i18n/report.js';
import { type Block, cell, type ReportDocument, type Table } from './document.js';
import { type Bar, barsByCode, chartOf, figure, largestBars, latestBars, leftOutSection, namesLine, namesOf, periodLine, summarySection, textsIn, totalRow } from './document-parts.js';
import type { ReportResult } from './report-result.js';
import type { Reading } from './view.js';

/** Dimensions whose codes are times, so that a chart tells them in their order. */
const times: readonly ReportDimension[] = ['year', 'quarter', 'month'];

/** Who promised, committed and paid, as people read it. */
export function commitmentVsDisbursementDocument(result: ReportResult, reading: Reading): ReportDocument {
  const { language } = reading;
  const say = textsIn(language);
  const { currency, total } = result;
  const money = (value: string) => cell.amount(value, currency);
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
          figure(language, 'pledged', money(total.pledged), 'pledged'),
          figure(language, 'committed', money(total.committed), 'committed'),
          figure(language, 'disbursed', money(total.disbursed), 'paid'),
          figure(language, 'undisbursed', money(total.undisbursed), 'missing'),
          figure(language, 'executionRate', cell.percent(total.executionRate), 'neutral'),
        ],
        chartsOf(result, language),
      ),
      { id: 'details', title: say('section.details'), blocks: [tableOf(result, language)] },
      leftOutSection(language, result.leftOut),
    ],
    method: result.notes[language],
  };
}

function nameOf({ labels }: ReportResult, dimension: ReportDimension, code: string, language: Language): string {
  return labels[dimension]?.[code]?.[language] ?? code;
}

function subtitleOf(result: ReportResult, { language, reference }: Reading): readonly string[] {
  const { filters, scope, groupBy, currency } = result;
  const say = textsIn(language);
  const listed = (codes: readonly string[] | undefined, list: ReadonlyMap<string, Named>) => namesOf(language, codes ?? [], list);
  const labelled = (codes: readonly string[] | undefined, dimension: ReportDimension) => (codes ?? []).map((code) => nameOf(result, dimension, code, language));
  return [
    ...namesLine(language, 'what.by', groupBy.map((dimension) => reportText(language, `dimension.${dimension}`))),
    periodLine(language, filters.from ?? null, filters.to ?? null),
    ...namesLine(language, 'what.states', listed(filters.countries, reference.countries)),
    ...namesLine(language, 'what.donors', labelled(filters.donorIds, 'donor')),
    ...namesLine(language, 'what.funds', labelled(filters.fundIds, 'fund')),
    ...namesLine(language, 'what.mechanisms', listed(filters.mechanisms, reference.mechanisms)),
    ...namesLine(language, 'what.sectors', listed(filters.sectors, reference.sectors)),
    ...namesLine(language, 'what.plans', labelled(filters.plans, 'plan')),
    ...namesLine(language, 'what.beneficiaryGroups', listed(filters.beneficiaryGroups, reference.beneficiaryGroups)),
    ...namesLine(language, 'what.usageYears', filters.usageYears ?? []),
    ...namesLine(language, 'what.contributionTypes', (filters.contributionTypes ?? []).map((type) => say(`contribution.${type}`))),
    ...(scope.all ? [] : namesLine(language, 'what.scope', listed(scope.states, reference.countries))),
    say('subtitle.currency', { currency }),
  ];
}

/** By the first dimension alone, whatever the others are. */
function chartsOf(result: ReportResult, language: Language): readonly Block[] {
  const [dimension] = result.groupBy;
  if (dimension === undefined) return [];
  const say = textsIn(language);
  const isTime = times.includes(dimension);
  const bars: readonly Bar[] = barsByCode(
    result.rows.map(({ key, pledged, committed, disbursed }) => {
      const code = key[dimension] ?? '';
      return { code, name: nameOf(result, dimension, code, language), values: [pledged, committed, disbursed] };
    }),
  );
  return chartOf(language, {
    id: 'stages',
    title: say('chart.stages', { dimension: reportText(language, `dimension.${dimension}`) }),
    form: isTime ? 'columns' : 'bars',
    unit: { kind: 'amount', currency: result.currency },
    series: [
      { name: say('label.pledged'), measure: 'pledged' },
      { name: say('label.committed'), measure: 'committed' },
      { name: say('label.disbursed'), measure: 'paid' },
    ],
    bars: isTime ? latestBars(language, bars) : largestBars(language, bars),
  });
}

function tableOf(result: ReportResult, language: Language): Table {
  const { groupBy, currency } = result;
  const say = textsIn(language);
  const figures = ({ pledged, committed, disbursed, undisbursed, executionRate, lines }: ReportResult['total']) => [
    ...[pledged, committed, disbursed, undisbursed].map((value) => cell.amount(value, currency)),
    cell.percent(executionRate),
    cell.count(lines),
  ];
  return {
    type: 'table',
    id: 'rows',
    title: say('table.stages'),
    columns: [
      ...groupBy.map((dimension) => ({ title: reportText(language, `dimension.${dimension}`), kind: 'text' as const, weight: times.includes(dimension) ? 1 : 2 })),
      ...(['pledged', 'committed', 'disbursed', 'undisbursed'] as const).map((measure) => ({ title: reportText(language, `measure.${measure}`, { currency }), kind: 'amount' as const, weight: 1.4 })),
      { title: say('label.executionRate'), kind: 'percent', weight: 0.9 },
      { title: say('label.lines'), kind: 'count', weight: 0.8 },
    ],
    rows: [
      ...result.rows.map((row) => ({ cells: [...groupBy.map((dimension) => cell.text(nameOf(result, dimension, row.key[dimension] ?? '', language))), ...figures(row)] })),
      totalRow([...groupBy.map((_, index) => cell.text(index === 0 ? reportText(language, 'total') : '')), ...figures(result.total)]),
    ],
    rule: say('table.stages.rule'),
    empty: say('table.none'),
  };
}
