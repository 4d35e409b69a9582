-- The policies ask these once for each statement. Written in SQL, each was parsed and inlined anew whenever a statement was planned,
-- which took longer than most statements; PL/pgSQL keeps them parsed.

CREATE OR REPLACE FUNCTION tenant_is_system() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN coalesce(current_setting('liptako.scope', true) = 'system', false);
END $$;

CREATE OR REPLACE FUNCTION tenant_user() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN CASE WHEN current_setting('liptako.scope', true) = 'tenant' THEN nullif(current_setting('liptako.user_id', true), '')::uuid END;
END $$;

CREATE OR REPLACE FUNCTION tenant_roles() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN CASE WHEN current_setting('liptako.scope', true) = 'tenant' THEN nullif(current_setting('liptako.roles', true), '')::text[] ELSE '{}' END;
END $$;

CREATE OR REPLACE FUNCTION tenant_states() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN CASE WHEN current_setting('liptako.scope', true) = 'tenant' THEN nullif(current_setting('liptako.states', true), '')::text[] ELSE '{}' END;
END $$;

CREATE OR REPLACE FUNCTION tenant_donors() RETURNS uuid[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN CASE WHEN current_setting('liptako.scope', true) = 'tenant' AND NOT coalesce(tenant_roles() && '{administrator,auditor}', false)
    THEN nullif(current_setting('liptako.donors', true), '')::uuid[] ELSE '{}' END;
END $$;

CREATE OR REPLACE FUNCTION tenant_sees_restricted() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN tenant_is_system() OR coalesce(current_setting('liptako.scope', true) = 'tenant' AND current_setting('liptako.restricted', true) = 'on', false);
END $$;

CREATE OR REPLACE FUNCTION tenant_is(VARIADIC roles text[]) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN tenant_is_system() OR coalesce(tenant_roles() && roles, false);
END $$;

CREATE OR REPLACE FUNCTION tenant_is_known() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN tenant_is_system() OR tenant_user() IS NOT NULL;
END $$;
