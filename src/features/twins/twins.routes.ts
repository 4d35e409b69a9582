import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { readsRestricted } from '../audit/restricted-read.js';
import { listSettlements, settleTwin } from './settlements.service.js';
import { statementAnswer, statementBody, statementPage, statementsQuery, withdrawalBody } from './statements.schema.js';
import { createStatement, getStatement, listStatements, withdrawStatement } from './statements.service.js';
import { pairPage, settlementAnswer, settlementBody, settlementPage, settlementsQuery, sidePage, twinsQuery, unmatchedQuery } from './twins.schema.js';
import { listTwins, listUnmatched } from './twins.service.js';

const tag = 'Twins';
const matching = 'Computed anew from what you may see of both sides: of one donor, with a state in common, amount and day within the tolerance; each source is matched by itself, the best matches first, each payment once. At most 1,100 days and 5,000 payments of a side.';

/** What donors say they paid beside what states say they received: never summed. */
export const twinEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/payment-statements',
    operationId: 'listPaymentStatements',
    tag,
    summary: 'What donors say they paid',
    access: 'statement:read',
    audits: readsRestricted('payment_statements.read'),
    query: statementsQuery,
    success: { status: 200, description: 'One page of the statements that you may see.', schema: statementPage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listStatements(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/payment-statements',
    operationId: 'createPaymentStatement',
    tag,
    summary: 'Record what a donor says it paid',
    description: 'By the donor, or by a finance officer for a donor’s letter. It is no entry of the journal and in no total; it is matched with what the state has entered.',
    access: 'statement:write',
    body: statementBody,
    idempotent: true,
    success: { status: 201, description: 'The statement.', schema: statementAnswer },
    problems: ['AMOUNT_FORMAT', 'AMOUNT_DIGITS', 'AMOUNT_NOT_POSITIVE', 'AMOUNT_TOO_LARGE', 'CURRENCY_UNKNOWN', 'CODE_UNKNOWN', 'CODE_REPEATED', 'ALREADY_MERGED', 'DATE_IN_FUTURE', 'DONOR_OWN_WORD', 'OUT_OF_SCOPE', 'RESTRICTED_NOT_ALLOWED'],
    handler: async (context, { body }) => {
      const statement = await createStatement(context, body);
      return created(statement, `/v1/payment-statements/${statement.id}`);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/payment-statements/{id}',
    operationId: 'getPaymentStatement',
    tag,
    summary: 'One statement of a donor',
    access: 'statement:read',
    audits: readsRestricted('payment_statement.read'),
    params: idParams,
    success: { status: 200, description: 'The statement.', schema: statementAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getStatement(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/payment-statements/{id}/withdraw',
    operationId: 'withdrawPaymentStatement',
    tag,
    summary: 'Withdraw a statement',
    description: 'It stays on record. What a donor has stated itself, only that donor withdraws; what is settled as the same as a payment is settled as different first.',
    access: 'statement:write',
    params: idParams,
    edits: true,
    body: withdrawalBody,
    idempotent: true,
    success: { status: 200, description: 'Withdrawn.', schema: statementAnswer },
    problems: ['STATE_CONFLICT', 'DONOR_OWN_WORD', 'OUT_OF_SCOPE', 'RESTRICTED_NOT_ALLOWED', 'NOT_FOUND'],
    handler: async (context, { params, body }) => ok(await withdrawStatement(context, params.id, body.reason)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/twins',
    operationId: 'listTwins',
    tag,
    summary: 'What donors say they paid beside what states have',
    description: `${matching} Settled pairs come with their settlement.`,
    access: 'twin:read',
    audits: readsRestricted('twins.read'),
    query: twinsQuery,
    success: { status: 200, description: 'One page of pairs, the latest first.', schema: pairPage },
    problems: ['CURSOR_INVALID', 'PERIOD_REVERSED', 'PERIOD_TOO_LONG', 'TOO_MANY_RECORDS'],
    handler: async (context, { query }) => ok(await listTwins(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/twins/unmatched',
    operationId: 'listUnmatchedTwins',
    tag,
    summary: 'What only one side tells',
    description: matching,
    access: 'twin:read',
    audits: readsRestricted('twins.unmatched'),
    query: unmatchedQuery,
    success: { status: 200, description: 'One page of payments, the latest first.', schema: sidePage },
    problems: ['CURSOR_INVALID', 'PERIOD_REVERSED', 'PERIOD_TOO_LONG', 'TOO_MANY_RECORDS'],
    handler: async (context, { query }) => ok(await listUnmatched(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/twins',
    operationId: 'settleTwin',
    tag,
    summary: 'Settle whether two payments are one',
    description: 'By somebody else than who prepared the payment or recorded the statement. An imported payment that is the same as one entered here is set aside: what it has in the journal is reversed, so that the money is counted once, and later imports leave it aside. Settled as different later, its next import posts it again.',
    access: 'twin:settle',
    body: settlementBody,
    idempotent: true,
    success: { status: 201, description: 'The settlement.', schema: settlementAnswer },
    problems: ['FOUR_EYES', 'STATE_CONFLICT', 'TWIN_DONORS_DIFFER', 'AMOUNT_NOT_POSITIVE', 'PERIOD_CLOSED', 'OUT_OF_SCOPE', 'RESTRICTED_NOT_ALLOWED', 'NOT_FOUND'],
    handler: async (context, { body }) => created(await settleTwin(context, body), `/v1/twins/settlements?disbursementId=${body.disbursementId}`),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/twins/settlements',
    operationId: 'listTwinSettlements',
    tag,
    summary: 'What was settled',
    access: 'twin:read',
    audits: readsRestricted('twins.settlements'),
    query: settlementsQuery,
    success: { status: 200, description: 'One page of settlements of the payments that you may see.', schema: settlementPage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listSettlements(context, query)),
  }),
];
