import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { IntlMessageFormat } from 'intl-messageformat';
import request, { type Response, type Test } from 'supertest';
import { type ProblemCode, problemCodes } from '../../src/domain/problem.js';
import { endpoints } from '../../src/endpoints.js';
import type { Endpoint } from '../../src/http/endpoint.js';
import { problemSchema, statusOf } from '../../src/http/problem.js';
import { type Language, languages } from '../../src/i18n/language.js';
import { problemsEn } from '../../src/i18n/problems.en.js';
import { problemsFr } from '../../src/i18n/problems.fr.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly description?: string; readonly schema: Schema }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content & { readonly description: string }>>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const texts = { fr: problemsFr, en: problemsEn };
const named = endpoints.map((endpoint) => [`${endpoint.method.toUpperCase()} ${endpoint.path}`, endpoint] as const);

let app: TestApp;
let nobody: Client;
let document: Document;

beforeAll(async () => {
  app = await startTestApp();
  nobody = await app.user({ roles: [] });
  document = (await app.anonymous.get('/openapi.json').expect(200)).body as Document;
});
afterAll(() => app.close());

const operationOf = ({ path, method }: Endpoint): Operation => document.paths[path]![method]!;
const addressOf = ({ path }: Endpoint): string => path.replace(/\{\w+\}/g, newId());
const repeated = (values: readonly string[]) => values.filter((value, index) => values.indexOf(value) !== index);

function resolve(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  const target = document.components.schemas[$ref.replace('#/components/schemas/', '')];
  if (!target) throw new Error(`${$ref} leads nowhere`);
  return { ...target, ...beside };
}

/** The dotted paths of the fields below a schema that nothing is said of. */
function undescribed(given: Schema, path: string): string[] {
  const schema = resolve(given);
  const { properties = {}, items, additionalProperties, allOf = [], anyOf = [], oneOf = [] } = schema;
  const fields = Object.entries(properties).flatMap(([name, field]) => [
    ...(resolve(field).description === undefined ? [`${path}.${name}`] : []),
    ...undescribed(field, `${path}.${name}`),
  ]);
  const inner = [items, typeof additionalProperties === 'object' ? additionalProperties : undefined, ...allOf, ...anyOf, ...oneOf];
  return [...fields, ...inner.flatMap((one) => (one ? undescribed(one, path) : []))];
}

describe('the OpenAPI document', () => {
  test('has every endpoint and no other, each under a name of its own', () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    expect(document.openapi).toBe('3.1.0');
    expect(documented.sort()).toEqual(named.map(([name]) => name).sort());
    expect(repeated(endpoints.map((endpoint) => endpoint.operationId))).toEqual([]);
  });

  test('every reference leads somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target!);
    expect(references.length).toBeGreaterThan(0);
    for (const $ref of new Set(references)) expect(() => resolve({ $ref })).not.toThrow();
  });

  test.each(named)('%s: every field that is sent is described', (_, endpoint) => {
    const { parameters = [], requestBody } = operationOf(endpoint);
    const silent = parameters.filter((parameter) => !parameter.description && !resolve(parameter.schema).description).map(({ name }) => name);
    const bodies = Object.values(requestBody?.content ?? {}).flatMap(({ schema }) => undescribed(schema, 'body'));
    expect([...silent, ...bodies]).toEqual([]);
  });

  test.each(named)('%s: every problem is documented under its status, as problem details', (_, endpoint) => {
    const { responses, summary, tags } = operationOf(endpoint);
    expect([summary, ...tags]).not.toContain('');
    for (const code of expectedProblems(endpoint)) {
      const answer = responses[String(statusOf[code])];
      expect(answer?.description.split(', ')).toContain(code);
      expect(answer?.content?.['application/problem+json']?.schema).toEqual({ $ref: '#/components/schemas/Problem' });
    }
    expect(responses[String(endpoint.success.status)]?.description).toBe(endpoint.success.description);
  });

  test('every POST that concerns money takes an Idempotency-Key, and says so', () => {
    const concernsMoney = /^\/v1\/(pledges|commitments|amendments|disbursements|reversals|reports)\b/;
    const posts = endpoints.filter(({ method, path }) => method === 'post' && concernsMoney.test(path));
    const silent = posts.filter((endpoint) => !operationOf(endpoint).parameters?.some(({ name, in: place }) => name === 'Idempotency-Key' && place === 'header'));
    expect(posts.length).toBeGreaterThan(10);
    expect(silent.map((endpoint) => endpoint.operationId)).toEqual([]);
    expect(posts.filter((endpoint) => !endpoint.idempotent)).toEqual([]);
  });
});

