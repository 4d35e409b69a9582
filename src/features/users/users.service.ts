import type { z } from 'zod';
import { changesOf } from '../../domain/changes.js';
import { requireCodes } from '../../domain/codes.js';
import { roles } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import { requestJob } from '../../jobs/outbox.js';
import { newId } from '../../platform/ids.js';
import { newToken } from '../../platform/opaque-token.js';
import { asSystem } from '../../platform/tenant.js';
import { refuseDuplicate } from '../../platform/unique.js';
import { recordAudit } from '../audit/audit.store.js';
import { removeSecondFactor } from '../auth/credential.store.js';
import { hashPassword } from '../auth/password.js';
import { endSessions, type SessionEnd } from '../auth/session.store.js';
import { requestUserToken, revokeUserTokens } from '../auth/user-token.store.js';
import { requireActiveOrganisation } from '../organisations/organisations.store.js';
import type { newUserBody, userPatchBody, userQuery } from './users.schema.js';
import {
  type AccountRow,
  choicesOf,
  countOtherAdministrators,
  findUser,
  findUsers,
  lockUser,
  type Rights,
  rightsOf,
  statusOf,
  toUser,
  type UserWire,
} from './users.store.js';

const knownRoles = new Map(roles.map((role) => [role, role]));

export async function listUsers({ db }: RequestContext, query: z.output<typeof userQuery>): Promise<Page<UserWire>> {
  return mapPage(await asSystem(db, () => findUsers(db, query)), toUser);
}

/** @throws NOT_FOUND */
export async function getUser({ db }: RequestContext, id: string): Promise<UserWire> {
  const user = await asSystem(db, () => findUser(db, id));
  if (!user) throw notFound();
  return toUser(user);
}

/**
 * Opens an account and invites the person by mail to choose a password; until then nobody can sign in with it.
 * @throws DUPLICATE for an e-mail in use
 * @throws CODE_UNKNOWN, CODE_REPEATED, ALREADY_MERGED, DONOR_WITHOUT_ORGANISATION
 */
export async function createUser(context: RequestContext, input: z.output<typeof newUserBody>): Promise<UserWire> {
  const { db } = context;
  const { email, name, language, timeZone, ...rights } = input;
  await checkRights(context, rights);
  const user = await refuseDuplicate({ email }, () => db.appUser.create({ data: { id: newId(), email, name, language, timeZone, ...rights } }));
  await recordAudit(context, 'user.create', record(user.id), { after: { language, timeZone, ...rights } }, { personal: { after: { email, name } } });
  await invite(context, user.id);
  return toUser({ ...user, credential: null });
}

/**
 * Sends the invitation again; the link sent before no longer opens.
 * @throws NOT_FOUND; STATE_CONFLICT once it was accepted
 */
export async function inviteAgain(context: RequestContext, id: string): Promise<UserWire> {
  const user = await lockForEdit(context, id);
  requireStatus(user, 'invited');
  await invite(context, id);
  await recordAudit(context, 'user.invite', record(id));
  return toUser(user);
}

async function invite({ db, deps, actor }: RequestContext, userId: string): Promise<void> {
  const tokenId = await asSystem(db, () => requestUserToken(db, { userId, purpose: 'invitation', createdBy: actor.userId, minutes: deps.config.invitationHours * 60 }));
  await requestJob(db, 'send-mail', { mail: 'invitation', userId, tokenId, byUserId: actor.userId });
}

/**
 * Changes an account; new rights hold from the next request on.
 * @throws NOT_FOUND, LAST_ADMINISTRATOR, OWN_ACCOUNT, STATE_CONFLICT for an erased one
 * @throws CODE_UNKNOWN, CODE_REPEATED, ALREADY_MERGED, DONOR_WITHOUT_ORGANISATION
 */
