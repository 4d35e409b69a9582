import { allocate } from './money.js';

/** Whose money a fund holds of which no donor is known: carry-over, interest, what was there before the period, what partners returned of it. */
export const UNIDENTIFIED = '-';
/** What a fund gave without its book saying from what: its uses exceed its sources. */
export const UNEXPLAINED = '?';
/** Recipient of what went back to where it came from before the period: its donors of then are not known now. */
export const EARLIER = '<';

/** An amount in a fund's currency, which decides the shares, and what it was in a reporting currency at the rates of its own days. */
export interface Amount {
  readonly own: bigint;
  readonly converted: bigint;
}

/**
 * Money into a fund (`donor`, `unidentified`, `received` from the fund `key`) or out of it (`use` by the recipient `key`, `given` to the
 * fund `key`); what went back the same way is negative.
 */
export interface Movement extends Amount {
  readonly fund: string;
  readonly kind: 'donor' | 'unidentified' | 'received' | 'use' | 'given';
  readonly key: string;
}

/** A use of a fund with the part that each of its sources has in it, in the order of the sources. */
export interface Column {
  readonly kind: 'use' | 'given';
  readonly key: string;
  readonly parts: readonly Amount[];
}

/** Whose money went where, of one fund. Every list by source is in the order of `sources`; parts of `still` are what the fund has left. */
export interface FundAttribution {
  readonly fund: string;
  readonly sources: readonly string[];
  /** Ten-thousandths of a per cent of the inflows; they sum to 1,000,000. */
  readonly shares: readonly bigint[];
  readonly paidIn: readonly Amount[];
  readonly received: readonly Amount[];
  readonly columns: readonly Column[];
  readonly still: readonly Amount[];
}

/** 100 % in ten-thousandths of a per cent. */
export const WHOLE = 1_000_000n;

const nothing: Amount = { own: 0n, converted: 0n };
const plus = (a: Amount, b: Amount): Amount => ({ own: a.own + b.own, converted: a.converted + b.converted });
const minus = (a: Amount, b: Amount): Amount => ({ own: a.own - b.own, converted: a.converted - b.converted });
const sumOf = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

type Sums = ReadonlyMap<string, Amount>;

/** The movements of a fund, summed by what they are. */
interface FundSums {
  readonly donor: Sums;
  readonly received: Sums;
  readonly use: Sums;
  readonly given: Sums;
  readonly unidentified: Amount;
}

/**
 * Carries the sources of every fund down to what it was used for (rule 12): each recipient has its part of each source in proportion to
 * the inflows. Sums are kept by a controlled rounding: recipients are taken in the order of their keys, each is shared out by largest
 * remainder over what every source has left, and what remains is still in the fund. So both margins are exact, nothing is overdrawn, and
 * a part is within one minor unit of its quota of what is left. What a fund receives from another is split as that one's gift was.
 * @returns the funds in the order of giving, or those that give to each other in a circle
 */
export function attribute(movements: readonly Movement[]): { readonly funds: readonly FundAttribution[] } | { readonly circle: readonly string[] } {
  const sums = sumByFund(movements);
  const order = givingOrder(sums);
  if ('circle' in order) return order;
  const done = new Map<string, FundAttribution>();
  for (const fund of order.funds) done.set(fund, attributeFund(fund, sums.get(fund) ?? sumsOf([]), done));
  return { funds: [...done.values()] };
}

function sumByFund(movements: readonly Movement[]): ReadonlyMap<string, FundSums> {
  const byFund = new Map<string, Movement[]>();
  for (const movement of movements) {
    const list = byFund.get(movement.fund);
    if (list) list.push(movement);
    else byFund.set(movement.fund, [movement]);
  }
  return new Map([...byFund].map(([fund, list]) => [fund, sumsOf(list)]));
}

function sumsOf(movements: readonly Movement[]): FundSums {
  const sums = { donor: new Map<string, Amount>(), received: new Map<string, Amount>(), use: new Map<string, Amount>(), given: new Map<string, Amount>() };
  let unidentified = nothing;
  for (const movement of movements) {
    if (movement.kind === 'unidentified') unidentified = plus(unidentified, movement);
    else sums[movement.kind].set(movement.key, plus(sums[movement.kind].get(movement.key) ?? nothing, movement));
  }
  return { ...sums, unidentified };
}

/** Givers before receivers, equal ones in the order of their names, so that the order is always the same. */
function givingOrder(sums: ReadonlyMap<string, FundSums>): { readonly funds: readonly string[] } | { readonly circle: readonly string[] } {
  const givers = new Map<string, Set<string>>([...sums.keys()].sort(byText).map((fund) => [fund, new Set()]));
  for (const [fund, { received, given }] of sums) {
    for (const [from, { own }] of received) if (own > 0n && givers.has(from)) givers.get(fund)?.add(from);
    for (const [to, { own }] of given) if (own > 0n) givers.get(to)?.add(fund);
  }
  const funds: string[] = [];
  while (givers.size > 0) {
    const ready = [...givers].filter(([, from]) => ![...from].some((giver) => givers.has(giver))).map(([fund]) => fund);
    if (ready.length === 0) return { circle: circleIn(givers) };
    for (const fund of ready) givers.delete(fund);
    funds.push(...ready);
  }
  return { funds };
}

