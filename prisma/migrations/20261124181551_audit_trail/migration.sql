-- Seals cover the journal too, and the trail keeps restricted flows from administrators who may not see them.

-- ── The journal under seal ──────────────────────────────────────────────────
ALTER TABLE audit_seal
  ADD COLUMN journal_until timestamptz(6) NOT NULL,
  ADD COLUMN journal_hash bytea NOT NULL;

-- The digest of a seal: that of the seal before, and every entry recorded since with its lines, as rows in text.
CREATE FUNCTION journal_hash(before bytea, since timestamptz, until timestamptz) RETURNS bytea LANGUAGE sql STABLE
SET "DateStyle" = 'ISO' SET "TimeZone" = 'UTC' AS $$
  SELECT sha256(before || coalesce(string_agg(sha256(convert_to(ROW(e.id, e.seq, e.kind, e.stage, e.pledge_id, e.commitment_id, e.disbursement_id,
      e.amendment_id, e.reverses_id, e.value_date, e.occurred_on, e.recorded_at, e.recorded_by, e.currency, e.amount_minor, e.usd_minor, e.eur_minor,
      e.xof_minor, e.fx, e.import_id, e.reason, l.lines)::text, 'UTF8')), ''::bytea ORDER BY e.seq), ''::bytea))
  FROM journal_entry e
  LEFT JOIN (
    SELECT entry_id, string_agg(ROW(cell, restricted, boundary, donor_id, recipient_id, mechanism, contribution_type, fund_id, event_id, countries,
        sectors, beneficiary_groups, plans, usage_years, currency, amount_minor, usd_minor, eur_minor, xof_minor)::text, '' ORDER BY cell) AS lines
    FROM journal_line WHERE recorded_at > since AND recorded_at <= until GROUP BY entry_id
  ) l ON l.entry_id = e.id
  WHERE e.recorded_at > since AND e.recorded_at <= until
$$;

-- ── Who reads the trail ─────────────────────────────────────────────────────
-- Of a flow, whoever sees the flow, administrators included; of master data, those who keep and check it; the rest is for those who
-- administer and audit, and what one did oneself.
DROP POLICY read ON audit_event;
CREATE POLICY read ON audit_event FOR SELECT USING ((SELECT tenant_is('auditor')) OR CASE
  WHEN record_kind = 'pledge' THEN EXISTS (SELECT FROM pledge f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'commitment' THEN EXISTS (SELECT FROM commitment f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'amendment' THEN EXISTS (SELECT FROM amendment f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'disbursement' THEN EXISTS (SELECT FROM disbursement f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'reversal' THEN EXISTS (SELECT FROM reversal f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'evidence' THEN EXISTS (SELECT FROM evidence_document f WHERE f.id = record_id::uuid)
  -- A list read names the restricted flows it showed.
  WHEN record_kind IN ('pledges', 'commitments', 'amendments', 'disbursements')
    THEN ((SELECT tenant_is('administrator')) AND (SELECT tenant_sees_restricted())) OR actor_id = (SELECT tenant_user())
  WHEN record_kind IN ('organisation', 'pooled_fund', 'response_plan', 'event', 'fx_rate')
    THEN (SELECT tenant_is('administrator', 'finance_officer', 'approver'))
  ELSE (SELECT tenant_is('administrator')) OR actor_id = (SELECT tenant_user()) END);
