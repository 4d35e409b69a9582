import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { addEvent, undoEvent } from './instrument-events.service.js';
import {
  eventParams,
  instrumentAnswer,
  instrumentEventAnswer,
  instrumentPage,
  instrumentPatchBody,
  instrumentsQuery,
  newEventBody,
  newInstrumentBody,
  undoBody,
} from './instruments.schema.js';
import { createInstrument, getInstrument, listInstruments, updateInstrument } from './instruments.service.js';

const tag = 'Mechanisms';
const amounts = ['AMOUNT_FORMAT', 'AMOUNT_DIGITS', 'AMOUNT_NOT_POSITIVE', 'AMOUNT_TOO_LARGE', 'CURRENCY_UNKNOWN', 'CURRENCY_MISMATCH'] as const;
const refused = [...amounts, 'CODE_UNKNOWN', 'CODE_REPEATED', 'PERIOD_REVERSED', 'ALREADY_MERGED', 'OUT_OF_SCOPE'] as const;
const broken = ['OUTSIDE_INSTRUMENT', 'THRESHOLD_NOT_REACHED', 'RELEASE_NOT_AUTOMATIC', 'EXCEEDS_INSTRUMENT'] as const;

/** The contracts and frameworks of the mechanisms, and what happens to them. */
export const instrumentEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/instruments',
    operationId: 'listInstruments',
    tag,
    summary: 'Contracts and frameworks of the mechanisms that you may see',
    access: 'instrument:read',
    query: instrumentsQuery,
    success: { status: 200, description: 'One page.', schema: instrumentPage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listInstruments(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/instruments',
    operationId: 'createInstrument',
    tag,
    summary: 'Record an insurance policy, a framework, a loan, a debt swap, a levy …',
    description: 'It is no money: what it brings is recorded as pledges, commitments and disbursements.',
    access: 'instrument:write',
    idempotent: true,
    body: newInstrumentBody,
    success: { status: 201, description: 'The instrument.', schema: instrumentAnswer },
    problems: refused,
    handler: async (context, { body }) => {
      const instrument = await createInstrument(context, body);
      return created(instrument, `/v1/instruments/${instrument.id}`);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/instruments/{id}',
    operationId: 'getInstrument',
    tag,
    summary: 'One contract or framework with its chain of events',
    access: 'instrument:read',
    params: idParams,
    success: { status: 200, description: 'The instrument.', schema: instrumentAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getInstrument(context, params.id)),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/instruments/{id}',
    operationId: 'updateInstrument',
    tag,
    summary: 'Change a contract or framework',
    description: 'Absent fields stay unchanged, null clears; terms replace the whole terms. What happened already must still stand under the new terms.',
    access: 'instrument:write',
    edits: true,
    params: idParams,
    body: instrumentPatchBody,
    success: { status: 200, description: 'The instrument after the change.', schema: instrumentAnswer },
    problems: ['NOT_FOUND', ...refused, ...broken],
    handler: async (context, { params, body }) => ok(await updateInstrument(context, params.id, body)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/instruments/{id}/events',
    operationId: 'addInstrumentEvent',
    tag,
    summary: 'Record a cost, a trigger, an activation or a payout',
    description: 'An activation follows a trigger, a payout an activation. Events count in no funding total: a payout may name the commitment whose money it is.',
    access: 'instrument:write',
    idempotent: true,
    params: idParams,
    body: newEventBody,
    success: { status: 201, description: 'The event.', schema: instrumentEventAnswer },
    problems: [
      'NOT_FOUND', 'OUT_OF_SCOPE', ...amounts, 'DATE_IN_FUTURE', 'DATE_BEFORE_PARENT', 'EVENT_UNSUITABLE', 'EVENT_OUT_OF_ORDER', ...broken,
      'INSTRUMENT_MISMATCH', 'PARENT_REVERSED', 'EXCEEDS_COMMITMENT',
    ], // prettier-ignore
    handler: async (context, { params, body }) => created(await addEvent(context, params.id, body), `/v1/instruments/${params.id}`),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/instruments/{id}/events/{eventId}/undo',
    operationId: 'undoInstrumentEvent',
    tag,
    summary: 'Undo an event',
    description: 'Adds an event that undoes it; what stands on it is undone first.',
    access: 'instrument:write',
    idempotent: true,
    params: eventParams,
    body: undoBody,
    success: { status: 201, description: 'The event that undoes it.', schema: instrumentEventAnswer },
    problems: ['NOT_FOUND', 'OUT_OF_SCOPE', 'STATE_CONFLICT', 'HAS_CHILDREN'],
    handler: async (context, { params, body }) => created(await undoEvent(context, params.id, params.eventId, body.reason), `/v1/instruments/${params.id}`),
  }),
];
