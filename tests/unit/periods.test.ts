import { describe, expect, test } from '@jest/globals';
import { currentMonth, monthsBetween, monthsToClose, type PeriodStatus } from '../../src/domain/periods.js';

const known = (statuses: Readonly<Record<string, PeriodStatus>> = {}) => ({ first: '2024-11', current: '2025-03', statuses: new Map(Object.entries(statuses)) });

describe('months', () => {
  test('follow each other over the end of a year', () => {
    expect(monthsBetween('2024-11', '2025-02')).toEqual(['2024-11', '2024-12', '2025-01', '2025-02']);
    expect(monthsBetween('2025-02', '2025-02')).toEqual(['2025-02']);
    expect(monthsBetween('2025-02', '2025-01')).toEqual([]);
    expect(monthsBetween('0099-12', '0100-01')).toEqual(['0099-12', '0100-01']);
  });

  test('end where the day ends last', () => {
    expect(currentMonth(new Date('2025-01-31T23:59:59Z'))).toBe('2025-01');
    expect(currentMonth(new Date('2025-02-01T00:00:00Z'))).toBe('2025-02');
  });
});

describe('closing a month', () => {
  test('closes with it those before it that never were', () => {
    expect(monthsToClose('2025-01', known())).toEqual(['2024-11', '2024-12', '2025-01']);
    expect(monthsToClose('2025-01', known({ '2024-11': 'closed' }))).toEqual(['2024-12', '2025-01']);
  });

  test('closes one that was opened again by itself, and nothing after it', () => {
    const statuses = { '2024-11': 'closed', '2024-12': 'open', '2025-01': 'closed' } as const;
    expect(monthsToClose('2024-12', known(statuses))).toEqual(['2024-12']);
    expect(() => monthsToClose('2025-02', known(statuses))).toThrow(expect.objectContaining({ code: 'PERIOD_OUT_OF_ORDER', params: { month: '2024-12' } }));
  });

  test.each([
    ['2025-03', 'PERIOD_NOT_OVER'],
    ['2026-01', 'PERIOD_NOT_OVER'],
    ['2024-10', 'NOT_FOUND'],
    ['2024-11', 'STATE_CONFLICT'],
  ])('refuses %s with %s', (month, code) => {
    expect(() => monthsToClose(month, known({ '2024-11': 'closed' }))).toThrow(expect.objectContaining({ code }));
  });

  test('names the last month that is over', () => {
    expect(() => monthsToClose('2025-03', known())).toThrow(expect.objectContaining({ params: { latest: '2025-02', found: '2025-03' } }));
  });
});
