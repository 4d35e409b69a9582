import type { z } from 'zod';
import { changesOf } from '../../domain/changes.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { asSystem } from '../../platform/tenant.js';
import { recordAudit } from '../audit/audit.store.js';
import { findPersonalData, type PersonalData } from './personal-data.store.js';
import type { mePatchBody } from './users.schema.js';
import { choicesOf, findUser, lockUser, toUser, type UserWire, withCredential } from './users.store.js';

/** Changes what the signed-in user chooses: name, language, time zone, mails. */
export async function updateMe(context: RequestContext, patch: z.output<typeof mePatchBody>): Promise<UserWire> {
  const { db, actor, precondition } = context;
  const user = await asSystem(db, () => lockUser(db, actor.userId));
  if (!user) throw new DomainError('UNAUTHENTICATED');
  precondition.check(user.version);
  const { name, ...chosen } = patch;
  const named = changesOf({ name: user.name }, { name });
  const changes = changesOf(choicesOf(user), chosen);
  if (!named && !changes) return toUser(user);
  const { notifications, ...next } = { ...choicesOf(user), ...named?.after, ...changes?.after };
  const updated = await asSystem(db, () => db.appUser.update({ where: { id: user.id }, data: { ...next, notifications: { ...notifications } }, include: withCredential }));
  await recordAudit(context, 'user.update', { kind: 'user', id: user.id }, changes ?? {}, named ? { personal: named } : {});
  return toUser(updated);
}

/** Everything that is kept about the signed-in user. */
export function getMyPersonalData(context: RequestContext): Promise<PersonalData> {
  return getPersonalData(context, context.actor.userId);
}

/**
 * Everything that is kept about a person, for whoever manages accounts to hand over.
 * @throws NOT_FOUND
 */
export async function getPersonalData(context: RequestContext, id: string): Promise<PersonalData> {
  const { db } = context;
  const user = await asSystem(db, () => findUser(db, id));
  if (!user) throw new DomainError('NOT_FOUND', { what: 'user' });
  const data = await asSystem(db, () => findPersonalData(db, user));
  await recordAudit(context, 'personal.export', { kind: 'user', id });
  return data;
}
