import { createHash } from 'node:crypto';
import type { Deps } from '../../deps.js';
import { type Day, latestLocalDay } from '../../domain/days.js';
import { type Actor, visibilityOf } from '../../domain/policy.js';
import type { Reference } from '../../domain/reference.js';
import { judge, mayKnow } from '../../domain/watch.js';
import { inTransaction, type Tx, type WatchRule } from '../../platform/db.js';
import { actorOf, findRecipients, type Recipient, type Recipients } from '../deliveries/recipients.js';
import { labelsAt } from '../reports/labels.store.js';
import { pastMoment } from '../reports/reports.store.js';
import { type Condition, conditionSchema } from './condition.schema.js';
import { sendDigests } from './digest.js';
import { type Fact, MOST_NAMED, type RuleNotice } from './notice.schema.js';
import { type Found, findSubjects } from './subjects.js';
import { activeRules, insertEvents, keepNotice, type KnownSubject, lockRule, type NewEvent, openSubjects, sendNotice } from './watch.store.js';

/** Many subjects and recipients are still one transaction. */
const TIMEOUT_SECONDS = 300;

/** Kept as the error of a rule whose owner may no longer act. */
export const OWNER_SUSPENDED = 'OWNER_SUSPENDED';

/** The job that looks at every rule and sends the digests; once too often tells nothing twice. */
export const watch = {
  async run(deps: Deps): Promise<void> {
    for (const id of await activeRules(deps.db)) await evaluateAlone(deps, id);
    await sendDigests(deps);
  },

  giveUp({ log }: Deps, _: object, reason: string): Promise<void> {
    // The next hour looks at everything again.
    log.error({ reason }, 'rules not looked at');
    return Promise.resolve();
  },
};

/** A rule that fails keeps its error, and the others go on. */
async function evaluateAlone({ db, clock, reference, log }: Deps, id: string): Promise<void> {
  const now = clock.now();
  try {
    await inTransaction(db, (tx) => evaluate(tx, reference, id, now), { timeoutSeconds: TIMEOUT_SECONDS });
  } catch (error) {
    log.error({ err: error, ruleId: id }, 'rule not looked at');
    const reason = error instanceof Error ? error.message : String(error);
    await db.watchRule.update({ where: { id }, data: { evaluatedAt: now, error: reason.slice(0, 1000) } });
  }
}

/** Looks at a rule, tells what is to be told, and keeps what was found. In the system's scope; the row keeps others out meanwhile. */
async function evaluate(tx: Tx, reference: Reference, id: string, now: Date): Promise<void> {
  const rule = await lockRule(tx, id);
  if (!rule?.active) return;
  const outlook = await lookAt(tx, reference, rule, now);
  if (outlook) await insertEvents(tx, id, now, eventsOf(outlook, await tell(tx, rule, outlook, now)));
  await tx.watchRule.update({ where: { id }, data: { evaluatedAt: now, error: outlook ? null : OWNER_SUSPENDED } });
}

/** A subject with what the rule says of it now. */
export interface Finding {
  readonly subject: string;
  readonly fact: Fact;
  readonly flows: Found['flows'];
  readonly known: KnownSubject | undefined;
}

/** What is told together: to these recipients, of what all of them may see. */
interface Message {
  readonly recipients: readonly Recipient[];
  readonly findings: readonly Finding[];
}

/** What a rule finds, tells and keeps quiet about. */
export interface Outlook {
  readonly today: Day;
  readonly messages: readonly Message[];
  /** To be told, and seen by no recipient. */
  readonly unseen: readonly Finding[];
  /** Told within the quiet period. */
  readonly quiet: readonly Finding[];
  readonly cleared: readonly (readonly [subject: string, known: KnownSubject])[];
}

