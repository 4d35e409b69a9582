-- Rights are as they are now, for what was computed before too.

-- Who oversees everything does so by that right alone, with an organisation of their own or without, as the application says.
CREATE OR REPLACE FUNCTION tenant_donors() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN current_setting('liptako.scope', true) = 'tenant' AND NOT coalesce(tenant_roles() && '{administrator,auditor}', false)
    THEN nullif(current_setting('liptako.donors', true), '')::uuid[] ELSE '{}' END
$$;

-- Whether somebody still sees all that a report with this scope has counted.
CREATE FUNCTION tenant_reaches(scope jsonb) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT tenant_is_system() OR (coalesce((scope ->> 'restricted')::boolean, false) <= tenant_sees_restricted() AND CASE
    WHEN tenant_is('administrator', 'auditor') THEN tenant_sees_restricted() OR coalesce(jsonb_array_length(scope -> 'donorIds'), 0) = 0
    WHEN (scope ->> 'all')::boolean THEN false
    ELSE ARRAY(SELECT jsonb_array_elements_text(scope -> 'states')) <@ coalesce(tenant_states(), '{}')
      AND ARRAY(SELECT jsonb_array_elements_text(scope -> 'donorIds')::uuid) <@ coalesce(tenant_donors(), '{}')
  END)
$$;

-- A report is shown to who asked for it, and to those who oversee, as long as they see all that is in it.
DROP POLICY read ON report_run;
CREATE POLICY read ON report_run FOR SELECT USING (
  ((SELECT tenant_is('administrator', 'auditor')) OR requested_by = (SELECT tenant_user())) AND tenant_reaches(params #> '{question,scope}'));

-- Who approved in a restricted flow is for those who see the flow, administrators included.
DROP POLICY read ON approval;
CREATE POLICY read ON approval FOR SELECT USING ((SELECT tenant_is('auditor')) OR CASE kind
  WHEN 'amendment' THEN EXISTS (SELECT FROM amendment f WHERE f.id = record_id)
  WHEN 'disbursement' THEN EXISTS (SELECT FROM disbursement f WHERE f.id = record_id)
  WHEN 'reversal' THEN EXISTS (SELECT FROM reversal f WHERE f.id = record_id)
  ELSE (SELECT tenant_is('administrator', 'approver')) END);

-- The trail of a list names the restricted flows that were shown: for those who may see such, and who was shown them.
DROP POLICY read ON audit_event;
CREATE POLICY read ON audit_event FOR SELECT USING ((SELECT tenant_is('auditor')) OR CASE
  WHEN record_kind = 'pledge' THEN EXISTS (SELECT FROM pledge f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'commitment' THEN EXISTS (SELECT FROM commitment f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'amendment' THEN EXISTS (SELECT FROM amendment f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'disbursement' THEN EXISTS (SELECT FROM disbursement f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'reversal' THEN EXISTS (SELECT FROM reversal f WHERE f.id = record_id::uuid)
  WHEN record_kind = 'evidence' THEN EXISTS (SELECT FROM evidence_document f WHERE f.id = record_id::uuid)
  WHEN record_kind IN ('organisation', 'pooled_fund', 'response_plan', 'event', 'fx_rate')
    THEN (SELECT tenant_is('administrator', 'finance_officer', 'approver'))
  WHEN actor_id = (SELECT tenant_user()) THEN true
  WHEN detail ? 'restricted' THEN (SELECT tenant_is('administrator')) AND (SELECT tenant_sees_restricted())
  ELSE (SELECT tenant_is('administrator')) END);
