import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { problemsEn } from '../../src/i18n/problems.en.js';
import { problemsFr } from '../../src/i18n/problems.fr.js';
import { checkLedger } from '../../src/features/ledger-check/ledger-check.service.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, SEVEN, startTestApp, type TestApp } from '../support/app.js';
import { eur, Flows, NIGER, SHARED } from '../support/flows.js';
import { addRate, createOrganisation, createPeople } from '../support/ledger.js';

let app: TestApp;
let flows: Flows;
let administrator: Client;
let first: Client;
let second: Client;

beforeAll(async () => {
  app = await startTestApp();
  flows = new Flows(app, await createPeople(app), await createOrganisation(app, 'Exemplie'));
  administrator = await app.user({ roles: ['administrator'] });
  first = await app.user({ roles: ['approver'], states: SEVEN });
  second = await app.user({ roles: ['approver'], states: SEVEN });
  await addRate(app, 'USD', '2025-01-02', '1.0800');
});
afterAll(() => app.close());
beforeEach(async () => {
  for (const state of [null, 'MLI', 'NER']) await limit(state, null);
});

const usd = (amount: string) => ({ amount, currency: 'USD' });
const limit = (state: string | null, amount: string | null) => administrator.post('/v1/approval-limits', { state, amount: amount === null ? null : usd(amount), reason: 'Décision du conseil' }).expect(201);
const refused = async (asked: PromiseLike<{ status: number; body: unknown }>) => {
  const { status, body } = await asked;
  return [status, (body as { code?: string }).code];
};
const postedOf = (disbursementId: string) => app.deps.db.journalEntry.count({ where: { disbursementId, kind: 'disbursement' } });
const approvalsOf = (recordId: string) => app.deps.db.approval.count({ where: { recordId } });

