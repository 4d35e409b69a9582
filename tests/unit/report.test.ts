import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addSums, type Cell, executionRate, keptRecord, mergeCells, noSums, sortCells, type Sums } from '../../src/domain/report.js';

const sums = (committed: bigint, disbursed = 0n, pledged = 0n, lines = 1): Sums => ({ pledged, committed, disbursed, lines });
const cell = (key: string, ...of: Parameters<typeof sums>): Cell => ({ key: key.split('/'), sums: sums(...of) });
const total = (cells: readonly Cell[]) => cells.reduce((sum, one) => addSums(sum, one.sums), noSums);
const names = (cells: readonly Cell[]) => cells.map((one) => one.key.join('/'));

const money = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
const code = fc.constantFrom('*', '-', 'BFA', 'MLI', 'NER', 'a', 'é');
const anyCell: fc.Arbitrary<Cell> = fc.record({
  key: fc.tuple(code, code),
  sums: fc.record({ pledged: money, committed: fc.oneof(money, fc.constantFrom(0n, 5n)), disbursed: money, lines: fc.nat(1000) }),
});
const distinctCells = fc.uniqueArray(anyCell, { selector: (one) => one.key.join('/') });

describe('mergeCells', () => {
  test('adds up the cells that a merged donor makes one', () => {
    const cells = [cell('old/MLI', 10n, 1n, 100n, 2), cell('kept/MLI', 5n, 2n, 50n, 3), cell('kept/NER', 7n)];
    expect(mergeCells(cells, ([donor = '', state = '']) => [donor === 'old' ? 'kept' : donor, state])).toEqual([
      cell('kept/MLI', 15n, 3n, 150n, 5),
      cell('kept/NER', 7n),
    ]);
  });

  test('keys are compared code by code, not as one text', () => {
    const cells: readonly Cell[] = [{ key: ['a,b', 'c'], sums: sums(1n) }, { key: ['a', 'b,c'], sums: sums(2n) }];
    expect(mergeCells(cells, (key) => key)).toHaveLength(2);
  });

  test('loses nothing of the total and leaves each key once, whatever is merged', () => {
    fc.assert(
      fc.property(fc.array(anyCell), code, code, (cells, from, to) => {
        const merged = mergeCells(cells, (key) => key.map((one) => (one === from ? to : one)));
        expect(total(merged)).toEqual(total(cells));
        expect(new Set(names(merged)).size).toBe(merged.length);
        if (from !== to) expect(merged.filter((one) => one.key.includes(from))).toEqual([]);
      }),
    );
  });
});

describe('sortCells', () => {
  test('the largest commitments first, equal ones by key', () => {
    const cells = [cell('b/x', 5n), cell('-/x', -1n), cell('a/y', 5n), cell('c/x', 10n ** 15n), cell('a/x', 5n), cell('*/x', 0n)];
    expect(names(sortCells(cells))).toEqual(['c/x', 'a/x', 'a/y', 'b/x', '*/x', '-/x']);
  });

  test('gives the same order however the cells came in, and does not touch the list it got', () => {
    const shuffled = distinctCells.chain((cells) => fc.tuple(fc.constant(cells), fc.shuffledSubarray(cells, { minLength: cells.length })));
    fc.assert(
      fc.property(shuffled, ([cells, other]) => {
        const before = [...cells];
        expect(sortCells(other)).toEqual(sortCells(cells));
        expect(cells).toEqual(before);
      }),
    );
  });
});

describe('executionRate', () => {
  test.each([
    [0n, 0n, null],
    [0n, 5n, null],
    [100n, 0n, '0.0000'],
    [100n, 100n, '1.0000'],
    [3n, 2n, '0.6667'],
    [3n, 1n, '0.3333'],
    [20_000n, 1n, '0.0001'],
    [20_001n, 1n, '0.0000'],
    [100n, 12_345n, '123.4500'],
    [100n, -50n, '-0.5000'],
    [-100n, 50n, '-0.5000'],
    [-100n, -50n, '0.5000'],
  ])('of %d committed and %d disbursed is %s', (committed, disbursed, rate) => expect(executionRate(sums(committed, disbursed))).toBe(rate));
});

describe('keptRecord', () => {
  const merges = new Map([['a', 'b'], ['b', 'c'], ['x', 'y'], ['y', 'x'], ['self', 'self'], ['into-cycle', 'x']]);

  test('follows duplicates to the end', () => expect(['a', 'b', 'c', 'unmerged'].map((id) => keptRecord(id, merges))).toEqual(['c', 'c', 'c', 'unmerged']));

  test('a circle of merges does not hang: it stops within the circle', () => {
    expect(keptRecord('self', merges)).toBe('self');
    for (const id of ['x', 'y', 'into-cycle']) expect(['x', 'y']).toContain(keptRecord(id, merges));
  });

  test('whatever was merged into whatever, it ends at a record that stays put, or in a circle', () => {
    const ids = fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f');
    fc.assert(
      fc.property(fc.array(fc.tuple(ids, ids)), ids, (pairs, start) => {
        const mergedInto = new Map(pairs);
        const kept = keptRecord(start, mergedInto);
        const reached = new Set([start]);
        for (let at = mergedInto.get(start); at !== undefined && !reached.has(at); at = mergedInto.get(at)) reached.add(at);
        expect(reached.has(kept)).toBe(true);
        if ([...reached].some((id) => !mergedInto.has(id))) expect(mergedInto.has(kept)).toBe(false);
      }),
    );
  });
});
