import { briefText, type BriefText } from '../../i18n/briefs.js';
import type { Language } from '../../i18n/language.js';
import { type Block, cell, type Figure, type ReportDocument, type Row, type Table } from '../reports/document.js';
import { chartOf, largestBars, leftOutSection, totalRow } from '../reports/document-parts.js';
import { dayText } from '../../i18n/moment.js';
import type { Reading } from '../reports/view.js';
import { missingFigure, needBars, needSeries, periodText, stageSeries } from './brief-parts.js';
import type { Need, RegionalBrief, RegionalBriefGroup, StageAmounts } from './briefs.schema.js';

/** The brief of the region as people read it: the members first, then every group, state and mechanism. */
export function regionalBriefDocument(brief: RegionalBrief, { language }: Reading): ReportDocument {
  const { currency, year, membershipOn, groups, leftOut } = brief;
  const say = sayIn(language);
  return {
    kind: brief.kind,
    language,
    title: say('regional.title'),
    subtitle: [say('subtitle.regional', { year, day: dayText(language, membershipOn) }), say('subtitle.currency', { currency })],
    layout: 'report',
    sections: [
      { id: 'essentials', title: say('section.essentials'), blocks: [...groups.filter(({ group }) => group === 'members').map((members) => figuresOf(members, brief, language))] },
      { id: 'groups', title: say('section.groups'), blocks: [groupsTable(brief, language)] },
      { id: 'states', title: say('section.states'), blocks: [...statesChart(brief, language), statesTable(brief, language)] },
      { id: 'mechanisms', title: say('section.mechanisms'), blocks: [...mechanismsChart(brief, language), mechanismsTable(brief, language)] },
      leftOutSection(language, leftOut),
    ],
    method: brief.notes[language],
  };
}

function sayIn(language: Language) {
  return (key: BriefText, values: Readonly<Record<string, string | number>> = {}) => briefText(language, key, values);
}

function figuresOf({ total, notPaid, plans }: RegionalBriefGroup, { currency, year, from, to }: RegionalBrief, language: Language): Block {
  const say = sayIn(language);
  const period = periodText(language, from, to);
  const figure = (key: 'pledged' | 'committed' | 'paid' | 'notPaid', value: string, measure: Figure['measure']): Figure => ({
    label: say(`label.${key}`),
    value: cell.amount(value, currency),
    rule: say(`rule.regional.${key}`, { period }),
    measure,
  });
  return {
    type: 'figures',
    figures: [
      figure('pledged', total.pledged, 'pledged'),
      figure('committed', total.committed, 'committed'),
      figure('paid', total.paid, 'paid'),
      missingFigure('regional', plans, { language, currency, year }),
      figure('notPaid', notPaid, 'neutral'),
    ],
  };
}

function columnsOf(language: Language, currency: string, first: 'group' | 'state' | 'mechanism', amounts: readonly AmountColumn[], share: 'coverage' | 'executionRate'): Table['columns'] {
  const say = sayIn(language);
  return [
    { title: say(`column.${first}`), kind: 'text', weight: 1.6 },
    ...amounts.map((name) => ({ title: say(`column.${name}`, { currency }), kind: 'amount' as const, weight: 1.2 })),
    { title: say(`column.${share}`), kind: 'percent', weight: 0.8 },
  ];
}
type AmountColumn = 'pledged' | 'committed' | 'paid' | 'notPaid' | 'eliminated' | 'beyond' | 'requirements' | 'funded' | 'missing' | 'received' | 'throughFunds';

const stagesIn = ({ pledged, committed, paid }: StageAmounts, currency: string) => [pledged, committed, paid].map((value) => cell.amount(value, currency));
const needsIn = ({ requirements, funded, gap }: Need, currency: string) => [requirements, funded, gap].map((value) => cell.amount(value, currency));

function groupsTable({ currency, groups }: RegionalBrief, language: Language): Table {
  const say = sayIn(language);
  return {
    type: 'table',
    id: 'groups-of-states',
    title: say('table.groups'),
    columns: columnsOf(language, currency, 'group', ['pledged', 'committed', 'paid', 'eliminated', 'beyond', 'requirements', 'funded', 'missing'], 'coverage'),
    rows: groups.map(({ name, total, eliminated, beyond, plans }): Row => ({
      cells: [cell.text(name[language]), ...stagesIn(total, currency), cell.amount(eliminated.paid, currency), cell.amount(beyond.committed, currency), ...needsIn(plans, currency), cell.percent(plans.coverage)],
    })),
    rule: say('table.groups.rule'),
    empty: say('table.none'),
  };
}

function statesChart({ currency, year, states }: RegionalBrief, language: Language) {
  return chartOf(language, {
    id: 'coverage-by-state',
    title: briefText(language, 'chart.states', { year }),
    form: 'stacked',
    unit: { kind: 'amount', currency },
    series: needSeries(language),
    bars: needBars(states, language),
  });
}

function statesTable({ currency, states }: RegionalBrief, language: Language): Table {
  const say = sayIn(language);
  return {
    type: 'table',
    id: 'needs-and-receipts',
    title: say('table.states'),
    columns: columnsOf(language, currency, 'state', ['received', 'throughFunds', 'requirements', 'funded', 'missing'], 'coverage'),
    rows: states.map((state): Row => ({
      cells: [cell.text(state.name[language]), cell.amount(state.received, currency), cell.amount(state.throughFunds, currency), ...needsIn(state, currency), cell.percent(state.coverage)],
    })),
    rule: say('table.states.rule'),
    empty: say('table.none'),
  };
}

function mechanismsChart({ currency, mechanisms }: RegionalBrief, language: Language) {
  return chartOf(language, {
    id: 'by-mechanism',
    title: briefText(language, 'chart.mechanisms'),
    form: 'bars',
    unit: { kind: 'amount', currency },
    series: stageSeries(language),
    bars: largestBars(language, mechanisms.map(({ name, pledged, committed, paid }) => ({ name: name[language], values: [pledged, committed, paid] }))),
  });
}

function mechanismsTable({ currency, mechanisms, groups }: RegionalBrief, language: Language): Table {
  const say = sayIn(language);
  const members = groups.filter(({ group }) => group === 'members');
  return {
    type: 'table',
    id: 'mechanisms-of-members',
    title: say('table.mechanisms'),
    columns: columnsOf(language, currency, 'mechanism', ['pledged', 'committed', 'paid'], 'executionRate'),
    rows: [
      ...mechanisms.map((mechanism): Row => ({ cells: [cell.text(mechanism.name[language]), ...stagesIn(mechanism, currency), cell.percent(mechanism.executionRate)] })),
      ...members.map(({ total }) => totalRow([cell.text(say('row.total')), ...stagesIn(total, currency), cell.percent(null)])),
    ],
    rule: say('table.mechanisms.rule'),
    empty: say('table.none'),
  };
}
