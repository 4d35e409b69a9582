import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { changesSince } from '../../src/features/reports/changes.store.js';
import { changeCauses, type ChangeSummary } from '../../src/features/reports/entries.js';
import { groupedSums } from '../../src/features/reports/reports.store.js';
import { Prisma } from '../../src/platform/db.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Flows } from '../support/flows.js';
import { addRate, createOrganisation, createPeople, pay, type People } from '../support/ledger.js';
import { inSightOf, presentMoment } from '../support/view-context.js';

const HISTORIES = 6;
const COMMANDS = 12;

/** The rates of two days; the first holds until the second. What is recorded late has a day of the first. */
const days = ['2025-04-10', '2025-05-10', '2025-06-10'] as const;
type Day = (typeof days)[number];

const acts = ['pledge', 'commit', 'raise', 'lower', 'pay', 'undo', 'enterAgain', 'correct', 'undoCommitment'] as const;
interface Command {
  readonly act: (typeof acts)[number];
  readonly at: number;
  readonly cents: number;
  readonly day: Day;
}

let app: TestApp;
let people: People;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  await addRate(app, 'USD', '2025-01-02', '1.0371');
  await addRate(app, 'USD', '2025-06-02', '1.1419');
});
afterAll(() => app.close());

interface Payment {
  readonly id: string;
  readonly commitmentId: string;
  readonly amount: string;
}

/** Whatever may happen to the flows of one donor; what the rules refuse is left undone. */
class History {
  private readonly commitments: string[] = [];
  private readonly payments: Payment[] = [];
  /** Payments undone and not yet entered again. */
  private readonly undone: Payment[] = [];

  constructor(readonly flows: Flows) {}

  async perform({ act, at, cents, day }: Command): Promise<void> {
    const { flows, commitments, payments, undone } = this;
    const amount = (cents / 100).toFixed(2);
    const commitmentId = commitments[at % commitments.length];
    if (act === 'pledge') await flows.pledge({ amount, valueDate: day });
    else if (act === 'commit' || commitmentId === undefined) commitments.push(await flows.commitment({ amount: '900000.00', splits: { country: [{ code: 'MLI', share: '37.5' }, { code: 'NER', share: '62.5' }] }, more: { destination: { kind: 'states' } } }));
    else if (act === 'raise' || act === 'lower') await flows.amend(commitmentId, act === 'raise' ? amount : `-${amount}`, { valueDate: day });
    else if (act === 'pay') payments.push(await this.pay(commitmentId, amount, day));
    else if (act === 'undoCommitment') {
      if (payments.some((one) => one.commitmentId === commitmentId)) return;
      await flows.reverse('commitment', commitmentId);
      commitments.splice(commitments.indexOf(commitmentId), 1);
    } else if (act === 'enterAgain') {
      const [again] = undone.splice(at % Math.max(undone.length, 1), 1);
      // At another rate now and then.
      if (again && commitments.includes(again.commitmentId)) payments.push(await this.pay(again.commitmentId, again.amount, day));
    } else {
      const [payment] = payments.splice(at % Math.max(payments.length, 1), 1);
      if (!payment) return;
      await flows.reverse('disbursement', payment.id);
      if (act === 'correct') payments.push(await this.pay(payment.commitmentId, amount, day));
      else undone.push(payment);
    }
  }

  private async pay(commitmentId: string, amount: string, valueDate: Day): Promise<Payment> {
    return { id: (await pay(people, commitmentId, amount, { valueDate })).id, commitmentId, amount };
  }
}

const minor = (decimal: string) => BigInt(decimal.replace('.', ''));

