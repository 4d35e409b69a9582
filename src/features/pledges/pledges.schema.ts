import { z } from 'zod';
import { pageQuery, pageSchema, dayColumn, idColumn, textColumn } from '../../http/paging.js';
import { daySchema, idSchema, moneySchema, versionField } from '../../http/wire.js';
import type { Pledge } from '../../platform/db.js';
import { flowFilters } from '../flows/flows.schema.js';
import { instalmentsAnswer, instalmentsField } from '../flows/instalments.schema.js';
import { termsAnswer, termsFields } from '../flows/terms.schema.js';

export const pledgeBody = z
  .strictObject({
    ...termsFields,
    amount: moneySchema.describe('What was promised.'),
    valueDate: daySchema.describe('When it was promised; not in the future.'),
    eventId: idSchema.nullish().describe('Conference or forum where it was promised.'),
    instalments: instalmentsField,
  })
  .meta({ id: 'PledgeInput' });
export type PledgeInput = z.output<typeof pledgeBody>;

export const pledgeAnswer = z
  .object({
    id: z.uuid(),
    reference: z.string().describe('Number to quote, such as ANN-2026-000042.'),
    ...termsAnswer,
    eventId: z.uuid().nullable(),
    amount: moneySchema.describe('What was promised.'),
    committed: moneySchema.describe('Σ commitments that fulfil it.'),
    outstanding: moneySchema.describe('Promised − committed.'),
    valueDate: daySchema,
    bookedOn: daySchema.nullable().describe('Under which day it counts, where its own month was closed when it was posted; otherwise null.'),
    instalments: instalmentsAnswer,
    status: z.enum(['active', 'reversed']),
    recordedBy: z.uuid(),
    recordedAt: z.iso.datetime(),
    version: versionField,
  })
  .meta({ id: 'Pledge' });

export const pledgeSorts = {
  recordedAt: idColumn<Pledge>(),
  valueDate: dayColumn<Pledge>('valueDate', (row) => row.valueDate),
  reference: textColumn<Pledge>('reference', (row) => row.reference),
};

export const pledgesQuery = z.strictObject({
  ...pageQuery(pledgeSorts, '-recordedAt'),
  ...flowFilters,
  eventId: idSchema.optional().describe('Only those made at this event.'),
});
export type PledgesQuery = z.output<typeof pledgesQuery>;

export const pledgePage = pageSchema(pledgeAnswer);
export type PledgeAnswer = z.input<typeof pledgeAnswer>;
