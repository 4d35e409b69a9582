import { z } from 'zod';
import { idColumn, pageQuery, pageSchema } from '../../http/paging.js';
import { daySchema, idSchema } from '../../http/wire.js';
import type { Reversal } from '../../platform/db.js';
import { approvalFields } from '../approvals/approvals.schema.js';
import { decisionFields, decisionStatuses } from '../flows/decision.schema.js';

const stages = ['pledge', 'commitment', 'disbursement'] as const;

export const reversalBody = z
  .strictObject({
    stage: z.enum(stages).describe('What kind of record is undone.'),
    recordId: idSchema.describe('The pledge, commitment or disbursement.'),
    reason: z.string().trim().min(3).max(1000).describe('Why.'),
  })
  .meta({ id: 'ReversalInput' });
export type ReversalInput = z.output<typeof reversalBody>;

export const reversalAnswer = z
  .object({
    id: z.uuid(),
    stage: z.enum(stages),
    recordId: z.uuid(),
    reason: z.string(),
    bookedOn: daySchema.nullable().describe('Under which day it counts, where the month of what it undoes was closed; otherwise null.'),
    ...decisionFields,
    ...approvalFields,
  })
  .meta({ id: 'Reversal' });

export const reversalSorts = { recordedAt: idColumn<Reversal>() };

export const reversalsQuery = z.strictObject({
  ...pageQuery(reversalSorts, '-recordedAt'),
  status: z.enum(decisionStatuses).optional().describe('Only in this state.'),
  stage: z.enum(stages).optional().describe('Only of this kind of record.'),
  recordId: idSchema.optional().describe('Only of this record.'),
});
export type ReversalsQuery = z.output<typeof reversalsQuery>;

export const reversalPage = pageSchema(reversalAnswer);
export type ReversalAnswer = z.input<typeof reversalAnswer>;
