import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError, type Environment, parseConfig, readSettings } from '../../src/platform/config.js';
import { secretSettings, settingsSchema } from '../../src/platform/settings.js';

const JWT_SECRET = 'k7Qm2vXz9Lr4Tn8Wp1Ys6Bd3Gh5Jf0Ac';
const DATA_KEY = 'p3Hw8Zt5Nc1Rk6Vb9Xm2Qs7Fd4Lj0GyEu';
const servers: Environment = { DATABASE_URL: 'postgresql://app:hush@db:5432/liptako', REDIS_URL: 'redis://queue:6379' };
const production: Environment = { ...servers, JWT_SECRET, DATA_KEY, PUBLIC_URL: 'https://liptako.example.org' };
const s3: Environment = {
  EVIDENCE_STORE: 's3', S3_ENDPOINT: 'https://s3.example.org', S3_BUCKET: 'evidence', S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'key',
}; // prettier-ignore

function refusal(env: Environment): ConfigError {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('The configuration was accepted.');
}

const folder = mkdtempSync(path.join(tmpdir(), 'liptako-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileHolding(content: string): string {
  const file = path.join(mkdtempSync(path.join(folder, 'secret-')), 'secret');
  writeFileSync(file, content);
  return file;
}

const namesRefused = (env: Environment) => refusal(env).problems.map((problem) => problem.name);

describe('.env.example', () => {
  const lines = readFileSync(path.join(__dirname, '../../.env.example'), 'utf8').split('\n');
  const listed = lines.flatMap((line) => /^#?([A-Z][A-Z0-9_]*)=/.exec(line)?.[1] ?? []);

  test('lists exactly the settings that exist', () => {
    expect(listed.toSorted()).toEqual(Object.keys(settingsSchema.shape).toSorted());
  });

  test('shows the default values', () => {
    const shown = Object.fromEntries(lines.flatMap((line) => (/^#([A-Z0-9_]+)=(.+)$/.exec(line) ?? []).slice(1, 3)).reduce<string[][]>(pairs, []));
    const defaults = readSettings({});
    const names = [
      'DATABASE_POOL_SIZE', 'PORT', 'WORKER_PORT', 'IMPORT_MAX_BYTES', 'LOG_LEVEL', 'ACCESS_TOKEN_MINUTES', 'SESSION_HOURS', 'SESSION_IDLE_MINUTES',
      'INVITATION_HOURS', 'PASSWORD_RESET_MINUTES', 'MAIL_FROM', 'MAIL_ATTACHMENT_MAX_BYTES', 'LINK_DAYS', 'EVIDENCE_STORE', 'EVIDENCE_MAX_BYTES', 'S3_REGION',
    ] as const; // prettier-ignore
    for (const name of names) expect(shown[name]).toBe(String(defaults[name]));
  });

  test('names every secret that a file may hold', () => {
    const named = new Set(lines.join(' ').match(/\b[A-Z0-9_]+_FILE\b/g));
    expect([...named].toSorted()).toEqual([...secretSettings.map((name) => `${name}_FILE`), 'LEAKED_PASSWORDS_FILE'].toSorted());
  });
});

function pairs(all: string[][], word: string, index: number): string[][] {
  return index % 2 === 0 ? [...all, [word]] : [...all.slice(0, -1), [...all.at(-1)!, word]];
}

describe('the mode', () => {
  test('is the demonstration when no server is named', () => expect(readSettings({}).LIPTAKO_MODE).toBe('demo'));
  test('is production as soon as one is named', () => expect(parseConfig(production).mode).toBe('production'));
  test('is the one asked for', () => expect(parseConfig({ ...production, LIPTAKO_MODE: 'demo' }).mode).toBe('demo'));
  test('decides where to listen', () => {
    expect(parseConfig(production).host).toBe('0.0.0.0');
    expect(parseConfig({ ...production, LIPTAKO_MODE: 'demo' }).host).toBe('127.0.0.1');
    expect(parseConfig({ ...production, HOST: '10.1.2.3' }).host).toBe('10.1.2.3');
  });
});

describe('a secret', () => {
  const required = ['JWT_SECRET', 'DATA_KEY'] as const;
  const test32 = test.each([...required, 'JWT_SECRET_PREVIOUS', 'DATA_KEY_PREVIOUS']);

  test.each(required)('%s has no default outside tests', (name) => {
    expect(namesRefused({ ...production, [name]: undefined })).toEqual([name]);
    expect(namesRefused({ ...production, LIPTAKO_MODE: 'demo', [name]: '' })).toEqual([name]);
  });

  test('has a default of full length in tests', () => {
    const { jwtSecret, dataKey } = parseConfig({ LIPTAKO_MODE: 'test', DATABASE_URL: production.DATABASE_URL });
    for (const key of [jwtSecret, dataKey]) expect(key.length).toBeGreaterThanOrEqual(32);
    expect(jwtSecret).not.toBe(dataKey);
  });

  test32('%s of 31 bytes is refused, of 32 accepted', (name) => {
    expect(namesRefused({ ...production, [name]: JWT_SECRET.slice(0, 31) })).toEqual([name]);
    expect(() => parseConfig({ ...production, [name]: JWT_SECRET.slice(0, 32) })).not.toThrow();
  });

  test('that was replaced may still be given', () => {
    expect(parseConfig(production)).toMatchObject({ jwtSecretPrevious: undefined, dataKeyPrevious: undefined });
    const previous = { JWT_SECRET_PREVIOUS: DATA_KEY, DATA_KEY_PREVIOUS: JWT_SECRET };
    expect(parseConfig({ ...production, ...previous })).toMatchObject({ jwtSecretPrevious: DATA_KEY, dataKeyPrevious: JWT_SECRET });
  });
});

describe('a secret in a file', () => {
  const values: Record<(typeof secretSettings)[number], string> = {
    DATABASE_URL: 'postgresql://app:hush@other/liptako',
    REDIS_URL: 'rediss://:hush@other:6379',
    JWT_SECRET: `${JWT_SECRET}1`,
    JWT_SECRET_PREVIOUS: `${JWT_SECRET}2`,
    DATA_KEY: `${DATA_KEY}1`,
    DATA_KEY_PREVIOUS: `${DATA_KEY}2`,
    SMTP_URL: 'smtp://app:hush@mail:587',
    S3_SECRET_ACCESS_KEY: 'hush+/key',
    METRICS_TOKEN: 'metrics-token-of-tests',
  };

  test.each(secretSettings)('%s is read without the end of the line', (name) => {
    const given = { ...production, [name]: undefined, [`${name}_FILE`]: fileHolding(`${values[name]}\r\n`) };
    expect(parseConfig(given)).toEqual(parseConfig({ ...production, [name]: values[name] }));
    expect(readSettings(given)[name]).toBe(values[name]);
  });

  test.each(secretSettings)('%s that cannot be read is refused, without its path', (name) => {
    const at = (file: string) => ({ ...production, ...s3, [name]: undefined, [`${name}_FILE`]: file, LIPTAKO_LANG: 'en' });
    for (const [file, found] of [[path.join(folder, 'hunter2'), 'unreadable file (ENOENT)'], [folder, 'unreadable file (EISDIR)'], [fileHolding(' \n'), 'empty file']] as const) {
      const { problems, message } = refusal(at(file));
      expect(problems).toEqual([{ name: `${name}_FILE`, found, expected: 'the path of a readable file that holds the secret' }]);
      expect(message).not.toContain(folder);
    }
  });

  test.each(secretSettings)('%s given in both ways is refused', (name) => {
    const given = { ...production, ...s3, [name]: values[name], [`${name}_FILE`]: fileHolding(values[name]) };
    expect(refusal(given)).toMatchObject({ problems: [{ name: `${name}_FILE`, expected: expect.stringContaining('d’une seule façon') }] });
    expect(refusal(given).message).not.toContain(values[name]);
  });

  test('that is not as it should be is refused under the name of the file’s setting, and not shown', () => {
    const { problems, message } = refusal({ ...production, JWT_SECRET: '', JWT_SECRET_FILE: fileHolding('hunter2') });
    expect(problems).toMatchObject([{ name: 'JWT_SECRET_FILE', found: expect.stringContaining('7 octets') }]);
    expect(message).not.toContain('hunter2');
  });

  test('that names a database means production', () => {
    expect(readSettings({ DATABASE_URL_FILE: fileHolding('postgresql://db/x') }).LIPTAKO_MODE).toBe('production');
    expect(namesRefused({ ...production, DATABASE_URL: '', REDIS_URL: '', PUBLIC_URL: '', DATABASE_URL_FILE: '/nowhere' })).toEqual(
      expect.arrayContaining(['DATABASE_URL_FILE', 'PUBLIC_URL']),
    );
  });

  test('wins over the default of tests', () => {
    const env = { LIPTAKO_MODE: 'test', DATABASE_URL: production.DATABASE_URL, DATA_KEY_FILE: fileHolding(DATA_KEY) };
    expect(parseConfig(env).dataKey).toBe(DATA_KEY);
  });
});

describe('the address of the site', () => {
  test('is asked for in production; elsewhere it is this machine', () => {
    expect(namesRefused({ ...production, PUBLIC_URL: '' })).toEqual(['PUBLIC_URL']);
    expect(parseConfig({ ...production, LIPTAKO_MODE: 'demo', PUBLIC_URL: '', PORT: '3100' }).publicUrl).toBe('http://127.0.0.1:3100');
  });

  test('has no slash at its end', () => {
    expect(parseConfig({ ...production, PUBLIC_URL: 'https://example.org/liptako/' }).publicUrl).toBe('https://example.org/liptako');
  });

  test('shows no password when it is refused', () => {
    expect(refusal({ ...production, PUBLIC_URL: 'https://app:hunter2@example.org' }).message).not.toContain('hunter2');
  });
});

test('the origins are a list, empty by default', () => {
  expect(parseConfig(production).corsOrigins).toEqual([]);
  const list = 'https://a.example.org, http://localhost:5173';
  expect(parseConfig({ ...production, CORS_ORIGINS: list }).corsOrigins).toEqual(['https://a.example.org', 'http://localhost:5173']);
});

test('S3 is complete or refused; the disk needs none of it', () => {
  expect(parseConfig(production)).toMatchObject({ evidenceStore: 'disk', evidenceDir: '.data/evidence', s3Region: 'us-east-1', s3Endpoint: undefined });
  expect(parseConfig({ ...production, ...s3 })).toMatchObject({ evidenceStore: 's3', s3Endpoint: 'https://s3.example.org', s3Bucket: 'evidence' });
  expect(namesRefused({ ...production, EVIDENCE_STORE: 's3' })).toEqual(['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY']);
});

test('what is written stands in the data folder unless told otherwise', () => {
  expect(parseConfig({ ...production, LIPTAKO_DATA_DIR: '/srv/liptako' })).toMatchObject({ mailDir: '/srv/liptako/mail', evidenceDir: '/srv/liptako/evidence' });
  expect(parseConfig({ ...production, MAIL_DIR: '/srv/mail', EVIDENCE_DIR: '/srv/proof' })).toMatchObject({ mailDir: '/srv/mail', evidenceDir: '/srv/proof' });
});

test.each([
  ['CLAMD_ADDRESS', '127.0.0.1:3310'], ['CLAMD_ADDRESS', '[::1]:3310'], ['CLAMD_ADDRESS', '/run/clamav/clamd.ctl'],
  ['MAIL_FROM', 'no-reply@example.org'], ['MAIL_FROM', 'Suivi du Liptako <no-reply@example.org>'],
  ['SMTP_URL', 'smtps://app:hush@mail.example.org:465'], ['SESSION_IDLE_MINUTES', '5'],
])('%s=%s is accepted', (name, value) => expect(() => parseConfig({ ...production, [name]: value })).not.toThrow()); // prettier-ignore

describe('a wrong setting', () => {
  test('is refused together with every other one', () => {
    const env = { ...production, PORT: '70000', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://db/x', JWT_SECRET: undefined, LIPTAKO_MOOD: 'demo' };
    expect(namesRefused(env).toSorted()).toEqual(['DATABASE_URL', 'JWT_SECRET', 'LIPTAKO_MOOD', 'LOG_LEVEL', 'PORT']);
    expect(refusal(env).message.split('\n')).toHaveLength(5);
  });

  test.each([
    ['PORT', '-1'], ['PORT', '3000.5'], ['PORT', '0x50'], ['PORT', '3e3'], ['DATABASE_POOL_SIZE', '0'], ['WORKER_CONCURRENCY', 'many'],
    ['ACCESS_TOKEN_MINUTES', '0'], ['TRUST_PROXY', 'true'], ['SHUTDOWN_TIMEOUT_SECONDS', '601'], ['IMPORT_MAX_BYTES', '10'],
    ['DEFAULT_LANGUAGE', 'de'], ['LIPTAKO_MODE', 'prod'], ['REDIS_URL', 'http://queue'], ['DATABASE_URL', 'postgresql://db:5432'],
    ['QUEUE_PREFIX', 'a:b'], ['JWT_ISSUER', 'two words'],
    ['PUBLIC_URL', 'example.org'], ['PUBLIC_URL', 'ftp://example.org'], ['PUBLIC_URL', 'https://example.org/?a=b'],
    ['CORS_ORIGINS', '*'], ['CORS_ORIGINS', 'null'], ['CORS_ORIGINS', 'https://a.org,,https://b.org'], ['CORS_ORIGINS', 'https://a.org/'],
    ['CORS_ORIGINS', 'https://A.org'], ['CORS_ORIGINS', 'https://*.a.org/x'], ['CORS_ORIGINS', 'https://a.org:443'],
    ['SESSION_HOURS', '0'], ['SESSION_HOURS', '721'], ['SESSION_IDLE_MINUTES', '4'], ['SESSION_IDLE_MINUTES', '43201'],
    ['INVITATION_HOURS', '0'], ['PASSWORD_RESET_MINUTES', '1'], ['SMTP_URL', 'http://mail'], ['SMTP_URL', 'mail:25'],
    ['MAIL_FROM', 'Liptako'], ['MAIL_FROM', 'a@b.org, c@d.org'], ['MAIL_FROM', 'L <a@b.org'], ['MAIL_FROM', 'L\r\nBcc: x <a@b.org>'],
    ['EVIDENCE_STORE', 'ftp'], ['EVIDENCE_MAX_BYTES', '1'], ['S3_ENDPOINT', 's3.example.org'], ['S3_BUCKET', 'No'],
    ['CLAMD_ADDRESS', 'clamd'], ['CLAMD_ADDRESS', 'clamd:0'], ['CLAMD_ADDRESS', 'clamd:70000'], ['CLAMD_ADDRESS', './clamd.sock'],
    ['METRICS_TOKEN', 'short'], ['METRICS_TOKEN', 'with a space in the token'],
  ])('%s=%j names itself, what was found and what is expected', (name, value) => {
    const [problem, ...others] = refusal({ ...production, [name]: value }).problems;
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ name, found: expect.stringMatching(/./), expected: expect.stringMatching(/./) });
  }); // prettier-ignore

  test('is explained in French, or in English when asked', () => {
    expect(refusal({ ...production, PORT: 'x' }).message).toBe('PORT\u00a0: trouvé «\u00a0x\u00a0»\u00a0; attendu\u00a0: un nombre entier de 0 à 65535.');
    expect(refusal({ ...production, PORT: 'x', LIPTAKO_LANG: 'en' }).message).toBe('PORT: found "x"; expected: a whole number from 0 to 65535.');
  });

  test('never shows a secret', () => {
    const wrong = Object.fromEntries(secretSettings.map((name) => [name, 'hunter2 ']));
    const { message, problems } = refusal({ ...production, ...wrong, DATABASE_URL: 'postgres//app:hunter2@db/x', REDIS_URL: 'http://:hunter2@x' });
    expect(problems.map(({ name }) => name).toSorted()).toEqual([...secretSettings].toSorted());
    expect(message).not.toContain('hunter2');
  });
});

test('an empty value counts as absent', () => expect(parseConfig({ ...production, PORT: '', LOG_LEVEL: ' ' })).toMatchObject({ port: 3000, logLevel: 'info' }));
