import { contentDisposition } from '../../domain/file-name.js';
import { created, defineEndpoint, type Endpoint, ok, type Reply } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { readsRestricted } from '../audit/restricted-read.js';
import { evidenceAnswer, evidencePage, evidenceQuery, uploadAnswer, uploadBody, withdrawalBody } from './evidence.schema.js';
import { type EvidenceContent, getEvidence, listEvidence, MOST_FILES, readEvidence, uploadEvidence, withdrawEvidence } from './evidence.service.js';
import { type Stage, stages } from './evidence.store.js';

const tag = 'Evidence';

/** The documents of one kind of record. */
function recordEndpoints(stage: Stage): readonly Endpoint[] {
  const path = `/v1/${stage}s/{id}/evidence`;
  const named = `${stage.slice(0, 1).toUpperCase()}${stage.slice(1)}Evidence`;
  return [
    defineEndpoint({
      method: 'post',
      path,
      operationId: `upload${named}`,
      tag,
      summary: `Attach documents that prove a ${stage}`,
      description: 'All of the files are kept, or none. Their content tells what they are; where a virus scanner is set up, none is kept unscanned. A document is never changed or deleted: it can be withdrawn.',
      access: 'flow:write',
      params: idParams,
      body: uploadBody,
      files: { most: MOST_FILES, largest: 'evidenceMaxBytes' },
      idempotent: true,
      success: { status: 201, description: 'Kept.', schema: uploadAnswer },
      problems: ['FILES_UNEXPECTED', 'BODY_TOO_LARGE', 'EVIDENCE_TYPE', 'EVIDENCE_INFECTED', 'EVIDENCE_NOT_SCANNED', 'EVIDENCE_DUPLICATE', 'OUT_OF_SCOPE', 'RESTRICTED_NOT_ALLOWED', 'NOT_FOUND'],
      handler: async (context, { params, files }) => created(await uploadEvidence(context, stage, params.id, files), path.replace('{id}', params.id)),
    }),
    defineEndpoint({
      method: 'get',
      path,
      operationId: `list${named}`,
      tag,
      summary: `The documents that prove a ${stage}, withdrawn ones included`,
      access: 'flow:read',
      audits: readsRestricted(`${stage}.evidence.read`),
      params: idParams,
      query: evidenceQuery,
      success: { status: 200, description: 'One page.', schema: evidencePage },
      problems: ['CURSOR_INVALID', 'NOT_FOUND'],
      handler: async (context, { params, query }) => ok(await listEvidence(context, stage, params.id, query)),
    }),
  ];
}

export const evidenceEndpoints: readonly Endpoint[] = [
  ...stages.flatMap(recordEndpoints),
  defineEndpoint({
    method: 'get',
    path: '/v1/evidence/{id}',
    operationId: 'getEvidence',
    tag,
    summary: 'What is known of a document',
    access: 'flow:read',
    audits: readsRestricted('evidence.read'),
    params: idParams,
    success: { status: 200, description: 'The document, without its content.', schema: evidenceAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getEvidence(context, params.id)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/evidence/{id}/content',
    operationId: 'downloadEvidence',
    tag,
    summary: 'Download a document',
    description: 'The content as it was uploaded: its SHA-256 is compared each time and stands in the header Repr-Digest. Each download leaves a trace. That of a withdrawn document is for administrators and auditors.',
    access: 'flow:read',
    audits: 'evidence.download',
    params: idParams,
    success: { status: 200, description: 'The content, of the media type that the document states.', contentType: '*/*' },
    problems: ['EVIDENCE_CORRUPT', 'NOT_FOUND'],
    handler: async (context, { params }) => download(await readEvidence(context, params.id)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/evidence/{id}/withdraw',
    operationId: 'withdrawEvidence',
    tag,
    summary: 'Withdraw a document, such as one attached by mistake',
    description: 'It stays on record, with the reason; its content is shown to administrators and auditors only from then on. The same content can be attached again.',
    access: 'flow:write',
    edits: true,
    idempotent: true,
    params: idParams,
    body: withdrawalBody,
    success: { status: 200, description: 'Withdrawn.', schema: evidenceAnswer },
    problems: ['STATE_CONFLICT', 'OUT_OF_SCOPE', 'RESTRICTED_NOT_ALLOWED', 'NOT_FOUND'],
    handler: async (context, { params, body }) => ok(await withdrawEvidence(context, params.id, body.reason)),
  }),
];

/** A browser saves it and, should it be opened as a page all the same, runs nothing of it. */
function download({ row, content }: EvidenceContent): Reply {
  return {
    status: 200,
    body: content,
    headers: {
      'content-type': row.mediaType,
      'content-disposition': contentDisposition(row.name),
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
      etag: `"${row.sha256}"`,
      'repr-digest': `sha-256=:${Buffer.from(row.sha256, 'hex').toString('base64')}:`,
    },
  };
}
