import { changes as en } from './changes.en.js';
import { changes as fr } from './changes.fr.js';
import { fill } from './fill.js';
import type { Language } from './language.js';

export type ChangesText = keyof typeof fr;
const catalogues: Readonly<Record<Language, Readonly<Record<ChangesText, string>>>> = { fr, en };

/** A text of what changed, its {placeholders} filled. */
export function changesText(language: Language, key: ChangesText, values: Readonly<Record<string, string | number>> = {}): string {
  return fill(catalogues[language][key], values);
}

/** Why something was undone or amended, in the reader's language: a code of the imports in words, what a person wrote as it is. */
export function reasonText(language: Language, reason: string): string {
  const texts: Readonly<Record<string, string>> = catalogues[language];
  return texts[`reason.${reason}`] ?? reason;
}
