-- Whoever prepared an act never approves it, not even through another; above a limit two do. The database has the last word.

-- ── Limits ──────────────────────────────────────────────────────────────────
-- Whoever approves holds the limits as they are until the transaction ends, so that an approval counts under one limit.

CREATE FUNCTION hold_approval_limits() RETURNS void LANGUAGE sql VOLATILE AS
  $$ SELECT pg_advisory_xact_lock_shared(hashtextextended('approval_limit', 0)) $$;

CREATE FUNCTION stamp_approval_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('approval_limit', 0));
  NEW.set_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER approval_limit_stamp BEFORE INSERT ON approval_limit FOR EACH ROW EXECUTE FUNCTION stamp_approval_limit();
ALTER TABLE approval_limit ADD CONSTRAINT approval_limit_not_negative CHECK (usd_minor >= 0);

-- The amount in US cents above which a flow of these states takes two approvers, as it was at a moment: the lowest of the states' own
-- limits; a state without one has that for all states. Null when there is none.
CREATE FUNCTION approval_limit_at(flow_states text[], moment timestamptz) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH latest AS (
    SELECT DISTINCT ON (l.state) l.state, l.usd_minor FROM approval_limit l WHERE l.set_at <= moment ORDER BY l.state, l.set_at DESC, l.seq DESC
  )
  SELECT min(coalesce((SELECT usd_minor FROM latest WHERE state = s.code), (SELECT usd_minor FROM latest WHERE state IS NULL)))
  FROM unnest(CASE cardinality(flow_states) WHEN 0 THEN ARRAY['-'] ELSE flow_states END) AS s (code)
$$;

-- The same now, held until the transaction ends.
CREATE FUNCTION held_approval_limit(flow_states text[]) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM hold_approval_limits();
  RETURN approval_limit_at(flow_states, 'infinity');
END $$;

-- ── Who prepared, and who approved ──────────────────────────────────────────

-- Everybody who prepared, changed or handed in an act.
CREATE FUNCTION preparers_of(of_kind approved_kind, of_id uuid) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT who) FILTER (WHERE who IS NOT NULL), '{}') FROM (
    SELECT unnest(ARRAY[d.prepared_by, d.submitted_by]) AS who FROM disbursement d WHERE of_kind = 'disbursement' AND d.id = of_id
    UNION ALL SELECT a.prepared_by FROM amendment a WHERE of_kind = 'amendment' AND a.id = of_id
    UNION ALL SELECT r.prepared_by FROM reversal r WHERE of_kind = 'reversal' AND r.id = of_id
    UNION ALL SELECT p.prepared_by FROM period_reopening p WHERE of_kind = 'period_reopening' AND p.id = of_id
    UNION ALL SELECT e.actor_id FROM audit_event e
      WHERE e.record_kind = of_kind::text AND e.record_id = of_id::text
        AND e.action = ANY (ARRAY[of_kind::text || '.create', of_kind::text || '.edit', of_kind::text || '.submit', of_kind::text || '.request'])
  ) prepared
$$;

-- Everybody in whose person an act was approved: those who did it, and the absent for whom they did.
CREATE FUNCTION approving_persons(of_kind approved_kind, of_id uuid) RETURNS uuid[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(who) FILTER (WHERE who IS NOT NULL), '{}')
  FROM approval a CROSS JOIN LATERAL unnest(ARRAY[a.approver_id, a.on_behalf_of]) AS who
  WHERE a.kind = of_kind AND a.record_id = of_id
$$;

CREATE FUNCTION check_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM hold_approval_limits();
  NEW.approved_at := clock_timestamp();
  IF NEW.on_behalf_of IS NOT NULL AND NOT EXISTS (
    SELECT FROM delegation d WHERE d.from_user_id = NEW.on_behalf_of AND d.to_user_id = NEW.approver_id AND d.revoked_at IS NULL
      AND (now() AT TIME ZONE 'UTC')::date BETWEEN d.starts_on AND d.ends_on
  ) THEN
    RAISE EXCEPTION 'an approval for % is refused: no delegation runs', NEW.on_behalf_of USING ERRCODE = 'LP003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER approval_check BEFORE INSERT ON approval FOR EACH ROW EXECUTE FUNCTION check_approval();
ALTER TABLE approval ADD CONSTRAINT approval_for_another CHECK (on_behalf_of <> approver_id);

-- What an approved act comes to in US cents, as it was posted, and the states it touches.
CREATE FUNCTION approved_value(of_kind approved_kind, of_id uuid, OUT usd_minor bigint, OUT states text[])
LANGUAGE sql STABLE AS $$
  SELECT CASE of_kind
      WHEN 'disbursement' THEN (SELECT e.usd_minor FROM journal_entry e WHERE e.disbursement_id = of_id AND e.kind = 'disbursement')
      WHEN 'amendment' THEN (SELECT abs(e.usd_minor) FROM journal_entry e WHERE e.commitment_id = t.commitment_id AND e.amendment_id = of_id AND e.kind = 'amendment')
      ELSE (
        SELECT abs(sum(e.usd_minor))::bigint FROM journal_entry e
        WHERE e.kind = 'reversal' AND e.stage = t.stage AND CASE t.stage WHEN 'pledge' THEN e.pledge_id = t.pledge_id
          WHEN 'commitment' THEN e.commitment_id = t.commitment_id ELSE e.disbursement_id = t.disbursement_id END)
    END,
    coalesce((SELECT c.countries FROM commitment c WHERE c.id = t.commitment_id), (SELECT p.countries FROM pledge p WHERE p.id = t.pledge_id), '{}')
  FROM (
    SELECT NULL::stage AS stage, NULL::uuid AS pledge_id, d.commitment_id, d.id AS disbursement_id FROM disbursement d WHERE of_kind = 'disbursement' AND d.id = of_id
    UNION ALL SELECT NULL, NULL, a.commitment_id, NULL FROM amendment a WHERE of_kind = 'amendment' AND a.id = of_id
    UNION ALL SELECT r.stage, r.pledge_id, coalesce(r.commitment_id, d.commitment_id), r.disbursement_id
      FROM reversal r LEFT JOIN disbursement d ON d.id = r.disbursement_id WHERE of_kind = 'reversal' AND r.id = of_id
  ) t
