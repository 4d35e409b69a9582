import { type Day, fromDay } from '../domain/days.js';
import type { Language } from './language.js';

// British English, for days before months, as in French.
const locales: Readonly<Record<Language, string>> = { fr: 'fr-FR', en: 'en-GB' };

/**
 * A moment in words, with its time zone: « vendredi 1er mai 2026 à 14 h 05 UTC », “Friday, 1 May 2026 at 14:05 GMT”.
 * @throws RangeError when `timeZone` is no IANA name
 */
export function momentText(language: Language, moment: Date, timeZone: string): string {
  const format = new Intl.DateTimeFormat(locales[language], {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'shortOffset',
    timeZone,
  });
  return format.formatToParts(moment).map((part) => (language === 'fr' ? inFrench(part) : part.value)).join('').replace(/\+0$/, '');
}

/** A day in words: « 1er mai 2026 », “1 May 2026”. */
export function dayText(language: Language, day: Day): string {
  const format = new Intl.DateTimeFormat(locales[language], { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return format.formatToParts(fromDay(day)).map((part) => (language === 'fr' ? inFrench(part) : part.value)).join('');
}

/** What French typography asks for and Intl does not give. */
function inFrench({ type, value }: Intl.DateTimeFormatPart): string {
  if (type === 'day' && value === '1') return '1er';
  if (type === 'literal' && value === ':') return '\u00A0h\u00A0';
  return value;
}
