import { sqlOf, type Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';

/** Who acts, in which request. */
export interface AuditContext {
  readonly db: Tx;
  readonly actor: { readonly userId: string };
  readonly requestId: string;
}

/** Records an act with the data it concerns, in the transaction that does it. */
export async function recordAudit(
  context: AuditContext,
  action: string,
  record: { readonly kind: string; readonly id: string },
  detail: object = {},
): Promise<void> {
  await sqlOf(context.db).query({
    name: 'audit_event',
    text: `INSERT INTO audit_event (id, actor_id, action, record_kind, record_id, request_id, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    values: [newId(), context.actor.userId, action, record.kind, record.id, context.requestId, JSON.stringify(detail, withText)],
  });
}

/** JSON has no bigint. */
function withText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
