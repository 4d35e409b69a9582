import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { buildApp } from './app.js';
import { openDeps } from './open-deps.js';
import { parseConfig } from './platform/config.js';
import { createLogger } from './platform/logger.js';
import { runMain } from './run-main.js';

runMain(async (onStop) => {
  const config = parseConfig(process.env);
  const log = createLogger(config, 'api');
  const deps = await openDeps(config, log, 'request');
  onStop(() => deps.db.$disconnect());
  onStop(() => {
    deps.rateLimits.close();
    return Promise.resolve();
  });
  const server = createServer(buildApp(deps));
  const close = closerOf(server);
  await once(server.listen(config.port, config.host), 'listening');
  onStop(close);
  log.info({ port: config.port }, 'api is ready');
  return { log, timeoutSeconds: config.shutdownTimeoutSeconds };
});

/** Lets a server be closed: it answers what is under way, and no connection outlives its answer, however busy its client. */
function closerOf(server: Server): () => Promise<void> {
  const underWay = new Set<ServerResponse>();
  let closing = false;
  const closeAfter = (res: ServerResponse) => {
    if (!res.headersSent) res.setHeader('connection', 'close');
  };
  server.prependListener('request', (_req, res: ServerResponse) => {
    underWay.add(res);
    res.once('close', () => underWay.delete(res));
    if (closing) closeAfter(res);
  });
  return () => {
    closing = true;
    underWay.forEach(closeAfter);
    return new Promise((resolve) => server.close(() => resolve()));
  };
}
