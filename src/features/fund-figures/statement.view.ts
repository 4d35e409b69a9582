import type { FundEntryKind } from '../../domain/fund-book.js';
import { type KindSums, lineOf, openPart, signsOf, type StatementLine, statementLineNames, statementOf } from '../../domain/fund-statement.js';
import { reportingCurrencies } from '../../domain/fx.js';
import { exponentOf, formatMinor } from '../../domain/money.js';
import type { Visibility } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import { keptRecord } from '../../domain/report.js';
import { fundFigureText, type FundFigureText, inBothLanguages } from '../../i18n/fund-figures.js';
import { asSystem } from '../../platform/tenant.js';
import { percentOf } from '../reports/artefacts.js';
import { type Labels, labelsAt } from '../reports/labels.store.js';
import type { View } from '../reports/view.js';
import { labelsOf } from './figure-labels.js';
import { type StatementAnswer, statementQuestion, type StatementQuestion } from './fund-figures.schema.js';
import { findReachedFund, openCommitments, openPledges, type OpenRow, type ReachedFund, type StatementCell, statementCells, statementLines } from './fund-figures.store.js';
import { statementDocument } from './statement.document.js';

/** Sources and uses of a fund as the UN Multi-Partner Trust Fund Office states them, opening, period and closing. */
export const fundStatement = {
  kind: 'fund_statement',
  question: statementQuestion,
  compute: ({ tx, reference, asOf, scope }, asked) =>
    asSystem(tx, async (): Promise<StatementAnswer> => {
      const fund = await findReachedFund(tx, scope, asked.fundId);
      if (!fund) throw new DomainError('NOT_FOUND', { what: 'pooled_fund' });
      const names = await labelsAt(tx, asOf);
      const all = await statementCells(tx, fund.id, scope, asOf, asked);
      const write = (minor: bigint) => formatMinor(minor, exponentOf(fund.currency, reference.exponents));
      const hidden = new Set(all.filter((cell) => cell.hidden).map(({ kind }) => kind));
      const cells = all.filter((cell) => !cell.hidden);
      const spans = new Spans(hidden, write);
      const byDonor = spans.groups(cells, donorCode(fund, scope, names), ['contributions', 'donorRefunds']);
      const byPartner = spans.groups(cells, ({ partner_id }) => partner_id && keptRecord(partner_id, names.mergedInto), partnerLines);
      const byState = spans.groups(cells, ({ partner_id, state }) => partner_id && state, partnerLines);
      const unpaid = {
        commitments: openByCurrency(await openCommitments(tx, fund, scope, asOf, asked.to)),
        pledges: openByCurrency(await openPledges(tx, fund, scope, asOf, asked.to)),
      };
      const lacksRate = [...unpaid.commitments, ...unpaid.pledges].some(({ open, converted }) => open !== 0n && converted === null);
      const written = (rows: readonly OpenSum[]) =>
        rows.map(({ currency, whole, met, open, converted }) => {
          const original = (minor: bigint) => formatMinor(minor, exponentOf(currency, reference.exponents));
          return { currency, whole: original(whole), met: original(met), open: original(open), converted: converted === null ? null : write(converted) };
        });
      const codes = (rows: readonly { readonly code: string }[]) => rows.map(({ code }) => code);
      return {
        kind: 'fund_statement',
        asOf,
        fund: fund.id,
        currency: fund.currency,
        from: asked.from ?? null,
        to: asked.to ?? null,
        notes: inBothLanguages([
          'note.fund.book',
          'note.fund.unpaid',
          'note.fund.conversion',
          ...(lacksRate ? (['note.fund.unconverted'] as const) : []),
          ...(hidden.size > 0 ? (['note.fund.hidden'] as const) : []),
          ...(codes(byDonor).includes(OTHERS) ? (['note.fund.others'] as const) : []),
        ]),
        lines: spans.lines(cells, statementLineNames),
        deliveryRate: spans.deliveryRate(cells),
        byDonor,
        byPartner,
        byState,
        unpaid: { commitments: written(unpaid.commitments), pledges: written(unpaid.pledges) },
        labels: labelsOf({ donors: codes(byDonor), partners: codes(byPartner), states: codes(byState), plans: [], funds: [fund.id] }, names, reference),
      };
    }),
  document: statementDocument,
  lines: ({ tx, scope }, { fundId, to }) =>
    asSystem(tx, async () => {
      const fund = await findReachedFund(tx, scope, fundId);
      // A fund may keep its book in another currency than reports are made in.
      const currency = reportingCurrencies.find((one) => one === fund?.currency) ?? 'USD';
      return { book: 'funds', condition: statementLines(fundId, scope, { to }), currency };
    }),
  table(result, language) {
    const text = (key: FundFigureText) => fundFigureText(language, key);
    const cellsOf = ({ before, period, until }: Span) => [before ?? '', period ?? '', until ?? ''];
    const part = (key: FundFigureText, rows: StatementAnswer['byDonor'], names: StatementAnswer['labels']['donors']) =>
      rows.flatMap(({ code, lines }) => lines.map((one) => [text(key), code, names[code]?.[language] ?? code, text(`line.${one.line}`), result.currency, ...cellsOf(one)]));
    const own = [text('part.fund'), result.fund, result.labels.funds[result.fund]?.[language] ?? result.fund];
    const { before, period, until } = result.deliveryRate;
    const unpaid = (key: FundFigureText, rows: StatementAnswer['unpaid']['pledges']) => rows.map(({ currency, open }) => [...own, text(key), currency, '', '', open]);
    return {
      header: (['part', 'code', 'name', 'line', 'currency', 'before', 'period', 'until'] as const).map((column) => text(`column.${column}`)),
      rows: [
        ...result.lines.map((one) => [...own, text(`line.${one.line}`), result.currency, ...cellsOf(one)]),
        [...own, text('line.deliveryRate'), '', percentOf(before), percentOf(period), percentOf(until)],
        ...unpaid('line.unpaidCommitments', result.unpaid.commitments),
        ...unpaid('line.openPledges', result.unpaid.pledges),
        ...part('part.donor', result.byDonor, result.labels.donors),
        ...part('part.partner', result.byPartner, result.labels.partners),
        ...part('part.state', result.byState, result.labels.states),
      ],
    };
  },
} as const satisfies View<StatementQuestion, StatementAnswer>;

