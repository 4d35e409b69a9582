import { fill } from './fill.js';
import type { Language } from './language.js';
import { mechanismFigures as en } from './mechanism-figures.en.js';
import { mechanismFigures as fr } from './mechanism-figures.fr.js';

export type MechanismFigureText = keyof typeof fr;
const catalogues: Readonly<Record<Language, Readonly<Record<MechanismFigureText, string>>>> = { fr, en };

/** A text of the mechanisms' figures or of a forum's follow-up, its {placeholders} filled. */
export function mechanismFigureText(language: Language, key: MechanismFigureText, values: Readonly<Record<string, string>> = {}): string {
  return fill(catalogues[language][key], values);
}
