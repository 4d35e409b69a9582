import { z } from 'zod';
import { daySchema, idSchema, moneySchema, splitsSchema } from '../../http/wire.js';

const optionalText = (most: number, what: string) => z.string().trim().min(1).max(most).nullish().describe(what);

const evidence = z
  .strictObject({
    reference: optionalText(200, 'Number or title of the paper: letter, agreement, swift message.'),
    link: z.url({ protocol: /^https?$/ }).max(2000).nullish().describe('Where it can be read.'),
  })
  .describe('What proves the record.')
  .meta({ id: 'Evidence' });

const valuation = z
  .strictObject({
    source: z.string().trim().min(1).max(300).describe('Who valued it, or where the price stands: invoice, price list, appraisal.'),
    method: z.string().trim().min(1).max(300).describe('How it was valued: purchase price, market price of the place, salary cost.'),
    quantity: z.string().regex(/^\d{1,15}(\.\d{1,6})?$/).nullish().describe('How much was given, a decimal number with at most six decimals.'),
    unit: optionalText(40, 'What the quantity counts: t, person-days.'),
    unitPrice: moneySchema.nullish().describe('Price of one unit; in the currency of the amount, quantity × price comes to the amount.'),
    date: daySchema.describe('As of which day it was valued; not in the future.'),
  })
  .describe('How the amount of goods or assistance was arrived at.')
  .meta({ id: 'Valuation' });
export type ValuationWire = z.output<typeof valuation>;

export const contributionTypes = ['financial', 'in_kind', 'technical_assistance'] as const;
export const earmarkings = ['unearmarked', 'softly_earmarked', 'earmarked', 'tightly_earmarked'] as const;
export const destinationKinds = ['state', 'states', 'region', 'fund', 'plan', 'unspecified'] as const;

/** What a pledge and a commitment both say of the promise. */
export const termsFields = {
  donorId: idSchema.describe('Organisation that gives.'),
  recipientId: idSchema.nullish().describe('Organisation that receives.'),
  mechanism: z.string().min(1).max(40).describe('Financing mechanism, by code of /v1/reference/mechanisms.'),
  contributionType: z.enum(contributionTypes).default('financial').describe('Money, goods or technical assistance.'),
  earmarking: z.enum(earmarkings).nullish().describe('How tightly the donor binds the money (Grand Bargain).'),
  destination: z
    .strictObject({
      kind: z.enum(destinationKinds).describe('One state, several states, a region, a pooled fund, a response plan, or not specified.'),
      region: z.string().max(20).nullish().describe('Region code, for kind region.'),
      fundId: idSchema.nullish().describe('Pooled fund that is given to, for kind fund; for kinds state and plan, the fund whose money it is.'),
      windowId: idSchema.nullish().describe('Window or country envelope of the fund, for kind fund.'),
    })
    .describe('Where the promise goes.'),
  splits: splitsSchema.default({}),
  boundary: z.enum(['crossing', 'internal']).default('crossing').describe('“internal” for a transfer from a fund or organisation inside the region, which no regional total counts again.'),
  restricted: z.boolean().default(false).describe('Left out of public totals.'),
  description: z.string().trim().min(1).max(2000).describe('What it is for, in words.'),
  conditions: optionalText(2000, 'Conditions of the donor.'),
  evidence: evidence.default({}),
  instrumentId: idSchema.nullish().describe('Contract or framework that the money comes under; of the same mechanism, and for every state of the flow.'),
  valuation: valuation.nullish().describe('How the amount was arrived at; asked of what is given in kind or as technical assistance, and of nothing else.'),
};

export const termsSchema = z.strictObject(termsFields);
export type TermsInput = z.output<typeof termsSchema>;

const nullableText = z.string().nullable();

/** The same, as answered. */
export const termsAnswer = {
  donorId: z.uuid(),
  recipientId: z.uuid().nullable(),
  mechanism: z.string(),
  contributionType: z.enum(contributionTypes),
  earmarking: z.enum(earmarkings).nullable(),
  destination: z.object({ kind: z.enum(destinationKinds), region: nullableText, fundId: z.uuid().nullable(), windowId: z.uuid().nullable() }),
  splits: splitsSchema,
  countries: z.array(z.string()).describe('Every state the flow touches, ISO 3166-1 alpha-3.'),
  boundary: z.enum(['crossing', 'internal']),
  restricted: z.boolean(),
  description: z.string(),
  conditions: nullableText,
  evidence: z.object({ reference: nullableText, link: nullableText }),
  instrumentId: z.uuid().nullable().describe('Contract or framework that the money comes under.'),
  valuation: valuation.nullable(),
  source: z
    .object({ system: z.string(), externalId: z.string() })
    .nullable()
    .describe('Where the record was imported from; null when it was entered here.'),
};
