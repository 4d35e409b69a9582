import { defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { entriesQuery, entryPage } from './journal.schema.js';
import { listEntries } from './journal.service.js';

export const journalEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/journal-entries',
    operationId: 'listJournalEntries',
    tag: 'Journal',
    summary: 'Journal entries, in the order they were recorded',
    description: 'Append-only: nothing here is ever changed or deleted.',
    access: 'journal:read',
    audits: 'journal.read',
    query: entriesQuery,
    success: { status: 200, description: 'One page.', schema: entryPage },
    handler: async (context, { query }) => ok(await listEntries(context, query)),
  }),
];
