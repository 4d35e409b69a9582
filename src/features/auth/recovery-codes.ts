import { createHash, randomBytes } from 'node:crypto';

const CODES = 10;
const CODE_BYTES = 15;
const CODE_CHARACTERS = (CODE_BYTES * 8) / 5;
/** Crockford's base32: the letters that are taken for a digit, and U, are not in it. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Ten new codes of 120 random bits, each in the form `XXXX-XXXX-XXXX-XXXX-XXXX-XXXX`. */
export function newRecoveryCodes(): readonly string[] {
  return Array.from({ length: CODES }, newRecoveryCode);
}

/**
 * What is kept of a code: its SHA-256, 32 bytes, the same however the code was typed: small letters, O for 0, I or L for 1, and
 * spaces or hyphens anywhere. Slow hashing protects what people choose; going through 120 random bits is out of reach at any speed.
 */
export function recoveryCodeHash(code: string): Buffer<ArrayBuffer> {
  const typed = code.toUpperCase().replace(/[\s\p{Pd}]/gu, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  return createHash('sha256').update(typed).digest();
}

function newRecoveryCode(): string {
  const number = BigInt(`0x${randomBytes(CODE_BYTES).toString('hex')}`);
  const digits = Array.from(number.toString(32).padStart(CODE_CHARACTERS, '0'), (digit) => ALPHABET.charAt(parseInt(digit, 32))).join('');
  return digits.replace(/(.{4})(?=.)/g, '$1-');
}
