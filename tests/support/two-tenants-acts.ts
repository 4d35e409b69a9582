import { SYSTEM_USER_ID } from '../../src/domain/system-user.js';
import type { FundEntryKind } from '../../src/platform/db.js';
import { newId } from '../../src/platform/ids.js';
import type { Client, TestApp } from './app.js';

/** What is done with a fund, or about an instrument, for some states: no donor’s, and never restricted. */
export interface Act {
  readonly key: string;
  readonly states: readonly string[];
}

export const actRecordKinds = ['operation', 'operationDone', 'proposalDraft', 'proposal', 'instrument'] as const;
export type ActRecordKind = (typeof actRecordKinds)[number];
export type ActRecords = Readonly<Record<ActRecordKind, string>>;

/** A fund of its own, with the round and the window that the acts of some states are in. */
export interface ActFund {
  readonly fundId: string;
  readonly windowId: string;
  readonly roundId: string;
  readonly partnerId: string;
  readonly triggerId: string;
}

export const acts: readonly Act[] = [
  { key: 'actMli', states: ['MLI'] },
  { key: 'actNer', states: ['NER'] },
  { key: 'actBoth', states: ['MLI', 'NER'] },
];

const day = (text: string) => new Date(text);
const splitsOf = (states: readonly string[]) => ({ country: states.map((code) => ({ code })) });

/** A fund that has plenty, straight in the database. */
export async function createActFund({ deps: { db } }: TestApp, { key, states }: Act, partnerId: string): Promise<Omit<ActFund, 'triggerId'>> {
  const [fundId, windowId, roundId, operationId] = [newId(), newId(), newId(), newId()];
  const named = { code: `${key}-${fundId.slice(-6)}`, nameFr: key, nameEn: key };
  await db.pooledFund.create({ data: { id: fundId, ...named, currency: 'EUR', countries: [...states] } });
  await db.fundWindow.create({ data: { id: windowId, fundId, ...named } });
  await db.allocationRound.create({ data: { id: roundId, fundId, ...named, modality: 'standard', opensOn: day('2025-01-01') } });
  await db.fundOperation.create({
    data: {
      id: operationId, reference: `X-${operationId}`, kind: 'carry_over', fundId, amountMinor: 10n ** 9n, currency: 'EUR', valueDate: day('2025-01-02'), description: 'Report',
      splits: splitsOf(states), countries: [...states], status: 'approved', preparedBy: SYSTEM_USER_ID, decidedBy: newId(), sourceSystem: 'test', externalId: operationId,
    },
  });
  await insertEntry(db, { kind: 'carry_over', fundId, operationId, states, minor: 10n ** 9n });
  return { fundId, windowId, roundId, partnerId };
}

interface Movement {
  readonly kind: FundEntryKind;
  readonly fundId: string;
  readonly operationId: string;
  readonly states: readonly string[];
  readonly minor: bigint;
}

async function insertEntry(db: TestApp['deps']['db'], { kind, fundId, operationId, states, minor }: Movement): Promise<void> {
  await db.fundEntry.create({
    data: {
      id: newId(), kind, fundId, operationId, cell: 0, restricted: false, countries: [...states], sectors: [], beneficiaryGroups: [], plans: [], usageYears: [],
      valueDate: day('2025-01-02'), recordedAt: new Date(), recordedBy: SYSTEM_USER_ID, currency: 'EUR', amountMinor: minor, usdMinor: minor, eurMinor: minor, xofMinor: minor, fx: {},
    },
  });
}

type Makers = { readonly app: TestApp; readonly clerk: Client; readonly boss: Client };

/** One of each record about a fund and about an instrument, through the API as officers do. */
export async function buildActs({ clerk, boss }: Makers, act: Act, { fundId, roundId, partnerId }: ActFund, text: (kind: string) => string): Promise<ActRecords> {
  const made = async (path: string, body: object) => {
    const answer = await clerk.post(path, body);
    if (answer.status !== 201) throw new Error(`${path}: ${answer.text}`);
    return (answer.body as { id: string }).id;
  };
  const eur = (amount: string) => ({ amount, currency: 'EUR' });
  const splits = splitsOf(act.states);
  const propose = () => made('/v1/proposals', { roundId, partnerId, title: text('title'), requested: eur('1000.00'), splits, description: text('proposal') });
  const allocate = () => made('/v1/fund-operations', { kind: 'allocation', fundId, partnerId, splits, amount: eur('1000.00'), valueDate: '2025-03-01', description: text('operation') });
  const operationDone = await allocate();
  await boss.act(`/v1/fund-operations/${operationDone}/approve`).expect(200);
  const proposal = await propose();
  await clerk.act(`/v1/proposals/${proposal}/submit`).expect(200);
  return { operation: await allocate(), operationDone, proposalDraft: await propose(), proposal, instrument: await made('/v1/instruments', instrumentBody(act.states, text('instrument'))) };
}

/** A policy of some states. */
export function instrumentBody(states: readonly string[], text: string): object {
  return {
    mechanism: 'solidarity_levy', nameFr: text, nameEn: text, countries: states, currency: 'EUR', startsOn: '2025-01-01', description: text,
    terms: { base: 'Billets d’avion', rate: '2 %', collectedBy: 'Trésor', legalBasis: 'Loi de finances' },
  };
}