function expectedProblems(endpoint: Endpoint): readonly ProblemCode[] {
  const takesJson = endpoint.body !== undefined && !endpoint.files;
  return [
    ...(endpoint.problems ?? []),
    ...(endpoint.access === 'public' ? [] : (['UNAUTHENTICATED'] as const)),
    ...(endpoint.access === 'public' || endpoint.access === 'signed-in' ? [] : (['FORBIDDEN'] as const)),
    ...((endpoint.params ?? endpoint.query ?? endpoint.body) ? (['VALIDATION'] as const) : []),
    ...(takesJson ? (['MALFORMED_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const) : []),
    ...(endpoint.idempotent ? (['IDEMPOTENCY_KEY_INVALID', 'IDEMPOTENCY_KEY_REUSED'] as const) : []),
    ...(endpoint.edits ? (['PRECONDITION_REQUIRED', 'STALE'] as const) : []),
    'BUSY',
    'INTERNAL',
  ];
}

describe('who may call', () => {
  const closed = named.filter(([, endpoint]) => endpoint.access !== 'public');
  const withRight = closed.filter(([, endpoint]) => endpoint.access !== 'signed-in');

  test('only signing in, what leads there, and links that prove themselves are public', () => {
    const open = endpoints.filter((endpoint) => endpoint.access === 'public').map((endpoint) => endpoint.operationId);
    expect(open).toEqual(['login', 'refreshSession', 'requestPasswordReset', 'confirmPasswordReset', 'acceptInvitation', 'verifyCopy', 'openSharedFile']);
  });

  test('only what leads to a second factor is open without it', () => {
    const open = endpoints.filter((endpoint) => endpoint.withoutSecondFactor).map((endpoint) => endpoint.operationId);
    expect(open.sort()).toEqual(['confirmTotp', 'getMe', 'logout', 'startTotp', 'updateMe']);
  });

  test.each(closed)('%s without a token is 401', async (_, endpoint) => {
    const answer = await request(app.app)[endpoint.method](addressOf(endpoint));
    expectProblem(answer, 'UNAUTHENTICATED', 'fr');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="liptako"');
  });

  test.each(withRight)('%s without a role is 403', async (_, endpoint) => {
    const answer = await request(app.app)[endpoint.method](addressOf(endpoint)).set('authorization', `Bearer ${nobody.token}`);
    expectProblem(answer, 'FORBIDDEN', 'fr');
  });
});

function expectProblem(answer: Response, code: ProblemCode, language: Language): void {
  const problem = problemSchema.parse(JSON.parse(answer.text));
  expect(answer.status).toBe(statusOf[code]);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json\b/);
  expect(answer.headers['content-language']).toBe(language);
  expect(problem).toMatchObject({ type: `urn:liptako:problem:${code}`, code, status: statusOf[code], title: texts[language][code].title });
  expect(problem.instance).toBe(answer.headers['x-request-id']);
  expect(problem.detail).not.toMatch(/[{}]|undefined/);
}

describe('what is no request of the API is told in the reader’s language', () => {
  const login = () => request(app.app).post('/v1/auth/login');
  const refusals: readonly (readonly [string, ProblemCode, () => Test, Readonly<Record<Language, string>>])[] = [
    ['an unknown address', 'ROUTE_NOT_FOUND', () => request(app.app).get('/v1/nothing?x=1'), { fr: 'GET /v1/nothing n’existe pas', en: 'GET /v1/nothing does not exist' }],
    ['an unknown method', 'ROUTE_NOT_FOUND', () => request(app.app).delete('/v1/pledges'), { fr: 'DELETE /v1/pledges', en: 'DELETE /v1/pledges' }],
    ['an address that cannot be decoded', 'ROUTE_NOT_FOUND', () => request(app.app).get('/v1/pledges/%E0%A4%A'), { fr: 'n’existe pas', en: 'does not exist' }],
    ['a body that is no JSON', 'MALFORMED_JSON', () => login().type('json').send('{"email":'), { fr: 'application/json', en: 'application/json' }],
    ['a JSON text that is no document', 'MALFORMED_JSON', () => login().type('json').send('"text"'), { fr: 'application/json', en: 'application/json' }],
    ['a body of another type', 'UNSUPPORTED_MEDIA_TYPE', () => login().type('form').send('email=a'), { fr: 'Envoyez application/json', en: 'Send application/json' }],
    ['a body above 1 MB', 'BODY_TOO_LARGE', () => login().send({ email: 'x'.repeat(1_048_576) }), { fr: '1048576 octets', en: '1048576 bytes' }],
    ['fields that do not fit', 'VALIDATION', () => login().send({ email: 1 }), { fr: 'énumérées par champ', en: 'listed by field' }],
    ['a wrong password', 'BAD_CREDENTIALS', () => login().send({ email: 'nobody@test.liptako', password: 'wrong-password' }), { fr: 'Vérifiez les deux', en: 'Check both' }],
  ];

  test.each(languages.flatMap((language) => refusals.map(([what, ...rest]) => [language, what, ...rest] as const)))('%s: %s', async (language, _what, code, ask, detail) => {
    const answer = await ask().set('accept-language', language);
    expectProblem(answer, code, language);
    expect(answer.body.detail).toContain(detail[language]);
  });

  test.each([
    [undefined, 'fr'],
    ['de', 'fr'],
    ['de, en;q=0.8', 'en'],
    ['en-GB,en;q=0.9', 'en'],
    ['en;q=0.5, fr;q=0.9', 'fr'],
    ['*', 'fr'],
  ] as const)('Accept-Language %s is answered in %s', async (header, language) => {
    const ask = request(app.app).get('/v1/nothing');
    expectProblem(await (header === undefined ? ask : ask.set('accept-language', header)), 'ROUTE_NOT_FOUND', language);
  });

  test('every field at fault is listed with a sentence of its own', async () => {
    const send = (language: Language) => login().set('accept-language', language).send({ email: 1, more: true });
    const [french, english] = [await send('fr'), await send('en')];
    const faults = (answer: Response) => problemSchema.parse(answer.body).errors ?? [];
    expect(faults(french).map(({ field }) => field)).toEqual(expect.arrayContaining(['email', 'password', 'body']));
    expect(faults(french).map(({ field, code }) => [field, code])).toEqual(faults(english).map(({ field, code }) => [field, code]));
    for (const [index, { detail }] of faults(french).entries()) expect(detail).not.toBe(faults(english)[index]!.detail);
  });

  test('a caller’s own request id comes back, unless it is none', async () => {
    const ask = (id: string) => request(app.app).get('/v1/nothing').set('x-request-id', id);
    expect((await ask('follow-me-1234')).body.instance).toBe('follow-me-1234');
    expect((await ask('two words')).body.instance).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('what no database could hold', () => {
  const report = (fields: object) => nobody.post('/v1/reports', { groupBy: ['state'], ...fields });
  const asked: readonly (readonly [string, string, () => Test])[] = [
    ['a moment in the year 0', 'asOf', () => report({ asOf: '0000-01-01T00:00:00Z' })],
    ['a moment 16 hours from UTC', 'asOf', () => report({ asOf: '2025-01-01T00:00:00+16:00' })],
    ['a day in the year 0', 'filters.from', () => report({ filters: { from: '0000-12-31' } })],
    ['a NUL in a list', 'filters.sectors.1', () => report({ filters: { sectors: ['FSC', 'F\0'] } })],
    ['half a surrogate pair', 'filters.plans.0', () => report({ filters: { plans: ['\udfff'] } })],
    ['a NUL in the address', 'reference', () => nobody.get('/v1/pledges?reference=%00')],
    ['a day in the year 0 in the address', 'to', () => nobody.get('/v1/pledges?to=0000-01-01')],
  ];

  beforeAll(async () => {
    await app.deps.db.appUser.update({ where: { id: nobody.userId }, data: { roles: ['auditor'] } });
  });

  test.each(asked)('%s is refused at %s', async (_, field, ask) => {
    const answer = await ask();
    expectProblem(answer, 'VALIDATION', 'en');
    expect((answer.body as { errors: { field: string }[] }).errors.map((error) => error.field)).toEqual([field]);
  });

  test('the last moment of an offset that is known passes', async () => {
    await report({ asOf: '2025-01-01T00:00:00+15:59' }).expect(202);
  });
});

describe('the sentences of the problems', () => {
  type Part = { readonly type: number; readonly value: string; readonly options?: Readonly<Record<string, { readonly value: readonly Part[] }>> };
  const LITERAL = 0;
  const POUND = 7;

  /** The names of the values that a message asks for, at any depth. */
  const argumentsOf = (parts: readonly Part[]): string[] =>
    parts.flatMap((part) => [
      ...(part.type === LITERAL || part.type === POUND ? [] : [part.value]),
      ...Object.values(part.options ?? {}).flatMap((option) => argumentsOf(option.value)),
    ]);
  const placeholders = (text: string, language: Language) => [...new Set(argumentsOf(new IntlMessageFormat(text, language).getAst() as never))].sort();

  test.each(problemCodes)('%s is said in French and English, with the same values', (code) => {
    const [french, english] = [problemsFr[code], problemsEn[code]];
    expect(placeholders(french.detail, 'fr')).toEqual(placeholders(english.detail, 'en'));
    for (const { title } of [french, english]) expect(title).toMatch(/^[^{}]+[^.{}]$/);
    for (const { detail } of [french, english]) expect(detail).toMatch(/\.$/);
    expect(french.title).not.toBe(english.title);
    expect(french.detail).not.toBe(english.detail);
  });

  test('every problem has a status of an error, and no sentence or status is without its problem', () => {
    expect(Object.values(statusOf).filter((status) => !Number.isInteger(status) || status < 400 || status > 599)).toEqual([]);
    for (const table of [statusOf, problemsFr, problemsEn]) expect(Object.keys(table).sort()).toEqual([...problemCodes].sort());
    expect(repeated(problemCodes)).toEqual([]);
  });
});
