import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { regionalPartOf, regionalParts, type RegionalProfile, regionalTable } from '../../src/domain/regional.js';

const MEMBERS = ['BFA', 'MLI', 'NER'];
const INVITED = ['MRT', 'SEN', 'TCD', 'TGO'];
const ALL = [...MEMBERS, ...INVITED];

const line = (donorCountry: string | null, countries: readonly string[], more: Partial<RegionalProfile> = {}): RegionalProfile => ({
  key: 'k', stage: 'disbursement', internal: false, intoFund: false, donorCountry, countries, reason: null, minor: 1n, lines: 1, ...more,
}); // prettier-ignore
const partsOf = (profile: RegionalProfile) => [MEMBERS, INVITED, ALL].map((states) => regionalPartOf(profile, states));

test.each([
  ['from France to Mali', line('FRA', ['MLI']), ['outside', undefined, 'outside']],
  ['of a donor without a country to Mali', line(null, ['MLI']), ['outside', undefined, 'outside']],
  ['of Mali for Mali', line('MLI', ['MLI']), ['own', undefined, 'own']],
  ['from Mali to Niger', line('MLI', ['NER']), ['betweenStates', undefined, 'betweenStates']],
  ['from Senegal to Mali', line('SEN', ['MLI']), ['outside', undefined, 'betweenStates']],
  ['from Mali to Senegal', line('MLI', ['SEN']), [undefined, 'outside', 'betweenStates']],
  ['for Mali and Niger together', line('FRA', ['MLI', 'NER']), ['outside', undefined, 'outside']],
  ['for Mali and Senegal together', line('FRA', ['MLI', 'SEN']), ['beyond', 'beyond', 'outside']],
  ['for Mali and Cameroon together', line('FRA', ['CMR', 'MLI']), ['beyond', undefined, 'beyond']],
  ['of Mali to a fund for Mali and Niger', line('MLI', ['MLI', 'NER'], { intoFund: true }), ['own', undefined, 'own']],
  ['of Senegal to a fund for Mali', line('SEN', ['MLI'], { intoFund: true }), ['outside', undefined, 'own']],
  ['recorded as internal', line('FRA', ['MLI'], { internal: true }), ['marked', undefined, 'marked']],
  ['that a fund transfers', line(null, ['MLI'], { stage: 'transfer' }), ['fundTransfers', undefined, 'fundTransfers']],
  ['for no state by name', line('FRA', []), [undefined, undefined, undefined]],
])('money %s', (_, profile, expected) => {
  expect(partsOf(profile)).toEqual(expected);
});

test('a fund’s money counts when it enters, and is the receipt of the state it is transferred to', () => {
  const { total, parts, receipts } = regionalTable(
    [line('FRA', MEMBERS, { intoFund: true, minor: 100n }), line(null, ['MLI'], { stage: 'transfer', minor: 60n }), line('FRA', ['MLI'], { minor: 7n }), line('MLI', ['NER'], { minor: 5n }), line('FRA', ['MLI', 'NER'], { minor: 3n })],
    MEMBERS,
  );
  expect(total.paid).toBe(110n);
  expect([parts.fundTransfers.paid, parts.betweenStates.paid]).toEqual([60n, 5n]);
  expect(receipts.get('MLI')).toMatchObject({ outside: 7n, fundTransfers: 60n });
  expect(receipts.get('NER')).toMatchObject({ outside: 0n, betweenStates: 5n });
  expect(receipts.get('*')).toMatchObject({ outside: 3n, fundTransfers: 0n });
});

describe('whatever the lines', () => {
  const anyLine = fc
    .record({
      donorCountry: fc.option(fc.constantFrom(...ALL, 'FRA', 'CMR')),
      countries: fc.uniqueArray(fc.constantFrom(...ALL, 'CMR'), { maxLength: 4 }),
      stage: fc.constantFrom('pledge' as const, 'commitment' as const, 'disbursement' as const, 'transfer' as const),
      internal: fc.boolean(),
      intoFund: fc.boolean(),
      minor: fc.bigInt({ min: -100n, max: 1000n }),
    })
    .map((one) => line(one.donorCountry, one.countries, one));
  const sums = (profiles: readonly RegionalProfile[], states: readonly string[]) => regionalTable(profiles, states);

  test('each is in one part of a group’s view at most, and the parts sum to what touches the group', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 30 }), (profiles) => {
        const { parts, total } = sums(profiles, ALL);
        const touching = profiles.filter(({ countries }) => countries.some((code) => ALL.includes(code)));
        expect(regionalParts.reduce((count, part) => count + parts[part].lines, 0)).toBe(touching.length);
        const paid = touching.filter(({ stage }) => stage === 'disbursement' || stage === 'transfer').reduce((sum, { minor }) => sum + minor, 0n);
        expect(regionalParts.reduce((sum, part) => sum + parts[part].paid, 0n)).toBe(paid);
        expect(total.paid).toBe(parts.outside.paid + parts.own.paid);
      }),
    );
  });

  test('the total of all is those of members and invited, less what they give each other, plus what they share', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 30 }), (profiles) => {
        const [members, invited, all] = [sums(profiles, MEMBERS), sums(profiles, INVITED), sums(profiles, ALL)];
        const inGroup = (states: readonly string[], part: string) => (profile: RegionalProfile) => regionalPartOf(profile, states) === part;
        const commitments = profiles.filter(({ stage }) => stage === 'commitment');
        const sumOf = (chosen: readonly RegionalProfile[]) => chosen.reduce((sum, { minor }) => sum + minor, 0n);
        const given = commitments.filter((one) => inGroup(ALL, 'betweenStates')(one) && (inGroup(MEMBERS, 'outside')(one) || inGroup(INVITED, 'outside')(one)));
        const shared = commitments.filter((one) => (inGroup(ALL, 'outside')(one) || inGroup(ALL, 'own')(one)) && (inGroup(MEMBERS, 'beyond')(one) || inGroup(INVITED, 'beyond')(one)));
        expect(all.total.committed).toBe(members.total.committed + invited.total.committed - sumOf(given) + sumOf(shared));
      }),
    );
  });

  test('the receipts are every payment and transfer once', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 30 }), (profiles) => {
        const received = [...sums(profiles, ALL).receipts.values()].flatMap((one) => Object.values<bigint>(one)).reduce((a, b) => a + b, 0n);
        const paid = profiles.filter((one) => !one.intoFund && (one.stage === 'disbursement' || one.stage === 'transfer') && one.countries.some((code) => ALL.includes(code)));
        expect(received).toBe(paid.reduce((sum, { minor }) => sum + minor, 0n));
      }),
    );
  });
});
