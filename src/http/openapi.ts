import { extendZodWithOpenApi, OpenApiGeneratorV31, OpenAPIRegistry, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { rolesWith } from '../domain/policy.js';
import type { ProblemCode } from '../domain/problem.js';
import type { Endpoint } from './endpoint.js';
import { problemSchema, statusOf } from './problem.js';

extendZodWithOpenApi(z);

/** The OpenAPI 3.1 document of the endpoints: the same for the same code, so that a committed copy can be compared. */
export function openApiDocument(endpoints: readonly Endpoint[], version: string): object {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' });
  for (const endpoint of endpoints) registry.registerPath(pathOf(endpoint));
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Liptako',
      version,
      description:
        'Suivi des mécanismes de financement de l’action humanitaire dans l’espace AES. / Humanitarian financing mechanism tracker for the Alliance of Sahel States.\n\n' +
        'Amounts are decimal strings with their currency: `{"amount":"1250000.50","currency":"EUR"}`. Dates are `YYYY-MM-DD`, moments ISO 8601 in UTC. ' +
        'Errors are RFC 9457 problem details with stable codes, in French or, with `Accept-Language: en`, in English. ' +
        'A pledge, a commitment and a disbursement are stages of one promise and are never added together.',
    },
    security: [{ bearer: [] }],
  });
}

function pathOf(endpoint: Endpoint): RouteConfig {
  const { success } = endpoint;
  const content =
    success.contentType !== undefined
      ? { [success.contentType]: { schema: { type: 'string' as const } } }
      : success.schema && { 'application/json': { schema: success.schema } };
  const requestBody = bodyOf(endpoint);
  return {
    method: endpoint.method,
    path: endpoint.path,
    operationId: endpoint.operationId,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    description: [endpoint.description, accessText(endpoint)].filter(Boolean).join('\n\n'),
    ...(endpoint.access === 'public' && { security: [] }),
    request: {
      ...(endpoint.params && { params: endpoint.params as never }),
      ...(endpoint.query && { query: endpoint.query as never }),
      ...((endpoint.idempotent || endpoint.edits) && { headers: headersOf(endpoint) }),
      ...(requestBody && { body: requestBody }),
    },
    responses: {
      [success.status]: { description: success.description, ...(content && { content }) },
      ...problemsOf(endpoint),
    },
  };
}

const idempotencyKey = z
  .string()
  .min(8)
  .max(200)
  .optional()
  .describe('A key of your own, e.g. a UUID. The same key and body give the first answer again; another body is refused with 409. Remembered for 30 days.');

const ifMatch = z.string().describe('The ETag of the record as you last read it; a record that has changed since is not touched: 412.').meta({ example: '"3"' });

function headersOf({ idempotent, edits }: Endpoint) {
  return z.object({ ...(idempotent && { 'Idempotency-Key': idempotencyKey }), ...(edits && { 'If-Match': ifMatch }) });
}

function bodyOf(endpoint: Endpoint): NonNullable<RouteConfig['request']>['body'] {
  if (!endpoint.body) return undefined;
  const type = endpoint.files ? 'multipart/form-data' : 'application/json';
  return { required: true, content: { [type]: { schema: endpoint.body as never } } };
}

function accessText(endpoint: Endpoint): string {
  if (endpoint.access === 'public') return 'No token needed.';
  if (endpoint.access === 'signed-in') return 'Any signed-in user.';
  return `Roles: ${rolesWith(endpoint.access).join(', ')}.`;
}

function problemsOf(endpoint: Endpoint): RouteConfig['responses'] {
  const codes = new Set<ProblemCode>([...(endpoint.problems ?? []), 'BUSY', 'INTERNAL']);
  if (endpoint.params ?? endpoint.query ?? endpoint.body) codes.add('VALIDATION');
  if (endpoint.access !== 'public') codes.add('UNAUTHENTICATED');
  if (endpoint.access !== 'public' && endpoint.access !== 'signed-in') codes.add('FORBIDDEN');
  if (endpoint.body) codes.add('BODY_TOO_LARGE');
  if (endpoint.body && !endpoint.files) codes.add('MALFORMED_JSON').add('UNSUPPORTED_MEDIA_TYPE');
  if (endpoint.idempotent) codes.add('IDEMPOTENCY_KEY_INVALID').add('IDEMPOTENCY_KEY_REUSED');
  if (endpoint.edits) codes.add('PRECONDITION_REQUIRED').add('STALE');
  const byStatus = new Map<number, string[]>();
  for (const code of [...codes].sort()) byStatus.set(statusOf[code], [...(byStatus.get(statusOf[code]) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      { description: list.join(', '), content: { 'application/problem+json': { schema: problemSchema } } },
    ]),
  );
}
