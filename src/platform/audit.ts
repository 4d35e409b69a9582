import { type Sql, sqlOf, type Tx } from './db.js';
import { newId } from './ids.js';

/** Who acts, in which request and from where. */
export interface AuditContext {
  readonly db: Tx;
  readonly actor: { readonly userId: string | null; readonly sessionId?: string | null };
  readonly requestId: string;
  readonly origin?: { readonly address: string | null; readonly agent: string | null };
}

/** What was done to which record, with the data it concerns. */
export interface AuditedAct {
  readonly action: string;
  readonly record: { readonly kind: string; readonly id: string };
  /** Before and after; nothing that names a person. */
  readonly detail: object;
  /** What names a person: it can be erased later, and the chain of the trail still holds. */
  readonly personal?: object;
  readonly reason?: string | null;
  /** The absent approver for whom the actor decides. */
  readonly onBehalfOf?: string | null;
}

const INSERT =
  'INSERT INTO audit_event (id, actor_id, action, record_kind, record_id, request_id, detail, session_id, on_behalf_of, reason, personal) VALUES';
const COLUMNS = Array.from({ length: 11 }, (_, column) => column);

/** Records an act with the data it concerns, in the transaction that does it. */
export async function recordAudit(
  context: AuditContext,
  action: string,
  record: AuditedAct['record'],
  detail: object = {},
  more: Pick<AuditedAct, 'personal' | 'reason' | 'onBehalfOf'> = {},
): Promise<void> {
  await sqlOf(context.db).query({ name: 'audit_event', text: `${INSERT} ${places(0)}`, values: valuesOf(context, { action, record, detail, ...more }) });
}

/** Runs one INSERT or UPDATE and records the act that it does, in one round trip. */
// The caller says what a row holds, as with sqlOf.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function runAudited<Row extends object>(context: AuditContext, act: AuditedAct, statement: Parameters<Sql['query']>[0]): Promise<{ readonly rows: Row[] }> {
  const { name, text, values } = statement;
  return sqlOf(context.db).query<Row>({
    name,
    text: `WITH audit AS (${INSERT} ${places(values.length)}) ${text}`,
    values: [...values, ...valuesOf(context, act)],
  });
}

function places(after: number): string {
  return `(${COLUMNS.map((column) => `$${after + column + 1}`).join(', ')})`;
}

function valuesOf({ actor, requestId, origin }: AuditContext, { action, record, detail, personal, reason, onBehalfOf }: AuditedAct): unknown[] {
  const named = origin || personal ? JSON.stringify({ ...origin, ...personal }, withText) : null;
  return [
    newId(),
    actor.userId,
    action,
    record.kind,
    record.id,
    requestId,
    JSON.stringify(detail, withText),
    actor.sessionId ?? null,
    onBehalfOf ?? null,
    reason ?? null,
    named,
  ];
}

/** JSON has no bigint. */
function withText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
