import { ratioOf } from '../../domain/report.js';
import { reportTitle } from '../../i18n/documents.js';
import type { Language } from '../../i18n/language.js';
import { mechanismFigureText } from '../../i18n/mechanism-figures.js';
import { type Block, cell, type Column, type ReportDocument, type Row, type Table } from '../reports/document.js';
import { type Bar, chartOf, figure, largestBars, leftOutSection, minorOf, namesLine, namesOf, periodLine, summarySection, textsIn, totalRow } from '../reports/document-parts.js';
import type { Reading } from '../reports/view.js';
import type { MechanismRow, MechanismsAnswer } from './mechanism-figures.schema.js';

/** Which mechanism keeps its promises, how fast and at what cost, as people read it. */
export function mechanismsDocument(result: MechanismsAnswer, { language, reference }: Reading): ReportDocument {
  const say = textsIn(language);
  const { currency, total, countries } = result;
  const money = (value: string) => cell.amount(value, currency);
  return {
    kind: result.kind,
    language,
    title: reportTitle(result.kind, language),
    subtitle: [
      periodLine(language, result.from, result.to),
      ...(countries ? namesLine(language, 'what.states', namesOf(language, countries, reference.countries)) : [say('subtitle.allStates')]),
      say('subtitle.currency', { currency }),
    ],
    layout: 'report',
    sections: [
      summarySection(
        language,
        [
          figure(language, 'pledged', money(total.pledged), 'pledged'),
          figure(language, 'committed', money(total.committed), 'committed'),
          figure(language, 'disbursed', money(total.disbursed), 'paid'),
          figure(language, 'executionRate', cell.percent(total.executionRate), 'neutral'),
        ],
        chartsOf(result, language),
      ),
      { id: 'money', title: say('section.money'), blocks: [moneyTable(result, language)] },
      { id: 'promises', title: say('section.promises'), blocks: [promisesTable(result, language), predictabilityTable(result, language)] },
      { id: 'speed', title: say('section.speed'), blocks: [daysTable(result, language)] },
      { id: 'cost', title: say('section.cost'), blocks: [costTable(result, language), debtTable(result, language)] },
      { id: 'in-kind', title: say('section.inKind'), blocks: [inKindTable(result, language)] },
      leftOutSection(language, result.leftOut),
    ],
    method: result.notes[language],
  };
}

function nameOf({ labels }: MechanismsAnswer, code: string, language: Language): string {
  return labels[code]?.[language] ?? code;
}

/** Conversion and fulfilment of pledges; those of the others are over the sums of theirs. */
function chartsOf(result: MechanismsAnswer, language: Language): readonly Block[] {
  const say = textsIn(language);
  const named = result.rows.map((row): Bar => ({ name: nameOf(result, row.mechanism, language), values: [row.promises.pledged, row.promises.converted, row.promises.paid] }));
  const promised = named.filter(({ values: [pledged] }) => pledged !== null && pledged !== undefined && minorOf(pledged) > 0n);
  const rate = (part: string | null | undefined, whole: string | null | undefined) => ratioOf(minorOf(part ?? '0'), minorOf(whole ?? '0'));
  return [
    ...chartOf(language, {
      id: 'fulfilment',
      title: say('chart.fulfilment'),
      form: 'bars',
      unit: { kind: 'percent' },
      series: [
        { name: say('label.conversionRate'), measure: 'committed' },
        { name: say('label.fulfilmentRate'), measure: 'paid' },
      ],
      bars: largestBars(language, promised).map(({ name, values: [pledged, converted, paid] }) => ({ name, values: [rate(converted, pledged), rate(paid, pledged)] })),
    }),
    ...chartOf(language, {
      id: 'stages',
      title: say('chart.stages', { dimension: mechanismFigureText(language, 'mechanism') }),
      form: 'bars',
      unit: { kind: 'amount', currency: result.currency },
      series: [
        { name: say('label.pledged'), measure: 'pledged' },
        { name: say('label.committed'), measure: 'committed' },
        { name: say('label.disbursed'), measure: 'paid' },
      ],
      bars: largestBars(language, result.rows.map((row) => ({ name: nameOf(result, row.mechanism, language), values: [row.pledged, row.committed, row.disbursed] }))),
    }),
  ];
}

