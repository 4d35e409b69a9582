-- Whose rows a connection reaches, the chain of the audit trail, versions, and what else the tables alone cannot say.

-- ── Who is asking ───────────────────────────────────────────────────────────
-- A transaction of the API enters a session; from then on these settings say what its rows are. Workers and the command-line tools
-- connect in the system's scope. Without either, no row is seen.

CREATE FUNCTION tenant_is_system() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT coalesce(current_setting('liptako.scope', true) = 'system', false) $$;

CREATE FUNCTION tenant_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT CASE WHEN current_setting('liptako.scope', true) = 'tenant' THEN nullif(current_setting('liptako.user_id', true), '')::uuid END $$;

CREATE FUNCTION tenant_roles() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT CASE WHEN current_setting('liptako.scope', true) = 'tenant' THEN nullif(current_setting('liptako.roles', true), '')::text[] ELSE '{}' END $$;

CREATE FUNCTION tenant_states() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT CASE WHEN current_setting('liptako.scope', true) = 'tenant' THEN nullif(current_setting('liptako.states', true), '')::text[] ELSE '{}' END $$;

CREATE FUNCTION tenant_donors() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT CASE WHEN current_setting('liptako.scope', true) = 'tenant' THEN nullif(current_setting('liptako.donors', true), '')::uuid[] ELSE '{}' END $$;

CREATE FUNCTION tenant_sees_restricted() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT tenant_is_system() OR coalesce(current_setting('liptako.scope', true) = 'tenant' AND current_setting('liptako.restricted', true) = 'on', false) $$;

CREATE FUNCTION tenant_is(VARIADIC roles text[]) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT tenant_is_system() OR coalesce(tenant_roles() && roles, false) $$;

CREATE FUNCTION tenant_is_known() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT tenant_is_system() OR tenant_user() IS NOT NULL $$;

-- What the application knows of who asks.
CREATE TYPE entered_actor AS (
  user_id uuid, session_id uuid, second_factor boolean, roles text[], states text[], organisation_ids uuid[], sees_restricted boolean,
  delegations jsonb
);

-- Takes the rights of a user until the transaction ends; null for one who is unknown or suspended.
CREATE FUNCTION enter_user(entering uuid) RETURNS entered_actor
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  person app_user;
  actor entered_actor;
  delegated text[];
BEGIN
  SELECT * INTO person FROM app_user WHERE id = entering AND active;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  actor.user_id := person.id;
  actor.second_factor := false;
  actor.roles := person.roles::text[];
  actor.states := person.states;
  actor.sees_restricted := person.sees_restricted;
  actor.organisation_ids := '{}';
  IF person.organisation_id IS NOT NULL THEN
    -- The organisation and every duplicate that was merged into it, at any depth.
    WITH RECURSIVE kept AS (
      SELECT id, merged_into_id FROM organisation WHERE id = person.organisation_id
      UNION SELECT o.id, o.merged_into_id FROM organisation o JOIN kept k ON o.id = k.merged_into_id
    ), family AS (
      SELECT id FROM kept WHERE merged_into_id IS NULL
      UNION SELECT o.id FROM organisation o JOIN family f ON o.merged_into_id = f.id
    )
    SELECT array_agg(id) INTO actor.organisation_ids FROM family;
  END IF;
  actor.delegations := '[]';
  delegated := '{}';
  IF actor.roles && '{finance_officer,approver}' THEN
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'userId', d.from_user_id, 'states', u.states)), '[]')
      INTO actor.delegations
      FROM delegation d JOIN app_user u ON u.id = d.from_user_id AND u.active AND 'approver' = ANY (u.roles)
      WHERE d.to_user_id = person.id AND d.revoked_at IS NULL
        AND (now() AT TIME ZONE 'UTC')::date BETWEEN d.starts_on AND d.ends_on;
    IF actor.delegations <> '[]' THEN
      SELECT array_agg(DISTINCT s) INTO delegated
        FROM jsonb_array_elements(actor.delegations) d, jsonb_array_elements_text(d.value -> 'states') s;
    END IF;
  END IF;
  PERFORM set_config('liptako.scope', 'tenant', true), set_config('liptako.user_id', person.id::text, true),
    set_config('liptako.roles', actor.roles::text, true),
    set_config('liptako.states', CASE WHEN actor.roles && '{finance_officer,approver,minister}'
      THEN (actor.states || coalesce(delegated, '{}'))::text ELSE '{}' END, true),
    set_config('liptako.donors', CASE WHEN 'donor' = ANY (actor.roles) THEN actor.organisation_ids::text ELSE '{}' END, true),
    set_config('liptako.restricted', CASE WHEN actor.sees_restricted OR 'auditor' = ANY (actor.roles) THEN 'on' ELSE 'off' END, true);
  RETURN actor;
