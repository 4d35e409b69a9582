import { feeOf, type FundEntryDraft, rescaleLines } from '../../domain/fund-book.js';
import { reportingCurrencies, type ReportingCurrency } from '../../domain/fx.js';
import type { Exponents } from '../../domain/money.js';
import type { ConvertedAmounts, EntryDraft, LineDraft } from '../../domain/posting.js';
import type { Tx } from '../../platform/db.js';
import { convertKnown, convertTo } from '../fx/convert-known.js';

/** What of a fund decides how a payment arrives in its book. */
export interface DepositFund {
  readonly id: string;
  readonly currency: string;
  /** Ten-thousandths of a per cent. */
  readonly feeUnits: number;
}

/**
 * What a payment into a fund is in the fund's book: the deposit, in the cells of the payment, and the administrator's fee on it. In the
 * fund's currency it is what the account was credited with, where that is said, else the amount at the rates of the value date.
 * @throws NO_RATE
 */
export async function depositEntries(
  db: Tx,
  entry: EntryDraft,
  fund: DepositFund,
  deposit: { readonly windowId: string | null; readonly creditedMinor: bigint | null },
  exponents: Exponents,
): Promise<readonly FundEntryDraft[]> {
  const arrived = await arrivedIn(db, entry, fund.currency, deposit.creditedMinor, exponents);
  const common = {
    fundId: fund.id,
    windowId: deposit.windowId,
    operationId: null,
    commitmentId: entry.commitmentId,
    disbursementId: entry.disbursementId,
    allocationId: null,
    donorId: entry.terms.donorId,
    partnerId: null,
    counterFundId: null,
    restricted: entry.terms.restricted,
    valueDate: entry.valueDate,
    currency: fund.currency,
    importId: entry.importId,
    reason: null,
  } as const;
  const total = arrived.lines.reduce((sum, line) => sum + line.amountMinor, 0n);
  const entries: FundEntryDraft[] = [{ ...common, kind: 'deposit', own: arrived.own, converted: arrived.converted, lines: arrived.lines }];
  const fee = feeOf(total, fund.feeUnits);
  if (fee === 0n) return entries;
  const converted = await convertKnown(db, { minor: fee, currency: fund.currency }, entry.valueDate, exponents);
  return [...entries, { ...common, kind: 'fee', own: null, converted, lines: rescaleLines(arrived.lines, fee, converted) }];
}

interface Arrived {
  readonly own: NonNullable<FundEntryDraft['own']>;
  readonly converted: ConvertedAmounts;
  readonly lines: readonly LineDraft[];
}

async function arrivedIn(db: Tx, entry: EntryDraft, currency: string, creditedMinor: bigint | null, exponents: Exponents): Promise<Arrived> {
  const { lines, converted } = entry;
  if (creditedMinor !== null) {
    const inReporting = await convertKnown(db, { minor: creditedMinor, currency }, entry.valueDate, exponents);
    return { own: { method: 'credited', legs: [] }, converted: inReporting, lines: rescaleLines(lines, creditedMinor, inReporting) };
  }
  if (currency === entry.currency) return { own: { method: 'same', legs: [] }, converted, lines };
  const reporting = reportingCurrencies.find((one) => one === currency);
  const known = reporting && converted[reporting];
  if (reporting && known) return { own: known.conversion, converted, lines: lines.map((line) => inReportingCurrency(line, reporting)).filter(({ amountMinor }) => amountMinor !== 0n) };
  const { minor, conversion } = await convertTo(db, { minor: entry.amountMinor, currency: entry.currency }, currency, entry.valueDate, exponents);
  return { own: conversion, converted, lines: rescaleLines(lines, minor, converted) };
}

function inReportingCurrency(line: LineDraft, currency: ReportingCurrency): LineDraft {
  return { ...line, amountMinor: line.converted[currency] ?? 0n };
}
