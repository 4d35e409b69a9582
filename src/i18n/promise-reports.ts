import { fill } from './fill.js';
import type { Language } from './language.js';
import { promiseReports as en } from './promise-reports.en.js';
import { promiseReports as fr } from './promise-reports.fr.js';

export type PromiseReportText = keyof typeof fr;
const catalogues: Readonly<Record<Language, Readonly<Record<PromiseReportText, string>>>> = { fr, en };

/** A text of the reports on promises, its {placeholders} filled. */
export function promiseReportText(language: Language, key: PromiseReportText, values: Readonly<Record<string, string>> = {}): string {
  return fill(catalogues[language][key], values);
}
