import type { FundingProfile, PlanFacts, Selection } from '../../domain/coverage.js';
import type { Day } from '../../domain/days.js';
import { convert, findLegs, type RateBook } from '../../domain/fx.js';
import { exponentOf } from '../../domain/money.js';
import { type Reference, statesOf } from '../../domain/reference.js';
import type { RegionalGroup, RegionalProfile } from '../../domain/regional.js';
import { keptRecord } from '../../domain/report.js';
import type { Tx } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';
import { loadRateBook } from '../fx/fx.store.js';
import { labelsAt } from '../reports/labels.store.js';
import type { CoverageQuestion, RegionalQuestion } from './coverage.schema.js';
import {
  caseloadsAt,
  donorProfiles,
  fundingProfiles,
  type Lookup,
  organisationCountries,
  plansAt,
  type PlanRow,
  type PublishedRow,
  publishedAt,
  type RequirementRow,
  requirementsAt,
} from './coverage.store.js';

const REGION = 'AES';

export type GroupStates = Readonly<Record<RegionalGroup, readonly string[]>>;

/** The states of each group on a day. */
export function groupsOn(day: Day, { memberships }: Reference): GroupStates {
  const of = (status: string) => statesOf(REGION, day, memberships.filter((membership) => membership.status === status));
  const [members, invited] = [of('member'), of('invited')];
  return { members, invited, all: [...new Set([...members, ...invited])].sort() };
}

/** The totals of these facts are open to everybody; restricted flows only to who may see such. */
interface Asker {
  readonly tx: Tx;
  readonly reference: Reference;
  /** ISO 8601 with microseconds. */
  readonly asOf: string;
  readonly restricted: boolean;
  /** Whether what was recorded after the moment is looked at too, as left out. */
  readonly later: boolean;
}

export interface CoverageFacts {
  readonly lookup: Lookup;
  readonly selection: Selection;
  readonly membershipOn: Day;
  readonly groups: GroupStates;
  readonly plans: ReadonlyMap<string, PlanFacts>;
  readonly planRows: ReadonlyMap<string, PlanRow>;
  readonly profiles: readonly FundingProfile[];
  readonly published: readonly PublishedRow[];
  /** Requirements that no rate converts, by the plan's code. */
  readonly unconverted: ReadonlyMap<string, RequirementRow>;
  readonly books: RateBooks;
}

/** Everything coverage is computed from, as it was known at the moment asked. */
export async function coverageFacts({ tx, reference, asOf, restricted, later }: Asker, question: CoverageQuestion): Promise<CoverageFacts> {
  const membershipOn = asOf.slice(0, 10);
  const groups = groupsOn(membershipOn, reference);
  const countries = chosenStates(question, groups);
  const lookup = { currency: question.currency, asOf, restricted, later, countries: countries && [...new Set([...countries, ...groups.all])] };
  const found = await asSystem(tx, async () => ({
    plans: await plansAt(tx, asOf),
    requirements: new Map((await requirementsAt(tx, asOf)).map((row) => [row.planId, row])),
    people: byPlan(await caseloadsAt(tx, asOf)),
    published: await publishedAt(tx, asOf),
    profiles: await fundingProfiles(tx, lookup),
  }));
  const books = new RateBooks(tx, asOf, reference);
  const plans = new Map<string, PlanFacts>();
  const unconverted = new Map<string, RequirementRow>();
  for (const { id, code, countries: states, year } of found.plans) {
    const row = found.requirements.get(id);
    const minor = row && (await books.convert(row.amountMinor, row.currency, question.currency, row.asOf));
    if (row && minor === null) unconverted.set(code, row);
    const parts = (row?.parts ?? []).map((part) => ({ ...part, amountMinor: BigInt(part.amountMinor) }));
    const requirements = row && minor !== null && minor !== undefined ? { minor, ownMinor: row.amountMinor, parts } : null;
    plans.set(code, { code, countries: states, year, requirements, people: found.people.get(id) ?? [] });
  }
  return {
    lookup,
    selection: { countries, years: question.years ?? null, plans: question.plans ?? null },
    membershipOn,
    groups,
    plans,
    planRows: new Map(found.plans.map((row) => [row.code, row])),
    profiles: found.profiles,
    published: found.published,
    unconverted,
    books,
  };
}

function byPlan<T extends { readonly planId: string }>(rows: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const plans = new Map<string, T[]>();
  for (const row of rows) plans.set(row.planId, [...(plans.get(row.planId) ?? []), row]);
  return plans;
}

function chosenStates({ countries, region }: CoverageQuestion, groups: GroupStates): readonly string[] | null {
  const ofRegion = region && groups[region];
  if (!countries) return ofRegion ?? null;
  return ofRegion ? countries.filter((code) => ofRegion.includes(code)) : countries;
}

/** Rates as they were known at a moment, read once for each currency and day. */
class RateBooks {
  private readonly books = new Map<string, RateBook>();

  constructor(
    private readonly tx: Tx,
    private readonly asOf: string,
    private readonly reference: Reference,
  ) {}

  /** An amount at the rate of a day; null where nobody published one. */
  async convert(minor: bigint, from: string, to: string, day: Day): Promise<bigint | null> {
    if (from === to) return minor;
    const name = `${from} ${day}`;
    const book = this.books.get(name) ?? (await loadRateBook(this.tx, [from], day, this.asOf));
    this.books.set(name, book);
    const legs = findLegs(from, to, book);
    const withExponent = (currency: string) => ({ currency, exponent: exponentOf(currency, this.reference.exponents) });
    return legs ? convert(minor, withExponent(from), withExponent(to), legs) : null;
  }
}

/** The day whose membership counts: that of the moment, or the last of a period that ended before. */
export function membershipDay(asOf: string, to: Day | undefined): Day {
  const day = asOf.slice(0, 10);
  return to !== undefined && to < day ? to : day;
}

/** The country of each organisation that has one, a duplicate's by the record that was kept; in the system's scope. */
export async function donorCountries(tx: Tx, asOf: string): Promise<ReadonlyMap<string, string>> {
  const countries = await organisationCountries(tx);
  const { mergedInto } = await labelsAt(tx, asOf);
  const ids = [...new Set([...countries.keys(), ...mergedInto.keys()])];
  return new Map(ids.flatMap((id) => {
    const country = countries.get(keptRecord(id, mergedInto)) ?? countries.get(id);
    return country === undefined ? [] : [[id, country]];
  }));
}

export interface RegionalFacts {
  readonly lookup: Lookup;
  readonly membershipOn: Day;
  readonly groups: GroupStates;
  readonly profiles: readonly RegionalProfile[];
}

/** Everything the regional view is computed from, as it was known at the moment asked. */
export async function regionalFacts({ tx, reference, asOf, restricted, later }: Asker, { currency, from, to }: Omit<RegionalQuestion, 'groups'>): Promise<RegionalFacts> {
  const membershipOn = membershipDay(asOf, to);
  const groups = groupsOn(membershipOn, reference);
  const lookup = { currency, asOf, restricted, later, countries: groups.all, from, to };
  return asSystem(tx, async () => {
    const countries = await donorCountries(tx, asOf);
    const profiles = await donorProfiles(tx, lookup);
    return {
      lookup,
      membershipOn,
      groups,
      profiles: profiles.map(({ donorId, ...profile }) => ({ ...profile, donorCountry: donorId === null ? null : (countries.get(donorId) ?? null) })),
    };
  });
}
