import { z } from 'zod';
import { daySchema, idSchema, moneySchema } from '../../http/wire.js';
import { pageSchema } from '../../http/paging.js';

export const entriesQuery = z.strictObject({
  pledgeId: idSchema.optional().describe('Only entries of this pledge.'),
  commitmentId: idSchema.optional().describe('Only entries of this commitment, its amendments and its disbursements.'),
  disbursementId: idSchema.optional().describe('Only entries of this disbursement.'),
  kind: z.enum(['pledge', 'commitment', 'amendment', 'disbursement', 'reversal']).optional().describe('Only of this kind.'),
  limit: z.string().regex(/^\d{1,3}$/).transform(Number).pipe(z.number().min(1).max(200)).default(50).describe('Rows of a page, 1 to 200.'),
  cursor: z.string().regex(/^\d{1,18}$/).optional().describe('nextCursor of the page before.'),
});
export type EntriesQuery = z.output<typeof entriesQuery>;

const conversion = z
  .object({
    method: z.string(),
    legs: z.array(z.object({ base: z.string(), quote: z.string(), rate: z.string(), date: z.string(), source: z.string() })),
  })
  .nullable();

export const entryAnswer = z
  .object({
    id: z.uuid(),
    seq: z.string().describe('Position in the journal.'),
    kind: z.enum(['pledge', 'commitment', 'amendment', 'disbursement', 'reversal']),
    stage: z.enum(['pledge', 'commitment', 'disbursement']),
    pledgeId: z.uuid().nullable(),
    commitmentId: z.uuid().nullable(),
    disbursementId: z.uuid().nullable(),
    amendmentId: z.uuid().nullable(),
    reversesId: z.uuid().nullable().describe('The entry that this one undoes.'),
    valueDate: daySchema.describe('The day under which it counts.'),
    occurredOn: daySchema.nullable().describe('When it happened, where that month was closed already: the entry counts in a later one. Otherwise null.'),
    recordedAt: z.iso.datetime(),
    recordedBy: z.uuid(),
    amount: moneySchema,
    usd: moneySchema.nullable(),
    eur: moneySchema.nullable(),
    xof: moneySchema.nullable(),
    fx: z.object({ usd: conversion, eur: conversion, xof: conversion }).describe('How each amount was converted, frozen.'),
    reason: z.string().nullable(),
  })
  .meta({ id: 'JournalEntry' });

export const entryPage = pageSchema(entryAnswer);
export type EntryAnswer = z.input<typeof entryAnswer>;
