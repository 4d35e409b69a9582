import { z } from 'zod';
import { defaultTolerance } from '../../domain/twins.js';
import { idColumn, pageBounds, pageQuery, pageSchema } from '../../http/paging.js';
import { iso3Schema } from '../../http/text.js';
import { daySchema, idSchema, moneySchema } from '../../http/wire.js';
import type { TwinSettlement } from '../../platform/db.js';

const percent = z
  .string()
  .regex(/^(\d|[1-4]\d|50)(\.\d{1,2})?$/)
  .default(String(defaultTolerance.amount / 100))
  .describe('By how much two amounts may differ, in per cent of the larger one, at most 50.');

const days = z
  .string()
  .regex(/^\d{1,3}$/)
  .transform(Number)
  .pipe(z.number().max(180))
  .default(defaultTolerance.days)
  .describe('By how many days two dates may differ, at most 180.');

const matchingFields = {
  ...pageBounds,
  donorId: idSchema.optional().describe('Only of this donor, duplicates merged into it included.'),
  country: iso3Schema.optional().describe('Only payments to this state.'),
  from: daySchema.optional().describe('Value date on or after; 365 days before “to” when left out.'),
  to: daySchema.optional().describe('Value date on or before; today when left out.'),
  amountTolerance: percent,
  dateTolerance: days,
};

export const twinsQuery = z.strictObject(matchingFields);
export type TwinsQuery = z.output<typeof twinsQuery>;

export const unmatchedQuery = z.strictObject({ ...matchingFields, side: z.enum(['donor', 'state']).describe('“donor”: what donors say they paid and no state has; “state”: what states have and no donor says.') });
export type UnmatchedQuery = z.output<typeof unmatchedQuery>;

const sideAnswer = z
  .object({
    id: z.uuid().describe('Of the statement or the disbursement.'),
    source: z.string().describe('“statement”: what a donor stated; “fts”: what that source published; “state”: what was entered here.'),
    reference: z.string().describe('Number to quote.'),
    donorId: z.uuid().describe('The donor; of merged duplicates the one that was kept.'),
    countries: z.array(z.string()).describe('States to which it was paid.'),
    recipientId: z.uuid().nullable().describe('Organisation to which it was paid.'),
    amount: moneySchema.describe('What was paid, as this side tells it.'),
    amountUsd: moneySchema.nullable().describe('In USD: as in the journal, or of a statement at the rate of its value date; null where no rate is known or none was needed.'),
    valueDate: daySchema.describe('When, as this side tells it.'),
    receivedOn: daySchema.nullable().describe('When the recipient had the money, where that was recorded.'),
    references: z.array(z.string()).describe('Numbers by which this side knows it.'),
    description: z.string().describe('What was paid, in words.'),
    restricted: z.boolean().describe('Left out of public totals.'),
    status: z.string().describe('stated, withdrawn, approved, received or reversed.'),
  })
  .meta({ id: 'TwinSide' });

export const differencesAnswer = z
  .object({
    amount: moneySchema.nullable().describe('State − donor, in their currency when it is the same, else in USD; null without a rate.'),
    amountPercent: z.string().nullable().describe('Size of the difference in per cent of the larger amount.'),
    days: z.int().describe('State − donor.'),
    reference: z.enum(['equal', 'contained', 'different', 'missing']).describe('Whether a number of one side is one of the other’s, or a part of one; “missing” when a side has none.'),
    states: z.enum(['equal', 'overlapping', 'different']).describe('Whether both name the same states.'),
  })
  .meta({ id: 'TwinDifferences' });

export const settlementAnswer = z
  .object({
    id: z.uuid().describe('Identifier of the settlement.'),
    disbursementId: z.uuid().describe('The payment entered here.'),
    statementId: z.uuid().nullable().describe('The donor’s statement, or null.'),
    importedId: z.uuid().nullable().describe('The imported payment, or null.'),
    decision: z.enum(['same', 'different']).describe('Whether both are one payment.'),
    reason: z.string().describe('Why.'),
    differences: differencesAnswer.describe('How they differed when it was settled.'),
    inForce: z.boolean().describe('It is the last word, says “same”, and both still stand: no statement withdrawn, no payment reversed, no flow posted anew since.'),
    restricted: z.boolean().describe('Of a restricted flow.'),
    settledBy: z.uuid().describe('Who settled it.'),
    settledAt: z.iso.datetime().describe('When.'),
  })
  .meta({ id: 'TwinSettlement' });
export type SettlementAnswer = z.input<typeof settlementAnswer>;

const alternative = z
  .object({
    donorSideId: z.uuid().describe('The statement or imported payment.'),
    disbursementId: z.uuid().describe('The payment entered here.'),
    score: z.int().describe('As of the pair.'),
  })
  .meta({ id: 'TwinAlternative' });

const pairAnswer = z
  .object({
    id: z.string().describe('The identifiers of both sides.'),
    donorSide: sideAnswer.describe('What the donor says, or a source says of it.'),
    stateSide: sideAnswer.describe('What was entered here.'),
    score: z.int().describe('0 to 100; 100 where nothing differs: amount 50, day 30, reference 15, states 5.'),
    certain: z.boolean().describe('Settled; or a score of 70 at least and 10 above any other possible match of either side.'),
    differences: differencesAnswer,
    alternatives: z.array(alternative).describe('The other possible matches of either side, best first, at most five.'),
    settlement: settlementAnswer.nullable().describe('The settlement in force; null for what a person has still to look at.'),
    restricted: z.boolean().describe('One side is a restricted flow.'),
  })
  .meta({ id: 'TwinPair' });
export type PairAnswer = z.input<typeof pairAnswer>;
export type SideAnswer = z.input<typeof sideAnswer>;
export type DifferencesAnswer = z.input<typeof differencesAnswer>;

export const pairPage = pageSchema(pairAnswer).meta({ id: 'TwinPairPage' });
export const sidePage = pageSchema(sideAnswer).meta({ id: 'TwinSidePage' });
export const settlementPage = pageSchema(settlementAnswer).meta({ id: 'TwinSettlementPage' });

export const settlementBody = z
  .strictObject({
    disbursementId: idSchema.describe('The payment entered here.'),
    statementId: idSchema.optional().describe('The donor’s statement; either this or importedId.'),
    importedId: idSchema.optional().describe('The disbursement imported from a source; either this or statementId.'),
    decision: z.enum(['same', 'different']).describe('Whether both are one payment. “different” also undoes an earlier “same”.'),
    reason: z.string().trim().min(1).max(2000).describe('Why.'),
  })
  .refine(({ statementId, importedId }) => (statementId === undefined) !== (importedId === undefined), { path: ['statementId'], error: 'twinSides' })
  .meta({ id: 'TwinSettlementInput' });
export type SettlementInput = z.output<typeof settlementBody>;

export const settlementSorts = { recordedAt: idColumn<TwinSettlement>() };
export const settlementsQuery = z.strictObject({
  ...pageQuery(settlementSorts, '-recordedAt'),
  disbursementId: idSchema.optional().describe('Only of this payment entered here.'),
  statementId: idSchema.optional().describe('Only of this statement.'),
  importedId: idSchema.optional().describe('Only of this imported payment.'),
});
export type SettlementsQuery = z.output<typeof settlementsQuery>;
