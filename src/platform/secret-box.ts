import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** The keys of an installation: `current` writes, both read. Each holds at least 32 random bytes, whatever their notation. */
export interface DataKeys {
  readonly current: string;
  readonly previous?: string | undefined;
}

/** What a box is for and whose it is: a box opens under the same two words only. */
export interface BoxContext {
  /** Derives a key of its own, e.g. `totp`. */
  readonly purpose: string;
  /** Bound to the contents without being kept, e.g. the user's id. */
  readonly subject: string;
}

/** A box that was altered, belongs to somebody or something else, or whose key is gone. */
export class BoxError extends Error {
  override readonly name = 'BoxError';

  constructor() {
    super('the sealed value does not open');
  }
}

const BOX_FORMAT = 'v1';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const KEY_ID_BYTES = 6;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The text, encrypted by AES-256-GCM (NIST SP 800-38D) as `v1.<key id>.<base64url of nonce, tag and ciphertext>`. */
export function seal(text: string, context: BoxContext, keys: DataKeys): string {
  const nonce = randomBytes(NONCE_BYTES);
  const id = keyId(keys.current);
  const cipher = createCipheriv(CIPHER, boxKey(keys.current, context), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundData(id, context));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return [BOX_FORMAT, id, Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')].join('.');
}

/**
 * The text of a box.
 * @throws BoxError
 */
export function open(box: string, context: BoxContext, keys: DataKeys): string {
  const [format, id = '', body = '', ...more] = box.split('.');
  const key = keyOf(id, keys);
  const bytes = Buffer.from(body, 'base64url');
  if (format !== BOX_FORMAT || key === undefined || more.length > 0 || bytes.length < NONCE_BYTES + TAG_BYTES) throw new BoxError();
  // Node reads past what is not base64url, and past spare bits at its end.
  if (bytes.toString('base64url') !== body) throw new BoxError();
  const decipher = createDecipheriv(CIPHER, boxKey(key, context), bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(boundData(id, context));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    throw new BoxError();
  }
}

/** Whether a box is under the current key; when not, it is worth sealing again before the previous key goes. */
export function isUnderCurrentKey(box: string, keys: DataKeys): boolean {
  return box.startsWith(`${BOX_FORMAT}.${keyId(keys.current)}.`);
}

/** A proof that a holder of the keys saw the data: `<key id>.<base64url of its HMAC-SHA-256>`. */
export function macOf(data: Uint8Array, purpose: string, keys: DataKeys): string {
  return macUnder(keys.current, data, purpose);
}

/** Whether the proof is of these data and purpose, under either key. */
export function checkMac(mac: string, data: Uint8Array, purpose: string, keys: DataKeys): boolean {
  const [id = ''] = mac.split('.');
  const key = keyOf(id, keys);
  if (key === undefined) return false;
  const expected = Buffer.from(macUnder(key, data, purpose));
  const given = Buffer.from(mac);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function macUnder(key: string, data: Uint8Array, purpose: string): string {
  return `${keyId(key)}.${createHmac('sha256', derive(key, `mac ${purpose}`, KEY_BYTES)).update(data).digest('base64url')}`;
}

function boxKey(key: string, { purpose }: BoxContext): Buffer {
  return derive(key, `box ${purpose}`, KEY_BYTES);
}

function boundData(id: string, { subject }: BoxContext): Buffer {
  return Buffer.from([BOX_FORMAT, id, subject].join('.'));
}

function keyOf(id: string, { current, previous }: DataKeys): string | undefined {
  return [current, previous].find((key) => key !== undefined && keyId(key) === id);
}

/** Names a key without telling anything of it. */
function keyId(key: string): string {
  return derive(key, 'id', KEY_ID_BYTES).toString('base64url');
}

/** HKDF-SHA-256 (RFC 5869): keys of different uses are independent of one another. */
function derive(key: string, use: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `liptako ${use}`, bytes));
}
