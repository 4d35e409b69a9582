import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { emptyBody, rejectionBody } from '../flows/decision.schema.js';
import { approveOperation, rejectOperation } from './fund-decisions.service.js';
import { operationAnswer, operationBody, operationPage, operationsQuery } from './fund-operations.schema.js';
import { getOperation, listOperations, prepareOperation } from './fund-operations.service.js';

const tag = 'Fund operations';
const unbearable = [
  'EXCEEDS_FUND', 'EXCEEDS_WINDOW', 'EXCEEDS_ROUND', 'EXCEEDS_ALLOCATION', 'EXCEEDS_TRANSFERRED', 'EXCEEDS_DEPOSITS', 'BELOW_TRANSFERRED', 'FUND_CIRCLE',
  'FUND_NOT_EMPTY', 'FUND_CLOSED', 'FUND_MIRRORED', 'HAS_CHILDREN', 'NOT_POSTED', 'REVERSAL_PENDING', 'PARENT_REVERSED', 'IMPORTED_RECORD', 'STATE_CONFLICT',
  'DUPLICATE', 'DATE_BEFORE_PARENT', 'NO_RATE', 'OUT_OF_SCOPE', 'NOT_FOUND',
] as const;

/** What is done with the money of pooled funds: prepared by one person, approved by another. */
export const fundOperationEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/fund-operations',
    operationId: 'listFundOperations',
    tag,
    summary: 'Operations of pooled funds that you may see',
    access: 'fund-operation:read',
    query: operationsQuery,
    success: { status: 200, description: 'One page.', schema: operationPage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listOperations(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/fund-operations/{id}',
    operationId: 'getFundOperation',
    tag,
    summary: 'One operation of a pooled fund',
    access: 'fund-operation:read',
    params: idParams,
    success: { status: 200, description: 'The operation; of an allocation also how it stands.', schema: operationAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getOperation(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/fund-operations',
    operationId: 'prepareFundOperation',
    tag,
    summary: 'Prepare an operation of a pooled fund',
    description: 'Deposits come from disbursements into the fund; everything else that moves its money is prepared here and counts only once a second person has approved it.',
    access: 'flow:write',
    body: operationBody,
    idempotent: true,
    success: { status: 201, description: 'Awaits a second person; it counts nowhere yet.', schema: operationAnswer },
    problems: [
      ...unbearable, 'AMOUNT_FORMAT', 'AMOUNT_DIGITS', 'AMOUNT_NOT_POSITIVE', 'AMOUNT_ZERO', 'AMOUNT_TOO_LARGE', 'CURRENCY_UNKNOWN', 'CURRENCY_MISMATCH', 'DATE_IN_FUTURE',
      'CODE_UNKNOWN', 'CODE_REPEATED', 'SPLIT_NOT_WHOLE', 'SPLIT_TOO_MANY_CELLS', 'OUTSIDE_FUND', 'PROPOSAL_MISMATCH', 'RECEIVED_DIFFERS', 'ALREADY_MERGED',
    ],
    handler: async (context, { body }) => {
      const operation = await prepareOperation(context, body);
      return created(operation, `/v1/fund-operations/${operation.id}`);
    },
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/fund-operations/{id}/approve',
    operationId: 'approveFundOperation',
    tag,
    summary: 'Approve an operation, which posts it',
    access: 'flow:approve',
    params: idParams,
    edits: true,
    body: emptyBody,
    idempotent: true,
    success: { status: 200, description: 'Approved and in the book of the fund; or, above the limit, waiting for another approver.', schema: operationAnswer },
    problems: [...unbearable, 'FOUR_EYES', 'ALREADY_APPROVED', 'PERIOD_CLOSED'],
    handler: async (context, { params }) => ok(await approveOperation(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/fund-operations/{id}/reject',
    operationId: 'rejectFundOperation',
    tag,
    summary: 'Turn an operation down',
    access: 'flow:approve',
    params: idParams,
    edits: true,
    body: rejectionBody,
    idempotent: true,
    success: { status: 200, description: 'Turned down; it stays on record.', schema: operationAnswer },
    problems: ['FOUR_EYES', 'STATE_CONFLICT', 'IMPORTED_RECORD', 'OUT_OF_SCOPE', 'NOT_FOUND'],
    handler: async (context, { params, body }) => ok(await rejectOperation(context, params.id, body.reason)),
  }),
];
