import { type ReportDimension, reportDimensions } from '../../domain/report.js';
import { type Visibility, visibilityOf } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { Deps } from '../../deps.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import { moneyOf } from '../../http/wire.js';
import type { Language } from '../../i18n/language.js';
import { problemText } from '../../i18n/problems.js';
import { reportText, type ReportText } from '../../i18n/report.js';
import type { JobPayload } from '../../jobs/job.js';
import { requestJob } from '../../jobs/outbox.js';
import { inTransaction, type ReportRun } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { enterUser } from '../../platform/tenant.js';
import { version } from '../../platform/version.js';
import { recordAudit } from '../audit/audit.store.js';
import { csvArtefact, jsonArtefact, sha256 } from './artefacts.js';
import { commitmentVsDisbursement, withDuplicates } from './commitment-vs-disbursement.view.js';
import { type ReportInput, viewOf } from './kinds.js';
import { familyOf, type Labels, labelsAt } from './labels.store.js';
import { type EntriesQuery, type RunAnswer, runSorts, type RunsQuery } from './reports.schema.js';
import { type CellFilter, cellEntries, cellSums, type EntryRow, insertArtefact, onSettledSnapshot, pastMoment, type ReportQuestion } from './reports.store.js';

/** A run's parameters as they are kept; `asOf` keeps the microseconds that a JavaScript date would lose. */
interface RunParams {
  /** What was asked, for whom and as of when. */
  readonly question: { readonly asOf: string; readonly scope: Visibility };
  readonly input: { readonly kind: string };
}

/**
 * Asks for a report: keeps the question with the actor's scope and the moment, and requests the job that answers it.
 * @throws AS_OF_IN_FUTURE
 */
export async function requestReport(context: RequestContext, input: ReportInput): Promise<RunAnswer> {
  const { db, actor } = context;
  const { asOf: given, ...asked } = input;
  const asOf = await pastMoment(db, given);
  const { kind, ...question } = asked;
  const params: RunParams = { question: { ...question, asOf, scope: visibilityOf(actor) }, input: asked };
  const run = await db.reportRun.create({
    data: { id: newId(), kind, params: JSON.parse(JSON.stringify(params)) as object, asOf: new Date(asOf), requestedBy: actor.userId },
  });
  await requestJob(db, 'compute-report', { runId: run.id });
  await recordAudit(context, 'report.request', { kind: 'report', id: run.id }, { before: null, after: { ...asked, asOf } });
  return answerOf(run);
}

/** The job that answers a question; done again, it gives the same bytes. */
export const computeReport = {
  async run(deps: Deps, { runId }: JobPayload<'compute-report'>): Promise<void> {
    const { db, clock, reference } = deps;
    const run = await db.reportRun.findUnique({ where: { id: runId } });
    if (!run || run.status === 'ready' || run.status === 'failed') return;
    const view = viewOf(run.kind);
    if (!view) throw new Error(`no report of kind ${run.kind}`);
    const { asOf, scope, ...question } = paramsOf(run).question;
    await db.reportRun.update({ where: { id: runId }, data: { status: 'running', startedAt: run.startedAt ?? clock.now(), progress: 10, step: 'settling' } });
    const computed = onSettledSnapshot(db, async (tx) => {
      await db.reportRun.update({ where: { id: runId }, data: { progress: 30, step: 'computing' } });
      if (!(await enterUser(tx, run.requestedBy))) throw new Error('whoever asked for the report may no longer sign in');
      return view.compute({ tx, reference, asOf, scope }, question);
    });
    const result = await computed.catch((error: unknown) => {
      if (error instanceof DomainError) return error;
      throw error;
    });
    // What cannot be answered now cannot be at another attempt.
    if (result instanceof DomainError) return computeReport.giveUp(deps, { runId }, await refusalText(deps, run, result));
    const json = jsonArtefact(result);
    const hash = sha256(json);
    const artefacts = [
      { format: 'json', language: '-', content: json },
      { format: 'csv', language: 'fr', content: csvArtefact(view.table(result, 'fr'), 'fr') },
      { format: 'csv', language: 'en', content: csvArtefact(view.table(result, 'en'), 'en') },
    ];
    await inTransaction(db, async (tx) => {
      // A second worker may have finished the same run meanwhile: the first result stays.
      await tx.$queryRaw`SELECT FROM report_run WHERE id = ${runId}::uuid FOR UPDATE`;
      const { status } = await tx.reportRun.findUniqueOrThrow({ where: { id: runId }, select: { status: true } });
      if (status === 'ready') return;
      for (const artefact of artefacts) await insertArtefact(tx, runId, { ...artefact, sha256: sha256(artefact.content) });
      await tx.reportRun.update({
        where: { id: runId },
        data: { status: 'ready', progress: 100, step: null, hash, codeVersion: version, finishedAt: clock.now(), error: null },
      });
    });
  },

  async giveUp({ db, clock }: Deps, { runId }: JobPayload<'compute-report'>, reason: string): Promise<void> {
    await db.reportRun.updateMany({
      where: { id: runId, status: { not: 'ready' } },
      data: { status: 'failed', step: null, error: reason.slice(0, 1000), finishedAt: clock.now() },
    });
  },
};

