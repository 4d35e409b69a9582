import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ParsedMail } from 'mailparser';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { type MailServer, startMailServer } from '../support/deliveries.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';
import { readPdf, type ReadPdf } from '../support/pdf.js';
import { createReader, createSchedule, type Schedule } from '../support/schedules.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';
import { type ReadWorkbook, readXlsx } from '../support/xlsx.js';

/*
 * Mali, in US dollars (1 EUR = 1.08 USD):
 *   Exemplie   announces 10,000 EUR = 10,800 USD, half due on 30 June 2025; signs 6,000 EUR = 6,480; pays 4,000 EUR = 4,320.
 *   Autrie     announces 1,000 EUR = 1,080; nothing more.
 *   The plan of 2026 requires 20,000 USD; nothing of the above is for it.
 * After the first issue, Exemplie pays 1,000 EUR = 1,080 more: paid 4,320 → 5,400, all of it new.
 */
const FIRST = { pledged: '11880.00', committed: '6480.00', paid: '4320.00' };
const SECOND = { ...FIRST, paid: '5400.00' };

let server: MailServer;
let app: TestApp;
let worker: TestWorker;
let people: People;
let minister: Client;
let otherMinister: Client;
let donors: { readonly exemplie: Client; readonly autrie: Client };
let commitmentId: string;

beforeAll(async () => {
  server = await startMailServer();
  app = await startTestApp({ config: { smtpUrl: server.url } });
  worker = await startTestWorker(app);
  people = await createPeople(app);
  const [exemplie, autrie] = [await createOrganisation(app, 'Exemplie'), await createOrganisation(app, 'Autrie')];
  await addRate(app, 'USD', '2025-03-07', '1.0800');
  const instalments = [{ dueOn: '2025-06-30', amount: { amount: '5000.00', currency: 'EUR' } }, { dueOn: '2099-12-31', amount: { amount: '5000.00', currency: 'EUR' } }];
  const pledge = await people.officer.post('/v1/pledges', flowBody(exemplie, { amount: '10000.00', more: { instalments } })).expect(201);
  await people.officer.post('/v1/pledges', flowBody(autrie)).expect(201);
  const { id: pledgeId } = pledge.body as { id: string };
  const commitment = await people.officer.post('/v1/commitments', { pledgeId, amount: { amount: '6000.00', currency: 'EUR' }, valueDate: '2025-04-01' }).expect(201);
  commitmentId = (commitment.body as { id: string }).id;
  await pay(people, commitmentId, '4000.00');
  minister = await createReader(app, { roles: ['minister'], states: ['MLI'], seesRestricted: false });
  otherMinister = await createReader(app, { roles: ['minister'], states: ['NER'], seesRestricted: false });
  donors = {
    exemplie: await createReader(app, { roles: ['donor'], organisationId: exemplie, seesRestricted: false }),
    autrie: await createReader(app, { roles: ['donor'], organisationId: autrie, seesRestricted: false }),
  };
});

afterAll(async () => {
  await worker.stop();
  await app.close();
  await server.close();
});

async function until<T>(found: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (const end = Date.now() + 45_000; Date.now() < end; await sleep(50)) {
    const one = await found();
    if (one !== undefined) return one;
  }
  const runs = await app.deps.db.reportRun.findMany({ select: { kind: true, status: true, error: true } });
  const deliveries = await app.deps.db.delivery.findMany({ select: { channel: true, status: true, error: true } });
  throw new Error(`it has not come: ${JSON.stringify({ runs, deliveries })}`);
}

const sentTo = (mail: ParsedMail) => JSON.stringify(mail.to);
const mailsTo = ({ userId }: Client) => server.whole.filter((mail) => sentTo(mail).includes(userId));

/** The mail that comes next to somebody. */
async function nextMail(reader: Client, before: number): Promise<ParsedMail> {
  return until(() => mailsTo(reader)[before]);
}

async function issue(schedule: Schedule): Promise<void> {
  await people.officer.post(`/v1/report-schedules/${schedule.id}/run`).expect(({ status }) => expect(status).toBeLessThan(300));
}

interface Brief {
  readonly total: { readonly pledged: string; readonly committed: string; readonly paid: string };
  readonly changes: { readonly stages: { readonly disbursed: object } } | null;
}

