import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { changesOf, type CountedEntry } from '../../src/domain/report-changes.js';

let seq = 0n;

/** A payment on a commitment of a pledge. */
function entry(id: string, minor: bigint, converted: bigint, more: Partial<CountedEntry> = {}): CountedEntry {
  seq += 1n;
  return { id, seq, kind: 'disbursement', stage: 'disbursement', recordId: id, commitmentId: 'C', pledgeId: 'P', reversesId: null, externalId: null, currency: 'EUR', minor, converted, ...more };
}

/** The reversal of a payment that was recorded long ago, or of another entry. */
function undone(recordId: string, minor: bigint, converted: bigint, more: Partial<CountedEntry> = {}): CountedEntry {
  return entry(`-${recordId}`, -minor, -converted, { kind: 'reversal', recordId, reversesId: recordId, ...more });
}

const told = (entries: readonly CountedEntry[]) => changesOf(entries).map(({ cause, entryId, reasonId, minor, effect, fx }) => [cause, entryId, reasonId, minor, effect, fx]);

describe('what changed', () => {
  test('is new, amended or reversed', () => {
    expect(told([entry('a', 100n, 110n)])).toEqual([['new', 'a', null, 100n, 110n, 0n]]);
    expect(told([entry('b', -20n, -22n, { kind: 'amendment', stage: 'commitment', recordId: 'C' })])).toEqual([['amended', 'b', 'b', -20n, -22n, 0n]]);
    expect(told([undone('c', 100n, 110n)])).toEqual([['reversed', '-c', '-c', -100n, -110n, 0n]]);
  });

  test('of what was undone and entered again: the rate apart from the amount', () => {
    // 100 € at 1.10 become 100 € at 1.20: the rate alone.
    expect(told([undone('a', 100n, 110n), entry('b', 100n, 120n)])).toEqual([['restated', 'b', '-a', 100n, 0n, 10n]]);
    // They become 150 € at the same rate: the amount alone.
    expect(told([undone('a', 100n, 110n), entry('b', 150n, 165n)])).toEqual([['restated', 'b', '-a', 150n, 55n, 0n]]);
    // 150 € at 1.20 = 180: 100 € would be 120, so 10 by the rate and 60 by the amount.
    expect(told([undone('a', 100n, 110n), entry('b', 150n, 180n)])).toEqual([['restated', 'b', '-a', 150n, 60n, 10n]]);
    // 3 € that come to 10: one euro would be 3.33, half-up 3.
    expect(told([undone('a', 1n, 1n), entry('b', 3n, 10n)])).toEqual([['restated', 'b', '-a', 3n, 7n, 2n]]);
    expect(told([undone('a', 100n, 110n), entry('b', 0n, 4n)])).toEqual([['restated', 'b', '-a', 0n, -106n, 0n]]);
  });

  test('is nothing where it was undone again, or entered again as it was', () => {
    expect(told([entry('a', 100n, 110n), undone('a', 100n, 110n)])).toEqual([]);
    expect(told([undone('a', 100n, 110n), entry('b', 100n, 110n)])).toEqual([]);
    const twice = [undone('a', 100n, 110n), entry('b', 90n, 99n), undone('b', 90n, 99n), entry('c', 100n, 120n)];
    expect(told(twice)).toEqual([['restated', 'c', '-a', 100n, 0n, 10n]]);
  });

  test('takes a commitment and its amendments for one', () => {
    const commitment = { stage: 'commitment', recordId: 'C', commitmentId: 'C' } as const;
    const reversals = [undone('C', 100n, 110n, commitment), undone('amendment', 50n, 60n, commitment)];
    const again = entry('D', 150n, 180n, { kind: 'commitment', stage: 'commitment', recordId: 'D', commitmentId: 'D' });
    expect(told([...reversals, again])).toEqual([['restated', 'D', '-C', 150n, 0n, 10n]]);
  });

  test('pairs by what the source calls it, then by commitment, then by pledge, and only what was entered later', () => {
    const entries = [
      entry('x', 5n, 5n, { externalId: 'fts 1' }),
      undone('a', 1n, 1n),
      undone('b', 2n, 2n, { externalId: 'fts 1', commitmentId: 'other' }),
      undone('c', 3n, 3n, { commitmentId: 'gone' }),
      entry('d', 10n, 10n),
      entry('e', 20n, 20n, { commitmentId: 'new' }),
    ];
    expect(told(entries).map(([cause, id, reason]) => [cause, id, reason])).toEqual([['restated', 'd', '-a'], ['restated', 'x', '-b'], ['restated', 'e', '-c']]);
    expect(told([entry('before', 7n, 7n), undone('a', 1n, 1n)]).map(([cause]) => cause)).toEqual(['new', 'reversed']);
    expect(told([undone('a', 1n, 1n), entry('b', 1n, 1n, { currency: 'USD' })]).map(([cause]) => cause)).toEqual(['new', 'reversed']);
    expect(told([undone('a', 1n, 1n), entry('b', 1n, 1n, { stage: 'commitment' })]).map(([cause]) => cause)).toEqual(['new', 'reversed']);
  });
});

test('whatever was recorded, its causes sum to what it comes to, in every stage', () => {
  const amount = fc.bigInt(-1_000_000n, 1_000_000n);
  const one = fc.record({
    kind: fc.constantFrom('pledge', 'commitment', 'disbursement', 'amendment', 'reversal'),
    stage: fc.constantFrom('pledge', 'commitment', 'disbursement'),
    record: fc.nat(6),
    commitmentId: fc.constantFrom('C', 'D', null),
    pledgeId: fc.constantFrom('P', null),
    externalId: fc.constantFrom('fts 1', 'fts 2', null),
    currency: fc.constantFrom('EUR', 'XOF'),
    minor: amount,
    converted: amount,
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 30 }), (rows) => {
      const entries = rows.map(({ record, ...row }, index): CountedEntry => ({ ...row, id: String(index), seq: BigInt(index), recordId: String(record), reversesId: row.kind === 'reversal' ? `older ${index}` : null }));
      const changes = changesOf(entries);
      for (const stage of ['pledge', 'commitment', 'disbursement'] as const) {
        const recorded = entries.filter((each) => each.stage === stage).reduce((sum, { converted }) => sum + converted, 0n);
        expect(changes.filter((each) => each.stage === stage).reduce((sum, { effect, fx }) => sum + effect + fx, 0n)).toBe(recorded);
      }
    }),
  );
});
