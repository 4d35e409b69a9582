import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, Worker } from 'bullmq';
import { sealTrail } from '../src/features/audit/seal.service.js';
import { sweepEvidence } from '../src/features/evidence/sweep.js';
import { openDeps } from '../src/open-deps.js';
import { removeExpired } from '../src/jobs/housekeeping.js';
import { OutboxRelay } from '../src/jobs/relay.js';
import { parseConfig } from '../src/platform/config.js';
import { createLogger } from '../src/platform/logger.js';
import { openQueue, queueNames, workerConnection } from '../src/platform/queue.js';
import { runMain } from '../src/run-main.js';
import { performJob } from './perform-job.js';
import { Schedulers } from './schedulers.js';
import { workerHealth } from './health.js';

const HOUSEKEEPING_MS = 3_600_000;
const LAST_SEAL_MS = 3_000;

runMain(async (onStop) => {
  const config = parseConfig(process.env);
  const log = createLogger(config, 'worker');
  const deps = await openDeps(config, log, 'system');
  onStop(() => deps.db.$disconnect());
  const seal = () => sealTrail(deps).catch((error: unknown) => log.warn({ err: error }, 'audit trail not sealed'));
  // Once all else has stopped; what another process is still writing is not waited for.
  onStop(() => Promise.race([seal(), sleep(LAST_SEAL_MS)]));

  const queue = openQueue(config, (error) => log.warn({ err: error }, 'queue'));
  onStop(() => queue.close());
  const { name, prefix } = queueNames(config);
  let underWay = 0;
  const perform = async (job: Job): Promise<void> => {
    underWay += 1;
    await performJob(job, deps).finally(() => (underWay -= 1));
  };
  const worker = new Worker(name, perform, {
    connection: workerConnection(config),
    prefix,
    concurrency: config.workerConcurrency,
    lockDuration: 15_000,
    stalledInterval: 5_000,
    maxStalledCount: 10,
  });
  worker.on('error', (error) => log.warn({ err: error }, 'worker'));
  onStop(() => closeWorker(worker, () => underWay > 0));

  const relay = new OutboxRelay({ db: deps.db, databaseUrl: config.databaseUrl, queue, log, metrics: deps.metrics });
  relay.start();
  onStop(() => relay.stop());
  const schedulers = new Schedulers({ deps, queue });
  schedulers.start();
  onStop(() => schedulers.stop());

  const tidy = () => removeExpired(deps.db, deps.clock.now()).catch((error: unknown) => log.warn({ err: error }, 'housekeeping'));
  const sweep = () => sweepEvidence(deps).catch((error: unknown) => log.warn({ err: error }, 'evidence not swept'));
  void seal();
  const housekeeping = setInterval(() => {
    void tidy();
    void seal();
    void sweep();
  }, HOUSEKEEPING_MS);
  onStop(() => {
    clearInterval(housekeeping);
    return Promise.resolve();
  });

  const health = createServer(workerHealth(deps, queue)).listen(config.workerPort, config.host);
  onStop(() => new Promise<void>((resolve) => health.close(() => resolve())));
  log.info({ port: config.workerPort }, 'worker is ready');
  return { log, timeoutSeconds: config.shutdownTimeoutSeconds };
});

/** Takes no more jobs and finishes those under way. While Redis is away nobody hears that they are done, but the outbox knows. */
async function closeWorker(worker: Worker, isBusy: () => boolean): Promise<void> {
  const closed = worker.close().then(() => true);
  while (!(await Promise.race([closed, sleep(2_000, false)])) && isBusy());
}
