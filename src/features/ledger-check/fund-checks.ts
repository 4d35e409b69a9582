import type { LedgerCheckCode } from '../../i18n/ledger-checks.js';
import { Prisma } from '../../platform/db.js';

const { sql } = Prisma;

/** What the entries of a fund come to: its income, and what it has allocated. */
const income = sql`sum(CASE WHEN kind IN ('deposit', 'from_fund', 'carry_over', 'interest') THEN amount_minor
  WHEN kind IN ('donor_refund', 'fee', 'direct_cost', 'to_fund') THEN -amount_minor ELSE 0 END)`;
const allocated = sql`coalesce(sum(amount_minor) FILTER (WHERE kind = 'allocation'), 0)`;
const transferred = sql`sum(CASE kind WHEN 'transfer' THEN amount_minor WHEN 'refund' THEN -amount_minor ELSE 0 END)`;
const spent = sql`coalesce(sum(amount_minor) FILTER (WHERE kind = 'expenditure'), 0)`;

/** The kinds of movement that an operation posts, and the sign of each against its amount. */
const movements = sql`(VALUES ('carry_over', 'carry_over', 1), ('interest', 'interest', 1), ('donor_refund', 'donor_refund', 1), ('fee', 'fee', 1),
  ('direct_cost', 'direct_cost', 1), ('allocation', 'allocation', 1), ('allocation_change', 'allocation', 1), ('transfer', 'transfer', 1),
  ('refund', 'refund', 1), ('expenditure', 'expenditure', 1), ('fund_transfer', 'to_fund', 1)) m (operation, entry, sign)`;

