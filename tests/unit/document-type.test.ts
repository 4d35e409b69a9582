import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { documentTypes } from '../../src/domain/document-type.js';
import { documentTypeOf } from '../../src/platform/document-type.js';
import { contentTypes, HTML, JPEG, MAIN, PDF, PNG, WEBP, workbook } from '../support/documents.js';

/** The zip with one bit of the flags of every directory entry set. */
function flagged(zip: Buffer, bit: number): Buffer {
  const changed = Buffer.from(zip);
  for (let at = changed.indexOf('PK\x01\x02'); at !== -1; at = changed.indexOf('PK\x01\x02', at + 1)) changed[at + 8]! |= bit;
  return changed;
}

const typeOf = (content: Uint8Array) => documentTypeOf(content)?.extension;

describe('known by their content', () => {
  test.each([
    ['PDF', PDF, documentTypes.pdf],
    ['PNG', PNG, documentTypes.png],
    ['JPEG', JPEG, documentTypes.jpeg],
    ['JPEG with a telephone’s trailer', Buffer.concat([JPEG, Buffer.from('SEFT')]), documentTypes.jpeg],
    ['WEBP', WEBP, documentTypes.webp],
    ['XLSX', workbook(), documentTypes.xlsx],
    ['XLSX, not compressed', workbook({}, 0), documentTypes.xlsx],
  ])('%s', (_name, content, type) => {
    expect(documentTypeOf(content)).toBe(type);
    // A view into a larger buffer, as uploads often are.
    const larger = new Uint8Array(content.length + 20).fill(1);
    larger.set(content, 7);
    expect(documentTypeOf(larger.subarray(7, 7 + content.length))).toBe(type);
  });
});

describe('refused', () => {
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('Montant;Devise\n100;XOF\n')],
    ['HTML', HTML],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>')],
    ['GIF', Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1')],
    ['a program', Buffer.from('MZ\x90\0\x03', 'latin1')],
    ['an old Office file, or an encrypted new one', Buffer.from('d0cf11e0a1b11ae1', 'hex')],
    ['a PDF cut short', PDF.subarray(0, -7)],
    ['a PDF whose end is followed by much else', Buffer.concat([PDF, Buffer.alloc(2000, 32)])],
    ['a PDF after a line break', Buffer.concat([Buffer.from('\n'), PDF])],
    ['a PDF with HTML in front', Buffer.concat([HTML, PDF])],
    ['a PDF header without a version', Buffer.from('%PDF-\n%%EOF')],
    ['a PNG cut short', PNG.subarray(0, -12)],
    ['a PNG with HTML behind', Buffer.concat([PNG, HTML])],
    ['a JPEG cut short', JPEG.subarray(0, -2)],
    ['a WEBP cut short', WEBP.subarray(0, -1)],
    ['a WEBP with HTML behind', Buffer.concat([WEBP, HTML])],
    ['another RIFF', Buffer.from('RIFF\x04\0\0\0WAVE', 'latin1')],
    ...[PDF, PNG, JPEG, WEBP].map((image) => ['a document that is a zip too', Buffer.concat([image, workbook()])] as const),
    ['a zip that is a PDF too', Buffer.concat([PDF, Buffer.from(zipSync({ 'a.exe': strToU8('MZ') })), Buffer.from('%%EOF')])],
  ])('%s', (_name, content) => {
    expect(typeOf(content)).toBeUndefined();
  });
});

describe('a zip that is no harmless workbook', () => {
  test.each([
    ['only a program', Buffer.from(zipSync({ 'setup.exe': strToU8('MZ') }))],
    ['empty', Buffer.from(zipSync({}))],
    ['DOCX', workbook({ 'xl/workbook.xml': undefined, 'word/document.xml': '<document/>' })],
    ['no content types', workbook({ '[Content_Types].xml': undefined })],
    ['a workbook that is not listed as one', workbook({ '[Content_Types].xml': contentTypes('application/xml') })],
    ['XLSM', workbook({ '[Content_Types].xml': contentTypes('application/vnd.ms-excel.sheet.macroEnabled.main+xml') })],
    ['a VBA project', workbook({ 'xl/vbaProject.bin': 'x' })],
    ['a VBA project under another name', workbook({ 'xl/harmless.bin': 'x', '[Content_Types].xml': contentTypes(MAIN, 'application/vnd.ms-office.vbaProject') })],
    ['a macro sheet', workbook({ '[Content_Types].xml': contentTypes(MAIN, 'application/vnd.ms-excel.macrosheet+xml') })],
    ['an ActiveX control', workbook({ '[Content_Types].xml': contentTypes(MAIN, 'application/vnd.ms-office.activeX+xml') })],
    ['a content type written in entities', workbook({ '[Content_Types].xml': contentTypes(MAIN, 'application/vnd.ms-office.&#118;baProject') })],
    ['a declaration', workbook({ '[Content_Types].xml': `<!DOCTYPE x>${contentTypes(MAIN)}` })],
    ['content types above 1 MiB', workbook({ '[Content_Types].xml': contentTypes(MAIN) + ' '.repeat(1_100_000) })],
    ['two files of one name', workbook({ 'XL/WORKBOOK.XML': '<workbook/>' })],
    ['encrypted', flagged(workbook(), 0x01)],
    ['strongly encrypted', flagged(workbook(), 0x40)],
    ['something in front', Buffer.concat([HTML, workbook()])],
    ['something behind', Buffer.concat([workbook(), HTML])],
    ['cut short', workbook().subarray(0, -1)],
  ])('%s', (_name, content) => {
    expect(typeOf(content)).toBeUndefined();
  });

  test('a comment behind the directory, though it is declared', () => {
    const zip = workbook();
    zip.writeUInt16LE(4, zip.length - 2);
    expect(typeOf(Buffer.concat([zip, Buffer.from('note')]))).toBeUndefined();
  });

  test('a directory of more files than there are', () => {
    const zip = workbook();
    zip.writeUInt16LE(0xffff, zip.length - 12);
    zip.writeUInt16LE(0xffff, zip.length - 14);
    expect(typeOf(zip)).toBeUndefined();
  });
});

test('no bytes make it fail', () => {
  const starts = [Buffer.alloc(0), PDF, PNG.subarray(0, 40), JPEG, WEBP, Buffer.from('PK\x03\x04')];
  const ends = [Buffer.alloc(0), Buffer.from('%%EOF'), Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)])];
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...ends), (start, middle, end) => {
      documentTypeOf(Buffer.concat([start, middle, end]));
    }),
    { numRuns: 2000 },
  );
});

test('a damaged workbook is a workbook or nothing', () => {
  const zip = workbook();
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(zip.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), (changes) => {
      const damaged = Buffer.from(zip);
      for (const [at, value] of changes) damaged[at] = value;
      expect([undefined, 'xlsx']).toContain(typeOf(damaged));
    }),
    { numRuns: 3000 },
  );
});
