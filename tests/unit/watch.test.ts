import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestDay, isBelow, isDueSoon, isLate, judge, mayKnow, type OpenSubject, percentOf, unpaidInstalments } from '../../src/domain/watch.js';
import { noticeText } from '../../src/features/watch/notice-text.js';
import { type DigestNotice, type Fact, MOST_NAMED, type RuleNotice } from '../../src/features/watch/notice.schema.js';
import type { Condition } from '../../src/features/watch/condition.schema.js';
import { languages } from '../../src/i18n/language.js';
import { watch as en } from '../../src/i18n/watch.en.js';
import { watch as fr } from '../../src/i18n/watch.fr.js';

const day = (offset: number) => new Date(Date.UTC(2026, 0, 1 + offset)).toISOString().slice(0, 10);
const open = (toldOn: string | null): OpenSubject => ({ since: '2026-01-01', toldOn, notedOn: '2026-01-01' });

describe('what is told', () => {
  test('once found, again at the end of the quiet period, and what is no longer so is cleared', () => {
    const known = new Map([['a', open('2026-01-01')], ['b', open('2026-01-02')], ['c', open(null)], ['d', open('2026-01-01')]]);
    expect(judge(['a', 'b', 'c', 'new'], known, 7, '2026-01-08')).toEqual({ tell: ['a', 'c', 'new'], quiet: ['b'], cleared: ['d'] });
  });

  test('day by day, a subject that stays is told every so many days, whatever else comes and goes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), (quietDays, presence) => {
        const known = new Map<string, OpenSubject>();
        let sinceTold = Number.POSITIVE_INFINITY;
        presence.forEach((isSo, at) => {
          const { tell, quiet, cleared } = judge(isSo ? ['s'] : [], known, quietDays, day(at));
          expect(tell.length + quiet.length).toBe(isSo ? 1 : 0);
          expect(cleared.length).toBe(!isSo && known.has('s') ? 1 : 0);
          sinceTold += 1;
          if (isSo) expect(tell.length === 1).toBe(sinceTold >= quietDays);
          if (tell.length === 1) sinceTold = 0;
          if (isSo) known.set('s', { since: day(0), toldOn: tell.length === 1 ? day(at) : (known.get('s')?.toldOn ?? null), notedOn: day(at) });
          else {
            known.delete('s');
            sinceTold = Number.POSITIVE_INFINITY;
          }
        });
      }),
    );
  });

  test('only to who sees every flow it is made of', () => {
    const flow = { countries: ['MLI'], donorId: 'x', restricted: false };
    const mali = { all: false, states: ['MLI'], donorIds: [], restricted: false } as const;
    expect([mayKnow(mali, [flow]), mayKnow(mali, [flow, { ...flow, countries: ['NER'] }]), mayKnow(mali, [{ ...flow, restricted: true }]), mayKnow(mali, [])]).toEqual([true, false, false, true]);
    expect(mayKnow({ all: false, states: [], donorIds: ['x'], restricted: false }, [flow, { ...flow, restricted: true }])).toBe(true);
  });
});

describe('instalments', () => {
  const plan = { minor: 300n, paidMinor: 0n, instalments: [{ dueOn: '2026-02-01', minor: 100n }, { dueOn: '2026-03-01', minor: 100n }, { dueOn: '2026-04-01', minor: 100n }] };

  test('payments fill them in the order of their days; the numbers stay', () => {
    expect(unpaidInstalments({ ...plan, paidMinor: 150n }).map(({ number, minor, paidMinor }) => [number, minor - paidMinor])).toEqual([[2, 50n], [3, 100n]]);
    expect(unpaidInstalments({ ...plan, paidMinor: 300n })).toEqual([]);
    expect(unpaidInstalments({ ...plan, minor: 120n }).map(({ number, minor }) => [number, minor])).toEqual([[1, 100n], [2, 20n]]);
  });

  test('what is due today is soon, and not late', () => {
    expect([isDueSoon('2026-02-01', '2026-02-01', 1), isLate('2026-02-01', '2026-02-01', 0)]).toEqual([true, false]);
    expect([isDueSoon('2026-02-01', '2026-02-02', 30), isLate('2026-02-01', '2026-02-02', 0), isLate('2026-02-01', '2026-02-02', 1), isLate('2026-02-01', '2026-02-02', 2)]).toEqual([false, true, true, false]);
    expect([isDueSoon('2026-02-01', '2026-01-02', 30), isDueSoon('2026-02-01', '2026-01-01', 30)]).toEqual([true, false]);
  });
});

