import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { latestLocalDay } from '../../src/domain/days.js';
import { SYSTEM_USER_ID } from '../../src/domain/system-user.js';
import type { ImportInput } from '../../src/features/imports/imports.schema.js';
import type { Deps } from '../../src/deps.js';
import { newId } from '../../src/platform/ids.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { expectSoundLedger } from '../support/sound-ledger.js';
import { type File, importFiles, type Options } from '../support/import-files.js';

const REAL = path.resolve(__dirname, '../../../shared/fixtures/pooled-funds');
const whenReal = existsSync(REAL) ? test : test.skip;

let app: TestApp;
let deps: Deps;

beforeEach(async () => {
  app = await startTestApp();
  ({ deps } = app);
});

afterEach(async () => {
  await app.close();
});

const file = (name: string, text: string): File => ({ name, content: Buffer.from(text) });
const real = (name: string): File => ({ name, content: readFileSync(path.join(REAL, name)) });

const load = (source: ImportInput['source'], files: readonly File[], { countries = 'all', ...options }: Options = {}) =>
  importFiles(deps, source, files, { ...options, countries: source === 'cerf' ? undefined : countries });

const rowCounts = () =>
  deps.db.$queryRaw<object[]>`SELECT (SELECT count(*)::int FROM pledge) AS pledges, (SELECT count(*)::int FROM commitment) AS commitments, (SELECT count(*)::int FROM disbursement) AS payments,
    (SELECT count(*)::int FROM journal_entry) AS entries, (SELECT count(*)::int FROM fund_entry) AS book, (SELECT count(*)::int FROM fund_operation) AS operations,
    (SELECT count(*)::int FROM source_flow) AS versions, (SELECT count(*)::int FROM organisation) AS organisations, (SELECT count(*)::int FROM pooled_fund) AS funds,
    (SELECT count(*)::int FROM allocation_round) AS rounds, (SELECT count(*)::int FROM record_revision) AS revisions`;

// ── Contributions ───────────────────────────────────────────────────────────

const CONTRIBUTIONS = 'FiscalYear,GMSDonorName,GMSDonorISO2Code,PooledFundName,PooledFundISO2Code,PaidAmt,PledgeAmt,PledgeAmtLocalCurrency,PledgeAmtCurrencyExchangeRate,PaidAmtLocalCurrency,PaidAmtCurrencyExchangeRate,PledgeAmtLocal,PaidAmtLocal';
const given = (year: number, donor: string, code: string, fund: string, paid: string, pledged: string) => `${year},${donor},${code},${fund},${fund},${paid},${pledged},0,0,0,0,0,0`;
const contributions = (...rows: readonly string[]) => file('ContributionTotal.csv', [CONTRIBUTIONS, ...rows].join('\n'));

