import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { awaitingPage, awaitingQuery } from './approvals.schema.js';
import { listAwaiting } from './awaiting.service.js';
import { limitAnswer, limitBody, limitPage, limitsQuery } from './limits.schema.js';
import { listLimits, setLimit } from './limits.service.js';

const tag = 'Approvals';

/** What awaits an approver, and above which amounts two are needed. */
export const approvalEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/approvals/awaiting',
    operationId: 'listAwaitingApprovals',
    tag,
    summary: 'What awaits your approval',
    description: 'What you may approve now, by your own right or that of an absent approver, the oldest first. Nothing that you prepared, changed, handed in or approved.',
    access: 'approval:read',
    query: awaitingQuery,
    success: { status: 200, description: 'One page.', schema: awaitingPage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listAwaiting(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/approval-limits',
    operationId: 'listApprovalLimits',
    tag,
    summary: 'Amounts above which two approvers are needed',
    description: 'Every limit there was, the latest first. Of a flow of several states the lowest limit counts; the amount is that in USD at the rates of the value date.',
    access: 'limit:read',
    query: limitsQuery,
    success: { status: 200, description: 'One page.', schema: limitPage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listLimits(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/approval-limits',
    operationId: 'setApprovalLimit',
    tag,
    summary: 'Set or remove a limit',
    access: 'limit:write',
    body: limitBody,
    idempotent: true,
    success: { status: 201, description: 'It counts for every approval from now on.', schema: limitAnswer },
    problems: ['CODE_UNKNOWN', 'CURRENCY_MISMATCH', 'CURRENCY_UNKNOWN', 'AMOUNT_FORMAT', 'AMOUNT_DIGITS', 'AMOUNT_NOT_POSITIVE', 'AMOUNT_TOO_LARGE'],
    handler: async (context, { body }) => created(await setLimit(context, body), '/v1/approval-limits'),
  }),
];
