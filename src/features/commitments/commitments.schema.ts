import { z } from 'zod';
import { dayColumn, idColumn, pageQuery, pageSchema, textColumn } from '../../http/paging.js';
import { daySchema, idSchema, moneySchema, optionalFields, versionField } from '../../http/wire.js';
import type { Amendment, Commitment } from '../../platform/db.js';
import { approvalFields } from '../approvals/approvals.schema.js';
import { decisionFields, decisionStatuses } from '../flows/decision.schema.js';
import { flowFilters } from '../flows/flows.schema.js';
import { instalmentsAnswer, instalmentsField } from '../flows/instalments.schema.js';
import { termsAnswer, termsFields } from '../flows/terms.schema.js';

const own = {
  amount: moneySchema.describe('What was signed; in the currency of the pledge, if there is one.'),
  valueDate: daySchema.describe('When it was signed; not in the future, not before the pledge.'),
};

/** With a pledge, whatever is not said is taken from it. */
export const commitmentBody = z
  .strictObject({
    ...optionalFields(termsFields),
    ...own,
    pledgeId: idSchema.nullish().describe('Pledge that it fulfils; terms left out are then those of the pledge.'),
    instalments: instalmentsField,
  })
  .meta({ id: 'CommitmentInput' });
export type CommitmentInput = z.output<typeof commitmentBody>;

export const commitmentAnswer = z
  .object({
    id: z.uuid(),
    reference: z.string().describe('Number to quote, such as ENG-2026-000042.'),
    pledgeId: z.uuid().nullable(),
    ...termsAnswer,
    amount: moneySchema.describe('As signed.'),
    current: moneySchema.describe('As signed plus approved amendments.'),
    disbursed: moneySchema.describe('Σ disbursements approved or received.'),
    undisbursed: moneySchema.describe('Current − disbursed.'),
    valueDate: daySchema,
    bookedOn: daySchema.nullable().describe('Under which day it counts, where its own month was closed when it was posted; otherwise null.'),
    instalments: instalmentsAnswer,
    status: z.enum(['active', 'reversed']),
    recordedBy: z.uuid(),
    recordedAt: z.iso.datetime(),
    version: versionField,
  })
  .meta({ id: 'Commitment' });

export const commitmentSorts = {
  recordedAt: idColumn<Commitment>(),
  valueDate: dayColumn<Commitment>('valueDate', (row) => row.valueDate),
  reference: textColumn<Commitment>('reference', (row) => row.reference),
};

export const commitmentsQuery = z.strictObject({
  ...pageQuery(commitmentSorts, '-recordedAt'),
  ...flowFilters,
  pledgeId: idSchema.optional().describe('Only those that fulfil this pledge.'),
});
export type CommitmentsQuery = z.output<typeof commitmentsQuery>;

export const commitmentPage = pageSchema(commitmentAnswer);

export const amendmentBody = z
  .strictObject({
    delta: moneySchema.describe('How much the commitment rises or, with a minus, falls.'),
    valueDate: daySchema.describe('When the amendment was signed.'),
    reason: z.string().trim().min(3).max(1000).describe('Why.'),
  })
  .meta({ id: 'AmendmentInput' });
export type AmendmentInput = z.output<typeof amendmentBody>;

export const amendmentAnswer = z
  .object({
    id: z.uuid(),
    commitmentId: z.uuid(),
    delta: moneySchema,
    valueDate: daySchema,
    bookedOn: daySchema.nullable().describe('Under which day it counts, where its own month was closed when it was posted; otherwise null.'),
    reason: z.string(),
    ...decisionFields,
    ...approvalFields,
  })
  .meta({ id: 'Amendment' });

export const amendmentSorts = { recordedAt: idColumn<Amendment>() };

export const amendmentsQuery = z.strictObject({
  ...pageQuery(amendmentSorts, '-recordedAt'),
  commitmentId: idSchema.optional().describe('Only those of this commitment.'),
  status: z.enum(decisionStatuses).optional().describe('Only in this state.'),
});
export type AmendmentsQuery = z.output<typeof amendmentsQuery>;

export const amendmentPage = pageSchema(amendmentAnswer);
export type CommitmentAnswer = z.input<typeof commitmentAnswer>;
export type AmendmentAnswer = z.input<typeof amendmentAnswer>;