export async function updateUser(context: RequestContext, id: string, patch: z.output<typeof userPatchBody>): Promise<UserWire> {
  const { db } = context;
  const user = await lockForEdit(context, id);
  requireStatus(user, 'invited', 'active', 'suspended');
  const { name, language, timeZone, ...rights } = patch;
  const granted = changesOf(rightsOf(user), rights);
  const named = changesOf({ name: user.name }, { name });
  const chosen = changesOf(choicesOf(user), { language, timeZone });
  if (!granted && !named && !chosen) return toUser(user);
  if (granted) {
    refuseOwn(context, id);
    const next = { ...rightsOf(user), ...granted.after };
    await checkRights(context, next, granted.after.organisationId ?? null);
    if (user.active) await checkAdministratorStays(context, id, next.roles.includes('administrator'));
  }
  const data = { ...named?.after, ...granted?.after, ...(chosen?.after as { language?: string; timeZone?: string } | undefined) };
  const { version } = await db.appUser.update({ where: { id }, data, select: { version: true } });
  const before = { ...granted?.before, ...chosen?.before };
  await recordAudit(context, 'user.update', record(id), { before, after: { ...granted?.after, ...chosen?.after } }, named ? { personal: named } : {});
  return toUser({ ...user, ...data, version });
}

/**
 * Suspends an account: its sessions end at once, and nobody can sign in with it.
 * @throws NOT_FOUND, LAST_ADMINISTRATOR, OWN_ACCOUNT, STATE_CONFLICT
 */
export async function suspendUser(context: RequestContext, id: string, reason: string): Promise<UserWire> {
  const { db, now } = context;
  const user = await lockForEdit(context, id);
  requireStatus(user, 'invited', 'active');
  refuseOwn(context, id);
  await checkAdministratorStays(context, id, false);
  const { version } = await db.appUser.update({ where: { id }, data: { active: false }, select: { version: true } });
  await asSystem(db, () => shutOut(context, id, 'suspended'));
  await recordAudit(context, 'user.suspend', record(id), { before: { status: statusOf(user) }, after: { status: 'suspended' } }, { reason });
  await requestJob(db, 'send-mail', { mail: 'accountSuspended', userId: id, at: now.toISOString() });
  return toUser({ ...user, active: false, version });
}

/** @throws NOT_FOUND, STATE_CONFLICT */
export async function reactivateUser(context: RequestContext, id: string, reason: string): Promise<UserWire> {
  const user = await lockForEdit(context, id);
  requireStatus(user, 'suspended');
  const { version } = await context.db.appUser.update({ where: { id }, data: { active: true }, select: { version: true } });
  const after = toUser({ ...user, active: true, version });
  await recordAudit(context, 'user.reactivate', record(id), { before: { status: 'suspended' }, after: { status: after.status } }, { reason });
  return after;
}

/**
 * Takes the second factor away from somebody who lost it; the next sign-in sets up a new one. The sessions end.
 * @throws NOT_FOUND, OWN_ACCOUNT, STATE_CONFLICT when there is none
 */
export async function resetSecondFactor(context: RequestContext, id: string, reason: string): Promise<UserWire> {
  const { db, actor, now } = context;
  const user = await lockForEdit(context, id);
  refuseOwn(context, id);
  if (!user.credential?.totpSecret) throw new DomainError('STATE_CONFLICT', { found: 'no_second_factor', allowed: 'second_factor' });
  await asSystem(db, async () => {
    await removeSecondFactor(db, id);
    await shutOut(context, id, 'credentials_changed');
  });
  await recordAudit(context, 'user.reset-second-factor', record(id), { before: { secondFactor: true }, after: { secondFactor: false } }, { reason });
  await requestJob(db, 'send-mail', { mail: 'secondFactorReset', userId: id, byUserId: actor.userId, at: now.toISOString() });
  return getUser(context, id);
}

/**
 * Sends the person a link to choose a new password; the sessions end, and the old password opens nothing from now on.
 * @throws NOT_FOUND, OWN_ACCOUNT, STATE_CONFLICT
 */
