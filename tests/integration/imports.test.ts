import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import express, { type Express } from 'express';
import { Client } from 'pg';
import supertest from 'supertest';
import { findLegs } from '../../src/domain/fx.js';
import { SYSTEM_USER_ID } from '../../src/domain/system-user.js';
import { loadRateBook } from '../../src/features/fx/fx.store.js';
import { importEndpoints } from '../../src/features/imports/imports.routes.js';
import type { ImportInput } from '../../src/features/imports/imports.schema.js';
import { importOptions, runImport, toRowWire, toWire } from '../../src/features/imports/imports.service.js';
import { findImport, findRows, insertImport } from '../../src/features/imports/imports.store.js';
import type { Deps } from '../../src/deps.js';
import { newId } from '../../src/platform/ids.js';
import type { Role } from '../../src/domain/policy.js';
import { mount } from '../../src/http/mount.js';
import { problemHandler } from '../../src/http/problem.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { expectSoundLedger } from '../support/sound-ledger.js';

const ROOT = path.resolve(__dirname, '../..');
const OWN = path.join(ROOT, 'tests/fixtures/fts');
const REAL = path.resolve(ROOT, '../shared/fixtures');
const SEARCH = 'jordan-2020-api/custom-search-locationid-114-year-2020';

interface File {
  readonly name: string;
  readonly content: Buffer;
}

type Run = ReturnType<typeof toWire> & { readonly rows: readonly ReturnType<typeof toRowWire>[] };
type Options = Partial<Omit<ImportInput, 'files'>>;

let app: TestApp;
let deps: Deps;
let owner: Client;

beforeEach(async () => {
  app = await startTestApp();
  ({ deps } = app);
  owner = new Client({ connectionString: app.database.url });
  await owner.connect();
});

afterEach(async () => {
  await owner.end();
  await app.close();
});

// ── Ways to import ──────────────────────────────────────────────────────────

async function queue(files: readonly File[], options: Options = {}): Promise<string> {
  const { source = 'fts', dryRun = false, complete = false, countries, years } = options;
  const wanted = importOptions(deps.reference, { source, complete, countries, years });
  const { id } = await insertImport(deps.db, { options: wanted, dryRun, files, requestedBy: SYSTEM_USER_ID });
  return id;
}

async function read(id: string): Promise<Run> {
  const rows = await findRows(deps.db, id, { limit: 100_000 });
  return { ...toWire((await findImport(deps.db, id))!, 'en'), rows: rows.items.map((row) => toRowWire(row, 'en')) };
}

async function load(files: readonly File[], options: Options = {}): Promise<Run> {
  const id = await queue(files, options);
  await runImport.run(deps, { runId: id });
  return read(id);
}

function fileAt(folder: string, name: string): File {
  return { name: path.basename(name), content: readFileSync(path.join(folder, name)) };
}

const maliPages = () => [fileAt(OWN, 'mali-2025-page-1.json'), fileAt(OWN, 'mali-2025-page-2.json')];
const maliCsv = () => [fileAt(OWN, 'mali-2025.csv')];

// ── Flows made up here ──────────────────────────────────────────────────────

interface FlowOptions {
  readonly version?: number;
  readonly updatedAt?: string;
  readonly status?: string;
  readonly amount?: number;
  readonly countries?: readonly string[];
  readonly years?: readonly string[];
  readonly donor?: string;
  readonly more?: object;
}

function flow(id: string, options: FlowOptions = {}): object {
  const { version = 1, updatedAt = '2025-03-01', status = 'paid', amount = 1000, countries = ['Mali'], years = ['2025'], donor = 'Exampleland', more = {} } = options;
  const shared = countries.length > 1 || years.length > 1;
  return {
    id,
    versionId: version,
    status,
    flowType: 'Standard',
    boundary: 'incoming',
    onBoundary: shared ? 'shared' : 'single',
    amountUSD: amount,
    contributionType: 'financial',
    decisionDate: '2025-01-20',
    updatedAt,
    sourceObjects: [
      { type: 'Organization', name: donor, organizationTypes: ['Government'] },
      { type: 'Location', name: 'Norway' },
    ],
    destinationObjects: [
      { type: 'Organization', id: '504', name: 'Example Food Agency', organizationTypes: ['UN agency'] },
      ...countries.map((name) => ({ type: 'Location', name })),
      ...years.map((name) => ({ type: 'UsageYear', name })),
    ],
    ...more,
  };
}

function page(flows: readonly object[], count = flows.length): File {
  const totals = { flowCount: flows.length, fundingTotal: 0, pledgeTotal: 0 };
  const content = JSON.stringify({ status: 'ok', data: { incoming: totals, internal: { flowCount: 0 }, flows }, meta: { count } });
  return { name: 'page.json', content: Buffer.from(content) };
}

const snapshot: Options = { complete: true, countries: ['MLI'], years: [2025] };

// ── What the database holds ─────────────────────────────────────────────────

const OF_IMPORTS = ['import_run', 'import_file', 'import_row', 'audit_event', 'audit_link'];

