import { importTextsEn } from './import-problems.en.js';
import { importTextsFr } from './import-problems.fr.js';
import type { Language } from './language.js';

type French = typeof importTextsFr;
type Section = keyof French;

/** Every text of an import, by section and code. */
export type ImportTexts = { readonly [S in Section]: Readonly<Record<keyof French[S], string>> };

export type ImportProblemCode = keyof French['problem'];
export type ImportWarningCode = keyof French['warning'];
export type ImportNoteCode = keyof French['note'];
export type ImportAction = keyof French['action'];

const catalogues: Readonly<Record<Language, ImportTexts>> = { fr: importTextsFr, en: importTextsEn };

/** A text of an import, its {placeholders} filled; the code itself when it is none of this version's. */
export function importText(language: Language, section: Section, code: string, values: Readonly<Record<string, string>> = {}): string {
  const texts: Readonly<Record<string, string>> = catalogues[language][section];
  return (texts[code] ?? code).replace(/\{(\w+)\}/g, (hole, name: string) => values[name] ?? hole);
}
