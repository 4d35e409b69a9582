import type { ReportDocument, Stamp } from '../document.js';
import type { Provenance } from '../entries.js';

/** The document as PDF. */
export function renderPdf(document: ReportDocument, _provenance: Provenance | null, _stamp: Stamp): Promise<Buffer> {
  return Promise.resolve(Buffer.from(document.title));
}
