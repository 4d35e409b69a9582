import { reportTitle } from '../../i18n/documents.js';
import { fundFigureText } from '../../i18n/fund-figures.js';
import type { Language } from '../../i18n/language.js';
import { type Block, cell, type Column, type ReportDocument, type Row, type Section, type Table } from '../reports/document.js';
import { chartOf, figure, largestBars, namesLine, periodLine, shareOfPercent, sumOfDecimals, summarySection, textsIn, totalRow } from '../reports/document-parts.js';
import type { Reading } from '../reports/view.js';
import type { AttributionAnswer } from './fund-figures.schema.js';

/** Whose money went where, as people read it. */
export function attributionDocument(result: AttributionAnswer, { language }: Reading): ReportDocument {
  const say = textsIn(language);
  const { currency, totals, rows, funds } = result;
  const named = namesIn(result, language);
  const money = (value: string) => cell.amount(value, currency);
  return {
    kind: result.kind,
    language,
    title: reportTitle(result.kind, language),
    subtitle: [
      periodLine(language, result.from, result.to),
      ...namesLine(language, 'what.donors', rows.map(({ donor }) => named('donors', donor))),
      ...namesLine(language, 'what.funds', funds.map(({ fund }) => named('funds', fund))),
      say('subtitle.currency', { currency }),
    ],
    layout: 'report',
    sections: [
      summarySection(
        language,
        [
          figure(language, 'givenIn', money(totals.paidIn), 'paid'),
          figure(language, 'receivedThroughFunds', money(totals.received), 'neutral'),
          figure(language, 'attributed', money(totals.attributed), 'paid'),
          figure(language, 'givenToFunds', money(totals.given), 'neutral'),
          figure(language, 'still', money(totals.still), 'missing'),
        ],
        chartsOf(result, language),
      ),
      destinationsSection(result, language),
      { id: 'donors', title: say('section.byDonor'), blocks: [donorsTable(result, language), sharesTable(result, language), recipientsTable(result, language)] },
    ],
    method: [result.rule[language], ...result.notes[language]],
  };
}

function namesIn({ labels }: AttributionAnswer, language: Language) {
  return (list: keyof AttributionAnswer['labels'], code: string) => labels[list][code]?.[language] ?? code;
}

function chartsOf(result: AttributionAnswer, language: Language): readonly Block[] {
  const say = textsIn(language);
  const named = namesIn(result, language);
  return chartOf(language, {
    id: 'by-state',
    title: say('chart.destinations'),
    form: 'stacked',
    unit: { kind: 'amount', currency: result.currency },
    series: [
      { name: say('label.direct'), measure: 'paid' },
      { name: say('label.throughFunds'), measure: 'neutral' },
    ],
    bars: largestBars(language, result.totals.byState.map(({ state, direct, throughFunds }) => ({ name: named('states', state), values: [direct, throughFunds] }))),
  });
}

interface Parts {
  readonly direct: string;
  readonly throughFunds: string;
  readonly total: string;
}

const partNames = ['direct', 'throughFunds', 'total'] as const;

function partColumns(language: Language): readonly Column[] {
  const say = textsIn(language);
  return partNames.map((name) => ({ title: say(`label.${name}`), kind: 'amount' }));
}

/** Σ of what is shown in some rows, part by part. */
function summed(rows: readonly Parts[]): Parts {
  const sum = (name: (typeof partNames)[number]) => sumOfDecimals(rows.map((row) => row[name])) ?? '0';
  return { direct: sum('direct'), throughFunds: sum('throughFunds'), total: sum('total') };
}

function destinationsSection(result: AttributionAnswer, language: Language): Section {
  const say = textsIn(language);
  const named = namesIn(result, language);
  const { currency } = result;
  const { byKind, byState, byPartner } = result.totals;
  const table = (id: string, title: string, column: string, rows: readonly (Parts & { readonly name: string })[], rule: string): Table => {
    const cells = (name: string, parts: Parts) => [cell.text(name), ...partNames.map((part) => cell.amount(parts[part], currency))];
    return {
      type: 'table',
      id,
      title,
      columns: [{ title: column, kind: 'text', weight: 2 }, ...partColumns(language)],
      rows: rows.length === 0 ? [] : [...rows.map((row) => ({ cells: cells(row.name, row) })), totalRow(cells(say('total'), summed(rows)))],
      rule,
      empty: say('table.none'),
    };
  };
  const kinds = byKind.map(({ kind, ...parts }) => ({ ...parts, name: fundFigureText(language, `kind.${kind}`) }));
  const states = byState.map(({ state, ...parts }) => ({ ...parts, name: named('states', state) }));
  const partners = byPartner.map(({ partner, ...parts }) => ({ ...parts, name: named('partners', partner) }));
  return {
    id: 'destinations',
    title: say('section.destinations'),
    blocks: [
      table('by-kind', say('table.byKind', { currency }), fundFigureText(language, 'column.what'), kinds, say('table.byKind.rule')),
      table('states', say('table.byState', { currency }), fundFigureText(language, 'column.state'), states, say('table.byRecipient.rule')),
      table('partners', say('table.byPartner', { currency }), fundFigureText(language, 'column.partner'), partners, say('table.byRecipient.rule')),
    ],
  };
}

