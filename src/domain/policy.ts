import { DomainError } from './problem.js';

export const roles = ['administrator', 'finance_officer', 'approver', 'donor', 'minister', 'auditor'] as const;
export type Role = (typeof roles)[number];

/** Who acts: a signed-in user. */
export interface Actor {
  readonly userId: string;
  readonly roles: readonly Role[];
  /** ISO3 codes of the states an officer, approver or minister works for. */
  readonly states: readonly string[];
  /** The donor's own organisation, with the duplicates merged into it. */
  readonly organisationIds: readonly string[];
}

/** The table of rights: which roles may do what. Everything not named here is refused. */
const rights = {
  'user:manage': ['administrator'],
  'organisation:write': ['administrator', 'finance_officer'],
  'organisation:merge': ['administrator'],
  'master-data:write': ['administrator', 'finance_officer'],
  'master-data:read': roles,
  'rate:write': ['administrator', 'finance_officer'],
  'flow:read': roles,
  'flow:write': ['finance_officer'],
  'flow:approve': ['approver'],
  'journal:read': ['administrator', 'finance_officer', 'approver', 'auditor'],
  'import:run': ['administrator', 'finance_officer'],
  'import:read': ['administrator', 'finance_officer', 'auditor'],
  'report:run': roles,
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof rights;

/** @throws FORBIDDEN when none of the actor's roles has the right */
export function checkPermission(actor: Actor, permission: Permission): void {
  const allowed: readonly Role[] = rights[permission];
  if (!actor.roles.some((role) => allowed.includes(role))) throw new DomainError('FORBIDDEN', { roles: allowed.join(', ') });
}

/** The roles that have a right, for the documentation. */
export function rolesWith(permission: Permission): readonly Role[] {
  return rights[permission];
}

/** The flows an actor sees: all of them, or those that touch one of the states or come from one of the donors. */
export type Visibility =
  | { readonly all: true }
  | { readonly all: false; readonly states: readonly string[]; readonly donorIds: readonly string[] };

export function visibilityOf(actor: Actor): Visibility {
  if (actor.roles.some((role) => role === 'administrator' || role === 'auditor')) return { all: true };
  const byState = actor.roles.some((role) => role === 'finance_officer' || role === 'approver' || role === 'minister');
  const byDonor = actor.roles.includes('donor');
  return { all: false, states: byState ? actor.states : [], donorIds: byDonor ? actor.organisationIds : [] };
}

/** Whether a flow is among those an actor sees. */
export function isVisible(visibility: Visibility, flow: { readonly countries: readonly string[]; readonly donorId: string }): boolean {
  if (visibility.all) return true;
  return flow.countries.some((code) => visibility.states.includes(code)) || visibility.donorIds.includes(flow.donorId);
}

/**
 * An officer records, and an approver approves, for the own states only: every state of the flow must be one of them.
 * @throws OUT_OF_SCOPE
 */
export function checkStateScope(actor: Actor, countries: readonly string[]): void {
  const inScope = countries.length > 0 && countries.every((code) => actor.states.includes(code));
  if (!inScope) throw new DomainError('OUT_OF_SCOPE', { states: actor.states.join(', '), found: countries.join(', ') || '-' });
}
