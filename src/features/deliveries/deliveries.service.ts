import { coversScope, visibilityOf } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import { failureText } from '../../i18n/delivery.js';
import type { Delivery, ReportRun } from '../../platform/db.js';
import { recordAudit } from '../audit/audit.store.js';
import { addDeliveries, findDeadLetters, lockDelivery, lockRun, queueAgain, releaseDeliveries } from './deliveries.store.js';
import { type DeliveriesQuery, type DeliveryAnswer, deliverySorts, type ResendAnswer, type ResendInput, type SendAnswer, type SendInput } from './deliveries.schema.js';
import { languageOf, scopeOf } from './issue.js';
import { findRecipients, type Recipient, type Recipients } from './recipients.js';

/** How many dead letters are sent again at once. */
const MOST_RESENT = 1000;

/** One's own, as the sender or as the recipient; all of them for who manages or audits. */
export async function listDeliveries(context: RequestContext, query: DeliveriesQuery): Promise<Page<DeliveryAnswer>> {
  const { status, channel, runId, scheduleId } = query;
  const filters = {
    ...(status !== undefined && { status }),
    ...(channel !== undefined && { channel }),
    ...(runId !== undefined && { runId }),
    ...(scheduleId !== undefined && { run: { scheduleId } }),
  };
  const page = await findPage<Delivery>(query, deliverySorts, ({ where, orderBy, take }) => context.db.delivery.findMany({ where: { AND: [where, filters] }, orderBy, take }));
  return mapPage(page, (row) => answerOf(context, row));
}

/** @throws NOT_FOUND */
export async function getDelivery(context: RequestContext, id: string): Promise<DeliveryAnswer> {
  return answerOf(context, found(await context.db.delivery.findUnique({ where: { id } })));
}

/**
 * Sends a dead letter again, as if for the first time.
 * @throws NOT_FOUND, STATE_CONFLICT, STALE, REPORT_FAILED
 */
export async function resendDelivery(context: RequestContext, id: string): Promise<DeliveryAnswer> {
  const { db } = context;
  const before = found(await lockDelivery(db, id));
  if (before.status !== 'failed') throw new DomainError('STATE_CONFLICT', { found: before.status, allowed: 'failed' });
  context.precondition.check(before.version);
  const run = before.runId === null ? null : await lockRun(db, before.runId);
  if (run?.status === 'failed') throw new DomainError('REPORT_FAILED', { error: run.error ?? '' });
  await queueAgain(db, [id]);
  await recordAudit(context, 'delivery.resend', { kind: 'delivery', id }, { before: { status: before.status }, after: { status: 'queued' } });
  return getDelivery(context, id);
}

/** Sends the dead letters of a report or a schedule again, the oldest first; those that may have arrived only when asked for. */
export async function resendAll(context: RequestContext, { runId, scheduleId, uncertain }: ResendInput): Promise<ResendAnswer> {
  const { db } = context;
  const { ids, left } = await findDeadLetters(db, { runId, scheduleId, uncertain }, MOST_RESENT);
  await queueAgain(db, ids);
  const record = runId === undefined ? { kind: 'report_schedule', id: scheduleId ?? '' } : { kind: 'report', id: runId };
  await recordAudit(context, 'delivery.resend_all', record, { before: { status: 'failed' }, after: { status: 'queued' }, deliveryIds: ids, uncertain });
  return { resent: ids.length, left };
}

/**
 * Sends a report of one's own, at once or when it is ready, to persons who see all that is in it.
 * @throws NOT_FOUND, FORBIDDEN, OUT_OF_SCOPE, REPORT_FAILED
 */
