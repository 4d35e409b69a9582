import type { Tx } from '../../platform/db.js';
import { checkMac, type DataKeys } from '../../platform/secret-box.js';
import { findSeals, SEAL_PURPOSE, sealBytes } from '../audit/seals.store.js';
import type { CheckOutcome } from './check.js';

/** Makes the code of every seal again; skipped without the keys. */
export async function checkSealCodes(tx: Tx, keys: DataKeys | undefined): Promise<CheckOutcome> {
  const seals = await findSeals(tx);
  if (!keys) return { checked: seals.length, rows: [], skipped: true };
  const forged = seals.filter((seal) => !checkMac(seal.mac, sealBytes(seal), SEAL_PURPOSE, keys));
  return { checked: seals.length, rows: forged.map(({ seq, mac }) => ({ record: 'audit_seal', id: seq, found: mac, expected: 'HMAC(DATA_KEY)' })) };
}
