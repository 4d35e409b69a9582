import { createHash } from 'node:crypto';
import { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { newId } from '../../src/platform/ids.js';
import { loadPeople } from './bench-data.js';
import { type Bench, call, openBench, timed } from './bench-setup.js';

const RECIPIENTS = Number(process.env.BENCH_RECIPIENTS ?? 10_000);
const FILE_BYTES = 100_000;

/** One report to ten thousand persons, with a file of 100 kB, through outbox, queue, worker and a mail server; beside a bare loop of the same mails. */
export async function benchDelivery(): Promise<void> {
  const server = await startCountingServer();
  process.env.SMTP_URL = server.url;
  const bench = await openBench();
  try {
    const people = await loadPeople(bench.sql);
    await loadRecipients(bench);
    const runId = await loadReport(bench, people.officer);
    await bench.start();
    const token = bench.token(people.officer);
    const body = { recipients: [{ kind: 'role', role: 'minister' }], formats: ['pdf'] };
    let asked = 0;
    const delivering = await timed(async () => {
      asked = await timed(async () => {
        const answer = await call('POST', `${bench.address}/v1/reports/${runId}/deliveries`, token, body, newId());
        if (answer.status !== 202) throw new Error(answer.body);
      });
      await untilSent(bench);
    });
    const counts = [...server.copies.values()];
    const { rows } = await bench.sql.query<{ status: string; deliveries: number; retries: number }>(
      `SELECT status::text, count(*)::int AS deliveries, sum(attempts - 1)::int AS retries FROM delivery WHERE channel = 'mail' GROUP BY status`,
    );
    console.log(`asked for in ${asked.toFixed(0)} ms; ${rows.map((row) => `${row.deliveries} ${row.status}, ${row.retries} retries`).join('; ')}`);
    console.log(`${counts.length} mails arrived, ${counts.filter((copies) => copies > 1).length} more than once (must be 0)`);
    server.copies.clear();
    const bare = await timed(() => sendBare(server.url));
    const rate = (milliseconds: number) => (RECIPIENTS * 1000) / milliseconds;
    console.log(`delivered ${rate(delivering).toFixed(0)}/s; bare loop ${rate(bare).toFixed(0)}/s; ratio ${(delivering / bare).toFixed(2)}`);
  } finally {
    await bench.stop();
    server.close();
    delete process.env.SMTP_URL;
  }
}

async function startCountingServer() {
  const copies = new Map<string, number>();
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onData(stream, _session, done) {
      let head = '';
      stream.on('data', (chunk: Buffer) => {
        if (head.length < 4_000) head += chunk.toString('latin1');
      });
      stream.on('end', () => {
        const id = /^Message-ID:\s*(\S+)/im.exec(head)?.[1] ?? '';
        copies.set(id, (copies.get(id) ?? 0) + 1);
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`, copies, close: () => server.close() };
}

async function loadRecipients({ sql }: Bench): Promise<void> {
  const ids = Array.from({ length: RECIPIENTS }, () => newId());
  await sql.query(
    `INSERT INTO app_user (id, email, name, roles, states) SELECT id, id || '@bench.liptako', 'Ministre', '{minister}', '{MLI}' FROM unnest($1::uuid[]) AS u (id)`,
    [ids],
  );
  await sql.query('INSERT INTO user_credential (user_id) SELECT unnest($1::uuid[])', [ids]);
}

async function loadReport({ sql }: Bench, requestedBy: string): Promise<string> {
  const id = newId();
  const hash = createHash('sha256').update(id).digest('hex');
  const params = { question: { asOf: '2026-05-01T00:00:00.000000Z', scope: { all: false, states: ['MLI'], donorIds: [], restricted: false } }, input: { kind: 'bench' } };
  await sql.query(
    `INSERT INTO report_run (id, kind, params, as_of, status, hash, code, code_version, requested_by) VALUES ($1, 'bench', $2, '2026-05-01', 'ready', $3, 'ABCDEF012345', 'bench', $4)`,
    [id, params, hash, requestedBy],
  );
  await sql.query(`INSERT INTO report_artefact (run_id, format, language, content, sha256) VALUES ($1, 'pdf', 'fr', $2, $3)`, [id, Buffer.alloc(FILE_BYTES, 7), hash]);
  return id;
}

async function untilSent({ sql }: Bench): Promise<void> {
  for (;;) {
    const { rows } = await sql.query<{ left: number }>(`SELECT count(*)::int AS left FROM delivery WHERE status IN ('queued', 'sending')`);
    if (rows[0]?.left === 0) return;
    await sleep(200);
  }
}

async function sendBare(url: string): Promise<void> {
  const transport = createTransport({ url, pool: true, maxConnections: 4 });
  const content = Buffer.alloc(FILE_BYTES, 7);
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < RECIPIENTS) {
      next += 1;
      const attachments = [{ filename: 'report.pdf', content }];
      await transport.sendMail({ from: 'a@bench.liptako', to: `${next}@bench.liptako`, subject: 'Report', text: 'x'.repeat(1_500), html: 'x'.repeat(3_000), attachments });
    }
  };
  await Promise.all(Array.from({ length: 4 }, one));
  transport.close();
}
