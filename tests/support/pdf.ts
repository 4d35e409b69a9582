import { execFile } from 'node:child_process';
import path from 'node:path';

/** What a reader, or a screen reader, finds in a PDF. */
export interface ReadPdf {
  readonly pages: number;
  /** Of all pages, each kind of space as a plain one; `texts` has it by page. */
  readonly text: string;
  readonly texts: readonly string[];
  /** In points. */
  readonly sizes: readonly { readonly width: number; readonly height: number }[];
  readonly title: string | null;
  readonly author: string | null;
  readonly created: string | null;
  readonly language: string | null;
  readonly tagged: boolean;
  /** The titles of the bookmarks, in their order. */
  readonly outline: readonly string[];
  /** The tags in the order of reading, with the words that stand for a picture. */
  readonly structure: readonly { readonly role: string; readonly alt: string | null }[];
}

/** Reads a PDF by pdfjs, in a process of its own. */
export function readPdf(pdf: Buffer): Promise<ReadPdf> {
  return new Promise((resolve, reject) => {
    const reader = execFile(process.execPath, [path.join(__dirname, 'read-pdf.mjs')], { maxBuffer: 64 * 1024 * 1024 }, (error: Error | null, stdout) => {
      if (error) reject(error);
      else resolve(JSON.parse(stdout) as ReadPdf);
    });
    reader.stdin?.end(pdf);
  });
}
