import { createHash } from 'node:crypto';
import type { ProblemCode, ProblemParams } from '../../domain/problem.js';
import { DomainError } from '../../domain/problem.js';
import type { Page } from '../../http/paging.js';
import type { ImportRow, ImportRun, Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import type { ImportOutcome, ImportRowDraft, RowDetail } from './import-rows.js';
import type { ImportOptions, ImportRowsQuery } from './imports.schema.js';
import type { SourceFile } from './source-text.js';

/** What is asked of an import. */
export interface ImportRequest {
  readonly options: ImportOptions;
  readonly dryRun: boolean;
  readonly files: readonly SourceFile[];
  readonly requestedBy: string;
}

/** An import run with the names of its files. */
export type ImportRunRow = ImportRun & { readonly files: readonly { readonly name: string; readonly sha256: string }[] };

const withFiles = { files: { select: { name: true, sha256: true }, orderBy: { number: 'asc' } } } as const;

/** Records an import that is still to be done, with its files. */
export async function insertImport(db: Tx, { options, dryRun, files, requestedBy }: ImportRequest): Promise<ImportRunRow> {
  const id = newId();
  const { source, ...rest } = options;
  await db.importRun.create({ data: { id, source, options: rest, dryRun, requestedBy } });
  for (const [index, { name, content }] of files.entries()) {
    const sha256 = createHash('sha256').update(content).digest('hex');
    await db.importFile.create({ data: { importId: id, number: index + 1, name, sha256, content: new Uint8Array(content) }, select: { number: true } });
  }
  return db.importRun.findUniqueOrThrow({ where: { id }, include: withFiles });
}

export function findImport(db: Tx, id: string): Promise<ImportRunRow | null> {
  return db.importRun.findUnique({ where: { id }, include: withFiles });
}

export function findImports(db: Tx, args: { where: object; orderBy: object[]; take: number }): Promise<ImportRunRow[]> {
  return db.importRun.findMany({ ...args, include: withFiles });
}

/** What the run was asked to do. */
export function optionsOf(run: Pick<ImportRun, 'source' | 'options'>): ImportOptions {
  return { source: run.source, asOf: null, ...(run.options as object) } as ImportOptions;
}

/** The files of a run with their contents. */
export async function loadFiles(db: Tx, importId: string): Promise<readonly SourceFile[]> {
  const files = await db.importFile.findMany({ where: { importId }, orderBy: { number: 'asc' } });
  return files.map(({ name, content }) => ({ name, content: Buffer.from(content) }));
}

/** Takes a run up, unless it has come to its end: then false. */
export async function beginImport(db: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await db.importRun.updateMany({
    where: { id, status: { in: ['queued', 'running'] } },
    data: { status: 'running', progress: 0, startedAt: now },
  });
  return count > 0;
}

export async function setProgress(db: Tx, id: string, progress: number): Promise<void> {
  await db.importRun.updateMany({ where: { id, status: 'running' }, data: { progress } });
}

/** Lets one import run after the other, until the transaction ends: all but those of rates look for the same organisations and plans. */
export async function lockImports(tx: Tx, source: string): Promise<void> {
  const name = source === 'ecb' || source === 'imf' ? source : 'records';
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`import ${name}`}, 0))`;
}

/** Whether a run is still to be done; asked under the lock of its source. */
export async function isPending(tx: Tx, id: string): Promise<boolean> {
  return (await tx.importRun.count({ where: { id, status: { in: ['queued', 'running'] } } })) > 0;
}

/** Keeps what an import did, or would do. */
export async function saveOutcome(tx: Tx, id: string, { rows, summary }: ImportOutcome, now: Date): Promise<void> {
  await insertRows(tx, id, rows);
  const kept: object = summary;
  await tx.importRun.update({ where: { id }, data: { status: 'ready', progress: 100, summary: kept, error: null, finishedAt: now } });
}

/** Why a run failed, as its row keeps it. */
export interface ImportFailure {
  readonly code: ProblemCode;
  readonly params: ProblemParams;
}

/** Keeps why an import failed, with what was found in its files. */
export async function saveFailure(tx: Tx, id: string, failure: ImportFailure, rows: readonly ImportRowDraft[], now: Date): Promise<void> {
  if (!(await isPending(tx, id))) return;
  await insertRows(tx, id, rows);
  await tx.importRun.update({ where: { id }, data: { status: 'failed', error: JSON.stringify(failure), finishedAt: now } });
}

export function failureOf({ error }: Pick<ImportRun, 'error'>): ImportFailure | null {
  return error === null ? null : (JSON.parse(error) as ImportFailure);
}

const BATCH = 2_000;

async function insertRows(tx: Tx, importId: string, rows: readonly ImportRowDraft[]): Promise<void> {
  for (let start = 0; start < rows.length; start += BATCH) {
    const batch = rows.slice(start, start + BATCH).map(({ externalId, ...row }, index) => ({ ...row, external_id: externalId, number: start + index + 1 }));
    await tx.$executeRaw`
      INSERT INTO import_row (import_id, number, file, row, external_id, action, code, detail)
      SELECT ${importId}::uuid, number, file, "row", external_id, action, code, detail
      FROM jsonb_to_recordset(${JSON.stringify(batch)}::jsonb)
        AS r(number int, file text, "row" int, external_id text, action text, code text, detail jsonb)`;
  }
}

/** One page of a run's rows, in their order. */
export async function findRows(db: Tx, importId: string, { limit, cursor, action }: ImportRowsQuery): Promise<Page<ImportRow>> {
  const after = cursor === undefined ? 0 : readCursor(cursor);
  const where = { importId, number: { gt: after }, ...(action !== undefined && { action }) };
  const rows = await db.importRow.findMany({ where, orderBy: { number: 'asc' }, take: limit + 1 });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? Buffer.from(String(last.number)).toString('base64url') : null };
}

/** @throws CURSOR_INVALID */
function readCursor(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!/^\d{1,9}$/.test(text)) throw new DomainError('CURSOR_INVALID', {}, 'cursor');
  return Number(text);
}

/** The detail of a row as it was kept. */
export function detailOf(row: Pick<ImportRow, 'detail'>): RowDetail {
  return row.detail as RowDetail;
}
