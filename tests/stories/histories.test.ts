import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatMinor } from '../../src/domain/money.js';
import { checkLedger } from '../../src/features/ledger-check/ledger-check.service.js';
import { databaseMoment, groupedSums, onSettledSnapshot } from '../../src/features/reports/reports.store.js';
import type { Client } from '../support/app.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody, type People } from '../support/ledger.js';

const HISTORIES = 25;
const COMMANDS = 30;

const digits = { EUR: 2, XOF: 0, USD: 2, KWD: 3 } as const;
type Currency = keyof typeof digits;
type Reported = 'USD' | 'EUR' | 'XOF';
type Amounts = Readonly<Record<Reported | 'own', bigint>>;

/** Millionths of a currency for one euro: the rates of two days, the first of which holds until the second. */
const rates = [
  { from: '2025-01-02', EUR: 1_000_000n, XOF: 655_957_000n, USD: 1_037_100n, KWD: 319_900n },
  { from: '2025-06-02', EUR: 1_000_000n, XOF: 655_957_000n, USD: 1_141_900n, KWD: 350_100n },
] as const;
const days = ['2025-03-10', '2025-04-10', '2025-06-10', '2025-07-10'] as const;

const splits = [
  { country: [{ code: 'MLI' }] },
  { country: [{ code: 'MLI' }, { code: 'NER' }], sector: [{ code: 'FSC', share: '50' }, { code: 'HEA', share: '50' }] },
  { country: [{ code: 'BFA', share: '33.3333' }, { code: 'MLI', share: '33.3333' }, { code: 'NER', share: '33.3334' }], usageYear: [{ code: '2025', share: '12.5' }, { code: '2026', share: '87.5' }] },
] as const;

/** What happens next; `at` picks the record, `part` is the amount in thousandths of the room there is. */
interface Command {
  readonly act: 'pledge' | 'commit' | 'sign' | 'raise' | 'lower' | 'pay' | 'receive' | 'reversePledge' | 'reverseCommitment' | 'reversePayment' | 'approve' | 'reject' | 'approveAny';
  readonly at: number;
  readonly part: number;
  readonly day: (typeof days)[number];
  readonly currency: Currency;
  readonly splits: number;
}

interface Pledge {
  readonly kind: 'pledge';
  readonly id: string;
  readonly currency: Currency;
  readonly day: string;
  readonly amount: bigint;
  committed: bigint;
  status: 'active' | 'reversed';
}

interface Commitment {
  readonly kind: 'commitment';
  readonly id: string;
  readonly pledge: Pledge | undefined;
  readonly currency: Currency;
  readonly day: string;
  current: bigint;
  disbursed: bigint;
  status: 'active' | 'reversed';
}

interface Payment {
  readonly kind: 'payment';
  readonly id: string;
  readonly commitment: Commitment;
  readonly amount: bigint;
  readonly day: string;
  status: 'submitted' | 'approved' | 'received' | 'rejected' | 'reversed';
}

interface Amendment {
  readonly kind: 'amendment';
  readonly id: string;
  readonly commitment: Commitment;
  readonly delta: bigint;
  readonly day: string;
  status: 'submitted' | 'approved' | 'rejected';
}

interface Reversal {
  readonly kind: 'reversal';
  readonly id: string;
  readonly target: Pledge | Commitment | Payment;
  status: 'submitted' | 'approved' | 'rejected';
}

type Decided = Payment | Amendment | Reversal;
const paths = { payment: 'disbursements', amendment: 'amendments', reversal: 'reversals' } as const;

type Stage = 'pledged' | 'committed' | 'disbursed';
type Totals = Readonly<Record<Reported, Readonly<Record<Stage, bigint>>>>;

function halfUp(numerator: bigint, denominator: bigint): bigint {
  const size = numerator < 0n ? -numerator : numerator;
  const rounded = (2n * size + denominator) / (2n * denominator);
  return numerator < 0n ? -rounded : rounded;
}

