import type { Day } from '../../domain/days.js';
import type { FundingProfile, People, PlanCell } from '../../domain/coverage.js';
import type { ReportingCurrency } from '../../domain/fx.js';
import type { RegionalProfile } from '../../domain/regional.js';
import { Prisma, type Tx } from '../../platform/db.js';
import { matching } from '../mechanism-figures/promises.store.js';

/** What decides which movements are looked at, and which of them do not count. */
export interface Lookup {
  readonly currency: ReportingCurrency;
  /** ISO 8601 with microseconds. */
  readonly asOf: string;
  /** Whether restricted flows count. */
  readonly restricted: boolean;
  /** Whether what was recorded after the moment is looked at too, as left out. */
  readonly later: boolean;
  /** Only what names one of these states, or none. */
  readonly countries: readonly string[] | null;
  /** Value dates; both belong to the period. */
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
}

const converted = (currency: ReportingCurrency) => Prisma.raw(`${currency.toLowerCase()}_minor`);

/** Lines of the donors' journal and movements of the funds' book, side by side; a refund lowers what was transferred. */
function movements({ currency, asOf, later, countries, from, to }: Lookup, stages: readonly string[], kinds: readonly string[]): Prisma.Sql {
  const conditions = Prisma.join(
    [
      later ? Prisma.sql`true` : Prisma.sql`x.recorded_at <= ${asOf}::timestamptz`,
      ...(countries ? [Prisma.sql`(x.countries && ${[...countries]}::text[] OR cardinality(x.countries) = 0)`] : []),
      ...(from === undefined ? [] : [Prisma.sql`x.value_date >= ${from}::date`]),
      ...(to === undefined ? [] : [Prisma.sql`x.value_date <= ${to}::date`]),
    ],
    ' AND ',
  );
  // A line may also name the fund it comes through; only a promise to a fund goes into its book.
  const intoFund = Prisma.sql`CASE WHEN x.fund_id IS NULL THEN false ELSE EXISTS (
    SELECT FROM journal_entry e LEFT JOIN commitment c ON c.id = e.commitment_id LEFT JOIN pledge p ON p.id = e.pledge_id
    WHERE e.id = x.entry_id AND coalesce(c.destination_kind, p.destination_kind) = 'fund') END`;
  const shared = Prisma.sql`x.restricted, x.countries, x.sectors, x.beneficiary_groups, x.plans,
    CASE cardinality(x.usage_years) WHEN 0 THEN ARRAY[to_char(x.value_date, 'YYYY')] ELSE x.usage_years END AS years, x.value_date, x.recorded_at, x.currency`;
  return Prisma.sql`(
    SELECT 'journal' AS book, x.entry_id AS id, x.cell, x.stage::text AS stage, x.boundary = 'internal' AS internal, ${intoFund} AS into_fund,
      x.donor_id::text AS donor_id, ${shared}, x.amount_minor, x.${converted(currency)} AS converted
    FROM journal_line x WHERE x.stage::text = ANY(${[...stages]}::text[]) AND ${conditions}
    UNION ALL
    SELECT 'fund', x.id, x.cell, x.kind::text, false, false, NULL, ${shared},
      CASE x.kind WHEN 'refund' THEN -x.amount_minor ELSE x.amount_minor END,
      CASE x.kind WHEN 'refund' THEN -x.${converted(currency)} ELSE x.${converted(currency)} END
    FROM fund_entry x WHERE x.kind::text = ANY(${[...kinds]}::text[]) AND ${conditions}
  )`;
}

const recordedLater = (asOf: string) => Prisma.sql`WHEN m.recorded_at > ${asOf}::timestamptz THEN 'RECORDED_LATER'`;
const withoutCount = (restricted: boolean) =>
  Prisma.sql`${restricted ? Prisma.empty : Prisma.sql`WHEN m.restricted THEN 'RESTRICTED'`} WHEN m.converted IS NULL THEN 'NO_RATE' END`;

