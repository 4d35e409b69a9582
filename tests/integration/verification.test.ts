import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { codeGroups, codeOf, readCode } from '../../src/features/reports/code.js';
import { Prisma } from '../../src/platform/db.js';
import { newId } from '../../src/platform/ids.js';
import { createLocalRateLimits, rateLimitTable } from '../../src/platform/rate-limit.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody } from '../support/ledger.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';

const LOOK_UPS = 20;
let app: TestApp;
let worker: TestWorker;
let auditor: Client;
let run: { id: string; hash: string; code: string };

const verify = (code: string, language = 'fr') => app.anonymous.get(`/v1/verify/${encodeURIComponent(code)}`).set('accept-language', language);

beforeAll(async () => {
  const fewer = { pair: [LOOK_UPS, 3600], account: [LOOK_UPS, 3600], address: [LOOK_UPS, 3600] } as const;
  const keys = { current: 'hides addresses in this test and nowhere else' };
  app = await startTestApp({ rateLimits: createLocalRateLimits({ keys, table: { ...rateLimitTable, verification: fewer } }) });
  worker = await startTestWorker(app);
  auditor = await app.user({ roles: ['auditor'] });
  const people = await createPeople(app);
  const donor = await createOrganisation(app, 'Exemplie');
  await addRate(app, 'USD', '2025-03-07', '1.0800');
  await people.officer.post('/v1/commitments', flowBody(donor)).expect(201);
  const asked = await auditor.post('/v1/reports', { groupBy: ['donor'], currency: 'EUR' }).expect(202);
  const { id } = asked.body as { id: string };
  expect(await worker.untilDone(auditor, id)).toMatchObject({ status: 'ready', error: null });
  const { hash, code } = await app.deps.db.reportRun.findUniqueOrThrow({ where: { id } });
  run = { id, hash: hash ?? '', code: code ?? '' };
}, 300_000);

afterAll(async () => {
  await worker.stop();
  await app.close();
});

test('the database writes the same code for a hash', async () => {
  const hashes = Array.from({ length: 200 }, (_, index) => createHash('sha256').update(String(index)).digest('hex'));
  const rows = await app.deps.db.$queryRaw<{ hash: string; code: string }[]>`
    SELECT hash, (
      SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', get_byte(b, 0) + 1, 1), '' ORDER BY i)
      FROM (SELECT i, decode(lpad(to_hex((('x' || substr(hash, 1, 15))::bit(60) << (5 * i))::bit(5)::int), 2, '0'), 'hex') AS b FROM generate_series(0, 11) i) digits
    ) AS code FROM unnest(${hashes}::text[]) AS h(hash)`;
  expect(rows).toHaveLength(hashes.length);
  for (const { hash, code } of rows) expect(code).toBe(codeOf(hash));
});

