import { type Day, latestLocalDay } from '../../domain/days.js';
import type { Visibility } from '../../domain/policy.js';
import type { FlowProfile, OpenSubject } from '../../domain/watch.js';
import { findPage, idColumn, type Page, type PageRequest, textColumn } from '../../http/paging.js';
import { Prisma, type ResponsePlan, type Tx, type WatchEvent, type WatchRule } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { addDeliveries, releaseDeliveries } from '../deliveries/deliveries.store.js';
import type { Recipient } from '../deliveries/recipients.js';
import { inScope } from '../mechanism-figures/promises.store.js';
import type { Fact } from './notice.schema.js';

const { sql } = Prisma;

export const ruleSorts = { recordedAt: idColumn<WatchRule>(), name: textColumn<WatchRule>('name', ({ name }) => name) };
export const eventSorts = { at: idColumn<WatchEvent>() };

export function findRule(db: Tx, id: string): Promise<WatchRule | null> {
  return db.watchRule.findUnique({ where: { id } });
}

export function findRules(db: Tx, query: PageRequest & { readonly active?: boolean | undefined }): Promise<Page<WatchRule>> {
  const filter = query.active === undefined ? {} : { active: query.active };
  return findPage(query, ruleSorts, ({ where, ...page }) => db.watchRule.findMany({ where: { AND: [filter, where] }, ...page }));
}

/** The rule, locked until the transaction ends; null for one that may not be changed. */
export async function lockRule(db: Tx, id: string): Promise<WatchRule | null> {
  const rows = await db.$queryRaw<object[]>`SELECT 1 FROM watch_rule WHERE id = ${id}::uuid FOR UPDATE`;
  return rows.length > 0 ? findRule(db, id) : null;
}

/** The plan that a code names. */
export function findPlanByCode(db: Tx, code: string): Promise<ResponsePlan | null> {
  return db.responsePlan.findUnique({ where: { code } });
}

/** The rules that are looked at, by id. */
export async function activeRules(db: Tx): Promise<readonly string[]> {
  return (await db.watchRule.findMany({ where: { active: true }, select: { id: true }, orderBy: { id: 'asc' } })).map(({ id }) => id);
}

export function findRuleEvents(db: Tx, ruleId: string, query: PageRequest): Promise<Page<WatchEvent>> {
  return findPage(query, eventSorts, ({ where, ...page }) => db.watchEvent.findMany({ where: { AND: [{ ruleId }, where] }, ...page }));
}

/** A subject that was found and not cleared since, with what was last found of it. */
export interface KnownSubject extends OpenSubject {
  readonly fact: Fact;
  readonly restricted: boolean;
}

/** What the log of a rule knows of the subjects that are open, by subject. */
export async function openSubjects(db: Tx, ruleId: string): Promise<ReadonlyMap<string, KnownSubject>> {
  const rows = await db.$queryRaw<{ subject: string; since: Date; told_at: Date | null; noted_at: Date; fact: Fact; restricted: boolean }[]>`
    SELECT subject, min(at) AS since, max(at) FILTER (WHERE outcome = 'raised') AS told_at, max(at) AS noted_at,
      (array_agg(detail -> 'fact' ORDER BY at DESC, id DESC))[1] AS fact, bool_or(restricted) AS restricted
    FROM watch_event e WHERE rule_id = ${ruleId}::uuid AND NOT EXISTS (
      SELECT FROM watch_event c WHERE c.rule_id = e.rule_id AND c.subject = e.subject AND c.outcome = 'cleared' AND (c.at, c.id) >= (e.at, e.id))
    GROUP BY subject ORDER BY subject`;
  return new Map(
    rows.map(({ subject, since, told_at, noted_at, fact, restricted }) => [
      subject,
      { since: latestLocalDay(since), toldOn: told_at && latestLocalDay(told_at), notedOn: latestLocalDay(noted_at), fact, restricted },
    ]),
  );
}

/** A line of the log, to be added. */
export type NewEvent = Pick<WatchEvent, 'subject' | 'outcome' | 'noticeId' | 'restricted'> & { readonly detail: object };

/** Adds to the log of a rule, in one statement. */
export async function insertEvents(db: Tx, ruleId: string, at: Date, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((event) => ({ id: newId(), ...event }));
  await db.$executeRaw`
    INSERT INTO watch_event (id, rule_id, subject, outcome, detail, notice_id, restricted, at)
    SELECT e.id, ${ruleId}::uuid, e.subject, e.outcome, e.detail, e."noticeId", e.restricted, ${at}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS e (id uuid, subject text, outcome watch_outcome, detail jsonb, "noticeId" uuid, restricted boolean)`;
}

/** A notice, to be kept once for its key. */
export interface NewNotice {
  readonly kind: string;
  readonly params: object;
  readonly key: string;
  readonly ruleId: string | null;
  readonly restricted: boolean;
  readonly createdAt: Date;
}

/** Keeps a notice; one with the same key that is there already stays, and is not new. */
export async function keepNotice(db: Tx, notice: NewNotice): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const { count } = await db.notice.createMany({ data: [{ id: newId(), ...notice }], skipDuplicates: true });
  const { id } = await db.notice.findUniqueOrThrow({ where: { key: notice.key }, select: { id: true } });
  return { id, isNew: count === 1 };
}