/** How one view looks at the movements: which they are, why one does not count, and in what those agree that it takes together. */
export interface Look {
  readonly from: Prisma.Sql;
  readonly reason: Prisma.Sql;
  readonly key: Prisma.Sql;
}

/** As coverage looks at them. */
export function coverageLook(lookup: Lookup): Look {
  const reason = Prisma.sql`CASE ${recordedLater(lookup.asOf)} WHEN m.internal THEN 'INTERNAL_TRANSFER' WHEN m.into_fund THEN 'INTO_FUND' ${withoutCount(lookup.restricted)}`;
  return {
    from: movements(lookup, ['commitment', 'disbursement'], ['allocation', 'transfer', 'refund']),
    reason,
    key: Prisma.sql`concat_ws('|', m.book, ${reason}, m.countries, m.sectors, m.beneficiary_groups, m.plans, m.years)`,
  };
}

/** As the regional view looks at them. */
export function regionalLook(lookup: Lookup): Look {
  const reason = Prisma.sql`CASE ${recordedLater(lookup.asOf)} ${withoutCount(lookup.restricted)}`;
  return {
    from: movements(lookup, ['pledge', 'commitment', 'disbursement'], ['transfer', 'refund']),
    reason,
    key: Prisma.sql`concat_ws('|', replace(m.stage, 'refund', 'transfer'), ${reason}, m.internal, m.into_fund, m.donor_id, m.countries)`,
  };
}

/** The movements as coverage sees them, those that agree in everything taken together; in the system's scope. */
export function fundingProfiles(tx: Tx, lookup: Lookup): Promise<FundingProfile[]> {
  const { from, reason, key } = coverageLook(lookup);
  return tx.$queryRaw<FundingProfile[]>`
    SELECT ${key} AS key, CASE m.book WHEN 'fund' THEN 'fund' ELSE 'direct' END AS through, ${reason} AS reason, m.countries, m.sectors,
      m.beneficiary_groups AS "beneficiaryGroups", m.plans, m.years,
      coalesce(sum(m.converted) FILTER (WHERE m.stage IN ('commitment', 'allocation')), 0)::bigint AS committed,
      coalesce(sum(m.converted) FILTER (WHERE m.stage IN ('disbursement', 'transfer', 'refund')), 0)::bigint AS paid, count(*)::int AS lines
    FROM ${from} m GROUP BY 1, 2, 3, 4, 5, 6, 7, 8`;
}

/** A profile before its donor's country is known. */
export type DonorProfile = Omit<RegionalProfile, 'donorCountry'> & { readonly donorId: string | null };

/** The movements as the regional view sees them; in the system's scope. */
export function donorProfiles(tx: Tx, lookup: Lookup): Promise<DonorProfile[]> {
  const { from, reason, key } = regionalLook(lookup);
  return tx.$queryRaw<DonorProfile[]>`
    SELECT ${key} AS key, replace(m.stage, 'refund', 'transfer') AS stage, ${reason} AS reason, m.internal, m.into_fund AS "intoFund",
      m.donor_id AS "donorId", m.countries, coalesce(sum(m.converted), 0)::bigint AS minor, count(*)::int AS lines
    FROM ${from} m GROUP BY 1, 2, 3, 4, 5, 6, 7`;
}

/** The countries of organisations that have one. */
export async function organisationCountries(tx: Tx): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.$queryRaw<{ id: string; country: string }[]>`SELECT id::text AS id, country_iso3 AS country FROM organisation WHERE country_iso3 IS NOT NULL`;
  return new Map(rows.map(({ id, country }) => [id, country]));
}

/** The lines of the donors' journal among the movements of some profiles, as a condition on `journal_line l`. */
export function journalLinesOf({ from, key }: Look, keys: readonly string[]): Prisma.Sql {
  return Prisma.sql`(l.entry_id, l.cell) IN (SELECT m.id, m.cell FROM ${from} m WHERE m.book = 'journal' AND ${key} = ANY(${[...keys]}::text[]))`;
}

