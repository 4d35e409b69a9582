import { z } from 'zod';
import { pageBounds, pageSchema } from '../../http/paging.js';
import { moneySchema } from '../../http/wire.js';

const state = z.string().regex(/^[A-Z]{3}$/);

export const limitBody = z
  .strictObject({
    state: state.nullable().describe('State, ISO 3166-1 alpha-3; null for all states that have no limit of their own.'),
    amount: moneySchema.nullable().describe('In USD. Above it, two different approvers are needed; null removes the limit.'),
    reason: z.string().trim().min(3).max(1000).describe('Why.'),
  })
  .meta({ id: 'ApprovalLimitInput' });
export type LimitInput = z.output<typeof limitBody>;

export const limitAnswer = z
  .object({
    id: z.uuid(),
    state: state.nullable(),
    amount: moneySchema.nullable(),
    reason: z.string(),
    setBy: z.uuid(),
    setAt: z.iso.datetime(),
    current: z.boolean().describe('Whether it is the latest of its state.'),
  })
  .meta({ id: 'ApprovalLimit' });
export type LimitAnswer = z.input<typeof limitAnswer>;

export const limitsQuery = z.strictObject({
  ...pageBounds,
  state: state.optional().describe('Only of this state.'),
});
export type LimitsQuery = z.output<typeof limitsQuery>;

export const limitPage = pageSchema(limitAnswer);
