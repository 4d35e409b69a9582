import { z } from 'zod';
import { languages } from '../i18n/language.js';

// Written without a flag, which the pattern in the API's description could not show.
const NO_CONTROL_CHARACTER = '^[^\\u0000-\\u001F\\u007F-\\u009F]*$';

/** One line of text for people: trimmed, not empty, without control characters. */
export function textSchema(most: number) {
  return z.string().trim().min(1).max(most).regex(new RegExp(NO_CONTROL_CHARACTER));
}

const STORABLE = /^[^\0\p{Cs}]*$/u;

/** The texts at any depth that no database can hold: those with a NUL or half of a surrogate pair. */
export function unstorableTexts(value: unknown, path: readonly string[] = []): z.core.$ZodIssue[] {
  if (typeof value === 'string') {
    return STORABLE.test(value) ? [] : [{ code: 'invalid_format', format: 'regex', pattern: String(STORABLE), path: [...path], message: '' }];
  }
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => unstorableTexts(inner, [...path, key]));
}

/** A code that people give to a record; journal lines, files and addresses can hold it. */
export const codeSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,39}$/)
  .describe('A code of its own: letters, digits and . _ / -, at most 40.');

export const iso3Schema = z.string().regex(/^[A-Z]{3}$/).describe('State, ISO 3166-1 alpha-3, of /v1/reference/countries.').meta({ example: 'MLI' });

export const currencySchema = z.string().regex(/^[A-Z]{3}$/).describe('ISO 4217 code, of /v1/reference/currencies.').meta({ example: 'XOF' });

export const languageSchema = z.enum(languages).describe('"fr" or "en".');