export async function sendReport(context: RequestContext, runId: string, { recipients: listed, formats, language }: SendInput): Promise<SendAnswer> {
  const { db, actor, now } = context;
  const own = await db.reportRun.findFirst({ where: { id: runId, requestedBy: actor.userId }, select: { id: true } });
  if (!own) throw new DomainError('NOT_FOUND', { what: 'report' });
  // Locked, so that it does not become ready between two steps and leave these behind.
  const run = await lockRun(db, runId);
  if (run.status === 'failed') throw new DomainError('REPORT_FAILED', { error: run.error ?? '' });
  checkListed(context, listed);
  const found = await findRecipients(db, listed);
  checkFound(listed, found);
  const recipients = entitled(listed, found, run);
  await addDeliveries(db, { runId, formats, language: language ?? null }, recipients, actor.userId);
  if (run.status === 'ready') await releaseDeliveries(db, { runId }, now);
  const counts = { recipients: recipients.length, leftOut: found.length - recipients.length };
  const outside = recipients.flatMap(({ address }) => address ?? []);
  await recordAudit(context, 'report.send', { kind: 'report', id: runId }, { after: { formats, ...counts } }, { personal: { addresses: outside } });
  return counts;
}

/** @throws FORBIDDEN for others than persons, from who may not send outside */
function checkListed({ actor }: RequestContext, listed: Recipients): void {
  const trusted = actor.roles.some((role) => role === 'administrator' || role === 'finance_officer');
  if (!trusted && listed.some(({ kind }) => kind !== 'user')) throw new DomainError('FORBIDDEN', { roles: 'administrator, finance_officer' }, 'recipients');
}

const namedKey = (one: Recipients[number]): string | undefined => {
  if (one.kind === 'user') return `user:${one.userId}`;
  return one.kind === 'webhook' ? `webhook:${one.webhookId}` : undefined;
};

/** @throws NOT_FOUND for somebody who is named and cannot receive anything */
function checkFound(listed: Recipients, found: readonly Recipient[]): void {
  const keys = new Set(found.map(({ key }) => key));
  listed.forEach((one, index) => {
    const key = namedKey(one);
    if (key !== undefined && !keys.has(key)) throw new DomainError('NOT_FOUND', { what: one.kind }, `recipients.${index}`);
  });
}

/**
 * Those who see all that is in the report; an address and another system get what their sender sees.
 * @throws OUT_OF_SCOPE for somebody who is named and does not
 */
function entitled(listed: Recipients, found: readonly Recipient[], run: ReportRun): readonly Recipient[] {
  const scope = scopeOf(run);
  const covered = (one: Recipient) => one.userId === null || (one.actor !== null && coversScope(visibilityOf(one.actor), scope));
  const shut = found.filter((one) => !covered(one));
  listed.forEach((one, index) => {
    const refused = shut.find(({ key }) => key === namedKey(one));
    if (!refused) return;
    const states = scope.all ? '*' : scope.states.join(', ');
    throw new DomainError('OUT_OF_SCOPE', { states: refused.actor?.states.join(', ') ?? '', found: states === '' ? '-' : states }, `recipients.${index}`);
  });
  return found.filter(covered);
}

function found(delivery: Delivery | null): Delivery {
  if (!delivery) throw new DomainError('NOT_FOUND', { what: 'delivery' });
  return delivery;
}

const ADDRESS = /[^\s<>]+@[^\s<>]+/g;

function answerOf({ actor, language }: RequestContext, row: Delivery): DeliveryAnswer {
  const { id, runId, noticeId, channel, userId, webhookId, formats, status, attempts, requestedBy, version } = row;
  const seesAddresses = actor.roles.includes('administrator') || requestedBy === actor.userId;
  const error = row.error === null || seesAddresses ? row.error : row.error.replace(ADDRESS, '…');
  return {
    id,
    runId,
    noticeId,
    channel,
    userId,
    address: seesAddresses ? row.address : null,
    webhookId,
    language: languageOf(row),
    formats,
    status,
    attempts,
    error,
    errorText: error === null ? null : failureText(language, error),
    requestedBy,
    createdAt: row.createdAt.toISOString(),
    handedOverAt: isoOf(row.handedOverAt),
    sentAt: isoOf(row.sentAt),
    failedAt: isoOf(row.failedAt),
    openedAt: isoOf(row.openedAt),
    acknowledgedAt: isoOf(row.acknowledgedAt),
    version,
  };
}

function isoOf(moment: Date | null): string | null {
  return moment?.toISOString() ?? null;
}