export async function resetPassword(context: RequestContext, id: string, reason: string): Promise<UserWire> {
  const { db, deps, actor } = context;
  const user = await lockForEdit(context, id);
  refuseOwn(context, id);
  requireStatus(user, 'active');
  // Of a password that nobody knows: the account stays accepted, and the old password opens nothing.
  const passwordHash = await hashPassword(newToken());
  const tokenId = await asSystem(db, async () => {
    await shutOut(context, id, 'credentials_changed');
    await db.userCredential.update({ where: { userId: id }, data: { passwordHash } });
    return requestUserToken(db, { userId: id, purpose: 'password_reset', createdBy: actor.userId, minutes: deps.config.invitationHours * 60 });
  });
  await recordAudit(context, 'user.reset-password', record(id), {}, { reason });
  await requestJob(db, 'send-mail', { mail: 'passwordReset', userId: id, tokenId });
  return toUser(user);
}

/**
 * Erases a person: name, address, choices, sessions and what proves them go, and what names them in the trail; the account's id and
 * what it did stay, so that the books and the chain hold.
 * @throws NOT_FOUND, OWN_ACCOUNT, LAST_ADMINISTRATOR, STATE_CONFLICT
 */
export async function eraseUser(context: RequestContext, id: string, reason: string): Promise<UserWire> {
  const { db, now } = context;
  const user = await lockForEdit(context, id);
  refuseOwn(context, id);
  requireStatus(user, 'suspended');
  const erased = await asSystem(db, async () => {
    await db.session.deleteMany({ where: { userId: id } });
    await db.userToken.deleteMany({ where: { userId: id } });
    await removeSecondFactor(db, id);
    await db.userCredential.updateMany({ where: { userId: id }, data: { passwordHash: null, passwordChangedAt: null } });
    await db.$queryRaw`SELECT erase_personal(${id}::uuid)::text`;
    return db.appUser.update({
      where: { id },
      data: { name: ERASED_NAME, email: `${id}@erased.invalid`, roles: [], states: [], organisationId: null, seesRestricted: false, notifications: {}, erasedAt: now },
      include: { credential: true },
    });
  });
  await recordAudit(context, 'user.erase', record(id), { before: rightsOf(user), after: rightsOf(erased) }, { reason });
  return toUser(erased);
}

/** Shown for whoever was erased; read in every language. */
const ERASED_NAME = '—';

/** Ends the sessions of an account, and with them its open links. */
async function shutOut({ db, now }: RequestContext, id: string, reason: SessionEnd): Promise<void> {
  await endSessions(db, id, reason, now);
  await revokeUserTokens(db, id);
}

async function lockForEdit({ db, precondition }: RequestContext, id: string): Promise<AccountRow> {
  const user = await asSystem(db, () => lockUser(db, id));
  if (!user) throw notFound();
  precondition.check(user.version);
  return user;
}

function requireStatus(user: AccountRow, ...allowed: UserWire['status'][]): void {
  const found = statusOf(user);
  if (!allowed.includes(found)) throw new DomainError('STATE_CONFLICT', { found, allowed: allowed.join(', ') });
}

/** Nobody changes the own rights: another administrator does. */
function refuseOwn({ actor }: RequestContext, id: string): void {
  if (actor.userId === id) throw new DomainError('OWN_ACCOUNT');
}

async function checkRights(context: RequestContext, rights: Rights, organisationId = rights.organisationId): Promise<void> {
  const { db, deps } = context;
  requireCodes(rights.roles, knownRoles, 'roles', 'roles');
  requireCodes(rights.states, deps.reference.countries, 'countries', 'states');
  const lacksOrganisation = rights.roles.includes('donor') && rights.organisationId === null;
  if (lacksOrganisation) throw new DomainError('DONOR_WITHOUT_ORGANISATION', {}, 'organisationId');
  if (organisationId !== null) await requireActiveOrganisation(db, organisationId, 'organisationId');
}

async function checkAdministratorStays({ db }: RequestContext, id: string, stays: boolean): Promise<void> {
  if (!stays && (await countOtherAdministrators(db, id)) === 0) throw new DomainError('LAST_ADMINISTRATOR');
}

function record(id: string) {
  return { kind: 'user', id };
}

function notFound(): DomainError {
  return new DomainError('NOT_FOUND', { what: 'user' });
}
