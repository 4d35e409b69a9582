import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatMinor } from '../../src/domain/money.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import type { Answered } from '../support/flows.js';
import { Funds, money } from '../support/funds.js';
import { addRate, createPeople, type People } from '../support/ledger.js';
import { expectSoundLedger } from '../support/sound-ledger.js';

const HISTORIES = 20;
const COMMANDS = 30;

const moved = ['carry_over', 'interest', 'fee', 'direct_cost', 'allocation', 'allocation_change', 'transfer', 'refund', 'expenditure', 'fund_transfer', 'closure'] as const;
type Moved = (typeof moved)[number];

/** What happens next; `at` picks the record, `part` is the amount in thousandths of the room there is. */
interface Command {
  readonly act: Moved | 'reversal' | 'approve' | 'reject' | 'approveAny';
  readonly at: number;
  readonly part: number;
  readonly lowers: boolean;
  readonly person: number;
}

interface Fund {
  readonly id: string;
  income: bigint;
  allocated: bigint;
  closed: boolean;
}

interface Operation {
  id: string;
  readonly kind: Moved | 'reversal';
  readonly fund: Fund;
  readonly amount: bigint;
  /** Of a part of an allocation. */
  readonly allocation?: Operation;
  /** Of money between funds. */
  readonly other?: Fund;
  readonly target?: Operation;
  readonly by: string;
  status: 'submitted' | 'approved' | 'rejected' | 'reversed';
  /** Of an allocation: awarded, sent less returned, spent. */
  awarded: bigint;
  sent: bigint;
  spent: bigint;
}

const broken = (rules: readonly (readonly [boolean, string])[]): string[] => rules.flatMap(([is, code]) => (is ? [code] : []));
const available = (fund: Fund) => fund.income - fund.allocated;
const larger = (a: bigint, b: bigint) => (a > b ? a : b);

/** What the book should hold, as simply as it can be said. */
class Model {
  readonly operations: Operation[] = [];

  constructor(readonly funds: readonly Fund[]) {}

  private of(fund: Fund): Operation[] {
    return this.operations.filter((one) => one.fund === fund);
  }

  /** What stands in the way of an operation, in no order. */
  against(operation: Operation): string[] {
    const { kind, fund, amount, allocation, other, target } = operation;
    if (target) return this.againstUndoing(operation, target);
    const rules: (readonly [boolean, string])[] = [[fund.closed || (other?.closed ?? false), 'FUND_CLOSED']];
    const takes = kind === 'fee' || kind === 'direct_cost' || kind === 'fund_transfer' || kind === 'allocation' || (kind === 'allocation_change' && amount > 0n);
    if (takes) rules.push([amount > available(fund), 'EXCEEDS_FUND']);
    if (allocation) {
      rules.push([allocation.status === 'reversed', 'PARENT_REVERSED'], [allocation.status === 'submitted' || allocation.status === 'rejected', 'STATE_CONFLICT']);
      const { awarded, sent, spent } = allocation;
      if (kind === 'allocation_change') rules.push([-amount > awarded - larger(sent, spent), 'BELOW_TRANSFERRED']);
      if (kind === 'transfer') rules.push([amount > awarded - sent, 'EXCEEDS_ALLOCATION']);
      if (kind === 'expenditure') rules.push([amount > awarded - spent, 'EXCEEDS_ALLOCATION']);
      if (kind === 'refund') rules.push([amount > sent, 'EXCEEDS_TRANSFERRED']);
    }
    if (other) rules.push([this.of(other).some((one) => one.other === fund && one.status === 'approved'), 'FUND_CIRCLE']);
    if (kind === 'closure') rules.push([!this.isEmpty(fund, operation), 'FUND_NOT_EMPTY']);
    return broken(rules);
  }

  private isEmpty(fund: Fund, closure: Operation): boolean {
    const allocations = this.of(fund).filter(({ kind }) => kind === 'allocation');
    const sent = allocations.reduce((sum, one) => sum + one.sent, 0n);
    const pending = this.operations.some((one) => one !== closure && one.status === 'submitted' && (one.fund === fund || one.other === fund));
    return fund.income === sent && allocations.every((one) => one.sent === one.spent) && !pending;
  }

