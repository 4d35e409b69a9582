import { type Actor, toActor, visibilityOf } from '../../src/domain/policy.js';
import { databaseMoment } from '../../src/features/reports/reports.store.js';
import type { ViewContext } from '../../src/features/reports/view.js';
import { inTransaction } from '../../src/platform/db.js';
import { enterUser } from '../../src/platform/tenant.js';
import type { TestApp } from './app.js';

/** The present by the database's clock, ISO 8601 with microseconds. */
export async function presentMoment({ deps }: TestApp): Promise<string> {
  return (await databaseMoment(deps.db)).asOf;
}

/** Runs `act` with the rights of a user, as a worker computes a report of theirs; as of now where no moment is given. */
export function inSightOf<T>({ deps }: TestApp, userId: string, act: (context: ViewContext, actor: Actor) => Promise<T>, moment?: string): Promise<T> {
  return inTransaction(deps.db, async (tx) => {
    const { asOf } = await databaseMoment(tx, moment);
    const entered = await enterUser(tx, userId);
    if (!entered) throw new Error(`no rights of user ${userId}`);
    const actor = toActor(entered);
    return act({ tx, reference: deps.reference, asOf, scope: visibilityOf(actor) }, actor);
  });
}