/** A table with a row for each mechanism of which it has something to say. */
interface Shape {
  readonly id: string;
  readonly title: string;
  readonly rule: string;
  readonly empty: string;
  readonly columns: readonly Column[];
  readonly cellsOf: (row: MechanismRow) => Row['cells'] | null;
}

function tableOf(result: MechanismsAnswer, language: Language, { cellsOf, columns, ...shape }: Shape, last: readonly Row[] = []): Table {
  const rows = result.rows.flatMap((row): Row[] => {
    const cells = cellsOf(row);
    return cells === null ? [] : [{ cells: [cell.text(nameOf(result, row.mechanism, language)), ...cells] }];
  });
  return { ...shape, type: 'table', columns: [{ title: mechanismFigureText(language, 'mechanism'), kind: 'text', weight: 2 }, ...columns], rows: rows.length === 0 ? [] : [...rows, ...last] };
}

/** Columns titled by the catalogue of the figures. */
function columnsIn(language: Language, currency: string) {
  return (kind: Column['kind'], ...names: readonly Parameters<typeof mechanismFigureText>[1][]): readonly Column[] =>
    names.map((name) => ({ title: mechanismFigureText(language, name, { currency }), kind }));
}

function moneyTable(result: MechanismsAnswer, language: Language): Table {
  const say = textsIn(language);
  const { currency, total } = result;
  const columns = columnsIn(language, currency);
  const cellsOf = ({ pledged, committed, disbursed, executionRate, lines }: typeof total) => [
    ...[pledged, committed, disbursed].map((value) => cell.amount(value, currency)),
    cell.percent(executionRate),
    cell.count(lines),
  ];
  const shape = {
    id: 'stages-by-mechanism',
    title: say('table.stages'),
    rule: mechanismFigureText(language, 'note.totals'),
    empty: say('table.none'),
    columns: [...columns('amount', 'pledged', 'committed', 'disbursed'), { title: say('label.executionRate'), kind: 'percent' as const }, ...columns('count', 'lines')],
    cellsOf,
  };
  return tableOf(result, language, shape, [totalRow([cell.text(say('total')), ...cellsOf(total)])]);
}

function promisesTable(result: MechanismsAnswer, language: Language): Table {
  const say = textsIn(language);
  const { currency } = result;
  const columns = columnsIn(language, currency);
  return tableOf(result, language, {
    id: 'pledges-by-mechanism',
    title: say('table.promises'),
    rule: mechanismFigureText(language, 'note.promises'),
    empty: say('table.noPledges'),
    columns: [
      ...columns('count', 'pledges'),
      ...columns('amount', 'pledged', 'converted', 'paid'),
      { title: say('label.conversionRate'), kind: 'percent' },
      { title: say('label.fulfilmentRate'), kind: 'percent' },
    ],
    cellsOf: ({ promises: { pledges, pledged, converted, paid, conversionRate, fulfilmentRate } }) =>
      pledges === 0
        ? null
        : [cell.count(pledges), ...[pledged, converted, paid].map((value) => cell.amount(value, currency)), cell.percent(conversionRate), cell.percent(fulfilmentRate)],
  });
}

function predictabilityTable(result: MechanismsAnswer, language: Language): Table {
  const say = textsIn(language);
  const { currency } = result;
  return tableOf(result, language, {
    id: 'predictability',
    title: say('table.predictability'),
    rule: mechanismFigureText(language, 'note.predictability'),
    empty: say('table.noInstalments'),
    columns: [{ title: say('label.instalments'), kind: 'count' }, ...columnsIn(language, currency)('amount', 'planned', 'actual'), { title: say('label.predictability'), kind: 'percent' }],
    cellsOf: ({ predictability: due }) =>
      due && [cell.count(due.instalments), cell.amount(due.planned, currency), cell.amount(due.actual, currency), cell.percent(due.rate)],
  });
}

