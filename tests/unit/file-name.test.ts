import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { documentTypes } from '../../src/domain/document-type.js';
import { contentDisposition, safeFileName } from '../../src/domain/file-name.js';

describe('a safe file name', () => {
  test.each([
    ['Convention n° 2025-117 (signée).pdf', 'Convention n- 2025-117 (signée).pdf'],
    ['reçu_02.10.2025.PDF', 'reçu_02.10.2025.pdf'],
    ['Décision 2025.117', 'Décision 2025.117.pdf'],
    ['e\u0301tat.pdf', 'état.pdf'],
    ['اتفاقية التمويل.pdf', 'اتفاقية التمويل.pdf'],
    ['协议 ߒߞߏ.pdf', '协议 ߒߞߏ.pdf'],
    ['l’accord\u00A0final.pdf', 'l-accord final.pdf'],
    ['C:\\Users\\awa\\accord.pdf', 'accord.pdf'],
    ['../../etc/passwd', 'passwd.pdf'],
    ['accord.pdf.exe', 'accord.pdf.pdf'],
    ['accord\u202Efdp.exe', 'accordfdp.pdf'],
    ['a\r\nSet-Cookie: x\0.pdf', 'aSet-Cookie- x.pdf'],
    ['.htaccess', 'htaccess.pdf'],
    ['.pdf', 'document.pdf'],
    ['....', 'document.pdf'],
    ['', 'document.pdf'],
    ['"><script>.pdf', 'script.pdf'],
  ])('%j becomes %j', (name, safe) => {
    expect(safeFileName(name, documentTypes.pdf)).toBe(safe);
  });

  test('the extension is that of the type', () => {
    expect(safeFileName('photo.jpeg', documentTypes.jpeg)).toBe('photo.jpg');
    expect(safeFileName('photo.png', documentTypes.webp)).toBe('photo.webp');
    expect(safeFileName('budget.xlsm', documentTypes.xlsx)).toBe('budget.xlsx');
  });

  test('150 units at most, no half character', () => {
    expect(safeFileName('é'.repeat(400), documentTypes.pdf)).toBe(`${'é'.repeat(146)}.pdf`);
    expect(safeFileName(`a${'𞤀'.repeat(100)}`, documentTypes.pdf)).toBe(`a${'𞤀'.repeat(72)}.pdf`);
  });

  test('whatever comes in, only what is allowed goes out', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom(...Object.values(documentTypes)), (name, type) => {
        const safe = safeFileName(name, type);
        expect(safe).toMatch(/^[\p{L}\p{M}\p{N}_()][\p{L}\p{M}\p{N} \-_.()]*$/u);
        expect(safe.length).toBeLessThanOrEqual(150);
        expect(safe.endsWith(`.${type.extension}`)).toBe(true);
      }),
    );
  });
});

describe('Content-Disposition', () => {
  test.each([
    ['accord (final).pdf', 'attachment; filename="accord (final).pdf"'],
    ['état d’exécution.pdf', `attachment; filename="etat d_execution.pdf"; filename*=UTF-8''%C3%A9tat%20d%E2%80%99ex%C3%A9cution.pdf`],
    ['اتفاق.pdf', `attachment; filename="_____.pdf"; filename*=UTF-8''%D8%A7%D8%AA%D9%81%D8%A7%D9%82.pdf`],
    [`a"b\\c'd(é)*%41`, `attachment; filename="a_b_c'd(e)*_41"; filename*=UTF-8''a%22b%5Cc%27d%28%C3%A9%29%2A%2541`],
    ['a\r\nSet-Cookie: x', `attachment; filename="a__Set-Cookie: x"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x`],
    ['\uD800', `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`],
  ])('%j', (name, header) => {
    expect(contentDisposition(name)).toBe(header);
  });

  test('whatever the name, the header is visible ASCII and gives the name back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (name) => {
        const header = contentDisposition(name);
        const parts = /^attachment; filename="([ !#-[\]-~]*)"(?:; filename\*=UTF-8''([!#$&+.^_`|~\w%-]*))?$/.exec(header);
        expect(parts).not.toBeNull();
        expect(parts![2] === undefined ? parts![1] : decodeURIComponent(parts![2])).toBe(name);
      }),
    );
  });
});