/** How many rows each table has; those that list the imports themselves are left out. */
async function rowCounts(): Promise<Record<string, number>> {
  const { rows: tables } = await owner.query<{ name: string }>(`SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`);
  const counts: Record<string, number> = {};
  for (const { name } of tables.filter((table) => !OF_IMPORTS.includes(table.name))) {
    const { rows } = await owner.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${name}`);
    counts[name] = rows[0]!.n;
  }
  return counts;
}

async function one<Row extends object>(sql: string): Promise<Row> {
  const { rows } = await owner.query<Row>(sql);
  expect(rows).toHaveLength(1);
  return rows[0]!;
}

/** What stands in the journal, in US cents, reversals included. */
function standing(condition = 'true'): Promise<{ entries: number; usd: string | null }> {
  return one(`SELECT count(*)::int AS entries, sum(usd_minor)::text AS usd FROM journal_line WHERE stage <> 'disbursement' AND ${condition}`);
}

// ── The project's own files ─────────────────────────────────────────────────

describe('the files of Mali 2025', () => {
  test('are posted by stage, with what the source published', async () => {
    const run = await load(maliPages());
    expect(run).toMatchObject({ status: 'ready', progress: 100, error: null, countries: ['BFA', 'MLI', 'MRT', 'NER', 'SEN', 'TCD', 'TGO'] });
    expect(run.summary!.counts).toMatchObject({ read: 7, created: 7, updated: 0, closed: 0, leftOut: 0, problems: 0 });
    const { rows } = await owner.query(`
      SELECT c.external_id AS id, c.amount_minor::text AS minor, c.currency, c.disbursed_minor::text AS paid, c.countries, c.mechanism, c.boundary::text, c.destination_kind::text AS kind,
        e.usd_minor::text AS usd, e.fx -> 'usd' AS fx, l.sectors, l.plans, l.usage_years AS years
      FROM commitment c JOIN journal_entry e ON e.commitment_id = c.id AND e.stage = 'commitment' JOIN journal_line l ON l.entry_id = e.id ORDER BY 1`);
    const common = { boundary: 'crossing', kind: 'state', countries: ['MLI'], mechanism: 'bilateral_grant', sectors: [], plans: [], years: ['2025'] };
    const published = { method: 'published', legs: [] };
    expect(rows).toEqual([
      { ...common, id: '900001', minor: '1250000000', currency: 'NOK', paid: '1250000000', usd: '125000000', fx: { ...published, publishedRate: '10' }, sectors: ['FSC'], plans: ['FTS-9001'] },
      { ...common, id: '900002', minor: '25000050', currency: 'EUR', paid: '0', usd: '30000000', fx: { ...published, publishedRate: '0.9' }, kind: 'states', countries: ['BFA', 'MLI', 'NER'] },
      { ...common, id: '900005', minor: '4000000', currency: 'USD', paid: '4000000', usd: '4000000', fx: { method: 'same', legs: [] }, mechanism: 'pooled_fund', boundary: 'internal', sectors: ['HEA', 'PRO-HLP'], plans: ['FTS-9001'] },
      { ...common, id: '900006', minor: '-250000', currency: 'USD', paid: '-250000', usd: '-250000', fx: { method: 'same', legs: [] } },
      { ...common, id: '900007', minor: '9000000', currency: 'USD', paid: '0', usd: '9000000', fx: { method: 'same', legs: [] }, kind: 'state', countries: ['MLI'], years: ['2024', '2026'] },
    ]);
    expect(await one(`SELECT external_id AS id, usd_minor::text AS usd, recipient_id FROM pledge p JOIN journal_entry e ON e.pledge_id = p.id`)).toMatchObject({ id: '900003', usd: '5000000' });
    expect(await one(`SELECT outcome::text, pledge_id, commitment_id FROM source_flow WHERE external_id = '900004'`)).toEqual({ outcome: 'no_amount', pledge_id: null, commitment_id: null });
    expect(run.rows.find((row) => row.externalId === '900004')).toMatchObject({ action: 'created', code: 'NO_AMOUNT', text: 'The amount is zero: nothing is posted.' });
    await expectSoundLedger(deps.db);
  });

  test('sum up as OCHA counts them', async () => {
    const run = await load(maliPages(), { countries: ['MLI'], years: [2024, 2025] });
    expect(run.summary!.totals).toEqual({
      funding: { flows: 3, usd: '1247500.00' },
      pledges: { flows: 1, usd: '50000.00' },
      shared: { flows: 2, usd: '390000.00' },
      sharedPledges: { flows: 0, usd: '0.00' },
      internal: { flows: 1, usd: '40000.00' },
      internalPledges: { flows: 0, usd: '0.00' },
      header: { flows: 6, funding: '1247500', pledges: '50000' },
      matchesHeader: true,
    });
    expect(await standing(`boundary = 'crossing' AND stage = 'commitment' AND countries = '{MLI}' AND usage_years = '{2025}'`)).toMatchObject({ usd: '124750000' });
  });

  test('change nothing the second time, nor as CSV', async () => {
    await load(maliPages());
    const before = await rowCounts();
    const again = await load(maliPages());
    expect(again.summary!.counts).toMatchObject({ created: 0, updated: 0, unchanged: 7, older: 0 });
    const csv = await load(maliCsv());
    expect(csv.summary!.counts).toMatchObject({ created: 0, updated: 0, unchanged: 7, older: 0 });
    expect(await rowCounts()).toEqual(before);
  });

  test('as CSV first, then as replies: only the lists that the CSV abbreviates are completed', async () => {
    await load(maliCsv());
    const replies = await load(maliPages());
    expect(replies.summary!.counts).toMatchObject({ created: 0, unchanged: 7 - replies.summary!.counts.updated });
    const before = await rowCounts();
    await load(maliCsv());
    await load(maliPages());
    expect(await rowCounts()).toEqual(before);
    await expectSoundLedger(deps.db);
  });

  test('find the plan by its code, its number, or its name', async () => {
    await deps.db.responsePlan.create({ data: { id: newId(), code: 'HMLI25', nameFr: 'Plan Mali', nameEn: 'Mali plan', countries: ['MLI'] } });
    await load(maliCsv());
    await load([page([flow('5', { more: { destinationObjects: [{ type: 'Location', name: 'Mali' }, { type: 'Plan', id: '9001', name: 'Renamed' }] } })])]);
    expect(await deps.db.responsePlan.findMany({ select: { code: true, ftsId: true, nameEn: true } })).toEqual([{ code: 'HMLI25', ftsId: '9001', nameEn: 'Mali plan' }]);
    expect(await one(`SELECT DISTINCT plans FROM journal_line WHERE plans <> '{}'`)).toEqual({ plans: ['HMLI25'] });
  });

  test('a plan known by its number alone keeps that code', async () => {
    await load(maliPages());
    await load(maliCsv());
    await load([{ name: 'x.csv', content: Buffer.from(readFileSync(path.join(OWN, 'mali-2025.csv'), 'utf8').replace('1250000,', '1250001,').replaceAll('2025-03-01', '2025-03-02')) }]);
    expect(await deps.db.responsePlan.findMany({ select: { code: true, ftsId: true } })).toEqual([{ code: 'FTS-9001', ftsId: '9001' }]);
  });

  test('a dry run says what the import then does, and leaves no trace', async () => {
    const before = await rowCounts();
    const dry = await load(maliPages(), { dryRun: true });
    expect(dry).toMatchObject({ dryRun: true, status: 'ready', progress: 100 });
    expect(await rowCounts()).toEqual(before);
    expect(await deps.db.auditEvent.count()).toBe(0);
    const real = await load(maliPages());
    expect({ summary: dry.summary, rows: dry.rows }).toEqual({ summary: real.summary, rows: real.rows });
  });

  test('two imports at the same time load each flow once', async () => {
    const ids = [await queue(maliPages()), await queue(maliPages()), await queue(maliCsv())];
    await Promise.all(ids.map((runId) => runImport.run(deps, { runId })));
    const runs = await Promise.all(ids.map(read));
    expect(runs.map((run) => run.status)).toEqual(['ready', 'ready', 'ready']);
    expect(runs.reduce((sum, run) => sum + run.summary!.counts.created, 0)).toBe(7);
    expect(await deps.db.commitment.count({ where: { status: 'active' } })).toBe(5);
    expect(await deps.db.pledge.count({ where: { status: 'active' } })).toBe(1);
    await expectSoundLedger(deps.db);
  });

  test('the same run done by two workers is done once', async () => {
    const runId = await queue(maliPages());
    await Promise.all([runImport.run(deps, { runId }), runImport.run(deps, { runId })]);
    expect((await read(runId)).summary!.counts.created).toBe(7);
    const before = await rowCounts();
    await runImport.run(deps, { runId });
    expect(await rowCounts()).toEqual(before);
  });

  test('a failure late in the transaction leaves nothing, and the next attempt does it all', async () => {
    const before = await rowCounts();
    const runId = await queue(maliPages());
    await owner.query(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'power cut'; END $$`);
    await owner.query(`CREATE TRIGGER fail BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION fail()`);
    await expect(runImport.run(deps, { runId })).rejects.toThrow('power cut');
    expect(await rowCounts()).toEqual(before);
    const half = await read(runId);
    expect(half).toMatchObject({ status: 'running', summary: null, rows: [] });
    expect(half.progress).toBeGreaterThan(50);
    await owner.query('DROP TRIGGER fail ON audit_event');
    await runImport.run(deps, { runId });
    expect(await read(runId)).toMatchObject({ status: 'ready', progress: 100, summary: { counts: { created: 7 } } });
  });

  test('an import given up says so', async () => {
    const runId = await queue(maliPages());
    await runImport.giveUp(deps, { runId }, 'power cut');
    expect(await read(runId)).toMatchObject({ status: 'failed', error: { code: 'INTERNAL' } });
    await runImport.run(deps, { runId });
    expect((await standing()).entries).toBe(0);
  });

  test('amounts without a rate are held as unconverted, with a rate converted from the published USD', async () => {
    const first = await load(maliPages());
    expect(first.summary!.counts.warnings).toMatchObject({ UNCONVERTED: 5 });
    expect(await one(`SELECT DISTINCT eur_minor AS eur, xof_minor AS xof FROM journal_line WHERE currency <> 'EUR'`)).toEqual({ eur: null, xof: null });
    expect(await one(`SELECT bool_and(eur_minor = amount_minor AND xof_minor IS NOT NULL) AS own FROM journal_line WHERE currency = 'EUR'`)).toEqual({ own: true });
    await deps.db.fxRate.create({ data: { source: 'ECB', base: 'EUR', quote: 'USD', date: new Date('2025-01-17'), rate: '1.25', recordedBy: SYSTEM_USER_ID } });
    await load([page([flow('77', { amount: 1000 })])]);
    expect(await one(`SELECT DISTINCT usd_minor::int AS usd, eur_minor::int AS eur, xof_minor::int AS xof FROM journal_entry e JOIN commitment c ON c.id = e.commitment_id WHERE c.external_id = '77'`)).toEqual({ usd: 100_000, eur: 80_000, xof: 524_766 });
  });

  test('what was held without a rate is converted by the next import that knows one, once', async () => {
    await load(maliPages());
    await deps.db.fxRate.create({ data: { source: 'ECB', base: 'EUR', quote: 'USD', date: new Date('2024-12-31'), rate: '1.25', recordedBy: SYSTEM_USER_ID } });
    const usd = () => one(`SELECT sum(usd_minor)::text AS usd FROM journal_line`);
    const before = await usd();
    const second = await load(maliPages());
    const found = second.rows.filter(({ code }) => code === 'RATE_FOUND');
    expect(found.length).toBeGreaterThan(0);
    expect(second.summary!.counts).toMatchObject({ created: 0, updated: found.length, closed: 0 });
    expect(await usd()).toEqual(before);
    const held = `SELECT count(*)::int AS n FROM journal_entry e WHERE kind <> 'reversal' AND eur_minor IS NULL AND value_date >= '2024-12-31'
      AND NOT EXISTS (SELECT FROM journal_entry r WHERE r.reverses_id = e.id)`;
    expect(await one(held)).toEqual({ n: 0 });
    expect((await load(maliPages())).summary!.counts).toMatchObject({ created: 0, updated: 0, closed: 0 });
  });
});

