import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ProblemCode } from '../../src/domain/problem.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody, type People } from '../support/ledger.js';

interface Event {
  readonly id: string;
  readonly daysSincePrevious: number | null;
  readonly daysSinceTrigger: number | null;
  readonly undone: boolean;
  readonly kind: string;
}
interface Instrument {
  readonly id: string;
  readonly version: number;
  readonly [field: string]: unknown;
}

let app: TestApp;
let people: People;
let insurerId: string;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  insurerId = await createOrganisation(app, 'African Risk Capacity');
  await addRate(app, 'USD', '2025-03-03', '1.0500');
});
afterAll(() => app.close());

const usd = (amount: string) => ({ amount, currency: 'USD' });
const policyTerms = {
  premium: usd('100000.00'), premiumPaidBy: 'État du Mali', peril: 'Sécheresse', threshold: { index: 'WRSI', operator: '<', value: '0.85' }, maximumPayout: usd('1000000.00'),
}; // prettier-ignore
const policy = (more: object = {}) => ({
  mechanism: 'insurance_payout', currency: 'USD', nameFr: 'Police sécheresse 2025', nameEn: 'Drought policy 2025', providerId: insurerId, countries: ['MLI'],
  startsOn: '2025-06-01', endsOn: '2025-11-30', terms: policyTerms, description: 'Assurance souveraine contre la sécheresse', ...more,
}); // prettier-ignore
const instrument = (mechanism: string, currency: string, terms: object, more: object = {}) => policy({ mechanism, currency, terms, endsOn: null, ...more });

async function create(body: object, by: Client = people.officer): Promise<Instrument> {
  return (await by.post('/v1/instruments', body).expect(201)).body as Instrument;
}
async function add(id: string, body: object): Promise<Event> {
  return (await people.officer.post(`/v1/instruments/${id}/events`, { description: 'Constaté', ...body }).expect(201)).body as Event;
}
async function refused(test: ReturnType<Client['post']>): Promise<{ status: number; code: ProblemCode; field?: string; detail: string; errors?: { field: string }[] }> {
  return (await test).body as never;
}
const trigger = (id: string, more: object = {}) => add(id, { kind: 'trigger', occurredOn: '2025-09-01', observed: '0.80', ...more });
async function activated(id: string): Promise<string> {
  const { id: followsId } = await trigger(id);
  return (await add(id, { kind: 'activation', occurredOn: '2025-09-11', followsId, release: 'automatic' })).id;
}
const payoutBody = (followsId: string, amount: string, more: object = {}) => ({ kind: 'payout', occurredOn: '2025-10-01', followsId, amount: usd(amount), description: 'Indemnité', ...more });

