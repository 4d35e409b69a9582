/** Crockford's base32 (https://www.crockford.com/base32.html): no I, L, O, U. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 12;
const BITS_EACH = 5n;
const HEX_DIGITS = 15;

/** The code printed on copies of a report: the first 60 bits of its SHA-256 (hexadecimal) as twelve characters. */
export function codeOf(hash: string): string {
  const bits = BigInt(`0x${hash.slice(0, HEX_DIGITS)}`);
  return Array.from({ length: LENGTH }, (_, place) => DIGITS[Number((bits >> (BITS_EACH * BigInt(LENGTH - 1 - place))) & 31n)]).join('');
}

/** A code as somebody typed it off a paper, in its one form; null when it cannot be one. */
export function readCode(text: string): string | null {
  const code = text
    .replace(/[\s\p{Pd}]/gu, '')
    .toUpperCase()
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
  return /^[0-9A-HJKMNP-TV-Z]{12}$/.test(code) ? code : null;
}

/** A code in groups of four, as it is printed: "ABCD-EFGH-JKMN". */
export function codeGroups(code: string): string {
  return code.replace(/(.{4})(?=.)/g, '$1-');
}