END $$;

-- Takes the rights of a session's user until the transaction ends; null once the session has ended.
CREATE FUNCTION enter_session(entering uuid) RETURNS entered_actor
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  found_session session;
  actor entered_actor;
BEGIN
  SELECT * INTO found_session FROM session WHERE id = entering AND ended_at IS NULL AND expires_at > now();
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  actor := enter_user(found_session.user_id);
  IF actor.user_id IS NULL THEN
    RETURN NULL;
  END IF;
  actor.session_id := found_session.id;
  actor.second_factor := found_session.second_factor_at IS NOT NULL;
  RETURN actor;
END $$;

-- ── Row-level security, on every table ──────────────────────────────────────

DO $$
DECLARE t text;
BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations' LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
  END LOOP;
END $$;

-- Code lists, for everybody.
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['country', 'region', 'region_membership', 'currency', 'sector', 'mechanism', 'code_list_entry'] LOOP
    EXECUTE format('CREATE POLICY read ON %I FOR SELECT USING (true)', t);
  END LOOP;
END $$;

-- Master data, for everybody signed in; officers and administrators keep it.
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['organisation', 'organisation_identifier', 'pooled_fund', 'response_plan', 'plan_requirement', 'event', 'record_revision', 'fx_rate'] LOOP
    EXECUTE format('CREATE POLICY read ON %I FOR SELECT USING ((SELECT tenant_is_known()))', t);
    EXECUTE format($p$CREATE POLICY add ON %I FOR INSERT WITH CHECK ((SELECT tenant_is('administrator', 'finance_officer')))$p$, t);
    EXECUTE format($p$CREATE POLICY change ON %I FOR UPDATE USING ((SELECT tenant_is('administrator', 'finance_officer')))$p$, t);
  END LOOP;
END $$;
CREATE POLICY remove ON organisation_identifier FOR DELETE USING ((SELECT tenant_is('administrator', 'finance_officer')));

-- Flows: those that touch one's states or come from one's organisation; a restricted one also asks for the right to see such.
DO $$
DECLARE
  t text;
  seen CONSTANT text := $p$((SELECT tenant_is('administrator', 'auditor')) OR countries && (SELECT tenant_states()) OR donor_id = ANY ((SELECT tenant_donors())::uuid[]))
    AND (NOT restricted OR (SELECT tenant_sees_restricted()) OR donor_id = ANY ((SELECT tenant_donors())::uuid[]))$p$;
  own CONSTANT text := $p$(SELECT tenant_is_system()) OR (cardinality(countries) > 0 AND countries <@ (SELECT tenant_states())
    AND (NOT restricted OR (SELECT tenant_sees_restricted())))$p$;
BEGIN
  FOREACH t IN ARRAY ARRAY['pledge', 'commitment', 'journal_line'] LOOP
    EXECUTE format('CREATE POLICY read ON %I FOR SELECT USING (%s)', t, seen);
    EXECUTE format($p$CREATE POLICY add ON %I FOR INSERT WITH CHECK ((SELECT tenant_is('finance_officer', 'approver')) AND (%s))$p$, t, own);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['pledge', 'commitment'] LOOP
    EXECUTE format($p$CREATE POLICY change ON %I FOR UPDATE USING ((SELECT tenant_is('finance_officer', 'approver')) AND %s)$p$, t, seen);
  END LOOP;