/** The causes are the difference, the totals are those of a report of their moment, and what each entry did sums to its causes. */
async function expectExplained(donorId: string, since: string, asOf: string): Promise<void> {
  for (const currency of ['USD', 'XOF'] as const) {
    const { changes, reported } = await inSightOf(
      app,
      people.officer.userId,
      async (context) => {
        const source = { book: 'journal', currency, condition: Prisma.sql`l.donor_id = ${donorId}::uuid AND l.countries && '{MLI}'` } as const;
        const totals = async (moment: string) => {
          const cells = await groupedSums(context.tx, { groupBy: ['donor'], currency, asOf: moment, scope: context.scope, filters: { donorIds: [donorId], countries: ['MLI'], restricted: 'included' } });
          const { pledged, committed, disbursed } = cells[0]?.sums ?? { pledged: 0n, committed: 0n, disbursed: 0n };
          return { pledged, committed, disbursed };
        };
        return { changes: (await changesSince(context, source, since)) as ChangeSummary, reported: { before: await totals(since), after: await totals(asOf) } };
      },
      asOf,
    );
    const { stages, entries, entriesInAll } = changes;
    expect(entries).toHaveLength(entriesInAll);
    for (const [stage, of] of [['pledged', 'pledge'], ['committed', 'commitment'], ['disbursed', 'disbursement']] as const) {
      const { before, after, causes } = stages[stage];
      expect([minor(before), minor(after)]).toEqual([reported.before[stage], reported.after[stage]]);
      expect(changeCauses.reduce((sum, cause) => sum + minor(causes[cause]), 0n)).toBe(minor(after) - minor(before));
      const own = entries.filter((entry) => entry.stage === of);
      expect(own.reduce((sum, { effect, fx }) => sum + minor(effect) + minor(fx), 0n)).toBe(minor(after) - minor(before));
    }
  }
}

const command = fc.record({ act: fc.constantFrom(...acts), at: fc.nat(1000), cents: fc.integer({ min: 1, max: 4_000_000 }), day: fc.constantFrom(...days) });
const start: readonly Command[] = [{ act: 'commit', at: 0, cents: 1, day: days[0] }, { act: 'pay', at: 0, cents: 123_457, day: days[0] }];

test('whatever people do, what changed between any two moments is explained to the last unit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: COMMANDS, maxLength: COMMANDS }), fc.nat(COMMANDS - 1), async (commands, at) => {
      const history = new History(new Flows(app, people, await createOrganisation(app, 'Exemplie')));
      const moments = [await presentMoment(app)];
      for (const one of [...start, ...commands]) {
        await history.perform(one);
        moments.push(await presentMoment(app));
      }
      const { donorId } = history.flows;
      const last = moments.at(-1) ?? '';
      await expectExplained(donorId, moments[0] ?? '', last);
      await expectExplained(donorId, moments[at + 2] ?? '', last);
      await expectExplained(donorId, moments[Math.floor(at / 2) + 1] ?? '', moments[at + 2] ?? '');
    }),
    { numRuns: HISTORIES, interruptAfterTimeLimit: 100_000 },
  );
}, 150_000);

test('a payment that is entered again as it was, at another rate, has moved by the rate alone', async () => {
  const flows = new Flows(app, people, await createOrganisation(app, 'Exemplie'));
  const commitmentId = await flows.commitment({ amount: '5000.00' });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40_000 }), async (cents) => {
      const amount = (cents / 100).toFixed(2);
      const first = (await pay(people, commitmentId, amount, { valueDate: days[0] })).id;
      const since = await presentMoment(app);
      await flows.reverse('disbursement', first);
      await flows.pledge({ amount });
      const second = (await pay(people, commitmentId, amount, { valueDate: days[2] })).id;
      const source = { book: 'journal', currency: 'USD', condition: Prisma.sql`l.donor_id = ${flows.donorId}::uuid` } as const;
      const changes = (await inSightOf(app, people.officer.userId, (context) => changesSince(context, source, since))) as ChangeSummary;
      const { before, after, causes } = changes.stages.disbursed;
      expect(causes).toEqual({ new: '0.00', amended: '0.00', reversed: '0.00', restated: '0.00', fx: ((Number(minor(after)) - Number(minor(before))) / 100).toFixed(2) });
      await flows.reverse('disbursement', second);
    }),
    { numRuns: 4 },
  );
}, 60_000);