describe('above the limit', () => {
  test('a payment takes two approvers: the first leaves it waiting, the second posts it', async () => {
    await limit('MLI', '107.99');
    const commitmentId = await flows.commitment();
    const id = await flows.submitted(commitmentId, '100.00');
    expect(await flows.read(`/v1/disbursements/${id}`)).toMatchObject({ status: 'submitted', approvals: [], approvalsNeeded: 2 });
    const { body: waiting } = await first.act(`/v1/disbursements/${id}/approve`).expect(200);
    const one = { approverId: first.userId, onBehalfOf: null, approvedAt: expect.any(String) };
    expect(waiting).toMatchObject({ status: 'submitted', decidedBy: null, approvals: [one], approvalsNeeded: 2 });
    expect([await postedOf(id), (await flows.read(`/v1/commitments/${commitmentId}`)).disbursed]).toEqual([0, eur('0.00')]);
    const { body: approved } = await second.act(`/v1/disbursements/${id}/approve`).expect(200);
    expect(approved).toMatchObject({ status: 'approved', decidedBy: second.userId, approvals: [one, { approverId: second.userId }], approvalsNeeded: null });
    expect([await postedOf(id), (await flows.read(`/v1/commitments/${commitmentId}`)).disbursed]).toEqual([1, eur('100.00')]);
    const actions = await app.deps.db.auditEvent.findMany({ where: { recordId: id }, orderBy: { id: 'asc' }, select: { action: true, actorId: true } });
    expect(actions.slice(-2)).toEqual([{ action: 'disbursement.first_approval', actorId: first.userId }, { action: 'disbursement.approve', actorId: second.userId }]);
  });

  test('exactly the limit takes one', async () => {
    await limit('MLI', '108.00');
    const id = await flows.submitted(await flows.commitment(), '100.00');
    expect(await flows.read(`/v1/disbursements/${id}`)).toMatchObject({ approvalsNeeded: 1 });
    expect((await first.act(`/v1/disbursements/${id}/approve`).expect(200)).body).toMatchObject({ status: 'approved', approvals: [{ approverId: first.userId }] });
  });

  test('amendments count by their amount, whichever its sign, and reversals by what they undo', async () => {
    await limit(null, '100.00');
    const commitmentId = await flows.commitment({ amount: '1000.00' });
    for (const delta of ['200.00', '-200.00']) {
      const id = await flows.amendment(commitmentId, delta);
      expect((await first.act(`/v1/amendments/${id}/approve`).expect(200)).body).toMatchObject({ status: 'submitted', approvalsNeeded: 2 });
      expect((await second.act(`/v1/amendments/${id}/approve`).expect(200)).body).toMatchObject({ status: 'approved', approvalsNeeded: null });
    }
    expect((await first.act(`/v1/amendments/${await flows.amendment(commitmentId, '10.00')}/approve`).expect(200)).body).toMatchObject({ status: 'approved' });
    for (const [stage, id] of [['commitment', commitmentId], ['pledge', await flows.pledge()]] as const) {
      const reversal = await flows.reversal(stage, id);
      expect(await flows.read(`/v1/reversals/${reversal}`)).toMatchObject({ approvals: [], approvalsNeeded: 2 });
      expect((await first.act(`/v1/reversals/${reversal}/approve`).expect(200)).body).toMatchObject({ status: 'submitted', approvalsNeeded: 2 });
      expect((await second.act(`/v1/reversals/${reversal}/approve`).expect(200)).body).toMatchObject({ status: 'approved' });
    }
  });

  test('of several states the lowest limit counts; a state without one has that for all', async () => {
    await limit('MLI', '1000.00');
    await limit('NER', '50.00');
    const needed = async (id: string) => (await flows.read(`/v1/disbursements/${id}`)).approvalsNeeded;
    const [mali, niger, shared] = [await flows.commitment(), await flows.commitment(NIGER), await flows.commitment(SHARED)];
    const ids = [await flows.submitted(mali, '100.00'), await flows.submitted(niger, '100.00'), await flows.submitted(shared, '100.00')];
    expect(await Promise.all(ids.map(needed))).toEqual([1, 2, 2]);
    await limit('NER', null);
    expect(await Promise.all(ids.map(needed))).toEqual([1, 1, 1]);
    await limit(null, '60.00');
    expect(await Promise.all(ids.map(needed))).toEqual([1, 2, 2]);
    const { items } = (await flows.people.officer.get(`/v1/disbursements?commitmentId=${niger}`).expect(200)).body as { items: object[] };
    expect(items).toMatchObject([{ approvals: [], approvalsNeeded: 2 }]);
  });

  test('the limit at the moment of the decision counts', async () => {
    const commitmentId = await flows.commitment();
    const raised = await flows.submitted(commitmentId, '100.00');
    await limit('MLI', '1.00');
    expect((await first.act(`/v1/disbursements/${raised}/approve`).expect(200)).body).toMatchObject({ status: 'submitted' });
    await limit('MLI', null);
    expect((await second.act(`/v1/disbursements/${raised}/approve`).expect(200)).body).toMatchObject({ status: 'approved' });
  });

  test('any one approver’s rejection ends it, also after an approval, which stays on record', async () => {
    await limit('MLI', '0.00');
    const id = await flows.submitted(await flows.commitment(), '100.00');
    await first.act(`/v1/disbursements/${id}/approve`).expect(200);
    const { body } = await second.act(`/v1/disbursements/${id}/reject`, { reason: 'Pièce manquante' }).expect(200);
    expect(body).toMatchObject({ status: 'rejected', approvals: [{ approverId: first.userId }], approvalsNeeded: null });
    expect(await refused(second.act(`/v1/disbursements/${id}/approve`))).toEqual([409, 'STATE_CONFLICT']);
    expect(await postedOf(id)).toBe(0);
  });

  test('after a first approval nothing can be edited or submitted again', async () => {
    await limit('MLI', '0.00');
    const id = await flows.submitted(await flows.commitment(), '100.00');
    await first.act(`/v1/disbursements/${id}/approve`).expect(200);
    expect(await refused(flows.people.officer.edit(`/v1/disbursements/${id}`, { description: 'Autre' }))).toEqual([409, 'STATE_CONFLICT']);
    expect(await refused(flows.people.officer.act(`/v1/disbursements/${id}/submit`))).toEqual([409, 'STATE_CONFLICT']);
  });

  test('the second approval checks again what is left', async () => {
    await limit('MLI', '200.00');
    const commitmentId = await flows.commitment({ amount: '1000.00' });
    const id = await flows.submitted(commitmentId, '900.00');
    await first.act(`/v1/disbursements/${id}/approve`).expect(200);
    await flows.paid(commitmentId, '150.00');
    expect(await refused(second.act(`/v1/disbursements/${id}/approve`))).toEqual([422, 'EXCEEDS_COMMITMENT']);
    expect([await postedOf(id), await approvalsOf(id)]).toEqual([0, 1]);
  });
});

