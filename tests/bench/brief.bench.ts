import { v7 } from 'uuid';
import { loadCommitments, loadJournal, loadPeople, STATES } from './bench-data.js';
import { type Bench, median, openBench, runReport, timed } from './bench-setup.js';

const ENTRIES = Number(process.env.BENCH_ENTRIES ?? 1_000_000);
const COMMITMENTS = 400;
const RUNS = 7;
const POLL_MS = 10;

/** A state brief for a minister from the request to the stored PDF, spreadsheet and CSV: time, peak memory, and the share of each step. */
export async function benchBrief(): Promise<void> {
  const bench = await openBench();
  try {
    const people = await loadPeople(bench.sql);
    const [commitment = ''] = await loadCommitments(bench.sql, people.donors, people.officer, COMMITMENTS);
    await loadRecords(bench, commitment);
    await loadPlans(bench, people.officer);
    await loadJournal(bench.sql, people.donors, people.officer, commitment, ENTRIES);
    const minister = v7();
    await bench.sql.query(`INSERT INTO app_user (id, email, name, roles, states) VALUES ($1, $2, 'Minister', '{minister}', '{MLI}')`, [minister, `${minister}@bench`]);
    await bench.sql.query(`INSERT INTO session (id, user_id, created_at, last_used_at, expires_at) VALUES ($1, $1, now(), now(), now() + interval '1 day')`, [minister]);
    await bench.start();
    const token = bench.token(minister);
    const since = new Date(Date.now() - 1000).toISOString();
    await newEntries(bench, people, commitment);
    const ask = (until: 'figures' | 'files') => runReport(bench, token, POLL_MS, { kind: 'state_brief', currency: 'USD', since }, until);
    const cold = await timed(() => ask('files'));
    const before = await stepSums(bench);
    const [figures, files]: [number[], number[]] = [[], []];
    for (let run = 0; run < RUNS; run += 1) {
      figures.push(await timed(() => ask('figures')));
      files.push(await timed(() => ask('files')));
    }
    const after = await stepSums(bench);
    const spent = [...after].map(([step, sum]) => [step, sum - (before.get(step) ?? 0)] as const).filter(([, seconds]) => seconds > 0);
    const total = spent.reduce((sum, [, seconds]) => sum + seconds, 0);
    console.log(`${ENTRIES} entries; first brief ${cold.toFixed(0)} ms; then median ${median(figures).toFixed(0)} ms to the figures, ${median(files).toFixed(0)} ms to all files`);
    console.log(spent.map(([step, seconds]) => `${step} ${((100 * seconds) / total).toFixed(0)} %`).join(', '));
    console.log(`peak memory of the worker ${bench.workerPeak().toFixed(0)} MiB`);
  } finally {
    await bench.stop();
  }
}

/** The pledge and the payment that the journal's entries are of, beside the commitment and under the same id. */
async function loadRecords({ sql }: Bench, commitment: string): Promise<void> {
  await sql.query(
    `INSERT INTO pledge (id, reference, donor_id, mechanism, contribution_type, destination_kind, splits, countries, amount_minor, currency, value_date, description, recorded_by)
     SELECT id, 'P-' || id, donor_id, mechanism, contribution_type, destination_kind, splits, countries, amount_minor, currency, value_date, description, recorded_by FROM commitment WHERE id = $1`,
    [commitment],
  );
  await sql.query(
    `INSERT INTO disbursement (id, reference, commitment_id, amount_minor, currency, value_date, description, prepared_by)
     SELECT id, 'D-' || id, id, 1, currency, value_date, description, recorded_by FROM commitment WHERE id = $1`,
    [commitment],
  );
}

/** A plan for each state and this year, with parts by sector. */
async function loadPlans({ sql }: Bench, officer: string): Promise<void> {
  const year = new Date().getUTCFullYear();
  for (const state of STATES) {
    const [plan, requirement] = [v7(), v7()];
    const data = { code: `H${state}`, nameFr: `Plan ${state}`, nameEn: `Plan ${state}`, countries: [state], year };
    await sql.query('INSERT INTO response_plan (id, code, name_fr, name_en, countries, year) VALUES ($1, $2, $3, $3, $4, $5)', [plan, data.code, data.nameFr, [state], year]);
    await sql.query(`INSERT INTO record_revision (kind, record_id, revision, data, recorded_by, recorded_at) VALUES ('response_plan', $1, 1, $2, $3, now())`, [plan, JSON.stringify(data), officer]);
    await sql.query(
      `INSERT INTO plan_requirement (id, plan_id, kind, amount_minor, currency, as_of, source) VALUES ($1, $2, 'original', 50000000000, 'USD', $3, 'bench')`,
      [requirement, plan, `${year}-01-15`],
    );
    for (const [number, sector] of ['FSC', 'HEA', 'EDU', 'WSH', 'NUT'].entries()) {
      await sql.query('INSERT INTO requirement_part (requirement_id, number, sector, amount_minor) VALUES ($1, $2, $3, 10000000000)', [requirement, number + 1, sector]);
    }
  }
}

/** What is recorded after the issue before. */
async function newEntries({ sql }: Bench, { donors, officer }: { readonly donors: readonly string[]; readonly officer: string }, commitment: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await loadJournal(sql, donors, officer, commitment, 2_000);
}

async function stepSums({ workerMetrics }: Bench): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(workerMetrics)).text();
  return new Map([...text.matchAll(/^liptako_report_seconds_sum\{kind="state_brief",step="(\w+)"\} ([\d.e-]+)$/gm)].map(([, step = '', sum]) => [step, Number(sum)]));
}
