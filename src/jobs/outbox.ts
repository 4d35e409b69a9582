import type { Tx } from '../platform/db.js';
import { newId } from '../platform/ids.js';
import type { JobName, JobPayload } from './job.js';

/** The channel on which the database tells the relays that a job was committed. */
export const OUTBOX_CHANNEL = 'liptako_outbox';

/** Asks for a job in the transaction that makes it necessary: both are kept, or neither. */
export function requestJob<N extends JobName>(db: Tx, job: N, payload: JobPayload<N>): Promise<void> {
  return requestJobs(db, job, [payload]);
}

/** The same for many jobs of one name, in one statement. */
export async function requestJobs<N extends JobName>(db: Tx, job: N, payloads: readonly JobPayload<N>[]): Promise<void> {
  const rows = payloads.map((payload) => ({ id: newId(), payload }));
  // It returns nothing: the requester may add a job, and see none.
  await db.$executeRaw`
    WITH notified AS (SELECT pg_notify(${OUTBOX_CHANNEL}, ''))
    INSERT INTO outbox (id, job, payload)
    SELECT j.id, ${job}, j.payload FROM notified, jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS j (id uuid, payload jsonb)`;
}
