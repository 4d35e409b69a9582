import { expect } from '@jest/globals';
import { checkLedger } from '../../src/features/ledger-check/ledger-check.service.js';
import type { Db } from '../../src/platform/db.js';

/** Every check of the ledger holds; a row that breaks one is named. */
export async function expectSoundLedger(db: Db): Promise<void> {
  const results = await checkLedger(db);
  expect(results.flatMap(({ code, rows }) => rows.map((row) => ({ code, ...row })))).toEqual([]);
}
