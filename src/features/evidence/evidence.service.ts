import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkPermission, checkStateScope, visibilityOf } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext, UploadedFile } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import type { EvidenceDocument } from '../../platform/db.js';
import { recordAudit } from '../audit/audit.store.js';
import { type EvidenceAnswer, type EvidenceQuery, evidenceSorts } from './evidence.schema.js';
import { findSubject, insertDocument, lockDocument, type Stage, type Subject, subjectOf } from './evidence.store.js';
import { examine, type ExaminedDocument } from './examine.js';

/** The most documents that one request brings. */
export const MOST_FILES = 5;

/** With the virus scan, well within the 30 s of a transaction. */
const STORE_TIMEOUT_MS = 12_000;

/**
 * Keeps documents that prove a record, all of them or none.
 * @throws EVIDENCE_*, FILES_UNEXPECTED, OUT_OF_SCOPE, NOT_FOUND, BUSY when the store is away
 */
export async function uploadEvidence(context: RequestContext, stage: Stage, recordId: string, files: readonly UploadedFile[]): Promise<{ items: EvidenceAnswer[] }> {
  const subject = await requireSubject(context, stage, recordId);
  checkStateScope(context.actor, subject);
  if (files.length === 0) throw new DomainError('FILES_UNEXPECTED', { most: MOST_FILES, found: '-' }, 'files');
  const documents = await examine(context, subject, files);
  const items = [];
  for (const document of documents) items.push(answerOf(await add(context, subject, document), subject));
  await keep(context, documents);
  return { items };
}

async function add(context: RequestContext, subject: Subject, { content: _, ...document }: ExaminedDocument): Promise<EvidenceDocument> {
  const row = await insertDocument(context.db, subject, document, context.actor.userId);
  const { id, name, ...facts } = document;
  const after = { [`${subject.stage}Id`]: subject.id, ...facts };
  await recordAudit(context, 'evidence.upload', { kind: 'evidence', id }, { after }, { personal: { name } });
  return row;
}

/** The contents go last: a refusal before leaves none. One that a failed COMMIT leaves behind is swept away later. */
async function keep(context: RequestContext, documents: readonly ExaminedDocument[]): Promise<void> {
  const { evidence } = context.deps;
  const puts = documents.map(({ id, content, mediaType }) => evidence.put(id, content, mediaType));
  try {
    await inTime(context, Promise.all(puts));
  } catch (error) {
    void Promise.allSettled(puts).then(() => Promise.allSettled(documents.map(({ id }) => evidence.remove(id))));
    throw error;
  }
}

/**
 * What the store answers while the request's transaction is open.
 * @throws BUSY when it fails, or takes so long that the transaction would end before
 */
async function inTime<T>({ deps }: RequestContext, answer: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = sleep(STORE_TIMEOUT_MS, undefined, { signal: timer.signal }).then(() => Promise.reject(new Error(`no answer within ${STORE_TIMEOUT_MS} ms`)));
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    deps.log.error({ err: error }, 'evidence store');
    throw new DomainError('BUSY');
  } finally {
    timer.abort();
  }
}

/** @throws NOT_FOUND */
export async function listEvidence(context: RequestContext, stage: Stage, recordId: string, query: EvidenceQuery): Promise<Page<EvidenceAnswer>> {
  const subject = await requireSubject(context, stage, recordId);
  const page = await findPage<EvidenceDocument>(query, evidenceSorts, ({ where, orderBy, take }) =>
    context.db.evidenceDocument.findMany({ where: { AND: [where, { [`${stage}Id`]: recordId }] }, orderBy, take }),
  );
  return mapPage(page, (row) => answerOf(row, subject));
}

/** @throws NOT_FOUND */
export async function getEvidence(context: RequestContext, id: string): Promise<EvidenceAnswer> {
  const { row, subject } = await requireEvidence(context, id);
  return answerOf(row, subject);
}

/** A document's content, as it was uploaded. */
export interface EvidenceContent {
  readonly row: EvidenceDocument;
  readonly content: Buffer;
}

/** @throws NOT_FOUND; FORBIDDEN when it is withdrawn; EVIDENCE_CORRUPT when the store has something else; BUSY when it is away */
export async function readEvidence(context: RequestContext, id: string): Promise<EvidenceContent> {
  const { row } = await requireEvidence(context, id);
  if (row.withdrawnAt !== null) checkPermission(context.actor, 'evidence:read-withdrawn');
  const { evidence, log } = context.deps;
  const content = await inTime(context, evidence.get(id));
  const found = content && createHash('sha256').update(content).digest('hex');
  if (content && found === row.sha256) return { row, content };
  log.error({ evidenceId: id, expected: row.sha256, found: found ?? 'nothing' }, 'EVIDENCE_CORRUPT');
  throw new DomainError('EVIDENCE_CORRUPT', { id });
}

/**
 * Marks a document as withdrawn; nothing is deleted.
 * @throws STALE, STATE_CONFLICT, OUT_OF_SCOPE, NOT_FOUND
 */
export async function withdrawEvidence(context: RequestContext, id: string, reason: string): Promise<EvidenceAnswer> {
  const { db, actor, now, precondition } = context;
  const { subject } = await requireEvidence(context, id);
  checkStateScope(actor, subject);
  const locked = await lockDocument(db, id);
  precondition.check(locked.version);
  if (locked.withdrawnAt !== null) throw new DomainError('STATE_CONFLICT', { found: 'withdrawn', allowed: 'active' });
  const row = await db.evidenceDocument.update({ where: { id }, data: { withdrawnBy: actor.userId, withdrawnAt: now, withdrawalReason: reason } });
  await recordAudit(context, 'evidence.withdraw', { kind: 'evidence', id }, { before: { withdrawn: false }, after: { withdrawn: true } }, { reason });
  return answerOf(row, subject);
}

async function requireSubject({ db, actor }: RequestContext, stage: Stage, id: string): Promise<Subject> {
  const subject = await findSubject(db, visibilityOf(actor), stage, id);
  if (!subject) throw new DomainError('NOT_FOUND', { what: stage });
  return subject;
}

/** A document is seen by whoever sees what it proves. */
async function requireEvidence({ db, actor }: RequestContext, id: string): Promise<{ readonly row: EvidenceDocument; readonly subject: Subject }> {
  const row = await db.evidenceDocument.findUnique({ where: { id } });
  const proved = row && subjectOf(row);
  const subject = proved && (await findSubject(db, visibilityOf(actor), proved.stage, proved.id));
  if (!row || !subject) throw new DomainError('NOT_FOUND', { what: 'evidence' });
  return { row, subject };
}

function answerOf(row: EvidenceDocument, { stage, id, restricted }: Subject): EvidenceAnswer {
  const { withdrawnBy, withdrawnAt, withdrawalReason } = row;
  return {
    id: row.id,
    stage,
    recordId: id,
    restricted,
    name: row.name,
    mediaType: row.mediaType,
    sizeBytes: row.sizeBytes,
    sha256: row.sha256,
    scan: row.scan as EvidenceAnswer['scan'],
    uploadedBy: row.uploadedBy,
    uploadedAt: row.uploadedAt.toISOString(),
    withdrawn: withdrawnAt && { by: withdrawnBy ?? '', at: withdrawnAt.toISOString(), reason: withdrawalReason ?? '' },
    version: row.version,
  };
}
