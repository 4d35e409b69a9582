import type { DeliveryChannel, Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { OUTBOX_CHANNEL } from '../../jobs/outbox.js';
import type { Language } from '../../i18n/language.js';
import { asSystem } from '../../platform/tenant.js';
import type { Recipient } from './recipients.js';

/** What is delivered: a report once it is ready, or a notice at once. */
export type Subject = { readonly runId: string; readonly formats: readonly string[]; readonly language: Language | null } | { readonly noticeId: string };

/**
 * Notes what goes to whom by which channel: to a person by the inbox and, unless unwanted, by mail; to an address by mail; to another
 * system by its webhook. A delivery that is there already is left as it is.
 */
export function addDeliveries(tx: Tx, subject: Subject, recipients: readonly Recipient[], requestedBy: string): Promise<void> {
  return asSystem(tx, async () => {
    const isRun = 'runId' in subject;
    const data = recipients.flatMap((one) =>
      channelsOf(one, isRun).map((channel) => ({
        id: newId(),
        ...(isRun ? { runId: subject.runId } : { noticeId: subject.noticeId }),
        channel,
        userId: one.userId,
        address: one.address,
        webhookId: one.webhookId,
        recipient: one.key,
        language: (isRun ? subject.language : null) ?? one.language,
        formats: isRun ? [...subject.formats] : [],
        requestedBy,
      })),
    );
    await tx.delivery.createMany({ data, skipDuplicates: true });
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
    await requestDeliveries(tx, waiting.map((one) => one.id));
  });
}

/** Asks for the jobs that send, all in one statement. */
export async function requestDeliveries(tx: Tx, deliveryIds: readonly string[]): Promise<void> {
  if (deliveryIds.length === 0) return;
  const jobs = deliveryIds.map((deliveryId) => ({ id: newId(), payload: { deliveryId } }));
  await tx.$executeRaw`
    INSERT INTO outbox (id, job, payload) SELECT j.id, 'deliver', j.payload FROM jsonb_to_recordset(${JSON.stringify(jobs)}::jsonb) AS j (id uuid, payload jsonb)`;
  await tx.$executeRaw`SELECT pg_notify(${OUTBOX_CHANNEL}, '')`;
}

/** What cannot be delivered because its report has failed. */
export async function failDeliveries(tx: Tx, runId: string, error: string, now: Date): Promise<void> {
  await asSystem(tx, () => tx.delivery.updateMany({ where: { runId, status: 'queued' }, data: { status: 'failed', failedAt: now, error: error.slice(0, 1000) } }));
}
