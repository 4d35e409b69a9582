import type { LedgerCheckCode } from '../../i18n/ledger-checks.js';
import type { Prisma, Tx } from '../../platform/db.js';
import { type CheckOutcome, checkByQuery } from './check.js';
import { checkConversions } from './conversions.js';
import { databaseChecks } from './database-checks.js';
import { journalChecks } from './journal-checks.js';
import { recordChecks } from './record-checks.js';

/** One check has no sentence, or one sentence no check, and this does not compile. */
const queries: Readonly<Record<Exclude<LedgerCheckCode, 'entry.conversion'>, Prisma.Sql>> = { ...recordChecks, ...journalChecks, ...databaseChecks };

/** Makes one check of what the transaction sees. */
export function runCheck(tx: Tx, code: LedgerCheckCode): Promise<CheckOutcome> {
  return code === 'entry.conversion' ? checkConversions(tx) : checkByQuery(tx, queries[code]);
}
