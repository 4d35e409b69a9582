import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addRequirementVersion, insertPublished, type NewPublished } from '../../src/features/plans/plans.store.js';
import { inSystemTransaction } from '../../src/platform/tenant.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';

let app: TestApp;
let officer: Client;
let reader: Client;

beforeAll(async () => {
  app = await startTestApp();
  officer = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
  reader = await app.user({ roles: ['minister'], states: ['NER'] });
});
afterAll(() => app.close());

let count = 0;
async function newPlan(more: object = {}): Promise<string> {
  count += 1;
  const body = { code: `P-${count}`, nameFr: 'Plan', nameEn: 'Plan', countries: ['MLI', 'NER'], year: 2026, ...more };
  return ((await officer.post('/v1/response-plans', body).expect(201)).body as { id: string }).id;
}

interface PlanAnswer {
  readonly original: { readonly amount: { readonly amount: string } } | null;
  readonly current: PlanAnswer['original'];
  readonly requirements: readonly { readonly recordedAt: string; readonly amount: { readonly amount: string } }[];
  readonly caseloads: readonly object[];
  readonly published: readonly object[];
  readonly [field: string]: unknown;
}
const read = async (id: string, query = '') => (await reader.get(`/v1/response-plans/${id}${query}`).expect(200)).body as PlanAnswer;
const usd = (amount: string) => ({ amount, currency: 'USD' });
const require = (id: string, amount: string, more: object = {}) => officer.post(`/v1/response-plans/${id}/requirements`, { amount: usd(amount), asOf: '2026-01-15', source: 'OCHA', ...more });
const caseload = (id: string, more: object) => officer.post(`/v1/response-plans/${id}/caseloads`, { asOf: '2026-01-15', source: 'HNO', ...more });

/** A moment after everything recorded until now, to the microsecond. */
async function moment(): Promise<string> {
  const [row] = await app.deps.db.$queryRaw<{ at: string }[]>`SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`;
  return row?.at ?? '';
}

test('a plan says of what kind it is, its sectors and its beneficiary groups', async () => {
  const [sector = ''] = app.deps.reference.sectors.keys();
  const [group = ''] = app.deps.reference.beneficiaryGroups.keys();
  const id = await newPlan({ category: 'Flash appeal', sectors: [sector], beneficiaryGroups: [group] });
  expect(await read(id)).toMatchObject({ category: 'Flash appeal', sectors: [sector], beneficiaryGroups: [group], original: null, current: null, caseloads: [], published: [] });
  await officer.edit(`/v1/response-plans/${id}`, { category: null, sectors: [] }).expect(200);
  expect(await read(id)).toMatchObject({ category: null, sectors: [], beneficiaryGroups: [group] });
  const wrong = await officer.edit(`/v1/response-plans/${id}`, { sectors: ['nope'] });
  expect(wrong.body).toMatchObject({ status: 400, code: 'CODE_UNKNOWN', field: 'sectors.0' });
});

describe('requirements', () => {
  test('have an original and a current figure, now and as of a moment', async () => {
    const id = await newPlan();
    await require(id, '100.00').expect(201);
    const before = await moment();
    await require(id, '120.00', { asOf: '2026-05-01' }).expect(201);
    expect(await read(id)).toMatchObject({ original: { amount: usd('100.00') }, current: { amount: usd('120.00') } });
    expect(await read(id, `?asOf=${before}`)).toMatchObject({ original: { amount: usd('100.00') }, current: { amount: usd('100.00') }, requirements: [{ amount: usd('100.00') }] });
    await require(id, '90.00', { kind: 'original', asOf: '2025-12-01' }).expect(201);
    expect(await read(id)).toMatchObject({ original: { kind: 'original', amount: usd('90.00') }, current: { kind: 'revised', amount: usd('120.00') } });
    expect((await reader.get(`/v1/response-plans/${id}?asOf=2999-01-01T00:00:00Z`)).body).toMatchObject({ status: 400, code: 'AS_OF_IN_FUTURE', field: 'asOf' });
  });

  test('are made of parts that never exceed them in one dimension', async () => {
    const id = await newPlan();
    const [one = '', two = ''] = app.deps.reference.sectors.keys();
    const parts = [{ country: 'MLI', amount: '60' }, { country: 'NER', amount: '40.00' }, { sector: one, amount: '100.00' }];
    const answer = await require(id, '100.00', { parts }).expect(201);
    expect((answer.body as { parts: object[] }).parts).toEqual([
      { country: 'MLI', sector: null, beneficiaryGroup: null, amount: usd('60.00') },
      { country: 'NER', sector: null, beneficiaryGroup: null, amount: usd('40.00') },
      { country: null, sector: one, beneficiaryGroup: null, amount: usd('100.00') },
    ]);
    const tooMuch = [{ sector: one, amount: '60' }, { sector: two, amount: '60.01' }];
    const refused = await require(id, '120.00', { parts: tooMuch });
    expect(refused.body).toMatchObject({ status: 400, code: 'REQUIREMENT_PARTS_EXCEED', field: 'parts', detail: 'The parts by sector sum to 120.01; the whole is 120.00.' });
    const french = await require(id, '120.00', { parts: tooMuch }).set('accept-language', 'fr');
    expect(french.body).toMatchObject({ title: 'Les parties dépassent les fonds requis', detail: 'Les parties par secteur font 120.01 ; le tout est de 120.00.' });
  });

  test.each([
    [{ country: 'SEN', amount: '1' }, 'CODE_UNKNOWN', 'parts.0.country'],
    [{ sector: 'nope', amount: '1' }, 'CODE_UNKNOWN', 'parts.0.sector'],
    [{ country: 'MLI', amount: '1.001' }, 'AMOUNT_DIGITS', 'parts.0.amount'],
    [{ country: 'MLI', amount: '-1' }, 'AMOUNT_NOT_POSITIVE', 'parts.0.amount'],
    [{ amount: '1' }, 'VALIDATION', 'parts.0.country'],
  ])('refuse the part %j with %s at %s', async (part, code, field) => {
    expect((await require(await newPlan(), '100.00', { parts: [part] })).body).toMatchObject({ status: 400, code, field });
  });

  test('of an import are kept once', async () => {
    const planId = await newPlan();
    const figure = { planId, kind: 'original', amountMinor: 500n, currency: 'USD', asOf: '2026-01-01', source: 'FTS', parts: [{ country: 'MLI', amountMinor: 200n }] } as const;
    const add = () => inSystemTransaction(app.deps.db, (tx) => addRequirementVersion(tx, figure));
    expect(await add()).toMatchObject({ amountMinor: 500n, parts: [{ country: 'MLI', amountMinor: 200n }] });
    expect(await add()).toBeNull();
    expect((await read(planId)).requirements).toHaveLength(1);
  });
});

