import { Secret, TOTP } from 'otpauth';

const SECRET_BYTES = 20;
/** What every authenticator app takes; some ignore other values that the address asks for (Key Uri Format). */
const PARAMETERS = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
const ISSUER = 'Liptako';
/** Steps of drift in either direction, as RFC 6238, section 5.2, advises. */
const WINDOW = 1;

/** A new secret of 160 random bits, as RFC 4226, section 4, recommends, in base32. */
export function newTotpSecret(): string {
  return new Secret({ size: SECRET_BYTES }).base32;
}

/** The `otpauth://` address that an app reads out of a QR code. */
export function totpUri(secret: string, email: string): string {
  return new TOTP({ ...PARAMETERS, issuer: ISSUER, label: email, secret: Secret.fromBase32(secret) }).toString();
}

/**
 * The step of 30 seconds (RFC 6238) that a code belongs to, at most one step away from `now`; undefined when it belongs to none or
 * when its step is not after `lastStep`, the last one accepted. Spaces in the code do not count.
 */
export function checkTotp(secret: string, code: string, now: Date, lastStep: number | null): number | undefined {
  const token = code.replace(/\s/g, '');
  // otpauth compares in constant time, and throws for six characters that are not six bytes.
  if (!/^[0-9]{6}$/.test(token)) return undefined;
  const timestamp = now.getTime();
  const delta = TOTP.validate({ ...PARAMETERS, secret: Secret.fromBase32(secret), token, timestamp, window: WINDOW });
  if (delta === null) return undefined;
  const step = TOTP.counter({ period: PARAMETERS.period, timestamp }) + delta;
  return lastStep === null || step > lastStep ? step : undefined;
}

/** The next code that was not used yet, and in how many milliseconds it is accepted: one step ahead of the clock is. */
export function nextTotp(secret: string, now: Date, lastStep: number | null): { readonly code: string; readonly inMs: number } {
  const stepMs = PARAMETERS.period * 1000;
  const step = Math.max(TOTP.counter({ period: PARAMETERS.period, timestamp: now.getTime() }), (lastStep ?? 0) + 1);
  const timestamp = step * stepMs;
  const code = TOTP.generate({ ...PARAMETERS, secret: Secret.fromBase32(secret), timestamp });
  return { code, inMs: Math.max(0, timestamp - WINDOW * stepMs - now.getTime()) };
}
