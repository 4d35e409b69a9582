import { z } from 'zod';
import type { Day } from '../../domain/days.js';
import { type Actor } from '../../domain/policy.js';
import { readCursor, writeCursor } from '../../http/paging.js';
import { momentSchema } from '../../http/wire.js';
import { type ApprovedKind, type FundOperation, sqlOf, type Tx } from '../../platform/db.js';

/** What awaits an approver; amounts in minor units as text, moments to the microsecond. */
export interface AwaitingRow {
  readonly kind: ApprovedKind;
  readonly id: string;
  readonly reference: string;
  readonly amount_minor: string | null;
  readonly currency: string | null;
  readonly value_date: Day | null;
  readonly countries: readonly string[];
  readonly commitment_id: string | null;
  /** Of a reversal: what is undone. */
  readonly stage: 'pledge' | 'commitment' | 'disbursement' | null;
  readonly target_id: string | null;
  /** Of an operation of a fund: what it does. */
  readonly operation: FundOperation['kind'] | null;
  readonly prepared_by: string;
  readonly prepared_at: string;
  readonly version: number;
  readonly on_behalf_of: string | null;
}

interface Asked {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** $1 the actor, $2 the rights to approve in the order of their use, $3 sees restricted flows, $4 decides on months, $5 and $6 where a page begins, $7 its length. */
const AWAITING = `
  WITH mine AS (
    SELECT * FROM jsonb_to_recordset($2::jsonb) AS m (n int, person uuid, states text[])
  ), waiting AS (
    SELECT 'disbursement'::approved_kind AS kind, d.id, d.reference, d.amount_minor, d.currency, d.value_date, c.countries, c.restricted,
      d.commitment_id, NULL::stage AS stage, NULL::uuid AS target_id, NULL::fund_operation_kind AS operation, d.prepared_by, d.prepared_at, d.version
    FROM disbursement d JOIN commitment c ON c.id = d.commitment_id WHERE d.status = 'submitted' AND d.source_system IS NULL
    UNION ALL
    SELECT 'amendment', a.id, c.reference, a.delta_minor, c.currency, a.value_date, c.countries, c.restricted,
      a.commitment_id, NULL, NULL, NULL, a.prepared_by, a.prepared_at, a.version
    FROM amendment a JOIN commitment c ON c.id = a.commitment_id WHERE a.status = 'submitted'
    UNION ALL
    SELECT 'reversal', r.id, coalesce(p.reference, d.reference, c.reference), coalesce(p.amount_minor, d.amount_minor, c.current_minor),
      coalesce(p.currency, d.currency, c.currency), NULL, coalesce(p.countries, c.countries), coalesce(p.restricted, c.restricted),
      c.id, r.stage, coalesce(r.pledge_id, r.commitment_id, r.disbursement_id), NULL, r.prepared_by, r.prepared_at, r.version
    FROM reversal r LEFT JOIN pledge p ON p.id = r.pledge_id LEFT JOIN disbursement d ON d.id = r.disbursement_id
    LEFT JOIN commitment c ON c.id = coalesce(r.commitment_id, d.commitment_id) WHERE r.status = 'submitted'
    UNION ALL
    SELECT 'period_reopening', o.id, to_char(o.month, 'YYYY-MM'), NULL, NULL, NULL, '{}', false, NULL, NULL, NULL, NULL, o.prepared_by, o.prepared_at, o.version
    FROM period_reopening o WHERE o.status = 'submitted' AND $4
    UNION ALL
    SELECT 'fund_operation', o.id, o.reference, coalesce(u.amount_minor, o.amount_minor), CASE coalesce(u.kind, o.kind) WHEN 'closure' THEN NULL ELSE o.currency END,
      o.value_date, o.countries, false, NULL, NULL, o.undoes_id, o.kind, o.prepared_by, o.prepared_at, o.version
    FROM fund_operation o LEFT JOIN fund_operation u ON u.id = o.undoes_id WHERE o.status = 'submitted' AND o.source_system IS NULL
  ), mayBe AS MATERIALIZED (
    SELECT w.*, preparers_of(w.kind, w.id) || approving_persons(w.kind, w.id) AS involved FROM waiting w
    WHERE w.kind = 'period_reopening'
      OR (w.prepared_by <> $1 AND ($3 OR NOT w.restricted) AND cardinality(w.countries) > 0 AND EXISTS (SELECT FROM mine WHERE w.countries <@ mine.states))
  ), awaiting AS MATERIALIZED (
    SELECT w.*, own.person AS on_behalf_of FROM mayBe w CROSS JOIN LATERAL (
      SELECT NULL::uuid AS person WHERE w.kind = 'period_reopening'
      UNION ALL (
        SELECT m.person FROM mine m
        WHERE w.kind <> 'period_reopening' AND w.countries <@ m.states AND (m.person IS NULL OR m.person <> ALL (w.involved)) ORDER BY m.n LIMIT 1
      )
    ) own
    WHERE $1 <> ALL (w.involved)
  )
  SELECT (SELECT count(*)::int FROM awaiting) AS count, coalesce((
    SELECT jsonb_agg(to_jsonb(page) ORDER BY page.at, page.id) FROM (
      SELECT kind, id, reference, amount_minor::text, currency, value_date, countries, commitment_id, stage, target_id, operation, prepared_by, version, on_behalf_of,
        prepared_at AS at, to_char(prepared_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS prepared_at
      FROM awaiting WHERE $5::timestamptz IS NULL OR (awaiting.prepared_at, id) > ($5::timestamptz, $6::uuid)
      ORDER BY awaiting.prepared_at, id LIMIT $7
    ) page
  ), '[]') AS items`;

/** One page of what the actor may approve now, the oldest first, and how many there are in all. */
export async function findAwaiting(db: Tx, actor: Actor, { limit, cursor }: Asked): Promise<{ readonly count: number; readonly items: readonly AwaitingRow[]; readonly nextCursor: string | null }> {
  const own = actor.roles.includes('approver') ? [{ person: null, states: actor.states }] : [];
  const rights = [...own, ...actor.delegations.map(({ userId, states }) => ({ person: userId, states }))].map((right, n) => ({ n, ...right }));
  const decidesOnMonths = actor.roles.some((role) => role === 'approver' || role === 'administrator');
  const [at, id] = cursor === undefined ? [null, null] : readCursor(cursorShape, cursor);
  const { rows } = await sqlOf(db).query<{ count: number; items: AwaitingRow[] }>({
    name: 'awaiting',
    text: AWAITING,
    values: [actor.userId, JSON.stringify(rights), actor.seesRestricted, decidesOnMonths, at, id, limit + 1],
  });
  const { count, items: found } = rows[0] ?? { count: 0, items: [] };
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { count, items, nextCursor: last && found.length > limit ? writeCursor([last.prepared_at, last.id]) : null };
}

const cursorShape = z.tuple([momentSchema, z.uuid()]);
