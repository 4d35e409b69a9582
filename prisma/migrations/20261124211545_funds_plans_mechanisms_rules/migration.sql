-- The funds' book, whose movements no fund can overdraw; whose rows a connection reaches in the new tables; approvals of fund operations.

-- ── Facts, versions, numbers ────────────────────────────────────────────────

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['fund_entry', 'plan_caseload', 'published_funding', 'requirement_part', 'instrument_event', 'twin_settlement'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_append_only', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['plan_caseload', 'published_funding', 'instrument_event'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION stamp_recorded_at()', t || '_stamp', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['fund_window', 'allocation_round', 'proposal', 'fund_operation', 'instrument', 'payment_statement'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION raise_version()', t || '_version', t);
  END LOOP;
END $$;

ALTER TABLE pooled_fund ADD CONSTRAINT pooled_fund_fee CHECK (fee_units BETWEEN 0 AND 1000000);
ALTER TABLE fund_window
  ADD CONSTRAINT fund_window_dates CHECK (closes_on >= opens_on),
  ADD CONSTRAINT fund_window_minimum CHECK (minimum_minor > 0);
CREATE UNIQUE INDEX fund_window_one_envelope ON fund_window (fund_id, country) WHERE country IS NOT NULL;
ALTER TABLE allocation_round
  ADD CONSTRAINT allocation_round_dates CHECK (closes_on >= opens_on),
  ADD CONSTRAINT allocation_round_ceiling CHECK (ceiling_minor > 0);
ALTER TABLE proposal
  ADD CONSTRAINT proposal_amount CHECK (requested_minor > 0),
  ADD CONSTRAINT proposal_splits_whole CHECK (splits_whole(splits)),
  ADD CONSTRAINT proposal_countries_match CHECK (countries = split_codes(splits, 'country'));
ALTER TABLE fund_operation
  ADD CONSTRAINT fund_operation_amount CHECK (CASE
    WHEN kind IN ('closure', 'reversal') THEN amount_minor = 0
    WHEN kind = 'allocation_change' OR source_system IS NOT NULL THEN amount_minor <> 0
    ELSE amount_minor > 0 END),
  ADD CONSTRAINT fund_operation_parts CHECK (
    (kind IN ('allocation_change', 'transfer', 'refund', 'expenditure')) = (allocation_id IS NOT NULL)
    AND (kind = 'reversal') = (undoes_id IS NOT NULL)
    AND (kind = 'fund_transfer') = (to_fund_id IS NOT NULL) AND (kind = 'fund_transfer') = (received_minor IS NOT NULL)
    AND to_fund_id <> fund_id AND (kind <> 'allocation' OR partner_id IS NOT NULL) AND (kind <> 'donor_refund' OR partner_id IS NOT NULL)),
  ADD CONSTRAINT fund_operation_four_eyes CHECK (source_system IS NOT NULL OR decided_by IS NULL OR decided_by <> prepared_by),
  ADD CONSTRAINT fund_operation_decided CHECK (source_system IS NOT NULL OR status = 'submitted' OR decided_by IS NOT NULL),
  ADD CONSTRAINT fund_operation_splits_whole CHECK (splits_whole(splits)),
  ADD CONSTRAINT fund_operation_countries_match CHECK (countries = split_codes(splits, 'country'));
CREATE UNIQUE INDEX fund_operation_one_reversal ON fund_operation (undoes_id) WHERE kind = 'reversal' AND status IN ('submitted', 'approved');
CREATE UNIQUE INDEX fund_operation_one_award ON fund_operation (proposal_id) WHERE kind = 'allocation' AND status IN ('submitted', 'approved');
CREATE UNIQUE INDEX fund_operation_source_once ON fund_operation ((source_system || ':' || external_id)) WHERE status = 'approved' AND source_system IS NOT NULL;
CREATE INDEX fund_operation_awaiting ON fund_operation (prepared_at) WHERE status = 'submitted';
ALTER TABLE commitment_instalment ADD CONSTRAINT commitment_instalment_positive CHECK (amount_minor > 0);
ALTER TABLE disbursement ADD CONSTRAINT disbursement_credited CHECK (credited_minor > 0);
ALTER TABLE plan_requirement ADD CONSTRAINT plan_requirement_kind CHECK (kind IN ('original', 'revised'));
ALTER TABLE requirement_part
  ADD CONSTRAINT requirement_part_amount CHECK (amount_minor >= 0),
  ADD CONSTRAINT requirement_part_dimension CHECK (num_nonnulls(country, sector, beneficiary_group) >= 1);
ALTER TABLE plan_caseload ADD CONSTRAINT plan_caseload_figures CHECK (
  num_nonnulls(in_need, targeted, reached) >= 1 AND coalesce(in_need, 0) >= 0 AND coalesce(targeted, 0) >= 0 AND coalesce(reached, 0) >= 0);
ALTER TABLE instrument ADD CONSTRAINT instrument_dates CHECK (ends_on >= starts_on), ADD CONSTRAINT instrument_replica CHECK (replica_of_id <> id);
ALTER TABLE instrument_event
  ADD CONSTRAINT instrument_event_amount CHECK (amount_minor > 0 AND (amount_minor IS NULL) = (currency IS NULL)),
  ADD CONSTRAINT instrument_event_shape CHECK (CASE kind
    WHEN 'cost' THEN amount_minor IS NOT NULL AND follows_id IS NULL
    WHEN 'trigger' THEN follows_id IS NULL
    WHEN 'activation' THEN follows_id IS NOT NULL AND release IN ('automatic', 'readiness')
    ELSE follows_id IS NOT NULL AND amount_minor IS NOT NULL END);
ALTER TABLE payment_statement
  ADD CONSTRAINT payment_statement_amount CHECK (amount_minor > 0),
  ADD CONSTRAINT payment_statement_withdrawn CHECK (num_nonnulls(withdrawn_by, withdrawn_at, withdrawal_reason) IN (0, 3));
ALTER TABLE twin_settlement ADD CONSTRAINT twin_settlement_one_side CHECK (num_nonnulls(statement_id, imported_id) = 1);

-- ── Into which month a movement goes ────────────────────────────────────────
-- What posting_date said of journal entries, said once for both books.

CREATE FUNCTION open_date(day date, handed_in timestamptz) RETURNS date
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  own CONSTANT date := date_trunc('month', day);
  period accounting_period;
BEGIN
  PERFORM hold_periods();
  SELECT * INTO period FROM accounting_period WHERE month = own;
  IF period.status = 'open' OR (period.month IS NULL AND NOT EXISTS (SELECT FROM accounting_period WHERE month > own)) THEN
    RETURN day;
  END IF;
  IF period.grace_until >= now() AND handed_in <= period.closed_at THEN
    RETURN day;
  END IF;
  RETURN coalesce(
    (SELECT min(month) FROM accounting_period WHERE month > own AND status = 'open'),
    (SELECT max(month) + interval '1 month' FROM accounting_period));
END $$;

CREATE OR REPLACE FUNCTION posting_date(day date, kind entry_kind, at_stage stage, pledge uuid, commitment uuid, disbursement uuid, amendment uuid) RETURNS date
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN open_date(day, handed_in_at(kind, at_stage, pledge, commitment, disbursement, amendment));
END $$;

-- When what a movement of a fund came from was handed in for approval.
CREATE FUNCTION fund_handed_in_at(operation uuid, disbursement uuid, undone boolean) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE
    WHEN operation IS NOT NULL AND undone THEN (SELECT max(o.prepared_at) FROM fund_operation o WHERE o.undoes_id = fund_handed_in_at.operation AND o.status <> 'rejected')
    WHEN operation IS NOT NULL THEN (SELECT o.prepared_at FROM fund_operation o WHERE o.id = fund_handed_in_at.operation AND o.source_system IS NULL)
    WHEN undone THEN (SELECT max(r.prepared_at) FROM reversal r WHERE r.disbursement_id = fund_handed_in_at.disbursement AND r.status <> 'rejected')
    ELSE (SELECT d.submitted_at FROM disbursement d WHERE d.id = fund_handed_in_at.disbursement)
  END
$$;

CREATE FUNCTION fund_posting_date(day date, operation uuid, disbursement uuid, undone boolean) RETURNS date
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN open_date(day, fund_handed_in_at(operation, disbursement, undone));
END $$;

-- ── The book ────────────────────────────────────────────────────────────────

ALTER TABLE fund_entry
  ADD CONSTRAINT fund_entry_source CHECK (num_nonnulls(operation_id, disbursement_id) = 1 AND (disbursement_id IS NULL) = (commitment_id IS NULL)),
  ADD CONSTRAINT fund_entry_subject CHECK (CASE
    WHEN kind = 'deposit' THEN disbursement_id IS NOT NULL AND donor_id IS NOT NULL
    WHEN kind = 'donor_refund' THEN donor_id IS NOT NULL
    WHEN kind IN ('allocation', 'transfer', 'refund', 'expenditure') THEN allocation_id IS NOT NULL AND partner_id IS NOT NULL
    WHEN kind IN ('from_fund', 'to_fund') THEN counter_fund_id IS NOT NULL
    ELSE true END),
  ADD CONSTRAINT fund_entry_not_future CHECK (value_date <= ((recorded_at AT TIME ZONE 'UTC') + interval '1 hour')::date),
  ADD CONSTRAINT fund_entry_late CHECK (occurred_on IS NULL OR (extract(day FROM value_date) = 1 AND occurred_on < value_date));

ALTER TABLE fund_account ADD CONSTRAINT fund_account_within CHECK (mirrored OR allocated_minor BETWEEN 0 AND income_minor);
ALTER TABLE allocation_account ADD CONSTRAINT allocation_account_within CHECK (
  mirrored OR (transferred_minor BETWEEN 0 AND allocated_minor AND spent_minor BETWEEN 0 AND allocated_minor));

-- What funds were given before they had a book, at the rates of the journal; a fund kept in another currency begins with nothing.
INSERT INTO fund_entry (id, kind, fund_id, commitment_id, disbursement_id, cell, donor_id, restricted, countries, sectors, beneficiary_groups, plans,
  usage_years, value_date, occurred_on, recorded_at, recorded_by, currency, amount_minor, usd_minor, eur_minor, xof_minor, fx)
SELECT gen_random_uuid(), 'deposit', l.fund_id, e.commitment_id, e.disbursement_id, l.cell, l.donor_id, l.restricted, l.countries, l.sectors,
  l.beneficiary_groups, l.plans, l.usage_years, e.value_date, e.occurred_on, e.recorded_at, e.recorded_by, f.currency, own.minor, l.usd_minor, l.eur_minor,
  l.xof_minor, e.fx || jsonb_build_object('own', CASE f.currency WHEN e.currency THEN '{"method":"same","legs":[]}'::jsonb ELSE e.fx -> lower(f.currency) END)
FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id JOIN pooled_fund f ON f.id = l.fund_id
JOIN commitment c ON c.id = e.commitment_id AND c.destination_kind = 'fund'
CROSS JOIN LATERAL (SELECT CASE f.currency WHEN e.currency THEN l.amount_minor WHEN 'USD' THEN l.usd_minor WHEN 'EUR' THEN l.eur_minor WHEN 'XOF' THEN l.xof_minor END AS minor) own
WHERE e.kind = 'disbursement' AND own.minor <> 0 AND NOT EXISTS (SELECT FROM journal_entry r WHERE r.reverses_id = e.id)
ORDER BY e.seq, l.cell;
INSERT INTO fund_account (fund_id, income_minor) SELECT fund_id, sum(amount_minor) FROM fund_entry GROUP BY fund_id;

CREATE FUNCTION refuse_closed_fund_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF fund_posting_date(NEW.value_date, NEW.operation_id, NEW.disbursement_id, NEW.reverses_id IS NOT NULL) <> NEW.value_date THEN
    RAISE EXCEPTION 'a movement of % is refused: the month is closed', NEW.value_date USING ERRCODE = 'LP002';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER fund_entry_period BEFORE INSERT ON fund_entry FOR EACH ROW EXECUTE FUNCTION refuse_closed_fund_period();
CREATE TRIGGER fund_entry_stamp BEFORE INSERT ON fund_entry FOR EACH ROW EXECUTE FUNCTION stamp_recorded_at();

-- Carries what was posted into the accounts, whose CHECKs refuse what a fund does not have.
CREATE FUNCTION keep_fund_accounts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  -- The accounts first: an INSERT that ends as an UPDATE has its own row checked, which may be a withdrawal alone.
  INSERT INTO fund_account (fund_id, mirrored)
  SELECT DISTINCT n.fund_id, f.source_system IS NOT NULL FROM posted n JOIN pooled_fund f ON f.id = n.fund_id ORDER BY n.fund_id
  ON CONFLICT DO NOTHING;
  UPDATE fund_account a SET income_minor = a.income_minor + m.income, allocated_minor = a.allocated_minor + m.allocated
  FROM (
    SELECT n.fund_id, sum(CASE WHEN n.kind IN ('deposit', 'from_fund', 'carry_over', 'interest') THEN n.amount_minor
        WHEN n.kind IN ('donor_refund', 'fee', 'direct_cost', 'to_fund') THEN -n.amount_minor ELSE 0 END) AS income,
      sum(CASE n.kind WHEN 'allocation' THEN n.amount_minor ELSE 0 END) AS allocated
    FROM posted n GROUP BY n.fund_id ORDER BY n.fund_id
  ) m WHERE m.fund_id = a.fund_id;
  INSERT INTO allocation_account (allocation_id, fund_id, mirrored)
  SELECT DISTINCT n.allocation_id, n.fund_id, coalesce((SELECT o.source_system IS NOT NULL FROM fund_operation o WHERE o.id = n.allocation_id), false)
  FROM posted n WHERE n.allocation_id IS NOT NULL ORDER BY n.allocation_id
  ON CONFLICT DO NOTHING;
  UPDATE allocation_account a SET allocated_minor = a.allocated_minor + m.allocated, transferred_minor = a.transferred_minor + m.transferred,
    spent_minor = a.spent_minor + m.spent
  FROM (
    SELECT n.allocation_id, sum(CASE n.kind WHEN 'allocation' THEN n.amount_minor ELSE 0 END) AS allocated,
      sum(CASE n.kind WHEN 'transfer' THEN n.amount_minor WHEN 'refund' THEN -n.amount_minor ELSE 0 END) AS transferred,
      sum(CASE n.kind WHEN 'expenditure' THEN n.amount_minor ELSE 0 END) AS spent
    FROM posted n WHERE n.allocation_id IS NOT NULL GROUP BY n.allocation_id ORDER BY n.allocation_id
  ) m WHERE m.allocation_id = a.allocation_id;
  RETURN NULL;
END $$;
CREATE TRIGGER fund_entry_accounts AFTER INSERT ON fund_entry REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION keep_fund_accounts();

-- The account of a fund, which is there from now on and stays as it is until the transaction ends.
CREATE FUNCTION lock_fund_account(fund uuid) RETURNS fund_account
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found_account fund_account;
BEGIN
  IF NOT tenant_is('finance_officer', 'approver') THEN
    RAISE EXCEPTION 'the account is refused' USING ERRCODE = '42501';
  END IF;
  INSERT INTO fund_account (fund_id, mirrored) SELECT f.id, f.source_system IS NOT NULL FROM pooled_fund f WHERE f.id = fund ON CONFLICT DO NOTHING;
  SELECT * INTO found_account FROM fund_account WHERE fund_id = fund FOR UPDATE;
  RETURN found_account;
END $$;

CREATE FUNCTION lock_allocation_account(allocation uuid) RETURNS allocation_account
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found_account allocation_account;
BEGIN
  IF NOT tenant_is('finance_officer', 'approver') THEN
    RAISE EXCEPTION 'the account is refused' USING ERRCODE = '42501';
  END IF;
  SELECT * INTO found_account FROM allocation_account WHERE allocation_id = allocation FOR UPDATE;
  RETURN found_account;
END $$;

-- The journal under seal holds the funds' book too.
CREATE OR REPLACE FUNCTION journal_hash(before bytea, since timestamptz, until timestamptz) RETURNS bytea LANGUAGE sql STABLE
SET "DateStyle" = 'ISO' SET "TimeZone" = 'UTC' AS $$
  SELECT sha256(before || coalesce((
    SELECT string_agg(sha256(convert_to(ROW(e.id, e.seq, e.kind, e.stage, e.pledge_id, e.commitment_id, e.disbursement_id,
      e.amendment_id, e.reverses_id, e.value_date, e.occurred_on, e.recorded_at, e.recorded_by, e.currency, e.amount_minor, e.usd_minor, e.eur_minor,
      e.xof_minor, e.fx, e.import_id, e.reason, l.lines)::text, 'UTF8')), ''::bytea ORDER BY e.seq)
    FROM journal_entry e
    LEFT JOIN (
      SELECT entry_id, string_agg(ROW(cell, restricted, boundary, donor_id, recipient_id, mechanism, contribution_type, fund_id, event_id, countries,
        sectors, beneficiary_groups, plans, usage_years, currency, amount_minor, usd_minor, eur_minor, xof_minor)::text, '' ORDER BY cell) AS lines
      FROM journal_line WHERE recorded_at > since AND recorded_at <= until GROUP BY entry_id
    ) l ON l.entry_id = e.id
    WHERE e.recorded_at > since AND e.recorded_at <= until), ''::bytea)
  || coalesce((
    SELECT string_agg(sha256(convert_to(ROW(b.id, b.seq, b.kind, b.fund_id, b.window_id, b.operation_id, b.commitment_id, b.disbursement_id, b.allocation_id,
      b.reverses_id, b.cell, b.donor_id, b.partner_id, b.counter_fund_id, b.restricted, b.countries, b.sectors, b.beneficiary_groups, b.plans, b.usage_years,
      b.value_date, b.occurred_on, b.recorded_at, b.recorded_by, b.currency, b.amount_minor, b.usd_minor, b.eur_minor, b.xof_minor, b.fx, b.import_id,
      b.reason)::text, 'UTF8')), ''::bytea ORDER BY b.seq)
    FROM fund_entry b WHERE b.recorded_at > since AND b.recorded_at <= until), ''::bytea))
$$;

-- ── Approvals ───────────────────────────────────────────────────────────────

CREATE OR REPLACE FUNCTION preparers_of(of_kind approved_kind, of_id uuid) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT who) FILTER (WHERE who IS NOT NULL), '{}') FROM (
    SELECT unnest(ARRAY[d.prepared_by, d.submitted_by]) AS who FROM disbursement d WHERE of_kind = 'disbursement' AND d.id = of_id
    UNION ALL SELECT a.prepared_by FROM amendment a WHERE of_kind = 'amendment' AND a.id = of_id
    UNION ALL SELECT r.prepared_by FROM reversal r WHERE of_kind = 'reversal' AND r.id = of_id
    UNION ALL SELECT p.prepared_by FROM period_reopening p WHERE of_kind = 'period_reopening' AND p.id = of_id
    UNION ALL SELECT unnest(ARRAY[o.prepared_by, p.prepared_by, p.submitted_by]) FROM fund_operation o LEFT JOIN proposal p ON p.id = o.proposal_id
      WHERE of_kind = 'fund_operation' AND o.id = of_id
    UNION ALL SELECT e.actor_id FROM audit_event e
      WHERE e.record_kind = of_kind::text AND e.record_id = of_id::text
        AND e.action = ANY (ARRAY[of_kind::text || '.create', of_kind::text || '.edit', of_kind::text || '.submit', of_kind::text || '.request'])
  ) prepared
