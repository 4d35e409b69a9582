import type { Permission } from '../../domain/policy.js';
import { defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { historyPage, historyQuery } from './history.schema.js';
import { readHistory } from './history.service.js';
import type { HistoryKind } from './history.store.js';

interface WithHistory {
  readonly kind: HistoryKind;
  readonly plural: string;
  readonly operationId: string;
  readonly what: string;
  readonly access: Permission;
  readonly audits?: string;
}

const withHistory: readonly WithHistory[] = [
  { kind: 'pledge', plural: 'pledges', operationId: 'getPledgeHistory', what: 'a pledge, its commitments and all that hangs on them', access: 'flow:read' },
  { kind: 'commitment', plural: 'commitments', operationId: 'getCommitmentHistory', what: 'a commitment, its amendments, disbursements and reversals', access: 'flow:read' },
  { kind: 'amendment', plural: 'amendments', operationId: 'getAmendmentHistory', what: 'an amendment', access: 'flow:read' },
  { kind: 'disbursement', plural: 'disbursements', operationId: 'getDisbursementHistory', what: 'a disbursement and its reversal', access: 'flow:read' },
  { kind: 'reversal', plural: 'reversals', operationId: 'getReversalHistory', what: 'a reversal', access: 'flow:read' },
  { kind: 'fund_operation', plural: 'fund-operations', operationId: 'getFundOperationHistory', what: 'a fund operation and what hangs on it', access: 'fund-operation:read' },
  { kind: 'proposal', plural: 'proposals', operationId: 'getProposalHistory', what: 'a proposal and its award', access: 'fund-operation:read' },
  { kind: 'instrument', plural: 'instruments', operationId: 'getInstrumentHistory', what: 'a contract or framework and its events', access: 'instrument:read' },
  { kind: 'payment_statement', plural: 'payment-statements', operationId: 'getPaymentStatementHistory', what: 'a statement of payment and its settlements', access: 'statement:read' },
  { kind: 'pooled_fund', plural: 'pooled-funds', operationId: 'getPooledFundHistory', what: 'a pooled fund', access: 'history:read' },
  { kind: 'response_plan', plural: 'response-plans', operationId: 'getResponsePlanHistory', what: 'a response plan', access: 'history:read' },
  { kind: 'organisation', plural: 'organisations', operationId: 'getOrganisationHistory', what: 'an organisation', access: 'history:read' },
  { kind: 'user', plural: 'users', operationId: 'getUserHistory', what: 'an account', access: 'audit:read', audits: 'user.read' },
];

/** The history of each kind of record. */
export const historyEndpoints: readonly Endpoint[] = withHistory.map(({ kind, plural, operationId, what, access, audits }) =>
  defineEndpoint({
    method: 'get',
    path: `/v1/${plural}/{id}/history`,
    operationId,
    tag: 'Audit',
    summary: `The history of ${what}`,
    description: 'Who did what, when and why, and what changed, in words; oldest first. Readers from outside the administration see roles, not names.',
    access,
    ...(audits !== undefined && { audits }),
    params: idParams,
    query: historyQuery,
    success: { status: 200, description: 'One page.', schema: historyPage },
    problems: ['NOT_FOUND', 'CURSOR_INVALID'],
    handler: async (context, { params, query }) => ok(await readHistory(context, kind, params.id, query)),
  }),
);
