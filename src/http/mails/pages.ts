import { open, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Request, type Response, type Router, Router as createRouter, static as serveStatic } from 'express';
import helmet from 'helmet';
import PostalMime, { type Email } from 'postal-mime';
import { DomainError } from '../../domain/problem.js';
import { deliveryText, type DeliveryText } from '../../i18n/delivery.js';
import type { Language } from '../../i18n/language.js';
import { escapeHtml } from '../../i18n/mail-html.js';
import { momentText } from '../../i18n/moment.js';
import type { Config } from '../../platform/config.js';
import { languageOf } from '../language.js';

const MOST_LISTED = 200;
const HEADER_BYTES = 16_384;
const FILE_NAME = /^[\w.-]{1,120}\.eml$/;

/** The mails of a demonstration, which are files instead of being sent: a list, one of them, its attachments. */
export function mailPages({ mailDir }: Pick<Config, 'mailDir'>): Router {
  const router = createRouter();
  const read = async (req: Request<{ name: string }>): Promise<Email> => PostalMime.parse(await contentOf(mailDir, req));
  router.use('/assets', serveStatic(path.join(__dirname, 'assets'), { index: false }));
  router.use(pagePolicy());
  router.get('/', async (req, res) => {
    const language = languageOf(req);
    sendPage(res, language, deliveryText(language, 'mails.title'), listHtml(language, await newestMails(mailDir)));
  });
  router.get('/:name', async (req, res) => {
    const mail = await read(req);
    sendPage(res, languageOf(req), mail.subject ?? '', mailHtml(languageOf(req), req.params.name, mail));
  });
  router.get('/:name/html', contentPolicy(), async (req, res) => {
    const { html = '' } = await read(req);
    res.type('html').send(html.replace('<head>', '<head><base target="_blank">'));
  });
  router.get('/:name/attachments/:index', async (req, res) => {
    const { attachments } = await read(req);
    const attachment = attachments[Number(req.params.index)];
    if (!attachment) throw unknown(req);
    res.attachment(attachment.filename ?? 'file').type(attachment.mimeType).send(Buffer.from(attachment.content as ArrayBuffer));
  });
  return router;
}

interface Listed {
  readonly name: string;
  readonly mail: Email;
}

async function newestMails(mailDir: string): Promise<readonly Listed[]> {
  const names = (await readdir(mailDir).catch(() => [])).filter((name) => FILE_NAME.test(name));
  const dated = await Promise.all(names.map(async (name) => ({ name, at: (await stat(path.join(mailDir, name))).mtimeMs })));
  const newest = dated.sort((a, b) => b.at - a.at).slice(0, MOST_LISTED);
  return Promise.all(newest.map(async ({ name }) => ({ name, mail: await PostalMime.parse(await beginningOf(path.join(mailDir, name))) })));
}

/** Enough for whom it is for and what about; attachments may be large. */
async function beginningOf(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** @throws ROUTE_NOT_FOUND */
async function contentOf(mailDir: string, req: Request<{ name: string }>): Promise<Buffer> {
  const { name } = req.params;
  const content = FILE_NAME.test(name) ? await readFile(path.join(mailDir, name)).catch(() => undefined) : undefined;
  if (!content) throw unknown(req);
  return content;
}

function unknown(req: { readonly method: string; readonly originalUrl: string }): DomainError {
  return new DomainError('ROUTE_NOT_FOUND', { method: req.method, path: req.originalUrl });
}

const self = ["'self'"];
const none = ["'none'"];

function pagePolicy() {
  return helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: { defaultSrc: none, styleSrc: self, frameSrc: self, baseUri: none, formAction: none, frameAncestors: none },
  });
}

/** A mail's own page: its inline styles, and nothing that runs or is loaded; its links open beside. */
function contentPolicy() {
  return helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: { defaultSrc: none, styleSrc: ["'unsafe-inline'"], imgSrc: ['data:'], baseUri: none, formAction: none, frameAncestors: self, sandbox: SANDBOX },
  });
}

const SANDBOX = ['allow-popups', 'allow-popups-to-escape-sandbox'];

function sendPage(res: Response, language: Language, title: string, content: string): void {
  res.type('html').set({ 'cache-control': 'no-store', vary: 'accept-language' }).send(`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} – Liptako</title>
<link rel="stylesheet" href="/mails/assets/mails.css">
</head>
<body>
<main>
  <p class="brand">Liptako</p>
  <h1>${escapeHtml(title)}</h1>
  ${content}
</main>
</body>
</html>`);
}

function listHtml(language: Language, mails: readonly Listed[]): string {
  const say = sayIn(language);
  const items = mails.map(
    ({ name, mail }) => `<li><a href="/mails/${encodeURIComponent(name)}">${escapeHtml(mail.subject ?? name)}</a>
    <p class="about">${say('mails.to')} ${escapeHtml(recipientOf(mail))}<br>${escapeHtml(dateOf(language, mail))}</p></li>`,
  );
  return `<p>${say('mails.lead')}</p>
  ${items.length === 0 ? `<p>${say('mails.none')}</p>` : `<ul>${items.join('\n')}</ul>`}`;
}

function mailHtml(language: Language, name: string, mail: Email): string {
  const say = sayIn(language);
  const base = `/mails/${encodeURIComponent(name)}`;
  const files = mail.attachments.map(({ filename, content }, index) => {
    const size = deliveryText(language, 'mails.size', { size: String((content as ArrayBuffer).byteLength) });
    return `<li><a href="${base}/attachments/${index}" download>${escapeHtml(filename ?? String(index))}</a> <span class="about">${escapeHtml(size)}</span></li>`;
  });
  return `<p><a href="/mails">${say('mails.back')}</a></p>
  <dl><dt>${say('mails.to')}</dt><dd>${escapeHtml(recipientOf(mail))}</dd><dt>${say('mails.date')}</dt><dd>${escapeHtml(dateOf(language, mail))}</dd></dl>
  <iframe src="${base}/html" sandbox="${SANDBOX.join(' ')}" title="${escapeHtml(mail.subject ?? '')}"></iframe>
  ${files.length === 0 ? '' : `<h2>${say('mails.attachments')}</h2>\n<ul>${files.join('\n')}</ul>`}
  <h2>${say('mails.text')}</h2>
  <pre>${escapeHtml(mail.text ?? '')}</pre>`;
}

function sayIn(language: Language): (key: DeliveryText) => string {
  return (key) => escapeHtml(deliveryText(language, key));
}

function recipientOf({ to = [] }: Email): string {
  return to.map(({ address }) => address).join(', ');
}

function dateOf(language: Language, { date }: Email): string {
  return date === undefined ? '' : momentText(language, new Date(date), 'UTC');
}
