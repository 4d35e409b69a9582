import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newRecoveryCodes, recoveryCodeHash } from '../../src/features/auth/recovery-codes.js';

const CODE = /^([0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}$/;

test('ten codes of 16 unmistakable characters, never the same', () => {
  const sets = Array.from({ length: 100 }, newRecoveryCodes);
  for (const codes of sets) expect(codes).toHaveLength(10);
  const codes = sets.flat();
  expect(new Set(codes).size).toBe(1000);
  for (const code of codes) expect(code).toMatch(CODE);
});

test('every character occurs at every place', () => {
  const codes = Array.from({ length: 200 }, newRecoveryCodes).flat().map((code) => code.replace(/-/g, ''));
  for (let place = 0; place < 16; place += 1) expect(new Set(codes.map((code) => code[place])).size).toBe(32);
});

test('a code is the same however it is typed', () => {
  const letters: Readonly<Record<string, readonly string[]>> = { 0: ['0', 'O', 'o'], 1: ['1', 'I', 'i', 'L', 'l'], '-': ['-', ' ', '', '–', ' - ', '\t'] };
  const typings = fc
    .constantFrom(...newRecoveryCodes(), '0101-1010-A0B1-Z100')
    .chain((code) => fc.tuple(fc.constant(code), ...Array.from(code, (one) => fc.constantFrom(...(letters[one] ?? [one, one.toLowerCase()])))));
  fc.assert(fc.property(typings, ([code, ...typed]) => expect(recoveryCodeHash(typed.join(''))).toEqual(recoveryCodeHash(code))));
});

test('another code has another hash, of 32 bytes', () => {
  const hashes = newRecoveryCodes().map((code) => recoveryCodeHash(code));
  for (const hash of hashes) expect(hash).toHaveLength(32);
  expect(new Set(hashes.map((hash) => hash.toString('hex'))).size).toBe(10);
  expect(recoveryCodeHash('0000-0000-0000-0000')).not.toEqual(recoveryCodeHash('0000-0000-0000-000'));
});
