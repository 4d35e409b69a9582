import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an Authorization header carries the token, taking as long for every wrong one. */
export function carriesToken(authorization: string | undefined, token: string): boolean {
  const [, given = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  return timingSafeEqual(digestOf(given), digestOf(token));
}

/** Digests have one length, which a comparison in constant time needs. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