/** What decides which lines are a region's total. */
export interface RegionalLines {
  readonly states: readonly string[];
  /** The country of each organisation that has one. */
  readonly donorCountries: ReadonlyMap<string, string>;
  readonly restricted: boolean;
  readonly currency: ReportingCurrency;
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
}

/** The total of a group of states, as `regionalPartOf` has it: money from outside and own resources, what goes into common funds included. */
export function regionalLines({ states, donorCountries, restricted, currency, from, to }: RegionalLines): Prisma.Sql {
  const insiders = [...donorCountries].filter(([, country]) => states.includes(country));
  const [ids, countries] = [insiders.map(([id]) => id), insiders.map(([, country]) => country)];
  return Prisma.sql`l.boundary = 'crossing' AND l.${converted(currency)} IS NOT NULL AND ${restricted ? Prisma.sql`true` : Prisma.sql`NOT l.restricted`}
    AND ${matching('l', { countries: states, from, to })} AND l.countries <@ ${[...states]}::text[]
    AND (l.donor_id <> ALL(${ids}::uuid[])
      OR cardinality(l.countries) = 1 AND (l.donor_id, l.countries[1]) IN (SELECT * FROM unnest(${ids}::uuid[], ${countries}::text[]))
      OR l.fund_id IS NOT NULL AND coalesce((SELECT c.destination_kind FROM commitment c WHERE c.id = e.commitment_id), (SELECT p.destination_kind FROM pledge p WHERE p.id = e.pledge_id)) = 'fund')`;
}

export interface MovementRow {
  readonly book: 'journal' | 'fund';
  readonly id: string;
  readonly cell: number;
  readonly stage: string;
  readonly key: string;
  readonly reason: string | null;
  readonly reference: string | null;
  readonly description: string | null;
  readonly donor_id: string | null;
  readonly fund_id: string | null;
  readonly countries: string[];
  readonly sectors: string[];
  readonly plans: string[];
  readonly value_date: Day;
  readonly recorded_at: string;
  readonly currency: string;
  readonly amount_minor: bigint;
  readonly converted: bigint | null;
}

/** Where a page begins: after this movement. */
export type MovementPlace = readonly [recordedAt: string, id: string, cell: number];

/** The movements of some profiles that the asker's own scope shows, oldest first. */
export function findMovements(tx: Tx, { from, reason, key }: Look, keys: readonly string[], after: MovementPlace | undefined, limit: number): Promise<MovementRow[]> {
  const [at, id, cell] = after ?? ['-infinity', '00000000-0000-0000-0000-000000000000', -1];
  return tx.$queryRaw<MovementRow[]>`
    SELECT m.book, m.id::text AS id, m.cell::int AS cell, m.stage, ${key} AS key, ${reason} AS reason,
      coalesce(o.reference, d.reference, c.reference, p.reference) AS reference, coalesce(o.description, d.description, c.description, p.description) AS description,
      m.donor_id, b.fund_id::text AS fund_id, m.countries, m.sectors, m.plans, to_char(m.value_date, 'YYYY-MM-DD') AS value_date,
      to_char(m.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS recorded_at, m.currency, m.amount_minor, m.converted
    FROM ${from} m
    LEFT JOIN fund_entry b ON m.book = 'fund' AND b.id = m.id LEFT JOIN fund_operation o ON o.id = b.operation_id
    LEFT JOIN journal_entry e ON m.book = 'journal' AND e.id = m.id
    LEFT JOIN disbursement d ON e.stage = 'disbursement' AND d.id = e.disbursement_id
    LEFT JOIN commitment c ON e.stage = 'commitment' AND c.id = e.commitment_id
    LEFT JOIN pledge p ON e.stage = 'pledge' AND p.id = e.pledge_id
    WHERE ${key} = ANY(${[...keys]}::text[]) AND (m.recorded_at, m.id, m.cell) > (${at}::timestamptz, ${id}::uuid, ${cell}::int)
    ORDER BY m.recorded_at, m.id, m.cell LIMIT ${limit}`;
}

