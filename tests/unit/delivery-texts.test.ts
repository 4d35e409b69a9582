import { describe, expect, test } from '@jest/globals';
import { assert, boolean, constantFrom, property, record, subarray } from 'fast-check';
import { coversScope, type Visibility } from '../../src/domain/policy.js';
import { delivery as english } from '../../src/i18n/delivery.en.js';
import { delivery as french } from '../../src/i18n/delivery.fr.js';
import { failureText, reportMail } from '../../src/i18n/delivery.js';
import { languages } from '../../src/i18n/language.js';

const report = {
  name: 'Awa\u202E\r\nTraoré',
  timeZone: 'Africa/Bamako',
  title: 'Engagements <et> décaissements',
  asOf: new Date('2026-05-01T14:05:00Z'),
  lateSince: new Date('2026-05-01T06:00:00Z'),
  figures: [{ label: 'Décaissé', value: '12\u00A0USD', rule: 'Une fois chacun.' }],
  attached: false,
  links: [{ format: 'pdf' as const, url: 'https://liptako.example/v1/shared/a' }, { format: 'csv' as const, url: 'https://liptako.example/v1/shared/b' }],
  expiresAt: new Date('2026-05-15T14:05:00Z'),
  code: 'ABCDEF012345',
  verifyUrl: 'https://liptako.example/verify/ABCDEF012345',
};

describe.each(languages)('the mail of a report in %s', (language) => {
  test('says everything in both forms, and nothing that could be HTML', () => {
    const { subject, text, html } = reportMail(language, report);
    for (const form of [subject, text, html]) expect(form).not.toMatch(/\{\w+\}|undefined|\u202E/);
    for (const said of ['Awa Traoré', '12\u00A0USD', 'Une fois chacun.', 'shared/a', 'shared/b', 'ABCDEF012345']) {
      expect(text).toContain(said);
      expect(html).toContain(said);
    }
    expect(html).toContain('&lt;et&gt;');
    expect(html).not.toContain('<et>');
  });

  test('attached files need no list of links, and whoever has no account no inbox', () => {
    const { text } = reportMail(language, { ...report, attached: true, name: null, lateSince: null });
    expect(text).toContain('shared/a');
    expect(text).not.toContain('shared/b');
    expect(text).not.toMatch(/inbox|boîte de réception/);
  });
});

test('French double signs stand after a no-break space', () => {
  for (const text of Object.values(french)) expect(text).not.toMatch(/[^\u00A0][:;?!»]|«[^\u00A0]|'/);
});

test('what a server said stands for itself', () => {
  expect(failureText('en', '550 no such user')).toBe('550 no such user');
  expect(failureText('fr', 'uncertain')).toMatch(/^Incertain/);
  expect(Object.keys(english).sort()).toEqual(Object.keys(french).sort());
});

describe('who sees all of a scope', () => {
  const some = record({ all: constantFrom(false as const), states: subarray(['MLI', 'NER', 'BFA']), donorIds: subarray(['a', 'b']), restricted: boolean() });

  test('sees no less than it', () => {
    assert(
      property(some, some, (own, scope) => {
        const inside = scope.states.every((one) => own.states.includes(one)) && scope.donorIds.every((one) => own.donorIds.includes(one));
        expect(coversScope(own, scope)).toBe(inside && (own.restricted || !scope.restricted));
        expect(coversScope(own, { ...own })).toBe(true);
        expect(coversScope(own, { all: true, restricted: false })).toBe(false);
      }),
    );
  });

  test('a donor’s own restricted gifts are not open to everybody who sees all flows', () => {
    const all: Visibility = { all: true, restricted: false };
    expect(coversScope(all, { all: false, states: ['MLI'], donorIds: [], restricted: false })).toBe(true);
    expect(coversScope(all, { all: false, states: [], donorIds: ['a'], restricted: false })).toBe(false);
    expect(coversScope({ ...all, restricted: true }, { all: false, states: [], donorIds: ['a'], restricted: true })).toBe(true);
  });
});