// ── Versions ────────────────────────────────────────────────────────────────

describe('a flow', () => {
  test('that changed is reversed and posted anew', async () => {
    await load([page([flow('1')])]);
    const run = await load([page([flow('1', { version: 2, updatedAt: '2025-04-01', amount: 1500, status: 'commitment' })])]);
    expect(run.summary!.counts).toMatchObject({ created: 0, updated: 1 });
    expect(run.rows).toMatchObject([{ action: 'updated', externalId: '1', changed: ['status', 'amountUsd'] }]);
    const { rows } = await owner.query(`SELECT kind::text, stage::text, usd_minor::int AS usd, reason FROM journal_entry ORDER BY seq`);
    expect(rows).toEqual([
      { kind: 'commitment', stage: 'commitment', usd: 100_000, reason: null },
      { kind: 'disbursement', stage: 'disbursement', usd: 100_000, reason: null },
      { kind: 'reversal', stage: 'commitment', usd: -100_000, reason: 'SOURCE_UPDATED' },
      { kind: 'reversal', stage: 'disbursement', usd: -100_000, reason: 'SOURCE_UPDATED' },
      { kind: 'commitment', stage: 'commitment', usd: 150_000, reason: null },
    ]);
    expect(await deps.db.commitment.findMany({ select: { status: true, disbursedMinor: true }, orderBy: { id: 'asc' } })).toEqual([
      { status: 'reversed', disbursedMinor: 0n },
      { status: 'active', disbursedMinor: 0n },
    ]);
    expect(await deps.db.disbursement.findMany({ select: { status: true } })).toEqual([{ status: 'reversed' }]);
    await expectSoundLedger(deps.db);
  });

  test('of an older version changes nothing, even after a newer one that was posted alike', async () => {
    await load([page([flow('1')])]);
    const newer = await load([page([flow('1', { version: 3, updatedAt: '2025-05-01', more: { description: 'in other words' } })])]);
    expect(newer.summary!.counts).toMatchObject({ updated: 0, unchanged: 1 });
    const before = await rowCounts();
    const older = await load([page([flow('1', { version: 2, updatedAt: '2025-04-01', amount: 7 })])]);
    expect(older.summary!.counts).toMatchObject({ updated: 0, unchanged: 0, older: 1 });
    expect(await rowCounts()).toEqual(before);
    expect((await standing()).usd).toBe('100000');
  });

  test('that lost its amount, and got one again', async () => {
    await load([page([flow('1')])]);
    const none = await load([page([flow('1', { version: 2, amount: 0 })])]);
    expect(none.rows).toMatchObject([{ action: 'updated', code: 'NO_AMOUNT' }]);
    expect((await standing()).usd).toBe('0');
    await load([page([flow('1', { version: 3, amount: 5 })])]);
    expect((await standing()).usd).toBe('500');
    await expectSoundLedger(deps.db);
  });

  test('that vanished from the complete snapshot is closed by reversal, and posted again when it comes back', async () => {
    await load([page([flow('1'), flow('2', { amount: 20 }), flow('3', { countries: ['Niger'] }), flow('4', { years: ['2024'] })])]);
    const gone = await load([page([flow('1')])], snapshot);
    expect(gone.summary!.counts).toMatchObject({ unchanged: 1, closed: 1 });
    expect(gone.rows).toMatchObject([{ action: 'closed', externalId: '2', code: 'VANISHED', actionText: 'closed', flow: { amountUsd: '20' } }]);
    expect((await standing()).usd).toBe('300000');
    expect(await one(`SELECT outcome::text, count(*) OVER ()::int AS n FROM source_flow WHERE external_id = '2' ORDER BY seq DESC LIMIT 1`)).toEqual({ outcome: 'closed', n: 2 });
    const before = await rowCounts();
    expect((await load([page([flow('1')])], snapshot)).summary!.counts).toMatchObject({ unchanged: 1, closed: 0 });
    expect(await rowCounts()).toEqual(before);
    const back = await load([page([flow('1'), flow('2', { amount: 20 })])], snapshot);
    expect(back.rows).toMatchObject([{ action: 'created', externalId: '2', code: 'CAME_BACK' }]);
    expect((await standing()).usd).toBe('302000');
    await expectSoundLedger(deps.db);
  });

  test('that changed or vanished is listed by a dry run as it then is by the import', async () => {
    await load([page([flow('1'), flow('2'), flow('3', { version: 2 })])]);
    const files = [page([flow('1', { version: 2, amount: 7 }), flow('3'), flow('4', { amount: 0 })])];
    const before = await rowCounts();
    const dry = await load(files, { ...snapshot, dryRun: true });
    expect(await rowCounts()).toEqual(before);
    expect((await standing()).usd).toBe('300000');
    const real = await load(files, snapshot);
    expect({ summary: dry.summary, rows: dry.rows }).toEqual({ summary: real.summary, rows: real.rows });
    expect(real.summary!.counts).toMatchObject({ created: 1, updated: 1, older: 1, closed: 1 });
  });

  test.each([
    ['of which the header says that a flow is missing', () => [page([flow('1')], 2)], { expected: 2, found: 1 }],
    ['with a row that could not be read', () => [page([flow('1'), flow('x')])], { expected: 2, found: 1 }],
    ['without any flow and without a header', () => [{ name: 'x.csv', content: Buffer.from(readFileSync(path.join(OWN, 'mali-2025.csv'), 'utf8').split('\n')[0]!) }], { expected: 1, found: 0 }],
  ])('never is closed by a snapshot %s', async (_, files, params) => {
    await load([page([flow('1'), flow('2')])]);
    const before = await rowCounts();
    const run = await load(files(), snapshot);
    expect(run).toMatchObject({ status: 'failed', summary: null, error: { code: 'SNAPSHOT_INCOMPLETE' } });
    expect(JSON.parse((await findImport(deps.db, run.id))!.error!)).toEqual({ code: 'SNAPSHOT_INCOMPLETE', params });
    expect(await rowCounts()).toEqual(before);
  });

  test('that leaves the chosen countries is followed there', async () => {
    await load([page([flow('1')])], { countries: ['MLI'] });
    const run = await load([page([flow('1', { version: 2, countries: ['Ghana'] }), flow('2', { countries: ['Ghana'] })])], { countries: ['MLI'] });
    expect(run.summary!.counts).toMatchObject({ updated: 1, leftOut: 1 });
    expect(run.rows.map(({ action, externalId, code }) => [action, externalId, code])).toEqual([['updated', '1', null], ['left_out', '2', 'OUTSIDE_COUNTRIES']]);
    expect((await standing(`countries = '{MLI}'`)).usd).toBe('0');
    expect((await standing(`countries = '{GHA}'`)).usd).toBe('100000');
  });
});

