import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import request from 'supertest';
import type { ImportInput } from '../../src/features/imports/imports.schema.js';
import type { Deps } from '../../src/deps.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { expectSoundLedger } from '../support/sound-ledger.js';
import { importFiles, type Options } from '../support/import-files.js';

const REAL = path.resolve(__dirname, '../../../shared/fixtures');
const REQUIREMENTS = path.join(REAL, 'fts/fts_requirements_funding_global.csv');
const LIST = path.join(REAL, 'plans/humanitarian-response-plans.csv');

const SAHEL = ['BFA', 'MLI', 'MRT', 'NER', 'SEN', 'TCD', 'TGO'];

let app: TestApp;
let deps: Deps;

beforeEach(async () => {
  app = await startTestApp();
  ({ deps } = app);
});

afterEach(async () => {
  await app.close();
});

const load = (source: ImportInput['source'], text: string | Buffer, options: Options = {}) =>
  importFiles(deps, source, [{ name: 'file.csv', content: Buffer.from(text) }], options);

const counts = () =>
  deps.db.$queryRaw<object[]>`SELECT (SELECT count(*)::int FROM response_plan) AS plans, (SELECT count(*)::int FROM plan_requirement) AS figures,
    (SELECT count(*)::int FROM requirement_part) AS parts, (SELECT count(*)::int FROM published_funding) AS published, (SELECT count(*)::int FROM record_revision) AS revisions`;

const HEADER = 'countryCode,id,name,code,typeId,typeName,startDate,endDate,year,requirements,funding,percentFunded';
const HXL = '#country+code,#activity+appeal+id+fts_internal,#activity+appeal+name,#activity+appeal+id+external,#activity+appeal+type+id,#activity+appeal+type,#date+start,#date+end,#date+year,#value+funding+required+usd,#value+funding+total+usd,#value+funding+pct';
const mali = 'MLI,1401,"Mali, plan de réponse 2026",HMLI26,2070,Humanitarian needs and response plan,2026-01-01,2026-12-31,2026,551000000,110200000,20';
const regionMali = 'MLI,1402,Regional plan 2026,RSAH26,111,Regional response plan,2026-01-01,2026-12-31,2026,100,33,33';
const regionGhana = 'GHA,1402,Regional plan 2026,RSAH26,111,Regional response plan,2026-01-01,2026-12-31,2026,200.50,,';
const requirements = (...rows: readonly string[]) => [HEADER, HXL, ...rows].join('\n');

