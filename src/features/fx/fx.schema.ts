import { z } from 'zod';
import { pageBounds, pageSchema } from '../../http/paging.js';
import { currencySchema, textSchema } from '../../http/text.js';
import { daySchema, momentSchema } from '../../http/wire.js';

const sourceSchema = textSchema(40).describe('Who published the rate, e.g. "ECB" or "IMF".').meta({ example: 'ECB' });

export const newRateBody = z.strictObject({
  source: sourceSchema,
  base: z.enum(['EUR', 'USD']).describe('The currency of which there is one.'),
  quote: currencySchema
    .refine((code) => code !== 'EUR', { error: 'rateAgainstEuro' })
    .describe('The currency the rate is given in, ISO 4217; never EUR, which is the base of a pair it belongs to.'),
  date: daySchema.describe('Day of the rate; not in the future.'),
  rate: z
    .string()
    .regex(/^(?=.*[1-9])\d{1,15}(\.\d{1,15})?$/)
    .describe('Units of quote for 1 base as published: a positive decimal number with a point, at most 15 digits on each side.')
    .meta({ example: '655.957' }),
});

export const rateSchema = z
  .object({
    source: z.string().describe('Who published the rate.'),
    base: z.string().describe('The currency of which there is one.'),
    quote: z.string().describe('The currency the rate is given in, ISO 4217.'),
    date: daySchema.describe('Day of the rate.'),
    rate: z.string().describe('Units of quote for 1 base, a decimal number.'),
    recordedAt: momentSchema.describe('When it was recorded.'),
  })
  .meta({ id: 'FxRate' });

export const ratePageSchema = pageSchema(rateSchema).meta({ id: 'FxRatePage' });

export const rateQuery = z.strictObject({
  ...pageBounds,
  quote: currencySchema.optional().describe('Only rates given in this currency.'),
  source: sourceSchema.optional().describe('Only rates of this source.'),
  from: daySchema.optional().describe('First day.'),
  to: daySchema.optional().describe('Last day.'),
});
