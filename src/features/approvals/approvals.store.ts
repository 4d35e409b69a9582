import type { GivenApproval } from '../../domain/approval.js';
import type { ApprovedKind } from '../../platform/db.js';
import { sqlOf, type Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';

/** An approval as it is kept; the moment in ISO 8601. */
export interface KeptApproval extends GivenApproval {
  readonly approvedAt: string;
}

const KEPT = `coalesce((
  SELECT jsonb_agg(jsonb_build_object('approverId', a.approver_id, 'onBehalfOf', a.on_behalf_of, 'approvedAt', a.approved_at) ORDER BY a.approved_at)
  FROM approval a WHERE a.kind = $1::approved_kind AND a.record_id = r.id), '[]')`;

/** Who prepared, changed or handed in an act, and who has approved it; its row is locked. */
export async function findInvolved(
  db: Tx,
  kind: ApprovedKind,
  id: string,
): Promise<{ readonly preparers: readonly string[]; readonly given: readonly KeptApproval[] }> {
  const { rows } = await sqlOf(db).query<{ preparers: string[]; given: KeptApproval[] }>({
    name: 'approval_involved',
    text: `SELECT preparers_of($1::approved_kind, r.id)::text[] AS preparers, ${KEPT} AS given FROM (VALUES ($2::uuid)) r (id)`,
    values: [kind, id],
  });
  const [row] = rows;
  if (!row) throw new RangeError('one row is one row');
  return { preparers: row.preparers, given: row.given.map(withMoment) };
}

/** Keeps an approval. The limit that then counts for these states, in US cents, stays until the transaction ends. */
export async function insertApproval(
  db: Tx,
  approval: GivenApproval & { readonly kind: ApprovedKind; readonly recordId: string },
  states: readonly string[],
): Promise<{ readonly approvedAt: string; readonly limitMinor: bigint | null }> {
  const { rows } = await sqlOf(db).query<{ approved_at: Date; most: string | null }>({
    name: 'insert_approval',
    text: `WITH given AS (INSERT INTO approval (id, kind, record_id, approver_id, on_behalf_of) VALUES ($1, $2, $3, $4, $5) RETURNING approved_at)
      SELECT approved_at, held_approval_limit($6::text[]) AS most FROM given`,
    values: [newId(), approval.kind, approval.recordId, approval.approverId, approval.onBehalfOf, states],
  });
  const [row] = rows;
  if (!row) throw new RangeError('an insert returns its row');
  return { approvedAt: row.approved_at.toISOString(), limitMinor: minorOrNull(row.most) };
}

/** The approvals of some acts of one kind, by their ids, and the limits in US cents that count for their states now. */
export async function findApprovals(
  db: Tx,
  kind: ApprovedKind,
  records: readonly { readonly id: string; readonly countries: readonly string[] }[],
): Promise<ReadonlyMap<string, { readonly given: readonly KeptApproval[]; readonly limitMinor: bigint | null }>> {
  const { rows } = await sqlOf(db).query<{ id: string; given: KeptApproval[]; most: string | null }>({
    name: 'approvals_of',
    text: `SELECT r.id, ${KEPT} AS given, approval_limit_at(r.countries, 'infinity') AS most
      FROM jsonb_to_recordset($2::jsonb) AS r (id uuid, countries text[])`,
    values: [kind, JSON.stringify(records.map(({ id, countries }) => ({ id, countries })))],
  });
  return new Map(rows.map(({ id, given, most }) => [id, { given: given.map(withMoment), limitMinor: minorOrNull(most) }]));
}

/** What undoing a record comes to in US cents: its entries as they stand. */
export async function reversalUsd(db: Tx, stage: 'pledge' | 'commitment' | 'disbursement', id: string): Promise<bigint | null> {
  const { rows } = await sqlOf(db).query<{ usd: string | null }>({
    name: `reversal_usd_${stage}`,
    text: `SELECT abs(sum(usd_minor))::text AS usd FROM journal_entry WHERE ${stage}_id = $1 AND stage = $2::stage`,
    values: [id, stage],
  });
  return minorOrNull(rows[0]?.usd ?? null);
}

function withMoment(approval: KeptApproval): KeptApproval {
  return { ...approval, approvedAt: new Date(approval.approvedAt).toISOString() };
}

function minorOrNull(text: string | null): bigint | null {
  return text === null ? null : BigInt(text);
}
