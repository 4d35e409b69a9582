import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FundEntryKind } from '../../src/domain/fund-book.js';
import { attribution } from '../../src/features/fund-figures/attribution.view.js';
import { fundStatement } from '../../src/features/fund-figures/statement.view.js';
import { databaseMoment } from '../../src/features/reports/reports.store.js';
import { Prisma } from '../../src/platform/db.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';

let app: TestApp;
let people: People;
let auditor: Client;
let minister: Client;
let donor: Client;
let stranger: Client;
let [a, b, p, q] = ['', '', '', ''];
let [fund, second] = ['', ''];
let allocation = '';
let commitment = '';

interface Entry {
  readonly kind: FundEntryKind;
  readonly fund: string;
  readonly minor: bigint;
  readonly on: string;
  readonly state?: string;
  readonly donor?: string;
  readonly partner?: string;
  readonly allocation?: string;
  readonly counter?: string;
  readonly restricted?: boolean;
}

/** Posts a movement in euros, as an approved operation or payment does. */
async function post({ kind, fund: fundId, minor, on, state, donor: donorId, partner, allocation: of, counter, restricted = false }: Entry): Promise<string> {
  const operation = newId();
  const deposit = kind === 'deposit';
  const uuid = (id: string | undefined) => Prisma.sql`${id ?? null}::uuid`;
  await app.deps.db.$executeRaw`
    INSERT INTO fund_entry (id, kind, fund_id, operation_id, commitment_id, disbursement_id, allocation_id, cell, donor_id, partner_id, counter_fund_id, restricted,
      countries, sectors, beneficiary_groups, plans, usage_years, value_date, recorded_at, recorded_by, currency, amount_minor, usd_minor, eur_minor, xof_minor, fx)
    VALUES (${newId()}::uuid, ${kind}::fund_entry_kind, ${fundId}::uuid, ${uuid(deposit ? undefined : operation)}, ${uuid(deposit ? operation : undefined)},
      ${uuid(deposit ? operation : undefined)}, ${uuid(kind === 'allocation' ? operation : of)}, 0, ${uuid(donorId)}, ${uuid(partner)}, ${uuid(counter)}, ${restricted},
      ${state === undefined ? [] : [state]}::text[], '{}', '{}', '{}', '{}', ${on}::date, now(), ${people.officer.userId}::uuid, 'EUR',
      ${minor}::bigint, ${minor * 2n}::bigint, ${minor}::bigint, ${minor * 6n}::bigint, '{}')`;
  return operation;
}

async function createFund(code: string, countries: readonly string[]): Promise<string> {
  const id = newId();
  await app.deps.db.pooledFund.create({ data: { id, code, nameFr: `Fonds ${code}`, nameEn: `Fund ${code}`, currency: 'EUR', countries: [...countries] } });
  return id;
}

const money = (amount: string) => ({ amount, currency: 'EUR' });
const intoFund = (id: string) => ({ destination: { kind: 'fund', fundId: id } });

interface Line {
  readonly line: string;
  readonly before: string | null;
  readonly period: string | null;
  readonly until: string | null;
}
interface Statement {
  readonly asOf: string;
  readonly lines: readonly Line[];
  readonly deliveryRate: object;
  readonly notes: { readonly fr: readonly string[]; readonly en: readonly string[] };
  readonly byDonor: readonly { readonly code: string; readonly lines: readonly Line[] }[];
  readonly byPartner: readonly { readonly code: string; readonly lines: readonly Line[] }[];
  readonly byState: readonly { readonly code: string; readonly lines: readonly Line[] }[];
  readonly unpaid: object;
}
const statementOf = async (client: Client, id: string, query = ''): Promise<Statement> => (await client.get(`/v1/pooled-funds/${id}/statement${query}`).expect(200)).body as Statement;
const untilOf = ({ lines }: { readonly lines: readonly Line[] }) => Object.fromEntries(lines.map(({ line, until }) => [line, until]));