$$;

CREATE OR REPLACE FUNCTION approved_value(of_kind approved_kind, of_id uuid, OUT usd_minor bigint, OUT states text[])
LANGUAGE sql STABLE AS $$
  SELECT CASE of_kind
      WHEN 'disbursement' THEN (SELECT e.usd_minor FROM journal_entry e WHERE e.disbursement_id = of_id AND e.kind = 'disbursement')
      WHEN 'amendment' THEN (SELECT abs(e.usd_minor) FROM journal_entry e WHERE e.commitment_id = t.commitment_id AND e.amendment_id = of_id AND e.kind = 'amendment')
      WHEN 'fund_operation' THEN (
        SELECT coalesce(abs(sum(b.usd_minor)), 0)::bigint FROM fund_entry b JOIN fund_operation o ON o.id = of_id
        WHERE b.fund_id = o.fund_id AND CASE o.kind WHEN 'reversal' THEN b.operation_id = o.undoes_id AND b.reverses_id IS NOT NULL ELSE b.operation_id = of_id END)
      ELSE (
        SELECT abs(sum(e.usd_minor))::bigint FROM journal_entry e
        WHERE e.kind = 'reversal' AND e.stage = t.stage AND CASE t.stage WHEN 'pledge' THEN e.pledge_id = t.pledge_id
          WHEN 'commitment' THEN e.commitment_id = t.commitment_id ELSE e.disbursement_id = t.disbursement_id END)
    END,
    coalesce((SELECT c.countries FROM commitment c WHERE c.id = t.commitment_id), (SELECT p.countries FROM pledge p WHERE p.id = t.pledge_id),
      (SELECT o.countries FROM fund_operation o WHERE of_kind = 'fund_operation' AND o.id = of_id), '{}')
  FROM (
    SELECT NULL::stage AS stage, NULL::uuid AS pledge_id, d.commitment_id, d.id AS disbursement_id FROM disbursement d WHERE of_kind = 'disbursement' AND d.id = of_id
    UNION ALL SELECT NULL, NULL, a.commitment_id, NULL FROM amendment a WHERE of_kind = 'amendment' AND a.id = of_id
    UNION ALL SELECT r.stage, r.pledge_id, coalesce(r.commitment_id, d.commitment_id), r.disbursement_id
      FROM reversal r LEFT JOIN disbursement d ON d.id = r.disbursement_id WHERE of_kind = 'reversal' AND r.id = of_id
    UNION ALL SELECT NULL, NULL, NULL, NULL FROM fund_operation o WHERE of_kind = 'fund_operation' AND o.id = of_id
  ) t
