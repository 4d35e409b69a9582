import { briefs as en } from './briefs.en.js';
import { briefs as fr } from './briefs.fr.js';
import { fill } from './fill.js';
import type { Language } from './language.js';

export type BriefText = keyof typeof fr;
const catalogues: Readonly<Record<Language, Readonly<Record<BriefText, string>>>> = { fr, en };

/** A text of a brief, its {placeholders} filled. */
export function briefText(language: Language, key: BriefText, values: Readonly<Record<string, string | number>> = {}): string {
  return fill(catalogues[language][key], values);
}

// British English, for months in words as in French.
const locales: Readonly<Record<Language, string>> = { fr: 'fr-FR', en: 'en-GB' };

/** A month such as "2026-03" in few letters: « mars 26 », “Mar 26”. */
export function monthText(language: Language, month: string): string {
  return new Intl.DateTimeFormat(locales[language], { month: 'short', year: '2-digit', timeZone: 'UTC' }).format(new Date(`${month}-01T00:00:00Z`));
}
