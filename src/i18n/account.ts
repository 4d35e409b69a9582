import { accountTextsEn } from './account.en.js';
import { type AccountText, accountTextsFr } from './account.fr.js';
import type { Language } from './language.js';

const catalogues: Readonly<Record<Language, Readonly<Record<AccountText, string>>>> = { fr: accountTextsFr, en: accountTextsEn };

/** The texts of the pages behind mailed links. */
export function accountTexts(language: Language): Readonly<Record<AccountText, string>> {
  return catalogues[language];
}
