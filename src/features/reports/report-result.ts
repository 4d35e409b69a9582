import { formatMinor } from '../../domain/money.js';
import { bothNames, type Named, type Reference } from '../../domain/reference.js';
import {
  addSums,
  type Cell,
  executionRate,
  keptRecord,
  mergeCells,
  noSums,
  NOT_SPECIFIED,
  type ReportDimension,
  reportDimensions,
  SHARED,
  sortCells,
  type Sums,
} from '../../domain/report.js';
import type { Language } from '../../i18n/language.js';
import { reportText, type ReportText } from '../../i18n/report.js';
import type { Labels } from './labels.store.js';
import { percentOf } from './artefacts.js';
import type { LeftOutRow, ReportQuestion } from './reports.store.js';
import type { ViewTable } from './view.js';

/** The figures of one cell or of the total; amounts are decimal strings in the report's currency. */
interface Figures {
  readonly pledged: string;
  readonly committed: string;
  readonly disbursed: string;
  readonly undisbursed: string;
  /** Disbursed ÷ committed, four decimals; null where nothing is committed. */
  readonly executionRate: string | null;
  readonly lines: number;
}

/** The computed report: the JSON artefact is this and nothing else, so that the same question has the same bytes. */
export interface ReportResult {
  readonly kind: 'commitment_vs_disbursement';
  readonly asOf: string;
  readonly currency: string;
  readonly groupBy: readonly ReportDimension[];
  readonly filters: ReportQuestion['filters'];
  readonly scope: ReportQuestion['scope'];
  readonly notes: Readonly<Record<Language, readonly string[]>>;
  readonly total: Figures;
  readonly rows: readonly (Figures & { readonly key: Readonly<Partial<Record<ReportDimension, string>>> })[];
  /** Names of the codes in the keys, and of the records in the filters, by dimension and code. */
  readonly labels: Readonly<Partial<Record<ReportDimension, Readonly<Record<string, Readonly<Record<Language, string>>>>>>>;
  readonly leftOut: readonly { readonly reason: string; readonly lines: number; readonly text: Readonly<Record<Language, string>> }[];
}

/** Joins sums, names and notes into the report. */
export function buildResult(
  question: ReportQuestion,
  raw: readonly Cell[],
  leftOut: readonly LeftOutRow[],
  labels: Labels,
  reference: Reference,
): ReportResult {
  const { groupBy, currency, filters } = question;
  const filtered: Partial<Record<ReportDimension, readonly string[] | undefined>> = { donor: filters.donorIds, fund: filters.fundIds, plan: filters.plans };
  const donorAt = groupBy.indexOf('donor');
  const cells = sortCells(mergeCells(raw, (key) => key.map((code, index) => (index === donorAt ? keptRecord(code, labels.mergedInto) : code))));
  const exponent = reference.exponents.get(currency) ?? 2;
  const figures = (sums: Sums) => figuresOf(sums, exponent);
  return {
    kind: 'commitment_vs_disbursement',
    asOf: question.asOf,
    currency,
    groupBy,
    filters: question.filters,
    scope: question.scope,
    notes: { fr: notesOf(question, 'fr'), en: notesOf(question, 'en') },
    total: figures(cells.reduce((sum, cell) => addSums(sum, cell.sums), noSums)),
    rows: cells.map(({ key, sums }) => ({ key: Object.fromEntries(groupBy.map((dimension, index) => [dimension, key[index] ?? ''])), ...figures(sums) })),
    labels: Object.fromEntries(
      reportDimensions.flatMap((dimension) => {
        const index = groupBy.indexOf(dimension);
        const codes = [...(index === -1 ? [] : cells.map((cell) => cell.key[index] ?? '')), ...(filtered[dimension] ?? [])];
        return index === -1 && codes.length === 0 ? [] : [[dimension, labelsOf(dimension, codes, labels, reference)]];
      }),
    ),
    leftOut: leftOut.map(({ reason, lines }) => ({ reason, lines, text: bothLanguages(`reason.${reason}` as ReportText) })),
  };
}

function figuresOf(sums: Sums, exponent: number): Figures {
  return {
    pledged: formatMinor(sums.pledged, exponent),
    committed: formatMinor(sums.committed, exponent),
    disbursed: formatMinor(sums.disbursed, exponent),
    undisbursed: formatMinor(sums.committed - sums.disbursed, exponent),
    executionRate: executionRate(sums),
    lines: sums.lines,
  };
}

function notesOf({ filters, scope }: ReportQuestion, language: Language): string[] {
  const keys: ReportText[] = ['note.stages', 'note.internal', 'note.shared', 'note.rates', `note.restricted.${filters.restricted}`];
  if (!scope.all) keys.push('note.scope');
  if (!scope.restricted && filters.restricted === 'included') keys.push('note.restricted.hidden');
  return keys.map((key) => reportText(language, key));
}

function bothLanguages(key: ReportText): Record<Language, string> {
  return { fr: reportText('fr', key), en: reportText('en', key) };
}

function labelsOf(dimension: ReportDimension, codes: readonly string[], labels: Labels, reference: Reference) {
  const lists: Partial<Record<ReportDimension, ReadonlyMap<string, Named>>> = {
    donor: labels.organisations,
    fund: labels.funds,
    plan: labels.plans,
    state: reference.countries,
    sector: reference.sectors,
    mechanism: reference.mechanisms,
    beneficiaryGroup: reference.beneficiaryGroups,
  };
  const named = (code: string): Record<Language, string> => {
    if (code === SHARED) return bothLanguages('bucket.shared');
    if (code === NOT_SPECIFIED) return bothLanguages('bucket.unspecified');
    const names = lists[dimension]?.get(code);
    return bothNames(names, code);
  };
  return Object.fromEntries([...new Set(codes)].sort().map((code) => [code, named(code)]));
}

/** The same figures as a table: codes and names by dimension, then the measures, the total last. */
export function tableOf(result: ReportResult, language: Language): ViewTable {
  const { groupBy, currency } = result;
  const header = [
    ...groupBy.flatMap((dimension) => [`${reportText(language, `dimension.${dimension}`)} (code)`, reportText(language, `dimension.${dimension}`)]),
    ...(['pledged', 'committed', 'disbursed', 'undisbursed', 'executionRate', 'lines'] as const).map((measure) =>
      reportText(language, `measure.${measure}`, { currency }),
    ),
  ];
  const numbers = (figures: Figures) => [
    ...[figures.pledged, figures.committed, figures.disbursed, figures.undisbursed, percentOf(figures.executionRate)],
    String(figures.lines),
  ];
  const rows = result.rows.map((row) => [
    ...groupBy.flatMap((dimension) => {
      const code = row.key[dimension] ?? '';
      return [code, result.labels[dimension]?.[code]?.[language] ?? code];
    }),
    ...numbers(row),
  ]);
  const total = [...groupBy.flatMap((_, index) => [index === 0 ? reportText(language, 'total') : '', '']), ...numbers(result.total)];
  return { header, rows: [...rows, total] };
}
