import { documents as en } from './documents.en.js';
import { documents as fr } from './documents.fr.js';
import { fill } from './fill.js';
import type { Language } from './language.js';

export type DocumentText = keyof typeof fr;
const catalogues: Readonly<Record<Language, Readonly<Record<DocumentText, string>>>> = { fr, en };

/** A text of a report's document, its {placeholders} filled. */
export function documentText(language: Language, key: DocumentText, values: Readonly<Record<string, string>> = {}): string {
  return fill(catalogues[language][key], values);
}

/** What a kind of report is called; the kind itself for one that is not known. */
export function reportTitle(kind: string, language: Language): string {
  const titles: Readonly<Record<string, string>> = catalogues[language];
  return titles[`title.${kind}`] ?? kind;
}
