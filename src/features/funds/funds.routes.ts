import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { fundPageSchema, fundPatchBody, fundQuery, fundSchema, newFundBody } from './funds.schema.js';
import { createFund, getFund, listFunds, updateFund } from './funds.service.js';

const tag = 'Pooled funds';
const refused = ['DUPLICATE', 'CODE_UNKNOWN', 'CODE_REPEATED', 'CURRENCY_UNKNOWN', 'ALREADY_MERGED'] as const;

/** Funds into which several donors pay. */
export const fundEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/pooled-funds',
    operationId: 'listPooledFunds',
    tag,
    summary: 'List the pooled funds',
    access: 'master-data:read',
    query: fundQuery,
    success: { status: 200, description: 'A page of pooled funds.', schema: fundPageSchema },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listFunds(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/pooled-funds',
    operationId: 'createPooledFund',
    tag,
    summary: 'Record a pooled fund',
    access: 'master-data:write',
    idempotent: true,
    body: newFundBody,
    success: { status: 201, description: 'The pooled fund.', schema: fundSchema },
    problems: refused,
    handler: async (context, { body }) => {
      const fund = await createFund(context, body);
      return created(fund, `/v1/pooled-funds/${fund.id}`);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/pooled-funds/{id}',
    operationId: 'getPooledFund',
    tag,
    summary: 'One pooled fund',
    access: 'master-data:read',
    params: idParams,
    success: { status: 200, description: 'The pooled fund.', schema: fundSchema },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getFund(context, params.id)),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/pooled-funds/{id}',
    operationId: 'updatePooledFund',
    tag,
    summary: 'Change a pooled fund',
    description: 'Absent fields stay unchanged, null clears; a list replaces the whole list.',
    access: 'master-data:write',
    edits: true,
    params: idParams,
    body: fundPatchBody,
    success: { status: 200, description: 'The pooled fund after the change.', schema: fundSchema },
    problems: ['NOT_FOUND', 'CURRENCY_IN_USE', 'OUTSIDE_FUND', ...refused],
    handler: async (context, { params, body }) => ok(await updateFund(context, params.id, body)),
  }),
];
