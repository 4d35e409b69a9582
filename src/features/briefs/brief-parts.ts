import type { Day } from '../../domain/days.js';
import { briefText } from '../../i18n/briefs.js';
import type { Language } from '../../i18n/language.js';
import { cell, type Figure } from '../reports/document.js';
import type { Bar, BarChart } from '../reports/document-parts.js';
import { dayText } from '../../i18n/moment.js';
import { amountText, percentText } from '../reports/render/numbers.js';
import type { Names, Need } from './briefs.schema.js';

type Series = BarChart['series'][number];

/** The value dates of the figures in words; null for no bound. */
export function periodText(language: Language, from: Day | null, to: Day | null): string {
  const days = { ...(from !== null && { from: dayText(language, from) }), ...(to !== null && { to: dayText(language, to) }) };
  if (from !== null) return briefText(language, to === null ? 'period.from' : 'period.between', days);
  return briefText(language, to === null ? 'period.all' : 'period.to', days);
}

/** What plans lack, with what it is the difference of. */
export function missingFigure(of: 'state' | 'regional', { requirements, funded, gap, coverage }: Need, { language, currency, year }: { readonly language: Language; readonly currency: string; readonly year: number }): Figure {
  const write = (amount: string) => amountText(language, amount, currency);
  const rule =
    requirements === null || coverage === null
      ? briefText(language, 'rule.missing.unknown', { year })
      : briefText(language, `rule.${of}.missing`, { year, requirements: write(requirements), funded: write(funded), coverage: percentText(language, coverage) });
  return { label: briefText(language, 'label.missing'), value: cell.amount(gap, currency), rule, measure: 'missing' };
}

/** The stages of a promise as series of a chart. */
export function stageSeries(language: Language): readonly [Series, Series, Series] {
  return [
    { name: briefText(language, 'label.pledged'), measure: 'pledged' },
    { name: briefText(language, 'label.committed'), measure: 'committed' },
    { name: briefText(language, 'label.paid'), measure: 'paid' },
  ];
}

/** What plans have and lack as series of a chart. */
export function needSeries(language: Language): readonly [Series, Series] {
  return [
    { name: briefText(language, 'chart.funded'), measure: 'committed' },
    { name: briefText(language, 'label.missing'), measure: 'missing' },
  ];
}

/** What each has and lacks, as bars. */
export function needBars(rows: readonly (Need & { readonly name: Names })[], language: Language): readonly Bar[] {
  return rows.map(({ name, funded, gap }) => ({ name: name[language], values: [funded, gap] }));
}
