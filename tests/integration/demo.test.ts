import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { demoAccounts } from '../../prisma/demo/accounts.js';
import { type LoadedDemo, loadDemoData } from '../../prisma/demo/load.js';
import { nextTotp } from '../../src/features/auth/totp.js';
import { checkLedger } from '../../src/features/ledger-check/ledger-check.service.js';
import { computeReport } from '../../src/features/reports/compute-report.js';
import { startTestApp, type TestApp } from '../support/app.js';

interface Contribution {
  readonly stage: 'pledge' | 'commitment' | 'disbursement';
  readonly donor: string;
  readonly boundary?: string;
  readonly splits: { readonly country?: readonly { readonly code: string; readonly share?: string }[] };
  readonly amount: string;
  readonly currency: string;
  readonly valueDate: string;
  readonly source: string;
}

interface Data {
  readonly organisations: readonly { readonly key: string; readonly name: string }[];
  readonly contributions: readonly Contribution[];
  readonly exchangeRates: { readonly days: readonly { readonly date: string; readonly rates: Readonly<Record<string, string>> }[] };
}

const data = JSON.parse(readFileSync(path.resolve(__dirname, '../../prisma/demo/data.json'), 'utf8')) as Data;
const STAGES = ['pledge', 'commitment', 'disbursement'] as const;

let app: TestApp;
let loaded: LoadedDemo;

beforeAll(async () => {
  app = await startTestApp();
  loaded = await loadDemoData(app.database.url, { current: app.deps.config.dataKey });
});

afterAll(() => app.close());

async function signIn(role: string) {
  const { email, password } = loaded.users.find((user) => user.role === role)!;
  const { totpSecret } = demoAccounts.find((account) => account.email === email)!;
  // Each sign-in of the tests comes within the same half minute; a code counts once.
  await app.deps.db.userCredential.updateMany({ where: { user: { email } }, data: { totpLastStep: null } });
  const totp = totpSecret && nextTotp(totpSecret, new Date(), null).code;
  const { body } = await app.anonymous.post('/v1/auth/login').send({ email, password, totp }).expect(200);
  const authorization = `Bearer ${(body as { accessToken: string }).accessToken}`;
  return {
    user: (body as { user: { roles: string[] } }).user,
    get: async (address: string) => (await app.anonymous.get(address).set('authorization', authorization).expect(200)).body as unknown,
    post: async (address: string, sent: object) => (await app.anonymous.post(address).set('authorization', authorization).send(sent).expect(202)).body as unknown,
  };
}

type Person = Awaited<ReturnType<typeof signIn>>;

interface Flow {
  readonly donorId: string;
  readonly countries: readonly string[];
  readonly evidence: { readonly reference: string | null };
}

async function flowsOf(person: Person): Promise<Flow[]> {
  const lists = ['pledges', 'commitments'].map((list) => person.get(`/v1/${list}?limit=200`) as Promise<{ items: Flow[] }>);
  return (await Promise.all(lists)).flatMap(({ items }) => items);
}

async function totalsOf(person: Person): Promise<Record<string, string>> {
  const { id } = (await person.post('/v1/reports', { groupBy: ['state'], currency: 'USD' })) as { id: string };
  await computeReport.run(app.deps, { runId: id });
  return ((await person.get(`/v1/reports/${id}/json`)) as { total: Record<string, string> }).total;
}

/** An amount in cents of a dollar: × dollars per euro ÷ units per euro of its day, rounded half-up once. */
function usdCents({ amount, currency, valueDate }: Contribution): bigint {
  if (currency === 'USD') return scaled(amount, 2);
  const { rates } = data.exchangeRates.days.filter(({ date }) => date <= valueDate).at(-1)!;
  const perEuro = { EUR: '1', XOF: '655.957', XAF: '655.957', ...rates }[currency]!;
  const numerator = scaled(amount, 2) * scaled(rates.USD!, 6);
  const denominator = scaled(perEuro, 6);
  return (2n * numerator + denominator) / (2n * denominator);
}

function scaled(decimal: string, digits: number): bigint {
  const [whole = '', decimals = ''] = decimal.split('.');
  return BigInt(whole + decimals.padEnd(digits, '0'));
}

