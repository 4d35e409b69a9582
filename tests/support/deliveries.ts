import { createHash } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { Visibility } from '../../src/domain/policy.js';
import { deliver } from '../../src/features/deliveries/deliver.js';
import type { JobPayload } from '../../src/jobs/job.js';
import { newId } from '../../src/platform/ids.js';
import type { TestApp } from './app.js';

export interface MailServer {
  readonly url: string;
  /** Every mail that the server has had in full, in the order of arrival. */
  readonly whole: ParsedMail[];
  /** What the next mails in full are answered, one after the other; anything else is taken. "cut" ends the connection instead. */
  readonly answers: (number | 'cut')[];
  /** How often each mail has arrived in full, by message id. */
  copies(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** A mail server that counts. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const whole: ParsedMail[] = [];
  const answers: (number | 'cut')[] = [];
  const sockets = new Set<Socket>();
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onData(stream, _session, done) {
      void simpleParser(stream).then((mail) => {
        // Cut off in the middle, it is no mail.
        if (stream.sizeExceeded) return done(new Error('too large'));
        whole.push(mail);
        const answer = answers.shift();
        if (answer === 'cut') for (const socket of sockets) socket.destroy();
        else done(answer === undefined ? null : Object.assign(new Error('not taken'), { responseCode: answer }));
      }, done);
    },
    ...options,
  });
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    whole,
    answers,
    copies: () => whole.reduce<Record<string, number>>((counts, { messageId = '' }) => ({ ...counts, [messageId]: (counts[messageId] ?? 0) + 1 }), {}),
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        for (const socket of sockets) socket.destroy();
      }),
  };
}

export interface RunOptions {
  readonly scope?: Visibility;
  readonly status?: 'queued' | 'ready' | 'failed';
  /** Content of each format. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A report run as a worker leaves it, of a kind without figures. */
export async function insertRun({ deps }: TestApp, requestedBy: string, { scope = { all: true, restricted: false }, status = 'ready', files = { pdf: 'PDF', csv: 'CSV' } }: RunOptions = {}): Promise<string> {
  const id = newId();
  const asOf = '2026-05-01T14:05:00.123456Z';
  const hash = createHash('sha256').update(id).digest('hex');
  const ready = status === 'ready' && { hash, code: 'ABCDEF012345', codeVersion: 'test', finishedAt: new Date() };
  await deps.db.reportRun.create({
    data: { id, kind: 'test', params: { question: { asOf, scope }, input: { kind: 'test' } }, asOf: new Date(asOf), status, requestedBy, error: status === 'failed' ? 'no rate' : null, ...ready },
  });
  const kept = Object.entries(files).flatMap(([format, content]) => (format === 'json' ? ['-'] : ['fr', 'en']).map((language) => ({ format, language, content: `${content} ${language}` })));
  for (const { content, ...key } of kept) {
    const bytes = Buffer.from(content);
    await deps.db.reportArtefact.create({ data: { runId: id, ...key, content: bytes, sha256: createHash('sha256').update(bytes).digest('hex') } });
  }
  return id;
}

/** Does what waits to be delivered, as a worker would, one after the other; what fails is left for another time. */
export async function deliverWaiting({ deps }: TestApp): Promise<void> {
  const waiting = await deps.db.outbox.findMany({ where: { job: 'deliver', doneAt: null }, orderBy: { createdAt: 'asc' } });
  for (const { id, payload } of waiting) {
    const done = await deliver.run(deps, payload as JobPayload<'deliver'>).then(
      () => true,
      () => false,
    );
    if (done) await deps.db.outbox.update({ where: { id }, data: { doneAt: new Date() } });
  }
}
