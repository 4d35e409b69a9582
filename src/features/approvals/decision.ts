import { approvalsNeeded, type DecisionRight, rightsToDecide, rightToApprove } from '../../domain/approval.js';
import type { RequestContext } from '../../http/endpoint.js';
import type { ApprovedKind, Tx } from '../../platform/db.js';
import { recordAudit } from '../audit/audit.store.js';
import type { ApprovalsAnswer } from './approvals.schema.js';
import { findApprovals, findInvolved, insertApproval, type KeptApproval } from './approvals.store.js';

/** What is decided on, locked, and the flow it belongs to. */
export interface Subject {
  readonly kind: ApprovedKind;
  readonly id: string;
  readonly flow: { readonly countries: readonly string[]; readonly restricted: boolean };
}

/** An approval that may be given. */
export interface OpenApproval {
  readonly subject: Subject;
  readonly right: DecisionRight;
  readonly given: readonly KeptApproval[];
}

/**
 * The right by which the actor may turn an act down. Its use is kept in the trail when it is another's.
 * @throws FOUR_EYES, OUT_OF_SCOPE, RESTRICTED_NOT_ALLOWED
 */
export async function openRejection(context: RequestContext, subject: Subject): Promise<DecisionRight> {
  const { preparers } = await findInvolved(context.db, subject.kind, subject.id);
  const [right] = rightsToDecide(context.actor, subject.flow, preparers);
  await recordUse(context, subject, right, 'reject');
  return right;
}

/** @throws FOUR_EYES, ALREADY_APPROVED, OUT_OF_SCOPE, RESTRICTED_NOT_ALLOWED */
export async function openApproval(context: RequestContext, subject: Subject): Promise<OpenApproval> {
  const { preparers, given } = await findInvolved(context.db, subject.kind, subject.id);
  const right = rightToApprove(context.actor, rightsToDecide(context.actor, subject.flow, preparers), given);
  return { subject, right, given };
}

/** Keeps the approval of an amount in US cents, and says whether it was the last that was needed; a first of two is told to the trail. */
export async function giveApproval(
  context: RequestContext,
  { subject, right, given }: OpenApproval,
  usdMinor: bigint | null,
): Promise<ApprovalsAnswer & { readonly complete: boolean }> {
  const { kind, id, flow } = subject;
  const approval = { approverId: context.actor.userId, onBehalfOf: right?.userId ?? null };
  const { approvedAt, limitMinor } = await insertApproval(context.db, { kind, recordId: id, ...approval }, flow.countries);
  await recordUse(context, subject, right, 'approve');
  const approvals = [...given, { ...approval, approvedAt }];
  const needed = approvalsNeeded(usdMinor, limitMinor);
  if (approvals.length >= needed) return { approvals, approvalsNeeded: null, complete: true };
  await recordAudit(context, `${kind}.first_approval`, { kind, id }, { needed }, { onBehalfOf: approval.onBehalfOf });
  return { approvals, approvalsNeeded: needed, complete: false };
}

async function recordUse(context: RequestContext, { kind, id }: Subject, right: DecisionRight, act: 'approve' | 'reject'): Promise<void> {
  if (right) await recordAudit(context, 'delegation.use', { kind: 'delegation', id: right.id }, { act, kind, id }, { onBehalfOf: right.userId });
}

/** What can be approved, as a list shows it; its value in US cents is asked for only where a limit makes it matter. */
export interface Approvable {
  readonly id: string;
  readonly countries: readonly string[];
  readonly pending: boolean;
  readonly usdMinor: () => Promise<bigint | null>;
}

/** For what nobody can have approved. */
export const noApprovals: ApprovalsAnswer = { approvals: [], approvalsNeeded: null };

/** What to answer of the approvals of some acts of one kind. */
export async function approvalsOf(db: Tx, kind: ApprovedKind, records: readonly Approvable[]): Promise<(id: string) => ApprovalsAnswer> {
  if (records.length === 0) return () => noApprovals;
  const found = await findApprovals(db, kind, records);
  const answers = new Map<string, ApprovalsAnswer>();
  for (const { id, pending, usdMinor } of records) {
    const { given, limitMinor } = found.get(id) ?? { given: [], limitMinor: null };
    const needed = pending ? approvalsNeeded(limitMinor === null ? null : await usdMinor(), limitMinor) : null;
    answers.set(id, { approvals: [...given], approvalsNeeded: needed });
  }
  return (id) => answers.get(id) ?? noApprovals;
}
