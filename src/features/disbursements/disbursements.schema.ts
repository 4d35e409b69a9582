import { z } from 'zod';
import { dayColumn, idColumn, pageQuery, pageSchema, textColumn } from '../../http/paging.js';
import { daySchema, idSchema, moneySchema, optionalFields, versionField } from '../../http/wire.js';
import type { Disbursement } from '../../platform/db.js';
import { approvalFields } from '../approvals/approvals.schema.js';
import { termsFields } from '../flows/terms.schema.js';

const statuses = ['draft', 'submitted', 'approved', 'received', 'rejected', 'reversed'] as const;

const payment = {
  amount: moneySchema.describe('What was paid, in the currency of the commitment.'),
  valueDate: daySchema.describe('When the money left; not in the future, not before the commitment.'),
  description: z.string().trim().min(1).max(2000).describe('What was paid, in words.'),
  evidence: termsFields.evidence,
  credited: moneySchema.nullish().describe('Of a payment into a pooled fund, what its account was credited with, in its currency; without it, the amount at the rates of the value date.'),
};

export const disbursementBody = z
  .strictObject({ commitmentId: idSchema.describe('Commitment that is paid.'), ...payment })
  .meta({ id: 'DisbursementInput' });
export type DisbursementInput = z.output<typeof disbursementBody>;

export const disbursementPatch = z.strictObject(optionalFields(payment)).meta({ id: 'DisbursementPatch' });
export type DisbursementPatch = z.output<typeof disbursementPatch>;

export const receiptBody = z.strictObject({ receivedOn: daySchema.describe('When the recipient had the money.') }).meta({ id: 'Receipt' });

const nullableText = z.string().nullable();
const nullableMoment = z.iso.datetime().nullable();
const nullablePerson = z.uuid().nullable();

export const disbursementAnswer = z
  .object({
    id: z.uuid(),
    reference: z.string().describe('Number to quote, such as DEC-2026-000042.'),
    commitmentId: z.uuid(),
    amount: moneySchema,
    valueDate: daySchema,
    bookedOn: daySchema.nullable().describe('Under which day it counts, where its own month was closed when it was posted; otherwise null.'),
    description: z.string(),
    evidence: z.object({ reference: nullableText, link: nullableText }),
    credited: moneySchema.nullable().describe('What the account of the fund was credited with, where that was said.'),
    status: z.enum(statuses).describe('Only approved and received ones stand in the journal.'),
    preparedBy: z.uuid(),
    preparedAt: z.iso.datetime(),
    submittedBy: nullablePerson,
    submittedAt: nullableMoment,
    decidedBy: nullablePerson,
    decidedAt: nullableMoment,
    rejectionReason: nullableText,
    ...approvalFields,
    receivedOn: daySchema.nullable(),
    receivedBy: nullablePerson,
    source: z.object({ system: z.string(), externalId: z.string() }).nullable(),
    version: versionField,
  })
  .meta({ id: 'Disbursement' });

export const disbursementSorts = {
  recordedAt: idColumn<Disbursement>(),
  valueDate: dayColumn<Disbursement>('valueDate', (row) => row.valueDate),
  reference: textColumn<Disbursement>('reference', (row) => row.reference),
};

export const disbursementsQuery = z.strictObject({
  ...pageQuery(disbursementSorts, '-recordedAt'),
  commitmentId: idSchema.optional().describe('Only those of this commitment.'),
  status: z.enum(statuses).optional().describe('Only in this state.'),
  donorId: idSchema.optional().describe('Only of this donor.'),
  country: z.string().length(3).optional().describe('Only flows that touch this state.'),
  from: daySchema.optional().describe('Value date on or after.'),
  to: daySchema.optional().describe('Value date on or before.'),
  reference: z.string().max(40).optional().describe('Only with this reference.'),
});
export type DisbursementsQuery = z.output<typeof disbursementsQuery>;

export const disbursementPage = pageSchema(disbursementAnswer);
export type DisbursementAnswer = z.input<typeof disbursementAnswer>;