$$;
CREATE TRIGGER fund_operation_approvals BEFORE UPDATE OF status ON fund_operation FOR EACH ROW
  WHEN (NEW.status = 'approved' AND OLD.status <> 'approved' AND NEW.source_system IS NULL) EXECUTE FUNCTION require_approvals('fund_operation');

-- ── Row-level security ──────────────────────────────────────────────────────

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['fund_window', 'allocation_round', 'proposal', 'fund_operation', 'fund_entry', 'fund_account', 'allocation_account', 'plan_caseload',
    'published_funding', 'requirement_part', 'instrument', 'instrument_event', 'payment_statement', 'twin_settlement', 'commitment_instalment'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
  END LOOP;
  -- Master data, for everybody signed in; officers and administrators keep it.
  FOREACH t IN ARRAY ARRAY['fund_window', 'allocation_round', 'plan_caseload', 'published_funding', 'requirement_part'] LOOP
    EXECUTE format('CREATE POLICY read ON %I FOR SELECT USING ((SELECT tenant_is_known()))', t);
    EXECUTE format($p$CREATE POLICY add ON %I FOR INSERT WITH CHECK ((SELECT tenant_is('administrator', 'finance_officer')))$p$, t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['fund_window', 'allocation_round'] LOOP
    EXECUTE format($p$CREATE POLICY change ON %I FOR UPDATE USING ((SELECT tenant_is('administrator', 'finance_officer')))$p$, t);
  END LOOP;
  -- Acts on a fund, and instruments: for whoever works for one of their states; recorded by those who work for all of them.
  FOREACH t IN ARRAY ARRAY['proposal', 'fund_operation', 'instrument'] LOOP
    EXECUTE format($p$CREATE POLICY read ON %I FOR SELECT USING ((SELECT tenant_is('administrator', 'auditor')) OR countries && (SELECT tenant_states()))$p$, t);
    EXECUTE format($p$CREATE POLICY add ON %I FOR INSERT WITH CHECK ((SELECT tenant_is_system()) OR ((SELECT tenant_is('finance_officer'))
      AND cardinality(countries) > 0 AND countries <@ (SELECT tenant_states())))$p$, t);
    EXECUTE format($p$CREATE POLICY change ON %I FOR UPDATE USING ((SELECT tenant_is_system()) OR ((SELECT tenant_is('finance_officer', 'approver'))
      AND countries && (SELECT tenant_states())))$p$, t);
  END LOOP;
END $$;

CREATE POLICY read ON fund_entry FOR SELECT USING (
  ((SELECT tenant_is('administrator', 'auditor')) OR countries && (SELECT tenant_states()) OR donor_id = ANY ((SELECT tenant_donors())::uuid[]))
  AND (NOT restricted OR (SELECT tenant_sees_restricted()) OR donor_id = ANY ((SELECT tenant_donors())::uuid[])));
CREATE POLICY add ON fund_entry FOR INSERT WITH CHECK ((SELECT tenant_is_system()) OR ((SELECT tenant_is('finance_officer', 'approver'))
  AND cardinality(countries) > 0 AND countries <@ (SELECT tenant_states()) AND (NOT restricted OR (SELECT tenant_sees_restricted()))));
CREATE POLICY read ON fund_account FOR SELECT USING ((SELECT tenant_is('administrator', 'auditor'))
  OR EXISTS (SELECT FROM pooled_fund f WHERE f.id = fund_id AND f.countries && (SELECT tenant_states())));
CREATE POLICY read ON allocation_account FOR SELECT USING ((SELECT tenant_is_system()) OR EXISTS (SELECT FROM fund_operation o WHERE o.id = allocation_account.allocation_id));

CREATE POLICY read ON instrument_event FOR SELECT USING ((SELECT tenant_is_system()) OR EXISTS (SELECT FROM instrument i WHERE i.id = instrument_id));
CREATE POLICY add ON instrument_event FOR INSERT WITH CHECK ((SELECT tenant_is_system())
  OR ((SELECT tenant_is('finance_officer')) AND EXISTS (SELECT FROM instrument i WHERE i.id = instrument_id)));

CREATE POLICY read ON payment_statement FOR SELECT USING (
  ((SELECT tenant_is('administrator', 'auditor')) OR countries && (SELECT tenant_states()) OR donor_id = ANY ((SELECT tenant_donors())::uuid[]))
  AND (NOT restricted OR (SELECT tenant_sees_restricted()) OR donor_id = ANY ((SELECT tenant_donors())::uuid[])));
CREATE POLICY add ON payment_statement FOR INSERT WITH CHECK ((SELECT tenant_is_system()) OR donor_id = ANY ((SELECT tenant_donors())::uuid[])
  OR ((SELECT tenant_is('finance_officer')) AND cardinality(countries) > 0 AND countries <@ (SELECT tenant_states()) AND (NOT restricted OR (SELECT tenant_sees_restricted()))));
CREATE POLICY change ON payment_statement FOR UPDATE USING ((SELECT tenant_is_system()) OR donor_id = ANY ((SELECT tenant_donors())::uuid[])
  OR ((SELECT tenant_is('finance_officer')) AND countries && (SELECT tenant_states()) AND (NOT restricted OR (SELECT tenant_sees_restricted()))));
CREATE POLICY read ON twin_settlement FOR SELECT USING ((SELECT tenant_is_system()) OR EXISTS (SELECT FROM disbursement d WHERE d.id = disbursement_id));
CREATE POLICY add ON twin_settlement FOR INSERT WITH CHECK ((SELECT tenant_is_system())
  OR ((SELECT tenant_is('finance_officer', 'approver')) AND settled_by = (SELECT tenant_user()) AND EXISTS (SELECT FROM disbursement d WHERE d.id = disbursement_id)));

CREATE POLICY read ON commitment_instalment FOR SELECT USING ((SELECT tenant_is_system()) OR EXISTS (SELECT FROM commitment f WHERE f.id = commitment_id));
CREATE POLICY add ON commitment_instalment FOR INSERT WITH CHECK ((SELECT tenant_is_system())
  OR ((SELECT tenant_is('finance_officer', 'approver')) AND EXISTS (SELECT FROM commitment f WHERE f.id = commitment_id)));

DROP POLICY read ON approval;
CREATE POLICY read ON approval FOR SELECT USING ((SELECT tenant_is('auditor')) OR CASE kind
  WHEN 'amendment' THEN EXISTS (SELECT FROM amendment f WHERE f.id = record_id)
  WHEN 'disbursement' THEN EXISTS (SELECT FROM disbursement f WHERE f.id = record_id)
  WHEN 'reversal' THEN EXISTS (SELECT FROM reversal f WHERE f.id = record_id)
  WHEN 'fund_operation' THEN EXISTS (SELECT FROM fund_operation f WHERE f.id = record_id)
  ELSE (SELECT tenant_is('administrator', 'approver')) END);
DROP POLICY add ON approval;
CREATE POLICY add ON approval FOR INSERT WITH CHECK ((SELECT tenant_is_system()) OR (approver_id = (SELECT tenant_user()) AND CASE kind
  WHEN 'amendment' THEN EXISTS (SELECT FROM amendment f WHERE f.id = record_id)
  WHEN 'disbursement' THEN EXISTS (SELECT FROM disbursement f WHERE f.id = record_id)
  WHEN 'reversal' THEN EXISTS (SELECT FROM reversal f WHERE f.id = record_id)
  WHEN 'fund_operation' THEN EXISTS (SELECT FROM fund_operation f WHERE f.id = record_id)
  ELSE (SELECT tenant_is('administrator', 'approver')) END));

DROP POLICY read ON audit_event;
CREATE POLICY read ON audit_event FOR SELECT USING ((SELECT tenant_is('auditor')) OR CASE
  WHEN record_kind = 'pledge' THEN EXISTS (SELECT FROM pledge f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'commitment' THEN EXISTS (SELECT FROM commitment f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'amendment' THEN EXISTS (SELECT FROM amendment f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'disbursement' THEN EXISTS (SELECT FROM disbursement f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'reversal' THEN EXISTS (SELECT FROM reversal f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'evidence' THEN EXISTS (SELECT FROM evidence_document f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'fund_operation' THEN EXISTS (SELECT FROM fund_operation f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'proposal' THEN EXISTS (SELECT FROM proposal f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'instrument' THEN EXISTS (SELECT FROM instrument f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'payment_statement' THEN EXISTS (SELECT FROM payment_statement f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'twin' THEN EXISTS (SELECT FROM twin_settlement f WHERE f.id = record_id::uuid)
  WHEN record_kind IN ('organisation', 'pooled_fund', 'fund_window', 'allocation_round', 'response_plan', 'event', 'fx_rate')
    THEN (SELECT tenant_is('administrator', 'finance_officer', 'approver'))
  WHEN actor_id = (SELECT tenant_user()) THEN true
  WHEN detail ? 'restricted' THEN (SELECT tenant_is('administrator')) AND (SELECT tenant_sees_restricted())
  ELSE (SELECT tenant_is('administrator')) END);

-- ── The application's role ──────────────────────────────────────────────────

GRANT SELECT, INSERT, UPDATE ON fund_window, allocation_round, proposal, fund_operation, instrument, payment_statement TO liptako_app;
GRANT SELECT, INSERT ON fund_entry, plan_caseload, published_funding, requirement_part, instrument_event, twin_settlement, commitment_instalment TO liptako_app;
GRANT SELECT ON fund_account, allocation_account TO liptako_app;
GRANT USAGE ON SEQUENCE fund_entry_seq_seq, twin_settlement_seq_seq TO liptako_app;
REVOKE EXECUTE ON FUNCTION open_date, fund_handed_in_at, fund_posting_date, lock_fund_account, lock_allocation_account FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_date, fund_handed_in_at, fund_posting_date, lock_fund_account, lock_allocation_account TO liptako_app;
