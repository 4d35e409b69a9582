import type { Role } from '../domain/policy.js';
import { fill } from './fill.js';
import type { Language } from './language.js';
import { mailTextsEn } from './mail.en.js';
import { mailTextsFr, type MailTexts } from './mail.fr.js';
import { type MailContent, mailHtml } from './mail-html.js';
import { momentText } from './moment.js';

const catalogues: Readonly<Record<Language, MailTexts>> = { fr: mailTextsFr, en: mailTextsEn };

export type MailKey = keyof MailTexts['subject'];

/** Whom a mail is for. */
interface Reader {
  readonly name: string;
  /** IANA name; moments are told in it. */
  readonly timeZone: string;
}

interface Notice extends Reader {
  /** When it happened. */
  readonly at: Date;
}

/** A notice with the address of the page that asks for a new password. */
interface NoticeWithLink extends Notice {
  readonly link: string;
}

/** What each mail needs to know; a `link` is an http(s) address. */
export interface MailParams {
  readonly invitation: Reader & { readonly invitedBy: string; readonly roles: readonly Role[]; readonly link: string; readonly expiresAt: Date };
  readonly passwordReset: Reader & { readonly link: string; readonly expiresAt: Date };
  readonly passwordChanged: NoticeWithLink;
  readonly secondFactorChanged: NoticeWithLink;
  readonly secondFactorReset: Notice & { readonly resetBy: string };
  readonly accountSuspended: Notice;
  /** A refresh token was used twice. */
  readonly sessionRevoked: NoticeWithLink;
}

/** A mail ready to be sent: `text` and `html` say the same. */
export interface MailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * A mail in the reader's language and time zone.
 * @throws RangeError when the link is no http(s) address or the time zone is unknown
 */
export function mailText<Key extends MailKey>(language: Language, key: Key, params: MailParams[Key]): MailText {
  const texts = catalogues[language];
  const values = valuesOf(language, params);
  const say = (text: string) => fill(text, values);
  const action: Partial<Record<MailKey, string>> = texts.action;
  const after: Partial<Record<MailKey, readonly string[]>> = texts.after;
  const label = action[key];

  return writeMail(language, {
    subject: say(texts.subject[key]),
    before: [texts.layout.greeting, ...texts.before[key]].map(say),
    after: (after[key] ?? []).map(say),
    ...(label !== undefined && { link: { label, url: values.link ?? '' } }),
  });
}

/** What a mail says of its own; the help beside its link and the footer are those of every mail. */
export type OwnContent = Omit<MailContent, 'link' | 'footer'> & { readonly link?: { readonly label: string; readonly url: string } };

/**
 * The two forms of a mail.
 * @throws RangeError when a link is no http(s) address
 */
export function writeMail(language: Language, own: OwnContent): MailText {
  const { layout } = catalogues[language];
  const { subject, before, figures = [], files = [], after } = own;
  const link = own.link && { label: own.link.label, url: webAddress(own.link.url), help: layout.linkHelp };
  const addressed = (label: string, url: string) => `${fill(layout.link, { action: label })}\n${webAddress(url)}`;
  const paragraphs = [
    ...before,
    ...figures.map(({ label, value, rule }) => `${fill(layout.link, { action: label })} ${value}\n${rule}`),
    ...(link ? [addressed(link.label, link.url)] : []),
    ...files.map(({ label, url }) => addressed(label, url)),
    ...after,
    `-- \n${layout.footer}`,
  ];
  return {
    subject,
    text: `${paragraphs.join('\n\n')}\n`,
    html: mailHtml(language, { subject, before, figures, files, after, footer: layout.footer, ...(link && { link }) }),
  };
}

type Values = Readonly<Record<string, string>>;

function valuesOf(language: Language, params: MailParams[MailKey]): Values {
  const { timeZone, ...rest } = params;
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, valueText(language, timeZone, value)]));
}

function valueText(language: Language, timeZone: string, value: string | Date | readonly Role[]): string {
  if (typeof value === 'string') return oneLine(value);
  if (value instanceof Date) return momentText(language, value, timeZone);
  const { roles } = catalogues[language];
  return new Intl.ListFormat(language, { type: 'conjunction' }).format(value.map((role) => roles[role]));
}

/** A name can break no line, and cannot turn the direction of what follows it. */
export function oneLine(value: string): string {
  return value.replace(/[\u202A-\u202E\u2066-\u2069]/g, '').replace(/[\s\p{Cc}]+/gu, ' ').trim();
}

function webAddress(link: string): string {
  if (!/^https?:\/\/[^\s<>"]+$/.test(link)) throw new RangeError('a mail links to an http(s) address');
  return link;
}
