import { grouped } from './mechanism-figures.js';
import { divideHalfUp } from './money.js';
import type { EntryKind, Stage } from './posting.js';

/** Why a total is not what it was: something was added, amended, undone or entered again. */
export type Cause = 'new' | 'amended' | 'reversed' | 'restated';

/** A journal entry with what of it counts in a report; minor units. */
export interface CountedEntry {
  readonly id: string;
  readonly seq: bigint;
  readonly kind: EntryKind;
  readonly stage: Stage;
  /** The pledge, commitment or payment that it belongs to. */
  readonly recordId: string;
  readonly commitmentId: string | null;
  /** The pledge that the record fulfils, or is. */
  readonly pledgeId: string | null;
  /** The entry it undoes. */
  readonly reversesId: string | null;
  /** What its source calls the record; null for what was recorded here. */
  readonly externalId: string | null;
  /** Of `minor`. */
  readonly currency: string;
  readonly minor: bigint;
  /** In the currency of the report. */
  readonly converted: bigint;
}

/** What one record did to the total of its stage: `effect` + `fx`, in minor units of the report's currency. */
export interface Change {
  readonly cause: Cause;
  readonly stage: Stage;
  /** The entry that shows it: what was entered or, of what was only undone, the reversal. */
  readonly entryId: string;
  /** The entry that says why: the amendment or the reversal; null for what is new. */
  readonly reasonId: string | null;
  readonly currency: string;
  /** What it comes to now; of what was undone, what was taken away. */
  readonly minor: bigint;
  readonly effect: bigint;
  /** What a rate alone did. */
  readonly fx: bigint;
}

/**
 * Explains what entries did to the totals. What was recorded and undone among them did nothing. What was undone and entered again is one
 * restatement: the same thing by its source, else one of the same commitment or pledge, in the order of recording.
 */
export function changesOf(entries: readonly CountedEntry[]): readonly Change[] {
  const standing = withoutUndone(entries.toSorted((a, b) => (a.seq < b.seq ? -1 : 1)));
  const undone = byRecord(standing.filter(({ kind }) => kind === 'reversal'));
  const entered = standing.filter(({ kind }) => kind !== 'reversal' && kind !== 'amendment');
  const amendments = standing.filter(({ kind }) => kind === 'amendment');
  const again = pairsOf(undone, entered);
  const paired = new Set(again.values());
  return [
    ...entered.filter((entry) => !paired.has(entry)).map((entry) => changeOf('new', entry, null)),
    ...amendments.map((entry) => changeOf('amended', entry, entry.id)),
    ...undone.map((entry) => {
      const replacement = again.get(entry);
      return replacement ? restatementOf(entry, replacement) : changeOf('reversed', entry, entry.id);
    }),
  ].filter(({ effect, fx }) => effect !== 0n || fx !== 0n);
}

/** Without the entries that a later one of them undoes, and without those later ones: they cancel out. */
function withoutUndone(entries: readonly CountedEntry[]): readonly CountedEntry[] {
  const ids = new Set(entries.map(({ id }) => id));
  const reversals = entries.filter(({ reversesId }) => reversesId !== null && ids.has(reversesId));
  const cancelled = new Set(reversals.flatMap(({ id, reversesId }) => [id, reversesId]));
  return entries.filter(({ id }) => !cancelled.has(id));
}

/** The reversals of a record as one: a commitment is undone together with its amendments. */
function byRecord(reversals: readonly CountedEntry[]): readonly CountedEntry[] {
  const records = new Map<string, CountedEntry>();
  for (const entry of reversals) {
    const name = `${entry.stage} ${entry.recordId}`;
    const before = records.get(name);
    records.set(name, before ? { ...before, minor: before.minor + entry.minor, converted: before.converted + entry.converted } : entry);
  }
  return [...records.values()];
}

/** In what an entry and the one that takes its place agree, the surest first. */
const kinships: readonly ((entry: CountedEntry) => string | null)[] = [({ externalId }) => externalId, ({ commitmentId }) => commitmentId, ({ pledgeId }) => pledgeId];

/** What was entered in the place of what was undone; a source may have it the other way round, people never do. */
function pairsOf(undone: readonly CountedEntry[], entered: readonly CountedEntry[]): ReadonlyMap<CountedEntry, CountedEntry> {
  const pairs = new Map<CountedEntry, CountedEntry>();
  const taken = new Set<CountedEntry>();
  for (const [sureness, kinOf] of kinships.entries()) {
    const nameOf = (entry: CountedEntry) => `${entry.stage} ${entry.currency} ${kinOf(entry)}`;
    const free = grouped(entered.filter((entry) => !taken.has(entry) && kinOf(entry) !== null), nameOf);
    for (const entry of undone.filter((one) => !pairs.has(one) && kinOf(one) !== null)) {
      const replacement = free.get(nameOf(entry))?.find((one) => !taken.has(one) && (sureness === 0 || one.seq > entry.seq));
      if (!replacement) continue;
      pairs.set(entry, replacement);
      taken.add(replacement);
    }
  }
  return pairs;
}

function changeOf(cause: Cause, { stage, id, currency, minor, converted }: CountedEntry, reasonId: string | null): Change {
  return { cause, stage, entryId: id, reasonId, currency, minor, effect: converted, fx: 0n };
}

/** The rate did what the new amount, as large as the old one, would have changed; the rest is real. Both sum to the difference. */
function restatementOf(undone: CountedEntry, entered: CountedEntry): Change {
  const [before, convertedBefore] = [-undone.minor, -undone.converted];
  const sameAmount = entered.minor === 0n ? convertedBefore : divideHalfUp(entered.converted * before, entered.minor);
  const { stage, id, currency, minor, converted } = entered;
  return { cause: 'restated', stage, entryId: id, reasonId: undone.id, currency, minor, effect: converted - sameAmount, fx: sameAmount - convertedBefore };
}