function convert(minor: bigint, currency: Currency, day: string): Amounts {
  const rate = rates.findLast((one) => one.from <= day)!;
  const to = (target: Reported) => halfUp(minor * rate[target] * 10n ** BigInt(digits[target]), rate[currency] * 10n ** BigInt(digits[currency]));
  return { own: minor, USD: to('USD'), EUR: to('EUR'), XOF: to('XOF') };
}

const nothing: Amounts = { own: 0n, USD: 0n, EUR: 0n, XOF: 0n };
const add = (a: Amounts, b: Amounts, sign = 1n): Amounts => ({ own: a.own + sign * b.own, USD: a.USD + sign * b.USD, EUR: a.EUR + sign * b.EUR, XOF: a.XOF + sign * b.XOF });

/** What the ledger should hold, as simply as it can be said. */
class Model {
  readonly pledges: Pledge[] = [];
  readonly commitments: Commitment[] = [];
  readonly payments: Payment[] = [];
  readonly decided: Decided[] = [];
  /** What stands in the journal: promises by pledge, commitments with their amendments, payments. */
  readonly booked: Readonly<Record<Stage, Map<string, Amounts>>> = { pledged: new Map(), committed: new Map(), disbursed: new Map() };

  book(stage: Stage, id: string, amounts: Amounts): void {
    this.booked[stage].set(id, add(this.booked[stage].get(id) ?? nothing, amounts));
  }

  totals(): Totals {
    const sum = (stage: Stage, target: Reported) => [...this.booked[stage].values()].reduce((total, amounts) => total + amounts[target], 0n);
    const stages = (target: Reported) => ({ pledged: sum('pledged', target), committed: sum('committed', target), disbursed: sum('disbursed', target) });
    return { USD: stages('USD'), EUR: stages('EUR'), XOF: stages('XOF') };
  }

  /** The rules that stand in the way of a commitment under a pledge. */
  againstCommitment(pledge: Pledge, amount: bigint, day: string, currency: Currency): string[] {
    return broken([
      [pledge.status !== 'active', 'PARENT_REVERSED'],
      [currency !== pledge.currency, 'CURRENCY_MISMATCH'],
      [day < pledge.day, 'DATE_BEFORE_PARENT'],
      [amount > pledge.amount - pledge.committed, 'EXCEEDS_PLEDGE'],
    ]);
  }

  againstAmendment({ status, current, disbursed, pledge, day: signed }: Commitment, delta: bigint, day: string): string[] {
    return broken([
      [status !== 'active', 'STATE_CONFLICT'],
      [day < signed, 'DATE_BEFORE_PARENT'],
      [-delta > current - disbursed, 'BELOW_DISBURSED'],
      [pledge !== undefined && delta > 0n && delta > pledge.amount - pledge.committed, 'EXCEEDS_PLEDGE'],
    ]);
  }

  againstPayment({ status, current, disbursed, day: signed }: Commitment, amount: bigint, day: string): string[] {
    return broken([
      [status !== 'active', 'PARENT_REVERSED'],
      [day < signed, 'DATE_BEFORE_PARENT'],
      [amount > current - disbursed, 'EXCEEDS_COMMITMENT'],
    ]);
  }

  againstReversal(target: Pledge | Commitment | Payment): string[] {
    return broken([
      [target.kind !== 'payment' && target.status !== 'active', 'STATE_CONFLICT'],
      [target.kind === 'payment' && target.status !== 'approved' && target.status !== 'received', 'NOT_POSTED'],
      [this.hasChildren(target), 'HAS_CHILDREN'],
    ]);
  }

  isReversalPending(target: Pledge | Commitment | Payment): boolean {
    return this.decided.some((one) => one.kind === 'reversal' && one.target === target && one.status === 'submitted');
  }

  private hasChildren(target: Pledge | Commitment | Payment): boolean {
    if (target.kind === 'pledge') return this.commitments.some((one) => one.pledge === target && one.status === 'active');
    if (target.kind === 'payment') return false;
    const pays = this.payments.some((one) => one.commitment === target && one.status !== 'rejected' && one.status !== 'reversed');
    return pays || this.decided.some((one) => one.kind === 'amendment' && one.commitment === target && one.status === 'submitted');
  }