/** Why a question has no answer, in the language of who asked it. */
async function refusalText({ db }: Deps, { requestedBy }: ReportRun, { code, params }: DomainError): Promise<string> {
  const asker = await db.appUser.findUnique({ where: { id: requestedBy }, select: { language: true } });
  return problemText(asker?.language === 'en' ? 'en' : 'fr', code, params).detail;
}

function paramsOf(run: ReportRun): RunParams {
  return run.params as unknown as RunParams;
}

async function findRun({ db, actor }: RequestContext, id: string): Promise<ReportRun> {
  const run = await db.reportRun.findFirst({ where: { id, AND: [ownRuns(actor)] } });
  if (!run) throw new DomainError('NOT_FOUND', { what: 'report' });
  return run;
}

/** Who sees everything sees every run; everybody else the own ones. */
function ownRuns(actor: RequestContext['actor']): object {
  return visibilityOf(actor).all ? {} : { requestedBy: actor.userId };
}

/** @throws NOT_FOUND */
export async function getRun(context: RequestContext, id: string): Promise<RunAnswer> {
  return answerOf(await findRun(context, id));
}

export async function listRuns(context: RequestContext, query: RunsQuery): Promise<Page<RunAnswer>> {
  const filters = query.status === undefined ? {} : { status: query.status };
  const page = await findPage<ReportRun>(query, runSorts, ({ where, orderBy, take }) =>
    context.db.reportRun.findMany({ where: { AND: [where, filters, ownRuns(context.actor)] }, orderBy, take }),
  );
  return mapPage(page, answerOf);
}

export interface Artefact {
  readonly content: Buffer;
  readonly hash: string;
  readonly name: string;
}

/** @throws NOT_FOUND, REPORT_NOT_READY, REPORT_FAILED */
export async function getArtefact(context: RequestContext, id: string, format: 'json' | 'csv', language?: Language): Promise<Artefact> {
  const run = await findReadyRun(context, id);
  const chosen = format === 'json' ? '-' : (language ?? context.language);
  const artefact = await context.db.reportArtefact.findUniqueOrThrow({ where: { runId_format_language: { runId: id, format, language: chosen } } });
  const day = paramsOf(run).question.asOf.slice(0, 10);
  return { content: Buffer.from(artefact.content), hash: artefact.sha256, name: `liptako-${run.kind.replaceAll('_', '-')}-${day}-${id.slice(-6)}.${format}` };
}

async function findReadyRun(context: RequestContext, id: string): Promise<ReportRun> {
  const run = await findRun(context, id);
  if (run.status === 'failed') throw new DomainError('REPORT_FAILED', { error: run.error ?? '' });
  if (run.status !== 'ready') throw new DomainError('REPORT_NOT_READY', { status: run.status, progress: run.progress });
  return run;
}

/**
 * Opens a cell: the lines behind it, and those left out with the reason.
 * @throws NOT_FOUND, REPORT_WITHOUT_CELLS, CURSOR_INVALID, CODE_UNKNOWN for a dimension that the report is not grouped by
 */
