import { z } from 'zod';
import { pageQuery, pageSchema } from '../../http/paging.js';
import { codeSchema, iso3Schema, textSchema } from '../../http/text.js';
import { daySchema, idSchema, moneySchema, momentSchema, versionField } from '../../http/wire.js';
import { windowSorts } from './windows.store.js';

const fields = {
  code: codeSchema,
  nameFr: textSchema(300).describe('French name.'),
  nameEn: textSchema(300).describe('English name.'),
  country: iso3Schema.nullable().describe('State of a country envelope, one of the fund’s; null for a window by theme. A fund has one envelope per state.'),
  opensOn: daySchema.nullable().describe('First value date of the contributions that it takes; null for no such limit.'),
  closesOn: daySchema.nullable().describe('Last value date of the contributions that it takes; null for no such limit.'),
  minimum: moneySchema.nullable().describe('The smallest contribution that it takes, in the fund’s currency; one in another currency is compared at the rates of its value date.'),
};

export const newWindowBody = z
  .strictObject({
    ...fields,
    country: fields.country.default(null),
    opensOn: fields.opensOn.default(null),
    closesOn: fields.closesOn.default(null),
    minimum: fields.minimum.default(null),
  })
  .meta({ id: 'FundWindowInput' });

export const windowPatchBody = z.strictObject(fields).partial();

export const windowSchema = z.object({ id: idSchema, fundId: idSchema, ...fields, recordedAt: momentSchema.describe('When it was recorded.'), version: versionField }).meta({ id: 'FundWindow' });
export const windowPageSchema = pageSchema(windowSchema).meta({ id: 'FundWindowPage' });
export const windowParams = z.strictObject({ id: idSchema, windowId: idSchema.describe('Identifier of the window (UUID).') });
export const windowQuery = z.strictObject({
  ...pageQuery(windowSorts, 'code'),
  country: iso3Schema.optional().describe('Only the envelope for this state.'),
});
