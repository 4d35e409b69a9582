import { newId } from '../../src/platform/ids.js';
import { SYSTEM_USER_ID } from '../../src/domain/system-user.js';
import { recordRevision } from '../../src/features/journal/revision.store.js';
import { type Client, SEVEN, type TestApp } from './app.js';

/** An organisation with nothing but a name. */
export async function createOrganisation({ deps }: TestApp, name: string): Promise<string> {
  const id = newId();
  await deps.db.organisation.create({ data: { id, name, type: '10', roles: ['donor'] } });
  await recordRevision(deps.db, 'organisation', id, { name, nameFr: null, nameEn: null, acronym: null, type: '10', mergedIntoId: null }, SYSTEM_USER_ID);
  return id;
}

/** Units of a currency for one euro, as of a day. */
export async function addRate({ deps }: TestApp, quote: string, date: string, rate: string): Promise<void> {
  await deps.db.fxRate.create({ data: { source: 'ECB', base: 'EUR', quote, date: new Date(date), rate, recordedBy: SYSTEM_USER_ID } });
}

export interface People {
  readonly officer: Client;
  readonly second: Client;
  readonly approver: Client;
}

/** An officer, another officer, and an approver of all seven states. */
export async function createPeople(app: TestApp, states: readonly string[] = SEVEN): Promise<People> {
  return {
    officer: await app.user({ roles: ['finance_officer'], states }),
    second: await app.user({ roles: ['finance_officer', 'approver'], states }),
    approver: await app.user({ roles: ['approver'], states }),
  };
}

export interface FlowOptions {
  readonly amount?: string;
  readonly currency?: string;
  readonly valueDate?: string;
  readonly splits?: object;
  readonly more?: object;
}

/** The body of a pledge or commitment: a grant to one state. */
export function flowBody(donorId: string, options: FlowOptions = {}): object {
  const { amount = '1000.00', currency = 'EUR', valueDate = '2025-03-10', splits = { country: [{ code: 'MLI' }] }, more = {} } = options;
  return {
    donorId,
    mechanism: 'bilateral_grant',
    destination: { kind: 'state' },
    splits,
    description: 'Aide alimentaire',
    amount: { amount, currency },
    valueDate,
    ...more,
  };
}

/** Prepares, submits and approves a payment; returns it as approved. */
export async function pay(people: People, commitmentId: string, amount: string, options: { currency?: string; valueDate?: string } = {}): Promise<{ id: string }> {
  const { currency = 'EUR', valueDate = '2025-04-10' } = options;
  const body = { commitmentId, amount: { amount, currency }, valueDate, description: 'Versement' };
  const draft = await people.officer.post('/v1/disbursements', body).expect(201);
  const { id } = draft.body as { id: string };
  await people.officer.act(`/v1/disbursements/${id}/submit`).expect(200);
  const approved = await people.approver.act(`/v1/disbursements/${id}/approve`).expect(200);
  return approved.body as { id: string };
}
