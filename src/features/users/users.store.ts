import type { Role } from '../../domain/policy.js';
import { SYSTEM_USER_ID } from '../../domain/system-user.js';
import { findPage, idColumn, type Page, type PageRequest, textColumn } from '../../http/paging.js';
import type { Language } from '../../i18n/language.js';
import type { AppUser, Tx } from '../../platform/db.js';

export const userSorts = {
  name: textColumn<AppUser>('name', (user) => user.name),
  email: textColumn<AppUser>('email', (user) => user.email),
  recordedAt: idColumn<AppUser>(),
};

/** What may be changed in an account, besides its password. */
export interface UserFields {
  readonly name: string;
  readonly roles: Role[];
  readonly states: string[];
  readonly organisationId: string | null;
  readonly language: Language;
  readonly active: boolean;
}

/** An account as it is shown: its password's hash stays inside. */
export type UserWire = UserFields & { readonly id: string; readonly email: string; readonly recordedAt: string };

export function userFieldsOf(user: AppUser): UserFields {
  const { name, roles, states, organisationId, language, active } = user;
  return { name, roles, states, organisationId, language: language === 'en' ? 'en' : 'fr', active };
}

export function toUser(user: AppUser): UserWire {
  return { id: user.id, email: user.email, ...userFieldsOf(user), recordedAt: user.createdAt.toISOString() };
}

/** The user in whose name imports record is nobody's account: it is neither shown nor changed. */
const people = { id: { not: SYSTEM_USER_ID } };

export function findUsers(db: Tx, request: PageRequest): Promise<Page<AppUser>> {
  return findPage(request, userSorts, ({ where, ...page }) => db.appUser.findMany({ where: { AND: [people, where] }, ...page }));
}

export function findUser(db: Tx, id: string): Promise<AppUser | null> {
  return db.appUser.findUnique({ where: { id, AND: people } });
}

/** The account, locked together with those of all active administrators; null when there is none. */
export async function lockUser(db: Tx, id: string): Promise<AppUser | null> {
  await db.$queryRaw`
    SELECT 1 FROM app_user WHERE id = ${id}::uuid OR (active AND 'administrator' = ANY(roles))
    ORDER BY id FOR UPDATE`;
  return findUser(db, id);
}

/** How many active administrators there are besides this account. */
export function countOtherAdministrators(db: Tx, id: string): Promise<number> {
  return db.appUser.count({ where: { id: { not: id }, active: true, roles: { has: 'administrator' } } });
}
