import type { Language } from '../../../i18n/language.js';

/** A text as one line without what is not seen: control characters, marks that turn the direction of reading, joiners. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
}

/** The spaces before and after French punctuation made such that no line breaks there. */
export function typeset(language: Language, text: string): string {
  if (language !== 'fr') return text;
  return text.replace(/ (?=[;!?%])/g, '\u202F').replace(/ (?=[:»])/g, '\u00A0').replace(/(?<=«) /g, '\u00A0');
}

const NARROW_LETTERS = /[iljtfrI.,:;’'|()[\]!/ -]/;
const WIDE_LETTERS = /[mwMWOQGHNUDŒœ%@—…]/;

/** How wide a text is set about, in the unit of `size`; a little more than Source Sans needs. */
export function widthOf(text: string, size: number): number {
  let ems = 0;
  for (const letter of text) ems += letter === '\u202F' ? 0.24 : NARROW_LETTERS.test(letter) ? 0.32 : WIDE_LETTERS.test(letter) ? 0.8 : /\p{Lu}/u.test(letter) ? 0.62 : 0.54;
  return ems * size;
}

/** The text, cut with “…” where it is wider than `width`. */
export function cut(text: string, size: number, width: number): string {
  if (widthOf(text, size) <= width) return text;
  const letters = Array.from(text);
  while (letters.length > 1 && widthOf(`${letters.join('')}…`, size) > width) letters.pop();
  return `${letters.join('').trimEnd()}…`;
}

/** The text on at most two lines of `width`, broken between words, the second cut where it must be. */
export function twoLines(text: string, size: number, width: number): readonly string[] {
  if (widthOf(text, size) <= width) return [text];
  const words = text.split(' ');
  let count = words.length - 1;
  while (count > 0 && widthOf(words.slice(0, count).join(' '), size) > width) count--;
  if (count === 0) return [cut(text, size, width)];
  return [words.slice(0, count).join(' '), cut(words.slice(count).join(' '), size, width)];
}
