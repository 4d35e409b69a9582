import { groupedSumsSql, type ReportQuestion } from '../../src/features/reports/reports.store.js';
import { loadCommitments, loadJournal, loadPeople } from './bench-data.js';
import { median, openBench, runReport, timed } from './bench-setup.js';

const ENTRIES = Number(process.env.BENCH_ENTRIES ?? 1_000_000);
const RUNS = 15;
/** How often the client asks whether the run is ready. */
const POLL_MS = 25;

/** The grouped report through the API beside the same statement in the database: target at most 1.5 times. */
export async function benchReport(): Promise<void> {
  const bench = await openBench();
  try {
    const people = await loadPeople(bench.sql);
    const [commitment = ''] = await loadCommitments(bench.sql, people.donors, people.officer, 1);
    const loading = await timed(() => loadJournal(bench.sql, people.donors, people.officer, commitment, ENTRIES));
    console.log(`${ENTRIES} entries loaded in ${(loading / 1000).toFixed(1)} s`);
    await bench.start();
    const token = bench.token(people.auditor);
    const question: ReportQuestion = {
      groupBy: ['donor', 'state'],
      currency: 'USD',
      asOf: new Date().toISOString(),
      filters: { restricted: 'included' },
      scope: { all: true, restricted: true },
    };
    const { text, values } = groupedSumsSql(question);
    const direct = () => bench.sql.query(text, [...values]);
    const { rows } = await direct();
    console.log(`${rows.length} cells`);
    for (let warm = 0; warm < 3; warm += 1) {
      await direct();
      await runReport(bench, token, POLL_MS);
    }
    const [inDatabase, throughApi]: [number[], number[]] = [[], []];
    for (let run = 0; run < RUNS; run += 1) {
      inDatabase.push(await timed(direct));
      throughApi.push(await timed(() => runReport(bench, token, POLL_MS)));
    }
    const ratio = median(throughApi) / median(inDatabase);
    const { rows: inWorker } = await bench.sql.query<{ waited: number; worked: number }>(
      `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - created_at)) * 1000 AS waited,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at)) * 1000 AS worked FROM report_run`,
    );
    console.log(`of which queued ${inWorker[0]?.waited.toFixed(0) ?? ''} ms, in the worker ${inWorker[0]?.worked.toFixed(0) ?? ''} ms`);
    console.log(`same SQL ${median(inDatabase).toFixed(0)} ms; through the API ${median(throughApi).toFixed(0)} ms; ratio ${ratio.toFixed(2)} (target ≤ 1.5)`);
  } finally {
    await bench.stop();
  }
}
