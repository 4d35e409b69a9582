import type { Deps } from '../../deps.js';
import { inTransaction } from '../../platform/db.js';
import { macOf } from '../../platform/secret-box.js';
import { databaseMoment, onSettledSnapshot } from '../reports/reports.store.js';
import { insertSeal, lockSealing, SEAL_PURPOSE, sealBytes, type StoredSeal, unsealedHead } from './seals.store.js';

const LONGEST_SECONDS = 900;

/**
 * Seals the end of the audit trail and of the journal, and logs the seal: whoever keeps the log elsewhere has what a later change of
 * the trail cannot reach. Nothing happens while another process seals, or when nothing was recorded since.
 */
export function sealTrail(deps: Deps): Promise<StoredSeal | undefined> {
  return inTransaction(deps.db, async (lock) => ((await lockSealing(lock)) ? sealAlone(deps) : undefined), { timeoutSeconds: LONGEST_SECONDS });
}

async function sealAlone({ db, config, log }: Deps): Promise<StoredSeal | undefined> {
  const { asOf } = await databaseMoment(db);
  const seal = await onSettledSnapshot(db, async (tx) => {
    const head = await unsealedHead(tx, asOf);
    if (!head) return undefined;
    const keys = { current: config.dataKey, previous: config.dataKeyPrevious };
    const sealed = { ...head, mac: macOf(sealBytes(head), SEAL_PURPOSE, keys) };
    await insertSeal(tx, sealed);
    return sealed;
  });
  if (seal) log.info({ seal }, 'audit trail sealed');
  return seal;
}
