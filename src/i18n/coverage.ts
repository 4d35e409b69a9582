import { coverage as en } from './coverage.en.js';
import { coverage as fr } from './coverage.fr.js';
import { fill } from './fill.js';
import type { Language } from './language.js';

export type CoverageText = keyof typeof fr;
const catalogues: Readonly<Record<Language, Readonly<Record<CoverageText, string>>>> = { fr, en };

/** A text of the coverage or the regional view, its {placeholders} filled. */
export function coverageText(language: Language, key: CoverageText, values: Readonly<Record<string, string>> = {}): string {
  return fill(catalogues[language][key], values);
}

/** The same in both languages. */
export function coverageTexts(key: CoverageText, values: Readonly<Record<string, string>> = {}): Record<Language, string> {
  return { fr: coverageText('fr', key, values), en: coverageText('en', key, values) };
}