  againstApproval(one: Decided): string[] {
    if (one.status !== 'submitted') return ['STATE_CONFLICT'];
    if (one.kind === 'payment') return this.againstPayment(one.commitment, one.amount, one.day);
    if (one.kind === 'amendment') return this.againstAmendment(one.commitment, one.delta, one.day);
    return this.againstReversal(one.target);
  }

  approve(one: Decided): void {
    one.status = 'approved';
    if (one.kind === 'payment') {
      one.commitment.disbursed += one.amount;
      this.book('disbursed', one.id, convert(one.amount, one.commitment.currency, one.day));
    } else if (one.kind === 'amendment') this.amend(one);
    else this.undo(one.target);
  }

  /** A rise comes at the rate of its day, a fall in proportion to what is booked. */
  private amend({ commitment, delta, day }: Amendment): void {
    const booked = this.booked.committed.get(commitment.id)!;
    const part = (amount: bigint) => halfUp(amount * delta, booked.own);
    const change = delta > 0n ? convert(delta, commitment.currency, day) : { own: delta, USD: part(booked.USD), EUR: part(booked.EUR), XOF: part(booked.XOF) };
    commitment.current += delta;
    if (commitment.pledge) commitment.pledge.committed += delta;
    this.book('committed', commitment.id, change);
  }

  private undo(target: Pledge | Commitment | Payment): void {
    target.status = 'reversed';
    const stage = ({ pledge: 'pledged', commitment: 'committed', payment: 'disbursed' } as const)[target.kind];
    this.booked[stage].set(target.id, nothing);
    if (target.kind === 'commitment' && target.pledge) target.pledge.committed -= target.current;
    if (target.kind === 'payment') target.commitment.disbursed -= target.amount;
  }
}

const broken = (rules: readonly (readonly [boolean, string])[]): string[] => rules.flatMap(([isBroken, code]) => (isBroken ? [code] : []));

let app: TestApp;
let people: People;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  for (const rate of rates) for (const quote of ['USD', 'KWD'] as const) await addRate(app, quote, rate.from, formatMinor(rate[quote], 6));
});
afterAll(() => app.close());

/** A history of one donor, told to the API and to the model at once. */
class History {
  readonly model = new Model();

  constructor(private readonly donorId: string) {}

  /** Does the command in both; what the API refuses is one of the rules that the model sees broken, and nothing else is. */
  async perform(command: Command): Promise<void> {
    const { model } = this;
    const { act } = command;
    const pick = <T>(list: readonly T[]): T | undefined => list[command.at % list.length];
    switch (act) {
      case 'pledge':
        return this.pledge(command);
      case 'sign':
        return this.commit(undefined, command);
      case 'commit':
        return this.commit(pick(model.pledges), command);
      case 'raise':
      case 'lower':
        return this.amend(pick(model.commitments), command);
      case 'pay':
        return this.pay(pick(model.commitments), command);
      case 'receive':
        return this.receive(pick(model.payments), command.day);
      case 'reversePledge':
        return this.reverse(pick(model.pledges));
      case 'reverseCommitment':
        return this.reverse(pick(model.commitments));
      case 'reversePayment':
        return this.reverse(pick(model.payments));
      case 'approve':
      case 'reject':
        return this.decide(pick(model.decided.filter((one) => one.status === 'submitted')), act);
      case 'approveAny':
        return this.decide(pick(model.decided), 'approve');
    }
  }

  private async pledge({ part, day, currency, splits: at }: Command): Promise<void> {
    const amount = BigInt(part) * 997n;
    const { id } = await this.ask(people.officer, '/v1/pledges', this.body(amount, currency, day, at), []);
    this.model.pledges.push({ kind: 'pledge', id: id!, currency, day, amount, committed: 0n, status: 'active' });
    this.model.book('pledged', id!, convert(amount, currency, day));
  }

