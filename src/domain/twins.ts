import { type Day, daysBetween } from './days.js';
import { divideHalfUp } from './money.js';
import { DomainError } from './problem.js';

/** A payment as one side tells it: the donor that says it paid, or the state that says it received. */
export interface Told {
  /** Unique among all that one side tells. */
  readonly id: string;
  /** The donor, with merged duplicates replaced by the organisation that was kept. */
  readonly donorId: string;
  /** ISO3. */
  readonly countries: readonly string[];
  /** Minor units. */
  readonly amountMinor: bigint;
  readonly currency: string;
  /** US cents; null without a rate. */
  readonly usdMinor: bigint | null;
  readonly valueDate: Day;
  /** Numbers by which it is known: of the transfer, the contract, the record. */
  readonly references: readonly string[];
}

/** How far apart two tellings of one payment may be. */
export interface Tolerance {
  /** Hundredths of a per cent of the larger amount; 200 is 2 %. */
  readonly amount: number;
  readonly days: number;
}

export const defaultTolerance: Tolerance = { amount: 200, days: 30 };

/** How two tellings of a payment differ. */
export interface Differences {
  /** State − donor, in minor units of `currency`; null when the amounts cannot be compared. */
  readonly amountMinor: bigint | null;
  /** The currency compared in: their own when it is the same, else USD. */
  readonly currency: string;
  /** |difference| in hundredths of a per cent of the larger amount, half-up. */
  readonly amountShare: number | null;
  /** State − donor. */
  readonly days: number;
  readonly reference: 'equal' | 'contained' | 'different' | 'missing';
  readonly states: 'equal' | 'overlapping' | 'different';
}

/** Two tellings that may be of one payment; `score` is 100 where nothing differs. */
export interface Match<D extends Told = Told, S extends Told = Told> {
  readonly donor: D;
  readonly state: S;
  readonly score: number;
  readonly differences: Differences;
}

/** A match that was taken; not certain when it is a weak one, or when another possible one is nearly as good. */
export interface Pair<D extends Told = Told, S extends Told = Told> extends Match<D, S> {
  readonly certain: boolean;
  /** The other possible matches of either side, best first, at most five. */
  readonly alternatives: readonly Match<D, S>[];
}

export interface Matching<D extends Told = Told, S extends Told = Told> {
  readonly pairs: readonly Pair<D, S>[];
  readonly unmatchedDonor: readonly D[];
  readonly unmatchedState: readonly S[];
}

/** The most that one side of a matching may tell, so that it takes moments. */
export const MOST_TOLD = 5_000;
/** Equal payments of one donor, each of which could be any other. */
const MOST_MATCHES = 200_000;

/** Points of a match; the highest amount in USD stays below that in one currency, so that only what is exact reaches the top. */
const POINTS = { amount: 50, amountInUsd: 48, days: 30, reference: 15, contained: 10, states: 5 } as const;
const CERTAIN_SCORE = 70;
const CERTAIN_LEAD = 10;
const MOST_ALTERNATIVES = 5;
/** Shorter numbers stand in others by chance. */
const SHORTEST_CONTAINED = 5;

/**
 * Matches what donors say they paid with what states say they received: of one donor, with a state in common, within the tolerance.
 * The best match is taken first and each telling once; equal scores go by the ids, so that the order of the lists does not matter.
 * @throws TOO_MANY_RECORDS above {@link MOST_TOLD} on one side, or when too many are alike
 */
export function matchTwins<D extends Told, S extends Told>(
  donorSide: readonly D[],
  stateSide: readonly S[],
  tolerance: Tolerance = defaultTolerance,
  isRuledOut: (donor: D, state: S) => boolean = () => false,
): Matching<D, S> {
  if (Math.max(donorSide.length, stateSide.length) > MOST_TOLD) throw tooMany();
  const matches = possibleMatches(donorSide, stateSide, tolerance)
    .filter(({ donor, state }) => !isRuledOut(donor, state))
    .map((match) => ({ match, key: [match.donor.id, match.state.id].sort().join(' ') }))
    .sort((a, b) => (a.match.score === b.match.score ? (a.key < b.key ? -1 : 1) : b.match.score - a.match.score))
    .map(({ match }) => match);
  const ofDonor = groupBy(matches, ({ donor }) => donor.id);
  const ofState = groupBy(matches, ({ state }) => state.id);
  const takenDonor = new Set<string>();
  const takenState = new Set<string>();
  const pairs: Pair<D, S>[] = [];
  for (const match of matches) {
    const { donor, state } = match;
    if (takenDonor.has(donor.id) || takenState.has(state.id)) continue;
    takenDonor.add(donor.id);
    takenState.add(state.id);
    const alternatives = [ofDonor.get(donor.id), ofState.get(state.id)].flatMap((all = []) => all.slice(0, MOST_ALTERNATIVES + 1).filter((other) => other !== match));
    const best = alternatives.sort((a, b) => b.score - a.score).slice(0, MOST_ALTERNATIVES);
    const lead = match.score - (best[0]?.score ?? 0);
    pairs.push({ ...match, certain: match.score >= CERTAIN_SCORE && lead >= CERTAIN_LEAD, alternatives: best });
  }
  return {
    pairs,
    unmatchedDonor: donorSide.filter(({ id }) => !takenDonor.has(id)),
    unmatchedState: stateSide.filter(({ id }) => !takenState.has(id)),
  };
}

/** A telling with what is compared many times worked out once. */
interface Ready<T extends Told> {
  readonly told: T;
  /** Days since 1970. */
  readonly day: number;
  readonly references: readonly string[];
}