describe('two different persons', () => {
  beforeEach(() => limit('MLI', '0.00'));
  const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  const delegateTo = (from: Client, to: Client) => from.post('/v1/delegations', { toUserId: to.userId, startsOn: day(0), endsOn: day(5), reason: 'Mission' }).expect(201);

  test('nobody approves twice, in either language', async () => {
    const id = await flows.submitted(await flows.commitment(), '100.00');
    await first.act(`/v1/disbursements/${id}/approve`).expect(200);
    for (const [language, texts] of [['fr', problemsFr], ['en', problemsEn]] as const) {
      const { status, body } = await first.act(`/v1/disbursements/${id}/approve`).set('accept-language', language);
      expect([status, body]).toEqual([409, expect.objectContaining({ code: 'ALREADY_APPROVED', title: texts.ALREADY_APPROVED.title })]);
    }
    expect(await approvalsOf(id)).toBe(1);
  });

  test('neither the own approval and one in that name, nor one in another’s name and then the own, are two', async () => {
    const [absent, delegate] = [await app.user({ roles: ['approver'], states: ['MLI'] }), await app.user({ roles: ['finance_officer'], states: ['NER'] })];
    await delegateTo(absent, delegate);
    const commitmentId = await flows.commitment();
    const own = await flows.submitted(commitmentId, '10.00');
    await absent.act(`/v1/disbursements/${own}/approve`).expect(200);
    expect(await refused(delegate.act(`/v1/disbursements/${own}/approve`))).toEqual([409, 'ALREADY_APPROVED']);
    const represented = await flows.submitted(commitmentId, '10.00');
    await delegate.act(`/v1/disbursements/${represented}/approve`).expect(200);
    expect(await refused(absent.act(`/v1/disbursements/${represented}/approve`))).toEqual([409, 'ALREADY_APPROVED']);
    for (const id of [own, represented]) await first.act(`/v1/disbursements/${id}/approve`).expect(200);
  });

  test('nor is one person two who acts for two absent approvers', async () => {
    const delegate = await app.user({ roles: ['finance_officer'], states: ['NER'] });
    for (const absent of [await app.user({ roles: ['approver'], states: ['MLI'] }), await app.user({ roles: ['approver'], states: ['MLI'] })]) await delegateTo(absent, delegate);
    const id = await flows.submitted(await flows.commitment(), '10.00');
    await delegate.act(`/v1/disbursements/${id}/approve`).expect(200);
    expect(await refused(delegate.act(`/v1/disbursements/${id}/approve`))).toEqual([409, 'ALREADY_APPROVED']);
  });
});

describe('all at once', () => {
  beforeEach(() => limit('MLI', '0.00'));

  test('two approvers of one payment: two approvals, posted once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const commitmentId = await flows.commitment();
      const id = await flows.submitted(commitmentId, '100.00');
      const answers = await Promise.all([first, second].map((by) => by.act(`/v1/disbursements/${id}/approve`)));
      expect(answers.map(({ status, body }) => `${status} ${(body as { status: string }).status}`).sort()).toEqual(['200 approved', '200 submitted']);
      expect([await approvalsOf(id), await postedOf(id), (await flows.read(`/v1/commitments/${commitmentId}`)).disbursed]).toEqual([2, 1, eur('100.00')]);
    }
  });

  test('twenty approvals of one person count once', async () => {
    const id = await flows.submitted(await flows.commitment(), '100.00');
    const answers = await Promise.all(Array.from({ length: 20 }, () => first.act(`/v1/disbursements/${id}/approve`)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status, body }) => status === 409 && (body as { code: string }).code === 'ALREADY_APPROVED')).toHaveLength(19);
    expect([await approvalsOf(id), await postedOf(id)]).toEqual([1, 0]);
  });

  test('with one key, the first answer again', async () => {
    const id = await flows.submitted(await flows.commitment(), '100.00');
    const key = newId();
    const answers = await Promise.all(Array.from({ length: 10 }, () => first.act(`/v1/disbursements/${id}/approve`, {}, key)));
    for (const { status, body } of answers) expect([status, body]).toEqual([200, answers[0]!.body]);
    expect(await approvalsOf(id)).toBe(1);
  });

  test('limits that change while payments are approved: each is approved as the limit of its moment wants, and the ledger holds', async () => {
    const commitmentId = await flows.commitment();
    const ids = await Promise.all(Array.from({ length: 12 }, () => flows.submitted(commitmentId, '10.00')));
    await Promise.all([
      ...ids.flatMap((id) => [first, second].map((by) => by.act(`/v1/disbursements/${id}/approve`))),
      ...Array.from({ length: 6 }, (_, n) => limit('MLI', n % 2 === 0 ? null : '0.00')),
    ]);
    expect((await checkLedger(app.deps.db)).filter(({ rows }) => rows.length > 0)).toEqual([]);
  });
});

