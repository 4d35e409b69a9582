import { defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { eventPage, eventsQuery, exportQuery, sealPage, sealsQuery } from './audit.schema.js';
import { exportLinks, listEvents, listSeals } from './audit.service.js';
import { historyEndpoints } from './history.routes.js';

const tag = 'Audit';

export const auditEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/audit-events',
    operationId: 'listAuditEvents',
    tag,
    summary: 'The audit trail, in the order of its chain',
    description: 'Who did or read what, when, from where, and why. Events of flows that you may not see are left out.',
    access: 'audit:read',
    audits: 'audit.read',
    query: eventsQuery,
    success: { status: 200, description: 'One page.', schema: eventPage },
    handler: async (context, { query }) => ok(await listEvents(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/audit-events/export',
    operationId: 'exportAuditEvents',
    tag,
    summary: 'The chain of a period, to be verified elsewhere',
    description:
      'One link in a line (NDJSON): hash = SHA-256(previous ‖ content), previous as bytes, content as UTF-8. Every link between the first and the last event of the period is there; content is null for a flow that you may not see. While more links follow, the header Link names the next part.',
    access: 'audit:read',
    audits: 'audit.export',
    query: exportQuery,
    success: { status: 200, description: 'A part of at most 10 000 links.', contentType: 'application/x-ndjson' },
    handler: async (context, { query }) => {
      const { lines, next } = await exportLinks(context, query);
      const { from, to, limit } = query;
      const following = next === null ? {} : { link: `</v1/audit-events/export?${new URLSearchParams({ from, to, after: next, limit: String(limit) }).toString()}>; rel="next"` };
      return { status: 200, body: Buffer.from(lines), headers: { 'content-type': 'application/x-ndjson; charset=utf-8', 'cache-control': 'no-store', ...following } };
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/audit-seals',
    operationId: 'listAuditSeals',
    tag,
    summary: 'The seals of the audit trail and the journal',
    description: 'Compare them with the copies that the log of the worker keeps elsewhere.',
    access: 'audit:read',
    audits: 'seals.read',
    query: sealsQuery,
    success: { status: 200, description: 'One page, oldest first.', schema: sealPage },
    handler: async (context, { query }) => ok(await listSeals(context, query)),
  }),
  ...historyEndpoints,
];
