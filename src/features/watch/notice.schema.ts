import { z } from 'zod';
import { daySchema, idSchema, moneySchema } from '../../http/wire.js';
import { conditionSchema } from './condition.schema.js';

const namesSchema = z.object({ fr: z.string(), en: z.string() });
export type Names = z.output<typeof namesSchema>;

const since = daySchema.describe('The day on which the rule first found it; a new one once it was no longer so.');
const promise = {
  id: idSchema,
  reference: z.string(),
  donor: namesSchema,
  states: z.array(namesSchema).describe('The states it is for.'),
};
const figure = {
  what: namesSchema.describe('The state, plan, donor or fund.'),
  whole: moneySchema.describe('Required, or committed.'),
  part: moneySchema.describe('Funded, or disbursed.'),
  gap: moneySchema.describe('What the part lacks of the whole.'),
  percent: z.string().describe('part ÷ whole in per cent, two decimals, never rounded up.'),
  since,
};

/** What a rule finds of one subject. */
export const factSchema = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.enum(['instalment_due', 'instalment_late']),
      of: z.enum(['pledge', 'commitment']).describe('What has the plan of payment.'),
      ...promise,
      dueOn: daySchema,
      days: z.int().describe('Until it is due, or since.'),
      amount: moneySchema.describe('The instalment.'),
      unpaid: moneySchema.describe('What is unpaid of it.'),
      since,
    }),
    z.object({ kind: z.enum(['coverage_below', 'execution_below']), ...figure }),
    z.object({
      kind: z.literal('no_payment'),
      ...promise,
      committedOn: daySchema,
      days: z.int().describe('Since then.'),
      amount: moneySchema.describe('The commitment as it stands, amendments included.'),
      since,
    }),
    z.object({ kind: z.literal('fund_balance_below'), what: namesSchema, available: moneySchema.describe('What the fund can still allocate.'), since }),
  ])
  .meta({ id: 'WatchFact' });
export type Fact = z.output<typeof factSchema>;
export type FigureFact = Extract<Fact, { percent: string }>;

/** The most subjects that a notice names; of the others it says how many there are. */
export const MOST_NAMED = 20;

/** What a notice of a rule keeps. */
export const ruleNotice = z.object({
  rule: z.object({ id: z.uuid(), name: z.string(), quietDays: z.int(), condition: conditionSchema }),
  day: daySchema,
  count: z.int(),
  /** The first {@link MOST_NAMED} of them. */
  facts: z.array(factSchema),
});
export type RuleNotice = z.output<typeof ruleNotice>;

/** The most records that a digest names. */
export const MOST_AWAITING = 10;

/** What the digest of one person keeps. */
export const digestNotice = z.object({
  count: z.int(),
  /** The oldest {@link MOST_AWAITING}. */
  items: z.array(
    z.object({
      kind: z.enum(['disbursement', 'amendment', 'reversal', 'period_reopening', 'fund_operation']),
      reference: z.string(),
      amount: moneySchema.nullable(),
      states: z.array(namesSchema),
      preparedAt: z.iso.datetime(),
    }),
  ),
});
export type DigestNotice = z.output<typeof digestNotice>;
