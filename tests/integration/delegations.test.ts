import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ProblemCode } from '../../src/domain/problem.js';
import { problemsEn } from '../../src/i18n/problems.en.js';
import { problemsFr } from '../../src/i18n/problems.fr.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { bodies, Flows, NIGER, SHARED } from '../support/flows.js';
import { addRate, createOrganisation, createPeople } from '../support/ledger.js';

let app: TestApp;
let flows: Flows;
let administrator: Client;
/** Approves for Mali, and is about to be away. */
let absent: Client;
/** An officer of Niger, who knows nothing of Mali. */
let delegate: Client;

beforeAll(async () => {
  app = await startTestApp();
  flows = new Flows(app, await createPeople(app), await createOrganisation(app, 'Exemplie'));
  administrator = await app.user({ roles: ['administrator'] });
  await addRate(app, 'USD', '2025-01-02', '1.0800');
});
afterAll(() => app.close());
beforeEach(async () => {
  absent = await app.user({ roles: ['approver'], states: ['MLI'] });
  delegate = await app.user({ roles: ['finance_officer'], states: ['NER'] });
});

const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
const input = (toUserId: string, more: object = {}) => ({ toUserId, startsOn: day(0), endsOn: day(10), reason: 'Congé annuel', ...more });
const delegateTo = async (to: Client, from = absent, more: object = {}) => (await from.post('/v1/delegations', input(to.userId, more)).expect(201)).body as { id: string };
const refused = async (asked: PromiseLike<{ status: number; body: unknown }>) => {
  const { status, body } = await asked;
  return [status, (body as { code?: string }).code];
};
const eventsOf = (recordId: string) => app.deps.db.auditEvent.findMany({ where: { recordId }, orderBy: { id: 'asc' } });

describe('while it runs', () => {
  test('the delegate sees the absent approver’s states, approves in their name, and both stand in the record and the trail', async () => {
    const id = await flows.submitted(await flows.commitment(), '10.00');
    expect((await delegate.get(`/v1/disbursements/${id}`)).status).toBe(404);
    const delegation = await delegateTo(delegate);
    const { body } = await delegate.act(`/v1/disbursements/${id}/approve`).expect(200);
    const approval = { approverId: delegate.userId, onBehalfOf: absent.userId, approvedAt: expect.any(String) };
    expect(body).toMatchObject({ status: 'approved', decidedBy: delegate.userId, approvals: [approval], approvalsNeeded: null });
    expect((await delegate.get(`/v1/disbursements/${id}`).expect(200)).body.approvals).toEqual([approval]);
    expect(await app.deps.db.approval.findMany({ where: { recordId: id } })).toMatchObject([{ kind: 'disbursement', approverId: delegate.userId, onBehalfOf: absent.userId }]);
    expect(await eventsOf(id)).toContainEqual(expect.objectContaining({ action: 'disbursement.approve', actorId: delegate.userId, onBehalfOf: absent.userId }));
    expect(await eventsOf(delegation.id)).toMatchObject([
      { action: 'delegation.create', actorId: absent.userId, reason: 'Congé annuel' },
      { action: 'delegation.use', actorId: delegate.userId, onBehalfOf: absent.userId, detail: { act: 'approve', kind: 'disbursement', id } },
    ]);
  });

  test('amendments and reversals too, and rejections, which the trail keeps with both names', async () => {
    const commitmentId = await flows.commitment();
    await delegateTo(delegate);
    const rejected = await flows.amendment(commitmentId, '5.00');
    await delegate.act(`/v1/amendments/${rejected}/reject`, { reason: 'Non fondé' }).expect(200);
    expect(await eventsOf(rejected)).toContainEqual(expect.objectContaining({ action: 'amendment.rejected', onBehalfOf: absent.userId }));
    const raised = await flows.amendment(commitmentId, '5.00');
    expect((await delegate.act(`/v1/amendments/${raised}/approve`).expect(200)).body).toMatchObject({ approvals: [{ onBehalfOf: absent.userId }] });
    const undone = await flows.reversal('commitment', commitmentId);
    expect((await delegate.act(`/v1/reversals/${undone}/approve`).expect(200)).body).toMatchObject({ status: 'approved', approvals: [{ onBehalfOf: absent.userId }] });
  });

  test('an approver uses the own right first', async () => {
    const other = await app.user({ roles: ['approver'], states: ['MLI'] });
    await delegateTo(other);
    const id = await flows.submitted(await flows.commitment(), '10.00');
    expect((await other.act(`/v1/disbursements/${id}/approve`).expect(200)).body).toMatchObject({ approvals: [{ onBehalfOf: null }] });
  });

  test('own states and received ones are not added up: each flow is decided by one right', async () => {
    const nigerien = await app.user({ roles: ['approver'], states: ['NER'] });
    await delegateTo(nigerien);
    const id = await flows.submitted(await flows.commitment(SHARED), '10.00');
    expect(await refused(nigerien.act(`/v1/disbursements/${id}/approve`))).toEqual([403, 'OUT_OF_SCOPE']);
  });

  test('it is not handed on: only the own states are', async () => {
    const between = await app.user({ roles: ['approver'], states: ['NER'] });
    await delegateTo(between);
    await delegateTo(delegate, between);
    const [mali, niger] = [await flows.submitted(await flows.commitment(), '1.00'), await flows.submitted(await flows.commitment(NIGER), '1.00')];
    expect(await refused(delegate.act(`/v1/disbursements/${mali}/approve`))).toEqual([404, 'NOT_FOUND']);
    await delegate.act(`/v1/disbursements/${niger}/approve`).expect(200);
  });

  test('it gives no right to record anything in those states', async () => {
    const commitmentId = await flows.commitment();
    await delegateTo(delegate);
    expect(await refused(delegate.post('/v1/disbursements', bodies.payment(commitmentId, '1.00')))).toEqual([403, 'OUT_OF_SCOPE']);
  });
});

