import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { newWindowBody, windowPageSchema, windowParams, windowPatchBody, windowQuery, windowSchema } from './windows.schema.js';
import { createWindow, getWindow, listWindows, updateWindow } from './windows.service.js';

const tag = 'Pooled funds';
const refused = [
  'NOT_FOUND', 'FUND_CLOSED', 'DUPLICATE', 'OUTSIDE_FUND', 'PERIOD_REVERSED', 'CURRENCY_MISMATCH', 'CURRENCY_UNKNOWN', 'AMOUNT_FORMAT', 'AMOUNT_DIGITS',
  'AMOUNT_NOT_POSITIVE', 'AMOUNT_TOO_LARGE',
] as const; // prettier-ignore

/** Windows and country envelopes of funds. */
export const windowEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/pooled-funds/{id}/windows',
    operationId: 'listFundWindows',
    tag,
    summary: 'Windows and country envelopes of a pooled fund',
    access: 'master-data:read',
    params: idParams,
    query: windowQuery,
    success: { status: 200, description: 'A page of windows.', schema: windowPageSchema },
    problems: ['NOT_FOUND', 'CURSOR_INVALID'],
    handler: async (context, { params, query }) => ok(await listWindows(context, params.id, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/pooled-funds/{id}/windows',
    operationId: 'createFundWindow',
    tag,
    summary: 'Open a window or a country envelope of a pooled fund',
    description: 'What is given to a window is spent in its rounds only. A country envelope is a window for one state of the fund.',
    access: 'master-data:write',
    idempotent: true,
    params: idParams,
    body: newWindowBody,
    success: { status: 201, description: 'The window.', schema: windowSchema },
    problems: refused,
    handler: async (context, { params, body }) => {
      const window = await createWindow(context, params.id, body);
      return created(window, `/v1/pooled-funds/${params.id}/windows/${window.id}`);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/pooled-funds/{id}/windows/{windowId}',
    operationId: 'getFundWindow',
    tag,
    summary: 'One window of a pooled fund',
    access: 'master-data:read',
    params: windowParams,
    success: { status: 200, description: 'The window.', schema: windowSchema },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getWindow(context, params.id, params.windowId)),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/pooled-funds/{id}/windows/{windowId}',
    operationId: 'updateFundWindow',
    tag,
    summary: 'Change a window of a pooled fund',
    description: 'Absent fields stay unchanged, null clears.',
    access: 'master-data:write',
    edits: true,
    params: windowParams,
    body: windowPatchBody,
    success: { status: 200, description: 'The window after the change.', schema: windowSchema },
    problems: [...refused, 'CODE_IN_USE'],
    handler: async (context, { params, body }) => ok(await updateWindow(context, params.id, params.windowId, body)),
  }),
];
