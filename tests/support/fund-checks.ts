import type { LedgerCheckCode } from '../../src/i18n/ledger-checks.js';

/** The checks over the funds' book. */
export type FundCheckCode = Extract<LedgerCheckCode, `fund.${string}` | `allocation.${string}` | `operation.${string}` | 'round.within'>;

export function isFundCheck(code: LedgerCheckCode): code is FundCheckCode {
  return /^(fund|allocation|operation|round)\./.test(code);
}
