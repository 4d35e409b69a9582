import { describe, expect, test } from '@jest/globals';
import express from 'express';
import { pinoHttp } from 'pino-http';
import request from 'supertest';
import type { Logger } from 'pino';
import { createLogger } from '../../src/platform/logger.js';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.c2lnbmF0dXJlLW9mLWh1bnRlcjI';

function listen(): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  return { log: createLogger({ logLevel: 'info' }, 'test', { write: (line) => void lines.push(line) }), lines };
}

function logged(fields: object, message = 'done'): string {
  const { log, lines } = listen();
  log.info(fields, message);
  expect(lines).toHaveLength(1);
  return lines[0]!;
}

const textOf = (text: string) => (JSON.parse(logged({ text })) as { text: string }).text;

/** The value under `levels` objects, every second of them in an array. */
function nested(levels: number, value: unknown): unknown {
  const inner = levels === 0 ? value : nested(levels - 1, value);
  return levels % 2 === 0 ? { inner } : [inner];
}

describe('by their names', () => {
  test('secrets are removed at any depth', () => {
    const line = logged({
      req: { headers: { authorization: 'Bearer hunter2', cookie: 'sid=hunter2', accept: 'text/html' }, body: { a: [{ b: { password: 'hunter2' } }] } },
      deep: { one: { two: { three: { accessToken: { value: 'hunter2' }, jwtSecret: 'hunter2', rows: 3 } } } },
      err: Object.assign(new Error('cannot reach postgresql://app:hunter2@db/x'), { cause: new Error('Bearer hunter2') }),
    });
    expect(line).not.toContain('hunter2');
    expect(JSON.parse(line)).toMatchObject({ msg: 'done', req: { headers: { accept: 'text/html' } }, deep: { one: { two: { three: { rows: 3 } } } } });
    expect(line.endsWith('}\n')).toBe(true);
  });

  test.each([
    'password', 'passwordHash', 'newPassword', 'PASSWORD', 'token', 'accessToken', 'refreshToken', 'refresh_token', 'secret', 'S3_SECRET_ACCESS_KEY',
    'authorization', 'Proxy-Authorization', 'cookie', 'set-cookie', 'totp', 'totpCode', 'otp', 'recoveryCode', 'recoveryCodes', 'recovery_code', 'jwt',
    'jwtSecretPrevious', 'dataKey', 'DATA_KEY', 'apiKey', 'api-key', 'x-api-key', 'iban', 'IBAN', 'beneficiaryIban', 'accountNumber', 'account_number',
    'bic', 'BIC', 'bankBic', 'bic_code', 'smtpUrl', 'SMTP_URL', 'databaseUrl', 'redisUrl',
  ])('%s is removed, whatever it holds', (name) => {
    for (const value of ['hunter2', 4_711_022, ['hunter2', 4_711_022], { a: { b: 'hunter2', c: 4_711_022 } }]) {
      const line = logged(nested(9, { [name]: value, rows: 3 }) as object);
      expect(line).not.toMatch(/hunter2|4711022/);
      expect(line).toContain('"rows":3');
    }
  }); // prettier-ignore

  test.each(['code', 'errorCode', 'statusCode', 'cubic', 'arabic', 'keyId', 'idempotency-key', 'author', 'detail', 'operation', 'optional'])('%s is kept', (name) => {
    expect(logged({ [name]: 'kept' })).toContain(`"${name}":"kept"`);
  });

  test('what is absent is shown to be absent', () => expect(JSON.parse(logged({ token: null }))).toMatchObject({ token: null }));
});