END $$;

-- What belongs to a flow is seen by whoever sees the flow: the subquery passes through the flow's own policy.
DO $$
DECLARE
  part record;
BEGIN
  FOR part IN SELECT * FROM (VALUES
    ('pledge_instalment', 'EXISTS (SELECT FROM pledge f WHERE f.id = pledge_id)'),
    ('amendment', 'EXISTS (SELECT FROM commitment f WHERE f.id = commitment_id)'),
    ('disbursement', 'EXISTS (SELECT FROM commitment f WHERE f.id = commitment_id)'),
    ('reversal', $p$CASE WHEN pledge_id IS NOT NULL THEN EXISTS (SELECT FROM pledge f WHERE f.id = pledge_id)
        WHEN commitment_id IS NOT NULL THEN EXISTS (SELECT FROM commitment f WHERE f.id = commitment_id)
        ELSE EXISTS (SELECT FROM disbursement f WHERE f.id = disbursement_id) END$p$),
    ('evidence_document', $p$CASE WHEN pledge_id IS NOT NULL THEN EXISTS (SELECT FROM pledge f WHERE f.id = pledge_id)
        WHEN commitment_id IS NOT NULL THEN EXISTS (SELECT FROM commitment f WHERE f.id = commitment_id)
        ELSE EXISTS (SELECT FROM disbursement f WHERE f.id = disbursement_id) END$p$),
    ('journal_entry', $p$CASE WHEN commitment_id IS NOT NULL THEN EXISTS (SELECT FROM commitment f WHERE f.id = commitment_id)
        ELSE EXISTS (SELECT FROM pledge f WHERE f.id = pledge_id) END$p$)
  ) AS p(name, seen) LOOP
    EXECUTE format('CREATE POLICY read ON %I FOR SELECT USING ((SELECT tenant_is_system()) OR %s)', part.name, part.seen);
    EXECUTE format($p$CREATE POLICY add ON %I FOR INSERT WITH CHECK ((SELECT tenant_is_system()) OR ((SELECT tenant_is('finance_officer', 'approver')) AND %s))$p$, part.name, part.seen);
    EXECUTE format($p$CREATE POLICY change ON %I FOR UPDATE USING ((SELECT tenant_is_system()) OR ((SELECT tenant_is('finance_officer', 'approver')) AND %s))$p$, part.name, part.seen);
  END LOOP;
END $$;
CREATE POLICY remove ON pledge_instalment FOR DELETE USING ((SELECT tenant_is_system()));

-- Accounts: one's own, and all for who manages or audits them. What proves a person is for the system only.
CREATE POLICY read ON app_user FOR SELECT USING ((SELECT tenant_is('administrator', 'auditor')) OR id = (SELECT tenant_user()));
CREATE POLICY add ON app_user FOR INSERT WITH CHECK ((SELECT tenant_is('administrator')));
CREATE POLICY change ON app_user FOR UPDATE USING ((SELECT tenant_is('administrator')));
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['user_credential', 'recovery_code', 'user_token', 'session', 'refresh_token', 'audit_head'] LOOP
    EXECUTE format('CREATE POLICY everything ON %I USING ((SELECT tenant_is_system()))', t);
  END LOOP;
END $$;

-- Four eyes and periods.
CREATE POLICY read ON approval FOR SELECT USING ((SELECT tenant_is('auditor', 'administrator')) OR CASE kind
  WHEN 'amendment' THEN EXISTS (SELECT FROM amendment f WHERE f.id = record_id)
  WHEN 'disbursement' THEN EXISTS (SELECT FROM disbursement f WHERE f.id = record_id)
  WHEN 'reversal' THEN EXISTS (SELECT FROM reversal f WHERE f.id = record_id)
  ELSE (SELECT tenant_is('approver')) END);