  private againstUndoing(reversal: Operation, target: Operation): string[] {
    const { kind, fund, amount, allocation, other } = target;
    const rivals = this.operations.some((one) => one !== reversal && one.target === target && one.status === 'submitted');
    const parts = this.operations.some((one) => one.allocation === target && (one.status === 'submitted' || one.status === 'approved'));
    const gives = kind === 'carry_over' || kind === 'interest' || (kind === 'allocation_change' && amount < 0n);
    return broken([
      [kind === 'reversal' || target.status !== 'approved', 'NOT_POSTED'],
      [(fund.closed && kind !== 'closure') || (other?.closed ?? false), 'FUND_CLOSED'],
      [allocation?.status === 'reversed', 'PARENT_REVERSED'],
      [allocation?.status === 'submitted' || allocation?.status === 'rejected', 'STATE_CONFLICT'],
      [rivals, 'REVERSAL_PENDING'],
      [kind === 'allocation' && parts, 'HAS_CHILDREN'],
      [gives && (amount < 0n ? -amount : amount) > available(fund), 'EXCEEDS_FUND'],
      [other !== undefined && amount > available(other), 'EXCEEDS_FUND'],
      ...(allocation
        ? ([
            [kind === 'transfer' && amount > allocation.sent, 'EXCEEDS_TRANSFERRED'],
            [kind === 'refund' && amount > allocation.awarded - allocation.sent, 'EXCEEDS_ALLOCATION'],
            [kind === 'allocation_change' && amount > allocation.awarded - larger(allocation.sent, allocation.spent), 'BELOW_TRANSFERRED'],
          ] as const)
        : []),
    ]);
  }

  approve(operation: Operation): void {
    operation.status = 'approved';
    if (!operation.target) {
      this.move(operation, 1n);
      return;
    }
    operation.target.status = 'reversed';
    this.move(operation.target, -1n);
  }

  private move({ kind, fund, amount, allocation, other, ...own }: Operation, sign: bigint): void {
    const minor = sign * amount;
    if (kind === 'carry_over' || kind === 'interest') fund.income += minor;
    if (kind === 'fee' || kind === 'direct_cost' || kind === 'fund_transfer') fund.income -= minor;
    if (other) other.income += minor;
    if (kind === 'allocation' || kind === 'allocation_change') fund.allocated += minor;
    if (kind === 'allocation') this.operations.filter(({ id }) => id === own.id).forEach((one) => (one.awarded += minor));
    if (allocation && kind === 'allocation_change') allocation.awarded += minor;
    if (allocation && kind === 'transfer') allocation.sent += minor;
    if (allocation && kind === 'refund') allocation.sent -= minor;
    if (allocation && kind === 'expenditure') allocation.spent += minor;
    if (kind === 'closure') fund.closed = sign > 0n;
  }
}

let app: TestApp;
let people: People;
let funds: Funds;
let preparers: readonly Client[];
let approvers: readonly Client[];

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  funds = await Funds.create(app, people);
  preparers = [people.officer, people.second];
  approvers = [people.approver, people.second];
  await addRate(app, 'USD', '2025-01-02', '1.0371');
});
afterAll(() => app.close());

const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % list.length];
const euros = (minor: bigint) => money(formatMinor(minor, 2));

/** Asks, and compares with what stands in the way: one of these is said, or it succeeds. */
async function outcome(request: PromiseLike<{ status: number; body: unknown }>, problems: readonly string[]): Promise<Answered | undefined> {
  const { status, body } = await request;
  if (problems.length === 0) {
    expect({ status, body }).toMatchObject({ status: status === 201 ? 201 : 200 });
    return body as Answered;
  }
  expect(problems).toContain((body as { code?: string }).code ?? `${status}`);
  return undefined;
}

/** The operation that a command asks for; undefined where there is nothing to do it to. */
function operationOf(model: Model, { act, at, part, lowers }: Command, by: Client): Operation | undefined {
  const fund = pick(model.funds, at);
  if (!fund || act === 'approve' || act === 'reject' || act === 'approveAny') return undefined;
  const common = { id: '', kind: act, fund, by: by.userId, status: 'submitted' as const, awarded: 0n, sent: 0n, spent: 0n };
  const share = (room: bigint) => larger((room * BigInt(part)) / 1000n, 1n);
  switch (act) {
    case 'carry_over':
    case 'interest':
      return { ...common, amount: BigInt(part) * 37n + 1n };
    case 'fee':
    case 'direct_cost':
      return { ...common, amount: share(available(fund) / 4n) };
    case 'allocation':
      return { ...common, amount: share(available(fund)) };
    case 'fund_transfer': {
      const other = pick(model.funds, at + 1);
      return other && { ...common, other, amount: share(available(fund)) };
    }
    case 'closure':
      return { ...common, amount: 0n };
    case 'reversal': {
      const target = pick(model.operations, at);
      return target && { ...common, fund: target.fund, target, amount: 0n };
    }
    default: {
      const allocation = pick(model.operations.filter(({ kind }) => kind === 'allocation'), at);
      if (!allocation) return undefined;
      const { awarded, sent, spent } = allocation;
      const room = { allocation_change: lowers ? awarded - larger(sent, spent) : available(allocation.fund), transfer: awarded - sent, refund: sent, expenditure: awarded - spent }[act];
      const amount = share(room);
      return { ...common, fund: allocation.fund, allocation, amount: act === 'allocation_change' && lowers ? -amount : amount };
    }
  }
}

