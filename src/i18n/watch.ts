import { IntlMessageFormat } from 'intl-messageformat';
import type { Language } from './language.js';
import { watch as en } from './watch.en.js';
import { watch as fr } from './watch.fr.js';

export type WatchText = keyof typeof fr;
const catalogues: Readonly<Record<Language, Readonly<Record<WatchText, string>>>> = { fr, en };

/** A text of reminders, alerts and digests, its {placeholders} filled; one without a value is an error. */
export function watchText(language: Language, key: WatchText, values: Readonly<Record<string, string | number>> = {}): string {
  return String(new IntlMessageFormat(catalogues[language][key], language).format(values));
}
