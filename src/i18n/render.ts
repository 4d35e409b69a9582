import { fill } from './fill.js';
import type { Language } from './language.js';
import { render as en } from './render.en.js';
import { render as fr } from './render.fr.js';

export type RenderText = keyof typeof fr;
const catalogues: Readonly<Record<Language, Readonly<Record<RenderText, string>>>> = { fr, en };

/** A text of a report on paper or of a chart, its {placeholders} filled. */
export function renderText(language: Language, key: RenderText, values: Readonly<Record<string, string>> = {}): string {
  return fill(catalogues[language][key], values);
}
