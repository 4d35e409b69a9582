import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cell } from '../../src/features/reports/document.js';
import { lengthOf, sheetNames, textCell, valueCell } from '../../src/features/reports/render/sheet-values.js';

describe('an amount', () => {
  test('is a number with the digits of its currency', () => {
    expect(valueCell(cell.amount('1250000.50', 'EUR'))).toEqual({ value: 1250000.5, style: { numFmt: '#,##0.00' } });
    expect(valueCell(cell.amount('-655957', 'XOF'))).toEqual({ value: -655957, style: { numFmt: '#,##0' } });
    expect(valueCell(cell.amount('1.250', 'KWD'), { currency: true })).toEqual({ value: 1.25, style: { numFmt: '#,##0.000\u00A0"KWD"' } });
    expect(valueCell(cell.amount(null, 'EUR'))).toEqual({ value: null });
  });

  test('is never another amount than the one in the document', () => {
    const minor = fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n });
    fc.assert(
      fc.property(minor, fc.constantFrom(0, 2, 3), (units, exponent) => {
        const digits = (units < 0n ? -units : units).toString().padStart(exponent + 1, '0');
        const decimal = `${units < 0n ? '-' : ''}${digits.slice(0, digits.length - exponent)}${exponent === 0 ? '' : `.${digits.slice(-exponent)}`}`;
        const { value } = valueCell(cell.amount(decimal, 'EUR'));
        const significant = digits.replace(/^0+/, '').replace(exponent === 0 ? /$^/ : /0+$/, '').length;
        if (significant > 15) expect(value).toBe(decimal);
        // Fifteen digits are what a double gives back, and what a reader sees.
        else if (units !== 0n) expect(BigInt(Math.round(Number(value) * 10 ** exponent))).toBe(units);
      }),
    );
  });

  test('beyond fifteen significant digits is text', () => {
    expect(valueCell(cell.amount('9999999999999.99', 'EUR')).value).toBe(9999999999999.99);
    expect(valueCell(cell.amount('99999999999999.99', 'EUR'))).toMatchObject({ value: '99999999999999.99', style: { numFmt: '@' } });
    expect(valueCell(cell.amount('1000000000000000', 'XOF')).value).toBe('1000000000000000');
  });
});

test('shares, counts and days are values of their own kind', () => {
  expect(valueCell(cell.percent('0.7312'))).toEqual({ value: 0.7312, style: { numFmt: '0.00%' } });
  expect(valueCell(cell.count(1200))).toEqual({ value: 1200, style: { numFmt: '#,##0' } });
  expect(valueCell(cell.day('2025-04-10'))).toMatchObject({ value: new Date('2025-04-10T00:00:00Z'), style: { numFmt: 'dd/mm/yyyy' } });
  // Excel knows no such day.
  expect(valueCell(cell.day('1899-12-31')).value).toBe('1899-12-31');
  for (const empty of [cell.percent(null), cell.count(null), cell.day(null)]) expect(valueCell(empty)).toEqual({ value: null });
});

test('a text stays a text', () => {
  expect(textCell('=1+1').value).toBe('=1+1');
  expect(textCell('a\u0000b\u000Bc\nd').value).toBe('a b c\nd');
  expect(textCell('_x0041_').value).toBe('_x005F_x0041_');
});

test('a width is what a value shows', () => {
  expect(lengthOf(valueCell(cell.amount('1250000.50', 'EUR')))).toBeGreaterThanOrEqual('1 250 000,50'.length);
  expect(lengthOf(valueCell(cell.amount('-999', 'XOF')))).toBeGreaterThanOrEqual('-999'.length);
  expect(lengthOf(valueCell(cell.day('2025-04-10')))).toBe(10);
});

describe('names of sheets', () => {
  test('are short, allowed, and each its own, whatever the titles', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { maxLength: 30 }), (titles) => {
        const names = sheetNames(titles);
        expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(titles.length);
        for (const name of names) {
          expect(name.length).toBeGreaterThan(0);
          expect(name.length).toBeLessThanOrEqual(31);
          expect(name).not.toMatch(/[[\]:*?/\\]|^'|'$/);
          expect(name.toLowerCase()).not.toBe('history');
          expect(name).not.toMatch(/\p{Surrogate}/u);
        }
      }),
    );
  });

  test('say that they are cut, and number those that are alike', () => {
    expect(sheetNames(['Par État / secteur', 'Par donateur et par État, en détail', 'par donateur et par état, en détail', 'History'])).toEqual([
      'Par État secteur',
      'Par donateur et par État, en d…',
      'par donateur et par état,… (2)',
      'History (2)',
    ]);
  });
});
