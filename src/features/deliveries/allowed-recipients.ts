import type { Actor, Role } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { Tx } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';
import type { Recipients } from './recipients.js';

/**
 * Recipients as they are kept: a role that works for states is, when an officer names it, within the own ones.
 * @throws OUT_OF_SCOPE, CODE_UNKNOWN for a person or another system that is not there
 */
export async function allowedRecipients(db: Tx, actor: Actor, recipients: Recipients): Promise<Recipients> {
  const there = await existingTargets(db, recipients);
  return recipients.map((one, index) => {
    const field = `recipients.${index}`;
    if (one.kind === 'role') return withinStates(actor, one, `${field}.states`);
    if (one.kind === 'user' && !there.has(one.userId)) throw new DomainError('CODE_UNKNOWN', { code: one.userId, list: 'users' }, `${field}.userId`);
    if (one.kind === 'webhook' && !there.has(one.webhookId)) throw new DomainError('CODE_UNKNOWN', { code: one.webhookId, list: 'webhooks' }, `${field}.webhookId`);
    return one;
  });
}

function existingTargets(db: Tx, recipients: Recipients): Promise<ReadonlySet<string>> {
  const userIds = recipients.flatMap((one) => (one.kind === 'user' ? [one.userId] : []));
  const webhookIds = recipients.flatMap((one) => (one.kind === 'webhook' ? [one.webhookId] : []));
  return asSystem(db, async () => {
    const users = await db.appUser.findMany({ where: { id: { in: userIds }, active: true }, select: { id: true } });
    const webhooks = await db.webhook.findMany({ where: { id: { in: webhookIds } }, select: { id: true } });
    return new Set([...users, ...webhooks].map(({ id }) => id));
  });
}

/** The roles that work for states; a donor’s reports are of its own gifts, whatever the state. */
const ofStates: readonly Role[] = ['finance_officer', 'approver', 'minister'];

function withinStates<R extends Extract<Recipients[number], { kind: 'role' }>>(actor: Actor, recipient: R, field: string): R {
  if (actor.roles.includes('administrator') || !ofStates.includes(recipient.role)) return recipient;
  const { states = [...actor.states] } = recipient;
  const outside = states.filter((state) => !actor.states.includes(state));
  if (states.length === 0 || outside.length > 0) throw new DomainError('OUT_OF_SCOPE', { states: actor.states.join(', '), found: outside.join(', ') || '-' }, field);
  return { ...recipient, states };
}

/** Recipients for the audit trail: an address names a person, so that it stands where the trail can forget it. */
export function auditedRecipients(recipients: Recipients): { readonly listed: readonly object[]; readonly addresses: readonly string[] } {
  return {
    listed: recipients.map((one) => (one.kind === 'address' ? { kind: one.kind, language: one.language } : one)),
    addresses: recipients.flatMap((one) => (one.kind === 'address' ? [one.address] : [])),
  };
}
