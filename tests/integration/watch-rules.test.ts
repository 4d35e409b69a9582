import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { eur, Flows } from '../support/flows.js';
import { addRate, createOrganisation, createPeople } from '../support/ledger.js';
import { addRule, lookOn, reader, toldTo, toUser } from '../support/watch.js';

let app: TestApp;
let flows: Flows;
let officer: Client;
let administrator: Client;
let auditor: Client;

beforeAll(async () => {
  app = await startTestApp();
  flows = new Flows(app, await createPeople(app), await createOrganisation(app, 'Exemplie'));
  officer = await reader(app, { roles: ['finance_officer'], states: ['MLI'], seesRestricted: true });
  administrator = await app.user({ roles: ['administrator'], seesRestricted: false });
  auditor = await app.user({ roles: ['auditor'] });
  await addRate(app, 'USD', '2025-01-02', '1.0800');
});
afterAll(() => app.close());

const due = { kind: 'instalment_due', daysBefore: 30 };
const codeOf = async (by: Client, condition: object, recipients: readonly object[] = [toUser(officer)]) => {
  const { body } = await by.post('/v1/watch-rules', { name: 'Essai', condition, recipients });
  const { code, field } = body as { code?: string; field?: string };
  return [code ?? 'kept', field];
};

describe('a rule', () => {
  test('is kept, listed, read and changed by its owner; every act is in the trail, without addresses', async () => {
    const recipients = [{ kind: 'role', role: 'minister' }, { kind: 'address', address: 'Cabinet@Gouv.example' }];
    const made = await officer.post('/v1/watch-rules', { name: 'Échéances', condition: due, recipients, quietDays: 3 }).expect(201);
    const { id } = made.body as { id: string };
    expect(made.headers.location).toBe(`/v1/watch-rules/${id}`);
    expect(made.body).toMatchObject({
      name: 'Échéances', condition: due, quietDays: 3, active: true, evaluatedAt: null, problem: null, createdBy: officer.userId, version: 1,
      recipients: [{ kind: 'role', role: 'minister', states: ['MLI'] }, { kind: 'address', address: 'cabinet@gouv.example', language: 'fr' }],
    }); // prettier-ignore
    const changed = await officer.edit(`/v1/watch-rules/${id}`, { active: false, condition: { ...due, daysBefore: 10 } }).expect(200);
    expect(changed.body).toMatchObject({ active: false, condition: { daysBefore: 10 }, version: 2, recipients: (made.body as { recipients: object }).recipients });
    expect((await officer.edit(`/v1/watch-rules/${id}`, { condition: { ...due, daysBefore: 10 } }).expect(200)).body).toMatchObject({ version: 2 });
    expect((await officer.patch(`/v1/watch-rules/${id}`, { active: true }).set('if-match', '"1"')).status).toBe(412);
    expect((await officer.patch(`/v1/watch-rules/${id}`, { active: true })).status).toBe(428);
    const listed = async (by: Client, query: string) => ((await by.get(`/v1/watch-rules?${query}`).expect(200)).body as { items: { id: string }[] }).items.map((rule) => rule.id);
    expect([await listed(officer, 'active=false'), await listed(officer, 'active=true'), await listed(auditor, '')]).toEqual([[id], [], [id]]);
    const trail = await app.deps.db.auditEvent.findMany({ where: { recordId: id }, orderBy: { id: 'asc' } });
    expect(trail.map(({ action, recordKind }) => [action, recordKind])).toEqual([['watch_rule.create', 'watch_rule'], ['watch_rule.update', 'watch_rule']]);
    expect(JSON.stringify(trail.map(({ detail }) => detail))).not.toContain('gouv.example');
    expect(trail[1]?.detail).toEqual({ before: { active: true, condition: due }, after: { active: false, condition: { ...due, daysBefore: 10 } } });
  });

  test('of another officer is not there; who oversees reads it, and only an administrator changes it', async () => {
    const id = await addRule(officer, due, [toUser(officer)]);
    const other = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
    const outcomes = [other, auditor, administrator].map(async (by) => [(await by.get(`/v1/watch-rules/${id}`)).status, (await by.edit(`/v1/watch-rules/${id}`, { quietDays: 2 })).status]);
    expect(await Promise.all(outcomes)).toEqual([[404, 404], [200, 403], [200, 200]]);
    const minister = await app.user({ roles: ['minister'], states: ['MLI'] });
    expect([(await minister.get('/v1/watch-rules')).status, (await minister.post('/v1/watch-rules', {})).status]).toEqual([403, 403]);
  });

  test('of an officer is about own states, and roles within them; an administrator’s about any', async () => {
    const abroad = { ...due, states: ['MLI', 'NER'] };
    expect(await codeOf(officer, abroad)).toEqual(['OUT_OF_SCOPE', 'condition.states']);
    expect(await codeOf(officer, { kind: 'coverage_below', threshold: '60', by: 'state', code: 'NER' })).toEqual(['OUT_OF_SCOPE', 'condition.code']);
    expect(await codeOf(officer, { kind: 'execution_below', threshold: '60', by: 'state', code: 'NER' })).toEqual(['OUT_OF_SCOPE', 'condition.code']);
    expect(await codeOf(officer, due, [{ kind: 'role', role: 'minister', states: ['NER'] }])).toEqual(['OUT_OF_SCOPE', 'recipients.0.states']);
    expect(await codeOf(administrator, abroad, [{ kind: 'role', role: 'minister' }])).toEqual(['kept', undefined]);
  });

  test('names what is there', async () => {
    const missing = newId();
    const fundId = newId();
    await app.deps.db.pooledFund.create({ data: { id: fundId, code: 'FC', nameFr: 'Fonds', nameEn: 'Fund', currency: 'EUR', countries: ['NER'] } });
    const balance = (threshold: object, id = fundId) => ({ kind: 'fund_balance_below', fundId: id, threshold });
    expect(await codeOf(officer, { ...due, donorIds: [missing] })).toEqual(['CODE_UNKNOWN', 'condition.donorIds.0']);
    expect(await codeOf(officer, { ...due, fundIds: [fundId, missing] })).toEqual(['CODE_UNKNOWN', 'condition.fundIds.1']);
    expect(await codeOf(administrator, { ...due, states: ['ZZZ'] })).toEqual(['CODE_UNKNOWN', 'condition.states.0']);
    expect(await codeOf(officer, { kind: 'execution_below', threshold: '60', by: 'donor', code: 'x' })).toEqual(['CODE_UNKNOWN', 'condition.code']);
    expect(await codeOf(officer, { kind: 'coverage_below', threshold: '60', by: 'plan', code: 'NONE' })).toEqual(['CODE_UNKNOWN', 'condition.code']);
    expect(await codeOf(officer, balance(eur('1.00')))).toEqual(['OUT_OF_SCOPE', 'condition.fundId']);
    expect(await codeOf(administrator, balance(eur('1.00'), missing))).toEqual(['CODE_UNKNOWN', 'condition.fundId']);
    expect(await codeOf(administrator, balance({ amount: '1.00', currency: 'USD' }))).toEqual(['CURRENCY_MISMATCH', 'condition.threshold.currency']);
    expect(await codeOf(administrator, balance(eur('0.00')))).toEqual(['AMOUNT_NOT_POSITIVE', 'condition.threshold.amount']);
    expect(await codeOf(officer, due, [{ kind: 'user', userId: missing }])).toEqual(['CODE_UNKNOWN', 'recipients.0.userId']);
    expect(await codeOf(officer, due, [{ kind: 'webhook', webhookId: missing }])).toEqual(['CODE_UNKNOWN', 'recipients.0.webhookId']);
    for (const wrong of [{ ...due, daysBefore: 0 }, { ...due, threshold: '5' }, { kind: 'coverage_below', threshold: '60.123', by: 'state', code: 'MLI' }, { kind: 'other' }]) {
      expect((await codeOf(officer, wrong))[0]).toBe('VALIDATION');
    }
  });
});

