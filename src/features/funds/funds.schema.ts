import { z } from 'zod';
import { pageQuery, pageSchema } from '../../http/paging.js';
import { codeSchema, currencySchema, iso3Schema, textSchema } from '../../http/text.js';
import { idSchema, moneySchema, momentSchema, versionField } from '../../http/wire.js';
import { fundSorts } from './funds.store.js';

const fields = {
  code: codeSchema,
  nameFr: textSchema(300).describe('French name.'),
  nameEn: textSchema(300).describe('English name.'),
  administratorId: idSchema.nullable().describe('The organisation that administers the fund.'),
  currency: currencySchema.describe('Currency the fund is kept in, ISO 4217.'),
  countries: z.array(iso3Schema).max(60).describe('States the fund is for.'),
  feeShare: z
    .string()
    .regex(/^(100(\.0{1,4})?|\d{1,2}(\.\d{1,4})?)$/)
    .describe('The administrator’s share of each deposit, in per cent, at most four decimals.')
    .meta({ example: '1' }),
};

export const newFundBody = z.strictObject({
  ...fields,
  administratorId: fields.administratorId.default(null),
  countries: fields.countries.default([]),
  feeShare: fields.feeShare.default('0'),
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
    feeShare: z.string().describe('The administrator’s share of each deposit, in per cent; a change holds for deposits posted from then on.'),
    status: z.enum(['open', 'closed']).describe('A closed fund takes, awards and pays nothing more; its closure is a fund operation.'),
    source: z.object({ system: z.string(), externalId: z.string() }).nullable().describe('Where the fund’s figures are kept and mirrored from; null for a fund whose book is kept here.'),
    account: z
      .object({
        income: moneySchema.describe('Sources less refunds to donors, fees, direct costs and what went to other funds.'),
        allocated: moneySchema.describe('Σ allocations.'),
        available: moneySchema.describe('Income − allocated.'),
      })
      .nullable()
      .describe('What the fund may still allocate, for whoever works for one of its states, administrators and auditors; null for others, and before the first movement.'),
    recordedAt: momentSchema.describe('When it was recorded.'),
    version: versionField,
  })
  .meta({ id: 'PooledFund' });

export const fundPageSchema = pageSchema(fundSchema).meta({ id: 'PooledFundPage' });
export const fundQuery = z.strictObject({
  ...pageQuery(fundSorts, 'code'),
  country: iso3Schema.optional().describe('Only funds for this state.'),
});
