import { toDay } from '../domain/days.js';
import { delivery as en } from './delivery.en.js';
import { delivery as fr, type DeliveryText } from './delivery.fr.js';
import { fill } from './fill.js';
import type { Language } from './language.js';
import { type MailText, oneLine, writeMail } from './mail.js';
import type { MailFigure } from './mail-html.js';
import { dayText, momentText } from './moment.js';

export type { DeliveryText } from './delivery.fr.js';

const catalogues: Readonly<Record<Language, Readonly<Record<DeliveryText, string>>>> = { fr, en };

/** A text of deliveries, its {placeholders} filled. */
export function deliveryText(language: Language, key: DeliveryText, values: Readonly<Record<string, string>> = {}): string {
  return fill(catalogues[language][key], values);
}

/** Why a delivery failed, in words; what a server said stands for itself. */
export function failureText(language: Language, error: string): string {
  const texts: Readonly<Record<string, string>> = catalogues[language];
  return texts[`failure.${error}`] ?? error;
}

/** Who reads a mail; of an address without an account no name is known. */
interface Reader {
  readonly name: string | null;
  /** IANA name; moments are told in it. */
  readonly timeZone: string;
}

/** A report as a mail tells of it. */
export interface ReportMail extends Reader {
  readonly title: string;
  readonly asOf: Date;
  /** When it was due, if that is long past. */
  readonly lateSince: Date | null;
  readonly figures: readonly MailFigure[];
  /** Whether its files go with the mail; `links` leads to each of them in any case. */
  readonly attached: boolean;
  readonly links: readonly { readonly format: 'json' | 'csv' | 'pdf' | 'xlsx'; readonly url: string }[];
  readonly expiresAt: Date;
  readonly code: string;
  readonly verifyUrl: string;
}

/** The mail that brings a report. */
export function reportMail(language: Language, report: ReportMail): MailText {
  const { title, timeZone, lateSince, attached, links, name } = report;
  const [first] = links;
  const at = (moment: Date) => momentText(language, moment, timeZone);
  const say = (key: DeliveryText, values: Readonly<Record<string, string>> = {}) => deliveryText(language, key, { title, ...values });
  return writeMail(language, {
    subject: say('report.subject', { day: dayText(language, toDay(report.asOf)) }),
    before: [
      greeting(language, name),
      say('report.intro', { asOf: at(report.asOf) }),
      ...(lateSince ? [say('report.late', { dueAt: at(lateSince) })] : []),
      ...(first ? [say(attached ? 'report.attached' : 'report.tooLarge')] : []),
    ],
    figures: report.figures,
    ...(first && { link: { label: say('report.open'), url: first.url } }),
    files: attached ? [] : links.map(({ format, url }) => ({ label: say(`file.${format}`), url })),
    after: [
      ...(first ? [say('report.expires', { expiresAt: at(report.expiresAt) })] : []),
      ...(name === null ? [] : [say('report.inbox')]),
      say('report.code', { code: report.code, verifyUrl: report.verifyUrl }),
    ],
  });
}

/** A notice in one language, with the address it leads to. */
export interface NoticeMail extends Reader {
  readonly subject: string;
  readonly paragraphs: readonly string[];
}

/** The mail that brings a notice. */
export function noticeMail(language: Language, { subject, paragraphs, name }: NoticeMail): MailText {
  return writeMail(language, { subject, before: [greeting(language, name), ...paragraphs], after: [] });
}

function greeting(language: Language, name: string | null): string {
  return name === null ? deliveryText(language, 'greeting.nobody') : deliveryText(language, 'greeting', { name: oneLine(name) });
}
