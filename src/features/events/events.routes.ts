import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { eventPageSchema, eventPatchBody, eventQuery, eventSchema, newEventBody } from './events.schema.js';
import { createEvent, getEvent, listEvents, updateEvent } from './events.service.js';

const tag = 'Events';

/** Conferences and forums where pledges are made. */
export const eventEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/events',
    operationId: 'listEvents',
    tag,
    summary: 'List the conferences and forums',
    access: 'master-data:read',
    query: eventQuery,
    success: { status: 200, description: 'A page of events.', schema: eventPageSchema },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listEvents(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/events',
    operationId: 'createEvent',
    tag,
    summary: 'Record a conference or forum',
    access: 'master-data:write',
    idempotent: true,
    body: newEventBody,
    success: { status: 201, description: 'The event.', schema: eventSchema },
    problems: ['DUPLICATE', 'PERIOD_REVERSED'],
    handler: async (context, { body }) => {
      const event = await createEvent(context, body);
      return created(event, `/v1/events/${event.id}`);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/events/{id}',
    operationId: 'getEvent',
    tag,
    summary: 'One conference or forum',
    access: 'master-data:read',
    params: idParams,
    success: { status: 200, description: 'The event.', schema: eventSchema },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getEvent(context, params.id)),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/events/{id}',
    operationId: 'updateEvent',
    tag,
    summary: 'Change a conference or forum',
    description: 'Absent fields stay unchanged, null clears.',
    access: 'master-data:write',
    edits: true,
    params: idParams,
    body: eventPatchBody,
    success: { status: 200, description: 'The event after the change.', schema: eventSchema },
    problems: ['NOT_FOUND', 'DUPLICATE', 'PERIOD_REVERSED'],
    handler: async (context, { params, body }) => ok(await updateEvent(context, params.id, body)),
  }),
];
