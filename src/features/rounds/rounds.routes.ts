import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { emptyBody } from '../flows/decision.schema.js';
import { newRoundBody, roundPageSchema, roundPatchBody, roundQuery, roundSchema } from './rounds.schema.js';
import { closeRound, createRound, getRound, listRounds, reopenRound, updateRound } from './rounds.service.js';

const tag = 'Allocation rounds';
const refused = [
  'DUPLICATE', 'PERIOD_REVERSED', 'CURRENCY_MISMATCH', 'CURRENCY_UNKNOWN', 'AMOUNT_FORMAT', 'AMOUNT_DIGITS', 'AMOUNT_NOT_POSITIVE', 'AMOUNT_TOO_LARGE',
] as const; // prettier-ignore

/** Calls for proposals of pooled funds. */
export const roundEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/allocation-rounds',
    operationId: 'listAllocationRounds',
    tag,
    summary: 'List the allocation rounds',
    access: 'master-data:read',
    query: roundQuery,
    success: { status: 200, description: 'A page of rounds.', schema: roundPageSchema },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listRounds(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/allocation-rounds',
    operationId: 'createAllocationRound',
    tag,
    summary: 'Call for proposals',
    description: 'What a round awards are approved allocations, which are fund operations.',
    access: 'master-data:write',
    idempotent: true,
    body: newRoundBody,
    success: { status: 201, description: 'The round.', schema: roundSchema },
    problems: ['FUND_CLOSED', 'FUND_MIRRORED', 'CODE_UNKNOWN', ...refused],
    handler: async (context, { body }) => {
      const round = await createRound(context, body);
      return created(round, `/v1/allocation-rounds/${round.id}`);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/allocation-rounds/{id}',
    operationId: 'getAllocationRound',
    tag,
    summary: 'One allocation round',
    access: 'master-data:read',
    params: idParams,
    success: { status: 200, description: 'The round.', schema: roundSchema },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getRound(context, params.id)),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/allocation-rounds/{id}',
    operationId: 'updateAllocationRound',
    tag,
    summary: 'Change an allocation round',
    description: 'Absent fields stay unchanged, null clears. Fund, window and modality stay.',
    access: 'master-data:write',
    edits: true,
    params: idParams,
    body: roundPatchBody,
    success: { status: 200, description: 'The round after the change.', schema: roundSchema },
    problems: ['NOT_FOUND', 'IMPORTED_RECORD', 'BELOW_AWARDED', ...refused],
    handler: async (context, { params, body }) => ok(await updateRound(context, params.id, body)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/allocation-rounds/{id}/close',
    operationId: 'closeAllocationRound',
    tag,
    summary: 'Close an allocation round',
    description: 'It takes no more proposals; those handed in can still be awarded or declined.',
    access: 'master-data:write',
    edits: true,
    idempotent: true,
    params: idParams,
    body: emptyBody,
    success: { status: 200, description: 'Closed.', schema: roundSchema },
    problems: ['NOT_FOUND', 'IMPORTED_RECORD', 'STATE_CONFLICT'],
    handler: async (context, { params }) => ok(await closeRound(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/allocation-rounds/{id}/reopen',
    operationId: 'reopenAllocationRound',
    tag,
    summary: 'Open a closed allocation round again',
    access: 'master-data:write',
    edits: true,
    idempotent: true,
    params: idParams,
    body: emptyBody,
    success: { status: 200, description: 'Open.', schema: roundSchema },
    problems: ['NOT_FOUND', 'IMPORTED_RECORD', 'STATE_CONFLICT', 'FUND_CLOSED'],
    handler: async (context, { params }) => ok(await reopenRound(context, params.id)),
  }),
];
