import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { readsRestricted } from '../audit/restricted-read.js';
import { pledgeAnswer, pledgeBody, pledgePage, pledgesQuery } from './pledges.schema.js';
import { createPledge, getPledge, listPledges } from './pledges.service.js';

const tag = 'Pledges';

export const pledgeEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/pledges',
    operationId: 'listPledges',
    tag,
    summary: 'Pledges that you may see',
    access: 'flow:read',
    audits: readsRestricted('pledges.read'),
    query: pledgesQuery,
    success: { status: 200, description: 'One page.', schema: pledgePage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listPledges(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/pledges/{id}',
    operationId: 'getPledge',
    tag,
    summary: 'One pledge',
    access: 'flow:read',
    audits: readsRestricted('pledge.read'),
    params: idParams,
    success: { status: 200, description: 'The pledge.', schema: pledgeAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getPledge(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/pledges',
    operationId: 'createPledge',
    tag,
    summary: 'Record a pledge',
    description: 'A promise that binds nobody yet. It is posted to the journal at once and never enters funding totals.',
    access: 'flow:write',
    body: pledgeBody,
    idempotent: true,
    success: { status: 201, description: 'Recorded and posted.', schema: pledgeAnswer },
    problems: [
      'AMOUNT_FORMAT', 'AMOUNT_DIGITS', 'AMOUNT_NOT_POSITIVE', 'AMOUNT_TOO_LARGE', 'CURRENCY_UNKNOWN', 'CURRENCY_MISMATCH', 'CODE_UNKNOWN',
      'CODE_REPEATED', 'SPLIT_NOT_WHOLE', 'SPLIT_TOO_MANY_CELLS', 'DESTINATION_INCOHERENT', 'DATE_IN_FUTURE', 'INSTALMENTS_SUM', 'NO_RATE',
      'ALREADY_MERGED', 'OUT_OF_SCOPE', 'WINDOW_CLOSED', 'BELOW_MINIMUM', 'INSTRUMENT_MISMATCH', 'VALUATION_REQUIRED',
      'VALUATION_UNEXPECTED', 'VALUATION_MISMATCH',
    ],
    handler: async (context, { body }) => {
      const pledge = await createPledge(context, body);
      return created(pledge, `/v1/pledges/${pledge.id}`);
    },
  }),
];
