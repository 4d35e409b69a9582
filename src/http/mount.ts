import { type Express, type Request, type RequestHandler, type Response, Router } from 'express';
import multer from 'multer';
import { z } from 'zod';
import type { Deps } from '../deps.js';
import { type Actor, checkPermission } from '../domain/policy.js';
import { DomainError } from '../domain/problem.js';
import { inTransaction, type Tx } from '../platform/db.js';
import { authenticate } from './authenticate.js';
import type { Endpoint, Reply, RequestContext } from './endpoint.js';
import { idempotencyKeyOf, once } from './idempotency.js';
import { languageOf } from './language.js';
import { InvalidInput } from './problem.js';
import { requestIdOf } from './request-id.js';
import { unstorableTexts } from './text.js';

const nobody: Actor = { userId: '', roles: [], states: [], organisationIds: [] };

/** Puts endpoints under their addresses: who asks → may they → parse → act, in one transaction if it writes → serialise. */
export function mount(app: Express, endpoints: readonly Endpoint[], deps: Deps): void {
  const router = Router();
  const upload = receiveFiles(deps);
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/\{(\w+)\}/g, ':$1');
    const handlers: RequestHandler[] = endpoint.files ? [guard(endpoint, deps), upload, handle(endpoint, deps)] : [handle(endpoint, deps)];
    router[endpoint.method](path, ...handlers);
  }
  app.use(router);
}

const MOST_FILES = 20;

/**
 * Reads the files of a multipart/form-data body into memory.
 * @throws BODY_TOO_LARGE, FILES_UNEXPECTED
 */
function receiveFiles({ config }: Deps): RequestHandler {
  const limits = { fileSize: config.importMaxBytes, files: MOST_FILES };
  const receive = multer({ storage: multer.memoryStorage(), defParamCharset: 'utf8', limits }).array('files');
  const explain = (error: unknown): unknown => {
    if (!(error instanceof multer.MulterError)) return error;
    if (error.code === 'LIMIT_FILE_SIZE') return new DomainError('BODY_TOO_LARGE', { limit: config.importMaxBytes }, 'files');
    return new DomainError('FILES_UNEXPECTED', { most: MOST_FILES, found: error.field ?? '-' }, 'files');
  };
  return (req, res, next) => receive(req, res, (error: unknown) => next(explain(error)));
}

/** Refuses before the files of an upload are read. */
function guard(endpoint: Endpoint, deps: Deps): RequestHandler {
  return async (req, _res, next) => {
    await actorOf(endpoint, req, deps);
    next();
  };
}

async function actorOf(endpoint: Endpoint, req: Request, deps: Deps): Promise<Actor> {
  if (endpoint.access === 'public') return nobody;
  const actor = await authenticate(req, deps);
  if (endpoint.access !== 'signed-in') checkPermission(actor, endpoint.access);
  return actor;
}

function handle(endpoint: Endpoint, deps: Deps): RequestHandler {
  return async (req, res) => {
    const actor = await actorOf(endpoint, req, deps);
    if (endpoint.body && !endpoint.files) requireJson(req);
    const input = {
      params: parse(endpoint.params, 'params', req.params),
      query: parse(endpoint.query, 'query', req.query),
      body: parse(endpoint.body, 'body', req.body ?? {}),
      files: filesOf(req),
    };
    const act = (db: Tx): Promise<Reply> => {
      const context: RequestContext = {
        db,
        deps,
        actor,
        language: languageOf(req),
        requestId: requestIdOf(res),
        now: deps.clock.now(),
      };
      return endpoint.handler(context, input);
    };
    send(res, await run(endpoint, req, actor, deps, act));
  };
}

/** @throws UNSUPPORTED_MEDIA_TYPE when there is a body and it is something else */
function requireJson(req: Request): void {
  if (req.is('application/json') === false) throw new DomainError('UNSUPPORTED_MEDIA_TYPE', { expected: 'application/json' });
}

function run(endpoint: Endpoint, req: Request, actor: Actor, deps: Deps, act: (db: Tx) => Promise<Reply>): Promise<Reply> {
  const writes = endpoint.transaction ?? endpoint.method !== 'get';
  const answer = async (db: Tx): Promise<Reply> => checked(endpoint, await act(db));
  if (!writes) return answer(deps.db);
  const key = endpoint.idempotent ? idempotencyKeyOf(req) : undefined;
  return inTransaction(deps.db, (tx) => {
    if (key === undefined) return answer(tx);
    const operation = `${req.method} ${req.path}`;
    return once(tx, { userId: actor.userId, key, operation, body: req.body }, () => answer(tx));
  });
}

/** The reply with its body as the response schema describes it; anything else it held stays inside. */
function checked(endpoint: Endpoint, reply: Reply): Reply {
  if (Buffer.isBuffer(reply.body) || !endpoint.success.schema) return reply;
  return { ...reply, body: endpoint.success.schema.parse(reply.body) as object };
}

function send(res: Response, { status, headers = {}, body }: Reply): void {
  res.status(status).set(headers);
  if (Buffer.isBuffer(body)) res.send(body);
  else res.json(body);
}

function parse<T>(schema: z.ZodType<T> | undefined, part: InvalidInput['part'], value: unknown): T | undefined {
  if (!schema) return undefined;
  const result = schema.safeParse(value, { reportInput: true });
  if (!result.success) throw new InvalidInput(part, result.error);
  const unstorable = unstorableTexts(result.data);
  if (unstorable.length > 0) throw new InvalidInput(part, new z.ZodError(unstorable));
  return result.data;
}

function filesOf(req: Request): { name: string; content: Buffer }[] {
  const files = Array.isArray(req.files) ? req.files : [];
  return files.map((file) => ({ name: file.originalname, content: file.buffer }));
}