/** Queries over the funds' book, its accounts and the operations that moved them. */
export const fundChecks = {
  'fund.account': sql`
    SELECT 'fund_account', coalesce(a.fund_id, b.fund_id)::text, concat_ws(', ', concat_ws(' ', coalesce(a.income_minor, 0), f.currency), concat_ws(' ', coalesce(a.allocated_minor, 0), f.currency)),
      concat_ws(', ', concat_ws(' ', coalesce(b.income, 0), f.currency), concat_ws(' ', coalesce(b.allocated, 0), f.currency))
    FROM fund_account a
    FULL JOIN (SELECT fund_id, ${income} AS income, ${allocated} AS allocated FROM fund_entry GROUP BY fund_id) b ON b.fund_id = a.fund_id
    JOIN pooled_fund f ON f.id = coalesce(a.fund_id, b.fund_id)`,
  'allocation.account': sql`
    SELECT 'allocation_account', coalesce(a.allocation_id, b.allocation_id)::text, concat_ws(' / ', a.allocated_minor, a.transferred_minor, a.spent_minor),
      concat_ws(' / ', b.allocated, b.transferred, b.spent)
    FROM allocation_account a
    FULL JOIN (SELECT allocation_id, ${allocated} AS allocated, ${transferred} AS transferred, ${spent} AS spent
      FROM fund_entry WHERE allocation_id IS NOT NULL GROUP BY allocation_id) b ON b.allocation_id = a.allocation_id`,
  /** A fund mirrored from a source is not held to it. */
  'fund.within': sql`
    SELECT 'pooled_fund', f.id::text, concat_ws(' ', b.allocated, f.currency), concat_ws(' ', least(b.allocated, greatest(b.income, 0)), f.currency)
    FROM (SELECT fund_id, ${income} AS income, ${allocated} AS allocated FROM fund_entry GROUP BY fund_id) b JOIN pooled_fund f ON f.id = b.fund_id
    WHERE f.source_system IS NULL`,
  'allocation.within': sql`
    SELECT 'fund_operation', o.id::text, concat_ws(', ', concat_ws(' ', b.transferred, o.currency), concat_ws(' ', b.spent, o.currency)),
      concat_ws(', ', concat_ws(' ', greatest(least(b.transferred, b.allocated), 0), o.currency), concat_ws(' ', greatest(least(b.spent, b.allocated), 0), o.currency))
    FROM (SELECT allocation_id, ${allocated} AS allocated, ${transferred} AS transferred, ${spent} AS spent FROM fund_entry WHERE allocation_id IS NOT NULL GROUP BY 1) b
    JOIN fund_operation o ON o.id = b.allocation_id WHERE o.source_system IS NULL`,
  'round.within': sql`
    SELECT 'allocation_round', r.id::text, concat_ws(' ', sum(b.amount_minor), f.currency), concat_ws(' ', least(sum(b.amount_minor), r.ceiling_minor), f.currency)
    FROM allocation_round r JOIN pooled_fund f ON f.id = r.fund_id JOIN fund_operation o ON o.round_id = r.id AND o.kind = 'allocation'
    JOIN fund_entry b ON b.allocation_id = o.id AND b.kind = 'allocation'
    WHERE r.ceiling_minor IS NOT NULL GROUP BY r.id, f.currency`,
  /** Of an approved operation its movement stands, of one undone nothing does, of the others there never was any. */
  'operation.posted': sql`
    SELECT 'fund_operation', o.id::text, coalesce(b.standing, '–'),
      CASE o.status WHEN 'approved' THEN concat_ws(' ', m.entry, o.amount_minor, o.currency) WHEN 'reversed' THEN '0' ELSE '–' END
    FROM fund_operation o JOIN ${movements} ON m.operation = o.kind::text
    LEFT JOIN LATERAL (
      SELECT coalesce(string_agg(concat_ws(' ', kind, minor, currency), ' + ' ORDER BY kind::text) FILTER (WHERE minor <> 0), '0') AS standing
      FROM (SELECT kind, currency, sum(amount_minor) AS minor FROM fund_entry WHERE operation_id = o.id AND fund_id = o.fund_id GROUP BY kind, currency) s
      HAVING count(*) > 0
    ) b ON true`,
  /** What arrives in the other fund is what the operation says, and lies in that fund's book. */
  'operation.received': sql`
    SELECT 'fund_operation', o.id::text, concat_ws(' ', coalesce(sum(b.amount_minor), 0), t.currency),
      concat_ws(' ', CASE o.status WHEN 'approved' THEN o.received_minor ELSE 0 END, t.currency)
    FROM fund_operation o JOIN pooled_fund t ON t.id = o.to_fund_id
    LEFT JOIN fund_entry b ON b.operation_id = o.id AND b.fund_id = o.to_fund_id AND b.kind = 'from_fund' AND b.counter_fund_id = o.fund_id
    WHERE o.kind = 'fund_transfer' GROUP BY o.id, t.currency`,
  'operation.undone': sql`
    SELECT 'fund_operation', u.id::text, u.status::text, CASE WHEN r.id IS NOT NULL THEN 'reversed' WHEN u.status = 'reversed' THEN '≠ reversed' ELSE u.status::text END
    FROM fund_operation u LEFT JOIN fund_operation r ON r.undoes_id = u.id AND r.kind = 'reversal' AND r.status = 'approved' WHERE u.source_system IS NULL`,
  /**
   * The money that a payment brought into a fund is in the fund's book while the payment stands: for what it was in the fund's
   * currency where no other amount was credited, and a currency of the reports says what that is.
   */
  'fund.deposit': sql`
    SELECT 'disbursement', d.id::text, concat_ws(' ', coalesce(b.minor, 0), f.currency),
      concat_ws(' ', CASE WHEN d.status NOT IN ('approved', 'received') THEN 0 ELSE coalesce(d.credited_minor,
        CASE f.currency WHEN d.currency THEN d.amount_minor WHEN 'USD' THEN j.usd WHEN 'EUR' THEN j.eur WHEN 'XOF' THEN j.xof ELSE b.minor END, 0) END, f.currency)
    FROM disbursement d JOIN commitment c ON c.id = d.commitment_id AND c.destination_kind = 'fund' JOIN pooled_fund f ON f.id = c.fund_id
    LEFT JOIN (SELECT disbursement_id, sum(amount_minor) AS minor FROM fund_entry WHERE kind = 'deposit' GROUP BY 1) b ON b.disbursement_id = d.id
    LEFT JOIN (SELECT disbursement_id, sum(usd_minor) AS usd, sum(eur_minor) AS eur, sum(xof_minor) AS xof FROM journal_entry WHERE stage = 'disbursement' GROUP BY 1) j
      ON j.disbursement_id = d.id`,
  'fund.subject': sql`
    SELECT 'fund_entry', e.id::text, concat_ws(' ', e.fund_id, e.currency, coalesce(e.commitment_id::text, '–'), CASE WHEN e.allocation_id IS NULL THEN '–' ELSE e.partner_id::text END),
      concat_ws(' ', CASE WHEN d.id IS NOT NULL THEN c.fund_id WHEN e.kind = 'from_fund' THEN o.to_fund_id ELSE o.fund_id END, f.currency, coalesce(d.commitment_id::text, '–'),
        CASE WHEN e.allocation_id IS NULL THEN '–' ELSE a.partner_id::text END)
    FROM fund_entry e LEFT JOIN pooled_fund f ON f.id = e.fund_id LEFT JOIN fund_operation o ON o.id = e.operation_id
    LEFT JOIN disbursement d ON d.id = e.disbursement_id LEFT JOIN commitment c ON c.id = d.commitment_id
    LEFT JOIN fund_operation a ON a.id = e.allocation_id AND a.kind = 'allocation'`,
  'fund.mirror': sql`
    SELECT 'fund_entry', r.id::text,
      concat_ws(' ', r.kind, r.fund_id, r.operation_id, r.disbursement_id, r.allocation_id, r.cell, r.countries, r.plans, -r.amount_minor, r.currency, -r.usd_minor, -r.eur_minor, -r.xof_minor, e.reverses_id),
      concat_ws(' ', e.kind, e.fund_id, e.operation_id, e.disbursement_id, e.allocation_id, e.cell, e.countries, e.plans, e.amount_minor, e.currency, e.usd_minor, e.eur_minor, e.xof_minor)
    FROM fund_entry r JOIN fund_entry e ON e.id = r.reverses_id`,
} as const satisfies Partial<Record<LedgerCheckCode, Prisma.Sql>>;
