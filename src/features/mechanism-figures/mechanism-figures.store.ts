import { type Day, toDay } from '../../domain/days.js';
import { fixedRate, type Rate, type RateBook, type ReportingCurrency } from '../../domain/fx.js';
import type { RecordedFact } from '../../domain/instrument.js';
import type { Exponents } from '../../domain/money.js';
import { convertToReporting } from '../../domain/posting.js';
import { dayOrNull } from '../../http/wire.js';
import type { Tx } from '../../platform/db.js';
import { MOST_EURO_RATE_AGE_DAYS, MOST_RATE_AGE_DAYS } from '../fx/fx.store.js';
import { factOf } from '../instruments/instruments.store.js';
import { keptTerms, type MechanismTerms } from '../instruments/terms.js';
import { converted, type FlowFilter, type FlowSight, inScope, matching } from './promises.store.js';

/** What funds took in from donors and what they cost, in the reporting currency. */
export interface FundCosts {
  readonly deposits: bigint;
  readonly charges: bigint;
}

/** Deposits, fees and direct costs of the funds within sight. */
export async function fundCosts(tx: Tx, sight: FlowSight, filter: FlowFilter): Promise<FundCosts> {
  const amount = converted('f', sight.currency);
  const [row] = await tx.$queryRaw<FundCosts[]>`
    SELECT coalesce(sum(${amount}) FILTER (WHERE f.kind = 'deposit'), 0)::bigint AS deposits,
      coalesce(sum(${amount}) FILTER (WHERE f.kind IN ('fee', 'direct_cost')), 0)::bigint AS charges
    FROM fund_entry f
    WHERE f.kind IN ('deposit', 'fee', 'direct_cost') AND f.recorded_at <= ${sight.asOf}::timestamptz AND ${inScope('f', sight.scope)} AND ${matching('f', filter)}`;
  return row ?? { deposits: 0n, charges: 0n };
}

/** By whom what is given in kind or as assistance was valued; null where nobody says. */
export interface ValuationRow {
  readonly mechanism: string;
  readonly contribution_type: 'in_kind' | 'technical_assistance';
  readonly source: string | null;
  readonly commitments: number;
  readonly committed: bigint;
}

export function valuationSources(tx: Tx, sight: FlowSight, filter: FlowFilter): Promise<readonly ValuationRow[]> {
  const amount = converted('l', sight.currency);
  return tx.$queryRaw`
    SELECT l.mechanism, l.contribution_type::text, c.valuation ->> 'source' AS source, count(DISTINCT c.id)::int AS commitments, sum(${amount})::bigint AS committed
    FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id JOIN commitment c ON c.id = e.commitment_id
    WHERE l.stage = 'commitment' AND l.contribution_type <> 'financial' AND l.boundary = 'crossing' AND ${amount} IS NOT NULL
      AND l.recorded_at <= ${sight.asOf}::timestamptz AND ${inScope('l', sight.scope)} AND ${matching('l', filter)}
    GROUP BY 1, 2, 3 HAVING sum(${amount}) <> 0 ORDER BY 1, 2, 3`;
}

/** An instrument as it was at a moment. */
export type InstrumentFigures = MechanismTerms & {
  readonly id: string;
  readonly currency: string;
  readonly startsOn: Day;
  readonly endsOn: Day | null;
  readonly countries: readonly string[];
  readonly events: readonly RecordedFact[];
};

interface ChangedLater {
  readonly id: string;
  readonly before: { readonly terms?: unknown; readonly startsOn?: Day; readonly endsOn?: Day | null; readonly countries?: readonly string[] };
}