export async function openCell(context: RequestContext, id: string, query: EntriesQuery): Promise<object> {
  const { db, deps, language } = context;
  const run = await findRun(context, id);
  const question = questionOf(run);
  const labels = await labelsAt(db, question.asOf);
  const complete = withDuplicates(question, labels);
  const cell = cellOf(query, question.groupBy, labels);
  const after = query.cursor === undefined ? undefined : parseCursor(query.cursor);
  const rows = await cellEntries(db, complete, { cell, show: query.show, stage: query.stage, after, limit: query.limit + 1 });
  const items = rows.slice(0, query.limit);
  const last = items.at(-1);
  const sums = await cellSums(db, complete, cell, query.stage);
  const money = (minor: bigint) => moneyOf(minor, question.currency, deps.reference.exponents);
  return {
    items: items.map((row) => entryOf(context, row, question, language)),
    nextCursor: rows.length > query.limit && last ? `${last.seq}.${last.cell}` : null,
    sums: { pledged: money(sums.pledged), committed: money(sums.committed), disbursed: money(sums.disbursed), lines: sums.lines },
  };
}

/** @throws REPORT_WITHOUT_CELLS for a kind whose figures are opened by lists of their own */
function questionOf(run: ReportRun): ReportQuestion {
  if (run.kind !== commitmentVsDisbursement.kind) throw new DomainError('REPORT_WITHOUT_CELLS', { kind: run.kind });
  return paramsOf(run).question as ReportQuestion;
}

function cellOf(query: EntriesQuery, groupBy: readonly ReportDimension[], labels: Labels): readonly CellFilter[] {
  return reportDimensions.flatMap((dimension) => {
    const code = query[dimension];
    if (code === undefined) return [];
    if (!groupBy.includes(dimension)) throw new DomainError('CODE_UNKNOWN', { code: dimension, list: `groupBy (${groupBy.join(', ')})` }, dimension);
    return [{ dimension, codes: dimension === 'donor' ? familyOf(code, labels.mergedInto) : [code] }];
  });
}

function parseCursor(cursor: string): { readonly seq: bigint; readonly line: number } {
  const [, seq, line] = /^(\d{1,18})\.(\d{1,5})$/.exec(cursor) ?? [];
  if (seq === undefined || line === undefined) throw new DomainError('CURSOR_INVALID', {}, 'cursor');
  return { seq: BigInt(seq), line: Number(line) };
}

function entryOf({ deps }: RequestContext, row: EntryRow, question: ReportQuestion, language: Language): object {
  const { exponents } = deps.reference;
  return {
    entryId: row.entry_id,
    line: row.cell,
    kind: row.kind,
    stage: row.stage,
    recordId: row.record_id,
    reference: row.reference,
    description: row.description,
    donorId: row.donor_id,
    countries: row.countries,
    sectors: row.sectors,
    plans: row.plans,
    valueDate: row.value_date,
    occurredOn: row.occurred_on,
    lateText: row.occurred_on === null ? null : reportText(language, 'late'),
    recordedAt: row.recorded_at,
    amount: moneyOf(row.amount_minor, row.currency, exponents),
    converted: row.converted_minor === null ? null : moneyOf(row.converted_minor, question.currency, exponents),
    conversion: row.conversion,
    counted: row.reason === null,
    reason: row.reason,
    reasonText: row.reason === null ? null : reportText(language, `reason.${row.reason}` as ReportText),
  };
}

function answerOf(run: ReportRun): RunAnswer {
  const { question, input } = paramsOf(run);
  const base = `/v1/reports/${run.id}`;
  const opened = run.kind === commitmentVsDisbursement.kind ? { entries: `${base}/entries` } : {};
  return {
    id: run.id,
    kind: run.kind,
    params: input,
    asOf: question.asOf,
    status: run.status,
    progress: run.progress,
    step: run.step as RunAnswer['step'],
    hash: run.hash,
    codeVersion: run.codeVersion,
    error: run.error,
    requestedBy: run.requestedBy,
    createdAt: run.createdAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    finishedAt: run.finishedAt?.toISOString() ?? null,
    links: { self: base, json: `${base}/json`, csv: `${base}/csv`, ...opened },
  };
}
