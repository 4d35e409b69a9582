import { z } from 'zod';
import { pageQuery, pageSchema } from '../../http/paging.js';
import { codeSchema, textSchema } from '../../http/text.js';
import { daySchema, idSchema, moneySchema, momentSchema, versionField } from '../../http/wire.js';
import { roundSorts } from './rounds.store.js';

const modality = z.enum(['standard', 'reserve']).describe('A standard round, or one of the reserve for what cannot wait.');
const statuses = ['open', 'closed'] as const;

const changeable = {
  code: codeSchema,
  nameFr: textSchema(300).describe('French name.'),
  nameEn: textSchema(300).describe('English name.'),
  ceiling: moneySchema.nullable().describe('The most that it awards, in the fund’s currency; null without such a limit.'),
  opensOn: daySchema.describe('First day for proposals.'),
  closesOn: daySchema.nullable().describe('Last day for proposals; null for a round that takes them until it is closed.'),
};

const fixed = {
  fundId: idSchema.describe('Pooled fund that awards.'),
  windowId: idSchema.nullable().describe('Window of the fund whose money it awards; null for money of no window.'),
  modality,
};

export const newRoundBody = z
  .strictObject({ ...fixed, windowId: fixed.windowId.default(null), ...changeable, ceiling: changeable.ceiling.default(null), closesOn: changeable.closesOn.default(null) })
  .meta({ id: 'AllocationRoundInput' });

export const roundPatchBody = z.strictObject(changeable).partial();

export const roundSchema = z
  .object({
    id: idSchema,
    ...fixed,
    ...changeable,
    status: z.enum(statuses).describe('A closed round takes no more proposals.'),
    asked: moneySchema.describe('Σ proposals handed in and not withdrawn.'),
    awarded: moneySchema.describe('Σ approved allocations, with their changes.'),
    left: moneySchema.nullable().describe('Ceiling − awarded; null without a ceiling.'),
    source: z.object({ system: z.string(), externalId: z.string() }).nullable().describe('Where the round was imported from; null when it was entered here.'),
    recordedAt: momentSchema.describe('When it was recorded.'),
    version: versionField,
  })
  .meta({ id: 'AllocationRound' });

export const roundPageSchema = pageSchema(roundSchema).meta({ id: 'AllocationRoundPage' });
export const roundQuery = z.strictObject({
  ...pageQuery(roundSorts, '-opensOn'),
  fundId: idSchema.optional().describe('Only of this pooled fund.'),
  windowId: idSchema.optional().describe('Only of this window.'),
  status: z.enum(statuses).optional().describe('Only in this state.'),
});
