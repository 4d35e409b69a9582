import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import type { Webhook } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { inSystemTransaction } from '../../platform/tenant.js';
import { newWebhookSecret } from '../../platform/webhook-client.js';
import { recordAudit } from '../audit/audit.store.js';
import { auditing } from '../auth/attempts.js';
import { dataKeysOf } from '../auth/data-keys.js';
import { type TestAnswer, type WebhookAnswer, type WebhookInput, type WebhookPatch, webhookSorts, type WebhooksQuery, type WebhookWithSecret } from './webhooks.schema.js';
import { lockWebhook, postTo, sealSecret } from './webhooks.store.js';

/** @throws WEBHOOK_INSECURE */
export async function createWebhook(context: RequestContext, { name, url }: WebhookInput): Promise<WebhookWithSecret> {
  const { db, deps, actor } = context;
  checkUrl(context, url);
  const id = newId();
  const secret = newWebhookSecret();
  const webhook = await db.webhook.create({ data: { id, name, url, secret: sealSecret(secret, id, dataKeysOf(deps.config)), createdBy: actor.userId } });
  await recordAudit(context, 'webhook.create', { kind: 'webhook', id }, { before: null, after: { name, url } });
  return { ...answerOf(webhook), secret };
}

/** @throws NOT_FOUND, STALE, WEBHOOK_INSECURE */
export async function updateWebhook(context: RequestContext, id: string, patch: WebhookPatch): Promise<WebhookAnswer> {
  const { db } = context;
  const before = found(await lockWebhook(db, id));
  context.precondition.check(before.version);
  const { name = before.name, url = before.url, active = before.active } = patch;
  checkUrl(context, url);
  const webhook = await db.webhook.update({ where: { id }, data: { name, url, active } });
  const shown = ({ name, url, active }: Webhook) => ({ name, url, active });
  await recordAudit(context, 'webhook.update', { kind: 'webhook', id }, { before: shown(before), after: shown(webhook) });
  return answerOf(webhook);
}

/**
 * Replaces the secret; the one before signs nothing any more.
 * @throws NOT_FOUND, STALE
 */
export async function rotateSecret(context: RequestContext, id: string): Promise<WebhookWithSecret> {
  const { db, deps } = context;
  const before = found(await lockWebhook(db, id));
  context.precondition.check(before.version);
  const secret = newWebhookSecret();
  const webhook = await db.webhook.update({ where: { id }, data: { secret: sealSecret(secret, id, dataKeysOf(deps.config)) } });
  await recordAudit(context, 'webhook.rotate_secret', { kind: 'webhook', id });
  return { ...answerOf(webhook), secret };
}

/**
 * Sends a message that means nothing, also to one that is not in use, and says what came back.
 * @throws NOT_FOUND
 */
export async function testWebhook(context: RequestContext, id: string): Promise<TestAnswer> {
  const { deps, now } = context;
  const webhook = await inSystemTransaction(deps.db, async (tx) => {
    const kept = found(await tx.webhook.findUnique({ where: { id } }));
    await recordAudit(auditing(context, tx), 'webhook.test', { kind: 'webhook', id });
    return kept;
  });
  const messageId = newId();
  const body = JSON.stringify({ id: messageId, type: 'ping', createdAt: now });
  try {
    const status = await postTo(deps, webhook, { id: messageId, body });
    return { ok: status >= 200 && status <= 299, status, error: null };
  } catch (error) {
    return { ok: false, status: null, error: error instanceof Error ? error.message : String(error) };
  }
}

/** @throws NOT_FOUND */
export async function getWebhook({ db }: RequestContext, id: string): Promise<WebhookAnswer> {
  return answerOf(found(await db.webhook.findUnique({ where: { id } })));
}

export async function listWebhooks({ db }: RequestContext, query: WebhooksQuery): Promise<Page<WebhookAnswer>> {
  const filters = query.active === undefined ? {} : { active: query.active };
  const page = await findPage<Webhook>(query, webhookSorts, ({ where, orderBy, take }) => db.webhook.findMany({ where: { AND: [where, filters] }, orderBy, take }));
  return mapPage(page, answerOf);
}

function checkUrl({ deps }: RequestContext, url: string): void {
  const { username, password, protocol } = new URL(url);
  if (username !== '' || password !== '' || (protocol !== 'https:' && !deps.config.webhookAllowPrivate)) throw new DomainError('WEBHOOK_INSECURE', {}, 'url');
}

function found(webhook: Webhook | null): Webhook {
  if (!webhook) throw new DomainError('NOT_FOUND', { what: 'webhook' });
  return webhook;
}

function answerOf({ id, name, url, active, createdBy, createdAt, version }: Webhook): WebhookAnswer {
  return { id, name, url, active, createdBy, createdAt: createdAt.toISOString(), version };
}
