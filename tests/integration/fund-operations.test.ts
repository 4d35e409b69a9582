import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApp, type TestApp } from '../support/app.js';
import { newId } from '../../src/platform/ids.js';

let app: TestApp;
beforeAll(async () => { app = await startTestApp(); });
afterAll(() => app.close());

test('x', async () => {
  const f = newId();
  await app.deps.db.pooledFund.create({ data: { id: f, code: 'F', nameFr: 'F', nameEn: 'F', currency: 'EUR', countries: ['MLI'] } });
  await app.deps.db.fundAccount.findMany();
  const r = await app.deps.db.$queryRawUnsafe(`SELECT * FROM lock_fund_account('${f}')`);
  console.log(r);
  const r2 = await app.deps.db.$queryRawUnsafe(`SELECT current_user, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname LIKE '%account_within'`);
  console.log(r2);
  const op = async (kind: string, amount: number, more: string = '{}') => {
    const id = newId();
    await app.deps.db.$executeRawUnsafe(`INSERT INTO fund_operation (id, reference, kind, fund_id, amount_minor, currency, value_date, description, splits, countries, prepared_by, allocation_id, partner_id)
      SELECT '${id}', '${id}', '${kind}', '${f}', ${amount}, 'EUR', '2025-01-01', 'x', '{"country":[{"code":"MLI"}]}', '{MLI}', '${f}', ${kind === 'transfer' ? `'${more}'` : 'NULL'}, NULLIF('${kind === 'allocation' ? org : ''}', '')::uuid`);
    await app.deps.db.$executeRawUnsafe(`INSERT INTO fund_entry (id, kind, fund_id, operation_id, allocation_id, partner_id, cell, restricted, countries, sectors, beneficiary_groups, plans, usage_years, value_date, recorded_at, recorded_by, currency, amount_minor, fx)
      SELECT gen_random_uuid(), '${kind}', '${f}', '${id}', ${kind === 'transfer' ? `'${more}'` : kind === 'allocation' ? `'${id}'` : 'NULL'}, NULLIF('${kind === 'transfer' || kind === 'allocation' ? org : ''}', '')::uuid, 0, false, '{MLI}', '{}', '{}', '{}', '{}', '2025-01-01', now(), '${f}', 'EUR', ${amount}, '{}'`);
    return id;
  };
  const org = newId();
  await app.deps.db.organisation.create({ data: { id: org, name: 'P', type: '10', roles: [] } });
  await op('carry_over', 100);
  await op('fee', 5);
  const a = await op('allocation', 50);
  await op('transfer', 20, a);
  console.log(await app.deps.db.fundAccount.findMany(), await app.deps.db.allocationAccount.findMany());
  expect(1).toBe(1);
});
