import type { ReportDocument, Stamp } from '../document.js';
import type { Provenance, ReportEntries } from '../entries.js';

/** The document as spreadsheet. */
export function renderXlsx(document: ReportDocument, _entries: ReportEntries | null, _provenance: Provenance | null, _stamp: Stamp): Promise<Buffer> {
  return Promise.resolve(Buffer.from(document.title));
}