describe('people', () => {
  test('in need, targeted and reached: the latest of each cell', async () => {
    const id = await newPlan();
    const [sector = ''] = app.deps.reference.sectors.keys();
    await caseload(id, { inNeed: 6_400_000, targeted: 4_700_000 }).expect(201);
    const before = await moment();
    await caseload(id, { inNeed: 6_500_000, reached: 12 }).expect(201);
    await caseload(id, { country: 'MLI', sector, inNeed: 10 }).expect(201);
    const whole = { country: null, sector: null, beneficiaryGroup: null };
    expect((await read(id)).caseloads).toEqual([
      expect.objectContaining({ ...whole, country: 'MLI', sector, inNeed: 10, targeted: null, reached: null }),
      expect.objectContaining({ ...whole, inNeed: 6_500_000, targeted: null, reached: 12 }),
    ]);
    expect((await read(id, `?asOf=${before}`)).caseloads).toEqual([expect.objectContaining({ ...whole, inNeed: 6_400_000, targeted: 4_700_000 })]);
    const events = await app.deps.db.auditEvent.findMany({ where: { recordId: id, action: 'response_plan.caseload' } });
    expect(events).toHaveLength(3);
  });

  test.each([
    [{}, 'VALIDATION', 'inNeed'],
    [{ inNeed: -1 }, 'VALIDATION', 'inNeed'],
    [{ inNeed: 1, country: 'SEN' }, 'CODE_UNKNOWN', 'country'],
    [{ inNeed: 1, beneficiaryGroup: 'nope' }, 'CODE_UNKNOWN', 'beneficiaryGroup'],
    [{ inNeed: 1, asOf: '2999-01-01' }, 'DATE_IN_FUTURE', 'asOf'],
  ])('refuse %j with %s at %s', async (body, code, field) => {
    expect((await caseload(await newPlan(), body)).body).toMatchObject({ status: 400, code, field });
  });

  test('are recorded by who keeps master data', async () => {
    const id = await newPlan();
    expect((await reader.post(`/v1/response-plans/${id}/caseloads`, { inNeed: 1, asOf: '2026-01-15', source: 'HNO' })).status).toBe(403);
  });
});

test('what a source publishes is shown beside, the latest only; the same again changes nothing', async () => {
  const planId = await newPlan();
  const row: NewPublished = { sourceSystem: 'fts', planId, country: 'MLI', year: 2026, requirementsMinor: 77_130_000n, fundingMinor: 12_300_000n, percent: 16, currency: 'USD', asOf: '2026-04-01', importId: null };
  const insert = (...rows: readonly NewPublished[]) => inSystemTransaction(app.deps.db, (tx) => insertPublished(tx, rows));
  expect(await insert(row, { ...row, planId: null, requirementsMinor: null, percent: null })).toBe(2);
  expect(await insert(row)).toBe(0);
  expect(await insert({ ...row, fundingMinor: 15_400_000n, percent: 20, asOf: '2026-05-01' })).toBe(1);
  expect((await read(planId)).published).toEqual([
    { source: 'fts', country: 'MLI', year: 2026, requirements: usd('771300.00'), funding: usd('154000.00'), percent: 20, asOf: '2026-05-01' },
  ]);
});
