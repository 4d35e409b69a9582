import type { LedgerCheckCode } from '../../i18n/ledger-checks.js';
import { Prisma } from '../../platform/db.js';
import { CHAIN_START } from '../audit/seals.store.js';

const { sql } = Prisma;

/** What has an event of its own; a flow that was imported has that of its import. */
const audited = sql`(
  SELECT 'pledge' AS kind, id, 'pledge.create' AS action FROM pledge WHERE source_system IS NULL
  UNION ALL SELECT 'commitment', id, 'commitment.create' FROM commitment WHERE source_system IS NULL
  UNION ALL SELECT 'disbursement', id, 'disbursement.create' FROM disbursement WHERE source_system IS NULL
  UNION ALL SELECT 'disbursement', id, 'disbursement.approve' FROM disbursement WHERE source_system IS NULL AND status IN ('approved', 'received', 'reversed')
  UNION ALL SELECT 'amendment', id, 'amendment.request' FROM amendment
  UNION ALL SELECT 'amendment', id, 'amendment.approved' FROM amendment WHERE status = 'approved'
  UNION ALL SELECT 'reversal', id, 'reversal.request' FROM reversal
  UNION ALL SELECT 'reversal', id, 'reversal.approved' FROM reversal WHERE status = 'approved'
  UNION ALL SELECT DISTINCT 'import', import_id, 'import.run' FROM journal_entry WHERE import_id IS NOT NULL)`;

const hex = (bytes: Prisma.Sql) => sql`encode(${bytes}, 'hex')`;

/** Queries over the audit trail, its chain and its seals. Each link is held against the stored hash before it: one altered row breaks one link. */
export const auditChecks = {
  'record.audited': sql`
    SELECT r.kind, r.id::text, coalesce(e.action, '–'), r.action
    FROM ${audited} r
    LEFT JOIN (SELECT DISTINCT record_kind, record_id, action FROM audit_event) e ON (e.record_kind, e.record_id, e.action) = (r.kind, r.id::text, r.action)`,
  /** What was uploaded to which record stands in the chain of the trail, and so does that it was withdrawn. */
  'evidence.audited': sql`
    SELECT 'evidence_document', v.id::text,
      concat_ws(' ', coalesce(v.pledge_id, v.commitment_id, v.disbursement_id), v.media_type, v.size_bytes, v.sha256, CASE WHEN v.withdrawn_at IS NOT NULL THEN 'withdrawn' END),
      coalesce(nullif(concat_ws(' ', coalesce(u.after ->> 'pledgeId', u.after ->> 'commitmentId', u.after ->> 'disbursementId'), u.after ->> 'mediaType',
        u.after ->> 'sizeBytes', u.after ->> 'sha256', CASE WHEN w.record_id IS NOT NULL THEN 'withdrawn' END), ''), '–')
    FROM evidence_document v
    LEFT JOIN (SELECT record_id, detail -> 'after' AS after FROM audit_event WHERE action = 'evidence.upload') u ON u.record_id = v.id::text
    LEFT JOIN (SELECT DISTINCT record_id FROM audit_event WHERE action = 'evidence.withdraw') w ON w.record_id = v.id::text`,
  'audit.linked': sql`
    SELECT 'audit_event', e.id::text, CASE WHEN l.seq IS NULL THEN '–' ELSE 'audit_link' END, 'audit_link'
    FROM audit_event e LEFT JOIN audit_link l ON l.event_id = e.id`,
  'audit.events': sql`
    SELECT 'audit_link', l.seq::text, coalesce(e.id::text, '–'), l.event_id::text
    FROM audit_link l LEFT JOIN audit_event e ON e.id = l.event_id`,
  /** Names the first link that is missing. */
  'audit.sequence': sql`
    SELECT 'audit_link', l.expected::text, l.seq::text, l.expected::text
    FROM (SELECT seq, lag(seq, 1, 0::bigint) OVER (ORDER BY seq) + 1 AS expected FROM audit_link) l`,
  /** A link after a gap is left to the check above. */
  'audit.chain': sql`
    SELECT 'audit_event', e.id::text, ${hex(sql`l.hash`)}, ${hex(sql`sha256(l.before || audit_content(e))`)}
    FROM (
      SELECT seq, event_id, hash, lag(seq, 1, 0::bigint) OVER following AS seq_before, lag(hash, 1, ${CHAIN_START}) OVER following AS before
      FROM audit_link WINDOW following AS (ORDER BY seq)
    ) l JOIN audit_event e ON e.id = l.event_id
    WHERE l.seq = l.seq_before + 1`,
  'audit.head': sql`
    SELECT 'audit_head', '1', concat_ws(' ', coalesce(l.seq, 0), ${hex(sql`coalesce(l.hash, ${CHAIN_START})`)}), concat_ws(' ', h.seq, ${hex(sql`h.hash`)})
    FROM (VALUES (1)) one (id) LEFT JOIN audit_head h USING (id)
    LEFT JOIN (SELECT seq, hash FROM audit_link ORDER BY seq DESC LIMIT 1) l ON true`,
  'audit.personal': sql`
    SELECT 'audit_event', id::text, ${hex(sql`sha256(convert_to(personal::text, 'UTF8'))`)}, coalesce(${hex(sql`personal_digest`)}, '–')
    FROM audit_event WHERE personal IS NOT NULL`,
  'seal.chain': sql`
    SELECT 'audit_seal', s.seq::text, coalesce(${hex(sql`l.hash`)}, '–'), ${hex(sql`s.hash`)}
    FROM audit_seal s LEFT JOIN audit_link l ON l.seq = s.seq`,
  'seal.journal': sql`
    SELECT 'audit_seal', s.seq::text, ${hex(sql`journal_hash(s.before, s.since, s.journal_until)`)}, ${hex(sql`s.journal_hash`)}
    FROM (
      SELECT seq, journal_until, journal_hash, lag(journal_hash, 1, ${CHAIN_START}) OVER following AS before,
        lag(journal_until, 1, '-infinity') OVER following AS since
      FROM audit_seal WINDOW following AS (ORDER BY seq)
    ) s`,
} as const satisfies Partial<Record<LedgerCheckCode, Prisma.Sql>>;
