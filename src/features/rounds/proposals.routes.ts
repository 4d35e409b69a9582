import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { emptyBody, rejectionBody } from '../flows/decision.schema.js';
import { newProposalBody, proposalPageSchema, proposalPatchBody, proposalQuery, proposalSchema } from './proposals.schema.js';
import { createProposal, declineProposal, editProposal, getProposal, listProposals, submitProposal, withdrawProposal } from './proposals.service.js';

const tag = 'Allocation rounds';
const closed = ['ROUND_CLOSED', 'FUND_CLOSED', 'IMPORTED_RECORD', 'OUT_OF_SCOPE', 'NOT_FOUND'] as const;
const refused = [
  'OUTSIDE_FUND', 'CURRENCY_MISMATCH', 'CURRENCY_UNKNOWN', 'AMOUNT_FORMAT', 'AMOUNT_DIGITS', 'AMOUNT_NOT_POSITIVE', 'AMOUNT_TOO_LARGE', 'CODE_UNKNOWN',
  'CODE_REPEATED', 'SPLIT_NOT_WHOLE', 'SPLIT_TOO_MANY_CELLS', 'ALREADY_MERGED', ...closed,
] as const; // prettier-ignore

/** What partners ask of allocation rounds. */
export const proposalEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/proposals',
    operationId: 'listProposals',
    tag,
    summary: 'Proposals that you may see',
    access: 'fund-operation:read',
    query: proposalQuery,
    success: { status: 200, description: 'A page of proposals.', schema: proposalPageSchema },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listProposals(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/proposals',
    operationId: 'createProposal',
    tag,
    summary: 'Write down a proposal',
    description: 'What a partner asks of an open round. It is a draft until it is submitted.',
    access: 'flow:write',
    idempotent: true,
    body: newProposalBody,
    success: { status: 201, description: 'A draft.', schema: proposalSchema },
    problems: refused,
    handler: async (context, { body }) => {
      const proposal = await createProposal(context, body);
      return created(proposal, `/v1/proposals/${proposal.id}`);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/proposals/{id}',
    operationId: 'getProposal',
    tag,
    summary: 'One proposal',
    access: 'fund-operation:read',
    params: idParams,
    success: { status: 200, description: 'The proposal.', schema: proposalSchema },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getProposal(context, params.id)),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/proposals/{id}',
    operationId: 'editProposal',
    tag,
    summary: 'Change a draft of a proposal',
    access: 'flow:write',
    edits: true,
    params: idParams,
    body: proposalPatchBody,
    success: { status: 200, description: 'Changed.', schema: proposalSchema },
    problems: ['STATE_CONFLICT', ...refused],
    handler: async (context, { params, body }) => ok(await editProposal(context, params.id, body)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/proposals/{id}/submit',
    operationId: 'submitProposal',
    tag,
    summary: 'Hand a proposal in',
    access: 'flow:write',
    edits: true,
    idempotent: true,
    params: idParams,
    body: emptyBody,
    success: { status: 200, description: 'Awaits a second person.', schema: proposalSchema },
    problems: ['STATE_CONFLICT', ...closed],
    handler: async (context, { params }) => ok(await submitProposal(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/proposals/{id}/decline',
    operationId: 'declineProposal',
    tag,
    summary: 'Turn a proposal down',
    access: 'flow:approve',
    edits: true,
    idempotent: true,
    params: idParams,
    body: rejectionBody,
    success: { status: 200, description: 'Turned down; it stays on record.', schema: proposalSchema },
    problems: ['FOUR_EYES', 'STATE_CONFLICT', 'OUT_OF_SCOPE', 'NOT_FOUND'],
    handler: async (context, { params, body }) => ok(await declineProposal(context, params.id, body.reason)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/proposals/{id}/withdraw',
    operationId: 'withdrawProposal',
    tag,
    summary: 'Take a proposal back',
    access: 'flow:write',
    edits: true,
    idempotent: true,
    params: idParams,
    body: rejectionBody,
    success: { status: 200, description: 'Taken back; it stays on record.', schema: proposalSchema },
    problems: ['STATE_CONFLICT', 'OUT_OF_SCOPE', 'NOT_FOUND'],
    handler: async (context, { params, body }) => ok(await withdrawProposal(context, params.id, body.reason)),
  }),
];
