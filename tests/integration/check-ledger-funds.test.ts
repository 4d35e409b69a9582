import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkLedger, runChecks } from '../../src/features/ledger-check/ledger-check.service.js';
import { ledgerCheckCodes } from '../../src/i18n/ledger-checks.js';
import { type Db, inTransaction, openDb, type Tx } from '../../src/platform/db.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { type FundCheckCode, isFundCheck } from '../support/fund-checks.js';
import { addRate, createOrganisation, createPeople, pay, type People } from '../support/ledger.js';

const eur = (amount: string) => ({ amount, currency: 'EUR' });

let app: TestApp;
let people: People;
let superuser: Db;
const ids: Record<'fund' | 'other' | 'deposit' | 'allocation' | 'transfer' | 'gift' | 'interest' | 'undone' | 'round', string> = {
  fund: '', other: '', deposit: '', allocation: '', transfer: '', gift: '', interest: '', undone: '', round: '',
};

async function made(by: Client, path: string, body: object): Promise<string> {
  const answer = await by.post(path, body);
  if (answer.status !== 201) throw new Error(`${path} ${answer.text}`);
  return (answer.body as { id: string }).id;
}

async function operation(body: object): Promise<string> {
  const id = await made(people.officer, '/v1/fund-operations', { description: 'Opération', ...body });
  await people.approver.act(`/v1/fund-operations/${id}/approve`).expect(200);
  return id;
}

beforeAll(async () => {
  app = await startTestApp();
  superuser = openDb(app.database.superuserUrl, 1, 'system');
  await addRate(app, 'USD', '2025-03-07', '1.0800');
  people = await createPeople(app);
  const administrator = await app.user({ roles: ['administrator'] });
  const donorId = await createOrganisation(app, 'Bailleur');
  const partnerId = await createOrganisation(app, 'Partenaire');
  const fund = (code: string) => made(administrator, '/v1/pooled-funds', { code, nameFr: code, nameEn: code, currency: 'EUR', countries: ['MLI'], feeShare: '1' });
  ids.fund = await fund('FONDS-A');
  ids.other = await fund('FONDS-B');
  const terms = { donorId, mechanism: 'pooled_fund', destination: { kind: 'fund', fundId: ids.fund }, description: 'Accord', amount: eur('10000.00'), valueDate: '2025-03-10' };
  ids.deposit = (await pay(people, await made(people.officer, '/v1/commitments', terms), '10000.00')).id;
  const round = { fundId: ids.fund, code: 'A1', modality: 'standard', nameFr: 'Appel', nameEn: 'Round', ceiling: eur('5000.00'), opensOn: '2025-04-01' };
  ids.round = await made(people.officer, '/v1/allocation-rounds', round);
  ids.interest = await operation({ kind: 'interest', fundId: ids.fund, amount: eur('10.00'), valueDate: '2025-04-11' });
  ids.allocation = await operation({ kind: 'allocation', fundId: ids.fund, roundId: ids.round, partnerId, amount: eur('4000.00'), valueDate: '2025-04-12' });
  ids.transfer = await operation({ kind: 'transfer', allocationId: ids.allocation, amount: eur('3000.00'), valueDate: '2025-04-13' });
  await operation({ kind: 'expenditure', allocationId: ids.allocation, amount: eur('1000.00'), valueDate: '2025-04-14' });
  ids.gift = await operation({ kind: 'fund_transfer', fundId: ids.fund, toFundId: ids.other, amount: eur('500.00'), valueDate: '2025-04-15' });
  ids.undone = await operation({ kind: 'direct_cost', fundId: ids.fund, amount: eur('20.00'), valueDate: '2025-04-16' });
  await operation({ kind: 'reversal', undoesId: ids.undone });
});

afterAll(async () => {
  await superuser.$disconnect();
  await app.close();
});

test('a fund with one of everything holds, and every check has something to look at', async () => {
  const results = await checkLedger(app.deps.db);
  expect(results.filter(({ rows }) => rows.length > 0)).toEqual([]);
  expect(results.filter(({ code, checked }) => checked === 0 && isFundCheck(code))).toEqual([]);
});

class Undo extends Error {}

/** The checks that a change breaks which no trigger hinders; nothing of it is kept. */
async function brokenBy(statement: string): Promise<readonly { code: string; ids: readonly string[] }[]> {
  let broken: readonly { code: string; ids: readonly string[] }[] = [];
  const run = inTransaction(superuser, async (tx: Tx) => {
    await tx.$executeRaw`SET LOCAL ROLE NONE`;
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
    for (const constraint of ['fund_account_within', 'allocation_account_within']) {
      await tx.$executeRawUnsafe(`ALTER TABLE ${constraint.replace('_within', '')} DROP CONSTRAINT ${constraint}`);
    }
    expect(await tx.$executeRawUnsafe(statement)).toBeGreaterThan(0);
    broken = (await runChecks(tx)).filter(({ code, rows }) => rows.length > 0 && isFundCheck(code)).map(({ code, rows }) => ({ code, ids: rows.map(({ id }) => id) }));
    throw new Undo();
  });
  await expect(run).rejects.toThrow(Undo);
  return broken;
}

/** The change, and whose row is named by which check. */
const corruptions: Readonly<Record<FundCheckCode, () => readonly [statement: string, id: string | null]>> = {
  'fund.account': () => [`UPDATE fund_account SET income_minor = income_minor + 1 WHERE fund_id = '${ids.fund}'`, ids.fund],
  'allocation.account': () => [`UPDATE allocation_account SET spent_minor = spent_minor - 1 WHERE allocation_id = '${ids.allocation}'`, ids.allocation],
  'fund.within': () => [`UPDATE fund_entry SET amount_minor = 2000000 WHERE operation_id = '${ids.allocation}'`, ids.fund],
  'allocation.within': () => [`UPDATE fund_entry SET amount_minor = 400001 WHERE operation_id = '${ids.transfer}'`, ids.allocation],
  'round.within': () => [`UPDATE allocation_round SET ceiling_minor = 399999 WHERE id = '${ids.round}'`, ids.round],
  'operation.posted': () => [`UPDATE fund_entry SET amount_minor = amount_minor + 1 WHERE operation_id = '${ids.interest}'`, ids.interest],
  'operation.received': () => [`UPDATE fund_entry SET amount_minor = amount_minor - 1 WHERE operation_id = '${ids.gift}' AND kind = 'from_fund'`, ids.gift],
  'operation.undone': () => [`UPDATE fund_operation SET status = 'approved' WHERE id = '${ids.undone}'`, ids.undone],
  'fund.deposit': () => [`UPDATE fund_entry SET amount_minor = amount_minor - 1 WHERE disbursement_id = '${ids.deposit}' AND kind = 'deposit'`, ids.deposit],
  'fund.subject': () => [`UPDATE fund_entry SET fund_id = '${ids.other}' WHERE operation_id = '${ids.interest}'`, null],
  'fund.mirror': () => [`UPDATE fund_entry SET amount_minor = amount_minor - 1 WHERE operation_id = '${ids.undone}' AND reverses_id IS NOT NULL`, null],
};

describe('a fund whose rows were changed past the triggers is named', () => {
  test('by every check there is', () => {
    expect(Object.keys(corruptions).sort()).toEqual(ledgerCheckCodes.filter(isFundCheck).sort());
  });

  test.each(Object.keys(corruptions) as FundCheckCode[])('%s', async (code) => {
    const [statement, id] = corruptions[code]();
    const broken = (await brokenBy(statement)).find((one) => one.code === code);
    expect(broken?.ids.length).toBe(1);
    if (id !== null) expect(broken?.ids).toEqual([id]);
  });
});