interface Recipient {
  readonly kind: string;
  readonly partner: string;
  readonly state: string;
}
interface Row {
  readonly donor: string;
  readonly direct: string;
  readonly funds: readonly { readonly fund: string; readonly share: string; readonly own: object; readonly recipients: readonly (Recipient & { readonly own: string })[] }[];
  readonly recipients: readonly (Recipient & { readonly direct: string; readonly throughFunds: string; readonly total: string })[];
  readonly totals: Record<'paidIn' | 'received' | 'attributed' | 'given' | 'still', string>;
}
interface Attribution {
  readonly rows: readonly Row[];
  readonly totals: Row['totals'] & { readonly byKind: readonly { readonly kind: string; readonly total: string }[]; readonly byState: readonly object[] };
  readonly notes: { readonly fr: readonly string[] };
}
const attributionOf = async (client: Client, query = ''): Promise<Attribution> => (await client.get(`/v1/attribution?currency=EUR${query}`).expect(200)).body as Attribution;
const rowOf = ({ rows }: Attribution, code: string) => rows.find((row) => row.donor === code);

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  [a, b, p, q] = [await createOrganisation(app, 'A'), await createOrganisation(app, 'B'), await createOrganisation(app, 'P'), await createOrganisation(app, 'Q')];
  await addRate(app, 'USD', '2025-01-02', '1.10');
  auditor = await app.user({ roles: ['auditor'] });
  minister = await app.user({ roles: ['minister'], states: ['MLI'], seesRestricted: false });
  donor = await app.user({ roles: ['donor'], organisationId: a, seesRestricted: false });
  stranger = await app.user({ roles: ['donor'], organisationId: q });
  fund = await createFund('SAHEL', ['MLI', 'NER']);
  second = await createFund('NER', ['NER']);
  // A signs 1,000 in two instalments and pays 700; B announces 500, signs 300 of it and pays them.
  const body = flowBody(a, { more: { ...intoFund(fund), instalments: [{ dueOn: '2025-04-30', amount: money('600') }, { dueOn: '2025-12-31', amount: money('400') }] } });
  commitment = ((await people.second.post('/v1/commitments', body).expect(201)).body as { id: string }).id;
  await pay(people, commitment, '700.00');
  const pledge = (await people.second.post('/v1/pledges', flowBody(b, { amount: '500.00', more: intoFund(fund) })).expect(201)).body as { id: string };
  const ofB = await people.second.post('/v1/commitments', { pledgeId: pledge.id, amount: money('300'), valueDate: '2025-03-20' }).expect(201);
  await pay(people, (ofB.body as { id: string }).id, '300.00');
  const direct = await people.second.post('/v1/commitments', flowBody(a, { amount: '12.34' })).expect(201);
  await pay(people, (direct.body as { id: string }).id, '12.34');
  await post({ kind: 'carry_over', fund, minor: 10_000n, on: '2025-01-01' });
  await post({ kind: 'interest', fund, minor: 100n, on: '2025-06-30' });
  await post({ kind: 'fee', fund, minor: 1_000n, on: '2025-04-10' });
  allocation = await post({ kind: 'allocation', fund, minor: 60_000n, on: '2025-05-01', state: 'MLI', partner: p });
  const ofP = { fund, state: 'MLI', partner: p, allocation };
  await post({ kind: 'transfer', minor: 50_000n, on: '2025-05-15', ...ofP });
  await post({ kind: 'refund', minor: 5_000n, on: '2025-09-15', ...ofP });
  await post({ kind: 'expenditure', minor: 36_000n, on: '2025-10-31', ...ofP });
  await post({ kind: 'to_fund', fund, minor: 20_000n, on: '2025-06-01', counter: second });
  await post({ kind: 'from_fund', fund: second, minor: 20_000n, on: '2025-06-01', counter: fund });
  const inNiger = await post({ kind: 'allocation', fund: second, minor: 15_000n, on: '2025-06-15', state: 'NER', partner: q });
  await post({ kind: 'transfer', fund: second, minor: 15_000n, on: '2025-07-01', state: 'NER', partner: q, allocation: inNiger });
});
afterAll(() => app.close());

