import type { Language } from './language.js';
import { ledgerChecksEn } from './ledger-checks.en.js';
import { ledgerChecksFr } from './ledger-checks.fr.js';

/** The stable code of a check of the ledger. */
export type LedgerCheckCode = keyof typeof ledgerChecksFr;

/** All of them, in the order in which they are made and listed. */
export const ledgerCheckCodes = Object.keys(ledgerChecksFr) as readonly LedgerCheckCode[];

const catalogues: Readonly<Record<Language, Readonly<Record<LedgerCheckCode, string>>>> = { fr: ledgerChecksFr, en: ledgerChecksEn };

/** What a check proves, in the reader's language. */
export function ledgerCheckText(language: Language, code: LedgerCheckCode): string {
  return catalogues[language][code];
}
