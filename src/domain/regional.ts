/** The sets of states a regional view is about. */
export const regionalGroups = ['members', 'invited', 'all'] as const;
export type RegionalGroup = (typeof regionalGroups)[number];

/** Where a line stands in the view of a group of states; the first two are its total. */
export const regionalParts = ['outside', 'own', 'betweenStates', 'marked', 'fundTransfers', 'beyond'] as const;
export type RegionalPart = (typeof regionalParts)[number];

/** Journal lines, or transfers of funds, that agree in everything a regional view looks at; minor units of the currency asked. */
export interface RegionalProfile {
  readonly key: string;
  readonly stage: 'pledge' | 'commitment' | 'disbursement' | 'transfer';
  /** Recorded as a transfer within the region. */
  readonly internal: boolean;
  readonly intoFund: boolean;
  readonly donorCountry: string | null;
  readonly countries: readonly string[];
  /** Why none of them counts; null when they do. */
  readonly reason: string | null;
  readonly minor: bigint;
  readonly lines: number;
}

/**
 * Where a line stands in the view of a group of states: money from outside and own resources, a state's gift to a common fund included, are
 * its total; what states give each other,
 * what was recorded as internal and what funds transfer has entered before and is eliminated; what is shared with a state beyond the group
 * is apart. Undefined when it is for none of them.
 */
export function regionalPartOf({ stage, internal, intoFund, donorCountry, countries }: Omit<RegionalProfile, 'key' | 'reason' | 'minor' | 'lines'>, states: readonly string[]): RegionalPart | undefined {
  const within = countries.filter((code) => states.includes(code)).length;
  if (within === 0) return undefined;
  if (stage === 'transfer') return 'fundTransfers';
  if (internal) return 'marked';
  if (within < countries.length) return 'beyond';
  if (donorCountry === null || !states.includes(donorCountry)) return 'outside';
  // A state's money in a common fund is new there: what the fund then transfers is eliminated.
  return intoFund || (countries.length === 1 && countries[0] === donorCountry) ? 'own' : 'betweenStates';
}

/** Sums of rounded lines; stages of one promise, never added together. */
export interface StageSums {
  readonly pledged: bigint;
  readonly committed: bigint;
  readonly paid: bigint;
  readonly lines: number;
}

export const noStageSums: StageSums = { pledged: 0n, committed: 0n, paid: 0n, lines: 0 };

export function addStageSums(a: StageSums, b: StageSums): StageSums {
  return { pledged: a.pledged + b.pledged, committed: a.committed + b.committed, paid: a.paid + b.paid, lines: a.lines + b.lines };
}

function sumsOf({ stage, minor, lines }: RegionalProfile): StageSums {
  return {
    pledged: stage === 'pledge' ? minor : 0n,
    committed: stage === 'commitment' ? minor : 0n,
    paid: stage === 'disbursement' || stage === 'transfer' ? minor : 0n,
    lines,
  };
}

/** What a state was paid, by where it came from; a fund's money when the fund transfers it. */
export type Receipts = Readonly<Record<Exclude<RegionalPart, 'beyond'>, bigint>>;

export const noReceipts: Receipts = { outside: 0n, own: 0n, betweenStates: 0n, marked: 0n, fundTransfers: 0n };

/** The receipts' row of money for several states without a split, and of that for a state beyond the group as well. */
export const SHARED_RECEIPTS = '*';
export const BEYOND_RECEIPTS = '+';

/** In whose receipts a line counts: a state, several of the group, or some beyond it; undefined when it is no receipt of theirs. */
export function receiverOf({ stage, intoFund, countries }: Pick<RegionalProfile, 'stage' | 'intoFund' | 'countries'>, states: readonly string[]): string | undefined {
  if (intoFund || (stage !== 'disbursement' && stage !== 'transfer')) return undefined;
  const within = countries.filter((code) => states.includes(code));
  if (within.length === 0) return undefined;
  if (within.length < countries.length) return BEYOND_RECEIPTS;
  return within.length === 1 ? within[0] : SHARED_RECEIPTS;
}

export interface RegionalTable {
  readonly parts: Readonly<Record<RegionalPart, StageSums>>;
  /** Money from outside and own resources. */
  readonly total: StageSums;
  /** By state of the group, in the order given, then {@link SHARED_RECEIPTS} and {@link BEYOND_RECEIPTS}. */
  readonly receipts: ReadonlyMap<string, Receipts>;
}

/** The view of a group of states: each line in one part at most. */
export function regionalTable(profiles: readonly RegionalProfile[], states: readonly string[]): RegionalTable {
  const parts: Record<RegionalPart, StageSums> = {
    outside: noStageSums,
    own: noStageSums,
    betweenStates: noStageSums,
    marked: noStageSums,
    fundTransfers: noStageSums,
    beyond: noStageSums,
  };
  const receipts = new Map<string, Receipts>([...states, SHARED_RECEIPTS, BEYOND_RECEIPTS].map((code) => [code, noReceipts]));
  for (const profile of profiles) {
    if (profile.reason !== null) continue;
    const part = regionalPartOf(profile, states);
    if (!part) continue;
    parts[part] = addStageSums(parts[part], sumsOf(profile));
    const receiver = receiverOf(profile, states);
    if (receiver === undefined) continue;
    const before = receipts.get(receiver) ?? noReceipts;
    const source = part === 'beyond' ? 'outside' : part;
    receipts.set(receiver, { ...before, [source]: before[source] + profile.minor });
  }
  return { parts, total: addStageSums(parts.outside, parts.own), receipts };
}
