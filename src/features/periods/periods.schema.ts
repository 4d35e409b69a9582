import { z } from 'zod';
import { idColumn, pageQuery, pageSchema } from '../../http/paging.js';
import { textSchema } from '../../http/text.js';
import type { PeriodReopening } from '../../platform/db.js';
import { decisionFields, decisionStatuses } from '../flows/decision.schema.js';

export const monthSchema = z
  .string()
  .regex(/^(?!0000)\d{4}-(0[1-9]|1[0-2])$/)
  .describe('A month, YYYY-MM.')
  .meta({ example: '2026-03' });
export const monthParams = z.strictObject({ month: monthSchema });

export const closeBody = z
  .strictObject({
    graceDays: z.int().min(0).max(31).default(0).describe('For how many days what was handed in before the close may still be approved into the month, 0 to 31.'),
    reason: textSchema(1000).optional().describe('Why it is closed now.'),
  })
  .meta({ id: 'PeriodClose' });
export type CloseInput = z.output<typeof closeBody>;

export const periodAnswer = z
  .object({
    month: monthSchema,
    status: z.enum(['open', 'closed']).describe('Nothing is posted into a closed month.'),
    closedBy: z.uuid().nullable(),
    closedAt: z.iso.datetime().nullable(),
    graceUntil: z.iso.datetime().nullable().describe('Until then, what was handed in before the close may still be approved into the month.'),
    version: z.int().describe('Rises with every change; the ETag. 0 for a month that was never closed.'),
  })
  .meta({ id: 'Period' });
export type PeriodAnswer = z.input<typeof periodAnswer>;

export const periodList = z.object({ items: z.array(periodAnswer).describe('From the current month back to that of the first entry.') }).meta({ id: 'PeriodList' });

export const reopeningBody = z.strictObject({ reason: z.string().trim().min(3).max(1000).describe('Why the month is to be opened again.') }).meta({ id: 'PeriodReopeningInput' });
export type ReopeningInput = z.output<typeof reopeningBody>;

export const reopeningAnswer = z
  .object({ id: z.uuid(), month: monthSchema, reason: z.string(), ...decisionFields })
  .meta({ id: 'PeriodReopening' });
export type ReopeningAnswer = z.input<typeof reopeningAnswer>;

export const reopeningSorts = { recordedAt: idColumn<PeriodReopening>() };

export const reopeningsQuery = z.strictObject({
  ...pageQuery(reopeningSorts, '-recordedAt'),
  status: z.enum(decisionStatuses).optional().describe('Only in this state.'),
  month: monthSchema.optional().describe('Only of this month, YYYY-MM.'),
});
export type ReopeningsQuery = z.output<typeof reopeningsQuery>;

export const reopeningPage = pageSchema(reopeningAnswer).meta({ id: 'PeriodReopeningPage' });