describe('the statement', () => {
  test('of the whole life of the fund, by hand', async () => {
    const statement = await statementOf(auditor, fund);
    expect(untilOf(statement)).toEqual({
      contributions: '1000.00',
      fromFunds: '0.00',
      carryOver: '100.00',
      interest: '1.00',
      donorRefunds: '0.00',
      sources: '1101.00',
      transfers: '500.00',
      refunds: '50.00',
      netTransfers: '450.00',
      fees: '10.00',
      directCosts: '0.00',
      toFunds: '200.00',
      uses: '660.00',
      administratorBalance: '441.00',
      expenditure: '360.00',
      partnerBalance: '90.00',
      totalBalance: '531.00',
      allocated: '600.00',
      notTransferred: '150.00',
      available: '291.00',
    });
    expect(statement.deliveryRate).toEqual({ before: null, period: '0.8000', until: '0.8000' });
    expect(statement.unpaid).toEqual({
      commitments: [{ currency: 'EUR', whole: '1300.00', met: '1000.00', open: '300.00', converted: '300.00' }],
      pledges: [{ currency: 'EUR', whole: '500.00', met: '300.00', open: '200.00', converted: '200.00' }],
    });
    expect(statement.byDonor.map(({ code, lines }) => [code, lines[0]?.until])).toEqual([[a, '700.00'], [b, '300.00']]);
    expect(statement.byPartner.map((one) => [one.code, untilOf(one)])).toEqual([
      [p, { allocated: '600.00', transfers: '500.00', refunds: '50.00', netTransfers: '450.00', notTransferred: '150.00', expenditure: '360.00', partnerBalance: '90.00' }],
    ]);
    expect(statement.byState.map(({ code }) => code)).toEqual(['MLI']);
  });

  test('of a period: opening, change, closing', async () => {
    const statement = await statementOf(auditor, fund, '?from=2025-05-01&to=2025-08-31');
    const line = (name: string) => statement.lines.find((one) => one.line === name);
    expect(line('administratorBalance')).toEqual({ line: 'administratorBalance', before: '1090.00', period: '-699.00', until: '391.00' });
    expect(line('refunds')).toMatchObject({ before: '0.00', period: '0.00', until: '0.00' });
    expect(statement.deliveryRate).toEqual({ before: null, period: '0.0000', until: '0.0000' });
  });

  test('is the same, byte for byte, for the same moment, whatever is recorded later', async () => {
    const { asOf } = await databaseMoment(app.deps.db);
    const query = `/v1/pooled-funds/${second}/statement?asOf=${asOf}`;
    const first = await auditor.get(query).expect(200);
    await post({ kind: 'interest', fund: second, minor: 7n, on: '2025-06-30' });
    expect((await auditor.get(query).expect(200)).text).toBe(first.text);
    expect(untilOf(await statementOf(auditor, second)).interest).toBe('0.07');
  });

  test('a donor sees its own line and one sum of the others; a minister of the state all', async () => {
    const own = await statementOf(donor, fund);
    expect(own.byDonor.map(({ code, lines }) => [code, lines[0]?.until])).toEqual([[a, '700.00'], ['others', '300.00']]);
    expect(own.notes.fr).toContain('Les donateurs que vous ne pouvez voir séparément forment une seule somme.');
    expect((await statementOf(minister, fund)).byDonor).toHaveLength(2);
  });

  test('whom a fund does not concern does not find it', async () => {
    const refused = await stranger.get(`/v1/pooled-funds/${fund}/statement`).set('accept-language', 'fr').expect(404);
    expect(refused.body).toMatchObject({ code: 'NOT_FOUND' });
    await minister.get(`/v1/pooled-funds/${second}/statement`).expect(404);
    await donor.get(`/v1/pooled-funds/${second}/entries?line=sources`).expect(404);
    const late = await auditor.get(`/v1/pooled-funds/${fund}/statement?asOf=2999-01-01T00:00:00Z`).expect(400);
    expect(late.body).toMatchObject({ code: 'AS_OF_IN_FUTURE' });
  });
});

