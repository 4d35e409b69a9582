import type { Visibility } from '../../domain/policy.js';
import type { Language } from '../../i18n/language.js';
import { mechanismFigureText, type MechanismFigureText } from '../../i18n/mechanism-figures.js';

/** A note with what fills it. */
export type Note = MechanismFigureText | readonly [MechanismFigureText, Readonly<Record<string, string>>];

/** Notes in both languages; the last say what the asker's own rights leave out. */
export function notesOf(notes: readonly Note[], scope: Visibility): Record<Language, string[]> {
  const keys: readonly Note[] = [...notes, ...(scope.all ? [] : ['note.ownRights' as const]), ...(scope.restricted ? [] : ['note.restrictedHidden' as const])];
  const inWords = (language: Language) => keys.map((note) => (typeof note === 'string' ? mechanismFigureText(language, note) : mechanismFigureText(language, ...note)));
  return { fr: inWords('fr'), en: inWords('en') };
}

/** A note on how many are left out; none for none. */
export function countNote(key: MechanismFigureText, count: number): readonly Note[] {
  return count === 0 ? [] : [[key, { count: String(count) }]];
}