CREATE POLICY add ON approval FOR INSERT WITH CHECK ((SELECT tenant_is_system()) OR (approver_id = (SELECT tenant_user()) AND CASE kind
  WHEN 'amendment' THEN EXISTS (SELECT FROM amendment f WHERE f.id = record_id)
  WHEN 'disbursement' THEN EXISTS (SELECT FROM disbursement f WHERE f.id = record_id)
  WHEN 'reversal' THEN EXISTS (SELECT FROM reversal f WHERE f.id = record_id)
  ELSE (SELECT tenant_is('administrator', 'approver')) END));
CREATE POLICY read ON delegation FOR SELECT USING ((SELECT tenant_is('administrator', 'auditor')) OR (SELECT tenant_user()) IN (from_user_id, to_user_id));
CREATE POLICY add ON delegation FOR INSERT WITH CHECK ((SELECT tenant_is('administrator')) OR from_user_id = (SELECT tenant_user()));
CREATE POLICY change ON delegation FOR UPDATE USING ((SELECT tenant_is('administrator')) OR from_user_id = (SELECT tenant_user()));
CREATE POLICY read ON approval_limit FOR SELECT USING ((SELECT tenant_is_known()));
CREATE POLICY add ON approval_limit FOR INSERT WITH CHECK ((SELECT tenant_is('administrator')));
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['accounting_period', 'period_reopening'] LOOP
    EXECUTE format('CREATE POLICY read ON %I FOR SELECT USING ((SELECT tenant_is_known()))', t);
    EXECUTE format($p$CREATE POLICY add ON %I FOR INSERT WITH CHECK ((SELECT tenant_is('administrator', 'approver')))$p$, t);
    EXECUTE format($p$CREATE POLICY change ON %I FOR UPDATE USING ((SELECT tenant_is('administrator', 'approver')))$p$, t);
  END LOOP;
END $$;

-- Imports and reports: one's own, and all for who sees everything.
CREATE POLICY read ON import_run FOR SELECT USING ((SELECT tenant_is('administrator', 'auditor')) OR requested_by = (SELECT tenant_user()));
CREATE POLICY add ON import_run FOR INSERT WITH CHECK ((SELECT tenant_is_system()) OR ((SELECT tenant_is('administrator', 'finance_officer')) AND requested_by = (SELECT tenant_user())));
CREATE POLICY change ON import_run FOR UPDATE USING ((SELECT tenant_is_system()));
CREATE POLICY read ON report_run FOR SELECT USING ((SELECT tenant_is('administrator', 'auditor')) OR requested_by = (SELECT tenant_user()));
CREATE POLICY add ON report_run FOR INSERT WITH CHECK ((SELECT tenant_is_system()) OR requested_by = (SELECT tenant_user()));
CREATE POLICY change ON report_run FOR UPDATE USING ((SELECT tenant_is_system()));
CREATE POLICY read ON import_file FOR SELECT USING ((SELECT tenant_is_system()) OR EXISTS (SELECT FROM import_run r WHERE r.id = import_id));
CREATE POLICY add ON import_file FOR INSERT WITH CHECK ((SELECT tenant_is_system()) OR EXISTS (SELECT FROM import_run r WHERE r.id = import_id AND r.requested_by = (SELECT tenant_user())));
CREATE POLICY read ON import_row FOR SELECT USING ((SELECT tenant_is_system()) OR EXISTS (SELECT FROM import_run r WHERE r.id = import_id));
CREATE POLICY add ON import_row FOR INSERT WITH CHECK ((SELECT tenant_is_system()));
CREATE POLICY read ON report_artefact FOR SELECT USING ((SELECT tenant_is_system()) OR EXISTS (SELECT FROM report_run r WHERE r.id = run_id));
CREATE POLICY add ON report_artefact FOR INSERT WITH CHECK ((SELECT tenant_is_system()));
CREATE POLICY read ON source_flow FOR SELECT USING ((SELECT tenant_is('administrator', 'auditor')));
CREATE POLICY add ON source_flow FOR INSERT WITH CHECK ((SELECT tenant_is_system()));