describe('the entries behind a line', () => {
  interface Entries {
    readonly items: readonly { readonly kind: string; readonly counts: { readonly amount: string }; readonly reference: string | null; readonly donorId: string | null }[];
    readonly nextCursor: string | null;
    readonly sum: object;
    readonly notShown: number;
  }
  const open = async (client: Client, query: string): Promise<Entries> => (await client.get(`/v1/pooled-funds/${fund}/entries?${query}`).expect(200)).body as Entries;

  test('sum to it, page by page', async () => {
    const first = await open(auditor, 'line=uses&limit=3');
    const rest = await open(auditor, `line=uses&limit=3&cursor=${first.nextCursor ?? ''}`);
    expect([...first.items, ...rest.items].map(({ kind, counts }) => [kind, counts.amount])).toEqual([
      ['fee', '10.00'],
      ['transfer', '500.00'],
      ['refund', '-50.00'],
      ['to_fund', '200.00'],
    ]);
    expect(rest.nextCursor).toBeNull();
    expect(first.sum).toEqual({ amount: money('660.00'), entries: 4 });
  });

  test('a donor sees its own with their reference, and how many others there are; of one other donor nothing', async () => {
    const own = await open(donor, 'line=contributions');
    expect(own.items).toHaveLength(1);
    expect(own.items[0]).toMatchObject({ donorId: a, counts: money('700.00') });
    expect(own.items[0]?.reference).toMatch(/^DEC-2025-/);
    expect(own).toMatchObject({ sum: { amount: money('1000.00'), entries: 2 }, notShown: 1 });
    expect(await open(donor, `line=contributions&donor=${b}`)).toMatchObject({ items: [], sum: { amount: money('0.00'), entries: 0 }, notShown: 0 });
    expect(await open(minister, `line=transfers&state=MLI&partner=${p}&from=2025-05-01&to=2025-05-31`)).toMatchObject({ sum: { amount: money('500.00'), entries: 1 } });
  });
});

test.each(['fr', 'en'] as const)('the tables of both views (%s) have a cell for each column', async (language) => {
  const context = { tx: app.deps.db, reference: app.deps.reference, scope: { all: true, restricted: true } as const, ...(await databaseMoment(app.deps.db)) };
  const statement = fundStatement.table(await fundStatement.compute(context, { fundId: fund }), language);
  const money = attribution.table(await attribution.compute(context, { currency: 'EUR' }), language);
  for (const { header, rows } of [statement, money]) expect(rows.every(({ length }) => length === header.length)).toBe(true);
  const [balance, fees] = language === 'fr' ? ['Solde chez l’administrateur', 'Frais de gestion'] : ['Balance with the administrator', 'Administration fees'];
  expect(statement.rows.find((row) => row[3] === balance)?.slice(4)).toEqual(['EUR', '0.00', '441.00', '441.00']);
  expect(money.rows.filter((row) => row[4] === fees).map((row) => row.at(-1))).toEqual(['0.92', '6.36', '2.72']);
});

test('an agreement keeps its instalments together, with what is late', async () => {
  const { body } = await donor.get(`/v1/pooled-funds/${fund}/agreements`).expect(200);
  expect(body).toMatchObject({
    items: [
      {
        commitmentId: commitment,
        agreed: money('1000.00'),
        paid: money('700.00'),
        unpaid: money('300.00'),
        late: money('300.00'),
        plan: 'commitment',
        instalments: [
          { dueOn: '2025-04-30', paid: money('600.00'), unpaid: money('0.00'), daysLate: 0 },
          { dueOn: '2025-12-31', paid: money('100.00'), unpaid: money('300.00') },
        ],
        deposits: [{ amount: money('700.00'), credited: money('700.00'), valueDate: '2025-04-10' }],
      },
    ],
  });
  expect(((await auditor.get(`/v1/pooled-funds/${fund}/agreements?limit=1`).expect(200)).body as { nextCursor: string | null }).nextCursor).not.toBeNull();
});

