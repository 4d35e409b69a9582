import type { Queue } from 'bullmq';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { type Db, inTransaction } from '../platform/db.js';
import type { Metrics } from '../platform/metrics.js';
import { isQueueReady } from '../platform/queue.js';
import { jobs } from './job.js';
import { OUTBOX_CHANNEL } from './outbox.js';

const POLL_MS = 2_000;
const BATCH = 200;
/** A job that has been on the queue for so long without being done is put there again: Redis may have lost it. */
const RESEND_SECONDS = 10;

interface OutboxRow {
  readonly id: string;
  readonly job: string;
  readonly payload: object;
}

/**
 * Carries committed jobs from the outbox to the queue, at once when the database tells of one and every two seconds anyway.
 * The job id is the outbox id, so a job sent again while it is still there is ignored.
 */
export class OutboxRelay {
  private timer: NodeJS.Timeout | undefined;
  private listener: Client | undefined;
  private running: Promise<void> = Promise.resolve();
  private asked = false;
  private stopped = false;

  constructor(
    private readonly parts: { readonly db: Db; readonly databaseUrl: string; readonly queue: Queue; readonly log: Logger; readonly metrics: Metrics },
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.wake();
      void this.listen();
    }, POLL_MS);
    void this.listen();
    this.wake();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.listener?.end().catch(() => undefined);
    await this.running;
  }

  /** One pass after the other; however many calls during a pass ask for one more. */
  private wake(): void {
    if (this.asked) return;
    this.asked = true;
    this.running = this.running.then(() => {
      this.asked = false;
      return this.stopped ? undefined : this.pass();
    });
  }

  private async pass(): Promise<void> {
    try {
      // Not with a transaction open: a queue that has never reached Redis keeps whoever adds to it waiting.
      if (await isQueueReady(this.parts.queue)) while ((await this.sendBatch()) === BATCH);
      this.parts.metrics.outboxPending.set(await this.parts.db.outbox.count({ where: { doneAt: null, failedAt: null } }));
    } catch (error) {
      this.parts.log.warn({ err: error }, 'outbox relay: will try again');
    }
  }

  private sendBatch(): Promise<number> {
    return inTransaction(this.parts.db, async (tx) => {
      const rows = await tx.$queryRaw<OutboxRow[]>`
        SELECT id::text, job, payload FROM outbox
        WHERE done_at IS NULL AND failed_at IS NULL
          AND (queued_at IS NULL OR queued_at < now() - make_interval(secs => ${RESEND_SECONDS}))
        ORDER BY created_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`;
      if (rows.length === 0) return 0;
      await this.parts.queue.addBulk(rows.map((row) => ({ name: row.job, data: row.payload, opts: optionsOf(row) })));
      await tx.$executeRaw`UPDATE outbox SET queued_at = now() WHERE id = ANY(${rows.map((row) => row.id)}::uuid[])`;
      return rows.length;
    });
  }

  /** Keeps a connection of its own that hears of new jobs; without it the poll still finds them. */
  private async listen(): Promise<void> {
    if (this.listener || this.stopped) return;
    const client = new Client({ connectionString: this.parts.databaseUrl, keepAlive: true });
    this.listener = client;
    const lost = () => {
      if (this.listener === client) this.listener = undefined;
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', () => this.wake());
    try {
      await client.connect();
      await client.query(`LISTEN ${OUTBOX_CHANNEL}`);
    } catch {
      lost();
    }
  }
}

function optionsOf({ id, job }: OutboxRow) {
  const known = Object.values(jobs).find((candidate) => candidate.name === job);
  return {
    jobId: id,
    attempts: known?.attempts ?? 1,
    backoff: { type: 'exponential', delay: known?.backoffMs ?? 1000 },
    removeOnComplete: true,
    removeOnFail: true,
  };
}
