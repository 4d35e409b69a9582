import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { newPlanBody, newRequirementBody, planPageSchema, planPatchBody, planQuery, planSchema, requirementSchema } from './plans.schema.js';
import { addRequirement, createPlan, getPlan, listPlans, updatePlan } from './plans.service.js';

const tag = 'Response plans';
const refused = ['DUPLICATE', 'CODE_UNKNOWN', 'CODE_REPEATED', 'PERIOD_REVERSED'] as const;

/** Humanitarian response plans and the funds they require. */
export const planEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/response-plans',
    operationId: 'listResponsePlans',
    tag,
    summary: 'List the response plans',
    access: 'master-data:read',
    query: planQuery,
    success: { status: 200, description: 'A page of response plans.', schema: planPageSchema },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listPlans(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/response-plans',
    operationId: 'createResponsePlan',
    tag,
    summary: 'Record a response plan',
    access: 'master-data:write',
    idempotent: true,
    body: newPlanBody,
    success: { status: 201, description: 'The response plan.', schema: planSchema },
    problems: refused,
    handler: async (context, { body }) => {
      const plan = await createPlan(context, body);
      return created(plan, `/v1/response-plans/${plan.id}`);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/response-plans/{id}',
    operationId: 'getResponsePlan',
    tag,
    summary: 'One response plan with every figure of its requirements',
    access: 'master-data:read',
    params: idParams,
    success: { status: 200, description: 'The response plan.', schema: planSchema },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getPlan(context, params.id)),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/response-plans/{id}',
    operationId: 'updateResponsePlan',
    tag,
    summary: 'Change a response plan',
    description: 'Absent fields stay unchanged, null clears; a list replaces the whole list. The code stays once a flow in the journal names it.',
    access: 'master-data:write',
    edits: true,
    params: idParams,
    body: planPatchBody,
    success: { status: 200, description: 'The response plan after the change.', schema: planSchema },
    problems: ['NOT_FOUND', 'CODE_IN_USE', ...refused],
    handler: async (context, { params, body }) => ok(await updatePlan(context, params.id, body)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/response-plans/{id}/requirements',
    operationId: 'addPlanRequirement',
    tag,
    summary: 'Add a figure of the funds required',
    description: 'The figure is current from now on; earlier ones stay.',
    access: 'master-data:write',
    idempotent: true,
    params: idParams,
    body: newRequirementBody,
    success: { status: 201, description: 'The figure.', schema: requirementSchema },
    problems: ['NOT_FOUND', 'DUPLICATE', 'DATE_IN_FUTURE', 'AMOUNT_FORMAT', 'AMOUNT_DIGITS', 'AMOUNT_NOT_POSITIVE', 'AMOUNT_TOO_LARGE', 'CURRENCY_UNKNOWN'],
    handler: async (context, { params, body }) => created(await addRequirement(context, params.id, body), `/v1/response-plans/${params.id}`),
  }),
];
