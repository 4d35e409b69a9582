import type { LedgerCheckCode } from '../../i18n/ledger-checks.js';
import { Prisma } from '../../platform/db.js';

const { sql, raw } = Prisma;

/** Pledges and commitments, with what they have in common and their kind as `record`. */
export const flows = sql`(
  SELECT 'pledge' AS record, id, donor_id, recipient_id, mechanism, contribution_type, fund_id, event_id, restricted, boundary, splits, countries
  FROM pledge
  UNION ALL
  SELECT 'commitment', c.id, c.donor_id, c.recipient_id, c.mechanism, c.contribution_type, c.fund_id, p.event_id, c.restricted, c.boundary,
    c.splits, c.countries
  FROM commitment c LEFT JOIN pledge p ON p.id = c.pledge_id)`;

/**
 * What the journal holds of records: the amount and day of the entries of a kind that stand, "0" when all of them are
 * reversed, "–" when there is none.
 */
function posted(table: 'pledge' | 'commitment' | 'amendment' | 'disbursement', expected: Prisma.Sql): Prisma.Sql {
  return sql`
    SELECT ${table}, t.id::text, coalesce(j.entries, '–'), ${expected}
    FROM ${raw(table)} t
    LEFT JOIN (
      SELECT e.${raw(`${table}_id`)} AS id,
        coalesce(string_agg(concat_ws(' ', e.amount_minor, e.currency, coalesce(e.occurred_on, e.value_date)), ' + ') FILTER (WHERE r.id IS NULL), '0') AS entries
      FROM journal_entry e LEFT JOIN journal_entry r ON r.reverses_id = e.id
      WHERE e.kind = ${table}::entry_kind GROUP BY 1
    ) j ON j.id = t.id`;
}

const asPosted = sql`concat_ws(' ', t.amount_minor, t.currency, t.value_date)`;

const committed = sql`(SELECT pledge_id, sum(current_minor) AS minor FROM commitment WHERE status = 'active' GROUP BY 1)`;

/** The amount brought between zero and a limit, which is negative for a source's correction. */
function within(amount: Prisma.Sql, limit: Prisma.Sql): Prisma.Sql {
  return sql`greatest(least(${amount}, greatest(${limit}, 0)), least(${limit}, 0))`;
}

const pledgeLimit = sql`CASE p.status WHEN 'active' THEN p.amount_minor ELSE 0 END`;

const commitmentLimit = sql`CASE c.status WHEN 'active' THEN c.current_minor ELSE 0 END`;

/** Acts on which a second person decides; what was imported was decided elsewhere. */
const acts = sql`(
  SELECT 'disbursement' AS record, id, status NOT IN ('draft', 'submitted') AS decided, prepared_by, submitted_by, decided_by
  FROM disbursement WHERE source_system IS NULL
  UNION ALL SELECT 'amendment', id, status <> 'submitted', prepared_by, prepared_by, decided_by FROM amendment
  UNION ALL SELECT 'reversal', id, status <> 'submitted', prepared_by, prepared_by, decided_by FROM reversal
  UNION ALL SELECT 'period_reopening', id, status <> 'submitted', prepared_by, prepared_by, decided_by FROM period_reopening
  UNION ALL SELECT 'fund_operation', id, status <> 'submitted', prepared_by, prepared_by, decided_by FROM fund_operation WHERE source_system IS NULL)`;

/** Acts that were approved here. */
const approved = sql`(
  SELECT 'disbursement' AS record, id, decided_by FROM disbursement WHERE source_system IS NULL AND status IN ('approved', 'received', 'reversed')
  UNION ALL SELECT 'amendment', id, decided_by FROM amendment WHERE status = 'approved'
  UNION ALL SELECT 'reversal', id, decided_by FROM reversal WHERE status = 'approved'
  UNION ALL SELECT 'fund_operation', id, decided_by FROM fund_operation WHERE source_system IS NULL AND status IN ('approved', 'reversed'))`;

