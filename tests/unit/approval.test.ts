import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { approvalsNeeded, type GivenApproval, rightsToDecide, rightToApprove } from '../../src/domain/approval.js';
import { type Actor, nobody, type ReceivedDelegation } from '../../src/domain/policy.js';

const delegation = (userId: string, ...states: readonly string[]): ReceivedDelegation => ({ id: `delegation of ${userId}`, userId, states });
const approver = (more: Partial<Actor> = {}): Actor => ({ ...nobody, userId: 'me', roles: ['approver'], states: ['MLI', 'NER'], seesRestricted: true, ...more });
const mali = { countries: ['MLI'], restricted: false };

describe('by which right somebody decides', () => {
  test('the own one first, then that of each absent approver for all of the states', () => {
    const received = [delegation('a', 'MLI'), delegation('b', 'BFA'), delegation('c', 'MLI', 'BFA')];
    expect(rightsToDecide(approver({ delegations: received }), mali, ['p'])).toEqual([null, received[0], received[2]]);
    expect(rightsToDecide(approver({ roles: ['finance_officer'], delegations: received }), mali, [])).toEqual([received[0], received[2]]);
    expect(rightsToDecide(approver({ delegations: received }), { ...mali, countries: ['MLI', 'BFA'] }, [])).toEqual([received[2]]);
  });

  test.each([
    ['OUT_OF_SCOPE', approver(), { ...mali, countries: ['MLI', 'BFA'] }, []],
    ['OUT_OF_SCOPE', approver(), { ...mali, countries: [] }, []],
    ['OUT_OF_SCOPE', approver({ roles: ['finance_officer', 'administrator', 'auditor'] }), mali, []],
    ['OUT_OF_SCOPE', approver({ delegations: [delegation('a', 'BFA')] }), { ...mali, countries: ['MLI', 'BFA'] }, []],
    ['RESTRICTED_NOT_ALLOWED', approver({ seesRestricted: false }), { ...mali, restricted: true }, []],
    ['FOUR_EYES', approver(), mali, ['me']],
    ['FOUR_EYES', approver({ states: [], delegations: [delegation('a', 'MLI')] }), mali, ['a']],
    ['FOUR_EYES', approver({ delegations: [delegation('a', 'MLI')] }), mali, ['other', 'me']],
  ] as const)('%s', (code, actor, flow, preparers) => {
    expect(() => rightsToDecide(actor, flow, preparers)).toThrow(expect.objectContaining({ code }));
  });

  test('whoever prepared it is never the one who decides, nor the one in whose name it is done', () => {
    const people = ['me', 'a', 'b', 'c'];
    fc.assert(
      fc.property(fc.subarray(people), fc.subarray(people.slice(1)), fc.boolean(), (preparers, absent, isApprover) => {
        const actor = approver({ roles: isApprover ? ['approver'] : ['finance_officer'], delegations: absent.map((userId) => delegation(userId, 'MLI')) });
        let persons: string[] = [];
        try {
          persons = rightsToDecide(actor, mali, preparers).flatMap((right) => ['me', ...(right ? [right.userId] : [])]);
        } catch {
          // refused: nobody decides
        }
        expect(persons.filter((person) => preparers.includes(person))).toEqual([]);
      }),
    );
  });
});

describe('one more approval', () => {
  const by = (approverId: string, onBehalfOf: string | null = null): GivenApproval => ({ approverId, onBehalfOf });
  const [ofA, ofB] = [delegation('a', 'MLI'), delegation('b', 'MLI')];

  test('is by another person, and in the name of another', () => {
    expect(rightToApprove(approver(), [null, ofA], [])).toBeNull();
    expect(rightToApprove(approver(), [null], [by('a')])).toBeNull();
    expect(rightToApprove(approver(), [ofA, ofB], [by('a')])).toBe(ofB);
    expect(rightToApprove(approver(), [ofA, ofB], [by('x', 'a')])).toBe(ofB);
  });

  test.each([
    [[null], [by('me')]],
    [[null], [by('x', 'me')]],
    [[ofA], [by('a')]],
    [[ofA], [by('x', 'a')]],
    [[ofB], [by('me', 'a')]],
  ] as const)('of the rights %j after %j is none', (rights, given) => {
    expect(() => rightToApprove(approver(), rights, given)).toThrow(expect.objectContaining({ code: 'ALREADY_APPROVED' }));
  });
});

test.each([
  [100n, null, 1],
  [null, null, 1],
  [100n, 100n, 1],
  [101n, 100n, 2],
  [-101n, 100n, 2],
  [-100n, 100n, 1],
  [1n, 0n, 2],
  [null, 100n, 2],
] as const)('%s US cents under a limit of %s take %d', (usdMinor, limitMinor, needed) => {
  expect(approvalsNeeded(usdMinor, limitMinor)).toBe(needed);
});
