import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { emptyBody, rejectionBody } from '../flows/decision.schema.js';
import { closeBody, monthParams, periodAnswer, periodList, reopeningAnswer, reopeningBody, reopeningPage, reopeningsQuery } from './periods.schema.js';
import { closePeriod, getPeriod, listPeriods } from './periods.service.js';
import { approveReopening, getReopening, listReopenings, rejectReopening, requestReopening } from './reopenings.service.js';

const tag = 'Periods';

/** The months of the journal: closed, and opened again by two persons. */
export const periodEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/periods',
    operationId: 'listPeriods',
    tag,
    summary: 'Months, open or closed',
    access: 'period:read',
    success: { status: 200, description: 'Every month from the first entry’s to the current one.', schema: periodList },
    handler: async (context) => ok(await listPeriods(context)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/periods/{month}',
    operationId: 'getPeriod',
    tag,
    summary: 'One month',
    access: 'period:read',
    params: monthParams,
    success: { status: 200, description: 'The month.', schema: periodAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getPeriod(context, params.month)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/periods/{month}/close',
    operationId: 'closePeriod',
    tag,
    summary: 'Close a month',
    description:
      'Its figures are final: what comes late is posted in the next open month and says when it happened. Months before it that were never closed are closed with it; one that was opened again has to be closed first. If-Match is "0" for a month that was never closed.',
    access: 'period:close',
    edits: true,
    idempotent: true,
    params: monthParams,
    body: closeBody,
    success: { status: 200, description: 'Closed.', schema: periodAnswer },
    problems: ['NOT_FOUND', 'PERIOD_NOT_OVER', 'PERIOD_OUT_OF_ORDER', 'STATE_CONFLICT'],
    handler: async (context, { params, body }) => ok(await closePeriod(context, params.month, body)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/periods/{month}/reopenings',
    operationId: 'requestPeriodReopening',
    tag,
    summary: 'Ask to open a closed month again',
    access: 'period:close',
    idempotent: true,
    params: monthParams,
    body: reopeningBody,
    success: { status: 201, description: 'Awaits a second person.', schema: reopeningAnswer },
    problems: ['NOT_FOUND', 'STATE_CONFLICT', 'REOPENING_PENDING'],
    handler: async (context, { params, body }) => {
      const reopening = await requestReopening(context, params.month, body);
      return created(reopening, `/v1/period-reopenings/${reopening.id}`);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/period-reopenings',
    operationId: 'listPeriodReopenings',
    tag,
    summary: 'Requests to open a month again',
    access: 'period:read',
    query: reopeningsQuery,
    success: { status: 200, description: 'One page.', schema: reopeningPage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listReopenings(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/period-reopenings/{id}',
    operationId: 'getPeriodReopening',
    tag,
    summary: 'One request to open a month again',
    access: 'period:read',
    params: idParams,
    success: { status: 200, description: 'The request.', schema: reopeningAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getReopening(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/period-reopenings/{id}/approve',
    operationId: 'approvePeriodReopening',
    tag,
    summary: 'Open a month again',
    access: 'period:close',
    edits: true,
    idempotent: true,
    params: idParams,
    body: emptyBody,
    success: { status: 200, description: 'The month is open.', schema: reopeningAnswer },
    problems: ['NOT_FOUND', 'FOUR_EYES', 'STATE_CONFLICT'],
    handler: async (context, { params }) => ok(await approveReopening(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/period-reopenings/{id}/reject',
    operationId: 'rejectPeriodReopening',
    tag,
    summary: 'Keep a month closed',
    access: 'period:close',
    edits: true,
    idempotent: true,
    params: idParams,
    body: rejectionBody,
    success: { status: 200, description: 'Turned down; the month stays closed.', schema: reopeningAnswer },
    problems: ['NOT_FOUND', 'FOUR_EYES', 'STATE_CONFLICT'],
    handler: async (context, { params, body }) => ok(await rejectReopening(context, params.id, body.reason)),
  }),
];
