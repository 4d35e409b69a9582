import { coversScope, type Visibility, visibilityOf } from '../../domain/policy.js';
import type { Reference } from '../../domain/reference.js';
import type { Language } from '../../i18n/language.js';
import type { MailFigure } from '../../i18n/mail-html.js';
import { reportTitle } from '../../i18n/documents.js';
import type { Delivery, ReportRun, Tx } from '../../platform/db.js';
import type { MailAttachment } from '../../platform/mail.js';
import { Recent } from '../../platform/recent.js';
import { type Format, mediaTypes, namedArtefact } from '../reports/download.js';
import { paramsOf } from '../reports/run.store.js';
import { figureText, headFigures, readDocument } from '../reports/written.js';
import { actorOf } from './recipients.js';

/** A report as it is sent to all who get it in the same language and formats. */
export interface Issue {
  readonly run: ReportRun;
  readonly title: string;
  /** Empty for an issue of no schedule, or one that was on time. */
  readonly lateSince: Date | null;
  readonly figures: readonly MailFigure[];
  readonly formats: readonly Format[];
  /** Its files, when all of them together fit into a mail. */
  readonly attachments: readonly MailAttachment[];
}

/** Thousands get the same report one after the other: it is read once. */
const issues = new Recent<Issue>(8);
const MOST_FIGURES = 6;
/** The first one is what “open the report” leads to. */
const inMails: readonly Format[] = ['pdf', 'xlsx', 'csv', 'json'];

/** Reads a report that is ready, with its files when they are no larger than `mostBytes` in all. */
export function issueOf(db: Tx, reference: Reference, delivery: Pick<Delivery, 'runId' | 'language' | 'formats'>, mostBytes: number): Promise<Issue> {
  const { runId, formats: wanted } = delivery;
  if (runId === null) throw new RangeError('a notice is no report');
  const language = languageOf(delivery);
  return issues.get(JSON.stringify([runId, language, wanted, mostBytes]), () => readIssue(db, reference, { runId, language, wanted, mostBytes }));
}

interface Wanted {
  readonly runId: string;
  readonly language: Language;
  readonly wanted: readonly string[];
  readonly mostBytes: number;
}

async function readIssue(db: Tx, reference: Reference, { runId, language, wanted, mostBytes }: Wanted): Promise<Issue> {
  const run = await db.reportRun.findUniqueOrThrow({ where: { id: runId }, include: { occurrence: true } });
  if (run.status !== 'ready') throw new Error(`report ${runId} is ${run.status}`);
  const sizes = await fileSizes(db, runId, language);
  const present = inMails.filter((format) => wanted.includes(format) && sizes.has(format));
  const inAll = present.reduce((sum, format) => sum + (sizes.get(format) ?? 0), 0);
  const attachments: MailAttachment[] = [];
  if (inAll <= mostBytes) {
    for (const format of present) {
      const { name, content } = await namedArtefact(db, run, format, language);
      attachments.push({ name, content, type: mediaTypes[format] });
    }
  }
  return {
    run,
    title: reportTitle(run.kind, language),
    lateSince: run.occurrence?.late === true ? run.occurrence.dueAt : null,
    figures: await headline(db, reference, run, language),
    formats: present,
    attachments,
  };
}

async function fileSizes(db: Tx, runId: string, language: Language): Promise<ReadonlyMap<string, number>> {
  const rows = await db.$queryRaw<{ format: string; bytes: number }[]>`
    SELECT format, octet_length(content) AS bytes FROM report_artefact WHERE run_id = ${runId}::uuid AND language IN ('-', ${language})`;
  return new Map(rows.map(({ format, bytes }) => [format, bytes]));
}

/** The figures with which the report begins. */
async function headline(db: Tx, reference: Reference, run: ReportRun, language: Language): Promise<readonly MailFigure[]> {
  const document = await readDocument(db, reference, run, language);
  const figures = document === null ? [] : headFigures(document);
  return figures.slice(0, MOST_FIGURES).map(({ label, value, rule }) => ({ label, value: figureText(language, value), rule }));
}

/** The language in which a delivery is written. */
export function languageOf({ language }: Pick<Delivery, 'language'>): Language {
  return language === 'en' ? 'en' : 'fr';
}

/** Whether its recipient, or for an address or another system whoever sends it, still sees all that is in a report. */
export async function stillCovers(db: Tx, { userId, requestedBy }: Pick<Delivery, 'userId' | 'requestedBy'>, run: ReportRun): Promise<boolean> {
  const actor = await actorOf(db, userId ?? requestedBy);
  return actor !== null && coversScope(visibilityOf(actor), scopeOf(run));
}

/** What a report was computed over. */
export function scopeOf(run: ReportRun): Visibility {
  return paramsOf(run).question.scope;
}