describe('an insurance policy', () => {
  test('cost → trigger → activation → payout, with the days between', async () => {
    const { id } = await create(policy());
    await add(id, { kind: 'cost', occurredOn: '2025-05-15', amount: usd('100000.00') });
    const activation = await activated(id);
    await add(id, payoutBody(activation, '600000.00'));
    const { body } = await people.officer.get(`/v1/instruments/${id}`).expect(200);
    const shown = body as Instrument & { readonly events: Event[] };
    expect(shown).toMatchObject({ mechanism: 'insurance_payout', costs: usd('100000.00'), paidOut: usd('600000.00'), leftToPayOut: usd('400000.00'), figures: null, terms: policyTerms });
    expect(shown.reference).toMatch(/^INS-2025-\d{6}$/);
    expect(shown.events.map(({ kind, daysSincePrevious, daysSinceTrigger }) => [kind, daysSincePrevious, daysSinceTrigger])).toEqual([
      ['cost', null, null],
      ['trigger', null, null],
      ['activation', 10, 10],
      ['payout', 20, 30],
    ]);
  });

  test('payouts at the same time never exceed the policy', async () => {
    const { id } = await create(policy());
    const activation = await activated(id);
    const answers = await Promise.all(Array.from({ length: 4 }, () => people.officer.post(`/v1/instruments/${id}/events`, payoutBody(activation, '400000.00'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 422, 422]);
    const { code, detail } = await refused(people.officer.post(`/v1/instruments/${id}/events`, payoutBody(activation, '200000.01')).set('accept-language', 'fr'));
    expect([code, detail]).toEqual(['EXCEEDS_INSTRUMENT', 'Il reste au plus 200000.00 USD à verser ; trouvé : 200000.01.']);
  });

  test('an observed value that does not reach the threshold is no trigger', async () => {
    const { id } = await create(policy());
    const body = { kind: 'trigger', occurredOn: '2025-09-01', observed: '0.85', description: 'Indice' };
    expect(await refused(people.officer.post(`/v1/instruments/${id}/events`, body))).toMatchObject({ status: 422, code: 'THRESHOLD_NOT_REACHED', field: 'observed', detail: 'The threshold is < 0.85; observed: 0.85.' });
    const french = await refused(people.officer.post(`/v1/instruments/${id}/events`, body).set('accept-language', 'fr'));
    expect(french.detail).toBe('Le seuil est < 0.85 ; valeur observée : 0.85.');
  });

  test('a mistake is undone by another event, once nothing stands on it', async () => {
    const { id } = await create(policy());
    const activation = await activated(id);
    const payout = await add(id, payoutBody(activation, '1000000.00'));
    const undo = (eventId: string) => people.officer.post(`/v1/instruments/${id}/events/${eventId}/undo`, { reason: 'Saisi deux fois' });
    expect(await refused(undo(activation))).toMatchObject({ status: 409, code: 'HAS_CHILDREN' });
    const { body } = await undo(payout.id).expect(201);
    expect(body).toMatchObject({ kind: 'payout', undoesId: payout.id, description: 'Saisi deux fois' });
    expect(await refused(undo(payout.id))).toMatchObject({ status: 409, code: 'STATE_CONFLICT' });
    expect(await refused(undo(newId()))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    await add(id, payoutBody(activation, '1000000.00'));
    const shown = (await people.officer.get(`/v1/instruments/${id}`)).body as { readonly paidOut: object; readonly events: Event[] };
    expect(shown.paidOut).toEqual(usd('1000000.00'));
    expect(shown.events.filter(({ undone }) => undone).map((event) => event.id)).toEqual([payout.id]);
    await expect(app.deps.db.instrumentEvent.update({ where: { id: payout.id }, data: { description: 'autre' } })).rejects.toThrow();
  });

  test('a replica copies a policy, and nothing else', async () => {
    const original = await create(policy());
    const copy = await create(policy({ replicaOfId: original.id, holderId: insurerId }));
    expect(copy.replicaOfId).toBe(original.id);
    expect(await refused(people.officer.post('/v1/instruments', policy({ replicaOfId: copy.id })))).toMatchObject({ status: 400, code: 'CODE_UNKNOWN', field: 'replicaOfId' });
    expect(await refused(people.officer.post('/v1/instruments', instrument('diaspora', 'USD', { collectedBy: 'HCME', channel: 'Virement' }, { replicaOfId: original.id })))).toMatchObject({ code: 'CODE_UNKNOWN' });
  });
});

describe('a payout that is the money of a commitment', () => {
  async function commitment(more: object = {}, amount = '500.00', currency = 'USD'): Promise<string> {
    const body = flowBody(insurerId, { amount, currency, valueDate: '2025-09-20', more: { mechanism: 'insurance_payout', ...more } });
    return ((await people.officer.post('/v1/commitments', body).expect(201)).body as { id: string }).id;
  }

  test('stays within it, and adds nothing to the journal', async () => {
    const { id } = await create(policy());
    const activation = await activated(id);
    const commitmentId = await commitment();
    const before = await app.deps.db.journalEntry.count();
    await add(id, payoutBody(activation, '300.00', { commitmentId }));
    expect(await app.deps.db.journalEntry.count()).toBe(before);
    expect(await refused(people.officer.post(`/v1/instruments/${id}/events`, payoutBody(activation, '200.01', { commitmentId })))).toMatchObject({ status: 422, code: 'EXCEEDS_COMMITMENT' });
    await add(id, payoutBody(activation, '200.00', { commitmentId }));
  });

  test('has the same mechanism and currency', async () => {
    const { id } = await create(policy());
    const activation = await activated(id);
    const post = async (commitmentId: string) => refused(people.officer.post(`/v1/instruments/${id}/events`, payoutBody(activation, '1.00', { commitmentId })));
    expect(await post(await commitment({ mechanism: 'bilateral_grant' }))).toMatchObject({ status: 422, code: 'INSTRUMENT_MISMATCH', field: 'commitmentId' });
    expect(await post(await commitment({}, '500.00', 'EUR'))).toMatchObject({ status: 422, code: 'CURRENCY_MISMATCH' });
    expect(await post(newId())).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });
});

describe('anticipatory action', () => {
  const terms = (release: string) => ({
    framework: 'Cadre CERF Niger', hazard: 'Sécheresse', trigger: { index: 'Prévision saisonnière', operator: '>=', value: '40', leadTimeDays: 60 }, prearranged: usd('15000000.00'), release,
  }); // prettier-ignore

  test('is released by itself only where its terms say so', async () => {
    const { id } = await create(instrument('anticipatory_action', 'USD', terms('readiness')));
    const { id: followsId } = await trigger(id, { observed: '42.5' });
    const release = (kind: string) => people.officer.post(`/v1/instruments/${id}/events`, { kind: 'activation', occurredOn: '2025-09-02', followsId, release: kind, description: 'Déblocage' });
    expect(await refused(release('automatic'))).toMatchObject({ status: 422, code: 'RELEASE_NOT_AUTOMATIC', field: 'release' });
    await release('readiness').expect(201);
  });
});

describe('terms by mechanism', () => {
  const loan = { faceValue: usd('1000000.00'), interestRate: '0.75', graceYears: 10, maturityYears: 40, paymentsPerYear: 1 };
  const swap = { faceValue: usd('50000000.00'), purchasePrice: usd('30000000.00'), releasedFunds: usd('10000000.00'), creditor: 'Club de Paris' };

  test('a loan shows its grant element apart from its face value', async () => {
    const { figures, terms, leftToPayOut } = await create(instrument('concessional_loan', 'USD', loan));
    expect(figures).toEqual({ faceValue: usd('1000000.00'), grantElement: usd('582608.38'), grantElementPercent: '58.26' });
    expect(terms).toEqual({ ...loan, discountRate: '5' });
    expect(leftToPayOut).toBeNull();
  });

  test('a debt swap shows its discount and what it releases, by price or by discount', async () => {
    const expected = { faceValue: usd('50000000.00'), discount: usd('20000000.00'), discountPercent: '40.00', releasedFunds: usd('10000000.00'), releasedPercent: '20.00' };
    const { purchasePrice: _, ...unpriced } = swap;
    expect((await create(instrument('debt_swap', 'USD', swap))).figures).toEqual(expected);
    expect((await create(instrument('debt_swap', 'USD', { ...unpriced, discount: '40' }))).figures).toEqual(expected);
  });

  test('levy, diaspora, zakat, private sector', async () => {
    await create(instrument('solidarity_levy', 'XOF', { base: 'Communications téléphoniques', rate: '1 FCFA par minute', collectedBy: 'Trésor public', legalBasis: 'Loi de finances 2025' }));
    await create(instrument('diaspora', 'EUR', { collectedBy: 'Haut Conseil des Maliens de l’extérieur', channel: 'Virement' }));
    await create(instrument('faith_based', 'XOF', { form: 'zakat', collectedBy: 'Haut Conseil islamique' }));
    await create(instrument('private_sector', 'XOF', { form: 'foundation' }));
  });

  test('a social-protection body is an organisation with that role', async () => {
    const bodyId = newId();
    await app.deps.db.organisation.create({ data: { id: bodyId, name: 'Institut national de prévoyance sociale', acronym: 'INPS', type: '15', roles: ['social_protection_body'] } });
    await create(instrument('social_protection_body', 'XOF', { bodyId, scheme: 'Fonds d’action sanitaire et sociale' }));
    const other = instrument('social_protection_body', 'XOF', { bodyId: insurerId, scheme: 'Fonds' });
    expect(await refused(people.officer.post('/v1/instruments', other))).toMatchObject({ status: 400, code: 'CODE_UNKNOWN', field: 'terms.bodyId' });
  });

  test.each([
    ['a field missing', { ...loan, interestRate: undefined }, ['terms.interestRate']],
    ['fields at fault', { ...loan, interestRate: 'trois', maturityYears: '40' }, ['terms.interestRate', 'terms.maturityYears']],
    ['terms of another mechanism', swap, ['terms.interestRate', 'terms.graceYears', 'terms.maturityYears', 'terms']],
    ['grace as long as the loan', { ...loan, graceYears: 40 }, ['terms.graceYears']],
  ])('%s', async (_, terms, fields) => {
    const { status, code, errors } = await refused(people.officer.post('/v1/instruments', instrument('concessional_loan', 'USD', terms)));
    expect([status, code, errors?.map(({ field }) => field)]).toEqual([400, 'VALIDATION', fields]);
  });

  test('a price and a discount, or a price above the face value', async () => {
    const post = (terms: object) => refused(people.officer.post('/v1/instruments', instrument('debt_swap', 'USD', terms)).set('accept-language', 'fr'));
    expect(await post({ ...swap, discount: '40' })).toMatchObject({ code: 'VALIDATION', errors: [{ field: 'terms.purchasePrice', detail: 'Donnez ou bien le prix de rachat (purchasePrice), ou bien la décote (discount).' }] });
    expect(await post({ ...swap, purchasePrice: usd('50000000.01') })).toMatchObject({ code: 'VALIDATION', errors: [{ field: 'terms.purchasePrice' }] });
    expect(await post({ ...swap, releasedFunds: { amount: '1', currency: 'EUR' } })).toMatchObject({ code: 'CURRENCY_MISMATCH', field: 'terms.releasedFunds.currency' });
  });

  test('what has no threshold has no trigger', async () => {
    const { id } = await create(instrument('concessional_loan', 'USD', loan));
    const body = { kind: 'trigger', occurredOn: '2025-09-01', observed: '1', description: 'Non' };
    expect(await refused(people.officer.post(`/v1/instruments/${id}/events`, body))).toMatchObject({ status: 422, code: 'EVENT_UNSUITABLE', field: 'kind' });
  });
});

describe('changing an instrument', () => {
  test('asks for the version seen, and lets nothing fall that happened', async () => {
    const { id } = await create(policy());
    await add(id, payoutBody(await activated(id), '600000.00'));
    await people.officer.patch(`/v1/instruments/${id}`, { nameFr: 'Autre' }).expect(428);
    await people.officer.patch(`/v1/instruments/${id}`, { nameFr: 'Autre' }).set('if-match', '"9"').expect(412);
    const { body } = await people.officer.edit(`/v1/instruments/${id}`, { nameFr: 'Autre' }).expect(200);
    expect(body).toMatchObject({ nameFr: 'Autre', version: 2 });
    const terms = (more: object) => people.officer.edit(`/v1/instruments/${id}`, { terms: { ...policyTerms, ...more } });
    expect(await refused(terms({ maximumPayout: usd('599999.99') }))).toMatchObject({ status: 422, code: 'EXCEEDS_INSTRUMENT' });
    expect(await refused(terms({ threshold: { index: 'WRSI', operator: '<', value: '0.80' } }))).toMatchObject({ status: 422, code: 'THRESHOLD_NOT_REACHED' });
    expect(await refused(people.officer.edit(`/v1/instruments/${id}`, { endsOn: '2025-08-31' }))).toMatchObject({ status: 422, code: 'OUTSIDE_INSTRUMENT' });
    await terms({ maximumPayout: usd('600000.00') }).expect(200);
    const trail = await app.deps.db.auditEvent.findMany({ where: { recordKind: 'instrument', recordId: id }, orderBy: { at: 'asc' } });
    expect(trail.map(({ action }) => action)).toEqual(['instrument.create', 'instrument.event', 'instrument.event', 'instrument.event', 'instrument.update', 'instrument.update']);
  });
});

describe('who sees and who writes', () => {
  test('officers of its states write; whoever works for one of its states, and those who oversee, see it', async () => {
    const { id } = await create(policy());
    const malian = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
    const both = await create(policy({ countries: ['MLI', 'NER'] }));
    const event = (instrumentId: string) => malian.post(`/v1/instruments/${instrumentId}/events`, { kind: 'cost', occurredOn: '2025-05-15', amount: usd('1.00'), description: 'Prime' });
    await event(id).expect(201);
    await event(both.id).expect(403);
    await malian.post('/v1/instruments', policy({ countries: ['NER'] })).expect(403);
    const statusFor = async (roles: Parameters<TestApp['user']>[0]['roles'], states: readonly string[]) => (await (await app.user({ roles, states })).get(`/v1/instruments/${id}`)).status;
    expect(await statusFor(['minister'], ['MLI'])).toBe(200);
    expect(await statusFor(['minister'], ['NER'])).toBe(404);
    expect(await statusFor(['auditor'], [])).toBe(200);
    expect(await statusFor(['donor'], [])).toBe(404);
    await people.approver.post('/v1/instruments', policy()).expect(403);
  });

  test('the list is filtered by mechanism, state and days', async () => {
    const officer = await app.user({ roles: ['finance_officer'], states: ['TCD'] });
    const early = await create(policy({ countries: ['TCD'], startsOn: '2023-06-01', endsOn: '2023-11-30' }), officer);
    const open = await create(instrument('private_sector', 'XAF', { form: 'company' }, { countries: ['TCD'], startsOn: '2024-01-01' }), officer);
    const listed = async (query: string) => ((await officer.get(`/v1/instruments?sort=recordedAt${query}`).expect(200)).body as { items: { id: string }[] }).items.map(({ id }) => id);
    expect(await listed('')).toEqual([early.id, open.id]);
    expect(await listed('&mechanism=private_sector')).toEqual([open.id]);
    expect(await listed('&country=TCD&to=2023-12-31')).toEqual([early.id]);
    expect(await listed('&from=2023-12-01')).toEqual([open.id]);
    expect(await listed('&country=MLI')).toEqual([]);
  });
});

test('the social-protection bodies of Mali are among the organisations of the demonstration', () => {
  const { organisations } = JSON.parse(readFileSync(path.resolve(__dirname, '../../prisma/demo/data.json'), 'utf8')) as { organisations: { acronym: string | null; country: string | null; roles: string[] }[] };
  const bodies = organisations.filter(({ roles }) => roles.includes('social_protection_body'));
  expect(bodies.map(({ acronym, country }) => [acronym, country])).toEqual([['INPS', 'MLI'], ['CMSS', 'MLI'], ['CANAM', 'MLI'], ['ANAM', 'MLI']]);
});
