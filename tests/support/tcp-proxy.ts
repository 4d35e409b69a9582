import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { nextFree } from '../../scripts/services/ports.js';

/** Stands between a process and its server, and can part them. */
export interface TcpProxy {
  /** The address of the server, through the proxy. */
  readonly url: string;
  /** Ends every connection and refuses new ones. */
  cut(): void;
  /** Lets connections pass again. */
  restore(): Promise<void>;
  /** Cuts once a client has sent this text: the server has it, and its answer is lost. */
  cutAfter(text: string): void;
}

/** Starts a proxy to the host and port of an address. */
export async function startProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const own = await nextFree(0);
  const clients = new Set<Socket>();
  let last: string | undefined;

  const server = createServer((client) => {
    clients.add(client);
    const upstream = connect(Number(port), hostname);
    client.on('error', () => undefined).on('close', () => {
      clients.delete(client);
      upstream.end();
    });
    upstream.on('error', () => undefined).on('close', () => client.destroy());
    upstream.pipe(client);
    client.on('data', (chunk) => {
      upstream.write(chunk);
      if (last !== undefined && chunk.includes(last)) cut();
    });
  });

  const cut = () => {
    last = undefined;
    server.close();
    for (const client of clients) client.destroy();
  };
  const restore = async () => {
    await once(server.listen(own, '127.0.0.1'), 'listening');
  };
  await restore();
  const url = new URL(target);
  url.host = `127.0.0.1:${own}`;
  return { url: url.href, cut, restore, cutAfter: (text) => (last = text) };
}
