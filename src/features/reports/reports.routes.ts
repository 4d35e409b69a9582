import { z } from 'zod';
import { defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { type Format, sendArtefact } from './download.js';
import { reportBody } from './kinds.js';
import { entriesAnswer, entriesQuery, languageQuery, runAnswer, runPage, runsQuery } from './reports.schema.js';
import { getArtefact, getRun, listRuns, openCell, requestReport } from './reports.service.js';

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
    problems: ['AS_OF_IN_FUTURE', 'SINCE_NOT_BEFORE', 'OUT_OF_SCOPE', 'CODE_UNKNOWN'],
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
  download('json', 'application/json', 'The report as JSON', 'The result, byte for byte as it was computed.'),
  download('csv', 'text/csv', 'The report as CSV, in French or English', 'The same figures as a table.'),
  download('pdf', 'application/pdf', 'The report as a document to read and print, in French or English', 'Tagged PDF, with a code by which a paper copy is checked.'),
  download('xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'The report as a spreadsheet, in French or English', 'Figures, entries and method.'),
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

/** The endpoint of one format. */
function download(format: Format, contentType: string, summary: string, description: string): Endpoint {
  const name = `${format.charAt(0).toUpperCase()}${format.slice(1)}`;
  return defineEndpoint({
    method: 'get',
    path: `/v1/reports/{id}/${format}`,
    operationId: `getReport${name}`,
    tag,
    summary,
    description: 'The header Repr-Digest carries the SHA-256 of the file; that of the JSON is the one that the run states.',
    access: 'report:run',
    audits: 'report.download',
    params: idParams,
    query: languageQuery,
    success: { status: 200, description, contentType, ...(format === 'json' && { schema: z.unknown() }) },
    problems: ['NOT_FOUND', 'REPORT_NOT_READY', 'REPORT_FAILED'],
    handler: async (context, { params, query }) => sendArtefact(await getArtefact(context, params.id, format, query.language)),
  });
}
