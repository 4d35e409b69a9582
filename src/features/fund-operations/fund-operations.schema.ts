import { z } from 'zod';
import { fundOperationKinds } from '../../domain/fund-operation.js';
import { dayColumn, idColumn, pageQuery, pageSchema, textColumn } from '../../http/paging.js';
import { iso3Schema } from '../../http/text.js';
import { daySchema, idSchema, moneySchema, splitsSchema, versionField } from '../../http/wire.js';
import type { FundOperation } from '../../platform/db.js';
import { approvalFields } from '../approvals/approvals.schema.js';
import { termsFields } from '../flows/terms.schema.js';

const statuses = ['submitted', 'approved', 'rejected', 'reversed'] as const;

const told = {
  description: z.string().trim().min(3).max(2000).describe('What it is, or why it is done, in words.'),
  evidence: termsFields.evidence,
};
const dated = { valueDate: daySchema.describe('When it happened; not in the future, not before what it follows.'), ...told };
const paid = { amount: moneySchema.describe('In the currency of the fund.'), ...dated };
const ofFund = { fundId: idSchema.describe('The pooled fund.'), ...paid };
const ofAllocation = { allocationId: idSchema.describe('The allocation, which is approved.'), ...paid };

const operation = <K extends (typeof fundOperationKinds)[number], S extends z.ZodRawShape>(kind: K, what: string, fields: S) =>
  z.strictObject({ kind: z.literal(kind).describe(what), ...fields });

export const operationBody = z
  .discriminatedUnion('kind', [
    operation('carry_over', 'What the fund held before its book begins; no donor is known.', ofFund),
    operation('interest', 'Interest that the fund earned.', ofFund),
    operation('donor_refund', 'Money returned to a donor.', { ...ofFund, donorId: idSchema.describe('The donor, who paid in at least as much.') }),
    operation('fee', 'A fee of the administrator, besides that on each deposit.', ofFund),
    operation('direct_cost', 'A direct cost of the fund.', ofFund),
    operation('allocation', 'An award to a partner.', {
      ...ofFund,
      roundId: idSchema.optional().describe('The round it is awarded in; that of the proposal, where there is one.'),
      proposalId: idSchema.optional().describe('The proposal it awards.'),
      partnerId: idSchema.describe('Who is awarded; the partner of the proposal, where there is one.'),
      splits: splitsSchema.optional(),
    }),
    operation('allocation_change', 'Raises an allocation or, with a minus, lowers it.', { ...ofAllocation, amount: moneySchema.describe('By how much; with a minus to lower it.') }),
    operation('transfer', 'Money sent to the partner of an allocation.', ofAllocation),
    operation('refund', 'Money that the partner returns.', ofAllocation),
    operation('expenditure', 'What the partner reports as spent.', ofAllocation),
    operation('fund_transfer', 'Money given to another fund.', {
      ...ofFund,
      toFundId: idSchema.describe('The fund that receives it.'),
      received: moneySchema.optional().describe('What arrives there, in its currency; otherwise the amount at the published rate of the value date.'),
    }),
    operation('closure', 'The end of a fund in which nothing is left.', { fundId: ofFund.fundId, ...dated }),
    operation('reversal', 'Undoes an approved operation, under its value date.', { undoesId: idSchema.describe('The operation to undo.'), ...told }),
  ])
  .meta({ id: 'FundOperationInput' });
export type OperationInput = z.output<typeof operationBody>;

const nullableText = z.string().nullable();
const nullableId = z.uuid().nullable();

export const operationAnswer = z
  .object({
    id: z.uuid(),
    reference: z.string().describe('Number to quote, such as FON-2026-000042.'),
    kind: z.enum(fundOperationKinds),
    fundId: z.uuid(),
    amount: moneySchema.nullable().describe('In the currency of the fund; null for a closure or a reversal.'),
    valueDate: daySchema,
    bookedOn: daySchema.nullable().describe('Under which day it counts, where its own month was closed when it was posted; otherwise null.'),
    description: z.string(),
    evidence: z.object({ reference: nullableText, link: nullableText }),
    roundId: nullableId,
    proposalId: nullableId,
    allocationId: nullableId.describe('The allocation that it changes, pays, or reports on.'),
    partnerId: nullableId.describe('The partner of the allocation.'),
    donorId: nullableId.describe('To whom money is returned.'),
    toFundId: nullableId,
    received: moneySchema.nullable().describe('What arrives in the other fund.'),
    undoesId: nullableId.describe('The operation that a reversal undoes.'),
    splits: splitsSchema,
    countries: z.array(z.string()).describe('Every state it touches, ISO 3166-1 alpha-3.'),
    status: z.enum(statuses).describe('Only approved ones stand in the book of the fund.'),
    preparedBy: z.uuid(),
    preparedAt: z.iso.datetime(),
    decidedBy: nullableId,
    decidedAt: z.iso.datetime().nullable(),
    decisionReason: nullableText,
    ...approvalFields,
    account: z
      .object({
        allocated: moneySchema.describe('Awarded, with every change.'),
        transferred: moneySchema.describe('Sent to the partner.'),
        returned: moneySchema.describe('Sent back by the partner.'),
        spent: moneySchema.describe('Reported as spent.'),
        left: moneySchema.describe('What can still be sent: allocated − transferred + returned.'),
      })
      .nullable()
      .describe('Of an allocation: how it stands now.'),
    source: z.object({ system: z.string(), externalId: z.string() }).nullable().describe('Where it was imported from; null when it was entered here.'),
    version: versionField,
  })
  .meta({ id: 'FundOperation' });
export type OperationAnswer = z.input<typeof operationAnswer>;

export const operationSorts = {
  recordedAt: idColumn<FundOperation>(),
  valueDate: dayColumn<FundOperation>('valueDate', (row) => row.valueDate),
  reference: textColumn<FundOperation>('reference', (row) => row.reference),
};

export const operationsQuery = z.strictObject({
  ...pageQuery(operationSorts, '-recordedAt'),
  fundId: idSchema.optional().describe('Only of this fund.'),
  kind: z.enum(fundOperationKinds).optional().describe('Only of this kind.'),
  status: z.enum(statuses).optional().describe('Only in this state.'),
  allocationId: idSchema.optional().describe('Only what belongs to this allocation.'),
  roundId: idSchema.optional().describe('Only of this round.'),
  partnerId: idSchema.optional().describe('Only of this partner or, for money returned to one, this donor.'),
  country: iso3Schema.optional().describe('Only those that touch this state.'),
  from: daySchema.optional().describe('Value date on or after.'),
  to: daySchema.optional().describe('Value date on or before.'),
});
export type OperationsQuery = z.output<typeof operationsQuery>;

export const operationPage = pageSchema(operationAnswer);
