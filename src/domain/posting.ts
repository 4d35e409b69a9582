import { convert, findLegs, isFixed, type Conversion, type RateBook, reportingCurrencies, type ReportingCurrency } from './fx.js';
import { allocate, divideHalfUp, type Exponents, exponentOf, type Money } from './money.js';
import { DomainError } from './problem.js';
import { type Cell, cellsOf, type Splits } from './splits.js';

export type Stage = 'pledge' | 'commitment' | 'disbursement';
export type EntryKind = 'pledge' | 'commitment' | 'amendment' | 'disbursement' | 'reversal';

/** What a line says of the flow besides its cell. */
export interface LineTerms {
  readonly donorId: string;
  readonly recipientId: string | null;
  readonly mechanism: string;
  readonly contributionType: 'financial' | 'in_kind' | 'technical_assistance';
  readonly fundId: string | null;
  readonly eventId: string | null;
  readonly restricted: boolean;
  readonly boundary: 'crossing' | 'internal';
}

/** An amount in a reporting currency and how it came about; null when no rate was known. */
export type Converted = { readonly minor: bigint; readonly conversion: Conversion } | null;
export type ConvertedAmounts = Readonly<Record<ReportingCurrency, Converted>>;

/** The part of an entry that falls to one cell. */
export interface LineDraft {
  readonly cell: number;
  readonly codes: Cell['codes'];
  readonly amountMinor: bigint;
  readonly converted: Readonly<Record<ReportingCurrency, bigint | null>>;
}

/** A journal entry about to be posted; its lines sum to it exactly, in its own and in every reporting currency. */
export interface EntryDraft {
  readonly id: string;
  readonly kind: EntryKind;
  readonly stage: Stage;
  readonly pledgeId: string | null;
  readonly commitmentId: string | null;
  readonly disbursementId: string | null;
  readonly amendmentId: string | null;
  readonly valueDate: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly converted: ConvertedAmounts;
  readonly terms: LineTerms;
  readonly lines: readonly LineDraft[];
  readonly importId: string | null;
  readonly reason: string | null;
}

/**
 * The amount in USD, EUR and XOF at the rates of the book. An amount that its source reports in USD is kept as reported; the other
 * two are converted from it, unless the amount itself is in them or pegged to them: euros stay those euros.
 */
export function convertToReporting(
  minor: bigint,
  currency: string,
  book: RateBook,
  exponents: Exponents,
  publishedUsdMinor?: bigint,
): ConvertedAmounts {
  const along = (from: Money, target: ReportingCurrency) => convertAlong(from, target, book, exponents);
  const to = (target: ReportingCurrency): Converted => {
    const own = along({ minor, currency }, target);
    if (publishedUsdMinor === undefined || currency === 'USD') return own;
    if (target === 'USD') return { minor: publishedUsdMinor, conversion: { method: 'published', legs: [] } };
    const exact = own !== null && own.conversion.method !== 'rates';
    return exact ? own : along({ minor: publishedUsdMinor, currency: 'USD' }, target);
  };
  return { USD: to('USD'), EUR: to('EUR'), XOF: to('XOF') };
}

/** An amount in any other currency at the rates of the book, and how it came about; null when no rate is known. */
export function convertAlong(from: Money, target: string, book: RateBook, exponents: Exponents): Converted {
  const legs = findLegs(from.currency, target, book);
  if (!legs) return null;
  const withExponent = (code: string) => ({ currency: code, exponent: exponentOf(code, exponents) });
  return { minor: convert(from.minor, withExponent(from.currency), withExponent(target), legs), conversion: { method: methodOf(legs), legs } };
}

function methodOf(legs: Conversion['legs']): Conversion['method'] {
  if (legs.length === 0) return 'same';
  return legs.every(isFixed) ? 'fixed' : 'rates';
}

/**
 * The converted amounts, once all three are there.
 * @throws NO_RATE naming the currencies and the date: an amount is never converted at a rate that nobody published
 */
export function requireAllConverted(converted: ConvertedAmounts, currency: string, valueDate: string): ConvertedAmounts {
  const missing = reportingCurrencies.find((target) => converted[target] === null);
  if (missing !== undefined) throw new DomainError('NO_RATE', { from: currency, to: missing, date: valueDate }, 'amount.currency');
  return converted;
}

/** What a commitment stands at in the journal, in its own and in every reporting currency. */
export interface BookedAmounts extends Readonly<Record<ReportingCurrency, bigint>> {
  readonly minor: bigint;
}

/**
 * A lowering in the reporting currencies, in proportion to what is booked: a commitment lowered to nothing leaves nothing in any
 * currency, whatever the rates of the day are.
 */
export function convertLowering(deltaMinor: bigint, booked: BookedAmounts): ConvertedAmounts {
  const to = (target: ReportingCurrency) => ({
    minor: divideHalfUp(booked[target] * deltaMinor, booked.minor),
    conversion: { method: 'booked', legs: [] } as const,
  });
  return { USD: to('USD'), EUR: to('EUR'), XOF: to('XOF') };
}

/** The cells of a flow with the shares of `splits`, each amount a whole number of minor units. */
export function linesBySplits(splits: Splits, amountMinor: bigint, converted: ConvertedAmounts): readonly LineDraft[] {
  const cells = cellsOf(splits);
  return draftLines(
    cells.map((cell, index) => ({ cell: index, codes: cell.codes })),
    allocate(amountMinor, cells.map((cell) => cell.weight)),
    converted,
  );
}

/** What is left of a commitment in one of its cells, in minor units. */
export interface CellBalance {
  readonly cell: number;
  readonly codes: Cell['codes'];
  readonly balanceMinor: bigint;
}

/**
 * Spreads a payment, or a reduction, over the cells in proportion to what is left in each. No cell is ever overdrawn, and the
 * last payment leaves nothing.
 */
export function linesByBalance(
  balances: readonly CellBalance[],
  amountMinor: bigint,
  converted: ConvertedAmounts,
): readonly LineDraft[] {
  const weights = balances.map(({ balanceMinor }) => (balanceMinor < 0n ? -balanceMinor : balanceMinor));
  return draftLines(balances, allocate(amountMinor, weights), converted);
}

function draftLines(
  cells: readonly { readonly cell: number; readonly codes: Cell['codes'] }[],
  amounts: readonly bigint[],
  converted: ConvertedAmounts,
): readonly LineDraft[] {
  const weights = amounts.map((amount) => (amount < 0n ? -amount : amount));
  const spread = (total: Converted) => (total === null ? null : allocate(total.minor, weights));
  const parts = { USD: spread(converted.USD), EUR: spread(converted.EUR), XOF: spread(converted.XOF) };
  return cells
    .map(({ cell, codes }, index) => ({
      cell,
      codes,
      amountMinor: amounts[index] ?? 0n,
      converted: {
        USD: parts.USD?.[index] ?? null,
        EUR: parts.EUR?.[index] ?? null,
        XOF: parts.XOF?.[index] ?? null,
      },
    }))
    .filter((line) => line.amountMinor !== 0n);
}