/** Goes from receiver to giver until a fund comes again; every fund here has a giver. */
function circleIn(givers: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const path: string[] = [];
  let at = [...givers.keys()][0] ?? '';
  while (!path.includes(at)) {
    path.push(at);
    at = [...(givers.get(at) ?? [])].sort(byText).find((giver) => givers.has(giver)) ?? '';
  }
  return path.slice(path.indexOf(at)).sort(byText);
}

function attributeFund(fund: string, sums: FundSums, done: ReadonlyMap<string, FundAttribution>): FundAttribution {
  const { paidIn, received, uses } = settle(fund, sums, done);
  const sources = [...new Set([...paidIn.keys(), ...received.keys()])].sort(byText);
  const inflows = sources.map((source) => (paidIn.get(source)?.own ?? 0n) + (received.get(source)?.own ?? 0n));
  const left = [...inflows];
  const columns = uses.map(({ kind, key, amount }): Column => {
    const own = allocate(amount.own, left);
    own.forEach((part, index) => (left[index] = (left[index] ?? 0n) - part));
    const converted = allocate(amount.converted, own);
    return { kind, key, parts: own.map((part, index) => ({ own: part, converted: converted[index] ?? 0n })) };
  });
  const out = sources.map((_, index) => columns.reduce((sum, { parts }) => plus(sum, parts[index] ?? nothing), nothing));
  const got = sources.map((source) => received.get(source) ?? nothing);
  const paid = sources.map((source, index) => {
    const amount = paidIn.get(source) ?? nothing;
    // What is not explained is worth what it was used for.
    if (source !== UNEXPLAINED || amount.own === 0n) return amount;
    return { own: amount.own, converted: (out[index]?.converted ?? 0n) - (got[index]?.converted ?? 0n) };
  });
  return {
    fund,
    sources,
    shares: sumOf(inflows) === 0n ? inflows : allocate(WHOLE, inflows),
    paidIn: paid,
    received: got,
    columns,
    still: sources.map((_, index) => minus(plus(paid[index] ?? nothing, got[index] ?? nothing), out[index] ?? nothing)),
  };
}

/** An amount shared among the sources of another one as that was. */
function splitLike({ parts }: Column, sources: readonly string[], amount: Amount): ReadonlyMap<string, Amount> {
  const own = allocate(amount.own, parts.map((part) => part.own));
  const converted = allocate(amount.converted, own);
  return new Map(sources.map((source, index) => [source, { own: own[index] ?? 0n, converted: converted[index] ?? 0n }] as const).filter(([, part]) => part.own !== 0n || part.converted !== 0n));
}

interface Use {
  readonly kind: 'use' | 'given';
  readonly key: string;
  readonly amount: Amount;
}

/** Sources and uses of which none is negative, the sources enough for the uses. */
function settle(
  fund: string,
  sums: FundSums,
  done: ReadonlyMap<string, FundAttribution>,
): { readonly paidIn: Map<string, Amount>; readonly received: Sums; readonly uses: readonly Use[] } {
  let unidentified = sums.unidentified;
  const paidIn = new Map<string, Amount>();
  for (const [donor, amount] of sums.donor) {
    // A donor that got back more than it paid in was given what it had paid earlier.
    if (amount.own < 0n) unidentified = plus(unidentified, amount);
    else paidIn.set(donor, amount);
  }
  const received = new Map<string, Amount>();
  for (const [giver, amount] of sums.received) {
    const gift = done.get(giver);
    const column = gift?.columns.find(({ kind, key }) => kind === 'given' && key === fund);
    if (!gift || !column || amount.own <= 0n) unidentified = plus(unidentified, amount);
    else splitLike(column, gift.sources, amount).forEach((part, source) => received.set(source, plus(received.get(source) ?? nothing, part)));
  }
  const uses: Use[] = [];
  for (const kind of ['use', 'given'] as const) {
    for (const [key, amount] of sums[kind]) {
      // What came back exceeds what went out: it is money of an earlier period.
      if (amount.own <= 0n) unidentified = minus(unidentified, amount);
      else uses.push({ kind, key, amount });
    }
  }
  if (unidentified.own < 0n) uses.push({ kind: 'use', key: EARLIER, amount: minus(nothing, unidentified) });
  else if (unidentified.own > 0n || unidentified.converted !== 0n) paidIn.set(UNIDENTIFIED, unidentified);
  const deficit = sumOf(uses.map(({ amount }) => amount.own)) - sumOf([...paidIn.values(), ...received.values()].map(({ own }) => own));
  if (deficit > 0n) paidIn.set(UNEXPLAINED, { own: deficit, converted: 0n });
  return { paidIn, received, uses: uses.sort((a, b) => byText(a.kind, b.kind) || byText(a.key, b.key)) };
}