test('bad rows are listed in both languages and the good ones loaded', async () => {
  const csv = readFileSync(path.join(OWN, 'mali-2025.csv'), 'utf8').replace(',1250000,', ',12.50.00,').replace('"BFA,MLI,NER"', '"BFA,QQQ"');
  const run = await load([{ name: 'mali.csv', content: Buffer.from(csv) }, { name: 'page.html', content: Buffer.from('<html>') }]);
  expect(run).toMatchObject({ status: 'ready', summary: { counts: { read: 7, created: 5, problems: 3 } } });
  expect(run.rows.slice(0, 3)).toMatchObject([
    { action: 'problem', file: 'mali.csv', row: 1, externalId: '900001', code: 'AMOUNT_FORMAT', field: 'amountUSD', found: '12.50.00', text: 'The amount "12.50.00" is not a decimal number with a point.' },
    { action: 'problem', file: 'mali.csv', row: 2, externalId: '900002', code: 'UNKNOWN_COUNTRY', text: 'The country "QQQ" is unknown (destLocations).' },
    { action: 'problem', file: 'page.html', row: null, externalId: null, code: 'HTML_FILE' },
  ]);
  const french = await findRows(deps.db, run.id, { limit: 1, action: 'problem' });
  expect(toRowWire(french.items[0]!, 'fr').text).toBe('Le montant « 12.50.00 » n’est pas un nombre décimal avec un point.');
});

