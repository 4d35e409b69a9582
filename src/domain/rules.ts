import { type Day, latestLocalDay } from './days.js';
import { DomainError } from './problem.js';

/**
 * Money that has moved has moved already.
 * @throws DATE_IN_FUTURE
 */
export function checkNotFuture(valueDate: Day, now: Date): void {
  const latest = latestLocalDay(now);
  if (valueDate > latest) throw new DomainError('DATE_IN_FUTURE', { found: valueDate, latest }, 'valueDate');
}

/**
 * A child never comes before its parent.
 * @throws DATE_BEFORE_PARENT
 */
export function checkNotBefore(valueDate: Day, parentDate: Day): void {
  if (valueDate < parentDate) throw new DomainError('DATE_BEFORE_PARENT', { found: valueDate, earliest: parentDate }, 'valueDate');
}

/** @throws AMOUNT_NOT_POSITIVE */
export function checkPositive(minor: bigint, field = 'amount.amount'): void {
  if (minor <= 0n) throw new DomainError('AMOUNT_NOT_POSITIVE', {}, field);
}

/**
 * Sums of children stay within their parent in one currency; there is no implicit conversion.
 * @throws CURRENCY_MISMATCH
 */
export function checkSameCurrency(found: string, expected: string): void {
  if (found !== expected) throw new DomainError('CURRENCY_MISMATCH', { found, expected }, 'amount.currency');
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
