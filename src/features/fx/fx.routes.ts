import { defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { newRateBody, ratePageSchema, rateQuery, rateSchema } from './fx.schema.js';
import { listRates, recordRate } from './fx.service.js';

const tag = 'Exchange rates';

/** Published exchange rates. */
export const fxEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/fx-rates',
    operationId: 'listFxRates',
    tag,
    summary: 'List the exchange rates, the newest first',
    access: 'master-data:read',
    query: rateQuery,
    success: { status: 200, description: 'A page of rates.', schema: ratePageSchema },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listRates(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/fx-rates',
    operationId: 'recordFxRate',
    tag,
    summary: 'Record a published exchange rate',
    description: 'Rates are never overwritten: the same rate again is answered with 200 and changes nothing, another one for the same source, pair and day is refused.',
    access: 'rate:write',
    idempotent: true,
    body: newRateBody,
    success: { status: 201, description: 'The rate.', schema: rateSchema },
    problems: ['RATE_CONFLICT', 'CURRENCY_UNKNOWN', 'CODE_REPEATED', 'DATE_IN_FUTURE'],
    handler: async (context, { body }) => {
      const { rate, isNew } = await recordRate(context, body);
      return { status: isNew ? 201 : 200, body: rate };
    },
  }),
];
