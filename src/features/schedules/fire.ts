import { createHash } from 'node:crypto';
import type { Deps } from '../../deps.js';
import { type Actor, type Visibility, visibilityOf } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import { isLate, latestDue } from '../../domain/schedule.js';
import type { Language } from '../../i18n/language.js';
import type { JobPayload } from '../../jobs/job.js';
import { inTransaction, type ReportSchedule, type ScheduleOccurrence, type Tx } from '../../platform/db.js';
import { addDeliveries } from '../deliveries/deliveries.store.js';
import { actorOf, findRecipients, type Recipient, type Recipients } from '../deliveries/recipients.js';
import { askedBy, viewOf } from '../reports/kinds.js';
import { insertRuns } from '../reports/run.store.js';
import { insertOccurrence, issuesBefore, lockSchedule, startOfEvent } from './schedules.store.js';
import { nextTime } from './timing.js';

/** Many recipients are still one transaction. */
const TIMEOUT_SECONDS = 300;

/** The job of a schedule whose time has come; once too often does nothing. */
export const fireSchedule = {
  async run({ db, clock }: Deps, { scheduleId }: JobPayload<'fire-schedule'>): Promise<void> {
    await inTransaction(db, (tx) => fire(tx, scheduleId, clock.now()), { timeoutSeconds: TIMEOUT_SECONDS });
  },

  giveUp({ log }: Deps, { scheduleId }: JobPayload<'fire-schedule'>, reason: string): Promise<void> {
    // It is still due: the next sweep tries again.
    log.error({ scheduleId, reason }, 'schedule not fired');
    return Promise.resolve();
  },
};

/** Meets the latest planned time of a schedule that has come, and sets the next one; nothing when none has. In the system's scope. */
export async function fire(tx: Tx, scheduleId: string, now: Date): Promise<void> {
  const schedule = await lockSchedule(tx, scheduleId);
  if (!schedule?.active || schedule.nextDueAt === null || schedule.nextDueAt > now) return;
  const startsOn = await startOfEvent(tx, schedule.eventId);
  const { dueAt, skipped, next } = latestDue(schedule.nextDueAt, now, (moment) => nextTime(schedule, startsOn, moment));
  await issue(tx, schedule, { dueAt, firedAt: now, late: isLate(dueAt, now), skipped, askedBy: null });
  await tx.reportSchedule.update({ where: { id: scheduleId }, data: { nextDueAt: next } });
}

/**
 * Keeps an occurrence and asks for its reports: for whoever is on the list now, one for all who ask the same and may see the same.
 * Nothing when the time was met before. In the system's scope.
 */
export async function issue(tx: Tx, schedule: ReportSchedule, occurrence: Omit<ScheduleOccurrence, 'scheduleId'>): Promise<void> {
  const { id: scheduleId, kind, formats, createdBy } = schedule;
  const { dueAt } = occurrence;
  if (!(await insertOccurrence(tx, { scheduleId, ...occurrence }))) return;
  const recipients = await findRecipients(tx, schedule.recipients as unknown as Recipients);
  const readings = readingsOf(schedule, recipients, await actorOf(tx, createdBy));
  const before = await issuesBefore(tx, { scheduleId, dueAt, series: readings.map(({ series }) => series) });
  const asOf = dueAt.toISOString().replace('Z', '000Z');
  const runIds = await insertRuns(
    tx,
    readings.map(({ question, scope, series, readers }) => ({
      kind,
      params: { question: { ...question, asOf, scope }, input: { kind, ...question }, since: before.get(series)?.asOf ?? null },
      // Persons come first on the list.
      requestedBy: readers[0]?.userId ?? createdBy,
      issue: { scheduleId, dueAt, series, previousId: before.get(series)?.id ?? null },
    })),
  );
  for (const [index, { readers }] of readings.entries()) {
    const runId = runIds[index];
    if (runId === undefined) throw new RangeError('each run has an id');
    await addDeliveries(tx, { runId, formats, language: schedule.language as Language | null }, readers, createdBy);
  }
}

/** A question, what may be seen of the answer, and who gets it. */
interface Reading {
  readonly question: object;
  readonly scope: Visibility;
  /** The same from one time to the next. */
  readonly series: string;
  readonly readers: Recipient[];
}

/** What is to be computed: addresses and other systems get what the owner may see, and nothing when the owner is suspended. */
function readingsOf(schedule: ReportSchedule, recipients: readonly Recipient[], owner: Actor | null): readonly Reading[] {
  const readings = new Map<string, Reading>();
  for (const recipient of recipients) {
    const actor = recipient.userId === null ? owner : recipient.actor;
    if (actor === null) continue;
    const scope = inOrder(visibilityOf(actor));
    for (const question of questionsOf(schedule, actor)) {
      const series = createHash('sha256').update(canonicalJson({ kind: schedule.kind, question, scope })).digest('hex');
      const reading = readings.get(series) ?? { question, scope, series, readers: [] };
      reading.readers.push(recipient);
      readings.set(series, reading);
    }
  }
  return [...readings.values()];
}

/** What a recipient asks by this schedule; nothing where it is not theirs to ask. */
function questionsOf({ kind, question }: ReportSchedule, actor: Actor): readonly object[] {
  const view = viewOf(kind);
  if (!view) throw new Error(`no report of kind ${kind}`);
  const questions = view.forRecipient?.(question as object, actor) ?? [question as object];
  return questions.flatMap((one) => questionAskedBy(actor, kind, one) ?? []);
}

function questionAskedBy(actor: Actor, kind: string, question: object): object | null {
  try {
    return askedBy(actor, kind, question);
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}

function inOrder(scope: Visibility): Visibility {
  if (scope.all) return scope;
  const sorted = (codes: readonly string[]) => [...new Set(codes)].sort();
  return { ...scope, states: sorted(scope.states), donorIds: sorted(scope.donorIds) };
}

/** JSON with the fields of every object in the order of their names: the database keeps them in another one. */
function canonicalJson(value: object): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
