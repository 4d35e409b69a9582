import { type DocumentType, documentTypes } from '../domain/document-type.js';
import { readZipDirectory, readZipEntry } from './zip-directory.js';

const PNG_START = Buffer.from('\x89PNG\r\n\x1A\n\0\0\0\rIHDR', 'latin1');
const PNG_END = Buffer.from('\0\0\0\0IEND\xAE\x42\x60\x82', 'latin1');
const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);
const JPEG_END = Buffer.from([0xff, 0xd9]);
const ZIP_END = Buffer.from('PK\x05\x06', 'latin1');
/** Where readers look for `%%EOF` (PDF Reference 1.7, appendix H) and for the end of a zip (APPNOTE.TXT 4.3.16). */
const PDF_TAIL_BYTES = 1024;
const ZIP_TAIL_BYTES = 65_535 + 22;

const CONTENT_TYPES = '[Content_Types].xml';
const MOST_CONTENT_TYPES_BYTES = 1_048_576;
const WORKBOOK = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml';

/**
 * The type of a document by its content, never by its name. Undefined for every other type, and for what is two things at once, is
 * cut short, or holds macros or encrypted parts.
 */
export function documentTypeOf(content: Uint8Array): DocumentType | undefined {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (isWorkbook(bytes)) return documentTypes.xlsx;
  if (bytes.subarray(-ZIP_TAIL_BYTES).includes(ZIP_END)) return undefined;
  if (isPdf(bytes)) return documentTypes.pdf;
  if (startsWith(bytes, PNG_START) && bytes.subarray(-PNG_END.length).equals(PNG_END)) return documentTypes.png;
  // Telephones write more after the image's end.
  if (startsWith(bytes, JPEG_START) && bytes.includes(JPEG_END)) return documentTypes.jpeg;
  if (isWebp(bytes)) return documentTypes.webp;
  return undefined;
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.subarray(0, start.length).equals(start);
}

function isPdf(bytes: Buffer): boolean {
  return /^%PDF-\d\.\d/.test(bytes.toString('latin1', 0, 8)) && bytes.subarray(-PDF_TAIL_BYTES).includes('%%EOF');
}

/** A RIFF that is exactly as long as it says. */
function isWebp(bytes: Buffer): boolean {
  return bytes.length >= 16 && /^RIFF.{4}WEBPVP8[ LX]$/s.test(bytes.toString('latin1', 0, 16)) && bytes.readUInt32LE(4) === bytes.length - 8;
}

/** An OOXML package whose main part is a workbook without macros (ECMA-376 part 2, 7.2.3). */
function isWorkbook(bytes: Buffer): boolean {
  const entries = readZipDirectory(bytes);
  if (entries === undefined || entries.some(({ encrypted }) => encrypted)) return false;
  const names = new Set(entries.map(({ name }) => name.toLowerCase()));
  const listed = entries.find(({ name }) => name === CONTENT_TYPES);
  if (names.size < entries.length || listed === undefined || !names.has('xl/workbook.xml')) return false;
  if ([...names].some((name) => name.includes('vbaproject'))) return false;
  const types = Buffer.from(readZipEntry(bytes, listed, MOST_CONTENT_TYPES_BYTES) ?? []).toString('utf8');
  // With entities or declarations, the text would not say what it means.
  return types.includes(WORKBOOK) && !/macro|vbaProject|activeX|&|<!/i.test(types);
}