describe('it gives no right', () => {
  const cannot = async () => expect(await refused(delegate.act(`/v1/disbursements/${await flows.submitted(await flows.commitment(), '1.00')}/approve`))).toEqual([403, 'FORBIDDEN']);

  test('before its first day', async () => {
    await delegateTo(delegate, absent, { startsOn: day(1) });
    await cannot();
  });

  test('after its last day', async () => {
    const data = { id: newId(), fromUserId: absent.userId, toUserId: delegate.userId, startsOn: new Date(day(-9)), endsOn: new Date(day(-1)), reason: 'Congé', createdBy: absent.userId };
    await app.deps.db.delegation.create({ data });
    await cannot();
    expect((await delegate.get(`/v1/delegations/${data.id}`).expect(200)).body).toMatchObject({ status: 'ended' });
    expect(await refused(absent.act(`/v1/delegations/${data.id}/revoke`))).toEqual([409, 'STATE_CONFLICT']);
  });

  test('once it is revoked, which the trail keeps', async () => {
    const { id } = await delegateTo(delegate);
    const { body } = await absent.act(`/v1/delegations/${id}/revoke`).expect(200);
    expect(body).toMatchObject({ status: 'revoked', revokedBy: absent.userId, version: 2 });
    await cannot();
    expect(await eventsOf(id)).toMatchObject([{ action: 'delegation.create' }, { action: 'delegation.revoke', actorId: absent.userId, detail: { before: { status: 'running' }, after: { status: 'revoked' } } }]);
    expect(await refused(absent.act(`/v1/delegations/${id}/revoke`))).toEqual([409, 'STATE_CONFLICT']);
    await delegateTo(delegate);
  });

  test.each([
    ['of an approver who is suspended', { active: false }],
    ['of one who is no approver any more', { roles: ['finance_officer' as const] }],
  ])('%s', async (_, data) => {
    await delegateTo(delegate);
    await app.deps.db.appUser.update({ where: { id: absent.userId }, data });
    await cannot();
  });
});

