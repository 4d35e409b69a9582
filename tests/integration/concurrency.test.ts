import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Response, Test } from 'supertest';
import { checkLedger } from '../../src/features/ledger-check/ledger-check.service.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { bodies, type Decided, eur, Flows } from '../support/flows.js';
import { addRate, createOrganisation, createPeople, flowBody, type People } from '../support/ledger.js';

let app: TestApp;
let people: People;
let flows: Flows;

// With the pool as it is in production: whoever finds no free connection waits.
beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  flows = new Flows(app, people, await createOrganisation(app, 'Exemplie'));
  await addRate(app, 'USD', '2025-01-02', '1.0800');
});
afterAll(() => app.close());

const approve = (what: Decided, id: string): Test => people.approver.act(`/v1/${what}/${id}/approve`);
const commit = (pledgeId: string, amount: string): Test => people.officer.post('/v1/commitments', bodies.commitmentOf(pledgeId, amount));
const many = <T>(count: number, make: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: count }, make));
const codeOf = ({ body }: Response) => (body as { code?: string }).code;
const outcome = (answer: Response) => `${answer.status}${answer.status < 300 ? '' : ` ${codeOf(answer)}`}`;

/** How often each outcome came. */
function tally(answers: readonly Response[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[outcome(answer)] = (counts[outcome(answer)] ?? 0) + 1;
  return counts;
}

/** Several lists of requests, taken in turns, all at once. */
async function together(...lists: readonly (readonly (() => Test)[])[]): Promise<Response[]> {
  const longest = Math.max(...lists.map((list) => list.length));
  const turns = Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list[turn] ?? [])).flat();
  return Promise.all(turns.map((ask) => ask()));
}

/** The row and the journal of a commitment, in minor units, and its cells that are overdrawn. */
async function commitmentFigures(id: string) {
  const [row] = await app.deps.db.$queryRaw<[{ current: bigint; disbursed: bigint; journalCurrent: bigint; journalDisbursed: bigint; overdrawn: number }]>`
    SELECT c.current_minor AS current, c.disbursed_minor AS disbursed,
      coalesce((SELECT sum(amount_minor) FROM journal_entry WHERE commitment_id = c.id AND stage = 'commitment'), 0)::bigint AS "journalCurrent",
      coalesce((SELECT sum(amount_minor) FROM journal_entry WHERE commitment_id = c.id AND stage = 'disbursement'), 0)::bigint AS "journalDisbursed",
      (SELECT count(*)::int FROM (
        SELECT FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id WHERE e.commitment_id = c.id
        GROUP BY l.cell HAVING sum(CASE l.stage WHEN 'commitment' THEN l.amount_minor ELSE -l.amount_minor END) < 0) cells) AS overdrawn
    FROM commitment c WHERE c.id = ${id}::uuid`;
  return row;
}

async function expectCommitment(id: string, current: bigint, disbursed: bigint): Promise<void> {
  expect(await commitmentFigures(id)).toEqual({ current, disbursed, journalCurrent: current, journalDisbursed: disbursed, overdrawn: 0 });
}

async function expectPledge(id: string, committed: bigint): Promise<void> {
  const [row] = await app.deps.db.$queryRaw<[object]>`
    SELECT p.committed_minor AS committed,
      (SELECT coalesce(sum(current_minor), 0)::bigint FROM commitment WHERE pledge_id = p.id AND status = 'active') AS rows,
      (SELECT coalesce(sum(amount_minor), 0)::bigint FROM journal_entry WHERE pledge_id = p.id AND stage = 'commitment') AS journal
    FROM pledge p WHERE p.id = ${id}::uuid`;
  expect(row).toEqual({ committed, rows: committed, journal: committed });
}

const THIRDS = { country: [{ code: 'BFA', share: '33.3333' }, { code: 'MLI', share: '33.3333' }, { code: 'NER', share: '33.3334' }] };

