-- Functions that run with the owner's rights open no way around row-level security.

-- Whoever erases is an administrator, or a worker.
CREATE OR REPLACE FUNCTION erase_personal(person uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE erased bigint;
BEGIN
  IF NOT tenant_is('administrator') THEN
    RAISE EXCEPTION 'erasure is refused' USING ERRCODE = '42501';
  END IF;
  UPDATE audit_event SET personal = NULL
    WHERE personal IS NOT NULL AND (actor_id = person OR (record_kind = 'user' AND record_id = person::text));
  GET DIAGNOSTICS erased = ROW_COUNT;
  RETURN erased;
END $$;

CREATE OR REPLACE FUNCTION forget_personal(before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE erased bigint;
BEGIN
  IF NOT tenant_is_system() THEN
    RAISE EXCEPTION 'erasure is refused' USING ERRCODE = '42501';
  END IF;
  UPDATE audit_event SET personal = NULL WHERE personal IS NOT NULL AND at < before;
  GET DIAGNOSTICS erased = ROW_COUNT;
  RETURN erased;
END $$;