/** The records that a source's flow has in force. */
const inForce = sql`(
  SELECT 'pledge' AS record, id, source_system, external_id FROM pledge WHERE status = 'active' AND source_system IS NOT NULL
  UNION ALL SELECT 'commitment', id, source_system, external_id FROM commitment WHERE status = 'active' AND source_system IS NOT NULL
  UNION ALL SELECT 'disbursement', id, source_system, external_id FROM disbursement
    WHERE status IN ('approved', 'received') AND source_system IS NOT NULL
  UNION ALL SELECT 'fund_operation', id, source_system, external_id FROM fund_operation WHERE status = 'approved' AND source_system IS NOT NULL)`;

/** Queries over pledges, commitments, amendments, disbursements, reversals and the flows of sources. */
export const recordChecks = {
  'pledge.posted': posted('pledge', sql`CASE t.status WHEN 'active' THEN ${asPosted} ELSE '0' END`),
  'commitment.posted': posted('commitment', sql`CASE t.status WHEN 'active' THEN ${asPosted} ELSE '0' END`),
  'disbursement.posted': posted(
    'disbursement',
    sql`CASE WHEN t.status IN ('approved', 'received') THEN ${asPosted} WHEN t.status = 'reversed' THEN '0' ELSE '–' END`,
  ),
  'amendment.posted': posted(
    'amendment',
    sql`(SELECT CASE WHEN t.status <> 'approved' THEN '–' WHEN c.status = 'reversed' THEN '0'
           ELSE concat_ws(' ', t.delta_minor, c.currency, t.value_date) END
         FROM commitment c WHERE c.id = t.commitment_id)`,
  ),
  'commitment.current': sql`
    SELECT 'commitment', c.id::text,
      concat_ws(' ', CASE c.status WHEN 'active' THEN c.current_minor ELSE 0 END, c.currency), concat_ws(' ', coalesce(j.minor, 0), c.currency)
    FROM commitment c
    LEFT JOIN (SELECT commitment_id, sum(amount_minor) AS minor FROM journal_entry WHERE stage = 'commitment' GROUP BY 1) j ON j.commitment_id = c.id`,
  'commitment.disbursed': sql`
    SELECT 'commitment', c.id::text, concat_ws(' ', c.disbursed_minor, c.currency), concat_ws(' ', coalesce(j.minor, 0), c.currency)
    FROM commitment c
    LEFT JOIN (SELECT commitment_id, sum(amount_minor) AS minor FROM journal_entry WHERE stage = 'disbursement' GROUP BY 1) j ON j.commitment_id = c.id`,
  'pledge.committed': sql`
    SELECT 'pledge', p.id::text, concat_ws(' ', p.committed_minor, p.currency), concat_ws(' ', coalesce(c.minor, 0), p.currency)
    FROM pledge p LEFT JOIN ${committed} c ON c.pledge_id = p.id`,
  'pledge.within': sql`
    SELECT 'pledge', p.id::text, concat_ws(' ', c.minor, p.currency), concat_ws(' ', ${within(sql`c.minor`, pledgeLimit)}, p.currency)
    FROM pledge p JOIN ${committed} c ON c.pledge_id = p.id`,
  'commitment.within': sql`
    SELECT 'commitment', c.id::text, concat_ws(' ', d.minor, c.currency), concat_ws(' ', ${within(sql`d.minor`, commitmentLimit)}, c.currency)
    FROM commitment c
    JOIN (SELECT commitment_id, sum(amount_minor) AS minor FROM disbursement WHERE status IN ('approved', 'received') GROUP BY 1) d
      ON d.commitment_id = c.id`,
  'child.currency': sql`
    SELECT 'commitment', c.id::text, c.currency::text, p.currency::text FROM commitment c JOIN pledge p ON p.id = c.pledge_id
    UNION ALL
    SELECT 'disbursement', d.id::text, d.currency::text, c.currency::text FROM disbursement d JOIN commitment c ON c.id = d.commitment_id`,
  'child.date': sql`
    SELECT 'commitment', c.id::text, c.value_date::text, greatest(c.value_date, p.value_date)::text
    FROM commitment c JOIN pledge p ON p.id = c.pledge_id WHERE c.source_system IS NULL
    UNION ALL
    SELECT 'amendment', a.id::text, a.value_date::text, greatest(a.value_date, c.value_date)::text
    FROM amendment a JOIN commitment c ON c.id = a.commitment_id
    UNION ALL
    SELECT 'disbursement', d.id::text, d.value_date::text, greatest(d.value_date, c.value_date)::text
    FROM disbursement d JOIN commitment c ON c.id = d.commitment_id WHERE d.source_system IS NULL`,
  /** The donors are compared as they are after all merges. */
  'commitment.donor': sql`
    WITH RECURSIVE merged (id, kept_id) AS (
      SELECT id, id FROM organisation WHERE merged_into_id IS NULL
      UNION ALL SELECT o.id, m.kept_id FROM organisation o JOIN merged m ON o.merged_into_id = m.id
    )
    SELECT 'commitment', c.id::text, cd.kept_id::text, pd.kept_id::text
    FROM commitment c JOIN pledge p ON p.id = c.pledge_id
    LEFT JOIN merged cd ON cd.id = c.donor_id LEFT JOIN merged pd ON pd.id = p.donor_id
    WHERE c.source_system IS NULL`,
  'pledge.instalments': sql`
    SELECT 'pledge', p.id::text, concat_ws(' ', sum(i.amount_minor), p.currency), concat_ws(' ', p.amount_minor, p.currency)
    FROM pledge p JOIN pledge_instalment i ON i.pledge_id = p.id GROUP BY p.id`,
  'splits.whole': sql`
    SELECT f.record, f.id::text, concat_ws(' ', d.key, s.sum), concat_ws(' ', d.key, CASE s.shares WHEN 0 THEN '–' ELSE '100' END)
    FROM ${flows} f CROSS JOIN LATERAL jsonb_each(f.splits) d CROSS JOIN LATERAL (
      SELECT count(part ->> 'share') AS shares,
        CASE WHEN count(part ->> 'share') = 0 THEN '–'
             WHEN bool_and((part ->> 'share')::numeric > 0 AND part ? 'share') THEN trim_scale(sum((part ->> 'share')::numeric))::text
             ELSE string_agg(coalesce(part ->> 'share', '–'), ' + ') END AS sum
      FROM jsonb_array_elements(d.value) part
    ) s`,
  'splits.countries': sql`
    SELECT f.record, f.id::text, array_to_string(f.countries, ', '),
      coalesce((SELECT string_agg(part ->> 'code', ', ' ORDER BY n) FROM jsonb_array_elements(f.splits -> 'country') WITH ORDINALITY e(part, n)), '')
    FROM ${flows} f`,
  /** Reversals of records that were entered here; what follows a source is reversed by its import. */
  'reversal.request': sql`
    SELECT t.record, t.id::text, t.status,
      CASE WHEN r.id IS NOT NULL THEN 'reversed' WHEN t.status = 'reversed' THEN '≠ reversed' ELSE t.status END
    FROM (
      SELECT 'pledge' AS record, id, status::text, source_system FROM pledge
      UNION ALL SELECT 'commitment', id, status::text, source_system FROM commitment
      UNION ALL SELECT 'disbursement', id, status::text, source_system FROM disbursement
    ) t
    LEFT JOIN (SELECT DISTINCT coalesce(pledge_id, commitment_id, disbursement_id) AS id FROM reversal WHERE status = 'approved') r ON r.id = t.id
    WHERE t.source_system IS NULL`,
  'approval.decided': sql`
    SELECT a.record, a.id::text, concat('decided_by ', coalesce(a.decided_by::text, '–')),
      concat('decided_by ', CASE WHEN a.decided THEN coalesce(a.decided_by::text, '≠ –') ELSE '–' END)
    FROM ${acts} a`,
  /** Whoever changed a draft is among those who prepared it. */
  'approval.four-eyes': sql`
    SELECT a.record, a.id::text, concat('decided_by ', coalesce('= ' || same.who, '≠')), concat('decided_by ≠', ' ' || same.who)
    FROM ${acts} a CROSS JOIN LATERAL (
      SELECT CASE WHEN a.decided_by = a.prepared_by THEN 'prepared_by' WHEN a.decided_by = a.submitted_by THEN 'submitted_by'
        WHEN EXISTS (
          SELECT FROM audit_event e
          WHERE e.record_kind = a.record AND e.record_id = a.id::text AND e.actor_id = a.decided_by
            AND e.action IN ('disbursement.create', 'disbursement.edit')
        ) THEN 'audit_event.actor_id' END AS who
    ) same
    WHERE a.decided_by IS NOT NULL`,
  /** Where the decider is among those who prepared, the check above says so. */
  'approval.given': sql`
    SELECT a.record, a.id::text, concat('approval ', coalesce(approvals_fault(a.record::approved_kind, a.id, a.decided_by), 'complete')), 'approval complete'
    FROM ${approved} a WHERE a.decided_by <> ALL (preparers_of(a.record::approved_kind, a.id))`,
  /**
   * Of the current version of each flow, the records it names are in force; of one without an amount, closed or set aside as a twin,
   * none is, and somebody has settled that it is one. What is in force has such a flow.
   */
  'source.current': sql`
    WITH current AS (SELECT DISTINCT ON (source_system, external_id) * FROM source_flow ORDER BY source_system, external_id, seq DESC)
    SELECT 'source_flow', concat_ws(' ', c.source_system, c.external_id, c.seq),
      coalesce((
        SELECT string_agg(concat_ws(' ', f.record, f.id), ', ' ORDER BY f.id) FROM ${inForce} f
        WHERE (f.source_system, f.external_id) = (c.source_system, c.external_id)
          AND (c.outcome <> 'posted' OR f.id IN (c.pledge_id, c.commitment_id, c.disbursement_id, c.operation_id))
      ), '–'),
      CASE c.outcome WHEN 'posted' THEN coalesce((
        SELECT string_agg(concat_ws(' ', n.record, n.id), ', ' ORDER BY n.id)
        FROM (VALUES ('pledge', c.pledge_id), ('commitment', c.commitment_id), ('disbursement', c.disbursement_id), ('fund_operation', c.operation_id)) n (record, id)
        WHERE n.id IS NOT NULL
      ), '≠ –') ELSE '–' END
    FROM current c
    UNION ALL
    SELECT 'source_flow', concat_ws(' ', c.source_system, c.external_id, c.seq), concat('twin ', coalesce((
        SELECT t.imported_id::text FROM twin_settlement t WHERE t.imported_id = c.disbursement_id AND t.same LIMIT 1), '–')), concat('twin ', c.disbursement_id)
    FROM current c WHERE c.outcome = 'twin'
    UNION ALL
    SELECT f.record, f.id::text, concat_ws(' ', 'source_flow', CASE WHEN EXISTS (
        SELECT FROM source_flow s WHERE (s.source_system, s.external_id) = (f.source_system, f.external_id)
      ) THEN f.external_id ELSE '–' END), concat_ws(' ', 'source_flow', f.external_id)
    FROM ${inForce} f`,
  'source.once': sql`
    SELECT f.record, min(f.id::text), concat_ws(' ', f.source_system, f.external_id, '×', count(*)), concat_ws(' ', f.source_system, f.external_id, '× 1')
    FROM ${inForce} f GROUP BY f.record, f.source_system, f.external_id`,
} as const satisfies Partial<Record<LedgerCheckCode, Prisma.Sql>>;
