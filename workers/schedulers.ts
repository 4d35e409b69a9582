import type { JobSchedulerJson, Queue } from 'bullmq';
import type { Deps } from '../src/deps.js';
import { fireSchedule } from '../src/features/schedules/fire.js';
import { cronSchedules, dueSchedules } from '../src/features/schedules/schedules.store.js';
import { type JobName, jobs } from '../src/jobs/job.js';
import { isQueueReady } from '../src/platform/queue.js';

const PASS_MS = 5_000;

/** A job that the queue is to ask for again and again. */
interface Scheduler {
  readonly job: (typeof jobs)[keyof typeof jobs] & { readonly name: JobName };
  readonly data: object;
  readonly pattern: string;
  readonly tz: string;
}

/** What is watched is looked at every hour, once the reports of the full hour are under way. */
const watch: Scheduler = { job: jobs.watch, data: {}, pattern: '5 * * * *', tz: 'UTC' };

/**
 * Sees every five seconds to it that what is due is done. The queue tells of a schedule's time at once; Redis may have lost that, or be
 * away, so what is due by the database is fired anyway. The database decides: twice is once.
 */
export class Schedulers {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly parts: { readonly deps: Deps; readonly queue: Queue }) {}

  start(): void {
    this.timer = setInterval(() => this.wake(), PASS_MS);
    this.wake();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** One pass after the other; a slow one takes the place of the next. */
  private wake(): void {
    this.running ??= this.pass().finally(() => (this.running = undefined));
  }

  /** Fires what is due, and makes the queue's schedulers those of the active schedules. */
  async pass(): Promise<void> {
    const { log } = this.parts.deps;
    await this.sweep().catch((error: unknown) => log.warn({ err: error }, 'schedules not swept'));
    await this.reconcile().catch((error: unknown) => log.warn({ err: error }, 'schedulers not reconciled'));
  }

  /** Fires what is due by the database, whatever the queue knows. */
  async sweep(): Promise<void> {
    const { deps } = this.parts;
    for (const scheduleId of await dueSchedules(deps.db, deps.clock.now())) {
      // One that fails keeps no other waiting.
      await fireSchedule.run(deps, { scheduleId }).catch((error: unknown) => deps.log.error({ err: error, scheduleId }, 'schedule not fired'));
    }
  }

  private async reconcile(): Promise<void> {
    const { deps, queue } = this.parts;
    if (!(await isQueueReady(queue))) return;
    const wanted = new Map<string, Scheduler>([['watch', watch]]);
    for (const { id, cron, timeZone } of await cronSchedules(deps.db)) {
      wanted.set(id, { job: jobs.fireSchedule, data: { scheduleId: id }, pattern: cron, tz: timeZone });
    }
    const there = new Map((await queue.getJobSchedulers()).map((scheduler) => [scheduler.key, scheduler]));
    for (const id of there.keys()) if (!wanted.has(id)) await queue.removeJobScheduler(id);
    for (const [id, scheduler] of wanted) if (!isSame(there.get(id), scheduler)) await upsert(queue, id, scheduler);
  }
}

function isSame(there: JobSchedulerJson | undefined, { pattern, tz }: Scheduler): boolean {
  return there !== undefined && there.pattern === pattern && there.tz === tz;
}

async function upsert(queue: Queue, id: string, { job, data, pattern, tz }: Scheduler): Promise<void> {
  const opts = { attempts: job.attempts, backoff: { type: 'exponential', delay: job.backoffMs }, removeOnComplete: true, removeOnFail: true };
  await queue.upsertJobScheduler(id, { pattern, tz }, { name: job.name, data, opts });
}
