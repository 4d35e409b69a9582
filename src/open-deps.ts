import type { Logger } from 'pino';
import type { Deps } from './deps.js';
import { systemClock } from './platform/clock.js';
import type { Config } from './platform/config.js';
import { openDb, type Scope } from './platform/db.js';
import { configuredEvidenceStore } from './platform/evidence-store.js';
import { createMailer } from './platform/mail.js';
import { createMetrics } from './platform/metrics.js';
import { createLocalRateLimits, createRateLimits } from './platform/rate-limit.js';
import { loadReference } from './platform/reference.js';

/** Builds what a process is made of. */
export async function openDeps(config: Config, log: Logger, scope: Scope): Promise<Deps> {
  const db = openDb(config.databaseUrl, config.databasePoolSize, scope);
  const reference = await loadReference(db);
  const keys = { current: config.dataKey, previous: config.dataKeyPrevious };
  // Requests alone are limited.
  const rateLimits = scope === 'request' ? createRateLimits({ redisUrl: config.redisUrl, prefix: config.queuePrefix, keys, log }) : createLocalRateLimits({ keys });
  const evidence = configuredEvidenceStore(config);
  return { db, config, log, clock: systemClock, reference, metrics: createMetrics(), mailer: createMailer(config), rateLimits, evidence };
}
