import { Prisma, type Tx } from '../../platform/db.js';

export { type AuditContext, recordAudit, runAudited } from '../../platform/audit.js';

const { sql } = Prisma;

/** An event at its place in the chain. */
export interface EventRow {
  readonly seq: string;
  readonly hash: string;
  readonly id: string;
  readonly at: string;
  readonly action: string;
  readonly actor_id: string | null;
  readonly actor_name: string | null;
  readonly on_behalf_of: string | null;
  readonly on_behalf_of_name: string | null;
  readonly session_id: string | null;
  readonly record_kind: string;
  readonly record_id: string;
  readonly request_id: string | null;
  readonly reason: string | null;
  readonly detail: object;
  readonly personal: object | null;
  readonly erased: boolean;
}

/** Which events are asked for; moments are ISO 8601. */
export interface EventFilter {
  readonly actor?: string | undefined;
  readonly kind?: string | undefined;
  readonly recordId?: string | undefined;
  readonly action?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const utc = (moment: Prisma.Sql) => sql`to_char(${moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** The events after a place in the chain, in its order. */
export function findEvents(tx: Tx, { actor, kind, recordId, action, from, to }: EventFilter, after: string, limit: number): Promise<EventRow[]> {
  const conditions = [
    sql`l.seq > ${after}::bigint`,
    ...(actor === undefined ? [] : [sql`(e.actor_id = ${actor}::uuid OR e.on_behalf_of = ${actor}::uuid)`]),
    ...(kind === undefined ? [] : [sql`e.record_kind = ${kind}`]),
    ...(recordId === undefined ? [] : [sql`e.record_id = ${recordId}`]),
    ...(action === undefined ? [] : [sql`e.action = ${action}`]),
    ...(from === undefined ? [] : [sql`e.at >= ${from}::timestamptz`]),
    ...(to === undefined ? [] : [sql`e.at < ${to}::timestamptz`]),
  ];
  return tx.$queryRaw`
    SELECT l.seq::text, encode(l.hash, 'hex') AS hash, e.id, ${utc(sql`e.at`)} AS at, e.action, e.actor_id, u.name AS actor_name, e.on_behalf_of,
      b.name AS on_behalf_of_name, e.session_id, e.record_kind, e.record_id, e.request_id, e.reason, e.detail, e.personal - 'salt' AS personal,
      e.personal IS NULL AND e.personal_digest IS NOT NULL AS erased
    FROM audit_link l JOIN audit_event e ON e.id = l.event_id
    LEFT JOIN app_user u ON u.id = e.actor_id LEFT JOIN app_user b ON b.id = e.on_behalf_of
    WHERE ${Prisma.join(conditions, ' AND ')}
    ORDER BY l.seq LIMIT ${limit}`;
}

/** A link with what it proves, as an auditor checks it outside; `content` is null when it is hidden from the reader. */
export interface LinkRow {
  readonly seq: string;
  readonly previous: string | null;
  readonly hash: string;
  readonly content: string | null;
}

/** The first and last link of a period; every link between them is needed to follow the chain. */
export async function linkRange(tx: Tx, from: string, to: string): Promise<{ readonly first: string; readonly last: string } | undefined> {
  const [range] = await tx.$queryRaw<{ first: string | null; last: string | null }[]>`
    SELECT min(l.seq)::text AS first, max(l.seq)::text AS last
    FROM audit_event e JOIN audit_link l ON l.event_id = e.id WHERE e.at >= ${from}::timestamptz AND e.at < ${to}::timestamptz`;
  if (!range?.first || !range.last) return undefined;
  return { first: range.first, last: range.last };
}

/** The links from one to another; `previous` of the first event ever is the beginning of the chain. */
export function findLinks(tx: Tx, first: string, last: string, limit: number): Promise<LinkRow[]> {
  return tx.$queryRaw`
    SELECT l.seq::text, encode(coalesce(p.hash, CASE l.seq WHEN 1 THEN sha256('liptako'::bytea) END), 'hex') AS previous, encode(l.hash, 'hex') AS hash,
      CASE WHEN e.id IS NOT NULL THEN convert_from(audit_content(e), 'UTF8') END AS content
    FROM audit_link l LEFT JOIN audit_link p ON p.seq = l.seq - 1 LEFT JOIN audit_event e ON e.id = l.event_id
    WHERE l.seq BETWEEN ${first}::bigint AND ${last}::bigint ORDER BY l.seq LIMIT ${limit}`;
}
