import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { emptyBody, rejectionBody } from '../flows/decision.schema.js';
import { reversalAnswer, reversalBody, reversalPage, reversalsQuery } from './reversals.schema.js';
import { approveReversal, getReversal, listReversals, rejectReversal, requestReversal } from './reversals.service.js';

const tag = 'Reversals';

export const reversalEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/reversals',
    operationId: 'listReversals',
    tag,
    summary: 'Reversals that you may see',
    access: 'flow:read',
    query: reversalsQuery,
    success: { status: 200, description: 'One page.', schema: reversalPage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listReversals(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/reversals/{id}',
    operationId: 'getReversal',
    tag,
    summary: 'One reversal',
    access: 'flow:read',
    params: idParams,
    success: { status: 200, description: 'The reversal.', schema: reversalAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getReversal(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/reversals',
    operationId: 'requestReversal',
    tag,
    summary: 'Ask to undo a posted record',
    description: 'The only way to undo: nothing posted is ever changed or deleted. Approval posts the mirror of the record’s entries.',
    access: 'flow:write',
    body: reversalBody,
    idempotent: true,
    success: { status: 201, description: 'Awaits a second person.', schema: reversalAnswer },
    problems: ['HAS_CHILDREN', 'NOT_POSTED', 'IMPORTED_RECORD', 'STATE_CONFLICT', 'REVERSAL_PENDING', 'EXCEEDS_FUND', 'EXCEEDS_WINDOW', 'EXCEEDS_DEPOSITS', 'OUT_OF_SCOPE', 'NOT_FOUND'],
    handler: async (context, { body }) => {
      const reversal = await requestReversal(context, body);
      return created(reversal, `/v1/reversals/${reversal.id}`);
    },
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/reversals/{id}/approve',
    operationId: 'approveReversal',
    tag,
    summary: 'Approve a reversal, which posts the mirror entries',
    access: 'flow:approve',
    params: idParams,
    edits: true,
    body: emptyBody,
    idempotent: true,
    success: { status: 200, description: 'Approved and posted; or, above the limit, waiting for another approver.', schema: reversalAnswer },
    problems: ['PERIOD_CLOSED', 'FOUR_EYES', 'ALREADY_APPROVED', 'HAS_CHILDREN', 'NOT_POSTED', 'IMPORTED_RECORD', 'STATE_CONFLICT', 'EXCEEDS_FUND', 'EXCEEDS_WINDOW', 'EXCEEDS_DEPOSITS', 'OUT_OF_SCOPE', 'NOT_FOUND'],
    handler: async (context, { params }) => ok(await approveReversal(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/reversals/{id}/reject',
    operationId: 'rejectReversal',
    tag,
    summary: 'Turn a reversal down',
    access: 'flow:approve',
    params: idParams,
    edits: true,
    body: rejectionBody,
    idempotent: true,
    success: { status: 200, description: 'Turned down.', schema: reversalAnswer },
    problems: ['FOUR_EYES', 'STATE_CONFLICT', 'OUT_OF_SCOPE', 'NOT_FOUND'],
    handler: async (context, { params, body }) => ok(await rejectReversal(context, params.id, body.reason)),
  }),
];