interface Received {
  readonly mail: ParsedMail;
  readonly pdf: ReadPdf;
  readonly xlsx: ReadWorkbook;
  readonly files: Readonly<Record<string, Buffer>>;
  readonly runId: string;
  readonly brief: Brief;
  readonly code: string;
}

/** What a reader has from a mail, and what the API says to them of the same report. */
async function open(reader: Client, mail: ParsedMail): Promise<Received> {
  const files = Object.fromEntries(mail.attachments.map(({ filename = '', content }) => [filename.split('.').at(-1) ?? '', content]));
  const { items } = (await reader.get('/v1/inbox').expect(200)).body as { items: readonly { readonly report: { readonly id: string; readonly code: string } | null }[] };
  const { id: runId, code } = items[0]!.report!;
  const brief = JSON.parse((await reader.get(`/v1/reports/${runId}/json`).expect(200)).text) as Brief;
  return { mail, files, pdf: await readPdf(files.pdf!), xlsx: readXlsx(files.xlsx!), runId, brief, code };
}

/** An amount as it is read in French, between plain spaces. */
const inFrench = (amount: string) => amount.replace('.', ',').replace(/\B(?=(\d{3})+(?!\d))/g, ' ');
const plain = (text: string) => text.replace(/\s+/g, ' ');

/** Every number of a workbook, and every text. */
function valuesOf({ sheets }: ReadWorkbook): unknown[] {
  return sheets.flatMap(({ rows }) => rows.flatMap((row) => row.flatMap((one) => (one === null ? [] : [one.value]))));
}

