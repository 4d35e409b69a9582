import type { Language } from '../../i18n/language.js';
import { promiseReportText, type PromiseReportText } from '../../i18n/promise-reports.js';
import type { Cell, Column, Figure, Measure } from '../reports/document.js';

type FigureName = PromiseReportText extends infer Key ? (Key extends `figure.${infer Name}.rule` ? Name : never) : never;

/** A headline figure by its name in the catalogue, where its label and its rule are. */
export function promiseFigure(language: Language, name: FigureName, value: Cell, measure: Measure): Figure {
  return { label: promiseReportText(language, `figure.${name}`), value, rule: promiseReportText(language, `figure.${name}.rule`), measure };
}

/** Columns of amounts in the currency of the report, which their titles name. */
export function amountColumns(language: Language, currency: string, keys: readonly PromiseReportText[]): readonly Column[] {
  return keys.map((key) => ({ title: promiseReportText(language, 'column.inCurrency', { name: promiseReportText(language, key), currency }), kind: 'amount', weight: 1.4 }));
}
