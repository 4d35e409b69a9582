import { defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { coverageAnswer, coverageEntriesQuery, coverageQuery, movementsAnswer, regionalAnswer, regionalEntriesQuery, regionalQuery } from './coverage.schema.js';
import { getCoverage, getRegional, openCoverage, openRegional } from './coverage.service.js';

const tag = 'Coverage and region';

/** How far plans are funded, and what came into the region. */
export const coverageEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/coverage',
    operationId: 'getCoverage',
    tag,
    summary: 'Requirements, funding, gap and coverage of the response plans',
    description: 'Totals are open to everybody signed in; restricted flows count only for who may see them. The answer’s notes say what each total contains.',
    access: 'coverage:read',
    query: coverageQuery,
    success: { status: 200, description: 'The coverage.', schema: coverageAnswer },
    problems: ['AS_OF_IN_FUTURE', 'CODE_UNKNOWN', 'CODE_REPEATED'],
    handler: async (context, { query }) => ok(await getCoverage(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/coverage/entries',
    operationId: 'openCoverageCell',
    tag,
    summary: 'Open a cell of the coverage: the entries counted, and those left out with the reason',
    description: 'Shows the entries that you may see, and says how many of the cell belong to others.',
    access: 'coverage:read',
    audits: 'coverage.read',
    query: coverageEntriesQuery,
    success: { status: 200, description: 'One page of entries.', schema: movementsAnswer },
    problems: ['AS_OF_IN_FUTURE', 'CODE_UNKNOWN', 'CODE_REPEATED', 'CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await openCoverage(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/regional',
    operationId: 'getRegionalView',
    tag,
    summary: 'What came into the AES members, the invited states and both, with internal transfers eliminated and shown',
    description: 'Totals are open to everybody signed in; restricted flows count only for who may see them. The answer’s notes say what each total contains.',
    access: 'regional:read',
    query: regionalQuery,
    success: { status: 200, description: 'The view of each group.', schema: regionalAnswer },
    problems: ['AS_OF_IN_FUTURE', 'PERIOD_REVERSED'],
    handler: async (context, { query }) => ok(await getRegional(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/regional/entries',
    operationId: 'openRegionalPart',
    tag,
    summary: 'Open a part of the regional view: the entries counted, and those left out with the reason',
    description: 'Shows the entries that you may see, and says how many of the part belong to others.',
    access: 'regional:read',
    audits: 'regional.read',
    query: regionalEntriesQuery,
    success: { status: 200, description: 'One page of entries.', schema: movementsAnswer },
    problems: ['AS_OF_IN_FUTURE', 'PERIOD_REVERSED', 'CODE_UNKNOWN', 'CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await openRegional(context, query)),
  }),
];
