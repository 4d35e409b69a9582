import { fill } from './fill.js';
import { fundFigures as en } from './fund-figures.en.js';
import { fundFigures as fr } from './fund-figures.fr.js';
import type { Language } from './language.js';

export type FundFigureText = keyof typeof fr;
const catalogues: Readonly<Record<Language, Readonly<Record<FundFigureText, string>>>> = { fr, en };

/** A text of a fund's figures, its {placeholders} filled. */
export function fundFigureText(language: Language, key: FundFigureText, values: Readonly<Record<string, string>> = {}): string {
  return fill(catalogues[language][key], values);
}

/** Texts in both languages. */
export function inBothLanguages(keys: readonly FundFigureText[]): { readonly fr: string[]; readonly en: string[] } {
  return { fr: keys.map((key) => fundFigureText('fr', key)), en: keys.map((key) => fundFigureText('en', key)) };
}
