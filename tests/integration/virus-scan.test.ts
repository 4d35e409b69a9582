import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { scan } from '../../src/platform/virus-scan.js';
import { clamd, EICAR } from '../support/clamd.js';

const TIMEOUT_MS = 5_000;

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act();
});

async function serve(server: Server, place: 'tcp' | 'unix'): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'liptako-clamd-'));
  const file = path.join(folder, 'clamd.sock');
  await new Promise<void>((resolve) => (place === 'unix' ? server.listen(file, resolve) : server.listen(0, '127.0.0.1', resolve)));
  cleanUp.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });
  return place === 'unix' ? file : `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const eicarScanner = () => clamd((content) => (content.includes(EICAR) ? 'stream: Eicar-Signature FOUND\0' : 'stream: OK\0'));

describe.each(['tcp', 'unix'] as const)('clamd by %s', (place) => {
  test('a clean file and an empty one are clean', async () => {
    const address = await serve(eicarScanner(), place);
    expect(await scan(address, Buffer.from('%PDF-1.7'), TIMEOUT_MS)).toEqual({ clean: true });
    expect(await scan(address, Buffer.alloc(0), TIMEOUT_MS)).toEqual({ clean: true });
  });

  test('a virus is named', async () => {
    const address = await serve(eicarScanner(), place);
    expect(await scan(address, EICAR, TIMEOUT_MS)).toEqual({ clean: false, signature: 'Eicar-Signature' });
  });

  test('every byte of a large file arrives, in order', async () => {
    const content = randomBytes(3_000_001);
    const address = await serve(clamd((got) => (got.equals(content) ? 'stream: OK\0' : 'stream: Differs FOUND\0')), place);
    expect(await scan(address, content, TIMEOUT_MS)).toEqual({ clean: true });
  });

  test('many scans at once do not mix', async () => {
    const address = await serve(eicarScanner(), place);
    const results = await Promise.all(Array.from({ length: 20 }, (_, n) => scan(address, n % 2 ? EICAR : Buffer.from(String(n)), TIMEOUT_MS)));
    expect(results.map(({ clean }) => clean)).toEqual(Array.from({ length: 20 }, (_, n) => n % 2 === 0));
  });
});

test.each([
  ['stream: Can’t allocate memory ERROR\0', 'clamd did not scan: stream: Can’t allocate memory ERROR'],
  ['UNKNOWN COMMAND\0', 'clamd did not scan'],
  ['stream: OK and more\0', 'clamd did not scan'],
  ['\0', 'clamd did not scan'],
  ['stream: OK', 'clamd ended the connection before its answer'],
  ['', 'clamd ended the connection before its answer'],
  ])('the reply %j is an error', async (reply, message) => {
  const address = await serve(clamd(() => reply), 'tcp');
  await expect(scan(address, Buffer.from('x'), TIMEOUT_MS)).rejects.toThrow(message);
});

test('something else that talks on and on is an error', async () => {
  const address = await serve(clamd(() => 'HTTP/1.1 400 Bad Request\r\n'.repeat(200)), 'tcp');
  await expect(scan(address, Buffer.from('x'), TIMEOUT_MS)).rejects.toThrow('clamd did not answer as a clamd');
});

test('a reply in pieces is put together', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write('stream: Eicar-');
      setTimeout(() => socket.end('Signature FOUND\0'), 50);
    });
  });
  expect(await scan(await serve(server, 'tcp'), EICAR, TIMEOUT_MS)).toEqual({ clean: false, signature: 'Eicar-Signature' });
});

test('a file above clamd’s limit is an error', async () => {
  const address = await serve(clamd(() => 'stream: OK\0', 100_000), 'tcp');
  await expect(scan(address, randomBytes(5_000_000), TIMEOUT_MS)).rejects.toThrow();
});

test('a connection cut in the middle is an error', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  await expect(scan(await serve(server, 'tcp'), randomBytes(1_000_000), TIMEOUT_MS)).rejects.toThrow();
});

test('a clamd that is silent, or that trickles, is left when the time is over', async () => {
  const silent = createServer(() => undefined);
  await expect(scan(await serve(silent, 'tcp'), Buffer.from('x'), 100)).rejects.toThrow('clamd did not answer within 100 ms');
  const trickling = createServer((socket) => {
    const drops = setInterval(() => socket.write('s'), 20);
    socket.on('close', () => clearInterval(drops));
  });
  await expect(scan(await serve(trickling, 'tcp'), Buffer.from('x'), 200)).rejects.toThrow('clamd did not answer within 200 ms');
});

test('a clamd that is away is an error', async () => {
  const server = eicarScanner();
  const address = await serve(server, 'tcp');
  await new Promise((resolve) => server.close(resolve));
  await expect(scan(address, Buffer.from('x'), TIMEOUT_MS)).rejects.toThrow('ECONNREFUSED');
  await expect(scan('/nowhere/clamd.sock', Buffer.from('x'), TIMEOUT_MS)).rejects.toThrow('ENOENT');
});
