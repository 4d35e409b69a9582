import { readFileSync } from 'node:fs';
import path from 'node:path';
import { strToU8, zipSync, type Zippable } from 'fflate';

export const MAIN = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml';
export const PDF = Buffer.from('%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n');
export const PNG = readFileSync(path.resolve(__dirname, '../../docs/api.png'));
export const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffdb0043ffd9', 'hex');
export const WEBP = Buffer.concat([Buffer.from('RIFF\x0E\0\0\0WEBPVP8L\x02\0\0\0', 'latin1'), Buffer.from([0x2f, 0])]);
export const HTML = Buffer.from('<!doctype html><script>alert(1)</script>');

export const contentTypes = (...overrides: string[]) =>
  `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${overrides
    .map((type) => `<Override PartName="/xl/workbook.xml" ContentType="${type}"/>`)
    .join('')}</Types>`;

type Files = Readonly<Record<string, string | undefined>>;

/** A workbook, some of its files replaced or left out. */
export function workbook(files: Files = {}, level: 0 | 6 = 6): Buffer {
  const all: Files = { '[Content_Types].xml': contentTypes(MAIN), '_rels/.rels': '<Relationships/>', 'xl/workbook.xml': '<workbook/>', 'xl/worksheets/sheet1.xml': '<worksheet/>', ...files };
  const kept: Zippable = {};
  for (const [name, content] of Object.entries(all)) if (content !== undefined) kept[name] = strToU8(content);
  return Buffer.from(zipSync(kept, { level }));
}
