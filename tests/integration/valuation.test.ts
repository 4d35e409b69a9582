import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '../../src/platform/ids.js';
import { type Answered, bodyOf, itemsOf } from '../support/answers.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody, type People } from '../support/ledger.js';

let app: TestApp;
let people: People;
let donorId: string;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  donorId = await createOrganisation(app, 'Exemplie');
  await addRate(app, 'USD', '2025-01-02', '1.0800');
});
afterAll(() => app.close());

const usd = (amount: string) => ({ amount, currency: 'USD' });
// 12.345 t × 437.50 USD = 5,400.9375 USD.
const RICE = { source: 'Facture 2025-17', method: 'Prix d’achat', quantity: '12.345', unit: 't', unitPrice: usd('437.50'), date: '2025-03-01' };
const inKind = (more: object = {}) => flowBody(donorId, { amount: '5400.94', currency: 'USD', more: { contributionType: 'in_kind', valuation: RICE, ...more } });

const post = (path: string, body: object) => bodyOf(people.officer.post(path, body).expect(201));

describe('what is given in kind', () => {
  test('says how it was valued, in the answer and in the trail', async () => {
    const pledge = await post('/v1/pledges', inKind());
    expect(pledge).toMatchObject({ contributionType: 'in_kind', valuation: RICE, amount: usd('5400.94') });
    expect((await bodyOf(people.officer.get(`/v1/pledges/${pledge.id}`))).valuation).toEqual(RICE);
    const [act] = await app.deps.db.auditEvent.findMany({ where: { recordId: pledge.id } });
    expect(act?.detail).toMatchObject({ after: { valuation: RICE } });
    const auditor = await app.user({ roles: ['auditor'] });
    const history = await itemsOf(auditor.get(`/v1/pledges/${pledge.id}/history`).set('accept-language', 'fr'));
    expect(JSON.stringify(history)).toContain('Prix unitaire\u00A0: 437.50 USD');
  });

  test('needs no quantity and no price', async () => {
    const { source, method, date } = RICE;
    const pledge = await post('/v1/pledges', inKind({ contributionType: 'technical_assistance', valuation: { source, method, date } }));
    expect(pledge.valuation).toEqual({ source, method, date, quantity: null, unit: null, unitPrice: null });
  });

  test('is not compared with a price in another currency', async () => {
    const pledge = await post('/v1/pledges', inKind({ valuation: { ...RICE, unitPrice: { amount: '265000', currency: 'XOF' } } }));
    expect(pledge.valuation).toMatchObject({ unitPrice: { amount: '265000', currency: 'XOF' } });
  });

  test('that does not come to the amount is told both amounts', async () => {
    const ask = (language: string) => people.officer.post('/v1/pledges', inKind({ amount: usd('5400.93') })).set('accept-language', language);
    expect((await ask('fr')).body).toMatchObject({ status: 400, code: 'VALUATION_MISMATCH', field: 'valuation', detail: 'Quantité × prix unitaire = 5400.94 USD ; le montant est de 5400.93 USD.' });
    expect((await ask('en')).body).toMatchObject({ detail: 'Quantity × unit price = 5400.94 USD; the amount is 5400.93 USD.' });
  });

  test('is committed as it was pledged, or with a valuation of its own', async () => {
    const pledge = await post('/v1/pledges', inKind());
    const fulfil = (amount: string, more: object = {}) => people.officer.post('/v1/commitments', { pledgeId: pledge.id, amount: usd(amount), valueDate: '2025-03-20', ...more });
    expect((await fulfil('1000.00')).body).toMatchObject({ status: 400, code: 'VALUATION_MISMATCH' });
    const part = { ...RICE, quantity: '2', unitPrice: usd('500.00') };
    expect((await fulfil('1000.00', { valuation: part }).expect(201)).body).toMatchObject({ contributionType: 'in_kind', valuation: part });
    expect((await fulfil('10.00', { contributionType: 'financial' })).body).toMatchObject({ code: 'VALUATION_UNEXPECTED' });
    expect((await fulfil('10.00', { contributionType: 'financial', valuation: null }).expect(201)).body).toMatchObject({ contributionType: 'financial', valuation: null });
    const whole = await post('/v1/pledges', inKind());
    expect(await post('/v1/commitments', { pledgeId: whole.id, amount: usd('5400.94'), valueDate: '2025-03-20' })).toMatchObject({ valuation: RICE });
  });
});

describe('an instrument', () => {
  async function policy(reference: string, countries: readonly string[]): Promise<string> {
    const id = newId();
    const names = { nameFr: 'Police', nameEn: 'Policy', description: 'Sécheresse' };
    await app.deps.db.instrument.create({ data: { id, reference, mechanism: 'insurance_payout', ...names, countries: [...countries], currency: 'USD', startsOn: new Date('2025-01-01'), terms: {}, recordedBy: people.officer.userId } });
    return id;
  }
  const payout = (instrumentId: string, more: object = {}) => flowBody(donorId, { more: { mechanism: 'insurance_payout', instrumentId, ...more } });

  test('is named by the flows under it, and inherited from the pledge', async () => {
    const instrumentId = await policy('POL-1', ['MLI', 'NER']);
    const pledge = await post('/v1/pledges', payout(instrumentId));
    expect(pledge.instrumentId).toBe(instrumentId);
    const commitment: Answered = await post('/v1/commitments', { pledgeId: pledge.id, amount: { amount: '1000.00', currency: 'EUR' }, valueDate: '2025-03-20' });
    expect(commitment.instrumentId).toBe(instrumentId);
    expect((await post('/v1/pledges', flowBody(donorId))).instrumentId).toBeNull();
  });

  test('of another mechanism or for other states is refused with both sides', async () => {
    const instrumentId = await policy('POL-2', ['NER', 'TCD']);
    const ask = (body: object, language: string) => people.officer.post('/v1/commitments', body).set('accept-language', language);
    expect((await ask(payout(instrumentId), 'fr')).body).toMatchObject({
      status: 422,
      code: 'INSTRUMENT_MISMATCH',
      field: 'instrumentId',
      detail: 'POL-2 relève du mécanisme insurance_payout et couvre : NER, TCD. Le flux relève de insurance_payout et touche : MLI.',
    });
    expect((await ask(payout(instrumentId, { mechanism: 'bilateral_grant' }), 'en')).body).toMatchObject({
      detail: 'POL-2 is of the mechanism insurance_payout and covers: NER, TCD. The flow is of bilateral_grant and touches: MLI.',
    });
  });

  test('that the officer does not see is not there', async () => {
    const instrumentId = await policy('POL-3', ['NER']);
    const malian = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
    expect((await malian.post('/v1/pledges', payout(instrumentId))).body).toMatchObject({ status: 400, code: 'CODE_UNKNOWN', field: 'instrumentId' });
  });
});