describe('contributions to CERF', () => {
  test('paid ones are commitment, payment and deposit; what is announced is a pledge', async () => {
    const norway = newId();
    await deps.db.organisation.create({ data: { id: norway, name: 'Norway, Government of', type: '10', roles: ['donor'] } });
    const run = await load('cerf', [
      contributions(given(2019, 'Norway', 'NO', 'Member State', '55000000.5', '0'), given(2020, 'Netherlands', 'NL', 'Member State', '85980013.75', '9400705.053'), given(2020, '"Example ""X"" Fund, S.L. "', 'ZPRV', 'Private Donors', '1E+3', '0'), given(2020, 'Exampleland', 'RLA', 'RLA', '0', '0'), given(2018, 'Norway', 'NO', 'Member State', '-25.10', '')),
    ]);
    expect(run.summary!.counts).toMatchObject({ read: 5, created: 5, problems: 0, warnings: { CENTS_ROUNDED: 1, UNCONVERTED: 4 } });
    const [fund, ...others] = await deps.db.pooledFund.findMany();
    expect(others).toEqual([]);
    expect(fund).toMatchObject({ code: 'CERF', sourceSystem: 'cerf', externalId: 'CERF', currency: 'USD', countries: [], administratorId: null });
    const commitments = await deps.db.commitment.findMany({ orderBy: { externalId: 'asc' }, include: { donor: true, disbursements: true } });
    expect(commitments.map(({ externalId, amountMinor, disbursedMinor, donor, valueDate, destinationKind, fundId }) => [externalId, amountMinor, disbursedMinor, donor.name, valueDate, destinationKind, fundId])).toEqual([
      ['2018/norway', -2510n, -2510n, 'Norway, Government of', new Date('2018-12-31'), 'fund', fund!.id],
      ['2019/norway', 5_500_000_050n, 5_500_000_050n, 'Norway, Government of', new Date('2019-12-31'), 'fund', fund!.id],
      ['2020/example "x" fund, s.l.', 100_000n, 100_000n, 'Example "X" Fund, S.L.', new Date('2020-12-31'), 'fund', fund!.id],
      ['2020/netherlands', 8_598_001_375n, 8_598_001_375n, 'Netherlands', new Date('2020-12-31'), 'fund', fund!.id],
    ]);
    expect(commitments.map(({ disbursements }) => disbursements.map(({ status, externalId }) => [status, externalId]))).toEqual(commitments.map(({ externalId }) => [['approved', externalId]]));
    expect(await deps.db.pledge.findMany({ select: { amountMinor: true, externalId: true, committedMinor: true } })).toEqual([{ amountMinor: 940_070_505n, externalId: '2020/netherlands', committedMinor: 0n }]);
    expect(await deps.db.fundAccount.findMany()).toMatchObject([{ incomeMinor: 5_500_000_050n + 8_598_001_375n + 100_000n - 2510n, allocatedMinor: 0n, mirrored: true }]);
    expect(await deps.db.fundEntry.findMany({ where: { kind: 'deposit', amountMinor: 8_598_001_375n } })).toMatchObject([{ usageYears: ['2020'], usdMinor: 8_598_001_375n, valueDate: new Date('2020-12-31') }]);
    expect(await deps.db.sourceFlow.findMany({ where: { outcome: 'no_amount' } })).toMatchObject([{ externalId: '2020/exampleland', commitmentId: null }]);
    expect((await deps.db.organisation.findFirst({ where: { name: 'Netherlands' } }))).toMatchObject({ type: '10', countryIso3: 'NLD', roles: ['donor'] });
    await expectSoundLedger(deps.db);
  });

  test('change nothing the second time; a pledge that was paid is reversed', async () => {
    const first = [contributions(given(2020, 'Spain', 'ES', 'Member State', '0', '3529411.765'), given(2020, 'Qatar', 'QA', 'Member State', '5', '0'))];
    await load('cerf', first);
    const before = await rowCounts();
    expect((await load('cerf', first)).summary!.counts).toMatchObject({ created: 0, updated: 0, unchanged: 2 });
    expect(await rowCounts()).toEqual(before);
    const run = await load('cerf', [contributions(given(2020, 'Spain', 'ES', 'Member State', '3529411.77', '0'))]);
    expect(run.rows).toMatchObject([{ action: 'updated', externalId: '2020/spain', changed: ['paidUsd', 'pledgedUsd'] }]);
    expect(await deps.db.pledge.findMany({ select: { status: true, amountMinor: true } })).toEqual([{ status: 'reversed', amountMinor: 352_941_177n }]);
    expect(await deps.db.fundAccount.findMany()).toMatchObject([{ incomeMinor: 352_941_677n }]);
    await expectSoundLedger(deps.db);
  });

  test('of a year that is not over are valued at the day of the import, and say so', async () => {
    const today = latestLocalDay(new Date());
    await load('cerf', [contributions(given(2099, 'Iceland', 'IS', 'Member State', '0', '10'))]);
    const [pledge] = await deps.db.pledge.findMany();
    expect(pledge!.valueDate).toEqual(new Date(today));
    expect(pledge!.description).toContain('au jour de l’import');
  });

  test('held without a rate are converted by the next import that knows one, once', async () => {
    const files = [contributions(given(2020, 'Spain', 'ES', 'Member State', '10', '5'))];
    await load('cerf', files);
    await deps.db.fxRate.create({ data: { source: 'ECB', base: 'EUR', quote: 'USD', date: new Date('2020-12-31'), rate: '1.25', recordedBy: SYSTEM_USER_ID } });
    const run = await load('cerf', files);
    expect(run.rows).toMatchObject([{ action: 'updated', code: 'RATE_FOUND' }]);
    expect(await deps.db.fundEntry.findMany({ where: { reversesId: null }, orderBy: { seq: 'asc' }, select: { usdMinor: true, eurMinor: true } })).toEqual([{ usdMinor: 1000n, eurMinor: null }, { usdMinor: 1000n, eurMinor: 800n }]);
    expect((await load('cerf', files)).summary!.counts).toMatchObject({ updated: 0, unchanged: 1 });
    await expectSoundLedger(deps.db);
  });

  test('lists what is wrong in both languages', async () => {
    const run = await load('cerf', [contributions(given(20, '', 'ES', 'x', 'ten', '1e40'), given(2020, 'Spain', 'ES', 'x', '1', '0'), given(2020, 'SPAIN', 'ES', 'x', '2', '0'))]);
    expect(run.rows.filter(({ action }) => action === 'problem').map(({ row, code }) => [row, code])).toEqual([[1, 'USAGE_YEAR_FORMAT'], [1, 'NAME_MISSING'], [1, 'AMOUNT_FORMAT'], [1, 'AMOUNT_TOO_LARGE'], [3, 'ROW_REPEATED']]);
    expect(run.french[1]!.text).toBe('Le champ GMSDonorName est vide ; il faut un nom.');
    expect(run.rows[1]!.text).toBe('The field GMSDonorName is empty; a name is needed.');
  });

  test('never take the code of a fund kept here', async () => {
    await deps.db.pooledFund.create({ data: { id: newId(), code: 'CERF', nameFr: 'x', nameEn: 'x', currency: 'USD', countries: [] } });
    const run = await load('cerf', [contributions(given(2020, 'Spain', 'ES', 'x', '1', '0'))]);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'DUPLICATE' } });
  });

  whenReal('of the real file sum up to what its rows give', async () => {
    const run = await load('cerf', [real('CERF_ContributionTotal.csv')]);
    expect(run.summary!.counts).toMatchObject({ read: 1085, created: 1085, problems: 0 });
    const [head = [], ...rows] = otherReading(real('CERF_ContributionTotal.csv').content.toString());
    const cents = (name: string) => rows.reduce((sum, row) => sum + roundedCents(row[head.indexOf(name)]!), 0n);
    expect(await deps.db.fundAccount.findMany()).toMatchObject([{ incomeMinor: cents('PaidAmt') }]);
    const pledged = await deps.db.pledge.aggregate({ _sum: { amountMinor: true } });
    expect(pledged._sum.amountMinor).toBe(cents('PledgeAmt'));
    const before = await rowCounts();
    expect((await load('cerf', [real('CERF_ContributionTotal.csv')])).summary!.counts).toMatchObject({ created: 0, updated: 0, unchanged: 1085 });
    expect(await rowCounts()).toEqual(before);
    await expectSoundLedger(deps.db);
  }, 120_000);
});

