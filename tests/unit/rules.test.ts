import { describe, expect, test } from '@jest/globals';
import { isDay, latestLocalDay } from '../../src/domain/days.js';
import {
  checkDisbursementAct,
  checkFourEyes,
  checkNotBefore,
  checkNotBelowDisbursed,
  checkNotFuture,
  checkPeriod,
  checkPositive,
  checkSameCurrency,
  checkWithinCommitment,
  checkWithinPledge,
  type DisbursementAct,
  type DisbursementStatus,
} from '../../src/domain/rules.js';
import { statesOf } from '../../src/domain/reference.js';

const exponents = new Map([['XOF', 0], ['EUR', 2], ['KWD', 3]]);
const passes = (act: () => void) => expect(act).not.toThrow();
const refuses = (act: () => void, problem: object) => expect(act).toThrow(expect.objectContaining(problem));

describe('calendar days', () => {
  test.each(['2024-02-29', '2025-12-31', '0001-01-01', '9999-12-31'])('%s is one', (text) => expect(isDay(text)).toBe(true));

  test.each(['2025-02-29', '2025-13-01', '2025-00-10', '2025-04-31', '0000-01-01', '2025-4-1', '25-04-01', '2025-04-01T00:00:00Z', ' 2025-04-01', '', '20250401'])('"%s" is none', (text) =>
    expect(isDay(text)).toBe(false),
  );

  test('the latest day is that of the easternmost states, one hour before UTC midnight', () => {
    expect(latestLocalDay(new Date('2025-12-31T22:59:59.999Z'))).toBe('2025-12-31');
    expect(latestLocalDay(new Date('2025-12-31T23:00:00.000Z'))).toBe('2026-01-01');
  });

  test('the states of a region are those whose membership holds on the day, in order', () => {
    const of = (iso3: string, validFrom: string, validTo: string | null, region = 'AES') => ({ region, iso3, status: 'member', validFrom, validTo });
    const memberships = [of('NER', '2023-09-16', null), of('MLI', '2023-09-16', null), of('TGO', '2020-01-01', '2024-06-30'), of('SEN', '2000-01-01', null, 'OTHER')];
    expect(statesOf('AES', '2023-09-15', memberships)).toEqual(['TGO']);
    expect(statesOf('AES', '2024-06-30', memberships)).toEqual(['MLI', 'NER', 'TGO']);
    expect(statesOf('AES', '2024-07-01', memberships)).toEqual(['MLI', 'NER']);
  });
});

describe('dates', () => {
  const now = new Date('2025-06-15T23:30:00Z');

  test('money that moved did so by today, where the day begins first', () => {
    passes(() => checkNotFuture('2025-06-16', now));
    refuses(() => checkNotFuture('2025-06-17', now), { code: 'DATE_IN_FUTURE', params: { found: '2025-06-17', latest: '2025-06-16' }, field: 'valueDate' });
    refuses(() => checkNotFuture('2025-06-17', now, 'receivedOn'), { field: 'receivedOn' });
  });

  test('a child comes on the day of its parent at the earliest', () => {
    passes(() => checkNotBefore('2025-03-10', '2025-03-10'));
    refuses(() => checkNotBefore('2025-03-09', '2025-03-10'), { code: 'DATE_BEFORE_PARENT', params: { found: '2025-03-09', earliest: '2025-03-10' }, field: 'valueDate' });
  });

  test('a period ends on the day it begins at the earliest, or has no end', () => {
    passes(() => checkPeriod('2025-03-10', '2025-03-10'));
    passes(() => checkPeriod('2025-03-10', null));
    passes(() => checkPeriod(null, '2025-03-10'));
    refuses(() => checkPeriod('2025-03-10', '2025-03-09'), { code: 'PERIOD_REVERSED', field: 'endsOn' });
  });
});

describe('amounts', () => {
  test('are above zero', () => {
    passes(() => checkPositive(1n));
    for (const minor of [0n, -1n]) refuses(() => checkPositive(minor), { code: 'AMOUNT_NOT_POSITIVE', field: 'amount.amount' });
  });

  test('are in the currency of the parent', () => {
    passes(() => checkSameCurrency('XOF', 'XOF'));
    refuses(() => checkSameCurrency('XAF', 'XOF'), { code: 'CURRENCY_MISMATCH', params: { found: 'XAF', expected: 'XOF' }, field: 'amount.currency' });
  });

  test.each([
    ['a commitment stays within its pledge', checkWithinPledge, 'EXCEEDS_PLEDGE', 'amount.amount'],
    ['a payment stays within its commitment', checkWithinCommitment, 'EXCEEDS_COMMITMENT', 'amount.amount'],
    ['a lowering stays above what is paid', checkNotBelowDisbursed, 'BELOW_DISBURSED', 'delta.amount'],
  ] as const)('%s, to the last unit', (_, check, code, field) => {
    passes(() => check({ minor: 1000n, currency: 'KWD' }, 1000n, exponents));
    refuses(() => check({ minor: 1001n, currency: 'KWD' }, 1000n, exponents), { code, field, params: { available: '1.000', found: '1.001', currency: 'KWD' } });
    refuses(() => check({ minor: 1n, currency: 'XOF' }, 0n, exponents), { code, params: { available: '0', found: '1', currency: 'XOF' } });
  });
});

describe('the room of a pledge', () => {
  test('an amendment is told of its own field', () =>
    refuses(() => checkWithinPledge({ minor: 1n, currency: 'EUR' }, 0n, exponents, 'delta.amount'), { code: 'EXCEEDS_PLEDGE', field: 'delta.amount' }));
});

describe('four eyes', () => {
  test('who prepared, edited or submitted does not decide; anybody else may', () => {
    passes(() => checkFourEyes('c', 'a', 'b', null));
    refuses(() => checkFourEyes('b', 'a', 'b', null), { code: 'FOUR_EYES' });
    refuses(() => checkFourEyes('a', 'a'), { code: 'FOUR_EYES' });
  });
});

describe('the life of a disbursement', () => {
  const statuses: readonly DisbursementStatus[] = ['draft', 'submitted', 'approved', 'received', 'rejected', 'reversed'];
  const acts: readonly DisbursementAct[] = ['edit', 'submit', 'approve', 'reject', 'receive', 'reverse'];

  function isPossible(act: DisbursementAct, status: DisbursementStatus): boolean {
    try {
      checkDisbursementAct(act, status);
      return true;
    } catch {
      return false;
    }
  }

  test('each act is possible in these states only', () => {
    const table = acts.map((act) => `${act.padEnd(7)} ${statuses.filter((status) => isPossible(act, status)).join(' ')}`);
    expect(table).toEqual([
      'edit    draft',
      'submit  draft',
      'approve submitted',
      'reject  submitted',
      'receive approved',
      'reverse approved received',
    ]);
  });

  test('a refusal names the state found and those in which the act is possible', () =>
    refuses(() => checkDisbursementAct('reverse', 'draft'), { code: 'STATE_CONFLICT', params: { found: 'draft', allowed: 'approved, received' } }));
});
