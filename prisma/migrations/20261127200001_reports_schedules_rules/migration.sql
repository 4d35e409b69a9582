-- Schedules, deliveries, notices, webhooks, watch: shapes, versions, and whose rows a connection reaches.

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['watch_event', 'notice', 'schedule_occurrence'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_append_only', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['delivery', 'webhook'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION raise_version()', t || '_version', t);
  END LOOP;
END $$;
-- What people change raises the version; that a time has passed, or that a rule was looked at, does not.
CREATE TRIGGER report_schedule_version BEFORE UPDATE OF name, kind, question, preset, cron, at_time, time_zone, event_id, days_before, recipients, formats, language, active
  ON report_schedule FOR EACH ROW EXECUTE FUNCTION raise_version();
CREATE TRIGGER watch_rule_version BEFORE UPDATE OF name, kind, params, recipients, quiet_days, active ON watch_rule FOR EACH ROW EXECUTE FUNCTION raise_version();

ALTER TABLE report_schedule
  ADD CONSTRAINT report_schedule_timing CHECK (CASE preset
    WHEN 'before_event' THEN event_id IS NOT NULL AND days_before IS NOT NULL AND cron IS NULL
    ELSE event_id IS NULL AND days_before IS NULL AND cron IS NOT NULL END),
  ADD CONSTRAINT report_schedule_days CHECK (days_before BETWEEN 0 AND 365),
  ADD CONSTRAINT report_schedule_time CHECK (at_time ~ '^([01]\d|2[0-3]):[0-5]\d$'),
  ADD CONSTRAINT report_schedule_language CHECK (language IN ('fr', 'en')),
  ADD CONSTRAINT report_schedule_stopped CHECK (active OR next_due_at IS NULL);
ALTER TABLE report_run
  ADD CONSTRAINT report_run_issue CHECK (num_nonnulls(schedule_id, due_at, series) IN (0, 3)),
  ADD CONSTRAINT report_run_code CHECK (code ~ '^[0-9A-HJKMNP-TV-Z]{12}$' AND (code IS NULL) = (hash IS NULL));
ALTER TABLE delivery
  ADD CONSTRAINT delivery_subject CHECK (num_nonnulls(run_id, notice_id) = 1),
  ADD CONSTRAINT delivery_target CHECK (CASE channel
    WHEN 'mail' THEN num_nonnulls(user_id, address) = 1 AND webhook_id IS NULL
    WHEN 'inbox' THEN user_id IS NOT NULL AND num_nonnulls(address, webhook_id) = 0
    ELSE webhook_id IS NOT NULL AND num_nonnulls(user_id, address) = 0 END),
  ADD CONSTRAINT delivery_sent CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
  ADD CONSTRAINT delivery_failed CHECK (status <> 'failed' OR (failed_at IS NOT NULL AND error IS NOT NULL)),
  ADD CONSTRAINT delivery_language CHECK (language IN ('fr', 'en'));
CREATE INDEX delivery_dead ON delivery (failed_at, id) WHERE status = 'failed';
ALTER TABLE watch_rule ADD CONSTRAINT watch_rule_quiet CHECK (quiet_days BETWEEN 0 AND 365);
ALTER TABLE watch_event ADD CONSTRAINT watch_event_told CHECK ((outcome = 'raised') = (notice_id IS NOT NULL));

