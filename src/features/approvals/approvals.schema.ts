import { z } from 'zod';
import { fundOperationKinds } from '../../domain/fund-operation.js';
import { pageBounds, pageSchema } from '../../http/paging.js';
import { moneySchema, versionField } from '../../http/wire.js';

const approval = z
  .object({
    approverId: z.uuid(),
    onBehalfOf: z.uuid().nullable().describe('The absent approver whose delegation was used.'),
    approvedAt: z.iso.datetime(),
  })
  .meta({ id: 'Approval' });

/** What everything that is approved says of it. */
export const approvalFields = {
  approvals: z.array(approval).describe('Who approved, in this order.'),
  approvalsNeeded: z.int().nullable().describe('How many approvers it takes, as the limits are now; null when it does not await approval.'),
};

export interface ApprovalsAnswer {
  readonly approvals: z.input<typeof approval>[];
  readonly approvalsNeeded: number | null;
}

export const awaitingQuery = z.strictObject(pageBounds);
export type AwaitingQuery = z.output<typeof awaitingQuery>;

export const awaitingPage = pageSchema(
  z
    .object({
      kind: z.enum(['disbursement', 'amendment', 'reversal', 'period_reopening', 'fund_operation']),
      operation: z.enum(fundOperationKinds).optional().describe('Of an operation of a pooled fund: what it does.'),
      id: z.uuid(),
      reference: z.string().describe('Number of the disbursement; of the commitment that is amended; of the record that is undone; of the operation of a fund; or the month.'),
      amount: moneySchema.nullable().describe('What is paid, by how much the commitment changes, what is undone, or what an operation of a fund moves; null for a month or the closure of a fund.'),
      states: z.array(z.string()).describe('Every state the flow touches, ISO 3166-1 alpha-3.'),
      preparedBy: z.uuid(),
      preparedAt: z.iso.datetime(),
      ...approvalFields,
      onBehalfOf: z.uuid().nullable().describe('The absent approver in whose name you would approve; null for your own right.'),
      version: versionField,
    })
    .meta({ id: 'AwaitingApproval' }),
).extend({ count: z.int().describe('How many await you in all.') });
export type AwaitingAnswer = z.input<typeof awaitingPage>;
