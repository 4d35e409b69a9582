import type { Language } from './language.js';
import { verification as en } from './verification.en.js';
import { verification as fr } from './verification.fr.js';

export type VerificationText = keyof typeof fr;
const catalogues: Readonly<Record<Language, Readonly<Record<VerificationText, string>>>> = { fr, en };

/** The texts of the page on which copies of reports are checked. */
export function verificationTexts(language: Language): Readonly<Record<VerificationText, string>> {
  return catalogues[language];
}