describe('the database itself', () => {
  const approvedBy = async (id: string, by: string) => app.deps.db.disbursement.update({ where: { id }, data: { status: 'approved', decidedBy: by, decidedAt: new Date() } });
  const approval = (recordId: string, approverId: string) => app.deps.db.approval.create({ data: { id: newId(), kind: 'disbursement', recordId, approverId } });

  test('refuses to approve without an approval, with one of two, or with that of a preparer', async () => {
    const commitmentId = await flows.commitment();
    const [none, one, own, edited] = [await flows.submitted(commitmentId, '1.00'), await flows.submitted(commitmentId, '1.00'), await flows.submitted(commitmentId, '1.00'), await flows.draft(commitmentId, '1.00')];
    await expect(approvedBy(none, first.userId)).rejects.toThrow(/refused: none/);
    await limit('MLI', '0.00');
    await approval(one, first.userId);
    await expect(approvedBy(one, first.userId)).rejects.toThrow(/refused: one of two/);
    await approval(own, first.userId);
    await approval(own, flows.people.second.userId);
    await expect(approvedBy(own, first.userId)).rejects.toThrow(/refused: preparer/);
    await flows.people.officer.edit(`/v1/disbursements/${edited}`, { description: 'Autre' }).expect(200);
    await flows.people.second.edit(`/v1/disbursements/${edited}`, { description: 'Encore' }).expect(200);
    await flows.act(`/v1/disbursements/${edited}/submit`);
    await approval(edited, first.userId);
    await approval(edited, flows.people.officer.userId);
    await expect(approvedBy(edited, first.userId)).rejects.toThrow(/refused: preparer/);
  });

  test.each([
    ['amendment', (id: string) => flows.amendment(id, '1.00')],
    ['reversal', (id: string) => flows.reversal('commitment', id)],
  ] as const)('refuses an %s without an approval', async (table, make) => {
    const id = await make(await flows.commitment());
    await expect(app.deps.db.$executeRawUnsafe(`UPDATE ${table} SET status = 'approved', decided_by = '${first.userId}' WHERE id = '${id}'`)).rejects.toThrow(/refused: none/);
  });

  test('keeps approvals and limits as they are', async () => {
    await limit('MLI', '5.00');
    for (const table of ['approval', 'approval_limit']) await expect(app.deps.db.$executeRawUnsafe(`UPDATE ${table} SET id = id`)).rejects.toThrow();
  });
});

describe('who sets them', () => {
  test('an administrator, with a reason, which the trail keeps; everybody reads them, with their history', async () => {
    await limit('MLI', '10.00');
    const { body } = await limit('MLI', '20.50');
    expect(body).toMatchObject({ state: 'MLI', amount: usd('20.50'), reason: 'Décision du conseil', setBy: administrator.userId, current: true });
    const { items } = (await flows.people.officer.get('/v1/approval-limits?state=MLI&limit=2').expect(200)).body as { items: object[] };
    expect(items).toMatchObject([{ amount: usd('20.50'), current: true }, { amount: usd('10.00'), current: false }]);
    expect(await app.deps.db.auditEvent.findFirst({ where: { recordId: String(body.id) } })).toMatchObject({ action: 'approval_limit.set', reason: 'Décision du conseil', detail: { state: 'MLI', before: '1000', after: '2050' } });
    expect(await refused(first.post('/v1/approval-limits', { state: null, amount: null, reason: 'Essai' }))).toEqual([403, 'FORBIDDEN']);
  });

  test.each([
    [{ amount: eur('1.00') }, 422, 'CURRENCY_MISMATCH', 'amount.currency'],
    [{ amount: usd('-1.00') }, 400, 'AMOUNT_NOT_POSITIVE', 'amount.amount'],
    [{ amount: usd('1.001') }, 400, 'AMOUNT_DIGITS', 'amount.amount'],
    [{ amount: usd('1,00') }, 400, 'AMOUNT_FORMAT', 'amount.amount'],
    [{ amount: usd('10000000000000.01') }, 400, 'AMOUNT_TOO_LARGE', 'amount.amount'],
    [{ amount: { amount: '1', currency: 'ZZZ' } }, 400, 'CURRENCY_UNKNOWN', 'amount.currency'],
    [{ state: 'XYZ' }, 400, 'CODE_UNKNOWN', 'state'],
    [{ state: 'mli' }, 400, 'VALIDATION', 'state'],
    [{ reason: 'x' }, 400, 'VALIDATION', 'reason'],
    [{ amount: undefined }, 400, 'VALIDATION', 'amount'],
  ])('%j: %d %s at %s', async (more, status, code, field) => {
    const before = await app.deps.db.approvalLimit.count();
    const { body } = await administrator.post('/v1/approval-limits', { state: 'MLI', amount: usd('1.00'), reason: 'Décision', ...more });
    expect(body).toMatchObject({ status, code, field });
    expect(await app.deps.db.approvalLimit.count()).toBe(before);
  });
});

test('afterwards the whole ledger holds', async () => {
  expect((await checkLedger(app.deps.db)).filter(({ rows }) => rows.length > 0)).toEqual([]);
});
