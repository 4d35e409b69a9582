import { z } from 'zod';
import { pageQuery, pageSchema } from '../../http/paging.js';
import { codeSchema, currencySchema, iso3Schema, textSchema } from '../../http/text.js';
import { idSchema, momentSchema, versionField } from '../../http/wire.js';
import { fundSorts } from './funds.store.js';

const fields = {
  code: codeSchema,
  nameFr: textSchema(300).describe('French name.'),
  nameEn: textSchema(300).describe('English name.'),
  administratorId: idSchema.nullable().describe('The organisation that administers the fund.'),
  currency: currencySchema.describe('Currency the fund is kept in, ISO 4217.'),
  countries: z.array(iso3Schema).max(60).describe('States the fund is for.'),
};

export const newFundBody = z.strictObject({
  ...fields,
  administratorId: fields.administratorId.default(null),
  countries: fields.countries.default([]),
});

export const fundPatchBody = z.strictObject(fields).partial();

export const fundSchema = z
  .object({
    id: idSchema,
    code: z.string().describe('Its code.'),
    nameFr: z.string().describe('French name.'),
    nameEn: z.string().describe('English name.'),
    administratorId: fields.administratorId,
    currency: z.string().describe('Currency the fund is kept in, ISO 4217.'),
    countries: z.array(z.string()).describe('States the fund is for, ISO 3166-1 alpha-3.'),
    recordedAt: momentSchema.describe('When it was recorded.'),
    version: versionField,
  })
  .meta({ id: 'PooledFund' });

export const fundPageSchema = pageSchema(fundSchema).meta({ id: 'PooledFundPage' });
export const fundQuery = z.strictObject({
  ...pageQuery(fundSorts, 'code'),
  country: iso3Schema.optional().describe('Only funds for this state.'),
});
