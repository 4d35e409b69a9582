import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { mailText } from '../../src/i18n/mail.js';
import { createMailer, type Mail, type Mailer, MailRefused, MailUncertain } from '../../src/platform/mail.js';

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly mail: ParsedMail;
}

const MAIL_FROM = 'Liptako <ne-pas-repondre@liptako.example>';
const invitation: Mail = {
  to: 'awa.traore@example.org',
  messageId: 'invitation-0199',
  ...mailText('fr', 'invitation', {
    name: 'Awa Traoré',
    timeZone: 'Africa/Bamako',
    invitedBy: 'Moussa Issoufou',
    roles: ['finance_officer'],
    link: 'https://liptako.example/bienvenue?jeton=abc',
    expiresAt: new Date('2026-05-01T14:05:00Z'),
  }),
};

const sockets: Socket[] = [];
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act();
});

function mailerFor(smtpUrl: string | undefined, mailDir = '/nowhere'): Mailer {
  const mailer = createMailer({ smtpUrl, mailFrom: MAIL_FROM, mailDir });
  cleanUp.push(() => mailer.close());
  return mailer;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function startSmtp(options: SMTPServerOptions = {}): Promise<{ port: number; received: Received[] }> {
  const received: Received[] = [];
  const smtp = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onData(stream, session, done) {
      void simpleParser(stream).then((mail) => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({ from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address), mail });
        done();
      }, done);
    },
    ...options,
  });
  smtp.on('error', () => undefined);
  smtp.server.on('connection', (socket: Socket) => sockets.push(socket));
  const port = await listen(smtp.server);
  cleanUp.push(() => new Promise<void>((resolve) => smtp.close(resolve)));
  return { port, received };
}

function expectInvitation(mail: ParsedMail): void {
  expect(mail.subject).toBe('Moussa Issoufou vous invite à rejoindre Liptako');
  expect(mail.text).toBe(invitation.text);
  expect(mail.html).toBe(invitation.html);
  expect(mail.from?.text).toBe('"Liptako" <ne-pas-repondre@liptako.example>');
  expect(mail.messageId).toBe('<invitation-0199@liptako.example>');
  expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
}

describe('by SMTP', () => {
  test('a mail arrives with its accents, as text and as HTML', async () => {
    const { port, received } = await startSmtp();
    await mailerFor(`smtp://127.0.0.1:${port}`).send(invitation);
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ from: 'ne-pas-repondre@liptako.example', to: ['awa.traore@example.org'] });
    expectInvitation(received[0]!.mail);
  });

  test('twenty mails at once share a few connections; each has its own id', async () => {
    let connections = 0;
    const { port, received } = await startSmtp({
      onConnect(_session, done) {
        connections += 1;
        done();
      },
    });
    const mailer = mailerFor(`smtp://127.0.0.1:${port}`);
    const { messageId: _, ...anonymous } = invitation;
    await Promise.all(Array.from({ length: 20 }, () => mailer.send(anonymous)));
    expect(new Set(received.map(({ mail }) => mail.messageId)).size).toBe(20);
    expect(connections).toBeLessThanOrEqual(5);
  });

  test('the user and the password of the address sign in', async () => {
    const seen: unknown[] = [];
    const { port } = await startSmtp({
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth({ username, password }, _session, done) {
        seen.push({ username, password });
        done(null, { user: username });
      },
    });
    await mailerFor(`smtp://liptako%40aes:p%2Fw%3Ard@127.0.0.1:${port}`).send(invitation);
    expect(seen).toEqual([{ username: 'liptako@aes', password: 'p/w:rd' }]);
  });

  test.each(['smtps', 'smtp'])('a certificate that nobody vouches for is refused (%s), even if the address says otherwise', async (protocol) => {
    const { port, received } = await startSmtp({ secure: protocol === 'smtps', disabledCommands: ['AUTH'] });
    await expect(mailerFor(`${protocol}://127.0.0.1:${port}?tls.rejectUnauthorized=false`).send(invitation)).rejects.toThrow(/self.signed|certificate/i);
    expect(received).toEqual([]);
  });

  test('a server elsewhere has to offer STARTTLS, unless told otherwise', async () => {
    const { port, received } = await startSmtp();
    // Any name that leads here and does not say so.
    const elsewhere = `0x7f000001:${port}`;
    await expect(mailerFor(`smtp://${elsewhere}`).send(invitation)).rejects.toThrow(/TLS/);
    await mailerFor(`smtp://${elsewhere}?requireTLS=false`).send(invitation);
    expect(received).toHaveLength(1);
  });

  test('what the server refuses is thrown, and the next mail goes through', async () => {
    let refusals = 1;
    const { port, received } = await startSmtp({
      onRcptTo(_address, _session, done) {
        refusals -= 1;
        done(refusals >= 0 ? Object.assign(new Error('mailbox full'), { responseCode: 452 }) : null);
      },
    });
    const mailer = mailerFor(`smtp://127.0.0.1:${port}`);
    await expect(mailer.send(invitation)).rejects.toThrow('mailbox full');
    await mailer.send(invitation);
    expect(received).toHaveLength(1);
  });

  test('a server that is away is an error', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(mailerFor(`smtp://127.0.0.1:${port}`).send(invitation)).rejects.toThrow('ECONNREFUSED');
  });

  test('a server that cuts every connection is an error', async () => {
    const server = createServer((socket) => socket.destroy());
    const port = await listen(server);
    cleanUp.push(() => new Promise((resolve) => server.close(resolve)));
    await expect(mailerFor(`smtp://127.0.0.1:${port}`).send(invitation)).rejects.toThrow();
  });

  test('a subject cannot add a header', async () => {
    const { port, received } = await startSmtp();
    await mailerFor(`smtp://127.0.0.1:${port}`).send({ ...invitation, subject: 'Bonjour\r\nBcc: tous@example.org\r\n\r\ncorps' });
    expect(received[0]!.to).toEqual(['awa.traore@example.org']);
    expect(received[0]!.mail.bcc).toBeUndefined();
    expect(received[0]!.mail.subject).toBe('Bonjour Bcc: tous@example.org corps');
  });

  test.each(['a@b.org, c@d.org', 'a@b.org\r\nBcc: c@d.org', 'Awa <a@b.org>', 'a@b.org> <c@d.org', 'a@b@c.org', 'personne', ''])('%j is no address', async (to) => {
    const { port, received } = await startSmtp();
    await expect(mailerFor(`smtp://127.0.0.1:${port}`).send({ ...invitation, to })).rejects.toThrow(RangeError);
    expect(received).toEqual([]);
  });
});

