import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { noticeText } from '../../src/features/watch/notice-text.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp, type UserOptions } from '../support/app.js';
import { bodies, eur, Flows } from '../support/flows.js';
import { addRate, createOrganisation, createPeople } from '../support/ledger.js';
import { lookOn, reader, toldTo } from '../support/watch.js';

let app: TestApp;
let flows: Flows;

beforeAll(async () => {
  app = await startTestApp();
  flows = new Flows(app, await createPeople(app), await createOrganisation(app, 'Exemplie'));
  await addRate(app, 'USD', '2025-01-02', '1.0800');
});
afterAll(() => app.close());

const person = async (options: UserOptions, choices: object = {}): Promise<Client> => {
  const client = await reader(app, options);
  await app.deps.db.appUser.update({ where: { id: client.userId }, data: choices });
  return client;
};
const digests = (client: Client) => app.deps.db.notice.findMany({ where: { kind: 'approval_digest', deliveries: { some: { userId: client.userId } } }, orderBy: { id: 'asc' } });

describe('what awaits me', () => {
  test('is told once a day from seven where I am, the oldest ten by name, in the inbox and by mail', async () => {
    const approver = await person({ roles: ['approver'], states: ['BFA'] }, { timeZone: 'Africa/Niamey' });
    const bamako = await person({ roles: ['approver'], states: ['BFA'] });
    await lookOn(app, '2026-01-05T06:30:00Z');
    expect(await digests(approver)).toEqual([]);
    const commitmentId = await flows.commitment({ splits: { country: [{ code: 'BFA' }] } });
    const first = await flows.read(`/v1/disbursements/${await flows.submitted(commitmentId, '1.00')}`);
    for (let n = 0; n < 11; n += 1) await flows.submitted(commitmentId, '2.00');
    await Promise.all([1, 2, 3].map(() => lookOn(app, '2026-01-05T06:30:00Z')));
    await lookOn(app, '2026-01-05T09:30:00Z');
    expect([(await digests(approver)).length, (await digests(bamako)).length]).toEqual([1, 1]);
    await lookOn(app, '2026-01-06T06:30:00Z');
    expect([(await digests(approver)).length, (await digests(bamako)).length]).toEqual([2, 1]);
    const [notice] = await digests(approver);
    const { count, items } = notice?.params as unknown as { count: number; items: object[] };
    expect([count, items.length, items[0]]).toEqual([
      12, 10, { kind: 'disbursement', reference: first.reference, amount: eur('1.00'), states: [{ fr: 'Burkina Faso', en: 'Burkina Faso' }], preparedAt: first.preparedAt },
    ]); // prettier-ignore
    expect(noticeText({ kind: 'approval_digest', params: notice?.params }, 'fr', 'Africa/Niamey').subject).toBe('À approuver\u00A0: 12 décisions vous attendent');
    const sent = await app.deps.db.delivery.findMany({ where: { noticeId: notice?.id ?? newId() }, orderBy: { channel: 'asc' } });
    expect(sent.map(({ channel, userId, status }) => [channel, userId, status])).toEqual([['mail', approver.userId, 'queued'], ['inbox', approver.userId, 'sent']]);
  });

  test('is nothing that I prepared, nothing when nothing waits, and nothing when I do not want to know', async () => {
    const both = await person({ roles: ['finance_officer', 'approver'], states: ['TGO'] });
    const idle = await person({ roles: ['approver'], states: ['SEN'] });
    const deaf = await person({ roles: ['approver'], states: ['TGO'] }, { notifications: { approvals: false } });
    const commitmentId = await flows.commitment({ splits: { country: [{ code: 'TGO' }] } });
    await flows.act(`/v1/disbursements/${await flows.post('/v1/disbursements', bodies.payment(commitmentId, '1.00'), both)}/submit`, {}, both);
    await lookOn(app, '2026-02-05T12:00:00Z');
    expect(await Promise.all([both, idle, deaf].map(digests))).toEqual([[], [], []]);
    await flows.submitted(commitmentId, '2.00');
    await lookOn(app, '2026-02-05T13:00:00Z');
    expect((await toldTo(app, both)).map(({ params }) => params.count)).toEqual([1]);
    expect(await Promise.all([idle, deaf].map(digests))).toEqual([[], []]);
  });

  test('is told to who stands in for an absent approver, and to administrators of a month to be opened again', async () => {
    const absent = await person({ roles: ['approver'], states: ['TCD'] });
    const officer = await person({ roles: ['finance_officer'], states: ['NER'] });
    const administrator = await person({ roles: ['administrator'] });
    const today = new Date().toISOString().slice(0, 10);
    await absent.post('/v1/delegations', { toUserId: officer.userId, startsOn: today, endsOn: today, reason: 'Mission' }).expect(201);
    await flows.submitted(await flows.commitment({ splits: { country: [{ code: 'TCD' }] } }), '1.00');
    await app.deps.db.accountingPeriod.create({ data: { month: new Date('2025-01-01'), status: 'closed', closedAt: new Date(), graceUntil: new Date(), closedBy: newId() } });
    await app.deps.db.periodReopening.create({ data: { id: newId(), month: new Date('2025-01-01'), reason: 'Oubli', preparedBy: newId() } });
    await lookOn(app, '2026-03-05T12:00:00Z');
    expect((await toldTo(app, officer)).map(({ params }) => params.count)).toEqual([1]);
    expect((await digests(administrator)).map(({ params }) => params)).toMatchObject([{ count: 1, items: [{ kind: 'period_reopening', reference: '2025-01', amount: null, states: [] }] }]);
  });
});
