import type { Deps } from '../../deps.js';
import { DomainError } from '../../domain/problem.js';
import { inTransaction, type Tx } from '../../platform/db.js';
import { recordAudit } from '../audit/audit.store.js';
import { prepareContributions } from './cerf-contributions.js';
import { prepareRequirements } from './fts-requirements.js';
import { preparePlanList } from './plan-list.js';
import { prepareProjects } from './pooled-fund-projects.js';
import { prepareRates } from './rates-import.js';
import { prepareFts } from './fts-import.js';
import type { ImportOutcome } from './import-rows.js';
import type { ImportOptions } from './imports.schema.js';
import { beginImport, findImport, type ImportRunRow, isPending, loadFiles, lockImports, optionsOf, saveFailure, saveOutcome, setProgress } from './imports.store.js';
import type { PreparedImport, Progress } from './prepared-import.js';
import type { SourceFile } from './source-text.js';

const LONGEST_SECONDS = 600;

/** Undoes a dry run once it is known what it would do. */
class RolledBack extends Error {
  constructor(readonly outcome: ImportOutcome) {
    super('dry run');
  }
}

/**
 * Does an import: all of it in one transaction or nothing, so that an attempt that ended half-way leaves no trace. A run that
 * came to its end is left alone. What is wrong with the files fails the run; any other error is thrown, for another attempt.
 */
async function run(deps: Deps, { runId }: { readonly runId: string }): Promise<void> {
  if (!(await beginImport(deps.db, runId, deps.clock.now()))) return;
  const row = await findImport(deps.db, runId);
  if (!row) return;
  const prepared = await prepare(deps, optionsOf(row), await loadFiles(deps.db, runId));
  if (prepared.refusal) return fail(deps, runId, prepared.refusal, prepared);
  try {
    await inTransaction(deps.db, (tx) => apply(tx, deps, row, prepared), { timeoutSeconds: LONGEST_SECONDS });
  } catch (error) {
    if (error instanceof DomainError) return fail(deps, runId, error, prepared);
    if (!(error instanceof RolledBack)) throw error;
    const { outcome } = error;
    await inTransaction(deps.db, (tx) => saveOutcome(tx, runId, outcome, deps.clock.now()), { timeoutSeconds: LONGEST_SECONDS });
  }
}

/** Says that an import failed for good; what was written by its attempts is undone already. */
async function giveUp(deps: Deps, { runId }: { readonly runId: string }, reason: string): Promise<void> {
  deps.log.error({ import: runId, reason }, 'import given up');
  const failure = { code: 'INTERNAL', params: { requestId: runId } } as const;
  await inTransaction(deps.db, (tx) => saveFailure(tx, runId, failure, [], deps.clock.now()));
}

/** The job that does an import. */
export const runImport = { run, giveUp };

async function prepare(deps: Deps, options: ImportOptions, files: readonly SourceFile[]): Promise<PreparedImport> {
  switch (options.source) {
    case 'fts':
      return prepareFts(deps, options, files);
    case 'fts_requirements':
      return prepareRequirements(deps, options, files);
    case 'plan_list':
      return preparePlanList(deps, options, files);
    case 'cerf':
    case 'cbpf':
      return prepareContributions(deps, options.source, options, files);
    case 'cbpf_projects':
      return prepareProjects(deps, options, files);
    default:
      return prepareRates(deps, options.source, files);
  }
}

async function apply(tx: Tx, deps: Deps, row: ImportRunRow, prepared: PreparedImport): Promise<void> {
  const { id, source, dryRun, requestedBy } = row;
  await lockImports(tx, source);
  if (!(await isPending(tx, id))) return;
  const progress = progressOf(deps, id);
  await progress(10);
  const outcome = await prepared.apply(tx, { recordedBy: requestedBy, importId: id }, progress);
  if (dryRun) throw new RolledBack(outcome);
  const context = { db: tx, actor: { userId: requestedBy }, requestId: id };
  await recordAudit(context, 'import.run', { kind: 'import', id }, { before: null, after: { source, ...outcome.summary.counts } });
  await saveOutcome(tx, id, outcome, deps.clock.now());
}

/** Written beside the import's transaction, so that others see it; an import does not fail for want of it. */
function progressOf({ db, log }: Deps, id: string): Progress {
  return (percent) => setProgress(db, id, percent).catch((error: unknown) => log.warn({ err: error, import: id }, 'progress not written'));
}

async function fail({ db, clock }: Deps, id: string, { code, params }: DomainError, { problems }: PreparedImport): Promise<void> {
  await inTransaction(db, (tx) => saveFailure(tx, id, { code, params }, problems, clock.now()), { timeoutSeconds: LONGEST_SECONDS });
}
