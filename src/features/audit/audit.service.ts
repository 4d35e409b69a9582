import type { RequestContext } from '../../http/endpoint.js';
import type { Page } from '../../http/paging.js';
import { auditText } from '../../i18n/audit.js';
import type { Language } from '../../i18n/language.js';
import { asSystem } from '../../platform/tenant.js';
import type { EventAnswer, EventsQuery, ExportQuery, SealAnswer, SealsQuery } from './audit.schema.js';
import { type EventRow, findEvents, findLinks, linkRange } from './audit.store.js';
import { findSeals, type StoredSeal } from './seals.store.js';

/** The events that the reader may see, in the order of the chain. */
export async function listEvents({ db, language }: RequestContext, { limit, cursor = '0', ...filter }: EventsQuery): Promise<Page<EventAnswer>> {
  const rows = await findEvents(db, filter, cursor, limit + 1);
  return pageOf(rows, limit, (row) => toEvent(row, language));
}

/** The seals, oldest first. */
export async function listSeals({ db }: RequestContext, { limit, cursor = '0' }: SealsQuery): Promise<Page<SealAnswer>> {
  return pageOf(await findSeals(db, cursor, limit + 1), limit, toSeal);
}

/** A part of the export: one link in a line, and the last seq when more follow. */
export async function exportLinks({ db }: RequestContext, { from, to, after, limit }: ExportQuery): Promise<{ readonly lines: string; readonly next: string | null }> {
  const range = await asSystem(db, () => linkRange(db, from, to));
  if (!range) return { lines: '', next: null };
  const first = BigInt(after) < BigInt(range.first) ? range.first : String(BigInt(after) + 1n);
  const links = await findLinks(db, first, range.last, limit);
  const last = links.at(-1)?.seq;
  return { lines: links.map((link) => `${JSON.stringify(link)}\n`).join(''), next: last === undefined || last === range.last ? null : last };
}

function pageOf<Row extends { readonly seq: string }, T>(rows: readonly Row[], limit: number, toItem: (row: Row) => T): Page<T> {
  const shown = rows.slice(0, limit);
  return { items: shown.map(toItem), nextCursor: rows.length > limit ? (shown.at(-1)?.seq ?? null) : null };
}

function toEvent(row: EventRow, language: Language): EventAnswer {
  return {
    seq: row.seq,
    hash: row.hash,
    id: row.id,
    at: row.at,
    action: row.action,
    actionText: auditText(language, 'action', row.action),
    actor: row.actor_id === null ? null : { id: row.actor_id, name: row.actor_name },
    onBehalfOf: row.on_behalf_of === null ? null : { id: row.on_behalf_of, name: row.on_behalf_of_name },
    sessionId: row.session_id,
    record: { kind: row.record_kind, id: row.record_id },
    requestId: row.request_id,
    reason: row.reason,
    detail: { ...row.detail },
    personal: row.personal && { ...row.personal },
    erased: row.erased,
  };
}

function toSeal({ seq, hash, sealed_at, journal_until, journal_hash, mac }: StoredSeal): SealAnswer {
  return { seq, hash, sealedAt: momentOf(sealed_at), journalUntil: momentOf(journal_until), journalHash: journal_hash, mac };
}

/** Microseconds since 1970 as ISO 8601. */
function momentOf(micros: string): string {
  const digits = micros.padStart(7, '0');
  return new Date(Number(digits.slice(0, -3))).toISOString().replace('Z', `${digits.slice(-3)}Z`);
}
