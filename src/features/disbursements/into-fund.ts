import type { Exponents } from '../../domain/money.js';
import type { EntryDraft } from '../../domain/posting.js';
import { DomainError } from '../../domain/problem.js';
import { checkPositive, checkSameCurrency } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { minorOf, type MoneyWire } from '../../http/wire.js';
import type { Commitment, Disbursement, Tx } from '../../platform/db.js';
import { checkTakes } from '../flows/terms-fund.js';
import { depositEntries } from '../fund-book/deposit.js';
import { lockFundAccount, postFundEntries } from '../fund-book/fund-book.store.js';

/** The fund that a commitment pays into; null for any other commitment. */
function fundOf({ destinationKind, fundId }: Pick<Commitment, 'destinationKind' | 'fundId'>): string | null {
  return destinationKind === 'fund' ? fundId : null;
}

/**
 * What the account of the fund was credited with, in minor units of its currency; null where that is not said.
 * @throws CREDITED_UNEXPECTED, CURRENCY_MISMATCH, AMOUNT_*
 */
export async function resolveCredited(
  db: Tx,
  commitment: Pick<Commitment, 'destinationKind' | 'fundId'>,
  credited: MoneyWire | null | undefined,
  exponents: Exponents,
): Promise<bigint | null> {
  if (!credited) return null;
  const fundId = fundOf(commitment);
  if (fundId === null) throw new DomainError('CREDITED_UNEXPECTED', {}, 'credited');
  const minor = minorOf(credited, exponents, 'credited');
  checkPositive(minor, 'credited.amount');
  const fund = await db.pooledFund.findUniqueOrThrow({ where: { id: fundId }, select: { currency: true } });
  checkSameCurrency(credited.currency, fund.currency, 'credited.currency');
  return minor;
}

/**
 * Posts a payment that was just posted to the journal in the book of its fund: the deposit and the fee on it.
 * @throws FUND_CLOSED, FUND_MIRRORED, NO_RATE
 */
export async function depositInto({ db, deps, actor }: RequestContext, entry: EntryDraft, commitment: Commitment, creditedMinor: bigint | null): Promise<void> {
  const fundId = fundOf(commitment);
  if (fundId === null) return;
  // Whoever closes the fund holds its account.
  await lockFundAccount(db, fundId);
  const fund = await db.pooledFund.findUniqueOrThrow({ where: { id: fundId } });
  checkTakes(fund);
  const deposit = { windowId: commitment.fundWindowId, creditedMinor };
  await postFundEntries(db, await depositEntries(db, entry, fund, deposit, deps.reference.exponents), actor.userId);
}

/** In which currency some payments were credited, by their fund; asks nothing where that is said of none. */
export async function creditedCurrencies(db: Tx, rows: readonly (Disbursement & { readonly commitment: Commitment })[]): Promise<(fundId: string | null) => string | undefined> {
  const ids = rows.flatMap(({ creditedMinor, commitment }) => (creditedMinor === null ? [] : (commitment.fundId ?? [])));
  if (ids.length === 0) return () => undefined;
  const funds = await db.pooledFund.findMany({ where: { id: { in: ids } }, select: { id: true, currency: true } });
  return (fundId) => funds.find(({ id }) => id === fundId)?.currency;
}
