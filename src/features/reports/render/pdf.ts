import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { NodeCompiler, type NodeTypstDocument } from '@myriaddreamin/typst-ts-node-compiler';
import type { ReportDocument, Stamp } from '../document.js';
import type { Provenance } from '../entries.js';
import { fontFiles } from './fonts.js';
import { sheetOf, type Sheet } from './sheet.js';

const template = readFileSync(path.join(__dirname, 'report.typ'), 'utf8');
/** In points; a report on one page takes the first that keeps it there. */
const SIZES = { report: [9.5], page: [9, 8.6, 8.2, 7.8, 7.4, 7, 6.6, 6.2] } as const;

let opened: NodeCompiler | undefined;

/**
 * The document as tagged PDF (PDF/UA-1), the same bytes for the same document, origin and stamp.
 * @throws Error with what the typesetter says, which is a fault of the template
 */
export async function renderPdf(document: ReportDocument, provenance: Provenance | null, stamp: Stamp): Promise<Buffer> {
  opened ??= NodeCompiler.create({ workspace: __dirname, fontArgs: [{ fontBlobs: [...fontFiles] }] });
  const compiler = opened;
  let pages: NodeTypstDocument | undefined;
  for (const size of SIZES[document.layout]) {
    // The compiler holds the thread; in between, others have it.
    await setImmediate();
    pages = compile(compiler, sheetOf(document, provenance, stamp, size));
    if (pages.numOfPages === 1) break;
  }
  if (pages === undefined) throw new Error('no size to set the report in');
  try {
    return compiler.pdf(pages, { pdfStandard: 'ua-1' });
  } finally {
    compiler.evictCache(0);
  }
}

function compile(compiler: NodeCompiler, sheet: Sheet): NodeTypstDocument {
  const compiled = compiler.compile({ mainFileContent: template, inputs: { report: JSON.stringify(sheet) } });
  if (compiled.result !== null) return compiled.result;
  const diagnostics = compiled.takeDiagnostics();
  throw new Error(`The report could not be set: ${JSON.stringify(diagnostics === null ? null : compiler.fetchDiagnostics(diagnostics))}`);
}
