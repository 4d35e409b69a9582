import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareTold, defaultTolerance, matchTwins, type Match, type Told, type Tolerance } from '../../src/domain/twins.js';

const told = (id: string, more: Partial<Told> = {}): Told => ({
  id,
  donorId: 'norway',
  countries: ['MLI'],
  amountMinor: 100_000n,
  currency: 'EUR',
  usdMinor: 110_000n,
  valueDate: '2025-04-10',
  references: [],
  ...more,
});

const idsOf = (pairs: readonly Match[]) => pairs.map(({ donor, state }) => `${donor.id}-${state.id}`).sort();
const pairsOf = (donor: readonly Told[], state: readonly Told[], tolerance: Tolerance = defaultTolerance) => idsOf(matchTwins(donor, state, tolerance).pairs);

describe('two tellings of one payment', () => {
  test('exact ones with the same number score 100; without a number 85', () => {
    expect(compareTold(told('d', { references: ['SWIFT 77-12'] }), told('s', { references: ['swift7712'] })).score).toBe(100);
    expect(compareTold(told('d'), told('s'))).toMatchObject({ score: 85, differences: { amountMinor: 0n, amountShare: 0, days: 0, reference: 'missing', states: 'equal' } });
  });

  test('says by how much they differ: 980 of 1,000 are 2 %, five days later', () => {
    const { differences, score } = compareTold(told('d', { references: ['AB-12345'] }), told('s', { amountMinor: 98_000n, valueDate: '2025-04-15', countries: ['MLI', 'NER'], references: ['virement AB12345 du Trésor'] }));
    expect(differences).toEqual({ amountMinor: -2_000n, currency: 'EUR', amountShare: 200, days: 5, reference: 'contained', states: 'overlapping' });
    // 50 − 20 for 2 %, 30 − 5 for the days, 10 for the number within the other, 0 for the states.
    expect(score).toBe(65);
  });

  test('in two currencies they are compared in dollars, and never reach the score of one currency', () => {
    const francs = told('s', { currency: 'XOF', amountMinor: 655_957n, usdMinor: 110_000n });
    expect(compareTold(told('d'), francs)).toMatchObject({ score: 83, differences: { amountMinor: 0n, currency: 'USD' } });
    expect(pairsOf([told('d')], [francs])).toEqual(['d-s']);
    expect(compareTold(told('d'), { ...francs, usdMinor: null }).differences).toMatchObject({ amountMinor: null, amountShare: null });
    expect(pairsOf([told('d')], [{ ...francs, usdMinor: null }])).toEqual([]);
  });
});

describe('matching', () => {
  test.each<[string, Partial<Told>, boolean]>([
    ['98,000 of 100,000', { amountMinor: 98_000n }, true],
    ['97,999 of 100,000', { amountMinor: 97_999n }, false],
    ['102,040 against 100,000: 2 % of the larger', { amountMinor: 102_040n }, true],
    ['102,041 against 100,000', { amountMinor: 102_041n }, false],
    ['30 days later', { valueDate: '2025-05-10' }, true],
    ['31 days later', { valueDate: '2025-05-11' }, false],
    ['30 days earlier', { valueDate: '2025-03-11' }, true],
    ['another donor', { donorId: 'mali' }, false],
    ['another state', { countries: ['NER'] }, false],
    ['one state in common', { countries: ['NER', 'MLI'] }, true],
    ['no state known', { countries: [] }, false],
    ['a correction downwards', { amountMinor: -100_000n }, false],
  ])('%s', (_, more, found) => expect(pairsOf([told('d')], [told('s', more)])).toEqual(found ? ['d-s'] : []));

  test('the number decides between two equal payments, which are certain then', () => {
    const donor = [told('d1', { references: ['A-11111'] }), told('d2', { references: ['A-22222'] })];
    const state = [told('s1', { references: ['A22222'] }), told('s2', { references: ['A11111'] })];
    const { pairs } = matchTwins(donor, state);
    expect(idsOf(pairs)).toEqual(['d1-s2', 'd2-s1']);
    expect(pairs.map(({ certain, alternatives }) => [certain, idsOf(alternatives)])).toEqual([[true, ['d1-s1', 'd2-s2']], [true, ['d1-s1', 'd2-s2']]]);
  });

  test('of two that fit one, neither is certain; the other is unmatched', () => {
    const { pairs, unmatchedDonor, unmatchedState } = matchTwins([told('d')], [told('s1'), told('s2', { valueDate: '2025-04-12' })]);
    expect(pairs).toMatchObject([{ state: { id: 's1' }, certain: false, alternatives: [{ state: { id: 's2' }, score: 83 }] }]);
    expect(unmatchedDonor).toEqual([]);
    expect(unmatchedState.map(({ id }) => id)).toEqual(['s2']);
  });

  test('what was ruled out is not matched again', () => {
    const { pairs, unmatchedState } = matchTwins([told('d')], [told('s')], defaultTolerance, () => true);
    expect(pairs).toEqual([]);
    expect(unmatchedState).toHaveLength(1);
  });
});

