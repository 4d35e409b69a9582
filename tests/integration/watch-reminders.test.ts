import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { eur, Flows } from '../support/flows.js';
import { addRate, createOrganisation, createPeople, type People } from '../support/ledger.js';
import { addRule, logOf, lookOn, reader, toldTo, toUser } from '../support/watch.js';

let app: TestApp;
let people: People;
let owner: Client;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  owner = await reader(app, { roles: ['finance_officer'], states: ['MLI', 'NER'] });
  await addRate(app, 'USD', '2025-01-02', '1.0800');
});
afterAll(() => app.close());

const planned = (parts: Readonly<Record<string, string>>, more: object = {}) => ({ more: { instalments: Object.entries(parts).map(([dueOn, amount]) => ({ dueOn, amount: eur(amount) })), ...more } });
const niger = { splits: { country: [{ code: 'NER' }] } };
/** A donor of its own, so that a rule finds the flows of its test only. */
const donor = async (name: string) => new Flows(app, people, await createOrganisation(app, name));
const due = (own: Flows, daysBefore = 30) => ({ kind: 'instalment_due', daysBefore, donorIds: [own.donorId] });
const late = (own: Flows, daysAfter = 0) => ({ kind: 'instalment_late', daysAfter, donorIds: [own.donorId] });

describe('an instalment', () => {
  test('is told as due in so many days, then as late, again after the quiet period, and cleared once paid', async () => {
    const own = await donor('A');
    const id = await own.commitment(planned({ '2025-06-01': '400.00', '2025-09-01': '600.00' }));
    const rules = [await addRule(owner, due(own, 10), [toUser(owner)]), await addRule(owner, late(own, 5), [toUser(owner)])] as const;
    await lookOn(app, '2025-05-21');
    expect(await toldTo(app, owner)).toEqual([]);
    await lookOn(app, '2025-05-22');
    const [notice] = await toldTo(app, owner, rules[0]);
    const { reference } = await own.read(`/v1/commitments/${id}`);
    expect(notice).toMatchObject({ kind: 'instalment_due', restricted: false, params: { count: 1, day: '2025-05-22' } });
    expect(notice?.params.facts).toEqual([
      {
        kind: 'instalment_due', of: 'commitment', id, reference, donor: { fr: 'A', en: 'A' }, states: [{ fr: 'Mali', en: 'Mali' }], dueOn: '2025-06-01', days: 10,
        amount: eur('400.00'), unpaid: eur('400.00'), since: '2025-05-22',
      },
    ]); // prettier-ignore
    await own.paid(id, '150.00');
    await lookOn(app, '2025-05-23');
    await lookOn(app, '2025-06-01');
    expect((await toldTo(app, owner, rules[0]))[1]?.params.facts).toMatchObject([{ days: 0, unpaid: eur('250.00'), since: '2025-05-22' }]);
    for (const day of ['2025-06-02', '2025-06-05', '2025-06-06', '2025-06-12', '2025-06-13']) await lookOn(app, day);
    expect((await toldTo(app, owner, rules[1])).map(({ params }) => [params.day, params.facts[0]?.days])).toEqual([['2025-06-06', 5], ['2025-06-13', 12]]);
    await own.paid(id, '250.00');
    await lookOn(app, '2025-06-14');
    await lookOn(app, '2025-06-15');
    expect(await logOf(app, rules[0])).toEqual([
      '2025-05-22 raised commitment:1', '2025-05-23 quiet commitment:1', '2025-06-01 raised commitment:1', '2025-06-02 cleared commitment:1',
    ]); // prettier-ignore
    expect(await logOf(app, rules[1])).toEqual([
      '2025-06-06 raised commitment:1', '2025-06-12 quiet commitment:1', '2025-06-13 raised commitment:1', '2025-06-14 cleared commitment:1',
    ]); // prettier-ignore
  });

  test('is told anew when it comes again: the payment was undone', async () => {
    const own = await donor('B');
    const id = await own.commitment(planned({ '2025-06-01': '1000.00' }));
    const rule = await addRule(owner, late(own), [toUser(owner)], { quietDays: 365 });
    await lookOn(app, '2025-06-02');
    const paid = await own.paid(id, '1000.00');
    await lookOn(app, '2025-06-03');
    await own.reverse('disbursement', paid);
    await lookOn(app, '2025-06-04');
    expect(await logOf(app, rule)).toEqual(['2025-06-02 raised commitment:1', '2025-06-03 cleared commitment:1', '2025-06-04 raised commitment:1']);
    expect((await toldTo(app, owner, rule))[1]?.params.facts[0]).toMatchObject({ since: '2025-06-04', days: 3 });
  });

  test('of a pledge counts what its commitments paid; those with a plan of their own take its place; a reversed one is nothing', async () => {
    const own = await donor('C');
    const pledge = await own.pledge(planned({ '2025-06-01': '600.00', '2025-07-01': '400.00' }));
    const child = await own.commitmentOf(pledge, '700.00');
    await own.paid(child, '650.00');
    const undone = await own.pledge(planned({ '2025-06-01': '1000.00' }));
    await own.reverse('pledge', undone);
    const rule = await addRule(owner, late(own), [toUser(owner)]);
    await lookOn(app, '2025-06-02');
    expect(await toldTo(app, owner, rule)).toEqual([]);
    await lookOn(app, '2025-07-02');
    expect((await toldTo(app, owner, rule))[0]?.params.facts).toMatchObject([{ of: 'pledge', id: pledge, dueOn: '2025-07-01', amount: eur('400.00'), unpaid: eur('350.00') }]);
    await own.post('/v1/commitments', { pledgeId: pledge, amount: eur('300.00'), valueDate: '2025-03-20', instalments: [{ dueOn: '2025-12-01', amount: eur('300.00') }] });
    await lookOn(app, '2025-07-03');
    expect((await logOf(app, rule)).at(-1)).toBe('2025-07-03 cleared pledge:2');
  });
});

