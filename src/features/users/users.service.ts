import type { z } from 'zod';
import { changesOf } from '../../domain/changes.js';
import { requireCodes } from '../../domain/codes.js';
import { roles } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import { newId } from '../../platform/ids.js';
import { asSystem } from '../../platform/tenant.js';
import { refuseDuplicate } from '../../platform/unique.js';
import { recordAudit } from '../audit/audit.store.js';
import { hashPassword } from '../auth/password.js';
import { requireActiveOrganisation } from '../organisations/organisations.store.js';
import type { newUserBody, userPatchBody, userQuery } from './users.schema.js';
import { countOtherAdministrators, findUser, findUsers, lockUser, toUser, type UserFields, userFieldsOf, type UserWire } from './users.store.js';

const knownRoles = new Map(roles.map((role) => [role, role]));

export async function listUsers({ db }: RequestContext, query: z.output<typeof userQuery>): Promise<Page<UserWire>> {
  return mapPage(await findUsers(db, query), toUser);
}

/** @throws NOT_FOUND */
export async function getUser({ db }: RequestContext, id: string): Promise<UserWire> {
  const user = await findUser(db, id);
  if (!user) throw notFound();
  return toUser(user);
}

/**
 * Opens an account.
 * @throws DUPLICATE for an e-mail in use
 * @throws CODE_UNKNOWN, CODE_REPEATED, ALREADY_MERGED, DONOR_WITHOUT_ORGANISATION
 */
export async function createUser(context: RequestContext, input: z.output<typeof newUserBody>): Promise<UserWire> {
  const { email, password, ...given } = input;
  const fields: UserFields = { ...given, active: true };
  checkFields(context, fields);
  await checkOrganisation(context, fields.organisationId);
  const passwordHash = await hashPassword(password);
  const user = await refuseDuplicate({ email }, () => context.db.appUser.create({ data: { id: newId(), email, ...fields } }));
  await asSystem(context.db, () => context.db.userCredential.create({ data: { userId: user.id, passwordHash } }));
  await recordAudit(context, 'user.create', { kind: 'user', id: user.id }, { after: { email, ...fields } });
  return toUser(user);
}

/**
 * Changes an account.
 * @throws NOT_FOUND, LAST_ADMINISTRATOR
 * @throws CODE_UNKNOWN, CODE_REPEATED, ALREADY_MERGED, DONOR_WITHOUT_ORGANISATION
 */
export async function updateUser(context: RequestContext, id: string, input: z.output<typeof userPatchBody>): Promise<UserWire> {
  const { password, ...patch } = input;
  const user = await lockUser(context.db, id);
  if (!user) throw notFound();
  const changes = changesOf(userFieldsOf(user), patch);
  if (!changes && password === undefined) return toUser(user);
  const next = { ...userFieldsOf(user), ...changes?.after };
  checkFields(context, next);
  await checkOrganisation(context, changes?.after.organisationId ?? null);
  await checkAdministratorStays(context, id, next);
  const updated = await context.db.appUser.update({ where: { id }, data: next });
  if (password !== undefined) {
    const passwordHash = await hashPassword(password);
    await asSystem(context.db, () => context.db.userCredential.upsert({ where: { userId: id }, create: { userId: id, passwordHash }, update: { passwordHash } }));
  }
  await recordAudit(context, 'user.update', { kind: 'user', id }, { ...changes, passwordChanged: password !== undefined });
  return toUser(updated);
}

function checkFields({ deps }: RequestContext, fields: UserFields): void {
  requireCodes(fields.roles, knownRoles, 'roles', 'roles');
  requireCodes(fields.states, deps.reference.countries, 'countries', 'states');
  const lacksOrganisation = fields.roles.includes('donor') && fields.organisationId === null;
  if (lacksOrganisation) throw new DomainError('DONOR_WITHOUT_ORGANISATION', {}, 'organisationId');
}

async function checkOrganisation({ db }: RequestContext, organisationId: string | null): Promise<void> {
  if (organisationId !== null) await requireActiveOrganisation(db, organisationId, 'organisationId');
}

async function checkAdministratorStays({ db }: RequestContext, id: string, next: UserFields): Promise<void> {
  const stays = next.active && next.roles.includes('administrator');
  if (!stays && (await countOtherAdministrators(db, id)) === 0) throw new DomainError('LAST_ADMINISTRATOR');
}

function notFound(): DomainError {
  return new DomainError('NOT_FOUND', { what: 'user' });
}