describe('thresholds', () => {
  test('are exact: at it is not below, and the percentage shown is never at what it is below', () => {
    expect([isBelow(60n, 100n, '60'), isBelow(59n, 100n, '60'), isBelow(6_024n, 10_000n, '60.25'), isBelow(1n, 0n, '60')]).toEqual([false, true, true, false]);
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.bigInt({ min: 1n, max: 10n ** 15n }), fc.integer({ min: 0, max: 20_000 }), (part, whole, hundredths) => {
        const threshold = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
        const shown = Number(percentOf(part, whole).replace('.', ''));
        expect(isBelow(part, whole, threshold)).toBe(shown < hundredths);
      }),
    );
  });
});

test('a digest is due from seven in the morning where the person is', () => {
  const at = new Date('2026-11-27T06:30:00Z');
  expect([digestDay(at, 'Africa/Bamako'), digestDay(at, 'Africa/Niamey'), digestDay(at, 'America/New_York')]).toEqual([null, '2026-11-27', null]);
  expect(digestDay(new Date('2026-11-27T23:30:00Z'), 'Africa/Niamey')).toBeNull();
  expect(digestDay(new Date('2026-11-27T23:30:00Z'), 'Africa/Bamako')).toBe('2026-11-27');
});

describe('texts', () => {
  const names = (fr: string, en = fr) => ({ fr, en });
  const money = (amount: string, currency = 'EUR') => ({ amount, currency });
  const promise = { id: '01900000-0000-7000-8000-000000000001', reference: 'ENG-2025-0001', donor: names('Exemplie'), states: [names('Mali'), names('Niger')], since: '2026-05-01' };
  const facts: Readonly<Record<Condition['kind'], readonly [Condition, Fact]>> = {
    instalment_due: [{ kind: 'instalment_due', daysBefore: 30 }, { kind: 'instalment_due', of: 'pledge', ...promise, dueOn: '2026-05-01', days: 0, amount: money('1250000.50'), unpaid: money('1000.00') }],
    instalment_late: [{ kind: 'instalment_late', daysAfter: 0 }, { kind: 'instalment_late', of: 'commitment', ...promise, dueOn: '2026-05-01', days: 1, amount: money('1250000', 'XOF'), unpaid: money('1000', 'XOF') }],
    coverage_below: [{ kind: 'coverage_below', threshold: '60.50', by: 'plan', code: 'HMLI' }, { kind: 'coverage_below', what: names('Plan du Mali', 'Plan of Mali'), whole: money('1000.00'), part: money('432.10'), gap: money('567.90'), percent: '43.21', since: '2026-05-01' }],
    execution_below: [{ kind: 'execution_below', threshold: '60', by: 'state', code: 'MLI', from: '2026-01-01' }, { kind: 'execution_below', what: names('Mali'), whole: money('1000.00'), part: money('0.00'), gap: money('1000.00'), percent: '0.00', since: '2026-05-01' }],
    no_payment: [{ kind: 'no_payment', days: 90 }, { kind: 'no_payment', ...promise, states: [], committedOn: '2026-01-01', days: 120, amount: money('5.00') }],
    fund_balance_below: [{ kind: 'fund_balance_below', fundId: promise.id, threshold: money('500.00') }, { kind: 'fund_balance_below', what: names('Fonds'), available: money('-3.00'), since: '2026-05-01' }],
  };
  const notice = (kind: Condition['kind'], count = 1): { kind: string; params: RuleNotice } => {
    const [condition, fact] = facts[kind];
    return { kind, params: { rule: { id: promise.id, name: 'Ma {règle}', quietDays: 7, condition }, day: '2026-05-02', count, facts: Array.from({ length: Math.min(count, MOST_NAMED) }, () => fact) } };
  };
  const digest: DigestNotice = {
    count: 12,
    items: [
      { kind: 'disbursement', reference: 'DEC-1', amount: money('10.00'), states: [names('Mali')], preparedAt: '2026-05-01T10:00:00.000Z' },
      { kind: 'period_reopening', reference: '2026-04', amount: null, states: [], preparedAt: '2026-05-01T10:00:00.000Z' },
    ],
  };
  const kinds = Object.keys(facts) as Condition['kind'][];
  const all = languages.flatMap((language) => [
    ...kinds.flatMap((kind) => [1, 25].map((count) => noticeText(notice(kind, count), language, 'Africa/Bamako'))),
    noticeText({ kind: 'approval_digest', params: digest }, language, 'Africa/Niamey'),
  ]);

  test('leave nothing unfilled, and end as sentences do', () => {
    for (const { subject, paragraphs } of all) {
      const text = [subject, ...paragraphs].join('\n');
      expect(text.replaceAll('Ma {règle}', '')).not.toMatch(/[{}]|undefined|NaN|Invalid/);
      expect(paragraphs.filter((paragraph) => !/[.!?]$/.test(paragraph))).toEqual([]);
    }
  });

  test('say who, what, how much, since when, what to do and how to stop it', () => {
    expect(noticeText(notice('instalment_late'), 'fr', 'Africa/Bamako')).toEqual({
      subject: 'En retard\u00A0: 1 échéance impayée',
      paragraphs: [
        expect.stringContaining('Au 2 mai 2026, ces échéances d’annonces ou d’engagements ont au moins 1 jour de retard.'),
        'ENG-2025-0001, Exemplie (Mali et Niger)\u00A0: 1\u202F000\u00A0XOF à payer depuis le 1er mai 2026, soit 1 jour de retard, sur une échéance de 1\u202F250\u202F000\u00A0XOF.',
        expect.stringContaining('À faire\u00A0: relancer le donateur'),
        'Règle de suivi «\u00A0Ma {règle}\u00A0»\u00A0: échéances en retard d’au moins 1 jour. Le même sujet n’est rappelé qu’au bout de 7 jours.',
        expect.stringContaining('Pour la changer ou l’arrêter'),
      ],
      link: { label: 'La règle de suivi', path: `/v1/watch-rules/${promise.id}` },
    });
    expect(noticeText(notice('coverage_below'), 'en', 'Africa/Bamako').paragraphs[1]).toBe(
      'Plan of Mali: 432.10\u00A0EUR funded of 1,000.00\u00A0EUR required, which is 43.21%; 567.90\u00A0EUR is missing. Below the threshold, found on 1 May 2026.',
    );
    expect(noticeText({ kind: 'approval_digest', params: digest }, 'fr', 'Africa/Niamey').paragraphs.slice(1, 4)).toEqual([
      expect.stringMatching(/^Décaissement DEC-1 \(Mali\).: 10,00.EUR, à approuver depuis le vendredi 1er mai 2026 à 11/),
      expect.stringContaining('Réouverture du mois 2026-04'),
      '… et 10 autres.',
    ]);
  });

  test('name twenty subjects at most, and how many more there are', () => {
    const { paragraphs } = noticeText(notice('no_payment', 1234), 'fr', 'Africa/Bamako');
    expect(paragraphs.filter((paragraph) => paragraph.startsWith('ENG-'))).toHaveLength(MOST_NAMED);
    expect(paragraphs[MOST_NAMED + 1]).toBe('… et 1\u202F214 autres.');
  });

  test('both languages have the same placeholders; French has its spaces', () => {
    const holes = (text: string) => [...text.matchAll(/\{(\w+)/g)].map(([, name]) => name).filter((name) => name !== undefined && /^[a-z]/i.test(name));
    for (const key of Object.keys(fr) as (keyof typeof fr)[]) {
      const names = (text: string) => [...new Set(holes(text.replace(/(one|other) \{[^}]*\}/g, '')))].sort();
      expect([key, names(en[key])]).toEqual([key, names(fr[key])]);
    }
    expect(Object.values(fr).filter((text) => / [:;?!%»]|« /.test(text))).toEqual([]);
  });
});
