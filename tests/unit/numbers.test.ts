import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cell } from '../../src/features/reports/document.js';
import { amountText, cellText, dayFigures, numberText, percentText, shortText } from '../../src/features/reports/render/numbers.js';
import { dayText } from '../../src/i18n/moment.js';
import { typeset, visible } from '../../src/features/reports/render/typesetting.js';

describe('numbers in a language', () => {
  test('amounts keep every digit', () => {
    expect(amountText('fr', '-1234567890123.50', 'EUR')).toBe('\u22121\u202F234\u202F567\u202F890\u202F123,50\u00A0EUR');
    expect(amountText('en', '1234567.50', 'EUR')).toBe('1,234,567.50\u00A0EUR');
    expect(numberText('fr', '999')).toBe('999');
  });

  test('shares are rounded once, halves up', () => {
    expect(percentText('fr', '0.73149')).toBe('73,1\u202F%');
    expect(percentText('en', '0.7315')).toBe('73.2%');
    expect(percentText('en', '-0.0004')).toBe('0.0%');
    expect(percentText('fr', '12')).toBe('1\u202F200,0\u202F%');
  });

  test('days', () => {
    expect(dayText('fr', '2025-08-01')).toBe('1er août 2025');
    expect(dayText('fr', '2025-08-11')).toBe('11 août 2025');
    expect(dayText('en', '2025-08-05')).toBe('5 August 2025');
    expect(dayFigures('2025-08-05')).toBe('05/08/2025');
  });

  test.each([
    ['0', '0', '0'],
    ['12.40', '12', '12'],
    ['1234', '1,2\u00A0k', '1.2k'],
    ['999950', '1\u00A0M', '1M'],
    ['12345678', '12,3\u00A0M', '12.3M'],
    ['123456789', '123\u00A0M', '123M'],
    ['-1234567890', '\u22121,2\u00A0Md', '\u22121.2bn'],
  ])('%s in short', (value, fr, en) => {
    expect(shortText('fr', value)).toBe(fr);
    expect(shortText('en', value)).toBe(en);
  });

  test('a short amount is within half of its last figure', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (value) => {
        const [, number = '', step = ''] = /^([\d.,]+)(k|M|bn|tn)?$/.exec(shortText('en', String(value))) ?? [];
        const unit = 10 ** (3 * ['', 'k', 'M', 'bn', 'tn'].indexOf(step));
        expect(Math.abs(Number(number.replaceAll(',', '')) * unit - Number(value))).toBeLessThanOrEqual(Math.max(0.05 * unit, Number(value) * 0.05));
      }),
    );
  });

  test('cells by their kind; what is not known is a dash', () => {
    expect(cellText('fr', cell.amount('1000.00', 'USD'))).toBe('1\u202F000,00');
    expect(cellText('fr', cell.count(1200))).toBe('1\u202F200');
    expect(cellText('fr', cell.percent(null))).toBe('–');
    expect(cellText('fr', cell.text(''))).toBe('');
  });
});

describe('text', () => {
  test('what is not seen, and what turns the direction of reading, is left out', () => {
    expect(visible('a\u202Eb\u2066c\u200Bd\u0007e\nf')).toBe('abcd e f');
  });

  test('French punctuation never stands at the beginning of a line', () => {
    expect(typeset('fr', '« Quoi ? » : 50 % ; oui !')).toBe('«\u00A0Quoi\u202F?\u00A0»\u00A0: 50\u202F%\u202F; oui\u202F!');
    expect(typeset('en', 'What ?')).toBe('What ?');
  });
});
