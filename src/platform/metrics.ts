import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The process's Prometheus metrics, served at /metrics. */
export interface Metrics {
  readonly registry: Registry;
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>;
  readonly jobs: Counter<'job' | 'outcome'>;
  readonly outboxPending: Gauge;
  /** What each step of a report takes. */
  readonly reportSeconds: Histogram<'kind' | 'step'>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    requestSeconds: new Histogram({
      name: 'http_request_seconds',
      help: 'Time to answer a request.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.02, 0.05, 0.1, 0.3, 1, 3, 10],
      registers,
    }),
    jobs: new Counter({ name: 'liptako_jobs_total', help: 'Jobs handled, by outcome.', labelNames: ['job', 'outcome'], registers }),
    outboxPending: new Gauge({ name: 'liptako_outbox_pending', help: 'Jobs asked for and not yet done.', registers }),
    reportSeconds: new Histogram({
      name: 'liptako_report_seconds',
      help: 'Time of each step of a report, by its kind.',
      labelNames: ['kind', 'step'],
      buckets: [0.01, 0.05, 0.1, 0.3, 1, 3, 10, 30],
      registers,
    }),
  };
}
