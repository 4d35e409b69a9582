-- What a document of evidence is, stays: it can only be withdrawn, once.

ALTER TABLE evidence_document
  ADD CONSTRAINT evidence_document_content CHECK (sha256 ~ '^[0-9a-f]{64}$' AND size_bytes > 0 AND media_type IN ('application/pdf', 'image/png',
    'image/jpeg', 'image/webp', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')),
  ADD CONSTRAINT evidence_document_scan CHECK (scan IN ('clean', 'not_scanned')),
  ADD CONSTRAINT evidence_document_withdrawn CHECK (num_nonnulls(withdrawn_by, withdrawn_at, withdrawal_reason) IN (0, 3));

-- The same content stands once on a record, however many send it at the same time.
CREATE UNIQUE INDEX evidence_document_once ON evidence_document (coalesce(pledge_id, commitment_id, disbursement_id), sha256) WHERE withdrawn_at IS NULL;

CREATE FUNCTION refuse_change_but_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE changing CONSTANT text[] := '{withdrawn_by,withdrawn_at,withdrawal_reason,version}';
BEGIN
  IF to_jsonb(NEW) - 'version' = to_jsonb(OLD) - 'version' OR (OLD.withdrawn_at IS NULL AND to_jsonb(NEW) - changing = to_jsonb(OLD) - changing) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% on % is refused: facts are append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'LP001';
END $$;
CREATE TRIGGER evidence_document_withdrawal_only BEFORE UPDATE ON evidence_document FOR EACH ROW EXECUTE FUNCTION refuse_change_but_withdrawal();
CREATE TRIGGER evidence_document_append_only BEFORE DELETE OR TRUNCATE ON evidence_document FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
