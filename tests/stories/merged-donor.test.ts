import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkLedger } from '../../src/features/ledger-check/ledger-check.service.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody } from '../support/ledger.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
  await addRate(app, 'USD', '2025-03-07', '1.0800');
});

afterAll(() => app.close());

test('a promise of a duplicate is committed by the donor it was merged into', async () => {
  const people = await createPeople(app);
  const administrator = await app.user({ roles: ['administrator'] });
  const kept = await createOrganisation(app, 'Exemplie');
  const duplicate = await createOrganisation(app, 'Exemplie, gouvernement');
  const { body: pledge } = await people.officer.post('/v1/pledges', flowBody(duplicate)).expect(201);
  await administrator.act(`/v1/organisations/${duplicate}/merge`, { intoId: kept, reason: 'Doublon' }).expect(200);

  const body = { pledgeId: pledge.id as string, amount: { amount: '400.00', currency: 'EUR' }, valueDate: '2025-03-20' };
  const { body: commitment } = await people.officer.post('/v1/commitments', body).expect(201);
  expect(commitment).toMatchObject({ donorId: kept, pledgeId: pledge.id });
  const { body: other } = await people.officer.post('/v1/commitments', { ...body, donorId: await createOrganisation(app, 'Autrie') }).expect(422);
  expect(other).toMatchObject({ code: 'DONOR_MISMATCH' });
  const outcomes = await checkLedger(app.deps.db);
  expect(outcomes.filter(({ rows }) => rows.length > 0)).toEqual([]);
});