-- Jobs are asked for by anybody and read by the workers; a key belongs to its user.
CREATE POLICY everything ON outbox USING ((SELECT tenant_is_system()));
CREATE POLICY add ON outbox FOR INSERT WITH CHECK ((SELECT tenant_is_known()));
CREATE POLICY everything ON idempotency_key USING ((SELECT tenant_is_system()) OR user_id = (SELECT tenant_user()));

-- The trail: the whole for who audits; of a flow, for whoever sees the flow; what one did oneself.
CREATE POLICY read ON audit_event FOR SELECT USING ((SELECT tenant_is('administrator', 'auditor')) OR CASE record_kind
  WHEN 'pledge' THEN EXISTS (SELECT FROM pledge f WHERE f.id = record_id::uuid)
  WHEN 'commitment' THEN EXISTS (SELECT FROM commitment f WHERE f.id = record_id::uuid)
  WHEN 'amendment' THEN EXISTS (SELECT FROM amendment f WHERE f.id = record_id::uuid)
  WHEN 'disbursement' THEN EXISTS (SELECT FROM disbursement f WHERE f.id = record_id::uuid)
  WHEN 'reversal' THEN EXISTS (SELECT FROM reversal f WHERE f.id = record_id::uuid)
  WHEN 'evidence' THEN EXISTS (SELECT FROM evidence_document f WHERE f.id = record_id::uuid)
  ELSE actor_id = (SELECT tenant_user()) END);
CREATE POLICY add ON audit_event FOR INSERT WITH CHECK ((SELECT tenant_is_system()) OR actor_id = (SELECT tenant_user()));
CREATE POLICY read ON audit_link FOR SELECT USING ((SELECT tenant_is('administrator', 'auditor')));
CREATE POLICY read ON audit_seal FOR SELECT USING ((SELECT tenant_is('administrator', 'auditor')));
CREATE POLICY add ON audit_seal FOR INSERT WITH CHECK ((SELECT tenant_is_system()));

-- ── The chain of the audit trail ────────────────────────────────────────────

-- What of an event the chain proves: everything but the erasable part, of which it proves the digest.
CREATE FUNCTION audit_content(e audit_event) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT convert_to(jsonb_build_array(e.id, (extract(epoch FROM e.at) * 1000000)::bigint, e.actor_id, e.on_behalf_of, e.session_id, e.action,
    e.record_kind, e.record_id, e.request_id, e.reason, e.detail, encode(e.personal_digest, 'hex'))::text, 'UTF8')
$$;

CREATE FUNCTION digest_personal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.personal_digest := NULL;
  IF NEW.personal IS NOT NULL THEN
    -- The salt keeps what was erased from being guessed out of its digest.
    NEW.personal := NEW.personal || jsonb_build_object('salt', gen_random_uuid());
    NEW.personal_digest := sha256(convert_to(NEW.personal::text, 'UTF8'));
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER audit_event_personal BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION digest_personal();

-- Events are linked when their transaction ends, so that writers wait for each other only while one commits.
CREATE FUNCTION link_audit_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  next_seq bigint;
  next_hash bytea;
BEGIN
  UPDATE audit_head SET seq = seq + 1, hash = sha256(hash || audit_content(NEW)) WHERE id = 1 RETURNING seq, hash INTO next_seq, next_hash;
  INSERT INTO audit_link (seq, event_id, hash) VALUES (next_seq, NEW.id, next_hash);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_event_link AFTER INSERT ON audit_event DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION link_audit_event();

INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, sha256('liptako'::bytea));
-- Events from before the chain are its first links.
DO $$
DECLARE e audit_event;
BEGIN
  FOR e IN SELECT * FROM audit_event ORDER BY at, id LOOP
    WITH head AS (UPDATE audit_head SET seq = seq + 1, hash = sha256(hash || audit_content(e)) RETURNING seq, hash)
    INSERT INTO audit_link (seq, event_id, hash) SELECT seq, e.id, hash FROM head;
  END LOOP;
END $$;

-- Of an event only its personal part may go.
DROP TRIGGER audit_event_append_only ON audit_event;
CREATE TRIGGER audit_event_append_only BEFORE DELETE OR TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_change_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.personal IS NOT NULL AND NEW.personal IS NULL AND to_jsonb(NEW) - 'personal' = to_jsonb(OLD) - 'personal' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% on % is refused: facts are append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'LP001';
END $$;
CREATE TRIGGER audit_event_erasure_only BEFORE UPDATE ON audit_event FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure();

-- Takes a person out of the trail: what names them goes, that somebody acted stays.
CREATE FUNCTION erase_personal(person uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE erased bigint;
BEGIN
  UPDATE audit_event SET personal = NULL
    WHERE personal IS NOT NULL AND (actor_id = person OR (record_kind = 'user' AND record_id = person::text));
  GET DIAGNOSTICS erased = ROW_COUNT;
  RETURN erased;
END $$;

-- Forgets from where people acted, after the time for which it is kept.
CREATE FUNCTION forget_personal(before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE erased bigint;
BEGIN
  UPDATE audit_event SET personal = NULL WHERE personal IS NOT NULL AND at < before;
  GET DIAGNOSTICS erased = ROW_COUNT;
  RETURN erased;
END $$;

-- ── Facts and versions ──────────────────────────────────────────────────────

CREATE FUNCTION raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['audit_link', 'audit_seal', 'approval', 'approval_limit'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_append_only', t);
  END LOOP;
  FOR t IN SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'version' AND table_name <> 'source_flow' LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION raise_version()', t || '_version', t);
  END LOOP;
END $$;

ALTER TABLE evidence_document ADD CONSTRAINT evidence_document_one_subject CHECK (num_nonnulls(pledge_id, commitment_id, disbursement_id) = 1);
ALTER TABLE delegation
  ADD CONSTRAINT delegation_to_another CHECK (from_user_id <> to_user_id),
  ADD CONSTRAINT delegation_dates CHECK (ends_on >= starts_on);
ALTER TABLE accounting_period ADD CONSTRAINT accounting_period_month CHECK (extract(day FROM month) = 1);
ALTER TABLE period_reopening
  ADD CONSTRAINT period_reopening_four_eyes CHECK (decided_by IS NULL OR decided_by <> prepared_by),
  ADD CONSTRAINT period_reopening_decided CHECK (status = 'submitted' OR decided_by IS NOT NULL);
CREATE UNIQUE INDEX period_reopening_one_pending ON period_reopening (month) WHERE status = 'submitted';
CREATE INDEX disbursement_awaiting ON disbursement (prepared_at) WHERE status = 'submitted';

-- ── The application's role ──────────────────────────────────────────────────

GRANT SELECT, INSERT, UPDATE ON user_credential, user_token, session, refresh_token, delegation, accounting_period, period_reopening, evidence_document TO liptako_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_code TO liptako_app;
GRANT DELETE ON session, user_token TO liptako_app;
GRANT SELECT, INSERT ON approval, approval_limit, audit_seal TO liptako_app;
GRANT SELECT ON audit_link, audit_head TO liptako_app;
GRANT USAGE ON SEQUENCE approval_limit_seq_seq TO liptako_app;
REVOKE EXECUTE ON FUNCTION enter_user, enter_session, erase_personal, forget_personal FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enter_user, enter_session, erase_personal, forget_personal TO liptako_app;
