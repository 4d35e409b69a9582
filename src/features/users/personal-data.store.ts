import type { Tx } from '../../platform/db.js';
import { type AccountRow, toUser, type UserWire } from './users.store.js';

interface Act {
  readonly at: string;
  readonly action: string;
  readonly recordKind: string;
  readonly recordId: string;
  /** Address, agent and names kept beside the event; null once erased. */
  readonly personal: unknown;
}

/** What is kept about one person. */
export interface PersonalData {
  readonly account: UserWire;
  readonly passwordChangedAt: string | null;
  readonly sessions: readonly {
    readonly createdAt: string;
    readonly lastUsedAt: string;
    readonly endedAt: string | null;
    readonly address: string | null;
    readonly agent: string | null;
  }[];
  readonly delegations: readonly { readonly fromUserId: string; readonly toUserId: string; readonly startsOn: string; readonly endsOn: string; readonly reason: string }[];
  /** What the person did. */
  readonly acts: readonly Act[];
  /** What others did to the account. */
  readonly actsOnAccount: readonly Act[];
}

/** Reads it all, in the system's scope. */
export async function findPersonalData(db: Tx, user: AccountRow): Promise<PersonalData> {
  const { id } = user;
  const sessions = await db.session.findMany({ where: { userId: id }, orderBy: { createdAt: 'asc' } });
  const delegations = await db.delegation.findMany({ where: { OR: [{ fromUserId: id }, { toUserId: id }] }, orderBy: { startsOn: 'asc' } });
  const acts = await db.auditEvent.findMany({ where: { actorId: id }, orderBy: { at: 'asc' } });
  const actsOnAccount = await db.auditEvent.findMany({ where: { recordKind: 'user', recordId: id, actorId: { not: id } }, orderBy: { at: 'asc' } });
  return {
    account: toUser(user),
    passwordChangedAt: user.credential?.passwordChangedAt?.toISOString() ?? null,
    sessions: sessions.map(({ createdAt, lastUsedAt, endedAt, address, agent }) => ({
      createdAt: createdAt.toISOString(),
      lastUsedAt: lastUsedAt.toISOString(),
      endedAt: endedAt?.toISOString() ?? null,
      address,
      agent,
    })),
    delegations: delegations.map(({ fromUserId, toUserId, startsOn, endsOn, reason }) => ({
      fromUserId,
      toUserId,
      startsOn: startsOn.toISOString().slice(0, 10),
      endsOn: endsOn.toISOString().slice(0, 10),
      reason,
    })),
    acts: acts.map(actOf),
    // Who else acted is another person's data.
    actsOnAccount: actsOnAccount.map((event) => ({ ...actOf(event), personal: null })),
  };
}

function actOf(event: { at: Date; action: string; recordKind: string; recordId: string; personal: unknown }): Act {
  const { at, action, recordKind, recordId, personal } = event;
  return { at: at.toISOString(), action, recordKind, recordId, personal };
}
