import { type ReportDimension, reportDimensions } from '../../domain/report.js';
import { visibilityOf } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import { moneyOf } from '../../http/wire.js';
import type { Language } from '../../i18n/language.js';
import { reportText, type ReportText } from '../../i18n/report.js';
import type { ReportRun } from '../../platform/db.js';
import { recordAudit } from '../audit/audit.store.js';
import { commitmentVsDisbursement, withDuplicates } from './commitment-vs-disbursement.view.js';
import { type Format, formats, type NamedArtefact, namedArtefact } from './download.js';
import { askedBy, type ReportInput } from './kinds.js';
import { familyOf, type Labels, labelsAt } from './labels.store.js';
import { type EntriesQuery, type RunAnswer, runSorts, type RunsQuery } from './reports.schema.js';
import { type CellFilter, cellEntries, cellSums, type EntryRow, isBefore, pastMoment, type ReportQuestion } from './reports.store.js';
import { insertRun, paramsOf } from './run.store.js';

/**
 * Asks for a report: keeps the question with the actor's scope and the moment, and requests the job that answers it.
 * @throws AS_OF_IN_FUTURE, SINCE_NOT_BEFORE, FORBIDDEN for a kind that is not for the actor's roles, and what the kind itself refuses
 */
export async function requestReport(context: RequestContext, input: ReportInput): Promise<RunAnswer> {
  const { db, actor } = context;
  const { kind, asOf: given, since = null, ...asked } = input;
  const asOf = await pastMoment(db, given);
  if (since !== null && !(await isBefore(db, since, asOf))) throw new DomainError('SINCE_NOT_BEFORE', { asOf, found: since }, 'since');
  const question = askedBy(actor, kind, asked);
  const run = await insertRun(db, {
    kind,
    params: { question: { ...question, asOf, scope: visibilityOf(actor) }, input: { kind, ...question }, since },
    requestedBy: actor.userId,
  });
  await recordAudit(context, 'report.request', { kind: 'report', id: run.id }, { before: null, after: { kind, ...question, asOf } });
  return answerOf(context, run);
}

async function findRun(context: RequestContext, id: string): Promise<ReportRun> {
  const run = await context.db.reportRun.findFirst({ where: { id, AND: [ownRuns(context)] } });
  if (!run) throw new DomainError('NOT_FOUND', { what: 'report' });
  return run;
}

/** Who sees everything sees every run; everybody else what they asked for or received. */
function ownRuns({ actor }: RequestContext): object {
  const { userId } = actor;
  return visibilityOf(actor).all ? {} : { OR: [{ requestedBy: userId }, { deliveries: { some: { userId } } }] };
}

/** @throws NOT_FOUND */
export async function getRun(context: RequestContext, id: string): Promise<RunAnswer> {
  return answerOf(context, await findRun(context, id));
}

export async function listRuns(context: RequestContext, query: RunsQuery): Promise<Page<RunAnswer>> {
  const filters = query.status === undefined ? {} : { status: query.status };
  const page = await findPage<ReportRun>(query, runSorts, ({ where, orderBy, take }) =>
    context.db.reportRun.findMany({ where: { AND: [where, filters, ownRuns(context)] }, orderBy, take }),
  );
  return mapPage(page, (run) => answerOf(context, run));
}

/** @throws NOT_FOUND, REPORT_NOT_READY, REPORT_FAILED */
export async function getArtefact(context: RequestContext, id: string, format: Format, language?: Language): Promise<NamedArtefact> {
  const run = await findReadyRun(context, id);
  return namedArtefact(context.db, run, format, language ?? context.language);
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

function answerOf({ deps }: RequestContext, run: ReportRun): RunAnswer {
  const { question, input, since } = paramsOf(run);
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
    since,
    hash: run.hash,
    code: run.code,
    verifyUrl: run.code === null ? null : `${deps.config.publicUrl}/verify/${run.code}`,
    scheduleId: run.scheduleId,
    dueAt: run.dueAt?.toISOString() ?? null,
    previousId: run.previousId,
    codeVersion: run.codeVersion,
    error: run.error,
    requestedBy: run.requestedBy,
    createdAt: run.createdAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    finishedAt: run.finishedAt?.toISOString() ?? null,
    links: { self: base, ...Object.fromEntries(formats.map((format) => [format, `${base}/${format}`])), ...opened },
  };
}