describe('the attribution', () => {
  test('by hand: direct, through a fund, through a fund of that fund', async () => {
    const { asOf } = await databaseMoment(app.deps.db);
    const all = await attributionOf(auditor, `&to=2025-12-31&asOf=${asOf}`);
    const own = rowOf(all, a);
    expect(own?.direct).toBe('12.34');
    const [sahel, niger] = [own?.funds.find((one) => one.fund === fund), own?.funds.find((one) => one.fund === second)];
    expect(sahel).toMatchObject({ share: '63.5786', own: { paidIn: '700.00', received: '0.00', attributed: '292.46', given: '127.16', still: '280.38' } });
    expect(sahel?.recipients.map(({ kind, state, own: amount }) => [kind, state, amount])).toEqual([['fee', '-', '6.36'], ['recipient', 'MLI', '286.10']]);
    expect(niger).toMatchObject({ own: { received: '127.16', attributed: '95.34' } });
    expect(rowOf(all, b)?.funds.find((one) => one.fund === fund)).toMatchObject({ share: '27.2479', own: { attributed: '125.34', given: '54.49', still: '120.17' } });
    expect(rowOf(all, '-')?.funds.find((one) => one.fund === fund)).toMatchObject({ share: '9.1735' });
    // Every euro is with a recipient, a fee, or still there.
    const cents = (amount: string | undefined) => BigInt((amount ?? '').replace('.', ''));
    for (const { totals } of [...all.rows, all]) {
      expect(cents(totals.paidIn) + cents(totals.received)).toBe(cents(totals.attributed) + cents(totals.given) + cents(totals.still));
    }
    expect(all.totals.byKind.find(({ kind }) => kind === 'fee')?.total).toBe('10.00');
    expect(all.totals.byState).toEqual([
      { state: 'MLI', direct: '12.34', throughFunds: '450.00', total: '462.34' },
      { state: 'NER', direct: '0.00', throughFunds: '150.00', total: '150.00' },
    ]);
    // Rule 12.
    expect(own?.recipients.find(({ state, partner }) => state === 'MLI' && partner === p)).toMatchObject({ direct: '0.00', throughFunds: '286.10', total: '286.10' });
    const again = await attributionOf(auditor, `&to=2025-12-31&asOf=${asOf}`);
    expect(again).toEqual(all);
  });

  test('in another currency: the frozen conversions, shared out by the amounts of the fund', async () => {
    const { body } = await auditor.get(`/v1/attribution?currency=USD&fundId=${second}`).expect(200);
    const { totals } = body as Attribution;
    expect(totals).toMatchObject({ paidIn: '0.14', received: '400.00', attributed: '300.00', still: '100.14' });
  });

  test('of a period, what was there before has no donor', async () => {
    const late = await attributionOf(auditor, `&from=2025-05-01&fundId=${fund}`);
    expect(late.rows.map(({ donor: code }) => code)).toEqual(['-']);
    expect(rowOf(late, '-')?.funds[0]).toMatchObject({ share: '100.0000', own: { paidIn: '1091.00' } });
  });

  test('a donor sees its own row only, with the shares of the whole; a minister what touches the state', async () => {
    const own = await attributionOf(donor);
    expect(own.rows.map((row) => row.donor)).toEqual([a]);
    expect(own.rows[0]?.funds.find((one) => one.fund === fund)?.share).toBe('63.5786');
    expect((await attributionOf(donor, `&donorId=${b}`)).rows).toEqual([]);
    const mali = await attributionOf(minister, `&donorId=${a}`);
    expect(mali.rows[0]?.recipients.every(({ kind, state }) => kind !== 'recipient' || state === 'MLI')).toBe(true);
    expect(mali.rows[0]?.funds.map((one) => one.fund)).toEqual([fund]);
    const elsewhere = await attributionOf(auditor, `&donorId=${a}&country=NER`);
    expect(elsewhere.rows[0]?.recipients.find(({ kind }) => kind === 'elsewhere')).toMatchObject({ direct: '12.34' });
  });

  test('one’s own money, with what is due next', async () => {
    const { body } = await donor.get('/v1/me/contributions?currency=EUR').expect(200);
    expect(body).toMatchObject({
      promised: '0.00',
      committed: '1012.34',
      paid: '712.34',
      money: { donor: a, direct: '12.34', totals: { paidIn: '712.34' } },
      due: [{ stage: 'commitment', recordId: commitment, fundId: fund, dueOn: '2025-12-31', unpaid: money('300.00') }],
    });
    const refused = await auditor.get('/v1/me/contributions').set('accept-language', 'fr').expect(403);
    expect(refused.body).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('merged donors are one, from the moment of the merge', async () => {
    const [duplicate, merged] = [await createOrganisation(app, 'B bis'), await createFund('FUSION', ['MLI'])];
    await post({ kind: 'deposit', fund: merged, minor: 100n, on: '2025-02-01', donor: duplicate });
    await post({ kind: 'deposit', fund: merged, minor: 300n, on: '2025-02-01', donor: b });
    const { asOf } = await databaseMoment(app.deps.db);
    const administrator = await app.user({ roles: ['administrator'] });
    await administrator.act(`/v1/organisations/${duplicate}/merge`, { intoId: b, reason: 'Doublon' }).expect(200);
    expect((await attributionOf(auditor, `&fundId=${merged}&asOf=${asOf}`)).rows).toHaveLength(2);
    expect((await attributionOf(auditor, `&fundId=${merged}`)).rows).toMatchObject([{ donor: b, totals: { paidIn: '4.00' } }]);
  });

  test('restricted gifts of others are one row, and keep the balances from being told', async () => {
    const restricted = await createFund('RESERVE', ['MLI']);
    await post({ kind: 'deposit', fund: restricted, minor: 100n, on: '2025-02-01', donor: a });
    await post({ kind: 'deposit', fund: restricted, minor: 300n, on: '2025-02-01', donor: b, restricted: true });
    const seen = await attributionOf(minister, `&fundId=${restricted}`);
    expect(seen.rows.map((row) => [row.donor, row.funds[0]?.share])).toEqual([[a, '25.0000'], ['restricted', '75.0000']]);
    expect((await attributionOf(auditor, `&fundId=${restricted}`)).rows.map((row) => row.donor)).toEqual([a, b]);
    const statement = await statementOf(minister, restricted);
    expect(untilOf(statement)).toMatchObject({ contributions: '1.00', administratorBalance: null, totalBalance: null, available: null, partnerBalance: '0.00' });
    expect(statement.notes.en).toContain('Restricted movements that you may not see are not included; the balances that depend on them are not given.');
    expect(untilOf(await statementOf(auditor, restricted)).administratorBalance).toBe('4.00');
    const entries = await minister.get(`/v1/pooled-funds/${restricted}/entries?line=contributions`).expect(200);
    expect(entries.body).toMatchObject({ sum: { amount: money('1.00'), entries: 1 } });
  });

  test('funds that give to each other in a circle are named', async () => {
    await post({ kind: 'to_fund', fund: second, minor: 1n, on: '2025-08-01', counter: fund });
    const refused = await auditor.get('/v1/attribution').set('accept-language', 'fr').expect(409);
    expect(refused.body).toMatchObject({ code: 'FUND_CIRCLE', title: 'Les fonds se financent en cercle' });
    await post({ kind: 'to_fund', fund: second, minor: -1n, on: '2025-08-01', counter: fund });
    await auditor.get('/v1/attribution').expect(200);
  });
});
