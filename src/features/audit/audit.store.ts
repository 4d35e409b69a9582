import type { Tx } from '../../platform/db.js';
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
  await context.db.auditEvent.create({
    data: {
      id: newId(),
      actorId: context.actor.userId,
      action,
      recordKind: record.kind,
      recordId: record.id,
      requestId: context.requestId,
      detail: JSON.parse(JSON.stringify(detail, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))) as object,
    },
  });
}