/** Looks at a rule as it is now, and changes nothing; null when its owner may no longer act. In the system's scope. */
export async function lookAt(tx: Tx, reference: Reference, rule: WatchRule, now: Date): Promise<Outlook | null> {
  const owner = await actorOf(tx, rule.createdBy);
  if (!owner) return null;
  const today = latestLocalDay(now);
  const asOf = await pastMoment(tx);
  const labels = await labelsAt(tx, asOf);
  const found = await findSubjects({ tx, reference, labels, asOf, today, owner }, conditionOf(rule));
  const open = await openSubjects(tx, rule.id);
  const verdict = judge(found.map(({ subject }) => subject), open, rule.quietDays, today);
  const toTell = new Set(verdict.tell);
  const findings = found.map(({ subject, fact, flows }) => {
    const known = open.get(subject);
    return { subject, fact: { ...fact, since: known?.since ?? today }, flows, known };
  });
  const messages = messagesOf(findings.filter(({ subject }) => toTell.has(subject)), await findRecipients(tx, rule.recipients as unknown as Recipients), owner);
  const seen = new Set(messages.flatMap((message) => message.findings));
  return {
    today,
    messages,
    unseen: findings.filter((one) => toTell.has(one.subject) && !seen.has(one)),
    quiet: findings.filter(({ subject }) => !toTell.has(subject)),
    cleared: [...open].filter(([subject]) => verdict.cleared.includes(subject)),
  };
}

/** What a rule looks for. */
export function conditionOf({ kind, params }: Pick<WatchRule, 'kind' | 'params'>): Condition {
  return conditionSchema.parse({ kind, ...(params as object) });
}

/** One message for all who may see the same; addresses and other systems see what the owner of the rule does. */
function messagesOf(findings: readonly Finding[], recipients: readonly Recipient[], owner: Actor): readonly Message[] {
  const messages = new Map<string, { readonly recipients: Recipient[]; readonly findings: readonly Finding[] }>();
  for (const recipient of recipients) {
    const reader = recipient.userId === null ? owner : recipient.actor;
    if (!reader) continue;
    const visibility = visibilityOf(reader);
    const visible = findings.filter(({ flows }) => mayKnow(visibility, flows));
    if (visible.length === 0) continue;
    const key = visible.map(({ subject }) => subject).join(' ');
    const message = messages.get(key) ?? { recipients: [], findings: visible };
    message.recipients.push(recipient);
    messages.set(key, message);
  }
  return [...messages.values()];
}

/** Sends the messages; gives the first notice that names each subject. */
async function tell(tx: Tx, rule: WatchRule, { messages, today }: Outlook, now: Date): Promise<ReadonlyMap<string, string>> {
  const noticeOf = new Map<string, string>();
  for (const { recipients, findings } of messages) {
    const params: RuleNotice = {
      rule: { id: rule.id, name: rule.name, quietDays: rule.quietDays, condition: conditionOf(rule) },
      day: today,
      count: findings.length,
      facts: findings.slice(0, MOST_NAMED).map(({ fact }) => fact),
    };
    const subjects = findings.map(({ subject }) => subject);
    const hour = now.toISOString().slice(0, 13);
    const digest = createHash('sha256').update(subjects.join(' ')).digest('hex').slice(0, 32);
    const notice = await keepNotice(tx, {
      kind: rule.kind, params, key: `watch:${rule.id}:${hour}:${digest}`, ruleId: rule.id, restricted: findings.some(isRestricted), createdAt: now,
    }); // prettier-ignore
    if (notice.isNew) await sendNotice(tx, notice.id, recipients, rule.createdBy, now);
    for (const subject of subjects) noticeOf.set(subject, noticeOf.get(subject) ?? notice.id);
  }
  return noticeOf;
}

/** Whether a restricted flow is part of it. */
export function isRestricted({ flows }: Finding): boolean {
  return flows.some(({ restricted }) => restricted);
}

/** The lines of the log: what is kept quiet stands there once a day. */
function eventsOf({ today, messages, unseen, quiet, cleared }: Outlook, noticeOf: ReadonlyMap<string, string>): readonly NewEvent[] {
  const told = new Set(messages.flatMap(({ findings }) => findings));
  const line = (finding: Finding) => ({ subject: finding.subject, restricted: isRestricted(finding), noticeId: noticeOf.get(finding.subject) ?? null });
  const isNew = ({ known }: Finding) => known?.notedOn !== today;
  return [
    ...[...told].map((finding) => ({ ...line(finding), outcome: 'raised' as const, detail: { fact: finding.fact } })),
    ...unseen.filter(isNew).map((finding) => ({ ...line(finding), outcome: 'quiet' as const, detail: { fact: finding.fact, toldOn: null } })),
    ...quiet.filter(isNew).map((finding) => ({ ...line(finding), outcome: 'quiet' as const, detail: { fact: finding.fact, toldOn: finding.known?.toldOn ?? null } })),
    ...cleared.map(([subject, { fact, restricted }]) => ({ subject, restricted, noticeId: null, outcome: 'cleared' as const, detail: { fact } })),
  ];
}
