import type { Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';

/** A sign-in about to be kept. */
export interface NewSession {
  readonly userId: string;
  readonly now: Date;
  readonly hours: number;
  readonly secondFactor: boolean;
  readonly origin: { readonly address: string | null; readonly agent: string | null };
}

/** Opens a session; in the system's scope. */
export async function insertSession(tx: Tx, { userId, now, hours, secondFactor, origin }: NewSession): Promise<string> {
  const id = newId();
  await tx.session.create({
    data: {
      id,
      userId,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: new Date(now.getTime() + hours * 3_600_000),
      secondFactorAt: secondFactor ? now : null,
      ...origin,
    },
  });
  return id;
}
