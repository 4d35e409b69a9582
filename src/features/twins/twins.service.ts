import { type Day, daysBetween, fromDay, latestLocalDay, toDay } from '../../domain/days.js';
import type { RateBook } from '../../domain/fx.js';
import { convertToReporting } from '../../domain/posting.js';
import { visibilityOf } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import { checkPeriod } from '../../domain/rules.js';
import { compareTold, matchTwins, MOST_TOLD, type Pair, type Tolerance } from '../../domain/twins.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import { loadRateBook } from '../fx/fx.store.js';
import { pageOfComputed } from './computed-page.js';
import { differencesAnswerOf, settlementAnswerOf, sideAnswerOf } from './twins.answer.js';
import type { PairAnswer, SideAnswer, TwinsQuery, UnmatchedQuery } from './twins.schema.js';
import { donorFamily, findDonorSide, findSides, findStateSide, lastSettlements, type LastSettlement, type TwinFilter, type TwinSide } from './twins.store.js';

const DEFAULT_DAYS = 365;
const MOST_DAYS = 1_100;

type TwinPair = Pair<TwinSide, TwinSide> & { readonly settlement: LastSettlement | null };

interface Twins {
  readonly pairs: readonly TwinPair[];
  readonly unmatched: Readonly<Record<'donor' | 'state', readonly TwinSide[]>>;
}

/**
 * What donors say they paid beside what was entered here, as far as the actor sees both: settled, or matched within the tolerance.
 * @throws PERIOD_REVERSED, PERIOD_TOO_LONG, TOO_MANY_RECORDS, CURSOR_INVALID
 */
export async function listTwins(context: RequestContext, query: TwinsQuery): Promise<Page<PairAnswer>> {
  const { pairs } = await findTwins(context, query);
  const page = pageOfComputed(pairs, query, ({ donor, state }) => `${state.valueDate} ${state.id} ${donor.id}`);
  return mapPage(page, (pair) => pairAnswerOf(context, pair));
}

/**
 * What one side tells and the other does not, as far as the actor sees both.
 * @throws PERIOD_REVERSED, PERIOD_TOO_LONG, TOO_MANY_RECORDS, CURSOR_INVALID
 */
export async function listUnmatched(context: RequestContext, query: UnmatchedQuery): Promise<Page<SideAnswer>> {
  const { unmatched } = await findTwins(context, query);
  const page = pageOfComputed(unmatched[query.side], query, ({ valueDate, id }) => `${valueDate} ${id}`);
  return mapPage(page, (side) => sideAnswerOf(side, context.deps.reference.exponents));
}

/** Each source is matched with the state's records by itself: a payment can be told by the donor and be published as well. */
async function findTwins(context: RequestContext, query: TwinsQuery): Promise<Twins> {
  const { db } = context;
  const tolerance = { amount: hundredths(query.amountTolerance), days: query.dateTolerance };
  const filter = await filterOf(context, query, tolerance);
  const stateSide = notTooMany(await findStateSide(db, filter));
  const donorSide = await withUsd(context, notTooMany(await findDonorSide(db, filter)), stateSide);
  const settlements = await lastSettlements(db, stateSide.map(({ id }) => id), donorSide.map(({ key }) => key));
  const settled = await settledPairs(context, settlements, [...donorSide, ...stateSide]);
  const inForce = settlements.filter((settlement) => settlement.inForce);
  const settledKeys = new Set(inForce.map(({ key }) => key));
  const settledStates = new Set(inForce.map(({ disbursementId, source }) => `${disbursementId} ${source}`));
  const different = new Set(settlements.filter(({ same }) => !same).map(({ disbursementId, key }) => `${disbursementId} ${key}`));
  const matched = [...new Set(donorSide.map(({ source }) => source))].flatMap((source) => {
    const told = donorSide.filter((side) => side.source === source && !settledKeys.has(side.key));
    const recorded = stateSide.filter(({ id }) => !settledStates.has(`${id} ${source}`));
    return matchTwins(told, recorded, tolerance, (donor, state) => different.has(`${state.id} ${donor.key}`)).pairs;
  });
  const pairs = [...settled, ...matched.map((pair) => ({ ...pair, settlement: null }))];
  const paired = new Set([...matched.flatMap(({ donor, state }) => [donor.key, state.id]), ...inForce.flatMap(({ key, disbursementId }) => [key, disbursementId])]);
  const { from, to } = periodOf(context, query);
  const isAsked = ({ valueDate }: TwinSide) => from <= valueDate && valueDate <= to;
  const unmatched = (sides: readonly TwinSide[]) => sides.filter((side) => isAsked(side) && !paired.has(side.key));
  return {
    pairs: pairs.filter(({ donor, state }) => isAsked(donor) || isAsked(state)),
    unmatched: { donor: unmatched(donorSide), state: unmatched(stateSide) },
  };
}

