import { z } from 'zod';
import { languages } from '../i18n/language.js';

/** One line of text for people: trimmed, not empty, without the characters that a database or a screen cannot hold. */
export function textSchema(most: number) {
  return z.string().trim().min(1).max(most).regex(/^[^\p{Cc}\p{Cs}]*$/u);
}

/** A code that people give to a record; journal lines, files and addresses can hold it. */
export const codeSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,39}$/)
  .describe('A code of its own: letters, digits and . _ / -, at most 40.');

export const iso3Schema = z.string().regex(/^[A-Z]{3}$/).describe('State, ISO 3166-1 alpha-3, of /v1/reference/countries.').meta({ example: 'MLI' });

export const currencySchema = z.string().regex(/^[A-Z]{3}$/).describe('ISO 4217 code, of /v1/reference/currencies.').meta({ example: 'XOF' });

export const languageSchema = z.enum(languages).describe('"fr" or "en".');
