import { z } from 'zod';
import { defineEndpoint, type Endpoint, ok, type Reply } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { reportBody } from './kinds.js';
import { csvQuery, entriesAnswer, entriesQuery, runAnswer, runPage, runsQuery } from './reports.schema.js';
import { type Artefact, getArtefact, getRun, listRuns, openCell, requestReport } from './reports.service.js';

const tag = 'Reports';

export const reportEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'post',
    path: '/v1/reports',
    operationId: 'requestReport',
    tag,
    summary: 'Ask for a report',
    description: 'Computed by a worker from one snapshot of the journal, over the flows that you may see. Follow the run until it is ready.',
    access: 'report:run',
    body: reportBody,
    idempotent: true,
    success: { status: 202, description: 'Queued; the run tells its progress.', schema: runAnswer },
    problems: ['AS_OF_IN_FUTURE'],
    handler: async (context, { body }) => {
      const run = await requestReport(context, body);
      return { status: 202, body: run, headers: { location: `/v1/reports/${run.id}` } };
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/reports',
    operationId: 'listReports',
    tag,
    summary: 'Your report runs; all of them for administrators and auditors',
    access: 'report:run',
    query: runsQuery,
    success: { status: 200, description: 'One page.', schema: runPage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listRuns(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/reports/{id}',
    operationId: 'getReport',
    tag,
    summary: 'A report run and its progress',
    access: 'report:run',
    params: idParams,
    success: { status: 200, description: 'The run.', schema: runAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getRun(context, params.id)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/reports/{id}/json',
    operationId: 'getReportJson',
    tag,
    summary: 'The report as JSON',
    description: 'The header Repr-Digest carries the SHA-256 that the run states.',
    access: 'report:run',
    audits: 'report.download',
    params: idParams,
    success: { status: 200, description: 'The result, byte for byte as it was computed.', schema: z.unknown(), contentType: 'application/json' },
    problems: ['NOT_FOUND', 'REPORT_NOT_READY', 'REPORT_FAILED'],
    handler: async (context, { params }) => send(await getArtefact(context, params.id, 'json'), 'application/json; charset=utf-8', 'inline'),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/reports/{id}/csv',
    operationId: 'getReportCsv',
    tag,
    summary: 'The report as CSV, in French or English',
    access: 'report:run',
    audits: 'report.download',
    params: idParams,
    query: csvQuery,
    success: { status: 200, description: 'The same figures as a table.', contentType: 'text/csv' },
    problems: ['NOT_FOUND', 'REPORT_NOT_READY', 'REPORT_FAILED'],
    handler: async (context, { params, query }) =>
      send(await getArtefact(context, params.id, 'csv', query.language), 'text/csv; charset=utf-8', 'attachment'),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/reports/{id}/entries',
    operationId: 'openReportCell',
    tag,
    summary: 'Open a cell: the entries counted, and those left out with the reason',
    description: 'Name the cell by its codes in the dimensions the report is grouped by; without any, the total is opened.',
    access: 'report:run',
    audits: 'report.read',
    params: idParams,
    query: entriesQuery,
    success: { status: 200, description: 'One page of entries, with the sum of all that count.', schema: entriesAnswer },
    problems: ['NOT_FOUND', 'REPORT_WITHOUT_CELLS', 'CURSOR_INVALID', 'CODE_UNKNOWN'],
    handler: async (context, { params, query }) => ok(await openCell(context, params.id, query)),
  }),
];

function send({ content, hash, name }: Artefact, type: string, disposition: 'inline' | 'attachment'): Reply {
  return {
    status: 200,
    body: content,
    headers: {
      'content-type': type,
      'content-disposition': `${disposition}; filename="${name}"`,
      'repr-digest': `sha-256=:${Buffer.from(hash, 'hex').toString('base64')}:`,
      'cache-control': 'private, no-cache',
    },
  };
}
