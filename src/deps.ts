import type { Logger } from 'pino';
import type { Reference } from './domain/reference.js';
import type { Clock } from './platform/clock.js';
import type { Config } from './platform/config.js';
import type { Db } from './platform/db.js';
import type { Mailer } from './platform/mail.js';
import type { EvidenceStore } from './platform/evidence-store.js';
import type { Metrics } from './platform/metrics.js';
import type { RateLimits } from './platform/rate-limit.js';

/** What the process is made of; built once in `server.ts`, `workers/main.ts` and the command-line tools. */
export interface Deps {
  readonly db: Db;
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  readonly reference: Reference;
  readonly metrics: Metrics;
  readonly mailer: Mailer;
  readonly rateLimits: RateLimits;
  readonly evidence: EvidenceStore;
}
