-- Every request enters its user: who has no delegation, as nearly all, no longer pays for a query of them.
CREATE OR REPLACE FUNCTION enter_user(entering uuid) RETURNS entered_actor
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  actor CONSTANT entered_actor := rights_of(entering);
  delegated text[];
BEGIN
  IF actor.user_id IS NULL THEN
    RETURN NULL;
  END IF;
  IF actor.delegations <> '[]' THEN
    SELECT array_agg(DISTINCT s) INTO delegated
      FROM jsonb_array_elements(actor.delegations) d, jsonb_array_elements_text(d.value -> 'states') s;
  END IF;
  PERFORM set_config('liptako.scope', 'tenant', true), set_config('liptako.user_id', actor.user_id::text, true),
    set_config('liptako.roles', actor.roles::text, true),
    set_config('liptako.states', CASE WHEN actor.roles && '{finance_officer,approver,minister}'
      THEN (actor.states || coalesce(delegated, '{}'))::text ELSE '{}' END, true),
    set_config('liptako.donors', CASE WHEN 'donor' = ANY (actor.roles) THEN actor.organisation_ids::text ELSE '{}' END, true),
    set_config('liptako.restricted', CASE WHEN actor.sees_restricted OR 'auditor' = ANY (actor.roles) THEN 'on' ELSE 'off' END, true);
  RETURN actor;
END $$;
