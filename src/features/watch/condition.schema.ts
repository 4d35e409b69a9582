import { z } from 'zod';
import { iso3Schema } from '../../http/text.js';
import { daySchema, idSchema, moneySchema } from '../../http/wire.js';

const threshold = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,2})?$/)
  .describe('Per cent, at most two decimals; below it is told, at it is not.')
  .meta({ example: '60' });
const states = z.array(iso3Schema).min(1).max(60).optional().describe('Only promises for one of these states; all that the owner of the rule sees when left out.');
const ids = (what: string) => z.array(idSchema).min(1).max(200).optional().describe(what);
const promises = { states, donorIds: ids('Only promises of these donors.'), fundIds: ids('Only promises to these pooled funds.') };

/** What a rule looks for, by its kind. */
export const conditionSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('instalment_due').describe('What is unpaid of an instalment falls due soon.'),
      daysBefore: z.int().min(1).max(90).describe('From so many days before the day it is due, that day included.'),
      ...promises,
    }),
    z.strictObject({
      kind: z.literal('instalment_late').describe('An instalment is late; what is due today is not.'),
      daysAfter: z.int().min(0).max(365).describe('From so many days after the day it was due; 0 is from the next day on.'),
      ...promises,
    }),
    z.strictObject({
      kind: z.literal('coverage_below').describe('Too little of what a plan, or the plans of a state, require is funded; in US dollars.'),
      threshold,
      by: z.enum(['state', 'plan']).describe('Whose requirements.'),
      code: z.string().min(1).max(40).describe('The state (ISO 3166-1 alpha-3), or the code of the plan.'),
      year: z.int().min(1990).max(2100).optional().describe('By state: plans of this year; of the current one when left out.'),
    }),
    z.strictObject({
      kind: z.literal('execution_below').describe('Too little of what was committed is disbursed; in US dollars.'),
      threshold,
      by: z.enum(['state', 'donor', 'fund']).describe('Whose commitments.'),
      code: z.string().min(1).max(40).describe('The state (ISO 3166-1 alpha-3), the donor or the pooled fund (id).'),
      from: daySchema.optional().describe('Only commitments of this value date or later.'),
    }),
    z.strictObject({
      kind: z.literal('no_payment').describe('Nothing is paid of a commitment.'),
      days: z.int().min(1).max(730).describe('So many days after the value date of the commitment.'),
      states,
    }),
    z.strictObject({
      kind: z.literal('fund_balance_below').describe('A pooled fund has little left to allocate.'),
      fundId: idSchema,
      threshold: moneySchema.describe('In the currency of the fund.'),
    }),
  ])
  .meta({ id: 'WatchCondition' });
export type Condition = z.output<typeof conditionSchema>;
export type ConditionOf<Kind extends Condition['kind']> = Extract<Condition, { kind: Kind }>;