const flows = ['paidIn', 'received', 'attributed', 'given', 'still'] as const;

function flowColumns(language: Language): readonly Column[] {
  const say = textsIn(language);
  return flows.map((flow) => ({ title: say(`flow.${flow}`), kind: 'amount' }));
}

function donorsTable(result: AttributionAnswer, language: Language): Table {
  const say = textsIn(language);
  const named = namesIn(result, language);
  const { currency, rows, totals } = result;
  const cells = (name: string, sums: Readonly<Record<(typeof flows)[number], string>>) => [cell.text(name), ...flows.map((flow) => cell.amount(sums[flow], currency))];
  return {
    type: 'table',
    id: 'by-donor',
    title: say('table.byDonor', { currency }),
    columns: [{ title: fundFigureText(language, 'column.donor'), kind: 'text', weight: 2 }, ...flowColumns(language)],
    rows: rows.length === 0 ? [] : [...rows.map((row) => ({ cells: cells(named('donors', row.donor), row.totals) })), totalRow(cells(say('total'), totals))],
    rule: say('table.byDonor.rule'),
    empty: say('table.none'),
  };
}

function sharesTable(result: AttributionAnswer, language: Language): Table {
  const say = textsIn(language);
  const named = namesIn(result, language);
  const currencies = new Map(result.funds.map(({ fund, currency }) => [fund, currency]));
  const ofFund = (donor: string, { fund, share, own }: AttributionAnswer['rows'][number]['funds'][number]): Row => {
    const currency = currencies.get(fund) ?? result.currency;
    return {
      cells: [
        cell.text(named('donors', donor)),
        cell.text(named('funds', fund)),
        cell.percent(share === null ? null : shareOfPercent(share)),
        cell.text(currency),
        ...flows.map((flow) => cell.amount(own[flow], currency)),
      ],
    };
  };
  return {
    type: 'table',
    id: 'shares-of-funds',
    title: say('table.shares'),
    columns: [
      { title: fundFigureText(language, 'column.donor'), kind: 'text', weight: 1.6 },
      { title: fundFigureText(language, 'column.fund'), kind: 'text', weight: 1.6 },
      { title: say('label.share'), kind: 'percent' },
      { title: fundFigureText(language, 'column.currency'), kind: 'text', weight: 0.6 },
      ...flowColumns(language),
    ],
    rows: result.rows.flatMap(({ donor, funds }) => funds.map((fund) => ofFund(donor, fund))),
    rule: say('table.shares.rule'),
    empty: say('table.none'),
  };
}

function recipientsTable(result: AttributionAnswer, language: Language): Table {
  const say = textsIn(language);
  const named = namesIn(result, language);
  const { currency, rows } = result;
  const lines = rows.flatMap(({ donor, recipients }) => recipients.map((recipient) => ({ donor, ...recipient })));
  const amounts = (parts: Parts) => partNames.map((part) => cell.amount(parts[part], currency));
  return {
    type: 'table',
    id: 'by-donor-and-recipient',
    title: say('table.recipients', { currency }),
    columns: [
      ...(['donor', 'what', 'partner', 'state', 'plan'] as const).map((column) => ({ title: fundFigureText(language, `column.${column}`), kind: 'text' as const, weight: 1.4 })),
      ...partColumns(language),
    ],
    rows:
      lines.length === 0
        ? []
        : [
            ...lines.map(({ donor, kind, partner, state, plan, ...parts }) => ({
              cells: [
                cell.text(named('donors', donor)), cell.text(fundFigureText(language, `kind.${kind}`)), cell.text(named('partners', partner)),
                cell.text(named('states', state)), cell.text(named('plans', plan)), ...amounts(parts),
              ],
            })),
            totalRow([cell.text(say('total')), ...Array.from({ length: 4 }, () => cell.text('')), ...amounts(summed(lines))]),
          ], // prettier-ignore
    rule: say('table.byKind.rule'),
    empty: say('table.none'),
  };
}
