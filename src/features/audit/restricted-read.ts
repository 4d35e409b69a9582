import type { AuditedRead, RequestContext } from '../../http/endpoint.js';
import type { Tx } from '../../platform/db.js';

/** What an answer says of a flow, or of a part of a commitment. */
interface ShownRecord {
  readonly id: string;
  readonly restricted?: boolean;
  readonly commitmentId?: string;
}

/** Asks for a trace of an answer that shows a restricted flow or a part of one: one record, or those of a page, which it names. */
export function readsRestricted(action: string) {
  return async ({ db }: RequestContext, body: object): Promise<AuditedRead | null> => {
    const isPage = 'items' in body;
    const shown = (isPage ? body.items : [body]) as readonly ShownRecord[];
    const commitments = await restrictedCommitments(db, shown);
    const restricted = shown.filter((record) => record.restricted ?? commitments.has(record.commitmentId));
    if (restricted.length === 0) return null;
    return { action, ...(isPage && { detail: { restricted: restricted.map(({ id }) => id) } }) };
  };
}

async function restrictedCommitments(db: Tx, shown: readonly ShownRecord[]): Promise<ReadonlySet<string | undefined>> {
  const ids = [...new Set(shown.flatMap(({ commitmentId, restricted }) => (restricted === undefined && commitmentId !== undefined ? [commitmentId] : [])))];
  if (ids.length === 0) return new Set();
  const rows = await db.commitment.findMany({ where: { id: { in: ids }, restricted: true }, select: { id: true } });
  return new Set(rows.map(({ id }) => id));
}
