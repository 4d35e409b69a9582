import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { readsRestricted } from '../audit/restricted-read.js';
import { emptyBody, rejectionBody } from '../flows/decision.schema.js';
import { approveAmendment, getAmendment, listAmendments, rejectAmendment, requestAmendment } from './amendments.service.js';
import {
  amendmentAnswer,
  amendmentBody,
  amendmentPage,
  amendmentsQuery,
  commitmentAnswer,
  commitmentBody,
  commitmentPage,
  commitmentsQuery,
} from './commitments.schema.js';
import { createCommitment, getCommitment, listCommitments } from './commitments.service.js';

const tag = 'Commitments';

export const commitmentEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/commitments',
    operationId: 'listCommitments',
    tag,
    summary: 'Commitments that you may see',
    access: 'flow:read',
    audits: readsRestricted('commitments.read'),
    query: commitmentsQuery,
    success: { status: 200, description: 'One page.', schema: commitmentPage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listCommitments(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/commitments/{id}',
    operationId: 'getCommitment',
    tag,
    summary: 'One commitment',
    access: 'flow:read',
    audits: readsRestricted('commitment.read'),
    params: idParams,
    success: { status: 200, description: 'The commitment.', schema: commitmentAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getCommitment(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/commitments',
    operationId: 'createCommitment',
    tag,
    summary: 'Record a commitment',
    description: 'A firm, written promise, with or without a pledge that it fulfils. It is posted to the journal at once; later changes are amendments.',
    access: 'flow:write',
    body: commitmentBody,
    idempotent: true,
    success: { status: 201, description: 'Recorded and posted.', schema: commitmentAnswer },
    problems: [
      'AMOUNT_FORMAT', 'AMOUNT_DIGITS', 'AMOUNT_NOT_POSITIVE', 'AMOUNT_TOO_LARGE', 'CURRENCY_UNKNOWN', 'CURRENCY_MISMATCH', 'CODE_UNKNOWN',
      'CODE_REPEATED', 'SPLIT_NOT_WHOLE', 'SPLIT_TOO_MANY_CELLS', 'DESTINATION_INCOHERENT', 'DATE_IN_FUTURE', 'DATE_BEFORE_PARENT', 'NO_RATE',
      'ALREADY_MERGED', 'OUT_OF_SCOPE', 'EXCEEDS_PLEDGE', 'DONOR_MISMATCH', 'PARENT_REVERSED', 'IMPORTED_RECORD', 'NOT_FOUND',
      'INSTALMENTS_SUM', 'FUND_CLOSED', 'FUND_MIRRORED', 'WINDOW_CLOSED', 'BELOW_MINIMUM', 'INSTRUMENT_MISMATCH', 'VALUATION_REQUIRED',
      'VALUATION_UNEXPECTED', 'VALUATION_MISMATCH',
    ],
    handler: async (context, { body }) => {
      const commitment = await createCommitment(context, body);
      return created(commitment, `/v1/commitments/${commitment.id}`);
    },
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/commitments/{id}/amendments',
    operationId: 'requestAmendment',
    tag,
    summary: 'Ask to raise or lower a commitment',
    access: 'flow:write',
    params: idParams,
    body: amendmentBody,
    idempotent: true,
    success: { status: 201, description: 'Awaits a second person.', schema: amendmentAnswer },
    problems: [
      'AMOUNT_FORMAT', 'AMOUNT_DIGITS', 'AMOUNT_ZERO', 'AMOUNT_TOO_LARGE', 'CURRENCY_UNKNOWN', 'CURRENCY_MISMATCH', 'DATE_IN_FUTURE',
      'DATE_BEFORE_PARENT', 'BELOW_DISBURSED', 'EXCEEDS_PLEDGE', 'IMPORTED_RECORD', 'STATE_CONFLICT', 'OUT_OF_SCOPE', 'NOT_FOUND',
    ],
    handler: async (context, { params, body }) => {
      const amendment = await requestAmendment(context, params.id, body);
      return created(amendment, `/v1/amendments/${amendment.id}`);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/amendments',
    operationId: 'listAmendments',
    tag,
    summary: 'Amendments that you may see',
    access: 'flow:read',
    audits: readsRestricted('amendments.read'),
    query: amendmentsQuery,
    success: { status: 200, description: 'One page.', schema: amendmentPage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listAmendments(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/amendments/{id}',
    operationId: 'getAmendment',
    tag,
    summary: 'One amendment',
    access: 'flow:read',
    audits: readsRestricted('amendment.read'),
    params: idParams,
    success: { status: 200, description: 'The amendment.', schema: amendmentAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getAmendment(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/amendments/{id}/approve',
    operationId: 'approveAmendment',
    tag,
    summary: 'Approve an amendment, which posts it',
    access: 'flow:approve',
    params: idParams,
    edits: true,
    body: emptyBody,
    idempotent: true,
    success: { status: 200, description: 'Approved and posted; or, above the limit, waiting for another approver.', schema: amendmentAnswer },
    problems: ['PERIOD_CLOSED', 'FOUR_EYES', 'ALREADY_APPROVED', 'STATE_CONFLICT', 'BELOW_DISBURSED', 'EXCEEDS_PLEDGE', 'OUT_OF_SCOPE', 'NO_RATE', 'NOT_FOUND'],
    handler: async (context, { params }) => ok(await approveAmendment(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/amendments/{id}/reject',
    operationId: 'rejectAmendment',
    tag,
    summary: 'Turn an amendment down',
    access: 'flow:approve',
    params: idParams,
    edits: true,
    body: rejectionBody,
    idempotent: true,
    success: { status: 200, description: 'Turned down.', schema: amendmentAnswer },
    problems: ['FOUR_EYES', 'STATE_CONFLICT', 'OUT_OF_SCOPE', 'NOT_FOUND'],
    handler: async (context, { params, body }) => ok(await rejectAmendment(context, params.id, body.reason)),
  }),
];
