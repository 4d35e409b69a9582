import { DomainError } from './problem.js';

export const roles = ['administrator', 'finance_officer', 'approver', 'donor', 'minister', 'auditor'] as const;
export type Role = (typeof roles)[number];

/** The roles that sign in with a second factor. */
const secondFactorRoles: readonly Role[] = ['administrator', 'finance_officer', 'approver'];

/** An absent approver's right, handed to the actor. */
export interface ReceivedDelegation {
  readonly id: string;
  /** The absent approver. */
  readonly userId: string;
  readonly states: readonly string[];
}

/** Who acts: a signed-in user. */
export interface Actor {
  readonly userId: string;
  readonly sessionId: string | null;
  readonly roles: readonly Role[];
  /** ISO3 codes of the states an officer, approver or minister works for. */
  readonly states: readonly string[];
  /** The donor's own organisation, with the duplicates merged into it. */
  readonly organisationIds: readonly string[];
  /** Whether the actor also sees the flows marked restricted. */
  readonly seesRestricted: boolean;
  readonly delegations: readonly ReceivedDelegation[];
  /** Whether the session was opened with a second factor. */
  readonly secondFactor: boolean;
}

/** Nobody in particular: whoever asks what is open to everybody. */
export const nobody: Actor = { userId: '', sessionId: null, roles: [], states: [], organisationIds: [], seesRestricted: false, delegations: [], secondFactor: false };

/** The actor, of what the database knows. */
export function toActor(row: {
  readonly user_id: string;
  readonly session_id: string | null;
  readonly second_factor: boolean;
  readonly roles: readonly string[];
  readonly states: readonly string[];
  readonly organisation_ids: readonly string[];
  readonly sees_restricted: boolean;
  readonly delegations: readonly ReceivedDelegation[];
}): Actor {
  return {
    userId: row.user_id,
    sessionId: row.session_id,
    roles: roles.filter((role) => row.roles.includes(role)),
    states: row.states,
    organisationIds: row.organisation_ids,
    seesRestricted: row.sees_restricted || row.roles.includes('auditor'),
    delegations: row.delegations,
    secondFactor: row.second_factor,
  };
}

/** Whether somebody with these roles has to sign in with a second factor. */
export function needsSecondFactor(held: readonly Role[]): boolean {
  return held.some((role) => secondFactorRoles.includes(role));
}

