import { createHash } from 'node:crypto';
import type { SourceOutcome } from '../../platform/db.js';
import { isRicher, postingContent } from './fts-content.js';
import type { FtsFlow } from './fts-flow.js';

/** Which flows an import is about. */
export interface Scope {
  /** ISO3, or all of them. */
  readonly countries: readonly string[] | 'all';
  /** Usage years; none named means any. */
  readonly years: readonly number[];
}

/** The latest version of a flow that was loaded. */
export interface KnownFlow {
  readonly externalId: string;
  readonly seq: number;
  readonly version: number | null;
  readonly updatedOn: string | null;
  readonly contentHash: string;
  readonly content: FtsFlow;
  /** `twin`: set aside, as it is entered here as well; `released`: it was, and is not any more. */
  readonly outcome: SourceOutcome | 'released';
  readonly pledgeId: string | null;
  readonly commitmentId: string | null;
  readonly disbursementId: string | null;
}

/** What becomes of a flow; `renew` keeps a newer version that is posted just like the one known, `twin` a changed one of what is set aside. */
export type Decision =
  | { readonly kind: 'create' | 'unchanged' | 'older' | 'left_out'; readonly flow: FtsFlow; readonly known: KnownFlow | null }
  | { readonly kind: 'update' | 'renew' | 'twin'; readonly flow: FtsFlow; readonly known: KnownFlow; readonly rateFound?: true };

/** Compares a flow with what is known of it. A flow posted for the chosen countries is followed wherever it goes. */
export function decide(flow: FtsFlow, known: KnownFlow | null, scope: Scope): Decision {
  const stands = known !== null && known.outcome !== 'closed';
  if (!touches(flow, scope.countries) && !(stands && touches(known.content, scope.countries))) return { kind: 'left_out', flow, known };
  if (known && isOlder(flow, known)) return { kind: 'older', flow, known };
  if (!stands || known.outcome === 'released') return { kind: 'create', flow, known };
  if (known.contentHash !== hashOf(flow) || isRicher(flow, known.content)) return { kind: known.outcome === 'twin' ? 'twin' : 'update', flow, known };
  return { kind: isNewer(flow, known) ? 'renew' : 'unchanged', flow, known };
}

/** SHA-256 of the flow's {@link postingContent}, in hexadecimal. */
export function hashOf(flow: FtsFlow): string {
  return createHash('sha256').update(postingContent(flow)).digest('hex');
}

/** Whether a flow leaves from or goes to one of the countries. */
export function touches({ source, destination }: FtsFlow, countries: Scope['countries']): boolean {
  if (countries === 'all') return true;
  return [...source.countries, ...destination.countries].some((code) => countries.includes(code));
}

/** Whether a flow goes to one of the countries in one of the years: what a search of the source for them gives. */
export function isWithin({ destination }: FtsFlow, { countries, years }: Scope): boolean {
  const there = countries === 'all' || destination.countries.some((code) => countries.includes(code));
  return there && (years.length === 0 || destination.usageYears.some((year) => years.includes(year)));
}

/** By version where both have one, else by day of update: a CSV has no versions. */
function isOlder(flow: FtsFlow, known: KnownFlow): boolean {
  if (flow.version !== null && known.version !== null && flow.version !== known.version) return flow.version < known.version;
  return flow.updatedOn < (known.updatedOn ?? '');
}

/** A CSV never takes the place of an API reply that says the same: it would only abbreviate it. */
function isNewer(flow: FtsFlow, known: KnownFlow): boolean {
  if (flow.version === null && known.version !== null) return false;
  if (flow.version !== null && known.version !== null && flow.version !== known.version) return flow.version > known.version;
  return flow.updatedOn > (known.updatedOn ?? '');
}

/** The parts of the content that differ, by their names. */
export function changesBetween(before: FtsFlow, after: FtsFlow): readonly string[] {
  const [old, now] = [parts(before), parts(after)];
  const names = Object.keys(now).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(old[name]));
  return names.length > 0 ? names : ['lists'];
}

function parts(flow: FtsFlow): Readonly<Record<string, unknown>> {
  const { destination, ...rest } = JSON.parse(postingContent(flow)) as { destination: Readonly<Record<string, unknown>> };
  const inner = Object.entries(destination).map(([name, value]) => [`destination.${name}`, value] as const);
  return { ...rest, ...Object.fromEntries(inner) };
}