/** How many movements of some profiles the scope shows. */
export async function countMovements(tx: Tx, { from, key }: Look, keys: readonly string[]): Promise<number> {
  const [row] = await tx.$queryRaw<{ lines: number }[]>`SELECT count(*)::int AS lines FROM ${from} m WHERE ${key} = ANY(${[...keys]}::text[])`;
  return row?.lines ?? 0;
}

/** A plan as it was known at a moment. */
export interface PlanRow {
  readonly id: string;
  readonly code: string;
  readonly nameFr: string;
  readonly nameEn: string;
  readonly countries: readonly string[];
  readonly year: number | null;
}

/** @param asOf ISO 8601 */
export function plansAt(tx: Tx, asOf: string): Promise<PlanRow[]> {
  return tx.$queryRaw<PlanRow[]>`
    SELECT DISTINCT ON (record_id) record_id::text AS id, data ->> 'code' AS code, data ->> 'nameFr' AS "nameFr", data ->> 'nameEn' AS "nameEn",
      coalesce(data -> 'countries', '[]') AS countries, (data ->> 'year')::int AS year
    FROM record_revision WHERE kind = 'response_plan' AND recorded_at <= ${asOf}::timestamptz ORDER BY record_id, revision DESC`;
}

/** The figure of a plan's requirements that was current at a moment. */
export interface RequirementRow {
  readonly planId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly asOf: Day;
  readonly parts: readonly (PlanCell & { readonly amountMinor: string })[];
}

/** The latest revision of each plan, else the latest original. */
export function requirementsAt(tx: Tx, asOf: string): Promise<RequirementRow[]> {
  return tx.$queryRaw<RequirementRow[]>`
    SELECT r.plan_id::text AS "planId", r.amount_minor AS "amountMinor", r.currency, to_char(r.as_of, 'YYYY-MM-DD') AS "asOf", coalesce((
      SELECT jsonb_agg(jsonb_build_object('country', p.country, 'sector', p.sector, 'beneficiaryGroup', p.beneficiary_group, 'amountMinor', p.amount_minor::text) ORDER BY p.number)
      FROM requirement_part p WHERE p.requirement_id = r.id), '[]') AS parts
    FROM (
      SELECT DISTINCT ON (plan_id) * FROM plan_requirement WHERE recorded_at <= ${asOf}::timestamptz
      ORDER BY plan_id, kind = 'revised' DESC, recorded_at DESC, id DESC
    ) r ORDER BY r.plan_id`;
}

/** The latest figures of people in each cell of each plan. */
export function caseloadsAt(tx: Tx, asOf: string): Promise<(PlanCell & People & { readonly planId: string })[]> {
  return tx.$queryRaw`
    SELECT DISTINCT ON (plan_id, country, sector, beneficiary_group) plan_id::text AS "planId", country, sector, beneficiary_group AS "beneficiaryGroup",
      in_need AS "inNeed", targeted, reached
    FROM plan_caseload WHERE recorded_at <= ${asOf}::timestamptz ORDER BY plan_id, country, sector, beneficiary_group, recorded_at DESC, id DESC`;
}

/** What a source published last of a plan in a country and year, or of the country outside all plans. */
export interface PublishedRow {
  readonly planId: string | null;
  readonly source: string;
  readonly country: string;
  readonly year: number;
  readonly requirementsMinor: bigint | null;
  readonly fundingMinor: bigint | null;
  readonly percent: number | null;
  readonly currency: string;
  readonly asOf: Day;
}

export function publishedAt(tx: Tx, asOf: string): Promise<PublishedRow[]> {
  return tx.$queryRaw<PublishedRow[]>`
    SELECT DISTINCT ON (source_system, plan_id, country, year) plan_id::text AS "planId", source_system AS source, country, year,
      requirements_minor AS "requirementsMinor", funding_minor AS "fundingMinor", percent, currency, to_char(as_of, 'YYYY-MM-DD') AS "asOf"
    FROM published_funding WHERE recorded_at <= ${asOf}::timestamptz ORDER BY source_system, plan_id, country, year, recorded_at DESC, id DESC`;
}
