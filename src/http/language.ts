import type { Request } from 'express';
import { defaultLanguage, type Language, languages } from '../i18n/language.js';

/** The reader's language by Accept-Language: French unless English is preferred. */
export function languageOf(req: Request): Language {
  const accepted = req.acceptsLanguages(...languages);
  return accepted === 'fr' || accepted === 'en' ? accepted : defaultLanguage;
}
