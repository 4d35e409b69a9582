import type { Language } from './language.js';
import { schedules as en } from './schedules.en.js';
import { schedules as fr } from './schedules.fr.js';

export type ScheduleText = keyof typeof fr;
const catalogues: Readonly<Record<Language, Readonly<Record<ScheduleText, string>>>> = { fr, en };

/** What is to be known of a schedule. */
export function scheduleText(language: Language, key: ScheduleText): string {
  return catalogues[language][key];
}
