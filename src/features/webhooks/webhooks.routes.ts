import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { emptyBody } from '../flows/decision.schema.js';
import { testAnswer, webhookAnswer, webhookBody, webhookPage, webhookPatch, webhooksQuery, webhookWithSecret } from './webhooks.schema.js';
import { createWebhook, getWebhook, listWebhooks, rotateSecret, testWebhook, updateWebhook } from './webhooks.service.js';

const tag = 'Webhooks';

/** Other systems that are told of reports and notices; a repeated answer would keep the secret, so those that show it take no key. */
export const webhookEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/webhooks',
    operationId: 'listWebhooks',
    tag,
    summary: 'The other systems that can receive reports and notices',
    access: 'webhook:read',
    query: webhooksQuery,
    success: { status: 200, description: 'One page.', schema: webhookPage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listWebhooks(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/webhooks',
    operationId: 'createWebhook',
    tag,
    summary: 'Add another system',
    description:
      'Reports and notices whose recipients name it are sent by POST as {id, type, createdAt, …}, signed by the Standard Webhooks specification (headers webhook-id, webhook-timestamp, webhook-signature). The id stays the same when a message is sent again: what was seen before is ignored. Anything but 200 to 299 within ten seconds is tried again for about an hour and a half; 410 ends it.',
    access: 'webhook:write',
    body: webhookBody,
    success: { status: 201, description: 'With its secret, which is not shown again.', schema: webhookWithSecret },
    problems: ['WEBHOOK_INSECURE'],
    handler: async (context, { body }) => {
      const webhook = await createWebhook(context, body);
      return created(webhook, `/v1/webhooks/${webhook.id}`);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/webhooks/{id}',
    operationId: 'getWebhook',
    tag,
    summary: 'One other system',
    access: 'webhook:read',
    params: idParams,
    success: { status: 200, description: 'Without its secret.', schema: webhookAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getWebhook(context, params.id)),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/webhooks/{id}',
    operationId: 'updateWebhook',
    tag,
    summary: 'Rename, move, switch off or on',
    access: 'webhook:write',
    params: idParams,
    edits: true,
    body: webhookPatch,
    success: { status: 200, description: 'As it is now.', schema: webhookAnswer },
    problems: ['NOT_FOUND', 'WEBHOOK_INSECURE'],
    handler: async (context, { params, body }) => ok(await updateWebhook(context, params.id, body)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/webhooks/{id}/rotate-secret',
    operationId: 'rotateWebhookSecret',
    tag,
    summary: 'Replace the secret',
    access: 'webhook:write',
    params: idParams,
    edits: true,
    body: emptyBody,
    success: { status: 200, description: 'With the new secret, which is not shown again.', schema: webhookWithSecret },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await rotateSecret(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/webhooks/{id}/test',
    operationId: 'testWebhook',
    tag,
    summary: 'Send a “ping”, and see what comes back',
    access: 'webhook:write',
    params: idParams,
    body: emptyBody,
    transaction: false,
    success: { status: 200, description: 'What came back.', schema: testAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await testWebhook(context, params.id)),
  }),
];
