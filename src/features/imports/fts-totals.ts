import { type Exponents, formatMinor, parseMinor } from '../../domain/money.js';
import { isWithin, type Scope } from './fts-decision.js';
import type { FtsFlow } from './fts-flow.js';
import type { FtsHeader } from './fts-json.js';
import { shortestDecimal } from './source-text.js';

/** Flows and their published USD, as a decimal string. */
export interface Bucket {
  readonly flows: number;
  readonly usd: string;
}

const kinds = ['funding', 'pledges', 'shared', 'sharedPledges', 'internal', 'internalPledges'] as const;
type Kind = (typeof kinds)[number];

/** The flows of an import as OCHA counts them: commitments and payments apart from pledges, single apart from shared and internal ones. */
export interface FtsTotals extends Readonly<Record<Kind, Bucket>> {
  /** What the source says itself of the incoming flows; null when it says nothing. */
  readonly header: { readonly flows: number; readonly funding: string; readonly pledges: string } | null;
  readonly matchesHeader: boolean | null;
}

/** Sums the flows to the chosen countries and years; no amount stands in two buckets. */
export function totalsOf(flows: readonly FtsFlow[], scope: Scope, header: FtsHeader | null, exponents: Exponents): FtsTotals {
  const sums = new Map<Kind, { flows: number; minor: bigint }>(kinds.map((kind) => [kind, { flows: 0, minor: 0n }]));
  for (const flow of flows.filter((one) => isWithin(one, scope))) {
    const sum = sums.get(kindOf(flow));
    if (!sum) continue;
    sum.flows += 1;
    sum.minor += parseMinor(flow.amountUsd, 'USD', exponents);
  }
  const bucket = (kind: Kind): Bucket => {
    const { flows: count, minor } = sums.get(kind) ?? { flows: 0, minor: 0n };
    return { flows: count, usd: formatMinor(minor, exponents.get('USD') ?? 2) };
  };
  const [funding, pledges, shared, sharedPledges] = [bucket('funding'), bucket('pledges'), bucket('shared'), bucket('sharedPledges')];
  const incoming = header?.incoming ?? null;
  const matches =
    incoming &&
    incoming.flowCount === funding.flows + pledges.flows + shared.flows + sharedPledges.flows &&
    shortestDecimal(incoming.fundingTotal) === shortestDecimal(funding.usd) &&
    shortestDecimal(incoming.pledgeTotal) === shortestDecimal(pledges.usd);
  return {
    funding,
    pledges,
    shared,
    sharedPledges,
    internal: bucket('internal'),
    internalPledges: bucket('internalPledges'),
    header: incoming && { flows: incoming.flowCount, funding: incoming.fundingTotal, pledges: incoming.pledgeTotal },
    matchesHeader: matches,
  };
}

function kindOf({ boundary, shared, destination, status }: FtsFlow): Kind {
  const pledge = status === 'pledge';
  if (boundary === 'internal') return pledge ? 'internalPledges' : 'internal';
  if (shared || destination.countries.length !== 1) return pledge ? 'sharedPledges' : 'shared';
  return pledge ? 'pledges' : 'funding';
}
