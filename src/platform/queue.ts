import { Queue, type RedisOptions } from 'bullmq';
import type { Config } from './config.js';

const QUEUE_NAME = 'liptako';

export type QueueConfig = Pick<Config, 'redisUrl' | 'queuePrefix'>;

/** What a worker and its queue share: the name, and the prefix of this installation. */
export function queueNames({ queuePrefix }: QueueConfig): { readonly name: string; readonly prefix: string } {
  return { name: QUEUE_NAME, prefix: queuePrefix };
}

/** For blocking reads, which wait for as long as Redis is away. */
export function workerConnection({ redisUrl }: QueueConfig): RedisOptions {
  return { url: redisUrl, maxRetriesPerRequest: null };
}

/** The queue that carries the jobs; while Redis is away, adding fails instead of hanging. */
export function openQueue(config: QueueConfig, onError: (error: Error) => void): Queue {
  const { name, prefix } = queueNames(config);
  const connection = { url: config.redisUrl, enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 5_000 };
  const queue = new Queue(name, { connection, prefix });
  queue.on('error', onError);
  return queue;
}

/** Whether Redis answers, within two seconds. */
export async function isQueueReady(queue: Queue): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 2_000).unref());
  const answered = queue.getJobCountByTypes('waiting').then(
    () => true,
    () => false,
  );
  return Promise.race([answered, late]);
}
