import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import {
  caseloadSchema,
  newCaseloadBody,
  newPlanBody,
  newRequirementBody,
  planMomentQuery,
  planPageSchema,
  planPatchBody,
  planQuery,
  planSchema,
  requirementSchema,
} from './plans.schema.js';
import { addCaseload, addRequirement, createPlan, getPlan, listPlans, updatePlan } from './plans.service.js';

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
    summary: 'One response plan with its requirements, its people, and what sources publish of it',
    description: 'The plan’s own fields are those of now; with asOf, the figures are those known then.',
    access: 'master-data:read',
    params: idParams,
    query: planMomentQuery,
    success: { status: 200, description: 'The response plan.', schema: planSchema },
    problems: ['NOT_FOUND', 'AS_OF_IN_FUTURE'],
    handler: async (context, { params, query }) => ok(await getPlan(context, params.id, query.asOf)),
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
    description: 'A revision is current from now on, an original while there is no revision; earlier figures stay.',
    access: 'master-data:write',
    idempotent: true,
    params: idParams,
    body: newRequirementBody,
    success: { status: 201, description: 'The figure.', schema: requirementSchema },
    problems: [
      'NOT_FOUND', 'DUPLICATE', 'DATE_IN_FUTURE', 'AMOUNT_FORMAT', 'AMOUNT_DIGITS', 'AMOUNT_NOT_POSITIVE', 'AMOUNT_TOO_LARGE', 'CURRENCY_UNKNOWN',
      'CODE_UNKNOWN', 'CODE_REPEATED', 'REQUIREMENT_PARTS_EXCEED',
    ], // prettier-ignore
    handler: async (context, { params, body }) => created(await addRequirement(context, params.id, body), `/v1/response-plans/${params.id}`),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/response-plans/{id}/caseloads',
    operationId: 'addPlanCaseload',
    tag,
    summary: 'Add figures of the people in need, targeted and reached',
    description: 'For the whole plan, or for one of its states, sectors or beneficiary groups; the latest recorded of each cell is current, earlier ones stay.',
    access: 'master-data:write',
    idempotent: true,
    params: idParams,
    body: newCaseloadBody,
    success: { status: 201, description: 'The figures.', schema: caseloadSchema },
    problems: ['NOT_FOUND', 'DATE_IN_FUTURE', 'CODE_UNKNOWN'],
    handler: async (context, { params, body }) => created(await addCaseload(context, params.id, body), `/v1/response-plans/${params.id}`),
  }),
];
