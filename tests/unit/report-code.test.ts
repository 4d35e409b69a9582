import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { codeGroups, codeOf, readCode } from '../../src/features/reports/code.js';

const hash = fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: 64, maxLength: 64 });

test('a code is the first sixty bits of the hash', () => {
  expect(codeOf('0'.repeat(64))).toBe('000000000000');
  expect(codeOf('f'.repeat(64))).toBe('ZZZZZZZZZZZZ');
  // 00001 00010 00011 … in base 32.
  expect(codeOf(`${(0b00001_00010_00011_00100_00101_00110_00111_01000_01001_01010_01011_01100n).toString(16).padStart(15, '0')}${'0'.repeat(49)}`)).toBe('123456789ABC');
});

test('a code is read as it was printed, however it was typed', () => {
  fc.assert(
    fc.property(hash, (of) => {
      const code = codeOf(of);
      expect(readCode(code)).toBe(code);
      expect(readCode(codeGroups(code))).toBe(code);
      expect(readCode(` ${codeGroups(code).toLowerCase().replaceAll('-', ' – ').replaceAll('0', 'o').replaceAll('1', 'l')}\n`)).toBe(code);
    }),
  );
  expect(codeGroups('ABCDEFGHJKMN')).toBe('ABCD-EFGH-JKMN');
});

test.each(['', 'ABCD-EFGH-JKM', 'ABCD-EFGH-JKMNP', 'ABCD-EFGH-JKMU', 'ABCD_EFGH_JKMN', '💶'])('%p is no code', (text) => {
  expect(readCode(text)).toBeNull();
});
