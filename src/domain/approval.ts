import { type Actor, approvalRights, type ReceivedDelegation } from './policy.js';
import { DomainError } from './problem.js';

/** An approval that was given: by whom, and for which absent approver. */
export interface GivenApproval {
  readonly approverId: string;
  readonly onBehalfOf: string | null;
}

/** By which right somebody decides: the own one, or an absent approver's. */
export type DecisionRight = ReceivedDelegation | null;

/**
 * The rights by which an actor may decide on a flow's act. Who prepared it never does, whatever the role, and nobody does in the name
 * of who prepared it.
 * @throws FOUR_EYES, OUT_OF_SCOPE, RESTRICTED_NOT_ALLOWED
 */
export function rightsToDecide(
  actor: Actor,
  flow: { readonly countries: readonly string[]; readonly restricted: boolean },
  preparers: readonly string[],
): readonly [DecisionRight, ...DecisionRight[]] {
  if (preparers.includes(actor.userId)) throw new DomainError('FOUR_EYES');
  const [first, ...others] = approvalRights(actor, flow).filter((right) => right === null || !preparers.includes(right.userId));
  if (first === undefined) throw new DomainError('FOUR_EYES');
  return [first, ...others];
}

/**
 * The right for one more approval: everybody who approves, and everybody in whose name it is done, is another person.
 * @throws ALREADY_APPROVED
 */
export function rightToApprove(actor: Actor, rights: readonly DecisionRight[], given: readonly GivenApproval[]): DecisionRight {
  const persons = given.flatMap(({ approverId, onBehalfOf }) => [approverId, onBehalfOf]);
  const right = persons.includes(actor.userId) ? undefined : rights.find((one) => one === null || !persons.includes(one.userId));
  if (right === undefined) throw new DomainError('ALREADY_APPROVED');
  return right;
}

/** How many approvers an amount in US cents takes: two above the limit, if there is one. An amount of unknown value counts as above. */
export function approvalsNeeded(usdMinor: bigint | null, limitMinor: bigint | null): 1 | 2 {
  if (limitMinor === null) return 1;
  if (usdMinor === null) return 2;
  return (usdMinor < 0n ? -usdMinor : usdMinor) > limitMinor ? 2 : 1;
}
