import type { LedgerCheckCode } from '../../i18n/ledger-checks.js';
import type { Prisma, Tx } from '../../platform/db.js';
import type { DataKeys } from '../../platform/secret-box.js';
import { auditChecks } from './audit-checks.js';
import { type CheckOutcome, checkByQuery } from './check.js';
import { checkConversions } from './conversions.js';
import { databaseChecks } from './database-checks.js';
import { fundChecks } from './fund-checks.js';
import { journalChecks } from './journal-checks.js';
import { recordChecks } from './record-checks.js';
import { checkSealCodes } from './seal-codes.js';

/** The checks that SQL alone does not do. */
type Computed = 'entry.conversion' | 'seal.code';

/** One check has no sentence, or one sentence no check, and this does not compile. */
const queries: Readonly<Record<Exclude<LedgerCheckCode, Computed>, Prisma.Sql>> = {
  ...recordChecks,
  ...journalChecks,
  ...fundChecks,
  ...databaseChecks,
  ...auditChecks,
};

/** Makes one check of what the transaction sees; without the keys, the codes of the seals are left out. */
export function runCheck(tx: Tx, code: LedgerCheckCode, keys: DataKeys | undefined): Promise<CheckOutcome> {
  if (code === 'entry.conversion') return checkConversions(tx);
  return code === 'seal.code' ? checkSealCodes(tx, keys) : checkByQuery(tx, queries[code]);
}
