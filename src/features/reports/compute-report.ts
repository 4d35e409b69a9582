import { gunzipSync, gzipSync } from 'node:zlib';
import type { Deps } from '../../deps.js';
import { DomainError } from '../../domain/problem.js';
import { languages } from '../../i18n/language.js';
import { problemText } from '../../i18n/problems.js';
import type { JobPayload } from '../../jobs/job.js';
import { inTransaction, type ReportRun, type Tx } from '../../platform/db.js';
import { enterUser } from '../../platform/tenant.js';
import { version } from '../../platform/version.js';
import { failDeliveries, releaseDeliveries } from '../deliveries/deliveries.store.js';
import { csvArtefact, jsonArtefact, sha256 } from './artefacts.js';
import { changesSince } from './changes.store.js';
import { codeOf } from './code.js';
import type { Stamp } from './document.js';
import type { ReportEntries } from './entries.js';
import { viewOf } from './kinds.js';
import { entriesOf } from './lines.store.js';
import { provenanceOf } from './provenance.store.js';
import { renderPdf } from './render/pdf.js';
import { renderXlsx } from './render/xlsx.js';
import { findArtefact, insertArtefact, onSettledSnapshot, untilPast } from './reports.store.js';
import { paramsOf } from './run.store.js';
import type { AnyView, ViewContext } from './view.js';
import { type Computed, writeDocument } from './written.js';

/** Lines that a spreadsheet lists; it says how many more there are. */
const MOST_ENTRIES = 20_000;

/**
 * The job that answers a question: computes once, from one snapshot, then writes each format from what was computed. Whatever was kept
 * before a worker died is not done again; done again from the start, it gives the same bytes.
 */
export const computeReport = {
  async run(deps: Deps, { runId }: JobPayload<'compute-report'>): Promise<void> {
    const { db, clock } = deps;
    const run = await db.reportRun.findUnique({ where: { id: runId } });
    if (!run || run.status === 'ready' || run.status === 'failed') return;
    const view = viewOf(run.kind);
    if (!view) throw new Error(`no report of kind ${run.kind}`);
    const refused = run.hash === null ? await computeOnce(deps, run, view) : undefined;
    // What cannot be answered now cannot be at another attempt.
    if (refused) return computeReport.giveUp(deps, { runId }, await refusalText(deps, run, refused));
    await writeArtefacts(deps, runId, view);
    await inTransaction(db, async (tx) => {
      const { count } = await tx.reportRun.updateMany({
        where: { id: runId, status: { not: 'ready' } },
        data: { status: 'ready', progress: 100, step: null, finishedAt: clock.now(), error: null },
      });
      // A second worker may have finished the same run meanwhile.
      if (count === 1) await releaseDeliveries(tx, { runId }, clock.now());
    });
  },

  async giveUp({ db, clock }: Deps, { runId }: JobPayload<'compute-report'>, reason: string): Promise<void> {
    await inTransaction(db, async (tx) => {
      const { count } = await tx.reportRun.updateMany({
        where: { id: runId, status: { not: 'ready' } },
        data: { status: 'failed', step: null, error: reason.slice(0, 1000), finishedAt: clock.now() },
      });
      if (count === 1) await failDeliveries(tx, runId, reason, clock.now());
    });
  },
};

/** Computes the figures and keeps them, with the lines behind them; answers what refuses the question. */
async function computeOnce({ db, clock, reference, metrics }: Deps, run: ReportRun, view: AnyView): Promise<DomainError | undefined> {
  const { id: runId } = run;
  const { question: full, since } = paramsOf(run);
  const { asOf, scope, ...question } = full;
  await db.reportRun.update({ where: { id: runId }, data: { status: 'running', startedAt: run.startedAt ?? clock.now(), progress: 10, step: 'settling' } });
  await untilPast(db, asOf);
  const reading = onSettledSnapshot(db, async (tx) => {
    await db.reportRun.update({ where: { id: runId }, data: { progress: 30, step: 'computing' } });
    await enterReader(tx, run);
    return computeParts({ tx, reference, asOf, scope }, view, question, since, stepsOf(metrics, view.kind));
  });
  const read = await reading.catch((error: unknown) => {
    if (error instanceof DomainError) return error;
    throw error;
  });
  if (read instanceof DomainError) return read;
  const json = jsonArtefact(read.computed);
  const hash = sha256(json);
  const entries = gzipSync(JSON.stringify(read.entries));
  await inTransaction(db, async (tx) => {
    await tx.$queryRaw`SELECT FROM report_run WHERE id = ${runId}::uuid FOR UPDATE`;
    const { hash: kept } = await tx.reportRun.findUniqueOrThrow({ where: { id: runId }, select: { hash: true } });
    // Another worker was first: its result stays.
    if (kept !== null) return;
    await insertArtefact(tx, runId, { format: 'json', language: '-', content: json });
    await insertArtefact(tx, runId, { format: 'entries', language: '-', content: entries });
    await tx.reportRun.update({ where: { id: runId }, data: { hash, code: codeOf(hash), codeVersion: version, progress: 50, step: 'writing' } });
  });
  return undefined;
}

