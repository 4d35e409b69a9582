import type { Visibility } from '../../domain/policy.js';
import { requestJob, requestJobs } from '../../jobs/outbox.js';
import type { ReportRun, Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';

/** A run's parameters as they are kept; `asOf` keeps the microseconds that a JavaScript date would lose. */
export interface RunParams {
  /** What was asked, for whom and as of when. */
  readonly question: { readonly asOf: string; readonly scope: Visibility };
  /** What was asked in the asker's words. */
  readonly input: { readonly kind: string };
  /** The moment of the issue before, whose differences are explained; null without one. */
  readonly since: string | null;
}

/** A report to be computed; of a schedule, for which of its times. */
export interface NewRun {
  readonly kind: string;
  readonly params: RunParams;
  /** In whose name it is computed. */
  readonly requestedBy: string;
  readonly issue?: { readonly scheduleId: string; readonly dueAt: Date; readonly series: string; readonly previousId: string | null };
}

/** Keeps the question, and requests the job that answers it in the same transaction. */
export async function insertRun(tx: Tx, asked: NewRun): Promise<ReportRun> {
  const run = await tx.reportRun.create({ data: columnsOf(asked) });
  await requestJob(tx, 'compute-report', { runId: run.id });
  return run;
}

/** The same for many, in no more statements; gives their ids in the same order. */
export async function insertRuns(tx: Tx, asked: readonly NewRun[]): Promise<readonly string[]> {
  const data = asked.map(columnsOf);
  await tx.reportRun.createMany({ data });
  await requestJobs(tx, 'compute-report', data.map(({ id }) => ({ runId: id })));
  return data.map(({ id }) => id);
}

function columnsOf({ kind, params, requestedBy, issue }: NewRun) {
  return { id: newId(), kind, params: JSON.parse(JSON.stringify(params)) as object, asOf: new Date(params.question.asOf), requestedBy, ...issue };
}

export function paramsOf(run: ReportRun): RunParams {
  const { since = null, ...params } = run.params as unknown as Omit<RunParams, 'since'> & Partial<RunParams>;
  return { ...params, since };
}
