-- What the tables alone cannot say: append-only facts, sums that never overrun, splits that make 100 %, four eyes.

-- ── Splits ──────────────────────────────────────────────────────────────────

-- True when each dimension has either no share at all or shares that are positive and sum to exactly 100.
CREATE FUNCTION splits_whole(splits jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(bool_and(
    CASE (SELECT count(*) FILTER (WHERE e ? 'share') FROM jsonb_array_elements(d.value) e)
      WHEN 0 THEN true
      WHEN jsonb_array_length(d.value) THEN
        (SELECT sum((e ->> 'share')::numeric) = 100 AND bool_and((e ->> 'share')::numeric > 0)
           FROM jsonb_array_elements(d.value) e)
      ELSE false
    END), true)
  FROM jsonb_each(splits) d
$$;

CREATE FUNCTION split_codes(splits jsonb, dimension text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(e.value ->> 'code' ORDER BY e.ordinality), '{}')
  FROM jsonb_array_elements(coalesce(splits -> dimension, '[]'::jsonb)) WITH ORDINALITY e
$$;

-- Where a line is counted in one dimension: its only code, '*' when shared among several without a split, '-' when not specified.
CREATE FUNCTION bucket(codes text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE cardinality(codes) WHEN 0 THEN '-' WHEN 1 THEN codes[1] ELSE '*' END
$$;

-- ── Amounts ─────────────────────────────────────────────────────────────────
-- Records entered here are positive; a source may publish a negative correction, which mirrors the bounds.

ALTER TABLE pledge
  ADD CONSTRAINT pledge_amount_sign CHECK (amount_minor > 0 OR (source_system IS NOT NULL AND amount_minor <> 0)),
  ADD CONSTRAINT pledge_committed_within CHECK (
    CASE WHEN amount_minor > 0 THEN committed_minor BETWEEN 0 AND amount_minor
         ELSE committed_minor BETWEEN amount_minor AND 0 END),
  ADD CONSTRAINT pledge_splits_whole CHECK (splits_whole(splits)),
  ADD CONSTRAINT pledge_countries_match CHECK (countries = split_codes(splits, 'country'));

ALTER TABLE pledge_instalment ADD CONSTRAINT pledge_instalment_positive CHECK (amount_minor > 0);

ALTER TABLE commitment
  ADD CONSTRAINT commitment_amount_sign CHECK (amount_minor > 0 OR (source_system IS NOT NULL AND amount_minor <> 0)),
  ADD CONSTRAINT commitment_disbursed_within CHECK (
    CASE WHEN amount_minor > 0 THEN current_minor >= 0 AND disbursed_minor BETWEEN 0 AND current_minor
         ELSE current_minor <= 0 AND disbursed_minor BETWEEN current_minor AND 0 END),
  ADD CONSTRAINT commitment_splits_whole CHECK (splits_whole(splits)),
  ADD CONSTRAINT commitment_countries_match CHECK (countries = split_codes(splits, 'country'));

ALTER TABLE disbursement
  ADD CONSTRAINT disbursement_amount_sign CHECK (amount_minor > 0 OR (source_system IS NOT NULL AND amount_minor <> 0)),
  ADD CONSTRAINT disbursement_four_eyes CHECK (
    source_system IS NOT NULL OR decided_by IS NULL OR (decided_by <> prepared_by AND decided_by <> submitted_by)),
  ADD CONSTRAINT disbursement_decided CHECK (
    source_system IS NOT NULL OR status IN ('draft', 'submitted') OR (decided_by IS NOT NULL AND submitted_by IS NOT NULL)),
  ADD CONSTRAINT disbursement_rejected_with_reason CHECK (status <> 'rejected' OR rejection_reason IS NOT NULL);

ALTER TABLE amendment
  ADD CONSTRAINT amendment_not_zero CHECK (delta_minor <> 0),
  ADD CONSTRAINT amendment_four_eyes CHECK (decided_by IS NULL OR decided_by <> prepared_by),
  ADD CONSTRAINT amendment_decided CHECK (status = 'submitted' OR decided_by IS NOT NULL);

ALTER TABLE reversal
  ADD CONSTRAINT reversal_one_target CHECK (num_nonnulls(pledge_id, commitment_id, disbursement_id) = 1),
  ADD CONSTRAINT reversal_four_eyes CHECK (decided_by IS NULL OR decided_by <> prepared_by),
  ADD CONSTRAINT reversal_decided CHECK (status = 'submitted' OR decided_by IS NOT NULL);
CREATE UNIQUE INDEX reversal_one_pending ON reversal (coalesce(pledge_id, commitment_id, disbursement_id)) WHERE status = 'submitted';

-- A source's flow stands once.
CREATE UNIQUE INDEX pledge_source_once ON pledge ((source_system || ':' || external_id)) WHERE status = 'active' AND source_system IS NOT NULL;
CREATE UNIQUE INDEX commitment_source_once ON commitment ((source_system || ':' || external_id)) WHERE status = 'active' AND source_system IS NOT NULL;

ALTER TABLE fx_rate ADD CONSTRAINT fx_rate_positive CHECK (rate > 0), ADD CONSTRAINT fx_rate_pair CHECK (base <> quote);
ALTER TABLE currency ADD CONSTRAINT currency_exponent CHECK (exponent BETWEEN 0 AND 4);
ALTER TABLE organisation ADD CONSTRAINT organisation_not_into_itself CHECK (merged_into_id <> id);
ALTER TABLE app_user ADD CONSTRAINT app_user_email_lower CHECK (email = lower(email));

ALTER TABLE journal_entry
  ADD CONSTRAINT journal_entry_reversal CHECK ((kind = 'reversal') = (reverses_id IS NOT NULL)),
  ADD CONSTRAINT journal_entry_subject CHECK (
    CASE stage WHEN 'pledge' THEN pledge_id IS NOT NULL
               WHEN 'commitment' THEN commitment_id IS NOT NULL
               ELSE commitment_id IS NOT NULL AND disbursement_id IS NOT NULL END),
  -- Value dates are not in the future; the easternmost tracked states are at UTC+1.
  ADD CONSTRAINT journal_entry_not_future CHECK (value_date <= ((recorded_at AT TIME ZONE 'UTC') + interval '1 hour')::date);

-- ── Facts are append-only ───────────────────────────────────────────────────

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: facts are append-only, undo by reversal', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'LP001';
END $$;

-- The database says when a fact was known. The table is locked before, so that a report can wait for every transaction that could
-- still record at or before its `asOf`.
CREATE FUNCTION stamp_recorded_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.recorded_at := clock_timestamp();
  RETURN NEW;
END $$;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['journal_entry', 'journal_line', 'audit_event', 'record_revision', 'source_flow', 'fx_rate'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_append_only', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['journal_entry', 'record_revision', 'source_flow', 'plan_requirement'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION stamp_recorded_at()', t || '_stamp', t);
  END LOOP;
END $$;

-- ── What reports leave out ──────────────────────────────────────────────────
-- Few lines; with this index a report counts them without reading the journal a second time.

CREATE INDEX journal_line_left_out ON journal_line (recorded_at)
  WHERE boundary = 'internal' OR restricted OR usd_minor IS NULL OR eur_minor IS NULL OR xof_minor IS NULL;

-- ── References people read ──────────────────────────────────────────────────

CREATE SEQUENCE flow_reference;

-- The next number of a record that people quote, such as ENG-2026-000042.
CREATE FUNCTION next_flow_reference(prefix text, day date) RETURNS text
LANGUAGE sql VOLATILE AS $$
  SELECT prefix || to_char(day, '-YYYY-') || CASE WHEN n < 1000000 THEN to_char(n, 'FM000000') ELSE n::text END
  FROM nextval('flow_reference') AS n
$$;

-- ── The application's role ──────────────────────────────────────────────────
-- Every connection of the API and the workers takes this role; the owner only migrates.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'liptako_app') THEN
    CREATE ROLE liptako_app NOLOGIN;
  END IF;
END $$;
GRANT liptako_app TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO liptako_app;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO liptako_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO liptako_app;
GRANT DELETE ON idempotency_key, outbox, organisation_identifier, pledge_instalment TO liptako_app;
REVOKE UPDATE ON journal_entry, journal_line, audit_event, record_revision, source_flow, fx_rate FROM liptako_app;
REVOKE INSERT, UPDATE ON country, region, region_membership, currency, sector, mechanism, code_list_entry FROM liptako_app;
DO $$
BEGIN
  IF to_regclass('public._prisma_migrations') IS NOT NULL THEN
    REVOKE INSERT, UPDATE ON _prisma_migrations FROM liptako_app;
  END IF;
END $$;
