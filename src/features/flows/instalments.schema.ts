import { z } from 'zod';
import { daySchema, moneySchema } from '../../http/wire.js';

const instalment = z.strictObject({
  dueOn: daySchema.describe('When the donor means to pay.'),
  amount: moneySchema.describe('In the currency of the whole.'),
});

/** A plan of payment, as it is given. */
export const instalmentsField = z.array(instalment).max(120).default([]).describe('Plan of payment; when given, it sums to the amount.');
export type InstalmentsInput = z.output<typeof instalmentsField>;

/** The same, as it is answered. */
export const instalmentsAnswer = z
  .array(z.object({ number: z.int().describe('From 1 on.'), dueOn: daySchema.describe('When the donor means to pay.'), amount: moneySchema.describe('In the currency of the whole.') }))
  .describe('Plan of payment, as it was given with the record; it is no money.');