/** @throws SECOND_FACTOR_REQUIRED when a role asks for a second factor that the session was opened without */
export function checkSecondFactor(actor: Actor): void {
  if (!actor.secondFactor && needsSecondFactor(actor.roles)) throw new DomainError('SECOND_FACTOR_REQUIRED');
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
  'fund-operation:read': ['administrator', 'finance_officer', 'approver', 'minister', 'auditor'],
  'fund:read': roles,
  'approval:read': ['administrator', 'approver'],
  'limit:read': roles,
  'limit:write': ['administrator'],
  'delegation:read': ['administrator', 'finance_officer', 'approver', 'auditor'],
  'delegation:write': ['administrator', 'approver'],
  'period:read': roles,
  'period:close': ['administrator', 'approver'],
  'instrument:read': roles,
  'instrument:write': ['finance_officer'],
  'mechanism:read': roles,
  'coverage:read': roles,
  'regional:read': roles,
  'event:follow-up': roles,
  'journal:read': ['administrator', 'finance_officer', 'approver', 'auditor'],
  'import:run': ['administrator', 'finance_officer'],
  'import:read': ['administrator', 'finance_officer', 'auditor'],
  'statement:read': roles,
  'statement:write': ['finance_officer', 'donor'],
  'twin:read': roles,
  'twin:settle': ['finance_officer', 'approver'],
  'report:run': roles,
  'schedule:read': ['administrator', 'finance_officer', 'auditor'],
  'schedule:write': ['administrator', 'finance_officer'],
  'delivery:read': ['administrator', 'finance_officer', 'auditor'],
  'delivery:resend': ['administrator'],
  'inbox:read': roles,
  'webhook:read': ['administrator', 'auditor'],
  'webhook:write': ['administrator'],
  'watch:read': ['administrator', 'finance_officer', 'auditor'],
  'watch:write': ['administrator', 'finance_officer'],
  'evidence:read-withdrawn': ['administrator', 'auditor'],
  'audit:read': ['administrator', 'auditor'],
  'history:read': ['administrator', 'finance_officer', 'approver', 'auditor'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof rights;

/** @throws FORBIDDEN when none of the actor's roles has the right */
export function checkPermission(actor: Actor, permission: Permission): void {
  const allowed: readonly Role[] = rights[permission];
  if ((permission === 'flow:approve' || permission === 'approval:read') && actor.delegations.length > 0) return;
  if (!actor.roles.some((role) => allowed.includes(role))) throw new DomainError('FORBIDDEN', { roles: allowed.join(', ') });
}

/** The roles that have a right, for the documentation. */
export function rolesWith(permission: Permission): readonly Role[] {
  return rights[permission];
}

/**
 * The flows an actor sees: all of them, or those that touch one of the states or come from one of the donors; those marked
 * restricted only with the right to see such, or when they are one's own gift.
 */
export type Visibility =
  | { readonly all: true; readonly restricted: boolean }
  | { readonly all: false; readonly states: readonly string[]; readonly donorIds: readonly string[]; readonly restricted: boolean };

export function visibilityOf(actor: Actor): Visibility {
  const restricted = actor.seesRestricted;
  if (actor.roles.some((role) => role === 'administrator' || role === 'auditor')) return { all: true, restricted };
  const byState = actor.roles.some((role) => role === 'finance_officer' || role === 'approver' || role === 'minister');
  const delegated = actor.delegations.flatMap(({ states }) => states);
  const byDonor = actor.roles.includes('donor');
  return { all: false, states: byState ? [...actor.states, ...delegated] : [], donorIds: byDonor ? actor.organisationIds : [], restricted };
}

/** Whether somebody sees all that was computed for a scope; the database's `tenant_reaches` says the same. */
export function coversScope(own: Visibility, scope: Visibility): boolean {
  if (scope.restricted && !own.restricted) return false;
  // A donor sees its own restricted gifts.
  if (own.all) return own.restricted || scope.all || scope.donorIds.length === 0;
  if (scope.all) return false;
  return scope.states.every((state) => own.states.includes(state)) && scope.donorIds.every((id) => own.donorIds.includes(id));
}

/** Whether a flow is among those an actor sees. */
export function isVisible(
  visibility: Visibility,
  flow: { readonly countries: readonly string[]; readonly donorId: string; readonly restricted: boolean },
): boolean {
  const own = !visibility.all && visibility.donorIds.includes(flow.donorId);
  if (flow.restricted && !visibility.restricted && !own) return false;
  return visibility.all || own || flow.countries.some((code) => visibility.states.includes(code));
}

/**
 * An officer records for the own states only: every state of the flow must be one of them; a restricted flow also asks for the
 * right to see such.
 * @throws OUT_OF_SCOPE, RESTRICTED_NOT_ALLOWED
 */
export function checkStateScope(actor: Actor, flow: { readonly countries: readonly string[]; readonly restricted: boolean }): void {
  checkStates(actor.states, flow.countries);
  if (flow.restricted && !actor.seesRestricted) throw new DomainError('RESTRICTED_NOT_ALLOWED', {}, 'restricted');
}

/**
 * In whose names an approver may decide, most one's own first: null for the own right, when every state of the flow is an own one; the
 * delegation of each absent approver who handed over the right for all of them. A delegation's states are the absent approver's own,
 * so that what was handed over is not handed on.
 * @throws OUT_OF_SCOPE, RESTRICTED_NOT_ALLOWED
 */
export function approvalRights(
  actor: Actor,
  flow: { readonly countries: readonly string[]; readonly restricted: boolean },
): readonly (ReceivedDelegation | null)[] {
  const own = actor.roles.includes('approver') ? actor.states : [];
  const rights = [...(covers(own, flow.countries) ? [null] : []), ...actor.delegations.filter(({ states }) => covers(states, flow.countries))];
  if (rights.length === 0) throw outOfScope([...new Set([own, ...actor.delegations.map(({ states }) => states)].flat())], flow.countries);
  if (flow.restricted && !actor.seesRestricted) throw new DomainError('RESTRICTED_NOT_ALLOWED', {}, 'restricted');
  return rights;
}

function covers(states: readonly string[], countries: readonly string[]): boolean {
  return countries.length > 0 && countries.every((code) => states.includes(code));
}

function checkStates(states: readonly string[], countries: readonly string[]): void {
  if (!covers(states, countries)) throw outOfScope(states, countries);
}

function outOfScope(states: readonly string[], countries: readonly string[]): DomainError {
  return new DomainError('OUT_OF_SCOPE', { states: states.join(', '), found: countries.join(', ') || '-' });
}
