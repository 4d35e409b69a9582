import path from 'node:path';
import { Readable } from 'node:stream';
import { createTransport, type SendMailOptions, type SMTPPoolOptions } from 'nodemailer';
import { writeAtomically } from './atomic-file.js';
import { newId } from './ids.js';

/** A file that goes with a mail. */
export interface MailAttachment {
  readonly name: string;
  /** MIME type. */
  readonly type: string;
  readonly content: Buffer;
}

/** A mail to one person. */
export interface Mail {
  /** One bare address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Letters, digits, `-`, `_`, `.`; the same when the mail is sent again, so that it is seen as the same. */
  readonly messageId?: string;
  readonly attachments?: readonly MailAttachment[];
}

/** The server has answered that it does not take a mail: for now, or, when `permanent`, at all. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';

  constructor(
    message: string,
    readonly permanent: boolean,
  ) {
    super(message);
  }
}

/** The server was given all of a mail and has not answered: whether it goes on is not known. */
export class MailUncertain extends Error {
  override readonly name = 'MailUncertain';
}

/** Sends mails, or keeps them as files. */
export interface Mailer {
  /**
   * Ends when the server, or the disk, has taken the mail. A server gets its end only once `handingOver` has succeeded: before, it has
   * no whole mail. A file is written again under the same name, and asks for nothing.
   * @throws MailRefused, MailUncertain; another Error when the server has no whole mail; RangeError when the address or the message id
   * cannot be one
   */
  send(mail: Mail, handingOver?: () => Promise<void>): Promise<void>;
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

const PART_BYTES = 65_536;
const CONNECT_MS = 10_000;
const SILENCE_MS = 30_000;
const WHOLE_SEND_MS = 60_000;
const LOOPBACK = /^(localhost|127\.[\d.]+|::1)$/;

/** A mailer for the configured server, or for files that a demonstration's user can open. */
export function createMailer({ smtpUrl, mailFrom, mailDir }: MailerConfig): Mailer {
  return smtpUrl === undefined ? fileMailer(mailFrom, mailDir) : smtpMailer(mailFrom, smtpUrl);
}

function smtpMailer(mailFrom: string, smtpUrl: string): Mailer {
  const composer = createTransport(COMPOSED);
  const transport = createTransport({
    ...serverOf(smtpUrl),
    pool: true,
    // A mail that was begun is not begun again behind our back.
    maxRequeues: 0,
    tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    dnsTimeout: CONNECT_MS,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
  });
  return {
    async send(mail, handingOver) {
      const { message, envelope } = await composer.sendMail(compose(mailFrom, mail, mail.messageId ?? newId()));
      const handOver = new HandOver(message as Buffer, handingOver);
      try {
        await transport.sendMail({ envelope, raw: handOver.stream(), signal: AbortSignal.timeout(WHOLE_SEND_MS) });
      } catch (error) {
        throw handOver.explain(error as SmtpError);
      }
    },
    close: () => transport.close(),
  };
}

/** What nodemailer throws; `responseCode` when the server has answered. */
interface SmtpError extends Error {
  readonly code?: string;
  readonly responseCode?: number;
}

/** Answers that are about this one mail, not about who sends it or the connection. */
const ABOUT_THE_MAIL: readonly (string | undefined)[] = ['EENVELOPE', 'EMESSAGE'];

/** Gives a mail to the server; the end, which makes it whole, last. */
class HandOver {
  private failed = false;
  private whole = false;

  constructor(
    private readonly message: Buffer,
    private readonly handingOver: () => Promise<void> = () => Promise.resolve(),
  ) {}

  /** SMTP's end of the mail follows the end of this stream. */
  stream(): Readable {
    return Readable.from(this.parts(), { objectMode: false, highWaterMark: 0 });
  }

  private async *parts(): AsyncGenerator<Buffer> {
    // In parts, each once the one before is on its way: the end is not reached while the server is slow to take the rest.
    for (let at = 0; at < this.message.length; at += PART_BYTES) yield this.message.subarray(at, at + PART_BYTES);
    await this.handingOver();
    if (this.failed) throw new Error('the connection was lost before the end of the mail');
    this.whole = true;
  }

  explain(error: SmtpError): Error {
    this.failed = true;
    const { code, responseCode, message } = error;
    if (responseCode !== undefined) return new MailRefused(message, responseCode >= 500 && ABOUT_THE_MAIL.includes(code));
    return this.whole ? new MailUncertain(message) : error;
  }
}

const COMPOSED = { streamTransport: true, buffer: true, newline: 'windows' } as const;

function fileMailer(mailFrom: string, mailDir: string): Mailer {
  const composer = createTransport(COMPOSED);
  return {
    async send(mail) {
      const id = mail.messageId ?? newId();
      const { message } = await composer.sendMail(compose(mailFrom, mail, id));
      await writeAtomically(path.join(mailDir, `${id}.eml`), message as Buffer);
    },
    close: () => composer.close(),
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

function compose(from: string, { to, subject, text, html, attachments = [] }: Mail, id: string): SendMailOptions {
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
    attachments: attachments.map(({ name, type, content }) => ({ filename: name, contentType: type, content })),
    messageId: `<${id}@${domain}>`,
    // Asks holiday responders for silence.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