// ── Projects ────────────────────────────────────────────────────────────────

const FUNDS = file('MstPooledFund.csv', ['PFId,PFName,PFAbbrv,PFLat,PFLong,PFCountryCode,MAAgent,AAgent,IsPublic,ParentPFId', '86,Mali (RhPF-WCA),MLI86,17.5,4.0,ML,OCHA,ERF,True', '84,Niger (RhPF-WCA),NER84,17.6,8.0,NE,OCHA,ERF,True', '89,Mozambique (RhPF),MOZ89,-18.6,35.5,LI,OCHA,ERF,True', '70,Syria Cross border,TUR70,37.0,37.3,XX,OCHA,ERF,True'].join('\r\n'));
const SOURCES = file('MstAllocationSource.csv', 'AllSrcId,AllNm,AllSrcCode\n1,Reserve,R\n2,Standard,S');
const PROJECTS = 'PFId,AllNm,PrjCode,OPSCodeAgg,EmgAgg,AllYr,AllSrc,OrgNm,OrgTypeId,PrjTitle,AStrDt,AEndDt,PrjDur,PrgBdg,BgdDC,BdgSC,PrjSubDt,BenAgg,PrjGM,PrjStsNm,PrjStsId,PrjStsCode,PartCode,ApprDt';

interface ProjectOptions {
  readonly fund?: string;
  readonly round?: string;
  readonly source?: string;
  readonly org?: string;
  readonly type?: string;
  readonly title?: string;
  readonly budget?: string;
  readonly start?: string;
  readonly approved?: string;
  readonly status?: string;
  readonly year?: string;
}

