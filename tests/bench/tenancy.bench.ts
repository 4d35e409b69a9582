import type { Client } from 'pg';
import { v7 } from 'uuid';
import { loadCommitments, loadJournal, loadPeople } from './bench-data.js';
import { call, median, openBench, rateOf, runReport, timed } from './bench-setup.js';

const ENTRIES = Number(process.env.BENCH_ENTRIES ?? 1_000_000);
const COMMITMENTS = 20_000;
const CLIENTS = 8;
const SECONDS = 3;
const ROUNDS = 5;
const REPORTS = 6;
const POLL_MS = 10;

type Switch = 'on' | 'off';
const switches = ['on', 'off'] as const;

/** What row-level security and the audit trail cost a request: the same requests with both switched off in the database, in turns. */
export async function benchTenancy(): Promise<void> {
  const bench = await openBench();
  try {
    const people = await loadPeople(bench.sql);
    const ids = await loadCommitments(bench.sql, people.donors, people.officer, COMMITMENTS);
    await loadJournal(bench.sql, people.donors, people.officer, ids[0] ?? '', ENTRIES);
    await bench.sql.query('VACUUM (ANALYZE) commitment');
    await addSwitch(bench.sql);
    await bench.start();
    const token = bench.token(people.officer);
    const pick = (client: number, n: number) => ids[(client * 131 + n * 7) % ids.length] ?? '';
    const get = async (path: string) => expectStatus(200, await call('GET', `${bench.address}${path}`, token));
    const acts = {
      'create a disbursement': async (client: number, n: number) => {
        const body = { commitmentId: pick(client, n), amount: { amount: '1.00', currency: 'EUR' }, valueDate: '2025-01-06', description: 'bench' };
        expectStatus(201, await call('POST', `${bench.address}/v1/disbursements`, token, body, v7()));
      },
      'read one commitment': (client: number, n: number) => get(`/v1/commitments/${pick(client, n)}`),
      'list 50 commitments': () => get('/v1/commitments?limit=50'),
    };
    const names = Object.keys(acts) as (keyof typeof acts)[];
    const rates = Object.fromEntries(names.map((name) => [name, { on: [] as number[], off: [] as number[] }])) as Record<keyof typeof acts, Record<Switch, number[]>>;
    const alone = Object.fromEntries(names.map((name) => [name, { on: [] as number[], off: [] as number[] }])) as typeof rates;
    const reports: Record<Switch, number[]> = { on: [], off: [] };
    // The first round warms up.
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const to of round % 2 === 0 ? switches : [...switches].reverse()) {
        await turn(bench.sql, to);
        for (const name of names) {
          // Each connection plans its statements anew, a few times, before it keeps their plans.
          await rateOf(CLIENTS, 2, acts[name]);
          const [together, single] = [await rateOf(CLIENTS, SECONDS, acts[name]), await rateOf(1, 1, acts[name])];
          if (round > 0) rates[name][to].push(together);
          if (round > 0) alone[name][to].push(single);
        }
        for (let run = 0; run < REPORTS; run += 1) {
          const report = await timed(() => runReport(bench, token, POLL_MS));
          if (round > 0 && run > 0) reports[to].push(report);
        }
      }
    }
    for (const name of names) {
      const [on, off] = switches.map((to) => median(rates[name][to])) as [number, number];
      const [onMs, offMs] = switches.map((to) => 1000 / median(alone[name][to])) as [number, number];
      console.log(
        `${name}, ${CLIENTS} clients: on ${on.toFixed(0)}/s, off ${off.toFixed(0)}/s, ratio ${(off / on).toFixed(2)}; one client: on ${onMs.toFixed(2)} ms, off ${offMs.toFixed(2)} ms, ratio ${(onMs / offMs).toFixed(2)}`,
      );
    }
    const [on, off] = switches.map((to) => median(reports[to])) as [number, number];
    console.log(`report donor × state over ${ENTRIES} entries: on ${on.toFixed(0)} ms, off ${off.toFixed(0)} ms, ratio ${(on / off).toFixed(2)}`);
  } finally {
    await bench.stop();
  }
}

/** Keeps events from being written at all while it is enabled. */
async function addSwitch(sql: Client): Promise<void> {
  await sql.query(`CREATE FUNCTION skip_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
    CREATE TRIGGER aa_skip BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION skip_event();
    ALTER TABLE audit_event DISABLE TRIGGER aa_skip`);
}

async function turn(sql: Client, to: Switch): Promise<void> {
  const { rows } = await sql.query<{ name: string }>(`SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)`);
  for (const { name } of rows) await sql.query(`ALTER TABLE ${name} ${to === 'on' ? 'ENABLE' : 'DISABLE'} ROW LEVEL SECURITY`);
  await sql.query(`ALTER TABLE audit_event ${to === 'on' ? 'DISABLE' : 'ENABLE'} TRIGGER aa_skip`);
}

function expectStatus(status: number, answer: { readonly status: number; readonly body: string }): void {
  if (answer.status !== status) throw new Error(answer.body);
}