const delays = ['pledgeToCommitment', 'commitmentToFirstPayment', 'commitmentToFullPayment', 'triggerToActivation', 'activationToPayout', 'triggerToPayout'] as const;

function daysTable(result: MechanismsAnswer, language: Language): Table {
  const say = textsIn(language);
  return tableOf(result, language, {
    id: 'days',
    title: say('table.days'),
    rule: mechanismFigureText(language, 'note.days'),
    empty: say('table.none'),
    columns: columnsIn(language, result.currency)('count', ...delays),
    cellsOf: ({ days }) => (delays.some((delay) => days[delay].median !== null) ? delays.map((delay) => cell.count(days[delay].median)) : null),
  });
}

function costTable(result: MechanismsAnswer, language: Language): Table {
  const say = textsIn(language);
  const { currency } = result;
  return tableOf(result, language, {
    id: 'costs',
    title: say('table.costs', { currency }),
    rule: mechanismFigureText(language, 'note.cost'),
    empty: say('table.noCosts'),
    columns: [
      { title: mechanismFigureText(language, 'costDefinition'), kind: 'text', weight: 2 },
      { title: say('label.costs'), kind: 'amount' },
      { title: say('label.costsWhole'), kind: 'amount' },
      { title: say('label.costShare'), kind: 'percent' },
    ],
    cellsOf: ({ cost }) =>
      cost && [cell.text(mechanismFigureText(language, `cost.${cost.definition}`)), cell.amount(cost.costs, currency), cell.amount(cost.whole, currency), cell.percent(cost.share)],
  });
}

function debtTable(result: MechanismsAnswer, language: Language): Table {
  const say = textsIn(language);
  const { currency } = result;
  return tableOf(result, language, {
    id: 'loans-and-swaps',
    title: say('table.debt'),
    rule: say('table.debt.rule'),
    empty: say('table.noDebt'),
    columns: columnsIn(language, currency)('amount', 'loanFace', 'loanGrant', 'swapFace', 'swapDiscount', 'swapReleased'),
    cellsOf: ({ loans, swaps }) =>
      loans || swaps
        ? [loans?.faceValue, loans?.grantElement, swaps?.faceValue, swaps?.discount, swaps?.releasedFunds].map((value) => cell.amount(value ?? null, currency))
        : null,
  });
}

/** What is given in kind or as assistance, with who valued it. */
function inKindTable(result: MechanismsAnswer, language: Language): Table {
  const say = textsIn(language);
  const { currency, rows } = result;
  const types = [['inKind', 'contribution.in_kind'], ['technicalAssistance', 'contribution.technical_assistance']] as const;
  return {
    type: 'table',
    id: 'in-kind-and-assistance',
    title: say('section.inKind'),
    columns: [
      { title: mechanismFigureText(language, 'mechanism'), kind: 'text', weight: 2 },
      { title: say('label.contributionType'), kind: 'text', weight: 1.4 },
      ...columnsIn(language, currency)('amount', 'pledged', 'committed', 'disbursed'),
      { title: say('label.valuedBy'), kind: 'text', weight: 2 },
    ],
    rows: rows.flatMap((row) =>
      types.flatMap(([type, key]) => {
        const valued = row[type];
        if (!valued) return [];
        const sources = valued.sources.map(({ source }) => source ?? mechanismFigureText(language, 'notRecorded'));
        return [{ cells: [cell.text(nameOf(result, row.mechanism, language)), cell.text(say(key)), ...[valued.pledged, valued.committed, valued.disbursed].map((value) => cell.amount(value, currency)), cell.text(sources.join(', '))] }];
      }),
    ),
    rule: say('table.inKind.rule'),
    empty: say('table.noInKind'),
  };
}
