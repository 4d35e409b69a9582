import type { LedgerCheckCode } from '../../i18n/ledger-checks.js';
import { Prisma } from '../../platform/db.js';

const { sql } = Prisma;

/** Tables of facts, and those whose moment the database sets. */
const facts = [
  'journal_entry', 'journal_line', 'fund_entry', 'record_revision', 'source_flow', 'fx_rate', 'approval', 'approval_limit', 'audit_seal',
  'plan_caseload', 'published_funding', 'requirement_part', 'instrument_event', 'twin_settlement',
];
const stamped = ['journal_entry', 'fund_entry', 'record_revision', 'source_flow', 'plan_requirement', 'plan_caseload', 'published_funding', 'instrument_event'];

/** Queries over what keeps facts append-only. */
export const databaseChecks = {
  /** Triggers that are there and fire, and functions that do what they are for. */
  'database.triggers': sql`
    SELECT 'pg_trigger', w.name, coalesce(pg_get_triggerdef(t.oid), '–'), w.definition
    FROM (
      SELECT name, name || '_append_only', format('CREATE TRIGGER %s_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.%s '
        'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name, name) FROM unnest(${[...facts, 'audit_link']}::text[]) name
      UNION ALL
      SELECT name, name || '_stamp', format('CREATE TRIGGER %s_stamp BEFORE INSERT ON public.%s '
        'FOR EACH ROW EXECUTE FUNCTION stamp_recorded_at()', name, name) FROM unnest(${stamped}::text[]) name
      UNION ALL
      SELECT * FROM (VALUES
        ('audit_event', 'audit_event_append_only', 'CREATE TRIGGER audit_event_append_only BEFORE DELETE OR TRUNCATE ON public.audit_event '
          'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()'),
        ('audit_event', 'audit_event_erasure_only', 'CREATE TRIGGER audit_event_erasure_only BEFORE UPDATE ON public.audit_event '
          'FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure()'),
        ('audit_event', 'audit_event_link', 'CREATE CONSTRAINT TRIGGER audit_event_link AFTER INSERT ON public.audit_event '
          'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION link_audit_event()'),
        ('evidence_document', 'evidence_document_append_only', 'CREATE TRIGGER evidence_document_append_only BEFORE DELETE OR TRUNCATE '
          'ON public.evidence_document FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()'),
        ('evidence_document', 'evidence_document_withdrawal_only', 'CREATE TRIGGER evidence_document_withdrawal_only BEFORE UPDATE '
          'ON public.evidence_document FOR EACH ROW EXECUTE FUNCTION refuse_change_but_withdrawal()'),
        ('fund_entry', 'fund_entry_period', 'CREATE TRIGGER fund_entry_period BEFORE INSERT ON public.fund_entry '
          'FOR EACH ROW EXECUTE FUNCTION refuse_closed_fund_period()'),
        ('fund_entry', 'fund_entry_accounts', 'CREATE TRIGGER fund_entry_accounts AFTER INSERT ON public.fund_entry '
          'REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION keep_fund_accounts()'),
        ('journal_entry', 'journal_entry_period', 'CREATE TRIGGER journal_entry_period BEFORE INSERT ON public.journal_entry '
          'FOR EACH ROW EXECUTE FUNCTION refuse_closed_period()'),
        ('accounting_period', 'accounting_period_change', 'CREATE TRIGGER accounting_period_change BEFORE INSERT OR UPDATE ON public.accounting_period '
          'FOR EACH ROW EXECUTE FUNCTION change_period()')) own
    ) w (relation, name, definition)
    LEFT JOIN pg_trigger t ON t.tgrelid = w.relation::regclass AND t.tgname = w.name AND t.tgenabled IN ('O', 'A')
    UNION ALL
    SELECT 'pg_proc', w.name, coalesce(substring(p.prosrc FROM w.statement), '–'), w.statement
    FROM (VALUES ('refuse_change', 'RAISE EXCEPTION'), ('stamp_recorded_at', 'NEW.recorded_at := clock_timestamp'),
      ('refuse_closed_period', 'RAISE EXCEPTION'), ('refuse_closed_fund_period', 'RAISE EXCEPTION'),
      ('keep_fund_accounts', 'INSERT INTO fund_account'), ('change_period', 'PERFORM lock_periods')) w (name, statement)
    LEFT JOIN pg_proc p ON p.proname = w.name AND p.pronamespace = 'public'::regnamespace`,
  /** What the application's role may do with facts, by itself or as the tables' owner. */
  'database.grants': sql`
    SELECT 'pg_class', t, coalesce(string_agg(p, ', ' ORDER BY n) FILTER (WHERE has_table_privilege('liptako_app', t, p)
        OR (p = 'UPDATE' AND has_any_column_privilege('liptako_app', t, p))), '–'), 'SELECT, INSERT'
    FROM unnest(${[...facts, 'audit_event']}::text[]) t
    CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) WITH ORDINALITY privilege (p, n)
    GROUP BY t
    UNION ALL
    SELECT 'pg_roles', r.rolname, concat_ws(', ', CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN pg_has_role(r.oid, c.relowner, 'MEMBER') THEN c.relowner::regrole END), ''
    FROM pg_roles r CROSS JOIN pg_class c
    WHERE r.rolname = 'liptako_app' AND c.oid = 'public.journal_entry'::regclass`,
} as const satisfies Partial<Record<LedgerCheckCode, Prisma.Sql>>;