describe('organisations', () => {
  const donorsOf = async () => (await owner.query<{ id: string }>(`SELECT donor_id AS id FROM commitment ORDER BY external_id::int`)).rows.map((row) => row.id);

  test('are found by name whatever the accents, and a merged one stands for the one kept', async () => {
    const [kept, merged] = [newId(), newId()];
    await deps.db.organisation.create({ data: { id: kept, name: 'Kept', type: '10', roles: ['donor'] } });
    await deps.db.organisation.create({ data: { id: merged, name: 'République d’Exemple', type: '10', roles: ['donor'], mergedIntoId: kept } });
    await load([page([flow('1', { donor: "REPUBLIQUE  D'EXEMPLE" }), flow('2', { donor: 'Kept' })])]);
    expect(await donorsOf()).toEqual([kept, kept]);
    expect(await deps.db.organisation.findMany({ where: { name: 'Example Food Agency' }, select: { type: true, roles: true } })).toEqual([{ type: '40', roles: ['implementer'] }]);
    const identifiers = await deps.db.organisationIdentifier.findMany({ orderBy: [{ system: 'asc' }, { value: 'asc' }], select: { system: true, value: true } });
    expect(identifiers).toEqual([
      { system: 'fts', value: '504' },
      { system: 'fts-name', value: 'example food agency' },
      { system: 'fts-name', value: 'kept' },
      { system: 'fts-name', value: "republique d'exemple" },
    ]);
  });

  test('keep their identity by number when FTS renames them, and by name in a CSV', async () => {
    const named = (name: string, id: string) => ({ more: { sourceObjects: [{ type: 'Organization', id, name, organizationTypes: ['NGO'] }] } });
    await load([page([flow('1', named('Old name', '9')), flow('2', named('New name', '9')), flow('3', named('Old name', '10')), flow('4', { donor: 'New name' })])]);
    const [first, second, third, fourth] = await donorsOf();
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(fourth).toBe(first);
  });

  test('several donors, or none, are nobody in particular', async () => {
    const both = [{ type: 'Organization', id: '1', name: 'A' }, { type: 'Organization', id: '2', name: 'B' }];
    await load([page([flow('1', { more: { sourceObjects: both } }), flow('2', { more: { sourceObjects: [] } })])]);
    const { rows } = await owner.query(`SELECT o.name, o.name_fr, c.mechanism FROM commitment c JOIN organisation o ON o.id = c.donor_id ORDER BY external_id`);
    expect(rows).toEqual([
      { name: 'Multiple', name_fr: 'Plusieurs organisations', mechanism: 'not_specified' },
      { name: 'Not specified', name_fr: 'Donateur non précisé', mechanism: 'not_specified' },
    ]);
    expect(await deps.db.recordRevision.count({ where: { kind: 'organisation' } })).toBe(3);
  });
});

