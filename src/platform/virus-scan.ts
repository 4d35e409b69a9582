import { connect, type NetConnectOpts } from 'node:net';

/** What clamd found; `signature` is its name for the malware. */
export type ScanResult = { readonly clean: true } | { readonly clean: false; readonly signature: string };

const CHUNK_BYTES = 65_536;
const LONGEST_REPLY = 4096;

/**
 * Has clamd look at the content, by its INSTREAM command (https://docs.clamav.net/manual/Usage/ClamdProtocol.html).
 * `address` is `host:port` or the path of a Unix socket.
 * @throws Error when clamd is away, is silent for `timeoutMs` in all, or answers anything but OK or FOUND: nothing is clean unscanned
 */
export async function scan(address: string, content: Uint8Array, timeoutMs: number): Promise<ScanResult> {
  const reply = await instream(address, content, timeoutMs);
  if (reply === 'stream: OK') return { clean: true };
  const signature = /^stream: (.+) FOUND$/.exec(reply)?.[1];
  if (signature === undefined) throw new Error(`clamd did not scan: ${reply}`);
  return { clean: false, signature };
}

/** clamd's whole reply, up to the NUL that ends it. */
function instream(address: string, content: Uint8Array, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(targetOf(address)).setEncoding('utf8');
    const deadline = setTimeout(() => socket.destroy(new Error(`clamd did not answer within ${timeoutMs} ms`)), timeoutMs);
    let reply = '';
    socket.on('data', (text: string) => {
      reply += text;
      const end = reply.indexOf('\0');
      if (end === -1 && reply.length < LONGEST_REPLY) return;
      if (end === -1) reject(new Error('clamd did not answer as a clamd'));
      else resolve(reply.slice(0, end));
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(deadline);
      reject(new Error('clamd ended the connection before its answer'));
    });
    socket.write('zINSTREAM\0');
    for (let from = 0; from < content.length; from += CHUNK_BYTES) {
      const chunk = content.subarray(from, from + CHUNK_BYTES);
      socket.write(lengthOf(chunk));
      socket.write(chunk);
    }
    socket.write(lengthOf(new Uint8Array()));
  });
}

function lengthOf(chunk: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(chunk.length);
  return length;
}

function targetOf(address: string): NetConnectOpts {
  if (address.includes('/')) return { path: address };
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}
