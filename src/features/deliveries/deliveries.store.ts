import type { Delivery, DeliveryChannel, ReportRun, Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { requestJobs } from '../../jobs/outbox.js';
import type { Language } from '../../i18n/language.js';
import { asSystem } from '../../platform/tenant.js';
import type { Recipient } from './recipients.js';

/** Why a delivery failed, where it was neither the mail server nor the other system that said so. */
export const failures = ['uncertain', 'recipient_gone', 'rights_changed', 'webhook_inactive', 'webhook_gone'] as const;
export type Failure = (typeof failures)[number];

const LONGEST_ERROR = 1000;

/** What is delivered: a report once it is ready, or a notice at once. */
export type Subject = { readonly runId: string; readonly formats: readonly string[]; readonly language: Language | null } | { readonly noticeId: string };

/**
 * Notes what goes to whom by which channel: to a person by the inbox and, unless unwanted, by mail; to an address by mail; to another
 * system by its webhook. A delivery that is there already is left as it is.
 */
export function addDeliveries(tx: Tx, subject: Subject, recipients: readonly Recipient[], requestedBy: string): Promise<void> {
  return asSystem(tx, async () => {
    const isRun = 'runId' in subject;
    const rows = recipients.flatMap((one) =>
      channelsOf(one, isRun).map((channel) => ({
        id: newId(),
        ...(isRun ? { run_id: subject.runId } : { notice_id: subject.noticeId }),
        channel,
        user_id: one.userId,
        address: one.address,
        webhook_id: one.webhookId,
        recipient: one.key,
        language: (isRun ? subject.language : null) ?? one.language,
        formats: isRun ? subject.formats : [],
        requested_by: requestedBy,
      })),
    );
    // All in one statement: ten thousand rows one parameter at a time would take seconds.
    await tx.$executeRaw`
      INSERT INTO delivery (id, run_id, notice_id, channel, user_id, address, webhook_id, recipient, language, formats, requested_by)
      SELECT id, run_id, notice_id, channel, user_id, address, webhook_id, recipient, language, formats, requested_by
      FROM jsonb_populate_recordset(NULL::delivery, ${JSON.stringify(rows)}::jsonb)
      ON CONFLICT DO NOTHING`;
  });
}

function channelsOf({ userId, webhookId, wants }: Recipient, isRun: boolean): readonly DeliveryChannel[] {
  if (webhookId !== null) return ['webhook'];
  if (userId === null) return ['mail'];
  return isRun && !wants.reports ? ['inbox'] : ['inbox', 'mail'];
}

/** Sends what waits: what is for the inbox is there from now on, the rest is asked for as jobs. */
export async function releaseDeliveries(tx: Tx, of: { readonly runId: string } | { readonly noticeId: string }, now: Date): Promise<void> {
  await asSystem(tx, async () => {
    await tx.delivery.updateMany({ where: { ...of, channel: 'inbox', status: 'queued' }, data: { status: 'sent', sentAt: now } });
    const waiting = await tx.delivery.findMany({ where: { ...of, channel: { not: 'inbox' }, status: 'queued' }, select: { id: true } });
    await requestJobs(tx, 'deliver', waiting.map(({ id }) => ({ deliveryId: id })));
  });
}

/** What cannot be delivered because its report has failed. */
export async function failDeliveries(tx: Tx, runId: string, error: string, now: Date): Promise<void> {
  await asSystem(tx, () => tx.delivery.updateMany({ where: { runId, status: 'queued' }, data: failed(error, now) }));
}

function failed(error: string, now: Date) {
  return { status: 'failed', failedAt: now, error: error.slice(0, LONGEST_ERROR) } as const;
}

/** Takes a delivery to send it; null for one that is sent, has failed, or was given to the mail server already. */
export async function takeDelivery(db: Tx, id: string): Promise<Delivery | null> {
  const [taken] = await db.delivery.updateManyAndReturn({
    where: { id, status: { in: ['queued', 'sending'] }, handedOverAt: null },
    data: { status: 'sending', attempts: { increment: 1 } },
  });
  return taken ?? null;
}

/**
 * Notes that the mail server is about to have all of a mail. Of several who send it at once, one succeeds.
 * @throws Error for the others
 */
export async function markHandedOver(db: Tx, id: string, now: Date): Promise<void> {
  const { count } = await db.delivery.updateMany({ where: { id, status: 'sending', handedOverAt: null }, data: { handedOverAt: now } });
  if (count === 0) throw new Error(`delivery ${id} is being sent by another worker`);
}

/** The delivery as whoever began it left it: given to the mail server at this moment, or, when null, not yet. */
export interface Attempt {
  readonly id: string;
  readonly handedOverAt: Date | null;
}

/** Also of one that another worker has meanwhile thought lost. */
export async function markSent(db: Tx, attempt: Attempt, now: Date): Promise<void> {
  await db.delivery.updateMany({ where: { ...attempt, status: { not: 'sent' } }, data: { status: 'sent', sentAt: now, failedAt: null, error: null } });
}

/** Puts a delivery back that nobody has, to be tried again. */
export async function putBack(db: Tx, attempt: Attempt, error: string): Promise<void> {
  await db.delivery.updateMany({ where: { ...attempt, status: 'sending' }, data: { status: 'queued', handedOverAt: null, error: error.slice(0, LONGEST_ERROR) } });
}

/** A dead letter: a person decides what becomes of it. */
export async function failDelivery(db: Tx, attempt: Attempt, error: string, now: Date): Promise<void> {
  await db.delivery.updateMany({ where: { ...attempt, status: { in: ['queued', 'sending'] } }, data: failed(error, now) });
}

/** One whose mail the server has had and whose worker did not live to hear the answer; any other is left as it is. */
export async function failUncertain(db: Tx, id: string, now: Date): Promise<void> {
  const uncertain: Failure = 'uncertain';
  await db.delivery.updateMany({ where: { id, status: 'sending', handedOverAt: { not: null } }, data: failed(uncertain, now) });
}

/** Sends dead letters again, as if for the first time. */
export async function queueAgain(tx: Tx, ids: readonly string[]): Promise<void> {
  await asSystem(tx, async () => {
    const data = { status: 'queued', attempts: 0, error: null, failedAt: null, handedOverAt: null } as const;
    const rows = await tx.delivery.updateManyAndReturn({ where: { id: { in: [...ids] }, status: 'failed' }, data, select: { id: true } });
    await requestJobs(tx, 'deliver', rows.map(({ id }) => ({ deliveryId: id })));
  });
}

/** The delivery, locked until the transaction ends. */
export async function lockDelivery(db: Tx, id: string): Promise<Delivery | null> {
  await asSystem(db, () => db.$queryRaw`SELECT FROM delivery WHERE id = ${id}::uuid FOR UPDATE`);
  return db.delivery.findUnique({ where: { id } });
}

/** A report run, locked until the transaction ends, whoever may see it. */
export function lockRun(db: Tx, id: string): Promise<ReportRun> {
  return asSystem(db, async () => {
    await db.$queryRaw`SELECT FROM report_run WHERE id = ${id}::uuid FOR UPDATE`;
    return db.reportRun.findUniqueOrThrow({ where: { id } });
  });
}

/** The oldest dead letters of a report or of a schedule's reports, and how many there are besides; none of a report that failed. */
export async function findDeadLetters(
  db: Tx,
  { runId, scheduleId, uncertain }: { readonly runId: string | undefined; readonly scheduleId: string | undefined; readonly uncertain: boolean },
  most: number,
): Promise<{ readonly ids: readonly string[]; readonly left: number }> {
  const unsure: Failure = 'uncertain';
  const where = {
    status: 'failed',
    ...(runId !== undefined && { runId }),
    run: { status: 'ready', ...(scheduleId !== undefined && { scheduleId }) },
    ...(!uncertain && { error: { not: unsure } }),
  } as const;
  return asSystem(db, async () => {
    const rows = await db.delivery.findMany({ where, select: { id: true }, orderBy: { id: 'asc' }, take: most });
    return { ids: rows.map(({ id }) => id), left: (await db.delivery.count({ where })) - rows.length };
  });
}

/** Notes when a recipient first opened what they got. */
export async function markOpened(db: Tx, id: string, now: Date): Promise<void> {
  await asSystem(db, () => db.delivery.updateMany({ where: { id, openedAt: null }, data: { openedAt: now } }));
}

/** Notes when a recipient confirmed receipt: the first time. */
export async function markAcknowledged(db: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await asSystem(db, () => db.delivery.updateMany({ where: { id, acknowledgedAt: null }, data: { acknowledgedAt: now } }));
  return count > 0;
}