/** The instruments within sight with what was known of them at a moment: later changes are taken back as the trail keeps them. */
export async function instrumentsAt(tx: Tx, asOf: string): Promise<readonly InstrumentFigures[]> {
  const known = await tx.$queryRaw<{ id: string }[]>`SELECT id::text FROM instrument WHERE created_at <= ${asOf}::timestamptz`;
  const events = await tx.$queryRaw<{ id: string }[]>`SELECT id::text FROM instrument_event WHERE recorded_at <= ${asOf}::timestamptz`;
  const later = await tx.$queryRaw<ChangedLater[]>`
    SELECT record_id AS id, detail -> 'before' AS before FROM audit_event
    WHERE record_kind = 'instrument' AND action = 'instrument.update' AND at > ${asOf}::timestamptz ORDER BY at DESC, id DESC`;
  const recorded = new Set(events.map(({ id }) => id));
  const ids = known.map(({ id }) => id);
  const rows = await tx.instrument.findMany({ where: { id: { in: ids } }, include: { events: true }, orderBy: { reference: 'asc' } });
  return rows.map((row) => {
    const now = { terms: row.terms as unknown, startsOn: toDay(row.startsOn), endsOn: dayOrNull(row.endsOn), countries: row.countries as readonly string[] };
    const { terms, startsOn, endsOn, countries } = later.filter(({ id }) => id === row.id).reduce((state, { before }) => ({ ...state, ...before }), now);
    return { ...keptTerms({ mechanism: row.mechanism, terms }), id: row.id, currency: row.currency, startsOn, endsOn, countries, events: row.events.filter(({ id }) => recorded.has(id)).map(factOf) };
  });
}

/** Converts an amount of a day; null where no rate was known. */
export type Converter = (minor: bigint, currency: string, day: Day) => bigint | null;

/** A converter to one currency at the rates that were known at a moment, for amounts that carry no rates of their own. */
export async function converterAt(
  tx: Tx,
  amounts: readonly { readonly currency: string; readonly day: Day }[],
  { asOf, currency: target }: { readonly asOf: string; readonly currency: ReportingCurrency },
  exponents: Exponents,
): Promise<Converter> {
  const days = [...new Set(amounts.map(({ day }) => day))];
  const quotes = [...new Set([...amounts.map(({ currency }) => currency), 'USD', 'XOF'])];
  const rows = await tx.$queryRaw<(Rate & { readonly day: Day })[]>`
    SELECT to_char(d.day, 'YYYY-MM-DD') AS day, r.* FROM unnest(${days}::date[]) AS d(day) CROSS JOIN LATERAL (
      SELECT DISTINCT ON (f.quote) f.source, f.base, f.quote, to_char(f.date, 'YYYY-MM-DD') AS date, trim_scale(f.rate)::text AS rate
      FROM fx_rate f
      WHERE f.quote = ANY(${quotes}::text[]) AND f.base IN ('EUR', 'USD') AND f.date BETWEEN d.day - ${MOST_RATE_AGE_DAYS}::int AND d.day
        AND f.recorded_at <= ${asOf}::timestamptz
      ORDER BY f.quote, (f.base = 'EUR' AND f.date >= d.day - ${MOST_EURO_RATE_AGE_DAYS}::int) DESC, f.date DESC, f.base = 'EUR' DESC, f.source
    ) r`;
  const bookOf = (day: Day): RateBook => {
    const fixed = quotes.flatMap((quote) => fixedRate(quote, day) ?? []);
    return new Map([...rows.filter((row) => row.day === day), ...fixed].map((rate) => [rate.quote, rate]));
  };
  const books = new Map(days.map((day) => [day, bookOf(day)]));
  return (minor, currency, day) => convertToReporting(minor, currency, books.get(day) ?? new Map(), exponents)[target]?.minor ?? null;
}

/** The names of an event as they were at a moment. */
export async function eventAt(tx: Tx, id: string, asOf: string): Promise<{ readonly code: string; readonly nameFr: string; readonly nameEn: string } | null> {
  const event = await tx.event.findUnique({ where: { id }, select: { code: true, nameFr: true, nameEn: true } });
  if (!event) return null;
  const [row] = await tx.$queryRaw<{ data: { code: string; nameFr: string; nameEn: string } }[]>`
    SELECT data FROM record_revision WHERE kind = 'event' AND record_id = ${id}::uuid AND recorded_at <= ${asOf}::timestamptz ORDER BY revision DESC LIMIT 1`;
  return row?.data ?? event;
}

/** Whether a day lies in the period of a filter. */
export function withinDays(day: Day, { from, to }: FlowFilter): boolean {
  return (from === undefined || day >= from) && (to === undefined || day <= to);
}