/** Takes the rights of who asked for a report; of one that several receive, of another of them when that person is suspended. */
async function enterReader(tx: Tx, { id, requestedBy }: ReportRun): Promise<void> {
  const readers = await tx.delivery.findMany({ where: { runId: id, userId: { not: null } }, select: { userId: true }, orderBy: { id: 'asc' } });
  for (const userId of new Set([requestedBy, ...readers.flatMap((one) => one.userId ?? [])])) {
    if (await enterUser(tx, userId)) return;
  }
  throw new Error('whoever asked for the report may no longer sign in');
}

/** Everything a report is written from, out of one snapshot. */
async function computeParts(context: ViewContext, view: AnyView, question: object, since: string | null, step: Step): Promise<{ computed: Computed; entries: ReportEntries | null }> {
  const result = await step('figures', () => view.compute(context, question));
  const source = await view.lines?.(context, question);
  if (!source) return { computed: { ...result, provenance: null, changes: null }, entries: null };
  const provenance = await step('provenance', () => provenanceOf(context, source));
  const changes = since === null ? null : await step('changes', () => changesSince(context, source, since));
  const entries = await step('entries', () => entriesOf(context, source, MOST_ENTRIES));
  return { computed: { ...result, provenance, changes }, entries };
}

type Step = <T>(name: string, act: () => Promise<T>) => Promise<T>;

/** Measures each step of a report. */
function stepsOf({ reportSeconds }: Deps['metrics'], kind: string): Step {
  return async (step, act) => {
    const stop = reportSeconds.startTimer({ kind, step });
    const done = await act();
    stop();
    return done;
  };
}

/** Writes the formats that are not there yet, one after the other, from what was computed. */
async function writeArtefacts({ db, config, reference, metrics }: Deps, runId: string, view: AnyView): Promise<void> {
  const run = await db.reportRun.findUniqueOrThrow({ where: { id: runId } });
  const stamp = stampOf(run, config.publicUrl);
  const computed = JSON.parse((await keptArtefact(db, runId, 'json')).toString()) as Computed;
  const entries = JSON.parse(gunzipSync(await keptArtefact(db, runId, 'entries')).toString()) as ReportEntries | null;
  const kept = await db.reportArtefact.findMany({ where: { runId }, select: { format: true, language: true } });
  const { provenance = null } = computed;
  const step = stepsOf(metrics, view.kind);
  for (const language of languages) {
    const document = writeDocument(view, computed, { language, reference });
    const writers = {
      csv: () => Promise.resolve(csvArtefact(view.table(computed, language), language)),
      pdf: () => renderPdf(document, provenance, stamp),
      xlsx: () => renderXlsx(document, entries, provenance, stamp),
    };
    for (const [format, write] of Object.entries(writers)) {
      if (kept.some((one) => one.format === format && one.language === language)) continue;
      await insertArtefact(db, runId, { format, language, content: await step(format, write) });
      await db.reportRun.updateMany({ where: { id: runId, status: 'running' }, data: { progress: { increment: 8 } } });
    }
  }
}

async function keptArtefact(db: Deps['db'], runId: string, format: string): Promise<Buffer> {
  const artefact = await findArtefact(db, runId, format, '-');
  if (!artefact) throw new Error(`run ${runId} has no ${format}`);
  return artefact.content;
}

/** What proves a copy of a run that was computed. */
export function stampOf(run: ReportRun, publicUrl: string): Stamp {
  const { hash, code, codeVersion } = run;
  if (hash === null || code === null || codeVersion === null) throw new RangeError(`run ${run.id} is not computed`);
  return { code, hash, verifyUrl: `${publicUrl}/verify/${code}`, asOf: paramsOf(run).question.asOf, codeVersion };
}

/** Why a question has no answer, in the language of who asked it. */
async function refusalText({ db }: Deps, { requestedBy }: ReportRun, { code, params }: DomainError): Promise<string> {
  const asker = await db.appUser.findUnique({ where: { id: requestedBy }, select: { language: true } });
  return problemText(asker?.language === 'en' ? 'en' : 'fr', code, params).detail;
}