/** Sends a notice that was just kept. */
export async function sendNotice(db: Tx, noticeId: string, recipients: readonly Recipient[], requestedBy: string, now: Date): Promise<void> {
  await addDeliveries(db, { noticeId }, recipients, requestedBy);
  await releaseDeliveries(db, { noticeId }, now);
}

/** Which of these keys a notice has already. */
export async function noticesAlready(db: Tx, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.notice.findMany({ where: { key: { in: [...keys] } }, select: { key: true } });
  return new Set(rows.map(({ key }) => key));
}

/** The time zones of persons, IANA names by id. */
export async function timeZonesOf(db: Tx, userIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db.appUser.findMany({ where: { id: { in: [...userIds] } }, select: { id: true, timeZone: true } });
  return new Map(rows.map(({ id, timeZone }) => [id, timeZone]));
}

/** Which promises are looked at; donors with the duplicates merged into them. */
export interface PromiseFilter {
  readonly states?: readonly string[] | undefined;
  readonly donorIds?: readonly string[] | undefined;
  readonly fundIds?: readonly string[] | undefined;
}

function whereOf({ states, donorIds, fundIds }: PromiseFilter) {
  return {
    status: 'active',
    ...(states && { countries: { hasSome: [...states] } }),
    ...(donorIds && { donorId: { in: [...donorIds] } }),
    ...(fundIds && { fundId: { in: [...fundIds] } }),
  } as const;
}

const withPlan = { instalments: { orderBy: [{ dueOn: 'asc' }, { number: 'asc' }] } } satisfies Prisma.CommitmentInclude & Prisma.PledgeInclude;
const havingPlan = { instalments: { some: {} } } as const;

/** The commitments that have a plan of payment and are not paid in full. */
export function plannedCommitments(db: Tx, filter: PromiseFilter) {
  const unpaid = { disbursedMinor: { lt: db.commitment.fields.currentMinor } };
  return db.commitment.findMany({ where: { ...whereOf(filter), ...havingPlan, ...unpaid }, include: withPlan, orderBy: { id: 'asc' } });
}

/** The pledges that have a plan of payment which no commitment has taken over, with their commitments. */
export function plannedPledges(db: Tx, filter: PromiseFilter) {
  const where = { ...whereOf(filter), ...havingPlan, commitments: { none: { status: 'active', ...havingPlan } } } as const;
  return db.pledge.findMany({ where, include: { ...withPlan, commitments: { where: { status: 'active' } } }, orderBy: { id: 'asc' } });
}

/** The commitments of a day or earlier of which nothing is paid, the oldest first. */
export function unpaidCommitments(db: Tx, { latest, ...filter }: PromiseFilter & { readonly latest: Date }) {
  const where = { ...whereOf(filter), disbursedMinor: 0n, currentMinor: { gt: 0n }, valueDate: { lte: latest } };
  return db.commitment.findMany({ where, orderBy: [{ valueDate: 'asc' }, { id: 'asc' }] });
}

/** What was committed and paid of it in US cents, and the flows that make it up. */
export interface Execution {
  readonly committed: bigint;
  readonly disbursed: bigint;
  readonly flows: readonly FlowProfile[];
}

/** Execution of the commitments of a state, donor or fund: crossing ones that are not restricted; by state, those for that state alone. */
export async function executionOf(
  db: Tx,
  asked: { readonly asOf: string; readonly scope: Visibility; readonly by: 'state' | 'donor' | 'fund'; readonly codes: readonly string[]; readonly from?: Day | undefined },
): Promise<Execution> {
  const codes = [...asked.codes];
  const whose = { state: sql`l.countries = ${codes}::text[]`, donor: sql`f.donor_id = ANY(${codes}::uuid[])`, fund: sql`f.fund_id = ANY(${codes}::uuid[])` }[asked.by];
  const since = asked.from === undefined ? sql`true` : sql`f.value_date >= ${asked.from}::date`;
  const [row] = await db.$queryRaw<[{ committed: bigint; disbursed: bigint; flows: FlowProfile[] }]>`
    WITH counted AS (
      SELECT l.stage, l.usd_minor, f.countries, f.donor_id
      FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id LEFT JOIN disbursement d ON d.id = e.disbursement_id
      JOIN commitment f ON f.id = coalesce(e.commitment_id, d.commitment_id)
      WHERE e.stage IN ('commitment', 'disbursement') AND e.recorded_at <= ${asked.asOf}::timestamptz AND l.usd_minor IS NOT NULL
        AND f.boundary = 'crossing' AND NOT f.restricted AND ${inScope('f', asked.scope)} AND ${whose} AND ${since}
    )
    SELECT coalesce(sum(usd_minor) FILTER (WHERE stage = 'commitment'), 0)::bigint AS committed,
      coalesce(sum(usd_minor) FILTER (WHERE stage = 'disbursement'), 0)::bigint AS disbursed,
      coalesce(jsonb_agg(DISTINCT jsonb_build_object('countries', countries, 'donorId', donor_id, 'restricted', false)), '[]') AS flows
    FROM counted`;
  return row;
}