describe('by how they look', () => {
  test.each([
    ['FR76 3000 6000 0112 3456 7890 189 est le compte', '[redacted] est le compte'],
    ['compte FR7630006000011234567890189.', 'compte [redacted].'],
    ['iban=fr7630006000011234567890189', 'iban=[redacted]'],
    ['GB82\u00a0WEST\u00a01234\u00a05698\u00a07654\u00a032', '[redacted]'],
    ['to MT84MALT011000012345MTLCAST001S, and NO93 8601 1117 947 too', 'to [redacted], and [redacted] too'],
    ['AB12 is not, but FR76 3000 6000 0112 3456 7890 189 is', 'AB12 is not, but [redacted] is'],
    ['FR76 3000 6000 0112 3456 7890 189 FR76 3000 6000 0112 3456 7890 189', '[redacted] [redacted]'],
    [`token ${JWT} refused`, 'token [redacted] refused'],
    ['Authorization: Bearer abc.def~ghi== sent', 'Authorization: Bearer [redacted] sent'],
    ['redis://:hunter2@queue:6379 and smtps://app:hun@ter2@mail', 'redis://:[redacted]@queue:6379 and smtps://app:[redacted]@mail'],
    ['/reset?language=fr&token=hunter2#top', '/reset?language=fr&token=[redacted]#top'],
    ['https://liptako.org/#reset_token=hunter2', 'https://liptako.org/#reset_token=[redacted]'],
  ])('%s', (text, cleaned) => {
    expect(textOf(text)).toBe(cleaned);
    expect(JSON.parse(logged({}, text))).toMatchObject({ msg: cleaned });
    expect(JSON.parse(logged(nested(12, text) as object))).toMatchObject(nested(12, cleaned) as object);
  });

  test.each([
    'FR76 3000 6000 0112 3456 7890 188 is no IBAN',
    '01936f2a-7c1e-7d3b-9a55-ab12cd34ef56',
    'https://example.org:8080/v1/pledges?q=token&limit=50',
    'ANN-2025-000117, 2 500 000 EUR',
    'eyJ alone, the bearer',
  ])('%s is kept', (text) => expect(textOf(text)).toBe(text));

  test('long texts are looked through in time', () => {
    const started = performance.now();
    for (const piece of ['a', '://a:', 'eyJ-', 'FR76 ', '?a=b&', 'Bearer ']) textOf(piece.repeat(50_000));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('whatever is logged', () => {
  test('deeply nested data holds no secret, and a bound ends the search', () => {
    const shallow = logged(nested(30, { password: 'hunter2', rows: 3 }) as object);
    expect(shallow).not.toContain('hunter2');
    expect(shallow).toContain('"rows":3');
    for (const depth of [500, 20_000]) {
      const line = logged({ deep: Array.from({ length: depth }).reduce<object>((inner) => ({ inner }), { note: 'hunter2' }) });
      expect(line).not.toContain('hunter2');
      expect(JSON.parse(line)).toMatchObject({ msg: 'done' });
    }
  });

  test('circles end, without their secrets', () => {
    const circle: Record<string, unknown> = { password: 'hunter2', rows: 3, text: 'redis://:hunter2@queue' };
    circle.self = [circle];
    const line = logged({ circle });
    expect(line).not.toContain('hunter2');
    expect(JSON.parse(line)).toMatchObject({ circle: { rows: 3 } });
  });

  test('the logged data itself stays as it is', () => {
    const data = { user: { password: 'hunter2', tokens: ['hunter2'] }, at: new Date(0) };
    const before = structuredClone(data);
    logged(data);
    expect(data).toEqual(before);
  });

  test('errors keep their stacks, and their properties no secrets', () => {
    const request = { headers: { Authorization: 'Bearer hunter2' }, url: 'https://app:hunter2@mail' };
    const cause = Object.assign(new TypeError('smtp://app:hunter2@mail refused'), { password: 'hunter2' });
    const error = Object.assign(new Error('mail to FR7630006000011234567890189', { cause }), { code: 'EAUTH', config: { request, smtpUrl: 'hunter2' } });
    const line = logged({ err: error });
    expect(line).not.toMatch(/hunter2|FR76/);
    const { err } = JSON.parse(line) as { err: { stack: string; code: string } };
    expect(err.code).toBe('EAUTH');
    expect(err.stack).toMatch(/logger\.test\.ts:\d+/);
    expect(err.stack).toContain('caused by: TypeError: smtp://app:[redacted]@mail refused');
    expect(error.message).toContain('FR76');
    expect(error.config.smtpUrl).toBe('hunter2');
  });

  test('children and their bindings hold no secret', () => {
    const { log, lines } = listen();
    log.child({ session: { refreshToken: 'hunter2', note: JWT } }).warn('redis://:%s@queue', 'hunter2');
    expect(lines.join()).not.toMatch(/hunter2|eyJ/);
  });

  test('a line without secrets says what it said', () => {
    const fields = { rows: 3, at: { place: 'Bamako', codes: ['MLI', 'NER'] }, share: 0.4, open: true };
    expect(JSON.parse(logged(fields))).toMatchObject(fields);
  });
});

test('the log of requests holds no token of an address, a header or a cookie', async () => {
  const { log, lines } = listen();
  const app = express().use(pinoHttp({ logger: log }));
  app.get('/reset', (_req, res) => void res.set('set-cookie', 'sid=hunter2').json({}));
  await request(app)
    .get('/reset?token=hunter2&language=fr')
    .set({ authorization: 'Bearer hunter2', cookie: 'sid=hunter2', referer: 'https://liptako.org/reset?token=hunter2' })
    .expect(200);
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('hunter2');
  expect(JSON.parse(lines[0]!)).toMatchObject({ req: { url: '/reset?token=[redacted]&language=fr', query: { language: 'fr' } }, res: { statusCode: 200 } });
});
