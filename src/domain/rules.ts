import { type Day, latestLocalDay } from './days.js';
import { exponentOf, type Exponents, formatMinor, type Money } from './money.js';
import { DomainError } from './problem.js';

/**
 * Money that has moved has moved already.
 * @throws DATE_IN_FUTURE
 */
export function checkNotFuture(valueDate: Day, now: Date, field = 'valueDate'): void {
  const latest = latestLocalDay(now);
  if (valueDate > latest) throw new DomainError('DATE_IN_FUTURE', { found: valueDate, latest }, field);
}

/**
 * A child never comes before its parent.
 * @throws DATE_BEFORE_PARENT
 */
export function checkNotBefore(valueDate: Day, parentDate: Day, field = 'valueDate'): void {
  if (valueDate < parentDate) throw new DomainError('DATE_BEFORE_PARENT', { found: valueDate, earliest: parentDate }, field);
}

/**
 * What begins ends on that day or later, or has no end yet.
 * @throws PERIOD_REVERSED
 */
export function checkPeriod(startsOn: Day | null, endsOn: Day | null, field = 'endsOn'): void {
  if (startsOn !== null && endsOn !== null && endsOn < startsOn) throw new DomainError('PERIOD_REVERSED', { from: startsOn, to: endsOn }, field);
}

/** @throws AMOUNT_NOT_POSITIVE */
export function checkPositive(minor: bigint, field = 'amount.amount'): void {
  if (minor <= 0n) throw new DomainError('AMOUNT_NOT_POSITIVE', {}, field);
}

/**
 * Sums of children stay within their parent in one currency; there is no implicit conversion.
 * @throws CURRENCY_MISMATCH
 */
export function checkSameCurrency(found: string, expected: string, field = 'amount.currency'): void {
  if (found !== expected) throw new DomainError('CURRENCY_MISMATCH', { found, expected }, field);
}

/**
 * Who prepared an act never decides on it, whatever the role.
 * @throws FOUR_EYES
 */
export function checkFourEyes(decider: string, ...preparers: readonly (string | null)[]): void {
  if (preparers.includes(decider)) throw new DomainError('FOUR_EYES');
}

export type DisbursementStatus = 'draft' | 'submitted' | 'approved' | 'received' | 'rejected' | 'reversed';
export type DisbursementAct = 'edit' | 'submit' | 'approve' | 'reject' | 'receive' | 'reverse';

const disbursementActs: Readonly<Record<DisbursementAct, readonly DisbursementStatus[]>> = {
  edit: ['draft'],
  submit: ['draft'],
  approve: ['submitted'],
  reject: ['submitted'],
  receive: ['approved'],
  reverse: ['approved', 'received'],
};

/**
 * The life of a disbursement: draft → submitted → approved → received, or rejected, or reversed.
 * @throws STATE_CONFLICT naming the state found and those in which the act is possible
 */
export function checkDisbursementAct(act: DisbursementAct, status: DisbursementStatus): void {
  const allowed = disbursementActs[act];
  if (!allowed.includes(status)) throw new DomainError('STATE_CONFLICT', { found: status, allowed: allowed.join(', ') });
}

/** The statuses in which a disbursement stands in the journal. */
export const postedDisbursementStatuses: readonly DisbursementStatus[] = disbursementActs.reverse;

/**
 * Commitments stay within their pledge.
 * @throws EXCEEDS_PLEDGE naming what is left
 */
export function checkWithinPledge(amount: Money, leftMinor: bigint, exponents: Exponents, field = 'amount.amount'): void {
  checkWithin('EXCEEDS_PLEDGE', amount, leftMinor, exponents, field);
}

/**
 * Payments stay within their commitment.
 * @throws EXCEEDS_COMMITMENT naming what is left
 */
export function checkWithinCommitment(amount: Money, leftMinor: bigint, exponents: Exponents): void {
  checkWithin('EXCEEDS_COMMITMENT', amount, leftMinor, exponents, 'amount.amount');
}

/**
 * A commitment is never lowered below what has been paid.
 * @throws BELOW_DISBURSED naming by how much it can be lowered
 */
export function checkNotBelowDisbursed(lowering: Money, leftMinor: bigint, exponents: Exponents): void {
  checkWithin('BELOW_DISBURSED', lowering, leftMinor, exponents, 'delta.amount');
}

type OverrunCode = 'EXCEEDS_PLEDGE' | 'EXCEEDS_COMMITMENT' | 'BELOW_DISBURSED';

function checkWithin(code: OverrunCode, { minor, currency }: Money, leftMinor: bigint, exponents: Exponents, field: string): void {
  if (minor <= leftMinor) return;
  const text = (amount: bigint) => formatMinor(amount, exponentOf(currency, exponents));
  throw new DomainError(code, { available: text(leftMinor), found: text(minor), currency }, field);
}
