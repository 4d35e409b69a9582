import { type Exponents, formatMinor } from '../../domain/money.js';
import { type LedgerCheckCode, ledgerCheckCodes } from '../../i18n/ledger-checks.js';
import { type Db, inTransaction, Prisma, type Tx } from '../../platform/db.js';
import type { DataKeys } from '../../platform/secret-box.js';
import type { CheckOutcome, LedgerBreak } from './check.js';
import { runCheck } from './checks.js';
import { loadExponents } from './conversions.js';

/** What one check found; it holds when no row breaks it. */
export interface LedgerResult extends CheckOutcome {
  readonly code: LedgerCheckCode;
}

const LONGEST_SECONDS = 3_600;

/** Proves every invariant of the ledger and its audit trail on one snapshot of the data, without writing anything. */
export function checkLedger(db: Db, keys?: DataKeys): Promise<readonly LedgerResult[]> {
  return inTransaction(
    db,
    async (tx) => {
      await tx.$executeRaw`SET TRANSACTION READ ONLY`;
      return runChecks(tx, keys);
    },
    { isolation: Prisma.TransactionIsolationLevel.RepeatableRead, timeoutSeconds: LONGEST_SECONDS },
  );
}

/** Runs the checks one after the other on what the transaction sees. */
export async function runChecks(tx: Tx, keys?: DataKeys): Promise<readonly LedgerResult[]> {
  const exponents = await loadExponents(tx);
  const results: LedgerResult[] = [];
  for (const code of ledgerCheckCodes) {
    const outcome = await runCheck(tx, code, keys);
    results.push({ code, ...outcome, rows: outcome.rows.map((row) => readable(row, exponents)).sort(byRecord) });
  }
  return results;
}

function readable({ record, id, found, expected }: LedgerBreak, exponents: Exponents): LedgerBreak {
  return { record, id, found: withDigits(found, exponents), expected: withDigits(expected, exponents) };
}

/** Writes "125000 EUR" in minor units as "1250.00 EUR". */
function withDigits(text: string, exponents: Exponents): string {
  return text.replace(/(?<![\w.-])(-?\d+) ([A-Z]{3})\b/g, (amount, minor: string, currency: string) => {
    const exponent = exponents.get(currency);
    return exponent === undefined ? amount : `${formatMinor(BigInt(minor), exponent)} ${currency}`;
  });
}

function byRecord(a: LedgerBreak, b: LedgerBreak): number {
  return `${a.record} ${a.id}` < `${b.record} ${b.id}` ? -1 : 1;
}
