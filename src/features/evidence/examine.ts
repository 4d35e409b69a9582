import { createHash } from 'node:crypto';
import { safeFileName } from '../../domain/file-name.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext, UploadedFile } from '../../http/endpoint.js';
import { inTransaction } from '../../platform/db.js';
import { documentTypeOf } from '../../platform/document-type.js';
import { newId } from '../../platform/ids.js';
import { asSystem } from '../../platform/tenant.js';
import { scan } from '../../platform/virus-scan.js';
import { recordAudit } from '../audit/audit.store.js';
import type { NewDocument, Subject } from './evidence.store.js';

const SCAN_TIMEOUT_MS = 10_000;

/** A document that may be kept, with its content. */
export type ExaminedDocument = NewDocument & { readonly content: Buffer };

/**
 * Examines uploaded files: their type by their content, then, where clamd is set up, for viruses.
 * @throws EVIDENCE_TYPE, EVIDENCE_INFECTED, EVIDENCE_NOT_SCANNED
 */
export async function examine(context: RequestContext, subject: Subject, files: readonly UploadedFile[]): Promise<readonly ExaminedDocument[]> {
  const documents = files.map(identify);
  const { clamdAddress } = context.deps.config;
  if (clamdAddress === undefined) return documents.map((document) => ({ ...document, scan: 'not_scanned' }));
  const scans = await Promise.allSettled(documents.map((document) => requireClean(context, clamdAddress, subject, document)));
  const refused = scans.find(({ status }) => status === 'rejected');
  if (refused) throw (refused as PromiseRejectedResult).reason;
  return documents.map((document) => ({ ...document, scan: 'clean' }));
}

function identify({ name, content }: UploadedFile): Omit<ExaminedDocument, 'scan'> {
  const type = documentTypeOf(content);
  if (!type) throw new DomainError('EVIDENCE_TYPE', { name }, 'files');
  return {
    id: newId(),
    name: safeFileName(name, type),
    mediaType: type.mediaType,
    sizeBytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    content,
  };
}

async function requireClean(context: RequestContext, clamdAddress: string, { stage, id }: Subject, document: Omit<ExaminedDocument, 'scan'>): Promise<void> {
  const { deps } = context;
  const { name, sha256, sizeBytes, content } = document;
  const found = await scan(clamdAddress, content, SCAN_TIMEOUT_MS).catch((error: unknown) => {
    deps.log.error({ err: error }, 'EVIDENCE_NOT_SCANNED');
    throw new DomainError('EVIDENCE_NOT_SCANNED', {}, 'files');
  });
  if (found.clean) return;
  const { signature } = found;
  // In a transaction of its own: that of the request keeps nothing.
  await inTransaction(deps.db, (tx) =>
    asSystem(tx, () => recordAudit({ ...context, db: tx }, 'evidence.infected', { kind: stage, id }, { signature, sha256, sizeBytes }, { personal: { name } })),
  );
  throw new DomainError('EVIDENCE_INFECTED', { name, signature }, 'files');
}
