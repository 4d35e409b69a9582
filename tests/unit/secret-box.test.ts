import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { newToken, tokenHash } from '../../src/platform/opaque-token.js';
import { BoxError, type BoxContext, checkMac, isUnderCurrentKey, macOf, open, seal } from '../../src/platform/secret-box.js';

const FIRST = 'the-first-key-of-an-installation-1';
const SECOND = 'the-second-key-of-an-installation-2';
const keys = { current: FIRST };
const context: BoxContext = { purpose: 'totp', subject: 'ada' };

/** The text with another character at the place. */
const changedAt = (text: string, place: number) => `${text.slice(0, place)}${text[place] === 'A' ? 'B' : 'A'}${text.slice(place + 1)}`;

describe('a box', () => {
  test('gives back any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expect(open(seal(text, context, keys), context, keys)).toBe(text)));
  });

  test('never looks the same twice and shows nothing of the text', () => {
    const boxes = Array.from({ length: 50 }, () => seal('JBSWY3DPEHPK3PXP', context, keys));
    expect(new Set(boxes).size).toBe(50);
    expect(boxes[0]).toMatch(/^v1\.[\w-]{8}\.[\w-]{59}$/);
  });

  test.each<[string, BoxContext]>([
    ['for another person', { ...context, subject: 'bob' }],
    ['for another purpose', { ...context, purpose: 'mail' }],
    ['with the words moved', { purpose: 'tot', subject: 'pada' }],
  ])('does not open %s', (_case, other) => expect(() => open(seal('secret', context, keys), other, keys)).toThrow(BoxError));

  test.each(['', 's', 'se', 'sec', 'secret'])('of %j does not open when any character was changed', (text) => {
    const box = seal(text, context, keys);
    const opened = Array.from(box, (_character, place) => changedAt(box, place)).filter((altered) => {
      try {
        open(altered, context, keys);
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(BoxError);
        return false;
      }
    });
    expect(opened).toEqual([]);
  });

  test.each(['', 'v1', 'v1..', 'secret', `${seal('secret', context, keys)}.`, seal('', context, keys).slice(0, -1), seal('secret', context, { current: SECOND })])(
    'does not open when it is none: %s',
    (box) => expect(() => open(box, context, keys)).toThrow(BoxError),
  );

  test('opens under the previous key until that is taken away', () => {
    const old = seal('secret', context, keys);
    const overlap = { current: SECOND, previous: FIRST };
    expect(open(old, context, overlap)).toBe('secret');
    expect(isUnderCurrentKey(old, overlap)).toBe(false);
    const renewed = seal(open(old, context, overlap), context, overlap);
    expect(isUnderCurrentKey(renewed, overlap)).toBe(true);
    expect(open(renewed, context, { current: SECOND, previous: undefined })).toBe('secret');
    expect(() => open(old, context, { current: SECOND })).toThrow(BoxError);
  });
});

describe('a MAC', () => {
  const data = Buffer.from('row 17 of the trail');

  test('is the same for the same data, and right', () => {
    expect(macOf(data, 'audit', keys)).toBe(macOf(new Uint8Array(data), 'audit', keys));
    expect(checkMac(macOf(data, 'audit', keys), data, 'audit', keys)).toBe(true);
  });

  test('is wrong for other data, another purpose, another key, or a character changed', () => {
    const mac = macOf(data, 'audit', keys);
    expect(checkMac(mac, Buffer.from('row 18 of the trail'), 'audit', keys)).toBe(false);
    expect(checkMac(mac, data, 'report', keys)).toBe(false);
    expect(checkMac(mac, data, 'audit', { current: SECOND })).toBe(false);
    for (let place = 0; place < mac.length; place += 1) expect(checkMac(changedAt(mac, place), data, 'audit', keys)).toBe(false);
    for (const none of ['', '.', mac.slice(0, 9), `${mac}A`, `${mac.slice(0, -1)}é`]) expect(checkMac(none, data, 'audit', keys)).toBe(false);
  });

  test('stays right under the previous key', () => {
    const overlap = { current: SECOND, previous: FIRST };
    expect(checkMac(macOf(data, 'audit', keys), data, 'audit', overlap)).toBe(true);
    expect(checkMac(macOf(data, 'audit', overlap), data, 'audit', { current: SECOND })).toBe(true);
    expect(checkMac(macOf(data, 'audit', overlap), data, 'audit', keys)).toBe(false);
  });
});

describe('an opaque token', () => {
  test('is 256 random bits, fit for a link', () => {
    const tokens = Array.from({ length: 100 }, newToken);
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) expect(token).toMatch(/^[\w-]{43}$/);
  });

  test('is kept as its SHA-256', () => {
    const token = newToken();
    expect(tokenHash(token)).toEqual(createHash('sha256').update(token).digest());
    expect(tokenHash(token)).toHaveLength(32);
  });
});
