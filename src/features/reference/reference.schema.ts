import { z } from 'zod';
import { daySchema } from '../../http/wire.js';

const names = {
  nameFr: z.string().describe('French name.'),
  nameEn: z.string().describe('English name.'),
};

const codeSchema = z.string().describe('The code, as it stands in records.');

export const codeListEntrySchema = z.object({ code: codeSchema, ...names }).meta({ id: 'CodeListEntry' });

export const countrySchema = z
  .object({
    iso3: z.string().describe('ISO 3166-1 alpha-3.'),
    iso2: z.string().describe('ISO 3166-1 alpha-2.'),
    numeric: z.string().nullable().describe('ISO 3166-1 numeric.'),
    ...names,
    pseudo: z.boolean().describe('True for a code that stands for no single state, such as countries a source does not list.'),
  })
  .meta({ id: 'Country' });

const membershipSchema = z
  .object({
    country: z.string().describe('State, ISO 3166-1 alpha-3.'),
    status: z.string().describe('"member" or "invited".'),
    validFrom: daySchema.describe('First day.'),
    validTo: daySchema.nullable().describe('Last day; null while it lasts.'),
    source: z.string().describe('Where this is known from.'),
  })
  .meta({ id: 'RegionMembership' });

export const regionSchema = z
  .object({ code: codeSchema, ...names, memberships: z.array(membershipSchema).describe('States of the region over time.') })
  .meta({ id: 'Region' });

export const currencySchema = z
  .object({
    code: z.string().describe('ISO 4217 code.'),
    numeric: z.string().nullable().describe('ISO 4217 numeric.'),
    exponent: z.int().describe('Decimals of an amount: XOF 0, EUR 2, KWD 3.'),
    ...names,
    historic: z.boolean().describe('True for a currency that is no longer in use.'),
  })
  .meta({ id: 'Currency' });

export const sectorSchema = z
  .object({ code: codeSchema, parentCode: z.string().nullable().describe('The sector it is a part of.'), ...names })
  .meta({ id: 'Sector' });

export const mechanismSchema = z
  .object({
    code: codeSchema,
    ...names,
    definitionFr: z.string().describe('What it is, in French.'),
    definitionEn: z.string().describe('What it is, in English.'),
  })
  .meta({ id: 'Mechanism' });
