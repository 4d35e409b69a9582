import { availableIn, incomeSign } from '../../domain/fund-book.js';
import { type AwardRoom, checkLeft, type FundOverrun } from '../../domain/fund-operation.js';
import type { Exponents } from '../../domain/money.js';
import type { AllocationRound, Tx } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';
import { type FundAccountState, lockFundAccount, windowBalances } from '../fund-book/fund-book.store.js';
import { awardedInRound, type MovementSource, paidInBy, standingMovements } from './fund-operations.store.js';

/** What a fund can still allocate or spend otherwise, in minor units. */
export function availableOf({ incomeMinor, allocatedMinor }: FundAccountState): bigint {
  return incomeMinor - allocatedMinor;
}

/** What an award may draw on; the fund's account is locked. */
export async function awardRoom(db: Tx, fundId: string, account: FundAccountState, round: AllocationRound | null): Promise<AwardRoom> {
  const ceiling = round?.ceilingMinor ?? null;
  return {
    fundMinor: availableOf(account),
    windowMinor: availableIn(round?.windowId ?? null, await asSystem(db, () => windowBalances(db, fundId))),
    roundMinor: round === null || ceiling === null ? null : ceiling - (await awardedInRound(db, round.id)),
  };
}

/** What a fund would lose if a payment or an operation were undone. */
interface IncomeFall {
  readonly fundId: string;
  readonly windowId: string | null;
  readonly minor: bigint;
  readonly deposit: { readonly donorId: string; readonly minor: bigint } | null;
}

async function fallsWithout(db: Tx, source: MovementSource): Promise<readonly IncomeFall[]> {
  const movements = await standingMovements(db, source);
  return [...new Set(movements.map(({ fundId }) => fundId))].sort().map((fundId) => {
    const own = movements.filter((one) => one.fundId === fundId);
    const deposit = own.find(({ kind }) => kind === 'deposit');
    return {
      fundId,
      windowId: own[0]?.windowId ?? null,
      minor: own.reduce((sum, { kind, minor }) => sum + incomeSign[kind] * minor, 0n),
      deposit: deposit?.donorId ? { donorId: deposit.donorId, minor: deposit.minor } : null,
    };
  });
}

/**
 * Lets a payment or an operation be undone whose money is still in the funds it came into; locks the accounts of these.
 * @throws EXCEEDS_FUND when it is allocated or spent, EXCEEDS_WINDOW when others would have to stand in, EXCEEDS_DEPOSITS when it was
 * returned to the donor
 */
export async function checkUndoable(db: Tx, source: MovementSource, exponents: Exponents): Promise<void> {
  for (const { fundId } of await fallsWithout(db, source)) await lockFundAccount(db, fundId);
  for (const fall of await fallsWithout(db, source)) await checkFall(db, fall, exponents);
}

async function checkFall(db: Tx, { fundId, windowId, minor, deposit }: IncomeFall, exponents: Exponents): Promise<void> {
  const account = await lockFundAccount(db, fundId);
  if (account.mirrored) return;
  const { currency } = await db.pooledFund.findUniqueOrThrow({ where: { id: fundId } });
  const check = (code: FundOverrun, minor: bigint, leftMinor: bigint) => {
    checkLeft(code, { minor, currency }, leftMinor, exponents, 'amount');
  };
  if (deposit) check('EXCEEDS_DEPOSITS', deposit.minor, await paidInBy(db, fundId, deposit.donorId));
  if (minor <= 0n) return;
  check('EXCEEDS_FUND', minor, availableOf(account));
  if (windowId !== null) check('EXCEEDS_WINDOW', minor, availableIn(windowId, await asSystem(db, () => windowBalances(db, fundId))));
}
