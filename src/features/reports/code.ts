/** The short code of a hash. */
export function codeOf(hash: string): string {
  const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const bits = BigInt(`0x${hash.slice(0, 15)}`);
  return Array.from({ length: 12 }, (_, i) => digits[Number((bits >> BigInt(55 - 5 * i)) & 31n)]).join('');
}