test('too many, or too many that are alike, are refused instead of taking for ever', () => {
  const many = (letter: string, count: number) => Array.from({ length: count }, (_, index) => told(`${letter}${index}`));
  const refused = expect.objectContaining({ code: 'TOO_MANY_RECORDS' }) as unknown;
  expect(() => matchTwins(many('d', 5_001), [])).toThrow(refused);
  expect(() => matchTwins(many('d', 450), many('s', 450))).toThrow(refused);
  expect(matchTwins(many('d', 50), many('s', 60)).pairs).toHaveLength(50);
});

describe('for any payments', () => {
  const payment = fc.record({
    donorId: fc.constantFrom('norway', 'kuwait'),
    countries: fc.subarray(['BFA', 'MLI', 'NER']),
    amountMinor: fc.bigInt(90n, 110n).map((n) => n * 1_000n),
    currency: fc.constantFrom('EUR', 'USD'),
    usdMinor: fc.option(fc.bigInt(90n, 110n).map((n) => n * 1_100n)),
    valueDate: fc.integer({ min: 1, max: 28 }).chain((day) => fc.constantFrom(`2025-04-${String(day).padStart(2, '0')}`, `2025-05-${String(day).padStart(2, '0')}`)),
    references: fc.subarray(['A-11111', 'B-22222', 'C-33333']),
  });
  const side = (letter: string) => fc.array(payment, { maxLength: 12 }).map((list): Told[] => list.map((one, index) => ({ id: `${letter}${index}`, ...one })));
  const tolerance = fc.record({ amount: fc.integer({ min: 0, max: 1_000 }), days: fc.integer({ min: 0, max: 40 }) });

  test('each is matched once at most, and is either matched or unmatched', () => {
    fc.assert(
      fc.property(side('d'), side('s'), tolerance, (donor, state, within) => {
        const { pairs, unmatchedDonor, unmatchedState } = matchTwins(donor, state, within);
        const all = (of: readonly Told[]) => of.map(({ id }) => id).sort();
        expect(all([...pairs.map((pair) => pair.donor), ...unmatchedDonor])).toEqual(all(donor));
        expect(all([...pairs.map((pair) => pair.state), ...unmatchedState])).toEqual(all(state));
      }),
    );
  });

  test('the sides exchanged, or the lists in another order, give the same pairs', () => {
    fc.assert(
      fc.property(side('d'), side('s'), tolerance, (donor, state, within) => {
        const found = pairsOf(donor, state, within);
        expect(pairsOf(donor.toReversed(), state.toReversed(), within)).toEqual(found);
        expect(matchTwins(state, donor, within).pairs.map((pair) => `${pair.state.id}-${pair.donor.id}`).sort()).toEqual(found);
      }),
    );
  });

  test('every pair keeps to the tolerance, is of one donor, and has a state in common', () => {
    fc.assert(
      fc.property(side('d'), side('s'), tolerance, (donor, state, within) => {
        for (const pair of matchTwins(donor, state, within).pairs) {
          expect(pair.donor.donorId).toBe(pair.state.donorId);
          expect(pair.differences.states).not.toBe('different');
          expect(Math.abs(pair.differences.days)).toBeLessThanOrEqual(within.days);
          expect(pair.differences.amountShare).toBeLessThanOrEqual(within.amount);
        }
      }),
    );
  });

  test('a wider tolerance keeps all that was possible, with its score', () => {
    const possible = (donor: readonly Told[], state: readonly Told[], within: Tolerance) =>
      new Set(donor.flatMap((d) => state.flatMap((s) => matchTwins([d], [s], within).pairs.map((pair) => `${d.id}-${s.id} ${pair.score}`))));
    fc.assert(
      fc.property(side('d'), side('s'), tolerance, tolerance, (donor, state, within, more) => {
        const wider = possible(donor, state, { amount: within.amount + more.amount, days: within.days + more.days });
        for (const match of possible(donor, state, within)) expect(wider).toContain(match);
      }),
    );
  });

  test('nothing that could be matched with something unmatched is left', () => {
    fc.assert(
      fc.property(side('d'), side('s'), tolerance, (donor, state, within) => {
        const { unmatchedDonor, unmatchedState } = matchTwins(donor, state, within);
        expect(pairsOf(unmatchedDonor, unmatchedState, within)).toEqual([]);
      }),
    );
  });

  test('an exact twin is always found, whatever stands beside it', () => {
    fc.assert(
      fc.property(side('d'), side('s'), tolerance, payment.filter(({ countries }) => countries.length > 0), (donor, state, within, twin) => {
        const exact = { ...twin, references: ['Z-99999'] };
        expect(pairsOf([...donor, { id: 'd-twin', ...exact }], [{ id: 's-twin', ...exact }, ...state], within)).toContain('d-twin-s-twin');
      }),
    );
  });
});