describe('four eyes hold through it', () => {
  test('nobody decides in the name of who prepared, changed or submitted it, and who did does not decide in another’s name', async () => {
    const everything = await app.user({ roles: ['finance_officer', 'approver'], states: ['MLI'] });
    await delegateTo(delegate, everything);
    const commitmentId = await flows.commitment();
    const prepared = await flows.post('/v1/disbursements', bodies.payment(commitmentId, '1.00'), everything);
    await flows.act(`/v1/disbursements/${prepared}/submit`);
    const edited = await flows.draft(commitmentId, '1.00');
    await everything.edit(`/v1/disbursements/${edited}`, { description: 'Autre' }).expect(200);
    await flows.people.officer.edit(`/v1/disbursements/${edited}`, { description: 'Encore' }).expect(200);
    await flows.act(`/v1/disbursements/${edited}/submit`);
    const submitted = await flows.draft(commitmentId, '1.00');
    await flows.act(`/v1/disbursements/${submitted}/submit`, {}, everything);
    const amendment = await flows.post(`/v1/commitments/${commitmentId}/amendments`, bodies.amendment('1.00'), everything);
    const reversal = await flows.post('/v1/reversals', bodies.reversal('disbursement', await flows.paid(commitmentId, '1.00')), everything);
    for (const path of [`disbursements/${prepared}`, `disbursements/${edited}`, `disbursements/${submitted}`, `amendments/${amendment}`, `reversals/${reversal}`]) {
      expect([path, ...(await refused(delegate.act(`/v1/${path}/approve`)))]).toEqual([path, 403, 'FOUR_EYES']);
      expect([path, ...(await refused(delegate.act(`/v1/${path}/reject`, { reason: 'Non' })))]).toEqual([path, 403, 'FOUR_EYES']);
    }
    // What the delegate prepared is decided by nobody's right in their hands either.
    const malian = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
    await delegateTo(malian);
    const own = await flows.post('/v1/disbursements', bodies.payment(commitmentId, '1.00'), malian);
    await flows.act(`/v1/disbursements/${own}/submit`);
    expect(await refused(malian.act(`/v1/disbursements/${own}/approve`))).toEqual([403, 'FOUR_EYES']);
  });

  test('of two absent approvers, the one who had no part in it is represented', async () => {
    const everything = await app.user({ roles: ['finance_officer', 'approver'], states: ['MLI'] });
    await delegateTo(delegate, everything);
    await delegateTo(delegate);
    const id = await flows.post('/v1/disbursements', bodies.payment(await flows.commitment(), '1.00'), everything);
    await flows.act(`/v1/disbursements/${id}/submit`);
    expect((await delegate.act(`/v1/disbursements/${id}/approve`).expect(200)).body).toMatchObject({ approvals: [{ onBehalfOf: absent.userId }] });
  });
});

describe('who may create one', () => {
  test('an administrator, for somebody who is ill', async () => {
    const { body } = await administrator.post('/v1/delegations', input(delegate.userId, { fromUserId: absent.userId, reason: 'Maladie' })).expect(201);
    expect(body).toMatchObject({ fromUserId: absent.userId, toUserId: delegate.userId, createdBy: administrator.userId, status: 'running', version: 1 });
    await administrator.act(`/v1/delegations/${String(body.id)}/revoke`).expect(200);
  });

  type Refusal = readonly [ProblemCode, string | undefined, () => Promise<{ readonly by: Client; readonly body: object }> | { readonly by: Client; readonly body: object }];
  const refusals: readonly Refusal[] = [
    ['DELEGATION_TO_ONESELF', 'toUserId', () => ({ by: absent, body: input(absent.userId) })],
    ['DELEGATION_TO_ONESELF', 'toUserId', async () => {
      const both = await app.user({ roles: ['administrator', 'finance_officer'], states: ['NER'] });
      return { by: both, body: input(both.userId, { fromUserId: absent.userId }) };
    }],
    ['FORBIDDEN', undefined, () => ({ by: delegate, body: input(absent.userId) })],
    ['FORBIDDEN', undefined, async () => ({ by: await app.user({ roles: ['approver'], states: ['MLI'] }), body: input(delegate.userId, { fromUserId: absent.userId }) })],
    ['DELEGATION_UNSUITABLE', 'fromUserId', () => ({ by: administrator, body: input(absent.userId, { fromUserId: delegate.userId }) })],
    ['DELEGATION_UNSUITABLE', 'fromUserId', () => ({ by: administrator, body: input(delegate.userId) })],
    ['DELEGATION_UNSUITABLE', 'toUserId', () => ({ by: absent, body: input(newId()) })],
    ['DELEGATION_UNSUITABLE', 'toUserId', async () => ({ by: absent, body: input((await app.user({ roles: ['minister', 'auditor'] })).userId) })],
    ['DELEGATION_UNSUITABLE', 'toUserId', async () => {
      await app.deps.db.appUser.update({ where: { id: delegate.userId }, data: { active: false } });
      return { by: absent, body: input(delegate.userId) };
    }],
    ['DATE_IN_PAST', 'startsOn', () => ({ by: absent, body: input(delegate.userId, { startsOn: day(-1) }) })],
    ['PERIOD_REVERSED', 'endsOn', () => ({ by: absent, body: input(delegate.userId, { startsOn: day(3), endsOn: day(2) }) })],
    ['PERIOD_TOO_LONG', 'endsOn', () => ({ by: absent, body: input(delegate.userId, { endsOn: day(366) }) })],
    ['DELEGATION_OVERLAPS', 'startsOn', async () => {
      await delegateTo(delegate);
      return { by: absent, body: input(delegate.userId, { startsOn: day(10), endsOn: day(20) }) };
    }],
    ['VALIDATION', 'reason', () => ({ by: absent, body: input(delegate.userId, { reason: ' ' }) })],
    ['VALIDATION', 'endsOn', () => ({ by: absent, body: input(delegate.userId, { endsOn: '2027-02-30' }) })],
  ];

  test.each(refusals)('%s at %s, in both languages, and nothing is kept', async (code, field, ask) => {
    const { by, body } = await ask();
    const counts = async () => [await app.deps.db.delegation.count(), await app.deps.db.auditEvent.count(), await app.deps.db.idempotencyKey.count()];
    const before = await counts();
    for (const [language, texts] of [['fr', problemsFr], ['en', problemsEn]] as const) {
      const { body: problem } = await by.post('/v1/delegations', body).set('accept-language', language);
      expect(problem).toMatchObject({ code, title: texts[code].title });
      expect(problem.field).toBe(field);
    }
    expect(await counts()).toEqual(before);
  });

  test('366 days are not too long', async () => {
    await delegateTo(delegate, absent, { endsOn: day(365) });
  });

  test('of ten at once for the same two, one is taken; other days and other persons do not matter', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => absent.post('/v1/delegations', input(delegate.userId))));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status, body }) => status === 409 && (body as { code: string }).code === 'DELEGATION_OVERLAPS')).toHaveLength(9);
    await delegateTo(delegate, absent, { startsOn: day(11), endsOn: day(12) });
    await delegateTo(await app.user({ roles: ['approver'], states: ['NER'] }));
  });
});

