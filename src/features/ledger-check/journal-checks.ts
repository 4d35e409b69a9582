import { CFA_PER_EURO } from '../../domain/fx.js';
import type { LedgerCheckCode } from '../../i18n/ledger-checks.js';
import { Prisma } from '../../platform/db.js';
import { flows } from './record-checks.js';

const { sql, raw } = Prisma;

const columns = ['usd', 'eur', 'xof'] as const;

/** What an entry says of its amounts. */
const entryAmounts = Prisma.join(
  [sql`concat_ws(' ', e.amount_minor, e.currency)`, ...columns.map((c) => sql`concat_ws(' ', coalesce(e.${raw(c)}_minor::text, '–'), ${c.toUpperCase()}::text)`)],
  ', ',
);

/** What its lines sum to; null only when all of them are. */
const lineSums = Prisma.join(
  [
    sql`concat_ws(' ', coalesce(l.minor, 0), e.currency)`,
    ...columns.map(
      (c) => sql`concat_ws(' ', CASE l.${raw(c)}_lines WHEN 0 THEN '–' WHEN l.lines THEN l.${raw(c)}::text
        ELSE concat(l.${raw(c)}_lines, ' / ', l.lines, ':') END, ${c.toUpperCase()}::text)`,
    ),
  ],
  ', ',
);

const lineId = sql`concat_ws(' ', l.entry_id, l.cell)`;

function terms(alias: 'l' | 'f'): Prisma.Sql {
  const names = ['donor_id', 'recipient_id', 'mechanism', 'contribution_type', 'fund_id', 'event_id', 'restricted', 'boundary'];
  return sql`concat_ws(' ', ${Prisma.join(names.map((name) => sql`coalesce(${raw(`${alias}.${name}`)}::text, '–')`))})`;
}

const codes = sql`concat_ws(' ', l.countries, l.sectors, l.beneficiary_groups, l.plans, l.usage_years)`;

/** Every rate frozen on an entry, once; a reversal has those of the entry it undoes. */
const frozenRates = sql`(
  SELECT DISTINCT e.id, coalesce(e.occurred_on, e.value_date) AS value_date, leg ->> 'source' AS source, leg ->> 'base' AS base, leg ->> 'quote' AS quote,
    (leg ->> 'date')::date AS date, (leg ->> 'rate')::numeric AS rate
  FROM journal_entry e CROSS JOIN LATERAL jsonb_each(e.fx) conversion
  CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(conversion.value) WHEN 'object' THEN conversion.value -> 'legs' ELSE '[]' END) leg
  WHERE e.kind <> 'reversal')`;

const signedAmounts = (alias: 'e' | 'r' | 'l', sign: 1 | -1) =>
  sql`concat_ws(', ', concat_ws(' ', ${raw(`${sign} * ${alias}.amount_minor`)}, ${raw(alias)}.currency),
    ${Prisma.join(columns.map((c) => sql`${raw(`${sign} * ${alias}.${c}_minor`)} || ${` ${c.toUpperCase()}`}::text`))})`;

const subject = (alias: 'e' | 'r') =>
  Prisma.join(['stage', 'pledge_id', 'commitment_id', 'disbursement_id', 'amendment_id'].map((name) => raw(`${alias}.${name}`)));

/** A reversal of an entry in a closed month is in a later one. */
const isLateMirror = sql`(r.value_date > e.value_date AND extract(day FROM r.value_date) = 1)`;

/** Every time a month was closed, by the trail and by its row, and when it was opened again. */
const closings = sql`(
  SELECT c.*, (SELECT min(month) FROM accounting_period) AS first, (SELECT min(o.decided_at) FROM period_reopening o WHERE o.month = c.month AND o.status = 'approved' AND o.decided_at > c.closed_at) AS opened_at
  FROM (
    SELECT to_date(month, 'YYYY-MM') AS month, (detail ->> 'closedAt')::timestamptz AS closed_at, (detail ->> 'graceUntil')::timestamptz AS grace_until
    FROM audit_event CROSS JOIN LATERAL jsonb_array_elements_text(detail -> 'months') month WHERE action = 'period.close'
    UNION SELECT month, closed_at, grace_until FROM accounting_period WHERE status = 'closed'
  ) c)`;

