import type { Deps } from '../../deps.js';
import type { Actor } from '../../domain/policy.js';
import { SYSTEM_USER_ID } from '../../domain/system-user.js';
import { digestDay } from '../../domain/watch.js';
import { moneyOf } from '../../http/wire.js';
import { inTransaction } from '../../platform/db.js';
import { type AwaitingRow, findAwaiting } from '../approvals/awaiting.store.js';
import { findRecipients, type Recipient } from '../deliveries/recipients.js';
import { type DigestNotice, MOST_AWAITING } from './notice.schema.js';
import { keepNotice, noticesAlready, sendNotice, timeZonesOf } from './watch.store.js';

/** Those who may have something to approve: officers in the place of an absent approver, administrators of months to be opened again. */
const approvers = (['approver', 'finance_officer', 'administrator'] as const).map((role) => ({ kind: 'role' as const, role }));

interface Due {
  readonly recipient: Recipient;
  readonly actor: Actor;
  readonly key: string;
}

/** Tells everybody who wants to know what awaits their approval: once a day, from seven in the morning where they are. In the system's scope. */
export async function sendDigests(deps: Deps): Promise<void> {
  const now = deps.clock.now();
  for (const due of await dueDigests(deps, now)) {
    await sendDigest(deps, due, now).catch((error: unknown) => deps.log.error({ err: error, userId: due.actor.userId }, 'digest not sent'));
  }
}

async function dueDigests({ db }: Deps, now: Date): Promise<readonly Due[]> {
  const recipients = (await findRecipients(db, approvers)).filter(({ wants }) => wants.approvals);
  const zones = await timeZonesOf(db, recipients.flatMap(({ userId }) => userId ?? []));
  const due = recipients.flatMap((recipient): Due[] => {
    const { actor } = recipient;
    const day = actor && digestDay(now, zones.get(actor.userId) ?? 'UTC');
    return actor && day ? [{ recipient, actor, key: `digest:${actor.userId}:${day}` }] : [];
  });
  const sent = await noticesAlready(db, due.map(({ key }) => key));
  return due.filter(({ key }) => !sent.has(key));
}

async function sendDigest({ db, reference }: Deps, { recipient, actor, key }: Due, now: Date): Promise<void> {
  await inTransaction(db, async (tx) => {
    const { count, items } = await findAwaiting(tx, actor, { limit: MOST_AWAITING });
    if (count === 0) return;
    const itemOf = ({ kind, reference: number, amount_minor: minor, currency, countries, prepared_at }: AwaitingRow): DigestNotice['items'][number] => ({
      kind,
      reference: number,
      amount: minor === null || currency === null ? null : moneyOf(BigInt(minor), currency, reference.exponents),
      states: countries.map((code) => {
        const { nameFr = code, nameEn = code } = reference.countries.get(code) ?? {};
        return { fr: nameFr, en: nameEn };
      }),
      preparedAt: new Date(prepared_at).toISOString(),
    });
    const params: DigestNotice = { count, items: items.map(itemOf) };
    // Whoever oversees without the right to see restricted flows is not shown it: it may name some.
    const notice = await keepNotice(tx, { kind: 'approval_digest', params, key, ruleId: null, restricted: actor.seesRestricted, createdAt: now });
    if (notice.isNew) await sendNotice(tx, notice.id, [recipient], SYSTEM_USER_ID, now);
  });
}