describe('requirements of FTS', () => {
  test('become plans, a figure with its states, and what is published', async () => {
    const run = await load('fts_requirements', requirements(mali, regionMali, regionGhana, 'MLI,,Not specified,,,,,,2026,,23016843,', 'GHA,,Not specified,,,,,,2026,,5,'), { asOf: '2026-11-01' });
    expect(run.summary!.counts).toMatchObject({ read: 5, created: 2, updated: 1, leftOut: 1, problems: 0 });
    const plans = await deps.db.responsePlan.findMany({ orderBy: { code: 'asc' }, include: { requirements: { include: { parts: { orderBy: { number: 'asc' } } } }, published: { orderBy: { country: 'asc' } } } });
    expect(plans).toMatchObject([
      {
        code: 'HMLI26',
        ftsId: '1401',
        nameFr: 'Mali, plan de réponse 2026',
        year: 2026,
        startsOn: new Date('2026-01-01'),
        endsOn: new Date('2026-12-31'),
        category: 'Humanitarian needs and response plan',
        countries: ['MLI'],
        requirements: [{ kind: 'revised', amountMinor: 55_100_000_000n, currency: 'USD', asOf: new Date('2026-11-01'), source: 'OCHA FTS', parts: [{ country: 'MLI', amountMinor: 55_100_000_000n }] }],
        published: [{ country: 'MLI', year: 2026, requirementsMinor: 55_100_000_000n, fundingMinor: 11_020_000_000n, percent: 20, sourceSystem: 'fts' }],
      },
      {
        code: 'RSAH26',
        countries: ['GHA', 'MLI'],
        requirements: [{ amountMinor: 30_050n, parts: [{ country: 'MLI', amountMinor: 10_000n }, { country: 'GHA', amountMinor: 20_050n }] }],
        published: [{ country: 'GHA', fundingMinor: null, percent: null }, { country: 'MLI', percent: 33 }],
      },
    ]);
    expect(await deps.db.publishedFunding.findMany({ where: { planId: null } })).toMatchObject([{ country: 'MLI', fundingMinor: 2_301_684_300n, requirementsMinor: null }]);
    await expectSoundLedger(deps.db);
  });

  test('change nothing the second time, whatever the day, and an older file neither', async () => {
    const file = requirements(mali, regionMali, regionGhana, 'MLI,,Not specified,,,,,,2026,,23016843,');
    await load('fts_requirements', file, { asOf: '2026-11-01' });
    const before = await counts();
    const again = await load('fts_requirements', file);
    expect(again.summary!.counts).toMatchObject({ created: 0, updated: 0, unchanged: 3 });
    await load('fts_requirements', requirements(mali.replace('551000000', '1')), { asOf: '2026-10-01' });
    expect(await counts()).toEqual(before);
  });

  test('that changed are a new version, and what is published stays beside what was', async () => {
    await load('fts_requirements', requirements(mali), { asOf: '2026-11-01' });
    const run = await load('fts_requirements', requirements(mali.replace('551000000,110200000,20', '600000000,120000000,20')), { asOf: '2026-11-15' });
    expect(run.rows).toMatchObject([{ action: 'updated', externalId: '1401', changed: ['requirements', 'published'] }]);
    expect(await deps.db.planRequirement.findMany({ orderBy: { recordedAt: 'asc' }, select: { amountMinor: true, asOf: true } })).toEqual([
      { amountMinor: 55_100_000_000n, asOf: new Date('2026-11-01') },
      { amountMinor: 60_000_000_000n, asOf: new Date('2026-11-15') },
    ]);
    expect(await deps.db.publishedFunding.count()).toBe(2);
  });

  test('find a plan that was entered by hand by its code and fill in what is empty', async () => {
    await deps.db.responsePlan.create({ data: { id: '00000000-0000-7000-8000-00000000aaaa', code: 'HMLI26', nameFr: 'Notre nom', nameEn: 'Our name', countries: ['MLI'], year: 2025 } });
    await load('fts_requirements', requirements(mali));
    expect(await deps.db.responsePlan.findMany()).toMatchObject([{ ftsId: '1401', nameFr: 'Notre nom', year: 2025, category: 'Humanitarian needs and response plan' }]);
  });

  test('of which rows are wrong: these are listed in both languages, the others taken in', async () => {
    const run = await load(
      'fts_requirements',
      requirements(mali, mali, 'QQQ,9,Nowhere,HQQQ26,,,,,2026,1,,', 'NER,10,Niger,HNER26,,,31-12-2026,,26,1e99,x,half', 'BFA,11,too,few', 'TCD,12,Negative,HTCD26,,,,,2026,-5,,'),
    );
    const listed = run.rows.filter(({ action }) => action === 'problem').map(({ row, code }) => [row, code]);
    expect(listed).toEqual([[2, 'ROW_REPEATED'], [3, 'UNKNOWN_COUNTRY'], [4, 'PERCENT_FORMAT'], [4, 'USAGE_YEAR_FORMAT'], [4, 'AMOUNT_TOO_LARGE'], [4, 'AMOUNT_FORMAT'], [4, 'DATE_FORMAT'], [5, 'COLUMN_COUNT'], [6, 'AMOUNT_NEGATIVE']]);
    expect(run.french.find(({ code }) => code === 'AMOUNT_NEGATIVE')!.text).toBe('Le montant « -5 » (requirements) est négatif.');
    expect(run.rows.find(({ code }) => code === 'AMOUNT_NEGATIVE')!.text).toBe('The amount "-5" (requirements) is negative.');
    expect(run.summary!.counts).toMatchObject({ created: 1, problems: 9 });
  });

  test('a dry run says the same and keeps nothing', async () => {
    const before = await counts();
    const dry = await load('fts_requirements', requirements(mali, regionMali), { dryRun: true });
    expect(await counts()).toEqual(before);
    const real = await load('fts_requirements', requirements(mali, regionMali));
    expect(dry.summary).toEqual(real.summary);
  });

  (existsSync(REQUIREMENTS) ? test : test.skip)('of the real file give the percentages that it states for every plan of the Sahel', async () => {
    const text = readFileSync(REQUIREMENTS, 'utf8');
    const run = await load('fts_requirements', text, { countries: 'all', asOf: '2026-04-30' });
    expect(run.summary!.counts).toMatchObject({ problems: 0, leftOut: 0, read: text.trim().split('\n').length - 1 });
    const [head = [], ...rows] = cellsOf(text);
    const at = (row: readonly string[], name: string) => row[head.indexOf(name)] ?? '';
    const stated = rows.filter((row) => SAHEL.includes(at(row, 'countryCode')) && at(row, 'id') !== '' && at(row, 'requirements') !== '');
    const published = await deps.db.publishedFunding.findMany({ where: { planId: { not: null }, country: { in: SAHEL } }, include: { plan: true } });
    const ofRow = new Map(published.map((one) => [`${one.plan?.ftsId} ${one.country}`, one]));
    let compared = 0;
    for (const row of stated) {
      const one = ofRow.get(`${at(row, 'id')} ${at(row, 'countryCode')}`)!;
      const required = one.requirementsMinor ?? 0n;
      expect(required).toBe(BigInt(at(row, 'requirements')) * 100n);
      if (at(row, 'percentFunded') === '') continue;
      const percent = ((one.fundingMinor ?? 0n) * 200n + required) / (2n * required);
      expect(String(percent)).toBe(at(row, 'percentFunded'));
      compared += 1;
    }
    const sums = new Map<string, bigint>();
    const inSahel = new Set(stated.map((row) => at(row, 'id')));
    for (const row of rows.filter((one) => inSahel.has(at(one, 'id')))) sums.set(at(row, 'id'), (sums.get(at(row, 'id')) ?? 0n) + BigInt(at(row, 'requirements') || '0') * 100n);
    const plans = await deps.db.responsePlan.findMany({ where: { ftsId: { in: [...sums.keys()] } }, include: { requirements: true } });
    expect(new Map(plans.map(({ ftsId, requirements: figures }) => [ftsId, figures.map(({ amountMinor }) => amountMinor)]))).toEqual(new Map([...sums].map(([id, sum]) => [id, [sum]])));
    process.stdout.write(`${compared} percentages and ${plans.length} plans of the Sahel compared with the file\n`);
    expect(compared).toBeGreaterThan(100);
    const before = await counts();
    const again = await load('fts_requirements', text, { countries: 'all' });
    expect(again.summary!.counts).toMatchObject({ created: 0, updated: 0, problems: 0 });
    expect(await counts()).toEqual(before);
  }, 180_000);
});

