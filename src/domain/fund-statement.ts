import { cashSign, type FundEntryKind, incomeSign } from './fund-book.js';
import { daysBetween, type Day } from './days.js';
import { divideHalfUp } from './money.js';
import { ratioOf } from './report.js';

/** Σ of the entries of a fund by kind, in minor units; a kind without any may be left out. */
export type KindSums = Readonly<Partial<Record<FundEntryKind, bigint>>>;

type Signs = Readonly<Partial<Record<FundEntryKind, 1n | -1n>>>;

/** With what sign an entry counts in a line of the statement; it does not in a line that does not name it. */
export const statementLines = {
  contributions: { deposit: 1n },
  fromFunds: { from_fund: 1n },
  carryOver: { carry_over: 1n },
  interest: { interest: 1n },
  donorRefunds: { donor_refund: 1n },
  sources: signsWhere((kind) => (kind === 'donor_refund' || incomeSign[kind] === 1n ? incomeSign[kind] : 0n)),
  transfers: { transfer: 1n },
  refunds: { refund: 1n },
  netTransfers: { transfer: 1n, refund: -1n },
  fees: { fee: 1n },
  directCosts: { direct_cost: 1n },
  toFunds: { to_fund: 1n },
  uses: { transfer: 1n, refund: -1n, fee: 1n, direct_cost: 1n, to_fund: 1n },
  administratorBalance: signsWhere((kind) => cashSign[kind]),
  expenditure: { expenditure: 1n },
  partnerBalance: { transfer: 1n, refund: -1n, expenditure: -1n },
  totalBalance: { ...signsWhere((kind) => incomeSign[kind]), expenditure: -1n },
  allocated: { allocation: 1n },
  notTransferred: { allocation: 1n, transfer: -1n, refund: 1n },
  available: { ...signsWhere((kind) => incomeSign[kind]), allocation: -1n },
} as const satisfies Readonly<Record<string, Signs>>;

export type StatementLine = keyof typeof statementLines;

/** The lines of the statement in its order: sources − uses = balance with the administrator, + balance with partners = total balance. */
export const statementLineNames = Object.keys(statementLines) as readonly StatementLine[];

/** The figures of a fund, in minor units, and expenditure ÷ net transfers with four decimals. */
export type FundStatement = Readonly<Record<StatementLine, bigint>> & { readonly deliveryRate: string | null };

/**
 * The statement of a fund as the UN Multi-Partner Trust Fund Office gives it (https://mptf.undp.org): of the sums before a period, in it,
 * or until its end; each line of the third is the sum of the other two.
 */
export function statementOf(sums: KindSums): FundStatement {
  const figures = Object.fromEntries(statementLineNames.map((line) => [line, lineOf(line, sums)])) as Record<StatementLine, bigint>;
  return { ...figures, deliveryRate: ratioOf(figures.expenditure, figures.netTransfers) };
}

/** One line of the statement, in minor units. */
export function lineOf(line: StatementLine, sums: KindSums): bigint {
  return signsOf(line).reduce((sum, [kind, sign]) => sum + sign * (sums[kind] ?? 0n), 0n);
}

/** The kinds of entries that count in a line, and with what sign. */
export function signsOf(line: StatementLine): readonly (readonly [FundEntryKind, bigint])[] {
  return Object.entries(statementLines[line]) as [FundEntryKind, bigint][];
}

function signsWhere(signOf: (kind: FundEntryKind) => 1n | 0n | -1n): Signs {
  const signed = (Object.keys(incomeSign) as FundEntryKind[]).map((kind) => [kind, signOf(kind)] as const);
  return Object.fromEntries(signed.filter(([, sign]) => sign !== 0n));
}

/** What of a commitment or pledge is open, converted as the whole was: so that nothing is left once it is all paid. */
export function openPart(whole: bigint, open: bigint, convertedWhole: bigint): bigint {
  return whole === 0n ? 0n : divideHalfUp(convertedWhole * open, whole);
}

/** A planned payment of an agreement. */
export interface Instalment {
  readonly number: number;
  readonly dueOn: Day;
  readonly minor: bigint;
}

/** A planned payment with what of it has been paid, and how many days late the rest is. */
export interface MetInstalment extends Instalment {
  readonly paid: bigint;
  readonly unpaid: bigint;
  /** 0 where nothing is unpaid or it is not due yet. */
  readonly daysLate: number;
}

/**
 * Meets the instalments of one agreement with what was paid of it: the earliest due first, whichever payment it was. No more is planned
 * than the agreement is worth now.
 */
export function meetInstalments(instalments: readonly Instalment[], agreed: bigint, paid: bigint, today: Day): readonly MetInstalment[] {
  const inOrder = [...instalments].sort((a, b) => (a.dueOn === b.dueOn ? a.number - b.number : a.dueOn < b.dueOn ? -1 : 1));
  let [plannable, payable] = [agreed, paid];
  return inOrder.map((instalment) => {
    const minor = least(instalment.minor, plannable);
    const met = least(minor, payable);
    plannable -= minor;
    payable -= met;
    const late = met < minor && instalment.dueOn < today;
    return { ...instalment, minor, paid: met, unpaid: minor - met, daysLate: late ? daysBetween(instalment.dueOn, today) : 0 };
  });
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b > 0n ? b : 0n;
}
