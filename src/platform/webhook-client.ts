import { createHmac, randomBytes } from 'node:crypto';
import { lookup, type LookupAddress } from 'node:dns';
import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** What is told to another system. */
export interface WebhookMessage {
  /** The same when it is sent again, so that the receiver knows it. */
  readonly id: string;
  readonly body: string;
}

/** To whom, and what proves from whom. */
export interface WebhookTarget {
  readonly url: string;
  /** `whsec_` and base64. */
  readonly secret: string;
}

/** Leads where nothing may be sent. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';
}

const TIMEOUT_MS = 10_000;
const SECRET_BYTES = 32;
const SECRET_PREFIX = 'whsec_';

/** A new secret, as Standard Webhooks writes it. */
export function newWebhookSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** The three headers of a message by the Standard Webhooks specification; it is signed for this moment. */
export function webhookHeaders({ id, body }: WebhookMessage, secret: string, now: Date): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

/**
 * Sends a message to another system; redirects are not followed. The address that is connected to is the one that was looked at, so that
 * a name cannot lead elsewhere between the two.
 * @returns the status of the answer
 * @throws ForbiddenAddress, or another Error when there is no answer within ten seconds
 */
export function sendWebhook({ url, secret }: WebhookTarget, message: WebhookMessage, now: Date, allowPrivate: boolean): Promise<number> {
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol !== 'https:' && !allowPrivate) return Promise.reject(new ForbiddenAddress('https is asked for'));
  // A bare address is not looked up.
  if (isIP(host) !== 0 && !allowPrivate && isPrivate(host)) return Promise.reject(forbidden(host));
  const request = protocol === 'https:' ? requestSecure : requestPlain;
  const body = Buffer.from(message.body);
  const headers = { ...webhookHeaders(message, secret, now), 'content-type': 'application/json', 'content-length': body.length, 'user-agent': 'Liptako' };
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const sent = request(url, { method: 'POST', agent: false, headers, signal, ...(!allowPrivate && { lookup: publicLookup }) }, (answer) => {
      resolve(answer.statusCode ?? 0);
      // What it says besides is nobody's business.
      answer.destroy();
    });
    sent.on('error', (error) => reject(signal.aborted ? new Error(`no answer within ${TIMEOUT_MS / 1000} s`) : error));
    sent.end(body);
  });
}

const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const refused = error ?? refusalOf(addresses);
    if (refused) {
      callback(refused, []);
      return;
    }
    const [first] = addresses;
    if (options.all === true) callback(null, addresses);
    else callback(null, first?.address ?? '', first?.family);
  });
};

function refusalOf(addresses: readonly LookupAddress[]): ForbiddenAddress | undefined {
  const closed = addresses.find(({ address }) => isPrivate(address));
  return closed && forbidden(closed.address);
}

function forbidden(address: string): ForbiddenAddress {
  return new ForbiddenAddress(`${address} is no public address`);
}

/**
 * What is not on the public internet (IANA special-purpose registries), and what could lead back from there. An IPv4 address inside an
 * IPv6 address (::ffff:…) is looked at as what it is.
 */
const closedNetworks = blockListOf({
  ipv4: [
    ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24],
    ['192.0.2.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24],
    ['224.0.0.0', 4], ['240.0.0.0', 4],
  ],
  ipv6: [
    ['::', 96], ['64:ff9b::', 96], ['64:ff9b:1::', 48], ['100::', 64], ['2001::', 23], ['2001:db8::', 32], ['2002::', 16],
    ['fc00::', 7], ['fe80::', 10], ['fec0::', 10], ['ff00::', 8],
  ],
}); // prettier-ignore

function blockListOf(networks: Readonly<Record<'ipv4' | 'ipv6', readonly (readonly [string, number])[]>>): BlockList {
  const list = new BlockList();
  for (const family of ['ipv4', 'ipv6'] as const) for (const [network, prefix] of networks[family]) list.addSubnet(network, prefix, family);
  return list;
}

/** Whether an IP address is not one of the public internet. */
export function isPrivate(address: string): boolean {
  return closedNetworks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
