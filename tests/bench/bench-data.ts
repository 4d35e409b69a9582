import type { Client } from 'pg';
import { v7 } from 'uuid';

export const DONORS = 200;
export const STATES = ['BFA', 'MLI', 'MRT', 'NER', 'SEN', 'TCD', 'TGO'];

/** Users, donors and rates. */
export async function loadPeople(sql: Client): Promise<{ readonly officer: string; readonly approver: string; readonly auditor: string; readonly donors: readonly string[] }> {
  const [officer, approver, auditor] = [v7(), v7(), v7()];
  for (const [id, role] of [[officer, 'finance_officer'], [approver, 'approver'], [auditor, 'auditor']] as const) {
    await sql.query('INSERT INTO app_user (id, email, name, roles, states) VALUES ($1, $2, $3, $4, $5)', [id, `${id}@bench`, role, [role], STATES]);
    await sql.query(`INSERT INTO session (id, user_id, created_at, last_used_at, expires_at, second_factor_at) VALUES ($1, $1, now(), now(), now() + interval '1 day', now())`, [id]);
  }
  const donors = Array.from({ length: DONORS }, () => v7());
  await sql.query(`INSERT INTO organisation (id, name, type, roles) SELECT id, 'Donor ' || n, '10', '{donor}' FROM unnest($1::uuid[]) WITH ORDINALITY AS d(id, n)`, [donors]);
  await sql.query(
    `INSERT INTO record_revision (kind, record_id, revision, data, recorded_by, recorded_at)
     SELECT 'organisation', id, 1, jsonb_build_object('name', name, 'nameFr', null, 'nameEn', null, 'acronym', null, 'type', type, 'mergedIntoId', null), $1, now() FROM organisation`,
    [officer],
  );
  await sql.query(`INSERT INTO fx_rate (source, base, quote, date, rate, recorded_by) VALUES ('ECB', 'EUR', 'USD', '2025-01-02', 1.0321, $1)`, [officer]);
  return { officer, approver, auditor, donors };
}

/** Commitments of 10^9 EUR, one per donor and state pair, round robin; returns their ids. */
export async function loadCommitments(sql: Client, donors: readonly string[], officer: string, count: number, fixed?: { readonly state: string }): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, () => v7());
  const entries = ids.map(() => v7());
  const state = fixed ? `'${fixed.state}'` : `($5::text[])[1 + n % ${STATES.length}]`;
  await sql.query(
    `WITH c AS (
       INSERT INTO commitment (id, reference, donor_id, mechanism, contribution_type, destination_kind, splits, countries, amount_minor, current_minor, currency, value_date, description, recorded_by)
       SELECT id, 'B-' || id, ($2::uuid[])[1 + n % cardinality($2::uuid[])], 'bilateral_grant', 'financial', 'state',
         jsonb_build_object('country', jsonb_build_array(jsonb_build_object('code', ${state}))), ARRAY[${state}], 100000000000, 100000000000, 'EUR', '2025-01-02', 'bench', $3
       FROM unnest($1::uuid[]) WITH ORDINALITY AS i(id, n) WHERE $5::text[] IS NOT NULL
       RETURNING *
     ), e AS (
       INSERT INTO journal_entry (id, kind, stage, commitment_id, value_date, recorded_at, recorded_by, currency, amount_minor, usd_minor, eur_minor, xof_minor, fx)
       SELECT x.entry, 'commitment', 'commitment', c.id, c.value_date, now(), $3, 'EUR', c.amount_minor, c.amount_minor, c.amount_minor, c.amount_minor, '{}'
       FROM c JOIN unnest($1::uuid[], $4::uuid[]) AS x(id, entry) ON x.id = c.id RETURNING id, commitment_id, recorded_at
     )
     INSERT INTO journal_line (entry_id, cell, stage, value_date, recorded_at, restricted, boundary, donor_id, mechanism, contribution_type, countries, sectors, beneficiary_groups, plans, usage_years, currency, amount_minor, usd_minor, eur_minor, xof_minor)
     SELECT e.id, 0, 'commitment', c.value_date, e.recorded_at, false, 'crossing', c.donor_id, c.mechanism, c.contribution_type, c.countries, '{}', '{}', '{}', '{}', 'EUR', c.amount_minor, c.amount_minor, c.amount_minor, c.amount_minor
     FROM e JOIN c ON c.id = e.commitment_id`,
    [ids, donors, officer, entries, STATES],
  );
  return ids;
}

/** `count` posted entries of one line each, spread over donors, states, sectors and years, a tenth of them shared by three states. */
export async function loadJournal(sql: Client, donors: readonly string[], officer: string, commitmentId: string, count: number): Promise<void> {
  const batch = 100_000;
  for (let done = 0; done < count; done += batch) {
    await sql.query(
      `WITH source AS (
         SELECT gen_random_uuid() AS id, n, ($1::uuid[])[1 + (n * 7919) % cardinality($1::uuid[])] AS donor,
           CASE WHEN n % 10 = 0 THEN ARRAY['BFA', 'MLI', 'NER'] ELSE ARRAY[($2::text[])[1 + n % 7]] END AS states,
           (ARRAY['pledge', 'commitment', 'disbursement'])[1 + n % 3]::stage AS stage,
           date '2019-01-01' + (n % 2500)::int AS day, 1000 + (n * 7717) % 5000000 AS minor
         FROM generate_series($3::bigint, $4::bigint) AS n
       ), e AS (
         INSERT INTO journal_entry (id, kind, stage, pledge_id, commitment_id, disbursement_id, value_date, recorded_at, recorded_by, currency, amount_minor, usd_minor, eur_minor, xof_minor, fx)
         SELECT id, stage::text::entry_kind, stage, CASE WHEN stage = 'pledge' THEN $5::uuid END, $5::uuid, CASE WHEN stage = 'disbursement' THEN $5::uuid END,
           day, now(), $6, 'EUR', minor, minor * 108 / 100, minor, minor * 656 / 100, '{}' FROM source RETURNING id, recorded_at
       )
       INSERT INTO journal_line (entry_id, cell, stage, value_date, recorded_at, restricted, boundary, donor_id, mechanism, contribution_type, countries, sectors, beneficiary_groups, plans, usage_years, currency, amount_minor, usd_minor, eur_minor, xof_minor)
       SELECT s.id, 0, s.stage, s.day, e.recorded_at, false, 'crossing', s.donor, 'bilateral_grant', 'financial', s.states, ARRAY[(ARRAY['FSC', 'HEA', 'EDU', 'WSH', 'NUT'])[1 + n % 5]],
         '{}', '{}', ARRAY[extract(year FROM s.day)::text], 'EUR', s.minor, s.minor * 108 / 100, s.minor, s.minor * 656 / 100
       FROM source s JOIN e ON e.id = s.id`,
      [donors, STATES, done + 1, Math.min(done + batch, count), commitmentId, officer],
    );
  }
  await sql.query('VACUUM (ANALYZE) journal_line, journal_entry');
}
