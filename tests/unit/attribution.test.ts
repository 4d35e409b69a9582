import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Amount, attribute, EARLIER, type FundAttribution, type Movement, UNEXPLAINED, UNIDENTIFIED, WHOLE } from '../../src/domain/attribution.js';

const move = (fund: string, kind: Movement['kind'], key: string, own: bigint, converted = own): Movement => ({ fund, kind, key, own, converted });

function fundsOf(movements: readonly Movement[]): readonly FundAttribution[] {
  const result = attribute(movements);
  if ('circle' in result) throw new Error(result.circle.join(' → '));
  return result.funds;
}

const owns = (amounts: readonly Amount[]) => amounts.map(({ own }) => own);
const sum = (values: readonly bigint[]) => values.reduce((a, b) => a + b, 0n);
const sumOwn = (amounts: readonly Amount[]) => sum(owns(amounts));
const sumConverted = (amounts: readonly Amount[]) => sum(amounts.map(({ converted }) => converted));

describe('by hand', () => {
  test('three donors whose money does not divide', () => {
    const [fund] = fundsOf([
      move('F', 'donor', 'A', 1n),
      move('F', 'donor', 'B', 1n),
      move('F', 'donor', 'C', 1n),
      move('F', 'use', 'MLI', 1n),
      move('F', 'use', 'NER', 1n),
    ]);
    expect(fund?.sources).toEqual(['A', 'B', 'C']);
    expect(fund?.shares).toEqual([333334n, 333333n, 333333n]);
    // Mali: A by the order of the keys; Niger: B, as A has nothing left; C is still there.
    expect(fund?.columns.map(({ key, parts }) => [key, owns(parts)])).toEqual([
      ['MLI', [1n, 0n, 0n]],
      ['NER', [0n, 1n, 0n]],
    ]);
    expect(owns(fund?.still ?? [])).toEqual([0n, 0n, 1n]);
  });

  test('carry-over has no identified donor, and a refund of a partner lowers what it got', () => {
    const [fund] = fundsOf([
      move('F', 'unidentified', '', 2500n),
      move('F', 'donor', 'A', 5000n),
      move('F', 'donor', 'B', 2500n),
      move('F', 'use', 'P', 6000n),
      move('F', 'use', 'P', -2000n),
    ]);
    expect(fund?.sources).toEqual([UNIDENTIFIED, 'A', 'B']);
    expect(fund?.shares).toEqual([250000n, 500000n, 250000n]);
    expect(owns(fund?.columns[0]?.parts ?? [])).toEqual([1000n, 2000n, 1000n]);
    expect(owns(fund?.still ?? [])).toEqual([1500n, 3000n, 1500n]);
  });

  test('a gift to another fund is split there as it was here, in its currency', () => {
    const funds = fundsOf([
      move('Z', 'donor', 'A', 300n, 330n),
      move('Z', 'donor', 'B', 100n, 110n),
      move('Z', 'given', 'Y', 200n, 220n),
      move('Y', 'received', 'Z', 1001n, 219n),
      move('Y', 'donor', 'A', 999n, 218n),
      move('Y', 'use', 'MLI', 1000n, 220n),
    ]);
    expect(funds.map(({ fund }) => fund)).toEqual(['Z', 'Y']);
    const y = funds[1];
    // 1001 as 150 to 50: 750.75 and 250.25.
    expect(owns(y?.received ?? [])).toEqual([751n, 250n]);
    // (999 + 751) to 250 of 2000: 875 and 125 of 1000.
    expect(owns(y?.columns[0]?.parts ?? [])).toEqual([875n, 125n]);
    expect(y?.columns[0]?.parts.map(({ converted }) => converted)).toEqual([193n, 27n]);
  });

  test('what comes back of an earlier period is unidentified, what goes back goes to where it came from', () => {
    const [refunded] = fundsOf([move('F', 'use', 'P', -700n), move('F', 'donor', 'A', 300n), move('F', 'use', 'Q', 100n)]);
    expect(refunded?.sources).toEqual([UNIDENTIFIED, 'A']);
    expect(owns(refunded?.columns[0]?.parts ?? [])).toEqual([70n, 30n]);
    const [returned] = fundsOf([move('F', 'donor', 'A', -400n), move('F', 'unidentified', '', 100n), move('F', 'donor', 'B', 500n)]);
    expect(returned?.columns.map(({ key, parts }) => [key, owns(parts)])).toEqual([[EARLIER, [300n]]]);
    expect(returned?.sources).toEqual(['B']);
  });

  test('uses without sources are not explained, and worth what they were used for', () => {
    const [fund] = fundsOf([move('F', 'donor', 'A', 100n, 110n), move('F', 'use', 'P', 400n, 500n)]);
    expect(fund?.sources).toEqual([UNEXPLAINED, 'A']);
    expect(fund?.paidIn).toEqual([
      { own: 300n, converted: 375n },
      { own: 100n, converted: 110n },
    ]);
    expect(fund?.still).toEqual([
      { own: 0n, converted: 0n },
      { own: 0n, converted: -15n },
    ]);
  });

  test('a circle is named, unless what closed it was undone', () => {
    const given = [move('A', 'given', 'B', 1n), move('B', 'given', 'C', 1n), move('C', 'given', 'B', 1n), move('C', 'given', 'D', 1n)];
    expect(attribute(given)).toEqual({ circle: ['B', 'C'] });
    expect(fundsOf([...given, move('C', 'given', 'B', -1n)]).map(({ fund }) => fund)).toEqual(['A', 'B', 'C']);
  });
});