function hundredths(percent: string): number {
  const [whole = '', decimals = ''] = percent.split('.');
  return Number(whole + decimals.padEnd(2, '0'));
}

/** Both sides are read a tolerance beyond the period, so that what lies on either side of its ends is matched too. */
async function filterOf(context: RequestContext, query: TwinsQuery, tolerance: Tolerance): Promise<TwinFilter> {
  const { from, to } = periodOf(context, query);
  return {
    visibility: visibilityOf(context.actor),
    from: shift(from, -tolerance.days),
    to: shift(to, tolerance.days),
    donorIds: query.donorId === undefined ? null : await donorFamily(context.db, query.donorId),
    country: query.country ?? null,
  };
}

function periodOf({ now }: RequestContext, { from: asked, to = latestLocalDay(now) }: Pick<TwinsQuery, 'from' | 'to'>): { readonly from: Day; readonly to: Day } {
  const from = asked ?? shift(to, -DEFAULT_DAYS);
  checkPeriod(from, to);
  const found = daysBetween(from, to);
  if (found > MOST_DAYS) throw new DomainError('PERIOD_TOO_LONG', { found, most: MOST_DAYS }, 'to');
  return { from, to };
}

/** Within the years that a day is written with. */
function shift(day: Day, days: number): Day {
  const date = fromDay(day);
  date.setUTCDate(date.getUTCDate() + days);
  const shifted = toDay(date);
  return /^\d{4}-/.test(shifted) && !shifted.startsWith('0000') ? shifted : day;
}

function notTooMany(sides: readonly TwinSide[]): readonly TwinSide[] {
  if (sides.length > MOST_TOLD) throw new DomainError('TOO_MANY_RECORDS', { most: MOST_TOLD });
  return sides;
}

/** The dollars of statements, at the rates of their days, where a state's payment of the donor is in another currency. */
async function withUsd({ db, deps }: RequestContext, donorSide: readonly TwinSide[], stateSide: readonly TwinSide[]): Promise<readonly TwinSide[]> {
  const currencies = new Map<string, Set<string>>();
  for (const { donorId, currency } of stateSide) currencies.set(donorId, (currencies.get(donorId) ?? new Set()).add(currency));
  const books = new Map<Day, RateBook>();
  const needed = donorSide.filter(({ source, donorId, currency }) => source === 'statement' && [...(currencies.get(donorId) ?? [])].some((other) => other !== currency));
  const all = [...new Set(needed.map(({ currency }) => currency))];
  for (const day of new Set(needed.map(({ valueDate }) => valueDate))) books.set(day, await loadRateBook(db, all, day));
  const ofStatement = new Set(needed);
  return donorSide.map((side) => (ofStatement.has(side) ? inUsd(side, books.get(side.valueDate) ?? new Map(), deps.reference.exponents) : side));
}

function inUsd(side: TwinSide, book: RateBook, exponents: RequestContext['deps']['reference']['exponents']): TwinSide {
  return { ...side, usdMinor: convertToReporting(side.amountMinor, side.currency, book, exponents).USD?.minor ?? null };
}

/** The pairs whose settlement is in force, wherever their days lie; one of which the actor sees one side only is left out. */
async function settledPairs(context: RequestContext, settlements: readonly LastSettlement[], known: readonly TwinSide[]): Promise<readonly TwinPair[]> {
  const inForce = settlements.filter((settlement) => settlement.inForce);
  const sides = new Map(known.map((side) => [side.id, side]));
  const missing = (ids: readonly (string | null)[]) => [...new Set(ids)].filter((id) => id !== null && !sides.has(id)) as string[];
  const disbursementIds = missing(inForce.flatMap(({ disbursementId, importedId }) => [disbursementId, importedId]));
  const statementIds = missing(inForce.map(({ statementId }) => statementId));
  for (const side of await findSides(context.db, { disbursementIds, statementIds })) sides.set(side.id, side);
  return inForce.flatMap((settlement) => {
    const donor = sides.get(settlement.statementId ?? settlement.importedId ?? '');
    const state = sides.get(settlement.disbursementId);
    return donor && state ? [{ ...compareTold(donor, state), certain: true, alternatives: [], settlement }] : [];
  });
}

function pairAnswerOf({ deps }: RequestContext, { donor, state, score, certain, differences, alternatives, settlement }: TwinPair): PairAnswer {
  const { exponents } = deps.reference;
  const restricted = donor.restricted || state.restricted;
  return {
    id: `${state.id} ${donor.id}`,
    donorSide: sideAnswerOf(donor, exponents),
    stateSide: sideAnswerOf(state, exponents),
    score,
    certain,
    differences: differencesAnswerOf(differences, exponents),
    alternatives: alternatives.map((other) => ({ donorSideId: other.donor.id, disbursementId: other.state.id, score: other.score })),
    settlement: settlement && settlementAnswerOf(settlement, restricted),
    restricted,
  };
}
