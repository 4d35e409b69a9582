import { z } from 'zod';
import { type Actor, roles, toActor } from '../../domain/policy.js';
import { iso3Schema, textSchema } from '../../http/text.js';
import { idSchema } from '../../http/wire.js';
import { languages, type Language } from '../../i18n/language.js';
import type { Prisma, Tx } from '../../platform/db.js';
import { asSystem, rightsOfUsers } from '../../platform/tenant.js';
import { choicesOf } from '../users/users.store.js';

const recipientSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('role').describe('Everybody with a role.'),
    role: z.enum(roles).describe('The role.'),
    states: z.array(iso3Schema).min(1).max(60).optional().describe('Only those who work for one of these states.'),
  }),
  z.strictObject({ kind: z.literal('user').describe('One person with an account.'), userId: idSchema.describe('The person.') }),
  z.strictObject({
    kind: z.literal('address').describe('A mail address without an account; gets what the owner may see.'),
    address: textSchema(254).toLowerCase().pipe(z.email()).describe('The address.'),
    language: z.enum(languages).default('fr').describe('In which language it is written to.'),
  }),
  z.strictObject({ kind: z.literal('webhook').describe('Another system; gets what the owner may see.'), webhookId: idSchema.describe('The webhook of that system.') }),
]);

/** Whom a report or a notice is for. */
export const recipientsSchema = z.array(recipientSchema).min(1).max(500).describe('Who receives it: roles, persons, addresses, other systems.');
export type Recipients = z.output<typeof recipientsSchema>;

/** One who receives, found by who they are now. */
export interface Recipient {
  /** "user:<id>", "address:<mail>", "webhook:<id>". */
  readonly key: string;
  readonly userId: string | null;
  readonly address: string | null;
  readonly webhookId: string | null;
  /** The person's own language, or the one given for the address. */
  readonly language: Language;
  /** Whose rights decide what is received: the person's own; of addresses and other systems, null: the owner's. */
  readonly actor: Actor | null;
  /** Whether the person wants mails about reports, and about what awaits approval. */
  readonly wants: { readonly reports: boolean; readonly approvals: boolean };
}

/** Everybody on a list as it is now, each once: active persons with an account, addresses, active webhooks. */
export function findRecipients(tx: Tx, listed: Recipients): Promise<readonly Recipient[]> {
  return asSystem(tx, async () => {
    const found = new Map<string, Recipient>();
    const users = await tx.appUser.findMany({
      where: {
        active: true,
        erasedAt: null,
        credential: { isNot: null },
        OR: listed.flatMap((one): Prisma.AppUserWhereInput[] => {
          if (one.kind === 'user') return [{ id: one.userId }];
          if (one.kind === 'role') return [{ roles: { has: one.role }, ...(one.states && { states: { hasSome: one.states } }) }];
          return [];
        }),
      },
      orderBy: { id: 'asc' },
    });
    const rights = new Map((await rightsOfUsers(tx, users.map(({ id }) => id))).map((entered) => [entered.user_id, toActor(entered)]));
    for (const user of users) {
      const { language, notifications } = choicesOf(user);
      const key = `user:${user.id}`;
      found.set(key, { key, userId: user.id, address: null, webhookId: null, language, actor: rights.get(user.id) ?? null, wants: notifications });
    }
    const always = { reports: true, approvals: true };
    for (const one of listed) {
      if (one.kind === 'address') found.set(`address:${one.address}`, { key: `address:${one.address}`, userId: null, address: one.address, webhookId: null, language: one.language, actor: null, wants: always });
    }
    const webhookIds = listed.flatMap((one) => (one.kind === 'webhook' ? [one.webhookId] : []));
    const webhooks = webhookIds.length === 0 ? [] : await tx.webhook.findMany({ where: { id: { in: webhookIds }, active: true }, orderBy: { id: 'asc' } });
    for (const { id } of webhooks) found.set(`webhook:${id}`, { key: `webhook:${id}`, userId: null, address: null, webhookId: id, language: 'fr', actor: null, wants: always });
    return [...found.values()];
  });
}

/** What a person may do now; null for one who is suspended. */
export async function actorOf(tx: Tx, userId: string): Promise<Actor | null> {
  const [entered] = await rightsOfUsers(tx, [userId]);
  return entered ? toActor(entered) : null;
}
