import express, { type Express, type RequestHandler } from 'express';
import { pinoHttp } from 'pino-http';
import type { Deps } from './deps.js';
import { DomainError } from './domain/problem.js';
import { endpoints } from './endpoints.js';
import { accountPages } from './http/account/pages.js';
import { docs } from './http/docs.js';
import { setDefaultLanguage } from './http/language.js';
import { mailPages } from './http/mails/pages.js';
import { mount } from './http/mount.js';
import { openApiDocument } from './http/openapi.js';
import { problemHandler } from './http/problem.js';
import { assignRequestId } from './http/request-id.js';
import { apiAccess, pagePolicy, securityHeaders } from './http/security.js';
import { verifyPages } from './http/verify/pages.js';
import { carriesToken } from './platform/bearer.js';
import { isDatabaseReady } from './platform/db.js';
import { version } from './platform/version.js';

const LARGEST_BODY = '1mb';

/** The API: health and metrics, the documentation, the endpoints, and problem details for everything else. */
export function buildApp(deps: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', deps.config.trustProxy);
  app.set('query parser', 'simple');
  setDefaultLanguage(app, deps.config.defaultLanguage);
  app.use(pinoHttp({ logger: deps.log, genReqId: assignRequestId, autoLogging: { ignore: (req) => req.url?.startsWith('/health') ?? false } }));
  app.use(securityHeaders());
  app.use(measure(deps));

  app.get('/health/live', (_req, res) => void res.json({ status: 'live' }));
  app.get('/health/ready', async (_req, res) => {
    const database = await isDatabaseReady(deps.db);
    res.status(database ? 200 : 503).json({ status: database ? 'ready' : 'unready', database });
  });
  app.get('/metrics', askForToken(deps), async (_req, res) => void res.type(deps.metrics.registry.contentType).send(await deps.metrics.registry.metrics()));
  app.get('/openapi.json', (_req, res) => void res.json(openApiDocument(endpoints, version)));
  app.use('/docs', pagePolicy(), docs());
  app.use('/account', accountPages());
  app.use('/verify', verifyPages());
  if (deps.config.mode === 'demo' && deps.config.smtpUrl === undefined) app.use('/mails', mailPages(deps.config));
  app.get('/', (_req, res) => res.redirect('/docs/'));

  app.use('/v1', apiAccess(deps.config));
  app.use(express.json({ limit: LARGEST_BODY }));
  mount(app, endpoints, deps);
  app.use((req) => {
    throw new DomainError('ROUTE_NOT_FOUND', { method: req.method, path: req.path });
  });
  app.use(problemHandler);
  return app;
}

function askForToken({ config: { metricsToken } }: Deps): RequestHandler {
  return (req, _res, next) => {
    if (metricsToken !== undefined && !carriesToken(req.get('authorization'), metricsToken)) throw new DomainError('UNAUTHENTICATED');
    next();
  };
}

function measure({ metrics }: Deps): RequestHandler {
  return (req, res, next) => {
    const stop = metrics.requestSeconds.startTimer({ method: req.method });
    res.on('finish', () => {
      const { path } = (req.route ?? {}) as { path?: unknown };
      stop({ route: typeof path === 'string' ? path : 'other', status: String(res.statusCode) });
    });
    next();
  };
}