describe('rates of the ECB', () => {
  const history = (...lines: string[]): File => ({ name: 'eurofxref-hist.csv', content: Buffer.from(lines.map((line) => `${line}\n`).join('')) });

  test('are recorded once; contradictions and unlisted currencies are named', async () => {
    const first = await load([history('Date,USD,ZZZ,', '2025-01-17,1.0298,3,', '2025-01-16,1.03,N/A,')], { source: 'ecb' });
    expect(first).toMatchObject({ status: 'ready', summary: { counts: { read: 3, created: 2, leftOut: 1, problems: 0 }, totals: null } });
    expect(first.rows).toMatchObject([{ action: 'left_out', code: 'CURRENCY_NOT_LISTED', text: 'The currency ZZZ is not in the list of currencies; its rates are passed over.' }]);
    const second = await load([history('Date,USD', '2025-01-17,1.0298', '2025-01-16,1.04', '2999-01-01,1', '2025-01-15,x')], { source: 'ecb' });
    expect(second.summary!.counts).toMatchObject({ read: 4, created: 0, unchanged: 1, problems: 3 });
    expect(second.rows.map(({ code, text }) => [code, text])).toEqual([
      ['RATE_FORMAT', expect.stringContaining('"x" (USD)')],
      ['RATE_IN_FUTURE', expect.stringContaining('2999-01-01')],
      ['RATE_CONFLICT', expect.stringContaining('1 EUR = 1.04 USD on 2025-01-16')],
    ]);
    expect(await deps.db.fxRate.count()).toBe(2);
  });
});

test('rates of the IMF give a currency that the ECB does not quote its way into dollars, euros and francs', async () => {
  const table = ['Date,Rate,Currency,Frequency,Source,Country code,Country', '2024-12-31,39.6,MRU,A,IMF,MR,Mauritania', '2024-12-31,1,USD,A,IMF,US,United States'];
  const run = await load([{ name: 'imf.csv', content: Buffer.from(table.join('\n')) }], { source: 'imf' });
  expect(run).toMatchObject({ status: 'ready', summary: { counts: { created: 1, problems: 0 } } });
  await deps.db.fxRate.create({ data: { source: 'ECB', base: 'EUR', quote: 'USD', date: new Date('2025-03-07'), rate: '1.08', recordedBy: SYSTEM_USER_ID } });
  const book = await loadRateBook(deps.db, ['MRU'], '2025-03-10');
  expect(findLegs('MRU', 'XOF', book)?.map(({ base, quote, source }) => [base, quote, source])).toEqual([
    ['USD', 'MRU', 'IMF'],
    ['EUR', 'USD', 'ECB'],
    ['EUR', 'XOF', 'BCEAO/BEAC'],
  ]);
});

// ── Through the API ─────────────────────────────────────────────────────────

