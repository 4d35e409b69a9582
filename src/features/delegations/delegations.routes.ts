import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { emptyBody } from '../flows/decision.schema.js';
import { delegationAnswer, delegationBody, delegationPage, delegationsQuery } from './delegations.schema.js';
import { createDelegation, getDelegation, listDelegations, revokeDelegation } from './delegations.service.js';

const tag = 'Delegations';

/** An approver's right in the hands of another while the approver is absent. */
export const delegationEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/delegations',
    operationId: 'listDelegations',
    tag,
    summary: 'Delegations given and received',
    description: 'Your own; all of them for administrators and auditors.',
    access: 'delegation:read',
    query: delegationsQuery,
    success: { status: 200, description: 'One page.', schema: delegationPage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listDelegations(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/delegations/{id}',
    operationId: 'getDelegation',
    tag,
    summary: 'One delegation',
    access: 'delegation:read',
    params: idParams,
    success: { status: 200, description: 'The delegation.', schema: delegationAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getDelegation(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/delegations',
    operationId: 'createDelegation',
    tag,
    summary: 'Hand over the right to approve for an absence',
    description:
      'While it runs, the other person sees your states and approves in your name; both names stand in the record. It cannot be handed on. An administrator may create one for somebody, for instance who is ill.',
    access: 'delegation:write',
    body: delegationBody,
    idempotent: true,
    success: { status: 201, description: 'It runs from its first to its last day.', schema: delegationAnswer },
    problems: ['DELEGATION_TO_ONESELF', 'DELEGATION_UNSUITABLE', 'DELEGATION_OVERLAPS', 'PERIOD_REVERSED', 'PERIOD_TOO_LONG', 'DATE_IN_PAST'],
    handler: async (context, { body }) => {
      const delegation = await createDelegation(context, body);
      return created(delegation, `/v1/delegations/${delegation.id}`);
    },
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/delegations/{id}/revoke',
    operationId: 'revokeDelegation',
    tag,
    summary: 'End a delegation',
    access: 'delegation:write',
    params: idParams,
    edits: true,
    body: emptyBody,
    idempotent: true,
    success: { status: 200, description: 'It gives no right any more.', schema: delegationAnswer },
    problems: ['NOT_FOUND', 'STATE_CONFLICT'],
    handler: async (context, { params }) => ok(await revokeDelegation(context, params.id)),
  }),
];
