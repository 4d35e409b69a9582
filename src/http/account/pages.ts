import path from 'node:path';
import { type Router, Router as createRouter, static as serveStatic } from 'express';
import helmet from 'helmet';
import { accountTexts } from '../../i18n/account.js';
import type { Language } from '../../i18n/language.js';
import { escapeHtml } from '../../i18n/mail-html.js';
import { languageOf } from '../language.js';

const pages = ['invitation', 'password', 'forgotten'] as const;
type Page = (typeof pages)[number];

/**
 * The pages that mailed links open: accept an invitation, choose a new password, ask for one. The link's secret stands behind the
 * `#`, which no server sees.
 */
export function accountPages(): Router {
  const router = createRouter();
  router.use(policy());
  for (const page of pages) {
    router.get(`/${page}`, (req, res) => void res.type('html').set({ 'cache-control': 'no-store', vary: 'accept-language' }).send(html(page, languageOf(req))));
  }
  router.use('/assets', serveStatic(path.join(__dirname, 'assets'), { index: false }));
  return router;
}

function policy() {
  const self = ["'self'"];
  return helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], scriptSrc: self, styleSrc: self, connectSrc: self, formAction: self, baseUri: ["'none'"], frameAncestors: ["'none'"] },
  });
}

function html(page: Page, language: Language): string {
  const texts = accountTexts(language);
  const say = (key: keyof typeof texts) => escapeHtml(texts[key]);
  const choosing = `
    <label for="password">${say('field.password')}</label>
    <input id="password" name="password" type="password" autocomplete="new-password" required minlength="15" maxlength="200" aria-describedby="hint">
    <p id="hint" class="hint">${say('hint.password')}</p>
    <label for="repeated">${say('field.repeated')}</label>
    <input id="repeated" name="repeated" type="password" autocomplete="new-password" required>
    <button>${say('button.save')}</button>`;
  const asking = `
    <label for="email">${say('field.email')}</label>
    <input id="email" name="email" type="email" autocomplete="username" required>
    <button>${say('button.send')}</button>`;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${say(`${page}.title`)} – Liptako</title>
<link rel="stylesheet" href="/account/assets/account.css">
</head>
<body data-page="${page}" data-texts="${escapeHtml(JSON.stringify(texts))}">
<main>
  <p class="brand">Liptako</p>
  <h1>${say(`${page}.title`)}</h1>
  <p>${say(`${page}.lead`)}</p>
  <form id="first" method="post">${page === 'forgotten' ? asking : choosing}
  </form>
  <section id="next" hidden></section>
  <p id="message" role="status" aria-live="polite"></p>
</main>
<script src="/account/assets/account.js"></script>
</body>
</html>`;
}