function project(code: string, options: ProjectOptions = {}): string {
  const { fund = '86', round = '2021 1st Standard Allocation', source = '2', org = 'International NGO', type = '2', title = '"Water, food"', budget = '1000.5' } = options;
  const { start = '3/1/2021 12:00:00 AM', approved = '2/25/2021 3:34:07 PM', status = 'Project Closure', year = '2021' } = options;
  return `${fund},${round},${code},,,${year},${source},${org},${type},${title},${start},8/31/2022 12:00:00 AM,9 Months,${budget},1,1,1/6/2021 12:43:55 PM,1##2##3##4,"4- equal, all",${status},5504,X,1.5,${approved}`;
}
const projects = (...rows: readonly string[]) => [file('ProjectSummary.csv', [PROJECTS, ...rows].join('\n')), FUNDS, SOURCES];

describe('projects of the country-based funds', () => {
  test('are allocations of their fund, in the round and to the partner that the file names', async () => {
    const run = await load('cbpf_projects', projects(
      project('MLI-21/1', { title: '"Food &amp; water, ""&lt;A&gt;"""' }),
      project('MLI-21/2', { round: 'Reserve', source: '1', org: '"Example Relief, Inc."', type: '1', budget: '1.065259E+07' }),
      project('NER-21/1', { fund: '84', org: 'Example Relief, Inc.'.replace(',', ''), budget: '2' }),
      project('MOZ-21/1', { fund: '89', budget: '3.005' }),
      project('SYR-21/1', { fund: '70', budget: '4', approved: '' }),
    ));
    expect(run.summary!.counts).toMatchObject({ read: 5, created: 5, problems: 0, warnings: { CENTS_ROUNDED: 1, FUND_WITHOUT_STATE: 1, NO_APPROVAL_DATE: 1 } });
    const funds = await deps.db.pooledFund.findMany({ orderBy: { externalId: 'asc' }, include: { rounds: { orderBy: { code: 'asc' } }, operations: { orderBy: { externalId: 'asc' }, include: { partner: true, round: true } } } });
    expect(funds.map(({ code, nameEn, countries, sourceSystem }) => [code, nameEn, countries, sourceSystem])).toEqual([
      ['CBPF-70', 'Country-based pooled fund (CBPF): Syria Cross border', [], 'cbpf'],
      ['CBPF-84', 'Country-based pooled fund (CBPF): Niger (RhPF-WCA)', ['NER'], 'cbpf'],
      ['CBPF-86', 'Country-based pooled fund (CBPF): Mali (RhPF-WCA)', ['MLI'], 'cbpf'],
      ['CBPF-89', 'Country-based pooled fund (CBPF): Mozambique (RhPF)', ['MOZ'], 'cbpf'],
    ]);
    const ofMali = funds.find(({ externalId }) => externalId === '86')!;
    expect(ofMali.rounds.map(({ code, modality, nameEn, status }) => [code, modality, nameEn, status])).toEqual([['2021-1ST-STANDARD-ALLOCATION', 'standard', '2021 1st Standard Allocation', 'closed'], ['RESERVE', 'reserve', 'Reserve', 'closed']]);
    expect(ofMali.operations).toMatchObject([
      { kind: 'allocation', status: 'approved', sourceSystem: 'cbpf', externalId: 'MLI-21/1', amountMinor: 100_050n, valueDate: new Date('2021-02-25'), description: 'Food & water, "<A>"', countries: ['MLI'], partner: { name: 'CBPF partner: international NGO', nameFr: 'Partenaire des fonds communs pays : ONG internationale', type: '21' }, decidedBy: null },
      { externalId: 'MLI-21/2', amountMinor: 1_065_259_000n, partner: { name: 'Example Relief, Inc.', type: '22' }, round: { modality: 'reserve' } },
    ]);
    expect(await deps.db.fundAccount.findMany({ where: { fundId: ofMali.id } })).toMatchObject([{ incomeMinor: 0n, allocatedMinor: 1_065_359_050n, mirrored: true }]);
    expect(await deps.db.fundEntry.findMany({ where: { fundId: ofMali.id }, orderBy: { seq: 'asc' } })).toMatchObject([{ kind: 'allocation', countries: ['MLI'], usageYears: ['2021'], amountMinor: 100_050n, usdMinor: 100_050n }, { kind: 'allocation' }]);
    expect(funds[3]!.operations).toMatchObject([{ amountMinor: 301n }]);
    expect(funds[0]!.operations).toMatchObject([{ countries: [], valueDate: new Date('2021-03-01') }]);
    await expectSoundLedger(deps.db);
  });

  test('change nothing the second time; a changed one is reversed and posted anew; a vanished one is closed by a complete file', async () => {
    await load('cbpf_projects', projects(project('A'), project('B', { budget: '7' }), project('C', { fund: '84' }), project('D', { year: '2020' })));
    const before = await rowCounts();
    expect((await load('cbpf_projects', projects(project('A'), project('B', { budget: '7' })))).summary!.counts).toMatchObject({ created: 0, updated: 0, unchanged: 2, closed: 0 });
    expect(await rowCounts()).toEqual(before);
    const changed = await load('cbpf_projects', projects(project('A', { budget: '2000', status: 'Reporting' })), { complete: true, countries: ['MLI'], years: [2021] });
    expect(changed.rows).toMatchObject([{ action: 'updated', externalId: 'A', changed: ['budgetUsd', 'status'] }, { action: 'closed', externalId: 'B', code: 'VANISHED' }]);
    expect(await deps.db.fundOperation.findMany({ orderBy: [{ externalId: 'asc' }, { id: 'asc' }], select: { externalId: true, status: true, amountMinor: true } })).toEqual([
      { externalId: 'A', status: 'reversed', amountMinor: 100_050n },
      { externalId: 'A', status: 'approved', amountMinor: 200_000n },
      { externalId: 'B', status: 'reversed', amountMinor: 700n },
      { externalId: 'C', status: 'approved', amountMinor: 100_050n },
      { externalId: 'D', status: 'approved', amountMinor: 100_050n },
    ]);
    const { id: fundId } = (await deps.db.pooledFund.findFirst({ where: { externalId: '86' } }))!;
    expect(await deps.db.fundAccount.findMany({ where: { fundId } })).toMatchObject([{ allocatedMinor: 300_050n }]);
    await expectSoundLedger(deps.db);
    const back = await load('cbpf_projects', projects(project('B', { budget: '7' })));
    expect(back.rows).toMatchObject([{ action: 'created', code: 'CAME_BACK' }]);
    await expectSoundLedger(deps.db);
  });

  test('to come, cancelled or without an amount post nothing, and say why', async () => {
    const run = await load('cbpf_projects', projects(project('A', { approved: '12/13/2099 5:37:46 PM' }), project('B', { status: 'Cancelled' }), project('C', { budget: '0' }), project('D', { fund: '84' })), { countries: ['MLI'] });
    expect(run.rows.map(({ externalId, action, code }) => [externalId, action, code])).toEqual([['B', 'created', 'NOT_AWARDED'], ['C', 'created', 'NO_AMOUNT'], ['D', 'left_out', 'OUTSIDE_COUNTRIES'], ['A', 'left_out', 'DATE_TO_COME']]);
    expect(run.french[0]!.text).toBe('Annulé ou refusé à la source : rien n’est alloué.');
    expect(await deps.db.fundEntry.count()).toBe(0);
    await expectSoundLedger(deps.db);
  });

  test('that cannot be read are listed, and a complete file that has one closes nothing', async () => {
    const rows = [project('A'), project('A'), project('B', { fund: '999' }), project('C', { source: '3', type: '9', budget: '-1', start: '13/13/2021', approved: '' }), project('', { budget: 'x' }), 'too,few'];
    const run = await load('cbpf_projects', projects(...rows));
    expect(run.rows.map(({ row, code }) => [row, code])).toEqual([
[3, 'FUND_NOT_LISTED'], [4, 'MODALITY_UNKNOWN'], [4, 'PARTNER_TYPE_UNKNOWN'], [4, 'DATE_FORMAT'], [4, 'AMOUNT_NEGATIVE'], [5, 'NAME_MISSING'], [5, 'AMOUNT_FORMAT'], [6, 'COLUMN_COUNT'], [1, 'ROW_REPEATED'], [2, 'ROW_REPEATED'],
    ]);
    expect(run.french[0]!.text).toBe('Le fonds 999 n’est pas dans la liste des fonds ; joignez MstPooledFund.csv.');
    const refused = await load('cbpf_projects', projects(...rows), { complete: true, countries: ['MLI'], years: [2021] });
    expect(refused).toMatchObject({ status: 'failed', error: { code: 'SNAPSHOT_INCOMPLETE' } });
  });

  test('contributions to the same funds find them by name', async () => {
    await load('cbpf_projects', projects(project('A')));
    const run = await load('cbpf', [contributions(given(2021, 'Norway', 'NO', 'Mali (RhPF-WCA)', '20', '1'), given(2021, 'Norway', 'NO', 'Nowhere', '20', '1'), given(2021, 'Norway', 'NO', 'Niger (RhPF-WCA)', '30', '0')), FUNDS], { countries: ['MLI'] });
    expect(run.rows.map(({ action, code }) => [action, code])).toEqual([['problem', 'FUND_UNKNOWN'], ['created', null], ['left_out', 'OUTSIDE_COUNTRIES']]);
    const again = await load('cbpf', [contributions(given(2021, 'Norway', 'NO', 'Mali (RhPF-WCA)', '20', '1'))]);
    expect(again.summary!.counts).toMatchObject({ unchanged: 1, problems: 0 });
    expect(await deps.db.commitment.findMany()).toMatchObject([{ externalId: '2021/86/norway', countries: ['MLI'], sourceSystem: 'cbpf' }]);
    expect(await deps.db.fundAccount.findMany()).toMatchObject([{ incomeMinor: 2000n, allocatedMinor: 100_050n }]);
    await expectSoundLedger(deps.db);
  });

  whenReal('of the real file of 2021 give each fund the number and the sum that its rows give', async () => {
    const names = ['ProjectSummaryV2_2021.csv', 'MstPooledFund.csv', 'MstAllocationSource.csv', 'MstClusters.csv', 'MstOrgType.csv'];
    const run = await load('cbpf_projects', names.map(real));
    const [head = [], ...rows] = otherReading(real('ProjectSummaryV2_2021.csv').content.toString());
    const at = (row: readonly string[], name: string) => row[head.indexOf(name)]!;
    const expected = new Map<string, { readonly projects: number; readonly cents: bigint }>();
    for (const row of rows) {
      const before = expected.get(at(row, 'PFId')) ?? { projects: 0, cents: 0n };
      expected.set(at(row, 'PFId'), { projects: before.projects + 1, cents: before.cents + roundedCents(at(row, 'PrgBdg')) });
    }
    expect(run.summary!.counts).toMatchObject({ read: rows.length, created: rows.length, leftOut: 0, problems: 0 });
    const found = await deps.db.$queryRaw<{ id: string; projects: number; cents: bigint; allocated: bigint }[]>`
      SELECT f.external_id AS id, count(DISTINCT e.operation_id)::int AS projects, sum(e.amount_minor)::bigint AS cents, a.allocated_minor AS allocated
      FROM fund_entry e JOIN pooled_fund f ON f.id = e.fund_id JOIN fund_account a ON a.fund_id = f.id WHERE e.kind = 'allocation' GROUP BY f.external_id, a.allocated_minor`;
    expect(new Map(found.map(({ id, projects: number, cents }) => [id, { projects: number, cents }]))).toEqual(expected);
    expect(found.every(({ cents, allocated }) => cents === allocated)).toBe(true);
    process.stdout.write(`${rows.length} projects of ${expected.size} funds compared with the file\n`);
    const before = await rowCounts();
    expect((await load('cbpf_projects', names.map(real))).summary!.counts).toMatchObject({ created: 0, updated: 0, unchanged: rows.length });
    expect(await rowCounts()).toEqual(before);
    await expectSoundLedger(deps.db);
  }, 120_000);
});

