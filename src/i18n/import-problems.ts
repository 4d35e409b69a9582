import { fill } from './fill.js';
import { importTextsEn } from './import-problems.en.js';
import { importTextsFr, type ImportTexts } from './import-problems.fr.js';
import type { Language } from './language.js';

type Section = keyof ImportTexts;

/** Stable codes of what cannot be taken in. */
export type ImportProblemCode = keyof ImportTexts['problem'];
/** Stable codes of oddities that are taken in all the same. */
export type ImportWarningCode = keyof ImportTexts['warning'];
/** Stable codes of why something is listed that is in order. */
export type ImportNoteCode = keyof ImportTexts['note'];
export type ImportAction = keyof ImportTexts['action'];

const catalogues: Readonly<Record<Language, ImportTexts>> = { fr: importTextsFr, en: importTextsEn };

/** A text of an import, its {placeholders} filled; the code itself when it is none of this version's. */
export function importText(language: Language, section: Section, code: string, values: Readonly<Record<string, string>> = {}): string {
  const texts: Readonly<Record<string, string>> = catalogues[language][section];
  return fill(texts[code] ?? code, values);
}
