import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chainDays, checkEvent, checkStanding, checkUndo, type InstrumentFact, type InstrumentRules, reaches, type RecordedFact, standingEvents } from '../../src/domain/instrument.js';
import { DomainError, type ProblemCode } from '../../src/domain/problem.js';

const NOW = new Date('2026-01-15T12:00:00Z');
const exponents = new Map([['USD', 2]]);
const rules: InstrumentRules = {
  mechanism: 'insurance_payout', currency: 'USD', startsOn: '2025-06-01', endsOn: '2025-11-30', threshold: { operator: '<', value: '0.85' }, automatic: false, mostMinor: 100_000n,
}; // prettier-ignore

const fact = (kind: RecordedFact['kind'], occurredOn: string, more: Partial<RecordedFact> = {}): RecordedFact => ({
  id: `${kind}-${occurredOn}`, kind, occurredOn, followsId: null, undoesId: null, observed: null, release: null, amountMinor: null, commitmentId: null, ...more,
}); // prettier-ignore
const trigger = fact('trigger', '2025-09-01', { observed: '0.8' });
const activation = fact('activation', '2025-09-10', { followsId: trigger.id, release: 'readiness' });
const payout = (amountMinor: bigint, more: Partial<RecordedFact> = {}) => fact('payout', '2025-10-01', { followsId: activation.id, amountMinor, ...more });

function codeOf(act: () => void): ProblemCode | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}
const check = (event: InstrumentFact, standing: readonly RecordedFact[] = [trigger, activation], under = rules) => codeOf(() => checkEvent(event, standing, under, NOW, exponents));

describe('a chain', () => {
  test('trigger → activation → payout passes, within what the instrument allows', () => {
    expect(check(trigger, [])).toBeNull();
    expect(check(activation, [trigger])).toBeNull();
    expect(check(payout(100_000n))).toBeNull();
    expect(check(fact('cost', '2025-05-20', { amountMinor: 5_000n }), [])).toBeNull();
    expect(check(payout(1n, { occurredOn: '2026-01-15' }))).toBeNull();
  });

  test.each<{ readonly code: ProblemCode; readonly event: InstrumentFact; readonly standing?: readonly RecordedFact[]; readonly more?: Partial<InstrumentRules> }>([
    { code: 'EVENT_OUT_OF_ORDER', event: activation, standing: [] },
    { code: 'EVENT_OUT_OF_ORDER', event: payout(1n, { followsId: trigger.id }) },
    { code: 'EVENT_OUT_OF_ORDER', event: payout(1n, { followsId: null }) },
    { code: 'DATE_BEFORE_PARENT', event: { ...activation, occurredOn: '2025-08-31' } },
    { code: 'DATE_BEFORE_PARENT', event: payout(1n, { occurredOn: '2025-09-09' }) },
    { code: 'DATE_IN_FUTURE', event: payout(1n, { occurredOn: '2026-01-16' }) },
    { code: 'OUTSIDE_INSTRUMENT', event: { ...trigger, occurredOn: '2025-05-31' } },
    { code: 'OUTSIDE_INSTRUMENT', event: { ...trigger, occurredOn: '2025-12-01' } },
    { code: 'THRESHOLD_NOT_REACHED', event: { ...trigger, observed: '0.850' } },
    { code: 'RELEASE_NOT_AUTOMATIC', event: { ...activation, release: 'automatic' } },
    { code: 'EXCEEDS_INSTRUMENT', event: payout(100_001n) },
    { code: 'EXCEEDS_INSTRUMENT', event: payout(40_001n), standing: [trigger, activation, payout(60_000n, { id: 'first' })] },
    { code: 'EVENT_UNSUITABLE', event: trigger, standing: [], more: { threshold: null } },
  ])('$code', ({ code, event, standing = [trigger, activation], more = {} }) => {
    expect(check(event, standing, { ...rules, ...more })).toBe(code);
  });

  test('what is undone leaves room; nothing is undone that something stands on', () => {
    const first = payout(60_000n, { id: 'first' });
    const undo = { ...first, id: 'undo', undoesId: 'first' };
    const events = [trigger, activation, first];
    expect(codeOf(() => checkUndo(activation.id, standingEvents(events)))).toBe('HAS_CHILDREN');
    expect(codeOf(() => checkUndo('first', standingEvents(events)))).toBeNull();
    expect(standingEvents([...events, undo])).toEqual([trigger, activation]);
    expect(codeOf(() => checkUndo('first', standingEvents([...events, undo])))).toBe('STATE_CONFLICT');
    expect(check(payout(100_000n), standingEvents([...events, undo]))).toBeNull();
  });

  test('new terms must let what happened stand', () => {
    const standing = [trigger, activation, payout(60_000n)];
    const under = (more: Partial<InstrumentRules>) => codeOf(() => checkStanding(standing, { ...rules, ...more }, exponents));
    expect(under({})).toBeNull();
    expect(under({ mostMinor: 59_999n })).toBe('EXCEEDS_INSTRUMENT');
    expect(under({ threshold: { operator: '<', value: '0.8' } })).toBe('THRESHOLD_NOT_REACHED');
    expect(under({ endsOn: '2025-08-31' })).toBe('OUTSIDE_INSTRUMENT');
  });

  test('days since the event before and since the trigger', () => {
    const paid = payout(1n);
    const all = [trigger, activation, paid];
    expect(all.map((event) => chainDays(event, all))).toEqual([
      { sincePrevious: null, sinceTrigger: null },
      { sincePrevious: 9, sinceTrigger: 9 },
      { sincePrevious: 21, sinceTrigger: 30 },
    ]);
  });
});

test('decimals are compared exactly, whatever their digits', () => {
  const decimal = fc.tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.constantFrom(0, 1, 3)).map(([units, digits]) => ({ units: BigInt(units) * 10n ** BigInt(3 - digits), text: textOf(units, digits) }));
  fc.assert(fc.property(decimal, decimal, (a, b) => {
    expect(reaches(a.text, { operator: '<', value: b.text })).toBe(a.units < b.units);
    expect(reaches(a.text, { operator: '<=', value: b.text })).toBe(a.units <= b.units);
    expect(reaches(a.text, { operator: '>', value: b.text })).toBe(a.units > b.units);
    expect(reaches(a.text, { operator: '>=', value: b.text })).toBe(a.units >= b.units);
  }));
});

function textOf(units: number, digits: number): string {
  const size = String(Math.abs(units)).padStart(digits + 1, '0');
  const sign = units < 0 ? '-' : '';
  return digits === 0 ? sign + size : `${sign}${size.slice(0, -digits)}.${size.slice(-digits)}`;
}