describe('the end of a mail', () => {
  const attached: Mail = { ...invitation, attachments: [{ name: 'décompte.pdf', type: 'application/pdf', content: Buffer.alloc(300_000, 7) }] };

  test('is given to the server only once that is noted', async () => {
    const seen: string[] = [];
    const { port, received } = await startSmtp({
      onData(stream, _session, done) {
        stream.once('data', () => seen.push('begun'));
        stream.on('end', () => seen.push('whole'));
        stream.resume().on('end', () => done());
      },
    });
    await mailerFor(`smtp://127.0.0.1:${port}`).send(attached, async () => {
      while (!seen.includes('begun')) await sleep(10);
      // Long enough for what is on its way to arrive.
      await sleep(300);
      seen.push('noted');
    });
    expect(seen).toEqual(['begun', 'noted', 'whole']);
    expect(received).toEqual([]);
  });

  test('is never given when it cannot be noted; the next mail goes through', async () => {
    const { port, received } = await startSmtp();
    const mailer = mailerFor(`smtp://127.0.0.1:${port}`);
    await expect(mailer.send(attached, () => Promise.reject(new Error('no database')))).rejects.toThrow('no database');
    await mailer.send(attached);
    expect(received).toHaveLength(1);
    expect(received[0]!.mail.attachments[0]).toMatchObject({ filename: 'décompte.pdf', contentType: 'application/pdf', size: 300_000 });
  });

  test.each([
    [451, false],
    [554, true],
  ])('that the server answers with %i is a refusal', async (responseCode, permanent) => {
    const { port } = await startSmtp({
      onData(stream, _session, done) {
        stream.resume().on('end', () => done(Object.assign(new Error('not today'), { responseCode })));
      },
    });
    const refusal = await refusalOf(mailerFor(`smtp://127.0.0.1:${port}`), attached);
    expect(refusal).toBeInstanceOf(MailRefused);
    expect(refusal).toMatchObject({ permanent, message: expect.stringContaining('not today') });
  });

  test('that the server does not answer leaves it uncertain, and is not given again', async () => {
    let whole = 0;
    const { port } = await startSmtp({
      onData(stream) {
        stream.resume().on('end', () => {
          whole += 1;
          for (const socket of sockets) socket.destroy();
        });
      },
    });
    const mailer = mailerFor(`smtp://127.0.0.1:${port}`);
    expect(await refusalOf(mailer, attached)).toBeInstanceOf(MailUncertain);
    await sleep(500);
    expect(whole).toBe(1);
  });

  test('a wrong password says nothing about the mail', async () => {
    const { port } = await startSmtp({
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(Object.assign(new Error('wrong'), { responseCode: 535 })),
    });
    expect(await refusalOf(mailerFor(`smtp://a:b@127.0.0.1:${port}`), attached)).toMatchObject({ name: 'MailRefused', permanent: false });
  });
});

function refusalOf(mailer: Mailer, mail: Mail): Promise<Error | undefined> {
  return mailer.send(mail).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
}

describe('as files', () => {
  async function newFolder(): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'liptako-mail-'));
    cleanUp.push(() => rm(folder, { recursive: true }));
    return folder;
  }

  test('a mail is one file for this user only, however often it is written', async () => {
    const folder = path.join(await newFolder(), 'mails');
    const mailer = mailerFor(undefined, folder);
    await mailer.send(invitation);
    await mailer.send({ ...invitation, messageId: 'z-second' });
    // Again, as after a crash.
    await mailer.send(invitation);
    expect((await readdir(folder)).sort()).toEqual(['invitation-0199.eml', 'z-second.eml']);
    const file = path.join(folder, 'invitation-0199.eml');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const mail = await simpleParser(await readFile(file));
    expectInvitation(mail);
    expect(mail.to).toMatchObject({ text: 'awa.traore@example.org' });
  });

  test('an id cannot lead out of the folder', async () => {
    const folder = await newFolder();
    await expect(mailerFor(undefined, folder).send({ ...invitation, messageId: '../../x' })).rejects.toThrow(RangeError);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a folder that cannot be written is an error', async () => {
    const file = path.join(await newFolder(), 'not-a-folder');
    await mailerFor(undefined, file).send(invitation);
    const [first] = await readdir(file);
    await expect(mailerFor(undefined, path.join(file, first!)).send(invitation)).rejects.toThrow(/EEXIST|ENOTDIR/);
  });
});
