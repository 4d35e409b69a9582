import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { readsRestricted } from '../audit/restricted-read.js';
import { emptyBody } from '../flows/decision.schema.js';
import { eventPage, eventsQuery, ruleAnswer, ruleBody, rulePage, rulePatchBody, rulesQuery, trialAnswer } from './watch.schema.js';
import { createRule, getRule, listEvents, listRules, tryRule, updateRule } from './watch.service.js';

const tag = 'Watch rules';
const refused = ['OUT_OF_SCOPE', 'CODE_UNKNOWN', 'CODE_REPEATED', 'CURRENCY_MISMATCH', 'CURRENCY_UNKNOWN', 'AMOUNT_FORMAT', 'AMOUNT_DIGITS', 'AMOUNT_NOT_POSITIVE', 'AMOUNT_TOO_LARGE'] as const;

/** Reminders and alerts: what is watched, and who is told. */
export const watchEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/watch-rules',
    operationId: 'listWatchRules',
    tag,
    summary: 'Your rules',
    description: 'All of them for administrators and auditors.',
    access: 'watch:read',
    query: rulesQuery,
    success: { status: 200, description: 'One page.', schema: rulePage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listRules(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/watch-rules',
    operationId: 'createWatchRule',
    tag,
    summary: 'Watch instalments, payments, coverage, execution or the balance of a fund',
    description: 'Every rule is looked at every hour. What it finds is told in one notice, by mail and in the inbox, and again after the quiet period as long as it is so.',
    access: 'watch:write',
    idempotent: true,
    body: ruleBody,
    success: { status: 201, description: 'The rule.', schema: ruleAnswer },
    problems: refused,
    handler: async (context, { body }) => {
      const rule = await createRule(context, body);
      return created(rule, `/v1/watch-rules/${rule.id}`);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/watch-rules/{id}',
    operationId: 'getWatchRule',
    tag,
    summary: 'One rule',
    access: 'watch:read',
    params: idParams,
    success: { status: 200, description: 'The rule.', schema: ruleAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getRule(context, params.id)),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/watch-rules/{id}',
    operationId: 'updateWatchRule',
    tag,
    summary: 'Change, stop or resume a rule',
    description: 'Absent fields stay unchanged; the condition and the recipients are replaced as a whole.',
    access: 'watch:write',
    edits: true,
    params: idParams,
    body: rulePatchBody,
    success: { status: 200, description: 'The rule after the change.', schema: ruleAnswer },
    problems: ['NOT_FOUND', ...refused],
    handler: async (context, { params, body }) => ok(await updateRule(context, params.id, body)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/watch-rules/{id}/events',
    operationId: 'listWatchEvents',
    tag,
    summary: 'What a rule found, told and kept quiet about, and why',
    description: 'What is kept quiet stands there once a day.',
    access: 'watch:read',
    params: idParams,
    query: eventsQuery,
    audits: readsRestricted('watch_rule.events'),
    success: { status: 200, description: 'One page.', schema: eventPage },
    problems: ['NOT_FOUND', 'CURSOR_INVALID'],
    handler: async (context, { params, query }) => ok(await listEvents(context, params.id, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/watch-rules/{id}/evaluate',
    operationId: 'tryWatchRule',
    tag,
    summary: 'Look at a rule now and tell nobody',
    description: 'What it would tell, to how many, and what it would keep quiet about.',
    access: 'watch:read',
    params: idParams,
    body: emptyBody,
    audits: (_, body) => Promise.resolve(showsRestricted(body) ? { action: 'watch_rule.evaluate' } : null),
    success: { status: 200, description: 'What it finds.', schema: trialAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await tryRule(context, params.id)),
  }),
];

function showsRestricted(body: object): boolean {
  const { items } = body as { readonly items: readonly { readonly restricted: boolean }[] };
  return items.some(({ restricted }) => restricted);
}
