import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { reportTitle } from '../../i18n/documents.js';
import type { Language } from '../../i18n/language.js';
import type { ReportRun, Tx } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';
import { takeAttempt } from '../auth/attempts.js';
import { codeGroups } from '../reports/code.js';
import type { Figure } from '../reports/document.js';
import { paramsOf } from '../reports/run.store.js';
import { figureText, headFigures, readDocument } from '../reports/written.js';
import type { Verification } from './verification.schema.js';

/**
 * What anybody who holds a copy may know of the report it is of; nothing of who asked for it or received it. Of several reports with the
 * same result, the first.
 * @throws REPORT_CODE_UNKNOWN, TOO_MANY_ATTEMPTS
 */
export async function verifyCopy(context: RequestContext, code: string): Promise<Verification> {
  await takeAttempt(context, 'verification', undefined);
  return asSystem(context.db, () => findCopy(context, code));
}

async function findCopy(context: RequestContext, code: string): Promise<Verification> {
  const { db, language } = context;
  const run = await db.reportRun.findFirst({ where: { code, status: 'ready' }, orderBy: [{ finishedAt: 'asc' }, { id: 'asc' }], include: { occurrence: true } });
  if (!run?.hash || !run.finishedAt) throw new DomainError('REPORT_CODE_UNKNOWN', { code: codeGroups(code) });
  const document = await readDocument(db, context.deps.reference, run, language);
  return {
    code: codeGroups(code),
    kind: run.kind,
    title: document?.title ?? reportTitle(run.kind, language),
    subtitle: [...(document?.subtitle ?? [])],
    asOf: paramsOf(run).question.asOf,
    computedAt: run.finishedAt.toISOString(),
    codeVersion: run.codeVersion ?? '',
    hash: run.hash,
    schedule: run.occurrence && { dueAt: run.occurrence.dueAt.toISOString(), late: run.occurrence.late },
    figures: document === null ? [] : headFigures(document).map((figure) => figureOf(figure, language)),
    files: await filesOf(db, code),
    laterIssue: await laterIssueOf(db, run),
  };
}

function figureOf({ label, value, rule }: Figure, language: Language): Verification['figures'][number] {
  const amount = value.kind === 'amount' && value.value !== null ? { amount: value.value, currency: value.currency } : null;
  return { label, text: figureText(language, value), amount, rule };
}

/** Every file by which a copy can be known; the entries behind the figures are none. */
function filesOf(db: Tx, code: string): Promise<Verification['files']> {
  return db.reportArtefact.findMany({
    where: { run: { code, status: 'ready' }, format: { not: 'entries' } },
    select: { format: true, language: true, sha256: true },
    distinct: ['format', 'language', 'sha256'],
    orderBy: [{ format: 'asc' }, { language: 'desc' }, { sha256: 'asc' }],
  });
}

async function laterIssueOf(db: Tx, { scheduleId, series, dueAt }: ReportRun): Promise<Verification['laterIssue']> {
  if (scheduleId === null || series === null || dueAt === null) return null;
  const later = await db.reportRun.findFirst({ where: { scheduleId, series, dueAt: { gt: dueAt }, status: 'ready' }, orderBy: { dueAt: 'desc' } });
  return later && { asOf: paramsOf(later).question.asOf };
}
