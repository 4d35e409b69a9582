import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const HEADER = 'x-request-id';

/** The caller's own request id when it is a sane one, so that a request can be followed through several systems; else a new one. */
export function assignRequestId(req: IncomingMessage, res: ServerResponse): string {
  const given = req.headers[HEADER];
  const id = typeof given === 'string' && /^[\w.-]{8,100}$/.test(given) ? given : randomUUID();
  res.setHeader(HEADER, id);
  return id;
}

/** The id that the answer carries. */
export function requestIdOf(res: ServerResponse): string {
  const id = res.getHeader(HEADER);
  return typeof id === 'string' ? id : '';
}