describe('who sees and ends them', () => {
  test('the two persons, administrators and auditors; nobody else', async () => {
    const { id } = await delegateTo(delegate);
    const list = async (by: Client) => ((await by.get('/v1/delegations?limit=200').expect(200)).body as { items: { id: string }[] }).items.some((one) => one.id === id);
    for (const by of [absent, delegate, administrator, await app.user({ roles: ['auditor'] })]) {
      expect([await list(by), (await by.get(`/v1/delegations/${id}`)).status]).toEqual([true, 200]);
    }
    const stranger = await app.user({ roles: ['approver'], states: ['MLI'] });
    expect([await list(stranger), ...(await refused(stranger.get(`/v1/delegations/${id}`)))]).toEqual([false, 404, 'NOT_FOUND']);
    expect(await refused(stranger.act(`/v1/delegations/${id}/revoke`))).toEqual([404, 'NOT_FOUND']);
    expect(await refused((await app.user({ roles: ['minister'], states: ['MLI'] })).get('/v1/delegations'))).toEqual([403, 'FORBIDDEN']);
  });

  test('the delegate does not end it; a version is asked for', async () => {
    const approver = await app.user({ roles: ['approver'], states: ['NER'] });
    const { id } = await delegateTo(approver);
    expect(await refused(approver.act(`/v1/delegations/${id}/revoke`))).toEqual([403, 'FORBIDDEN']);
    expect(await refused(absent.post(`/v1/delegations/${id}/revoke`))).toEqual([428, 'PRECONDITION_REQUIRED']);
    expect(await refused(absent.post(`/v1/delegations/${id}/revoke`).set('if-match', '"2"'))).toEqual([412, 'STALE']);
  });

  test('filters by person and state', async () => {
    const { id } = await delegateTo(delegate);
    const planned = await delegateTo(delegate, absent, { startsOn: day(11), endsOn: day(12) });
    const found = async (query: string) => ((await absent.get(`/v1/delegations?${query}`).expect(200)).body as { items: { id: string }[] }).items.map((one) => one.id);
    expect(await found(`toUserId=${delegate.userId}&sort=recordedAt`)).toEqual([id, planned.id]);
    expect(await found('status=running')).toEqual([id]);
    expect(await found('status=planned')).toEqual([planned.id]);
    expect(await found(`fromUserId=${delegate.userId}`)).toEqual([]);
  });
});

test('the database itself refuses an approval for somebody who delegated nothing, and any change but the end', async () => {
  const { db } = app.deps;
  const recordId = await flows.submitted(await flows.commitment(), '1.00');
  await expect(db.approval.create({ data: { id: newId(), kind: 'disbursement', recordId, approverId: delegate.userId, onBehalfOf: absent.userId } })).rejects.toThrow(/no delegation runs/);
  const { id } = await delegateTo(delegate);
  await expect(db.delegation.update({ where: { id }, data: { endsOn: new Date(day(300)) } })).rejects.toThrow(/can only be revoked/);
});