$$;

-- What is wrong with the approvals of an act of that value, as of the last of them; null when nothing is.
CREATE FUNCTION approvals_fault(of_kind approved_kind, of_id uuid, decider uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  persons CONSTANT uuid[] := approving_persons(of_kind, of_id);
  given int;
  last_at timestamptz;
  amount record;
  most bigint;
BEGIN
  SELECT count(*), max(approved_at) INTO given, last_at FROM approval WHERE kind = of_kind AND record_id = of_id;
  IF given = 0 OR NOT decider = ANY (persons) THEN
    RETURN 'none';
  END IF;
  IF persons && preparers_of(of_kind, of_id) THEN
    RETURN 'preparer';
  END IF;
  IF cardinality(persons) > (SELECT count(DISTINCT who) FROM unnest(persons) who) THEN
    RETURN 'repeated';
  END IF;
  SELECT * INTO amount FROM approved_value(of_kind, of_id);
  most := approval_limit_at(amount.states, last_at);
  IF given < 2 AND most IS NOT NULL AND (amount.usd_minor IS NULL OR amount.usd_minor > most) THEN
    RETURN 'one of two';
  END IF;
  RETURN NULL;
END $$;

-- Its argument is the kind. A source's records were approved elsewhere.
CREATE FUNCTION require_approvals() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  fault CONSTANT text := approvals_fault(TG_ARGV[0]::approved_kind, NEW.id, NEW.decided_by);
BEGIN
  IF fault IS NOT NULL THEN
    RAISE EXCEPTION 'approval of % % is refused: %', TG_TABLE_NAME, NEW.id, fault USING ERRCODE = 'LP003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER disbursement_approvals BEFORE UPDATE OF status ON disbursement FOR EACH ROW
  WHEN (NEW.status = 'approved' AND OLD.status <> 'approved' AND NEW.source_system IS NULL) EXECUTE FUNCTION require_approvals('disbursement');
CREATE TRIGGER amendment_approvals BEFORE UPDATE OF status ON amendment FOR EACH ROW
  WHEN (NEW.status = 'approved' AND OLD.status <> 'approved') EXECUTE FUNCTION require_approvals('amendment');
CREATE TRIGGER reversal_approvals BEFORE UPDATE OF status ON reversal FOR EACH ROW
  WHEN (NEW.status = 'approved' AND OLD.status <> 'approved') EXECUTE FUNCTION require_approvals('reversal');

-- A decision from before stands as the one approval that it was.
ALTER TABLE approval DISABLE TRIGGER approval_check;
INSERT INTO approval (id, kind, record_id, approver_id, approved_at)
  SELECT gen_random_uuid(), 'disbursement'::approved_kind, id, decided_by, coalesce(decided_at, prepared_at)
    FROM disbursement WHERE source_system IS NULL AND status IN ('approved', 'received', 'reversed')
  UNION ALL SELECT gen_random_uuid(), 'amendment', id, decided_by, coalesce(decided_at, prepared_at) FROM amendment WHERE status = 'approved'
  UNION ALL SELECT gen_random_uuid(), 'reversal', id, decided_by, coalesce(decided_at, prepared_at) FROM reversal WHERE status = 'approved'
  ON CONFLICT DO NOTHING;
ALTER TABLE approval ENABLE TRIGGER approval_check;

-- ── Delegations ─────────────────────────────────────────────────────────────

ALTER TABLE delegation
  ADD CONSTRAINT delegation_length CHECK (ends_on - starts_on < 366),
  ADD CONSTRAINT delegation_revoked CHECK ((revoked_by IS NULL) = (revoked_at IS NULL));

CREATE FUNCTION check_delegation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('delegation ' || NEW.from_user_id || NEW.to_user_id, 0));
  IF EXISTS (
    SELECT FROM delegation d WHERE d.from_user_id = NEW.from_user_id AND d.to_user_id = NEW.to_user_id AND d.revoked_at IS NULL
      AND d.starts_on <= NEW.ends_on AND d.ends_on >= NEW.starts_on
  ) THEN
    RAISE EXCEPTION 'a delegation is refused: another one of the same two runs in these days' USING ERRCODE = 'LP004';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER delegation_overlap BEFORE INSERT ON delegation FOR EACH ROW EXECUTE FUNCTION check_delegation();

-- Of a delegation only its end changes.
CREATE FUNCTION refuse_change_but_revocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.revoked_at IS NULL AND to_jsonb(NEW) - '{revoked_by,revoked_at,version}'::text[] = to_jsonb(OLD) - '{revoked_by,revoked_at,version}'::text[] THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% on % is refused: a delegation can only be revoked', TG_OP, TG_TABLE_NAME USING ERRCODE = 'LP001';
END $$;
CREATE TRIGGER delegation_revoke_only BEFORE UPDATE ON delegation FOR EACH ROW EXECUTE FUNCTION refuse_change_but_revocation();

CREATE INDEX amendment_awaiting ON amendment (prepared_at) WHERE status = 'submitted';
CREATE INDEX reversal_awaiting ON reversal (prepared_at) WHERE status = 'submitted';

REVOKE EXECUTE ON FUNCTION approval_limit_at, preparers_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION approval_limit_at, preparers_of TO liptako_app;
