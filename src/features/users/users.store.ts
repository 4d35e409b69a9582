import type { Role } from '../../domain/policy.js';
import { SYSTEM_USER_ID } from '../../domain/system-user.js';
import { findPage, idColumn, type Page, type PageRequest, textColumn } from '../../http/paging.js';
import type { Language } from '../../i18n/language.js';
import type { AppUser, Tx, UserCredential } from '../../platform/db.js';

export const userSorts = {
  name: textColumn<AppUser>('name', (user) => user.name),
  email: textColumn<AppUser>('email', (user) => user.email),
  recordedAt: idColumn<AppUser>(),
};

/** What an account may do. */
export interface Rights {
  readonly roles: Role[];
  readonly states: string[];
  readonly organisationId: string | null;
  readonly seesRestricted: boolean;
}

/** What the person chooses. */
export interface Choices {
  readonly name: string;
  readonly language: Language;
  readonly timeZone: string;
  readonly notifications: Notifications;
}

/** Which mails the person wants; those about the account's own safety always come. */
export interface Notifications {
  readonly approvals: boolean;
  readonly reports: boolean;
}

/** "invited" until the invitation is accepted. */
export const accountStatuses = ['invited', 'active', 'suspended', 'erased'] as const;

/** An account as it is shown: what proves the person stays inside. */
export type UserWire = Rights &
  Choices & {
    readonly id: string;
    readonly email: string;
    readonly status: (typeof accountStatuses)[number];
    readonly secondFactor: boolean;
    readonly recordedAt: string;
    readonly version: number;
  };

/** An account with what proves the person; read in the system's scope. */
export type AccountRow = AppUser & { readonly credential: UserCredential | null };

export const withCredential = { credential: true } as const;

export function rightsOf({ roles, states, organisationId, seesRestricted }: AppUser): Rights {
  return { roles, states, organisationId, seesRestricted };
}

export function choicesOf({ name, language, timeZone, notifications }: AppUser): Choices {
  const chosen = notifications as Partial<Notifications>;
  return {
    name,
    language: language === 'en' ? 'en' : 'fr',
    timeZone,
    notifications: { approvals: chosen.approvals ?? true, reports: chosen.reports ?? true },
  };
}

export function statusOf(user: AccountRow): UserWire['status'] {
  if (user.erasedAt !== null) return 'erased';
  if (!user.active) return 'suspended';
  return user.credential?.passwordHash ? 'active' : 'invited';
}

export function toUser(user: AccountRow): UserWire {
  return {
    id: user.id,
    email: user.email,
    ...choicesOf(user),
    ...rightsOf(user),
    status: statusOf(user),
    secondFactor: Boolean(user.credential?.totpConfirmedAt),
    recordedAt: user.createdAt.toISOString(),
    version: user.version,
  };
}

/** The user in whose name imports record is nobody's account: it is neither shown nor changed. */
const people = { id: { not: SYSTEM_USER_ID } };

export function findUsers(db: Tx, request: PageRequest): Promise<Page<AccountRow>> {
  return findPage(request, userSorts, ({ where, ...page }) => db.appUser.findMany({ where: { AND: [people, where] }, ...page, include: withCredential }));
}

export function findUser(db: Tx, id: string): Promise<AccountRow | null> {
  return db.appUser.findUnique({ where: { id, AND: people }, include: withCredential });
}

/** The account, locked together with those of all active administrators; null when there is none. */
export async function lockUser(db: Tx, id: string): Promise<AccountRow | null> {
  await db.$queryRaw`
    SELECT 1 FROM app_user WHERE id = ${id}::uuid OR (active AND 'administrator' = ANY(roles))
    ORDER BY id FOR UPDATE`;
  return findUser(db, id);
}

/** How many active administrators there are besides this account. */
export function countOtherAdministrators(db: Tx, id: string): Promise<number> {
  return db.appUser.count({ where: { id: { not: id }, active: true, roles: { has: 'administrator' } } });
}
