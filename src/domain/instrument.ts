import { type Day, daysBetween, latestLocalDay } from './days.js';
import { exponentOf, type Exponents, formatMinor } from './money.js';
import { DomainError } from './problem.js';

export const instrumentEventKinds = ['cost', 'trigger', 'activation', 'payout'] as const;
export type InstrumentEventKind = (typeof instrumentEventKinds)[number];

export const releases = ['automatic', 'readiness'] as const;
export type Release = (typeof releases)[number];

export const thresholdOperators = ['<', '<=', '>', '>='] as const;

/** When an index or forecast counts as reached; `value` is a decimal text. */
export interface Threshold {
  readonly operator: (typeof thresholdOperators)[number];
  readonly value: string;
}

/** What an instrument allows. */
export interface InstrumentRules {
  readonly mechanism: string;
  readonly currency: string;
  readonly startsOn: Day;
  readonly endsOn: Day | null;
  /** Only with a threshold there are triggers, and what follows from them. */
  readonly threshold: Threshold | null;
  /** Whether an activation may come by itself. */
  readonly automatic: boolean;
  /** The most that is paid out; null without such a limit. */
  readonly mostMinor: bigint | null;
}

/** What happened to an instrument, as far as rules look at it. */
export interface InstrumentFact {
  readonly kind: InstrumentEventKind;
  readonly followsId: string | null;
  readonly occurredOn: Day;
  readonly observed: string | null;
  readonly release: Release | null;
  readonly amountMinor: bigint | null;
  readonly commitmentId: string | null;
}

/** The same, recorded. */
export interface RecordedFact extends InstrumentFact {
  readonly id: string;
  readonly undoesId: string | null;
}

/** The events that stand: those that were not undone, without those that undo. */
export function standingEvents<E extends RecordedFact>(events: readonly E[]): readonly E[] {
  const undone = new Set(events.map(({ undoesId }) => undoesId));
  return events.filter(({ id, undoesId }) => undoesId === null && !undone.has(id));
}

/** What an activation and a payout follow. */
const predecessors: Readonly<Partial<Record<InstrumentEventKind, InstrumentEventKind>>> = { activation: 'trigger', payout: 'activation' };

/**
 * Lets a new event pass that follows from those that stand and keeps to what the instrument allows. A trigger lies within the
 * instrument's dates; a premium may be paid before, and what a trigger sets off may come after them.
 * @throws EVENT_UNSUITABLE, DATE_IN_FUTURE, OUTSIDE_INSTRUMENT, EVENT_OUT_OF_ORDER, DATE_BEFORE_PARENT, THRESHOLD_NOT_REACHED,
 * RELEASE_NOT_AUTOMATIC
 * @throws EXCEEDS_INSTRUMENT naming what is left
 */
export function checkEvent(event: InstrumentFact, standing: readonly RecordedFact[], rules: InstrumentRules, now: Date, exponents: Exponents): void {
  if (event.kind !== 'cost' && rules.threshold === null) throw new DomainError('EVENT_UNSUITABLE', { mechanism: rules.mechanism }, 'kind');
  const latest = latestLocalDay(now);
  if (event.occurredOn > latest) throw new DomainError('DATE_IN_FUTURE', { found: event.occurredOn, latest }, 'occurredOn');
  checkOrder(event, standing);
  checkFact(event, rules);
  if (event.kind === 'payout') checkPaidOut((event.amountMinor ?? 0n) + paidOut(standing), event.amountMinor ?? 0n, rules, exponents);
}

/**
 * Lets changed terms pass under which all that stands would still stand.
 * @throws OUTSIDE_INSTRUMENT, THRESHOLD_NOT_REACHED, RELEASE_NOT_AUTOMATIC, EXCEEDS_INSTRUMENT
 */
export function checkStanding(standing: readonly RecordedFact[], rules: InstrumentRules, exponents: Exponents): void {
  for (const event of standing) checkFact(event, rules);
  checkPaidOut(paidOut(standing), paidOut(standing), rules, exponents);
}

/**
 * Lets an event be undone that stands and that nothing else stands on.
 * @throws STATE_CONFLICT, HAS_CHILDREN
 */
