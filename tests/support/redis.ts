import { randomBytes } from 'node:crypto';
import { serviceOfRun } from './service-of-run.js';

/** The run's Redis, and a prefix for the queues that no other test file uses; the first call of a run starts it. */
export function testRedis(): { readonly url: string; readonly prefix: string } {
  const { url } = serviceOfRun('redis') as { url: string };
  return { url, prefix: `test-${randomBytes(6).toString('hex')}` };
}
