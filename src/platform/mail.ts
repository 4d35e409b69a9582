import path from 'node:path';
import { createTransport, type SendMailOptions, type SMTPPoolOptions } from 'nodemailer';
import { writeAtomically } from './atomic-file.js';
import { newId } from './ids.js';

/** A mail to one person. */
export interface Mail {
  /** One bare address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Letters, digits, `-`, `_`, `.`; the same when the mail is sent again, so that it is seen as the same. */
  readonly messageId?: string;
}

/** Sends mails, or keeps them as files. */
export interface Mailer {
  /**
   * Ends when the server, or the disk, has taken the mail.
   * @throws Error when it did not; RangeError when the address or the message id cannot be one
   */
  send(mail: Mail): Promise<void>;
  close(): void;
}

export interface MailerConfig {
  /**
   * `smtps://user:password@host:465`, or `smtp://host:587`, which has to offer STARTTLS unless it is on this machine or the
   * address ends in `?requireTLS=false`. Without it, mails become files.
   */
  readonly smtpUrl: string | undefined;
  /** `Liptako <ne-pas-repondre@example.org>` */
  readonly mailFrom: string;
  /** Where the files go. */
  readonly mailDir: string;
}

const CONNECT_MS = 10_000;
const SILENCE_MS = 30_000;
const WHOLE_SEND_MS = 60_000;
const LOOPBACK = /^(localhost|127\.[\d.]+|::1)$/;

/** A mailer for the configured server, or for files that a demonstration's user can open. */
export function createMailer({ smtpUrl, mailFrom, mailDir }: MailerConfig): Mailer {
  return smtpUrl === undefined ? fileMailer(mailFrom, mailDir) : smtpMailer(mailFrom, smtpUrl);
}

function smtpMailer(mailFrom: string, smtpUrl: string): Mailer {
  const transport = createTransport({
    ...serverOf(smtpUrl),
    pool: true,
    tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    dnsTimeout: CONNECT_MS,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
  });
  return {
    async send(mail) {
      await transport.sendMail({ ...compose(mailFrom, mail, mail.messageId ?? newId()), signal: AbortSignal.timeout(WHOLE_SEND_MS) });
    },
    close: () => transport.close(),
  };
}

function fileMailer(mailFrom: string, mailDir: string): Mailer {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return {
    async send(mail) {
      const id = mail.messageId ?? newId();
      const { message } = await transport.sendMail(compose(mailFrom, mail, id));
      const time = new Date().toISOString().replace(/[:.]/g, '-');
      await writeAtomically(path.join(mailDir, `${time}-${id}.eml`), message as Buffer);
    },
    close: () => transport.close(),
  };
}

/** nodemailer would read its own options out of the address, and so let it turn off the check of certificates. */
function serverOf(smtpUrl: string): SMTPPoolOptions {
  const url = new URL(smtpUrl);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'smtps:';
  const port = url.port === '' ? (secure ? 465 : 587) : Number(url.port);
  const requireTLS = !secure && !LOOPBACK.test(host) && url.searchParams.get('requireTLS') !== 'false';
  const auth = { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  return { host, port, secure, requireTLS, ...(auth.user === '' ? {} : { auth }) };
}

function compose(from: string, { to, subject, text, html }: Mail, id: string): SendMailOptions {
  if (!/^[^\s\p{Cc}<>()[\],;:"\\@]+@[^\s\p{Cc}<>()[\],;:"\\@]+$/u.test(to)) throw new RangeError('a mail goes to one bare address');
  if (!/^[\w.-]{1,100}$/.test(id)) throw new RangeError('a message id has letters, digits, "-", "_" and "."');
  const domain = /@([^\s>@]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
  return {
    from,
    // As an object, the address is not parsed and cannot become several.
    to: { name: '', address: to },
    subject: subject.replace(/[\s\p{Cc}]+/gu, ' ').trim(),
    text,
    html,
    messageId: `<${id}@${domain}>`,
    // Asks holiday responders for silence.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