export function checkUndo(id: string, standing: readonly RecordedFact[]): void {
  if (!standing.some((event) => event.id === id)) throw new DomainError('STATE_CONFLICT', { found: 'undone', allowed: 'standing' });
  const count = standing.filter(({ followsId }) => followsId === id).length;
  if (count > 0) throw new DomainError('HAS_CHILDREN', { count });
}

function checkFact({ kind, occurredOn, observed, release }: InstrumentFact, rules: InstrumentRules): void {
  const { threshold, startsOn, endsOn } = rules;
  if (kind === 'trigger') {
    if (occurredOn < startsOn || (endsOn !== null && occurredOn > endsOn)) {
      throw new DomainError('OUTSIDE_INSTRUMENT', { found: occurredOn, from: startsOn, to: endsOn ?? '…' }, 'occurredOn');
    }
    if (threshold && observed !== null && !reaches(observed, threshold)) {
      throw new DomainError('THRESHOLD_NOT_REACHED', { found: observed, operator: threshold.operator, value: threshold.value }, 'observed');
    }
  }
  if (kind === 'activation' && release === 'automatic' && !rules.automatic) throw new DomainError('RELEASE_NOT_AUTOMATIC', {}, 'release');
}

function checkOrder({ kind, followsId, occurredOn }: InstrumentFact, standing: readonly RecordedFact[]): void {
  const expected = predecessors[kind];
  if (expected === undefined) return;
  const before = standing.find(({ id }) => id === followsId);
  if (before?.kind !== expected) throw new DomainError('EVENT_OUT_OF_ORDER', { kind, expected }, 'followsId');
  if (occurredOn < before.occurredOn) throw new DomainError('DATE_BEFORE_PARENT', { found: occurredOn, earliest: before.occurredOn }, 'occurredOn');
}

function checkPaidOut(sum: bigint, found: bigint, { mostMinor, currency }: InstrumentRules, exponents: Exponents): void {
  if (mostMinor === null || sum <= mostMinor) return;
  const text = (minor: bigint) => formatMinor(minor, exponentOf(currency, exponents));
  throw new DomainError('EXCEEDS_INSTRUMENT', { available: text(mostMinor - (sum - found)), found: text(found), currency }, 'amount.amount');
}

/** Σ payouts that stand, in minor units of the instrument's currency. */
export function paidOut(standing: readonly InstrumentFact[]): bigint {
  return standing.reduce((sum, { kind, amountMinor }) => (kind === 'payout' ? sum + (amountMinor ?? 0n) : sum), 0n);
}

/** Whether an observed value reaches a threshold; both are decimal texts. */
export function reaches(observed: string, { operator, value }: Threshold): boolean {
  const difference = compareDecimals(observed, value);
  return { '<': difference < 0n, '<=': difference <= 0n, '>': difference > 0n, '>=': difference >= 0n }[operator];
}

/** a − b in units of their last decimal. */
function compareDecimals(a: string, b: string): bigint {
  const digits = Math.max(decimalsOf(a).length, decimalsOf(b).length);
  const scaled = (text: string) => BigInt(text.replace('.', '') + '0'.repeat(digits - decimalsOf(text).length));
  return scaled(a) - scaled(b);
}

function decimalsOf(text: string): string {
  return text.split('.')[1] ?? '';
}

/** How long after what it follows, and after the trigger, an event came; null where there is none. */
export interface ChainDays {
  readonly sincePrevious: number | null;
  readonly sinceTrigger: number | null;
}

/** The days of an event in its chain trigger → activation → payout. */
export function chainDays(event: Pick<RecordedFact, 'followsId' | 'occurredOn'>, events: readonly RecordedFact[]): ChainDays {
  const previous = events.find(({ id }) => id === event.followsId);
  if (!previous) return { sincePrevious: null, sinceTrigger: null };
  const trigger = events.find(({ id }) => id === previous.followsId) ?? previous;
  return { sincePrevious: daysBetween(previous.occurredOn, event.occurredOn), sinceTrigger: daysBetween(trigger.occurredOn, event.occurredOn) };
}