/** What is promised, committed and paid, in dollars: a payment is also the commitment it was paid from. */
function expectedTotals(contributions: readonly Contribution[], centsOf = usdCents) {
  const sum = (...stages: readonly string[]) => {
    const cents = contributions.filter(({ stage }) => stages.includes(stage)).reduce((total, one) => total + centsOf(one), 0n);
    return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
  };
  return { pledged: sum('pledge'), committed: sum('commitment', 'disbursement'), disbursed: sum('disbursement') };
}

const isCrossing = ({ boundary }: Contribution) => boundary !== 'internal';
const crossing = data.contributions.filter(isCrossing);
const forMali = data.contributions.filter(({ splits }) => splits.country?.some(({ code }) => code === 'MLI'));

/** A flow counts with the share of the state, and whole where it is shared without a split. */
function maliCents(contribution: Contribution): bigint {
  const share = contribution.splits.country?.find(({ code }) => code === 'MLI')?.share ?? '100';
  return (usdCents(contribution) * BigInt(share)) / 100n;
}

describe('the demonstration', () => {
  test('is loaded once', async () => {
    const count = () => Promise.all([app.deps.db.appUser.count(), app.deps.db.organisation.count(), app.deps.db.journalEntry.count(), app.deps.db.auditEvent.count()]);
    const before = await count();
    expect(await loadDemoData(app.database.url, { current: app.deps.config.dataKey })).toEqual(loaded);
    expect(await count()).toEqual(before);
    const byStage = await app.deps.db.journalEntry.groupBy({ by: ['stage'], _count: true });
    const contributionsOf = (...stages: string[]) => data.contributions.filter(({ stage }) => stages.includes(stage)).length;
    const expected = [contributionsOf('pledge'), contributionsOf('commitment', 'disbursement'), contributionsOf('disbursement')];
    expect(STAGES.map((stage) => byStage.find((row) => row.stage === stage)?._count)).toEqual(expected);
  });

  test('lets every account sign in with its role', async () => {
    expect(loaded.users.length).toBeGreaterThanOrEqual(6);
    for (const { role } of loaded.users) expect((await signIn(role)).user.roles).toEqual([role]);
  });

  test('shows the minister the flows of Mali and no others', async () => {
    const minister = await signIn('minister');
    const flows = await flowsOf(minister);
    expect(flows.filter(({ countries }) => !countries.includes('MLI'))).toEqual([]);
    expect(flows).toHaveLength(forMali.length);
    expect(await totalsOf(minister)).toMatchObject(expectedTotals(forMali.filter(isCrossing), maliCents));
  });

  test('shows the donor the own contributions and no others', async () => {
    const donor = await signIn('donor');
    const echo = await app.deps.db.organisation.findFirstOrThrow({ where: { name: data.organisations.find(({ key }) => key === 'echo')!.name } });
    const flows = await flowsOf(donor);
    expect(new Set(flows.map(({ donorId }) => donorId))).toEqual(new Set([echo.id]));
    expect(flows).toHaveLength(data.contributions.filter(({ donor: key }) => key === 'echo').length);
    expect(await totalsOf(donor)).toMatchObject(expectedTotals(crossing.filter(({ donor: key }) => key === 'echo')));
  });

  test('sums in dollars to what its file and its rates give', async () => {
    expect(await totalsOf(await signIn('auditor'))).toMatchObject(expectedTotals(crossing));
  });

  test('says where each contribution was published', async () => {
    const flows = await flowsOf(await signIn('auditor'));
    expect(flows.map(({ evidence }) => evidence.reference).sort()).toEqual(data.contributions.map(({ source }) => source).sort());
    expect(data.contributions.filter(({ source }) => source.trim().length < 10)).toEqual([]);
  });

  test('leaves a ledger in which nothing is broken', async () => {
    const results = await checkLedger(app.deps.db);
    expect(results.filter(({ rows }) => rows.length > 0)).toEqual([]);
    expect(results.reduce((sum, { checked }) => sum + checked, 0)).toBeGreaterThan(0);
  });
});
