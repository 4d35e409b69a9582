import { describe, expect, test } from '@jest/globals';
import { languages } from '../../src/i18n/language.js';
import { type MailKey, type MailParams, mailText } from '../../src/i18n/mail.js';
import { momentText } from '../../src/i18n/moment.js';

const at = new Date('2026-05-01T14:05:00Z');
const reader = { name: 'Awa Traoré', timeZone: 'Africa/Bamako' };
const link = 'https://liptako.example/mot-de-passe?jeton=a&b=c';
const params: MailParams = {
  invitation: { ...reader, invitedBy: 'Moussa Issoufou', roles: ['finance_officer', 'minister'], link, expiresAt: at },
  passwordReset: { ...reader, link, expiresAt: at },
  passwordChanged: { ...reader, at, link },
  secondFactorChanged: { ...reader, at, link },
  secondFactorReset: { ...reader, at, resetBy: 'Moussa Issoufou' },
  accountSuspended: { ...reader, at },
  sessionRevoked: { ...reader, at, link },
};
const keys = Object.keys(params) as MailKey[];
const everyMail = languages.flatMap((language) => keys.map((key) => ({ language, key, mail: mailText(language, key, params[key]) })));

describe.each(everyMail)('$key in $language', ({ language, key, mail }) => {
  test('says everything in both forms', () => {
    expect(mail.subject).not.toBe('');
    expect(mail.text).toContain('Awa Traoré');
    expect(mail.html).toContain('Awa Traoré');
    for (const text of [mail.subject, mail.text, mail.html]) expect(text).not.toMatch(/\{\w+\}|undefined/);
    expect(mail.html).toContain(`<html lang="${language}">`);
    expect(mail.html).not.toMatch(/<img|<script|https?:\/\/(?!liptako\.example)/);
  });

  test('shows the link where there is one', () => {
    expect(mail.text.includes(link)).toBe('link' in params[key]);
    expect(mail.html.includes('href="https://liptako.example/mot-de-passe?jeton=a&amp;b=c"')).toBe('link' in params[key]);
  });
});

test('French double signs stand after a no-break space', () => {
  for (const { mail } of everyMail.filter(({ language }) => language === 'fr')) {
    const said = mail.text.replaceAll(link, '');
    expect(`${mail.subject}\n${said}`).not.toMatch(/[^\u00A0][:;?!»]|«[^\u00A0]|'/);
  }
});

test('an invitation names who invites, the access and how long it holds', () => {
  const french = mailText('fr', 'invitation', params.invitation);
  expect(french.subject).toBe('Moussa Issoufou vous invite à rejoindre Liptako');
  expect(french.text).toContain('Accès prévu\u00A0: agent financier et ministre.');
  expect(french.text).toContain('valable jusqu’au vendredi 1er mai 2026 à 14\u00A0h\u00A005 UTC.');
  const english = mailText('en', 'invitation', params.invitation);
  expect(english.text).toContain('Access planned: finance officer and minister.');
  expect(english.text).toContain('valid until Friday, 1 May 2026 at 14:05 GMT.');
});

test('moments are told in the reader’s time zone', () => {
  expect(momentText('fr', at, 'Africa/Niamey')).toBe('vendredi 1er mai 2026 à 15\u00A0h\u00A005 UTC+1');
  expect(momentText('en', new Date('2026-12-31T23:30:00Z'), 'Africa/Ndjamena')).toBe('Friday, 1 January 2027 at 00:30 GMT+1');
  expect(() => momentText('fr', at, 'Sahel/Liptako')).toThrow(RangeError);
});

test('names are escaped in HTML, and filled in as they are: no name is a template', () => {
  const { subject, text, html } = mailText('fr', 'invitation', { ...params.invitation, name: '{link}', invitedBy: '<script>alert("&")</script>' });
  expect(html).not.toContain('<script>');
  expect(html).toContain('&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;');
  expect(subject).toContain('<script>');
  expect(text).toContain('Bonjour {link},');
});

test('a name breaks no line and does not turn what follows', () => {
  const { subject, text } = mailText('fr', 'invitation', { ...params.invitation, invitedBy: 'Moussa\r\nBcc: tous@example.org\u202E\u0000' });
  expect(subject).toBe('Moussa Bcc: tous@example.org vous invite à rejoindre Liptako');
  expect(text).toContain('\n\nMoussa Bcc: tous@example.org vous invite');
});

test.each(['javascript:alert(1)', 'data:text/html,x', '', 'https://liptako.example/"onclick="x'])('the link %j is refused', (bad) => {
  expect(() => mailText('fr', 'passwordReset', { ...params.passwordReset, link: bad })).toThrow(RangeError);
});
