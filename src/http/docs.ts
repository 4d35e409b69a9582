import { type Router, Router as createRouter, static as serveStatic } from 'express';
import getAbsoluteFSPath from 'swagger-ui-dist/absolute-path.js';

const PAGE = `<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Liptako API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>`;

// Folded by subject: unfolded at once, some two hundred operations keep a phone busy for a minute.
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, persistAuthorization: false, tryItOutEnabled: true, docExpansion: 'none', filter: true, defaultModelsExpandDepth: -1 });`;

/** The documentation page, from this server alone: no other host is asked for anything. */
export function docs(): Router {
  const router = createRouter();
  router.get('/', (_req, res) => void res.type('html').send(PAGE));
  router.get('/start.js', (_req, res) => void res.type('js').send(START));
  router.use(serveStatic(getAbsoluteFSPath(), { index: false, maxAge: '1d' }));
  return router;
}