describe('who is told', () => {
  test('each what they may see, in one notice; a donor the own; who was suspended nothing; an address what the owner sees', async () => {
    const [one, two] = [await donor('D'), await donor('E')];
    const plan = planned({ '2025-06-01': '1000.00' });
    await one.commitment(plan);
    await one.commitment({ ...niger, ...plan });
    await two.commitment(plan);
    const secret = await one.commitment(planned({ '2025-06-01': '1000.00' }, { restricted: true }));
    const mali = await reader(app, { roles: ['minister'], states: ['MLI'], seesRestricted: false });
    const maliToo = await reader(app, { roles: ['minister'], states: ['MLI'], seesRestricted: false });
    const nigerien = await reader(app, { roles: ['minister'], states: ['NER'], seesRestricted: false });
    const giver = await reader(app, { roles: ['donor'], organisationId: two.donorId });
    const suspended = await reader(app, { roles: ['minister'], states: ['MLI'] });
    const elsewhere = await reader(app, { roles: ['minister'], states: ['TGO'] });
    const recipients = [...[mali, maliToo, nigerien, giver, suspended, elsewhere].map(toUser), { kind: 'address', address: 'cabinet@gouv.example' }];
    const rule = await addRule(owner, { ...late(one), donorIds: [one.donorId, two.donorId] }, recipients);
    await app.deps.db.appUser.update({ where: { id: suspended.userId }, data: { active: false } });
    await lookOn(app, '2025-06-02');
    const seen = async (by: Client | string) => (await toldTo(app, by, rule)).map(({ params, restricted }) => [params.count, restricted]);
    expect(await Promise.all([mali, maliToo, nigerien, giver, suspended, elsewhere, 'address:cabinet@gouv.example'].map(seen))).toEqual([
      [[2, false]], [[2, false]], [[1, false]], [[1, false]], [], [], [[4, true]],
    ]); // prettier-ignore
    expect(await app.deps.db.notice.count({ where: { ruleId: rule } })).toBe(4);
    const own = await toldTo(app, giver, rule);
    expect(own[0]?.params.facts).toMatchObject([{ donor: { fr: 'E' } }]);
    const address = await toldTo(app, 'address:cabinet@gouv.example', rule);
    expect(address[0]?.params.facts.map(({ id }) => id)).toContain(secret);
    const events = await app.deps.db.watchEvent.findMany({ where: { ruleId: rule } });
    expect(events.map(({ outcome, restricted }) => [outcome, restricted]).sort()).toEqual([['raised', false], ['raised', false], ['raised', false], ['raised', true]]);
    const channels = await app.deps.db.delivery.findMany({ where: { recipient: `user:${mali.userId}`, notice: { ruleId: rule } }, orderBy: { channel: 'asc' } });
    expect(channels.map(({ channel, status }) => [channel, status])).toEqual([['mail', 'queued'], ['inbox', 'sent']]);
    expect(await app.deps.db.outbox.count({ where: { job: 'deliver', payload: { equals: { deliveryId: channels[0]?.id } } } })).toBe(1);
  });

  test('nothing that the owner may not see; a pledge only to who sees all that was paid of it', async () => {
    const own = await donor('F');
    await own.commitment({ splits: { country: [{ code: 'TGO' }] }, ...planned({ '2025-06-01': '1000.00' }) });
    const shared = { splits: { country: [{ code: 'MLI', share: '50' }, { code: 'NER', share: '50' }] }, more: { ...planned({ '2025-06-01': '1000.00' }).more, destination: { kind: 'states' } } };
    const pledge = await own.pledge(shared);
    await own.post('/v1/commitments', { pledgeId: pledge, amount: eur('500.00'), valueDate: '2025-03-20', destination: { kind: 'state' }, splits: { country: [{ code: 'NER' }] } });
    const administrator = await reader(app, { roles: ['administrator'] });
    const mali = await reader(app, { roles: ['minister'], states: ['MLI'] });
    const rule = await addRule(owner, late(own), [administrator, mali, owner].map(toUser));
    await lookOn(app, '2025-06-02');
    const counts = [administrator, owner, mali].map(async (by) => (await toldTo(app, by, rule)).map(({ params }) => params.count));
    expect(await Promise.all(counts)).toEqual([[1], [1], []]);
  });

  test('what no recipient may see is kept quiet, and told once somebody may', async () => {
    const own = await donor('G');
    await own.commitment(planned({ '2025-06-01': '1000.00' }));
    const elsewhere = await reader(app, { roles: ['minister'], states: ['TGO'] });
    const rule = await addRule(owner, late(own), [toUser(elsewhere)]);
    await lookOn(app, '2025-06-02');
    await owner.edit(`/v1/watch-rules/${rule}`, { recipients: [toUser(elsewhere), toUser(owner)] }).expect(200);
    await lookOn(app, '2025-06-03');
    expect(await logOf(app, rule)).toEqual(['2025-06-02 quiet commitment:1', '2025-06-03 raised commitment:1']);
    expect(await toldTo(app, elsewhere, rule)).toEqual([]);
  });
});