function bodyOf({ kind, fund, amount, allocation, other, target }: Operation): object {
  if (target) return funds.reversalOf(target.id);
  if (kind === 'closure') return { kind, fundId: fund.id, valueDate: '2025-07-01' };
  if (allocation) return { kind, allocationId: allocation.id, amount: euros(amount) };
  const more = kind === 'allocation' ? { partnerId: funds.partnerId } : other ? { toFundId: other.id } : {};
  return { kind, fundId: fund.id, amount: euros(amount), ...more };
}

async function prepare(model: Model, command: Command): Promise<void> {
  const by = pick(preparers, command.person) ?? people.officer;
  const operation = operationOf(model, command, by);
  if (!operation) return;
  const answer = await outcome(funds.prepare(bodyOf(operation), by), model.against(operation));
  if (answer) model.operations.push({ ...operation, id: answer.id });
}

async function decide(model: Model, { act, at, person }: Command): Promise<void> {
  const waiting = model.operations.filter(({ status }) => status === 'submitted');
  const operation = pick(act === 'approveAny' ? model.operations : waiting, at);
  const by = pick(approvers, person);
  if (!operation || !by) return;
  const decided = broken([[operation.status !== 'submitted', 'STATE_CONFLICT'], [operation.by === by.userId, 'FOUR_EYES']]);
  if (act === 'reject') {
    if (await outcome(by.act(`/v1/fund-operations/${operation.id}/reject`, { reason: 'Pièce manquante' }), decided)) operation.status = 'rejected';
    return;
  }
  const problems = operation.status === 'submitted' ? [...decided, ...model.against(operation)] : decided;
  if (await outcome(funds.approve(operation.id, by), problems)) model.approve(operation);
}

/** The accounts say what the model says, and the book comes to the accounts. */
async function compare(model: Model): Promise<void> {
  for (const { id, income, allocated, closed } of model.funds) {
    expect(await funds.account(id)).toEqual({ income, allocated, bookIncome: income, bookAllocated: allocated });
    expect(await app.deps.db.pooledFund.findUnique({ where: { id } })).toMatchObject({ status: closed ? 'closed' : 'open' });
  }
  for (const { id, kind, status, awarded, sent, spent } of model.operations) {
    if (kind !== 'allocation' || status === 'submitted' || status === 'rejected') continue;
    expect(await funds.allocation(id)).toEqual({ allocated: awarded, transferred: sent, spent, book: [awarded, sent, spent], overdrawn: 0 });
  }
}

const command: fc.Arbitrary<Command> = fc.record({
  act: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...moved) },
    { weight: 3, arbitrary: fc.constantFrom('allocation' as const, 'transfer' as const, 'expenditure' as const) },
    { weight: 6, arbitrary: fc.constant('approve' as const) },
    { weight: 2, arbitrary: fc.constantFrom('reversal' as const, 'reject' as const, 'approveAny' as const) },
  ),
  at: fc.nat({ max: 40 }),
  // Now and then one more than there is.
  part: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 1000 }) }, { weight: 2, arbitrary: fc.constant(1000) }, { weight: 1, arbitrary: fc.integer({ min: 1001, max: 1300 }) }),
  lowers: fc.boolean(),
  person: fc.nat({ max: 3 }),
});

test('whatever happens to funds, their accounts say what a simple model says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: COMMANDS }), async (commands) => {
      const opened = [];
      for (let n = 0; n < 2; n += 1) {
        const id = await funds.fund({ countries: ['MLI', 'NER'] });
        await funds.done({ kind: 'carry_over', fundId: id, amount: money('1000.00') });
        opened.push({ id, income: 100_000n, allocated: 0n, closed: false });
      }
      const model = new Model(opened);
      for (const one of commands) {
        await (one.act === 'approve' || one.act === 'reject' || one.act === 'approveAny' ? decide(model, one) : prepare(model, one));
        await compare(model);
      }
    }),
    { numRuns: HISTORIES, endOnFailure: true },
  );
  await expectSoundLedger(app.deps.db);
}, 240_000);
