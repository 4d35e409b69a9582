import type { Deps } from '../../deps.js';
import { SYSTEM_USER_ID } from '../../domain/system-user.js';
import { type Db, inTransaction, type Tx, type Webhook } from '../../platform/db.js';
import { type DataKeys, open, seal } from '../../platform/secret-box.js';
import { sendWebhook, type WebhookMessage } from '../../platform/webhook-client.js';
import { recordAudit } from '../audit/audit.store.js';
import { dataKeysOf } from '../auth/data-keys.js';

/** The secret as it is kept. */
export function sealSecret(secret: string, webhookId: string, keys: DataKeys): string {
  return seal(secret, { purpose: 'webhook', subject: webhookId }, keys);
}

/**
 * Sends a message to another system, signed for it.
 * @returns the status of its answer
 * @throws Error when there is none
 */
export function postTo({ config, clock }: Deps, { id, url, secret }: Webhook, message: WebhookMessage): Promise<number> {
  const opened = open(secret, { purpose: 'webhook', subject: id }, dataKeysOf(config));
  return sendWebhook({ url, secret: opened }, message, clock.now(), config.webhookAllowPrivate);
}

/** Sends nothing there any more, at the other system's wish. */
export async function disableWebhook(db: Db, id: string): Promise<void> {
  await inTransaction(db, async (tx) => {
    const { count } = await tx.webhook.updateMany({ where: { id, active: true }, data: { active: false } });
    if (count === 0) return;
    await recordAudit({ db: tx, actor: { userId: SYSTEM_USER_ID }, requestId: 'deliver' }, 'webhook.disable', { kind: 'webhook', id }, { before: { active: true }, after: { active: false } });
  });
}

/** The webhook, locked until the transaction ends. */
export async function lockWebhook(db: Tx, id: string): Promise<Webhook | null> {
  await db.$queryRaw`SELECT FROM webhook WHERE id = ${id}::uuid FOR UPDATE`;
  return db.webhook.findUnique({ where: { id } });
}
