import { Pool } from 'pg';
import { v7 } from 'uuid';
import { loadCommitments, loadJournal, loadPeople } from './bench-data.js';
import { type Bench, call, median, openBench, rateOf } from './bench-setup.js';

const ENTRIES = Number(process.env.BENCH_ENTRIES ?? 1_000_000);
const CLIENTS = 32;
const SECONDS = 5;
const ROUNDS = 5;

/** Creating a disbursement beside the bare transaction with the same writes, and hot beside spread. */
export async function benchDisbursement(): Promise<void> {
  const bench = await openBench();
  const pool = new Pool({ connectionString: bench.databaseUrl, max: CLIENTS });
  try {
    const people = await loadPeople(bench.sql);
    const spread = await loadCommitments(bench.sql, people.donors, people.officer, 1400);
    const hot = await loadCommitments(bench.sql, people.donors.slice(0, 1), people.officer, 1400, { state: 'MLI' });
    const [filler = ''] = await loadCommitments(bench.sql, people.donors, people.officer, 1);
    await loadJournal(bench.sql, people.donors, people.officer, filler, ENTRIES);
    await bench.start();
    const officer = bench.token(people.officer);
    const approver = bench.token(people.approver);
    const pick = (ids: readonly string[], client: number, n: number) => ids[(client * 131 + n * 7) % ids.length] ?? '';
    const create = (ids: readonly string[]) => (client: number, n: number) => createOne(bench, officer, pick(ids, client, n)).then(() => undefined);
    const whole = (ids: readonly string[]) => (client: number, n: number) => payOne(bench, officer, approver, pick(ids, client, n));
    const bare = (client: number, n: number) => bareCreate(pool, people.officer, pick(spread, client, n));

    await rateOf(CLIENTS, 3, create(spread));
    await rateOf(CLIENTS, 1, bare);
    const rates = { bare: [] as number[], api: [] as number[], bareOne: [] as number[], apiOne: [] as number[], hot: [] as number[], spread: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      rates.bare.push(await rateOf(CLIENTS, SECONDS, bare));
      rates.api.push(await rateOf(CLIENTS, SECONDS, create(spread)));
      rates.bareOne.push(await rateOf(1, 2, bare));
      rates.apiOne.push(await rateOf(1, 2, create(spread)));
      rates.hot.push(await rateOf(CLIENTS, SECONDS, whole(hot)));
      rates.spread.push(await rateOf(CLIENTS, SECONDS, whole(spread)));
    }
    const m = Object.fromEntries(Object.entries(rates).map(([name, values]) => [name, median(values)])) as Record<keyof typeof rates, number>;
    console.log(`create, ${CLIENTS} clients: bare SQL ${m.bare.toFixed(0)}/s, API ${m.api.toFixed(0)}/s, ratio ${(m.bare / m.api).toFixed(2)} (target ≤ 3)`);
    console.log(`create, one client: bare SQL ${(1000 / m.bareOne).toFixed(2)} ms, API ${(1000 / m.apiOne).toFixed(2)} ms, ratio ${(m.bareOne / m.apiOne).toFixed(2)}`);
    console.log(`create + submit + approve, ${CLIENTS} clients: one donor and state ${m.hot.toFixed(0)}/s, spread ${m.spread.toFixed(0)}/s, ${((100 * m.hot) / m.spread).toFixed(0)} % (target ≥ 60 %)`);
  } finally {
    await pool.end();
    await bench.stop();
  }
}

async function createOne({ address }: Bench, token: string, commitmentId: string): Promise<string> {
  const body = { commitmentId, amount: { amount: '1.00', currency: 'EUR' }, valueDate: '2025-01-06', description: 'bench' };
  const answer = await call('POST', `${address}/v1/disbursements`, token, body, v7());
  if (answer.status !== 201) throw new Error(answer.body);
  return (JSON.parse(answer.body) as { id: string }).id;
}

async function payOne(bench: Bench, officer: string, approver: string, commitmentId: string): Promise<void> {
  const id = await createOne(bench, officer, commitmentId);
  for (const [token, act, version] of [[officer, 'submit', 1], [approver, 'approve', 2]] as const) {
    const answer = await call('POST', `${bench.address}/v1/disbursements/${id}/${act}`, token, {}, v7(), version);
    if (answer.status !== 200) throw new Error(answer.body);
  }
}

/** What POST /v1/disbursements writes, by hand: the key, the draft, the audit event, the kept answer. */
async function bareCreate(pool: Pool, userId: string, commitmentId: string): Promise<void> {
  const client = await pool.connect();
  const [id, key] = [v7(), v7()];
  try {
    await client.query('BEGIN');
    await client.query({ name: 'key', text: 'INSERT INTO idempotency_key (user_id, key, operation, request_hash) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING', values: [userId, key, 'POST /v1/disbursements', key] });
    await client.query({ name: 'parent', text: 'SELECT current_minor, disbursed_minor FROM commitment WHERE id = $1', values: [commitmentId] });
    await client.query({
      name: 'draft',
      text: `INSERT INTO disbursement (id, reference, commitment_id, amount_minor, currency, value_date, description, prepared_by)
        VALUES ($1, 'DEC-2025-' || nextval('flow_reference'), $2, 100, 'EUR', '2025-01-06', 'bench', $3)`,
      values: [id, commitmentId, userId],
    });
    await client.query({
      name: 'audit',
      text: `INSERT INTO audit_event (id, actor_id, action, record_kind, record_id, request_id, detail) VALUES ($1, $2, 'disbursement.create', 'disbursement', $3, $4, $5)`,
      values: [v7(), userId, id, key, { after: { commitmentId, amount: { amount: '1.00', currency: 'EUR' } } }],
    });
    await client.query({ name: 'answer', text: 'UPDATE idempotency_key SET response_status = 201, response_body = $3 WHERE user_id = $1 AND key = $2', values: [userId, key, { body: { id, commitmentId, status: 'draft' } }] });
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}
