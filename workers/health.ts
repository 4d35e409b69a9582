import type { Queue } from 'bullmq';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Deps } from '../src/deps.js';
import { carriesToken } from '../src/platform/bearer.js';
import { isDatabaseReady } from '../src/platform/db.js';
import { isQueueReady } from '../src/platform/queue.js';

/** Answers /health/live, /health/ready and /metrics of a worker. */
export function workerHealth(deps: Deps, queue: Queue): RequestListener {
  return (req, res) => void answer(req, res, deps, queue);
}

async function answer(req: IncomingMessage, res: ServerResponse, deps: Deps, queue: Queue): Promise<void> {
  if (req.url === '/health/live') {
    json(res, 200, { status: 'live' });
  } else if (req.url === '/health/ready') {
    const checks = { database: await isDatabaseReady(deps.db), redis: await isQueueReady(queue) };
    const ready = checks.database && checks.redis;
    json(res, ready ? 200 : 503, { status: ready ? 'ready' : 'unready', ...checks });
  } else if (req.url === '/metrics' && !mayReadMetrics(req, deps)) {
    json(res, 401, { status: 'unauthenticated' });
  } else if (req.url === '/metrics') {
    res.writeHead(200, { 'content-type': deps.metrics.registry.contentType });
    res.end(await deps.metrics.registry.metrics());
  } else {
    json(res, 404, { status: 'not found' });
  }
}

function mayReadMetrics({ headers }: IncomingMessage, { config: { metricsToken } }: Deps): boolean {
  return metricsToken === undefined || carriesToken(headers.authorization, metricsToken);
}

function json(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(body));
}
