import cors from 'cors';
import { type RequestHandler, Router } from 'express';
import helmet from 'helmet';
import type { Config } from '../platform/config.js';

const CORS_METHODS = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'];
const CORS_REQUEST_HEADERS = ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'Accept-Language'];
const CORS_ANSWER_HEADERS = ['Content-Disposition', 'ETag', 'Location', 'Repr-Digest', 'Retry-After'];
const CORS_SECONDS = 600;
const UNUSED_FEATURES = ['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'microphone', 'midi', 'payment', 'usb'];

/** The headers of every answer. An answer is data: a browser that shows it as a page loads and runs nothing. */
export function securityHeaders(): RequestHandler[] {
  const nothing = { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] };
  return [
    helmet({ contentSecurityPolicy: { useDefaults: false, directives: nothing } }),
    (_req, res, next) => {
      res.setHeader('permissions-policy', UNUSED_FEATURES.map((feature) => `${feature}=()`).join(', '));
      next();
    },
  ];
}

/** Instead, for the documentation: what its page needs from this server, and the style attributes it writes. */
export function pagePolicy(): RequestHandler {
  return helmet.contentSecurityPolicy({
    directives: {
      styleSrc: ["'self'", "'unsafe-inline'"],
      fontSrc: ["'self'", 'data:'],
      // Plain http stays plain http: inside a ministry's network the page is often reached without TLS.
      upgradeInsecureRequests: null,
    },
  });
}

/** For the API: nothing is stored on the way unless an endpoint allows it, and pages of the listed origins may call it. */
export function apiAccess({ corsOrigins }: Pick<Config, 'corsOrigins'>): Router {
  const router = Router();
  router.use((_req, res, next) => {
    res.setHeader('cache-control', 'no-store');
    next();
  });
  if (corsOrigins.length === 0) return router;
  return router.use(
    cors({
      origin: [...corsOrigins],
      methods: CORS_METHODS,
      allowedHeaders: CORS_REQUEST_HEADERS,
      exposedHeaders: CORS_ANSWER_HEADERS,
      maxAge: CORS_SECONDS,
    }),
  );
}