  private async commit(pledge: Pledge | undefined, command: Command): Promise<void> {
    const { part, day, at, splits: splitsAt } = command;
    // Now and then in a currency that is not the pledge's.
    const currency = pledge && at % 8 !== 0 ? pledge.currency : command.currency;
    const amount = pledge ? share(pledge.amount - pledge.committed, part) : BigInt(part) * 991n;
    const body = pledge ? { pledgeId: pledge.id, amount: money(amount, currency), valueDate: day } : this.body(amount, currency, day, splitsAt);
    const { id } = await this.ask(people.officer, '/v1/commitments', body, pledge ? this.model.againstCommitment(pledge, amount, day, currency) : []);
    if (id === undefined) return;
    this.model.commitments.push({ kind: 'commitment', id, pledge, currency, day, current: amount, disbursed: 0n, status: 'active' });
    this.model.book('committed', id, convert(amount, currency, day));
    if (pledge) pledge.committed += amount;
  }

  private async amend(commitment: Commitment | undefined, { act, part, day }: Command): Promise<void> {
    if (!commitment) return;
    const { pledge, current, disbursed, currency } = commitment;
    const room = act === 'lower' ? current - disbursed : pledge ? pledge.amount - pledge.committed : current;
    const delta = act === 'lower' ? -share(room, part) : share(room, part);
    const body = { delta: money(delta, currency), valueDate: day, reason: 'Avenant' };
    const { id } = await this.ask(people.officer, `/v1/commitments/${commitment.id}/amendments`, body, this.model.againstAmendment(commitment, delta, day));
    if (id !== undefined) this.model.decided.push({ kind: 'amendment', id, commitment, delta, day, status: 'submitted' });
  }

  private async pay(commitment: Commitment | undefined, { part, day }: Command): Promise<void> {
    if (!commitment) return;
    const amount = share(commitment.current - commitment.disbursed, part);
    const body = { commitmentId: commitment.id, amount: money(amount, commitment.currency), valueDate: day, description: 'Versement' };
    const { id } = await this.ask(people.officer, '/v1/disbursements', body, this.model.againstPayment(commitment, amount, day));
    if (id === undefined) return;
    await this.ask(people.officer, `/v1/disbursements/${id}/submit`, {}, []);
    const payment: Payment = { kind: 'payment', id, commitment, amount, day, status: 'submitted' };
    this.model.payments.push(payment);
    this.model.decided.push(payment);
  }

  private async receive(payment: Payment | undefined, day: string): Promise<void> {
    if (!payment) return;
    const against = broken([[payment.status !== 'approved', 'STATE_CONFLICT'], [day < payment.day, 'DATE_BEFORE_PARENT']]);
    const { id } = await this.ask(people.officer, `/v1/disbursements/${payment.id}/receive`, { receivedOn: day }, against);
    if (id !== undefined) payment.status = 'received';
  }

  private async reverse(target: Pledge | Commitment | Payment | undefined): Promise<void> {
    if (!target) return;
    const against = [...this.model.againstReversal(target), ...broken([[this.model.isReversalPending(target), 'REVERSAL_PENDING']])];
    const stage = target.kind === 'payment' ? 'disbursement' : target.kind;
    const { id } = await this.ask(people.officer, '/v1/reversals', { stage, recordId: target.id, reason: 'Erreur' }, against);
    if (id !== undefined) this.model.decided.push({ kind: 'reversal', id, target, status: 'submitted' });
  }

  private async decide(one: Decided | undefined, verdict: 'approve' | 'reject'): Promise<void> {
    if (!one) return;
    const path = `/v1/${paths[one.kind]}/${one.id}/${verdict}`;
    if (verdict === 'approve') {
      const { id } = await this.ask(people.approver, path, {}, this.model.againstApproval(one));
      if (id !== undefined) this.model.approve(one);
    } else {
      await this.ask(people.approver, path, { reason: 'Non retenu' }, []);
      one.status = 'rejected';
    }
  }

  private async ask(by: Client, path: string, body: object, against: readonly string[]): Promise<{ readonly id: string | undefined }> {
    const answer = await (/\/(submit|receive|approve|reject)$/.test(path) ? by.act(path, body) : by.post(path, body));
    const { id, code } = answer.body as { id?: string; code?: string };
    const accepted = answer.status === 200 || answer.status === 201;
    if (against.length === 0) expect([path, code, accepted]).toEqual([path, undefined, true]);
    else expect([path, against]).toEqual([path, expect.arrayContaining([code])]);
    return { id: accepted ? id : undefined };
  }

