import { IntlMessageFormat } from 'intl-messageformat';
import type { Language } from './language.js';
import { validation as en } from './validation.en.js';
import { validation as fr } from './validation.fr.js';

export type ValidationKey = keyof typeof fr;
const catalogues: Readonly<Record<Language, Readonly<Record<ValidationKey, string>>>> = { fr, en };

/** Whether the catalogue has a text of that name. */
export function isValidationKey(key: string): key is ValidationKey {
  return key in fr;
}

/** What is wrong with a field, in the reader's language. */
export function validationText(language: Language, key: ValidationKey, params: Readonly<Record<string, string | number>> = {}): string {
  return String(new IntlMessageFormat(catalogues[language][key], language).format(params));
}
