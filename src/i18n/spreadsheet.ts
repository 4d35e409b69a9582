import { fill } from './fill.js';
import type { Language } from './language.js';
import { spreadsheet as en } from './spreadsheet.en.js';
import { spreadsheet as fr } from './spreadsheet.fr.js';

export type SpreadsheetText = keyof typeof fr;
const catalogues: Readonly<Record<Language, Readonly<Record<SpreadsheetText, string>>>> = { fr, en };

/** A text of a report as a spreadsheet, its {placeholders} filled. */
export function spreadsheetText(language: Language, key: SpreadsheetText, values: Readonly<Record<string, string>> = {}): string {
  return fill(catalogues[language][key], values);
}

/** What an entry is called, by its kind in the journal or in a fund's book. */
export function entryKindText(language: Language, kind: string): string {
  const key = `kind.${kind}`;
  return key in fr ? catalogues[language][key as SpreadsheetText] : kind;
}
