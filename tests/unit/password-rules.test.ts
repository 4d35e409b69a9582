import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { checkPassword, normalisePassword, type PasswordOwner } from '../../src/features/auth/password-rules.js';
import { isLeakedPassword, repeatedPart } from '../../src/platform/leaked-passwords.js';

const owner: PasswordOwner = { email: 'aissata.diallo@sante.example', name: 'Aïssata Diallo', more: ['Ministère de la Santé'] };
const GOOD = 'cheval correct batterie agrafe';

const codeOf = async (password: string, leakedFile?: string) => (await checkPassword(password, owner, leakedFile))?.code;
const sha1 = (password: string) => createHash('sha1').update(password).digest('hex').toUpperCase();

describe('a password', () => {
  test.each([
    GOOD,
    'je mange du to au poulet',
    'quarante-deux chameaux verts',
    'v9Qm2#xL7w!pR4z',
    '83920174650923718',
    'ⵜⴰⵎⴰⵛⴻⵇ ⵜⵉⴼⵉⵏⴰⵖ ⴰⵎⴰⵏ',
    `${GOOD} `.repeat(6),
  ])('may be %j', async (password) => expect(await codeOf(password)).toBeUndefined());

  test('has 15 to 200 characters, however many bytes or keystrokes each is', async () => {
    const mixed = '🐪é漢ß🌾日ç本ñ🔥語à水ø火';
    expect(Array.from(mixed)).toHaveLength(15);
    expect(await codeOf(mixed)).toBeUndefined();
    expect(await codeOf(mixed.normalize('NFD'))).toBeUndefined();
    expect(await codeOf(Array.from(mixed).slice(1).join(''))).toBe('PASSWORD_TOO_SHORT');
    // Fifteen code points as typed on some keyboards, fourteen letters.
    expect(await codeOf('qxzvkwjfbgpyhe\u0301')).toBe('PASSWORD_TOO_SHORT');
    const long = `${GOOD} ${mixed} `.repeat(5).slice(0, 180);
    const exact = `${long}${'x'.repeat(200 - Array.from(long).length)}`;
    expect(await codeOf(exact)).toBeUndefined();
    expect(await codeOf(`${exact}x`)).toBe('PASSWORD_TOO_LONG');
  });

  test.each([
    'Password123456!!',
    'qwertyuiop123456',
    'motdepasse-2025-!',
    'motdepassemotdepasse',
    'mot de passe 20252025',
    'monkey-monkey-monkey',
    'IloveYou2IloveYou2',
  ])('is not %j, which is common', async (password) => expect(await codeOf(password)).toBe('PASSWORD_LEAKED'));

  test.each([
    '               ',
    'aaaaaaaaaaaaaaaa',
    'abcdefghijklmnop',
    '123456789012345',
    'azertyuiopqsdfgh',
    '01/02/2003'.repeat(20),
    'administrateur1',
    'AissataDiallo2025',
    'Diallo Aïssata 1',
    'aissata.diallo@sante.example',
    'ministeredelasante!',
    'Liptako-Gourma-2025',
  ])('is not %j, which is guessed', async (password) => expect(await codeOf(password)).toBe('PASSWORD_GUESSABLE'));

  test('may hold a word of its owner among others', async () => {
    expect(await codeOf('diallo et ses trois baobabs')).toBeUndefined();
    expect(await codeOf('diallo v9Qm2#xL7w!pR4z')).toBeUndefined();
  });

  test('is refused to the one whose name it is, not to another', async () => {
    const other = { email: 'boubacar@example.org', name: 'Boubacar Traoré' };
    expect(await checkPassword('Wendkouni Sawadogo', other)).toBeUndefined();
    expect(await checkPassword('Wendkouni Sawadogo', { ...other, name: 'Wendkouni Sawadogo' })).toEqual({ code: 'PASSWORD_GUESSABLE' });
  });

  test('is one and the same in every Unicode form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(normalisePassword(text.normalize('NFD'))).toBe(normalisePassword(text));
        expect(normalisePassword(normalisePassword(text))).toBe(normalisePassword(text));
      }),
    );
    expect(normalisePassword('e\u0301')).toBe('\u00e9');
    // Only equivalent letters are made one: a password is not weakened by folding ² into 2.
    expect(normalisePassword('²ﬁ')).toBe('²ﬁ');
  });
});

describe('the part that a text repeats', () => {
  test.each([
    ['abab', 'ab'],
    ['ab-ab ab', 'ab'],
    ['aaa', 'a'],
    ['abc', 'abc'],
    ['aba', 'aba'],
    ['', ''],
    ['- -', '- -'],
    ['🐪🐪', '🐪'],
  ])('%j is %j', (text, part) => expect(repeatedPart(text)).toBe(part));
});

describe('the file of leaked passwords', () => {
  const leaked = Array.from({ length: 2000 }, (_, index) => `leaked and unusual ${index}`);
  const sorted = leaked.map((password, index) => `${sha1(password)}:${index * index + 1}`).sort();
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'liptako-leaked-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function fileOf(content: string): string {
    const file = path.join(folder, sha1(content));
    writeFileSync(file, content);
    return file;
  }

  test.each([
    ['\n', '\n'],
    ['\r\n', '\r\n'],
    ['\n', ''],
    ['\r\n', ''],
  ])('names each of its passwords and no other, with lines ending in %j and the last in %j', async (end, last) => {
    const file = fileOf(`${sorted.join(end)}${last}`);
    for (const password of leaked) expect(await isLeakedPassword(password, file)).toBe(true);
    for (let index = 0; index < 500; index += 1) expect(await isLeakedPassword(`never seen anywhere ${index}`, file)).toBe(false);
  });

  test.each([1, 2, 3, 50])('may be of %d lines', async (lines) => {
    const chosen = leaked.slice(0, lines);
    const file = fileOf(chosen.map((password) => `${sha1(password).toLowerCase()}:7\n`).sort().join(''));
    for (const password of chosen) expect(await isLeakedPassword(password, file)).toBe(true);
    expect(await isLeakedPassword(GOOD, file)).toBe(false);
  });

  test('may be empty', async () => expect(await isLeakedPassword(GOOD, fileOf(''))).toBe(false));

  test('refuses a password that would do otherwise, in every Unicode form', async () => {
    const password = 'café à Gao, thé à Kidal';
    const file = fileOf([...sorted, `${sha1(password)}:1`].sort().join('\r\n'));
    expect(await codeOf(password)).toBeUndefined();
    expect(await codeOf(password, file)).toBe('PASSWORD_LEAKED');
    expect(await codeOf(password.normalize('NFD'), file)).toBe('PASSWORD_LEAKED');
  });

  test('has to be there, a list of hashes, and in their order', async () => {
    await expect(isLeakedPassword(GOOD, path.join(folder, 'none'))).rejects.toThrow('ENOENT');
    await expect(isLeakedPassword(GOOD, fileOf(leaked.join('\n')))).rejects.toThrow('not a list of SHA-1 hashes');
    await expect(isLeakedPassword(GOOD, fileOf('azerty\nqwerty\n'))).rejects.toThrow('not a list of SHA-1 hashes');
    const backwards = fileOf([...sorted].reverse().join('\n'));
    await expect(isLeakedPassword(GOOD, backwards)).rejects.toThrow('not ordered by hash');
  });
});