describe('the endpoints', () => {
  let api: Express;
  beforeEach(() => {
    api = express();
    api.set('query parser', 'simple');
    mount(api, importEndpoints, deps);
    api.use(problemHandler);
  });

  /** Calls the API as a user of a role; nothing but the token is set. */
  async function as(role: Role, states: readonly string[] = []) {
    const { userId, token } = await app.user({ roles: [role], states });
    const signed = (request: supertest.Test) => request.set('authorization', `Bearer ${token}`);
    return {
      userId,
      get: (address: string) => signed(supertest(api).get(address)),
      post: (fields: Record<string, string>, ...files: string[]) => {
        const request = signed(supertest(api).post('/v1/imports')).field(fields);
        return files.reduce((sent, name) => sent.attach('files', path.join(OWN, name)), request);
      },
    };
  }

  test('an officer asks for an import, a worker does it, an auditor reads what came of it', async () => {
    const [officer, auditor] = [await as('finance_officer', ['MLI', 'NER']), await as('auditor')];
    const asked = await officer.post({ source: 'fts', countries: 'MLI, NER', years: '2025, 2024' }, 'mali-2025-page-1.json', 'mali-2025-page-2.json').expect(202);
    const { id } = asked.body as { id: string };
    expect(asked.headers.location).toBe(`/v1/imports/${id}`);
    expect(asked.body).toMatchObject({ status: 'queued', progress: 0, countries: ['MLI', 'NER'], years: [2024, 2025], complete: false, dryRun: false, files: [{ name: 'mali-2025-page-1.json' }, {}] });
    expect(await deps.db.outbox.findMany({ select: { job: true, payload: true } })).toEqual([{ job: 'run-import', payload: { runId: id } }]);

    await runImport.run(deps, { runId: id });
    const { body } = await auditor.get(`/v1/imports/${id}`).expect(200);
    expect(body).toMatchObject({ status: 'ready', progress: 100, requestedBy: officer.userId, summary: { counts: { created: 7 }, totals: { matchesHeader: true } } });
    const list = await auditor.get('/v1/imports?source=fts&status=ready').expect(200);
    expect(list.body).toMatchObject({ items: [{ id }], nextCursor: null });
    const first = await auditor.get(`/v1/imports/${id}/rows?action=created&limit=4`).expect(200);
    const { items, nextCursor } = first.body as { items: object[]; nextCursor: string };
    expect(items[0]).toMatchObject({ number: 1, action: 'created', actionText: 'nouveau', externalId: '900001', flow: { amountUsd: '1250000', countries: ['MLI'] } });
    const next = await auditor.get(`/v1/imports/${id}/rows?action=created&limit=4&cursor=${nextCursor}`).expect(200);
    expect(next.body).toMatchObject({ items: [{ number: 5 }, { number: 6 }, { number: 7 }], nextCursor: null });
    const acts = await deps.db.auditEvent.findMany({ where: { recordId: id }, select: { action: true, actorId: true }, orderBy: { id: 'asc' } });
    const reading = { action: 'import.read', actorId: auditor.userId };
    expect(acts).toEqual([...['import.request', 'import.run'].map((action) => ({ action, actorId: officer.userId })), reading, reading]);
  });

  test.each([
    [{ source: 'fts' }, [], { code: 'IMPORT_NO_FILE' }],
    [{ source: 'fts', countries: 'QQQ' }, ['mali-2025.csv'], { code: 'CODE_UNKNOWN', field: 'countries.0' }],
    [{ source: 'iati' }, ['mali-2025.csv'], { code: 'VALIDATION', field: 'source' }],
    [{ source: 'fts', complete: 'true', years: '2025' }, ['mali-2025.csv'], { code: 'VALIDATION', field: 'complete' }],
    [{ source: 'fts', complete: 'true', countries: 'MLI' }, ['mali-2025.csv'], { code: 'VALIDATION', field: 'complete' }],
    [{ source: 'ecb', years: '2025' }, ['mali-2025.csv'], { code: 'VALIDATION', field: 'source' }],
    [{ source: 'fts', years: '25' }, ['mali-2025.csv'], { code: 'VALIDATION', field: 'years' }],
    [{ source: 'fts', dryRun: 'perhaps' }, ['mali-2025.csv'], { code: 'VALIDATION', field: 'dryRun' }],
  ])('%j with %j is refused', async (fields, files, problem) => {
    const { post } = await as('administrator');
    expect((await post(fields as Record<string, string>, ...files)).body).toMatchObject({ status: 400, ...problem });
    expect(await deps.db.importRun.count()).toBe(0);
    expect(await deps.db.outbox.count()).toBe(0);
  });

  test('an officer takes in the flows of the own states only', async () => {
    const officer = await as('finance_officer', ['NER', 'MLI']);
    for (const countries of ['all', 'MLI, TCD']) {
      const { body } = await officer.post({ source: 'fts', countries }, 'mali-2025.csv').expect(403);
      expect(body).toMatchObject({ code: 'OUT_OF_SCOPE', field: 'countries' });
    }
    const { body } = await officer.post({ source: 'fts' }, 'mali-2025.csv').expect(202);
    expect(body).toMatchObject({ countries: ['MLI', 'NER'] });
    const colleague = await as('finance_officer', ['MLI']);
    await colleague.get(`/v1/imports/${(body as { id: string }).id}`).expect(404);
  });

  test('who may not import may not read imports either, but an auditor may read', async () => {
    const [donor, auditor] = [await as('donor'), await as('auditor')];
    await auditor.post({ source: 'fts' }).expect(403);
    await donor.get('/v1/imports').expect(403);
    await auditor.get('/v1/imports').expect(200);
    await auditor.get(`/v1/imports/${newId()}`).expect(404);
    await auditor.get(`/v1/imports/${newId()}/rows`).expect(404);
    await supertest(api).get('/v1/imports').expect(401);
  });
});

// ── Through the terminal ────────────────────────────────────────────────────

