// Reads a PDF from stdin and writes what is in it to stdout as JSON: pdfjs is an ES module, which the tests cannot load.
import { buffer } from 'node:stream/consumers';
import { getDocument, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs';

const document = await getDocument({ data: new Uint8Array(await buffer(process.stdin)), verbosity: VerbosityLevel.ERRORS }).promise;
const { info } = await document.getMetadata();
const markInfo = await document.getMarkInfo();
const pages = [];
for (let number = 1; number <= document.numPages; number++) {
  const page = await document.getPage(number);
  const { items } = await page.getTextContent();
  const { width, height } = page.getViewport({ scale: 1 });
  pages.push({
    text: items.map((item) => item.str + (item.hasEOL ? '\n' : '')).join(''),
    width,
    height,
    structure: rolesOf(await page.getStructTree()),
  });
}
process.stdout.write(
  JSON.stringify({
    pages: pages.length,
    text: pages.map(({ text }) => text).join('\n'),
    texts: pages.map(({ text }) => text),
    sizes: pages.map(({ width, height }) => ({ width, height })),
    title: info.Title ?? null,
    author: info.Author ?? null,
    created: info.CreationDate ?? null,
    language: info.Language ?? null,
    tagged: markInfo?.Marked === true,
    outline: titlesOf((await document.getOutline()) ?? []),
    structure: pages.flatMap(({ structure }) => structure),
  }),
);

function rolesOf(node) {
  if (node === null || node.role === undefined) return [];
  const { role, alt, children } = node;
  return [{ role, alt: alt ?? null }, ...children.flatMap(rolesOf)];
}

function titlesOf(items) {
  return items.flatMap(({ title, items: inner }) => [title, ...titlesOf(inner)]);
}