test('the terminal takes every source, and refuses what one does not take', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'liptako-'));
  const write = ({ name, content }: File) => {
    writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };
  const ask = (...args: readonly string[]) => {
    const env = { PATH: process.env.PATH, LIPTAKO_LANG: 'fr', LIPTAKO_MODE: 'test', LOG_LEVEL: 'error', DATABASE_URL: app.database.url };
    return new Promise<{ code: number | null; out: string }>((resolve) => {
      const child = spawn(process.execPath, ['scripts/run.mjs', 'scripts/import.ts', ...args], { cwd: path.resolve(__dirname, '../..'), env });
      let out = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => void (out += String(text)));
      child.once('close', (code) => resolve({ code, out }));
    });
  };
  const gifts = write(contributions(given(2020, 'Spain', 'ES', 'x', '10', '0')));
  const files = projects(project('A'), project('B')).map(write);
  const paid = await ask('cerf', gifts);
  expect(paid.code).toBe(0);
  expect(paid.out).toContain('1 lus : 1 nouveaux');
  const awarded = await ask('cbpf_projects', ...files, '--countries', 'MLI', '--years', '2021', '--complete');
  expect(awarded.code).toBe(0);
  expect(awarded.out).toContain('2 lus : 2 nouveaux');
  const refused = await ask('cerf', gifts, '--as-of', '2026-01-01');
  expect(refused.code).toBe(2);
  expect(refused.out).toContain('cbpf_projects');
  rmSync(folder, { recursive: true });
}, 120_000);

/** Another reading of a CSV than the import's: character by character. */
function otherReading(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  let cell = '';
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charAt(index);
    if (char === '"') {
      if (quoted && text.charAt(index + 1) === '"') continue;
      if (!quoted && cell !== '' && text.charAt(index - 1) === '"') cell += '"';
      quoted = !quoted;
    } else if (!quoted && (char === ',' || char === '\n')) {
      rows.at(-1)!.push(cell);
      cell = '';
      if (char === '\n') rows.push([]);
    } else if (char !== '\r') cell += char;
  }
  rows.at(-1)!.push(cell);
  return rows.filter((row) => row.length > 1);
}

/** Cents of a published number, half-up, without the import's code. */
function roundedCents(text: string): bigint {
  const [mantissa = '', exponent = '0'] = text.toUpperCase().split('E');
  const [whole = '', decimals = ''] = mantissa.split('.');
  const shift = Number(exponent) + 2;
  const digits = (decimals + '0'.repeat(40)).slice(0, shift + 1);
  const tenths = BigInt(whole + digits);
  return (tenths + 5n) / 10n;
}
