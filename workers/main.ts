import { createServer } from 'node:http';
import { Worker } from 'bullmq';
import { openDeps } from '../src/open-deps.js';
import { OutboxRelay } from '../src/jobs/relay.js';
import { parseConfig } from '../src/platform/config.js';
import { createLogger } from '../src/platform/logger.js';
import { openQueue, queueNames, workerConnection } from '../src/platform/queue.js';
import { runMain } from '../src/run-main.js';
import { performJob } from './perform-job.js';
import { workerHealth } from './health.js';

runMain(async (onStop) => {
  const config = parseConfig(process.env);
  const log = createLogger(config, 'worker');
  const deps = await openDeps(config, log);
  onStop(() => deps.db.$disconnect());

  const queue = openQueue(config, (error) => log.warn({ err: error }, 'queue'));
  onStop(() => queue.close());
  const { name, prefix } = queueNames(config);
  const worker = new Worker(name, (job) => performJob(job, deps), {
    connection: workerConnection(config),
    prefix,
    concurrency: config.workerConcurrency,
    lockDuration: 15_000,
    stalledInterval: 5_000,
    maxStalledCount: 10,
  });
  worker.on('error', (error) => log.warn({ err: error }, 'worker'));
  onStop(() => worker.close());

  const relay = new OutboxRelay({ db: deps.db, databaseUrl: config.databaseUrl, queue, log, metrics: deps.metrics });
  relay.start();
  onStop(() => relay.stop());

  const health = createServer(workerHealth(deps, queue)).listen(config.workerPort, config.host);
  onStop(() => new Promise<void>((resolve) => health.close(() => resolve())));
  log.info({ port: config.workerPort }, 'worker is ready');
  return { log, timeoutSeconds: config.shutdownTimeoutSeconds };
});
