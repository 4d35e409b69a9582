import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, idColumn, mapPage, type Page } from '../../http/paging.js';
import { deliveryText } from '../../i18n/delivery.js';
import { reportTitle } from '../../i18n/documents.js';
import type { Delivery, Notice, ReportRun, ScheduleOccurrence } from '../../platform/db.js';
import { recordAudit } from '../audit/audit.store.js';
import { noticeText } from '../watch/notice-text.js';
import type { InboxItem, InboxMessage, InboxQuery } from './deliveries.schema.js';
import { markAcknowledged, markOpened } from './deliveries.store.js';
import { languageOf } from './issue.js';

/** What arrived, with what row-level security leaves of it. */
type Arrived = Delivery & { readonly run: (ReportRun & { readonly occurrence: ScheduleOccurrence | null }) | null; readonly notice: Notice | null };

const withSubject = { run: { include: { occurrence: true } }, notice: true } as const;
const sorts = { receivedAt: idColumn<Arrived>() };

function inboxOf({ actor }: RequestContext) {
  return { userId: actor.userId, channel: 'inbox', status: 'sent' } as const;
}

/** One's own, the newest first. */
export async function listInbox(context: RequestContext, query: InboxQuery): Promise<Page<InboxItem> & { readonly counts: { unread: number; unacknowledged: number } }> {
  const { db } = context;
  const own = inboxOf(context);
  const { unread, acknowledged } = query;
  const filters = {
    ...(unread !== undefined && { openedAt: unread ? null : { not: null } }),
    ...(acknowledged !== undefined && { acknowledgedAt: acknowledged ? { not: null } : null }),
  };
  const page = await findPage<Arrived>({ ...query, sort: '-receivedAt' }, sorts, ({ where, orderBy, take }) =>
    db.delivery.findMany({ where: { AND: [where, own, filters] }, orderBy, take, include: withSubject }),
  );
  const counts = {
    unread: await db.delivery.count({ where: { ...own, openedAt: null } }),
    unacknowledged: await db.delivery.count({ where: { ...own, acknowledgedAt: null } }),
  };
  return { ...mapPage(page, (row) => itemOf(context, row)), counts };
}

/**
 * Opens a message; the first time is noted.
 * @throws NOT_FOUND
 */
export async function openMessage(context: RequestContext, id: string): Promise<InboxMessage> {
  await findArrived(context, id);
  await markOpened(context.db, id, context.now);
  return messageOf(context, await findArrived(context, id));
}

/**
 * Confirms receipt; the first time is noted.
 * @throws NOT_FOUND
 */
export async function acknowledge(context: RequestContext, id: string): Promise<InboxMessage> {
  const { db, now } = context;
  await findArrived(context, id);
  await markOpened(db, id, now);
  if (await markAcknowledged(db, id, now)) await recordAudit(context, 'delivery.acknowledge', { kind: 'delivery', id });
  return messageOf(context, await findArrived(context, id));
}

async function findArrived(context: RequestContext, id: string): Promise<Arrived> {
  const arrived = await context.db.delivery.findFirst({ where: { id, ...inboxOf(context) }, include: withSubject });
  if (!arrived) throw new DomainError('NOT_FOUND', { what: 'inbox_message' });
  return arrived;
}

async function messageOf(context: RequestContext, arrived: Arrived): Promise<InboxMessage> {
  const { db, actor, language } = context;
  if (!arrived.notice) return { ...itemOf(context, arrived), paragraphs: [], link: null };
  const reader = await db.appUser.findUniqueOrThrow({ where: { id: actor.userId }, select: { timeZone: true } });
  const { paragraphs, link } = noticeText(arrived.notice, language, reader.timeZone);
  return { ...itemOf(context, arrived), paragraphs: [...paragraphs], link: link ?? null };
}

function itemOf({ language }: RequestContext, arrived: Arrived): InboxItem {
  const { id, runId, run, version } = arrived;
  return {
    id,
    kind: runId === null ? 'notice' : 'report',
    subject: subjectOf(arrived, language),
    receivedAt: (arrived.sentAt ?? arrived.createdAt).toISOString(),
    late: run?.occurrence?.late ?? false,
    openedAt: arrived.openedAt?.toISOString() ?? null,
    acknowledgedAt: arrived.acknowledgedAt?.toISOString() ?? null,
    report: run && { id: run.id, kind: run.kind, asOf: run.asOf.toISOString(), hash: run.hash, code: run.code, links: linksOf(arrived, run.id) },
    version,
  };
}

/** Of what the reader no longer sees nothing is told. */
function subjectOf({ run, notice }: Arrived, language: RequestContext['language']): string {
  if (run) return reportTitle(run.kind, language);
  return notice ? noticeText(notice, language, 'UTC').subject : deliveryText(language, 'inbox.closed');
}

function linksOf(arrived: Arrived, runId: string): Record<string, string> {
  const base = `/v1/reports/${runId}`;
  const query = `?language=${languageOf(arrived)}`;
  const files = arrived.formats.map((format) => [format, `${base}/${format}${format === 'json' ? '' : query}`]);
  return { self: base, ...(Object.fromEntries(files) as Record<string, string>) };
}