describe('a brief is issued to the minister of a state', () => {
  let schedule: Schedule;
  let first: Received;

  test('an officer plans it for every month, for the ministers, each for their own state', async () => {
    schedule = await createSchedule(people.officer, { report: { kind: 'state_brief', currency: 'USD' }, recipients: [{ kind: 'role', role: 'minister' }], formats: ['pdf', 'xlsx', 'csv'] });
    await issue(schedule);
    first = await open(minister, await nextMail(minister, 0));
    expect(first.brief.total).toEqual(FIRST);
    expect(first.brief.changes).toBeNull();
  });

  test('the mail says in French and in text and HTML alike what it brings', () => {
    const { mail, code } = first;
    for (const body of [plain(mail.text ?? ''), plain(mail.html || '')]) {
      expect(body).toContain(code.replace(/(.{4})(?=.)/g, '$1-'));
      for (const amount of Object.values(FIRST)) expect(body).toContain(inFrench(amount));
    }
    expect(mail.attachments.map(({ contentType }) => contentType).sort()).toEqual(['application/pdf', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'text/csv']);
  });

  test('the PDF is one page, tagged, in French, with the same figures as the API', () => {
    const { pdf } = first;
    expect(pdf).toMatchObject({ pages: 1, tagged: true, language: expect.stringMatching(/^fr/) });
    expect(pdf.structure.filter(({ role }) => role === 'Figure').every(({ alt }) => (alt ?? '').length > 20)).toBe(true);
    expect(pdf.structure.map(({ role }) => role)).toEqual(expect.arrayContaining(['H1', 'Table', 'TH', 'Figure']));
    for (const amount of Object.values(FIRST)) expect(plain(pdf.text)).toContain(inFrench(amount));
    expect(pdf.text).toContain('Exemplie');
  });

  test('the spreadsheet has them as numbers, the CSV with a decimal comma, and the entries sum to them', () => {
    const { xlsx, files } = first;
    const values = valuesOf(xlsx);
    for (const amount of Object.values(FIRST)) {
      expect(values).toContain(Number(amount));
      expect(files.csv!.toString()).toContain(amount.replace('.', ','));
    }
    const entries = xlsx.sheets.find(({ name }) => name === 'Écritures')!;
    const head = entries.rows.findIndex((row) => row.some((one) => one?.value === 'Référence'));
    const converted = entries.rows[head]!.findIndex((one) => String(one?.value).includes('(USD)'));
    expect(entries.rows.slice(head + 1).reduce((sum, row) => sum + Math.round(Number(row[converted]?.value ?? 0) * 100), 0)).toBe(1_188_000 + 648_000 + 432_000);
  });

  test('anybody checks a copy by its code, and a file by its digest', async () => {
    const { code, pdf, files } = first;
    const printed = pdf.text.replace(/\s/g, '');
    expect(printed).toContain(code.replace(/(.{4})(?=.)/g, '$1-'));
    const { body } = await app.anonymous.get(`/v1/verify/${code.toLowerCase()}`).expect(200);
    const checked = body as { readonly files: readonly { readonly format: string; readonly language: string; readonly sha256: string }[]; readonly figures: readonly { readonly amount: { readonly amount: string } | null }[] };
    const sha256 = createHash('sha256').update(files.pdf!).digest('hex');
    expect(checked.files).toContainEqual({ format: 'pdf', language: 'fr', sha256 });
    expect(checked.figures.map(({ amount }) => amount?.amount)).toEqual(expect.arrayContaining(Object.values(FIRST)));
    expect(JSON.stringify(body)).not.toContain(minister.userId);
    await app.anonymous.get('/v1/verify/0000-0000-0000').expect(404);
  });

  test('the same files come from the API, byte for byte, again and again', async () => {
    const { runId, files } = first;
    for (const format of ['pdf', 'xlsx', 'csv']) {
      const { body, text } = await minister.get(`/v1/reports/${runId}/${format}?language=fr`).buffer(true).parse((response, done) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => done(null, Buffer.concat(chunks)));
      }).expect(200);
      expect(text).toBeUndefined();
      expect((body as Buffer).equals(files[format]!)).toBe(true);
    }
    await otherMinister.get(`/v1/reports/${runId}/pdf`).expect(404);
    await donors.exemplie.get(`/v1/reports/${runId}/json`).expect(404);
  });

  test('the minister confirms receipt, and the officer sees it', async () => {
    const { items } = (await minister.get('/v1/inbox').expect(200)).body as { items: readonly { readonly id: string }[] };
    await minister.get(`/v1/inbox/${items[0]!.id}`).expect(200);
    await minister.post(`/v1/inbox/${items[0]!.id}/acknowledge`).expect(200);
    const { body } = await people.officer.get(`/v1/deliveries?channel=inbox&runId=${first.runId}`).expect(200);
    expect((body as { items: object[] }).items).toMatchObject([{ userId: minister.userId, openedAt: expect.any(String), acknowledgedAt: expect.any(String) }]);
  });

  test('the other minister has the brief of the other state, and nothing of this one', async () => {
    const mail = await nextMail(otherMinister, 0);
    const received = await open(otherMinister, mail);
    expect(received.brief.total).toEqual({ pledged: '0.00', committed: '0.00', paid: '0.00' });
    expect(received.pdf.text).not.toContain('Exemplie');
  });

  test('the next issue explains what has changed since, by its entry', async () => {
    await pay(people, commitmentId, '1000.00', { valueDate: '2025-05-02' });
    await issue(schedule);
    const second = await open(minister, await nextMail(minister, 1));
    expect(second.brief.total).toEqual(SECOND);
    const causes = { new: '1080.00', amended: '0.00', reversed: '0.00', restated: '0.00', fx: '0.00' };
    expect(second.brief.changes?.stages.disbursed).toEqual({ before: FIRST.paid, after: SECOND.paid, causes });
    expect(second.brief.changes).toMatchObject({ entriesInAll: 1, entries: [{ cause: 'new', stage: 'disbursement', effect: '1080.00' }] });
    expect(second.pdf.pages).toBe(1);
    expect(plain(second.pdf.text)).toContain(inFrench('1080.00'));
    const { body } = await app.anonymous.get(`/v1/verify/${first.code}`).expect(200);
    expect((body as { laterIssue: object | null }).laterIssue).not.toBeNull();
    expect(mailsTo(minister)).toHaveLength(2);
  });
});

test('each donor receives the own statement, and nothing of another', async () => {
  const schedule = await createSchedule(people.officer, { report: { kind: 'donor_statement', currency: 'USD' }, recipients: [{ kind: 'role', role: 'donor' }], formats: ['pdf', 'xlsx'] });
  await issue(schedule);
  const [one, other] = [await open(donors.exemplie, await nextMail(donors.exemplie, 0)), await open(donors.autrie, await nextMail(donors.autrie, 0))];
  expect(plain(one.pdf.text)).toContain(inFrench('10800.00'));
  expect(plain(other.pdf.text)).toContain(inFrench('1080.00'));
  expect(JSON.stringify([one.brief, one.pdf.text, valuesOf(one.xlsx)])).not.toContain('Autrie');
  expect(JSON.stringify([other.brief, other.pdf.text, valuesOf(other.xlsx)])).not.toContain('Exemplie');
  expect(one.runId).not.toBe(other.runId);
});
