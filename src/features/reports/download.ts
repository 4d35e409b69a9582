import { DomainError } from '../../domain/problem.js';
import type { Reply } from '../../http/endpoint.js';
import type { Language } from '../../i18n/language.js';
import type { ReportRun, Tx } from '../../platform/db.js';
import { type KeptArtefact, findArtefact } from './reports.store.js';
import { paramsOf } from './run.store.js';

/** What a report can be downloaded as. */
export const formats = ['json', 'csv', 'pdf', 'xlsx'] as const;
export type Format = (typeof formats)[number];

/** Media types, by format. */
export const mediaTypes: Readonly<Record<Format, string>> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  pdf: 'application/pdf',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

/** A file of a report with the name it is saved under. */
export interface NamedArtefact extends KeptArtefact {
  readonly format: Format;
  readonly name: string;
}

/**
 * The file of a run that is ready.
 * @throws NOT_FOUND
 */
export async function namedArtefact(tx: Tx, run: ReportRun, format: Format, language: Language): Promise<NamedArtefact> {
  const artefact = await findArtefact(tx, run.id, format, format === 'json' ? '-' : language);
  // Of a report from before this format was written.
  if (!artefact) throw new DomainError('NOT_FOUND', { what: 'report_file' });
  const day = paramsOf(run).question.asOf.slice(0, 10);
  const parts = ['liptako', run.kind.replaceAll('_', '-'), day, run.id.slice(-6), ...(format === 'pdf' || format === 'xlsx' ? [language] : [])];
  return { ...artefact, format, name: `${parts.join('-')}.${format}` };
}

/** A file as an answer, with its digest (RFC 9530). */
export function sendArtefact({ content, sha256, format, name }: NamedArtefact): Reply {
  return {
    status: 200,
    body: content,
    headers: {
      'content-type': mediaTypes[format],
      'content-disposition': `${format === 'json' || format === 'pdf' ? 'inline' : 'attachment'}; filename="${name}"`,
      'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
      'cache-control': 'private, no-cache',
    },
  };
}
