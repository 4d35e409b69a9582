import { fill } from './fill.js';
import type { Language } from './language.js';
import { report as en } from './report.en.js';
import { report as fr } from './report.fr.js';

export type ReportText = keyof typeof fr;
const catalogues: Readonly<Record<Language, Readonly<Record<ReportText, string>>>> = { fr, en };

/** A text of a report, its {placeholders} filled. */
export function reportText(language: Language, key: ReportText, values: Readonly<Record<string, string>> = {}): string {
  return fill(catalogues[language][key], values);
}