describe('a sum is never overrun, however many ask at once', () => {
  test('fifty payments of 30 on a commitment of 1,000: thirty-three pass', async () => {
    const commitmentId = await flows.commitment({ amount: '1000.00', splits: THIRDS, more: { destination: { kind: 'states' } } });
    const ids = await many(50, () => flows.submitted(commitmentId, '30.00'));
    const answers = await together(ids.map((id) => () => approve('disbursements', id)));
    expect(tally(answers)).toEqual({ 200: 33, '422 EXCEEDS_COMMITMENT': 17 });
    await expectCommitment(commitmentId, 100_000n, 99_000n);
  });

  test('fifty commitments of 30 on a pledge of 1,000: thirty-three pass', async () => {
    const pledgeId = await flows.pledge({ amount: '1000.00' });
    const answers = await together(Array.from({ length: 50 }, () => () => commit(pledgeId, '30.00')));
    expect(tally(answers)).toEqual({ 201: 33, '422 EXCEEDS_PLEDGE': 17 });
    await expectPledge(pledgeId, 99_000n);
  });

  test('payments and reductions of 50 share what is left of 1,000: twenty pass in all', async () => {
    const commitmentId = await flows.commitment({ amount: '1000.00', splits: THIRDS, more: { destination: { kind: 'states' } } });
    const payments = await many(20, () => flows.submitted(commitmentId, '50.00'));
    const reductions = await many(10, () => flows.amendment(commitmentId, '-50.00'));
    const answers = await together(payments.map((id) => () => approve('disbursements', id)), reductions.map((id) => () => approve('amendments', id)));
    const { 200: passed, '422 EXCEEDS_COMMITMENT': late = 0, '422 BELOW_DISBURSED': deep = 0, ...others } = tally(answers);
    expect([passed, late + deep, others]).toEqual([20, 10, {}]);
    const lowered = BigInt(10 - deep) * 5_000n;
    await expectCommitment(commitmentId, 100_000n - lowered, BigInt(20 - late) * 5_000n);
    expect(100_000n - lowered).toBe(BigInt(20 - late) * 5_000n);
  });

  test('new commitments and rises of 50 share the room of a pledge: six pass in all', async () => {
    const pledgeId = await flows.pledge({ amount: '1000.00' });
    const first = await flows.commitmentOf(pledgeId, '700.00');
    const rises = await many(10, () => flows.amendment(first, '50.00'));
    const answers = await together(rises.map((id) => () => approve('amendments', id)), Array.from({ length: 10 }, () => () => commit(pledgeId, '50.00')));
    const counts = tally(answers);
    expect([(counts['200'] ?? 0) + (counts['201'] ?? 0), counts['422 EXCEEDS_PLEDGE']]).toEqual([6, 14]);
    await expectPledge(pledgeId, 100_000n);
  });
});

describe('a decision is taken once', () => {
  test('twenty approvals and rejections of one payment: one counts', async () => {
    const commitmentId = await flows.commitment({ amount: '100.00' });
    const id = await flows.submitted(commitmentId, '100.00');
    const reject = () => people.approver.act(`/v1/disbursements/${id}/reject`, { reason: 'Pièce manquante' });
    const answers = await together(Array.from({ length: 10 }, () => () => approve('disbursements', id)), Array.from({ length: 10 }, () => reject));
    expect(tally(answers)).toEqual({ 200: 1, '409 STATE_CONFLICT': 19 });
    const { status } = await flows.read(`/v1/disbursements/${id}`);
    await expectCommitment(commitmentId, 10_000n, status === 'approved' ? 10_000n : 0n);
  });

  test('ten approvals of one reversal undo once', async () => {
    const commitmentId = await flows.commitment({ amount: '100.00' });
    const reversalId = await flows.reversal('disbursement', await flows.paid(commitmentId, '60.00'));
    const answers = await together(Array.from({ length: 10 }, () => () => approve('reversals', reversalId)));
    expect(tally(answers)['200']).toBe(1);
    expect(answers.filter((answer) => answer.status !== 200 && answer.status !== 409)).toEqual([]);
    await expectCommitment(commitmentId, 10_000n, 0n);
  });
});