const minor = fc.bigInt({ min: 0n, max: 10n ** 12n });
const signed = fc.bigInt({ min: -(10n ** 9n), max: 10n ** 12n });
const fundNames = ['F0', 'F1', 'F2', 'F3'];

/** Funds that give only to later ones, with refunds, reversals and overdrafts. */
const movements = fc.array(
  fc.oneof(
    fc.record({ fund: fc.constantFrom(...fundNames), kind: fc.constant('donor' as const), key: fc.constantFrom('A', 'B', 'C', 'D'), own: signed, converted: signed }),
    fc.record({ fund: fc.constantFrom(...fundNames), kind: fc.constant('use' as const), key: fc.constantFrom('P', 'Q', 'R'), own: signed, converted: signed }),
    fc.record({ fund: fc.constantFrom(...fundNames), kind: fc.constant('unidentified' as const), key: fc.constant(''), own: signed, converted: signed }),
  ),
  { maxLength: 30 },
);
const gifts = fc
  .array(fc.record({ from: fc.integer({ min: 0, max: 2 }), by: fc.integer({ min: 1, max: 3 }), given: signed, got: signed, converted: signed }), { maxLength: 6 })
  .map((list) =>
    list.flatMap(({ from, by, given, got, converted }) => {
      const [giver = '', receiver = ''] = [fundNames[from], fundNames[Math.min(from + by, 3)]];
      return [move(giver, 'given', receiver, given, converted), move(receiver, 'received', giver, got, converted)];
    }),
  );
const book = fc.tuple(movements, gifts).map(([own, between]): readonly Movement[] => [...own, ...between]);

