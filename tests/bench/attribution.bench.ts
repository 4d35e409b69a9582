import type { Client } from 'pg';
import { v7 } from 'uuid';
import { attribution } from '../../src/features/fund-figures/attribution.view.js';
import { csvArtefact, jsonArtefact } from '../../src/features/reports/artefacts.js';
import { databaseMoment, onSettledSnapshot } from '../../src/features/reports/reports.store.js';
import { openDb } from '../../src/platform/db.js';
import { loadReference } from '../../src/platform/reference.js';
import { DONORS, loadPeople, STATES } from './bench-data.js';
import { median, openBench, timed } from './bench-setup.js';

const FUNDS = 30;
const ENTRIES = 100_000;
const DONORS_OF_A_FUND = 60;
const PARTNERS = 40;
const RUNS = 7;
/** The columns of the book that the attribution needs. */
const PLAIN = `SELECT kind, fund_id, donor_id, partner_id, counter_fund_id, restricted, countries, plans, value_date, amount_minor, usd_minor FROM fund_entry`;

/** The attribution of all donors over all funds, as a worker computes it, beside reading the same rows plainly to the client. */
export async function benchAttribution(): Promise<void> {
  const bench = await openBench();
  const db = openDb(bench.databaseUrl, 4, 'system');
  try {
    const { donors, officer } = await loadPeople(bench.sql);
    const loading = await timed(() => loadBook(bench.sql, donors, officer));
    console.log(`${ENTRIES} entries of ${FUNDS} funds and ${DONORS} donors over 20 years, loaded in ${(loading / 1000).toFixed(1)} s`);
    const reference = await loadReference(db);
    const { asOf } = await databaseMoment(db);
    const compute = () =>
      onSettledSnapshot(db, (tx) => attribution.compute({ tx, reference, asOf, scope: { all: true, restricted: true } }, { currency: 'USD' }));
    const write = (result: Awaited<ReturnType<typeof compute>>) => {
      const parts = [jsonArtefact(result), csvArtefact(attribution.table(result, 'fr'), 'fr'), csvArtefact(attribution.table(result, 'en'), 'en')];
      return parts.map(({ length }) => (length / 1e6).toFixed(1));
    };
    const plain = () => bench.sql.query({ text: PLAIN, rowMode: 'array' });
    await plain();
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
    const times: Record<'plain' | 'computed' | 'written', number[]> = { plain: [], computed: [], written: [] };
    let sizes: readonly string[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      times.plain.push(await timed(plain));
      let result: Awaited<ReturnType<typeof compute>> | undefined;
      times.computed.push(await timed(async () => (result = await compute())));
      peak = Math.max(peak, process.memoryUsage().rss);
      times.written.push(await timed(async () => (sizes = result ? write(await Promise.resolve(result)) : [])));
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    clearInterval(watch);
    const [read, computed, written] = [median(times.plain), median(times.computed), median(times.written)];
    console.log(`read plainly ${read.toFixed(0)} ms; attributed ${computed.toFixed(0)} ms; ratio ${(computed / read).toFixed(2)}`);
    console.log(`written as JSON and two CSV (${sizes.join(', ')} MB) in ${written.toFixed(0)} ms; memory grew by ${((peak - before) / 1e6).toFixed(0)} MB at most`);
  } finally {
    await db.$disconnect();
    await bench.stop();
  }
}

/** Deposits, transfers, refunds, fees, interest, and gifts of every third fund to the next one. */
async function loadBook(sql: Client, donors: readonly string[], officer: string): Promise<void> {
  const funds = Array.from({ length: FUNDS }, () => v7());
  const partners = Array.from({ length: PARTNERS }, () => v7());
  await sql.query(`INSERT INTO pooled_fund (id, code, name_fr, name_en, currency, countries) SELECT id, 'F' || n, 'Fonds ' || n, 'Fund ' || n, 'USD', $2 FROM unnest($1::uuid[]) WITH ORDINALITY AS f(id, n)`, [funds, STATES]);
  // The rules that the book keeps at each posting are not what is measured here.
  await sql.query(`ALTER TABLE fund_entry DISABLE TRIGGER USER`);
  await sql.query(
    `INSERT INTO fund_entry (id, kind, fund_id, operation_id, commitment_id, disbursement_id, allocation_id, cell, donor_id, partner_id, counter_fund_id, restricted,
       countries, sectors, beneficiary_groups, plans, usage_years, value_date, recorded_at, recorded_by, currency, amount_minor, usd_minor, eur_minor, xof_minor, fx)
     SELECT gen_random_uuid(), kind::fund_entry_kind, ($1::uuid[])[1 + fund], CASE WHEN kind <> 'deposit' THEN id END, CASE WHEN kind = 'deposit' THEN id END,
       CASE WHEN kind = 'deposit' THEN id END, CASE WHEN kind IN ('transfer', 'refund') THEN id END, 0,
       CASE WHEN kind = 'deposit' THEN ($2::uuid[])[1 + (fund * 17 + chance % $7) % cardinality($2::uuid[])] END,
       CASE WHEN kind IN ('transfer', 'refund') THEN ($3::uuid[])[1 + partner] END,
       CASE kind WHEN 'to_fund' THEN ($1::uuid[])[2 + fund] WHEN 'from_fund' THEN ($1::uuid[])[fund] END, false,
       CASE WHEN kind IN ('transfer', 'refund') THEN ARRAY[($4::text[])[1 + partner % 7]] ELSE '{}' END, '{}', '{}', '{}', '{}', date '2005-01-01' + (n % 7300)::int, now(), $5,
       'USD', minor, minor, minor * 92 / 100, minor * 6, '{}'
     FROM (
       SELECT n, gen_random_uuid() AS id, (n / 20) % $6::int AS fund, abs(hashint8(n)) AS chance, abs(hashint8(n + 1000000)) % ${PARTNERS} AS partner,
         CASE WHEN n % 20 < 8 THEN 'deposit' WHEN n % 20 < 16 THEN 'transfer' WHEN n % 20 = 16 THEN 'refund' WHEN n % 20 = 17 THEN 'fee' WHEN n % 20 = 18 THEN 'interest'
           ELSE (ARRAY['to_fund', 'from_fund', 'direct_cost'])[1 + ((n / 20) % $6::int) % 3] END AS kind,
         CASE WHEN n % 20 < 8 THEN 5000000 + (n * 7717) % 50000000 WHEN n % 20 = 19 THEN 2000000 ELSE 1000 + (n * 7717) % 10000000 END AS minor
       FROM generate_series(0, $8::bigint - 1) AS n
     ) x`,
    [funds, donors, partners, STATES, officer, FUNDS, DONORS_OF_A_FUND, ENTRIES],
  );
  await sql.query(`ALTER TABLE fund_entry ENABLE TRIGGER USER`);
  await sql.query('VACUUM (ANALYZE) fund_entry');
}
