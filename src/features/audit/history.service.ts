import { type Actor, type Role } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import type { Page } from '../../http/paging.js';
import { auditText } from '../../i18n/audit.js';
import type { Language } from '../../i18n/language.js';
import type { Tx } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';
import { readableChanges } from './changes.js';
import type { HistoryEventAnswer, HistoryQuery } from './history.schema.js';
import { findHistory, type HistoryKind, type HistoryRow, isVisible } from './history.store.js';

interface Person {
  readonly name: string | null;
  readonly role: Role | 'none';
}

/** What it takes to put an event into words. */
interface Words {
  readonly language: Language;
  readonly people: ReadonlyMap<string, Person>;
  readonly names: ReadonlyMap<string, string>;
  /** Whether people are named. */
  readonly inside: boolean;
}

/** The administration: to everybody else its people are what they are, not who. */
const insideRoles: readonly Role[] = ['administrator', 'finance_officer', 'approver', 'auditor'];

/**
 * What happened to a record and to all that hangs on it, in the reader's language, oldest first.
 * @throws NOT_FOUND also when the reader may not see it; CURSOR_INVALID
 */
export async function readHistory(context: RequestContext, kind: HistoryKind, id: string, { limit, cursor }: HistoryQuery): Promise<Page<HistoryEventAnswer>> {
  const { db, actor, language } = context;
  if (!(await isVisible(db, kind, id))) throw new DomainError('NOT_FOUND', { what: kind });
  const rows = await findHistory(db, kind, id, cursor === undefined ? undefined : placeOf(cursor), limit + 1);
  const shown = rows.slice(0, limit);
  const words = { language, people: await peopleOf(db, shown), names: await namesOf(db, shown), inside: isInside(actor) };
  const last = shown.at(-1);
  return { items: shown.map((row) => toAnswer(row, words)), nextCursor: rows.length > limit && last ? `${last.at} ${last.id}` : null };
}

function isInside({ roles }: Actor): boolean {
  return roles.some((role) => insideRoles.includes(role));
}

/** @throws CURSOR_INVALID */
function placeOf(cursor: string): { readonly at: string; readonly id: string } {
  const [, at, id] = /^(\d{4}-[\d:.T-]+Z) ([\da-f-]{36})$/.exec(cursor) ?? [];
  if (at === undefined || id === undefined || Number.isNaN(Date.parse(at))) throw new DomainError('CURSOR_INVALID', {}, 'cursor');
  return { at, id };
}

/** Who acted, whoever they are to the reader. */
async function peopleOf(db: Tx, rows: readonly HistoryRow[]): Promise<ReadonlyMap<string, Person>> {
  const ids = [...new Set(rows.flatMap(({ actor_id, on_behalf_of }) => [actor_id, on_behalf_of]))].filter((id) => id !== null);
  const users = await asSystem(db, () => db.appUser.findMany({ where: { id: { in: ids } }, select: { id: true, name: true, roles: true, erasedAt: true } }));
  return new Map(users.map(({ id, name, roles, erasedAt }) => [id, { name: erasedAt ? null : name, role: roles[0] ?? 'none' }]));
}

/** The organisations that the events speak of, by their ids. */
async function namesOf(db: Tx, rows: readonly HistoryRow[]): Promise<ReadonlyMap<string, string>> {
  const ids = new Set(JSON.stringify(rows.map(({ detail }) => detail)).match(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g));
  const organisations = await db.organisation.findMany({ where: { id: { in: [...ids] } }, select: { id: true, name: true } });
  return new Map(organisations.map(({ id, name }) => [id, name]));
}

function toAnswer(row: HistoryRow, words: Words): HistoryEventAnswer {
  const { language, names, inside } = words;
  return {
    id: row.id,
    at: row.at,
    actor: personOf(row.actor_id, words),
    onBehalfOf: personOf(row.on_behalf_of, words),
    action: row.action,
    sentence: auditText(language, 'action', row.action),
    record: { kind: row.record_kind, id: row.record_id },
    changes: [...readableChanges(row.detail, language, names), ...(inside && row.personal ? readableChanges(row.personal, language, names) : [])],
    reason: row.reason,
  };
}

function personOf(id: string | null, { language, people, inside }: Words): HistoryEventAnswer['actor'] {
  if (id === null) return null;
  const person = people.get(id);
  return { id: inside ? id : null, name: inside ? (person?.name ?? null) : null, role: auditText(language, 'role', person?.role ?? 'none') };
}
