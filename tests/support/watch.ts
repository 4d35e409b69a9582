import { watch } from '../../src/features/watch/evaluate.js';
import type { Client, TestApp, UserOptions } from './app.js';

/** A user who has accepted the invitation, and so receives. */
export async function reader(app: TestApp, options: UserOptions): Promise<Client> {
  const client = await app.user(options);
  await app.deps.db.userCredential.create({ data: { userId: client.userId } });
  return client;
}

/** Keeps a rule; gives its id. */
export async function addRule(by: Client, condition: object, recipients: readonly object[], more: object = {}): Promise<string> {
  const { status, text, body } = await by.post('/v1/watch-rules', { name: 'Essai', condition, recipients, ...more });
  if (status !== 201) throw new Error(`${status} ${text}`);
  return (body as { id: string }).id;
}

export const toUser = (client: Client) => ({ kind: 'user', userId: client.userId });

/** Does the hourly job at a moment; a day is noon UTC. */
export function lookOn(app: TestApp, moment: string): Promise<void> {
  const now = new Date(moment.length === 10 ? `${moment}T12:00:00Z` : moment);
  return watch.run({ ...app.deps, clock: { now: () => now } });
}

export interface ToldFact {
  readonly kind: string;
  readonly reference?: string;
  readonly [field: string]: unknown;
}

export interface Told {
  readonly kind: string;
  readonly restricted: boolean;
  readonly params: { readonly count: number; readonly day: string; readonly facts: readonly ToldFact[] };
}

/** What was told a recipient, the oldest first: "user:<id>", "address:<mail>". */
export async function toldTo(app: TestApp, recipient: Client | string, ruleId?: string): Promise<Told[]> {
  const key = typeof recipient === 'string' ? recipient : `user:${recipient.userId}`;
  const where = { deliveries: { some: { recipient: key } }, ...(ruleId !== undefined && { ruleId }) };
  return (await app.deps.db.notice.findMany({ where, orderBy: { id: 'asc' } })) as unknown as Told[];
}

/** Subject and outcome of each line of a rule's log, the oldest first. */
export async function logOf(app: TestApp, ruleId: string): Promise<string[]> {
  const events = await app.deps.db.watchEvent.findMany({ where: { ruleId }, orderBy: { id: 'asc' } });
  return events.map(({ subject, outcome, at }) => `${at.toISOString().slice(0, 10)} ${outcome} ${subject.split(':').filter((part) => part.length < 30).join(':')}`);
}
