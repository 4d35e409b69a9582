import { once } from 'node:events';
import { createServer } from 'node:http';
import { buildApp } from './app.js';
import { openDeps } from './open-deps.js';
import { parseConfig } from './platform/config.js';
import { createLogger } from './platform/logger.js';
import { runMain } from './run-main.js';

runMain(async (onStop) => {
  const config = parseConfig(process.env);
  const log = createLogger(config, 'api');
  const deps = await openDeps(config, log);
  onStop(() => deps.db.$disconnect());
  const server = createServer(buildApp(deps)).listen(config.port, config.host);
  await once(server, 'listening');
  onStop(() => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    return closed;
  });
  log.info({ port: config.port }, 'api is ready');
  return { log, timeoutSeconds: config.shutdownTimeoutSeconds };
});
