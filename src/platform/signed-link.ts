import { checkMac, type DataKeys, macOf } from './secret-box.js';

/** What a link gives to whoever has it, and until when. */
export interface LinkedFile {
  readonly deliveryId: string;
  readonly format: string;
  readonly expiresAt: Date;
}

const PURPOSE = 'shared file';
/** delivery id, format, seconds since 1970 in base 36, key id and HMAC. */
const TOKEN = /^([\da-f-]{36})\.([a-z]{1,10})\.([\da-z]{1,9})\.([\w-]+\.[\w-]+)$/;

/** The end of an address that nobody but a holder of the keys can make; it is kept nowhere. */
export function signLink({ deliveryId, format, expiresAt }: LinkedFile, keys: DataKeys): string {
  const said = [deliveryId, format, Math.floor(expiresAt.getTime() / 1000).toString(36)].join('.');
  return `${said}.${macOf(Buffer.from(said), PURPOSE, keys)}`;
}

/** What a link gives now; undefined for one that is forged or over. */
export function readLink(token: string, keys: DataKeys, now: Date): LinkedFile | undefined {
  const [, deliveryId = '', format = '', seconds = '', mac = ''] = TOKEN.exec(token) ?? [];
  if (!checkMac(mac, Buffer.from([deliveryId, format, seconds].join('.')), PURPOSE, keys)) return undefined;
  const expiresAt = new Date(Number.parseInt(seconds, 36) * 1000);
  return expiresAt > now ? { deliveryId, format, expiresAt } : undefined;
}
