import type { Logger } from 'pino';
import type { Deps } from './deps.js';
import { systemClock } from './platform/clock.js';
import type { Config } from './platform/config.js';
import { openDb, type Scope } from './platform/db.js';
import { createMetrics } from './platform/metrics.js';
import { loadReference } from './platform/reference.js';

/** Builds what a process is made of. */
export async function openDeps(config: Config, log: Logger, scope: Scope): Promise<Deps> {
  const db = openDb(config.databaseUrl, config.databasePoolSize, scope);
  return { db, config, log, clock: systemClock, reference: await loadReference(db), metrics: createMetrics() };
}