function ready<T extends Told>(told: T): Ready<T> {
  return { told, day: daysBetween('1970-01-01', told.valueDate), references: told.references.map(bare).filter(Boolean) };
}

/** Every match within the tolerance; each side's tellings are sorted by day, so that only those near each other are compared. */
function possibleMatches<D extends Told, S extends Told>(donorSide: readonly D[], stateSide: readonly S[], tolerance: Tolerance): Match<D, S>[] {
  const states = groupBy(stateSide.map(ready).sort(byDay), ({ told }) => told.donorId);
  const matches: Match<D, S>[] = [];
  for (const [donorId, told] of groupBy(donorSide.map(ready).sort(byDay), ({ told: { donorId: id } }) => id)) {
    const recorded = states.get(donorId) ?? [];
    let first = 0;
    for (const donor of told) {
      while ((recorded[first]?.day ?? donor.day) < donor.day - tolerance.days) first += 1;
      for (let at = first; (recorded[at]?.day ?? Infinity) <= donor.day + tolerance.days; at += 1) {
        const state = recorded[at];
        if (state && isPossible(donor.told, state.told, tolerance)) matches.push(compare(donor, state));
      }
      if (matches.length > MOST_MATCHES) throw tooMany();
    }
  }
  return matches;
}

function tooMany(): DomainError {
  return new DomainError('TOO_MANY_RECORDS', { most: MOST_TOLD });
}

function isPossible(donor: Told, state: Told, tolerance: Tolerance): boolean {
  return withinAmount(donor, state, tolerance.amount) && donor.countries.some((code) => state.countries.includes(code));
}

/** Two tellings side by side, within a tolerance or beyond. */
export function compareTold<D extends Told, S extends Told>(donor: D, state: S): Match<D, S> {
  return compare(ready(donor), ready(state));
}

function compare<D extends Told, S extends Told>(donor: Ready<D>, state: Ready<S>): Match<D, S> {
  const differences = differencesBetween(donor, state);
  return { donor: donor.told, state: state.told, differences, score: scoreOf(differences, donor.told.currency === state.told.currency) };
}

/** The two amounts in one currency; null without a rate. */
function comparable(donor: Told, state: Told): { readonly donor: bigint; readonly state: bigint; readonly currency: string } | null {
  if (donor.currency === state.currency) return { donor: donor.amountMinor, state: state.amountMinor, currency: donor.currency };
  if (donor.usdMinor === null || state.usdMinor === null) return null;
  return { donor: donor.usdMinor, state: state.usdMinor, currency: 'USD' };
}

function sizeOf(minor: bigint): bigint {
  return minor < 0n ? -minor : minor;
}

function larger(a: bigint, b: bigint): bigint {
  return sizeOf(a) > sizeOf(b) ? sizeOf(a) : sizeOf(b);
}

/** Exact, where {@link Differences.amountShare} is rounded. */
function withinAmount(donor: Told, state: Told, tolerance: number): boolean {
  const amounts = comparable(donor, state);
  return amounts !== null && sizeOf(amounts.state - amounts.donor) * 10_000n <= BigInt(tolerance) * larger(amounts.donor, amounts.state);
}

function differencesBetween(donor: Ready<Told>, state: Ready<Told>): Differences {
  const amounts = comparable(donor.told, state.told);
  return {
    amountMinor: amounts && amounts.state - amounts.donor,
    currency: amounts?.currency ?? 'USD',
    amountShare: amounts && shareOf(amounts.state - amounts.donor, larger(amounts.donor, amounts.state)),
    days: state.day - donor.day,
    reference: compareReferences(donor.references, state.references),
    states: compareStates(donor.told.countries, state.told.countries),
  };
}

function shareOf(difference: bigint, size: bigint): number {
  return difference === 0n ? 0 : Number(divideHalfUp(sizeOf(difference) * 10_000n, size));
}

/** Of the differences alone, not of the tolerance: a wider search leaves the scores as they are. */
function scoreOf({ amountMinor, amountShare, days, reference, states }: Differences, sameCurrency: boolean): number {
  const most = sameCurrency ? POINTS.amount : POINTS.amountInUsd;
  const lost = amountMinor === 0n ? 0 : Math.max(1, Math.floor((amountShare ?? 0) / 10));
  const amount = Math.max(0, most - lost);
  const near = Math.max(0, POINTS.days - Math.abs(days));
  const named = reference === 'equal' ? POINTS.reference : reference === 'contained' ? POINTS.contained : 0;
  return amount + near + named + (states === 'equal' ? POINTS.states : 0);
}

function compareReferences(ours: readonly string[], theirs: readonly string[]): Differences['reference'] {
  if (ours.length === 0 || theirs.length === 0) return 'missing';
  if (ours.some((reference) => theirs.includes(reference))) return 'equal';
  const contained = (whole: string, part: string) => part.length >= SHORTEST_CONTAINED && whole.includes(part);
  return ours.some((a) => theirs.some((b) => contained(a, b) || contained(b, a))) ? 'contained' : 'different';
}

function bare(reference: string): string {
  return reference.normalize('NFKD').toUpperCase().replace(/[^\p{L}\p{N}]/gu, '');
}

function compareStates(donor: readonly string[], state: readonly string[]): Differences['states'] {
  const shared = donor.filter((code) => state.includes(code)).length;
  if (shared === 0) return 'different';
  return shared === donor.length && shared === state.length ? 'equal' : 'overlapping';
}

function byDay(a: Ready<Told>, b: Ready<Told>): number {
  return a.day - b.day;
}

function groupBy<T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
