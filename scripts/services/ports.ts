import { createServer } from 'node:net';

/** Whether nothing listens on this port of the address. */
export function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen({ port, host, exclusive: true }, () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}

/** The first free port from this one upwards; from 0, any. */
export async function nextFree(port: number, host = '127.0.0.1'): Promise<number> {
  const first = port === 0 ? 20_000 + Math.floor(Math.random() * 10_000) : port;
  for (let candidate = first; candidate <= 65_535; candidate += 1) if (await isFree(candidate, host)) return candidate;
  throw new Error(`No free port from ${first} upwards.`);
}
