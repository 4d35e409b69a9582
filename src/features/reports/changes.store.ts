import { type Change, changesOf, type CountedEntry } from '../../domain/report-changes.js';
import { exponentOf, formatMinor } from '../../domain/money.js';
import type { Stage } from '../../domain/posting.js';
import { keptRecord } from '../../domain/report.js';
import { Prisma, type Tx } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';
import { type ChangeCause, changeCauses, type ChangeEntry, type ChangeSummary, type StageChange } from './entries.js';
import { labelsAt } from './labels.store.js';
import type { LineSource } from './lines.store.js';
import type { ViewContext } from './view.js';

/** Changes that are listed; all of them are counted. */
const MOST_LISTED = 50;

const stages = { pledged: 'pledge', committed: 'commitment', disbursed: 'disbursement' } as const;

/**
 * What changed between an earlier issue of a report and its moment: the totals of its lines then and now, and what was recorded in between
 * as the causes of the difference. Of totals that are open to everybody, the single entries only for who sees every flow.
 * @param since ISO 8601 with microseconds, before `context.asOf`
 * @returns null for the funds' book, whose movements are no stages of a promise
 */
export async function changesSince(context: ViewContext, source: LineSource, since: string): Promise<ChangeSummary | null> {
  if (source.book === 'funds') return null;
  const { tx, scope } = context;
  if (!source.openInTotal) return summaryOf(context, source, since, true);
  return asSystem(tx, () => summaryOf(context, source, since, scope.all));
}

async function summaryOf({ tx, asOf, reference }: ViewContext, source: LineSource, since: string, listed: boolean): Promise<ChangeSummary> {
  const interval = { source, since, asOf };
  const totals = await totalsOf(tx, interval);
  const changes = changesOf(await recordedBetween(tx, interval)).toSorted(largestFirst);
  const writer = (currency: string) => (minor: bigint) => formatMinor(minor, exponentOf(currency, reference.exponents));
  const write = writer(source.currency);
  const stageChange = (stage: Stage): StageChange => {
    const { before = 0n, after = 0n } = totals.find((one) => one.stage === stage) ?? {};
    const sumOf = (cause: ChangeCause) => changes.reduce((sum, change) => (change.stage === stage ? sum + partOf(change, cause) : sum), 0n);
    return { before: write(before), after: write(after), causes: Object.fromEntries(changeCauses.map((cause) => [cause, write(sumOf(cause))])) as StageChange['causes'] };
  };
  const shown = listed ? changes.slice(0, MOST_LISTED) : [];
  const details = await detailsOf(tx, shown);
  const { organisations, mergedInto } = await labelsAt(tx, asOf);
  const nameOf = (id: string) => {
    const names = organisations.get(keptRecord(id, mergedInto));
    return names ? { fr: names.nameFr, en: names.nameEn } : null;
  };
  return {
    since,
    currency: source.currency,
    stages: { pledged: stageChange(stages.pledged), committed: stageChange(stages.committed), disbursed: stageChange(stages.disbursed) },
    entries: shown.map(({ cause, stage, entryId, reasonId, currency, minor, effect, fx }): ChangeEntry => {
      const entry = details.get(entryId);
      if (!entry) throw new RangeError(`entry ${entryId} has gone`);
      const { reference: number, donorId, valueDate, recordedAt } = entry;
      const reason = reasonId === null ? null : (details.get(reasonId)?.reason ?? null);
      return { cause, stage, reference: number, donor: nameOf(donorId), valueDate, recordedAt, amount: writer(currency)(minor), currency, effect: write(effect), fx: write(fx), reason };
    }),
    entriesInAll: changes.length,
  };
}

/** What a change did by a cause: the rate's part of a restatement is a cause of its own. */
function partOf({ cause, effect, fx }: Change, asked: ChangeCause): bigint {
  if (asked === 'fx') return fx;
  return cause === asked ? effect : 0n;
}

function largestFirst(a: Change, b: Change): number {
  const [sizeOfA, sizeOfB] = [sizeOf(a), sizeOf(b)];
  if (sizeOfA !== sizeOfB) return sizeOfA > sizeOfB ? -1 : 1;
  return a.entryId < b.entryId ? -1 : 1;
}

