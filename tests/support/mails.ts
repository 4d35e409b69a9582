import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ParsedMail, simpleParser } from 'mailparser';
import { sendMail } from '../../src/features/mails/send-mail.js';
import type { JobPayload } from '../../src/jobs/job.js';
import type { TestApp } from './app.js';

/** A folder where a test's mails are kept as files. */
export interface MailFolder {
  readonly mailDir: string;
  /** Sends what waits to be sent, as a worker would, and reads the mails to an address, the oldest first. */
  mailsTo(app: TestApp, email: string): Promise<ParsedMail[]>;
  remove(): void;
}

export function openMailFolder(): MailFolder {
  const mailDir = mkdtempSync(path.join(tmpdir(), 'liptako-mail-'));
  return {
    mailDir,
    mailsTo: async ({ deps }, email) => {
      const waiting = await deps.db.outbox.findMany({ where: { job: 'send-mail', doneAt: null }, orderBy: { createdAt: 'asc' } });
      for (const { id, payload } of waiting) {
        await sendMail.run(deps, payload as JobPayload<'send-mail'>);
        await deps.db.outbox.update({ where: { id }, data: { doneAt: new Date() } });
      }
      const mails = await Promise.all(readdirSync(mailDir).sort().map((name) => simpleParser(readFileSync(path.join(mailDir, name)))));
      return mails.filter(({ to }) => JSON.stringify(to).includes(email));
    },
    remove: () => rmSync(mailDir, { recursive: true, force: true }),
  };
}

/** The secret of the link in a mail. */
export function tokenIn(mail: ParsedMail | undefined): string {
  return /#([\w-]{43})/.exec(mail?.text ?? '')?.[1] ?? '';
}
