import type { Job } from 'bullmq';
import type { Deps } from '../src/deps.js';
import { deliver } from '../src/features/deliveries/deliver.js';
import { runImport } from '../src/features/imports/imports.service.js';
import { sendMail } from '../src/features/mails/send-mail.js';
import { computeReport } from '../src/features/reports/compute-report.js';
import { fireSchedule } from '../src/features/schedules/fire.js';
import { watch } from '../src/features/watch/evaluate.js';
import { type JobName, type JobPayload, jobs } from '../src/jobs/job.js';

interface Handler<N extends JobName> {
  readonly run: (deps: Deps, payload: JobPayload<N>) => Promise<void>;
  /** Called once when the last attempt has failed. */
  readonly giveUp: (deps: Deps, payload: JobPayload<N>, reason: string) => Promise<void>;
}

const handlers: { readonly [N in JobName]: Handler<N> } = {
  'compute-report': computeReport,
  'run-import': runImport,
  'send-mail': sendMail,
  deliver,
  'fire-schedule': fireSchedule,
  watch,
};

/** A job that was begun this often without an end takes its worker down each time. */
const MOST_STARTS = 20;

/** Does one job; it is done when its outbox row says so, and doing it twice changes nothing. One of a scheduler has no such row. */
export async function performJob(job: Job, deps: Deps): Promise<void> {
  const known = Object.values(jobs).find((candidate) => candidate.name === job.name);
  if (!known || job.id === undefined) {
    deps.log.error({ job: job.name }, 'no such job');
    return;
  }
  // Each handler takes the payload of its own job, which the schema beside its name has checked.
  const handler = handlers[known.name] as unknown as Handler<JobName>;
  const payload = known.payload.safeParse(job.data);
  const outboxId = job.repeatJobKey === undefined ? job.id : null;
  let starts = 0;
  try {
    if (!payload.success) throw payload.error;
    starts = await countStart(deps, outboxId);
    if (starts > MOST_STARTS) throw new Error(`begun ${MOST_STARTS} times without an end`);
    await handler.run(deps, payload.data);
    await noteOutcome(deps, outboxId, { doneAt: deps.clock.now() });
    deps.metrics.jobs.inc({ job: job.name, outcome: 'done' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const last = starts > MOST_STARTS || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
    deps.log.error({ err: error, job: job.name, attempt: job.attemptsMade + 1 }, 'job failed');
    deps.metrics.jobs.inc({ job: job.name, outcome: last ? 'failed' : 'retried' });
    // Before the outbox says so: when this fails too, the relay sends the job again.
    if (last && payload.success) await handler.giveUp(deps, payload.data, reason);
    await noteOutcome(deps, outboxId, { lastError: reason.slice(0, 1000), ...(last && { failedAt: deps.clock.now() }) });
    throw error;
  }
}

/** How often the job has been begun, this time included. */
async function countStart({ db }: Deps, id: string | null): Promise<number> {
  if (id === null) return 1;
  const [row] = await db.outbox.updateManyAndReturn({ where: { id }, data: { attempts: { increment: 1 } }, select: { attempts: true } });
  return row?.attempts ?? 1;
}

async function noteOutcome({ db }: Deps, id: string | null, data: { readonly doneAt?: Date; readonly lastError?: string; readonly failedAt?: Date }): Promise<void> {
  if (id !== null) await db.outbox.updateMany({ where: { id }, data });
}
