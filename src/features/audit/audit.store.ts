import { type Sql, sqlOf, type Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';

/** Who acts, in which request. */
export interface AuditContext {
  readonly db: Tx;
  readonly actor: { readonly userId: string };
  readonly requestId: string;
}

/** What was done to which record, with the data it concerns. */
export interface AuditedAct {
  readonly action: string;
  readonly record: { readonly kind: string; readonly id: string };
  readonly detail: object;
}

const INSERT = 'INSERT INTO audit_event (id, actor_id, action, record_kind, record_id, request_id, detail) VALUES';
const COLUMNS = [0, 1, 2, 3, 4, 5, 6];

/** Records an act with the data it concerns, in the transaction that does it. */
export async function recordAudit(context: AuditContext, action: string, record: AuditedAct['record'], detail: object = {}): Promise<void> {
  await sqlOf(context.db).query({ name: 'audit_event', text: `${INSERT} ${places(0)}`, values: valuesOf(context, { action, record, detail }) });
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

function valuesOf({ actor, requestId }: AuditContext, { action, record, detail }: AuditedAct): unknown[] {
  return [newId(), actor.userId, action, record.kind, record.id, requestId, JSON.stringify(detail, withText)];
}

/** JSON has no bigint. */
function withText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
