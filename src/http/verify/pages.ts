import path from 'node:path';
import { type Router, Router as createRouter, static as serveStatic } from 'express';
import helmet from 'helmet';
import type { Language } from '../../i18n/language.js';
import { escapeHtml } from '../../i18n/mail-html.js';
import { verificationTexts } from '../../i18n/verification.js';
import { languageOf } from '../language.js';

/** The page on which anybody checks a copy of a report; with a code behind it, it asks at once. */
export function verifyPages(): Router {
  const router = createRouter();
  router.use(policy());
  router.use('/assets', serveStatic(path.join(__dirname, 'assets'), { index: false }));
  router.get(['/', '/:code'], (req, res) => void res.type('html').set({ 'cache-control': 'no-store', vary: 'accept-language' }).send(html(languageOf(req))));
  return router;
}

function policy() {
  const self = ["'self'"];
  return helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], scriptSrc: self, styleSrc: self, connectSrc: self, formAction: self, baseUri: ["'none'"], frameAncestors: ["'none'"] },
  });
}

function html(language: Language): string {
  const texts = verificationTexts(language);
  const say = (key: keyof typeof texts) => escapeHtml(texts[key]);
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${say('title')} – Liptako</title>
<link rel="stylesheet" href="/verify/assets/verify.css">
</head>
<body data-texts="${escapeHtml(JSON.stringify(texts))}">
<main>
  <p class="brand">Liptako</p>
  <h1>${say('title')}</h1>
  <p>${say('lead')}</p>
  <form id="ask">
    <label for="code">${say('field.code')}</label>
    <input id="code" name="code" required maxlength="40" autocomplete="off" autocapitalize="characters" spellcheck="false" aria-describedby="hint">
    <p id="hint" class="hint">${say('hint.code')}</p>
    <button>${say('button.check')}</button>
  </form>
  <p id="message" role="status" aria-live="polite"></p>
  <article id="report" hidden></article>
  <section id="compare" hidden>
    <h2>${say('file.title')}</h2>
    <p>${say('file.lead')}</p>
    <label for="file">${say('field.file')}</label>
    <input id="file" type="file" accept=".pdf,.xlsx,.csv,.json">
    <p id="verdict" role="status" aria-live="polite"></p>
  </section>
</main>
<script src="/verify/assets/verify.js"></script>
</body>
</html>`;
}