const partnerLines: readonly StatementLine[] = ['allocated', 'transfers', 'refunds', 'netTransfers', 'notTransferred', 'expenditure', 'partnerBalance'];
const OTHERS = 'others';

/** Whether an actor sees who gave how much to a fund: whoever sees all, or works for one of its states. */
export function seesDonors(fund: ReachedFund, scope: Visibility): boolean {
  return scope.all || fund.countries.some((code) => scope.states.includes(code));
}

function donorCode(fund: ReachedFund, scope: Visibility, { mergedInto }: Labels): (cell: StatementCell) => string | null {
  const all = seesDonors(fund, scope);
  const own = scope.all ? [] : scope.donorIds;
  return ({ donor_id }) => donor_id && (all || own.includes(donor_id) ? keptRecord(donor_id, mergedInto) : OTHERS);
}

interface Span {
  readonly before: string | null;
  readonly period: string | null;
  readonly until: string | null;
}

/** Lines over the three spans of a period; a balance to which hidden entries belong is not told. */
class Spans {
  constructor(
    private readonly hidden: ReadonlySet<FundEntryKind>,
    private readonly write: (minor: bigint) => string,
  ) {}

  lines(cells: readonly StatementCell[], lines: readonly StatementLine[]): StatementAnswer['lines'] {
    const { before, period, until } = sumsOf(cells);
    return lines.map((line) => {
      if (!this.tells(line)) return { line, before: null, period: null, until: null };
      const [opening, change, closing] = [before, period, until].map((sums) => this.write(lineOf(line, sums)));
      return { line, before: opening ?? null, period: change ?? null, until: closing ?? null };
    });
  }

  groups(cells: readonly StatementCell[], codeOf: (cell: StatementCell) => string | null, lines: readonly StatementLine[]): StatementAnswer['byDonor'] {
    const byCode = new Map<string, StatementCell[]>();
    for (const cell of cells) {
      const code = codeOf(cell);
      if (code !== null) byCode.set(code, [...(byCode.get(code) ?? []), cell]);
    }
    return [...byCode].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, own]) => ({ code, lines: this.lines(own, lines) }));
  }

  deliveryRate(cells: readonly StatementCell[]): Span {
    if (!this.tells('partnerBalance')) return { before: null, period: null, until: null };
    const { before, period, until } = sumsOf(cells);
    return { before: statementOf(before).deliveryRate, period: statementOf(period).deliveryRate, until: statementOf(until).deliveryRate };
  }

  private tells(line: StatementLine): boolean {
    return !balances.includes(line) || !signsOf(line).some(([kind]) => this.hidden.has(kind));
  }
}

const balances: readonly StatementLine[] = ['administratorBalance', 'partnerBalance', 'totalBalance', 'notTransferred', 'available'];

function sumsOf(cells: readonly StatementCell[]): { readonly before: KindSums; readonly period: KindSums; readonly until: KindSums } {
  const sum = (some: readonly StatementCell[]): KindSums => {
    const sums: Partial<Record<FundEntryKind, bigint>> = {};
    for (const { kind, minor } of some) sums[kind] = (sums[kind] ?? 0n) + minor;
    return sums;
  };
  return { before: sum(cells.filter((cell) => cell.before)), period: sum(cells.filter((cell) => !cell.before)), until: sum(cells) };
}

interface OpenSum {
  readonly currency: string;
  readonly whole: bigint;
  readonly met: bigint;
  readonly open: bigint;
  readonly converted: bigint | null;
}

/** What is open, by original currency; not told in the fund's currency as soon as a part of it has no rate. */
function openByCurrency(rows: readonly OpenRow[]): readonly OpenSum[] {
  const sums = new Map<string, OpenSum>();
  for (const { currency, whole, met, converted } of rows.filter((row) => !row.hidden)) {
    const so = sums.get(currency) ?? { currency, whole: 0n, met: 0n, open: 0n, converted: 0n };
    const open = whole - met;
    const addition = open === 0n ? 0n : converted && openPart(whole, open, converted);
    sums.set(currency, {
      currency,
      whole: so.whole + whole,
      met: so.met + met,
      open: so.open + open,
      converted: so.converted === null || addition === null ? null : so.converted + addition,
    });
  }
  return [...sums.values()].filter(({ whole }) => whole !== 0n).sort((a, b) => (a.currency < b.currency ? -1 : 1));
}