describe('the job', () => {
  test('done ten times at once, or again in the same hour, tells once', async () => {
    const own = await donor('H');
    await own.commitment(planned({ '2025-06-01': '1000.00' }));
    const rule = await addRule(owner, late(own), [toUser(owner), { kind: 'role', role: 'finance_officer', states: ['MLI'] }]);
    await Promise.all(Array.from({ length: 10 }, () => lookOn(app, '2025-06-02T10:00:00Z')));
    await lookOn(app, '2025-06-02T10:59:00Z');
    await lookOn(app, '2025-06-02T22:00:00Z');
    expect(await toldTo(app, owner, rule)).toHaveLength(1);
    expect(await logOf(app, rule)).toEqual(['2025-06-02 raised commitment:1']);
    const deliveries = await app.deps.db.delivery.findMany({ where: { notice: { ruleId: rule }, userId: owner.userId } });
    expect(deliveries).toHaveLength(2);
    expect(await app.deps.db.outbox.count({ where: { job: 'deliver', OR: deliveries.map(({ id }) => ({ payload: { equals: { deliveryId: id } } })) } })).toBe(1);
  });

  test('goes on past a rule that fails, which keeps its error and tells once it can', async () => {
    const own = await donor('I');
    await own.commitment(planned({ '2025-06-01': '1000.00' }));
    const [broken, sound] = [await addRule(owner, late(own), [toUser(owner)]), await addRule(owner, late(own), [toUser(owner)])];
    await app.deps.db.watchRule.update({ where: { id: broken }, data: { params: { daysAfter: 'soon' } } });
    await lookOn(app, '2025-06-02');
    expect([(await toldTo(app, owner, broken)).length, (await toldTo(app, owner, sound)).length]).toEqual([0, 1]);
    await app.deps.db.watchRule.update({ where: { id: broken }, data: { params: { daysAfter: 0 } } });
    const failed = await owner.get(`/v1/watch-rules/${broken}`).expect(200);
    expect(failed.body).toMatchObject({ problem: 'FAILED', problemText: expect.stringContaining('could not be looked at'), evaluatedAt: '2025-06-02T12:00:00.000Z' });
    await lookOn(app, '2025-06-03');
    expect((await owner.get(`/v1/watch-rules/${broken}`).expect(200)).body).toMatchObject({ problem: null, problemText: null });
    expect(await toldTo(app, owner, broken)).toHaveLength(1);
  });

  test('looks at no rule that is stopped or whose owner is suspended', async () => {
    const own = await donor('J');
    await own.commitment(planned({ '2025-06-01': '1000.00' }));
    const gone = await reader(app, { roles: ['finance_officer'], states: ['MLI'] });
    const [stopped, orphan] = [await addRule(owner, late(own), [toUser(owner)], { active: false }), await addRule(gone, late(own), [toUser(owner)])];
    await app.deps.db.appUser.update({ where: { id: gone.userId }, data: { active: false } });
    await lookOn(app, '2025-06-02');
    expect([await toldTo(app, owner, stopped), await toldTo(app, owner, orphan)]).toEqual([[], []]);
    const administrator = await app.user({ roles: ['administrator'] });
    expect((await administrator.get(`/v1/watch-rules/${orphan}`).expect(200)).body).toMatchObject({ problem: 'OWNER_SUSPENDED' });
    expect((await administrator.post(`/v1/watch-rules/${orphan}/evaluate`).expect(200)).body).toMatchObject({ problem: 'OWNER_SUSPENDED', items: [] });
  });
});
