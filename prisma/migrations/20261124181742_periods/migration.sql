-- A closed month takes no more entries: what comes late goes to the next open month and says when it happened.

-- ── Posting and closing exclude each other ──────────────────────────────────
-- Whoever posts holds the periods as they are until the transaction ends, so that an entry either is there before a month is closed
-- or sees that it is.

CREATE FUNCTION hold_periods() RETURNS void LANGUAGE sql VOLATILE AS $$ SELECT pg_advisory_xact_lock_shared(hashtextextended('accounting_period', 0)) $$;
CREATE FUNCTION lock_periods() RETURNS void LANGUAGE sql VOLATILE AS $$ SELECT pg_advisory_xact_lock(hashtextextended('accounting_period', 0)) $$;

CREATE FUNCTION change_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lock_periods();
  IF NEW.status = 'closed' AND OLD.status IS DISTINCT FROM 'closed' THEN
    NEW.closed_at := clock_timestamp();
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER accounting_period_change BEFORE INSERT OR UPDATE ON accounting_period FOR EACH ROW EXECUTE FUNCTION change_period();

ALTER TABLE accounting_period
  ADD CONSTRAINT accounting_period_closed CHECK (num_nonnulls(closed_by, closed_at, grace_until) = CASE status WHEN 'closed' THEN 3 ELSE 0 END),
  ADD CONSTRAINT accounting_period_over CHECK (closed_at IS NULL OR (month + interval '1 month') <= (closed_at AT TIME ZONE 'UTC'));

-- ── Where an entry goes ─────────────────────────────────────────────────────

-- When an act on which a second person decides was handed in; null for what is recorded at once.
CREATE FUNCTION handed_in_at(kind entry_kind, at_stage stage, pledge uuid, commitment uuid, disbursement uuid, amendment uuid) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE kind
    WHEN 'amendment' THEN (SELECT a.prepared_at FROM amendment a WHERE a.id = handed_in_at.amendment)
    WHEN 'disbursement' THEN (SELECT d.submitted_at FROM disbursement d WHERE d.id = handed_in_at.disbursement)
    WHEN 'reversal' THEN CASE at_stage
      WHEN 'pledge' THEN (SELECT max(r.prepared_at) FROM reversal r WHERE r.pledge_id = handed_in_at.pledge AND r.status <> 'rejected')
      WHEN 'commitment' THEN (SELECT max(r.prepared_at) FROM reversal r WHERE r.commitment_id = handed_in_at.commitment AND r.status <> 'rejected')
      ELSE (SELECT max(r.prepared_at) FROM reversal r WHERE r.disbursement_id = handed_in_at.disbursement AND r.status <> 'rejected')
    END
  END
$$;

-- The value date under which an entry of a day is posted: the day itself, or the first of the next open month when its own is closed,
-- unless it was handed in before the close and is approved within the grace. Rows follow each other without a gap, from the first
-- month that was closed; nothing older is open, and whatever comes after them is.
CREATE FUNCTION posting_date(day date, kind entry_kind, at_stage stage, pledge uuid, commitment uuid, disbursement uuid, amendment uuid) RETURNS date
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
  IF period.grace_until >= now() AND handed_in_at(kind, at_stage, pledge, commitment, disbursement, amendment) <= period.closed_at THEN
    RETURN day;
  END IF;
  RETURN coalesce(
    (SELECT min(month) FROM accounting_period WHERE month > own AND status = 'open'),
    (SELECT max(month) + interval '1 month' FROM accounting_period));
END $$;

CREATE FUNCTION refuse_closed_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF posting_date(NEW.value_date, NEW.kind, NEW.stage, NEW.pledge_id, NEW.commitment_id, NEW.disbursement_id, NEW.amendment_id) <> NEW.value_date THEN
    RAISE EXCEPTION 'an entry of % is refused: the month is closed', NEW.value_date USING ERRCODE = 'LP002';
  END IF;
  RETURN NEW;
END $$;
-- By its name it comes before the stamp: what is recorded after a close has seen it.
CREATE TRIGGER journal_entry_period BEFORE INSERT ON journal_entry FOR EACH ROW EXECUTE FUNCTION refuse_closed_period();

ALTER TABLE journal_entry ADD CONSTRAINT journal_entry_late CHECK (
  occurred_on IS NULL OR (extract(day FROM value_date) = 1 AND occurred_on < value_date));
CREATE INDEX journal_entry_late ON journal_entry (amendment_id) WHERE occurred_on IS NOT NULL;

ALTER TABLE period_reopening ADD CONSTRAINT period_reopening_month CHECK (extract(day FROM month) = 1);

REVOKE EXECUTE ON FUNCTION handed_in_at, posting_date FROM PUBLIC;
GRANT EXECUTE ON FUNCTION handed_in_at, posting_date TO liptako_app;
