import { type AuditedRead, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { forumAnswer, forumQuery, mechanismsAnswer, mechanismsQuery } from './mechanism-figures.schema.js';
import { compareMechanisms, followUpEvent } from './mechanism-figures.service.js';

/** The comparison of the mechanisms, and what became of the pledges made at a forum. */
export const mechanismFigureEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/mechanisms/comparison',
    operationId: 'compareMechanisms',
    tag: 'Mechanisms',
    summary: 'Which mechanism keeps its promises, how fast, and at what cost',
    description: 'Under your own rights. Each definition stands in the notes, in French and English. As a report: kind “mechanisms”.',
    access: 'mechanism:read',
    query: mechanismsQuery,
    success: { status: 200, description: 'One row for each mechanism.', schema: mechanismsAnswer },
    problems: ['AS_OF_IN_FUTURE'],
    handler: async (context, { query }) => ok(await compareMechanisms(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/events/{id}/follow-up',
    operationId: 'followUpEvent',
    tag: 'Events',
    summary: 'Every pledge made at a conference or forum, with what became of it',
    description: 'Under your own rights. As a report: kind “forum_follow_up”.',
    access: 'event:follow-up',
    audits: readsRestrictedPledges,
    params: idParams,
    query: forumQuery,
    success: { status: 200, description: 'The pledges, their totals by donor and by currency, and those reversed.', schema: forumAnswer },
    problems: ['NOT_FOUND', 'AS_OF_IN_FUTURE'],
    handler: async (context, { params, query }) => ok(await followUpEvent(context, params.id, query)),
  }),
];

interface Shown {
  readonly pledgeId: string;
  readonly restricted: boolean;
}

/** Asks for a trace of a follow-up that shows restricted pledges, which it names. */
function readsRestrictedPledges(_: unknown, body: object): Promise<AuditedRead | null> {
  const { rows = [], reversed = [] } = body as { readonly rows?: readonly Shown[]; readonly reversed?: readonly Shown[] };
  const restricted = [...rows, ...reversed].filter((row) => row.restricted).map(({ pledgeId }) => pledgeId);
  return Promise.resolve(restricted.length === 0 ? null : { action: 'pledges.read', detail: { restricted } });
}