  private body(amount: bigint, currency: Currency, valueDate: string, at: number): object {
    const chosen = splits[at % splits.length]!;
    return flowBody(this.donorId, { amount: money(amount, currency).amount, currency, valueDate, splits: chosen, more: { destination: { kind: chosen.country.length > 1 ? 'states' : 'state' } } });
  }

  /** The figures of a report on this donor, in each currency, whatever it is grouped by. */
  async reported(asOf: string): Promise<Totals> {
    const inCurrency = async (currency: Reported) => {
      const question = { currency, asOf, filters: { donorIds: [this.donorId], restricted: 'included' as const }, scope: { all: true as const, restricted: true } };
      const byDonor = await sumsOf({ ...question, groupBy: ['donor'] });
      expect(await sumsOf({ ...question, groupBy: ['state', 'sector', 'usageYear', 'quarter'] })).toEqual(byDonor);
      return byDonor;
    };
    return { USD: await inCurrency('USD'), EUR: await inCurrency('EUR'), XOF: await inCurrency('XOF') };
  }

  /** Each record, and what the journal holds of it, is what the model says. */
  async expectRecords(): Promise<void> {
    const { db } = app.deps;
    const { pledges, commitments, payments, booked } = this.model;
    const found = {
      pledges: await db.pledge.findMany({ where: { donorId: this.donorId }, orderBy: { id: 'asc' } }),
      commitments: await db.commitment.findMany({ where: { donorId: this.donorId }, orderBy: { id: 'asc' } }),
      payments: await db.disbursement.findMany({ where: { commitment: { donorId: this.donorId } }, orderBy: { id: 'asc' } }),
    };
    expect(found.pledges.map((row) => [row.id, row.status, row.amountMinor, row.committedMinor])).toEqual(pledges.map((one) => [one.id, one.status, one.amount, one.committed]));
    expect(found.commitments.map((row) => [row.id, row.status, row.currentMinor, row.disbursedMinor])).toEqual(commitments.map((one) => [one.id, one.status, one.current, one.disbursed]));
    expect(found.payments.map((row) => [row.id, row.status, row.amountMinor])).toEqual(payments.map((one) => [one.id, one.status, one.amount]));

    const entries = await db.$queryRaw<{ id: string; stage: string; own: bigint; USD: bigint; EUR: bigint; XOF: bigint }[]>`
      SELECT coalesce(disbursement_id, commitment_id, pledge_id)::text AS id, stage::text, sum(amount_minor)::bigint AS own,
        sum(usd_minor)::bigint AS "USD", sum(eur_minor)::bigint AS "EUR", sum(xof_minor)::bigint AS "XOF"
      FROM journal_entry e WHERE EXISTS (SELECT FROM journal_line l WHERE l.entry_id = e.id AND l.donor_id = ${this.donorId}::uuid)
      GROUP BY 1, 2`;
    const inJournal = (stage: string) => new Map(entries.filter((entry) => entry.stage === stage).map(({ id, own, USD, EUR, XOF }) => [id, { own, USD, EUR, XOF }]));
    expect(inJournal('pledge')).toEqual(booked.pledged);
    expect(inJournal('commitment')).toEqual(booked.committed);
    expect(inJournal('disbursement')).toEqual(booked.disbursed);

    const cells = await db.$queryRaw<{ id: string; balance: bigint; overdrawn: number }[]>`
      SELECT id, sum(balance)::bigint AS balance, count(*) FILTER (WHERE balance < 0)::int AS overdrawn FROM (
        SELECT e.commitment_id::text AS id, l.cell, sum(CASE l.stage WHEN 'commitment' THEN l.amount_minor ELSE -l.amount_minor END) AS balance
        FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id
        WHERE l.donor_id = ${this.donorId}::uuid AND e.commitment_id IS NOT NULL GROUP BY e.commitment_id, l.cell) cell
      GROUP BY id ORDER BY id`;
    expect(cells).toEqual(commitments.map((one) => ({ id: one.id, balance: one.status === 'active' ? one.current - one.disbursed : 0n, overdrawn: 0 })));
  }
}

