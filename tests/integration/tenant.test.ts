import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Db, inTransaction, openDb, type Tx } from '../../src/platform/db.js';
import { asSystem, enterUser } from '../../src/platform/tenant.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';

let app: TestApp;
let db: Db;
let minister: Client;

beforeAll(async () => {
  app = await startTestApp();
  db = openDb(app.database.url, 2, 'request');
  minister = await app.user({ roles: ['minister'], states: ['MLI'] });
});
afterAll(async () => {
  await db.$disconnect();
  await app.close();
});

const visibleUsers = (tx: Tx) => tx.appUser.count();

describe('the system’s scope', () => {
  test('is left when its work is done, and when it fails and somebody catches that', async () => {
    await inTransaction(db, async (tx) => {
      await enterUser(tx, minister.userId);
      expect(await visibleUsers(tx)).toBe(1);
      expect(await asSystem(tx, () => visibleUsers(tx))).toBeGreaterThan(1);
      expect(await visibleUsers(tx)).toBe(1);
      await expect(asSystem(tx, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
      expect(await visibleUsers(tx)).toBe(1);
    });
  });

  test('does not hide the error of a statement that failed', async () => {
    await expect(inTransaction(db, (tx) => asSystem(tx, () => tx.$queryRaw`SELECT 1 / 0`))).rejects.toThrow('division by zero');
    expect(await visibleUsers(db)).toBe(0);
  });
});
