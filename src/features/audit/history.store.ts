import { Prisma, type Tx } from '../../platform/db.js';

const { raw } = Prisma;

/** The kinds of records that have a history, and where they stand. */
export const historyTables = {
  pledge: 'pledge',
  commitment: 'commitment',
  amendment: 'amendment',
  disbursement: 'disbursement',
  reversal: 'reversal',
  fund_operation: 'fund_operation',
  proposal: 'proposal',
  instrument: 'instrument',
  payment_statement: 'payment_statement',
  pooled_fund: 'pooled_fund',
  response_plan: 'response_plan',
  organisation: 'organisation',
  user: 'app_user',
} as const;
export type HistoryKind = keyof typeof historyTables;

export interface HistoryRow {
  readonly id: string;
  readonly at: string;
  readonly action: string;
  readonly actor_id: string | null;
  readonly on_behalf_of: string | null;
  readonly record_kind: string;
  readonly record_id: string;
  readonly reason: string | null;
  readonly detail: object;
  readonly personal: object | null;
}

/** Whether the reader sees the record. */
export async function isVisible(tx: Tx, kind: HistoryKind, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<object[]>`SELECT 1 FROM ${raw(historyTables[kind])} WHERE id = ${id}::uuid`;
  return rows.length > 0;
}

/**
 * What was done to a record and to all that hangs on it, oldest first; the reader's own row-level security leaves what they may see.
 * Reading leaves traces for the auditor, but is no part of a record's history.
 */
export function findHistory(tx: Tx, kind: HistoryKind, id: string, after: { readonly at: string; readonly id: string } | undefined, limit: number): Promise<HistoryRow[]> {
  const later = after === undefined ? Prisma.sql`true` : Prisma.sql`(e.at, e.id) > (${after.at}::timestamptz, ${after.id}::uuid)`;
  return tx.$queryRaw`
    WITH root AS (SELECT ${id}::uuid AS id),
    commitments AS (SELECT c.id FROM commitment c, root WHERE c.id = root.id OR c.pledge_id = root.id),
    payments AS (SELECT d.id FROM disbursement d WHERE d.id = (SELECT id FROM root) OR d.commitment_id IN (SELECT id FROM commitments)),
    subjects (kind, id) AS (
      SELECT ${kind}, id FROM root
      UNION SELECT 'commitment', id FROM commitments
      UNION SELECT 'disbursement', id FROM payments
      UNION SELECT 'amendment', a.id FROM amendment a WHERE a.commitment_id IN (SELECT id FROM commitments)
      UNION SELECT 'reversal', r.id FROM reversal r
        WHERE r.pledge_id = (SELECT id FROM root) OR r.commitment_id IN (SELECT id FROM commitments) OR r.disbursement_id IN (SELECT id FROM payments)
      UNION SELECT 'evidence', v.id FROM evidence_document v
        WHERE v.pledge_id = (SELECT id FROM root) OR v.commitment_id IN (SELECT id FROM commitments) OR v.disbursement_id IN (SELECT id FROM payments)
      UNION SELECT 'fund_operation', o.id FROM fund_operation o, root WHERE root.id IN (o.allocation_id, o.undoes_id, o.proposal_id)
      UNION SELECT 'twin', t.id FROM twin_settlement t, root WHERE root.id IN (t.disbursement_id, t.statement_id, t.imported_id)
      UNION SELECT 'import', j.import_id FROM journal_entry j
        WHERE j.import_id IS NOT NULL AND (j.pledge_id = (SELECT id FROM root) OR j.commitment_id IN (SELECT id FROM commitments) OR j.disbursement_id IN (SELECT id FROM payments))
    )
    SELECT e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, e.action, e.actor_id, e.on_behalf_of, e.record_kind,
      e.record_id, e.reason, e.detail, e.personal
    FROM subjects s JOIN audit_event e ON e.record_kind = s.kind AND e.record_id = s.id::text
    WHERE e.action !~ '[.](read|download|export)$' AND ${later}
    ORDER BY e.at, e.id LIMIT ${limit}`;
}