const money = (minor: bigint, currency: Currency) => ({ amount: formatMinor(minor, digits[currency]), currency });

/** Some thousandths of what there is, and at least one unit. */
function share(room: bigint, part: number): bigint {
  const some = (room * BigInt(part)) / 1000n;
  return some > 0n ? some : 1n;
}

async function sumsOf(question: Parameters<typeof groupedSums>[1]): Promise<Record<Stage, bigint>> {
  const cells = await onSettledSnapshot(app.deps.db, (tx) => groupedSums(tx, question));
  const sum = (stage: Stage) => cells.reduce((total, cell) => total + cell.sums[stage], 0n);
  return { pledged: sum('pledged'), committed: sum('committed'), disbursed: sum('disbursed') };
}

const now = async () => (await databaseMoment(app.deps.db)).asOf;

const acts: readonly { readonly arbitrary: fc.Arbitrary<Command['act']>; readonly weight: number }[] = (
  [['pledge', 1], ['commit', 3], ['sign', 1], ['raise', 2], ['lower', 3], ['pay', 5], ['receive', 1], ['reversePledge', 1], ['reverseCommitment', 2], ['reversePayment', 2], ['approve', 9], ['reject', 1], ['approveAny', 1]] as const
).map(([act, weight]) => ({ arbitrary: fc.constant(act), weight }));

const common = {
  at: fc.nat(1000),
  // All there is, a part of it, or too much.
  part: fc.oneof({ arbitrary: fc.constant(1000), weight: 1 }, { arbitrary: fc.integer({ min: 1, max: 600 }), weight: 4 }, { arbitrary: fc.integer({ min: 1001, max: 1300 }), weight: 1 }),
  day: fc.oneof({ arbitrary: fc.constantFrom(...days), weight: 1 }, { arbitrary: fc.constant(days[2]), weight: 2 }, { arbitrary: fc.constant(days[3]), weight: 2 }),
  currency: fc.constantFrom<Currency>('EUR', 'XOF', 'USD', 'KWD'),
  splits: fc.nat(2),
};
const command = (act: fc.Arbitrary<Command['act']>): fc.Arbitrary<Command> => fc.record({ act, ...common });
const first = (act: Command['act']) => command(fc.constant(act)).map((one): Command => ({ ...one, at: 1, day: days[0], part: 500 }));
const history = fc
  .tuple(first('pledge'), first('commit'), fc.array(command(fc.oneof(...acts)), { minLength: COMMANDS - 2, maxLength: COMMANDS - 2 }))
  .map(([pledge, commit, rest]) => [pledge, commit, ...rest]);

test('whatever people do, the ledger is what a simple model of it says, at the end and as of the middle', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (commands) => {
      const donorId = await createOrganisation(app, 'Exemplie');
      const told = new History(donorId);
      const middle = commands.length / 2;
      for (const one of commands.slice(0, middle)) await told.perform(one);
      const [moment, thenTotals] = [await now(), told.model.totals()];
      for (const one of commands.slice(middle)) await told.perform(one);

      await told.expectRecords();
      expect(await told.reported(await now())).toEqual(told.model.totals());
      expect(await told.reported(moment)).toEqual(thenTotals);
    }),
    { numRuns: HISTORIES, interruptAfterTimeLimit: 55_000 },
  );
}, 90_000);

test('afterwards every check of the ledger holds', async () => {
  const results = await checkLedger(app.deps.db);
  expect(results.flatMap(({ code, rows }) => rows.map((row) => ({ code, ...row })))).toEqual([]);
  const lookedAt = (code: string) => results.find((result) => result.code === code)?.checked ?? 0;
  for (const code of ['pledge.posted', 'commitment.posted', 'amendment.posted', 'disbursement.posted', 'reversal.mirror', 'entry.conversion']) expect([code, lookedAt(code) > 0]).toEqual([code, true]);
});
