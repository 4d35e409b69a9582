import { type Express, type Request, type RequestHandler, type Response, Router } from 'express';
import multer from 'multer';
import { z } from 'zod';
import type { Deps } from '../deps.js';
import { type Actor, checkPermission, checkSecondFactor, nobody } from '../domain/policy.js';
import { DomainError } from '../domain/problem.js';
import { recordAudit } from '../platform/audit.js';
import { inTransaction, type Tx } from '../platform/db.js';
import { authenticate } from './authenticate.js';
import type { Endpoint, Reply, RequestContext } from './endpoint.js';
import { idempotencyKeyOf, once } from './idempotency.js';
import { languageOf } from './language.js';
import { etagOf, noPrecondition, preconditionOf } from './precondition.js';
import { InvalidInput } from './problem.js';
import { requestIdOf } from './request-id.js';
import { unstorableTexts } from './text.js';

/** Puts endpoints under their addresses: who asks → may they → parse → act, all in one transaction → serialise. */
export function mount(app: Express, endpoints: readonly Endpoint[], deps: Deps): void {
  const router = Router();
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/\{(\w+)\}/g, ':$1');
    const handlers: RequestHandler[] = endpoint.files
      ? [guard(endpoint, deps), receiveFiles(endpoint.files, deps), handle(endpoint, deps)]
      : [handle(endpoint, deps)];
    router[endpoint.method](path, ...handlers);
  }
  app.use(router);
}

/**
 * Reads the files of a multipart/form-data body into memory.
 * @throws BODY_TOO_LARGE, FILES_UNEXPECTED
 */
function receiveFiles({ most, largest }: NonNullable<Endpoint['files']>, { config }: Deps): RequestHandler {
  const fileSize = config[largest];
  const receive = multer({ storage: multer.memoryStorage(), defParamCharset: 'utf8', limits: { fileSize, files: most } }).array('files');
  const explain = (error: unknown): DomainError => {
    const { code, field = '-' } = error instanceof multer.MulterError ? error : {};
    return code === 'LIMIT_FILE_SIZE' ? new DomainError('BODY_TOO_LARGE', { limit: fileSize }, 'files') : new DomainError('FILES_UNEXPECTED', { most, found: field }, 'files');
  };
  // Whatever it stumbles over is the body, such as one without an end.
  return (req, res, next) => receive(req, res, (error: unknown) => next(error && explain(error)));
}

/** Refuses before the files of an upload are read. */
function guard(endpoint: Endpoint, deps: Deps): RequestHandler {
  return async (req, _res, next) => {
    await inTransaction(deps.db, (tx) => actorOf(endpoint, req, tx, deps));
    next();
  };
}

async function actorOf(endpoint: Endpoint, req: Request, tx: Tx, deps: Deps): Promise<Actor> {
  if (endpoint.access === 'public') return nobody;
  const own = endpoint.transaction === false;
  const actor = own ? await inTransaction(deps.db, (short) => authenticate(req, short, deps)) : await authenticate(req, tx, deps);
  if (!endpoint.withoutSecondFactor) checkSecondFactor(actor);
  if (endpoint.access !== 'signed-in') checkPermission(actor, endpoint.access);
  return actor;
}

function handle(endpoint: Endpoint, deps: Deps): RequestHandler {
  const act = async (req: Request, res: Response, db: Tx): Promise<Reply> => {
    const actor = await actorOf(endpoint, req, db, deps);
    if (endpoint.body && !endpoint.files) requireJson(req);
    const input = {
      params: parse(endpoint.params, 'params', req.params),
      query: parse(endpoint.query, 'query', req.query),
      body: parse(endpoint.body, 'body', req.body ?? {}),
      files: filesOf(req),
    };
    const context: RequestContext = {
      db,
      deps,
      actor,
      language: languageOf(req),
      requestId: requestIdOf(res),
      origin: { address: req.ip ?? null, agent: req.get('user-agent')?.slice(0, 300) ?? null },
      precondition: endpoint.edits ? preconditionOf(req) : noPrecondition,
      now: deps.clock.now(),
    };
    const answer = async (): Promise<Reply> => {
      const reply = checked(endpoint, await endpoint.handler(context, input));
      if (endpoint.edits && !context.precondition.wasChecked) throw new RangeError(`${endpoint.operationId} did not compare the version`);
      await auditRead(endpoint, context, input, reply);
      return reply;
    };
    const key = endpoint.idempotent ? idempotencyKeyOf(req) : undefined;
    if (key === undefined) return answer();
    return once(db, { userId: actor.userId, key, operation: `${req.method} ${req.path}`, body: req.body, files: input.files }, answer);
  };
  return async (req, res) => {
    const reply = endpoint.transaction === false ? await act(req, res, deps.db) : await inTransaction(deps.db, (tx) => act(req, res, tx));
    send(res, reply);
  };
}

/** Keeps a trace of a sensitive read, in the transaction that read: who gets the answer, and what they asked for. */
async function auditRead({ audits }: Endpoint, context: RequestContext, input: { readonly params: unknown; readonly query: unknown }, { body }: Reply): Promise<void> {
  const read = typeof audits === 'string' ? { action: audits } : await audits?.(context, body);
  if (!read) return;
  const [kind = read.action] = read.action.split('.');
  const { id = '-', ...params } = (input.params ?? {}) as Readonly<Record<string, string>>;
  // What is searched for may name a person, and so may the place where a page ends.
  const { q, cursor, ...query } = (input.query ?? {}) as Readonly<Record<string, unknown>>;
  await recordAudit(context, read.action, { kind, id }, { ...params, ...query, ...read.detail }, { personal: { q, cursor } });
}

/** @throws UNSUPPORTED_MEDIA_TYPE when there is a body and it is something else */
function requireJson(req: Request): void {
  if (req.is('application/json') === false) throw new DomainError('UNSUPPORTED_MEDIA_TYPE', { expected: 'application/json' });
}

/** The reply with its body as the response schema describes it; anything else it held stays inside. */
function checked(endpoint: Endpoint, reply: Reply): Reply {
  if (Buffer.isBuffer(reply.body) || !endpoint.success.schema) return reply;
  return { ...reply, body: endpoint.success.schema.parse(reply.body) as object };
}

function send(res: Response, { status, headers = {}, body }: Reply): void {
  res.status(status).set(headers);
  if (Buffer.isBuffer(body)) res.send(body);
  else {
    if ('version' in body && typeof body.version === 'number') res.set('etag', etagOf(body.version));
    res.json(body);
  }
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