/** The entries, with the month where each belongs and, for those in a later one, the day under which it would have been posted. */
const moves = sql`(
  SELECT x.*, date_trunc('month', coalesce(x.moved_from, x.value_date)) AS month
  FROM (
    SELECT e.*, CASE WHEN o.id IS NULL THEN e.occurred_on WHEN e.occurred_on IS NOT NULL THEN nullif(o.value_date, e.value_date) END AS moved_from
    FROM journal_entry e LEFT JOIN journal_entry o ON o.id = e.reverses_id
  ) x)`;

const linesOf = (entry: 'id' | 'reverses_id', sign: 1 | -1) => sql`(
  SELECT r.id, l.cell, concat_ws(' ', ${signedAmounts('l', sign)}, ${codes}, ${terms('l')}) AS line
  FROM journal_entry r JOIN journal_line l ON l.entry_id = r.${raw(entry)}
  WHERE r.kind = 'reversal')`;

/** Queries over the entries and lines of the journal. */
export const journalChecks = {
  /** The records that an entry's ids lead to; they are named again by what they say of each other. */
  'entry.subject': sql`
    SELECT 'journal_entry', e.id::text,
      concat_ws(' ', e.kind, e.stage, e.pledge_id, e.commitment_id, e.disbursement_id, e.amendment_id),
      concat_ws(' ', CASE WHEN e.reverses_id IS NOT NULL THEN 'reversal' WHEN e.amendment_id IS NOT NULL THEN 'amendment' ELSE s.stage END,
        s.stage, coalesce(c.pledge_id, p.id), c.id, d.id, a.id)
    FROM journal_entry e
    CROSS JOIN LATERAL (
      SELECT CASE WHEN e.disbursement_id IS NOT NULL THEN 'disbursement' WHEN e.commitment_id IS NOT NULL THEN 'commitment' ELSE 'pledge' END AS stage
    ) s
    LEFT JOIN disbursement d ON d.id = e.disbursement_id
    LEFT JOIN amendment a ON a.id = e.amendment_id
    LEFT JOIN commitment c ON c.id = coalesce(d.commitment_id, a.commitment_id, e.commitment_id)
    LEFT JOIN pledge p ON p.id = e.pledge_id AND e.commitment_id IS NULL`,
  'entry.lines': sql`
    SELECT 'journal_entry', e.id::text, concat_ws(', ', ${lineSums}), concat_ws(', ', ${entryAmounts})
    FROM journal_entry e
    LEFT JOIN (
      SELECT entry_id, count(*) AS lines, sum(amount_minor) AS minor,
        ${Prisma.join(columns.map((c) => sql`count(${raw(c)}_minor) AS ${raw(c)}_lines, sum(${raw(c)}_minor) AS ${raw(c)}`))}
      FROM journal_line GROUP BY 1
    ) l ON l.entry_id = e.id`,
  /** The states of the zone that are furthest ahead are at UTC+1. */
  'entry.date': sql`
    SELECT 'journal_entry', e.id::text, concat_ws(' ', e.value_date, e.occurred_on),
      concat_ws(' ', least(e.value_date, ((e.recorded_at AT TIME ZONE 'UTC') + interval '1 hour')::date), CASE WHEN e.occurred_on < e.value_date THEN e.occurred_on WHEN e.occurred_on IS NOT NULL THEN e.value_date - 1 END)
    FROM journal_entry e`,
  /**
   * What happened in a month that was closed when it was recorded is in a later one, and nothing else is. What was handed in before the
   * close is in its own within the grace, whose end a transaction may overrun a little.
   */
  'entry.period': sql`
    WITH closing AS ${closings}
    SELECT 'journal_entry', m.id::text, concat_ws(' ← ', m.value_date, m.moved_from),
      CASE WHEN m.moved_from IS NULL AND closed.beyond_grace THEN concat('≠ ', to_char(m.value_date, 'YYYY-MM'))
        WHEN m.moved_from IS NOT NULL AND closed.beyond_grace IS NULL THEN m.moved_from::text ELSE concat_ws(' ← ', m.value_date, m.moved_from) END
    FROM ${moves} m CROSS JOIN LATERAL (
      SELECT bool_or(c.month <> m.month OR m.recorded_at > c.grace_until + interval '1 minute'
        OR coalesce(handed_in_at(m.kind, m.stage, m.pledge_id, m.commitment_id, m.disbursement_id, m.amendment_id) > c.closed_at, true)) AS beyond_grace
      FROM closing c
      WHERE m.recorded_at > c.closed_at AND CASE WHEN m.month < c.first THEN c.month = c.first
        ELSE c.month = m.month AND (c.opened_at IS NULL OR m.recorded_at < c.opened_at) END
    ) closed`,
  /** Concurrent entries take their numbers and moments a little apart. */
  'entry.recorded': sql`
    SELECT 'journal_entry', e.id::text, e.recorded_at::text,
      greatest(least(e.recorded_at, clock_timestamp() + interval '1 minute'), e.latest_before - interval '1 minute')::text
    FROM (
      SELECT id, recorded_at, max(recorded_at) OVER (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest_before
      FROM journal_entry
    ) e`,
  'line.entry': sql`
    SELECT 'journal_line', ${lineId}, concat_ws(' ', l.stage, l.value_date, l.recorded_at, l.currency),
      concat_ws(' ', e.stage, e.value_date, e.recorded_at, e.currency)
    FROM journal_line l LEFT JOIN journal_entry e ON e.id = l.entry_id`,
  'line.terms': sql`
    SELECT 'journal_line', ${lineId}, ${terms('l')}, ${terms('f')}
    FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id
    JOIN ${flows} f ON f.id = coalesce(e.commitment_id, e.pledge_id)`,
  'cell.codes': sql`
    SELECT CASE WHEN e.commitment_id IS NULL THEN 'pledge' ELSE 'commitment' END, concat_ws(' ', coalesce(e.commitment_id, e.pledge_id), l.cell),
      string_agg(DISTINCT ${codes}, ' ; '), min(${codes})
    FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id
    GROUP BY e.commitment_id IS NULL, coalesce(e.commitment_id, e.pledge_id), l.cell`,
  'cell.within': sql`
    SELECT 'commitment', concat_ws(' ', b.commitment_id, b.cell), concat_ws(' ', b.paid, b.currency),
      concat_ws(' ', greatest(least(b.paid, greatest(b.committed, 0)), least(b.committed, 0)), b.currency)
    FROM (
      SELECT e.commitment_id, l.cell, min(e.currency) AS currency,
        coalesce(sum(l.amount_minor) FILTER (WHERE l.stage = 'commitment'), 0) AS committed,
        coalesce(sum(l.amount_minor) FILTER (WHERE l.stage = 'disbursement'), 0) AS paid
      FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id
      WHERE e.commitment_id IS NOT NULL GROUP BY e.commitment_id, l.cell
    ) b`,
  /** The fixed rate of the CFA francs is that of the agreement; all others were published. */
  'rate.published': sql`
    SELECT 'journal_entry', f.id::text, concat_ws(' ', f.source, f.base, f.quote, f.date, trim_scale(f.rate)),
      concat_ws(' ', f.source, f.base, f.quote, f.date, coalesce(trim_scale(
        CASE WHEN (f.source, f.base, f.date) = ('BCEAO/BEAC', 'EUR', '1999-01-01') AND f.quote IN ('XOF', 'XAF') THEN ${CFA_PER_EURO}::numeric ELSE r.rate END
      )::text, '–'))
    FROM ${frozenRates} f
    LEFT JOIN fx_rate r ON (r.source, r.base, r.quote, r.date) = (f.source, f.base, f.quote, f.date)`,
  'rate.date': sql`
    SELECT 'journal_entry', f.id::text, concat_ws(' ', f.source, f.base, f.quote, f.date), concat_ws(' ', f.source, f.base, f.quote, least(f.date, f.value_date))
    FROM ${frozenRates} f`,
  'reversal.mirror': sql`
    SELECT 'journal_entry', r.id::text,
      concat_ws(' ', ${signedAmounts('r', 1)}, ${subject('r')}, r.value_date, r.occurred_on, CASE WHEN r.fx IS DISTINCT FROM e.fx THEN r.fx END),
      concat_ws(' ', ${signedAmounts('e', -1)}, ${subject('e')},
        CASE WHEN ${isLateMirror} THEN r.value_date ELSE e.value_date END, CASE WHEN ${isLateMirror} THEN coalesce(e.occurred_on, e.value_date) ELSE e.occurred_on END, CASE WHEN r.fx IS DISTINCT FROM e.fx THEN e.fx END)
    FROM journal_entry r LEFT JOIN journal_entry e ON e.id = r.reverses_id
    WHERE r.kind = 'reversal'`,
  /** The cells that differ. */
  'reversal.lines': sql`
    SELECT 'journal_entry', id::text,
      coalesce(string_agg(concat(cell, ': ', coalesce(m.line, '–')), '; ' ORDER BY cell) FILTER (WHERE m.line IS DISTINCT FROM o.line), ''),
      coalesce(string_agg(concat(cell, ': ', coalesce(o.line, '–')), '; ' ORDER BY cell) FILTER (WHERE m.line IS DISTINCT FROM o.line), '')
    FROM ${linesOf('id', 1)} m FULL JOIN ${linesOf('reverses_id', -1)} o USING (id, cell)
    GROUP BY id`,
  'reversal.once': sql`
    SELECT 'journal_entry', e.reverses_id::text, concat('× ', count(*)), '× 1'
    FROM journal_entry e WHERE e.reverses_id IS NOT NULL GROUP BY e.reverses_id`,
  'reversal.original': sql`
    SELECT 'journal_entry', r.id::text, coalesce(e.kind::text, '–'), CASE WHEN e.kind <> 'reversal' THEN e.kind::text ELSE concat('≠ ', coalesce(e.kind::text, '–')) END
    FROM journal_entry r LEFT JOIN journal_entry e ON e.id = r.reverses_id
    WHERE r.kind = 'reversal' OR r.reverses_id IS NOT NULL`,
  /** Every version that was posted, against the first entry of the record it led to. */
  'source.amount': sql`
    SELECT 'source_flow', concat_ws(' ', s.source_system, s.external_id, s.seq), concat(coalesce(e.usd_minor::text, '–'), ' USD'),
      concat(trim_scale((s.content ->> 'amountUsd')::numeric * 100), ' USD')
    FROM source_flow s
    LEFT JOIN journal_entry e ON e.kind IN ('pledge', 'commitment') AND coalesce(e.commitment_id, e.pledge_id) = coalesce(s.commitment_id, s.pledge_id)
    WHERE s.outcome = 'posted' AND s.content ->> 'amountUsd' IS NOT NULL
    UNION ALL
    SELECT 'source_flow', concat_ws(' ', s.source_system, s.external_id, s.seq), concat(p.found, ' USD'), concat(trim_scale(p.usd::numeric * 100), ' USD')
    FROM source_flow s CROSS JOIN LATERAL (VALUES
      (s.content ->> 'pledgedUsd', (SELECT coalesce(sum(e.usd_minor), 0) FROM journal_entry e WHERE e.kind = 'pledge' AND e.pledge_id = s.pledge_id)),
      (s.content ->> 'paidUsd', (SELECT coalesce(sum(e.usd_minor), 0) FROM journal_entry e WHERE e.kind = 'commitment' AND e.commitment_id = s.commitment_id)),
      (s.content ->> 'paidUsd', (SELECT coalesce(sum(e.usd_minor), 0) FROM fund_entry e WHERE e.kind = 'deposit' AND e.reverses_id IS NULL AND e.disbursement_id = s.disbursement_id)),
      (s.content ->> 'budgetUsd', (SELECT coalesce(sum(e.usd_minor), 0) FROM fund_entry e WHERE e.kind = 'allocation' AND e.reverses_id IS NULL AND e.operation_id = s.operation_id))
    ) p (usd, found)
    WHERE s.outcome = 'posted' AND p.usd IS NOT NULL`,
} as const satisfies Partial<Record<LedgerCheckCode, Prisma.Sql>>;