-- Reports computed before have no code; their paper copies do not exist.
UPDATE report_run SET code = (
  SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', get_byte(b, 0) + 1, 1), '' ORDER BY i)
  FROM (SELECT i, decode(lpad(to_hex((('x' || substr(hash, 1, 15))::bit(60) << (5 * i))::bit(5)::int), 2, '0'), 'hex') AS b FROM generate_series(0, 11) i) digits
) WHERE hash IS NOT NULL;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['report_schedule', 'schedule_occurrence', 'delivery', 'notice', 'webhook', 'watch_rule', 'watch_event'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
  END LOOP;
  -- A schedule or rule is its owner's, and shown to those who oversee.
  FOREACH t IN ARRAY ARRAY['report_schedule', 'watch_rule'] LOOP
    EXECUTE format($p$CREATE POLICY read ON %I FOR SELECT USING ((SELECT tenant_is('administrator', 'auditor')) OR created_by = (SELECT tenant_user()))$p$, t);
    EXECUTE format($p$CREATE POLICY add ON %I FOR INSERT WITH CHECK ((SELECT tenant_is_system())
      OR ((SELECT tenant_is('administrator', 'finance_officer')) AND created_by = (SELECT tenant_user())))$p$, t);
    EXECUTE format($p$CREATE POLICY change ON %I FOR UPDATE USING ((SELECT tenant_is('administrator'))
      OR ((SELECT tenant_is('finance_officer')) AND created_by = (SELECT tenant_user())))$p$, t);
  END LOOP;
END $$;
CREATE POLICY read ON schedule_occurrence FOR SELECT USING ((SELECT tenant_is_system()) OR EXISTS (SELECT FROM report_schedule s WHERE s.id = schedule_id));
CREATE POLICY add ON schedule_occurrence FOR INSERT WITH CHECK ((SELECT tenant_is_system()));

-- A delivery is for its recipient, whoever sends it, and those who oversee.
CREATE POLICY read ON delivery FOR SELECT USING ((SELECT tenant_is('administrator', 'auditor')) OR (SELECT tenant_user()) IN (user_id, requested_by));
CREATE POLICY add ON delivery FOR INSERT WITH CHECK ((SELECT tenant_is_system()));
CREATE POLICY change ON delivery FOR UPDATE USING ((SELECT tenant_is_system()));
CREATE POLICY read ON notice FOR SELECT USING ((SELECT tenant_is_system())
  OR (NOT restricted OR (SELECT tenant_sees_restricted())) AND (SELECT tenant_is('administrator', 'auditor'))
  OR EXISTS (SELECT FROM delivery d WHERE d.notice_id = notice.id AND d.user_id = (SELECT tenant_user())));
CREATE POLICY add ON notice FOR INSERT WITH CHECK ((SELECT tenant_is_system()));
CREATE POLICY read ON webhook FOR SELECT USING ((SELECT tenant_is('administrator', 'auditor')));
CREATE POLICY add ON webhook FOR INSERT WITH CHECK ((SELECT tenant_is('administrator')));
CREATE POLICY change ON webhook FOR UPDATE USING ((SELECT tenant_is('administrator')));
CREATE POLICY read ON watch_event FOR SELECT USING ((SELECT tenant_is_system())
  OR (NOT restricted OR (SELECT tenant_sees_restricted())) AND EXISTS (SELECT FROM watch_rule r WHERE r.id = rule_id));
CREATE POLICY add ON watch_event FOR INSERT WITH CHECK ((SELECT tenant_is_system()));

-- A report is shown to who asked for it, to whom it was delivered, and to those who oversee, as long as they see all that is in it.
DROP POLICY read ON report_run;
CREATE POLICY read ON report_run FOR SELECT USING (
  ((SELECT tenant_is('administrator', 'auditor')) OR requested_by = (SELECT tenant_user())
    OR EXISTS (SELECT FROM delivery d WHERE d.run_id = report_run.id AND d.user_id = (SELECT tenant_user())))
  AND tenant_reaches(params #> '{question,scope}'));

GRANT SELECT, INSERT, UPDATE ON report_schedule, delivery, webhook, watch_rule TO liptako_app;
GRANT SELECT, INSERT ON schedule_occurrence, notice, watch_event TO liptako_app;

-- What a user may do, without entering: whom a report can go to is asked in the name of another. enter_user says the same, and enters.
CREATE FUNCTION rights_of(asked uuid) RETURNS entered_actor
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  person app_user;
  actor entered_actor;
BEGIN
  SELECT * INTO person FROM app_user WHERE id = asked AND active;
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
  IF actor.roles && '{finance_officer,approver}' THEN
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'userId', d.from_user_id, 'states', u.states)), '[]')
      INTO actor.delegations
      FROM delegation d JOIN app_user u ON u.id = d.from_user_id AND u.active AND 'approver' = ANY (u.roles)
      WHERE d.to_user_id = person.id AND d.revoked_at IS NULL
        AND (now() AT TIME ZONE 'UTC')::date BETWEEN d.starts_on AND d.ends_on;
  END IF;
  RETURN actor;
END $$;
CREATE OR REPLACE FUNCTION enter_user(entering uuid) RETURNS entered_actor
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  actor CONSTANT entered_actor := rights_of(entering);
  delegated text[];
BEGIN
  IF actor.user_id IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT array_agg(DISTINCT s) INTO delegated
    FROM jsonb_array_elements(actor.delegations) d, jsonb_array_elements_text(d.value -> 'states') s;
  PERFORM set_config('liptako.scope', 'tenant', true), set_config('liptako.user_id', actor.user_id::text, true),
    set_config('liptako.roles', actor.roles::text, true),
    set_config('liptako.states', CASE WHEN actor.roles && '{finance_officer,approver,minister}'
      THEN (actor.states || coalesce(delegated, '{}'))::text ELSE '{}' END, true),
    set_config('liptako.donors', CASE WHEN 'donor' = ANY (actor.roles) THEN actor.organisation_ids::text ELSE '{}' END, true),
    set_config('liptako.restricted', CASE WHEN actor.sees_restricted OR 'auditor' = ANY (actor.roles) THEN 'on' ELSE 'off' END, true);
  RETURN actor;
END $$;
REVOKE EXECUTE ON FUNCTION rights_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rights_of TO liptako_app;