describe('for any funds', () => {
  test('both margins are exact, in the fund’s currency and in the reporting one; nothing is negative; shares are whole', () => {
    fc.assert(
      fc.property(book, (all) => {
        for (const { fund, sources, shares, paidIn, received, columns, still } of fundsOf(all)) {
          const inflows = sources.map((_, index) => (paidIn[index]?.own ?? 0n) + (received[index]?.own ?? 0n));
          for (const [index, inflow] of inflows.entries()) {
            expect(sum(columns.map(({ parts }) => parts[index]?.own ?? 0n)) + (still[index]?.own ?? 0n)).toBe(inflow);
          }
          for (const amounts of [paidIn, received, still, ...columns.map(({ parts }) => parts)]) expect(owns(amounts).every((own) => own >= 0n)).toBe(true);
          if (sum(inflows) > 0n) expect(sum(shares)).toBe(WHOLE);
          for (const { kind, key, parts } of columns.filter((column) => column.key !== EARLIER)) {
            const posted = all.filter((one) => one.fund === fund && one.kind === kind && one.key === key);
            expect([sumOwn(parts), sumConverted(parts)]).toEqual([sumOwn(posted), sumConverted(posted)]);
          }
          // Sources − uses = what is there, unless the book does not explain it.
          const signs = { donor: 1n, unidentified: 1n, received: 1n, use: -1n, given: -1n };
          const balance = sum(all.filter((one) => one.fund === fund).map((one) => signs[one.kind] * one.own));
          expect(sumOwn(still)).toBe(balance > 0n ? balance : 0n);
        }
      }),
    );
  });

  test('the order of events does not change the result, nor does it matter whether they are one or several', () => {
    const shuffled = book.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })));
    fc.assert(fc.property(shuffled, ([all, other]) => expect(fundsOf(other)).toEqual(fundsOf(all))));
    const cut = (one: Movement) => [
      { ...one, own: one.own / 3n, converted: one.converted / 7n },
      { ...one, own: one.own - one.own / 3n, converted: one.converted - one.converted / 7n },
    ];
    fc.assert(fc.property(book, (all) => expect(fundsOf(all.flatMap(cut))).toEqual(fundsOf(all))));
  });

  test('a part is the share of the inflows, to as many minor units as there are columns', () => {
    fc.assert(
      fc.property(fc.array(minor, { minLength: 1, maxLength: 8 }), fc.array(minor, { minLength: 1, maxLength: 8 }), (donors, uses) => {
        const inflow = sum(donors);
        const within = uses.map((use, index) => ({ key: `P${index}`, own: inflow === 0n ? 0n : use % (inflow / BigInt(uses.length) + 1n) }));
        const [fund] = fundsOf([...donors.map((own, index) => move('F', 'donor', `D${index}`, own)), ...within.map(({ key, own }) => move('F', 'use', key, own))]);
        if (!fund || inflow === 0n) return;
        const bound = BigInt(fund.columns.length + 1);
        for (const { parts } of [...fund.columns, { parts: fund.still }]) {
          const total = sumOwn(parts);
          for (const [index, { own }] of parts.entries()) {
            const off = own * inflow - total * (fund.paidIn[index]?.own ?? 0n);
            expect((off < 0n ? -off : off) <= bound * inflow).toBe(true);
          }
        }
      }),
    );
  });

  test('a chain of funds conserves what each donor gave', () => {
    const donors = fc.array(fc.bigInt({ min: 1n, max: 10n ** 12n }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(donors, fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }), (given, first, second) => {
        const inflow = sum(given);
        const passed = (inflow * BigInt(first)) / 100n;
        const used = (passed * BigInt(second)) / 100n;
        const [a, b] = fundsOf([
          ...given.map((own, index) => move('A', 'donor', `D${index}`, own)),
          move('A', 'given', 'B', passed),
          move('B', 'received', 'A', passed),
          move('B', 'use', 'MLI', used),
        ]);
        const ofDonor = (fund: FundAttribution | undefined, amounts: readonly Amount[] | undefined, donor: string) => amounts?.[fund?.sources.indexOf(donor) ?? -1]?.own ?? 0n;
        for (const [index, own] of given.entries()) {
          const donor = `D${index}`;
          expect(ofDonor(a, a?.still, donor) + ofDonor(b, b?.still, donor) + ofDonor(b, b?.columns[0]?.parts, donor)).toBe(own);
        }
      }),
    );
  });
});