function sizeOf({ effect, fx }: Change): bigint {
  const size = (minor: bigint) => (minor < 0n ? -minor : minor);
  return size(effect) + size(fx);
}

/** The lines of a report and the two moments between which they are compared. */
interface Interval {
  readonly source: LineSource;
  readonly since: string;
  readonly asOf: string;
}

const convertedOf = ({ currency }: LineSource) => Prisma.raw(`l.${currency.toLowerCase()}_minor`);

interface StageTotals {
  readonly stage: Stage;
  readonly before: bigint;
  readonly after: bigint;
}

function totalsOf(tx: Tx, { source, since, asOf }: Interval): Promise<StageTotals[]> {
  const converted = convertedOf(source);
  // A left join, which the planner leaves out where the condition does not ask for the entry: every line has one.
  return tx.$queryRaw`
    SELECT l.stage::text AS stage, coalesce(sum(${converted}) FILTER (WHERE l.recorded_at <= ${since}::timestamptz), 0)::bigint AS before, sum(${converted})::bigint AS after
    FROM journal_line l LEFT JOIN journal_entry e ON e.id = l.entry_id
    WHERE l.recorded_at <= ${asOf}::timestamptz AND ${converted} IS NOT NULL AND (${source.condition}) GROUP BY 1`;
}

function recordedBetween(tx: Tx, { source, since, asOf }: Interval): Promise<CountedEntry[]> {
  const converted = convertedOf(source);
  return tx.$queryRaw`
    WITH counted AS (
      SELECT e.id, sum(l.amount_minor)::bigint AS minor, sum(${converted})::bigint AS converted
      FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id
      WHERE l.recorded_at > ${since}::timestamptz AND l.recorded_at <= ${asOf}::timestamptz AND ${converted} IS NOT NULL AND (${source.condition}) GROUP BY e.id
    )
    SELECT e.id::text AS id, e.seq, e.kind::text AS kind, e.stage::text AS stage, coalesce(e.disbursement_id, e.commitment_id, e.pledge_id)::text AS "recordId",
      e.commitment_id::text AS "commitmentId", e.pledge_id::text AS "pledgeId", e.reverses_id::text AS "reversesId",
      CASE e.stage WHEN 'disbursement' THEN d.source_system || ' ' || d.external_id WHEN 'commitment' THEN c.source_system || ' ' || c.external_id
        ELSE p.source_system || ' ' || p.external_id END AS "externalId", e.currency, counted.minor, counted.converted
    FROM counted JOIN journal_entry e ON e.id = counted.id LEFT JOIN pledge p ON p.id = e.pledge_id LEFT JOIN commitment c ON c.id = e.commitment_id
      LEFT JOIN disbursement d ON d.id = e.disbursement_id`;
}

/** What is shown of an entry. */
interface Detail {
  readonly id: string;
  readonly reference: string;
  readonly donorId: string;
  readonly valueDate: string;
  readonly recordedAt: string;
  readonly reason: string | null;
}

async function detailsOf(tx: Tx, changes: readonly Change[]): Promise<ReadonlyMap<string, Detail>> {
  const ids = changes.flatMap(({ entryId, reasonId }) => (reasonId === null ? [entryId] : [entryId, reasonId]));
  const rows = await tx.$queryRaw<Detail[]>`
    SELECT e.id::text AS id, coalesce(d.reference, c.reference, p.reference) AS reference, coalesce(c.donor_id, p.donor_id)::text AS "donorId",
      to_char(e.value_date, 'YYYY-MM-DD') AS "valueDate", to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "recordedAt", e.reason
    FROM journal_entry e LEFT JOIN pledge p ON p.id = e.pledge_id LEFT JOIN commitment c ON c.id = e.commitment_id LEFT JOIN disbursement d ON d.id = e.disbursement_id
    WHERE e.id = ANY(${ids}::uuid[])`;
  return new Map(rows.map((row) => [row.id, row]));
}