describe('whoever holds a copy', () => {
  test('learns what report it is of, its figures and its files, and nothing of people', async () => {
    expect(run.code).toBe(codeOf(run.hash));
    const { body, text } = await verify(codeGroups(run.code)).expect(200);
    expect(body).toMatchObject({
      code: codeGroups(run.code),
      kind: 'commitment_vs_disbursement',
      title: 'Annonces, engagements et décaissements',
      hash: run.hash,
      schedule: null,
      laterIssue: null,
    });
    const answer = body as { figures: { text: string; amount: object | null; rule: string }[]; files: { format: string; language: string; sha256: string }[] };
    expect(answer.figures).toContainEqual(expect.objectContaining({ amount: { amount: '1000.00', currency: 'EUR' }, text: '1\u202F000,00\u00A0EUR' }));
    for (const { rule } of answer.figures) expect(rule).not.toBe('');
    expect(answer.files.map(({ format, language }) => `${format} ${language}`)).toEqual(expect.arrayContaining(['json -', 'csv fr', 'csv en', 'pdf fr', 'pdf en', 'xlsx fr', 'xlsx en']));
    const xlsx = await auditor.get(`/v1/reports/${run.id}/xlsx`).buffer(true).parse((answered, done) => {
      const chunks: Buffer[] = [];
      answered.on('data', (chunk: Buffer) => chunks.push(chunk));
      answered.on('end', () => done(null, Buffer.concat(chunks)));
    });
    expect(answer.files.map(({ sha256 }) => sha256)).toContain(createHash('sha256').update(xlsx.body as Buffer).digest('hex'));
    expect(text).not.toContain(auditor.userId);
    expect(text).not.toContain(run.id);
  });

  test('may type the code as they read it, and read the answer in English', async () => {
    const typed = ` ${codeGroups(run.code).toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('-', ' ')} `;
    const { body } = await verify(typed, 'en').expect(200);
    expect(body).toMatchObject({ hash: run.hash, title: 'Pledges, commitments and disbursements' });
  });

  test('is told of a later issue, and that it came late', async () => {
    const { db } = app.deps;
    const [scheduleId, series] = [newId(), 'one'];
    const dueAt = (day: number) => new Date(Date.UTC(2026, 0, day));
    const { id: createdBy } = await db.appUser.findFirstOrThrow({ where: { roles: { has: 'auditor' } } });
    await db.reportSchedule.create({
      data: { id: scheduleId, name: 'Mensuel', kind: 'commitment_vs_disbursement', question: {}, preset: 'monthly', cron: '0 6 1 * *', atTime: '06:00', timeZone: 'Africa/Bamako', recipients: [], formats: ['pdf'], createdBy },
    });
    const of = await db.reportRun.findUniqueOrThrow({ where: { id: run.id } });
    const issue = async (day: number, hash: string, asOf: string) => {
      await db.scheduleOccurrence.create({ data: { scheduleId, dueAt: dueAt(day), late: day === 1 } });
      const params = of.params as { question: object };
      const data = { id: newId(), kind: of.kind, asOf: new Date(asOf), status: 'ready' as const, hash, code: codeOf(hash), codeVersion: of.codeVersion, requestedBy: of.requestedBy, finishedAt: dueAt(day), scheduleId, dueAt: dueAt(day), series };
      await db.reportRun.create({ data: { ...data, params: { ...params, question: { ...params.question, asOf } } } });
    };
    const first = createHash('sha256').update('first').digest('hex');
    await issue(1, first, '2026-01-01T06:00:00.000001Z');
    await issue(2, createHash('sha256').update('second').digest('hex'), '2026-01-02T06:00:00.000001Z');
    const { body } = await verify(codeOf(first)).expect(200);
    expect(body).toMatchObject({
      schedule: { dueAt: '2026-01-01T00:00:00.000Z', late: true },
      laterIssue: { asOf: '2026-01-02T06:00:00.000001Z' },
      // Nothing is kept of it but the run.
      title: 'Annonces, engagements et décaissements',
      figures: [],
      files: [],
    });
  });

  test('of two reports with the same result learns of the first', async () => {
    const { db } = app.deps;
    const { id: _id, code, hash, ...of } = await db.reportRun.findUniqueOrThrow({ where: { id: run.id } });
    await db.reportRun.create({ data: { ...of, id: newId(), code, hash, finishedAt: new Date(Date.now() + 60_000), params: of.params as Prisma.InputJsonObject } });
    const { body } = await verify(run.code).expect(200);
    expect((body as { computedAt: string }).computedAt).toBe(of.finishedAt?.toISOString());
  });

  test('is told that no report has the code, or that it is none', async () => {
    const unknown = readCode('ZZZZ-ZZZZ-ZZZZ') ?? '';
    const { body } = await verify(unknown).expect(404);
    expect(body).toMatchObject({ code: 'REPORT_CODE_UNKNOWN', detail: expect.stringContaining('ZZZZ-ZZZZ-ZZZZ') });
    const wrong = await verify('ABCD-EFGU', 'en').expect(400);
    expect(wrong.body).toMatchObject({ code: 'VALIDATION', errors: [{ field: 'code', detail: expect.stringContaining('ABCD-EFGH-JKMN') }] });
  });

  test('asks no more often than is reasonable', async () => {
    for (let n = 0; n < LOOK_UPS; n += 1) await verify(run.code);
    const { body, headers } = await verify(run.code).expect(429);
    expect(body).toMatchObject({ code: 'TOO_MANY_ATTEMPTS' });
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });
});