describe('a reversal races with what would come below or beside it', () => {
  const PAIRS = 12;

  test('a pledge is reversed, or a commitment comes: never both', async () => {
    const pledges = await many(PAIRS, () => flows.pledge());
    const reversals = await Promise.all(pledges.map((id) => flows.reversal('pledge', id)));
    const answers = await together(
      reversals.map((id) => () => approve('reversals', id)),
      pledges.map((id) => () => commit(id, '10.00')),
    );
    for (let pair = 0; pair < PAIRS; pair += 1) {
      expect([
        ['200', '409 PARENT_REVERSED'],
        ['409 HAS_CHILDREN', '201'],
      ]).toContainEqual([outcome(answers[2 * pair]!), outcome(answers[2 * pair + 1]!)]);
    }
  });

  test.each([
    ['a payment', (id: string) => people.officer.post('/v1/disbursements', bodies.payment(id, '1.00')), '409 PARENT_REVERSED'],
    ['an amendment', (id: string) => people.officer.post(`/v1/commitments/${id}/amendments`, bodies.amendment('1.00')), '409 STATE_CONFLICT'],
  ])('a commitment is reversed, or %s is prepared: never both', async (_, prepare, late) => {
    const commitments = await many(PAIRS, () => flows.commitment());
    const reversals = await Promise.all(commitments.map((id) => flows.reversal('commitment', id)));
    const answers = await together(
      reversals.map((id) => () => approve('reversals', id)),
      commitments.map((id) => () => prepare(id)),
    );
    for (let pair = 0; pair < PAIRS; pair += 1) {
      expect([
        ['200', late],
        ['409 HAS_CHILDREN', '201'],
      ]).toContainEqual([outcome(answers[2 * pair]!), outcome(answers[2 * pair + 1]!)]);
    }
  });

  test('a payment is undone while another wants its place: it gets it or is refused, and the sum is right', async () => {
    const commitments = await many(PAIRS, () => flows.commitment({ amount: '100.00' }));
    const rivals = await Promise.all(
      commitments.map(async (id) => {
        const second = await flows.submitted(id, '80.00');
        return { second, reversal: await flows.reversal('disbursement', await flows.paid(id, '80.00')) };
      }),
    );
    const answers = await together(
      rivals.map(({ second }) => () => approve('disbursements', second)),
      rivals.map(({ reversal }) => () => approve('reversals', reversal)),
    );
    for (const [pair, id] of commitments.entries()) {
      const [paid, undone] = [outcome(answers[2 * pair]!), outcome(answers[2 * pair + 1]!)];
      expect(undone).toBe('200');
      expect(['200', '422 EXCEEDS_COMMITMENT']).toContain(paid);
      await expectCommitment(id, 10_000n, paid === '200' ? 8_000n : 0n);
    }
  });
});

describe('everything at once', () => {
  let pledgeId: string;
  let commitments: string[];

  beforeEach(async () => {
    pledgeId = await flows.pledge({ amount: '10000.00' });
    commitments = [await flows.commitmentOf(pledgeId, '1000.00'), await flows.commitmentOf(pledgeId, '1000.00')];
  });

  test('whatever order the locks are taken in, nobody is left hanging and every sum is right', async () => {
    const prepared = await Promise.all(
      commitments.map(async (id) => ({
        payments: await many(5, () => flows.submitted(id, '150.00')),
        rises: await many(3, () => flows.amendment(id, '10.00')),
        falls: await many(3, () => flows.amendment(id, '-100.00')),
        undone: await many(3, async () => flows.reversal('disbursement', await flows.paid(id, '50.00'))),
      })),
    );
    const ofBoth = <T>(pick: (one: (typeof prepared)[number]) => readonly T[]) => prepared.flatMap(pick);
    const answers = await together(
      ofBoth(({ undone }) => undone.map((id) => () => approve('reversals', id))),
      ofBoth(({ payments }) => payments.map((id) => () => approve('disbursements', id))),
      ofBoth(({ rises, falls }) => [...rises, ...falls].map((id) => () => approve('amendments', id))),
      Array.from({ length: 6 }, () => () => commit(pledgeId, '5.00')),
      commitments.flatMap((id) => [() => people.officer.post('/v1/disbursements', bodies.payment(id, '1.00')), () => people.officer.post(`/v1/commitments/${id}/amendments`, bodies.amendment('1.00'))]),
      [() => people.officer.post('/v1/reversals', bodies.reversal('pledge', pledgeId)), () => people.officer.get(`/v1/pledges/${pledgeId}`), () => people.officer.post('/v1/pledges', flowBody(flows.donorId))],
    );
    expect(answers.filter((answer) => ![200, 201, 409, 422].includes(answer.status)).map(outcome)).toEqual([]);
    expect(tally(answers)).toMatchObject({ 201: 11, '409 HAS_CHILDREN': 1 });

    const figures = await Promise.all(commitments.map(commitmentFigures));
    for (const { current, disbursed, journalCurrent, journalDisbursed, overdrawn } of figures) {
      expect([journalCurrent, journalDisbursed, overdrawn]).toEqual([current, disbursed, 0]);
      expect(disbursed <= current).toBe(true);
    }
    await expectPledge(pledgeId, figures.reduce((sum, { current }) => sum + current, 6n * 500n));
  });

  test('afterwards the whole ledger holds', async () => {
    const broken = (await checkLedger(app.deps.db)).filter(({ rows }) => rows.length > 0);
    expect(broken).toEqual([]);
    expect(await flows.read(`/v1/pledges/${pledgeId}`)).toMatchObject({ committed: eur('2000.00') });
  });
});
