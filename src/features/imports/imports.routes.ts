import { defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { importAnswer, importBody, importPage, importRowPage, importRowsQuery, importsQuery } from './imports.schema.js';
import { getImport, listImportRows, listImports, requestImport } from './imports.service.js';

const tag = 'Imports';

/** Flows, plans, contributions to funds, allocations and exchange rates from files of other systems. */
export const importEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'post',
    path: '/v1/imports',
    operationId: 'requestImport',
    tag,
    summary: 'Import flows, plans, figures of pooled funds or exchange rates from files',
    description:
      'A worker reads the files and takes in everything or nothing; rows that cannot be read are listed. The same files again change nothing, so no Idempotency-Key is needed. Officers import for their own states, and rates; the files of the pooled funds are for administrators.',
    access: 'import:run',
    files: { most: 20, largest: 'importMaxBytes' },
    body: importBody,
    success: { status: 202, description: 'Queued; the import tells its progress.', schema: importAnswer },
    problems: ['IMPORT_NO_FILE', 'BODY_TOO_LARGE', 'CODE_UNKNOWN', 'OUT_OF_SCOPE'],
    handler: async (context, { body, files }) => {
      const run = await requestImport(context, body, files);
      return { status: 202, body: run, headers: { location: `/v1/imports/${run.id}` } };
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/imports',
    operationId: 'listImports',
    tag,
    summary: 'List the imports',
    access: 'import:read',
    query: importsQuery,
    success: { status: 200, description: 'One page.', schema: importPage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listImports(context, query)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/imports/{id}',
    operationId: 'getImport',
    tag,
    summary: 'An import, its progress and what came of it',
    access: 'import:read',
    params: idParams,
    success: { status: 200, description: 'The import.', schema: importAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getImport(context, params.id)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/imports/{id}/rows',
    operationId: 'listImportRows',
    tag,
    summary: 'What an import did, or would do, row by row',
    description: 'Rows that could not be read come first. Unchanged flows are only counted.',
    access: 'import:read',
    audits: 'import.read',
    params: idParams,
    query: importRowsQuery,
    success: { status: 200, description: 'One page.', schema: importRowPage },
    problems: ['NOT_FOUND', 'CURSOR_INVALID'],
    handler: async (context, { params, query }) => ok(await listImportRows(context, params.id, query)),
  }),
];
