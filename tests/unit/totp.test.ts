import { describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { Secret } from 'otpauth';
import { checkTotp, newTotpSecret, nextTotp, totpUri } from '../../src/features/auth/totp.js';

const STEP_MS = 30_000;
const TODAY = 59_000_000;

/** The code of a step, written after RFC 4226, section 5.3, so that the library is not its own judge. */
function codeOf(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', Secret.fromBase32(secret).bytes).update(counter).digest();
  const number = mac.readUInt32BE(mac[19]! & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

const at = (step: number, ms = 0) => new Date(step * STEP_MS + ms);
const anySecret = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => new Secret({ buffer: bytes.buffer }).base32);
const anyStep = fc.integer({ min: 10, max: 2_000_000_000 });

describe('a secret', () => {
  test('is 160 random bits in base32', () => {
    const secrets = Array.from({ length: 100 }, newTotpSecret);
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  });

  test('reaches an app as an address', () => {
    const secret = newTotpSecret();
    const uri = new URL(totpUri(secret, 'aïssata+1@mef.example'));
    expect(`${uri.protocol}//${uri.host}`).toBe('otpauth://totp');
    expect(decodeURIComponent(uri.pathname)).toBe('/Liptako:aïssata+1@mef.example');
    expect(Object.fromEntries(uri.searchParams)).toEqual({ issuer: 'Liptako', secret, algorithm: 'SHA1', digits: '6', period: '30' });
  });
});

describe('a code', () => {
  // RFC 6238, appendix B, SHA1: the last six of its eight digits.
  test.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('of the RFC, at second %d, is %s', (second, code) => {
    const secret = Secret.fromLatin1('12345678901234567890').base32;
    expect(checkTotp(secret, code, new Date(second * 1000), null)).toBe(Math.floor(second / 30));
  });

  test('counts within one step of now and says which', () => {
    fc.assert(
      fc.property(anySecret, anyStep, fc.integer({ min: -4, max: 4 }), fc.integer({ min: 0, max: STEP_MS - 1 }), (secret, step, drift, ms) => {
        const code = codeOf(secret, step + drift);
        const expected = [step, step - 1, step + 1].find((one) => codeOf(secret, one) === code);
        expect(checkTotp(secret, code, at(step, ms), null)).toBe(expected);
        if (Math.abs(drift) <= 1) expect(expected).toBeDefined();
      }),
    );
  });

  test('counts once: neither it nor an earlier one after it', () => {
    fc.assert(
      fc.property(anySecret, anyStep, fc.integer({ min: -1, max: 1 }), fc.integer({ min: -3, max: 3 }), (secret, step, drift, used) => {
        const code = codeOf(secret, step + drift);
        const accepted = checkTotp(secret, code, at(step), null)!;
        const again = checkTotp(secret, code, at(step), step + used);
        expect(again).toBe(accepted > step + used ? accepted : undefined);
        expect(checkTotp(secret, code, at(step), accepted)).toBeUndefined();
      }),
    );
  });

  test('may be typed with spaces', () => {
    const secret = newTotpSecret();
    const code = codeOf(secret, TODAY);
    for (const typed of [`${code.slice(0, 3)} ${code.slice(3)}`, ` ${code}\t`, Array.from(code).join('\u00a0')]) {
      expect(checkTotp(secret, typed, at(TODAY), null)).toBe(TODAY);
    }
  });

  test('is six digits and nothing else', () => {
    const secret = newTotpSecret();
    const code = codeOf(secret, TODAY);
    const wide = Array.from(code, (digit) => String.fromCodePoint(0xff10 + Number(digit))).join('');
    for (const typed of ['', code.slice(1), `0${code}`, `${code.slice(0, 5)}x`, wide, `-${code.slice(1)}`, '      ']) {
      expect(checkTotp(secret, typed, at(TODAY), null)).toBeUndefined();
    }
    fc.assert(fc.property(fc.string(), (typed) => void checkTotp(secret, typed, at(TODAY), null)));
  });

  test('of another secret does not count', () => {
    const [own, other] = [newTotpSecret(), newTotpSecret()];
    const codes = [TODAY - 1, TODAY, TODAY + 1].map((step) => codeOf(own, step));
    const foreign = Array.from({ length: 50 }, (_, index) => codeOf(other, TODAY + index)).filter((code) => !codes.includes(code));
    for (const code of foreign) expect(checkTotp(own, code, at(TODAY), null)).toBeUndefined();
  });
});

test('the next code to give is accepted when it says so, and was not used before', () => {
  const secret = newTotpSecret();
  const now = new Date('2026-01-01T00:00:10Z');
  const used: number[] = [];
  for (const expectedMs of [0, 0, 20_000]) {
    const { code, inMs } = nextTotp(secret, now, used.at(-1) ?? null);
    expect(inMs).toBe(expectedMs);
    const step = checkTotp(secret, code, new Date(now.getTime() + inMs), used.at(-1) ?? null)!;
    expect(used).not.toContain(step);
    used.push(step);
  }
});
