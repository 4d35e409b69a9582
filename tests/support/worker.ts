import { Worker } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { OutboxRelay } from '../../src/jobs/relay.js';
import { openQueue, queueNames, workerConnection } from '../../src/platform/queue.js';
import { performJob } from '../../workers/perform-job.js';
import type { Client, TestApp } from './app.js';
import { testRedis } from './redis.js';

interface Run {
  readonly status: string;
  readonly progress: number;
  readonly hash: string | null;
  readonly error: string | null;
}

export interface TestWorker {
  /** Waits until what an address shows is ready or failed. */
  untilReady(client: Client, address: string): Promise<Run>;
  /** Waits until a report run is ready or failed. */
  untilDone(client: Client, runId: string): Promise<Run>;
  stop(): Promise<void>;
}

/** A relay and a worker in this process, on queues of their own. */
export async function startTestWorker({ deps }: TestApp): Promise<TestWorker> {
  const { url, prefix } = testRedis();
  const config = { ...deps.config, redisUrl: url, queuePrefix: prefix };
  const queue = openQueue(config, () => undefined);
  await queue.waitUntilReady();
  const { name } = queueNames(config);
  const worker = new Worker(name, (job) => performJob(job, deps), { connection: workerConnection(config), prefix, concurrency: 4 });
  worker.on('error', () => undefined);
  const relay = new OutboxRelay({ db: deps.db, databaseUrl: config.databaseUrl, queue, log: deps.log, metrics: deps.metrics });
  relay.start();
  return {
    untilReady,
    untilDone: (client, runId) => untilReady(client, `/v1/reports/${runId}`),
    stop: async () => {
      await relay.stop();
      await worker.close();
      await queue.close();
    },
  };
}

async function untilReady(client: Client, address: string): Promise<Run> {
  for (const until = Date.now() + 30_000; ; await sleep(20)) {
    const { body } = await client.get(address).expect(200);
    const run = body as Run;
    if (run.status === 'ready' || run.status === 'failed') return run;
    if (Date.now() > until) throw new Error(`still ${JSON.stringify(run)}`);
  }
}