/** Another reading of a CSV than the import's: quoted cells by hand. */
function cellsOf(text: string): readonly (readonly string[])[] {
  return text.trim().split(/\r?\n/).map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ''));
}

const LIST_HEADER = 'code,internalId,startDate,endDate,planVersion,categories,locations,years,origRequirements,revisedRequirements';
const LIST_HXL = '#response+code,#meta+id,#date+start,#date+end,#response+name,#response+type+list,#country+code+list,#date+year+list,#value+requirements+orig+c_usd,#value+requirements+revised+c_usd';
const listed = (...rows: readonly string[]) => [LIST_HEADER, LIST_HXL, ...rows].join('\n');
const maliListed = 'HMLI26,8128,2026-01-01,2026-12-31,Mali plan 2026,Humanitarian needs and response plan | cluster | fr,MLI,2026,500,551';

describe('the list of plans', () => {
  test('gives original and revised requirements, categories and several states', async () => {
    const run = await load(
      'plan_list',
      listed(maliListed, 'RREG26,8215,2026-01-01,2027-12-31,Regional plan 2026,sector | en | Regional response plan,NER | MLI | TCD,2026 | 2027,0,300', 'R05,1,2005-01-01,2005-12-31,Sahel 2005,Regional response plan,MLI,2005,0,7', 'R05,2,2005-01-01,2005-12-31,Lakes 2005,Regional response plan,MLI,2005,0,0'),
      { asOf: '2026-11-01' },
    );
    expect(run.summary!.counts).toMatchObject({ read: 4, created: 4, problems: 0 });
    const plans = await deps.db.responsePlan.findMany({ orderBy: { code: 'asc' }, include: { requirements: { orderBy: [{ recordedAt: 'desc' }, { id: 'desc' }], include: { parts: true } } } });
    expect(plans).toMatchObject([
      { code: 'HMLI26', ftsId: null, category: 'Humanitarian needs and response plan', year: 2026, requirements: [{ kind: 'revised', amountMinor: 55_100n, source: 'OCHA HPC' }, { kind: 'original', amountMinor: 50_000n, asOf: new Date('2026-01-01') }] },
      { code: 'R05-1', nameEn: 'Sahel 2005', requirements: [{ amountMinor: 700n }] },
      { code: 'R05-2', nameEn: 'Lakes 2005', requirements: [] },
      { code: 'RREG26', category: 'Regional response plan', countries: ['MLI', 'NER', 'TCD'], year: 2026, requirements: [{ kind: 'revised', amountMinor: 30_000n, parts: [] }] },
    ]);
    const before = await counts();
    expect((await load('plan_list', listed(maliListed))).summary!.counts).toMatchObject({ created: 0, updated: 0, unchanged: 1 });
    expect(await counts()).toEqual(before);
  });

  test('after the requirements of FTS: the original comes before the current figure, which keeps its states', async () => {
    await load('fts_requirements', requirements(mali.replace('551000000', '551')), { asOf: '2026-10-01' });
    const run = await load('plan_list', listed(maliListed), { asOf: '2026-11-01' });
    expect(run.rows).toMatchObject([{ action: 'updated', changed: ['original'] }]);
    const [plan] = await deps.db.responsePlan.findMany({ include: { requirements: { orderBy: [{ recordedAt: 'desc' }, { id: 'desc' }], include: { parts: true } } } });
    expect(plan!.requirements).toMatchObject([{ kind: 'revised', amountMinor: 55_100n, parts: [{ country: 'MLI' }] }, { kind: 'original', amountMinor: 50_000n }, { kind: 'revised', amountMinor: 55_100n }]);
    expect((await load('plan_list', listed(maliListed), { asOf: '2026-11-02' })).summary!.counts).toMatchObject({ updated: 0, unchanged: 1 });
    expect((await load('fts_requirements', requirements(mali.replace('551000000', '551')))).summary!.counts).toMatchObject({ updated: 0, unchanged: 1 });
  });

  test('lists what is wrong', async () => {
    const run = await load('plan_list', listed(maliListed, 'X,8,2026-13-01,,Bad,,MLI | QQQ,26,-1,x', maliListed));
    expect(run.rows.filter(({ action }) => action === 'problem').map(({ row, code }) => [row, code])).toEqual([[2, 'UNKNOWN_COUNTRY'], [2, 'USAGE_YEAR_FORMAT'], [2, 'AMOUNT_NEGATIVE'], [2, 'AMOUNT_FORMAT'], [2, 'DATE_FORMAT'], [3, 'ROW_REPEATED']]);
  });

  (existsSync(LIST) ? test : test.skip)('of the real file is taken in whole, and the same again', async () => {
    const run = await load('plan_list', readFileSync(LIST), { countries: 'all', asOf: '2026-04-30' });
    const mains = { read: 910, leftOut: 0 };
    expect(run.summary!.counts).toMatchObject(mains);
    const before = await counts();
    const again = await load('plan_list', readFileSync(LIST), { countries: 'all' });
    expect(again.summary!.counts).toMatchObject({ ...mains, created: 0, updated: 0 });
    expect(await counts()).toEqual(before);
  }, 180_000);
});

test('an officer imports plans of the own states only, and never files of the pooled funds', async () => {
  const officer = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
  const ask = (fields: Readonly<Record<string, string>>, language = 'en') => {
    const sent = request(app.app).post('/v1/imports').set('authorization', `Bearer ${officer.token}`).set('accept-language', language);
    const filled = Object.entries(fields).reduce((all, [name, value]) => all.field(name, value), sent);
    return filled.attach('files', Buffer.from(requirements(mali)), 'file.csv');
  };
  const own = await ask({ source: 'fts_requirements' });
  expect([own.status, own.body.countries]).toEqual([202, ['MLI']]);
  const other = await ask({ source: 'plan_list', countries: 'NER' });
  expect([other.status, other.body.code]).toEqual([403, 'OUT_OF_SCOPE']);
  for (const source of ['cerf', 'cbpf', 'cbpf_projects']) {
    const funds = await ask({ source });
    expect([funds.status, funds.body.code]).toEqual([403, 'FORBIDDEN']);
  }
  const unfit = await ask({ source: 'fts_requirements', years: '2026' }, 'fr');
  expect(unfit.status).toBe(400);
  expect(JSON.stringify(unfit.body)).toContain('Ce genre d’import ne prend pas');
});