describe('npm run import', () => {
  const start = (...args: string[]) =>
    spawn(process.execPath, ['scripts/run.mjs', 'scripts/import.ts', ...args], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, LIPTAKO_LANG: 'en', LIPTAKO_MODE: 'test', LOG_LEVEL: 'error', DATABASE_URL: app.database.url },
    });

  async function command(...args: string[]): Promise<{ code: number | null; out: string }> {
    const child = start(...args);
    let out = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        out += String(text);
      });
    }
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, out };
  }

  test('a story', async () => {
    const wrong = await command();
    expect(wrong.code).toBe(2);
    expect(wrong.out).toContain('Usage:');
    expect((await command('fts', 'nowhere.csv')).code).toBe(1);
    expect((await command('fts', path.join(OWN, 'mali-2025.csv'), '--complete')).code).toBe(2);

    const pages = ['mali-2025-page-1.json', 'mali-2025-page-2.json'].map((name) => path.join(OWN, name));
    const dry = await command('fts', ...pages, '--dry-run', '--countries', 'MLI', '--years', '2024,2025');
    expect(dry.code).toBe(0);
    expect(dry.out).toContain('Dry run, nothing was kept');
    expect((await standing()).entries).toBe(0);

    const real = await command('fts', ...pages, '--countries', 'MLI', '--years', '2024,2025');
    expect(real.code).toBe(0);
    expect(real.out).toContain('7 read: 7 new');
    expect(real.out).toContain('Funding, commitments and payments: 1,247,500 USD; flows: 3');
    expect(real.out).toContain('The source states the same totals.');
    expect((await command('fts', ...pages)).out).toContain('7 unchanged');

    const folder = mkdtempSync(path.join(tmpdir(), 'import-'));
    const html = path.join(folder, 'error.csv');
    writeFileSync(html, '<html>');
    const unreadable = await command('fts', html);
    rmSync(folder, { recursive: true });
    expect(unreadable).toMatchObject({ code: 1, out: expect.stringContaining('error.csv: The file is a web page') });
    expect(await deps.db.importRun.findFirst({ orderBy: { id: 'asc' } })).toMatchObject({ requestedBy: SYSTEM_USER_ID, dryRun: true });
  });

  test('killed in the middle, nothing of it is kept', async () => {
    await owner.query(`CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$`);
    await owner.query(`CREATE TRIGGER wait BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION wait()`);
    const before = await rowCounts();
    const child = start('fts', path.join(OWN, 'mali-2025.csv'));
    const waiting = async () => (await owner.query<{ pid: number }>(`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`)).rows[0];
    while (!(await waiting())) await sleep(50);
    child.kill('SIGKILL');
    await owner.query('SELECT pg_terminate_backend($1)', [(await waiting())!.pid]);
    while (await waiting()) await sleep(50);
    expect(await rowCounts()).toEqual(before);
    await owner.query('DROP TRIGGER wait ON audit_event');
    expect((await load(maliCsv())).summary!.counts.created).toBe(7);
  });
});

// ── The real files ──────────────────────────────────────────────────────────

const describeReal = existsSync(path.join(REAL, 'fts', `${SEARCH}.json`)) ? describe : describe.skip;

describeReal('the published files', () => {
  const pages = () => ['', '-page-2', '-page-3'].map((suffix) => fileAt(path.join(REAL, 'fts'), `${SEARCH}${suffix}.json`));
  const jordan: Options = { countries: ['JOR'], years: [2020] };

  test('Jordan 2020 gives the totals that OCHA states, in the summary and in the journal', async () => {
    const run = await load(pages(), jordan);
    expect(run.summary).toMatchObject({
      counts: { read: 478, created: 478, problems: 0, duplicates: 0 },
      totals: { funding: { usd: '714246261.00' }, pledges: { flows: 1, usd: '81128.00' }, header: { flows: 440, funding: '714246261', pledges: '81128' }, matchesHeader: true },
    });
    const inJournal = (stage: string) =>
      one(`SELECT sum(usd_minor)::text AS usd FROM journal_line WHERE stage = '${stage}' AND usage_years = '{2020}' AND countries = '{JOR}' AND boundary = 'crossing'`);
    expect(await inJournal('commitment')).toEqual({ usd: '71424626100' });
    expect(await inJournal('pledge')).toEqual({ usd: '8112800' });
    expect(await one(`SELECT count(*)::int AS flows FROM source_flow WHERE content ->> 'boundary' = 'crossing'`)).toEqual({ flows: 440 });
    await expectSoundLedger(deps.db);

    const before = await rowCounts();
    expect((await load(pages(), { ...jordan, complete: true })).summary!.counts).toMatchObject({ created: 0, updated: 0, closed: 0, unchanged: 478 });
    const csv = ['fts_incoming_funding_jor.csv', 'fts_internal_funding_jor.csv'].map((name) => fileAt(path.join(REAL, 'fts/jordan-2020-api'), name));
    expect((await load(csv, jordan)).summary!.counts).toMatchObject({ created: 0, updated: 0, unchanged: 478 });
    expect(await rowCounts()).toEqual(before);
  });

  test('the whole history of the ECB and the global files of FTS are loaded', async () => {
    const timed = async (files: File[], options: Options) => {
      const started = performance.now();
      const run = await load(files, options);
      console.info(`${files.map(({ name }) => name).join(', ')}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
      return run;
    };
    const rates = await timed([fileAt(path.join(REAL, 'fx'), 'eurofxref-hist.csv')], { source: 'ecb' });
    expect(rates).toMatchObject({ status: 'ready', summary: { counts: { problems: 0 } } });
    const files = ['fts_internal_funding_global.csv', 'fts_outgoing_funding_global.csv'].map((name) => fileAt(path.join(REAL, 'fts'), name));
    const run = await timed(files, { countries: 'all' });
    expect(run).toMatchObject({ status: 'ready', summary: { counts: { read: 3874, created: 3874, problems: 0 } } });
    expect(run.summary!.counts.warnings.UNCONVERTED).toBeUndefined();
    await expectSoundLedger(deps.db);
    expect((await timed(files, { countries: 'all' })).summary!.counts).toMatchObject({ unchanged: 3874 });
    expect((await timed(files, {})).summary!.counts.leftOut).toBeGreaterThan(3000);
  });
});