describe('looking at a rule', () => {
  test('says what it would tell and to how many, and changes nothing; the log says what it did and why', async () => {
    const open = await flows.commitment({ more: { instalments: [{ dueOn: '2025-06-01', amount: eur('1000.00') }] } });
    const secret = await flows.commitment({ more: { restricted: true, instalments: [{ dueOn: '2025-07-01', amount: eur('1000.00') }] } });
    const minister = await reader(app, { roles: ['minister'], states: ['MLI'], seesRestricted: false });
    const rule = await addRule(officer, { kind: 'instalment_late', daysAfter: 0 }, [toUser(officer), toUser(minister)]);
    const trial = async (by: Client) => (await by.post(`/v1/watch-rules/${rule}/evaluate`).expect(200)).body as { items: { subject: string; recipients: number }[] };
    const subjects = [`commitment:${open}:1`, `commitment:${secret}:1`];
    const first = await trial(officer);
    expect(first).toMatchObject({ problem: null, notices: 2, recipients: 2, raised: 2, quiet: 0, cleared: 0 });
    expect(first.items.map(({ subject, recipients }) => [subject, recipients])).toEqual([[subjects[0], 2], [subjects[1], 1]]);
    expect((await trial(administrator)).items.map(({ subject }) => subject)).toEqual([subjects[0]]);
    expect([await app.deps.db.watchEvent.count(), (await toldTo(app, officer, rule)).length]).toEqual([0, 0]);
    const reads = () => app.deps.db.auditEvent.count({ where: { recordId: rule, action: { in: ['watch_rule.evaluate', 'watch_rule.events'] } } });
    expect(await reads()).toBe(1);
    await lookOn(app, new Date().toISOString());
    expect(await trial(officer)).toMatchObject({ notices: 0, recipients: 0, raised: 0, quiet: 2 });
    const log = async (by: Client) => ((await by.get(`/v1/watch-rules/${rule}/events`).expect(200)).body as { items: { subject: string; outcome: string; why: string; noticeId: string }[] }).items;
    expect((await log(officer)).map(({ subject, outcome, why }) => [subject, outcome, why]).sort()).toEqual(subjects.map((subject) => [subject, 'raised', 'Found and told.']).sort());
    expect((await log(administrator)).map(({ subject }) => subject)).toEqual([subjects[0]]);
    expect((await log(auditor)).length).toBe(2);
    expect(await reads()).toBe(4);
    expect((await minister.get(`/v1/watch-rules/${rule}/events`)).status).toBe(403);
  });
});
