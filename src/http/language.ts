import type { Express, Request } from 'express';
import { defaultLanguage, type Language, languages } from '../i18n/language.js';

const SETTING = 'default language';

/** Sets the language of readers who ask for none. */
export function setDefaultLanguage(app: Express, language: Language): void {
  app.set(SETTING, language);
}

/** The reader's language by Accept-Language, or the installation's when neither French nor English is asked for. */
export function languageOf(req: Request): Language {
  const first = languages.find((language) => language === req.app.get(SETTING)) ?? defaultLanguage;
  const others = languages.filter((language) => language !== first);
  const accepted = req.acceptsLanguages(first, ...others);
  return languages.find((language) => language === accepted) ?? first;
}
